"""Operators that fill, choose and move elements: types, ranks, shapes that come as data, edges, indices outside."""

import numpy as np

from op_cases._one import Const, Quantized, add, add_packed, type_name
from tflite_builder import quantization

I32, I64 = np.int32, np.int64
SIZED = (np.float32, np.float64, np.float16, np.int8, np.uint8, np.int16, np.uint16, np.int32, np.uint32, np.int64,
         np.uint64, np.bool_, np.complex64)


def numbers(suite, name, dtype, shape):
    values = suite.random(name).integers(0, 100, shape)
    return (values % 2 == 0) if dtype == np.bool_ else values.astype(dtype)


def each_type(suite, operator, types, inputs, outputs, **options):
    """A case for each type: `inputs(make)` and `outputs(name)`, where make(shape) gives an array of the type."""
    for dtype in types:
        name = f"{operator}/{np.dtype(dtype).name}"

        def make(shape, label="", name=name, dtype=dtype):
            return numbers(suite, name + label, dtype, shape)

        add(suite, name, inputs(make), outputs(type_name(make(()))), **options)


def fill(suite):
    each_type(suite, "FILL", SIZED, lambda make: [Const(I32([2, 3])), make(())], lambda t: [(t, [2, 3])])
    value = np.array(b"ab", object)
    for label, shape in (("vector", [3]), ("scalar", []), ("empty", [2, 0]), ("rank6", [1, 2, 1, 2, 1, 2])):
        add(suite, f"FILL/string_{label}", [Const(I32(shape)), Const(value)], [("STRING", shape)], kind="string")
        add(suite, f"FILL/string_{label}_data", [I64(shape), Const(value)], [("STRING", [1])], kind="string")
        if label != "empty":
            add(suite, f"FILL/float32_{label}_data", [I64(shape), np.float32(1.5)], [("FLOAT32", [1])])
    for dtype in (np.int8, np.int16):
        quant = quantization(0.5, 3 if dtype == np.int8 else 0)
        add(suite, f"FILL/{np.dtype(dtype).name}_quantized", [Const(I32([4])), Quantized(dtype(7), quant)],
            [(type_name(np.array(dtype(0))), [4], quant)])
    each_type(suite, "ZEROS_LIKE", (np.float32, np.int32, np.int64), lambda make: [make((2, 3))],
              lambda t: [(t, [2, 3])])


def select(suite):
    for operator in ("SELECT", "SELECT_V2"):
        each_type(suite, operator, SIZED, lambda make: [numbers(suite, "select", np.bool_, (2, 3)), make((2, 3)),
                                                        make((2, 3), "second")], lambda t: [(t, [2, 3])])
        # All of one element: the output keeps the file's shape.
        add(suite, f"{operator}/single", [np.array([True]), np.array(3, I32), I32([[4]])], [("INT32", [1, 1, 1])])
        quants = [quantization(0.5, 1), quantization(0.25, 2), quantization(0.1, 3)]
        add(suite, f"{operator}/int8_scales", [np.array([True, False]), Quantized(np.int8([1, 2]), quants[0]),
                                               Quantized(np.int8([3, 4]), quants[1])], [("INT8", [2], quants[2])])
    shapes = ((), (2,), (2, 3, 4), (2, 3, 4, 1, 2, 1, 2))
    for shape in shapes[1:]:
        for condition in ((), shape[:1], shape):
            name = f"SELECT/rank{len(shape)}_condition{len(condition)}"
            add(suite, name, [numbers(suite, name, np.bool_, condition), numbers(suite, name, I32, shape),
                              numbers(suite, name + "b", I32, shape)], [("INT32", shape)])
    for label, shapes in {"rows": [(3, 1), (1, 4), (4,)], "ranks": [(2, 1, 1, 1, 2), (3, 1), (1,)], "scalar": [(), (2, 3), ()],
                          "rank8": [(2, 1, 2, 1, 2, 1, 2, 1), (1, 2, 1, 2, 1, 2, 1, 2), (2, 1)],
                          "empty": [(0, 1), (1, 3), (1,)], "middle": [(2, 1, 3), (1, 4, 1), (2, 4, 3)]}.items():
        name = f"SELECT_V2/{label}"
        arrays = [numbers(suite, name + str(i), np.bool_ if i == 0 else I32, shape) for i, shape in enumerate(shapes)]
        add(suite, name, arrays, [("INT32", np.broadcast_shapes(*shapes))])


def where(suite):
    each_type(suite, "WHERE", (np.bool_, np.float32, np.int8, np.uint8, I32, np.uint32, I64),
              lambda make: [make((3, 2, 2)) % 3 == 0 if make(()).dtype == np.bool_ else make((3, 2, 2)) % 3],
              lambda t: [("INT64", [1, 3])])
    add(suite, "WHERE/zeros", [np.float32([0.0, -0.0, np.nan, 1e-45, -1])], [("INT64", [1, 1])])
    add(suite, "WHERE/rank6", [np.ones((1, 2, 1, 2, 1, 2), np.bool_)], [("INT64", [8, 6])])
    add(suite, "WHERE/other_type", [np.array([False, True])], [("INT32", [1, 1])])


