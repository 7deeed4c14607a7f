"""Each optimization pass on a model of its own: what it makes of the operators, that outputs stay what they were, and that
its switch turns it off."""

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from calling import command
from tflite_builder import Model

F = np.float32
PASSES = ["fold", "identity", "strength", "resizes", "transposes", "reshapes", "pieces", "common", "clips", "relus", "hard_swish", "gelu",
          "l2_norm", "softmax", "layer_norm", "attention", "dilations", "depthwise", "dense", "pads", "movers", "scales", "following", "chains",
          "activations"]
TO_NCHW, TO_NHWC = np.int32([0, 3, 1, 2]), np.int32([0, 2, 3, 1])


class Builder:
    """A model of one subgraph, operator by operator; every operator's output is its return value."""

    def __init__(self, shape=(1, 6, 6, 4)):
        self.model = Model()
        self.graph = self.model.subgraph("main")
        self.x = self.graph.input("x", "FLOAT32", list(shape))
        self.shapes = {self.x: tuple(shape)}

    def op(self, name, *inputs, shape=None, dtype="FLOAT32", **options):
        tensors = [value if value in self.shapes else self.graph.const(f"c{len(self.shapes)}", np.asarray(value))
                   for value in map(self.key, inputs)]
        shape = self.shapes[self.key(inputs[0])] if shape is None else tuple(shape)
        result = self.graph.tensor(f"t{len(self.shapes)}", dtype, list(shape))
        self.shapes[result] = shape
        self.graph.op(name, tensors, [result], **options)
        return result

    def key(self, value):
        return Array(value) if isinstance(value, (np.ndarray, np.generic)) else value

    def save(self, path, *outputs):
        for output in outputs:
            self.graph.outputs.append(output)
        self.model.save(path)


class Array(np.ndarray):
    """Constants that can be looked up in a dict without being equal to anything."""

    def __new__(cls, value):
        return np.asarray(value).view(cls)

    __hash__ = object.__hash__

    def __eq__(self, other):
        return self is other


def conv(b, x, shape=None, padding=0, **options):
    w = np.random.default_rng(1).normal(size=(4, 3, 3, 4)).astype(F)
    return b.op("CONV_2D", x, w, np.arange(4, dtype=F), shape=shape, padding=padding, stride_w=1, stride_h=1, **options)


def scales(b):
    y = conv(b, b.x)
    return b.op("ADD", b.op("MUL", y, F([1, 2, 3, 4])), F([5, 6, 7, 8]))


def activations(b):
    return b.op("RELU6", conv(b, b.x))


def pads(b):
    y = b.op("PAD", b.x, np.int32([[0, 0], [1, 1], [1, 1], [0, 0]]), shape=(1, 8, 8, 4))
    return conv(b, y, shape=(1, 6, 6, 4), padding=1)


def transposes(b):
    y = b.op("TRANSPOSE", b.x, TO_NCHW, shape=(1, 4, 6, 6))
    y = b.op("RELU", b.op("MUL", y, np.arange(4, dtype=F).reshape(4, 1, 1)))
    return b.op("TRANSPOSE", y, TO_NHWC, shape=(1, 6, 6, 4))


def reshapes(b):
    y = b.op("RESHAPE", b.x, np.int32([1, 36, 4]), shape=(1, 36, 4))
    return b.op("RESHAPE", y, np.int32([36, 4]), shape=(36, 4))


def depthwise(b):
    w = np.random.default_rng(1).normal(size=(8, 3, 3, 1)).astype(F)
    return b.op("CONV_2D", b.x, w, np.arange(8, dtype=F), shape=(1, 3, 3, 8), padding=0, stride_w=2, stride_h=2)


def dense(b):
    y = b.op("RESHAPE", b.x, np.int32([36, 4]), shape=(36, 4))
    w = np.random.default_rng(1).normal(size=(5, 4)).astype(F)
    y = b.op("FULLY_CONNECTED", y, w, np.arange(5, dtype=F), shape=(36, 5))
    return b.op("RESHAPE", y, np.int32([1, 6, 6, 5]), shape=(1, 6, 6, 5))


def common(b):
    return b.op("ADD", b.op("EXP", b.x), b.op("EXP", b.x))


def identity(b):
    return b.op("EXP", b.op("ADD", b.op("MUL", b.x, F([1])), F([0, 0, 0, 0])))


def fold(b):
    c = b.op("EXP", np.arange(4, dtype=F), shape=(4,))
    return b.op("SUB", b.x, b.op("SQUARE", c))


def clips(b):
    return b.op("MINIMUM", b.op("MAXIMUM", b.x, F(0)), F(6))


def hard_swish(b):
    return b.op("MUL", b.op("MUL", b.x, b.op("RELU6", b.op("ADD", b.x, F(3)))), F(1 / 6))


