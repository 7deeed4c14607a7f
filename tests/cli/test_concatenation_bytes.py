"""CONCATENATION of uint8 tensors whose scales differ: each is brought to the output's, in float32."""

import numpy as np
import pytest
from conftest import linnet
from tflite_builder import Model, quantization

RANDOM = np.random.default_rng(8)
OUTPUT = (0.031, 140)


def brought(x, scale, zero_point):
    factor = np.float32(scale) * (np.float32(1) / np.float32(OUTPUT[0]))
    value = x.astype(np.float32) * factor - np.float32(zero_point) * factor
    rounded = np.sign(value) * np.floor(np.abs(value.astype(np.float64)) + 0.5)
    return np.clip(rounded + OUTPUT[1], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("axis", [1, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_scales(tmp_path, axis, threads):
    model = Model()
    graph = model.subgraph("main")
    inputs, options, expected, total = [], [], [], 0
    for i, quant in enumerate([(0.05, 120), OUTPUT, (0.011, 3), (0.09, 255)]):
        shape = [1, 40, 33, 21]
        shape[axis] = 5 + 7 * i
        total += shape[axis]
        x = RANDOM.integers(0, 256, shape).astype(np.uint8)
        np.save(tmp_path / f"x{i}.npy", x)
        inputs.append(graph.input(f"x{i}", "UINT8", shape, quant=quantization(*quant)))
        options += ["--input", f"x{i}={tmp_path}/x{i}.npy"]
        expected.append(x if quant == OUTPUT else brought(x, *quant))
    shape[axis] = total
    graph.op("CONCATENATION", inputs, [graph.output("y", "UINT8", shape, quant=quantization(*OUTPUT))], axis=axis)
    model.save(tmp_path / "m.tflite")
    linnet("run", tmp_path / "m.tflite", *options, "--threads", threads, "--output-dir", tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "output0.npy"), np.concatenate(expected, axis=axis))
