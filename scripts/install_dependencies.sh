#!/usr/bin/env bash
# Installs what is missing to build clipt: scripts/install_dependencies.sh [build] [test] [clang] [docs]
#
# build: what the library and the programs need (the default); test: what the tests and benchmarks need besides;
# docs: what scripts/docs.sh needs;
# clang: the second compiler of tests/must_not_compile, and what tests/fuzz needs of it. Installs with apt, as root or
# through sudo; without apt it lists what is missing and exits with 1.
set -euo pipefail

# group | proof that it is there | Debian package | Homebrew formula
# The proof is a command, or a header that the compiler or the usual places know, or a CMake package file.
needs="build|command g++ clang++|g++|gcc
build|command cmake|cmake|cmake
build|command ninja make|ninja-build|ninja
build|file share/eigen3/cmake/Eigen3Config.cmake|libeigen3-dev|eigen
build|header stb/stb_image.h stb_image.h|libstb-dev|(none: put stb_image.h of github.com/nothings/stb on the include path)
build|header jpeglib.h|libjpeg62-turbo-dev|jpeg-turbo
build|header gif_lib.h|libgif-dev|giflib
build|header webp/demux.h|libwebp-dev|webp
build|header tiffio.h x86_64-linux-gnu/tiffio.h aarch64-linux-gnu/tiffio.h|libtiff-dev|libtiff
build|header avif/avif.h|libavif-dev|libavif
build|header utf8proc.h|libutf8proc-dev|utf8proc
build|header nlohmann/json.hpp|nlohmann-json3-dev|nlohmann-json
build|header zlib.h|zlib1g-dev|zlib
build|header openssl/evp.h|libssl-dev|openssl
build|header CLI/CLI.hpp|libcli11-dev|cli11
build|header sqlite3.h|libsqlite3-dev|sqlite
build|header fmt/format.h|libfmt-dev|fmt
build|header google/protobuf/message_lite.h|libprotobuf-dev|protobuf
build|command protoc|protobuf-compiler|protobuf
build|header isa-l/crc.h|libisal-dev|isa-l
test|header gtest/gtest.h|libgtest-dev|googletest
test|header gmock/gmock.h|libgmock-dev|googletest
test|header thrust/for_each.h|libthrust-dev|(none: the tests on the emulated GPU are left out)
test|header benchmark/benchmark.h|libbenchmark-dev|google-benchmark
docs|command doxygen|doxygen|doxygen
clang|command clang++-14 clang++|clang-14|llvm
clang|file lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-aarch64.a|libclang-rt-14-dev|llvm"

prefixes=(/usr /usr/local /opt/homebrew /home/linuxbrew/.linuxbrew)
IFS=: read -ra more <<< "${CMAKE_PREFIX_PATH:-}"
prefixes+=("${more[@]}")

is_there() {  # is_there <kind> <alternatives...>
  local kind=$1 name prefix
  shift
  for name in "$@"; do
    case $kind in
      command) command -v "$name" > /dev/null && return 0 ;;
      *)
        for prefix in "${prefixes[@]}"; do
          [[ -n $prefix ]] || continue
          [[ $kind != header && -e $prefix/$name ]] && return 0
          [[ $kind == header && -e $prefix/include/$name ]] && return 0
        done
        ;;
    esac
  done
  return 1
}

find_missing() {  # fills `missing` with the lines of `needs` that are not met, for the groups given
  missing=()
  local group proof rest
  while IFS='|' read -r group proof rest; do
    [[ " $* " == *" $group "* ]] || continue
    # shellcheck disable=SC2086  # the proof is a kind and its alternatives
    is_there $proof || missing+=("$rest")
  done <<< "$needs"
}

as_root() {
  if [[ $(id -u) == 0 ]]; then
    "$@"
  else
    sudo "$@"
  fi
}

install_missing() {
  local packages=() entry
  for entry in "${missing[@]}"; do packages+=("${entry%%|*}"); done
  if ! command -v apt-get > /dev/null || { [[ $(id -u) != 0 ]] && ! command -v sudo > /dev/null; }; then
    {
      echo "These packages are missing, and without apt and root (or sudo) this script cannot install them:"
      printf '  %-22s %s\n' Debian Homebrew
      for entry in "${missing[@]}"; do printf '  %-22s %s\n' "${entry%%|*}" "${entry#*|}"; done
    } >&2
    # Without clang++ its part of the tests is skipped; anything else is needed.
    [[ " ${packages[*]}" =~ ^(\ (clang-14|libclang-rt-14-dev))+$ ]]
    return
  fi
  echo "Installing ${packages[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" > /dev/null
}

[[ $# -gt 0 ]] || set -- build
find_missing "$@"
[[ ${#missing[@]} == 0 ]] || install_missing
