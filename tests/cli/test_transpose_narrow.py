"""TRANSPOSE of 8 and 16 bits, which goes by blocks: shapes that fill them and shapes that do not."""

import numpy as np
import pytest
from conftest import linnet
from tflite_builder import Model, quantization

RANDOM = np.random.default_rng(21)


@pytest.mark.parametrize("dtype", ["INT8", "UINT8", "INT16"])
@pytest.mark.parametrize("shape, order", [([1, 64, 40, 24], [0, 3, 1, 2]), ([2, 5, 13, 17], [0, 3, 1, 2]), ([1, 3, 70, 9], [0, 2, 3, 1]),
                                          ([3, 71, 83], [2, 1, 0]), ([4, 8, 8], [0, 2, 1]), ([2, 3, 9, 11], [3, 1, 2, 0])])
@pytest.mark.parametrize("threads", [1, 2])
def test_transpose(tmp_path, dtype, shape, order, threads):
    x = RANDOM.integers(0, 256 if dtype != "INT16" else 1 << 16, shape)
    x = x.astype(np.uint16 if dtype == "INT16" else np.uint8).view(dtype.lower())
    np.save(tmp_path / "x.npy", x)
    model = Model()
    graph = model.subgraph("main")
    quant = {"quant": quantization(0.05, 0)}
    graph.op("TRANSPOSE", [graph.input("x", dtype, shape, **quant), graph.const("order", np.array(order, np.int32))],
             [graph.output("y", dtype, [shape[i] for i in order], **quant)])
    model.save(tmp_path / "m.tflite")
    linnet("run", tmp_path / "m.tflite", "--input", f"x={tmp_path / 'x.npy'}", "--threads", threads, "--output-dir", tmp_path)
    np.testing.assert_array_equal(np.load(tmp_path / "output0.npy"), x.transpose(order))
