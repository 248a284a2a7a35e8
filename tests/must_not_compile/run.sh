#!/usr/bin/env bash
# Checks that a program is refused for the right reason, and compiles as its message advises:
# run.sh [--refusal-only | --remedy-only] <program.cpp> <compiler> <flags...>.
set -u
only=both
case $1 in --refusal-only | --remedy-only) only=$1 && shift ;; esac
source=$1 compiler=$2
shift 2
export LC_ALL=C

fail() {
  printf 'FAILED: %s: %s\n' "$(basename "$source")" "$1"
  printf -- '--- what %s says:\n%s\n' "$(basename "$compiler")" "${said:-}"
  exit 1
}

if "$compiler" --version | grep -q clang; then
  plain=(-fno-caret-diagnostics -fno-color-diagnostics)
else
  plain=(-fno-diagnostics-show-caret -fdiagnostics-color=never)
fi

marked=$(grep -n '// error here' "$source" | cut -d: -f1)
[[ -n $marked ]] || fail 'no line is marked `// error here`'
mapfile -t expected < <(sed -n 's|^// expect: ||p' "$source")
[[ ${#expected[@]} -gt 0 ]] || fail 'no line `// expect: <words>`'
limit=$(sed -n 's|^// lines: ||p' "$source")
limit=${limit:-10}

# What only shows when code is made, `// code: <reason>`: clang++ 14 then names no line of the user.
until=(-fsyntax-only)
if grep -q '^// code: ' "$source"; then until=(-c -o /dev/null); fi

# 1. Without the marked lines it compiles, so nothing else is wrong with it, and so does what the message advises.
[[ $only == --refusal-only ]] ||
  said=$(sed '\|// error here|d; s|// remedy: ||' "$source" | "$compiler" "$@" "${plain[@]}" "${until[@]}" -x c++ - 2>&1) ||
  fail 'does not compile with the lines `// remedy: ...` in the place of those marked `// error here`'

[[ $only != --remedy-only ]] || exit 0

# 2. With them it is refused,
said=$("$compiler" "$@" "${plain[@]}" "${until[@]}" "$source" 2>&1) && fail 'compiles'
said=$(sed -E 's/clipt::for_[a-z0-9_]+::/clipt::/g' <<< "$said")  # the build's inline namespace (core/config.hpp)

# 3. in the expected words,
for words in "${expected[@]}"; do
  grep -qF -- "$words" <<< "$said" || fail "the words \"$words\" are missing"
done

# 4. naming the user's line,
named=no
for number in $marked; do
  grep -qF "$(basename "$source"):$number:" <<< "$said" && named=yes
done
[[ $named == yes || ${until[0]} == -c ]] || fail 'the line marked `// error here` is not named'

# 5. in few lines,
count=$(grep -cvE '^$|^[0-9]+ (error|warning)s? generated\.$' <<< "$said")
[[ $count -le $limit ]] || fail "$count lines of diagnostics, at most $limit allowed"

# 6. without the library's internals.
internal=$(grep -oE 'detail::[a-z_]+|Eigen::[A-Za-z_]+' <<< "$said" | head -1)
[[ -z $internal ]] || grep -q '^// internals: ' "$source" || fail "an internal name is shown: $internal"

printf '%d lines, at most %d:\n%s\n' "$count" "$limit" "$said"
