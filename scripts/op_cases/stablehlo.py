"""StableHLO's operators, REDUCE_WINDOW and DILATE. Those that the original runs have its outputs; the others have outputs
that numpy computes here after StableHLO's specification."""

import itertools

import numpy as np
from flatbuffers import flexbuffers

from op_cases._stablehlo import (COMPLEX, FLOATS, INTEGERS, SIGNED, TYPES, bfloat, case, convolved, divided, one_op,
                                 optimized, power, scalar_graph, values, wrapped)
from op_cases._one import Const, Quantized, type_name
from tflite_builder import Model, quantization
from tflite_schema import OPERATORS

def original_elementwise(suite):
    """Those that the original runs: every type that it takes."""
    for operator, skipped in (("ADD", ()), ("MULTIPLY", ()), ("MAXIMUM", ()), ("MINIMUM", ()), ("AND", FLOATS)):
        for dtype in TYPES:
            if dtype in skipped:
                continue
            name = f"STABLEHLO_{operator}/{dtype}_all"
            a, b = values(suite, name, dtype, (3, 5)), values(suite, name + "b", dtype, (3, 5))
            case(suite, name, [a, b], outputs=[(dtype.upper(), (3, 5))], run=optimized if operator == "AND" else None)
    for dtype in ("int8", "int16", "int32"):
        name = f"STABLEHLO_SHIFT_LEFT/{dtype}_all"
        a = values(suite, name, dtype, (10,))
        case(suite, name, [a, np.arange(10).astype(dtype)], outputs=[(dtype.upper(), (10,))], run=optimized)
    for dtype in ("int64", "uint8", "uint16", "uint32", "uint64"):
        name = f"STABLEHLO_SHIFT_LEFT/{dtype}_all"
        a, b = values(suite, name, dtype, (6,)), np.array([0, 1, 7, 8, 31, 70]).astype(dtype)
        bits = 8 * a.dtype.itemsize
        wide = [(int(x) << int(y)) % 2**bits if y < bits else 0 for x, y in zip(a, b)]
        case(suite, name, [a, b], [np.array(wide, np.uint64).astype(dtype)])


def binary(suite):
    functions = {"SUBTRACT": lambda x, y: x - y, "OR": lambda x, y: x | y, "POWER": power}
    for dtype in INTEGERS:
        bits = 8 * TYPES[dtype].itemsize
        functions["DIVIDE"] = lambda x, y, bits=bits: divided(x, y, bits)
        functions["REMAINDER"] = lambda x, y, bits=bits: x - y * divided(x, y, bits) if y else x
        for operator, function in functions.items():
            name = f"STABLEHLO_{operator}/{dtype}"
            a, b = values(suite, name, dtype, (4, 6)), values(suite, name + "b", dtype, (4, 6))
            b.flat[:2] = b.flat[[1, 0]]
            b.flat[2] = 0
            a.flat[4:6], b.flat[4:6] = [1, 3], [5, 2]
            if dtype in SIGNED:
                b.flat[1], a.flat[6:8], b.flat[6:8] = -1, [-1, -1], [-3, -2]
            if operator == "POWER":
                b = np.minimum(b, 9).astype(dtype)
            case(suite, name, [a, b], [wrapped(function, a, b)])
    a, b = np.array([True, True, False, False]), np.array([True, False, True, False])
    case(suite, "STABLEHLO_OR/bool", [a, b], [a | b])
    functions = {"SUBTRACT": np.subtract, "DIVIDE": np.divide, "REMAINDER": np.fmod, "POWER": np.power}
    for operator, dtype in itertools.product(functions, FLOATS + COMPLEX):
        if operator == "REMAINDER" and dtype in COMPLEX:
            continue
        name = f"STABLEHLO_{operator}/{dtype}"
        a, b = values(suite, name, dtype, (3, 7)), values(suite, name + "b", dtype, (3, 7))
        if operator == "POWER" and dtype in FLOATS:
            a = np.abs(a)
        wide = "complex128" if dtype in COMPLEX else "float64"
        result = functions[operator](a.astype(wide), b.astype(wide)).astype(dtype)
        case(suite, name, [a, b], [result], tolerance=(2e-2, 4e-3) if dtype == "float16" else (1e-5, 1e-5))
    special = np.array([np.inf, -np.inf, np.nan, 0, -0.0, 1], np.float32)
    a, b = np.repeat(special, 6), np.tile(special, 6)
    with np.errstate(all="ignore"):
        for operator, function in functions.items():
            case(suite, f"STABLEHLO_{operator}/special", [a, b], [function(a, b).astype(np.float32)])
    # Quantized: the real values' difference.
    a = np.array([-128, -1, 0, 7, 127], np.int8)
    b = np.array([127, 3, 5, -7, -128], np.int8)
    real = 0.5 * (a.astype(float) - 3) - 0.25 * (b.astype(float) + 1)
    wanted = np.clip(np.floor(real / 0.75 + 0.5) - 2, -128, 127).astype(np.int8)
    case(suite, "STABLEHLO_SUBTRACT/int8_quantized",
         [Quantized(a, quantization(0.5, 3)), Quantized(b, quantization(0.25, -1))], [wanted],
         outputs=[("INT8", (5,), quantization(0.75, -2))])


def unary(suite):
    functions = {"ABS": np.abs, "NEGATE": np.negative, "FLOOR": np.floor, "EXPONENTIAL": np.exp, "LOG": np.log,
                 "COSINE": np.cos, "TANH": np.tanh, "RSQRT": lambda x: 1 / np.sqrt(x), "CBRT": np.cbrt,
                 "LOGISTIC": lambda x: 1 / (1 + np.exp(-x))}
    positive = ("LOG", "RSQRT")
    for operator, dtype in itertools.product(functions, FLOATS + COMPLEX):
        if dtype in COMPLEX and operator == "FLOOR":
            continue
        name = f"STABLEHLO_{operator}/{dtype}"
        x = values(suite, name, dtype, (3, 7))
        if operator in positive and dtype in FLOATS:
            x = np.abs(x)
        wide = x.astype("complex128" if dtype in COMPLEX else "float64")
        if operator == "CBRT" and dtype in COMPLEX:
            result = wide ** (1 / 3)
        else:
            result = functions[operator](wide)
        kept = {"complex64": "float32", "complex128": "float64"}.get(dtype) if operator == "ABS" else None
        case(suite, name, [x], [result.astype(kept or dtype)],
             tolerance=(1e-3, 2e-3) if dtype == "float16" else (1e-5, 1e-5) if dtype in COMPLEX else None)
    special = np.array([np.inf, -np.inf, np.nan, 0, -0.0, -1, 0.5], np.float32)
    with np.errstate(all="ignore"):
        for operator, function in functions.items():
            case(suite, f"STABLEHLO_{operator}/special", [special], [function(special).astype(np.float32)])
    for dtype in INTEGERS:
        x = values(suite, dtype, dtype, (8,))
        with np.errstate(all="ignore"):
            case(suite, f"STABLEHLO_NEGATE/{dtype}", [x], [(np.zeros_like(x) - x).astype(dtype)])
            if dtype in SIGNED:
                case(suite, f"STABLEHLO_ABS/{dtype}", [x], [np.abs(x)])
    x = np.arange(-128, 128, 3).astype(np.int16).astype(np.uint8)
    real = 1 / (1 + np.exp(-0.1 * (x.astype(float) - 120)))
    wanted = np.clip(np.floor(real * 256 + 0.5), 0, 255).astype(np.uint8)
    case(suite, "STABLEHLO_LOGISTIC/uint8_quantized", [Quantized(x, quantization(0.1, 120))], [wanted],
         outputs=[("UINT8", x.shape, quantization(1 / 256, 0))])


