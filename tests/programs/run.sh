#!/usr/bin/env bash
# One test of the programs: run.sh <case> <train_clip> <evaluate_clip> <draw_scenes>
set -uo pipefail
case_name=$1 train_clip=$2 evaluate_clip=$3 draw_scenes=$4
source "$(dirname "$0")/common.sh"

tiny=(--preset tiny_64 --batch-size 32 --warmup 4 --lr 2e-3 --seed 3)
train() {  # train <name> <options...>: a run in a folder of that name
  "$train_clip" "${tiny[@]}" --output "$folder/$1" "${@:2}" > "$folder/$1.log" 2>&1
}
same() {  # same <run> <run>: their checkpoints are the same bytes
  cmp "$folder/$1/epoch_latest.safetensors" "$folder/$2/epoch_latest.safetensors" || fail "$1 and $2 differ"
}
steps_of() { if [[ -e $folder/$1/metrics.jsonl ]]; then wc -l < "$folder/$1/metrics.jsonl"; else echo 0; fi; }

# refused <program> <words that must be in the message> <options...>: exit code 2 and one line.
refused() {
  local program=$1 words=$2 code=0
  shift 2
  "$program" "$@" > "$folder/out.log" 2> "$folder/refused.log" || code=$?
  [[ $code == 2 ]] || fail "$(basename "$program") $*: exit code $code, not 2"
  [[ $(wc -l < "$folder/refused.log") == 1 ]] || fail "$(basename "$program") $*: not one line"
  holds "$folder/refused.log" "$words"
}

resumes_bit_for_bit() {
  local run=(--scenes 640 --epochs 30 --average 0.98 --val-frequency 0 --save-frequency 0) signal code
  train whole "${run[@]}" || fail "the uninterrupted run"
  for signal in INT TERM; do
    "$train_clip" "${tiny[@]}" --output "$folder/cut" "${run[@]}" ${resume:-} > "$folder/cut.log" 2>&1 &
    local program=$! before
    before=$(steps_of cut)
    # Waits until it has gone some steps on: resumed, the log begins where it was.
    for _ in $(seq 600); do
      [[ $(steps_of cut) -gt $((before + 20)) ]] && break
      kill -0 $program 2> /dev/null || break
      sleep 0.02
    done
    kill -$signal $program 2> /dev/null
    code=0
    wait $program || code=$?
    [[ $code == 130 ]] || fail "after SIG$signal the exit code is $code, not 130"
    holds "$folder/cut.log" "--resume latest goes on"
    resume="--resume latest"
  done
  refused "$train_clip" "wd was" "${tiny[@]}" --output "$folder/cut" "${run[@]}" --wd 0.2 --resume latest
  train cut "${run[@]}" --resume latest || fail "the resumed run"
  same whole cut
  [[ $(grep -c '"loss"' "$folder/cut/metrics.jsonl") == 600 ]] || fail "the log does not have every step once"
}

