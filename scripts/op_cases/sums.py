"""Sums, segments, ranges, buckets, shifts and what else computes element by element and was not in the binary families."""

import numpy as np

from op_cases._one import Const, Quantized, add, type_name
from tflite_builder import quantization

F32, I32, I64 = np.float32, np.int32, np.int64
WRAP = I32([2**31 - 1, -2**31, 5, -7, 2**30, 3])


def ranges(suite):
    for dtype in (F32, I32, I64):
        name = np.dtype(dtype).name
        for label, ends in {"up": (1, 9, 3), "down": (9, -2, -4), "one": (0, 1, 100)}.items():
            scalars = [np.array(x, dtype) for x in ends]
            add(suite, f"RANGE/{name}_{label}", scalars, [(name.upper(), [1])])
            add(suite, f"RANGE/{name}_{label}_known", [Const(x) for x in scalars], [(name.upper(), [1])], kind=name)
    add(suite, "RANGE/float32_tenths", [F32(0), F32(1), F32(0.1)], [("FLOAT32", [1])])


def sums(suite):
    for dtype in (F32, I32):
        name = f"ADD_N/{np.dtype(dtype).name}"
        arrays = [suite.random(name + str(i)).normal(0, 1000, (3, 5)).astype(dtype) for i in range(5)]
        for count in (2, 3, 5):
            add(suite, f"{name}_{count}", arrays[:count], [(type_name(arrays[0]), [3, 5])], tolerance=(1e-3, 1e-6))
    add(suite, "ADD_N/wrapping", [WRAP, WRAP], [("INT32", [6])])
    add(suite, "ADD_N/zeros", [F32([-0.0, np.inf, np.nan]), F32([-0.0, -np.inf, 1])], [("FLOAT32", [3])])
    for dtype in (F32, I32, I64):
        for axis, exclusive, reverse in ((0, False, False), (1, True, False), (-1, False, True), (-3, True, True)):
            name = f"CUMSUM/{np.dtype(dtype).name}_{axis}_{exclusive}_{reverse}".lower().replace("cumsum", "CUMSUM")
            array = suite.random(name).integers(-50, 50, (3, 4, 2)).astype(dtype)
            add(suite, name, [array, I32([axis])], [(type_name(array), [3, 4, 2])], exclusive=exclusive, reverse=reverse)
    add(suite, "CUMSUM/wrapping", [WRAP, Const(I32(0))], [("INT32", [6])])


def segments(suite):
    for operator in ("SUM", "PROD", "MIN", "MAX"):
        operator = f"UNSORTED_SEGMENT_{operator}"
        for dtype in (F32, I32):
            name = f"{operator}/{np.dtype(dtype).name}"
            data = suite.random(name).integers(-9, 9, (3, 2, 4)).astype(dtype)
            one, two = I32([2, -1, 2]), I32([[0, 3], [-2, 3], [0, 0]])
            add(suite, f"{name}_rank1", [data, one, I32([4])], [(type_name(data), [1])])
            add(suite, f"{name}_rank1_known", [data, Const(one), Const(I32(4))], [(type_name(data), [4, 2, 4])])
            add(suite, f"{name}_rank2", [data, two, I32(5)], [(type_name(data), [1])])
            add(suite, f"{name}_rank0", [data, I32(1), I32(2)], [(type_name(data), [1])])
            add(suite, f"{name}_none", [data, I32([-1, -1, -1]), I32(2)], [(type_name(data), [1])])
        add(suite, f"{operator}/wrapping", [WRAP, I32([0, 1, 0, 1, 0, 1]), I32(2)], [("INT32", [1])])
        add(suite, f"{operator}/special", [F32([np.inf, -np.inf, np.nan, 1, np.nan, -0.0]), I32([0, 1, 2, 2, 3, 3]), I32(5)],
            [("FLOAT32", [1])])


