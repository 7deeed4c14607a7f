"""How far a conversion is stands on a terminal, if it takes long; nowhere else."""

import os
import pty
import subprocess

import numpy as np
import pytest

from calling import command
from tflite_builder import Model


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A model whose constants take a while to fold."""
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [1])
    at = graph.const("c", np.ones((1, 20, 32, 32, 8), np.float32))
    weights = graph.const("w", np.full((9, 9, 9, 8, 8), 1e-3, np.float32))
    for i in range(60):
        after = graph.tensor(f"t{i}", "FLOAT32", [1, 20, 32, 32, 8])
        graph.op("CONV_3D", [at, weights], [after], padding=0, stride_d=1, stride_w=1, stride_h=1, dilation_d_factor=1, dilation_w_factor=1,
                 dilation_h_factor=1)
        at = after
    total = graph.tensor("total", "FLOAT32", [])
    graph.op("MEAN", [at, graph.const("axes", np.arange(5, dtype=np.int32))], [total])
    graph.op("ADD", [x, total], [graph.output("y", "FLOAT32", [1])])
    path = tmp_path_factory.mktemp("slow") / "slow.tflite"
    model.save(path)
    return path


def on_terminal(*arguments):
    """What the command writes on stderr where that is a terminal."""
    ours, theirs = pty.openpty()
    done = subprocess.Popen([command.COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    text = b""
    try:
        while piece := os.read(ours, 4096):
            text += piece
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    assert done.wait(timeout=120) == 0
    return text.decode()


def test_a_line_that_goes_away(slow, tmp_path):
    text = on_terminal("optimize", slow, "-o", tmp_path / "out.tflite")
    assert "optimizing, round 1: " in text and " %)" in text and "\n" not in text
    assert text.startswith("\r") and text.endswith("\r\033[K")


def test_quiet(slow, tmp_path):
    assert on_terminal("optimize", slow, "-o", tmp_path / "out.tflite", "--quiet") == ""


def test_nothing_where_it_is_no_terminal(slow, tmp_path):
    assert command.linnet("optimize", slow, "-o", tmp_path / "out.tflite") == ""


def test_nothing_where_it_is_fast(tmp_path):
    assert on_terminal("optimize", command.DATA / "chain.tflite", "-o", tmp_path / "out.tflite") == ""
