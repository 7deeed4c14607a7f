"""FULLY_CONNECTED by the types of input, weights, bias and output, shuffled weights too; BATCH_MATMUL by a constant of bytes."""

import numpy as np

from op_cases._one import Const, add
from op_cases.quantize import packed
from tflite_builder import Model, quantization

ROWS, DEPTH, UNITS = 3, 21, 5
INPUT = {"INT8": (0.03, 5), "UINT8": (0.03, 117), "INT16": (0.0007, 0)}
OUTPUT = {"INT8": (0.9, -3), "UINT8": (0.9, 120), "INT16": (0.02, 0)}
NUMBER = {"INT32": 2, "INT64": 4}  # of the types in the schema


def weights_of(graph, random, kind, shape, quant):
    """Constant weights. Bytes keep off -128 and 128, which some instruction sets of the original multiply wrongly."""
    if kind == "FLOAT32":
        return graph.const("w", random.normal(0, 1, shape).astype(np.float32))
    if kind in ("INT4", "INT2"):
        bits = int(kind[3:])
        values = random.integers(-(1 << (bits - 1)), 1 << (bits - 1), shape)
        return graph.tensor("w", kind, shape, packed(values, bits), quant=quant)
    low, high = {"UINT8": (0, 128), "INT8": (-127, 128), "INT16": (-3000, 3001)}[kind]
    return graph.const("w", random.integers(low, high, shape).astype(kind.lower()), quant)


def bias_of(graph, random, kind, count, scale):
    if kind == "FLOAT32":
        return graph.const("b", random.normal(0, 1, count).astype(np.float32))
    return graph.const("b", random.integers(-2000, 2001, count).astype(kind.lower()), quantization(scale))


def input_of(random, kind, shape):
    if kind == "FLOAT32":
        return random.uniform(-3, 3, shape).astype(np.float32)
    limits = np.iinfo(kind.lower())
    return random.integers(limits.min, limits.max, shape, endpoint=True).astype(kind.lower())


def connected(suite, label, kind, weights, bias=None, output=None, per_channel=False, zero_point=0, **options):
    name = f"FULLY_CONNECTED/{label}"
    random = suite.random(name)
    model = Model()
    graph = model.subgraph("main")
    quant = lambda table, of: quantization(*table[of]) if of in table else None
    scale = 0.0004 if weights == "INT16" else 0.02
    weights_quant = quantization(scale * np.linspace(0.5, 1.5, UNITS), 0, 0) if per_channel else quantization(scale, zero_point)
    tensors = [graph.input("x", kind, [ROWS, DEPTH], quant=quant(INPUT, kind)),
               weights_of(graph, random, weights, [UNITS, DEPTH], None if weights == "FLOAT32" else weights_quant)]
    if bias:
        tensors.append(bias_of(graph, random, bias, UNITS, INPUT.get(kind, (1, 0))[0] * scale))
    y = graph.output("y", output or kind, [ROWS, UNITS], quant=quant(OUTPUT, output or kind))
    graph.op("FULLY_CONNECTED", tensors, [y], version=12, **options)
    hybrid = kind == "FLOAT32" and weights != "FLOAT32"
    suite.add(name, model, [input_of(random, kind, (ROWS, DEPTH))], kind="hybrid" if hybrid else kind.lower(),
              tolerance=(2e-5, 2e-5))


def shuffled(suite, rows, depth, units):
    name = f"FULLY_CONNECTED/shuffled_{rows}x{depth}x{units}"
    random = suite.random(name)
    model = Model()
    graph = model.subgraph("main")
    tensors = [graph.input("x", "UINT8", [rows, depth], quant=quantization(1 / 128, 128)),
               graph.const("w", random.integers(0, 256, (units, depth)).astype(np.uint8), quantization(0.01, 128)),
               bias_of(graph, random, "INT32", units, 0.01 / 128)]
    results = [graph.output("y", "INT16", [rows, units], quant=quantization(1 / 4096)),
               graph.output("workspace", "UINT8", [rows, depth])]
    graph.op("FULLY_CONNECTED", tensors, results, version=2, weights_format="SHUFFLED4x16INT8")
    suite.add(name, model, [input_of(random, "UINT8", (rows, depth))], kind="uint8")


def batch_matmul(suite, adjoint_x, adjoint_y, asymmetric):
    label = f"int8_{'xt' if adjoint_x else 'x'}_{'yt' if adjoint_y else 'y'}_{'a' if asymmetric else 's'}"
    random = suite.random(label)
    x = random.uniform(-3, 3, (2, 4, 3) if adjoint_x else (2, 3, 4)).astype(np.float32)
    y = random.integers(0, 128, (2, 5, 4) if adjoint_y else (2, 4, 5)).astype(np.int8)
    add(suite, f"BATCH_MATMUL/hybrid_{label}", [x, Const(y, quantization(0.02))], [("FLOAT32", (2, 3, 5))], version=4,
        kind="hybrid", tolerance=(2e-5, 2e-5), adj_x=adjoint_x, adj_y=adjoint_y, asymmetric_quantize_inputs=asymmetric)


def cases(suite):
    for activation in ("NONE", "RELU6", "TANH", "SIGN_BIT"):
        if activation in ("NONE", "RELU6"):
            connected(suite, f"float32_{activation.lower()}", "FLOAT32", "FLOAT32", "FLOAT32",
                      fused_activation_function=activation)
        for weights in ("UINT8", "INT8", "INT4", "INT2"):
            for per_channel, asymmetric in ((False, False), (True, True)):
                connected(suite, f"hybrid_{weights.lower()}_{activation.lower()}_{'pc' if per_channel else 'pt'}", "FLOAT32",
                          weights, "FLOAT32", per_channel=per_channel, fused_activation_function=activation,
                          asymmetric_quantize_inputs=asymmetric)
    for weights in ("INT8", "INT4", "INT2"):
        for per_channel in (False, True):
            label = f"{weights.lower()}_{'pc' if per_channel else 'pt'}"
            for bias in ("INT32", None):
                connected(suite, f"int8_{label}_{bias or 'none'}", "INT8", weights, bias, per_channel=per_channel)
            for bias in ("INT32", "INT64", None):
                options = {"quantized_bias_type": NUMBER[bias]} if bias else {}
                connected(suite, f"int16_{label}_{bias or 'none'}", "INT16", weights, bias, per_channel=per_channel, **options)
    connected(suite, "int8_zero_point", "INT8", "INT8", "INT32", zero_point=7)
    connected(suite, "int16_int16_INT64", "INT16", "INT16", "INT64", quantized_bias_type=4)
    connected(suite, "int16_int16_pc_none", "INT16", "INT16", per_channel=True)
    for output in ("UINT8", "INT16"):
        connected(suite, f"uint8_to_{output.lower()}", "UINT8", "UINT8", "INT32", output, zero_point=111,
                  fused_activation_function="RELU6")
    shuffled(suite, 1, 32, 8)
    shuffled(suite, 4, 48, 12)
    for adjoint_x in (False, True):
        for adjoint_y in (False, True):
            for asymmetric in (False, True):
                batch_matmul(suite, adjoint_x, adjoint_y, asymmetric)
