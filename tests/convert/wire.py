"""GraphDefs without TensorFlow: protobuf's wire format, as much as graphs need."""

import struct

import numpy as np

FLOAT, INT32 = 1, 3
DTYPES = {np.dtype(np.float32): FLOAT, np.dtype(np.int32): INT32}


def varint(number):
    out = b""
    number &= (1 << 64) - 1
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def field(number, value):
    """An int as a varint, a float in four bytes, bytes and str as they are, with length."""
    if isinstance(value, (bool, int)):
        return varint(number << 3) + varint(int(value))
    if isinstance(value, float):
        return varint(number << 3 | 5) + struct.pack("<f", value)
    data = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(data)) + data


def shape(dims):
    return b"".join(field(2, field(1, extent)) for extent in dims)


def tensor(array):
    array = np.asarray(array)
    return field(1, DTYPES[array.dtype]) + field(2, shape(array.shape)) + field(4, array.tobytes())


def attribute(key, value):
    """`value`: an AttrValue's bytes."""
    return field(5, field(1, key) + field(2, value))


def node(name, op, *inputs, **attributes):
    """Attributes: an int is a type, bool, list of ints or AttrValue's bytes."""
    encoded = b""
    for key, value in attributes.items():
        if isinstance(value, bool):
            value = field(5, value)
        elif isinstance(value, int):
            value = field(6, value)
        elif isinstance(value, str):
            value = field(2, value)
        elif isinstance(value, list):
            value = field(1, b"".join(field(3, number) for number in value))
        encoded += attribute(key, value)
    return field(1, name) + field(2, op) + b"".join(field(3, source) for source in inputs) + encoded


def constant(name, array):
    return node(name, "Const", dtype=DTYPES[np.asarray(array).dtype], value=field(8, tensor(array)))


def placeholder(name, dims, dtype=FLOAT):
    return node(name, "Placeholder", dtype=dtype, shape=field(7, shape(dims)))


def function(name, inputs, nodes, returns):
    """`returns`: {output: what it is}."""
    signature = field(1, name) + b"".join(field(2, field(1, i) + field(3, FLOAT)) for i in inputs)
    signature += b"".join(field(3, field(1, o) + field(3, FLOAT)) for o in returns)
    return (field(1, signature) + b"".join(field(3, n) for n in nodes) +
            b"".join(field(4, field(1, key) + field(2, value)) for key, value in returns.items()))


def graph(*nodes, functions=()):
    library = field(2, b"".join(field(1, f) for f in functions)) if functions else b""
    return b"".join(field(1, n) for n in nodes) + library