def bfloats(suite):
    """float32 to bfloat16, added to itself thrice, and back."""
    x = values(suite, "bfloat", "float32", (9,))
    model = Model()
    graph = model.subgraph("main")
    a, y = graph.input("x", "FLOAT32", x.shape), graph.output("y", "FLOAT32", x.shape)
    narrow, doubled, sum_ = (graph.tensor(n, "BFLOAT16", x.shape) for n in ("narrow", "doubled", "sum"))
    graph.op("STABLEHLO_CONVERT", [a], [narrow])
    graph.op("STABLEHLO_ADD", [narrow, narrow], [doubled])
    graph.op("STABLEHLO_ADD", [doubled, narrow], [sum_])
    graph.op("STABLEHLO_CONVERT", [sum_], [y])
    wanted = bfloat(2 * bfloat(x) + bfloat(x))
    suite.add("STABLEHLO_CONVERT/bfloat16", model, [x], run=lambda *_: [wanted])


def order_key(x):
    bits = x.view({2: np.int16, 4: np.int32, 8: np.int64}[x.dtype.itemsize]).astype(object)
    low = -(2 ** (8 * x.dtype.itemsize - 1))
    return np.array([low - b - 1 if b < 0 else b for b in bits])


def comparisons(suite):
    compare = [np.equal, np.not_equal, np.greater_equal, np.greater, np.less_equal, np.less]
    for dtype, direction in itertools.product([*TYPES, *COMPLEX], range(6)):
        if dtype in COMPLEX and direction > 1:
            continue
        name = f"STABLEHLO_COMPARE/{dtype}_{direction}"
        a = values(suite, dtype, dtype, (12,))
        b = np.roll(a, 1)
        b[::3] = a[::3]
        case(suite, name, [a, b], [compare[direction](a, b)], kind=dtype, comparison_direction=direction)
    special = np.array([np.nan, -np.nan, np.inf, -np.inf, 0, -0.0, 1e-40, -1], np.float32)
    a, b = np.repeat(special, 8), np.tile(special, 8)
    for dtype, direction in itertools.product(FLOATS, range(6)):
        x, y = a.astype(dtype), b.astype(dtype)
        keys = order_key(x), order_key(y)
        case(suite, f"STABLEHLO_COMPARE/{dtype}_{direction}_total", [x, y],
             [compare[direction](*keys).astype(bool)], kind=dtype, comparison_direction=direction, compare_type=2)
    case(suite, "STABLEHLO_COMPARE/special", [a, b], [a < b], kind="float32", comparison_direction=5)
    x, y = np.array([0, 10, 20], np.int8), np.array([0, 4, 11], np.int8)
    case(suite, "STABLEHLO_COMPARE/int8_quantized",
         [Quantized(x, quantization(0.5, 0)), Quantized(y, quantization(1.0, 0))], [0.5 * x > 1.0 * y], kind="int8",
         comparison_direction=3)


def conversions(suite):
    def converted(x, dtype):
        if np.issubdtype(x.dtype, np.complexfloating):
            if dtype == "bool":
                return x != 0
            x = x if dtype in COMPLEX else x.real
        if dtype == "bool" or np.issubdtype(np.dtype(dtype), np.inexact) or not np.issubdtype(x.dtype, np.floating):
            return x.astype(dtype)
        ends = np.iinfo(dtype)
        wide = [0 if np.isnan(v) else max(ends.min, min(ends.max, int(np.clip(np.float64(v), -1e30, 1e30)))) for v in x]
        return np.array(wide, dtype)

    for source, target in itertools.product([*TYPES, *COMPLEX], [*TYPES, *COMPLEX]):
        x = values(suite, source, source, (10,))
        if source in FLOATS:
            x[:8] = [np.nan, np.inf, -np.inf, 255.9, -128.9, 3e4, -0.0, 65504]
        with np.errstate(all="ignore"):
            case(suite, f"STABLEHLO_CONVERT/{source}_{target}", [x], [converted(x, target)], tolerance=(0.0, 0.0))


def choices(suite):
    for dtype in [*TYPES, "complex64"]:
        name = f"STABLEHLO_SELECT/{dtype}"
        a, b = values(suite, name, dtype, (3, 5)), values(suite, name + "b", dtype, (3, 5))
        pred = values(suite, name, "bool", (3, 5))
        case(suite, name, [pred, a, b], [np.where(pred, a, b)], tolerance=(0.0, 0.0))
    for truth in (True, False):
        case(suite, f"STABLEHLO_SELECT/scalar_{truth}", [np.array(truth), a, b], [a if truth else b])
    for dtype in TYPES:
        name = f"STABLEHLO_CLAMP/{dtype}"
        x, low = values(suite, name, dtype, (3, 5)), values(suite, name + "l", dtype, (3, 5))
        high = values(suite, name + "h", dtype, (3, 5))
        for label, l, h in (("", low, high), ("_scalar", low[1, 1], high[1, 1])):
            wanted = np.minimum(np.maximum(x, l), h)
            case(suite, name + label, [np.asarray(l), x, np.asarray(h)], [wanted], tolerance=(0.0, 0.0))


# ---- moves ----------------------------------------------------------------------------------------------------------

