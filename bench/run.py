"""Measures Linnet against other runtimes, interleaved: for every model and number of threads each runtime is a process of its
own that is stopped while the others run; they take turns, round after round, so that all see the same machine.

    python bench/run.py [MODEL.tflite...] [--models TEXT,...] [--runtimes linnet,litert,...] [--threads 1,2] [--rounds N]

Every runtime's outputs are compared first: a runtime whose outputs are far from the reference kernels' is marked, since what
computes something else is no faster. Without names the models are those in build/bench/models (bench/make_models.py makes
them) whose names hold one of the texts. ONNX Runtime reads their ONNX form, MNN and ncnn what their own converters make of
them. --avx2 shows every runtime a processor without AVX-512 (bench/hide_avx512.py). Prints a table per number of threads (a
runtime's time divided by Linnet's: above 1, Linnet is faster) and writes all figures.
"""
import argparse
import datetime
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "bench"
MODELS = FOLDER / "models"
RUNTIMES = ["linnet", "litert", "onnxruntime", "openvino", "mnn", "ncnn"]
START_FIGURES = ("load_ms", "first_ms", "resident_bytes")
STARTS = 3  # processes whose least figures of the start count, of those that are compared; the last takes the turns
TURN_MS = 150  # how long a runtime runs before the next one's turn


def hide_avx512():
    """What a worker of this process is started with for --avx2: its interpreter, its environment."""
    folder = FOLDER / "runtimes-avx2"
    if not folder.exists():
        sys.exit(f"no {folder}: run bench/hide_avx512.py")
    os.environ.update(LINNET_CPU="avx2", LD_PRELOAD=str(folder / "hide_avx512.so"))
    return str(folder / "bin" / "python")


def script(name):
    """A program of the same Python environment."""
    return str(Path(sys.executable).with_name(name))


def make_mnn(tflite):
    path = tflite.with_suffix(".mnn")
    if not path.exists():
        subprocess.run([script("mnnconvert"), "-f", "TFLITE", "--modelFile", str(tflite), "--MNNModel", str(path), "--bizCode",
                        "linnet"], cwd=FOLDER, capture_output=True, timeout=600, check=False)
    return path


def make_ncnn(tflite):
    path = tflite.with_suffix(".param")
    onnx = tflite.with_suffix(".onnx")
    if not path.exists() and onnx.exists() and "float" in tflite.stem and "float16" not in tflite.stem:
        work = FOLDER / "ncnn"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        shutil.copy(onnx, work / "m.onnx")
        subprocess.run([script("pnnx"), "m.onnx", "fp16=0"], cwd=work, capture_output=True, timeout=600, check=False)
        if (work / "m.ncnn.bin").exists():
            shutil.move(work / "m.ncnn.bin", path.with_suffix(".bin"))
            shutil.move(work / "m.ncnn.param", path)
    return path


def model_for(runtime, tflite):
    makers = {"onnxruntime": lambda path: path.with_suffix(".onnx"), "mnn": make_mnn, "ncnn": make_ncnn}
    return makers.get(runtime, lambda path: path)(tflite)


def make_data(tflite):
    """Random inputs, and the outputs of the reference kernels for them; of the original's others where those crash."""
    path = FOLDER / "data" / f"{tflite.stem}.npz"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    for resolver in ("BUILTIN_REF", "BUILTIN_WITHOUT_DEFAULT_DELEGATES"):
        done = subprocess.run([sys.executable, __file__, "--write-data", str(tflite), str(path), resolver],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return path
    raise RuntimeError(f"{tflite.name} does not run in the original: {done.stderr[-300:]}")


def write_data(tflite, path, resolver):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    interpreter = Interpreter(tflite, experimental_op_resolver_type=getattr(OpResolverType, resolver))
    interpreter.allocate_tensors()
    random = np.random.default_rng(3)
    arrays = {}
    for i, detail in enumerate(interpreter.get_input_details()):
        shape, dtype = detail["shape"], detail["dtype"]
        if np.issubdtype(dtype, np.integer):
            arrays[f"in{i}"] = random.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape).astype(dtype)
        else:
            arrays[f"in{i}"] = random.normal(0, 1, shape).astype(dtype)
        interpreter.set_tensor(detail["index"], arrays[f"in{i}"])
    interpreter.invoke()
    for i, detail in enumerate(interpreter.get_output_details()):
        arrays[f"out{i}"] = interpreter.get_tensor(detail["index"])
    np.savez(path, **arrays)


