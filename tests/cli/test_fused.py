"""Nodes that the interpreter runs as one: which they are (the profile lists those that ran), and that the results are those
of the single nodes, which run where the tensors between them are outputs too."""

import json

import numpy as np
import pytest
from conftest import linnet
from tflite_builder import Model, quantization

RANDOM = np.random.default_rng(5)


class Chain:
    """A model in the making; with `visible` every tensor is an output."""

    def __init__(self, visible, shape):
        self.model = Model()
        self.graph = self.model.subgraph("main")
        self.visible, self.count = visible, 0
        self.last = self.input = self.graph.input("x", "FLOAT32", shape)

    def const(self, array):
        self.count += 1
        return self.graph.const(f"c{self.count}", array)

    def op(self, name, shape, *more, first=None, last=False, **options):
        self.count += 1
        make = self.graph.output if self.visible or last else self.graph.tensor
        out = make(f"t{self.count}", "FLOAT32", shape)
        self.graph.op(name, [self.last if first is None else first, *more], [out], **options)
        self.last = out
        return out

    def conv(self, shape, taps, channels, padding="SAME", stride=1, **options):
        weights = np.random.default_rng(1).normal(0, 0.3, (shape[3], taps, taps, channels)).astype(np.float32)
        return self.op("CONV_2D", shape, self.const(weights), self.const(np.linspace(-1, 1, shape[3], dtype=np.float32)),
                       padding=padding, stride_h=stride, stride_w=stride, **options)

    def pad(self, shape, amounts):
        return self.op("PAD", shape, self.const(np.array(amounts, np.int32)))


def padded_convolution(c):
    c.pad([1, 12, 13, 5], [[0, 0], [1, 2], [2, 3], [0, 0]])
    c.conv([1, 10, 11, 7], 3, 5, "VALID", last=True)


def padded_depthwise(c):
    c.pad([1, 12, 13, 5], [[0, 0], [1, 2], [2, 3], [0, 0]])
    weights = np.random.default_rng(2).normal(0, 0.3, (1, 5, 5, 5)).astype(np.float32)
    c.op("DEPTHWISE_CONV_2D", [1, 4, 5, 5], c.const(weights), c.const(np.zeros(5, np.float32)), padding="VALID", stride_h=2,
         stride_w=2, depth_multiplier=1, last=True)


def swish(c):
    x = c.conv([1, 9, 8, 20], 1, 5)
    gate = c.op("LOGISTIC", [1, 9, 8, 20])
    c.op("MUL", [1, 9, 8, 20], gate, first=x, last=True)


def hard_swish(c):
    c.conv([1, 9, 8, 12], 3, 5)
    c.op("HARD_SWISH", [1, 9, 8, 12], last=True)


def padded_and_activated(c):
    c.pad([1, 11, 10, 5], [[0, 0], [1, 1], [1, 1], [0, 0]])
    c.conv([1, 9, 8, 12], 3, 5, "VALID")
    c.op("RELU6", [1, 9, 8, 12], last=True)


def sum_and_relu(c):
    c.op("ADD", [1, 9, 8, 5], c.const(np.float32([-1, 0, 1, 2, 3])))
    c.op("RELU", [1, 9, 8, 5], last=True)


def padded_twice_read(c):
    x = c.pad([1, 11, 10, 5], [[0, 0], [1, 1], [1, 1], [0, 0]])
    y = c.conv([1, 9, 8, 5], 3, 5, "VALID")
    z = c.op("SLICE", [1, 9, 8, 5], c.const(np.int32([0, 1, 1, 0])), c.const(np.int32([1, 9, 8, 5])), first=x)
    c.op("ADD", [1, 9, 8, 5], z, first=y, last=True)


def own_activation(c):
    c.conv([1, 9, 8, 12], 3, 5, fused_activation_function="RELU")
    c.op("TANH", [1, 9, 8, 12], last=True)


def halves(c, shape):
    """Weights in FLOAT16, behind a DEQUANTIZE; some are too small to be normal."""
    values = np.random.default_rng(3).normal(0, 0.3, shape) * np.random.default_rng(4).choice([1, 1e-6], shape)
    x = c.last
    weights = c.op("DEQUANTIZE", list(shape), first=c.const(values.astype(np.float16)))
    c.last = x
    return weights