def moves(suite):
    def numbers(shape, dtype=np.float32):
        return np.arange(np.prod(shape, dtype=int)).astype(dtype).reshape(shape)

    for label, before, after in (("split", (6, 4), (2, 3, 2, 2)), ("scalar", (1, 1), ()), ("empty", (0, 4), (2, 0))):
        x = numbers(before)
        case(suite, f"STABLEHLO_RESHAPE/{label}", [x], [x.reshape(after)])
    for dtype in ("int8", "int16", "float32", "float64", "complex128"):
        x = numbers((2, 3, 4), dtype)
        case(suite, f"STABLEHLO_TRANSPOSE/{dtype}", [x], [x.transpose(2, 0, 1)], permutation=[2, 0, 1])
    x = numbers((2, 1, 3, 2, 2))
    case(suite, "STABLEHLO_TRANSPOSE/rank5", [x], [x.transpose(4, 2, 0, 3, 1)], permutation=[4, 2, 0, 3, 1])
    case(suite, "STABLEHLO_TRANSPOSE/scalar", [np.float32(3)], [np.float32(3)], permutation=[])
    for dtype in ("bool", "int16", "float32", "int64"):
        x = numbers((5, 7), dtype)
        case(suite, f"STABLEHLO_SLICE/{dtype}", [x], [x[1:5:2, 0:7:3]], start_indices=[1, 0], limit_indices=[5, 7],
             strides=[2, 3])
    case(suite, "STABLEHLO_SLICE/empty", [x], [x[3:3, 2:6]], start_indices=[3, 2], limit_indices=[3, 6], strides=[1, 1])
    case(suite, "STABLEHLO_SLICE/wide_stride", [x], [x[4:5, 6:7]], start_indices=[4, 6], limit_indices=[5, 7],
         strides=[2**40, 2**62])
    for axis in range(3):
        parts = [numbers([n if i == axis else 3 for i in range(3)], np.int32) + 100 * n for n in (1, 0, 2, 4)]
        case(suite, f"STABLEHLO_CONCATENATE/{axis}", parts, [np.concatenate(parts, axis)], dimension=axis)
    case(suite, "STABLEHLO_CONCATENATE/one", [parts[0]], [parts[0]], dimension=1)
    x = numbers((3, 1), np.int16)
    wanted = np.broadcast_to(x.reshape(1, 3, 1, 1), (2, 3, 1, 4)).transpose(0, 3, 2, 1)
    case(suite, "STABLEHLO_BROADCAST_IN_DIM/turned", [x], [np.ascontiguousarray(wanted)], broadcast_dimensions=[3, 1])
    case(suite, "STABLEHLO_BROADCAST_IN_DIM/scalar", [np.float32(2.5)], [np.full((2, 3), 2.5, np.float32)],
         broadcast_dimensions=[])
    for dtype in [*TYPES, "complex64"]:
        if dtype == "bool":
            continue
        case(suite, f"STABLEHLO_IOTA/{dtype}", [], [np.ascontiguousarray(
            np.broadcast_to(np.arange(5).reshape(1, 5, 1), (2, 5, 3))).astype(dtype)], iota_dimension=1,
            tolerance=(0.0, 0.0))
    x, update = numbers((5, 6)), -numbers((2, 3)) - 1
    for label, start in (("inside", (1, 2)), ("behind", (9, 5)), ("before", (-3, -1))):
        for dtype in ("int32", "int64"):
            at = [np.array(s, dtype) for s in start]
            r, c = np.clip(start[0], 0, 3), np.clip(start[1], 0, 3)
            case(suite, f"STABLEHLO_DYNAMIC_SLICE/{label}_{dtype}", [x, *at], [x[r:r + 2, c:c + 3]], slice_sizes=[2, 3])
            wanted = x.copy()
            wanted[r:r + 2, c:c + 3] = update
            case(suite, f"STABLEHLO_DYNAMIC_UPDATE_SLICE/{label}_{dtype}", [x, update, *at], [wanted])
    far = [np.array(2**64 - 1, np.uint64), np.array(200, np.uint8)]
    case(suite, "STABLEHLO_DYNAMIC_SLICE/far", [x, *far], [x[3:, 3:]], slice_sizes=[2, 3])
    case(suite, "STABLEHLO_CUSTOM_CALL/sharding", [x], [x], call_target_name="Sharding")


def padding(suite):
    for dtype in ("int8", "int16", "float32", "int64", "bool"):
        x, value = values(suite, dtype, dtype, (3, 4)), values(suite, dtype + "v", dtype, ())
        for k, (low, high, interior) in enumerate([((1, 2), (0, 1), (0, 0)), ((-1, 0), (2, -2), (1, 2)),
                                                   ((-2, -3), (1, 4), (2, 3)), ((0, 3), (-4, -1), (3, 0))]):
            shape = [n + (n - 1) * i + a + b for n, a, b, i in zip(x.shape, low, high, interior)]
            case(suite, f"STABLEHLO_PAD/{dtype}_{k}_all", [x, Const(value)], outputs=[(dtype.upper(), shape)],
                 edge_padding_low=low, edge_padding_high=high, interior_padding=interior)
    for dtype in ("int8", "int16", "float32", "float64", "bool", "uint32"):
        x = values(suite, dtype, dtype, (2, 3, 2))
        for k, dilations in enumerate([(1, 1, 1), (3, 1, 1), (1, 2, 1), (2, 1, 3)]):
            shape = [(n - 1) * d + 1 for n, d in zip(x.shape, dilations)]
            case(suite, f"DILATE/{dtype}_{k}", [x, Const(np.array(dilations, np.int32)), Const(values(
                suite, dtype + "v", dtype, ()))], outputs=[(dtype.upper(), shape)])
    case(suite, "DILATE/computed", [x, np.array([2, 1, 2], np.int32), Const(np.array(7, np.uint32))],
         outputs=[("UINT32", (3, 3, 3))])


# ---- gather, scatter ------------------------------------------------------------------------------------------------

