#!/usr/bin/env bash
# Prints compile times as multiples of <Eigen/Core>, fails above a budget: run.sh <repository> <g++> <flags...>.
#
# User time of the whole compiler run (what a user waits for, optimiser included). Machines are shared and their
# speed drifts, so <Eigen/Core> is compiled right before and after each case and the ratio is to their mean; the
# least ratio of up to five rounds counts, fewer once it is within budget. Fails only above the slack, 1.5 budgets.
set -u
repository=$1 compiler=$2
shift 2
flags=("$@")
here=$repository/tests/compile_time
export LC_ALL=C
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# name | budget as a multiple of eigen.cpp | slack | what must exist besides the source
cases="clip_alone|3.5|1.5|include/clipt/clip.hpp
linear_gelu_step|5|1.5|include/clipt/clip.hpp
vit_b_32_step|12|1.5|include/clipt/clip.hpp
models_user|4|1.5|include/clipt/models.hpp
first_program|4|1.5|include/clipt/models.hpp"

cp "$here"/*.cpp "$scratch"
awk -f "$here/first_program.awk" "$repository/README.md" > "$scratch/first_program.cpp"

compile() {  # user seconds of compiling $1
  TIMEFORMAT=%U
  { time "$compiler" "${flags[@]}" -c "$1" -o "$scratch/out.o" 2> "$scratch/errors"; } 2>&1 && return
  return 1
}

least_ratio() {  # "<seconds of $1> <its ratio>" of the round with the least ratio, where $2 is enough
  local before case after found="" round
  before=$(compile "$scratch/eigen.cpp") || return 1
  for round in 1 2 3 4 5; do
    case=$(compile "$1") && after=$(compile "$scratch/eigen.cpp") || return 1
    found=$(awk -v c="$case" -v b="$before" -v a="$after" -v f="$found" 'BEGIN {
      ratio = c / ((b + a) / 2); split(f, least)
      print f == "" || ratio < least[2] ? c " " ratio : f }')
    awk -v enough="$2" -v f="$found" 'BEGIN { split(f, least); exit !(least[2] <= enough) }' && break
    before=$after
  done
  echo "$found"
}

printf '%-20s %9s %7s %8s\n' case seconds ratio budget
failed=0 skipped=0
while IFS='|' read -r name budget slack needed; do
  if [[ ! -e $scratch/$name.cpp || ! -e $repository/$needed ]]; then
    printf '%-20s skipped: %s is absent\n' "$name" "$([[ -e $repository/$needed ]] && echo "$name.cpp" || echo "$needed")"
    skipped=$((skipped + 1))
    continue
  fi
  if ! found=$(least_ratio "$scratch/$name.cpp" "$budget"); then
    printf '%-20s does not compile:\n' "$name"
    cat "$scratch/errors"
    failed=1
    continue
  fi
  read -r seconds ratio <<< "$found"
  verdict=$(awk -v r="$ratio" -v b="$budget" -v s="$slack" \
    'BEGIN { print r <= b ? "" : r <= s * b ? "  over budget" : "  FAILED: over " s " x budget" }')
  printf '%-20s %9.2f %7.2f %8s%s\n' "$name" "$seconds" "$ratio" "$budget" "$verdict"
  [[ $verdict != *FAILED* ]] || failed=1
done <<< "$cases"

[[ $failed == 0 ]] || exit 1
[[ $skipped -lt 4 ]] || exit 77
