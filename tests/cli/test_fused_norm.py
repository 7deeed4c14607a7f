"""Layer normalization in the forms that converters write: it runs as the one MEAN that it begins with, and gives what the
single nodes give, which run where the tensors between them are outputs too, or are read elsewhere."""

import json

import numpy as np
import pytest
from conftest import linnet, refused
from test_fused import Chain

SHAPE, ONES = [2, 9, 8, 37], [2, 9, 8, 1]
SCALE, SHIFT = np.random.default_rng(8).normal(0, 1, (2, 37)).astype(np.float32)


def inverse(c, x, square, axis=-1, keep_dims=True):
    """MEAN x, x - MEAN x where it is made, and 1 / sqrt(variance + epsilon)."""
    mean = c.op("MEAN", ONES, c.const(np.int32([axis])), first=x, keep_dims=keep_dims)
    difference = None
    if square == "SQUARED_DIFFERENCE":
        squares = c.op(square, SHAPE, mean, first=x)
    else:
        difference = c.op("SUB", SHAPE, mean, first=x)
        squares = c.op(square, SHAPE, *([difference] if square == "MUL" else []), first=difference)
    c.op("MEAN", ONES, c.const(np.int32([axis])), first=squares, keep_dims=keep_dims)
    c.op("ADD", ONES, c.const(np.float32(1e-3)))
    return mean, difference, c.op("RSQRT", ONES)


def two_products(c, x, rest):
    """x * factor + rest, as TensorFlow's batch normalization; `rest` is a negated product, or a difference."""
    mean, _, factor = inverse(c, x, "SQUARED_DIFFERENCE", axis=3)
    factor = c.op("MUL", SHAPE, factor, first=c.const(SCALE.reshape(1, 1, 1, 37)))
    if rest == "SUB":
        moved = c.op("SUB", SHAPE, c.op("MUL", SHAPE, factor, first=mean), first=c.const(SHIFT))
    else:
        moved = c.op("MUL", SHAPE, factor, first=c.op("NEG", ONES, first=mean))
        if rest == "ADD":
            moved = c.op("ADD", SHAPE, c.const(SHIFT))
    c.op("ADD", SHAPE, c.op("MUL", SHAPE, factor, first=x), first=moved)


def difference_of_products(c, x):
    mean, _, factor = inverse(c, x, "SQUARED_DIFFERENCE")
    moved = c.op("MUL", SHAPE, mean, first=factor)
    c.op("SUB", SHAPE, moved, first=c.op("MUL", SHAPE, factor, first=x))


def centered(c, x, square, scale, shift):
    mean, difference, factor = inverse(c, x, square)
    if difference is None:
        difference = c.op("SUB", SHAPE, mean, first=x)
    c.op("MUL", SHAPE, difference, first=factor)
    if scale:
        c.op("MUL", SHAPE, c.const(SCALE))
    if shift:
        c.op("ADD", SHAPE, c.last, first=c.const(SHIFT))


FORMS = {"negated": lambda c, x: two_products(c, x, "NEG"), "negated_shifted": lambda c, x: two_products(c, x, "ADD"),
         "shift_less_product": lambda c, x: two_products(c, x, "SUB"), "difference_of_products": difference_of_products,
         **{f"centered_{square.lower()}_{scale}{shift}": lambda c, x, a=(square, scale, shift): centered(c, x, *a)
            for square, scale, shift in (("SQUARE", 0, 0), ("MUL", 1, 0), ("SQUARED_DIFFERENCE", 0, 1), ("SQUARE", 1, 1))}}


