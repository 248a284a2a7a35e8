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
  refused "label 1 of '' is empty" clip_classify --model "$model" --labels "" "$folder/broken.png"
  refused "label 3 of 'a,b,,c' is empty" clip_classify --model "$model" --labels "a,b,,c" "$folder/broken.png"
  refused "'a' is given twice as a label" clip_classify --model "$model" --labels "a,b, a" "$folder/broken.png"
  refused "label 2 of 'a, ,c' is empty" clip_classify --model "$model" --labels "a, ,c" "$folder/broken.png"
  local one
  one=$(ls "$folder"/pictures/*.png | head -1)
  runs 0 clip_classify --model "$model" --labels " a dog, a cat" --json "$one"
  holds "$folder/out.log" '"label":"a cat"'
  cp "$folder/out.log" "$folder/trimmed.log"
  printf 'a dog\ra cat\r' > "$folder/labels"  # the ends of lines that old files have
  runs 0 clip_classify --model "$model" --labels-file "$folder/labels" --json "$one"
  cmp "$folder/out.log" "$folder/trimmed.log" || fail "labels of a file differ from the same ones in a list"
  refused "give --labels" clip_classify --model "$model" "$folder/broken.png"
  refused "{}" clip_classify --model "$model" --labels a --template "no place" "$folder/broken.png"
}

embed_goes_on() {
  done_bytes() { stat -c %s "$folder/cut.npy.partial/records.jsonl" 2> /dev/null || echo 0; }
  make_model && draw 1500
  echo "no picture" > "$folder/pictures/broken.png"
  runs 1 clip_embed --model "$model" --images "$folder/pictures" --out "$folder/whole.npy" --threads 1
  for _ in $(seq "${CLIPT_KILLS:-3}"); do  # killed as soon as something is done
    "$programs/clip_embed" --model "$model" --images "$folder/pictures" --out "$folder/cut.npy" > "$folder/cut.log" 2>&1 &
    local program=$! before
    before=$(done_bytes)
    for _ in $(seq 400); do
      [[ $(done_bytes) -gt $before ]] && break
      sleep 0.01
    done
    kill -KILL $program 2> /dev/null
    wait $program 2> /dev/null
    cmp -s "$folder/whole.npy" "$folder/cut.npy" && [[ ! -e $folder/cut.npy.partial ]] && rm "$folder/cut.npy"  # and anew
  done
  touch "$folder/cut.npy.abcdef.tmp" "$folder/cut.npy.txt.abcdef.tmp" "$folder/cut.npy.kept.tmp"  # as a kill leaves them, and not
  runs 1 clip_embed --model "$model" --images "$folder/pictures" --out "$folder/cut.npy"
  cmp "$folder/whole.npy" "$folder/cut.npy" || fail "what was cut differs"
  [[ ! -e $folder/cut.npy.partial ]] || fail "the partial folder is left"
  [[ $(cd "$folder" && echo cut.npy*) == "cut.npy cut.npy.kept.tmp cut.npy.txt" ]] || fail "something is left of the kills, or too much removed"
  grep -q broken "$folder/whole.npy.txt" && fail "a bad picture has a row"
  printf 'a red circle\na blue star\n' > "$folder/texts"
  runs 0 clip_embed --model "$model" --texts "$folder/texts" --out "$folder/texts.safetensors" --json
  holds "$folder/out.log" '"rows":2'
  printf '\xff\xfea\0 \0r\0e\0d\0 \0c\0i\0r\0c\0l\0e\0\r\0\n\0a\0 \0b\0l\0u\0e\0 \0s\0t\0a\0r\0' > "$folder/texts"  # UTF-16
  runs 0 clip_embed --model "$model" --texts "$folder/texts" --out "$folder/wide.safetensors"
  cmp "$folder/texts.safetensors" "$folder/wide.safetensors" || fail "texts in UTF-16 are other texts"
  printf 'a red circle\na bl\xfc star\n' > "$folder/texts"
  refused "line 2, column 5: expected UTF-8, found the byte FC" clip_embed --model "$model" --texts "$folder/texts" --out "$folder/x.npy"
  (cd "$folder" && printf '\xef\xbb\xbfpictures/%s\r\n\r\n' "$(basename "$(ls pictures/*.png | head -1)")" > list) || exit 1
  runs 0 clip_embed --model "$model" --images "$folder/list" --out "$folder/listed.npy" --json
  holds "$folder/out.log" '"rows":1'
  # What cannot come to anything: nothing is done, nothing that is there is lost, and nothing is left.
  cp "$folder/whole.npy" "$folder/bad.npy"
  mkdir "$folder/bad" "$folder/folder.npy"
  echo "no picture" | tee "$folder/bad/1.png" > "$folder/bad/2.png"
  runs 2 clip_embed --model "$model" --images "$folder/bad" --out "$folder/bad.npy"
  holds "$folder/err.log" "bad.npy: not written: all 2 are left out"
  cmp "$folder/whole.npy" "$folder/bad.npy" || fail "nothing was written over something"
  runs 2 clip_classify --model "$model" --labels a,b "$folder/bad"
  refused "folder.npy is there and no file" clip_embed --model "$model" --images "$folder/pictures" --out "$folder/folder.npy"
  [[ ! -e $folder/bad.npy.partial && ! -e $folder/folder.npy.partial ]] || fail "a partial folder is left"
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
  runs 0 "${search[@]}" query --image "$folder/pictures/moved.png" --top 2 --html "$folder/found.html"
  holds "$folder/out.log" "moved.png"
  [[ $(grep -c '"cosine":\(1\.0\|0\.99999\)' "$folder/out.log") == 2 ]] || fail "both copies are not found first"
  holds "$folder/found.html" "data:image/png;base64,"
  runs 0 "${search[@]}" query "a red circle" --top 3
  [[ $(wc -l < "$folder/out.log") == 3 ]] || fail "not three results"
  "${search[@]/#clip_search/$programs/clip_search}" query "a red circle" --top 3 --faiss > "$folder/out.log" 2> "$folder/err.log" ||
    holds "$folder/err.log" "built without faiss"
  mkdir "$folder/twice"
  cp "$folder/pictures/moved.png" "$folder/twice/"$'known \xff 100%25.png' 2> "$folder/cp.log"  # not on every disk
  for copy in 1 2 3; do printf 'P6 1 1 255\nabc' > "$folder/twice/new $copy.ppm"; done
  local known
  known=$(find "$folder/twice" -name 'known*' | wc -l)
  runs 0 "${search[@]}" add "$folder/twice"
  holds "$folder/out.log" "\"embedded\":1,\"moved\":$((known + 2)),\"unchanged\":0,"
  runs 0 "${search[@]}" add "$folder/twice"
  holds "$folder/out.log" "\"embedded\":0,\"moved\":0,\"unchanged\":$((known + 3)),"
}

# An index belongs to weights, wherever they lie, and to one writer at a time.
search_knows_its_model() {
  make_model && draw 10
  local index=$folder/index
  refused "nothing is kept here yet" clip_search --model "$model" --index "$index" query x
  [[ ! -e $index ]] || fail "a query has made an index"
  runs 0 clip_search --model "$model" --index "$index" add "$folder/pictures"
  mv "$model" "$folder/moved"
  runs 0 clip_search --model "$folder/moved" --index "$index" query x
  exec 9> "$index/lock"
  flock 9
  refused "another process is writing here" clip_search --model "$folder/moved" --index "$index" add "$folder/pictures"
  runs 0 clip_search --model "$folder/moved" --index "$index" query x
  exec 9>&-
  runs 0 clip_search --model "$folder/moved" --index "$index" add "$folder/pictures"
  runs 0 train_clip --preset tiny_64 --scenes 64 --batch-size 32 --epochs 1 --seed 1 --output "$model"
  refused "take another folder" clip_search --model "$model" --index "$index" query x
  refused "take another folder" clip_search --model "$model" --index "$index" add "$folder/pictures"
}

# A query is a sum of texts and pictures; many are asked in one start; pictures that are alike are found, others forgotten.
search_combines() {
  make_model && draw 40 && rm "$folder/pictures/sheet.png"
  local search=(clip_search --model "$model" --index "$folder/index" --json) pictures=("$folder"/pictures/*.png)
  runs 0 "${search[@]}" add "$folder/pictures"
  runs 0 "${search[@]}" query --image "${pictures[3]}" --top 1
  cp "$folder/out.log" "$folder/alone.log"
  holds "$folder/alone.log" "$(basename "${pictures[3]}")"
  runs 0 "${search[@]}" query --image "${pictures[3]}" --weighted-text 0.001 "a red circle" --weighted-image 0.001 "${pictures[4]}" \
    --weighted-image -0.001 "${pictures[5]}" --top 1
  cmp <(sed 's/.*"file"//' "$folder/out.log") <(sed 's/.*"file"//' "$folder/alone.log") || fail "small weights change what is found"
  runs 0 "${search[@]}" query "a red circle" --text "a blue star" --not "a green square" --not-image "${pictures[0]}"
  grep -qF "$(basename "${pictures[0]}")" "$folder/out.log" && fail "what is not wanted is among the first"
  refused "cancel each other" "${search[@]}" query "a red circle" --not "a red circle"
  runs 0 "${search[@]}" query --image "${pictures[3]}" --threshold 0.9999 --top 1000
  [[ $(wc -l < "$folder/out.log") -lt 40 ]] || fail "the threshold does nothing"
  holds "$folder/out.log" "$(basename "${pictures[3]}")"

  printf 'a red circle\n{"images": {"%s": 1}}\n{"images": {"%s": 1}, "texts": {"a star": -0.5}}\n' "${pictures[3]}" "${pictures[7]}" > "$folder/list"
  runs 0 "${search[@]}" query --queries "$folder/list" --top 2
  cp "$folder/out.log" "$folder/list.log"
  [[ $(wc -l < "$folder/list.log") == 6 ]] || fail "not two pictures for each of three queries"
  "$programs/clip_search" "${search[@]:1}" query --queries - --top 2 < "$folder/list" > "$folder/out.log" 2> "$folder/err.log" || fail "standard input"
  cmp "$folder/out.log" "$folder/list.log" || fail "standard input is answered in another way than a file"
  printf '{"texts": 3}\na red circle\n{"images": {"absent.png": 1}}\n' > "$folder/list"
  runs 1 "${search[@]}" query --queries "$folder/list" --top 2
  [[ $(wc -l < "$folder/out.log") == 2 && $(wc -l < "$folder/err.log") == 2 ]] || fail "not one good query and two bad ones"
  holds "$folder/err.log" "line 1: 'texts': expected"
  holds "$folder/err.log" "list: line 3: "
  holds "$folder/err.log" "absent.png"
  refused "expected UTF-8" "${search[@]}" query $'a caf\351'

  local index=(clip_search --index "$folder/index" --json)  # without a model
  cp "${pictures[2]}" "$folder/pictures/copy.png"
  runs 0 "${search[@]}" add "$folder/pictures"
  runs 0 "${index[@]}" duplicates --threshold 1
  holds "$folder/out.log" "copy.png"
  holds "$folder/out.log" "$(basename "${pictures[2]}")"
  runs 0 "${index[@]}" duplicates --threshold -1
  [[ $(wc -l < "$folder/out.log") == 1 && $(grep -o '"file"' "$folder/out.log" | wc -l) == 41 ]] || fail "not all alike at -1"
  rm "$folder/pictures/copy.png"
  runs 0 "${index[@]}" prune
  holds "$folder/out.log" '"pictures":40,"forgotten":1}'
  runs 0 "${index[@]}" remove "${pictures[1]}"
  holds "$folder/out.log" '"pictures":39,"forgotten":1}'
  runs 1 "${index[@]}" remove "${pictures[1]}"
  holds "$folder/err.log" "the index has no picture there"
  runs 0 "${index[@]}" remove "$folder/pictures"
  holds "$folder/out.log" '"pictures":0,"forgotten":39}'
  refused "--model is required" "${index[@]}" add "$folder/pictures"
}

overwrite() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }  # overwrite <file> <offset> <bytes>

# What is damaged is named and takes nothing else along; files of others are refused; earlier indexes are converted.
search_is_robust() {
  make_model && draw 10 && rm "$folder/pictures/sheet.png"
  local index=$folder/index pictures=("$folder"/pictures/*.png)
  local search=(clip_search --model "$model" --index "$index" --json) all=(query "a red circle" --top 100)
  runs 0 "${search[@]}" add "$folder/pictures"
  runs 0 "${search[@]}" "${all[@]}"
  cp "$folder/out.log" "$folder/whole.log"
  cp -r "$index" "$folder/kept"
  local row=128  # bytes, of 32 floats
  overwrite "$index/embeddings.f32" $((2 * row)) '\0\0\300\177'         # not a number
  overwrite "$index/embeddings.f32" $((4 * row)) '\1\2\3\4\5\6\7\1\2\3'  # still near unit length, perhaps
  truncate -s $((9 * row + 5)) "$index/embeddings.f32"
  runs 1 "${search[@]}" "${all[@]}"
  [[ $(wc -l < "$folder/out.log") == 7 ]] || fail "not the seven pictures that are whole"
  local bad
  for bad in 2 4 9; do holds "$folder/err.log" "$(basename "${pictures[bad]}"): its embedding (row $bad"; done
  diff <(grep -vF -e "${pictures[2]}" -e "${pictures[4]}" -e "${pictures[9]}" "$folder/whole.log") "$folder/out.log" || fail "the others changed"
  runs 1 clip_search --index "$index" duplicates
  runs 0 "${search[@]}" add "$folder/pictures"
  holds "$folder/out.log" '"embedded":3,"moved":0,"unchanged":7,'
  runs 0 "${search[@]}" "${all[@]}"
  cmp "$folder/out.log" "$folder/whole.log" || fail "what was embedded again differs"
  mkdir "$folder/cut" && echo "no picture" > "$folder/cut/cut.png"
  runs 1 clip_search --model "$model" --index "$folder/none" add "$folder/cut"
  refused "none of its 1 pictures has an embedding" clip_search --model "$model" --index "$folder/none" query "a red circle"

  overwrite "$index/index.sqlite" 60 '\0\0\0\2'
  refused "of a newer clip_search" "${search[@]}" "${all[@]}"
  overwrite "$index/index.sqlite" 68 '\0\0\0\0'
  refused "a database of another program" "${search[@]}" "${all[@]}"
  overwrite "$index/index.sqlite" 0 'none'
  refused "no index of clip_search, or a damaged one" "${search[@]}" "${all[@]}"
  refused "no index of clip_search, or a damaged one" "${search[@]}" add "$folder/pictures"
  rm -r "$index" && cp -r "$folder/kept" "$index"
  head -c 6000 "$folder/kept/index.sqlite" > "$index/index.sqlite"
  refused "damaged" "${search[@]}" "${all[@]}"
  refused "expected the folder of an index" clip_search --model "$model" --index "${pictures[0]}" query x

  # An index as it was: lines of JSON. Who it is of is said by the refusal of one of somebody else.
  mkdir "$folder/other" && echo '{"index":"clip_search","model":"x","fingerprint":"y","embed":32}' > "$folder/other/store.json"
  refused "take another folder" clip_search --model "$model" --index "$folder/other" query x
  local name digest number=0 picture
  name=$(sed -n 's/.*now it would be \(.*\) (digest .*/\1/p' "$folder/err.log") digest=$(grep -oE '[0-9a-f]{64}' "$folder/err.log" | tail -1)
  rm -r "$index" && mkdir "$index" && cp "$folder/kept/embeddings.f32" "$index"
  echo "{\"index\":\"clip_search\",\"model\":\"$name\",\"fingerprint\":\"$digest\",\"embed\":32}" > "$index/store.json"
  for picture in "${pictures[@]}"; do
    echo "{\"path\":\"$(realpath "$picture")\",\"size\":$(stat -c %s "$picture"),\"modified\":1,\"digest\":\"$(sha256sum < "$picture" | cut -c1-64)\",\"row\":$number}"
    number=$((number + 1))
  done > "$index/records.jsonl"
  echo '{"gone":"/nowhere.png"}' >> "$index/records.jsonl"
  cp -r "$index" "$folder/damaged" && sed -i 3s/path/pa/ "$folder/damaged/records.jsonl" && printf '{"path":"half' >> "$folder/damaged/records.jsonl"
  runs 0 "${search[@]}" "${all[@]}"
  cmp "$folder/out.log" "$folder/whole.log" || fail "the converted index differs"
  holds "$folder/err.log" "its 10 pictures are now in index.sqlite"
  [[ ! -e $index/records.jsonl && ! -e $index/store.json ]] || fail "the earlier form is left"
  runs 0 "${search[@]}" add "$folder/pictures"
  holds "$folder/out.log" '"pictures":10,"embedded":0,'
  runs 1 clip_search --model "$model" --index "$folder/damaged" "${all[@]}"
  [[ $(wc -l < "$folder/out.log") == 9 ]] || fail "a damaged line takes others along"
  holds "$folder/err.log" "line 3 is damaged"
}

