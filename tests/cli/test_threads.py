"""What threads share out: the same bits for any number of them, and the right ones, where shares are uneven or more than rows."""

import numpy as np
import pytest
from conftest import linnet
from tflite_builder import Model, quantization

RANDOM = np.random.default_rng(21)
THREADS = (1, 2, 3, 7)


def run(tmp_path, model, x):
    """The outputs, which must be the same for all numbers of threads."""
    model.save(tmp_path / "m.tflite")
    np.save(tmp_path / "x.npy", x)
    results = []
    for threads in THREADS:
        folder = tmp_path / str(threads)
        folder.mkdir()
        linnet("run", tmp_path / "m.tflite", "--input", f"x={tmp_path}/x.npy", "--threads", threads, "--output-dir", folder)
        results.append([np.load(path) for path in sorted(folder.glob("output*.npy"))])
    for other in results[1:]:
        for a, b in zip(results[0], other, strict=True):
            np.testing.assert_array_equal(a, b)
    return results[0]


def numbers(dtype, shape):
    if dtype == "FLOAT32":
        return RANDOM.normal(size=shape).astype(np.float32)
    return RANDOM.integers(-128, 128, shape).astype(np.int8)


def no_bias(graph, count, quant):
    if quant is None:
        return graph.const("b", np.zeros(count, np.float32))
    return graph.const("b", np.zeros(count, np.int32), quantization(0.05 * 0.01, 0))


def begin(dtype, shape, quant=None):
    model = Model()
    graph = model.subgraph("main")
    return model, graph, graph.input("x", dtype, shape, quant=quant)


@pytest.mark.parametrize("dtype", ["FLOAT32", "INT8"])
@pytest.mark.parametrize("shape, order", [((1, 61, 8, 67), (0, 2, 1, 3)), ((1, 61, 8, 67), (0, 2, 3, 1)), ((2, 3, 5, 1201), (2, 0, 3, 1)),
                                          ((211, 157), (1, 0)), ((3, 1, 2, 7000), (2, 1, 0, 3))])
def test_transpose(tmp_path, dtype, shape, order):
    x = numbers(dtype, shape)
    model, graph, source = begin(dtype, shape)
    expected = x.transpose(order)
    graph.op("TRANSPOSE", [source, graph.const("order", np.int32(order))], [graph.output("y", dtype, list(expected.shape))])
    np.testing.assert_array_equal(run(tmp_path, model, x)[0], expected)


@pytest.mark.parametrize("dtype", ["FLOAT32", "INT8"])
@pytest.mark.parametrize("steps", [(1, 1, 1, 1), (1, 2, 1, 1), (1, -1, 2, 1)])
def test_strided_slice(tmp_path, dtype, steps):
    shape = (1, 93, 47, 19)
    x = numbers(dtype, shape)
    model, graph, source = begin(dtype, shape)
    first = [0, 90 if steps[1] < 0 else 1, 2, 0]
    end = [1, 3 if steps[1] < 0 else 92, 46, 19]
    expected = x[tuple(slice(*each) for each in zip(first, end, steps))]
    inputs = [source, *(graph.const(name, np.int32(values)) for name, values in (("b", first), ("e", end), ("s", steps)))]
    graph.op("STRIDED_SLICE", inputs, [graph.output("y", dtype, list(expected.shape))], begin_mask=0)
    np.testing.assert_array_equal(run(tmp_path, model, x)[0], expected)


@pytest.mark.parametrize("dtype", ["FLOAT32", "INT8"])
@pytest.mark.parametrize("axis", [1, 3])
def test_split_and_concatenation(tmp_path, dtype, axis):
    shape = [1, 66, 51, 30]
    x = numbers(dtype, shape)
    quant = quantization(0.5, 3) if dtype == "INT8" else None
    model, graph, source = begin(dtype, shape, quant)
    part = list(shape)
    part[axis] //= 3
    parts = [graph.tensor(f"p{i}", dtype, part, quant=quant) for i in range(3)]
    graph.op("SPLIT", [graph.const("axis", np.int32(axis)), source], parts, num_splits=3)
    graph.op("CONCATENATION", parts[::-1], [graph.output("y", dtype, shape, quant=quant)], axis=axis)
    np.testing.assert_array_equal(run(tmp_path, model, x)[0], np.concatenate(np.split(x, 3, axis)[::-1], axis))


