"""DENSIFY: dense and compressed levels in any order, blocks, indices of 8, 16 and 32 bits."""

import itertools

import numpy as np

from tflite_builder import Model, quantization

INDEX_TABLES = ("Int32Vector", "Uint16Vector", "Uint8Vector")


def compress(dense, order, formats, block_map, block_sizes):
    """The values and the SparsityParameters of an array whose levels go by `order`; formats: d(ense), c(ompressed)."""
    extents = list(dense.shape)
    strides = [int(np.prod(dense.shape[i + 1:])) for i in range(dense.ndim)]
    for dim, size in zip(block_map, block_sizes):
        extents.append(size)
        strides.append(strides[dim])
        extents[dim] //= size
        strides[dim] *= size
    flat = dense.ravel()
    segments, indices, values = [[0] for _ in order], [[] for _ in order], []

    def holds_something(level, offset):
        if level == len(order):
            return flat[offset] != 0
        return any(holds_something(level + 1, offset + i * strides[order[level]]) for i in range(extents[order[level]]))

    def walk(level, offset):
        if level == len(order):
            values.append(flat[offset])
            return
        for i in range(extents[order[level]]):
            inner = offset + i * strides[order[level]]
            if formats[level] == "d":
                walk(level + 1, inner)
            elif holds_something(level + 1, inner):
                indices[level].append(i)
                walk(level + 1, inner)
        segments[level].append(len(indices[level]))

    walk(0, 0)
    levels = []
    for level, dim in enumerate(order):
        if formats[level] == "d":
            levels.append({"format": 0, "dense_size": extents[dim]})
        else:
            levels.append({"format": 1,
                           "array_segments": (INDEX_TABLES[level % 3], {"values": segments[level]}),
                           "array_indices": (INDEX_TABLES[(level + 1) % 3], {"values": indices[level]})})
    return np.array(values, dense.dtype), {"traversal_order": list(order), "block_map": list(block_map),
                                           "dim_metadata": levels}


SHAPES = (((4, 6), (0, 1), "dc", (), ()), ((4, 6), (1, 0), "dc", (), ()), ((4, 6), (0, 1), "cc", (), ()),
          ((4, 6), (0, 1, 2, 3), "dcdd", (0, 1), (2, 2)), ((4, 8), (0, 1, 3, 2), "dcdd", (0, 1), (2, 2)),
          ((4, 8), (0, 1, 2), "dcd", (1,), (4,)), ((8, 4), (1, 0, 2), "ddd", (0,), (2,)),
          ((3, 4, 5), (2, 0, 1), "dcc", (), ()),
          ((2, 3, 4, 4), (0, 1, 2, 3), "dddc", (), ()), ((2, 4, 4), (0, 2, 1, 3, 4), "dccdd", (1, 2), (2, 2)),
          ((5,), (0,), "c", (), ()))


def cases(suite):
    for dtype, (number, shape) in itertools.product((np.float32, np.float16, np.int8), enumerate(SHAPES)):
        name = f"DENSIFY/{np.dtype(dtype).name}_{number}"
        random = suite.random(name)
        dense = (random.integers(1, 9, shape[0]) * (random.random(shape[0]) < 0.4)).astype(dtype)
        dense.flat[-1] = 1
        values, sparsity = compress(dense, *shape[1:])
        model = Model()
        graph = model.subgraph("main")
        quant = quantization(0.5) if dtype == np.int8 else None
        x = graph.tensor("x", np.dtype(dtype).name.upper(), shape[0], values, quant, sparsity=sparsity)
        y = graph.output("y", np.dtype(dtype).name.upper(), shape[0], quant=quant)
        graph.op("DENSIFY", [x], [y])
        suite.add(name, model, kind=np.dtype(dtype).name, invokes=2)
