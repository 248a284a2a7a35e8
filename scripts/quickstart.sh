#!/usr/bin/env bash
# Installs what is missing, builds the programs, trains a small CLIP on drawn scenes and evaluates it.
set -euo pipefail
source "$(dirname "$0")/common.sh"

usage() {
  cat << 'END'
usage: scripts/quickstart.sh [--seed N] [--help]
Builds train_clip in build/ (Release, for this machine), trains on the embedded data set with held-out
combinations of colour and shape, and evaluates on these. The checkpoint and report.html go to checkpoints/quickstart.
END
}

seed=1
while [[ $# -gt 0 ]]; do
  case $1 in
    --seed) seed=${2:?--seed needs a number} && shift ;;
    --help | -h) usage && exit 0 ;;
    *) echo "scripts/quickstart.sh: unknown option $1; --help lists them" >&2 && exit 2 ;;
  esac
  shift
done

build=$repository/build
output=$repository/checkpoints/quickstart
"$repository/scripts/install_dependencies.sh" build
# What test.sh has configured stays as it is; alone, the programs need no test libraries.
options=(-DCMAKE_BUILD_TYPE=Release -DCLIPT_NATIVE=ON -DCLIPT_BUILD_EXAMPLES=ON)
[[ -e $build/CMakeCache.txt ]] || options+=(-DCLIPT_BUILD_TESTS=OFF -DCLIPT_BUILD_BENCHMARKS=OFF)
say "Configuring in $build"
configure "$build" "${options[@]}"
say "Building train_clip"
cmake --build "$build" --parallel "$(default_jobs)" --target train_clip
say "Training, then evaluating on combinations that training never showed"
"$build/examples/train_clip" --dataset scenes --preset scenes_64 --epochs 7 --batch-size 128 --lr 2e-3 --warmup 60 \
  --average 0.99 --val-frequency 2 --save-frequency 2 --seed "$seed" --output "$output" --overwrite
