"""Writes the small models of this folder, each for one behaviour of the runtime. Every function says what it computes.

    python3 tests/data/make_models.py [FOLDER]

tests/python/test_data_models.py checks that the committed files are what this writes, and what they compute.
"""

import sys
from pathlib import Path

import numpy as np
from flatbuffers import flexbuffers

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "scripts"))

from tflite_builder import OPTIONAL, Model  # noqa: E402

F32, I32 = np.float32, np.int32


def branch():
    """y = condition ? x + 1 : x * 2, with IF; condition bool [1], x [2]."""
    model = Model()
    main = model.subgraph("main")
    condition = main.input("condition", "BOOL", [1])
    x, y = main.input("x", "FLOAT32", [2]), main.output("y", "FLOAT32", [2])
    for name, operator, constant in (("then", "ADD", 1), ("else", "MUL", 2)):
        graph = model.subgraph(name)
        source, result = graph.input("x", "FLOAT32", [2]), graph.output("y", "FLOAT32", [2])
        graph.op(operator, [source, graph.const("constant", F32([constant]))], [result])
    main.op("IF", [condition, x], [y], then_subgraph_index=1, else_subgraph_index=2)
    return model


def while_count():
    """while (i < 10) { sum += i; i += 1; }, with WHILE; i and sum int32 [1], given and returned."""
    model = Model()
    main, condition, body = model.subgraph("main"), model.subgraph("condition"), model.subgraph("body")
    inputs = [main.input(name, "INT32", [1]) for name in ("i", "sum")]
    outputs = [main.output(name, "INT32", [1]) for name in ("i_after", "sum_after")]
    main.op("WHILE", inputs, outputs, cond_subgraph_index=1, body_subgraph_index=2)
    i, _ = (condition.input(name, "INT32", [1]) for name in ("i", "sum"))
    condition.op("LESS", [i, condition.const("limit", I32([10]))], [condition.output("more", "BOOL", [1])])
    i, total = (body.input(name, "INT32", [1]) for name in ("i", "sum"))
    i_after, total_after = (body.output(name, "INT32", [1]) for name in ("i_after", "sum_after"))
    body.op("ADD", [total, i], [total_after])
    body.op("ADD", [i, body.const("one", I32([1]))], [i_after])
    return model


def while_forever():
    """while (i == i) i += 0;, with WHILE: it never ends, so that cancelling and deadlines can be tested."""
    model = Model()
    main, condition, body = model.subgraph("main"), model.subgraph("condition"), model.subgraph("body")
    start, end = main.input("i", "INT32", [1]), main.output("i_after", "INT32", [1])
    main.op("WHILE", [start], [end], cond_subgraph_index=1, body_subgraph_index=2)
    model.signature("forever", main, {"i": start}, {"i_after": end})
    i = condition.input("i", "INT32", [1])
    condition.op("EQUAL", [i, i], [condition.output("more", "BOOL", [1])])
    i = body.input("i", "INT32", [1])
    body.op("ADD", [i, body.const("zero", I32([0]))], [body.output("i_after", "INT32", [1])])
    return model


def call_once_variable():
    """A resource variable [2] that CALL_ONCE sets to {10, 20}; each invoke adds x to it and returns it."""
    model = Model()
    main, once = model.subgraph("main"), model.subgraph("once")

    def handle(graph):
        tensor = graph.tensor("handle", "RESOURCE", [])
        graph.op("VAR_HANDLE", [], [tensor], container="", shared_name="total")
        return tensor

    x, y = main.input("x", "FLOAT32", [2]), main.output("y", "FLOAT32", [2])
    main.op("CALL_ONCE", [], [], init_subgraph_index=1)
    total = handle(main)
    before = main.tensor("before", "FLOAT32", [2])
    main.op("READ_VARIABLE", [total], [before])
    main.op("ADD", [before, x], [y])
    main.op("ASSIGN_VARIABLE", [total, y], [])
    once.op("ASSIGN_VARIABLE", [handle(once), once.const("start", F32([10, 20]))], [])
    return model


