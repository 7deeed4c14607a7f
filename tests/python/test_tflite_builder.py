"""The model builder: what it writes is read back field by field, and loaded by the original runtime where installed."""

import io
import struct
import zipfile

import numpy as np
import pytest

pytest.importorskip("flatbuffers")

import tflite_schema as schema  # noqa: E402
from tflite_builder import OPTIONAL, Model, encode, quantization, string_data  # noqa: E402


class Table:
    """Reads a FlatBuffers table by slots, independently of the pip package."""

    def __init__(self, content, position):
        self.content, self.position = content, position

    @classmethod
    def root(cls, content):
        return cls(content, struct.unpack_from("<I", content, 0)[0])

    def place(self, slot):
        """Where a field's value is, or None if it is not there."""
        vtable = self.position - struct.unpack_from("<i", self.content, self.position)[0]
        size = struct.unpack_from("<H", self.content, vtable)[0]
        entry = 4 + 2 * slot
        offset = struct.unpack_from("<H", self.content, vtable + entry)[0] if entry < size else 0
        return self.position + offset if offset else None

    def number(self, slot, form, default=0):
        place = self.place(slot)
        return default if place is None else struct.unpack_from("<" + form, self.content, place)[0]

    def target(self, slot):
        place = self.place(slot)
        return None if place is None else place + struct.unpack_from("<I", self.content, place)[0]

    def table(self, slot):
        return Table(self.content, self.target(slot))

    def vector(self, slot, form):
        start = self.target(slot)
        return list(struct.unpack_from(f"<{struct.unpack_from('<I', self.content, start)[0]}{form}", self.content,
                                       start + 4))

    def tables(self, slot):
        start = self.target(slot)
        places = [start + 4 + 4 * index for index in range(struct.unpack_from("<I", self.content, start)[0])]
        return [Table(self.content, place + struct.unpack_from("<I", self.content, place)[0]) for place in places]

    def string(self, slot):
        return bytes(self.vector(slot, "B")).decode()


def field(table, name):
    return schema.TABLES[table][name].slot


def runtime(content):
    module = pytest.importorskip("ai_edge_litert.interpreter")
    interpreter = module.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return interpreter


def add_model(**arguments):
    model = Model(description="adds", **arguments)
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [1, 4], signature=[-1, 4])
    one = graph.const("one", np.arange(4, dtype=np.float32))
    y = graph.output("y", "FLOAT32", [1, 4])
    graph.op("ADD", [x, one], [y], version=2, fused_activation_function="RELU")
    model.signature("serving_default", graph, {"x": x}, {"y": y})
    return model


def test_schema_is_read_whole():
    assert len(schema.TENSOR_TYPES) == 23 and len(schema.OPERATORS) == 210
    assert schema.UNIONS["BuiltinOptions"]["RightShiftOptions"] == 126
    assert schema.UNIONS["BuiltinOptions2"]["StablehloCaseOptions"] == 23
    assert schema.OPTIONS["DEPTHWISE_CONV_2D"] == "DepthwiseConv2DOptions"
    assert schema.OPTIONS["REDUCE_MAX"] == "ReducerOptions"
    assert schema.OPTIONS["FLOOR"] is None
    assert schema.options_field("Conv2DOptions") == "builtin_options"
    assert schema.options_field("StableHLOCompositeOptions") == "builtin_options_2"
    named = set(schema.OPTIONS.values()) - {None}
    assert named <= set(schema.UNIONS["BuiltinOptions"]) | set(schema.UNIONS["BuiltinOptions2"])


def test_fields_are_where_the_schema_has_them():
    content = add_model().build()
    assert content[4:8] == b"TFL3"
    root = Table.root(content)
    assert root.number(field("Model", "version"), "I") == 3
    assert root.string(field("Model", "description")) == "adds"
    graph, = root.tables(field("Model", "subgraphs"))
    assert graph.string(field("SubGraph", "name")) == "main"
    assert graph.vector(field("SubGraph", "inputs"), "i") == [0]
    assert graph.vector(field("SubGraph", "outputs"), "i") == [2]
    tensor = graph.tables(field("SubGraph", "tensors"))[0]
    assert tensor.vector(field("Tensor", "shape"), "i") == [1, 4]
    assert tensor.vector(field("Tensor", "shape_signature"), "i") == [-1, 4]
    assert tensor.place(field("Tensor", "is_variable")) is None
    operator, = graph.tables(field("SubGraph", "operators"))
    assert operator.number(field("Operator", "builtin_options_type"), "B") == 11
    assert operator.table(field("Operator", "builtin_options")).number(0, "b") == 1
    code, = root.tables(field("Model", "operator_codes"))
    assert code.number(field("OperatorCode", "version"), "i", 1) == 2


def test_data_is_aligned():
    content = add_model().build()
    buffers = Table.root(content).tables(field("Model", "buffers"))
    assert buffers[0].place(0) is None
    assert (buffers[1].target(0) + 4) % 16 == 0
    assert bytes(buffers[1].vector(0, "B")) == np.arange(4, dtype=np.float32).tobytes()