# A second run in the same folder, other data, and more epochs: nothing happens that was not asked for.
runs_are_kept() {
  local run=(--scenes 64 --epochs 1 --val-frequency 0) latest=$folder/run/epoch_latest.safetensors
  train run "${run[@]}" || fail "a run"
  cp "$latest" "$folder/first"
  refused "$train_clip" "--resume latest goes on with it, --overwrite begins anew" "${tiny[@]}" --output "$folder/run" "${run[@]}"
  cmp "$latest" "$folder/first" || fail "a refused run has changed the first"
  train run "${run[@]}" --wd 0.3 --overwrite || fail "--overwrite"
  cmp -s "$latest" "$folder/first" && fail "--overwrite has left the first run"
  exec 9> "$folder/run/lock"
  flock 9
  refused "$train_clip" "another process is writing here" "${tiny[@]}" --output "$folder/run" "${run[@]}" --overwrite
  exec 9>&-

  refused "$draw_scenes" "draw_scenes: " /dev/null/x
  refused "$draw_scenes" "--seed" "$folder/x" --seed -1
  "$draw_scenes" "$folder/scenes" --count 96 > "$folder/draw.log" 2>&1 || fail "draw_scenes"
  local table=$folder/scenes/captions.tsv
  run=(--train-data "$table")
  train rows "${run[@]}" --epochs 2 || fail "a run on a table"
  refused "$train_clip" "epochs was 2, is 1" "${tiny[@]}" --output "$folder/rows" --train-data "$table" --epochs 1 --resume latest
  cp "$table" "$folder/kept.tsv"
  for change in 'sed 2d' 'sed 3s/[.]png/.PNG/' 'sed 4s/\t[^\t]*/&!/' tac_rows; do
    if [[ $change == tac_rows ]]; then { head -1 "$folder/kept.tsv" && tail -n +2 "$folder/kept.tsv" | tac; } > "$table"
    else ${change% *} "${change#* }" "$folder/kept.tsv" > "$table"; fi
    refused "$train_clip" "of a run on other data (96 pairs" "${tiny[@]}" --output "$folder/rows" --train-data "$table" \
      --epochs 3 --resume latest
  done
  train rows "${run[@]}" --resume latest --allow-new-data --epochs 3 || fail "--allow-new-data"
  cp "$folder/kept.tsv" "$table"
  refused "$train_clip" "of a run on other data" "${tiny[@]}" --output "$folder/rows" "${run[@]}" --epochs 4 --resume latest

  # The same rows in another place, another run's checkpoint, and a latest one that is gone.
  mv "$folder/scenes" "$folder/moved"
  train rows --train-data "$folder/moved/captions.tsv" --epochs 4 --allow-new-data --resume latest || fail "new data"
  mv "$folder/moved" "$folder/scenes"
  train rows "${run[@]}" --epochs 5 --resume latest --save-most-recent 1 || fail "a table in another place"
  # The same rows, of whose captions others are drawn.
  awk -F '\t' -v OFS='\t' '{ print $1, $2, NR == 1 ? "other" : $2 " again" }' "$table" > "$folder/scenes/shares.tsv"
  local shares=(--train-data "$folder/scenes/shares.tsv" --csv-caption-key)
  train shares "${shares[@]}" title:0.9,other:0.1 --epochs 1 || fail "captions of two columns"
  refused "$train_clip" "csv_caption_key was" "${tiny[@]}" --output "$folder/shares" "${shares[@]}" title:0.1,other:0.9 --epochs 2 --resume latest
  train shares "${shares[@]}" title --epochs 2 --resume latest --allow-new-data || fail "other captions as new data"
  refused "$train_clip" "there is another run in this folder" "${tiny[@]}" --output "$folder/run" "${run[@]}" --epochs 5 \
    --resume "$folder/rows/epoch_latest.safetensors"
  rm "$folder/rows/epoch_latest.safetensors"
  refused "$train_clip" "rows/epoch_5.safetensors goes on" "${tiny[@]}" --output "$folder/rows" "${run[@]}" --epochs 5 --resume latest

  # A run that is extended by a constant rate is the longer run.
  run=(--scenes 64 --lr-scheduler const --val-frequency 0)
  train longer "${run[@]}" --epochs 4 && train shorter "${run[@]}" --epochs 2 || fail "runs of 2 and 4 epochs"
  train shorter "${run[@]}" --epochs 4 --resume latest || fail "a run that is extended"
  same longer shorter
  [[ $(wc -l < "$folder/shorter/metrics.jsonl") == 8 ]] || fail "the log does not have every step once"
}

# Killed at any moment, as often as CLIPT_KILLS says: resumed, the run is the same, and nothing is left of the kills.
kills_lose_nothing() {
  local kills=${CLIPT_KILLS:-6}
  local run=(--scenes 320 --epochs $((4 * kills)) --val-frequency 0 --save-every-minutes 0.0005 --save-most-recent 2)
  train whole "${run[@]}" || fail "the uninterrupted run"
  for _ in $(seq "$kills"); do
    "$train_clip" "${tiny[@]}" --output "$folder/cut" "${run[@]}" --resume latest > "$folder/cut.log" 2>&1 &
    local program=$!
    sleep 0.$((RANDOM % 4))$((RANDOM % 10))
    kill -KILL $program 2> /dev/null
    wait $program 2> "$folder/killed.log"
  done
  train cut "${run[@]}" --resume latest || fail "the resumed run"
  same whole cut
  diff <(sed 's/,"pairs_per_second.*//' "$folder/whole/metrics.jsonl") <(sed 's/,"pairs_per_second.*//' "$folder/cut/metrics.jsonl") ||
    fail "the logs differ"
  diff <(cd "$folder/whole" && ls) <(cd "$folder/cut" && ls) || fail "something is left, or missing"
}