# Killed at any moment, as often as CLIPT_KILLS says: nothing is lost but the piece in work, and nothing is left.
search_survives_kills() {
  make_model && draw 400 && rm "$folder/pictures/sheet.png"
  local index=$folder/cut search pictures=0
  pictures_of_cut() {
    [[ -e $index/index.sqlite ]] || { echo 0 && return; }
    "$programs/clip_search" --index "$index" --json prune 2> "$folder/err.log" | sed -n 's/{"pictures":\([0-9]*\),.*/\1/p'
  }
  runs 0 clip_search --model "$model" --index "$folder/whole" add "$folder/pictures"
  runs 0 clip_search --model "$model" --index "$folder/whole" query "a red circle" --top 1000
  cp "$folder/out.log" "$folder/whole.log"
  for _ in $(seq "${CLIPT_KILLS:-6}"); do
    "$programs/clip_search" --model "$model" --index "$index" add "$folder/pictures" > "$folder/cut.log" 2>&1 &
    local program=$! now
    sleep 0.$((RANDOM % 4))$((RANDOM % 10))
    kill -KILL $program 2> /dev/null
    wait $program 2> "$folder/killed.log"
    now=$(pictures_of_cut)
    [[ -n $now && $now -ge $pictures ]] || fail "after a kill there are '$now' pictures, before $pictures"
    pictures=$now
    [[ $pictures == 400 ]] && rm -r "$index" && pictures=0
  done
  runs 0 clip_search --model "$model" --index "$index" add "$folder/pictures"
  runs 0 clip_search --model "$model" --index "$index" query "a red circle" --top 1000
  cmp "$folder/out.log" "$folder/whole.log" || fail "the index that was cut differs"
  diff <(ls "$folder/whole") <(ls "$index") || fail "something is left, or missing"
}