def half_convolution(c, weights=None, last=True):
    weights = halves(c, (40, 3, 3, 5)) if weights is None else weights
    c.op("CONV_2D", [1, 9, 8, 40], weights, c.const(np.linspace(-1, 1, 40, dtype=np.float32)), padding="SAME", stride_h=1,
         stride_w=1, last=last)


def half_winograd(c):
    half_convolution(c, last=False)
    c.op("CONV_2D", [1, 9, 8, 70], halves(c, (70, 3, 3, 40)), c.const(np.zeros(70, np.float32)), padding="SAME", stride_h=1,
         stride_w=1)
    c.op("HARD_SWISH", [1, 9, 8, 70], last=True)


def half_product(c):
    c.op("FULLY_CONNECTED", [72, 50], halves(c, (50, 5)), c.const(np.ones(50, np.float32)), last=True)


def half_weights_twice_read(c):
    weights, x = halves(c, (40, 3, 3, 5)), c.last
    half_convolution(c, weights, last=False)
    y, c.last = c.last, x
    half_convolution(c, weights, last=False)
    c.op("ADD", [1, 9, 8, 40], y, last=True)


def norm(c, channels, activation=None, last=False):
    numbers = np.random.default_rng(channels).normal(0, 1, (2, channels)).astype(np.float32)
    c.op("MUL", [1, 9, 8, channels], c.const(numbers[:1].reshape(1, 1, 1, channels)))
    more = {"fused_activation_function": activation} if activation else {}
    c.op("ADD", [1, 9, 8, channels], c.const(numbers[1]), last=last, **more)


def join(c, pieces, channels, axis=3):
    return c.op("CONCATENATION", [1, 9, 8, channels], *pieces[1:], first=pieces[0], axis=axis)


def dense_block(c):
    """Each join is read by a norm and by the next join; the graph's input is a piece too."""
    x = c.last
    y = join(c, [x, c.conv([1, 9, 8, 7], 3, 5)], 12)
    norm(c, 12, "RELU")
    z = join(c, [y, c.conv([1, 9, 8, 33], 3, 12), x], 50, axis=-1)
    norm(c, 50)
    c.op("RELU6", [1, 9, 8, 50])
    join(c, [z, c.conv([1, 9, 8, 150], 1, 50)], 200)
    norm(c, 200, "RELU_N1_TO_1", last=True)


def join_read_elsewhere(c):
    x = c.last
    y = join(c, [x, c.conv([1, 9, 8, 7], 3, 5)], 12)
    norm(c, 12, "RELU")
    join(c, [y, c.conv([1, 9, 8, 8], 3, 12)], 20)
    z = c.op("TANH", [1, 9, 8, 20])
    c.last = y
    norm(c, 12)
    norm(c, 12)
    c.op("CONCATENATION", [1, 9, 8, 32], z, axis=3, last=True)


def join_of_lines(c):
    x = c.last
    c.op("CONCATENATION", [1, 18, 8, 5], c.conv([1, 9, 8, 5], 3, 5), first=x, axis=1)
    c.op("MUL", [1, 18, 8, 5], c.const(np.float32([1, 2, 3, 4, 5])))
    c.op("ADD", [1, 18, 8, 5], c.const(np.float32([5, 4, 3, 2, 1])), last=True)


def layer_norm(c, depth, scale=None, shift=None, axis=-1, last=True, keep=None):
    """As converters write it; `keep` names what is read once more behind it."""
    x, axes = c.last, c.const(np.int32([axis]))
    one, wide = [1, 9, 8, 1], [1, 9, 8, depth]
    made = {"mean": c.op("MEAN", one, axes, keep_dims=True)}
    c.op("SQUARED_DIFFERENCE", wide, made["mean"], first=x)
    made["variance"] = c.op("MEAN", one, axes, keep_dims=True)
    c.op("ADD", one, c.const(np.float32(1e-3)))
    factor = c.op("RSQRT", one)
    if scale is not None:
        factor = c.op("MUL", wide, c.const(scale))
    product = c.op("MUL", wide, x, first=factor)
    if shift is None:
        c.op("MUL", wide if scale is not None else one, factor, first=c.op("NEG", one, first=made["mean"]))
        c.op("ADD", wide, c.last, first=product, last=last and not keep)
    else:
        c.op("MUL", wide if scale is not None else one, factor, first=made["mean"])
        c.op("SUB", wide, c.last, first=c.const(shift))
        c.op("ADD", wide, product, last=last and not keep)
    if keep:
        c.op("ADD", wide, made[keep], last=True)