def gelu(b):
    cube = b.op("MUL", b.op("POW", b.x, F(3)), F(0.044715))
    gate = b.op("TANH", b.op("MUL", b.op("ADD", b.x, cube), F(0.7978846)))
    return b.op("MUL", b.op("MUL", b.x, F(0.5)), b.op("ADD", gate, F(1)))


def l2_norm(b):
    total = b.op("SUM", b.op("SQUARE", b.x), np.int32([3]), shape=(1, 6, 6, 1), keep_dims=True)
    return b.op("MUL", b.x, b.op("RSQRT", b.op("MAXIMUM", total, F(1e-12))))


def strength(b):
    return b.op("ADD", b.op("POW", b.op("DIV", b.x, F(4)), F(2)), b.op("NEG", b.op("MUL", b.x, b.x)))


def resizes(b):
    y = b.op("RESHAPE", b.x, np.int32([1, 6, 1, 6, 4]), shape=(1, 6, 1, 6, 4))
    y = b.op("TILE", y, np.int32([1, 1, 3, 1, 1]), shape=(1, 6, 3, 6, 4))
    y = b.op("RESHAPE", y, np.int32([1, 18, 6, 4]), shape=(1, 18, 6, 4))
    return b.op("RESIZE_NEAREST_NEIGHBOR", y, np.int32([18, 12]), shape=(1, 18, 12, 4))


def pieces(b):
    both = b.op("CONCATENATION", b.x, b.op("EXP", b.x), shape=(1, 6, 6, 8), axis=3)
    return b.op("SLICE", both, np.int32([0, 1, 0, 4]), np.int32([1, 3, 6, -1]), shape=(1, 3, 6, 4))


def relus(b):
    return b.op("RELU", b.op("RELU6", b.op("RELU", b.op("EXP", b.x))))


def softmax(b):
    x = b.op("MUL", b.x, F(0.5))
    e = b.op("EXP", b.op("SUB", x, b.op("REDUCE_MAX", x, np.int32([3]), shape=(1, 6, 6, 1), keep_dims=True)))
    return b.op("DIV", e, b.op("SUM", e, np.int32([-1]), shape=(1, 6, 6, 1), keep_dims=True))


def layer_norm(b):
    """As TensorFlow writes it: x * s + (beta - mean * s)."""
    mean = b.op("MEAN", b.x, np.int32([3]), shape=(1, 6, 6, 1), keep_dims=True)
    variance = b.op("MEAN", b.op("SQUARED_DIFFERENCE", b.x, mean), np.int32([3]), shape=(1, 6, 6, 1), keep_dims=True)
    s = b.op("MUL", b.op("RSQRT", b.op("ADD", variance, F(1e-3))), F([1, 2, 3, 4]), shape=(1, 6, 6, 4))
    return b.op("ADD", b.op("MUL", b.x, s), b.op("SUB", F([4, 3, 2, 1]), b.op("MUL", mean, s, shape=(1, 6, 6, 4)), shape=(1, 6, 6, 4)))


def attention(b):
    """Scores of queries that a layer made, their scale behind the product, keys transposed; a constant product behind."""
    q = b.op("FULLY_CONNECTED", b.x, np.random.default_rng(1).normal(size=(4, 4)).astype(F), shape=(1, 6, 6, 4), keep_num_dims=True)
    k = b.op("TRANSPOSE", b.x, np.int32([0, 1, 3, 2]), shape=(1, 6, 4, 6))
    y = b.op("MUL", b.op("BATCH_MATMUL", q, k, shape=(1, 6, 6, 6)), F(0.5))
    return b.op("BATCH_MATMUL", y, np.random.default_rng(2).normal(size=(6, 3)).astype(F), shape=(1, 6, 6, 3))


def dilations(b):
    w = np.random.default_rng(1).normal(size=(4, 3, 3, 4)).astype(F)
    y = b.op("SPACE_TO_BATCH_ND", b.x, np.int32([2, 2]), np.int32([[2, 2], [2, 2]]), shape=(4, 5, 5, 4))
    y = b.op("CONV_2D", y, w, np.arange(4, dtype=F), shape=(4, 3, 3, 4), padding=1, stride_w=1, stride_h=1)
    return b.op("BATCH_TO_SPACE_ND", y, np.int32([2, 2]), np.int32([[0, 0], [0, 0]]), shape=(1, 6, 6, 4))


def movers(b):
    """A bias for each head and its elements, behind the reshape that makes heads."""
    y = b.op("FULLY_CONNECTED", b.x, np.random.default_rng(1).normal(size=(4, 4)).astype(F), shape=(1, 6, 6, 4), keep_num_dims=True)
    y = b.op("RESHAPE", y, np.int32([1, 36, 2, 2]), shape=(1, 36, 2, 2))
    return b.op("RELU", b.op("ADD", y, F([[1, 2], [3, 4]])))