def string_reshape():
    """Two strings [2] go through as they are, as [2,1], with RESHAPE."""
    model = Model()
    graph = model.subgraph("main")
    shape = graph.const("shape", I32([2, 1]))
    graph.op("RESHAPE", [graph.input("x", "STRING", [2]), shape], [graph.output("y", "STRING", [2, 1])],
             new_shape=[2, 1])
    return model


def two_signatures():
    """Signatures "add" (sum = a + b) and "scale" (scaled = 3 a), each over a subgraph of its own; values [2]."""
    model = Model()
    add, scale = model.subgraph("add"), model.subgraph("scale")
    a, b = (add.input(name, "FLOAT32", [2]) for name in "ab")
    total = add.output("sum", "FLOAT32", [2])
    add.op("ADD", [a, b], [total])
    model.signature("add", add, {"a": a, "b": b}, {"sum": total})
    a, scaled = scale.input("a", "FLOAT32", [2]), scale.output("scaled", "FLOAT32", [2])
    scale.op("MUL", [a, scale.const("three", F32([3]))], [scaled])
    model.signature("scale", scale, {"a": a}, {"scaled": scaled})
    return model


def custom_operator():
    """x [2] -> custom operator "LinnetTestScale" (options: one float32, 2.5) -> y [2]; no runtime knows it."""
    model = Model()
    graph = model.subgraph("main")
    graph.custom("LinnetTestScale", [graph.input("x", "FLOAT32", [2])], [graph.output("y", "FLOAT32", [2])],
                 options=F32([2.5]).tobytes())
    return model


def library_custom():
    """x [1,2] -> custom operator "SignalOverlapAdd" (options: FlexBuffers {"frame_step": 2}) -> y [2], which is x."""
    model = Model()
    graph = model.subgraph("main")
    graph.custom("SignalOverlapAdd", [graph.input("x", "FLOAT32", [1, 2])], [graph.output("y", "FLOAT32", [2])],
                 options=bytes(flexbuffers.Dumps({"frame_step": 2})))
    return model


def operator_state():
    """y [1] = x[0] + the x[1] before, x [1,2]: "SignalOverlapAdd" with a step of 1, which keeps its sums itself."""
    model = Model()
    graph = model.subgraph("main")
    graph.custom("SignalOverlapAdd", [graph.input("x", "FLOAT32", [1, 2])], [graph.output("y", "FLOAT32", [1])],
                 options=bytes(flexbuffers.Dumps({"frame_step": 1})))
    return model


def variable_tensor():
    """y [1,2] = the sum of this x and the two before, kept in a variable tensor that starts at zero, with SVDF."""
    model = Model()
    graph = model.subgraph("main")
    x, y = graph.input("x", "FLOAT32", [1, 2]), graph.output("y", "FLOAT32", [1, 2])
    weights = [graph.const("feature_weights", np.eye(2, dtype=F32)), graph.const("time_weights", np.ones((2, 3), F32))]
    state = graph.tensor("state", "FLOAT32", [1, 6], variable=True)
    graph.op("SVDF", [x, *weights, OPTIONAL, state], [y], rank=1, fused_activation_function="NONE")
    return model


def optional_input():
    """y [1,2] = x [1,3] times {{1,2,3},{4,5,6}} transposed: FULLY_CONNECTED whose bias is left out."""
    model = Model()
    graph = model.subgraph("main")
    weights = graph.const("weights", F32([[1, 2, 3], [4, 5, 6]]))
    graph.op("FULLY_CONNECTED", [graph.input("x", "FLOAT32", [1, 3]), weights, OPTIONAL],
             [graph.output("y", "FLOAT32", [1, 2])])
    return model


def dynamic_add():
    """y = x + {1,2,3}; the shapes in the file are [1,3], their signatures [-1,3]."""
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [1, 3], signature=[-1, 3])
    y = graph.output("y", "FLOAT32", [1, 3], signature=[-1, 3])
    graph.op("ADD", [x, graph.const("constant", F32([1, 2, 3]))], [y])
    model.signature("serving_default", graph, {"x": x}, {"y": y})
    return model


