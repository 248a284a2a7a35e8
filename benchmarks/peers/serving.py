"""A peer's side of compare.py: a process that does its work once for each line that it reads."""
import argparse
import json
import resource
import sys
import time


def arguments():
    """The case, the threads and the batch that compare.py asks for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("case")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=0)
    return parser.parse_args()


def serve(work, seconds=0.5):
    """Calls `work` for at least `seconds` per line of input, and answers with the times of one call and the peak memory."""
    work()
    start = time.perf_counter()
    work()
    calls = max(1, int(seconds / max(1e-9, time.perf_counter() - start)))
    print("ready", flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        for _ in range(calls):
            work()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        unit = 1 if sys.platform == "darwin" else 1024
        peak = unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps({"wall": wall / calls, "cpu": cpu / calls, "peak": peak}), flush=True)