convert_and_inspect() {
  make_model vit_64
  local latest=$model/epoch_latest.safetensors
  runs 0 clip_inspect "$model" --json
  holds "$folder/out.log" "clipt::vit_config{64, 8, 192, 6, 3}"
  runs 0 clip_convert "$latest" "$folder/a.safetensors" --to openai
  holds "$folder/out.log" "left out, with nothing of the model: optimizer ("
  LC_ALL=C sed 's/"logit_scale"/"logit_shift"/' "$folder/a.safetensors" > "$folder/renamed.safetensors"
  refused "logit_shift; --drop-unknown leaves them out" clip_convert "$folder/renamed.safetensors" "$folder/x.pt" --to openai
  runs 2 clip_convert "$folder/renamed.safetensors" "$folder/x.pt" --to openai --drop-unknown
  holds "$folder/err.log" "missing: logit_scale"  # a line for each tensor
  runs 0 clip_convert "$latest" "$folder/open_clip" --to open_clip
  runs 0 clip_convert "$folder/open_clip" "$folder/hf" --to huggingface
  runs 0 clip_convert "$folder/hf" "$folder/b.pt" --to openai
  runs 0 clip_convert "$folder/b.pt" "$folder/c.safetensors" --to openai
  cmp "$folder/a.safetensors" "$folder/c.safetensors" || fail "numbers have changed on the way"
  refused "write to another place" clip_convert "$latest" "$latest" --to openai
  refused "write to another place" clip_convert "$folder/open_clip" "$folder/open_clip" --to open_clip
  refused "no folder to write to" clip_convert "$latest" "$folder/b.pt" --to open_clip
  draw 4
  mkdir -p "$folder"/set/{red,blue} && cp "$folder"/pictures/*0.png "$folder/set/red/" && cp "$folder"/pictures/*1.png "$folder/set/blue/"
  for weights in "$folder/open_clip" "$folder/hf"; do  # the same evaluation, whichever library they are for
    runs 0 evaluate_clip --model "$weights" --val-data "$folder/set"
    sed 1d "$folder/out.log" > "$folder/$(basename "$weights").log"
    refused "give pictures by --val-data" evaluate_clip --model "$weights"
  done
  cmp "$folder/open_clip.log" "$folder/hf.log" || fail "open_clip's and Hugging Face's weights are evaluated differently"
  # Heads that no tensor tells: a run of them stays the same model in the other libraries' files.
  model=$folder/tiny make_model tiny_64
  runs 0 evaluate_clip --model "$folder/tiny" --val-data "$folder/set" --json
  grep -v '"checkpoint"\|"model"\|"preset"\|"step"' "$folder/out.log" > "$folder/tiny.log"
  local library
  for library in open_clip huggingface; do
    runs 0 clip_convert "$folder/tiny" "$folder/tiny_$library" --to $library
    runs 0 evaluate_clip --model "$folder/tiny_$library" --val-data "$folder/set" --json
    cmp <(grep -v '"checkpoint"\|"model"' "$folder/out.log") "$folder/tiny.log" || fail "the heads of a run are lost for $library"
  done
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
  model=$folder/basic make_model basic_64
  runs 0 clip_inspect "$folder/basic/epoch_latest.safetensors"
  holds "$folder/out.log" "basic_64"
  echo "no weights" > "$folder/broken.pt"
  refused "broken.pt" clip_inspect "$folder/broken.pt"
  refused "--to" clip_convert "$latest" "$folder/x"
}

# Training that begins with weights: of other libraries' files and of a run, with locked towers, additions and a teacher.
fine_tunes() {
  draw 16
  local short=(--train-data "$folder/pictures/captions.tsv" --batch-size 8 --warmup 0 --lr 1e-3) latest=$model/epoch_latest.safetensors
  runs 0 train_clip --preset vit_64 "${short[@]}" --epochs 1 --output "$model"
  runs 0 clip_convert "$latest" "$folder/base.safetensors" --to openai
  runs 0 clip_convert "$latest" "$folder/open_clip" --to open_clip
  runs 0 clip_convert "$folder/open_clip" "$folder/hf" --to huggingface
  local weights number=0
  for weights in "$model" "$folder/base.safetensors" "$folder/open_clip" "$folder/hf"; do
    number=$((number + 1))
    runs 0 train_clip "${short[@]}" --pretrained "$weights" --lock-image --lock-text --wd 0 --epochs 1 --output "$folder/locked$number"
    holds "$folder/out.log" "vit_64: "
    holds "$folder/out.log" ", 1 trained"
    runs 0 clip_convert "$folder/locked$number" "$folder/again.safetensors" --to openai
    runs 0 clip_inspect "$folder/again.safetensors" --tensors
    tail -c 300000 "$folder/again.safetensors" | cmp - <(tail -c 300000 "$folder/base.safetensors") || fail "locked towers have moved"
  done
  refused "the weights of --pretrained are of vit_64" train_clip "${short[@]}" --pretrained "$folder/hf" --preset tiny_64 --output "$folder/x"

  local lora=("${short[@]}" --pretrained "$folder/base.safetensors" --lora-rank 2 --lora-alpha 4 --output "$folder/lora")
  runs 0 train_clip "${lora[@]}" --epochs 1
  runs 0 clip_convert "$folder/base.safetensors" "$folder/merged.safetensors" --to openai --lora "$folder/lora/lora.safetensors"
  cmp -s "$folder/merged.safetensors" "$folder/base.safetensors" && fail "additions have changed nothing"
  refused "these are additions to other weights" clip_convert "$folder/lora" "$folder/twice.safetensors" --to openai --lora "$folder/lora/lora.safetensors"
  refused "lora_alpha is 16, but there are no additions" train_clip "${short[@]}" --pretrained "$folder/base.safetensors" --lora-alpha 16 --output "$folder/x"
  refused "lora_rank was 2, is not set" train_clip "${short[@]}" --pretrained "$folder/base.safetensors" --epochs 1 --output "$folder/lora" --resume latest
  refused "pretrained was" train_clip "${lora[@]/base.safetensors/merged.safetensors}" --epochs 1 --resume latest
  runs 0 train_clip "${lora[@]}" --epochs 2 --resume latest
  refused "no CLIP, but additions to one (--lora-rank of train_clip)" clip_probe --model "$folder/lora/lora.safetensors" --test "$folder"
  refused "no additions of train_clip" clip_convert "$folder/base.safetensors" "$folder/y.pt" --to openai --lora "$folder/merged.safetensors"

  runs 0 train_clip "${short[@]}" --preset tiny_64 --distill-model "$folder/hf" --siglip --force-patch-dropout 0.5 --layer-decay 0.8 --epochs 1 --output "$folder/pupil"
  refused "none of a CLIP's, and no library would load a file with them: logit_bias;" clip_convert "$folder/pupil" "$folder/of_pupil" --to open_clip
  runs 0 clip_convert "$folder/pupil" "$folder/of_pupil" --to open_clip --drop-unknown
  holds "$folder/out.log" "dropped: logit_bias"
  refused "only vision transformers" train_clip "${short[@]}" --preset basic_64 --force-patch-dropout 0.5 --output "$folder/z"
  refused "it lies in the folder that --overwrite clears" train_clip "${short[@]}" --pretrained "$folder/pupil" --epochs 1 --output "$folder/pupil" --overwrite
  refused "--lora-rank needs --pretrained" train_clip "${short[@]}" --lora-rank 2 --output "$folder/pupil" --overwrite
  [[ -e $folder/pupil/epoch_latest.safetensors ]] || fail "a refused run has cleared the folder"
  refused "nothing is locked" train_clip "${short[@]}" --lock-text-unlocked-layers 2 --output "$folder/z"
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
  refused "--c is for a linear probe: give --train" clip_probe --model "$model" --test "$folder/set" --c 1
  refused "--train-where is for a linear probe" clip_probe --model "$model" --test "$folder/set" --train-where "a=b"
  runs 0 clip_probe --model "$model" --test "$folder/set" --train "$folder/set" --c 0.25
  holds "$folder/out.log" "c = 0.25"
  refused "0 is not in [" clip_probe --model "$model" --test "$folder/set" --train "$folder/set" --c 0
  refused "expected a folder for each label" clip_probe --model "$model" --test "$folder/set/red"
}

# Whatever goes wrong, a program that was asked for JSON says it there as well, and in one line to people.
# Folders that are called like those of ImageNet, their names and OpenAI's sets of prompts, in both programs that evaluate.
labels_have_names() {
  make_model && draw 12
  local set=$folder/set k=0 program data
  mkdir -p "$set"/n0144000{1,2,3,4,5,6}
  for file in "$folder"/pictures/*.png; do cp "$file" "$set/n0144000$((k++ % 6 + 1))/"; done
  printf 'n0144000%s\n' "1 red circle, red disc" "2 blue star" "3 green square" "4 a cross" "5 ring" "6 dot" > "$folder/mapping.txt"
  printf '%s\n' "red circle" "blue star" "green square" "a cross" ring dot > "$folder/names.txt"
  cat > "$folder/prompts.json" << 'END'
{"shapes": {"classes": [["disc", "red circle"], "blue star", "square", "cross", "ring", "dot"], "templates": ["a {}.", "the {}."]}}
END
  for program in "evaluate_clip --checkpoint $model --val-data" "clip_probe --model $model --test"; do
    # shellcheck disable=SC2086  # a program and its first options
    data="$program $set"
    runs 0 $data --class-names "$folder/mapping.txt" --template "a {}" --json
    cp "$folder/out.log" "$folder/mapped.log"
    holds "$folder/out.log" '"mean_per_class": '
    holds "$folder/out.log" '"top5": '
    runs 0 $data --class-names "$folder/names.txt" --template "a {}" --json
    holds "$folder/err.log" "labels are told by their order: 'n01440001' is 'red circle', ..., 'n01440006' is 'dot'"
    runs 0 $data --class-names "$folder/mapping.txt" --prompts "$folder/prompts.json" shapes --json
    runs 1 $data --class-names <(head -5 "$folder/mapping.txt") --json
    holds "$folder/err.log" "1 labels of the data have no name or class, their pictures count as wrong: n01440006"
    refused "line 2: expected a label and a name" $data --class-names <(sed '2s/.*/blue star/' "$folder/mapping.txt")
    refused "no set 'none'; there are: shapes" $data --prompts "$folder/prompts.json" none
    refused "3 names, 6 labels" $data --class-names <(head -3 "$folder/names.txt")
    runs 0 $data
    holds "$folder/out.log" "top-5"
    rm -rf "$folder/few" && mkdir "$folder/few" && cp -r "$set"/n0144000{1,2} "$folder/few/"
    runs 0 $program "$folder/few"
    ! grep -q "top-5" "$folder/out.log" || fail "top-5 of two labels"
    echo "no picture" > "$folder/few/n01440001/broken.png"
    runs 1 $program "$folder/few" --json
    holds "$folder/err.log" "broken.png"
    echo "no picture" > "$folder/few/stray.png"
    runs 1 $program "$folder/few"
    holds "$folder/err.log" "stray.png: lies in no label's folder"
  done
  runs 0 train_clip --preset tiny_64 --train-data "$folder/pictures/captions.tsv" --batch-size 8 --epochs 1 --val-data "$set" \
    --class-names "$folder/mapping.txt" --prompts "$folder/prompts.json" shapes --output "$folder/validated"
  holds "$folder/validated/metrics.jsonl" '"top1"'
  # Rows with the same path are one picture with several captions.
  printf 'filepath\ttitle\n' > "$folder/coco.tsv"
  for file in "$set"/n0144000{1,2}/*.png; do printf '%s\ta shape\n%s\tseen from %s\n' "$file" "$file" "${file##*/}"; done >> "$folder/coco.tsv"
  runs 0 evaluate_clip --model "$model" --val-data "$folder/coco.tsv" --csv-caption-key title
  k=$(ls "$set"/n0144000{1,2}/*.png | wc -l)
  holds "$folder/out.log" "among $k pictures and $((2 * k)) texts"
}

errors_for_machines() {
  make_model && draw 2
  local picture
  picture=$(ls "$folder"/pictures/*.png | head -1)
  says() {  # says <words> <program> <options...>
    refused "$@" --json
    [[ $(grep -c '^{"error":".*"}$' "$folder/out.log") == 1 ]] || fail "${*:2}: no error object"
    holds "$folder/out.log" "$1"
  }
  mkdir "$folder/empty"
  echo "no weights" > "$folder/broken.pt"
  printf 'dog\n\ncat\n' > "$folder/labels"
  says "--model" clip_classify "$picture"
  says "--no-such-option" clip_classify --model "$model" --labels a --no-such-option "$picture"
  says "broken.pt" clip_classify --model "$folder/broken.pt" --labels a "$picture"
  says "line 2: expected a label, found an empty line" clip_classify --model "$model" --labels-file "$folder/labels" "$picture"
  says "there are no pictures" clip_embed --model "$model" --images "$folder/empty" --out "$folder/x.npy"
  says "nothing is kept here yet" clip_search --model "$model" --index "$folder/none" query x
  says "expected a folder for each label" clip_probe --model "$model" --test "$folder/empty"
  says "broken.pt" clip_inspect "$folder/broken.pt"
  says "broken.pt" clip_convert "$folder/broken.pt" "$folder/x.pt" --to openai
  says "broken.pt" evaluate_clip --checkpoint "$folder/broken.pt"
  runs 1 clip_classify --model "$model" --labels a,b --json "$picture" "$folder/labels" "$folder/absent.png"
  [[ $(wc -l < "$folder/out.log") == 3 ]] || fail "not an object for each picture"
  [[ $(grep -c '"error":' "$folder/out.log") == 2 ]] || fail "not an error for each bad picture"
}

# Pictures and places that a program does not expect.
odd_pictures() {
  make_model && draw 2
  local odd=$folder/odd png
  mkdir -p "$odd/Ordner mit Größe" "$odd/empty"
  png=$(ls "$folder"/pictures/*.png | head -1)
  cp "$png" "$odd/Ordner mit Größe/ねこ.png"
  cp "$png" "$odd/-dash.png"
  printf 'P6 1 1 255\nabc' > "$odd/one.ppm"
  base64 -d > "$odd/clear.png" <<< iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==
  printf 'P6 40000 40000 255\n' > "$odd/huge.ppm"
  ln -s loop.png "$odd/loop.png"
  ln -s .. "$odd/empty/up"
  ln -s absent.png "$odd/dangling.png"
  runs 1 clip_search --model "$model" --index "$folder/index" --json add "$odd"
  holds "$folder/out.log" '"pictures":5,"embedded":3,"moved":1,'
  local words
  for words in huge.ppm "loop.png: a link that leads nowhere" "dangling.png: a link that leads nowhere"; do
    holds "$folder/err.log" "$words"
  done
  runs 1 clip_search --model "$model" --index "$folder/index" --json add "$odd" "$folder/absent"  # all are named again
  holds "$folder/out.log" '"unchanged":4,"gone":0,"bad":4'
  runs 0 clip_search --model "$model" --index "$folder/index" query --image "$odd/Ordner mit Größe/ねこ.png" --html "$folder/found.html"
  holds "$folder/out.log" "ねこ.png"
  runs 1 clip_embed --model "$model" --images "$odd" --out "$folder/odd.npy"
  [[ $(wc -l < "$folder/odd.npy.txt") == 4 ]] || fail "not four pictures"
  holds "$folder/out.log" "; 3 left out"
  (cd "$odd" && runs 0 clip_classify --model "$model" --labels a,b -- -dash.png one.ppm clear.png) || exit 1
  holds "$folder/out.log" "-dash.png"
  # What lies under alpha 0 was never seen in training: a red picture that is all transparent is a white one.
  { printf '\0\0\2\0\0\0\0\0\0\0\0\0\1\0\1\0\40\50' && printf '\0\0\377\0'; } > "$odd/red.tga"
  printf 'P6 1 1 255\n\377\377\377' > "$odd/white.ppm"
  printf '%s\n' red.tga white.ppm > "$odd/two"
  runs 0 clip_embed --model "$model" --images "$odd/two" --out "$folder/two.npy"
  cmp <(tail -c 256 "$folder/two.npy" | head -c 128) <(tail -c 128 "$folder/two.npy") || fail "alpha was dropped"
  runs 1 clip_probe --model "$model" --test "$folder" --json  # folders of all sorts; what is no picture is named
  holds "$folder/err.log" "cannot be used"
}

# What is no list is refused at once; what is left out is named, whatever it is called; one bad path stops nothing.
odd_paths() {
  make_model && draw 3
  local pictures=("$folder"/pictures/*.png) search=(clip_search --model "$model" --index "$folder/index") list
  tar cf "$folder/shard.tar" -C "$folder" pictures
  for list in "${pictures[0]}" "$folder/shard.tar" "$folder/pictures/captions.tsv"; do
    refused "expected a folder, or a list" clip_embed --model "$model" --images "$list" --out "$folder/x.npy"
    [[ ! -e $folder/x.npy ]] || fail "something was written for $list"
  done
  local set=$folder/set odd=$'two\nlines \e[31m.png'
  mkdir -p "$set/a" "$set/b"
  cp "${pictures[0]}" "$set/a/$odd" && cp "${pictures[1]}" "$set/b/fine.png"
  echo "no picture" > "$set/a/"$'bad \e[31m\n.png' && echo "?" > "$set/b/"$'other \e.heic'
  runs 1 clip_embed --model "$model" --images "$set" --out "$folder/set.npy"
  [[ $(wc -l < "$folder/set.npy.txt") == 2 && $(grep -vc "^embedding" "$folder/err.log") == 2 ]] || fail "names take several lines"
  holds "$folder/set.npy.txt" 'two\nlines \x1b[31m.png'
  holds "$folder/out.log" "2 left out"
  runs 1 clip_classify --model "$model" --labels a,b "$set"
  [[ $(wc -l < "$folder/out.log") == 6 && $(wc -l < "$folder/err.log") == 2 ]] || fail "not both pictures of a folder"
  runs 1 clip_classify --model "$model" --labels a,b --json "$set" "$folder/absent.png"
  [[ $(grep -c '"error":' "$folder/out.log") == 3 ]] || fail "not an object for each path that is left out"
  runs 1 clip_probe --model "$model" --test "$set" --json
  holds "$folder/out.log" '"left_out": 1'
  holds "$folder/err.log" 'other \x1b.heic: pictures of the kind .heic are not read'
  runs 1 "${search[@]}" --json add "$set"
  holds "$folder/out.log" '"embedded":2,"moved":0,"unchanged":0,"gone":0,"bad":2}'
  runs 0 "${search[@]}" query "two lines" --html "$folder/found.html"
  [[ $(wc -l < "$folder/out.log") == 2 ]] || fail "a name takes several lines"
  holds "$folder/found.html" 'two\nlines \x1b[31m.png'
  ! grep -q $'\e' "$folder/out.log" "$folder/err.log" "$folder/found.html" || fail "a raw control character"
  rm "$set/b/fine.png" && ln -s fine.png "$set/b/fine.png"  # a circle where a picture was
  cp "${pictures[2]}" "$set/b/new.png"
  runs 1 "${search[@]}" --json add "$set"
  holds "$folder/out.log" '"embedded":1,"moved":0,"unchanged":1,"gone":1,"bad":3}'
  refused "there is no such file or folder" "${search[@]}" add "$folder/absent"
  runs 0 "${search[@]}" query "$(printf 'a photo of a very long query %.0s' $(seq 12))"
  (cd "$folder" && mkdir cat && cp "${pictures[0]}" dog && runs 0 "${search[@]}" query cat --json && cp out.log cat.log &&
    runs 0 "${search[@]}" query dog) || exit 1
  holds "$folder/err.log" "--image dog asks with the file"
  runs 0 "${search[@]}" query cat --json
  cmp "$folder/out.log" "$folder/cat.log" || fail "a folder called cat changes what is asked"
  refused "give words, or a picture" "${search[@]}" query
}

# Disks that are full, and files that may not grow: a sentence, and nothing half written.
full_disks() {
  make_model && draw 70
  nothing_left() { [[ -z $(find "$folder" -name 'big*' ! -path '*.partial*') ]] || fail "something is left of $1"; }
  limited() {  # limited <kilobytes> <program> <options...>: exit code 2 and a reason
    local code=0
    (ulimit -f "$1" && exec "$programs/$2" "${@:3}") > "$folder/out.log" 2> "$folder/err.log" || code=$?
    [[ $code == 2 ]] || fail "${*:2}: exit code $code, not 2"
    holds "$folder/err.log" "File too large"
  }
  limited 16 clip_convert "$model/epoch_latest.safetensors" "$folder/big.safetensors" --to openai
  nothing_left clip_convert
  limited 4 clip_embed --model "$model" --images "$folder/pictures" --out "$folder/big.npy"
  nothing_left clip_embed
  # A name that is no UTF-8 and a limit behind the first batch, 64 rows of 32 floats: it goes on all the same.
  cp "$(ls "$folder"/pictures/*.png | head -1)" "$folder/pictures/"$'!\xff.png' 2> "$folder/cp.log"  # not on every disk
  limited 8 clip_embed --model "$model" --images "$folder/pictures" --out "$folder/big.npy"
  [[ -s $folder/big.npy.partial/embeddings.f32 ]] || fail "the first batch is not kept"
  runs 0 clip_embed --model "$model" --images "$folder/pictures" --out "$folder/big.npy"
  [[ $(wc -l < "$folder/big.npy.txt") == $(find "$folder/pictures" -name '*.png' | wc -l) ]] || fail "rows are missing"
  limited 4 clip_search --model "$model" --index "$folder/index" add "$folder/pictures"
  runs 0 clip_search --model "$model" --index "$folder/index" add "$folder/pictures"
  if [[ -e /dev/full ]]; then
    local code=0
    "$programs/clip_inspect" "$model/epoch_latest.safetensors" > /dev/full 2> "$folder/err.log" || code=$?
    [[ $code == 2 ]] || fail "a full disk: exit code $code, not 2"
    holds "$folder/err.log" "No space left on device"
  fi
}

"$case_name"
