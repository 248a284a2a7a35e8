#!/usr/bin/env python3
"""Runs clipt's benchmarks and the same work elsewhere in turn, and prints one table.

    benchmarks/compare.py                          all cases
    benchmarks/compare.py small_step layer_norm    some
    benchmarks/compare.py --python venv/bin/python --rounds 7 --threads 1 vit_b_32_step --batch 32

Build first: cmake -B build && cmake --build build. Peers that are not installed are named and left out. On a machine
that others use too, wall times say little: the columns of CPU time are the ones to read then.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared"
MODELS, OPS = "torch_models.py", "torch_ops.py"


class Case:
    """One row: a benchmark of a program here, and either a peer's script or another benchmark of that program."""

    def __init__(self, program, benchmark, peer=None, script=None, case=None, batch=0, peer_benchmark=None):
        self.program, self.benchmark = program, benchmark
        self.peer, self.script, self.case, self.batch, self.peer_benchmark = peer, script, case, batch, peer_benchmark


def model_case(program, name, batch, peer_case=None):
    return [Case(program, f"{name}/{batch}/", "PyTorch eager", MODELS, peer_case or name, batch)]


def all_cases(threads, batch):
    def op(program, name, by_hand):
        own = f"{name}/threads:{threads}/"
        beside = [Case(program, own, text, peer_benchmark=f"{other}/threads:{threads}/") for text, other in by_hand]
        return beside + [Case(program, own, "PyTorch", OPS, name)]

    return {
        "small_step": model_case("small_step", "small_step", 256),
        "small_resnet_step": model_case("small_resnet_step", "small_resnet_step", 256),
        "vit_b_32_image": model_case("inference", "vit_b_32_image", 1)
        + model_case("inference", "vit_b_32_image", 32),
        "rn50_image": model_case("inference", "rn50_image", 1) + model_case("inference", "rn50_image", 32),
        "vit_b_32_step": model_case("vit_b_32_step", "vit_b_32_step", batch),
        "text": model_case("inference", "text", 32)
        + [Case("inference", "text/32/", "transformers, padded to the longest", "transformers_models.py", "text", 32)],
        "tokenizer": [Case("tokenizer", "tokenize_padded/threads:1/", "open_clip", "tokenizing.py", "tokenizer")],
        "preprocess": [
            Case("preprocess", "preprocess/640/480/3$", "Pillow", "preprocessing.py", "preprocess"),
            Case("preprocess", "decode_and_preprocess$", "Pillow", "preprocessing.py", "decode_and_preprocess"),
        ],
        "elementwise": op("elementwise", "elementwise", [("Eigen", "eigen"), ("memcpy, 2 arrays of 3", "copy")]),
        "layer_norm": op("rows", "layer_norm", [("loop by hand", "layer_norm_by_hand")])
        + op("rows", "layer_norm_backward", []),
        "softmax": op("rows", "softmax", [("loop by hand", "softmax_by_hand")]) + op("rows", "softmax_backward", []),
        "attention_rows": op("rows", "attention_rows", [("loop by hand", "attention_rows_by_hand")]),
        "adamw": op("adamw", "adamw", []),
    }


SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}


class Programs:
    """clipt's side: one short run of one benchmark in a process of its own."""

    def __init__(self, build, environment):
        self.build, self.environment = build, environment

    def path(self, program):
        return self.build / "benchmarks" / f"bench.{program}"

    def run(self, program, benchmark):
        command = [self.path(program), f"--benchmark_filter=^{benchmark}", "--benchmark_format=json", "--benchmark_min_time=0.5"]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.returncode != 0 or not done.stdout.startswith("{"):
            sys.exit(f"compare.py: {command[0]} {command[1]} failed: {(done.stderr or done.stdout).strip()[-300:]}")
        (result,) = json.loads(done.stdout)["benchmarks"]
        unit = SECONDS[result["time_unit"]]
        return {"wall": result["real_time"] * unit, "cpu": result["cpu_time"] * unit, **result}


