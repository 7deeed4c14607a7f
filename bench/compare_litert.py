"""Times Linnet against the original runtime (ai-edge-litert with its XNNPACK delegate), interleaved.

For every model both runtimes are loaded into processes of their own, get the same inputs, and show their outputs first: a
runtime that computes something else is not timed. Then, round by round, one runs for some invokes and the other after
it, so that a machine whose speed drifts treats both alike. Prints the minimum and the median of a run in milliseconds
and the original's time divided by Linnet's: above 1, Linnet is faster.

    python bench/compare_litert.py [--threads N] [--rounds N] [--cpu SET] [--library PATH] MODEL ...
"""

import argparse
import ctypes
import multiprocessing
import os
import statistics
import sys
import time

import numpy

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROUND_SECONDS = 0.05


class Linnet:
    """The C interface through ctypes: what a run needs, no more."""

    TYPES = {1: numpy.float32, 2: numpy.int32, 3: numpy.uint8, 4: numpy.int64, 6: numpy.bool_, 7: numpy.int16,
             9: numpy.int8, 10: numpy.float16, 11: numpy.float64}

    def __init__(self, model, threads, library):
        self.c = ctypes.CDLL(library)
        for name in ("ModelCreateFromFile", "InterpreterOptionsCreate", "InterpreterCreate",
                     "InterpreterGetInputTensor", "InterpreterGetOutputTensor", "TensorData"):
            getattr(self.c, "TfLite" + name).restype = ctypes.c_void_p
        self.c.TfLiteTensorByteSize.restype = ctypes.c_size_t
        self.model = ctypes.c_void_p(self.c.TfLiteModelCreateFromFile(os.fsencode(model)))
        options = ctypes.c_void_p(self.c.TfLiteInterpreterOptionsCreate())
        self.c.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        self.interpreter = ctypes.c_void_p(self.c.TfLiteInterpreterCreate(self.model, options))
        if not self.interpreter or self.c.TfLiteInterpreterAllocateTensors(self.interpreter) != 0:
            raise RuntimeError("Linnet cannot load " + model)

    def _tensors(self, which):
        count = getattr(self.c, f"TfLiteInterpreterGet{which}TensorCount")(self.interpreter)
        get = getattr(self.c, f"TfLiteInterpreterGet{which}Tensor")
        return [ctypes.c_void_p(get(self.interpreter, i)) for i in range(count)]

    def set_inputs(self, arrays):
        for tensor, array in zip(self._tensors("Input"), arrays):
            if self.c.TfLiteTensorCopyFromBuffer(tensor, array.ctypes.data_as(ctypes.c_void_p),
                                                 ctypes.c_size_t(array.nbytes)) != 0:
                raise RuntimeError("an input does not fit")

    def invoke(self):
        if self.c.TfLiteInterpreterInvoke(self.interpreter) != 0:
            raise RuntimeError("invoke failed")

    def outputs(self):
        arrays = []
        for tensor in self._tensors("Output"):
            data = ctypes.string_at(self.c.TfLiteTensorData(tensor), self.c.TfLiteTensorByteSize(tensor))
            arrays.append(numpy.frombuffer(data, self.TYPES[self.c.TfLiteTensorType(tensor)]))
        return arrays


class Original:
    def __init__(self, model, threads, reference=False):
        from ai_edge_litert import interpreter as litert
        resolver = litert.OpResolverType.BUILTIN_REF if reference else litert.OpResolverType.AUTO
        self.interpreter = litert.Interpreter(model, num_threads=threads, experimental_op_resolver_type=resolver)
        self.interpreter.allocate_tensors()
        self.invoke = self.interpreter.invoke

    def set_inputs(self, arrays):
        for detail, array in zip(self.interpreter.get_input_details(), arrays):
            self.interpreter.set_tensor(detail["index"], array.reshape(detail["shape"]))

    def outputs(self):
        return [self.interpreter.get_tensor(d["index"]).ravel() for d in self.interpreter.get_output_details()]

    def random_inputs(self, seed=1):
        rng = numpy.random.default_rng(seed)
        arrays = []
        for detail in self.interpreter.get_input_details():
            kind, shape = numpy.dtype(detail["dtype"]), detail["shape"]
            if kind.kind == "f":
                arrays.append(rng.uniform(-1, 1, shape).astype(kind))
            elif kind.kind == "b":
                arrays.append(rng.integers(0, 2, shape).astype(kind))
            else:
                low, high = (numpy.iinfo(kind).min, numpy.iinfo(kind).max) if kind.itemsize == 1 else (0, 100)
                arrays.append(rng.integers(low, high, shape, endpoint=True).astype(kind))
        return arrays


