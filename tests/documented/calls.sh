#!/usr/bin/env bash
# What a wrong call is told is right: each function of autodiff/calls.hpp is in the header named there, or in one that this
# includes, and its calls name it: calls.sh <folder of headers> [<header with the table>]
set -u
folder=$1 table=${2:-$1/clipt/autodiff/calls.hpp} failed=0 count=0
lines=$(sed -nE 's/^CLIPT_CALLED\(([a-z0-9_]+), "(.*)", "(.*)"\)$/\1|\2|\3/p' "$table")
while IFS='|' read -r name calls header; do
  count=$((count + 1))
  definition="^(auto|void|double|[a-z_]+<Model>) $name\\("
  [[ -e $folder/clipt/$header ]] || { echo "$name: there is no <clipt/$header>"; failed=1; continue; }
  included=$(sed -nE 's/^#include <(clipt\/[a-z0-9_\/]+\.hpp)>.*/\1/p' "$folder/clipt/$header" | sed "s|^|$folder/|")
  grep -qE "$definition" "$folder/clipt/$header" $included || { echo "$name: <clipt/$header> does not have it"; failed=1; }
  [[ $calls =~ (^|[ ,])$name[\<\(] ]] || { echo "$name: its calls are of another: $calls"; failed=1; }
done <<< "$lines"
echo "$count functions"
[[ $count -ge ${least:-70} && $failed == 0 ]]
