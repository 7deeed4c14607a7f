"""Writes model files (.tflite): a small builder over the pip package `flatbuffers`, without generated code.

    model = Model(description="y = relu(x + 1)")
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [1, 4])
    one = graph.const("one", np.ones(4, np.float32))
    y = graph.output("y", "FLOAT32", [1, 4])
    graph.op("ADD", [x, one], [y], fused_activation_function="RELU")
    model.signature("serving_default", graph, inputs={"x": x}, outputs={"y": y})
    model.save("add.tflite")

Tensors and subgraphs are their indices in the file. Nothing is checked beyond what writing needs, on purpose: tests
make broken models with it too. Fields are those of the schema (tflite_schema.py); a field that is not given is not
written, so that readers take its default.
"""

import io
import struct
import zipfile

import flatbuffers
import numpy as np

import tflite_schema as schema

_NUMBERS = {
    "I8": flatbuffers.number_types.Int8Flags, "U8": flatbuffers.number_types.Uint8Flags,
    "I16": flatbuffers.number_types.Int16Flags, "U16": flatbuffers.number_types.Uint16Flags,
    "I32": flatbuffers.number_types.Int32Flags, "U32": flatbuffers.number_types.Uint32Flags,
    "I64": flatbuffers.number_types.Int64Flags, "U64": flatbuffers.number_types.Uint64Flags,
    "F32": flatbuffers.number_types.Float32Flags, "TAG": flatbuffers.number_types.Uint8Flags,
}

# Vectors that the schema aligns by more than their elements.
_ALIGNED = {("Buffer", "data"): 16, ("CustomQuantization", "custom"): 16,
            ("Uint16Vector", "values"): 4, ("Uint8Vector", "values"): 4}

_TYPE_OF_ARRAY = {"float32": "FLOAT32", "float16": "FLOAT16", "float64": "FLOAT64", "bool": "BOOL", "int8": "INT8",
                  "uint8": "UINT8", "int16": "INT16", "uint16": "UINT16", "int32": "INT32", "uint32": "UINT32",
                  "int64": "INT64", "uint64": "UINT64", "complex64": "COMPLEX64", "complex128": "COMPLEX128"}

OPTIONAL = -1  # an input that an operator leaves out


# ---- tables ---------------------------------------------------------------------------------------------------------

def _vector(builder, kind, values, alignment):
    flags = _NUMBERS[kind]
    data = bytes(values) if isinstance(values, (bytes, bytearray)) else b"".join(
        flags.packer_type.pack(flags.py_type(value)) for value in values)
    count = len(data) // flags.bytewidth
    builder.StartVector(flags.bytewidth, count, max(alignment, flags.bytewidth))
    builder.head -= len(data)
    builder.Bytes[builder.head:builder.head + len(data)] = data
    return builder.EndVector()


def _offsets(builder, offsets):
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()


def _child(builder, kind, target, value, alignment):
    """Writes what a field refers to and returns its offset."""
    if kind == "STRING":
        return builder.CreateString(value)
    if kind == "TABLE":
        return write_table(builder, target, value)
    if kind == "VECTOR_TABLE":
        return _offsets(builder, [write_table(builder, target, item) for item in value])
    if kind == "VECTOR_STRING":
        return _offsets(builder, [builder.CreateString(item) for item in value])
    return _vector(builder, kind.removeprefix("VECTOR_"), value, alignment)


def _resolve(table, fields):
    """Turns {name: value} into [(slot, kind, target, value, alignment)]; unions become their tag and a table."""
    resolved = []
    for key, value in fields.items():
        if value is None:
            continue
        if isinstance(key, int):  # a raw slot: {slot: (kind, value)}
            resolved.append((key, value[0], None, value[1], 1))
            continue
        field = schema.TABLES[table].get(key)
        if field is None:
            raise ValueError(f"{table} has no field {key}; it has {', '.join(schema.TABLES[table])}")
        if field.kind == "UNION":
            member, content = value
            tag = member if isinstance(member, int) else schema.UNIONS[field.target][member]
            resolved.append((field.slot - 1, "TAG", None, tag, 1))
            resolved.append((field.slot, "TABLE", member, content, 1))
        else:
            if field.kind in _NUMBERS and field.kind != "F32":
                value = schema.enum_value(key, value)
            resolved.append((field.slot, field.kind, field.target, value, _ALIGNED.get((table, key), 1)))
    return resolved


