"""Sparse weights of FULLY_CONNECTED: what they say is checked, and they are never made dense."""

import subprocess

import numpy as np
import pytest
from conftest import COMMAND, INPUT

from op_cases.sparse import compress
from tflite_builder import Model


def save(path, shape, values, sparsity):
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [1, shape[1]])
    w = graph.tensor("w", "FLOAT32", shape, np.array(values, np.float32), sparsity=sparsity)
    graph.op("FULLY_CONNECTED", [x, w], [graph.output("y", "FLOAT32", [1, shape[0]])], version=8)
    model.save(path)


def run(path):
    return subprocess.run([COMMAND, "run", path], capture_output=True, text=True, timeout=60)


def indices(*values):
    return "Int32Vector", {"values": list(values)}


def test_large_ones_need_no_dense_copy(tmp_path):
    side = 1 << 20  # 4 TiB of floats
    levels = [{"format": 1, "array_segments": indices(0, 2), "array_indices": indices(3, side - 1)},
              {"format": 1, "array_segments": indices(0, 1, 3), "array_indices": indices(5, 0, side - 1)}]
    save(tmp_path / "large.tflite", [side, side], [1, 2, 3], {"traversal_order": [0, 1], "dim_metadata": levels})
    done = run(tmp_path / "large.tflite")
    assert done.returncode == 0, done.stderr


def broken(level, key, change):
    """A change of one level's table."""
    def apply(levels):
        table, content = levels[level][key]
        values = list(content["values"])
        change(values)
        levels[level][key] = table, {"values": values}
    return apply


CHANGES = {
    "index_too_large": broken(1, "array_indices", lambda v: v.__setitem__(0, 4)),
    "index_far_too_large": broken(1, "array_indices", lambda v: v.__setitem__(-1, 2**31 - 1)),
    "index_negative": broken(1, "array_indices", lambda v: v.__setitem__(0, -1)),
    "segments_decrease": broken(1, "array_segments", lambda v: v.__setitem__(1, v[2] + 1)),
    "segments_begin_late": broken(1, "array_segments", lambda v: v.__setitem__(0, 1)),
    "segments_end_late": broken(1, "array_segments", lambda v: v.__setitem__(-1, v[-1] + 1)),
    "segments_missing": broken(1, "array_segments", lambda v: v.pop()),
    "indices_missing": broken(1, "array_indices", lambda v: v.pop()),
    "rows_wrong": lambda levels: levels[0].__setitem__("dense_size", 5),
    "block_does_not_divide": lambda levels: levels[2].__setitem__("dense_size", 3),
    "block_of_nothing": lambda levels: levels[2].__setitem__("dense_size", 0),
    "values_missing": None,
}


@pytest.mark.parametrize("name", CHANGES)
def test_wrong_ones_are_refused(tmp_path, name):
    dense = np.zeros((6, 16), np.float32)
    dense[1, 4:8], dense[3, 0:4], dense[3, 12:16] = 1, 2, 3
    values, sparsity = compress(dense, (0, 1, 2), "dcd", (1,), (4,))
    levels = sparsity["dim_metadata"]
    for key in ("array_segments", "array_indices"):
        levels[1][key] = "Int32Vector", levels[1][key][1]
    if name == "values_missing":
        values = values[:-1]
    else:
        save(tmp_path / "right.tflite", [6, 16], values, sparsity)
        assert run(tmp_path / "right.tflite").returncode == 0
        CHANGES[name](levels)
    save(tmp_path / "wrong.tflite", [6, 16], values, sparsity)
    done = run(tmp_path / "wrong.tflite")
    assert done.returncode == INPUT and "spars" in done.stderr + done.stdout, done.stderr


def test_the_last_of_equal_places_counts(tmp_path):
    levels = [{"format": 0, "dense_size": 1},
              {"format": 1, "array_segments": indices(0, 3), "array_indices": indices(7, 2, 7)}]
    save(tmp_path / "twice.tflite", [1, 16], [5, 1, 2], {"traversal_order": [0, 1], "dim_metadata": levels})
    np.save(tmp_path / "x.npy", np.ones((1, 16), np.float32))
    subprocess.run([COMMAND, "run", tmp_path / "twice.tflite", "--input", f"x={tmp_path / 'x.npy'}", "--output-dir", tmp_path],
                   check=True, capture_output=True, timeout=60)
    assert np.load(tmp_path / "output0.npy").item() == 3