class Runner:
    """A worker process, stopped between its turns."""

    python = sys.executable

    def __init__(self, runtime, model, threads, data):
        self.process = subprocess.Popen([Runner.python, str(Path(__file__).with_name("worker.py")), runtime, str(model),
                                         str(threads), str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError((self.process.stderr.read().strip().splitlines() or ["no answer"])[-1])
        self.facts = json.loads(line)
        self.times = []
        self.count = 1
        self.stop()

    def stop(self):
        self.process.send_signal(signal.SIGSTOP)

    def turn(self, keep):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(f"{self.count}\n")
        self.process.stdin.flush()
        times = json.loads(self.process.stdout.readline())
        self.stop()
        self.count = max(3, min(20000, int(TURN_MS / max(statistics.median(times), 1e-3))))
        if keep:
            self.times += times[len(times) // 3 :]  # a process that was stopped finds its threads on one core, its data gone

    def end(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


def started(runtime, model, threads, data):
    """A runner that knows the least figures of the starts of several."""
    runner, least = None, {}
    for _ in range(STARTS if threads == 1 and runtime in ("linnet", "litert") else 1):
        if runner is not None:
            runner.end()
        runner = Runner(runtime, model, threads, data)
        for key in START_FIGURES:
            least[key] = min(runner.facts[key], least.get(key, runner.facts[key]))
    runner.facts.update(least)
    return runner


def difference(outputs, data):
    """Over all outputs: the largest difference, in steps for integers, else as a share of the largest value."""
    with np.load(outputs) as got, np.load(data) as want:
        worst = 0.0
        expected = [want[name] for name in sorted(want) if name.startswith("out")]
        for a, b in zip([got[name] for name in sorted(got)], expected):
            error = np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0)
            scale = 1 if np.issubdtype(b.dtype, np.integer) else max(np.abs(b).max(initial=0), 1e-30)
            worst = max(worst, float(error / scale))
    return worst


def measure(tflite, runtimes, threads, rounds):
    data = make_data(tflite)
    runners, result = {}, {}
    for runtime in runtimes:
        model = model_for(runtime, tflite)
        try:
            if not model.exists():
                raise RuntimeError("its converter does not take the model")
            model.read_bytes()  # so that none waits for the disk when it loads the model
            runners[runtime] = started(runtime, model, threads, data)
        except (RuntimeError, OSError) as error:
            result[runtime] = {"error": str(error)[:200]}
    for turn in range(rounds + 2):
        for runner in runners.values():
            runner.turn(keep=turn >= 2)
    for runtime, runner in runners.items():
        result[runtime] = {"min_ms": min(runner.times), "median_ms": statistics.median(runner.times), "runs": len(runner.times),
                           "difference": difference(runner.facts["outputs"], data),
                           **{key: runner.facts[key] for key in START_FIGURES}}
        runner.end()
    return result


def cpu_name():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        name = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "unknown")
    listing = subprocess.run([str(ROOT / "build/release/linnet"), "bench", str(ROOT / "examples/digits/digits_int8.tflite"),
                              "--json"], capture_output=True, text=True, check=False).stdout
    return f"{name} ({json.loads(listing)['cpu']})" if listing else name


def row(name, facts, runtimes):
    own = facts.get("linnet", {}).get("min_ms")
    cells = [f"{name:32}", f"{own:10.4g}" if own else "         -"]
    for runtime in runtimes[1:]:
        other = facts.get(runtime, {})
        cells.append(f"{other['min_ms'] / own:8.2f}{'!' if is_far(name, other) else ' '}" if own and "min_ms" in other else
                     "       - ")
    return " ".join(cells)


def is_far(name, facts):
    return facts["difference"] > (2 if "int8" in name else 0.05)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--models", default="")
    parser.add_argument("--runtimes", default=",".join(RUNTIMES))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--out", default=str(FOLDER / "results.json"))
    parser.add_argument("--avx2", action="store_true")
    options = parser.parse_args()
    if options.avx2:
        Runner.python = hide_avx512()
    runtimes = options.runtimes.split(",")
    texts = options.models.split(",")
    models = options.paths or [path for path in sorted(MODELS.glob("*.tflite")) if any(text in path.stem for text in texts)]
    if not models:
        sys.exit(f"no model in {MODELS}: run bench/make_models.py")
    record = {"cpu": cpu_name(), "date": datetime.date.today().isoformat(), "cores": os.cpu_count(), "results": {}}
    for threads in map(int, options.threads.split(",")):
        print(f"\n{record['cpu']}, {threads} thread{'s' * (threads > 1)}: Linnet's milliseconds; the others' time / Linnet's "
              "(minimum; ! far from the reference)")
        print(" ".join([f"{'model':32}", "    linnet", *(f"{name[:8]:>8} " for name in runtimes[1:])]), flush=True)
        for tflite in models:
            facts = measure(tflite, runtimes, threads, options.rounds)
            record["results"].setdefault(tflite.stem, {})[str(threads)] = facts
            print(row(tflite.stem, facts, runtimes), flush=True)
            Path(options.out).write_text(json.dumps(record, indent=1))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write-data"]:
        write_data(*sys.argv[2:])
    else:
        main()
