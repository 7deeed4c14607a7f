"""Reductions of every type that the original's reference kernels reduce, with the input's scale and another one."""

import numpy as np

from op_cases._one import Const, Quantized, add
from tflite_builder import quantization

QUANT = {"int8": ((0.05, 3), (0.07, -4)), "uint8": ((0.05, 120), (0.07, 131)), "int16": ((0.001, 0), (0.0015, 0))}
PLAIN = {"SUM": ("float32", "int32", "int64"), "MEAN": ("float32", "int32", "int64"),
         "REDUCE_PROD": ("float32", "int32", "int64"),
         "REDUCE_MAX": ("float32", "int8", "uint8", "int16", "int32", "int64"),
         "REDUCE_MIN": ("float32", "int8", "uint8", "int16", "int32", "int64"),
         "REDUCE_ANY": ("bool",), "REDUCE_ALL": ("bool",)}
# SUM of int8 and int16 is wrong in the reference kernels: they add up in the output's type.
SCALED = {"SUM": ("uint8",), "MEAN": ("int8", "uint8", "int16"), "REDUCE_PROD": ("int8", "int16")}
SHAPE = (2, 3, 4)
FORMS = {"last": ([-1], (2, 3), False), "middle": ([1], (2, 4), False), "outer": ([0, 2], (1, 3, 1), True),
         "all": ([0, 1, 2, 1], (), False)}


def values_of(random, kind):
    if kind == "bool":
        return random.integers(0, 2, SHAPE).astype(np.bool_)
    if kind == "float32":
        return random.uniform(-3, 3, SHAPE).astype(np.float32)
    limits = np.iinfo(kind if kind in ("int8", "uint8", "int16") else "int16")
    return random.integers(limits.min, limits.max, SHAPE, endpoint=True).astype(kind)


def cases(suite):
    for operator, kinds in PLAIN.items():
        for kind in kinds:
            for label, (axes, shape, keep) in FORMS.items():
                name = f"{operator}/{kind}_{label}"
                add(suite, name, [values_of(suite.random(name), kind), Const(np.int32(axes))], [(kind.upper(), shape)],
                    tolerance=(1e-5, 2e-5), keep_dims=keep)
    for operator, kinds in SCALED.items():
        for kind in kinds:
            first, other = (quantization(*scale) for scale in QUANT[kind])
            for scaling, output in (("same", first), ("other", other)):
                for label, (axes, shape, keep) in FORMS.items():
                    name = f"{operator}/{kind}_{scaling}_{label}"
                    add(suite, name, [Quantized(values_of(suite.random(name), kind), first), Const(np.int32(axes))],
                        [(kind.upper(), shape, output)], version=2, keep_dims=keep)
