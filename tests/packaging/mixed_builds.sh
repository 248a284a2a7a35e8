#!/usr/bin/env bash
# Sources that were built differently do not link, and fast math is refused: mixed_builds.sh <compiler> <include folder> <scratch folder>
set -eu
compiler=$1 include=$2 scratch=$3
mkdir -p "$scratch"
cd "$scratch"
fail() { echo "FAILED: $1"; exit 1; }

cat > library.cpp <<'END'
#include <clipt/memory/view.hpp>
struct pictures { clipt::view<const float, clipt::shape<clipt::batch, 3>> all; };
clipt::dim_t rows_of(const pictures& x) { return x.all.shape().extent(0); }
END
cat > program.cpp <<'END'
#include <clipt/memory/view.hpp>
struct pictures { clipt::view<const float, clipt::shape<clipt::batch, 3>> all; };
clipt::dim_t rows_of(const pictures& x);
int main() { return static_cast<int>(rows_of({{nullptr, clipt::shape<clipt::batch, 3>(77)}})) - 77; }
END
build() { "$compiler" -std=c++20 -I"$include" "${@:2}" -c "$1.cpp" -o "$1.o"; }
link() { "$compiler" library.o program.o -o program 2> said.txt; }

build library -DNDEBUG
build program -DNDEBUG
link || fail 'two sources of one build do not link'
./program || fail 'two sources of one build read each other wrongly'
others=("" "-DNDEBUG -DCLIPT_EIGEN_PRODUCTS")
if [[ $(uname -m) == x86_64 ]]; then others+=("-DNDEBUG -mavx2 -mfma"); fi
for other in "${others[@]}"; do
  build program $other
  if link; then fail "a source with -DNDEBUG and one with '$other' link"; fi
  grep -q 'clipt_sources_are_built_alike' said.txt || fail "'$other' fails for another reason: $(cat said.txt)"
  build program $other -DCLIPT_FITS_ALL_BUILDS
  link || fail "a source that says that it fits all builds does not link, built with '$other': $(cat said.txt)"
done

for flag in -ffast-math -Ofast -ffinite-math-only; do
  if "$compiler" -std=c++20 -I"$include" $flag -fsyntax-only library.cpp 2> said.txt; then fail "$flag is accepted"; fi
  grep -q 'clipt: compile without -ffast-math' said.txt || fail "$flag is refused in other words: $(cat said.txt)"
done
echo "mixed builds are refused"
