#!/usr/bin/env bash
# Installs what is missing, builds clipt in build/ and runs all its tests; can be run again at once (see --help).
set -euo pipefail
source "$(dirname "$0")/common.sh"

usage() {
  cat << 'END'
usage: scripts/test.sh [options] [-- options for ctest, for instance -R weights]
Builds clipt, its programs and its tests (Release, for this machine) and runs the tests; benchmarks/compare.py builds the benchmarks. Exit code: that of ctest.
  --sanitize         address and undefined-behaviour sanitizers, in build-sanitize/ (assertions on)
  --clang            clang++ instead of g++, in build-clang/
  --eigen-products   matrices multiplied by Eigen, in build-eigen-products/
  --long             also the tests that are left out of every run: remedies of messages, and messages of the second compiler
  --aarch64          cross-compiled and run under qemu, in build-aarch64/ (examples and CUDA left out)
  --jobs N           N jobs at a time (default: one per core that has 3 GiB of memory)
  --help             this text
END
}

long=no sanitize=no clang=no eigen_products=no aarch64=no jobs=$(default_jobs) ctest_options=()
while [[ $# -gt 0 ]]; do
  case $1 in
    --long) long=yes ;;
    --sanitize) sanitize=yes ;;
    --clang) clang=yes ;;
    --aarch64) aarch64=yes ;;
    --eigen-products) eigen_products=yes ;;
    --jobs) jobs=${2:?--jobs needs a number} && shift ;;
    --help | -h) usage && exit 0 ;;
    --) shift && ctest_options=("$@") && break ;;
    *) echo "scripts/test.sh: unknown option $1; --help lists them" >&2 && exit 2 ;;
  esac
  shift
done

build=$repository/build
options=(-DCLIPT_BUILD_TESTS=ON -DCLIPT_BUILD_EXAMPLES=ON -DCLIPT_BUILD_BENCHMARKS=OFF -DCLIPT_NATIVE=ON)
if [[ $clang == yes ]]; then
  build+=-clang
  options+=(-DCMAKE_CXX_COMPILER="$(command -v clang++-14 || echo clang++)")
fi
if [[ $eigen_products == yes ]]; then
  build+=-eigen-products
  options+=(-DCLIPT_EIGEN_PRODUCTS=ON)
fi
if [[ $sanitize == yes ]]; then
  build+=-sanitize
  options+=(-DCMAKE_BUILD_TYPE=Debug -DCLIPT_SANITIZE=address,undefined)
else
  options+=(-DCMAKE_BUILD_TYPE=Release)
fi

if [[ $aarch64 == yes ]]; then
  build+=-aarch64
  options+=(-DCLIPT_BUILD_EXAMPLES=OFF -DCLIPT_NATIVE=OFF -DCLIPT_CUDA=OFF -DCLIPT_AARCH64_ROOT="$build/root"
    -DCMAKE_TOOLCHAIN_FILE="$repository/cmake/aarch64.cmake")
fi

"$repository/scripts/install_dependencies.sh" build test clang
[[ $aarch64 == no ]] || "$repository/scripts/aarch64_root.sh" "$build/root"
say "Configuring in $build"
configure "$build" "${options[@]}"
say "Building with $jobs jobs"
keep_going=-k
[[ ! -e $build/build.ninja ]] || keep_going=-k0
if ! cmake --build "$build" --parallel "$jobs" -- "$keep_going"; then
  echo "scripts/test.sh: the build failed, so no test was run; the errors are above" >&2
  exit 1
fi
say "Testing"
status=0
[[ $long == yes ]] || ctest_options=(--label-exclude '^long$' "${ctest_options[@]}")
(cd "$build" && ctest --parallel "$jobs" --output-on-failure "${ctest_options[@]}" | tee ctest.log) || status=$?

# ctest counts programs; a program may skip single tests and still pass. Their reasons are in its log.
skipped=$(awk -f "$repository/scripts/skipped.awk" "$build/Testing/Temporary/LastTest.log")
if [[ -n $skipped ]]; then
  say "Skipped tests and why"
  echo "$skipped"
fi
say "Summary"
sed -n '/tests passed,/,$p' "$build/ctest.log"
[[ $long == yes ]] || (cd "$build" && ctest -N -L '^long$' | sed -n 's/^Total Tests: \(.*\)/\1 long tests were left out: --long/p')
exit "$status"
