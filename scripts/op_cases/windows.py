"""CONV_2D of floats and bytes with windows and sizes that fast algorithms take: lines of taps either way, squares, tiles with ends."""

import numpy as np

from op_cases._one import Const, add
from op_cases.products import bias_of, input_of, weights_of
from tflite_builder import Model, quantization

F32 = np.float32
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def integers(suite):
    for i, (kind, window, size, channels, filters) in enumerate((
            ("INT8", (1, 7), (4, 17), 32, 33), ("UINT8", (7, 1), (12, 5), 34, 32), ("INT8", (5, 5), (3, 18), 32, 35),
            ("UINT8", (2, 4), (4, 24), 36, 32), ("INT8", (1, 3), (5, 12), 32, 65), ("INT8", (3, 3), (8, 7), 32, 16))):
        for padding in ("SAME", "VALID"):
            name = f"CONV_2D/{kind.lower()}_{window[0]}x{window[1]}_{i}_{padding.lower()}"
            out = size if padding == "SAME" else tuple(s - w + 1 for s, w in zip(size, window))
            if min(out) < 1:
                continue
            random, model = suite.random(name), Model()
            graph, shape = model.subgraph("main"), (2, *size, channels)
            x = graph.input("x", kind, shape, quant=quantization(0.05, 7 if kind == "INT8" else 100))
            w = weights_of(graph, random, kind, [filters, *window, channels],
                           quantization(np.linspace(0.01, 0.03, filters), 0, 0) if kind == "INT8" else quantization(0.02, 111))
            b = bias_of(graph, random, "INT32", filters, 0.001)
            y = graph.output("y", kind, [2, *out, filters], quant=quantization(2.0, -3 if kind == "INT8" else 120))
            graph.op("CONV_2D", [x, w, b], [y], version=3, padding=padding, stride_w=1, stride_h=1, dilation_w_factor=1,
                     dilation_h_factor=1, fused_activation_function=ACTIVATIONS[i % 2])
            suite.add(name, model, [input_of(random, kind, shape)], kind=kind.lower(), tolerance=(5e-5, 2e-5))


def cases(suite):
    integers(suite)
    random = suite.random("windows")
    for i, (window, size, channels, filters) in enumerate((
            ((1, 7), (5, 9), 13, 17), ((7, 1), (9, 6), 16, 12), ((1, 7), (3, 17), 12, 33), ((7, 1), (17, 2), 24, 16),
            ((1, 3), (6, 8), 24, 25), ((3, 1), (8, 7), 27, 24), ((5, 5), (7, 8), 12, 13), ((5, 5), (6, 5), 14, 12),
            ((3, 3), (4, 4), 12, 13), ((3, 3), (5, 6), 13, 20), ((3, 3), (9, 10), 17, 12), ((3, 3), (8, 7), 32, 16))):
        for padding in ("SAME", "VALID"):
            out = size if padding == "SAME" else tuple(s - w + 1 for s, w in zip(size, window))
            if min(out) < 1:
                continue
            picture = random.normal(size=(2, *size, channels)).astype(F32)
            weights = random.normal(0, 0.1, (filters, *window, channels)).astype(F32)
            add(suite, f"CONV_2D/{window[0]}x{window[1]}_{i}_{padding.lower()}",
                [picture, Const(weights), Const(random.normal(size=filters).astype(F32))], [("FLOAT32", [2, *out, filters])],
                tolerance=(5e-5, 2e-5), padding=padding, stride_w=1, stride_h=1, dilation_w_factor=1, dilation_h_factor=1,
                fused_activation_function=ACTIVATIONS[i % 4])
