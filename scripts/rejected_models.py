"""Models of one operator each that the original runtime refuses: a type that its kernel lacks, a missing bias, odd options.

`models()` yields (operator, form, model); a model's inputs may hold anything. Linnet runs such a model where the operator's
meaning is plain for the type, and refuses it with a clear error otherwise; docs/operators.md lists which.
"""
import numpy as np

from tflite_builder import OPTIONAL, Model, quantization

QUANT = quantization(0.05, 3)
SYMMETRIC = quantization(0.05, 0)
BYTES = quantization(0.05, 120)


def _quant(dtype, quantized):
    if not quantized:
        return None
    return {"UINT8": BYTES, "INT16": SYMMETRIC}.get(dtype, QUANT)


def simple(name, dtype, shapes, out, out_type=None, quantized=False, types=None, constants=(), **options):
    """An operator over inputs of the given shapes, all of `dtype` unless `types` says otherwise, and constants behind."""
    model = Model()
    graph = model.subgraph("main")
    inputs = [graph.input(f"x{i}", types[i] if types else dtype, shape, quant=_quant(dtype, quantized))
              for i, shape in enumerate(shapes)]
    inputs += [graph.const(f"c{i}", array) for i, array in enumerate(constants)]
    outputs = [graph.output(f"y{i}", out_type or dtype, shape, quant=_quant(dtype, quantized))
               for i, shape in enumerate(out if isinstance(out[0], list) else [out])]
    graph.op(name, inputs, outputs, **options)
    return model


def conv_without_bias(dtype):
    model = Model()
    graph = model.subgraph("main")
    quant = QUANT if dtype == "INT8" else None
    array = np.ones((2, 1, 1, 3), np.int8 if dtype == "INT8" else np.float32)
    x = graph.input("x", dtype, [1, 4, 4, 3], quant=quant)
    w = graph.const("w", array, quant=SYMMETRIC if quant else None)
    y = graph.output("y", dtype, [1, 4, 4, 2], quant=quant)
    graph.op("CONV_2D", [x, w, OPTIONAL], [y], stride_w=1, stride_h=1, dilation_w_factor=1, dilation_h_factor=1)
    return model


def gather_strings(rank):
    shape = [2, 3, 2][:rank]
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "STRING", shape)
    i = graph.const("i", np.array([1, 0], np.int32))
    y = graph.output("y", "STRING", [2, *shape[1:]])
    graph.op("GATHER", [x, i], [y], axis=0)
    return model


def scatter(update, index):
    model = Model()
    graph = model.subgraph("main")
    i = graph.const("i", np.array([[0], [2]], np.int64 if index == "INT64" else np.int32))
    u = graph.input("u", update, [2, 3])
    s = graph.const("s", np.array([4, 3], np.int64 if index == "INT64" else np.int32))
    y = graph.output("y", update, [4, 3])
    graph.op("SCATTER_ND", [i, u, s], [y])
    return model


def lsh(dtype, weighted):
    model = Model()
    graph = model.subgraph("main")
    h = graph.const("h", np.array([[0.1, 0.2], [0.3, -0.4]], np.float32))
    inputs = [h, graph.input("x", dtype, [5])] + ([graph.input("w", "FLOAT32", [5])] if weighted else [])
    y = graph.output("y", "INT32", [2])
    graph.op("LSH_PROJECTION", inputs, [y], type=3)
    return model


def requantize():
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "INT16", [2, 8], quant=SYMMETRIC)
    graph.op("QUANTIZE", [x], [graph.output("y", "UINT8", [2, 8], quant=BYTES)])
    return model


def product():
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "UINT8", [2, 4], quant=BYTES)
    axis = graph.const("axis", np.array([1], np.int32))
    graph.op("REDUCE_PROD", [x, axis], [graph.output("y", "UINT8", [2], quant=BYTES)])
    return model


UNARY = {"ABS": ["INT64", "UINT8q"], "ELU": ["INT16q", "UINT8q"], "EXP": ["UINT8q"], "HARD_SWISH": ["INT16q"],
         "L2_NORMALIZATION": ["INT16q"], "LOG": ["UINT8q"], "LOG_SOFTMAX": ["INT16q"], "NEG": ["UINT8q"],
         "RELU_0_TO_1": ["INT16q"], "RELU_N1_TO_1": ["INT16q"], "RSQRT": ["UINT8q"], "SIGN": ["INT16", "INT64"],
         "SQRT": ["UINT8q"], "SQUARE": ["INT16", "INT32", "INT64"], "ZEROS_LIKE": ["INT16", "INT16q", "INT8q", "UINT8q"]}
