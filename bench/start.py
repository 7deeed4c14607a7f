"""Measures the way from a process's start to its first result, Linnet beside the original: every figure comes from a process of
its own, and the two take turns, so that both see the same machine.

    python bench/start.py [MODEL.tflite...] [--models TEXT,...] [--runtimes linnet,cache,litert] [--threads 1] [--rounds N]

The worker loads numpy and the runtime's library before it looks at the clock; the model's file has been read before. `load` reads
the model, `prepare` makes an interpreter and allocates, `first` is the first run; `cpu` is the processor time of all three, `memory` the most that was resident
beyond what was before and beyond the file itself. `cache` is Linnet with a file of packed weights that an earlier process has
left; `cold` is the run that makes it. Least of all rounds (median), and the original's time to the first result divided by
Linnet's. Without names: the models in build/bench/models (bench/make_models.py makes them) whose names hold one of the texts.
"""
import argparse
import ctypes
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from linnet_c import Library

ROOT = Path(__file__).resolve().parents[1]
MODELS = ROOT / "build" / "bench" / "models"
FIGURES = ["load", "prepare", "first", "total", "cpu", "memory"]


class Linnet(Library):
    def fill(self):
        for i in range(self.c.TfLiteInterpreterGetInputTensorCount(self.interpreter)):
            tensor = ctypes.c_void_p(self.c.TfLiteInterpreterGetInputTensor(self.interpreter, i))
            ctypes.memset(self.c.TfLiteTensorData(tensor), 0, self.c.TfLiteTensorByteSize(tensor))


class LiteRt:
    """Its Python class reads the model and makes the interpreter in one step: that is `load`."""

    def __init__(self):
        from ai_edge_litert import interpreter
        self.module = interpreter

    def load(self, model):
        self.path = str(model)

    def prepare(self, threads, _):
        self.interpreter = self.module.Interpreter(self.path, num_threads=threads)
        self.interpreter.allocate_tensors()

    def fill(self):
        import numpy
        for detail in self.interpreter.get_input_details():
            self.interpreter.set_tensor(detail["index"], numpy.zeros(detail["shape"], detail["dtype"]))

    def run(self):
        self.interpreter.invoke()


def resident_bytes(what):
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(what))


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def work(runtime, model, threads, cache):
    """In the worker's process: prints the figures, in milliseconds and bytes."""
    import numpy  # noqa: F401  (what the original's class needs is loaded for both)
    worker = LiteRt() if runtime == "litert" else Linnet()
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    before, cpu = resident_bytes("VmRSS"), cpu_seconds()
    times = [time.perf_counter()]
    worker.load(model)
    times.append(time.perf_counter())
    worker.prepare(threads, cache)
    times.append(time.perf_counter())
    worker.fill()
    filled = time.perf_counter()
    worker.run()
    done, cpu = time.perf_counter(), cpu_seconds() - cpu
    load, prepare, first = times[1] - times[0], times[2] - times[1], done - filled
    figures = [load, prepare, first, load + prepare + first, cpu]
    print(json.dumps(dict(zip(FIGURES, [1e3 * seconds for seconds in figures] +
                              [resident_bytes("VmHWM") - before - os.path.getsize(model)]))))


def start(runtime, model, threads, cache):
    done = subprocess.run([sys.executable, __file__, "--work", runtime, str(model), str(threads), cache], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{runtime}: {done.stderr[-300:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(model, runtimes, threads, rounds):
    model.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        cache = str(Path(folder) / "weights")
        runs = {runtime: [] for runtime in runtimes}
        if "cache" in runtimes:
            start("cache", model, threads, cache)
        for _ in range(rounds):
            for runtime in runtimes:
                if runtime == "cold":
                    Path(cache).unlink(missing_ok=True)
                runs[runtime].append(start(runtime, model, threads, cache if runtime in ("cache", "cold") else ""))
    return {runtime: {figure: [run[figure] for run in runs[runtime]] for figure in FIGURES} for runtime in runtimes}


def show(model, result):
    base = min(result["litert"]["total"]) if "litert" in result else None
    for runtime, figures in result.items():
        least = {figure: min(values) for figure, values in figures.items()}
        ratio = f"{base / least['total']:6.2f}" if base and runtime != "litert" else "      "
        print(f"{model.stem:28} {runtime:8}" + "".join(f"{least[figure]:9.2f}" for figure in FIGURES[:3]) +
              f"{least['total']:9.2f} ({statistics.median(figures['total']):7.2f}){least['cpu']:9.1f}"
              f"{least['memory'] / 1e6:9.1f} {ratio}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--models", default="")
    parser.add_argument("--runtimes", default="linnet,cache,litert")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    texts = options.models.split(",")
    models = options.paths or [path for path in sorted(MODELS.glob("*.tflite")) if any(text in path.stem for text in texts)]
    if not models:
        sys.exit(f"no model in {MODELS}: run bench/make_models.py")
    print(f"{'model':28} {'runtime':8}     load  prepare    first    total (median)       cpu   memory  ratio   "
          f"({options.threads} thread{'s' * (options.threads > 1)}; ms, MB)")
    record = {}
    for model in models:
        record[model.stem] = measure(model, options.runtimes.split(","), options.threads, options.rounds)
        show(model, record[model.stem])
    if options.out:
        options.out.write_text(json.dumps(record, indent=1), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
    else:
        main()
