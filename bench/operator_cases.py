"""The cases of bench/operators.py: models of one operator, of sizes that real models have. Knows no runtime.

A case is (operator, activations' type, inputs, output, options, version[, the outputs' type]). Inputs are shapes, of that type or
with a type in front, constants, and (constant, quantization); shapes get a batch of one in front unless they are `whole`. Several
outputs are a list.
"""
import re
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from tflite_builder import OPTIONAL, Model, quantization  # noqa: E402

RANDOM = np.random.default_rng(1)
Q = {"INT8": quantization(0.05, 3), "UINT8": quantization(0.05, 120), "INT16": quantization(0.001, 0)}
LAST_VERSION = {name: int(last) for name, last in
                re.findall(r"LN_OP\(\d+, (\w+), \d+, (\d+),", (ROOT / "src/ops/builtin_ops.def").read_text())}
SAME, VALID = {"padding": "SAME"}, {"padding": "VALID"}
STRIDE1, STRIDE2 = {"stride_h": 1, "stride_w": 1}, {"stride_h": 2, "stride_w": 2}


class whole(tuple):
    """A shape as it is."""
    def __new__(cls, *dims):
        return super().__new__(cls, dims)


class state(whole):
    """One of a variable."""


def ints(*values):
    return np.int32(values)


def weights(kind, *shape, axis=0):
    """A constant filter for activations of that type."""
    if kind == "FLOAT32":
        return RANDOM.normal(0, 0.1, shape).astype(np.float32), None
    if kind == "UINT8":
        return RANDOM.integers(0, 256, shape).astype(np.uint8), quantization(0.01, 128)
    return RANDOM.integers(-127, 128, shape).astype(np.int8), quantization(np.full(shape[axis], 0.01, np.float32), 0, axis)


def bias(kind, count):
    if kind == "FLOAT32":
        return np.zeros(count, np.float32), None
    scale = np.float32(Q[kind]["scale"][0]) * np.float32(0.01)
    return (np.zeros(count, np.int64 if kind == "INT16" else np.int32),
            quantization(scale if kind == "UINT8" else np.full(count, scale), axis=0))