def reverse(suite):
    types = [t for t in SIZED if t not in (np.float64, np.uint16, np.uint32, np.uint64, np.complex64)]
    each_type(suite, "REVERSE_V2", types, lambda make: [make((2, 3, 4)), Const(I32([1]))], lambda t: [(t, [2, 3, 4])])
    for label, axes, constant in (("two", [1, 2], True), ("turned", [2, 1], True), ("negative", [-1, -2], False),
                                  ("all", [0, 1, 2], False)):
        name = f"REVERSE_V2/axes_{label}"
        add(suite, name, [numbers(suite, name, I32, (2, 3, 4)), Const(I32(axes)) if constant else I32(axes)],
            [("INT32", [2, 3, 4])])
    shape = (1, 2, 1, 3, 1, 2, 2, 2)
    add(suite, "REVERSE_V2/rank8", [numbers(suite, "reverse8", np.int16, shape), I32([3, 4, 5])], [("INT16", shape)])
    types = (np.float32, np.uint8, np.int16, I32, I64)
    each_type(suite, "REVERSE_SEQUENCE", types, lambda make: [make((3, 4, 2)), I32([4, 0, 2])],
              lambda t: [(t, [3, 4, 2])], seq_dim=1, batch_dim=0)
    for seq, batch in ((0, 1), (2, 0), (0, 3), (3, 2)):
        name, shape = f"REVERSE_SEQUENCE/{seq}_{batch}", (3, 2, 4, 3)
        lengths = suite.random(name).integers(0, shape[seq] + 1, shape[batch])
        add(suite, name, [numbers(suite, name, I32, shape), I64(lengths)], [("INT32", shape)], seq_dim=seq,
            batch_dim=batch)


def one_hot(suite):
    types = (np.float32, I32, I64, np.int8, np.uint8, np.bool_)
    each_type(suite, "ONE_HOT", types, lambda make: [I32([2, -1, 5, 0]), Const(I32(3)), make(()), make((), "o")],
              lambda t: [(t, [4, 3])], axis=-1)
    for axis in (0, 1, 2, -1):
        for index in (I32, I64):
            name = f"ONE_HOT/axis{axis}_{np.dtype(index).name}_data"
            add(suite, name, [suite.random(name).integers(-1, 4, (2, 3)).astype(index), I32([3]), I32([7]), I32([-7])],
                [("INT32", [2, 3, 3])], axis=axis)
    add(suite, "ONE_HOT/wide_indices", [I64([2**32 + 1, -2**32, 2**33, 1])] + [Const(I32(3)), I32(1), I32(0)],
        [("INT32", [4, 3])], axis=-1)
    add(suite, "ONE_HOT/depth0", [I32([1, 2]), Const(I32(0)), I32(1), I32(0)], [("INT32", [2, 0])], axis=-1)
    add(suite, "ONE_HOT/scalar", [I32(1), Const(I32(3)), I32(1), I32(0)], [("INT32", [3])], axis=0)


def update(suite):
    types = (np.float32, np.float16, np.bool_, np.int8, np.int16, I32, I64)
    each_type(suite, "DYNAMIC_UPDATE_SLICE", types, lambda make: [make((4, 5)), make((2, 3), "u"), I32([1, 2])],
              lambda t: [(t, [4, 5])])
    for label, start in (("before", [-3, -1]), ("behind", [9, 4]), ("wide", [2**40, -2**40])):
        name = f"DYNAMIC_UPDATE_SLICE/{label}"
        add(suite, name, [numbers(suite, name, I32, (4, 5)), numbers(suite, name + "u", I32, (2, 3)), I64(start)],
            [("INT32", [4, 5])])
    shape = (2, 3, 2, 1, 2, 3)
    for label, part in (("rank6", (1, 2, 2, 1, 1, 3)), ("whole", shape), ("empty", (1, 2, 0, 1, 1, 3))):
        name = f"DYNAMIC_UPDATE_SLICE/{label}"
        add(suite, name, [numbers(suite, name, I32, shape), numbers(suite, name + "u", I32, part), I32([1, 0, 5, 0, 1, 0])],
            [("INT32", shape)])
    odd = np.arange(-7, 8).reshape(3, 5)
    add_packed(suite, "DYNAMIC_UPDATE_SLICE/int4", [odd, odd[:2, :3]], [[1, 1]], [3, 5])
    add_packed(suite, "DYNAMIC_UPDATE_SLICE/int4_whole", [odd, odd[::-1]], [[1, 1]], [3, 5])
    add(suite, "DYNAMIC_UPDATE_SLICE/scalar", [I32(3), I32(4), I32([])], [("INT32", [])])