def norm_scaled(c):
    c.op("ABS", [1, 9, 8, 5])
    layer_norm(c, 5, np.linspace(-1, 2, 5, dtype=np.float32).reshape(1, 1, 1, 5))


def norm_scaled_and_moved(c):
    layer_norm(c, 5, np.linspace(-1, 2, 5, dtype=np.float32), np.linspace(3, 2, 5, dtype=np.float32), axis=3)


def norm_wide(c):
    c.conv([1, 9, 8, 77], 3, 5)
    layer_norm(c, 77, shift=np.linspace(3, 2, 77, dtype=np.float32), last=False)
    layer_norm(c, 77)


def norm_mean_read(c):
    layer_norm(c, 5, np.ones(5, np.float32), keep="mean")


def norm_variance_read(c):
    layer_norm(c, 5, np.ones(5, np.float32), np.ones(5, np.float32), keep="variance")


def residual(c):
    """Blocks as ResNets have them: two convolutions in one sum, then what was there before; its only reader is the sum."""
    shape, x = [1, 9, 8, 130], c.last
    y = c.conv(shape, 1, 5)
    c.last = x
    c.conv([1, 9, 8, 24], 3, 5, fused_activation_function="RELU")
    c.conv(shape, 1, 24)
    y = c.op("ADD", shape, y, fused_activation_function="RELU")
    c.conv([1, 9, 8, 33], 1, 130, fused_activation_function="RELU6")
    c.conv(shape, 1, 33, fused_activation_function="RELU")
    y = c.op("ADD", shape, c.last, first=y)
    c.conv([1, 9, 8, 1024], 1, 130)
    c.conv(shape, 1, 1024)
    c.op("ADD", shape, y)
    c.op("RELU6", shape, last=True)


def residual_of_input(c):
    """What is added is what the convolution reads, and read once more."""
    for _ in range(2):
        x = c.op("ABS", [1, 9, 8, 5])
        y = c.conv([1, 9, 8, 5], 1, 5)
        c.op("ADD", [1, 9, 8, 5], x)
    c.op("MUL", [1, 9, 8, 5], x, last=True)


def residual_read_later(c):
    x = c.conv([1, 9, 8, 20], 3, 5)
    y = c.conv([1, 9, 8, 20], 1, 20)
    c.op("ADD", [1, 9, 8, 20], x)
    c.op("SUB", [1, 9, 8, 20], x, last=True)


def not_residual(c):
    """Twice read, made later, broadcast, windows, strides, one thing twice."""
    wide = [1, 9, 8, 20]
    x = c.conv(wide, 1, 5)
    y = c.op("ADD", wide, c.op("ABS", wide), first=x)
    z = c.conv(wide, 1, 20)
    w = c.op("NEG", wide, first=y)
    c.op("ADD", wide, w, first=z)
    z = c.op("MEAN", [1, 1, 1, 20], c.const(np.int32([1, 2])), keep_dims=True)
    c.last = y
    c.conv(wide, 1, 20)
    c.op("ADD", wide, z)
    c.conv(wide, 3, 20)
    c.op("ADD", wide, y)
    z = c.op("SLICE", [1, 5, 4, 20], c.const(np.int32([0, 0, 0, 0])), c.const(np.int32([1, 5, 4, 20])))
    c.last = y
    c.conv([1, 5, 4, 20], 1, 20, stride=2)
    c.op("ADD", [1, 5, 4, 20], z)
    z = c.conv([1, 5, 4, 20], 1, 20)
    c.op("ADD", [1, 5, 4, 20], z, last=True)


def turned(c, name, order, shape):
    """The graph's input through an operator and a TRANSPOSE."""
    source = c.op(name, [1, 9, 8, 5], first=c.input)
    return c.op("TRANSPOSE", [shape[i] for i in order], c.const(np.int32(order)), first=source)


def product(c, left, right, shape, adj_x=False, adj_y=False, last=False):
    return c.op("BATCH_MATMUL", shape, right, first=left, adj_x=adj_x, adj_y=adj_y, last=last)


