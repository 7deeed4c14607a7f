"""One operator after the other against the original (LiteRT, its default kernels): which are slower than it?

    python bench/operators.py [MODEL.tflite ...] [--filter TEXT] [--threads 1] [--turns 9] [--below RATIO] [--avx2]

Makes a model of one operator for each case of operator_cases.py, runs both in turns in one process, and
prints the least times (Linnet's, the original's) and their ratio (above 1: Linnet is faster), the smallest ratio last. Types that one of
them refuses are named on the standard error.
"""
import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import operator_cases
from run import hide_avx512
from worker import Linnet, LiteRt

RANDOM = np.random.default_rng(1)


def value_for(detail):
    """For an input: whole ranges of integers but for those that may be indices, floats around 1."""
    shape, kind = detail["shape"], np.dtype(detail["dtype"])
    if kind.kind == "f":
        return RANDOM.uniform(0.1, 3, shape).astype(kind)
    low, high = (0, 2) if kind.kind == "b" else (0, 100) if kind.itemsize >= 4 else (np.iinfo(kind).min, np.iinfo(kind).max)
    return RANDOM.integers(low, high, shape).astype(kind)


def least(run, seconds):
    best, end = 1e9, time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        run()
        now = time.perf_counter()
        best = min(best, now - start)
        if now > end:
            return best


def compare(path, threads, turns):
    ours = Linnet(path, threads)
    try:
        theirs = LiteRt(path, threads)
        values = [value_for(detail) for detail in theirs.interpreter.get_input_details()]
        theirs.set(values)
        theirs.run()
    except (RuntimeError, ValueError, TypeError) as error:
        return None, str(error).splitlines()[0]
    ours.set(values)
    times = [1e9, 1e9]
    for _ in range(turns):
        for i, run in enumerate((ours.run, theirs.run)):
            times[i] = min(times[i], least(run, 0.01))
    return times, None


def cases(arguments, path):
    """Names and files; those of the table are written to `path`, one after the other."""
    if arguments.models:
        yield from ((str(model), model) for model in arguments.models if arguments.filter in str(model))
        return
    for case in operator_cases.cases():
        name = operator_cases.name_of(*case)
        if arguments.filter in name:
            operator_cases.build(*case).save(path)
            yield name, path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, help="these model files instead of the table's operators")
    parser.add_argument("--filter", default="", help="cases whose line contains this")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--below", type=float, default=float("inf"), help="print only ratios below this")
    parser.add_argument("--avx2", action="store_true", help="both without AVX-512 (bench/hide_avx512.py)")
    arguments = parser.parse_args()
    if arguments.avx2 and "LINNET_CPU" not in os.environ:
        python = hide_avx512()
        os.execv(python, [python, *sys.argv])
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in cases(arguments, Path(folder) / "one.tflite"):
            try:
                times, refused = compare(path, arguments.threads, arguments.turns)
            except RuntimeError as error:
                times, refused = None, f"Linnet: {error}"
            if times is None:
                print(f"{name:90} {refused}", file=sys.stderr)
            else:
                found.append((times[1] / times[0], times, name))
    for ratio, times, name in sorted(found, reverse=True):
        if ratio < arguments.below:
            print(f"{name:90} {times[0] * 1e6:10.1f} {times[1] * 1e6:10.1f} us {ratio:8.2f}")
    if found:
        print(f"geometric mean of {len(found)}: {np.exp(np.mean([np.log(entry[0]) for entry in found])):.2f}")


if __name__ == "__main__":
    main()
