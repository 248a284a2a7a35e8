#!/usr/bin/env bash
# Makes build/interop, an interpreter with torch, open_clip, transformers and tensorboard, which tests/interop then uses.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
python3 -m venv "$repository/build/interop"
"$repository/build/interop/bin/pip" install --quiet torch open_clip_torch transformers safetensors tensorboard
echo "build/interop is ready: configure again, then ctest -R interop"