same_bits_for_any_threads() {
  local run=(--scenes 320 --epochs 2 --val-frequency 0)
  CLIPT_THREADS=3 train one --threads 1 --workers 0 "${run[@]}" || fail "one thread"
  CLIPT_THREADS=3 train three --threads 3 --workers 2 "${run[@]}" || fail "three threads"
  same one three
}

broken_pictures() {
  "$draw_scenes" "$folder/scenes" --count 128 > "$folder/draw.log" 2>&1 || fail "draw_scenes"
  local table=$folder/scenes/captions.tsv
  rm "$folder/scenes/000003.png"
  head -c 300 "$folder/scenes/000004.png" > "$folder/cut" && mv "$folder/cut" "$folder/scenes/000004.png"
  echo "no picture" > "$folder/scenes/000005.png"
  local run=(--train-data "$table" --epochs 2 --csv-label-key label)
  train run "${run[@]}" || fail "the run with broken pictures"
  holds "$folder/run.log" "3 of 128 pictures cannot be used"
  holds "$folder/run.log" "000003.png"
  [[ -s $folder/run/report.html ]] || fail "no report"
  refused "$train_clip" "clipt::" "${tiny[@]}" --output "$folder/strict" "${run[@]}" --strict
  "$evaluate_clip" --checkpoint "$folder/run" --val-data "$table" --csv-label-key label --csv-caption-key title \
    --template "a {}" --template "{}" --group-key label --json > "$folder/evaluation.json" 2> "$folder/evaluate.log"
  [[ $? == 1 ]] || fail "evaluate_clip with bad pictures: not exit code 1"
  holds "$folder/evaluation.json" '"trained_on": '
  holds "$folder/evaluation.json" '"count": 3'
  holds "$folder/evaluation.json" '"image_to_text"'
  holds "$folder/evaluation.json" '"groups"'
  "$evaluate_clip" --model "$folder/run" --val-data "$table" --csv-label-key label > "$folder/evaluate.log" 2>&1
  [[ $? == 1 ]] || fail "evaluate_clip without captions: not exit code 1"
  holds "$folder/evaluate.log" "74 of the pictures below were trained on"
  holds "$folder/evaluate.log" "  mean per class  "
  holds "$folder/evaluate.log" "2 of 74 pictures cannot be used"  # the rows that have a label
  holds "$folder/evaluate.log" "no retrieval"
  # The list that is ranked may be wider than what is evaluated, and narrower.
  printf 'id\tlabel\n1\ta\n2\tb\n3\tb\n' > "$folder/labels.tsv"
  "$evaluate_clip" --checkpoint "$folder/run" --val-data "$table" --csv-label-key label --labels-data "$folder/labels.tsv" \
    --json > "$folder/narrow.json" 2> "$folder/evaluate.log"
  holds "$folder/narrow.json" '"labels": 2'
  # Other rows, or other words for the same ones, are not what was trained on.
  sed '2,$s/\t[^\t]*$/\tred circle/' "$table" | awk -F '\t' -v OFS='\t' 'NR > 1 { $2 = $2 " indeed" } 1' > "$folder/scenes/other.tsv"
  "$evaluate_clip" --model "$folder/run" --val-data "$folder/scenes/other.tsv" --csv-label-key label > "$folder/other.log" 2>&1
  "${evaluate_clip%/*}/clip_probe" --model "$folder/run" --test "$folder/scenes/other.tsv" --csv-label-key label > "$folder/probe.log" 2>&1
  [[ $(grep -c "of the pictures below were trained on" "$folder/probe.log") == 1 ]] || fail "clip_probe does not say what was trained on"
  [[ $(grep -c "trained on" "$folder/other.log") == 1 ]] || fail "the pictures of the run's own table are not known elsewhere"
  mv "$table" "$folder/scenes/moved.tsv"
  "$evaluate_clip" --model "$folder/run" --val-data "$folder/scenes/other.tsv" --csv-label-key label > "$folder/other.log" 2>&1
  [[ $(grep -c "trained on" "$folder/other.log") == 0 ]] || fail "another table is taken for that of the training"
}