def lists(suite):
    for dtype in (np.int8, np.uint8, np.int16, I32, I64, F32):
        for index in ("INT32", "INT64"):
            name = f"UNIQUE/{np.dtype(dtype).name}_{index.lower()}"
            array = suite.random(name).integers(0, 12, 40).astype(dtype)
            add(suite, name, [array], [(type_name(array), [1]), (index, [40])], idx_out_type=index)
    add(suite, "UNIQUE/zeros", [F32([0.0, -0.0, 1, -1, np.inf, -np.inf, np.inf, 1])], [("FLOAT32", [1]), ("INT32", [8])],
        idx_out_type="INT32")
    add(suite, "UNIQUE/wide", [I64([2**40, 2**40 + 2**32, -2**63, 2**63 - 1, 2**40])], [("INT64", [1]), ("INT32", [5])],
        idx_out_type="INT32")
    for dtype in (F32, np.float64, I32, I64):
        name = np.dtype(dtype).name
        array = np.array([-5, 0, 1, 10, 11, 100, 16777217, 2**30], dtype).reshape(2, 4)
        for label, boundaries in {"many": [-1.5, 0, 10, 10, 99.5, 16777216], "one": [10], "none": []}.items():
            add(suite, f"BUCKETIZE/{name}_{label}", [array], [("INT32", [2, 4])], boundaries=boundaries)
    add(suite, "BUCKETIZE/special", [F32([np.nan, np.inf, -np.inf, -0.0])], [("INT32", [4])], boundaries=[0.0, 1.0])


def bits(suite):
    for dtype in (np.int8, np.uint8, np.int16, np.uint16, I32, np.uint32):
        ends = np.iinfo(dtype)
        x = np.array([ends.min, ends.max, 100, 7, 1, 0, ends.max - 1, ends.min], dtype)
        y = np.array([1, 3, 2, 0, 40, 5, 31, 7], dtype)
        name = np.dtype(dtype).name
        for operator in ("RIGHT_SHIFT", "BITWISE_XOR"):
            add(suite, f"{operator}/{name}", [x, y], [(name.upper(), [8])])
            add(suite, f"{operator}/{name}_rows", [x.reshape(2, 4, 1), y[:2]], [(name.upper(), [2, 4, 2])])
        if ends.min < 0:
            add(suite, f"RIGHT_SHIFT/{name}_negative", [x, -y - 1], [(name.upper(), [8])])


def slopes(suite):
    shapes = {"channels": [(2, 3, 3, 4), (4,)], "rows": [(2, 3, 4), (3, 1)], "scalar": [(2, 5), ()], "same": [(3, 4), (3, 4)],
              "rank6": [(1, 2, 1, 2, 2, 3), (2, 1, 3)]}
    for label, (shape, alpha) in shapes.items():
        name = f"PRELU/float32_{label}"
        add(suite, name, [suite.random(name).normal(0, 3, shape).astype(F32), suite.random(name + "a").normal(0, 1, alpha)
                          .astype(F32)], [("FLOAT32", shape)])
        for dtype, slope, zeros in ((np.int8, np.int8, (3, -5, 7)), (np.uint8, np.uint8, (120, 130, 100)),
                                    (np.int16, np.int8, (0, 0, 0)), (np.int16, np.int8, (9, 4, -3))):
            ends, slope_ends = np.iinfo(dtype), np.iinfo(slope)
            for scales in ((0.5, 0.25, 0.5), (0.017, 0.009, 0.031), (0.3, 0.02, 0.004)):
                name = f"PRELU/{np.dtype(dtype).name}_{zeros[0]}_{label}_{scales[2]}"
                x = suite.random(name).integers(ends.min, ends.max + 1, shape).astype(dtype)
                a = suite.random(name + "a").integers(slope_ends.min, slope_ends.max + 1, alpha).astype(slope)
                add(suite, name, [Quantized(x, quantization(scales[0], zeros[0])), Const(a, quantization(scales[1], zeros[1]))],
                    [(type_name(x), shape, quantization(scales[2], zeros[2]))])


def parts(suite):
    for dtype, part in ((np.complex64, "FLOAT32"), (np.complex128, "FLOAT64")):
        values = np.array([3 + 4j, -1e-3 + 0j, complex(np.inf, np.nan), 1e30 - 1e30j, -0.0 - 0j, complex(np.nan, 1)], dtype)
        for operator in ("REAL", "IMAG", "COMPLEX_ABS"):
            add(suite, f"{operator}/{np.dtype(dtype).name}", [values.reshape(2, 3)], [(part, [2, 3])], tolerance=(0, 3e-7))


def cases(suite):
    for family in (ranges, sums, segments, lists, bits, slopes, parts):
        family(suite)