class Peer:
    """Another framework's side: a process that stays, for imports take longer than the work."""

    def __init__(self, python, case, threads, environment):
        command = [python, HERE / "peers" / case.script, case.case, f"--threads={threads}", f"--batch={case.batch}"]
        self.process = subprocess.Popen(
            command, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.problem = None
        if self.line() != "ready":
            self.problem = (self.process.stderr.read().strip().splitlines() or ["no answer"])[-1]
            self.process.wait()

    def line(self):
        """The next line of the protocol; what a library prints beside it is passed over."""
        for text in self.process.stdout:
            if text.startswith(("ready", "{")):
                return text.strip()
        return ""

    def run(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return json.loads(self.line())

    def close(self):
        if self.problem is None:
            self.process.stdin.close()
            self.process.wait()


def eigen_rate(programs):
    """Eigen's rate for the largest products of CLIP's towers, per second of CPU time on one thread."""
    runs = [programs.run("gemm", f"{name}/eigen/threads:1/") for name in ("vit_b_32_up", "vit_b_32_down", "mlp_up")]
    return max(run["flop/s"] * run["wall"] / run["cpu"] for run in runs)


def measure(case, settings, programs, peer):
    """Both sides in turn, and with models Eigen's product in the same minute."""
    rounds = {"own": [], "peer": [], "eigen": []}
    for _ in range(settings.rounds):
        rounds["own"].append(programs.run(case.program, case.benchmark))
        if case.peer_benchmark:
            rounds["peer"].append(programs.run(case.program, case.peer_benchmark))
        elif peer is not None:
            rounds["peer"].append(peer.run())
        if "flop" in rounds["own"][-1]:
            rounds["eigen"].append(eigen_rate(programs))
    return rounds


def time_text(runs, what):
    if not runs:
        return "–"
    times = [run[what] for run in runs]
    scale, unit = next((s, u) for s, u in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")) if statistics.median(times) >= s or u == "µs")
    return f"{statistics.median(times) / scale:.3g} ({min(times) / scale:.3g}) {unit}"


def ratio_text(rounds, what):
    pairs = [own[what] / peer[what] for own, peer in zip(rounds["own"], rounds["peer"])]
    return f"{statistics.median(pairs):.2f}" if pairs else "–"


def row(case, rounds):
    own, peer = rounds["own"], rounds["peer"]
    rate = "–"
    if rounds["eigen"]:
        reached = statistics.median(run["flop"] / run["cpu"] for run in own)
        best = statistics.median(rounds["eigen"])
        rate = f"{reached / 1e9:.0f} of {best / 1e9:.0f} GFLOP/s: {100 * reached / best:.0f} %"
    elif "bytes_per_second" in own[0]:
        rate = f"{statistics.median(run['bytes_per_second'] for run in own) / 1e9:.1f} GB/s"
    memory = "–"
    if "peak_bytes" in own[0]:
        memory = " : ".join(f"{runs[-1][key] / 1e6:.0f}" for runs, key in ((own, "peak_bytes"), (peer, "peak")) if runs) + " MB"
    name = case.benchmark.rstrip("/$").replace("/threads:", " x ")
    return [name, case.peer, time_text(own, "wall"), time_text(peer, "wall"), ratio_text(rounds, "wall"),
            time_text(own, "cpu"), time_text(peer, "cpu"), ratio_text(rounds, "cpu"), rate, memory]


def options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="case", help="of " + ", ".join(all_cases(2, 8)))
    parser.add_argument("--build", type=pathlib.Path, default=HERE.parent / "build")
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the peers installed")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, choices=(1, 2), default=2)
    parser.add_argument("--batch", type=int, choices=(8, 32), default=8, help="of vit_b_32_step")
    settings = parser.parse_args()
    unknown = set(settings.cases) - set(all_cases(2, 8))
    if unknown:
        parser.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(all_cases(2, 8))}")
    return settings


def environment_of(settings):
    environment = dict(os.environ, CLIPT_THREADS=str(settings.threads), OMP_NUM_THREADS=str(settings.threads))
    files = {
        "CLIPT_CAPTIONS": "data/coco/captions_val2017.json",
        "CLIPT_VOCABULARY": "clip/bpe_simple_vocab_16e6.txt.gz",
        "CLIPT_PICTURE": "data/decode/corrupt/pillow/sugarshack_bad_mpo_header.jpg",  # 640 x 480; its MPO data alone are bad
    }
    for name, path in files.items():
        if (SHARED / path).exists():
            environment.setdefault(name, str(SHARED / path))
    return environment


def main():
    settings = options()
    environment = environment_of(settings)
    programs = Programs(settings.build, environment)
    cases = all_cases(settings.threads, settings.batch)
    print("| case | peer | clipt: median (least) | peer | ratio | clipt, CPU time | peer | ratio | beside Eigen's product, per core | peak memory |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    missing = []
    for case in (c for name in settings.cases or cases for c in cases[name]):
        if not programs.path(case.program).exists():
            missing.append(f"bench.{case.program} is not built in {settings.build}")
            continue
        peer = None
        if case.script:
            peer = Peer(settings.python, case, settings.threads, environment)
            if peer.problem:
                missing.append(f"{case.peer} for {case.case}: {peer.problem}")
                peer = None
        print("| " + " | ".join(row(case, measure(case, settings, programs, peer))) + " |", flush=True)
        if peer is not None:
            peer.close()
    for text in dict.fromkeys(missing):
        print("missing:", text)


if __name__ == "__main__":
    main()
