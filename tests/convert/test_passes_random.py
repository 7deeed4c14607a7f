"""Passes over random models that make sense: outputs stay what they were, as the original runtime computes them. The models are
put together from the pieces that passes look for, so that patterns come close to each other, overlap and just miss.

LINNET_RANDOM_MODELS says how many."""

import os
import random

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from calling import command
from test_passes import Builder, F

COUNT = int(os.environ.get("LINNET_RANDOM_MODELS", "120"))
I = np.int32


class Random:
    """Operators by chance over the values that are there."""

    def __init__(self, seed):
        self.r = random.Random(seed)
        self.n = np.random.default_rng(seed)
        self.b = Builder(self.r.choice([(1, 4, 6, 4), (2, 4, 4, 4), (1, 6, 4), (2, 3, 4, 2)]))
        self.values = [self.b.x]

    def shape(self, x):
        return self.b.shapes[x]

    def pick(self):
        return self.r.choice(self.values[-4:])

    def channels(self, shape):
        if self.r.random() < 0.4:
            return F(self.r.choice([0, 1, -1, 0.5, 2, 3, 6, 1 / 6, 0.25]))
        return self.n.uniform(0.5, 1.5, shape[-1:]).astype(F)

    def reduce(self, name, x, axes=(-1,)):
        shape = [1 if i in axes or i - len(self.shape(x)) in axes else extent for i, extent in enumerate(self.shape(x))]
        return self.b.op(name, x, I(list(axes)), shape=shape, keep_dims=True)

    def unary(self, x):
        return self.b.op(self.r.choice(["RELU", "RELU6", "TANH", "NEG", "SQUARE", "LOGISTIC", "RELU_N1_TO_1", "ABS"]), x)

    def constant(self, x):
        return self.b.op(self.r.choice(["ADD", "MUL", "SUB", "MUL", "ADD", "MAXIMUM", "MINIMUM"]), x, self.channels(self.shape(x)))

    def divide(self, x):
        return self.b.op("DIV", x, F(self.r.choice([2, 6, 4, -3])))

    def power(self, x):
        positive = self.b.op("ADD", self.b.op("SQUARE", x), F(0.5))
        return self.b.op("POW", positive, F(self.r.choice([2, 0.5, -0.5, 1, 3])))

    def root(self, x):
        positive = self.b.op("ADD", self.b.op("SQUARE", x), F(0.5))
        return self.b.op("DIV", self.r.choice([x, F(1)]), self.b.op("SQRT", positive), shape=self.shape(x))

    def both(self, x):
        others = [y for y in self.values if self.shape(y) == self.shape(x)]
        return self.b.op(self.r.choice(["ADD", "SUB", "MUL", "SQUARED_DIFFERENCE"]), x, self.r.choice(others))

    def transpose(self, x):
        order = list(range(len(self.shape(x))))
        self.r.shuffle(order)
        if self.r.random() < 0.4:
            order = order[:0] + sorted(order)[:-2] + sorted(order)[-1:] + sorted(order)[-2:-1]
        return self.b.op("TRANSPOSE", x, I(order), shape=[self.shape(x)[i] for i in order])

    def reshape(self, x):
        shape = list(self.shape(x))
        if len(shape) < 5 and self.r.random() < 0.5:
            i = self.r.randrange(len(shape))
            shape[i:i + 1] = [2, shape[i] // 2] if shape[i] % 2 == 0 else [1, shape[i]]
        elif len(shape) > 2:
            i = self.r.randrange(len(shape) - 1)
            shape[i:i + 2] = [shape[i] * shape[i + 1]]
        return self.b.op("RESHAPE", x, I(shape), shape=shape)

    def pad(self, x):
        pads = [[0, 0]] + [[self.r.choice([0, 0, 1]), self.r.choice([0, 1])] for _ in self.shape(x)[1:]]
        return self.b.op("PAD", x, I(pads), shape=[n + a + b for n, (a, b) in zip(self.shape(x), pads)])

    def slice(self, x):
        begin = [self.r.randrange(n) for n in self.shape(x)]
        size = [self.r.choice([-1, self.r.randrange(1, n - a + 1)]) for n, a in zip(self.shape(x), begin)]
        return self.b.op("SLICE", x, I(begin), I(size), shape=[n - a if s < 0 else s for n, a, s in zip(self.shape(x), begin, size)])

    def concat(self, x):
        others = [y for y in self.values if self.shape(y) == self.shape(x)]
        axis = self.r.randrange(len(self.shape(x)))
        parts = [x, self.r.choice(others)] + ([self.r.choice(others)] if self.r.random() < 0.3 else [])
        shape = list(self.shape(x))
        shape[axis] *= len(parts)
        return self.b.op("CONCATENATION", *parts, shape=shape, axis=self.r.choice([axis, axis - len(shape)]))

    def dense(self, x):
        w = self.n.normal(size=(4, self.shape(x)[-1])).astype(F)
        bias = [self.n.normal(size=4).astype(F)] if self.r.random() < 0.5 else []
        return self.b.op("FULLY_CONNECTED", x, w, *bias, shape=(*self.shape(x)[:-1], 4), keep_num_dims=True)

    def conv(self, x):
        if len(self.shape(x)) != 4:
            return self.dense(x)
        n, h, w, c = self.shape(x)
        k, same = self.r.choice([1, 2, 3]), self.r.random() < 0.6 or min(h, w) < 3
        depthwise = self.r.random() < 0.3
        weights = self.n.normal(size=(1, k, k, c) if depthwise else (4, k, k, c)).astype(F)
        shape = (n, h, w, weights.shape[3 if depthwise else 0]) if same else (n, h - k + 1, w - k + 1, weights.shape[3 if depthwise else 0])
        options = {"depth_multiplier": 1} if depthwise else {}
        return self.b.op("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", x, weights, np.zeros(shape[-1], F), shape=shape,
                         padding=0 if same else 1, stride_w=1, stride_h=1, **options)

    def norm(self, x):
        rank = len(self.shape(x))
        axes = (-1,) if self.r.random() < 0.6 or rank < 4 else (1, 2)
        mean = self.reduce("MEAN", x, axes)
        d = self.b.op("SUB", x, mean)
        squares = self.b.op("SQUARED_DIFFERENCE", x, mean) if self.r.random() < 0.5 else self.b.op("SQUARE", d)
        inverse = self.b.op("RSQRT", self.b.op("ADD", self.reduce("MEAN", squares, axes), F(1e-3)))
        gamma, beta = self.channels(self.shape(x)), self.n.normal(size=self.shape(x)[-1:]).astype(F)
        if self.r.random() < 0.5:
            return self.b.op("ADD", self.b.op("MUL", self.b.op("MUL", d, inverse), gamma), beta)
        whole = np.broadcast_shapes(self.shape(inverse), np.shape(gamma))
        s = self.b.op("MUL", inverse, gamma, shape=whole)
        small = np.broadcast_shapes(whole, self.shape(mean))
        if self.r.random() < 0.5:
            rest = self.b.op("SUB", beta, self.b.op("MUL", mean, s, shape=small), shape=np.broadcast_shapes(small, beta.shape))
        else:
            rest = self.b.op("ADD", self.b.op("MUL", self.b.op("NEG", mean), s, shape=small), beta, shape=np.broadcast_shapes(small, beta.shape))
        return self.b.op("ADD", self.b.op("MUL", x, s), rest)

    def softmax(self, x):
        x = self.b.op("TANH", x)
        z = self.b.op("SUB", x, self.reduce("REDUCE_MAX", x)) if self.r.random() < 0.7 else x
        if self.r.random() < 0.4:
            z = self.b.op("MUL", z, F(self.r.choice([0.5, 2, -1])))
        e = self.b.op("EXP", z)
        total = self.reduce("SUM", e, self.r.choice([(-1,), (-1,), (-2,)]))
        return self.b.op("DIV", e, total) if self.r.random() < 0.5 else self.b.op("MUL", e, self.b.op("DIV", F(1), total, shape=self.shape(total)))

    def matmul(self, x):
        *batch, m, k = self.shape(x)
        if self.r.random() < 0.3:
            return self.b.op("BATCH_MATMUL", x, self.n.normal(size=(k, 3)).astype(F), shape=(*batch, m, 3))
        y = self.b.op("TRANSPOSE", x, I([*range(len(batch)), len(batch) + 1, len(batch)]), shape=(*batch, k, m))
        y = self.b.op("BATCH_MATMUL", x, y, shape=(*batch, m, m))
        return self.b.op("MUL", y, F(0.25)) if self.r.random() < 0.6 else y

    def split(self, x):
        axis = self.r.randrange(len(self.shape(x)))
        if self.shape(x)[axis] % 2:
            return self.unary(x)
        shape = list(self.shape(x))
        shape[axis] //= 2
        halves = [self.b.graph.tensor(f"s{len(self.b.shapes)}_{i}", "FLOAT32", shape) for i in range(2)]
        for half in halves:
            self.b.shapes[half] = tuple(shape)
        self.b.graph.op("SPLIT", [self.b.graph.const(f"a{len(self.b.shapes)}", I(axis)), x], halves, num_splits=2)
        if self.r.random() < 0.5:
            return self.b.op("CONCATENATION", *halves, shape=self.shape(x), axis=axis)
        self.values.append(halves[0])
        return halves[1]

    def model(self):
        steps = [self.unary, self.constant, self.constant, self.divide, self.power, self.root, self.both, self.transpose, self.reshape, self.pad,
                 self.slice, self.concat, self.dense, self.conv, self.conv, self.norm, self.softmax, self.matmul, self.split]
        for _ in range(self.r.randrange(2, 12)):
            x = self.pick()
            if np.prod(self.shape(x)) > 3000:
                x = self.b.x
            self.values.append(self.r.choice(steps)(x))
        return self.values[-1:] + ([self.r.choice(self.values[1:])] if self.r.random() < 0.3 else [])


def run(path):
    interpreter = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    detail, = interpreter.get_input_details()
    interpreter.set_tensor(detail["index"], np.random.default_rng(3).uniform(-2, 2, size=detail["shape"]).astype(F))
    interpreter.invoke()
    return [interpreter.get_tensor(d["index"]) for d in interpreter.get_output_details()], len(interpreter._get_ops_details())


@pytest.mark.parametrize("part", range(4))
def test_outputs_stay(part, tmp_path):
    fewer = 0
    for seed in range(part, COUNT, 4):
        made = Random(seed)
        outputs = made.model()
        made.b.save(tmp_path / "a.tflite", *dict.fromkeys(outputs))
        command.linnet("optimize", tmp_path / "a.tflite", "-o", tmp_path / "b.tflite")
        (wanted, before), (got, after) = run(tmp_path / "a.tflite"), run(tmp_path / "b.tflite")
        for a, b in zip(wanted, got, strict=True):
            assert a.shape == b.shape, f"seed {seed}"
            scale = max(float(np.abs(a[np.isfinite(a)]).max(initial=0)), 1e-3)
            assert np.allclose(a, b, rtol=1e-4, atol=1e-4 * scale, equal_nan=True), f"seed {seed}: {np.nanmax(np.abs(a - b)) / scale}"
        assert after <= before, f"seed {seed}: {before} operators, then {after}"
        fewer += after < before
    assert fewer > COUNT / 12
