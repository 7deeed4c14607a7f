"""CONV_2D of floats with windows and sizes that fast algorithms take: lines of taps either way, squares, tiles with ends."""

import numpy as np

from op_cases._one import Const, add

F32 = np.float32
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def cases(suite):
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
