"""QUANTIZE and DEQUANTIZE: types, one scale and one for each channel, 4- and 2-bit integers."""

import numpy as np

from tflite_builder import Model, quantization

LIMITS = {"INT8": (-128, 127), "UINT8": (0, 255), "INT16": (-32768, 32767)}


def packed(values, bits):
    """Bytes of integers of so many bits, the first of a byte lowest."""
    values = np.asarray(values, np.int64).ravel() & ((1 << bits) - 1)
    values = np.append(values, np.zeros(-len(values) % (8 // bits), np.int64)).reshape(-1, 8 // bits)
    return (values << (np.arange(8 // bits) * bits)).sum(1).astype(np.uint8).tobytes()


def channels(kind, axis, count):
    zeros = {"UINT8": [100, 128, 7], "INT8": [3, -5, 100], "INT16": [0, 0, 0], "UINT4": [8, 0, 15]}.get(kind, [1, 0, -1])
    scales = [0.1, 0.02, 1.5]
    return quantization(scales[0], zeros[0]) if axis is None else quantization(scales[:count], zeros[:count], axis)


def cases(suite):
    shape = (2, 3, 3)
    for kind, (low, high) in LIMITS.items():
        for axis in (None, 0, 1, 2):
            name = f"QUANTIZE/f32_{kind.lower()}_{'all' if axis is None else axis}"
            model = Model()
            graph = model.subgraph("main")
            quant = channels(kind, axis, shape[axis or 0])
            x, y = graph.input("x", "FLOAT32", shape), graph.output("y", kind, shape, quant=quant)
            graph.op("QUANTIZE", [x], [y])
            values = suite.random(name).normal(0, 20, shape).astype(np.float32)
            values.flat[:4] = [1e6, -1e6, 0.05, 0.25]
            suite.add(name, model, [values], kind=kind.lower())
            if kind == "INT16" and axis is not None:
                continue
            name = name.replace("QUANTIZE/f32_", "DEQUANTIZE/")
            model = Model()
            graph = model.subgraph("main")
            x, y = graph.input("x", kind, shape, quant=quant), graph.output("y", "FLOAT32", shape)
            graph.op("DEQUANTIZE", [x], [y])
            suite.add(name, model, [suite.random(name).integers(low, high + 1, shape).astype(kind.lower())])
    for kind, bits in (("INT4", 4), ("INT2", 2), ("UINT4", 4)):
        for axis in (None, 1, 2):
            name = f"DEQUANTIZE/{kind.lower()}_{'all' if axis is None else axis}"
            model = Model()
            graph = model.subgraph("main")
            data = packed(suite.random(name).integers(0, 16, shape), bits)
            x = graph.tensor("x", kind, shape, data, quant=channels(kind, axis, 3))
            one, y = graph.input("one", "FLOAT32", [1]), graph.output("y", "FLOAT32", shape)
            plain = graph.tensor("plain", "FLOAT32", shape)
            graph.op("DEQUANTIZE", [x], [plain])
            graph.op("MUL", [plain, one], [y])
            suite.add(name, model, [np.ones(1, np.float32)], kind="float32")
    model = Model()
    graph = model.subgraph("main")
    x, y = graph.input("x", "FLOAT32", [7]), graph.output("y", "FLOAT32", [7])
    small = graph.tensor("small", "INT4", [7], quant=quantization(0.5, 1))
    graph.op("QUANTIZE", [x], [small])
    graph.op("DEQUANTIZE", [small], [y])
    suite.add("QUANTIZE/f32_int4", model, [np.array([0, 1, -1, 3.3, -5.5, 100, -100], np.float32)])