def heads(c):
    """Attention: [positions][heads][width]."""
    shape, order = [1, 9, 8, 5], [0, 2, 1, 3]
    scores = product(c, turned(c, "ABS", order, shape), turned(c, "NEG", [0, 2, 3, 1], shape), [1, 8, 9, 9])
    product(c, scores, turned(c, "SQUARE", order, shape), [1, 8, 9, 5])
    c.op("TRANSPOSE", shape, c.const(np.int32(order)), last=True)


def heads_adjoint(c):
    """[8, 1, 9, 5] by the adjoint of [9, 1, 8, 5], turned once more behind it, broadcast."""
    left = turned(c, "ABS", [2, 0, 1, 3], [1, 9, 8, 5])
    right = turned(c, "NEG", [0, 1, 2, 3], [1, 9, 8, 5])
    product(c, left, right, [8, 9, 9, 8], adj_y=True)
    c.op("TRANSPOSE", [9, 9, 8, 8], c.const(np.int32([2, 1, 0, 3])), last=True)


def columns_turned(c):
    """Rows that are columns before and behind: both are made."""
    product(c, turned(c, "ABS", [0, 1, 3, 2], [1, 9, 8, 5]), c.op("NEG", [1, 9, 8, 5], first=c.input), [1, 9, 5, 5])
    c.op("TRANSPOSE", [1, 9, 5, 5], c.const(np.int32([0, 1, 3, 2])), last=True)


def turned_twice_read(c):
    side = turned(c, "ABS", [0, 2, 1, 3], [1, 9, 8, 5])
    product(c, side, side, [1, 8, 9, 9], adj_y=True, last=True)


CASES = [(heads, ["ABS", "NEG", "SQUARE", "BATCH_MATMUL", "BATCH_MATMUL"]), (heads_adjoint, ["ABS", "NEG", "BATCH_MATMUL"]),
         (columns_turned, ["ABS", "NEG", "TRANSPOSE", "BATCH_MATMUL", "TRANSPOSE"]),
         (turned_twice_read, ["ABS", "TRANSPOSE", "BATCH_MATMUL"]),
         (norm_scaled, ["ABS", "MEAN"]), (norm_scaled_and_moved, ["MEAN"]), (norm_wide, ["CONV_2D", "MEAN", "MEAN"]),
         (norm_mean_read, ["MEAN", "SQUARED_DIFFERENCE", "MEAN", "ADD", "RSQRT", "MUL", "MUL", "NEG", "MUL", "ADD", "ADD"]),
         (norm_variance_read, ["MEAN", "SQUARED_DIFFERENCE", "MEAN", "ADD", "RSQRT", "MUL", "MUL", "MUL", "SUB", "ADD", "ADD"]),
         (residual, ["CONV_2D"] * 7), (residual_of_input, ["ABS", "CONV_2D"] * 2 + ["MUL"]),
         (residual_read_later, ["CONV_2D", "CONV_2D", "SUB"]),
         (not_residual, ["CONV_2D"] * 6 + ["ADD"] * 6 + ["ABS", "NEG", "MEAN", "SLICE"]),
         (dense_block, ["CONV_2D"] * 3 + ["MUL"] * 3),
         (join_read_elsewhere, ["CONV_2D"] * 2 + ["CONCATENATION"] * 3 + ["MUL"] * 3 + ["TANH"]),
         (join_of_lines, ["CONV_2D", "CONCATENATION", "MUL"]),
         (half_convolution, ["CONV_2D"]), (half_winograd, ["CONV_2D", "CONV_2D"]), (half_product, ["FULLY_CONNECTED"]),
         (half_weights_twice_read, ["CONV_2D", "CONV_2D", "ADD"]), (padded_convolution, ["CONV_2D"]), (padded_depthwise, ["DEPTHWISE_CONV_2D"]), (swish, ["CONV_2D"]),
         (hard_swish, ["CONV_2D"]), (padded_and_activated, ["CONV_2D"]), (sum_and_relu, ["ADD"]),
         (padded_twice_read, ["PAD", "CONV_2D", "SLICE", "ADD"]), (own_activation, ["CONV_2D", "TANH"])]