def gathers(suite):
    for dtype, index in itertools.product(("int8", "int16", "float32", "float64", "bool"), ("int32", "int64")):
        x = values(suite, dtype, dtype, (4, 5, 3))
        indices = suite.random(dtype).integers(-2, 7, (2, 3, 2)).astype(index)
        case(suite, f"STABLEHLO_GATHER/{dtype}_{index}", [x, indices], outputs=[(dtype.upper(), (2, 3, 2, 3))],
             offset_dims=[2, 3], collapsed_slice_dims=[0], start_index_map=[0, 1], index_vector_dim=2,
             slice_sizes=[1, 2, 3])
    case(suite, "STABLEHLO_GATHER/first_dim", [x, indices.transpose(2, 0, 1)], outputs=[("BOOL", (5, 2, 3, 1))],
         offset_dims=[0, 3], collapsed_slice_dims=[0], start_index_map=[2, 0], index_vector_dim=0,
         slice_sizes=[1, 5, 1])
    # Index vectors of one number in no dimension: the original writes outside of its memory.
    wanted = np.moveaxis(np.take(x, np.clip(indices, 0, 4), axis=1), 0, 3)
    case(suite, "STABLEHLO_GATHER/no_vector", [x, indices], [np.ascontiguousarray(wanted)], offset_dims=[3, 4],
         collapsed_slice_dims=[1], start_index_map=[1], index_vector_dim=3, slice_sizes=[4, 1, 3])

    def region(dtype, operator):
        def build(graph, arguments, results):
            if operator is None:
                graph.outputs[:] = [arguments[1]]
            else:
                graph.op(operator, arguments, results)
        return lambda model: scalar_graph(model, [dtype] * 2, [dtype], build)

    operators = {"update": None, "add": "STABLEHLO_ADD", "mul": "STABLEHLO_MULTIPLY", "max": "STABLEHLO_MAXIMUM",
                 "min": "STABLEHLO_MINIMUM"}
    for dtype, (label, operator) in itertools.product(("float16", "int16", "float64", "uint8", "int64", "uint32"),
                                                      operators.items()):
        x, updates = values(suite, dtype, dtype, (4, 5, 3)), values(suite, dtype + "u", dtype, (2, 3, 2, 3))
        indices = suite.random(dtype + label).integers(-1, 5, (2, 3, 2)).astype("int32")
        case(suite, f"STABLEHLO_SCATTER/{dtype}_{label}_all", [x, indices, updates], outputs=[(dtype.upper(), x.shape)],
             regions=[region(dtype, operator)], update_window_dims=[2, 3], inserted_window_dims=[0],
             scatter_dims_to_operand_dims=[0, 1], index_vector_dim=2, update_computation_subgraph_index=1)
    x, updates = values(suite, "s", "int32", (5, 4)), values(suite, "t", "int32", (4, 3))
    wanted = x.copy()
    for i, row in enumerate((2, 0, 2)):
        wanted[row] += updates[:, i]
    case(suite, "STABLEHLO_SCATTER/window_first", [x, np.array([2, 0, 2], np.int32), updates], [wanted],
         regions=[region("int32", "STABLEHLO_ADD")], update_window_dims=[0], inserted_window_dims=[0], scatter_dims_to_operand_dims=[0], index_vector_dim=1,
         update_computation_subgraph_index=1)

    def doubled(graph, arguments, results):  # old + 2 * new, which the original refuses
        middle = graph.tensor("m", "INT32", [])
        graph.op("STABLEHLO_ADD", [arguments[1], arguments[1]], [middle])
        graph.op("STABLEHLO_ADD", [arguments[0], middle], results)

    wanted = x.copy()
    for i, row in enumerate((2, 0, 2)):
        wanted[row] += 2 * updates[:, i]
    case(suite, "STABLEHLO_SCATTER/graph", [x, np.array([2, 0, 2], np.int32), updates], [wanted],
         regions=[lambda model: scalar_graph(model, ["int32"] * 2, ["int32"], doubled)], update_window_dims=[0],
         inserted_window_dims=[0], scatter_dims_to_operand_dims=[0], index_vector_dim=1,
         update_computation_subgraph_index=1)


# ---- reductions -----------------------------------------------------------------------------------------------------