def serve(pipe, make):
    """A process with one runtime: answers "run" with the times of some invokes."""
    try:
        runtime, inputs = make(), pipe.recv()
        runtime.set_inputs(inputs)
        runtime.invoke()
        pipe.send(runtime.outputs())
        while pipe.recv() == "run":
            times, end = [], time.perf_counter() + ROUND_SECONDS
            while time.perf_counter() < end or len(times) < 2:
                start = time.perf_counter()
                runtime.invoke()
                times.append(time.perf_counter() - start)
            pipe.send(times)
    except Exception as error:  # the parent reports it
        pipe.send(error)


def start(make):
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(there, make), daemon=True)
    process.start()
    return process, here


def answer(pipe):
    value = pipe.recv()
    if isinstance(value, Exception):
        raise value
    return value


def same_class(mine, theirs):
    """Integer steps, or a relative difference, of the worst output."""
    worst = 0.0
    for a, b in zip(mine, theirs):
        difference = numpy.abs(a.astype(numpy.float64) - b.astype(numpy.float64))
        scale = 1.0 if a.dtype.kind in "iub" else max(1e-6, float(numpy.abs(b).max(initial=0)))
        worst = max(worst, float(difference.max(initial=0)) / scale)
    return worst


def compare(path, options):
    reference = Original(path, 1, reference=True)
    inputs = reference.random_inputs()
    reference.set_inputs(inputs)
    reference.invoke()
    expected = reference.outputs()
    runtimes = [start(lambda: Linnet(path, options.threads, options.library)),
                start(lambda: Original(path, options.threads))]
    for _, pipe in runtimes:
        pipe.send(inputs)
    results = [answer(pipe) for _, pipe in runtimes]
    differences = [same_class(result, expected) for result in results]
    times = [[], []]
    for _ in range(options.rounds):
        for (_, pipe), collected in zip(runtimes, times):
            pipe.send("run")
            collected += answer(pipe)
    for process, pipe in runtimes:
        pipe.send("stop")
        process.join()
    return differences, [(min(t) * 1e3, statistics.median(t) * 1e3) for t in times]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--cpu", help="at most this instruction set for Linnet (the original takes what there is)")
    parser.add_argument("--library", default=os.path.join(ROOT, "build/release/libtensorflowlite_c.so"))
    options = parser.parse_args()
    if options.cpu:
        os.environ["LINNET_CPU"] = options.cpu
    ratios = []
    print(f"{'model':44s} {'linnet min':>10s} {'median':>9s} {'orig. min':>10s} {'median':>9s} {'ratio':>6s} "
          f"{'off by':>8s} {'orig.':>8s}")
    for path in options.models:
        name = os.path.basename(path).removesuffix(".tflite")[:44]
        try:
            (mine, theirs), ((a, am), (b, bm)) = compare(path, options)
        except Exception as error:
            print(f"{name:44s} {error}")
            continue
        ratios.append(b / a)
        print(f"{name:44s} {a:10.4f} {am:9.4f} {b:10.4f} {bm:9.4f} {b / a:6.2f} {mine:8.3g} {theirs:8.3g}", flush=True)
    if ratios:
        print(f"geometric mean of {len(ratios)}: {statistics.geometric_mean(ratios):.2f}")
    return 0 if len(ratios) == len(options.models) else 1


if __name__ == "__main__":
    sys.exit(main())
