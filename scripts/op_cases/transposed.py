"""TRANSPOSE_CONV where strides and filters differ along the axes: phases of unequal size, phases without taps, shapes as data."""

import numpy as np

from op_cases.products import INPUT, bias_of, input_of, weights_of
from tflite_builder import Model, quantization

OUTPUT = {"INT8": (0.4, -3), "UINT8": (0.4, 120), "INT16": (0.02, 0)}
KINDS = (("FLOAT32", "FLOAT32", "FLOAT32"), ("FLOAT32", "INT8", "FLOAT32"), ("INT8", "INT8", "INT32"),
         ("UINT8", "UINT8", "INT32"), ("INT16", "INT8", "INT64"), ("INT16", "INT8", "INT32"))
ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def transposed(suite, number, random, kind, weights, bias):
    size, window = random.integers(1, 6, 2).tolist(), random.integers(1, 6, 2).tolist()
    strides, more = random.integers(1, 5, 2).tolist(), random.integers(0, 4, 2).tolist()
    images, channels, outputs = int(random.integers(1, 3)), int(random.integers(1, 13)), int(random.integers(1, 20))
    same, as_data = number % 2 == 0, number % 5 == 0
    if same:
        out = [extent * stride - more_ % stride for extent, stride, more_ in zip(size, strides, more)]
    else:
        out = [(extent - 1) * stride + taps + more_ % stride
               for extent, stride, taps, more_ in zip(size, strides, window, more)]
    shape = np.int32([images, *out, outputs])
    label = f"{kind.lower()}_{weights.lower()}_{bias.lower()}_{number}"
    model = Model()
    graph = model.subgraph("main")
    inputs = []
    if as_data:
        given = graph.input("shape", "INT32", [4])
        inputs.append(shape)
    else:
        given = graph.const("shape", shape)
    x = graph.input("x", kind, [images, *size, channels], quant=quantization(*INPUT[kind]) if kind in INPUT else None)
    inputs.append(input_of(random, kind, [images, *size, channels]))
    scales = 0.02 * np.linspace(0.5, 1.5, outputs)
    quant = None if weights == "FLOAT32" else quantization(0.02, 111) if weights == "UINT8" else quantization(scales, 0, 0)
    tensors = [given, weights_of(graph, random, weights, [outputs, *window, channels], quant), x]
    if number % 3:
        tensors.append(bias_of(graph, random, bias, outputs, INPUT.get(kind, (1, 0))[0] * 0.02))
    y = graph.output("y", kind, shape.tolist(), quant=quantization(*OUTPUT[kind]) if kind in OUTPUT else None)
    options = {"quantized_bias_type": 2} if kind == "INT16" and bias == "INT32" else {}
    graph.op("TRANSPOSE_CONV", tensors, [y], version=4, padding="SAME" if same else "VALID", stride_h=strides[0],
             stride_w=strides[1], fused_activation_function=ACTIVATIONS[number % 4], **options)
    hybrid = kind == "FLOAT32" and weights != "FLOAT32"
    suite.add(f"TRANSPOSE_CONV/{label}", model, inputs, kind="hybrid" if hybrid else kind.lower(), tolerance=(5e-5, 2e-5))


def cases(suite):
    random = suite.random("TRANSPOSE_CONV")
    for kind, weights, bias in KINDS:
        for number in range(20):
            transposed(suite, number, random, kind, weights, bias)