@pytest.mark.parametrize("dtype", ["FLOAT32", "INT8"])
@pytest.mark.parametrize("margins", [((0, 0), (2, 3), (1, 0), (0, 0)), ((1, 0), (0, 0), (0, 1), (0, 5)), ((0, 0), (0, 0), (0, 0), (0, 0))])
def test_pad(tmp_path, dtype, margins):
    shape = (1, 71, 33, 23)
    x = numbers(dtype, shape)
    quant = quantization(0.5, -7) if dtype == "INT8" else None
    model, graph, source = begin(dtype, shape, quant)
    expected = np.pad(x, margins, constant_values=-7 if quant else 0)
    graph.op("PAD", [source, graph.const("margins", np.int32(margins))], [graph.output("y", dtype, list(expected.shape), quant=quant)])
    np.testing.assert_array_equal(run(tmp_path, model, x)[0], expected)


@pytest.mark.parametrize("op, function", [("SUM", np.sum), ("MEAN", np.mean), ("REDUCE_MAX", np.max), ("REDUCE_PROD", np.prod)])
@pytest.mark.parametrize("shape, axes", [((1, 19, 23, 61), (1, 2)), ((1, 6, 7, 1300), (1, 2)), ((131, 257), (1,)), ((1, 67, 5, 91), (3,)),
                                         ((3, 40, 30, 11), (1, 2)), ((1, 41, 900), (1,)), ((70, 600), (0,)), ((7, 9000), (0, 1))])
def test_reduce(tmp_path, op, function, shape, axes):
    x = numbers("FLOAT32", shape) if op != "REDUCE_PROD" else (1 + numbers("FLOAT32", shape) / 50).astype(np.float32)
    model, graph, source = begin("FLOAT32", shape)
    expected = function(x.astype(np.float64), axis=axes)
    graph.op(op, [source, graph.const("axes", np.int32(axes))], [graph.output("y", "FLOAT32", list(expected.shape))], keep_dims=False)
    np.testing.assert_allclose(run(tmp_path, model, x)[0], expected, rtol=2e-3 if op == "REDUCE_PROD" else 2e-5, atol=2e-4)


@pytest.mark.parametrize("shape, axes", [((1, 19, 23, 61), (1, 2)), ((1, 6, 7, 1300), (1, 2)), ((1, 67, 5, 91), (3,)),
                                         ((3, 40, 30, 11), (1, 2))])
def test_mean_of_bytes(tmp_path, shape, axes):
    x = numbers("INT8", shape)
    model, graph, source = begin("INT8", shape, quantization(0.5, 3))
    mean = (x.astype(np.float64).mean(axis=axes) - 3) * 0.5 / 0.1 - 20
    graph.op("MEAN", [source, graph.const("axes", np.int32(axes))],
             [graph.output("y", "INT8", list(mean.shape), quant=quantization(0.1, -20))], keep_dims=False)
    assert np.abs(run(tmp_path, model, x)[0] - np.clip(mean, -128, 127)).max() < 1.01  # the factor is cut, not rounded


@pytest.mark.parametrize("dtype", ["FLOAT32", "INT8"])
@pytest.mark.parametrize("height, width, depth, columns", [(7, 7, 160, 320), (1, 47, 64, 200), (1, 49, 96, 130), (5, 29, 33, 70),
                                                           (14, 14, 40, 72), (1, 1, 800, 500), (59, 61, 8, 24)])
def test_products(tmp_path, dtype, height, width, depth, columns):
    x = numbers(dtype, (1, height, width, depth))
    weights = numbers(dtype, (columns, 1, 1, depth))
    quants = [quantization(scale, zero) for scale, zero in ((0.05, 3), (0.01, 0), (0.6, -4))] if dtype == "INT8" else [None] * 3
    model, graph, source = begin(dtype, x.shape, quants[0])
    y = graph.output("y", dtype, [1, height, width, columns], quant=quants[2])
    bias = no_bias(graph, columns, quants[0])
    graph.op("CONV_2D", [source, graph.const("w", weights, quants[1]), bias], [y], padding="VALID", stride_w=1, stride_h=1)
    got = run(tmp_path, model, x)[0]
    wide = weights.reshape(columns, depth).astype(np.float64)
    if dtype == "FLOAT32":
        np.testing.assert_allclose(got, x.astype(np.float64) @ wide.T, rtol=1e-4, atol=1e-4)
    else:
        expected = np.clip((x.astype(np.float64) - 3) @ wide.T * 0.05 * 0.01 / 0.6 - 4, -128, 127)
        assert np.abs(got - expected).max() < 0.51


