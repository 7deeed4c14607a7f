"""Operators over random shapes, broadcasts, axes and quantizations against the original's reference kernels: integers to the bit.
The golden cases know the shapes that somebody thought of. Cases that the original refuses do not count; each operator must have some
that do. LINNET_SEED and LINNET_CASES repeat or lengthen a run."""

import ctypes
import os
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from conftest import COMMAND
from tflite_builder import Model, quantization

SEED, CASES = int(os.environ.get("LINNET_SEED", 1)), int(os.environ.get("LINNET_CASES", 60))
NUMBERS = {"FLOAT32": np.float32, "INT8": np.int8, "UINT8": np.uint8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64,
           "BOOL": np.bool_}


class Case:
    """A model of one operator, made of random numbers."""

    def __init__(self, random):
        self.random = random
        self.model = Model()
        self.graph = self.model.subgraph("main")
        self.inputs = []

    def number(self, low, high):
        return int(self.random.integers(low, high + 1))

    def pick(self, *values):
        return values[self.number(0, len(values) - 1)]

    def chance(self, part):
        return self.random.random() < part

    def shape(self, rank=None, last=70):
        rank = self.number(1, 5) if rank is None else rank
        return [self.pick(1, 1, 2, 3, self.number(1, last if i == rank - 1 else 9)) for i in range(rank)]

    def part(self, shape):
        """A shape that broadcasts to the given one."""
        kept = [1 if self.chance(0.4) else extent for extent in shape]
        return kept[self.number(0, len(kept) - 1):] if self.chance(0.4) else kept

    def quant(self, kind):
        if kind == "INT16":
            return quantization(self.random.uniform(0.0005, 0.01), 0)
        if kind in ("INT8", "UINT8"):
            low = -128 if kind == "INT8" else 0
            return quantization(self.random.uniform(0.005, 0.1), self.number(low, low + 255))
        return None

    def input(self, kind, shape, quant=None):
        if kind == "FLOAT32":
            value = self.random.normal(0, self.pick(1, 5, 40), shape).astype(np.float32)
            value = np.round(value * 2) / 2 if self.chance(0.3) else value
        elif kind in ("INT32", "INT64"):
            value = self.random.integers(-300, 300, shape)
        else:
            low, high = (0, 1) if kind == "BOOL" else (np.iinfo(NUMBERS[kind]).min, np.iinfo(NUMBERS[kind]).max)
            value = self.random.integers(low, high + 1, shape)
        self.inputs.append(np.ascontiguousarray(value.astype(NUMBERS[kind])))
        return self.graph.input(f"x{len(self.inputs)}", kind, shape, quant=quant)

    def const(self, value, quant=None):
        return self.graph.const(f"c{len(self.graph._tensors)}", value, quant)

    def op(self, name, inputs, kind, shape, quant=None, version=1, **options):
        self.graph.op(name, inputs, [self.graph.output("y", kind, list(shape), quant=quant)], version=version, **options)

    def weights(self, kind, shape, axis):
        """A filter for such activations, and a bias; both None: no such type."""
        count = shape[axis]
        if kind == "FLOAT32":
            return (self.const(self.random.normal(0, 1, shape).astype(np.float32)),
                    self.const(self.random.normal(0, 1, count).astype(np.float32)))
        if kind == "UINT8":
            return (self.const(self.random.integers(0, 256, shape).astype(np.uint8), quantization(0.01, self.number(0, 255))),
                    self.const(self.random.integers(-5000, 5000, count).astype(np.int32), quantization(0.0005)))
        scales = self.random.uniform(0.005, 0.02, count).astype(np.float32)
        wide = np.int64 if kind == "INT16" else np.int32
        return (self.const(self.random.integers(-127, 128, shape).astype(np.int8), quantization(scales, 0, axis)),
                self.const(self.random.integers(-5000, 5000, count).astype(wide), quantization(scales * np.float32(0.05), 0, 0)))