def layers():
    """(operator, activations' type, what it is given, the output's shape, options, version)"""
    for kind in ("FLOAT32", "INT8", "UINT8", "INT16"):
        version = {"FLOAT32": 1, "UINT8": 1, "INT8": 3, "INT16": 4}[kind]
        for size, inputs, outputs, window, stride in ((56, 64, 64, 3, 1), (56, 64, 128, 3, 2), (28, 128, 256, 1, 1), (112, 3, 32, 3, 2)):
            yield ("CONV_2D", kind, [(size, size, inputs), weights(kind, outputs, window, window, inputs), bias(kind, outputs)],
                   (size // stride, size // stride, outputs), SAME | {"stride_h": stride, "stride_w": stride}, version)
        for size, channels, window, stride in ((56, 128, 3, 1), (56, 128, 5, 2)):
            yield ("DEPTHWISE_CONV_2D", kind,
                   [(size, size, channels), weights(kind, 1, window, window, channels, axis=3), bias(kind, channels)],
                   (size // stride, size // stride, channels),
                   SAME | {"stride_h": stride, "stride_w": stride, "depth_multiplier": 1}, max(version, 1))
        for size, inputs, outputs, window in ((28, 128, 64, 2), (28, 64, 32, 4), (14, 256, 128, 3)):
            yield ("TRANSPOSE_CONV", kind, [ints(1, 2 * size, 2 * size, outputs), weights(kind, outputs, window, window, inputs),
                                            (size, size, inputs), bias(kind, outputs)],
                   (2 * size, 2 * size, outputs), SAME | STRIDE2, 3)
        yield ("FULLY_CONNECTED", kind, [(512,), weights(kind, 256, 512), bias(kind, 256)], (256,), {}, max(version, 4))
        yield ("FULLY_CONNECTED", kind, [(64, 512), weights(kind, 256, 512), bias(kind, 256)], (64, 256),
               {"keep_num_dims": True}, max(version, 5))
        if kind != "UINT8":
            yield ("BATCH_MATMUL", kind, [(4, 128, 64), (4, 64, 128)], (4, 128, 128), {}, 4)
        for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
            yield (op, kind, [(56, 56, 64)], (28, 28, 64), VALID | STRIDE2 | {"filter_width": 2, "filter_height": 2}, 3)
            yield (op, kind, [(28, 28, 256)], (28, 28, 256), SAME | STRIDE1 | {"filter_width": 3, "filter_height": 3}, 3)
    yield ("CONV_2D", "FLOAT32", [(28, 28, 128), weights("FLOAT32", 128, 3, 3, 32), bias("FLOAT32", 128)], (28, 28, 128), SAME | STRIDE1, 6)
    yield ("CONV_2D", "INT8", [(28, 28, 128), weights("INT8", 128, 3, 3, 32), bias("INT8", 128)], (28, 28, 128), SAME | STRIDE1, 6)
    yield ("CONV_2D", "FLOAT32", [(28, 28, 64), weights("INT8", 64, 3, 3, 64), bias("FLOAT32", 64)], (28, 28, 64), SAME | STRIDE1, 5)
    yield ("DEPTHWISE_CONV_2D", "FLOAT32", [(28, 28, 64), weights("INT8", 1, 3, 3, 64, axis=3), bias("FLOAT32", 64)],
           (28, 28, 64), SAME | STRIDE1 | {"depth_multiplier": 1}, 6)
    yield ("FULLY_CONNECTED", "FLOAT32", [(16, 512), weights("INT8", 256, 512), bias("FLOAT32", 256)], (16, 256), {"keep_num_dims": True}, 12)
    yield ("CONV_3D", "FLOAT32", [(16, 28, 28, 16), (RANDOM.normal(0, 0.1, (3, 3, 3, 16, 32)).astype(np.float32), None),
                                  bias("FLOAT32", 32)], (16, 28, 28, 32),
           SAME | STRIDE1 | {"stride_d": 1, "dilation_d_factor": 1, "dilation_w_factor": 1, "dilation_h_factor": 1}, 1)


def elements():
    big, side = (56, 56, 64), (56, 56, 1)
    for kind in ("FLOAT32", "INT8", "UINT8", "INT16"):
        for op in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "DIV"):
            yield op, kind, [big, big], big, {}, 4
        for op in ("ADD", "MUL"):
            yield op, kind, [big, side], big, {}, 4
            yield op, kind, [big, (1, 1, 64)], big, {}, 4
        for op in ("RELU", "RELU6", "TANH", "LOGISTIC", "HARD_SWISH", "ELU", "LEAKY_RELU", "EXP", "ABS", "SQRT", "RSQRT", "NEG",
                   "LOG", "GELU", "SQUARE", "SIN", "COS", "FLOOR", "ROUND", "SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION"):
            options = {"LEAKY_RELU": {"alpha": 0.1}, "SOFTMAX": {"beta": 1.0}}.get(op, {})
            yield op, kind, [big], big, options, 2
        yield "SOFTMAX", kind, [(1, 1000)], (1, 1000), {"beta": 1.0}, 2
        yield "PRELU", kind, [big, weights(kind, 1, 1, 64, axis=2)[:1] + (Q.get(kind),)], big, {}, 1
    for op in ("GREATER", "EQUAL"):
        yield op, "FLOAT32", [big, big], big, {}, 2, "BOOL"
        yield op, "INT8", [big, big], big, {}, 2, "BOOL"
    yield "POW", "FLOAT32", [big, big], big, {}, 1
    yield "FLOOR_DIV", "FLOAT32", [big, big], big, {}, 2
    yield "SELECT_V2", "FLOAT32", [("BOOL", big), big, big], big, {}, 1


def moves():
    big = (56, 56, 64)
    for kind in ("FLOAT32", "INT8", "INT16"):
        yield "RESIZE_BILINEAR", kind, [big, ints(112, 112)], (112, 112, 64), {"half_pixel_centers": True}, 3
        yield "RESIZE_BILINEAR", kind, [(224, 224, 3), ints(300, 300)], (300, 300, 3), {"half_pixel_centers": True}, 3
        yield "RESIZE_NEAREST_NEIGHBOR", kind, [big, ints(112, 112)], (112, 112, 64), {}, 3
        yield "PAD", kind, [big, ints(0, 0, 1, 1, 1, 1, 0, 0).reshape(4, 2)], (58, 58, 64), {}, 2
        yield "MIRROR_PAD", kind, [big, ints(0, 0, 1, 1, 1, 1, 0, 0).reshape(4, 2)], (58, 58, 64), {}, 2
        yield "CONCATENATION", kind, [big, big], (56, 56, 128), {"axis": 3}, 3
        yield "SPLIT", kind, [ints(3).reshape(()), big], [(56, 56, 32), (56, 56, 32)], {"num_splits": 2}, 3
        yield "STRIDED_SLICE", kind, [big, ints(0, 0, 0, 0), ints(1, 56, 56, 64), ints(1, 2, 2, 1)], (28, 28, 64), {}, 4
        yield "SLICE", kind, [big, ints(0, 4, 4, 0), ints(1, 48, 48, 32)], (48, 48, 32), {}, 3
        for axes, shape in (((0, 2, 1, 3), (56, 56, 64)), ((0, 3, 1, 2), (64, 56, 56)), ((0, 1, 3, 2), (56, 64, 56))):
            yield "TRANSPOSE", kind, [big, ints(*axes)], shape, {}, 4
        yield "TILE", kind, [big, ints(1, 2, 1, 1)], (112, 56, 64), {}, 2
        yield "GATHER", kind, [big, RANDOM.integers(0, 56, 56).astype(np.int32)], (56, 56, 64), {"axis": 1}, 4
        yield "DEPTH_TO_SPACE", kind, [big], (112, 112, 16), {"block_size": 2}, 2
        yield "SPACE_TO_DEPTH", kind, [big], (28, 28, 256), {"block_size": 2}, 2
        yield "SPACE_TO_BATCH_ND", kind, [big, ints(2, 2), ints(0, 0, 0, 0).reshape(2, 2)], (4, 28, 28, 64), {}, 3
        yield "BATCH_TO_SPACE_ND", kind, [(4, 28, 28, 64), ints(2, 2), ints(0, 0, 0, 0).reshape(2, 2)], (56, 56, 64), {}, 3
        yield "PACK", kind, [big, big], (56, 56, 2, 64), {"values_count": 2, "axis": 3}, 3
        yield "UNPACK", kind, [(56, 56, 2, 64)], [big, big], {"num": 2, "axis": 3}, 3
        yield "REVERSE_V2", kind, [big, ints(1)], big, {}, 3
        yield "BROADCAST_TO", kind, [(56, 1, 64), ints(1, 56, 56, 64)], big, {}, 3
        for op in ("MEAN", "SUM", "REDUCE_MAX"):
            yield op, kind, [big, ints(1, 2)], (64,), {}, 3
            yield op, kind, [big, ints(3)], (56, 56), {}, 3
        yield "ARG_MAX", kind, [big, ints(3)], (56, 56), {"output_type": "INT32"}, 3, "INT32"
        yield "ARG_MAX", kind, [big, ints(1)], (56, 64), {"output_type": "INT32"}, 3, "INT32"
        yield "TOPK_V2", kind, [(1, 1000), ints(5).reshape(())], [(1, 5), ("INT32", (1, 5))], {}, 3
        yield "CUMSUM", kind, [(128, 256), ints(2)], (128, 256), {}, 1
    yield "CAST", "INT32", [big], big, {}, 1, "FLOAT32"
    yield "CAST", "UINT8", [(224, 224, 3)], (224, 224, 3), {}, 1, "FLOAT32"
    yield "QUANTIZE", "FLOAT32", [(224, 224, 3)], (224, 224, 3), {}, 3, "INT8"
    yield "QUANTIZE", "INT8", [(224, 224, 3)], (224, 224, 3), {}, 3, "INT8"
    yield "DEQUANTIZE", "INT8", [big], big, {}, 3, "FLOAT32"
    yield "EMBEDDING_LOOKUP", "FLOAT32", [RANDOM.integers(0, 1000, 128).astype(np.int32), weights("FLOAT32", 1000, 256)], (128, 256), {}, 1
    yield "GATHER_ND", "FLOAT32", [big, RANDOM.integers(0, 56, (512, 3)).astype(np.int32) * ints(0, 1, 1)], (512, 64), {}, 3
    yield "SCATTER_ND", "FLOAT32", [RANDOM.permutation(4096).astype(np.int32).reshape(-1, 1), (4096, 16), ints(4096, 16)], (4096, 16), {}, 1
    yield "ONE_HOT", "INT32", [np.arange(256, dtype=np.int32), ints(128).reshape(()), np.float32(1), np.float32(0)], (256, 128), {"axis": -1}, 1, "FLOAT32"


def more_elements():
    big, row, column, line = (56, 56, 64), (1, 56, 64), (56, 1, 64), (1, 1, 64)
    for kind in ("FLOAT32", "INT8"):
        for op in ("ADD", "MUL", "SUB", "MAXIMUM"):
            yield op, kind, [big, row], big, {}, 4
            yield op, kind, [big, column], big, {}, 4
            yield op, kind, [column, row], big, {}, 4
            yield op, kind, [big, (np.float32(2) if kind == "FLOAT32" else np.int8(20), Q.get(kind))], big, {}, 4
        for op in ("RELU_N1_TO_1", "CEIL", "SIGN"):
            yield op, kind, [big], big, {}, 2
        yield "ADD_N", kind, [big, big, big], big, {}, 1
        yield "PRELU", kind, [(28, 28, 256), (28, 28, 256)], (28, 28, 256), {}, 1
        for op in ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"):
            yield op, kind, [big, line], big, {}, 2, "BOOL"
            yield op, kind, [big, big], big, {}, 2, "BOOL"
        yield "SELECT", kind, [("BOOL", big), big, big], big, {}, 2
        yield "SELECT_V2", kind, [("BOOL", (56, 56, 1)), big, big], big, {}, 2
        yield "SELECT_V2", kind, [("BOOL", big), big, (np.float32(2) if kind == "FLOAT32" else np.int8(2), Q.get(kind))], big, {}, 2
    for kind in ("INT32", "INT64"):
        for op in ("ADD", "SUB", "MUL", "MAXIMUM", "FLOOR_DIV", "FLOOR_MOD"):
            yield op, kind, [(1024,), (1024,)], (1024,), {}, 2
            yield op, kind, [big, big], big, {}, 2
        yield "ADD", kind, [big, line], big, {}, 2
        for op in ("NEG", "ABS"):
            yield op, kind, [big], big, {}, 2
        yield "LESS", kind, [big, big], big, {}, 2, "BOOL"
        yield "EQUAL", kind, [big, line], big, {}, 2, "BOOL"
    for op in ("FLOOR_MOD", "ATAN2", "POW"):
        yield op, "FLOAT32", [big, big], big, {}, 2
    yield "POW", "FLOAT32", [big, np.float32(2)], big, {}, 1
    yield "POW", "FLOAT32", [big, np.float32(0.5)], big, {}, 1
    for op in ("LOGICAL_AND", "LOGICAL_OR"):
        yield op, "BOOL", [big, big], big, {}, 1
    yield "LOGICAL_NOT", "BOOL", [big], big, {}, 1
    for last in (2, 10, 49, 128):
        yield "SOFTMAX", "FLOAT32", [whole(256, last)], whole(256, last), {"beta": 1.0}, 2
        yield "SOFTMAX", "INT8", [whole(256, last)], whole(256, last), {"beta": 1.0}, 2
        yield "LOG_SOFTMAX", "FLOAT32", [whole(256, last)], whole(256, last), {}, 2
    yield "GELU", "FLOAT32", [big], big, {"approximate": True}, 2
    yield "LOCAL_RESPONSE_NORMALIZATION", "FLOAT32", [big], big, {"radius": 5, "bias": 1.0, "alpha": 1e-4, "beta": 0.75}, 1
    yield "FAKE_QUANT", "FLOAT32", [big], big, {"min": -1.0, "max": 2.0, "num_bits": 8}, 2


def casts():
    big = (56, 56, 64)
    kinds = ("FLOAT32", "INT32", "INT64", "INT8", "UINT8", "BOOL", "INT16")
    for kind in kinds:
        for to in kinds:
            if kind != to and "INT16" not in (kind, to) or "FLOAT32" in (kind, to) and kind != to:
                yield "CAST", kind, [big], big, {}, 6, to
    for kind in ("UINT8", "INT16"):
        yield "QUANTIZE", "FLOAT32", [big], big, {}, 3, kind
        yield "DEQUANTIZE", kind, [big], big, {}, 3, "FLOAT32"
    yield "QUANTIZE", "UINT8", [big], big, {}, 3, "INT8"
    yield "QUANTIZE", "INT8", [big], big, {}, 3, "INT16"
    yield "QUANTIZE", "INT16", [big], big, {}, 3, "INT8"


def reductions():
    big = (56, 56, 64)
    for kind in ("FLOAT32", "INT8"):
        for op in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN"):
            for axes, shape in (((1,), (56, 64)), ((2,), (56, 64)), ((1, 2, 3), ()), ((2, 3), (56,))):
                yield op, kind, [big, ints(*axes)], shape, {}, 3
            yield op, kind, [big, ints(1, 2)], (1, 1, 64), {"keep_dims": True}, 3
            yield op, kind, [(7, 7, 1280), ints(1, 2)], (1280,), {}, 3
        yield "ARG_MIN", kind, [big, ints(2)], (56, 64), {"output_type": "INT32"}, 3, "INT32"
        yield "ARG_MAX", kind, [whole(64, 1000), ints(1)], whole(64), {"output_type": "INT64"}, 3, "INT64"
        for op in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
            yield op, kind, [(7, 7, 1280)], (1, 1, 1280), VALID | STRIDE1 | {"filter_width": 7, "filter_height": 7}, 3
            yield op, kind, [(112, 112, 64)], (56, 56, 64), SAME | STRIDE2 | {"filter_width": 3, "filter_height": 3}, 3
            yield op, kind, [(56, 56, 3)], (28, 28, 3), VALID | STRIDE2 | {"filter_width": 2, "filter_height": 2}, 3
            yield op, kind, [(64, 1, 128)], (32, 1, 128), VALID | {"stride_h": 2, "stride_w": 1, "filter_width": 1, "filter_height": 2}, 3
    yield "REDUCE_PROD", "FLOAT32", [big, ints(3)], (56, 56), {}, 2
    for op in ("SUM", "REDUCE_MAX"):
        yield op, "INT32", [big, ints(3)], (56, 56), {}, 2
        yield op, "INT32", [big, ints(1, 2)], (64,), {}, 2
    for op in ("REDUCE_ANY", "REDUCE_ALL"):
        yield op, "BOOL", [big, ints(3)], (56, 56), {}, 2
        yield op, "BOOL", [big, ints(1)], (56, 64), {}, 2
    yield "L2_POOL_2D", "FLOAT32", [big], (28, 28, 64), VALID | STRIDE2 | {"filter_width": 2, "filter_height": 2}, 1
    for axis in (1, 2):
        yield "CUMSUM", "FLOAT32", [big, ints(axis).reshape(())], big, {}, 1
    yield "CUMSUM", "INT32", [(128, 256), ints(2).reshape(())], (128, 256), {}, 1


def more_moves():
    big = (56, 56, 64)
    for kind in ("FLOAT32", "INT8"):
        for shape, axes in (((512, 512), (1, 0)), ((128, 8, 64), (1, 0, 2)), ((8, 128, 64), (0, 2, 1)), ((224, 224, 3), (2, 0, 1)),
                            ((3, 224, 224), (1, 2, 0)), ((16, 16, 16, 16), (3, 2, 1, 0)), ((4, 14, 4, 14, 32), (0, 2, 1, 3, 4))):
            yield "TRANSPOSE", kind, [whole(*shape), ints(*axes)], whole(*(shape[a] for a in axes)), {}, 5
        yield "CONCATENATION", kind, [(56, 56, 16)] * 4, (56, 56, 64), {"axis": 3}, 3
        yield "CONCATENATION", kind, [(56, 56, 4)] * 2, (56, 56, 8), {"axis": 3}, 3
        yield "CONCATENATION", kind, [(28, 56, 64)] * 2, big, {"axis": 1}, 3
        yield "SPLIT", kind, [ints(3).reshape(()), big], [(56, 56, 16)] * 4, {"num_splits": 4}, 3
        yield "SPLIT_V", kind, [big, ints(16, 48), ints(3).reshape(())], [(56, 56, 16), (56, 56, 48)], {"num_splits": 2}, 2
        yield "PAD", kind, [big, ints(0, 0, 0, 0, 0, 0, 0, 32).reshape(4, 2)], (56, 56, 96), {}, 2
        yield "PAD", kind, [(224, 224, 3), ints(0, 0, 0, 1, 0, 1, 0, 0).reshape(4, 2)], (225, 225, 3), {}, 2
        yield "STRIDED_SLICE", kind, [big, ints(0, 0, 0, 0), ints(1, 56, 56, 64), ints(1, 1, 1, 2)], (56, 56, 32), {}, 4
        yield "STRIDED_SLICE", kind, [big, ints(0, 0, 0, 0), ints(1, 56, 56, 1), ints(1, 1, 1, 1)], (56, 56, 1), {}, 4
        yield "SLICE", kind, [big, ints(0, 0, 0, 0), ints(1, 28, 56, 64)], (28, 56, 64), {}, 3
        for axis in (1, 2, 3):
            yield "REVERSE_V2", kind, [big, ints(axis)], big, {}, 3
        yield "REVERSE_V2", kind, [(224, 224, 3), ints(3)], (224, 224, 3), {}, 3
        yield "REVERSE_SEQUENCE", kind, [whole(16, 64, 128), RANDOM.integers(1, 65, 16).astype(np.int32)], whole(16, 64, 128), \
            {"seq_dim": 1, "batch_dim": 0}, 1
        yield "GATHER", kind, [whole(1000, 64), RANDOM.integers(0, 1000, 256).astype(np.int32)], whole(256, 64), {"axis": 0}, 4
        yield "GATHER", kind, [big, RANDOM.permutation(64).astype(np.int32)], big, {"axis": 3}, 4
        yield "GATHER", kind, [whole(4096), RANDOM.integers(0, 4096, 1024).astype(np.int32)], whole(1024), {"axis": 0}, 4
        yield "RESIZE_BILINEAR", kind, [(224, 224, 3), ints(112, 112)], (112, 112, 3), {"half_pixel_centers": True}, 3
        yield "RESIZE_BILINEAR", kind, [(65, 65, 21), ints(129, 129)], (129, 129, 21), {"align_corners": True}, 3
        yield "RESIZE_BILINEAR", kind, [(1, 1, 256), ints(33, 33)], (33, 33, 256), {"align_corners": True}, 3
        yield "RESIZE_NEAREST_NEIGHBOR", kind, [(224, 224, 3), ints(300, 300)], (300, 300, 3), {"half_pixel_centers": True}, 3
        yield "TILE", kind, [(1, 1, 64), ints(1, 56, 56, 1)], big, {}, 2
        yield "TILE", kind, [(56, 56, 1), ints(1, 1, 1, 64)], big, {}, 2
        yield "BROADCAST_TO", kind, [(56, 56, 1), ints(1, 56, 56, 64)], big, {}, 3
        yield "PACK", kind, [big] * 2, (2, 56, 56, 64), {"values_count": 2, "axis": 1}, 3
        yield "UNPACK", kind, [whole(4, 56, 56, 16)], [whole(56, 56, 16)] * 4, {"num": 4, "axis": 0}, 3
        yield "RESHAPE", kind, [big, ints(1, 3136, 64)], (3136, 64), {}, 1
        yield "DYNAMIC_UPDATE_SLICE", kind, [whole(1, 256, 8, 64), whole(1, 1, 8, 64), ints(0, 17, 0, 0)], whole(1, 256, 8, 64), {}, 2
        yield "SPACE_TO_DEPTH", kind, [(224, 224, 3)], (112, 112, 12), {"block_size": 2}, 2
        yield "DEPTH_TO_SPACE", kind, [(112, 112, 12)], (224, 224, 3), {"block_size": 2}, 2
        yield "ZEROS_LIKE", kind, [big], big, {}, 1
        yield "TOPK_V2", kind, [whole(64, 256), ints(8).reshape(())], [whole(64, 8), ("INT32", whole(64, 8))], {}, 3
    yield "WHERE", "BOOL", [whole(128, 128)], whole(8192, 2), {}, 1, "INT64"
    yield "SEGMENT_SUM", "FLOAT32", [whole(1024, 64), np.sort(RANDOM.integers(0, 64, 1024)).astype(np.int32)], whole(64, 64), {}, 1
    yield "MATRIX_DIAG", "FLOAT32", [whole(8, 64)], whole(8, 64, 64), {}, 1
    yield "FILL", "FLOAT32", [ints(1, 56, 56, 64), np.float32(3)], big, {}, 3


def products():
    for kind in ("FLOAT32", "INT8"):
        for a, b in (((8, 16, 16), (8, 16, 16)), ((8, 64, 32), (8, 32, 64)), ((8, 1, 64), (8, 64, 128)), ((1, 128, 256), (1, 256, 32))):
            yield "BATCH_MATMUL", kind, [whole(*a), whole(*b)], whole(a[0], a[1], b[2]), {}, 4
            yield "BATCH_MATMUL", kind, [whole(*a), whole(b[0], b[2], b[1])], whole(a[0], a[1], b[2]), {"adj_y": True}, 4
    for cells in (20, 128):
        gates = [weights("FLOAT32", cells, 40) for _ in range(4)] + [weights("FLOAT32", cells, cells) for _ in range(4)]
        for time in (1, 32):
            options = {"fused_activation_function": "TANH"}
            yield ("UNIDIRECTIONAL_SEQUENCE_LSTM", "FLOAT32",
                   [whole(1, time, 40), *gates, *[OPTIONAL] * 3, *[bias("FLOAT32", cells)] * 4, OPTIONAL, OPTIONAL, state(1, cells), state(1, cells)],
                   whole(1, time, cells), options, 1)
            yield ("UNIDIRECTIONAL_SEQUENCE_RNN", "FLOAT32", [whole(1, time, 40), gates[0], gates[4], bias("FLOAT32", cells), state(1, cells)],
                   whole(1, time, cells), options, 1)
    yield ("SVDF", "FLOAT32", [whole(1, 40), weights("FLOAT32", 128, 40), weights("FLOAT32", 128, 8), bias("FLOAT32", 64), state(1, 1024)],
           whole(1, 64), {"rank": 2, "fused_activation_function": "RELU"}, 1)


def shape_of(shape, op):
    """Pictures and the like have a batch of one in front."""
    if isinstance(shape, whole):
        return list(shape)
    keep = len(shape) == 4 and shape[0] in (4, 16) or op in ("EMBEDDING_LOOKUP", "GATHER_ND", "SCATTER_ND", "ONE_HOT")
    return list(shape) if keep and op not in ("UNPACK", "CONV_3D", "PACK") or op == "SOFTMAX" and len(shape) == 2 or op == "TOPK_V2" else [1, *shape]


def name_of(op, kind, inputs, _, options, version, out_kind=None):
    """Operator, types, shapes of what is given, small constants and options."""
    described = []
    for given in inputs:
        if isinstance(given, np.ndarray) and given.size <= 8:
            described.append(str(given.ravel().tolist()))
        elif isinstance(given, tuple):
            described.append(str(np.shape(given[0]) if isinstance(given[0], (np.ndarray, np.generic)) else tuple(given)))
    described += [f"{key}={value}" for key, value in options.items() if key in ("axis", "align_corners", "adj_y", "approximate", "keep_dims")]
    return f"{op} {kind}{'' if out_kind is None else '>' + out_kind} {' '.join(described)}"


def build(op, kind, inputs, output, options, version, out_kind=None):
    model = Model()
    graph = model.subgraph("main")
    slots = []
    for i, given in enumerate(inputs):
        if isinstance(given, np.ndarray) or np.isscalar(given) or given is OPTIONAL:
            slots.append(graph.const(f"c{i}", given) if given is not OPTIONAL else OPTIONAL)
        elif isinstance(given, state):
            slots.append(graph.tensor(f"v{i}", kind, list(given), variable=True))
        elif isinstance(given[0], (np.ndarray, np.generic)):
            slots.append(graph.const(f"w{i}", given[0], given[1]))
        elif isinstance(given[0], str):
            slots.append(graph.input(f"x{i}", given[0], shape_of(given[1], op), quant=Q.get(given[0])))
        else:
            slots.append(graph.input(f"x{i}", kind, shape_of(given, op), quant=Q.get(kind)))
    outs = []
    for i, shape in enumerate(output if isinstance(output, list) else [output]):
        of = out_kind or kind
        if shape and isinstance(shape[0], str):
            of, shape = shape
        quant = Q.get(of)
        if op in ("LOGISTIC", "SOFTMAX") and of in Q:
            quant = {"INT8": quantization(1 / 256, -128), "UINT8": quantization(1 / 256, 0), "INT16": quantization(1 / 32768)}[of]
        elif op == "LOG_SOFTMAX" and of in Q:
            quant = {"INT8": quantization(16 / 256, 127), "UINT8": quantization(16 / 256, 255)}.get(of, quant)
        elif op in ("TANH", "L2_NORMALIZATION") and of in Q:
            quant = {"INT8": quantization(1 / 128, 0), "UINT8": quantization(1 / 128, 128), "INT16": quantization(1 / 32768)}[of]
        outs.append(graph.output(f"y{i}", of, shape_of(shape, op), quant=quant))
    graph.op(op, slots, outs, version=min(version, LAST_VERSION[op]), **options)
    return model


def cases():
    for family in (layers, elements, moves, more_elements, casts, reductions, more_moves, products):
        yield from family()
