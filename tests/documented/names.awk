# Prints every public name of the headers given that no comment beginning with /// stands before, in none of its
# overloads, and before no declaration that it follows without a blank line; of `clipt::detail`, of tags in `clipt::ops`, of operators and
# between `@cond` and `@endcond` none is asked for. A declaration begins at the start of a line.
function seen(name) {
  names[FILENAME ":" name] = FILENAME ":" FNR ": " name
  if (documented) found[FILENAME ":" name] = 1
  count++
}
FNR == 1 { documented = 0; hidden = 0; text = 0 }
/^namespace (clipt::inline CLIPT_BUILD::)?(detail|ops)/ { hidden = 1 }
/^}  \/\/ namespace (clipt::inline CLIPT_BUILD::)?(detail|ops)/ { hidden = 0 }
/^\/\/\/ @cond/ { hidden = 1 }
/^\/\/\/ @endcond/ { hidden = 0; next }
/R"[a-z]*\(/ { text = 1 }
text { if ($0 ~ /\)[a-z]*";/) text = 0; next }
hidden { next }
/^\/\/\// { documented = 1; next }
/^$/ { documented = 0; next }
/^(template|requires|\/\/|#| )/ && !/^requires.*(auto|void) [a-z0-9_]+\(/ && !/^    \(.*\)[ ]*auto [a-z0-9_]+\(/ { next }
match($0, /^(struct|class|enum class|enum|concept|using) [a-z0-9_]+/) && !/^using std::/ {
  split(substr($0, RSTART, RLENGTH), word, " ")
  name = word[length(word)]
  after = substr($0, RSTART + RLENGTH, 1)
  if (after != "<" && $0 !~ /;$/ || $1 == "using" || $1 == "concept") seen(name)
  next
}
match($0, /[a-z0-9_]+(\{|\(| =|;)/) && !/^(}|namespace|using|static_assert|extern|asm|return|public|private|friend|operator)/ && !/operator[^a-z]/ {
  name = substr($0, RSTART, RLENGTH)
  sub(/(\{|\(| =|;)$/, "", name)
  if (name !~ /^(decltype|requires|alignas|if|for|noexcept)$/) seen(name)
}
END {
  for (key in names)
    if (!(key in found)) { print names[key]; missing++ }
  printf "%d public names, %d without a comment\n", count, missing
  exit missing > 0 || count < least
}