BINARY = {"ATAN2": ["INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64"],
          "BITWISE_XOR": ["FLOAT32", "FLOAT64", "INT64"], "DIV": ["INT64"],
          "FLOOR_DIV": ["FLOAT64", "INT64", "UINT8", "UINT16", "UINT32"], "FLOOR_MOD": ["FLOAT64", "UINT8", "UINT16", "UINT32"],
          "MAXIMUM": ["FLOAT64", "UINT16", "UINT32"], "MINIMUM": ["FLOAT64", "UINT16", "UINT32"],
          "POW": ["FLOAT64", "INT8", "UINT8", "INT16", "UINT16", "UINT32", "INT64"],
          "RIGHT_SHIFT": ["FLOAT32", "FLOAT64", "INT64"],
          "SQUARED_DIFFERENCE": ["FLOAT64", "UINT8", "INT16", "UINT16", "UINT32", "INT64"]}


def models():
    for name, forms in UNARY.items():
        for form in forms:
            yield name, form, simple(name, form.rstrip("q"), [[2, 8]], [2, 8], quantized=form.endswith("q"))
    for name, forms in BINARY.items():
        for form in forms:
            yield name, form, simple(name, form, [[2, 8], [2, 8]], [2, 8])
    for form in ("FLOAT32", "INT8"):
        yield "CONV_2D", f"{form} without bias", conv_without_bias(form)
    for form in ("BOOL", "INT16"):
        yield "DEPTH_TO_SPACE", form, simple("DEPTH_TO_SPACE", form, [[1, 2, 2, 4]], [1, 4, 4, 1], block_size=2)
        yield "SPACE_TO_DEPTH", form, simple("SPACE_TO_DEPTH", form, [[1, 4, 4, 1]], [1, 2, 2, 4], block_size=2)
    yield "FAKE_QUANT", "narrow range", simple("FAKE_QUANT", "FLOAT32", [[2, 8]], [2, 8], min=-1.0, max=1.0, num_bits=8,
                                               narrow_range=True)
    for rank in (2, 3):
        yield "GATHER", f"STRING of rank {rank}", gather_strings(rank)
    for form in ("FLOAT32", "INT32", "STRING"):
        for weighted in (False, True):
            yield "LSH_PROJECTION", f"{form}, type 3{', weights' if weighted else ''}", lsh(form, weighted)
    yield "PACK", "BOOL", simple("PACK", "BOOL", [[2, 3], [2, 3]], [2, 2, 3], values_count=2)
    yield "QUANTIZE", "INT16 to UINT8", requantize()
    yield "REDUCE_PROD", "UINT8q", product()
    for form in ("BOOL", "INT8"):
        yield "REVERSE_SEQUENCE", form, simple("REVERSE_SEQUENCE", form, [[3, 4]], [3, 4], constants=[np.array(
            [1, 2, 3], np.int32)], seq_dim=1, batch_dim=0)
    for update, index in [("FLOAT32", "INT64"), ("INT32", "INT64"), ("INT64", "INT64"), ("INT8", "INT64"), ("UINT8", "INT64"),
                          ("STRING", "INT32"), ("STRING", "INT64")]:
        yield "SCATTER_ND", f"{update} by {index}", scatter(update, index)
    model = Model()
    graph = model.subgraph("main")
    axis = graph.const("axis", np.array([0], np.int32))
    x = graph.input("x", "BOOL", [2, 3])
    graph.op("SPLIT", [axis, x], [graph.output(f"y{i}", "BOOL", [1, 3]) for i in range(2)], num_splits=2)
    yield "SPLIT", "BOOL", model
    yield "SPLIT_V", "BOOL", simple("SPLIT_V", "BOOL", [[2, 3]], [[1, 3], [1, 3]], constants=[np.array([1, 1], np.int32),
                                    np.array(0, np.int32)], num_splits=2)
    yield "UNPACK", "INT64", simple("UNPACK", "INT64", [[2, 3]], [[3], [3]], num=2, axis=0)
    yield "WHERE", "INT16", simple("WHERE", "INT16", [[2, 3]], [6, 2], out_type="INT64")