def windows(suite):
    functions = {1: 0, 2: 1, 3: 9, 4: -9, 5: 1, 6: 0}
    for dtype, (function, start) in itertools.product(
            ("int8", "int16", "int32", "int64", "uint8", "float32", "float64"), functions.items()):
        x = values(suite, dtype, dtype, (5, 6))
        window, strides, dilations = (2, 3), (1, 2), (2, 1)
        shape = [(n - (w - 1) * d - 1) // s + 1 for n, w, s, d in zip(x.shape, window, strides, dilations)]
        constants = [Const(np.array(v, np.int64)) for v in (window, strides, dilations)]
        case(suite, f"REDUCE_WINDOW/{dtype}_{function}_all", [x, Const(np.array(start, np.int64).astype(dtype)),
                                                              *constants],
             outputs=[(dtype.upper(), shape)], reduce_function=function, tolerance=(1e-5, 1e-5))
    operators = ("ADD", "MULTIPLY", "MAXIMUM", "MINIMUM", "AND", "OR")
    for dtype, operator in itertools.product(("int16", "uint8", "int64", "float64"), operators):
        if dtype == "float64" and operator in ("AND", "OR"):
            continue
        x, start = values(suite, dtype, dtype, (4, 5)), np.array(operator in ("MULTIPLY", "AND"), dtype)
        if operator == "OR":  # which the original cannot make
            continue
        options = dict(window_dimensions=[2, 2], window_strides=[1, 2], base_dilations=[2, 1], window_dilations=[1, 2],
                       padding=[1, -1, 0, 3], body_subgraph_index=1)
        padded = [2 * 4 - 1 + 1 - 1, 5 + 3]
        shape = [padded[0] - 1, (padded[1] - 3) // 2 + 1]
        case(suite, f"STABLEHLO_REDUCE_WINDOW/{dtype}_{operator.lower()}_all", [x, Const(start)],
             outputs=[(dtype.upper(), shape)],
             regions=[lambda model, o=operator, d=dtype: scalar_graph(model, [d] * 2, [d], one_op(f"STABLEHLO_{o}"))],
             tolerance=(1e-9, 1e-9), run=optimized if operator == "AND" else None, **options)


def reductions(suite):
    functions = {"ADD": np.add, "MULTIPLY": np.multiply, "MAXIMUM": np.maximum, "MINIMUM": np.minimum}
    axes = {"first": (0,), "last": (2,), "outer": (0, 2), "all": (0, 1, 2), "none": ()}
    for dtype, operator, (label, dims) in itertools.product(("float32", "int32", "int8", "float64"), functions,
                                                            axes.items()):
        x = values(suite, dtype, dtype, (3, 4, 5))
        start = np.array(2).astype(dtype)
        with np.errstate(all="ignore"):
            wanted = functions[operator](functions[operator].reduce(x, axis=dims, dtype=dtype), start) if dims else \
                functions[operator](x, start)
        case(suite, f"STABLEHLO_REDUCE/{dtype}_{operator.lower()}_{label}", [x, Const(start)], [wanted.astype(dtype)],
             regions=[lambda model, o=operator, d=dtype: scalar_graph(model, [d] * 2, [d], one_op(f"STABLEHLO_{o}"))],
             dimensions=list(dims), body_subgraph_index=1, tolerance=(1e-4, 1e-5))
    x = values(suite, "or", "bool", (4, 3))
    case(suite, "STABLEHLO_REDUCE/bool_or", [x, Const(np.array(False))], [x.any(1)],
         regions=[lambda model: scalar_graph(model, ["bool"] * 2, ["bool"], one_op("STABLEHLO_OR"))], dimensions=[1],
         body_subgraph_index=1)
    x = np.zeros((3, 0), np.float32)
    case(suite, "STABLEHLO_REDUCE/empty", [x, Const(np.float32(7))], [np.full(3, 7, np.float32)],
         regions=[lambda model: scalar_graph(model, ["float32"] * 2, ["float32"], one_op("STABLEHLO_ADD"))],
         dimensions=[1], body_subgraph_index=1)

    def largest(graph, arguments, results):  # value and index of the largest, the first of equals
        greater = graph.tensor("g", "BOOL", [])
        graph.op("STABLEHLO_COMPARE", [arguments[0], arguments[2]], [greater], comparison_direction=2)
        graph.op("STABLEHLO_SELECT", [greater, arguments[0], arguments[2]], [results[0]])
        graph.op("STABLEHLO_SELECT", [greater, arguments[1], arguments[3]], [results[1]])

    x = suite.random("argmax").integers(0, 5, (3, 6)).astype(np.float32)
    numbers = np.ascontiguousarray(np.broadcast_to(np.arange(6, dtype=np.int32), x.shape))
    types = ["float32", "int32"]
    case(suite, "STABLEHLO_REDUCE/argmax", [x, numbers, Const(np.float32(-np.inf)), Const(np.int32(0))],
         [x.max(1), x.argmax(1).astype(np.int32)],
         regions=[lambda model: scalar_graph(model, types * 2, types, largest)], dimensions=[1], body_subgraph_index=1)

    def swapped(graph, arguments, results):  # element less value: the order matters
        graph.op("STABLEHLO_SUBTRACT", [arguments[1], arguments[0]], results)

    x = values(suite, "sub", "int32", (3, 4))[1:]
    wanted = np.full(2, 5, np.int32)
    for column in x.T:
        wanted = column - wanted
    case(suite, "STABLEHLO_REDUCE/order", [x, Const(np.int32(5))], [wanted],
         regions=[lambda model: scalar_graph(model, ["int32"] * 2, ["int32"], swapped)], dimensions=[1],
         body_subgraph_index=1)


# ---- products -------------------------------------------------------------------------------------------------------

def dots(suite):
    """lhs dimensions, rhs dimensions, result; batching, contracting dimensions of each."""
    forms = {"matrix": ("mk,kn->mn", (3, 5), (5, 4), [], [], [1], [0]),
             "turned": ("km,nk->mn", (5, 3), (4, 5), [], [], [0], [1]),
             "batch": ("bmk,bkn->bmn", (2, 3, 5), (2, 5, 4), [0], [0], [2], [1]),
             "inner_batch": ("mbk,nkb->bmn", (3, 2, 5), (4, 5, 2), [1], [2], [2], [1]),
             "two": ("amkl,lnk->amn", (2, 3, 5, 2), (2, 4, 5), [], [], [2, 3], [2, 0]),
             "outer": ("m,n->mn", (3,), (4,), [], [], [], []),
             "vector": ("k,k->", (5,), (5,), [], [], [0], [0]),
             "empty": ("mk,kn->mn", (3, 0), (0, 4), [], [], [1], [0])}
    for (label, (formula, a_shape, b_shape, *dims)), dtype in itertools.product(
            forms.items(), ("float32", "float64", "int32", "complex64", "float16")):
        if dtype in ("complex64", "float16") and label not in ("batch", "two"):
            continue
        name = f"STABLEHLO_DOT_GENERAL/{label}_{dtype}"
        a, b = (values(suite, name, "float32", s) if dtype == "float16" else values(suite, name, dtype, s) if
                np.prod(s) > 1 else np.zeros(s, dtype) for s in (a_shape, b_shape))
        a, b = a.astype(dtype), b.astype(dtype)
        wide = {"float32": "float64", "float16": "float64", "complex64": "complex128"}.get(dtype, dtype)
        wanted = np.einsum(formula, a.astype(wide), b.astype(wide)).astype(dtype)
        options = dict(zip(("lhs_batching_dimensions", "rhs_batching_dimensions", "lhs_contracting_dimensions",
                            "rhs_contracting_dimensions"), dims))
        for where, right in (("", b), ("_constant", Const(b))):
            if where and (dtype != "float32" or label == "empty"):
                continue
            case(suite, name + where, [a, right], [np.asarray(wanted)],
                 tolerance=(2e-2, 2e-3) if dtype == "float16" else (1e-5, 1e-5), **options)
    a, b = values(suite, "a", "int8", (3, 5)), values(suite, "b", "int8", (5, 4))
    options = dict(lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[0])
    case(suite, "STABLEHLO_DOT_GENERAL/int8_to_int32", [a, b], [a.astype(np.int32) @ b.astype(np.int32)], **options)
    half = values(suite, "h", "float16", (3, 5)), values(suite, "i", "float16", (5, 4))
    case(suite, "STABLEHLO_DOT_GENERAL/float16_to_float32", list(half),
         [half[0].astype(np.float32) @ half[1].astype(np.float32)], tolerance=(1e-5, 1e-5), **options)
    real = (0.5 * (a.astype(float) - 1)) @ (0.02 * (b.astype(float) + 3))
    wanted = np.clip(np.sign(real) * np.floor(np.abs(real) / 0.5 + 0.5) + 4, -128, 127).astype(np.int8)
    case(suite, "STABLEHLO_DOT_GENERAL/quantized",
         [Quantized(a, quantization(0.5, 1)), Quantized(b, quantization(0.02, -3))], [wanted],
         outputs=[("INT8", (3, 4), quantization(0.5, 4))], **options)


def convolutions(suite):
    forms = {  # input, kernel, strides, padding, dilations of input and kernel, reversal, groups, groups of images
        "plain": ((2, 3, 5, 6), (4, 3, 3, 2), (1, 1), ((0, 0), (0, 0)), (1, 1), (1, 1), (0, 0), 1, 1),
        "padded": ((1, 2, 5, 6), (4, 2, 3, 3), (2, 1), ((1, 2), (-1, 3)), (1, 1), (1, 2), (0, 0), 1, 1),
        "transposed": ((1, 2, 4, 3), (3, 2, 3, 3), (1, 1), ((2, 1), (2, 2)), (2, 3), (1, 1), (1, 1), 1, 1),
        "dilated": ((1, 2, 5, 5), (2, 2, 2, 3), (3, 2), ((3, 3), (0, 4)), (2, 3), (3, 2), (0, 1), 1, 1),
        "groups": ((2, 6, 4, 4), (4, 3, 2, 2), (1, 2), ((0, 1), (1, 0)), (1, 1), (1, 1), (0, 0), 2, 1),
        "depthwise": ((1, 3, 4, 4), (6, 1, 3, 3), (1, 1), ((1, 1), (1, 1)), (1, 1), (1, 1), (0, 0), 3, 1),
        "images": ((4, 3, 4, 4), (6, 3, 2, 2), (1, 1), ((0, 0), (1, 1)), (1, 1), (1, 1), (0, 0), 1, 2),
        "line": ((2, 3, 9), (4, 3, 4), (2,), ((1, 0),), (1,), (2,), (0,), 1, 1),
        "volume": ((1, 2, 3, 4, 3), (2, 2, 2, 2, 2), (1, 2, 1), ((0, 1), (1, 0), (0, 0)), (1, 1, 2), (1, 1, 1),
                   (0, 0, 0), 1, 1),
        "point": ((3, 4), (5, 4), (), (), (), (), (), 1, 1)}
    for label, (x_shape, w_shape, strides, pads, lhs_dilation, rhs_dilation, reversal, groups, images) in forms.items():
        name = f"STABLEHLO_CONVOLUTION/{label}"
        spatial = len(strides)
        axes = list(range(2, spatial + 2))
        x, w = values(suite, name, "float32", x_shape), values(suite, name + "w", "float32", w_shape)
        wanted = convolved(x.astype(float), w.astype(float), strides, pads, lhs_dilation, rhs_dilation, reversal, groups,
                           images).astype(np.float32)
        options = dict(window_strides=strides, padding=[p for pair in pads for p in pair], lhs_dilation=lhs_dilation,
                       rhs_dilation=rhs_dilation, window_reversal=reversal, feature_group_count=groups,
                       batch_group_count=images)
        case(suite, name + "_first", [x, w], [wanted], tolerance=(1e-5, 1e-5), input_batch_dimension=0,
             input_feature_dimension=1, input_spatial_dimensions=axes, kernel_input_feature_dimension=1,
             kernel_output_feature_dimension=0, kernel_spatial_dimensions=axes, output_batch_dimension=0,
             output_feature_dimension=1, output_spatial_dimensions=axes, **options)
        middle = list(range(1, spatial + 1))
        last = [0, *axes, 1]
        case(suite, name + "_last", [x.transpose(last), Const(w.transpose(*axes, 1, 0))], [wanted.transpose(last)],
             tolerance=(1e-5, 1e-5), input_batch_dimension=0, input_feature_dimension=spatial + 1,
             input_spatial_dimensions=middle, kernel_input_feature_dimension=spatial,
             kernel_output_feature_dimension=spatial + 1, kernel_spatial_dimensions=list(range(spatial)),
             output_batch_dimension=0, output_feature_dimension=spatial + 1, output_spatial_dimensions=middle,
             **options)
    layout = dict(input_batch_dimension=0, input_feature_dimension=1, input_spatial_dimensions=[2, 3],
                  kernel_input_feature_dimension=1, kernel_output_feature_dimension=0, kernel_spatial_dimensions=[2, 3],
                  output_batch_dimension=3, output_feature_dimension=0, output_spatial_dimensions=[2, 1],
                  feature_group_count=1, batch_group_count=1)
    plain = ((1, 1), ((0, 0), (0, 0)), (1, 1), (1, 1), (0, 0), 1, 1)
    for dtype in ("int32", "float64", "complex64", "int8"):
        narrow = dtype if dtype != "int8" else "int32"
        x, w = values(suite, dtype, dtype, (2, 2, 3, 4)), values(suite, dtype + "w", dtype, (3, 2, 2, 2))
        wanted = convolved(x.astype(narrow), w.astype(narrow), *plain).astype(narrow).transpose(1, 3, 2, 0)
        case(suite, f"STABLEHLO_CONVOLUTION/{dtype}", [x, w], [wanted], tolerance=(1e-5, 1e-5), **layout)
    half = [values(suite, f"half{s}", "float16", s) for s in ((1, 1, 3, 4), (5, 1, 2, 2))]
    wanted = convolved(half[0].astype(float), half[1].astype(float), *plain).transpose(1, 3, 2, 0)
    case(suite, "STABLEHLO_CONVOLUTION/float16", half, [wanted.astype(np.float16)], tolerance=(1e-2, 2e-3), **layout)
    x, w = values(suite, "q", "int8", (1, 2, 3, 4)), values(suite, "r", "int8", (3, 2, 2, 2))
    real = convolved(0.5 * (x.astype(float) + 2), 0.25 * w.astype(float), *plain).transpose(1, 3, 2, 0)
    wanted = np.clip(np.sign(real) * np.floor(np.abs(real) / 8 + 0.5), -128, 127).astype(np.int8)
    case(suite, "STABLEHLO_CONVOLUTION/quantized",
         [Quantized(x, quantization(0.5, -2)), Quantized(w, quantization(0.25, 0))], [wanted],
         outputs=[("INT8", wanted.shape, quantization(8.0, 0))], **layout)


# ---- sort, loops ----------------------------------------------------------------------------------------------------

def sorts(suite):
    def comparator(direction, types, first=0, second=1, compare_type=0):
        def build(graph, arguments, results):
            graph.op("STABLEHLO_COMPARE", [arguments[first], arguments[second]], results,
                     comparison_direction=direction, compare_type=compare_type)
        return lambda model: scalar_graph(model, [t for t in types for _ in range(2)], ["bool"], build)

    for dtype, axis in itertools.product([*TYPES], (0, 1, -1)):
        x = values(suite, dtype, dtype, (5, 4))
        case(suite, f"STABLEHLO_SORT/{dtype}_{axis}", [x], [np.sort(x, axis)], tolerance=(0.0, 0.0), dimension=axis,
             regions=[comparator(5, [dtype])], comparator_subgraph_index=1)
    x = suite.random("keys").integers(0, 4, (3, 9)).astype(np.int32)
    numbers = np.ascontiguousarray(np.broadcast_to(np.arange(9, dtype=np.float32), x.shape))
    order = np.argsort(-x, axis=1, kind="stable")
    wanted = [np.take_along_axis(x, order, 1), np.take_along_axis(numbers, order, 1)]
    case(suite, "STABLEHLO_SORT/pairs", [x, numbers], wanted, dimension=1, is_stable=True, comparator_subgraph_index=1,
         regions=[comparator(3, ["int32", "float32"])])
    case(suite, "STABLEHLO_SORT/by_second", [numbers, x], wanted[::-1], dimension=1, is_stable=True,
         comparator_subgraph_index=1, regions=[comparator(3, ["float32", "int32"], 2, 3)], kind="float32")

    def by_absolute(graph, arguments, results):
        absolute = [graph.tensor(f"m{i}", "INT32", []) for i in range(2)]
        for argument, tensor in zip(arguments, absolute):
            graph.op("STABLEHLO_ABS", [argument], [tensor])
        graph.op("STABLEHLO_COMPARE", absolute, results, comparison_direction=5)

    x = suite.random("absolute").integers(-9, 9, 17).astype(np.int32)
    case(suite, "STABLEHLO_SORT/graph", [x], [x[np.argsort(np.abs(x), kind="stable")]], dimension=0,
         comparator_subgraph_index=1,
         regions=[lambda model: scalar_graph(model, ["int32"] * 2, ["bool"], by_absolute)])
    x = np.array([np.nan, 1, -np.inf, -0.0, 0, -1, np.inf], np.float32)
    case(suite, "STABLEHLO_SORT/total", [x], [np.array([-np.inf, -1, -0.0, 0, 1, np.inf, np.nan], np.float32)],
         dimension=0, regions=[comparator(5, ["float32"], compare_type=2)], comparator_subgraph_index=1)


def control(suite):
    def add_branch(operator):
        def build(model):
            graph = model.subgraph("branch")
            x, y = graph.input("x", "FLOAT32", [2, 3]), graph.output("y", "FLOAT32", [2, 3])
            graph.op(operator, [x], [y])
        return build

    x = values(suite, "case", "float32", (2, 3))
    functions = {"NEG": np.negative, "ABS": np.abs, "SQUARE": np.square}
    for index in (-1, 0, 1, 2, 7):
        chosen = list(functions.values())[index if 0 <= index < 3 else 2]
        case(suite, f"STABLEHLO_CASE/index_{index}", [np.array(index, np.int32), x], [chosen(x)], kind="int32",
             regions=[add_branch(operator) for operator in functions], branch_subgraph_indices=[1, 2, 3])

    def condition(model):
        graph = model.subgraph("condition")
        i = graph.input("i", "INT32", [])
        graph.input("x", "FLOAT32", [3])
        graph.op("STABLEHLO_COMPARE", [i, graph.const("five", np.array(5, np.int32))],
                 [graph.output("go", "BOOL", [])], comparison_direction=5)

    def body(model):
        graph = model.subgraph("body")
        i, x = graph.input("i", "INT32", []), graph.input("x", "FLOAT32", [3])
        graph.op("STABLEHLO_ADD", [i, graph.const("one", np.array(1, np.int32))], [graph.output("i2", "INT32", [])])
        graph.op("STABLEHLO_ADD", [x, x], [graph.output("x2", "FLOAT32", [3])])

    x = np.array([1, 2, 3], np.float32)
    for start in (2, 5):
        case(suite, f"STABLEHLO_WHILE/from_{start}", [np.array(start, np.int32), x],
             [np.array(5, np.int32), x * np.float32(2 ** (5 - start))], regions=[condition, body],
             cond_subgraph_index=1, body_subgraph_index=2)


# ---- composites -----------------------------------------------------------------------------------------------------

def composite(suite, label, name, attributes, inputs, outputs, decomposition):
    """The case under the composite's name, which may have a kernel, and under one that has none. Both have the outputs
    of the original, which runs the decomposition: `decomposition(graph, arguments, results)` adds its operators."""
    def region(model):
        graph = model.subgraph("decomposition")
        arrays = [np.asarray(entry.array if isinstance(entry, Const) else entry) for entry in inputs]
        arguments = [graph.input(f"a{i}", type_name(array), array.shape) for i, array in enumerate(arrays)]
        results = [graph.output(f"r{i}", dtype, shape) for i, (dtype, shape) in enumerate(outputs)]
        decomposition(graph, arguments, results)

    data = bytes(flexbuffers.Dumps(dict(sorted(attributes.items()))))
    for suffix, given in (("", name), ("_by_graph", "test.unknown")):
        options = {"name": given, "decomposition_subgraph_index": 1, "composite_attributes": data, "version": 1}
        # By its number, since an option is called as the argument for the operator is.
        case(suite, f"STABLEHLO_COMPOSITE/{label}{suffix}", inputs, outputs=outputs, regions=[region],
             operator=OPERATORS["STABLEHLO_COMPOSITE"], tolerance=(2e-5, 2e-5),
             fields={"builtin_options_2": ("StableHLOCompositeOptions", options)})


class Steps:
    """Adds operators on floats to a graph, each with a tensor of its own for its result."""

    def __init__(self, graph):
        self.graph, self.count = graph, 0

    def __call__(self, operator, inputs, shape, result=None, dtype="FLOAT32", **options):
        self.count += 1
        inputs = [self.graph.const(f"k{self.count}_{i}", entry) if isinstance(entry, np.ndarray) else entry
                  for i, entry in enumerate(inputs)]
        if result is None:
            result = self.graph.tensor(f"t{self.count}", dtype, shape)
        self.graph.op(operator, inputs, [result], **options)
        return result


def floats(*numbers):
    return np.array(numbers if len(numbers) > 1 else numbers[0], np.float32)


def ints(*numbers):
    return np.array(numbers, np.int32)


def norms(suite):
    def by_rows(shape, epsilon, mean, plus_one=False):
        def build(graph, arguments, results):
            add, single = Steps(graph), (*shape[:-1], 1)
            squares = add("MUL", [arguments[0], arguments[0]], shape)
            size = add("MEAN" if mean else "SUM", [squares, ints(len(shape) - 1)], single, keep_dims=True)
            factor = add("RSQRT", [add("ADD", [size, floats(epsilon)], single)], single)
            scaled = len(arguments) > 1
            value = add("MUL", [arguments[0], factor], shape, None if scaled else results[0])
            if scaled:
                scale = arguments[1]
                if plus_one:
                    scale = add("ADD", [scale, floats(1.0)], shape[-1:])
                add("MUL", [value, scale], shape, results[0])
        return build

    for label, shape, scaled, plus_one in (("rms_norm", (2, 5, 40), True, False), ("rms_norm_bare", (3, 7), False, False),
                                           ("rms_norm_plus_one", (2, 33), True, True)):
        x, w = values(suite, label, "float32", shape), values(suite, label + "w", "float32", shape[-1:])
        composite(suite, label, "odml.rms_norm", {"epsilon": 1e-6}, [x, Const(w)] if scaled else [x],
                  [("FLOAT32", shape)], by_rows(shape, 1e-6, True, plus_one))
    x = values(suite, "l2", "float32", (4, 19))
    composite(suite, "l2_norm", "odml.l2_norm", {"axis": -1, "epsilon": 1e-6}, [x], [("FLOAT32", x.shape)],
              by_rows(x.shape, 1e-6, False))

    def by_groups(shape, split, axes, epsilon, spread):
        def build(graph, arguments, results):
            add = Steps(graph)
            single = tuple(1 if i in axes else n for i, n in enumerate(split))
            x = add("RESHAPE", [arguments[0], ints(*split)], split, new_shape=list(split))
            middle = add("SUB", [x, add("MEAN", [x, ints(*axes)], single, keep_dims=True)], split)
            variance = add("MEAN", [add("MUL", [middle, middle], split), ints(*axes)], single, keep_dims=True)
            factor = add("RSQRT", [add("ADD", [variance, floats(epsilon)], single)], single)
            scaled = len(arguments) > 1
            y = add("RESHAPE", [add("MUL", [middle, factor], split), ints(*shape)], shape,
                    None if scaled else results[0], new_shape=list(shape))
            if scaled:
                scale, bias = (add("RESHAPE", [a, ints(*spread)], spread, new_shape=list(spread)) for a in arguments[1:])
                add("ADD", [add("MUL", [y, scale], shape), bias], shape, results[0])
        return build

    for label, shape, split, axes, options, spread in (
            ("group_norm", (2, 6, 3, 4), (2, 3, 24), (2,), {"num_groups": 3, "channel_axis": 1}, (6, 1, 1)),
            ("group_norm_last", (2, 3, 4, 6), (2, 12, 2, 3), (1, 3), {"num_groups": 2, "channel_axis": -1}, (6,)),
            ("group_norm_other", (1, 2, 3, 4), (1, 2, 3, 2, 2), (3,), {"num_groups": 2, "channel_axis": -1}, (4,))):
        channels = int(np.prod(spread))
        arrays = [values(suite, f"{label}{i}", "float32", s) for i, s in enumerate((shape, (channels,), (channels,)))]
        composite(suite, label, "odml.group_norm", {**options, "epsilon": 1e-5}, [arrays[0], *map(Const, arrays[1:])],
                  [("FLOAT32", shape)], by_groups(shape, split, axes, 1e-5, spread))


def attentions(suite):
    def attention(batch, queries, heads, depth, keys, key_heads, scale, cap, mask_shape):
        def build(graph, arguments, results):
            add, group = Steps(graph), heads // key_heads
            full = (batch, heads, queries, keys)

            def turned(x, length, count):
                return add("TRANSPOSE", [x, ints(0, 2, 1, 3)], (batch, count, length, depth))

            q, k, v = (turned(a, n, h) for a, n, h in zip(arguments, (queries, keys, keys), (heads, key_heads, key_heads)))
            if group > 1:  # a head of the keys for each of the queries'
                wide = (batch, key_heads, group, keys, depth)
                k, v = (add("RESHAPE", [add("BROADCAST_TO", [add("RESHAPE", [
                    x, ints(batch, key_heads, 1, keys, depth)], (batch, key_heads, 1, keys, depth),
                    new_shape=[batch, key_heads, 1, keys, depth]), ints(*wide)], wide, version=2),
                    ints(batch, heads, keys, depth)], (batch, heads, keys, depth),
                    new_shape=[batch, heads, keys, depth]) for x in (k, v))
            scores = add("MUL", [add("BATCH_MATMUL", [q, k], full, adj_y=True), floats(scale)], full)
            if cap:
                scores = add("MUL", [add("TANH", [add("MUL", [scores, floats(1 / cap)], full)], full), floats(cap)], full)
            if mask_shape:
                scores = add("ADD", [scores, arguments[3]], full)
            weights = add("SOFTMAX", [scores], full, beta=1.0)
            y = add("BATCH_MATMUL", [weights, v], (batch, heads, queries, depth))
            add("TRANSPOSE", [y, ints(0, 2, 1, 3)], (batch, queries, heads, depth), results[0])
        return build

    forms = {"attention": (2, 5, 3, 8, 7, 3, None, 0, (2, 1, 5, 7)), "attention_bare": (1, 3, 2, 4, 5, 2, None, 0, None),
             "attention_groups": (1, 34, 6, 8, 17, 2, None, 0, (1, 6, 34, 17)),
             "attention_cap": (1, 4, 2, 8, 9, 2, 0.25, 2.0, (1, 1, 1, 9))}
    for label, form in forms.items():
        batch, queries, heads, depth, keys, key_heads, scale, cap, mask_shape = form
        shapes = [(batch, queries, heads, depth), *[(batch, keys, key_heads, depth)] * 2, mask_shape]
        arrays = [values(suite, f"{label}{i}", "float32", shape) for i, shape in enumerate(shapes) if shape]
        attributes = {**({"scale": scale} if scale else {}), **({"logit_cap": cap} if cap else {})}
        composite(suite, label, "odml.scaled_dot_product_attention", attributes, arrays, [("FLOAT32", shapes[0])],
                  attention(batch, queries, heads, depth, keys, key_heads, scale or depth**-0.5, cap, mask_shape))


def caches(suite):
    cache, fresh = (2, 9, 2, 3), (2, 3, 2, 3)

    def update(graph, arguments, results):
        add = Steps(graph)
        first = add("SLICE", [arguments[2], ints(0), ints(1)], (1,), dtype="INT32")
        zero = ints(0)
        start = add("CONCATENATION", [zero, first, zero, zero], (4,), dtype="INT32", axis=0)
        for i in range(2):
            add("DYNAMIC_UPDATE_SLICE", [arguments[i], arguments[3 + i], start], cache, results[i])

    for label, positions in (("kv_cache", (4, 5, 6)), ("kv_cache_gaps", (1, 5, 3)), ("kv_cache_outside", (8, 9, 10))):
        arrays = [values(suite, f"{label}{i}", "float32", s) for i, s in enumerate((cache, cache, fresh, fresh))]
        composite(suite, label, "odml.update_kv_cache", {"kv_cache_max": 9},
                  [*arrays[:2], np.array(positions, np.int32), *arrays[2:]], [("FLOAT32", cache)] * 2, update)


def upsamples(suite):
    shape, result = (2, 3, 4, 5), (2, 3, 8, 10)

    def resized(operator, **options):
        def build(graph, arguments, results):
            add = Steps(graph)
            x = add("TRANSPOSE", [arguments[0], ints(0, 2, 3, 1)], (2, 4, 5, 3))
            y = add(operator, [x, ints(8, 10)], (2, 8, 10, 3), **options)
            add("TRANSPOSE", [y, ints(0, 3, 1, 2)], result, results[0])
        return build

    x = values(suite, "upsample", "float32", shape)
    for corners in (False, True):
        composite(suite, f"bilinear_{int(corners)}", "odml.upsample_bilinear2d", {"align_corners": corners}, [x],
                  [("FLOAT32", result)],
                  resized("RESIZE_BILINEAR", align_corners=corners, half_pixel_centers=not corners))
    composite(suite, "nearest", "odml.upsample_nearest2d", {}, [x], [("FLOAT32", result)],
              resized("RESIZE_NEAREST_NEIGHBOR"))


def cases(suite):
    for family in (original_elementwise, binary, unary, bfloats, comparisons, conversions, choices, moves, padding,
                   gathers, windows, reductions, dots, convolutions, sorts, control,
                   norms, attentions, caches, upsamples):
        family(suite)