@pytest.mark.parametrize("case, ran", CASES, ids=[case.__name__ for case, ran in CASES])
@pytest.mark.parametrize("threads", [1, 2])
def test_fused(tmp_path, case, ran, threads):
    np.save(tmp_path / "x.npy", RANDOM.normal(0, 3, (1, 9, 8, 5)).astype(np.float32))
    results = []
    for visible in (False, True):
        chain = Chain(visible, [1, 9, 8, 5])
        case(chain)
        path = tmp_path / f"{visible}.tflite"
        chain.model.save(path)
        folder = tmp_path / str(visible)
        folder.mkdir()
        linnet("run", path, "--input", f"x={tmp_path / 'x.npy'}", "--threads", threads, "--output-dir", folder)
        results.append(np.load(folder / f"output{len(list(folder.iterdir())) - 1}.npy"))
        if not visible:
            report = json.loads(linnet("bench", path, "--runs", 1, "--warmup", 0, "--profile", "--json"))
            assert sorted(node["operator"] for node in report["nodes"]) == sorted(ran)
    tolerance = 0 if "residual" in case.__name__ else 1e-6
    np.testing.assert_allclose(results[0], results[1], rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("x_shape, r_shape", [((1, 9, 8, 5), (1, 9, 8, 40)), ((3, 20, 31, 5), (3, 20, 31, 40)),
                                              ((3, 20, 31, 5), (1, 1, 1, 40)), ((1, 1, 1, 5), (2, 30, 3, 40)),
                                              ((3, 1, 8, 5), (3, 20, 1, 1))])
def test_residual_resized(tmp_path, x_shape, r_shape, threads, dynamic):
    """What is added, or the convolution's result, may be broadcast then; its shape may be known only while the model runs."""
    x, r = RANDOM.normal(0, 3, x_shape).astype(np.float32), RANDOM.normal(0, 3, r_shape).astype(np.float32)
    weights, bias = RANDOM.normal(0, 0.3, (40, 1, 1, 5)).astype(np.float32), np.linspace(-1, 1, 40, dtype=np.float32)
    model = Model()
    graph = model.subgraph("main")
    inputs = [graph.input("x", "FLOAT32", [1, 9, 8, 5]), graph.input("r", "FLOAT32", [1, 9, 8, 40])]
    added = graph.tensor("a", "FLOAT32", [1, 9, 8, 40])
    given = {"x": x, "r": r.ravel() if dynamic else r}
    if dynamic:
        graph.op("RESHAPE", [inputs[1], graph.input("s", "INT32", [4])], [added])
        given["s"] = np.int32(r_shape)
    else:
        graph.op("ABS", [inputs[1]], [added])
    product = graph.tensor("p", "FLOAT32", [1, 9, 8, 40])
    graph.op("CONV_2D", [inputs[0], graph.const("w", weights), graph.const("b", bias)], [product], padding="SAME", stride_h=1,
             stride_w=1, fused_activation_function="RELU")
    graph.op("ADD", [product, added], [graph.output("y", "FLOAT32", [1, 9, 8, 40])], fused_activation_function="RELU6")
    model.save(tmp_path / "m.tflite")
    more = []
    for name, value in given.items():
        np.save(tmp_path / f"{name}.npy", value)
        more += ["--input", f"{name}={tmp_path / name}.npy", "--shape", f"{name}=" + "x".join(map(str, value.shape))]
    linnet("run", tmp_path / "m.tflite", *more, "--threads", threads, "--output-dir", tmp_path)
    expected = np.clip(np.maximum(x @ weights[:, 0, 0].T + bias, 0) + (r if dynamic else np.abs(r)), 0, 6)
    np.testing.assert_allclose(np.load(tmp_path / "output0.npy"), expected, rtol=1e-5, atol=1e-5)


def byte_swish(path, dtype, visible, more):
    """x * logistic(x) of bytes; with `visible` the gate is an output, with `more` x is read once more behind them."""
    low = -128 if dtype == "INT8" else 0
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", dtype, [1, 7, 9, 5], quant=quantization(0.05, low + 120))
    gate = (graph.output if visible else graph.tensor)("gate", dtype, [1, 7, 9, 5], quant=quantization(1 / 256, low))
    y = (graph.tensor if more else graph.output)("y", dtype, [1, 7, 9, 5], quant=quantization(0.027, low + 11))
    graph.op("LOGISTIC", [x], [gate])
    graph.op("MUL", [gate, x], [y])
    if more:
        graph.op("ADD", [x, y], [graph.output("z", dtype, [1, 7, 9, 5], quant=quantization(0.06, low + 90))])
    model.save(path)


@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
@pytest.mark.parametrize("more", [False, True])
def test_byte_swish(tmp_path, dtype, more):
    np.save(tmp_path / "x.npy", RANDOM.integers(0, 256, (1, 7, 9, 5)).astype(np.uint8).view(dtype.lower()))
    results = []
    for visible in (False, True):
        path, folder = tmp_path / f"{visible}.tflite", tmp_path / str(visible)
        byte_swish(path, dtype, visible, more)
        folder.mkdir()
        linnet("run", path, "--input", f"x={tmp_path / 'x.npy'}", "--output-dir", folder)
        results.append(np.load(folder / f"output{int(visible)}.npy"))
        report = json.loads(linnet("bench", path, "--runs", 1, "--warmup", 0, "--profile", "--json"))
        ran = ["LOGISTIC"] + ["MUL"] * visible + ["ADD"] * more
        assert sorted(node["operator"] for node in report["nodes"]) == sorted(ran)
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize("channels", [5, 1])
def test_scale_shift_resized(tmp_path, channels):
    """An input that is resized to one channel is broadcast."""
    x = RANDOM.normal(0, 3, (2, 90, 50, channels)).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    chain = Chain(False, [1, 9, 8, 5])
    chain.op("ABS", [1, 9, 8, 5])
    chain.op("MUL", [1, 9, 8, 5], chain.const(np.float32([1, -2, 3, -4, 5])))
    chain.op("ADD", [1, 9, 8, 5], chain.const(np.float32([5, 4, 3, 2, 1])), last=True, fused_activation_function="RELU")
    chain.model.save(tmp_path / "m.tflite")
    linnet("run", tmp_path / "m.tflite", "--input", f"x={tmp_path / 'x.npy'}", "--shape", f"x=2x90x50x{channels}",
           "--output-dir", tmp_path)
    expected = np.maximum(np.abs(x) * np.float32([1, -2, 3, -4, 5]) + np.float32([5, 4, 3, 2, 1]), 0)
    np.testing.assert_array_equal(np.load(tmp_path / "output0.npy"), expected)


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 3, 8, 1)])
def test_norm_resized(tmp_path, shape):
    """An input that is resized to one channel is broadcast."""
    x = RANDOM.normal(0, 3, shape).astype(np.float32)
    scale, shift = np.linspace(-1, 2, 5, dtype=np.float32), np.linspace(3, 2, 5, dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    chain = Chain(False, [1, 9, 8, 5])
    layer_norm(chain, 5, scale, shift)
    chain.model.save(tmp_path / "m.tflite")
    linnet("run", tmp_path / "m.tflite", "--input", f"x={tmp_path / 'x.npy'}", "--shape", "x=" + "x".join(map(str, shape)),
           "--output-dir", tmp_path)
    mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-3) * scale + shift
    np.testing.assert_allclose(np.load(tmp_path / "output0.npy"), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case, shape", [(heads, (2, 7, 3, 6)), (heads, (3, 1, 1, 1)), (heads_adjoint, (1, 4, 6, 2))])
def test_orders_resized(tmp_path, case, shape):
    np.save(tmp_path / "x.npy", RANDOM.normal(0, 3, shape).astype(np.float32))
    results = []
    for visible in (False, True):
        path, folder = tmp_path / f"{visible}.tflite", tmp_path / str(visible)
        chain = Chain(visible, [1, 9, 8, 5])
        case(chain)
        chain.model.save(path)
        folder.mkdir()
        linnet("run", path, "--input", f"x={tmp_path / 'x.npy'}", "--shape", "x=" + "x".join(map(str, shape)),
               "--output-dir", folder)
        results.append(np.load(folder / f"output{len(list(folder.iterdir())) - 1}.npy"))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-6, atol=1e-6)


