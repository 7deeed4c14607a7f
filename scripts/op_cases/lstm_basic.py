"""LSTM of the kernel type BASIC: state that is given, and state that it keeps."""

import numpy as np

from tflite_builder import Model, quantization


def model_of(suite, name, quantized, rows, inputs, cells, kept):
    """The model; with `kept` the previous output and state are tensors of the graph that nobody sets."""
    random = suite.random(name)
    model = Model()
    graph = model.subgraph("main")
    narrow, wide = ("UINT8", "INT16") if quantized else ("FLOAT32", "FLOAT32")
    unit, state = (quantization(1 / 128, 128), quantization(1 / 2048)) if quantized else (None, None)
    depth = inputs + cells
    x = graph.input("x", narrow, [rows, inputs], quant=unit)
    make = (lambda *a, **k: graph.tensor(*a, variable=True, **k)) if kept else graph.input
    previous = make("previous", narrow, [rows, cells], quant=unit)
    if quantized:
        weights = graph.const("w", random.integers(0, 256, (4 * cells, depth), np.uint8), quantization(0.013, 117))
        bias = graph.const("b", random.integers(-3000, 3000, 4 * cells, np.int32), quantization(0.013 / 128))
    else:
        weights = graph.const("w", random.normal(0, 0.5, (4 * cells, depth)).astype(np.float32))
        bias = graph.const("b", random.normal(0, 0.5, 4 * cells).astype(np.float32))
    previous_state = make("previous_state", wide, [rows, cells], quant=state)
    outputs = [graph.output("y", narrow, [rows, cells], quant=unit),
               graph.output("state", wide, [rows, cells], quant=state),
               graph.output("joined", narrow, [rows, depth], quant=unit),
               graph.output("gates", wide, [rows, 4 * cells], quant=quantization(1 / 4096) if quantized else None)]
    graph.op("LSTM", [x, previous, weights, bias, previous_state], outputs, kernel_type="BASIC",
             fused_activation_function="TANH")
    return model, random


def cases(suite):
    for quantized in (False, True):
        for kept in (False, True):
            rows, inputs, cells = 2, 24, 8
            name = f"LSTM/basic_{'u8' if quantized else 'f32'}_{'kept' if kept else 'given'}"
            model, random = model_of(suite, name, quantized, rows, inputs, cells, kept)
            if quantized:
                arrays = [random.integers(0, 256, (rows, inputs), np.uint8)]
                more = [random.integers(0, 256, (rows, cells), np.uint8),
                        random.integers(-5000, 5000, (rows, cells), np.int16)]
            else:
                arrays = [random.normal(0, 1, (rows, inputs)).astype(np.float32)]
                more = [random.normal(0, 1, (rows, cells)).astype(np.float32) for _ in range(2)]
            suite.add(name, model, arrays if kept else [arrays[0], *more], invokes=3 if kept else 1,
                      kind="uint8" if quantized else "float32", flags="stateful" if kept else "-",
                      tolerance=(5e-6, 2e-5))