def following(b):
    y = b.op("ADD", b.op("MUL", b.x, F([1, 2, 3, 4])), F([5, 6, 7, 8]))
    w = np.random.default_rng(1).normal(size=(4, 4)).astype(F)
    left, right = (b.op("FULLY_CONNECTED", y, w * k, shape=(1, 6, 6, 4), keep_num_dims=True) for k in (F(1), F(2)))
    return b.op("SUB", left, right)


def chains(b):
    y = b.op("ADD", b.op("MUL", b.op("EXP", b.x), F([1, 2, 3, 4])), F([5, 6, 7, 8]))
    return b.op("ADD", b.op("MUL", y, F(3)), F([4, 3, 2, 1]))


# What each of them leaves, with all passes and with all but its own.
CASES = {
    "scales": (scales, ["CONV_2D"], ["CONV_2D", "MUL", "ADD"]),
    "activations": (activations, ["CONV_2D"], ["CONV_2D", "RELU6"]),
    "pads": (pads, ["CONV_2D"], ["PAD", "CONV_2D"]),
    "transposes": (transposes, ["MUL"], ["TRANSPOSE", "MUL", "TRANSPOSE"]),
    "reshapes": (reshapes, ["RESHAPE"], ["RESHAPE", "RESHAPE"]),
    "depthwise": (depthwise, ["DEPTHWISE_CONV_2D"], ["CONV_2D"]),
    "dense": (dense, ["FULLY_CONNECTED"], ["RESHAPE", "FULLY_CONNECTED", "RESHAPE"]),
    "common": (common, ["EXP", "ADD"], ["EXP", "EXP", "ADD"]),
    "identity": (identity, ["EXP"], ["MUL", "ADD", "EXP"]),
    "fold": (fold, ["SUB"], ["EXP", "SQUARE", "SUB"]),
    "strength": (strength, ["MUL", "SQUARE", "SQUARE", "SUB"], ["DIV", "POW", "MUL", "NEG", "ADD"]),
    "resizes": (resizes, ["RESIZE_NEAREST_NEIGHBOR"], ["RESHAPE", "TILE", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR"]),
    "pieces": (pieces, ["EXP", "SLICE"], ["EXP", "CONCATENATION", "SLICE"]),
    "relus": (relus, ["EXP", "RELU6"], ["EXP", "RELU", "RELU6", "RELU"]),
    "softmax": (softmax, ["SOFTMAX"], ["MUL", "REDUCE_MAX", "SUB", "EXP", "SUM", "DIV"]),
    "layer_norm": (layer_norm, ["MEAN", "SUB", "SQUARE", "MEAN", "ADD", "RSQRT", "MUL", "MUL", "ADD"],
                   ["MEAN", "SQUARED_DIFFERENCE", "MEAN", "ADD", "RSQRT", "MUL", "MUL", "MUL", "SUB", "ADD"]),
    "attention": (attention, ["FULLY_CONNECTED", "BATCH_MATMUL", "FULLY_CONNECTED"],
                  ["FULLY_CONNECTED", "TRANSPOSE", "BATCH_MATMUL", "MUL", "BATCH_MATMUL"]),
    "dilations": (dilations, ["CONV_2D"], ["SPACE_TO_BATCH_ND", "CONV_2D", "BATCH_TO_SPACE_ND"]),
    "movers": (movers, ["FULLY_CONNECTED", "RESHAPE"], ["FULLY_CONNECTED", "RESHAPE", "ADD"]),
    "following": (following, ["FULLY_CONNECTED", "FULLY_CONNECTED", "SUB"],
                  ["MUL", "ADD", "FULLY_CONNECTED", "FULLY_CONNECTED", "SUB"]),
    "chains": (chains, ["EXP", "MUL", "ADD"], ["EXP", "MUL", "ADD", "MUL", "ADD"]),
    "clips": (clips, ["RELU6"], ["MAXIMUM", "MINIMUM"]),
    "hard_swish": (hard_swish, ["HARD_SWISH"], ["ADD", "MUL", "MUL"]),
    "gelu": (gelu, ["GELU"], ["POW", "MUL", "ADD", "MUL", "TANH", "MUL", "ADD", "MUL"]),
    "l2_norm": (l2_norm, ["L2_NORMALIZATION"], ["SQUARE", "SUM", "MAXIMUM", "RSQRT", "MUL"]),
}


def run(path):
    interpreter = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    detail, = interpreter.get_input_details()
    interpreter.set_tensor(detail["index"], np.random.default_rng(3).normal(size=detail["shape"]).astype(F) * 4)
    interpreter.invoke()
    return ([d["op_name"] for d in interpreter._get_ops_details()],
            interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def test_every_pass_has_a_case():
    assert sorted(PASSES) == sorted(CASES)


@pytest.mark.parametrize("name", PASSES)
def test_pass(name, tmp_path):
    make, with_it, without_it = CASES[name]
    builder = Builder()
    builder.save(tmp_path / "source.tflite", make(builder))
    said = command.linnet("optimize", tmp_path / "source.tflite", "-o", tmp_path / "with.tflite", "--dump-passes")
    assert f"{name}: " in said
    said = command.linnet("optimize", tmp_path / "source.tflite", "-o", tmp_path / "without.tflite", "--skip", name,
                          "--dump-passes")
    assert f"{name}: " not in said
    wanted = run(tmp_path / "source.tflite")[1]
    for path, operators in (("with", with_it), ("without", without_it)):
        got = run(tmp_path / f"{path}.tflite")
        assert got[0] == operators
        assert np.allclose(got[1], wanted, rtol=1e-5, atol=2e-5 * np.abs(wanted).max())


def test_transposes_go_through_what_has_lists_and_broadcasts(tmp_path):
    """PRELU, SLICE, TILE, PADV2 and a value of one element, with channels first."""
    builder = Builder()
    y = builder.op("TRANSPOSE", builder.x, TO_NCHW, shape=(1, 4, 6, 6))
    y = builder.op("PRELU", y, F([1, 2, 3, 4]).reshape(4, 1, 1))
    y = builder.op("SLICE", y, np.int32([0, 1, 2, 0]), np.int32([-1, 2, 3, -1]), shape=(1, 2, 3, 6))
    y = builder.op("TILE", y, np.int32([1, 2, 1, 3]), shape=(1, 4, 3, 18))
    y = builder.op("PADV2", y, np.int32([[0, 0], [1, 0], [0, 2], [3, 0]]), F(7), shape=(1, 5, 5, 21))
    y = builder.op("MUL", y, builder.op("MEAN", builder.x, np.int32([0, 1, 2, 3]), shape=(1, 1, 1, 1), keep_dims=True))
    builder.save(tmp_path / "source.tflite", builder.op("TRANSPOSE", y, TO_NHWC, shape=(1, 5, 21, 5)))
    command.linnet("optimize", tmp_path / "source.tflite", "-o", tmp_path / "out.tflite")
    operators, got = run(tmp_path / "out.tflite")
    assert operators == ["PRELU", "SLICE", "TILE", "PADV2", "MEAN", "MUL"]
    assert np.allclose(got, run(tmp_path / "source.tflite")[1], rtol=1e-5, atol=1e-5)


def test_transposes_of_what_was_reshaped(tmp_path):
    """Channels are weighed by a dense layer of their means, with channels first; a transpose that moves ones is a reshape."""
    b = Builder()
    y = b.op("TRANSPOSE", b.x, TO_NCHW, shape=(1, 4, 6, 6))
    z = b.op("MEAN", y, np.int32([2, 3]), shape=(1, 4))
    z = b.op("FULLY_CONNECTED", z, np.random.default_rng(2).normal(size=(4, 4)).astype(F), np.arange(4, dtype=F), shape=(1, 4))
    z = b.op("RESHAPE", b.op("LOGISTIC", z), np.int32([1, 4, 1, 1]), shape=(1, 4, 1, 1))
    y = b.op("TRANSPOSE", b.op("MUL", y, z), TO_NHWC, shape=(1, 6, 6, 4))
    y = b.op("MAX_POOL_2D", y, shape=(1, 1, 1, 4), padding=1, stride_w=6, stride_h=6, filter_width=6, filter_height=6)
    b.save(tmp_path / "source.tflite", b.op("TRANSPOSE", y, TO_NCHW, shape=(1, 4, 1, 1)))
    command.linnet("optimize", tmp_path / "source.tflite", "-o", tmp_path / "out.tflite")
    operators, got = run(tmp_path / "out.tflite")
    assert operators == ["MEAN", "FULLY_CONNECTED", "LOGISTIC", "RESHAPE", "MUL", "MAX_POOL_2D", "RESHAPE"]
    assert np.allclose(got, run(tmp_path / "source.tflite")[1], rtol=1e-5, atol=1e-5)


def test_an_intermediate_output_stays(tmp_path):
    """What is an output of the model is computed, whatever could be fused."""
    builder = Builder()
    y = conv(builder, builder.x)
    z = builder.op("RELU", y)
    builder.save(tmp_path / "source.tflite", z, y)
    command.linnet("optimize", tmp_path / "source.tflite", "-o", tmp_path / "out.tflite")
    assert run(tmp_path / "out.tflite")[0] == ["CONV_2D", "RELU"]
