"""CONV_2D, DEPTHWISE_CONV_2D and TRANSPOSE_CONV by the types of input, filter and bias: hybrid, 4-bit, 16 by 8 bits."""

import numpy as np

from op_cases.products import INPUT, bias_of, input_of, weights_of
from tflite_builder import Model, quantization

SHAPE, WINDOW = (2, 5, 6, 4), (3, 2)
OUTPUT = {"INT8": (0.5, -3), "UINT8": (0.5, 120), "INT16": (0.02, 0)}
UNITS = {"CONV_2D": 6, "DEPTHWISE_CONV_2D": 8, "TRANSPOSE_CONV": 6}


def convolution(suite, operator, label, kind, weights, bias, per_channel=False, zero_point=0, stride=1, dilation=1,
                groups=1, **options):
    name = f"{operator}/{label}"
    random = suite.random(name)
    model = Model()
    graph = model.subgraph("main")
    (images, height, width, channels), units = SHAPE, UNITS[operator]
    depthwise, transposed = operator == "DEPTHWISE_CONV_2D", operator == "TRANSPOSE_CONV"
    filter_shape = [1, *WINDOW, units] if depthwise else [units, *WINDOW, channels // groups]
    scales = 0.02 * np.linspace(0.5, 1.5, units)
    quant = quantization(scales, 0, 3 if depthwise else 0) if per_channel else quantization(0.02, zero_point)
    size = ([height * stride, width * stride] if transposed
            else [-(-height // stride), -(-width // stride)])
    x = graph.input("x", kind, SHAPE, quant=quantization(*INPUT[kind]) if kind in INPUT else None)
    w = weights_of(graph, random, weights, filter_shape, None if weights == "FLOAT32" else quant)
    tensors = [graph.const("shape", np.int32([images, *size, units])), w, x] if transposed else [x, w]
    if bias:
        tensors.append(bias_of(graph, random, bias, units, INPUT.get(kind, (1, 0))[0] * 0.02))
    y = graph.output("y", kind, [images, *size, units], quant=quantization(*OUTPUT[kind]) if kind in OUTPUT else None)
    options |= {"padding": "SAME", "stride_w": stride, "stride_h": stride}
    if not transposed:
        options |= {"dilation_w_factor": dilation, "dilation_h_factor": dilation}
    if depthwise:
        options["depth_multiplier"] = units // channels
    graph.op(operator, tensors, [y], version=3, **options)
    hybrid = kind == "FLOAT32" and weights != "FLOAT32"
    suite.add(name, model, [input_of(random, kind, SHAPE)], kind="hybrid" if hybrid else kind.lower(),
              tolerance=(5e-5, 2e-5))


def cases(suite):
    for operator in UNITS:
        for stride in (1, 2):
            convolution(suite, operator, f"float32_{stride}", "FLOAT32", "FLOAT32", "FLOAT32", stride=stride)
            for weights in ("INT8", "INT4") if operator != "TRANSPOSE_CONV" else ("INT8",):
                label = f"{weights.lower()}_{stride}"
                if operator != "DEPTHWISE_CONV_2D" or weights == "INT8":
                    convolution(suite, operator, f"hybrid_{label}", "FLOAT32", weights, "FLOAT32", True, stride=stride)
                for per_channel in (False, True):
                    convolution(suite, operator, f"int8_{label}_{'pc' if per_channel else 'pt'}", "INT8", weights, "INT32",
                                per_channel, stride=stride)
            convolution(suite, operator, f"int16_int8_{stride}", "INT16", "INT8", "INT64", True, stride=stride)
            convolution(suite, operator, f"uint8_{stride}", "UINT8", "UINT8", "INT32", zero_point=111, stride=stride)
        if operator != "CONV_2D":
            convolution(suite, operator, "int8_no_bias", "INT8", "INT8", None, True)
        if operator != "DEPTHWISE_CONV_2D":
            convolution(suite, operator, "int16_int8_32", "INT16", "INT8", "INT32", True, quantized_bias_type=2)
        if operator != "TRANSPOSE_CONV":
            for kind, weights, bias in (("FLOAT32", "FLOAT32", "FLOAT32"), ("FLOAT32", "INT8", "FLOAT32"),
                                        ("INT8", "INT8", "INT32")):
                convolution(suite, operator, f"dilated_{kind.lower()}_{weights.lower()}", kind, weights, bias,
                            weights == "INT8", dilation=2)
    for kind, weights, bias in (("FLOAT32", "FLOAT32", "FLOAT32"), ("INT8", "INT8", "INT32"), ("INT8", "INT4", "INT32"),
                                ("INT16", "INT8", "INT64"), ("UINT8", "UINT8", "INT32")):
        convolution(suite, "CONV_2D", f"groups_{kind.lower()}_{weights.lower()}", kind, weights, bias,
                    kind not in ("FLOAT32", "UINT8"), zero_point=111 if kind == "UINT8" else 0, groups=2)