def padded_bytes(path, dtype, operator, visible, other_scale):
    """A PAD before a convolution; with `visible` it is an output, with `other_scale` its bytes mean something else."""
    low = -128 if dtype == "INT8" else 0
    weights = np.random.default_rng(6).integers(low + 1, low + 256, (1 if operator == "DEPTHWISE_CONV_2D" else 5, 3, 3, 5))
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", dtype, [1, 9, 8, 5], quant=quantization(0.05, low + 120))
    padded = (graph.output if visible else graph.tensor)("p", dtype, [1, 12, 13, 5],
                                                         quant=quantization(0.06 if other_scale else 0.05, low + 120))
    y = graph.output("y", dtype, [1, 10, 11, 5], quant=quantization(0.4, low + 110))
    graph.op("PAD", [x, graph.const("a", np.array([[0, 0], [1, 2], [2, 3], [0, 0]], np.int32))], [padded])
    w = graph.const("w", weights.astype(dtype.lower()), quantization(0.02, 0 if dtype == "INT8" else 130))
    more = {"depth_multiplier": 1} if operator == "DEPTHWISE_CONV_2D" else {}
    graph.op(operator, [padded, w, graph.const("b", np.arange(5, dtype=np.int32) * 100, quantization(0.001, 0))], [y],
             padding="VALID", stride_w=1, stride_h=1, **more)
    model.save(path)