def results(tmp_path, build, **options):
    """What the model gives with and without the fusion, and which operators ran in the first."""
    x = np.random.default_rng(1).normal(1, 3, SHAPE).astype(np.float32)
    x[1, 2, 3] = 0  # no variance
    np.save(tmp_path / "x.npy", x)
    found, ran = [], None
    for visible in (False, True):
        chain = Chain(visible, SHAPE)
        chain.op("ABS", SHAPE)
        build(chain, chain.last)
        chain.op("TANH", SHAPE, last=True)
        path, folder = tmp_path / f"{visible}.tflite", tmp_path / str(visible)
        chain.model.save(path)
        folder.mkdir()
        threads = options.get("threads", 1)
        linnet("run", path, "--input", f"x={tmp_path / 'x.npy'}", "--threads", threads, "--output-dir", folder)
        found.append(np.load(folder / f"output{len(list(folder.iterdir())) - 1}.npy"))
        if not visible:
            report = json.loads(linnet("bench", path, "--runs", 1, "--warmup", 0, "--profile", "--json"))
            ran = sorted(node["operator"] for node in report["nodes"])
    return *found, ran


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("threads", [1, 2])
def test_one_node(tmp_path, form, threads):
    got, expected, ran = results(tmp_path, FORMS[form], threads=threads)
    assert ran == ["ABS", "MEAN", "TANH"]
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=3e-6)


def read_elsewhere(c, x):
    mean, _, factor = inverse(c, x, "SQUARED_DIFFERENCE")
    c.op("MUL", SHAPE, factor, first=c.op("SUB", SHAPE, mean, first=x))
    c.op("ADD", SHAPE, mean)


def other_axis(c, x):
    mean = c.op("MEAN", [2, 1, 8, 37], c.const(np.int32([1])), first=x, keep_dims=True)
    d = c.op("SUB", SHAPE, mean, first=x)
    c.op("MEAN", [2, 1, 8, 37], c.const(np.int32([1])), first=c.op("SQUARE", SHAPE), keep_dims=True)
    c.op("ADD", [2, 1, 8, 37], c.const(np.float32(1e-3)))
    c.op("MUL", SHAPE, d, first=c.op("RSQRT", [2, 1, 8, 37]))


def another_mean(c, x):
    """What is centered around another tensor's mean is no norm; that one is made by a MEAN itself."""
    y = c.op("TANH", SHAPE, first=x)
    mean, _, factor = inverse(c, y, "SQUARED_DIFFERENCE")
    c.op("MUL", SHAPE, factor, first=c.op("SUB", SHAPE, mean, first=x))


@pytest.mark.parametrize("build, nodes", [(read_elsewhere, 8), (other_axis, 7), (another_mean, 8)])
def test_left_alone(tmp_path, build, nodes):
    got, expected, ran = results(tmp_path, build)
    assert len(ran) == nodes + 2
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("shape", [(3, 1, 2, 37), (4, 37), (2, 3, 1)])
def test_resized(tmp_path, shape):
    """Shapes for which the norm was not made are what the single nodes make of them: a rank of 2, one channel for all factors."""
    chain = Chain(False, SHAPE)
    centered(chain, chain.op("ABS", SHAPE), "SQUARE", 1, 1)
    chain.op("TANH", SHAPE, last=True)
    chain.model.save(tmp_path / "m.tflite")
    x = np.random.default_rng(2).normal(1, 3, shape).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    run = ["run", tmp_path / "m.tflite", "--input", f"x={tmp_path / 'x.npy'}", "--shape", "x=" + "x".join(map(str, shape))]
    linnet(*run, "--output-dir", tmp_path)
    y = np.abs(x).astype(np.float64)
    y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-3) * SCALE + SHIFT
    np.testing.assert_allclose(np.load(tmp_path / "output0.npy"), np.tanh(y), rtol=1e-5, atol=3e-6)


def test_resized_wrong(tmp_path):
    """Channels that the constants have not: the sentence names the file's node."""
    chain = Chain(False, SHAPE)
    centered(chain, chain.op("ABS", SHAPE), "SQUARE", 1, 1)
    chain.op("TANH", SHAPE, last=True)
    chain.model.save(tmp_path / "m.tflite")
    np.save(tmp_path / "x.npy", np.zeros((2, 5), np.float32))
    sentence = refused("run", tmp_path / "m.tflite", "--input", f"x={tmp_path / 'x.npy'}", "--shape", "x=2x5", code=4)
    assert "node 8 MUL: the inputs' dimensions 5 and 37 do not broadcast" in sentence