def write_table(builder, table, fields):
    """Writes one table and returns its offset.

    `table` is its name in the schema (None where `fields` has raw slots only). `fields` maps a field's name to its
    value, or a slot's number to (kind, value), kind being a word like "I32", "STRING", "VECTOR_F32", "TABLE",
    "VECTOR_TABLE". Values: numbers (enums also by name), str, bytes or sequences for vectors, dicts for tables;
    for a union (member's name or tag, dict).
    """
    resolved = [(slot, kind, value if kind in _NUMBERS else _child(builder, kind, target, value, alignment))
                for slot, kind, target, value, alignment in _resolve(table, fields)]
    builder.StartObject(max((slot for slot, _, _ in resolved), default=-1) + 1)
    # Wide fields first: it leaves the fewest padding bytes.
    for slot, kind, value in sorted(resolved, key=lambda item: -getattr(_NUMBERS.get(item[1]), "bytewidth", 4)):
        if kind in _NUMBERS:
            builder.Prepend(_NUMBERS[kind], _NUMBERS[kind].py_type(value))
        else:
            builder.PrependUOffsetTRelative(value)
        builder.Slot(slot)
    return builder.EndObject()


def encode(table, fields, identifier=b"TFL3"):
    """The bytes of a FlatBuffer whose root is the given table."""
    builder = flatbuffers.Builder(1024)
    builder.Finish(write_table(builder, table, fields), file_identifier=identifier)
    return bytes(builder.Output())


def string_data(strings):
    """The buffer of a string tensor: int32 count, int32 offsets[count + 1] from the buffer's start, the bytes."""
    encoded = [text.encode() if isinstance(text, str) else bytes(text) for text in strings]
    ends = np.cumsum([4 * (len(encoded) + 2)] + [len(text) for text in encoded])
    return struct.pack(f"<{len(encoded) + 2}i", len(encoded), *ends) + b"".join(encoded)


def quantization(scale, zero_point=0, axis=None, minimum=None, maximum=None):
    """Quantization parameters: a scale and zero point, or one per channel along `axis`."""
    scales = np.atleast_1d(np.asarray(scale, np.float32))
    zero_points = np.broadcast_to(np.asarray(zero_point, np.int64), scales.shape)
    return {"scale": scales.tolist(), "zero_point": zero_points.tolist(), "quantized_dimension": axis,
            "min": None if minimum is None else np.atleast_1d(minimum).tolist(),
            "max": None if maximum is None else np.atleast_1d(maximum).tolist()}


# ---- model ----------------------------------------------------------------------------------------------------------

class Model:
    """A model being built.

    With `data_behind` the buffers' bytes (and large custom options) stand behind the FlatBuffer and are referred to
    by offset and size, as in files over 2 GB.
    """

    def __init__(self, description=None, version=3, data_behind=False):
        self.description = description
        self.version = version
        self.data_behind = data_behind
        self.subgraphs = []
        self._buffers = [b""]  # buffer 0 is the empty one that tensors without data name
        self._operator_codes = []
        self._metadata = []
        self._signatures = []
        self._files = []

    def subgraph(self, name=None):
        """Adds a subgraph; the first is the one that an interpreter runs."""
        graph = Subgraph(self, len(self.subgraphs), name)
        self.subgraphs.append(graph)
        return graph

    def buffer(self, data):
        """Adds a buffer with `data` and returns its index."""
        self._buffers.append(bytes(data))
        return len(self._buffers) - 1

    def metadata(self, name, data):
        """Adds a metadata entry of the file."""
        self._metadata.append({"name": name, "buffer": self.buffer(data)})

    def signature(self, key, graph, inputs, outputs):
        """Adds a signature over `graph`; `inputs` and `outputs` map argument names to tensors."""
        def maps(tensors):
            return [{"name": name, "tensor_index": tensor} for name, tensor in tensors.items()]
        self._signatures.append({"signature_key": key, "subgraph_index": int(graph), "inputs": maps(inputs),
                                 "outputs": maps(outputs)})

    def attach(self, name, data):
        """Packs a file into the model: a zip archive behind everything else, where readers look for labels."""
        self._files.append((name, data))

    def operator_code(self, name, version=1, custom_code=None):
        """The index of an operator's entry (by name or code), adding it where it is new."""
        code = schema.OPERATORS[name] if isinstance(name, str) else int(name)
        # Readers take the larger of the two fields; the old one is a byte and holds 127 for what does not fit.
        entry = {"deprecated_builtin_code": min(code, 127), "builtin_code": code, "custom_code": custom_code,
                 "version": version}
        if entry not in self._operator_codes:
            self._operator_codes.append(entry)
        return self._operator_codes.index(entry)

    def _tree(self, places):
        if self.data_behind:
            buffers = [{"offset": place, "size": len(data)} if data else {}
                       for place, data in zip(places, self._buffers)]
        else:
            buffers = [{"data": data} if data else {} for data in self._buffers]
        extra_places = iter(places[len(self._buffers):])
        return {
            "version": self.version, "description": self.description, "operator_codes": self._operator_codes,
            "subgraphs": [graph._tree(extra_places) for graph in self.subgraphs], "buffers": buffers,
            "metadata": self._metadata or None, "signature_defs": self._signatures or None,
        }

    def interface(self):
        """The first subgraph's inputs and outputs: a list of {"name": name} for each."""
        graph = self.subgraphs[0]
        return tuple([{"name": graph._tensors[tensor]["name"]} for tensor in tensors]
                     for tensors in (graph.inputs, graph.outputs))

    def build(self):
        """The file's bytes."""
        behind = (list(self._buffers) if self.data_behind else [b""] * len(self._buffers))
        behind += [data for graph in self.subgraphs for data in graph._options_behind]
        places = [0] * len(behind)
        content = encode("Model", self._tree(places))
        if any(behind):
            # The places are plain 64-bit fields, so that the second encoding has the first one's size.
            end = len(content)
            for index, data in enumerate(behind):
                places[index] = end = (end + 15) // 16 * 16
                end += len(data)
            content = encode("Model", self._tree(places))
            for place, data in zip(places, behind):
                content = content.ljust(place, b"\0") + data if data else content
        return self._with_files(content)

    def _with_files(self, content):
        if not self._files:
            return content
        stream = io.BytesIO(content)
        with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
            for name, data in self._files:
                archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
        return stream.getvalue()

    def save(self, path):
        """Writes the file and returns its size in bytes."""
        content = self.build()
        with open(path, "wb") as file:
            file.write(content)
        return len(content)


