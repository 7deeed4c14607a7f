"""FLOAT16 and BFLOAT16 where the original computes with them, by way of CAST; UINT32; INT16 that is compared."""

import numpy as np

from tflite_builder import Model, quantization

UNARY = {"FLOOR": 2, "LOGISTIC": 2, "NEG": 2, "TANH": 2, "COS": 1, "SIN": 1, "SOFTMAX": 1, "GELU": 1}
BINARY = {"ATAN2": 2, "MAXIMUM": 2, "MINIMUM": 2, "LESS": 2, "GREATER": 2, "ADD": 1, "MUL": 1, "EQUAL": 1,
          "NOT_EQUAL": 1, "LESS_EQUAL": 1, "GREATER_EQUAL": 1}
COMPARISONS = ("LESS", "GREATER", "EQUAL", "NOT_EQUAL", "LESS_EQUAL", "GREATER_EQUAL")


def half_case(suite, operator, half, shapes, **options):
    name = f"{operator}/{half.lower()}_{len(shapes)}_{len(set(shapes))}"
    model = Model()
    graph = model.subgraph("main")
    halves, arrays = [], []
    for index, shape in enumerate(shapes):
        arrays.append(suite.random(f"{name} {index}").uniform(-4, 4, shape).astype(np.float32))
        if operator in COMPARISONS:
            arrays[-1] = np.round(arrays[-1])
        x = graph.input(f"x{index}", "FLOAT32", shape)
        halves.append(graph.tensor(f"h{index}", half, shape))
        graph.op("CAST", [x], [halves[-1]])
    if operator in COMPARISONS:
        graph.op(operator, halves, [graph.output("y", "BOOL", shapes[0])])
    else:
        result, y = graph.tensor("result", half, shapes[0]), graph.output("y", "FLOAT32", shapes[0])
        graph.op(operator, halves, [result], **options)
        graph.op("CAST", [result], [y])
    # The original computes GELU in halves, step by step.
    suite.add(name, model, arrays, tolerance=(4e-3 if operator == "GELU" else 0, 0), kind=half.lower())


def cases(suite):
    for operator, count in UNARY.items():
        for half in ("FLOAT16", "BFLOAT16")[:count]:
            half_case(suite, operator, half, [(2, 3, 20)], **({"beta": 1.0} if operator == "SOFTMAX" else {}))
    for operator, count in BINARY.items():
        for half in ("FLOAT16", "BFLOAT16")[:count]:
            half_case(suite, operator, half, [(2, 3, 20), (2, 3, 20)])
            if operator != "ATAN2":  # of two shapes the original reads as if there were one
                half_case(suite, operator, half, [(2, 3, 20), (1, 3, 1)])
    for operator in ("EQUAL", "NOT_EQUAL"):
        model = Model()
        graph = model.subgraph("main")
        arrays = [suite.random(f"{operator} {i}").integers(-30, 31, (6, 10)).astype(np.int16) for i in range(2)]
        inputs = [graph.input(f"x{i}", "INT16", (6, 10), quant=quantization(scale)) for i, scale in enumerate((0.03, 0.06))]
        graph.op(operator, inputs, [graph.output("y", "BOOL", (6, 10))])
        suite.add(f"{operator}/int16_quantized", model, arrays, kind="int16")
    model = Model()
    graph = model.subgraph("main")
    arrays = [suite.random(f"mul {i}").integers(0, 2**32, shape, np.uint32) for i, shape in enumerate(((3, 5), (3, 1)))]
    inputs = [graph.input(f"x{i}", "UINT32", array.shape) for i, array in enumerate(arrays)]
    graph.op("MUL", inputs, [graph.output("y", "UINT32", (3, 5))])
    suite.add("MUL/uint32", model, arrays, kind="uint32")
