#!/usr/bin/env python3
"""The event files of train_clip, read by TensorBoard itself: the figures of metrics.jsonl, each step once.

    tensorboard_files.py <train_clip>        exit code 77: TensorBoard is missing, or train_clip writes no such files
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

try:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
except ImportError as missing:
    print(f"skipped: {missing}; scripts/install_interop.sh makes an interpreter that has it")
    sys.exit(77)

TRAIN = sys.argv[1]


def train(folder, *options):
    return subprocess.run([TRAIN, "--preset", "tiny_64", "--scenes", "128", "--batch-size", "32", "--lr-scheduler", "const",
                           "--output", folder, "--report-to", "tensorboard", *options], capture_output=True, text=True)


def figures(folder):
    """{tag: {step: value}} as TensorBoard has them."""
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"scalars": 0}).Reload()
    found = {}
    for tag in events.Tags()["scalars"]:
        scalars = events.Scalars(tag)
        found[tag] = {scalar.step: scalar.value for scalar in scalars}
        assert len(found[tag]) == len(scalars), f"{tag}: a step twice"
    return found


def logged(folder):
    found = {}
    for line in (folder / "metrics.jsonl").read_text().splitlines():
        line = json.loads(line)
        step, part = line.pop("step"), "val/" if line.pop("split", None) else "train/"
        for name, value in line.items():
            found.setdefault(part + name, {})[step] = value
    return found


def compare(folder, steps):
    read, written = figures(folder), logged(folder)
    assert read.keys() == written.keys(), (read.keys(), written.keys())
    assert {"train/loss", "val/top1"} <= read.keys() and len(read["train/loss"]) == steps
    for tag, values in written.items():
        assert read[tag].keys() == values.keys(), f"{tag}: other steps"
        for step, value in values.items():
            assert abs(read[tag][step] - value) <= 1e-6 * abs(value), (tag, step)


with tempfile.TemporaryDirectory() as name:
    run = pathlib.Path(name) / "run"
    first = train(run, "--epochs", "2")
    if "was built without it" in first.stderr:
        print("skipped:", first.stderr)
        sys.exit(77)
    assert first.returncode == 0, first.stderr
    compare(run, 8)
    shutil.copy(run / "epoch_latest.safetensors", pathlib.Path(name) / "kept")
    assert train(run, "--epochs", "3", "--resume", "latest").returncode == 0
    compare(run, 12)
    # As after a kill: the files have steps behind the checkpoint, which are done again.
    shutil.copy(pathlib.Path(name) / "kept", run / "epoch_latest.safetensors")
    assert train(run, "--epochs", "4", "--resume", "latest").returncode == 0
    compare(run, 16)
    assert train(run, "--epochs", "1", "--overwrite").returncode == 0
    compare(run, 4)
print("TensorBoard reads the figures of metrics.jsonl")
