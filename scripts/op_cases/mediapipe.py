"""The custom operators of MediaPipe's models and MaxUnpooling2D of the perception operators; outputs by numpy."""

import struct

import numpy as np

from tflite_builder import Model

SAME, VALID = 1, 2


def pool_options(padding, stride, size, activation=0):
    """The bytes of a TfLitePoolParams; strides and sizes are (height, width)."""
    return struct.pack("<10i", padding, stride[1], stride[0], size[1], size[0], activation, 0, 0, 0, 0)


def add(suite, name, inputs, outputs, options, constants=()):
    """`outputs` are the arrays that are right. Inputs whose index is in `constants` are in the file."""
    model = Model()
    graph = model.subgraph("main")
    tensors = [graph.const(f"c{i}", array) if i in constants else
               graph.input(f"x{i}", array.dtype.name.upper(), array.shape) for i, array in enumerate(inputs)]
    results = [graph.output(f"y{i}", array.dtype.name.upper(), array.shape) for i, array in enumerate(outputs)]
    graph.custom(name.split("/")[0], tensors, results, options)
    given = [array for i, array in enumerate(inputs) if i not in constants]
    suite.add(name, model, given, flags="custom", tolerance=(1e-5, 1e-5), run=lambda *_: outputs)


def extent(padding, size, stride, window):
    """Output extent and padding in front of a window's axis."""
    out = -(-size // stride) if padding == SAME else (size - window) // stride + 1
    return out, max(0, (out - 1) * stride + window - size) // 2


def max_pool(x, padding, stride, size):
    (rows, top), (columns, left) = (extent(padding, x.shape[i + 1], stride[i], size[i]) for i in (0, 1))
    out = np.zeros((x.shape[0], rows, columns, x.shape[3]), np.float32)
    places = np.zeros_like(out)
    padded = np.pad(x, ((0, 0), (top, size[0]), (left, size[1]), (0, 0)), constant_values=-np.inf)
    for y in range(rows):
        for z in range(columns):
            window = padded[:, y * stride[0]:y * stride[0] + size[0], z * stride[1]:z * stride[1] + size[1]]
            window = window.reshape(x.shape[0], -1, x.shape[3])
            out[:, y, z] = window.max(axis=1)
            places[:, y, z] = window.argmax(axis=1) + np.float32(0.1)
    return out, places


def unpool_windows(x, places, stride, size):
    height, width = x.shape[1] * size[0], x.shape[2] * size[1]
    top = max(0, (x.shape[1] - 1) * stride[0] + size[0] - height) // 2
    left = max(0, (x.shape[2] - 1) * stride[1] + size[1] - width) // 2
    out = np.zeros((x.shape[0], height, width, x.shape[3]), np.float32)
    for b, y, z, c in np.ndindex(x.shape):
        place = int(places[b, y, z, c])
        row = abs(place) // size[1] * (1 if place >= 0 else -1)  # cut off, as C does
        column = place - row * size[1]
        row, column = row + y * stride[0] - top, column + z * stride[1] - left
        if 0 <= row < height and 0 <= column < width:
            out[b, row, column, c] = x[b, y, z, c]
    return out


def unpool_picture(x, places, padding, stride, size):
    height, width = (x.shape[i + 1] * stride[i] if padding == SAME else (x.shape[i + 1] - 1) * stride[i] + size[i]
                     for i in (0, 1))
    out = np.zeros((x.shape[0], height * width * x.shape[3]), np.float32)
    for b in range(x.shape[0]):
        for value, place in zip(x[b].ravel(), places[b].ravel()):
            out[b, place] = value
    return out.reshape(x.shape[0], height, width, x.shape[3])


def transpose_conv(x, filters, bias, padding, stride):
    cut = [max(0, filters.shape[i + 1] - (x.shape[i + 1] - 1) % stride[i] - 1) if padding == SAME else 0 for i in (0, 1)]
    whole = [stride[i] * (x.shape[i + 1] - 1) + filters.shape[i + 1] for i in (0, 1)]
    out = np.zeros((x.shape[0], *whole, filters.shape[0]))
    for y in range(x.shape[1]):
        for z in range(x.shape[2]):
            out[:, y * stride[0]:y * stride[0] + filters.shape[1], z * stride[1]:z * stride[1] + filters.shape[2]] += \
                np.einsum("nc,ohwc->nhwo", x[:, y, z].astype(np.float64), filters)
    top, left = cut[0] // 2, cut[1] // 2
    out = out[:, top:whole[0] - (cut[0] - top), left:whole[1] - (cut[1] - left)]
    return (out + bias).astype(np.float32)


def pools(suite):
    for label, padding, stride, size, activation in (
            ("same", SAME, (2, 2), (2, 2), 0), ("valid", VALID, (1, 2), (3, 2), 0), ("same_wide", SAME, (3, 2), (4, 3), 0),
            ("relu", SAME, (2, 2), (3, 3), 1)):
        name = f"MaxPoolingWithArgmax2D/{label}"
        x = suite.random(name).integers(-9, 10, (2, 7, 6, 3)).astype(np.float32)
        out, places = max_pool(x, padding, stride, size)
        out = np.maximum(out, 0) if activation else out
        add(suite, name, [x], [out, places], pool_options(padding, stride, size, activation))
    for label, stride, size in (("disjoint", (2, 2), (2, 2)), ("apart", (3, 2), (2, 2)), ("close", (1, 1), (2, 3))):
        name = f"MaxUnpooling2D/{label}"
        random = suite.random(name)
        x = random.normal(size=(2, 3, 4, 2)).astype(np.float32)
        places = random.integers(-2, size[0] * size[1] + 3, x.shape).astype(np.float32) + np.float32(0.1)
        places[0, 0, 0] = (np.nan, -1e30)
        out = unpool_windows(x, np.nan_to_num(places, nan=1e9), stride, size)
        add(suite, name, [x, places], [out], pool_options(SAME, stride, size))
    for operator in ("MaxUnpooling2D", "LiteRtMaxUnpooling2D"):
        for label, padding in (("same", SAME), ("valid", VALID)):
            name = f"{operator}/whole_{label}"
            random = suite.random(name)
            x = random.normal(size=(2, 2, 4, 2)).astype(np.float32)
            count = unpool_picture(x, np.zeros(x.shape, np.int32), padding, (2, 3), (2, 2))[0].size
            places = np.stack([random.permutation(count)[:16].reshape(2, 4, 2) for _ in range(2)]).astype(np.int32)
            add(suite, name, [x, places], [unpool_picture(x, places, padding, (2, 3), (2, 2))],
                pool_options(padding, (2, 3), (2, 2)))


def cases(suite):
    pools(suite)
    for label, padding, stride, size in (("same", SAME, (2, 2), (4, 4)), ("valid", VALID, (2, 1), (3, 2)),
                                         ("sparse", SAME, (3, 3), (2, 2)), ("even", SAME, (1, 2), (2, 5))):
        name = f"Convolution2DTransposeBias/{label}"
        random = suite.random(name)
        x, filters, bias = (random.normal(size=shape).astype(np.float32) for shape in ((2, 4, 5, 9), (3, *size, 9), (3,)))
        out = transpose_conv(x, filters, bias, padding, stride)
        add(suite, name, [x, filters, bias], [out], struct.pack("<5i", padding, stride[1], stride[0], 0, 0), (1, 2))