def test_data_behind_the_flatbuffer():
    content = add_model(data_behind=True).build()
    empty, data = Table.root(content).tables(field("Model", "buffers"))
    offset, size = data.number(field("Buffer", "offset"), "Q"), data.number(field("Buffer", "size"), "Q")
    assert empty.place(field("Buffer", "offset")) is None and data.place(field("Buffer", "data")) is None
    assert offset % 16 == 0 and size == 16
    assert content[offset:offset + size] == np.arange(4, dtype=np.float32).tobytes()
    assert len(content) == offset + size


@pytest.mark.parametrize("data_behind", [False, True])
def test_runs(data_behind):
    interpreter = runtime(add_model(data_behind=data_behind).build())
    run = interpreter.get_signature_runner("serving_default")
    assert run(x=np.array([[1, -2, 3, 4]], np.float32))["y"].tolist() == [[1, 0, 5, 7]]


def test_codes_beyond_a_byte_and_entries_are_shared():
    model = Model()
    assert [model.operator_code("GELU"), model.operator_code("ADD"), model.operator_code("GELU")] == [0, 1, 0]
    assert [model.operator_code("ADD", 2), model.operator_code("CUSTOM", 1, "A"),
            model.operator_code("CUSTOM", 1, "B")] == [2, 3, 4]
    codes = Table.root(model.build()).tables(field("Model", "operator_codes"))
    assert [codes[0].number(0, "b"), codes[0].number(3, "i")] == [127, 150]
    assert codes[3].string(field("OperatorCode", "custom_code")) == "A"


def test_quantization():
    model = Model()
    graph = model.subgraph()
    graph.tensor("t", "INT8", [1], quant=quantization(0.5, 3))
    graph.const("c", np.zeros((2, 3), np.int8), quantization([0.25, 0.5], axis=0))
    tensors = Table.root(model.build()).tables(field("Model", "subgraphs"))[0].tables(0)
    first, second = (tensor.table(field("Tensor", "quantization")) for tensor in tensors)
    assert first.vector(2, "f") == [0.5] and first.vector(3, "q") == [3]
    assert second.vector(2, "f") == [0.25, 0.5] and second.vector(3, "q") == [0, 0]


def test_custom_operators_and_raw_options():
    model = Model()
    graph = model.subgraph()
    x = graph.input("x", "FLOAT32", [1])
    graph.custom("Mine", [x, OPTIONAL], [x], options=b"\1\2\3")
    graph.custom("Mine", [x], [x], options=b"\4\5", behind=True)
    graph.op("ADD", [x], [x], raw=(99, {2: ("I32", 7)}))
    graph.op("STABLEHLO_SLICE", [x], [x], start_indices=[1, 2])
    content = model.build()
    inside, behind, raw, second = Table.root(content).tables(field("Model", "subgraphs"))[0].tables(3)
    assert inside.vector(field("Operator", "inputs"), "i") == [0, -1]
    assert bytes(inside.vector(field("Operator", "custom_options"), "B")) == b"\1\2\3"
    offset = behind.number(field("Operator", "large_custom_options_offset"), "Q")
    assert content[offset:offset + 2] == b"\4\5"
    assert behind.number(field("Operator", "large_custom_options_size"), "Q") == 2
    assert raw.number(field("Operator", "builtin_options_type"), "B") == 99
    assert raw.table(field("Operator", "builtin_options")).number(2, "i") == 7
    assert second.number(field("Operator", "builtin_options_2_type"), "B") == 3
    assert second.table(field("Operator", "builtin_options_2")).vector(0, "q") == [1, 2]


def test_metadata_and_files():
    model = add_model()
    model.metadata("note", b"text")
    model.attach("labels.txt", b"a\nb\n")
    content = model.build()
    root = Table.root(content)
    entry, = root.tables(field("Model", "metadata"))
    buffer = root.tables(field("Model", "buffers"))[entry.number(1, "I")]
    assert entry.string(0) == "note" and bytes(buffer.vector(0, "B")) == b"text"
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("labels.txt") == b"a\nb\n"
    assert content == model.build()
    runtime(content)


def test_strings():
    assert string_data(["ab", "c"]) == struct.pack("<4i", 2, 16, 18, 19) + b"abc"
    assert string_data([]) == struct.pack("<2i", 0, 8)


def test_mistakes_are_named():
    graph = Model().subgraph()
    with pytest.raises(ValueError, match="FLOOR has no options"):
        graph.op("FLOOR", [0], [0], axis=1)
    with pytest.raises(ValueError, match="Conv2DOptions has no field strides"):
        encode("Conv2DOptions", {"strides": 1})
    with pytest.raises(ValueError, match="padding: no constant FULL"):
        encode("Conv2DOptions", {"padding": "FULL"})