@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
@pytest.mark.parametrize("operator", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("other_scale", [False, True])
def test_padded_bytes(tmp_path, dtype, operator, other_scale):
    np.save(tmp_path / "x.npy", RANDOM.integers(0, 256, (1, 9, 8, 5)).astype(np.uint8).view(dtype.lower()))
    results = []
    for visible in (False, True):
        path, folder = tmp_path / f"{visible}.tflite", tmp_path / str(visible)
        padded_bytes(path, dtype, operator, visible, other_scale)
        folder.mkdir()
        linnet("run", path, "--input", f"x={tmp_path / 'x.npy'}", "--output-dir", folder)
        results.append(np.load(folder / f"output{int(visible)}.npy"))
        report = json.loads(linnet("bench", path, "--runs", 1, "--warmup", 0, "--profile", "--json"))
        assert len(report["nodes"]) == 1 + (visible or other_scale)
    np.testing.assert_array_equal(results[0], results[1])


def byte_scale_shift(path, dtype, visible):
    """MUL and ADD by constants, one a channel; with `visible` the product is an output."""
    low = -128 if dtype == "INT8" else 0
    constants = np.random.default_rng(4).integers(0, 256, (2, 5)).astype(np.uint8).view(dtype.lower())
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", dtype, [1, 40, 11, 5], quant=quantization(0.05, low + 120))
    y = graph.tensor("y", dtype, [1, 40, 11, 5], quant=quantization(0.05, low + 120))
    product = (graph.output if visible else graph.tensor)("p", dtype, [1, 40, 11, 5], quant=quantization(0.04, low + 70))
    graph.op("RELU", [x], [y])
    graph.op("MUL", [y, graph.const("m", constants[:1], quantization(0.011, low + 33))], [product],
             fused_activation_function="RELU6")
    graph.op("ADD", [product, graph.const("a", constants[1], quantization(0.02, low + 130))],
             [graph.output("z", dtype, [1, 40, 11, 5], quant=quantization(0.03, low + 99))],
             fused_activation_function="RELU")
    model.save(path)


@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("channels", [5, 1])
def test_byte_scale_shift(tmp_path, dtype, threads, channels):
    """An input that is resized to one channel is broadcast."""
    np.save(tmp_path / "x.npy", RANDOM.integers(0, 256, (1, 90, 50, channels)).astype(np.uint8).view(dtype.lower()))
    results = []
    for visible in (False, True):
        path, folder = tmp_path / f"{visible}.tflite", tmp_path / str(visible)
        byte_scale_shift(path, dtype, visible)
        folder.mkdir()
        linnet("run", path, "--input", f"x={tmp_path / 'x.npy'}", "--shape", f"x=1x90x50x{channels}", "--threads", threads,
               "--output-dir", folder)
        results.append(np.load(folder / f"output{int(visible)}.npy"))
        report = json.loads(linnet("bench", path, "--runs", 1, "--warmup", 0, "--profile", "--json"))
        ran = ["RELU", "MUL"] + ["ADD"] * visible
        assert sorted(node["operator"] for node in report["nodes"]) == sorted(ran)
    np.testing.assert_array_equal(results[0], results[1])
