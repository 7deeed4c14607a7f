"""One operator after the other against the original (LiteRT, its default kernels): which are slower than it?

    python bench/operators.py [MODEL.tflite ...] [--filter TEXT] [--threads 1] [--turns 9] [--below RATIO]

Makes a model of one operator for each line of the table below, of sizes that real models have, runs both in turns in one process, and
prints the least times (Linnet's, the original's) and their ratio (above 1: Linnet is faster), the smallest ratio last. Types that one of
them refuses are named on the standard error.
"""
import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from worker import Linnet, LiteRt

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from tflite_builder import OPTIONAL, Model, quantization  # noqa: E402

RANDOM = np.random.default_rng(1)
Q = {"INT8": quantization(0.05, 3), "UINT8": quantization(0.05, 120), "INT16": quantization(0.001, 0)}
LAST_VERSION = {name: int(last) for name, last in
                re.findall(r"LN_OP\(\d+, (\w+), \d+, (\d+),", (ROOT / "src/ops/builtin_ops.def").read_text())}
SAME, VALID = {"padding": "SAME"}, {"padding": "VALID"}
STRIDE1, STRIDE2 = {"stride_h": 1, "stride_w": 1}, {"stride_h": 2, "stride_w": 2}


def ints(*values):
    return np.int32(values)


def weights(kind, *shape, axis=0):
    """A constant filter for activations of that type."""
    if kind == "FLOAT32":
        return RANDOM.normal(0, 0.1, shape).astype(np.float32), None
    if kind == "UINT8":
        return RANDOM.integers(0, 256, shape).astype(np.uint8), quantization(0.01, 128)
    return RANDOM.integers(-127, 128, shape).astype(np.int8), quantization(np.full(shape[axis], 0.01, np.float32), 0, axis)


def bias(kind, count):
    if kind == "FLOAT32":
        return np.zeros(count, np.float32), None
    scale = np.float32(Q[kind]["scale"][0]) * np.float32(0.01)
    return (np.zeros(count, np.int64 if kind == "INT16" else np.int32),
            quantization(scale if kind == "UINT8" else np.full(count, scale), axis=0))


