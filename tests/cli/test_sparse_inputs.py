"""A sparse constant has less data than its shape says: operators that do not unpack it refuse it."""

import subprocess

import numpy as np
import pytest
from conftest import COMMAND, FAILED

from op_cases.sparse import compress
from tflite_builder import Model

PERMUTATION = np.array([1, 0], np.int32)
BINARY = ("ADD", "SUB", "MUL", "DIV", "MAXIMUM", "POW", "EQUAL", "SQUARED_DIFFERENCE", "STABLEHLO_ADD", "STABLEHLO_DIVIDE",
          "STABLEHLO_COMPARE")
UNARY = ("SIN", "SOFTMAX", "LOGISTIC", "RELU", "CAST", "L2_NORMALIZATION", "STABLEHLO_TANH", "STABLEHLO_RESHAPE",
         "STABLEHLO_CONVERT")
WITH = {"TRANSPOSE": PERMUTATION, "GATHER": PERMUTATION, "SUM": PERMUTATION, "TILE": np.array([1, 1], np.int32),
        "RESHAPE": np.array([64, 64], np.int32), "STABLEHLO_PAD": np.zeros((), np.float32)}
OPTIONS = {"STABLEHLO_PAD": {"edge_padding_low": [0, 0], "edge_padding_high": [0, 0], "interior_padding": [0, 0]},
           "CAST": {"in_data_type": "FLOAT32", "out_data_type": "FLOAT32"}}


@pytest.mark.parametrize("operator", [*BINARY, *UNARY, *WITH])
def test_is_refused(tmp_path, operator):
    dense = np.zeros((64, 64), np.float32)
    dense[3, 5] = 2
    values, sparsity = compress(dense, [0, 1], "dc", [], [])
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [64, 64])
    sparse = graph.tensor("sparse", "FLOAT32", [64, 64], np.array(values, np.float32), sparsity=sparsity)
    inputs = [x, sparse] if operator in BINARY else [sparse]
    if operator in WITH:
        inputs.append(graph.const("c", WITH[operator]))
    dtype = "BOOL" if operator in ("EQUAL", "STABLEHLO_COMPARE") else "FLOAT32"
    graph.op(operator, inputs, [graph.output("y", dtype, [64, 64])], **OPTIONS.get(operator, {}))
    path = tmp_path / "model.tflite"
    model.save(path)
    done = subprocess.run([COMMAND, "run", path], capture_output=True, text=True, timeout=60)
    assert done.returncode == FAILED and f"{operator}: input {len(inputs) > 1 and operator in BINARY:d} is sparse" in done.stderr