class Subgraph:
    """A subgraph being built. `int(graph)` is its index; `inputs` and `outputs` are lists that may be changed."""

    def __init__(self, model, index, name):
        self.model = model
        self.name = name
        self.inputs = []
        self.outputs = []
        self._index = index
        self._tensors = []
        self._operators = []
        self._options_behind = []

    def __int__(self):
        return self._index

    __index__ = __int__

    def tensor(self, name, dtype, shape, data=None, quant=None, signature=None, variable=False, **fields):
        """Adds a tensor and returns its index.

        `dtype` is a type's name or number. `signature` is the shape with -1 for what is dynamic. `data` makes it
        constant: bytes, or an array. `quant` is what `quantization` returns. Further fields as in the schema.
        """
        buffer = 0 if data is None else self.model.buffer(data if isinstance(data, bytes) else _array_bytes(data))
        entry = {"name": name, "type": dtype, "shape": list(shape), "buffer": buffer, "quantization": quant,
                 "shape_signature": signature, "is_variable": True if variable else None}
        self._tensors.append({**entry, **fields})
        return len(self._tensors) - 1

    def input(self, name, dtype, shape, **arguments):
        """Adds a tensor that is an input of the subgraph."""
        self.inputs.append(self.tensor(name, dtype, shape, **arguments))
        return self.inputs[-1]

    def output(self, name, dtype, shape, **arguments):
        """Adds a tensor that is an output of the subgraph."""
        self.outputs.append(self.tensor(name, dtype, shape, **arguments))
        return self.outputs[-1]

    def const(self, name, array, quant=None, dtype=None, **fields):
        """Adds a constant from an array, or from a list of strings."""
        if isinstance(array, (list, tuple)) and array and isinstance(array[0], (str, bytes)):
            return self.tensor(name, "STRING", [len(array)], string_data(array), quant, **fields)
        array = np.asarray(array)
        return self.tensor(name, dtype or _TYPE_OF_ARRAY[array.dtype.name], array.shape, array, quant, **fields)

    def op(self, name, inputs, outputs, version=1, table=None, raw=None, fields=None, **options):
        """Adds a builtin operator.

        Options are given by name; they go to the operator's own options table, or to `table`. An operator that has
        such a table gets it even without options, as converters do. `raw` = (tag, {slot: (kind, value)}) writes any
        other table instead. `fields` are further fields of the Operator table (intermediates, ...).
        """
        entry = {"opcode_index": self.model.operator_code(name, version), "inputs": list(inputs),
                 "outputs": list(outputs), **(fields or {})}
        if raw is not None:
            entry["builtin_options"] = raw
        elif isinstance(name, str):
            table = table or schema.OPTIONS[name]
            if table is not None:
                entry[schema.options_field(table)] = (table, options)
            elif options:
                raise ValueError(f"{name} has no options; given: {', '.join(options)}")
        self._operators.append(entry)

    def custom(self, code, inputs, outputs, options=None, version=1, behind=False):
        """Adds a custom operator; `options` are bytes, which `behind` puts behind the FlatBuffer."""
        entry = {"opcode_index": self.model.operator_code("CUSTOM", version, code), "inputs": list(inputs),
                 "outputs": list(outputs)}
        if options is not None and behind:
            entry.update(large_custom_options_offset=0, large_custom_options_size=len(options))
            self._options_behind.append(bytes(options))
        elif options is not None:
            entry["custom_options"] = bytes(options)
        self._operators.append(entry)

    def _tree(self, places):
        operators = [{**entry, "large_custom_options_offset": next(places)}
                     if "large_custom_options_offset" in entry else entry for entry in self._operators]
        return {"name": self.name, "tensors": self._tensors, "inputs": self.inputs, "outputs": self.outputs,
                "operators": operators}


def _array_bytes(array):
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