def sparse(suite):
    each_type(suite, "SPARSE_TO_DENSE", (np.float32, I32, I64, np.int8, np.uint8),
              lambda make: [I32([[0, 1], [2, 0]]), Const(I32([3, 2])), make((2,)), make((), "d")], lambda t: [(t, [3, 2])])
    for index in (I32, I64):
        label = np.dtype(index).name
        add(suite, f"SPARSE_TO_DENSE/vector_{label}", [index([4, 1]), index([6]), I32([5, 6]), I32(-1)], [("INT32", [6])])
        add(suite, f"SPARSE_TO_DENSE/scalar_{label}", [index([3]), index([6]), I32(5), I32(-1)], [("INT32", [6])])
        add(suite, f"SPARSE_TO_DENSE/rank4_{label}", [index([[0, 1, 0, 2], [1, 0, 2, 0], [0, 1, 0, 2]]),
                                                     index([2, 2, 3, 3]), I32([5, 6, 7]), I32([9])], [("INT32", [2, 2, 3, 3])])


def blocks(suite):
    types = [t for t in SIZED if t is not np.complex64]
    each_type(suite, "SPACE_TO_BATCH_ND", types, lambda make: [make((1, 3, 4, 2)), Const(I32([2, 2])),
                                                               Const(I32([[1, 0], [0, 2]]))], lambda t: [(t, [4, 2, 3, 2])])
    each_type(suite, "BATCH_TO_SPACE_ND", types, lambda make: [make((8, 2, 3, 2)), Const(I32([2, 2])),
                                                               Const(I32([[1, 0], [0, 2]]))], lambda t: [(t, [2, 3, 4, 2])])
    quant = quantization(0.5, 7)
    add(suite, "SPACE_TO_BATCH_ND/int8_quantized", [Quantized(np.int8([[[1], [2], [3]]]), quant), I32([2]), I32([[0, 1]])],
        [("INT8", [2, 2, 1], quant)])
    for label, shape, block, margins in (("rank3", (2, 5, 3), [3], [[2, 2]]), ("margins", (1, 2, 2, 1), [3, 2], [[4, 3], [1, 3]]),
                                         ("uneven", (2, 4, 3, 2), [1, 3], [[0, 0], [0, 0]])):
        name = f"SPACE_TO_BATCH_ND/{label}"
        add(suite, name, [numbers(suite, name, I32, shape), I32(block), I32(margins)], [("INT32", [1])])
    for label, shape, block, margins in (("rank3", (6, 2, 3), [3], [[2, 1]]), ("margins", (12, 3, 2, 1), [3, 2], [[4, 3], [1, 2]])):
        name = f"BATCH_TO_SPACE_ND/{label}"
        add(suite, name, [numbers(suite, name, I32, shape), I32(block), I32(margins)], [("INT32", [1])])


def diagonals(suite):
    types = (np.float32, I64, I32, np.int16, np.int8, np.uint8)
    each_type(suite, "MATRIX_DIAG", types, lambda make: [make((2, 3))], lambda t: [(t, [2, 3, 3])])
    add(suite, "MATRIX_DIAG/rank5", [numbers(suite, "diag5", I32, (2, 1, 2, 1, 3))], [("INT32", [1])])
    each_type(suite, "MATRIX_SET_DIAG", types, lambda make: [make((2, 3, 3)), make((2, 3), "d")], lambda t: [(t, [2, 3, 3])])
    for rows, columns in ((2, 4), (4, 2), (1, 3)):
        name = f"MATRIX_SET_DIAG/{rows}x{columns}"
        add(suite, name, [numbers(suite, name, I32, (2, 1, rows, columns)),
                          numbers(suite, name + "d", I32, (2, 1, min(rows, columns)))], [("INT32", [2, 1, rows, columns])])


def bitcast(suite):
    for source, shape, target in ((np.float32, (2, 3), "INT32"), (np.float32, (2, 3), "INT16"), (np.uint8, (3, 8), "INT64"),
                                  (np.int16, (2,), "FLOAT32"), (np.float64, (), "UINT8"), (np.bool_, (4,), "INT8"),
                                  (np.complex64, (2,), "FLOAT32"), (np.float32, (3, 2), "COMPLEX64")):
        name = f"BITCAST/{np.dtype(source).name}_to_{target.lower()}"
        add(suite, name, [numbers(suite, name, source, shape)], [(target, [1])])


def pad(suite):
    """Axes of nothing and of one, and many rows, which threads share."""
    for label, shape, margins in (("nothing", (0, 3), [[1, 0], [0, 1]]), ("nothing_inside", (1, 0, 3), [[0, 0], [1, 0], [2, 0]]),
                                  ("ones", (1, 1, 3), [[0, 0], [0, 0], [1, 2]]), ("outer", (1, 1, 3), [[2, 1], [0, 0], [0, 0]]),
                                  ("rows", (1, 61, 17, 4), [[0, 0], [2, 3], [1, 1], [0, 0]])):
        for dtype in (np.float32, np.int8):
            name = f"PAD/{label}_{np.dtype(dtype).name}"
            padded = [extent + sum(margin) for extent, margin in zip(shape, margins)]
            quant = [quantization(0.5, 3)] if dtype == np.int8 else []
            values = numbers(suite, name, dtype, shape)
            add(suite, name, [Quantized(values, quant[0]) if quant else values, Const(I32(margins))],
                [(type_name(values), padded, *quant)])


def cases(suite):
    for family in (fill, select, where, reverse, one_hot, update, sparse, blocks, diagonals, bitcast, pad):
        family(suite)
