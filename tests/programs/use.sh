#!/usr/bin/env bash
# One test of the programs that use a model: use.sh <case> <folder of the programs>; the model has seen two batches,
# names next to nothing rightly, and is enough to see what the programs do.
set -uo pipefail
case_name=$1 programs=$2
source "$(dirname "$0")/common.sh"

# runs <expected exit code> <program> <options...>: output in out.log, errors in err.log
runs() {
  local expected=$1 code=0
  "$programs/$2" "${@:3}" > "$folder/out.log" 2> "$folder/err.log" || code=$?
  [[ $code == "$expected" ]] || fail "${*:2}: exit code $code, not $expected"
}
refused() {  # refused <words> <program> <options...>: exit code 2 and one line
  runs 2 "${@:2}"
  [[ $(wc -l < "$folder/err.log") == 1 ]] || fail "${*:2}: not one line"
  holds "$folder/err.log" "$1"
}

model=$folder/run
make_model() { runs 0 train_clip --preset "${1:-tiny_64}" --scenes 64 --batch-size 32 --epochs 1 --output "$model"; }
draw() { runs 0 draw_scenes "$folder/pictures" --count "$1"; }

classify() {
  make_model && draw 40
  echo "no picture" > "$folder/broken.png"
  runs 0 clip_classify --model "$model" --labels "red circle,blue star" --json "$folder"/pictures/*.png
  local pictures
  pictures=$(wc -l < "$folder/out.log")
  [[ $pictures -ge 40 ]] || fail "$pictures pictures, not 40"
  grep -o '"probability":[0-9.e-]*' "$folder/out.log" |
    awk -F: -v n="$pictures" '{ sum += $2 } END { exit !(sum > n - 1e-6 && sum < n + 1e-6) }' ||
    fail "the probabilities of a picture do not sum to 1"
  runs 1 clip_classify --model "$model" --labels "a,b" --template "a picture of {}" "$folder/broken.png" \
    "$(ls "$folder"/pictures/*.png | head -1)"
  holds "$folder/err.log" "broken.png"
  holds "$folder/out.log" "%  a"
  refused "give --labels" clip_classify --model "$model" "$folder/broken.png"
  refused "{}" clip_classify --model "$model" --labels a --template "no place" "$folder/broken.png"
}

embed_goes_on() {
  done_bytes() { stat -c %s "$folder/cut.npy.partial/records.jsonl" 2> /dev/null || echo 0; }
  make_model && draw 1500
  echo "no picture" > "$folder/pictures/broken.png"
  runs 1 clip_embed --model "$model" --images "$folder/pictures" --out "$folder/whole.npy" --threads 1
  for _ in 1 2 3; do  # killed as soon as something is done
    "$programs/clip_embed" --model "$model" --images "$folder/pictures" --out "$folder/cut.npy" > "$folder/cut.log" 2>&1 &
    local program=$! before
    before=$(done_bytes)
    for _ in $(seq 400); do
      [[ $(done_bytes) -gt $before ]] && break
      sleep 0.01
    done
    kill -KILL $program 2> /dev/null
    wait $program 2> /dev/null
  done
  [[ -e $folder/cut.npy ]] || runs 1 clip_embed --model "$model" --images "$folder/pictures" --out "$folder/cut.npy"
  cmp "$folder/whole.npy" "$folder/cut.npy" || fail "what was cut differs"
  [[ ! -e $folder/cut.npy.partial ]] || fail "the partial folder is left"
  grep -q broken "$folder/whole.npy.txt" && fail "a bad picture has a row"
  printf 'a red circle\na blue star\n' > "$folder/texts"
  runs 0 clip_embed --model "$model" --texts "$folder/texts" --out "$folder/texts.safetensors" --json
  holds "$folder/out.log" '"rows":2'
  refused ".npy or .safetensors" clip_embed --model "$model" --texts "$folder/texts" --out "$folder/texts.csv"
}

search_keeps_up() {
  make_model && draw 70
  local search=(clip_search --model "$model" --index "$folder/index" --json)
  runs 0 "${search[@]}" add "$folder/pictures"
  local all
  all=$(ls "$folder"/pictures/*.png | wc -l)
  holds "$folder/out.log" "\"pictures\":$all,\"embedded\":$all,"
  local one two
  one=$(ls "$folder"/pictures/*.png | sed -n 3p) two=$(ls "$folder"/pictures/*.png | sed -n 5p)
  mv "$one" "$folder/pictures/moved.png"
  cp "$folder/pictures/moved.png" "$two"  # another picture's bytes under a known name
  rm "$(ls "$folder"/pictures/*.png | sed -n 7p)"
  runs 0 "${search[@]}" add "$folder/pictures"
  holds "$folder/out.log" "\"pictures\":$((all - 1)),\"embedded\":0,\"moved\":2,"
  runs 0 "${search[@]}" query "$folder/pictures/moved.png" --top 2 --html "$folder/found.html"
  holds "$folder/out.log" "moved.png"
  [[ $(grep -c '"cosine":\(1\.0\|0\.99999\)' "$folder/out.log") == 2 ]] || fail "both copies are not found first"
  holds "$folder/found.html" "data:image/png;base64,"
  runs 0 "${search[@]}" query "a red circle" --top 3
  [[ $(wc -l < "$folder/out.log") == 3 ]] || fail "not three results"
  cp -r "$model" "$folder/other"
  refused "take another folder" clip_search --model "$folder/other" --index "$folder/index" query x
}

convert_and_inspect() {
  make_model vit_64
  local latest=$model/epoch_latest.safetensors
  runs 0 clip_inspect "$latest" --json
  holds "$folder/out.log" "clipt::vit_config{64, 8, 192, 6, 3}"
  runs 0 clip_convert "$latest" "$folder/a.safetensors" --to openai
  runs 0 clip_convert "$latest" "$folder/open_clip" --to open_clip
  runs 0 clip_convert "$folder/open_clip" "$folder/hf" --to huggingface
  runs 0 clip_convert "$folder/hf" "$folder/b.pt" --to openai
  runs 0 clip_convert "$folder/b.pt" "$folder/c.safetensors" --to openai
  cmp "$folder/a.safetensors" "$folder/c.safetensors" || fail "numbers have changed on the way"
  cmp "$folder/merges.txt" <(sed '1s/, rules: hugging_face//' "$folder/hf/merges.txt") || fail "another vocabulary"
  runs 0 clip_inspect "$folder/open_clip" --json
  holds "$folder/out.log" '"cleaning": "lower"'
  holds "$folder/out.log" '"rules": "hugging_face"'
  sed -i 's/"bicubic"/"lanczos"/' "$folder/open_clip/open_clip_config.json"
  runs 1 clip_inspect "$folder/open_clip"
  holds "$folder/out.log" 'preprocess_cfg.interpolation is "lanczos": understood'
  refused "preprocess_cfg.interpolation" clip_convert "$folder/open_clip" "$folder/y" --to huggingface
  runs 0 clip_inspect "$folder/b.pt" --tensors --sha256
  holds "$folder/out.log" "visual.transformer.resblocks.5.mlp.c_proj.bias"
  echo "no weights" > "$folder/broken.pt"
  refused "broken.pt" clip_inspect "$folder/broken.pt"
  refused "--to" clip_convert "$latest" "$folder/x"
}

probe() {
  make_model && draw 24
  mkdir -p "$folder"/set/{red,blue}
  local colour=red
  for file in "$folder"/pictures/*.png; do
    cp "$file" "$folder/set/$colour/"
    [[ $colour == red ]] && colour=blue || colour=red
  done
  runs 0 clip_probe --model "$model" --test "$folder/set" --train "$folder/set" --c 1000 --confusion "$folder/c.svg" --json
  grep -o '"accuracy": [0-9.]*' "$folder/out.log" |
    awk '{ a[NR] = $2 } END { exit !(NR == 2 && a[2] > 0.6 && a[2] > a[1] - 0.1) }' ||
    fail "a probe of what it was fitted to is no better than words"
  holds "$folder/c.svg" "<title>red is called "
  cp -r "$folder/set" "$folder/more" && cp -r "$folder/more/red" "$folder/more/green"  # a label that no test picture has
  runs 0 clip_probe --model "$model" --test "$folder/set" --train "$folder/more" --json
  [[ $(grep -c '"right":' "$folder/out.log") == 4 ]] || fail "not two labels with pictures by words and by a probe"
  runs 0 clip_probe --model "$model" --test "$folder/set"
  holds "$folder/out.log" "zero-shot: accuracy"
  refused "expected a folder for each label" clip_probe --model "$model" --test "$folder/set/red"
}

"$case_name"
