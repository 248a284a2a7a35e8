#!/usr/bin/env bash
# Kernels of the matrix units keep their numbers in registers: registers.sh <nvcc> <scratch folder> <flags...>
set -eu
nvcc=$1 scratch=$2
shift 2
mkdir -p "$scratch"
cat > "$scratch/attention.cu" <<'END'
#include <clipt/cuda.hpp>
#include <clipt/nn/attention.hpp>
#include <clipt/nn/reductions.hpp>
using namespace clipt;
void train(recording<gpu>& ctx, const tensor<bfloat16, shape<batch, 50, 1536>, gpu>& qkv) {
  ctx.backward(sum(ctx, cast<float>(self_attention<8>(ctx, ctx.variable(qkv)))));
}
END
said=$("$nvcc" "$@" -std=c++20 -O3 -DNDEBUG -arch=sm_90 --expt-relaxed-constexpr -Xptxas -v -c "$scratch/attention.cu" -o "$scratch/attention.o" 2>&1) ||
  { echo "FAILED: it does not compile: $said"; exit 1; }
for kernel in flash_forward_body:168 flash_backward_body:255; do
  name=${kernel%:*} most=${kernel#*:}
  about=$(grep -A3 "Compiling entry function.*$name" <<< "$said") || { echo "FAILED: no kernel $name was compiled: $said"; exit 1; }
  used=$(sed -n 's/.*Used \([0-9]*\) registers.*/\1/p' <<< "$about")
  grep -q '0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads' <<< "$about" || { echo "FAILED: $name spills: $about"; exit 1; }
  [[ -n $used && $used -le $most ]] || { echo "FAILED: $name uses $used registers, at most $most"; exit 1; }
  echo "$name: $used registers, nothing spilt"
done