def layers():
    """(operator, activations' type, what it is given, the output's shape, options, version)"""
    for kind in ("FLOAT32", "INT8", "UINT8", "INT16"):
        version = {"FLOAT32": 1, "UINT8": 1, "INT8": 3, "INT16": 4}[kind]
        for size, inputs, outputs, window, stride in ((56, 64, 64, 3, 1), (56, 64, 128, 3, 2), (28, 128, 256, 1, 1), (112, 3, 32, 3, 2)):
            yield ("CONV_2D", kind, [(size, size, inputs), weights(kind, outputs, window, window, inputs), bias(kind, outputs)],
                   (size // stride, size // stride, outputs), SAME | {"stride_h": stride, "stride_w": stride}, version)
        for size, channels, window, stride in ((56, 128, 3, 1), (56, 128, 5, 2)):
            yield ("DEPTHWISE_CONV_2D", kind,
                   [(size, size, channels), weights(kind, 1, window, window, channels, axis=3), bias(kind, channels)],
                   (size // stride, size // stride, channels),
                   SAME | {"stride_h": stride, "stride_w": stride, "depth_multiplier": 1}, max(version, 1))
        for size, inputs, outputs, window in ((28, 128, 64, 2), (28, 64, 32, 4), (14, 256, 128, 3)):
            yield ("TRANSPOSE_CONV", kind, [ints(1, 2 * size, 2 * size, outputs), weights(kind, outputs, window, window, inputs),
                                            (size, size, inputs), bias(kind, outputs)],
                   (2 * size, 2 * size, outputs), SAME | STRIDE2, 3)
        yield ("FULLY_CONNECTED", kind, [(512,), weights(kind, 256, 512), bias(kind, 256)], (256,), {}, max(version, 4))
        yield ("FULLY_CONNECTED", kind, [(64, 512), weights(kind, 256, 512), bias(kind, 256)], (64, 256),
               {"keep_num_dims": True}, max(version, 5))
        if kind != "UINT8":
            yield ("BATCH_MATMUL", kind, [(4, 128, 64), (4, 64, 128)], (4, 128, 128), {}, 4)
        for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
            yield (op, kind, [(56, 56, 64)], (28, 28, 64), VALID | STRIDE2 | {"filter_width": 2, "filter_height": 2}, 3)
            yield (op, kind, [(28, 28, 256)], (28, 28, 256), SAME | STRIDE1 | {"filter_width": 3, "filter_height": 3}, 3)
    yield ("CONV_2D", "FLOAT32", [(28, 28, 128), weights("FLOAT32", 128, 3, 3, 32), bias("FLOAT32", 128)], (28, 28, 128), SAME | STRIDE1, 6)
    yield ("CONV_2D", "INT8", [(28, 28, 128), weights("INT8", 128, 3, 3, 32), bias("INT8", 128)], (28, 28, 128), SAME | STRIDE1, 6)
    yield ("CONV_2D", "FLOAT32", [(28, 28, 64), weights("INT8", 64, 3, 3, 64), bias("FLOAT32", 64)], (28, 28, 64), SAME | STRIDE1, 5)
    yield ("DEPTHWISE_CONV_2D", "FLOAT32", [(28, 28, 64), weights("INT8", 1, 3, 3, 64, axis=3), bias("FLOAT32", 64)],
           (28, 28, 64), SAME | STRIDE1 | {"depth_multiplier": 1}, 6)
    yield ("FULLY_CONNECTED", "FLOAT32", [(16, 512), weights("INT8", 256, 512), bias("FLOAT32", 256)], (16, 256), {"keep_num_dims": True}, 12)
    yield ("CONV_3D", "FLOAT32", [(16, 28, 28, 16), (RANDOM.normal(0, 0.1, (3, 3, 3, 16, 32)).astype(np.float32), None),
                                  bias("FLOAT32", 32)], (16, 28, 28, 32),
           SAME | STRIDE1 | {"stride_d": 1, "dilation_d_factor": 1, "dilation_w_factor": 1, "dilation_h_factor": 1}, 1)


def elements():
    big, side = (56, 56, 64), (56, 56, 1)
    for kind in ("FLOAT32", "INT8", "UINT8", "INT16"):
        for op in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "DIV"):
            yield op, kind, [big, big], big, {}, 4
        for op in ("ADD", "MUL"):
            yield op, kind, [big, side], big, {}, 4
            yield op, kind, [big, (1, 1, 64)], big, {}, 4
        for op in ("RELU", "RELU6", "TANH", "LOGISTIC", "HARD_SWISH", "ELU", "LEAKY_RELU", "EXP", "ABS", "SQRT", "RSQRT", "NEG",
                   "LOG", "GELU", "SQUARE", "SIN", "COS", "FLOOR", "ROUND", "SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION"):
            options = {"LEAKY_RELU": {"alpha": 0.1}, "SOFTMAX": {"beta": 1.0}}.get(op, {})
            yield op, kind, [big], big, options, 2
        yield "SOFTMAX", kind, [(1, 1000)], (1, 1000), {"beta": 1.0}, 2
        yield "PRELU", kind, [big, weights(kind, 1, 1, 64, axis=2)[:1] + (Q.get(kind),)], big, {}, 1
    for op in ("GREATER", "EQUAL"):
        yield op, "FLOAT32", [big, big], big, {}, 2, "BOOL"
        yield op, "INT8", [big, big], big, {}, 2, "BOOL"
    yield "POW", "FLOAT32", [big, big], big, {}, 1
    yield "FLOOR_DIV", "FLOAT32", [big, big], big, {}, 2
    yield "SELECT_V2", "FLOAT32", [("BOOL", big), big, big], big, {}, 1


def moves():
    big = (56, 56, 64)
    for kind in ("FLOAT32", "INT8", "INT16"):
        yield "RESIZE_BILINEAR", kind, [big, ints(112, 112)], (112, 112, 64), {"half_pixel_centers": True}, 3
        yield "RESIZE_BILINEAR", kind, [(224, 224, 3), ints(300, 300)], (300, 300, 3), {"half_pixel_centers": True}, 3
        yield "RESIZE_NEAREST_NEIGHBOR", kind, [big, ints(112, 112)], (112, 112, 64), {}, 3
        yield "PAD", kind, [big, ints(0, 0, 1, 1, 1, 1, 0, 0).reshape(4, 2)], (58, 58, 64), {}, 2
        yield "MIRROR_PAD", kind, [big, ints(0, 0, 1, 1, 1, 1, 0, 0).reshape(4, 2)], (58, 58, 64), {}, 2
        yield "CONCATENATION", kind, [big, big], (56, 56, 128), {"axis": 3}, 3
        yield "SPLIT", kind, [ints(3).reshape(()), big], [(56, 56, 32), (56, 56, 32)], {"num_splits": 2}, 3
        yield "STRIDED_SLICE", kind, [big, ints(0, 0, 0, 0), ints(1, 56, 56, 64), ints(1, 2, 2, 1)], (28, 28, 64), {}, 4
        yield "SLICE", kind, [big, ints(0, 4, 4, 0), ints(1, 48, 48, 32)], (48, 48, 32), {}, 3
        for axes, shape in (((0, 2, 1, 3), (56, 56, 64)), ((0, 3, 1, 2), (64, 56, 56)), ((0, 1, 3, 2), (56, 64, 56))):
            yield "TRANSPOSE", kind, [big, ints(*axes)], shape, {}, 4
        yield "TILE", kind, [big, ints(1, 2, 1, 1)], (112, 56, 64), {}, 2
        yield "GATHER", kind, [big, RANDOM.integers(0, 56, 56).astype(np.int32)], (56, 56, 64), {"axis": 1}, 4
        yield "DEPTH_TO_SPACE", kind, [big], (112, 112, 16), {"block_size": 2}, 2
        yield "SPACE_TO_DEPTH", kind, [big], (28, 28, 256), {"block_size": 2}, 2
        yield "SPACE_TO_BATCH_ND", kind, [big, ints(2, 2), ints(0, 0, 0, 0).reshape(2, 2)], (4, 28, 28, 64), {}, 3
        yield "BATCH_TO_SPACE_ND", kind, [(4, 28, 28, 64), ints(2, 2), ints(0, 0, 0, 0).reshape(2, 2)], (56, 56, 64), {}, 3
        yield "PACK", kind, [big, big], (56, 56, 2, 64), {"values_count": 2, "axis": 3}, 3
        yield "UNPACK", kind, [(56, 56, 2, 64)], [big, big], {"num": 2, "axis": 3}, 3
        yield "REVERSE_V2", kind, [big, ints(1)], big, {}, 3
        yield "BROADCAST_TO", kind, [(56, 1, 64), ints(1, 56, 56, 64)], big, {}, 3
        for op in ("MEAN", "SUM", "REDUCE_MAX"):
            yield op, kind, [big, ints(1, 2)], (64,), {}, 3
            yield op, kind, [big, ints(3)], (56, 56), {}, 3
        yield "ARG_MAX", kind, [big, ints(3)], (56, 56), {"output_type": "INT32"}, 3, "INT32"
        yield "ARG_MAX", kind, [big, ints(1)], (56, 64), {"output_type": "INT32"}, 3, "INT32"
        yield "TOPK_V2", kind, [(1, 1000), ints(5).reshape(())], [(1, 5), ("INT32", (1, 5))], {}, 3
        yield "CUMSUM", kind, [(128, 256), ints(2)], (128, 256), {}, 1
    yield "CAST", "INT32", [big], big, {}, 1, "FLOAT32"
    yield "CAST", "UINT8", [(224, 224, 3)], (224, 224, 3), {}, 1, "FLOAT32"
    yield "QUANTIZE", "FLOAT32", [(224, 224, 3)], (224, 224, 3), {}, 3, "INT8"
    yield "QUANTIZE", "INT8", [(224, 224, 3)], (224, 224, 3), {}, 3, "INT8"
    yield "DEQUANTIZE", "INT8", [big], big, {}, 3, "FLOAT32"
    yield "EMBEDDING_LOOKUP", "FLOAT32", [RANDOM.integers(0, 1000, 128).astype(np.int32), weights("FLOAT32", 1000, 256)], (128, 256), {}, 1
    yield "GATHER_ND", "FLOAT32", [big, RANDOM.integers(0, 56, (512, 3)).astype(np.int32) * ints(0, 1, 1)], (512, 64), {}, 3
    yield "SCATTER_ND", "FLOAT32", [RANDOM.permutation(4096).astype(np.int32).reshape(-1, 1), (4096, 16), ints(4096, 16)], (4096, 16), {}, 1
    yield "ONE_HOT", "INT32", [np.arange(256, dtype=np.int32), ints(128).reshape(()), np.float32(1), np.float32(0)], (256, 128), {"axis": -1}, 1, "FLOAT32"


def shape_of(shape, op):
    """Pictures and the like have a batch of one in front."""
    keep = len(shape) == 4 and shape[0] in (4, 16) or op in ("EMBEDDING_LOOKUP", "GATHER_ND", "SCATTER_ND", "ONE_HOT")
    return list(shape) if keep and op not in ("UNPACK", "CONV_3D", "PACK") or op == "SOFTMAX" and len(shape) == 2 or op == "TOPK_V2" else [1, *shape]


def build(op, kind, inputs, output, options, version, out_kind=None):
    model = Model()
    graph = model.subgraph("main")
    slots = []
    for i, given in enumerate(inputs):
        if isinstance(given, np.ndarray) or np.isscalar(given) or given is OPTIONAL:
            slots.append(graph.const(f"c{i}", given) if given is not OPTIONAL else OPTIONAL)
        elif isinstance(given[0], np.ndarray):
            slots.append(graph.const(f"w{i}", given[0], given[1]))
        elif isinstance(given[0], str):
            slots.append(graph.input(f"x{i}", given[0], shape_of(given[1], op), quant=Q.get(given[0])))
        else:
            slots.append(graph.input(f"x{i}", kind, shape_of(given, op), quant=Q.get(kind)))
    outs = []
    for i, shape in enumerate(output if isinstance(output, list) else [output]):
        of = out_kind or kind
        if isinstance(shape[0], str):
            of, shape = shape
        quant = Q.get(of)
        if op in ("LOGISTIC", "SOFTMAX") and of in Q:
            quant = {"INT8": quantization(1 / 256, -128), "UINT8": quantization(1 / 256, 0), "INT16": quantization(1 / 32768)}[of]
        elif op == "LOG_SOFTMAX" and of in Q:
            quant = {"INT8": quantization(16 / 256, 127), "UINT8": quantization(16 / 256, 255)}.get(of, quant)
        elif op in ("TANH", "L2_NORMALIZATION") and of in Q:
            quant = {"INT8": quantization(1 / 128, 0), "UINT8": quantization(1 / 128, 128), "INT16": quantization(1 / 32768)}[of]
        outs.append(graph.output(f"y{i}", of, shape_of(shape, op), quant=quant))
    graph.op(op, slots, outs, version=min(version, LAST_VERSION[op]), **options)
    return model


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
    for case in (*layers(), *elements(), *moves()):
        described = [str(np.shape(given[0]) if isinstance(given[0], np.ndarray) else given) for given in case[2]
                     if not isinstance(given, np.ndarray) and not np.isscalar(given)]
        name = f"{case[0]} {case[1]} {' '.join(described)}"
        if arguments.filter in name:
            build(*case).save(path)
            yield name, path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, help="these model files instead of the table's operators")
    parser.add_argument("--filter", default="", help="cases whose line contains this")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--below", type=float, default=float("inf"), help="print only ratios below this")
    arguments = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path in cases(arguments, Path(folder) / "one.tflite"):
            try:
                times, refused = compare(path, arguments.threads, arguments.turns)
            except RuntimeError as error:
                times, refused = None, f"Linnet: {error}"
            if times is None:
                print(f"{name:70} {refused}", file=sys.stderr)
            else:
                found.append((times[1] / times[0], times, name))
    for ratio, times, name in sorted(found, reverse=True):
        if ratio < arguments.below:
            print(f"{name:70} {times[0] * 1e6:10.1f} {times[1] * 1e6:10.1f} us {ratio:8.2f}")
    if found:
        print(f"geometric mean of {len(found)}: {np.exp(np.mean([np.log(entry[0]) for entry in found])):.2f}")


if __name__ == "__main__":
    main()
