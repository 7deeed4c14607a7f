"""WHILE loops as recurrent layers are made of: those that run in a shorter way give what the graph says, bit for bit, and
those that look alike but are not run turn by turn."""

import json

import numpy as np
import pytest
from conftest import FAILED, linnet, refused
from tflite_builder import Model, quantization

UNITS, INPUTS = 24, 20


def i32(values):
    return np.array(values, np.int32)


def weights(graph, name, columns, kind):
    values = np.random.default_rng(len(name)).normal(0, 0.3, (UNITS, columns)).astype(np.float32)
    if kind == "float":
        return graph.const(name, values)
    scale = np.abs(values).max() / 127
    return graph.const(name, np.round(values / scale).astype(np.int8), quant=quantization([float(scale)], [0]))


def set_element(graph, items, index, following, value, shape):
    """list with list[index] = value, as the converter writes it."""
    def vector(scalar, rest):
        one = graph.tensor(f"one{scalar}", "INT32", [1])
        graph.op("RESHAPE", [scalar, graph.const(f"shape{scalar}", i32([1]))], [one])
        both = graph.tensor(f"vector{scalar}", "INT32", [3])
        graph.op("CONCATENATION", [one, graph.const(f"rest{scalar}", i32([rest, rest]))], [both], axis=0)
        return both

    before, after = graph.tensor("before", "FLOAT32", shape), graph.tensor("after", "FLOAT32", shape)
    graph.op("SLICE", [items, graph.const("begin", i32([0, 0, 0])), vector(index, -1)], [before])
    graph.op("SLICE", [items, vector(following, 0), graph.const("size", i32([-1, -1, -1]))], [after])
    element = graph.tensor("element", "FLOAT32", [1, 1, UNITS])
    graph.op("RESHAPE", [value, graph.const("element_shape", i32([1, 1, UNITS]))], [element])
    joined = graph.output("list_after", "FLOAT32", shape)
    graph.op("CONCATENATION", [before, element, after], [joined], axis=0)
    return joined


def cell(body, both):
    """[a, b] -> tanh([logistic(a) * tanh(b) - 0.25, the second part of b, the first]), by nodes that are light to run."""
    def tensor(name, width):
        return body.tensor(name, "FLOAT32", [1, width])

    half = UNITS // 2
    a, b, gate, curve, product, shifted = (tensor(name, half) for name in ("a", "b", "gate", "curve", "product", "shifted"))
    body.op("SPLIT", [body.const("axis", i32(1)), both], [a, b], num_splits=2)
    body.op("LOGISTIC", [a], [gate])
    body.op("TANH", [b], [curve])
    body.op("MUL", [gate, curve], [product])
    body.op("SUB", [product, body.const("quarter", np.float32([[0.25]]))], [shifted])
    parts = []
    for begin, end in ((half + 5, UNITS), (half, half + 5)):
        parts.append(tensor(f"part{begin}", end - begin))
        body.op("STRIDED_SLICE", [both, *(body.const(f"{name}{begin}", i32(values)) for name, values in
                                          (("from", [0, begin]), ("to", [0, end]), ("steps", [1, 1])))], [parts[-1]],
                begin_mask=1, end_mask=1)
    joined, after = tensor("joined", UNITS), tensor("h_after", UNITS)
    body.op("CONCATENATION", [shifted, *parts], [joined], axis=1)
    body.op("TANH", [joined], [after])
    return after


def recurrent(kind="float", steps=60, turns=60, plain=True, step=1):
    """t, list, h, x -> all: h = cell(x[t] W + h U), list[t] = h. Where it is not `plain` the list's next
    index is found by a subtraction, which nobody takes for what it is."""
    model = Model()
    main, condition, body = model.subgraph("main"), model.subgraph("condition"), model.subgraph("body")
    shapes = {"t": ("INT32", []), "list": ("FLOAT32", [steps, 1, UNITS]), "h": ("FLOAT32", [1, UNITS]),
              "x": ("FLOAT32", [steps, 1, INPUTS])}
    state = [main.input(name, *shape) for name, shape in shapes.items()]
    main.op("WHILE", state, [main.output(f"{name}_out", *shape) for name, shape in shapes.items()], cond_subgraph_index=1,
            body_subgraph_index=2)
    t, *_ = [condition.input(name, *shape) for name, shape in shapes.items()]
    condition.op("LESS", [t, condition.const("turns", i32(turns))], [condition.output("more", "BOOL", [])])

    t, items, h, x = [body.input(name, *shape) for name, shape in shapes.items()]
    following = body.output("t_after", "INT32", [])
    if plain:
        body.op("ADD", [t, body.const("by", i32(step))], [following])
    else:
        body.op("SUB", [t, body.const("by", i32(-step))], [following])
    by_x, by_h, both = (body.tensor(name, "FLOAT32", [1, UNITS]) for name in ("by_x", "by_h", "both"))
    element = body.tensor("x_t", "FLOAT32", [1, INPUTS])
    body.op("FULLY_CONNECTED", [h, weights(body, "u", UNITS, kind)], [by_h])
    body.op("GATHER", [x, t], [element], axis=0)
    body.op("FULLY_CONNECTED", [element, weights(body, "wx", INPUTS, kind)], [by_x])
    body.op("ADD", [by_x, by_h], [both])
    after = cell(body, both)
    joined = set_element(body, items, t, following, after, [steps, 1, UNITS])
    body.outputs[:] = [following, joined, after, x]
    return model


