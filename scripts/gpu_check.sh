#!/usr/bin/env bash
# Builds, tests and times the GPU part on a machine with an NVIDIA GPU; needs no network (see --help).
set -uo pipefail
source "$(dirname "$0")/common.sh"

usage() {
  cat << 'END'
usage: scripts/gpu_check.sh [--out FOLDER]
Builds the device tests and benchmarks with nvcc, runs them, runs compute-sanitizer over the small ones where it is
installed, times the kernels, and prints one table last. Every stage has a time limit. Logs go to FOLDER (default:
build-gpu/). Needs CMake, nvcc, Eigen and GoogleTest; without installed ones, EIGEN_SOURCE and GTEST_SOURCE=<folder>.
Exit code: 0 all right, 1 a stage failed, 77 no GPU or no nvcc here.
END
}

out=$repository/build-gpu
while [[ $# -gt 0 ]]; do
  case $1 in
    --out) out=${2:?--out needs a folder} && shift ;;
    --help | -h) usage && exit 0 ;;
    *) echo "scripts/gpu_check.sh: unknown option $1; --help lists them" >&2 && exit 2 ;;
  esac
  shift
done

nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2> /dev/null || true)
if ! nvidia-smi -L > /dev/null 2>&1; then echo "gpu_check: no GPU here (nvidia-smi finds none): nothing was run" && exit 77; fi
if [[ -z $nvcc ]]; then echo "gpu_check: there is a GPU but no nvcc: nothing was run" && exit 77; fi

mkdir -p "$out"
build=$out/build
table=() failed=0

# stage <name> <seconds> <command...>: its output goes to a log; the outcome to the table.
stage() {
  local name=$1 limit=$2 begin=$SECONDS status=0
  shift 2
  say "$name"
  timeout --kill-after=10 "$limit" "$@" 2>&1 | tee "$out/$name.log"
  status=${PIPESTATUS[0]}
  case $status in
    0) table+=("$name|ok|$((SECONDS - begin)) s") ;;
    77) table+=("$name|skipped|$((SECONDS - begin)) s") ;;
    124 | 137) table+=("$name|over its $limit s|$((SECONDS - begin)) s") && failed=1 ;;
    *) table+=("$name|FAILED ($status)|$((SECONDS - begin)) s") && failed=1 ;;
  esac
  return "$status"
}

sanitize() {  # <tool>: the tests whose arrays are small
  local filter='device.*:*/softmax:*/layer_norm*:*/cross_entropy:*/column_sum:*/broadcast_of_inner_axes:*/affine' program
  filter+=':tower_operation*:picture_operation*'
  for program in test.device.cuda test.device.cuda_models; do
    compute-sanitizer --tool "$1" --error-exitcode 1 "$build/device/$program" --gtest_filter="$filter" || return 1
  done
}
export -f sanitize
export build

stage gpu 20 nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
architecture=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader | head -1 | tr -d '.')
generator=()
if command -v ninja > /dev/null && [[ ! -e $build/CMakeCache.txt ]]; then generator=(-G Ninja); fi
stage configure 60 cmake -S "$repository/tests/device/alone" -B "$build" "${generator[@]}" ${GTEST_SOURCE:+-DGTEST_SOURCE="$GTEST_SOURCE"} \
  ${EIGEN_SOURCE:+-DEIGEN_SOURCE="$EIGEN_SOURCE"} \
  -DCMAKE_CUDA_COMPILER="$nvcc" -DCMAKE_CUDA_ARCHITECTURES="${architecture:-90}-real" &&
  stage build 300 cmake --build "$build" --parallel "$(default_jobs)" --target test.device.cuda test.device.cuda_models \
    bench.device.cuda test.device.emulated &&
  {
    stage tests 120 "$build/device/test.device.cuda"
    stage models 120 "$build/device/test.device.cuda_models"
    stage emulator 180 "$build/device/test.device.emulated" --gtest_brief=1
    if command -v compute-sanitizer > /dev/null; then
      for tool in memcheck racecheck initcheck; do stage "$tool" 90 bash -c "sanitize $tool"; done
    else
      table+=("sanitizer|not installed|")
    fi
    stage times 120 "$build/device/bench.device.cuda"
  }

say "Summary"
printf '%s\n' "${table[@]}" | column -t -s '|'
if [[ -s $out/times.log ]]; then echo && cat "$out/times.log"; fi
exit "$failed"
