"""Operators on arrays refuse what their data or shapes cannot mean, in one sentence that names node and operator."""
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tflite_builder import Model, string_data

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "build" / "release" / "linnet"
I32, F32 = np.int32, np.float32
X23 = np.arange(6, dtype=F32).reshape(2, 3)
WORDS = np.array([b"a", b"bc", b"d"], object)

# operator, inputs, output types, part of the sentence, options
CASES = [
    ("FILL", [I32([2, -1]), F32(1)], ["FLOAT32"], "would be -1", {}),
    ("FILL", [I32([[2]]), F32(1)], ["FLOAT32"], "a vector and a scalar", {}),
    ("FILL", [I32([2**31 - 1] * 4), F32(1)], ["FLOAT32"], "overflows", {}),
    ("FILL", [I32([2**31 - 1]), np.array(b"x", object)], ["STRING"], "too many", {}),
    ("SELECT", [np.array([True, False, True]), X23, X23], ["FLOAT32"], "one for each first index", {}),
    ("SELECT", [np.array(True), X23, X23.T], ["FLOAT32"], "shapes differ", {}),
    ("SELECT_V2", [np.array([True, False]), X23, X23], ["FLOAT32"], "do not broadcast", {}),
    ("SELECT_V2", [I32([1, 0, 1]), X23, X23], ["FLOAT32"], "must be BOOL", {}),
    ("REVERSE_V2", [X23, I32([0, 0])], ["FLOAT32"], "twice", {}),
    ("REVERSE_V2", [X23, I32([2])], ["FLOAT32"], "axis is 2", {}),
    ("REVERSE_SEQUENCE", [X23, I32([1, 4])], ["FLOAT32"], "seq_lengths[1] is 4", {"seq_dim": 1, "batch_dim": 0}),
    ("REVERSE_SEQUENCE", [X23, I32([1, -1])], ["FLOAT32"], "seq_lengths[1] is -1", {"seq_dim": 1, "batch_dim": 0}),
    ("REVERSE_SEQUENCE", [X23, I32([1, 1])], ["FLOAT32"], "two different ones", {"seq_dim": 0, "batch_dim": 0}),
    ("ONE_HOT", [I32([1]), I32(-1), F32(1), F32(0)], ["FLOAT32"], "at least 0", {"axis": -1}),
    ("ONE_HOT", [I32([1]), I32(3), F32(1), F32(0)], ["FLOAT32"], "axis is 2", {"axis": 2}),
    ("DYNAMIC_UPDATE_SLICE", [X23, X23.T, I32([0, 0])], ["FLOAT32"], "at most the operand's", {}),
    ("DYNAMIC_UPDATE_SLICE", [X23, X23, I32([0])], ["FLOAT32"], "a vector of 2", {}),
    ("SPARSE_TO_DENSE", [I32([[0, 3]]), I32([2, 3]), F32([1]), F32(0)], ["FLOAT32"], "must be in [0, 3)", {}),
    ("SPARSE_TO_DENSE", [I32([[0, -1]]), I32([2, 3]), F32([1]), F32(0)], ["FLOAT32"], "is -1", {}),
    ("SPARSE_TO_DENSE", [I32([0, 1]), I32([4]), F32([1]), F32(0)], ["FLOAT32"], "1 values for 2 places", {}),
    ("SPACE_TO_BATCH_ND", [X23[None], I32([2]), I32([[0, 1]])], ["FLOAT32"], "not whole blocks", {}),
    ("SPACE_TO_BATCH_ND", [X23[None], I32([0]), I32([[0, 0]])], ["FLOAT32"], "block 0", {}),
    ("BATCH_TO_SPACE_ND", [X23[None], I32([2]), I32([[0, 0]])], ["FLOAT32"], "not whole blocks", {}),
    ("BATCH_TO_SPACE_ND", [X23[None], I32([1]), I32([[2, 1]])], ["FLOAT32"], "extent -1", {}),
    ("MATRIX_SET_DIAG", [X23, F32([1, 2, 3])], ["FLOAT32"], "2 is right", {}),
    ("BITCAST", [np.zeros((2, 3), np.int8)], ["INT32"], "must be 4", {}),
    ("RANGE", [I32(3), I32(1), I32(1)], ["INT32"], "must lead there", {}),
    ("RANGE", [I32(0), I32(1), I32(0)], ["INT32"], "must lead there", {}),
    ("RANGE", [np.int64(-2**62), np.int64(2**62), np.int64(1)], ["INT64"], "elements", {}),
    ("RANGE", [F32(0), F32(np.inf), F32(1)], ["FLOAT32"], "elements", {}),
    ("RANGE", [F32(0), F32(np.nan), F32(1)], ["FLOAT32"], "must lead there", {}),
    ("WHERE", [np.array(True)], ["INT64"], "rank 0", {}),
    ("ADD_N", [X23, X23[:1]], ["FLOAT32"], "differs from input 0", {}),
    ("UNIQUE", [X23], ["FLOAT32", "INT32"], "1 is right", {"idx_out_type": "INT32"}),
    ("PRELU", [X23, F32([1, 2])], ["FLOAT32"], "do not broadcast", {}),
    ("PRELU", [X23[:1], np.ones((2, 3), F32)], ["FLOAT32"], "alpha has extent 2", {}),
    ("CUMSUM", [X23, I32(2)], ["FLOAT32"], "axis is 2", {}),
    ("UNSORTED_SEGMENT_SUM", [X23, I32([0, 2]), I32(2)], ["FLOAT32"], "there are 2 segments", {}),
    ("UNSORTED_SEGMENT_MAX", [X23, I32([0, 1, 1]), I32(2)], ["FLOAT32"], "must be equal", {}),
    ("UNSORTED_SEGMENT_MIN", [X23, I32([0, 1]), I32(-1)], ["FLOAT32"], "at least 0", {}),
    ("BUCKETIZE", [X23], ["INT32"], "must be sorted", {"boundaries": [2.0, 1.0]}),
    ("REAL", [X23], ["FLOAT32"], "COMPLEX64 or COMPLEX128", {}),
    ("RIGHT_SHIFT", [X23, X23], ["FLOAT32"], "is right", {}),
    ("GATHER", [WORDS, I32([0, 3])], ["STRING"], "must be in [0, 3)", {"axis": 0}),
    ("GATHER_ND", [WORDS, I32([[-1]])], ["STRING"], "is -1", {}),
    ("SLICE", [WORDS, I32([2]), I32([2])], ["STRING"], "size[0] is 2", {}),
    ("TILE", [WORDS, I32([-1])], ["STRING"], "at least 0", {}),
    ("EQUAL", [WORDS, WORDS[:2]], ["BOOL"], "do not broadcast", {}),
    ("LESS", [WORDS, WORDS], ["BOOL"], "is right", {}),
]