def run(tmp_path, model, start=0, steps=60, threads=1, code=None):
    random = np.random.default_rng(3)
    inputs = {"t": i32(start), "list": random.normal(0, 1, (steps, 1, UNITS)).astype(np.float32),
              "h": random.normal(0, 1, (1, UNITS)).astype(np.float32),
              "x": random.normal(0, 1, (steps, 1, INPUTS)).astype(np.float32)}
    arguments = []
    for name, values in inputs.items():
        np.save(tmp_path / f"{name}.npy", values)
        arguments += ["--input", f"{name}={tmp_path / name}.npy"]
    path, folder = tmp_path / "loop.tflite", tmp_path / "out"
    folder.mkdir(exist_ok=True)
    model.save(path)
    command = ["run", path, *arguments, "--threads", threads]
    if code is not None:
        return refused(*command, code=code)
    linnet(*command, "--output-dir", folder)
    report = json.loads(linnet("bench", path, "--runs", 1, "--warmup", 0, "--profile", "--json"))
    return inputs, [np.load(folder / f"output{i}.npy") for i in range(4)], [node["operator"] for node in report["nodes"]]


@pytest.mark.parametrize("kind", ["float", "hybrid"])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("start", [0, 7, 59, 60])
def test_recurrent(tmp_path, kind, threads, start):
    inputs, short, ran = run(tmp_path, recurrent(kind), start, threads=threads)
    _, long, all_ran = run(tmp_path, recurrent(kind, plain=False), start, threads=threads)
    for a, b in zip(short, long):
        np.testing.assert_array_equal(a, b)
    assert short[0] == 60
    np.testing.assert_array_equal(short[1][:start], inputs["list"][:start])
    np.testing.assert_array_equal(short[3], inputs["x"])
    if start < 60:
        np.testing.assert_array_equal(short[1][59], short[2])
    assert "SLICE" not in ran and "GATHER" not in ran and "TANH" not in ran
    assert "SLICE" in all_ran and "TANH" in all_ran


def test_arithmetic(tmp_path):
    inputs, results, _ = run(tmp_path, recurrent())
    h = inputs["h"]
    u = np.random.default_rng(1).normal(0, 0.3, (UNITS, UNITS)).astype(np.float32)
    w = np.random.default_rng(2).normal(0, 0.3, (UNITS, INPUTS)).astype(np.float32)
    for t in range(60):
        a, b = np.split(inputs["x"][t] @ w.T + h @ u.T, 2, axis=1)
        h = np.tanh(np.concatenate([np.tanh(b) / (1 + np.exp(-a)) - 0.25, b[:, 5:], b[:, :5]], axis=1))
        np.testing.assert_allclose(results[1][t], h, atol=2e-5)


def test_other_step(tmp_path):
    """Every second element: the list's second part begins behind the next turn's element, which nobody takes for t + 1."""
    _, _, ran = run(tmp_path, recurrent(step=2, turns=0), 0)
    assert "WHILE" in ran


@pytest.mark.parametrize("plain", [True, False])
def test_beyond_the_list(tmp_path, plain):
    sentence = run(tmp_path, recurrent(turns=61, plain=plain), code=FAILED)
    assert "60" in sentence


def test_all_tensors(tmp_path):
    """Where every tensor is kept, every node runs."""
    path = tmp_path / "loop.tflite"
    recurrent().save(path)
    linnet("compare", path, path, "--all-tensors")
