#!/usr/bin/env bash
# Checks that each remedy in a message of the compiler is tried: remedies.sh <include/clipt>; see README.md.
set -u
headers=$1 programs=$(dirname "$0") untried=0 sentences=0
export LC_ALL=C

# The sentences of all static_asserts, one per line; what follows the last "; " of one is its remedy.
while read -r sentence; do
  sentences=$((sentences + 1))
  tried=no
  while read -r program; do
    grep -q '// remedy: ' "$program" && tried=yes
  done < <(grep -lxF -- "// expect: $sentence" "$programs"/*.cpp)
  [[ $tried == yes ]] || { echo "no program shows this message and tries its remedy: $sentence" && untried=$((untried + 1)); }
done < <(find "$headers" -name '*.hpp' -print0 | xargs -0 cat | tr '\n' ' ' | sed -E 's/" +"//g' |
  grep -oP 'static_assert\([^"]*"\Kclipt[^"]*; [^"]*' | sort -u)

[[ $sentences -gt 0 ]] || { echo "no message with a remedy in $headers" && exit 1; }
echo "$sentences messages with a remedy, $untried of them untried"
[[ $untried == 0 ]]
