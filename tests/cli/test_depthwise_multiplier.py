"""DEPTHWISE_CONV_2D of bytes with several filters a channel: the results are those of as many channels with one filter each."""

import numpy as np
import pytest
from conftest import linnet
from tflite_builder import Model, quantization

RANDOM = np.random.default_rng(12)


def model(path, dtype, shape, weights, multiplier, stride, dilation):
    height, width = -(-shape[1] // stride), -(-shape[2] // stride)
    graph_model = Model()
    graph = graph_model.subgraph("main")
    x = graph.input("x", dtype, shape, quant=quantization(0.05, 3))
    w = graph.const("w", weights, quantization(0.01, 0 if dtype == "INT8" else 120))
    bias = graph.const("b", np.arange(weights.shape[3], dtype=np.int32) * 50, quantization(0.05 * 0.01, 0))
    y = graph.output("y", dtype, [shape[0], height, width, weights.shape[3]], quant=quantization(0.07, 11))
    graph.op("DEPTHWISE_CONV_2D", [x, w, bias], [y], padding="SAME", stride_w=stride, stride_h=stride,
             dilation_w_factor=dilation, dilation_h_factor=dilation, depth_multiplier=multiplier)
    graph_model.save(path)


@pytest.mark.parametrize("dtype", ["INT8", "UINT8"])
@pytest.mark.parametrize("channels, multiplier, taps, stride, dilation", [(3, 8, 3, 2, 1), (5, 2, 5, 1, 1), (2, 3, 3, 1, 2),
                                                                          (32, 2, 3, 1, 1), (7, 19, 3, 1, 1)])
def test_multiplier(tmp_path, dtype, channels, multiplier, taps, stride, dilation):
    low = -127 if dtype == "INT8" else 0
    shape = [2, 13, 17, channels]
    x = RANDOM.integers(low, low + 255, shape).astype(dtype.lower())
    weights = RANDOM.integers(low, low + 255, (1, taps, taps, channels * multiplier)).astype(dtype.lower())
    results = []
    for name, values, times in (("several", x, multiplier), ("one", np.repeat(x, multiplier, axis=3), 1)):
        model(tmp_path / f"{name}.tflite", dtype, list(values.shape), weights, times, stride, dilation)
        np.save(tmp_path / f"{name}.npy", values)
        for threads in (1, 2):
            folder = tmp_path / f"{name}{threads}"
            folder.mkdir()
            linnet("run", tmp_path / f"{name}.tflite", "--input", f"x={tmp_path / name}.npy", "--threads", threads,
                   "--output-dir", folder)
            results.append(np.load(folder / "output0.npy"))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)
