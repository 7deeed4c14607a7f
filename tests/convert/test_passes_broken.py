"""Passes over models that make no sense: operators with too few inputs, inputs left out, constants of wrong shapes, orders and
axes out of range, options of nothing. linnet optimize says what is wrong or writes a model; it never ends otherwise.

LINNET_FUZZ_MODELS says how many; LINNET_COMMAND_PATH names a build with sanitizers for more than a glance."""

import os
import random
import subprocess

import numpy as np

from calling import command
from tflite_builder import Model

COUNT = int(os.environ.get("LINNET_FUZZ_MODELS", "250"))
UNARY = ["RELU", "RELU6", "EXP", "SQUARE", "SQRT", "RSQRT", "NEG", "SOFTMAX", "TANH", "GELU", "LOG", "RESHAPE", "SQUEEZE", "LOGISTIC", "CAST",
         "MAX_POOL_2D", "L2_NORMALIZATION", "UNPACK"]
BINARY = ["ADD", "SUB", "MUL", "DIV", "MAXIMUM", "MINIMUM", "POW", "SQUARED_DIFFERENCE", "BATCH_MATMUL", "FULLY_CONNECTED", "CONV_2D",
          "DEPTHWISE_CONV_2D", "TRANSPOSE", "PAD", "MEAN", "SUM", "REDUCE_MAX", "RESHAPE", "EXPAND_DIMS", "TILE", "SPLIT", "BROADCAST_TO",
          "RESIZE_NEAREST_NEIGHBOR", "CONCATENATION", "PACK"]
TERNARY = ["CONV_2D", "FULLY_CONNECTED", "SLICE", "SPACE_TO_BATCH_ND", "BATCH_TO_SPACE_ND", "SPLIT_V", "TRANSPOSE_CONV", "CONCATENATION",
           "DEPTHWISE_CONV_2D"]
OPTIONS = {"CONV_2D": {"padding": 1, "stride_w": 1, "stride_h": 1}, "DEPTHWISE_CONV_2D": {"padding": 0, "stride_w": 1, "stride_h": 1},
           "MEAN": {"keep_dims": True}, "SUM": {"keep_dims": True}, "REDUCE_MAX": {"keep_dims": True}, "SOFTMAX": {"beta": 1.0},
           "FULLY_CONNECTED": {"keep_num_dims": True}, "CONCATENATION": {"axis": -1}, "PACK": {"axis": 9, "values_count": 2},
           "UNPACK": {"axis": -7, "num": 1}}


def shape_of(r):
    return [r.choice([0, 1, 1, 2, 3, 4, 4]) for _ in range(r.choice([0, 1, 2, 3, 4, 4, 4, 5, 6]))]


def constant(r, graph, number):
    shape = shape_of(r)
    if r.random() < 0.5:
        shape = shape[:1] if r.random() < 0.8 else [len(shape), 2]
        return graph.const(f"i{number}", np.array([r.choice([-9, -1, 0, 1, 2, 3, 2**31 - 1, -2**31]) for _ in range(int(np.prod(shape)))],
                                                  np.int32).reshape(shape))
    values = [r.choice([0.0, 1.0, -1.0, 2.0, 0.5, 3.0, 6.0, float("nan"), float("inf"), 1e-40])] * int(np.prod(shape))
    return graph.const(f"c{number}", np.array(values, np.float32).reshape(shape))


def model(r):
    made = Model()
    graph = made.subgraph("main")
    shape = [1, 4, 4, 4] if r.random() < 0.7 else shape_of(r)
    values = [graph.input("x", "FLOAT32", shape), graph.input("z", "FLOAT32", shape_of(r))]
    for number in range(r.randrange(1, 14)):
        count, names = r.choice([(1, UNARY), (2, BINARY), (2, BINARY), (3, TERNARY)])
        name = r.choice(names)
        inputs = [r.choice(values[-3:]) if k == 0 or r.random() < 0.4 else constant(r, graph, f"{number}_{k}") for k in range(count)]
        if r.random() < 0.02:
            inputs[r.randrange(count)] = -1
        if r.random() < 0.02:
            inputs.pop()
        outputs = [graph.tensor(f"t{number}_{k}", "FLOAT32", shape if r.random() < 0.8 else shape_of(r))
                   for k in range(r.choice([1, 1, 1, 1, 2, 0]) if r.random() < 0.1 else 1)]
        graph.op(name, inputs, outputs, **(OPTIONS.get(name, {}) if r.random() < 0.9 else {}))
        values += outputs
    graph.outputs += values[-2:]
    return made


def test_no_model_breaks_it(tmp_path):
    source, target = tmp_path / "m.tflite", tmp_path / "o.tflite"
    written = 0
    for seed in range(COUNT):
        model(random.Random(seed)).save(source)
        target.unlink(missing_ok=True)
        done = subprocess.run([command.COMMAND, "optimize", source, "-o", target, "--report", tmp_path / "page"], capture_output=True, timeout=60)
        assert done.returncode in (command.OK, command.INPUT), f"seed {seed}: {done.returncode} {done.stderr.decode()[-3000:]}"
        assert (done.returncode == command.OK) == target.exists(), f"seed {seed}"
        written += done.returncode == command.OK
    assert written > COUNT / 4