def reduce(c):
    name = c.pick("SUM", "MEAN", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD", "REDUCE_ANY", "REDUCE_ALL")
    # The reference kernels do not write a sum of quantized numbers.
    kind = ("BOOL" if name in ("REDUCE_ANY", "REDUCE_ALL") else c.pick("FLOAT32", "INT32") if name in ("SUM", "REDUCE_PROD")
            else c.pick("FLOAT32", "INT8", "UINT8", "INT16", "INT32"))
    shape, quant, keep = c.shape(), c.quant(kind), c.chance(0.5)
    axes = [i for i in range(len(shape)) if c.chance(0.5)] or [len(shape) - 1]
    kept = [1 if i in axes else extent for i, extent in enumerate(shape) if keep or i not in axes]
    c.op(name, [c.input(kind, shape, quant), c.const(np.int32(axes))], kind, kept,
         c.quant(kind) if name == "MEAN" else quant, 2, keep_dims=keep)


def arg_extreme(c):
    kind, shape, out = c.pick("FLOAT32", "INT8", "UINT8", "INT32"), c.shape(), c.pick("INT32", "INT64")
    axis = c.number(0, len(shape) - 1)
    c.op(c.pick("ARG_MAX", "ARG_MIN"), [c.input(kind, shape, c.quant(kind)), c.const(np.int32(axis))], out,
         shape[:axis] + shape[axis + 1:], version=2, output_type=out)


def pair(c, kinds, same_scale=0.0):
    kind, shape = c.pick(*kinds), c.shape()
    quant = c.quant(kind)
    other = quant if c.chance(same_scale) else c.quant(kind)
    shapes = c.pick((shape, c.part(shape)), (c.part(shape), shape))
    return kind, [c.input(kind, shapes[0], quant), c.input(kind, shapes[1], other)], np.broadcast_shapes(*map(tuple, shapes)), quant


def arithmetic(c):
    kind, inputs, shape, _ = pair(c, ("FLOAT32", "INT8", "UINT8", "INT16", "INT32"))
    c.op(c.pick("ADD", "SUB", "MUL"), inputs, kind, shape, c.quant(kind), 2)


def extreme(c):
    kind, inputs, shape, quant = pair(c, ("FLOAT32", "INT8", "UINT8", "INT32"), 1.0)
    c.op(c.pick("MAXIMUM", "MINIMUM"), inputs, kind, shape, quant, 2)


def comparison(c):
    name = c.pick("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL")
    _, inputs, shape, _ = pair(c, ("FLOAT32", "INT8", "UINT8", "INT32", "INT64"), 0.5)
    c.op(name, inputs, "BOOL", shape, version=2)


def select(c):
    kind, shape = c.pick("FLOAT32", "INT8", "INT16", "INT32", "INT64"), c.shape(c.number(1, 4))
    quant, condition, yes = c.quant(kind), c.pick(shape, c.part(shape)), c.part(shape)
    c.op("SELECT_V2", [c.input("BOOL", condition), c.input(kind, yes, quant), c.input(kind, shape, quant)], kind, shape, quant)


def cast(c):
    kinds, shape = tuple(NUMBERS), c.shape()
    c.op("CAST", [c.input(c.pick(*kinds), shape)], c.pick(*kinds), shape, version=c.pick(1, 3))


def mirror_pad(c):
    kind, shape, mode = c.pick("FLOAT32", "INT8", "INT32"), c.shape(c.number(1, 4)), c.pick("REFLECT", "SYMMETRIC")
    most = [max(0, extent - (mode == "REFLECT")) for extent in shape]
    pads = [[c.number(0, n), c.number(0, n)] if c.chance(0.6) else [0, 0] for n in most]
    quant = c.quant(kind)
    c.op("MIRROR_PAD", [c.input(kind, shape, quant), c.const(np.int32(pads))], kind,
         [extent + sum(pad) for extent, pad in zip(shape, pads)], quant, 2, mode=mode)


def pad(c):
    kind, shape = c.pick("FLOAT32", "INT8", "INT32", "INT64"), c.shape(c.number(1, 4))
    pads, quant = [[c.pick(0, 0, 1, c.number(0, 40)), c.pick(0, 0, 1, c.number(0, 40))] for _ in shape], c.quant(kind)
    c.op("PAD", [c.input(kind, shape, quant), c.const(np.int32(pads))], kind, [e + sum(p) for e, p in zip(shape, pads)], quant, 2)


def reverse(c):
    kind, shape = c.pick("FLOAT32", "INT8", "INT16", "INT32", "INT64"), c.shape(c.number(1, 4))
    quant = c.quant(kind)
    axes = [axis for axis in range(len(shape)) if c.chance(0.5)] or [0]  # the original crashes without
    c.op("REVERSE_V2", [c.input(kind, shape, quant), c.const(np.int32(axes))], kind, shape, quant, 3)


def cumsum(c):
    kind, shape = c.pick("FLOAT32", "INT32", "INT64"), c.shape(c.number(1, 4))
    axis = c.number(-len(shape), len(shape) - 1)
    c.op("CUMSUM", [c.input(kind, shape), c.const(np.int32(axis))], kind, shape, exclusive=c.chance(0.5), reverse=c.chance(0.5))


def power(c):
    kind, shape = "FLOAT32", c.shape(c.number(1, 4))
    exponent = c.const(np.float32(c.pick(2, 2, 3, 0.5))) if c.chance(0.5) else c.input(kind, c.part(shape))
    c.op("POW", [c.input(kind, shape), exponent], kind, shape)


def softmax(c):
    kind, shape = c.pick("FLOAT32", "INT8", "UINT8"), c.shape(last=40)
    quant = None if kind == "FLOAT32" else quantization(1 / 256, -128 if kind == "INT8" else 0)
    c.op("SOFTMAX", [c.input(kind, shape, c.quant(kind))], kind, shape, quant, 2, beta=float(c.pick(1, 0.5)))


def resize(c):
    kind, size = c.pick("FLOAT32", "INT8", "UINT8", "INT16"), [c.number(1, 30), c.number(1, 30)]
    shape, quant, corners = [c.number(1, 2), c.number(1, 12), c.number(1, 12), c.pick(1, 3, 4, c.number(1, 40))], c.quant(kind), c.chance(0.5)
    c.op(c.pick("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"), [c.input(kind, shape, quant), c.const(np.int32(size))], kind,
         [shape[0], *size, shape[3]], quant, 3, align_corners=corners, half_pixel_centers=not corners and c.chance(0.5))


def transpose(c):
    kind, shape = c.pick("INT8", "UINT8", "INT16", "FLOAT32"), [c.number(1, 40) for _ in range(c.number(2, 4))]
    order, quant = [int(i) for i in c.random.permutation(len(shape))], c.quant(kind)
    c.op("TRANSPOSE", [c.input(kind, shape, quant), c.const(np.int32(order))], kind, [shape[i] for i in order], quant, 2)


def tile(c):
    kind, shape = c.pick("BOOL", "INT8", "FLOAT32", "INT64"), c.shape(c.number(1, 4))
    times, quant = [c.pick(1, 1, 2, 3, c.number(0, 20)) for _ in shape], c.quant(kind)
    c.op("TILE", [c.input(kind, shape, quant), c.const(np.int32(times))], kind, [e * n for e, n in zip(shape, times)], quant, 2)


def quantize(c):
    into = c.pick("INT8", "UINT8", "INT16")
    kind = c.pick("FLOAT32", "INT8") if into != "INT8" else c.pick("FLOAT32", "INT8", "UINT8", "INT16")
    shape = c.shape()
    c.op("QUANTIZE", [c.input(kind, shape, c.quant(kind))], into, shape, c.quant(into), 3)


def function(c):
    name = c.pick("SIN", "COS", "LOG", "EXP", "TANH", "LOGISTIC", "ELU", "GELU", "FLOOR", "CEIL", "ROUND", "NEG", "SQRT", "RSQRT", "ABS", "SQUARE", "SIGN")
    kind, shape = c.pick("FLOAT32", "INT16") if name == "GELU" else "FLOAT32", c.shape()
    c.op(name, [c.input(kind, shape, c.quant(kind))], kind, shape, c.quant(kind), 2)


def slope(c):
    kind, shape = c.pick("FLOAT32", "INT8", "UINT8"), c.shape(4)
    if c.chance(0.5):
        c.op("PRELU", [c.input(kind, shape, c.quant(kind)), c.input(kind, c.part(shape)[-3:], c.quant(kind))], kind, shape, c.quant(kind))
        return
    kind = c.pick("FLOAT32", "INT8", "UINT8", "INT16")
    c.op("LEAKY_RELU", [c.input(kind, shape, c.quant(kind))], kind, shape, c.quant(kind), 2, alpha=float(c.random.uniform(-0.5, 1)))


def norm(c):
    kind, name, shape = c.pick("FLOAT32", "INT8", "UINT8"), c.pick("LOG_SOFTMAX", "L2_NORMALIZATION"), c.shape(last=300)
    scale, middle = (1 / 16, 255) if name == "LOG_SOFTMAX" else (1 / 128, 128)
    quant = None if kind == "FLOAT32" else quantization(scale, middle - (128 if kind == "INT8" else 0))
    c.op(name, [c.input(kind, shape, c.quant(kind))], kind, shape, quant, 2)


def window(size, filter, stride, dilation, same):
    reach = (filter - 1) * dilation + 1
    return -(-size // stride) if same else -(-(size - reach + 1) // stride)


def convolution(c):
    """Also by channels, in groups, and the other way round."""
    name = c.pick("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV")
    kind = c.pick("FLOAT32", "INT8", "UINT8", "INT16")
    h, w, fh, fw, sh, sw = c.number(1, 14), c.number(1, 14), c.number(1, 5), c.number(1, 5), c.number(1, 3), c.number(1, 3)
    if c.chance(0.1):  # a column
        w = fw = 1
    same, channels = c.chance(0.5), c.pick(1, 3, 4, 8, 16, 17, c.number(1, 40))
    quant = quantization(0.05, 0 if kind == "INT16" else c.number(0, 100))
    out = quantization(c.random.uniform(0.05, 1) * (0.01 if kind == "INT16" else 1), 0 if kind == "INT16" else c.number(0, 100))
    out = None if kind == "FLOAT32" else out
    picture = lambda depth: c.input(kind, [2, h, w, depth], None if kind == "FLOAT32" else quant)  # noqa: E731
    options = {"padding": "SAME" if same else "VALID", "stride_h": sh, "stride_w": sw}
    if name == "TRANSPOSE_CONV":
        filters, bias = c.weights(kind, [channels, fh, fw, c.pick(1, 3, 16, c.number(1, 40))], 0)
        depth = c.graph._tensors[filters]["shape"][3]
        size = [h * sh, w * sw] if same else [(h - 1) * sh + fh, (w - 1) * sw + fw]
        c.op(name, [c.const(np.int32([2, *size, channels])), filters, picture(depth), bias], kind, [2, *size, channels], out, 3, **options)
        return
    dh, dw = (c.number(1, 2), c.number(1, 2)) if sh == sw == 1 else (1, 1)
    size = [window(h, fh, sh, dh, same), window(w, fw, sw, dw, same)]
    if min(size) < 1:
        return
    options |= {"dilation_h_factor": dh, "dilation_w_factor": dw}
    if name == "DEPTHWISE_CONV_2D":
        more = c.pick(1, 1, 2, 3)
        filters, bias = c.weights(kind, [1, fh, fw, channels * more], 3)
        c.op(name, [picture(channels), filters, bias], kind, [2, *size, channels * more], out, 3, depth_multiplier=more, **options)
        return
    groups = c.pick(1, 1, 2, 4) if kind in ("FLOAT32", "INT8") else 1
    filters, bias = c.weights(kind, [groups * c.number(1, 12), fh, fw, channels], 0)
    c.op(name, [picture(channels * groups), filters, bias], kind, [2, *size, c.graph._tensors[filters]["shape"][0]], out, 3, **options)


def volume(c):
    d, h, w, depth = c.number(1, 6), c.number(1, 8), c.number(1, 8), c.number(1, 9)
    filter, strides, same = [c.number(1, 3) for _ in range(3)], [c.number(1, 2) for _ in range(3)], c.chance(0.5)
    size = [window(n, f, s, 1, same) for n, f, s in zip((d, h, w), filter, strides)]
    if min(size) < 1:
        return
    filters = c.const(c.random.normal(0, 1, [*filter, depth, c.number(1, 20)]).astype(np.float32))
    options = {"padding": "SAME" if same else "VALID", "stride_d": strides[0], "stride_h": strides[1], "stride_w": strides[2],
               "dilation_d_factor": 1, "dilation_h_factor": 1, "dilation_w_factor": 1}
    c.op("CONV_3D", [c.input("FLOAT32", [1, d, h, w, depth]), filters], "FLOAT32", [1, *size, c.graph._tensors[filters]["shape"][4]], **options)


def product(c):
    kind, rows, depth, columns, left, right = c.pick("FLOAT32", "INT8", "INT16"), c.number(1, 20), c.number(1, 80), c.number(1, 40), c.chance(0.5), c.chance(0.5)
    outer, zero = c.shape(c.number(0, 2), 4), 0 if kind == "INT16" else c.number(-9, 9)
    quant = None if kind == "FLOAT32" else quantization(0.01, zero)
    out = None if kind == "FLOAT32" else quantization(0.5, zero)
    a = c.input(kind, outer + ([depth, rows] if left else [rows, depth]), quant)
    b = c.input(kind, outer + ([columns, depth] if right else [depth, columns]), quant)
    c.op("BATCH_MATMUL", [a, b], kind, [*outer, rows, columns], out, 2, adj_x=left, adj_y=right)


def row(c):
    """One row or a few by weights of about 1 MB, from which on they stay where they lie; or a pixel by filters."""
    rows, depth, columns = c.pick(1, 1, 2), c.number(400, 640), c.number(400, 640)
    pixel = c.chance(0.5)
    x = c.input("FLOAT32", [rows, 1, 1, depth] if pixel else [rows, depth])
    weights = c.const(c.random.normal(0, 0.1, [columns, 1, 1, depth] if pixel else [columns, depth]).astype(np.float32))
    bias = c.const(c.random.normal(0, 1, columns).astype(np.float32))
    activation = c.pick("NONE", "RELU")
    if pixel:
        c.op("CONV_2D", [x, weights, bias], "FLOAT32", [rows, 1, 1, columns], padding=c.pick("SAME", "VALID"), stride_w=1, stride_h=1,
             dilation_w_factor=1, dilation_h_factor=1, fused_activation_function=activation)
    else:
        c.op("FULLY_CONNECTED", [x, weights, bias], "FLOAT32", [rows, columns], fused_activation_function=activation)


def hybrid(c):
    """Products of the same floats by bytes, side by side. None of these lies at a half between two bytes, which the
    original's vectors round in a way of their own."""
    rows, depth, made, asymmetric = c.number(1, 40), c.number(2, 300), [], c.chance(0.5)
    low = 2 * c.number(-63, 0)  # so that the largest is odd, and no float is a half from it
    x = c.input("FLOAT32", [rows, depth])
    whole = c.random.integers(low, low + 256, [rows, depth])
    whole[:, 0], whole[:, 1] = low, low + 255
    c.inputs[-1] = whole.astype(np.float32) * np.float32(2) ** c.random.integers(-9, 9, [rows, 1]).astype(np.float32)
    for i in range(c.number(1, 3)):
        columns = c.number(1, 140)
        filters = c.const(c.random.integers(-127, 128, [columns, depth]).astype(np.int8),
                          quantization(c.random.uniform(0.005, 0.02, columns).astype(np.float32), 0, 0) if c.chance(0.5) else quantization(0.01))
        bias = c.const(c.random.normal(0, 1, columns).astype(np.float32)) if c.chance(0.5) else -1
        made.append((c.graph.tensor(f"y{i}", "FLOAT32", [rows, columns]), columns))
        c.graph.op("FULLY_CONNECTED", [x, filters, bias], [made[-1][0]], version=9,
                   asymmetric_quantize_inputs=asymmetric if c.chance(0.9) else not asymmetric,
                   fused_activation_function=c.pick("NONE", "NONE", "RELU", "RELU6"))
    c.op("CONCATENATION", [y for y, _ in made], "FLOAT32", [rows, sum(n for _, n in made)], axis=1)


def scores(c):
    """Multiplied by a number before SOFTMAX, as attention's are."""
    shape = c.shape()
    factors = c.pick(0.125, 0.3, -0.25, np.full([1] * c.number(0, 2), 0.2), np.linspace(0.1, 0.5, shape[-1]))
    inputs = [c.input("FLOAT32", shape), c.const(np.float32(factors))]
    scaled = c.graph.tensor("scaled", "FLOAT32", list(np.broadcast_shapes(tuple(shape), np.shape(factors))))
    c.graph.op("MUL", inputs if c.chance(0.5) else inputs[::-1], [scaled])
    c.op("SOFTMAX", [scaled], "FLOAT32", c.graph._tensors[scaled]["shape"], beta=c.pick(1.0, 0.5))


KINDS = {made.__name__: made for made in (reduce, arg_extreme, arithmetic, extreme, comparison, select, cast, mirror_pad, pad, reverse, cumsum, power,
                                          softmax, resize, transpose, tile, quantize, function, slope, norm, convolution, volume, product, row, hybrid, scores)}


def reference(path, inputs):
    """The original's result, None: it refuses the model."""
    try:
        judge = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        judge.allocate_tensors()
        for detail, value in zip(judge.get_input_details(), inputs):
            judge.set_tensor(detail["index"], value)
        judge.invoke()
        return judge.get_tensor(judge.get_output_details()[0]["index"])
    except (RuntimeError, ValueError):
        return None


class Library:
    def __init__(self):
        self.c = ctypes.CDLL(str(Path(COMMAND).parent / "libtensorflowlite_c.so"))
        for name in ("ModelCreateFromFile", "InterpreterOptionsCreate", "InterpreterCreate", "InterpreterGetInputTensor",
                     "InterpreterGetOutputTensor"):
            getattr(self.c, "TfLite" + name).restype = ctypes.c_void_p

    def run(self, path, inputs, like, threads):
        c, result = self.c, np.empty_like(like)
        model = ctypes.c_void_p(c.TfLiteModelCreateFromFile(os.fsencode(path)))
        options = ctypes.c_void_p(c.TfLiteInterpreterOptionsCreate())
        c.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        interpreter = ctypes.c_void_p(c.TfLiteInterpreterCreate(model, options))
        assert c.TfLiteInterpreterAllocateTensors(interpreter) == 0
        for i, value in enumerate(inputs):
            tensor = ctypes.c_void_p(c.TfLiteInterpreterGetInputTensor(interpreter, i))
            assert c.TfLiteTensorCopyFromBuffer(tensor, value.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(value.nbytes)) == 0
        assert c.TfLiteInterpreterInvoke(interpreter) == 0
        tensor = ctypes.c_void_p(c.TfLiteInterpreterGetOutputTensor(interpreter, 0))
        assert c.TfLiteTensorCopyToBuffer(tensor, result.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(result.nbytes)) == 0
        c.TfLiteInterpreterDelete(interpreter)
        c.TfLiteInterpreterOptionsDelete(options)
        c.TfLiteModelDelete(model)
        return result


@pytest.mark.parametrize("kind", KINDS)
def test_as_the_reference(kind, tmp_path):
    random, library, compared = np.random.default_rng([SEED, *kind.encode()]), Library(), 0
    for number in range(CASES):
        case = Case(random)
        KINDS[kind](case)
        if not case.graph.outputs:
            continue
        path = tmp_path / f"{number}.tflite"
        case.model.save(path)
        expected = reference(path, case.inputs)
        if expected is None:
            continue
        found, where = library.run(path, case.inputs, expected, case.pick(1, 2, 3)), f"case {number}, seed {SEED}: {path}"
        compared += 1
        if expected.dtype == np.float32:
            finite = np.abs(expected[np.isfinite(expected)])
            np.testing.assert_allclose(found, expected, rtol=4e-6, atol=4e-6 * max(1, finite.max(initial=0)), err_msg=where)
        else:
            np.testing.assert_array_equal(found, expected, err_msg=where)
    assert compared > CASES // 4