@pytest.mark.parametrize("known", [True, False], ids=["constants", "data"])
@pytest.mark.parametrize("operator, inputs, types, sentence, options", CASES,
                         ids=[f"{i}-{case[0]}" for i, case in enumerate(CASES)])
def test_refused(tmp_path, operator, inputs, types, sentence, options, known):
    model = Model()
    graph = model.subgraph("main")
    tensors, arguments = [], []
    for i, value in enumerate(inputs):
        array = np.asarray(value)
        strings = array.dtype == object
        dtype = "STRING" if strings else array.dtype.name.upper()
        if known or strings:
            tensors.append(graph.tensor(f"c{i}", dtype, array.shape, string_data(list(array.ravel())) if strings else array))
        else:
            tensors.append(graph.input(f"x{i}", dtype, array.shape))
            np.save(tmp_path / f"x{i}.npy", array)
            arguments += ["--input", f"x{i}={tmp_path / f'x{i}.npy'}"]
    graph.op(operator, tensors, [graph.output(f"y{i}", dtype, [1]) for i, dtype in enumerate(types)], **options)
    path = tmp_path / "model.tflite"
    model.save(path)
    done = subprocess.run([COMMAND, "run", path, *arguments], capture_output=True, text=True, timeout=60)
    assert done.returncode == 4, f"exit code {done.returncode}, stderr: {done.stderr}"
    assert f"subgraph 0, node 0 {operator}: " in done.stderr and sentence in done.stderr, done.stderr