@pytest.mark.parametrize("dtype", ["FLOAT32", "INT8"])
@pytest.mark.parametrize("height, stride", [(1, 1), (2, 1), (7, 1), (14, 1), (15, 2), (93, 1)])
def test_depthwise_and_pool(tmp_path, dtype, height, stride):
    shape, channels = (2, height, 40, 65), 65
    x = numbers(dtype, shape)
    quants = [quantization(scale, zero) for scale, zero in ((0.05, 3), (0.01, 0), (0.1, -4))] if dtype == "INT8" else [None] * 3
    model, graph, source = begin(dtype, shape, quants[0])
    out = [2, -(-height // stride), -(-40 // stride), channels]
    middle = graph.tensor("m", dtype, out, quant=quants[2])
    weights = graph.const("w", numbers(dtype, (1, 3, 3, channels)), quants[1])
    graph.op("DEPTHWISE_CONV_2D", [source, weights, no_bias(graph, channels, quants[0])], [middle], padding="SAME",
             stride_w=stride, stride_h=stride, depth_multiplier=1)
    graph.op("AVERAGE_POOL_2D", [middle], [graph.output("y", dtype, out, quant=quants[2])], padding="SAME", stride_w=1, stride_h=1,
             filter_width=3, filter_height=3)
    assert np.isfinite(run(tmp_path, model, x)[0].astype(np.float64)).all()


@pytest.mark.parametrize("dtype", ["FLOAT32", "INT8", "UINT8"])
@pytest.mark.parametrize("op", ["RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR"])
def test_resize(tmp_path, op, dtype):
    shape, size = (2, 31, 17, 9), [67, 53]
    x = numbers(dtype, shape) if dtype != "UINT8" else RANDOM.integers(0, 256, shape).astype(np.uint8)
    quant = quantization(0.5, 3) if dtype != "FLOAT32" else None
    model, graph, source = begin(dtype, shape, quant)
    graph.op(op, [source, graph.const("size", np.int32(size))], [graph.output("y", dtype, [2, *size, 9], quant=quant)],
             align_corners=True)
    got = run(tmp_path, model, x)[0]
    corners, expected = got[:, ::66, ::52].astype(np.float64), x[:, ::30, ::16].astype(np.float64)
    # INT8 positions have ten bits of fraction.
    assert np.abs(corners - expected).max() <= (20 if op == "RESIZE_BILINEAR" and dtype == "INT8" else 0)


def test_quantize_and_dequantize(tmp_path):
    shape, quant = (3, 41, 37, 11), quantization(0.02, -5)
    x = numbers("FLOAT32", shape)
    model, graph, source = begin("FLOAT32", shape)
    a, b = graph.tensor("a", "INT8", shape, quant=quant), graph.tensor("b", "INT8", shape, quant=quantization(0.04, 7))
    graph.op("QUANTIZE", [source], [a])
    graph.op("QUANTIZE", [a], [b])
    graph.op("DEQUANTIZE", [b], [graph.output("y", "FLOAT32", shape)])
    got = run(tmp_path, model, x)[0]
    assert np.abs(got - np.clip(x, (-128 - -5) * 0.02, (127 - -5) * 0.02)).max() < 0.02 + 0.04


@pytest.mark.parametrize("operator", ["CONV_2D", "DEPTHWISE_CONV_2D"])
@pytest.mark.parametrize("nan_at", [(), (0,), (1, 4999), (5000, 5001), tuple(range(4990, 6700)), tuple(range(3000, 10000))])
def test_hybrid_image(tmp_path, nan_at, operator):
    """One scale for a whole image, whose range is found in parts: NaN counts at the first place only."""
    shape = (1, 25, 20, 20)
    plain = operator == "CONV_2D"
    columns = 9 if plain else shape[3]
    x = numbers("FLOAT32", shape)
    x.flat[list(nan_at)] = np.nan
    w = RANDOM.integers(-127, 128, (columns, 1, 1, shape[3]) if plain else (1, 3, 3, columns)).astype(np.int8)
    model, graph, source = begin("FLOAT32", shape)
    inputs = [source, graph.const("w", w, quantization(0.01, 0)), no_bias(graph, columns, None)]
    more = {} if plain else {"depth_multiplier": 1}
    graph.op(operator, inputs, [graph.output("y", "FLOAT32", [*shape[:3], columns])], stride_h=1, stride_w=1, **more)
    y = run(tmp_path, model, x)[0]
    if plain and not nan_at:
        scale = np.abs(x).max() / np.float32(127)
        expected = np.round(x / scale) @ w.reshape(columns, -1).T.astype(np.float32) * scale * np.float32(0.01)
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)