wrong_commands() {
  printf 'filepath\ttitle\nnone.png\ta red disc\n' > "$folder/table.tsv"
  printf 'nothing' > "$folder/broken.safetensors"
  refused "$train_clip" "--bath-size" --bath-size 3
  refused "$train_clip" "there is no preset 'vit'" --preset vit
  refused "$train_clip" "bf16" --precision bf16
  refused "$train_clip" "caption" --preset tiny_64 --train-data "$folder/table.tsv" --csv-caption-key caption
  refused "$train_clip" "absent.tsv" --train-data "$folder/absent.tsv"
  refused "$train_clip" "batch" --preset tiny_64 --train-data "$folder/table.tsv" --output "$folder/run"
  refused "$train_clip" "broken.safetensors" --preset tiny_64 --scenes 64 --resume "$folder/broken.safetensors"
  refused "$evaluate_clip" "--checkpoint" --dataset scenes
  refused "$evaluate_clip" "broken.safetensors" --checkpoint "$folder/broken.safetensors"
  train run --scenes 64 --epochs 1 --val-frequency 0 || fail "a small run"
  refused "$evaluate_clip" "nothing to evaluate" --checkpoint "$folder/run" --val-data "$folder/table.tsv"
  refused "$evaluate_clip" "label" --checkpoint "$folder/run" --val-data "$folder/table.tsv" --csv-label-key label
  refused "$evaluate_clip" "none.png" --checkpoint "$folder/run" --val-data "$folder/table.tsv" --csv-label-key title
  refused "$evaluate_clip" "{}" --checkpoint "$folder/run" --template "a picture"
  refused "$evaluate_clip" "a folder has no columns" --checkpoint "$folder/run" --val-data "$folder" --csv-label-key label
  # What would change nothing is refused, too.
  refused "$evaluate_clip" "{}" --checkpoint "$folder/run" --templates "$folder/broken.safetensors"
  refused "$evaluate_clip" "scenes have labels of their own" --checkpoint "$folder/run" --class-names "$folder/table.tsv"
  refused "$evaluate_clip" "--labels-where is for labels" --checkpoint "$folder/run" --val-data "$folder/table.tsv" \
    --csv-caption-key title --labels-where title=x
  local rows=(--preset tiny_64 --train-data "$folder/table.tsv" --batch-size 1 --output "$folder/none")
  refused "$train_clip" "--class-names is for labels" "${rows[@]}" --class-names "$folder/table.tsv"
  refused "$train_clip" "--val-where needs" "${rows[@]}" --val-where title=x
  refused "$train_clip" "--val-data is for --dataset csv" --preset tiny_64 --dataset scenes --val-data "$folder/table.tsv"
  refused "$train_clip" "not among the figures of this validation: top1, top5" --preset tiny_64 --scenes 64 --keep-best image_to_text_r1
  refused "$train_clip" "--report-to wandb: there are tensorboard and none" --preset tiny_64 --scenes 64 --report-to wandb
  sed 's/tiny_64/tiny_65/' "$folder/run/epoch_latest.safetensors" > "$folder/other.safetensors"
  refused "$evaluate_clip" "there is no preset 'tiny_65'" --checkpoint "$folder/other.safetensors"
}

scenes_report() {
  train run --scenes 320 --epochs 2 || fail "a run on scenes"
  for words in "zero-shot" "chance" "picture to text" "text to picture" "report: " "checkpoint: "; do
    holds "$folder/run.log" "$words"
  done
  "$evaluate_clip" --checkpoint "$folder/run/epoch_latest.safetensors" --report "$folder/page.html" > "$folder/evaluate.log" ||
    fail "evaluate_clip"
  # The same model on the same scenes: the same figures.
  diff <(grep -E '^(zero-shot|retrieval)' "$folder/run.log") <(grep -E '^(zero-shot|retrieval)' "$folder/evaluate.log") ||
    fail "training and evaluate_clip disagree"
  for page in "$folder/run/report.html" "$folder/page.html"; do
    holds "$page" "Zero-shot top-1"
    holds "$page" "data:image/png;base64,"
    ! grep -qE 'src="http|href="http' "$page" || fail "the report loads from the network"
  done
}

"$case_name"