def data_behind():
    """y = x + {1,2,3,4}; the constant stands behind the FlatBuffer, named by offset and size."""
    model = Model(data_behind=True)
    graph = model.subgraph("main")
    x, y = graph.input("x", "FLOAT32", [4]), graph.output("y", "FLOAT32", [4])
    graph.op("ADD", [x, graph.const("constant", F32([1, 2, 3, 4]))], [y])
    return model


def chain():
    """conv 3x3 -> RELU -> conv 3x3 -> ADD of both -> conv 1x1 -> SOFTMAX, on [1,6,6,2]: tensors that live long and
    short, for the memory plan. Every weight is from a fixed sequence between -1/2 and 1/2."""
    model = Model()
    graph = model.subgraph("main")

    def conv(source, name, size, depth_in, depth_out):
        count = depth_out * size * size * depth_in
        weights = (F32(np.arange(count) * 37 % 64) / 64 - 0.5).reshape(depth_out, size, size, depth_in)
        bias = graph.const(f"{name}_bias", F32(np.arange(depth_out) / 8))
        result = graph.tensor(name, "FLOAT32", [1, 6, 6, depth_out])
        graph.op("CONV_2D", [source, graph.const(f"{name}_weights", weights.astype(F32)), bias], [result],
                 padding="SAME", stride_w=1, stride_h=1)
        return result

    first = conv(graph.input("x", "FLOAT32", [1, 6, 6, 2]), "first", 3, 2, 4)
    positive, both = (graph.tensor(name, "FLOAT32", [1, 6, 6, 4]) for name in ("positive", "both"))
    graph.op("RELU", [first], [positive])
    second = conv(positive, "second", 3, 4, 4)
    graph.op("ADD", [positive, second], [both])
    graph.op("SOFTMAX", [conv(both, "last", 1, 4, 3)], [graph.output("y", "FLOAT32", [1, 6, 6, 3])], beta=1.0)
    return model


def string_moves():
    """Of three strings: whether each is the second, the third and the first, and all twice, with EQUAL, GATHER, TILE."""
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "STRING", [3])
    second = graph.tensor("second", "STRING", [1])
    graph.op("SLICE", [x, graph.const("one", I32([1])), graph.const("size", I32([1]))], [second])
    graph.op("EQUAL", [x, second], [graph.output("is_second", "BOOL", [3])])
    graph.op("GATHER", [x, graph.const("ends", I32([2, 0]))], [graph.output("ends_of_x", "STRING", [2])], axis=0)
    graph.op("TILE", [x, graph.const("twice", I32([2]))], [graph.output("twice_x", "STRING", [6])])
    return model


def shape_parts():
    """x [batch,2,3] as [batch,6]: RESHAPE to what SHAPE, STRIDED_SLICE and PACK make of x's own shape."""
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [1, 2, 3], signature=[-1, 2, 3])
    shape, batch, rest, wanted = (graph.tensor(name, "INT32", dims) for name, dims in
                                  (("shape", [3]), ("batch", []), ("rest", []), ("wanted", [2])))
    graph.op("SHAPE", [x], [shape], out_type="INT32")
    ends = [graph.const(f"end{i}", I32([i])) for i in range(2)]
    graph.op("STRIDED_SLICE", [shape, ends[0], ends[1], ends[1]], [batch], shrink_axis_mask=1)
    graph.op("MUL", [graph.const("two", I32(2)), graph.const("three", I32(3))], [rest])
    graph.op("PACK", [batch, rest], [wanted], values_count=2)
    graph.op("RESHAPE", [x, wanted], [graph.output("y", "FLOAT32", [1, 6], signature=[-1, 6])])
    return model


MODELS = (branch, while_count, while_forever, call_once_variable, string_reshape, two_signatures, custom_operator, library_custom, operator_state,
          variable_tensor, optional_input, dynamic_add, data_behind, chain, string_moves, shape_parts)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    for make in MODELS:
        size = make().save(folder / f"{make.__name__}.tflite")
        print(f"{make.__name__:20}{size:6} bytes")


if __name__ == "__main__":
    main()
