"""EMBEDDING_LOOKUP and EMBEDDING_LOOKUP_SPARSE: types, scales of rows and of blocks, rows that end within a byte."""

import numpy as np

from op_cases._one import Const, add
from tflite_builder import Model, quantization

I32 = np.int32
INT2 = 19  # its number in the schema


def lookup(suite, label, table_type, shape, data, output_type, quant=None, ids=(1, 0, 1), scales=None, block=0):
    """`data` are the table's bytes or an array; `scales`, float16, are those of blocks of `block` values."""
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("ids", "INT32", [len(ids)])
    if scales is not None:
        tensor = graph.const("scales", scales)
        quant = {"details": ("BlockwiseQuantization", {"scales": tensor, "zero_points": -1, "block_size": block})}
    table = graph.tensor("table", table_type, shape, data, quant)
    y = graph.output("y", output_type, [len(ids), *shape[1:]])
    graph.op("EMBEDDING_LOOKUP", [x, table], [y], version=5)
    suite.add(f"EMBEDDING_LOOKUP/{label}", model, [I32(ids)], kind="hybrid" if quant else "int32",
              tolerance=(0.0, 1e-6))


def lookups(suite):
    random = suite.random("EMBEDDING_LOOKUP")
    for dtype in (np.float16, np.float64, np.int16, np.int32, np.int64, np.bool_, np.complex64, np.uint8):
        table = random.integers(0, 2, (3, 2, 2)).astype(dtype)
        name = np.dtype(dtype).name
        lookup(suite, f"{name}_copied", name.upper(), (3, 2, 2), table, name.upper(), ids=(2, 0))
    lookup(suite, "none", "INT8", (2, 4), random.bytes(8), "INT8", ids=())
    for output in ("FLOAT32", "FLOAT16"):
        for name, table_type, per_byte in (("int8", "INT8", 1), ("uint8", "UINT8", 1), ("int4", "INT4", 2),
                                           ("int2", INT2, 4)):
            for columns in (8, 7, 5) if per_byte > 1 else (5,):
                data = random.bytes(-(-3 * columns // per_byte))
                label = f"{name}_{output.lower()}_{columns}"
                lookup(suite, label, table_type, (3, columns), data, output, quantization(0.037), ids=(2, 0, 1))
                rows = quantization([0.1, 0.02, 30.0], 0, 0)
                lookup(suite, label + "_rows", table_type, (3, columns), data, output, rows, ids=(2, 0, 1))
        # Infinite and subnormal in float16.
        lookup(suite, f"large_{output.lower()}", "INT8", (1, 3), np.int8([[1, 3, -3]]), output, quantization(3e4), (0,))
        lookup(suite, f"tiny_{output.lower()}", "INT8", (1, 3), np.int8([[1, 3, -3]]), output, quantization(1e-6), (0,))
        for name, table_type, per_byte in (("int4", "INT4", 2), ("int2", INT2, 4)):
            for block in (1, 2, 3, 4, 12):
                scales = random.normal(size=(2, 12 // block)).astype(np.float16)
                lookup(suite, f"{name}_blocks{block}_{output.lower()}", table_type, (2, 12),
                       random.bytes(24 // per_byte), output, scales=scales, block=block)


def sparse(suite):
    places = {"sorted": [[0, 0], [0, 1], [1, 0], [2, 3]], "mixed": [[0, 0], [1, 1], [0, 2], [1, 0]],
              "one": [[2, 0], [2, 0], [2, 0], [2, 0]]}
    for combiner in ("SUM", "MEAN", "SQRTN"):
        for label, indices in places.items():
            for shape in ((5, 3), (5, 2, 2)):
                name = f"EMBEDDING_LOOKUP_SPARSE/{combiner.lower()}_{label}_rank{len(shape)}"
                random = suite.random(name)
                weights, table = random.normal(size=4).astype(np.float32), random.normal(size=shape).astype(np.float32)
                add(suite, name, [I32([1, 0, 4, 2]), I32(indices), I32([3, 4]), weights, Const(table)],
                    [("FLOAT32", [3, *shape[1:]])], tolerance=(1e-6, 1e-5), combiner=combiner)
    for label, shape in (("3d", [2, 2, 9]), ("constant_shape", [2, 2, 9])):
        given = Const(I32(shape)) if label == "constant_shape" else I32(shape)
        add(suite, f"EMBEDDING_LOOKUP_SPARSE/{label}",
            [I32([1, 0]), I32([[1, 1, 0], [0, 1, 3]]), given, np.float32([1, 2]),
             Const(np.arange(6, dtype=np.float32).reshape(2, 3))], [("FLOAT32", [2, 2, 3])], tolerance=(1e-6, 1e-5),
            combiner="MEAN")


def cases(suite):
    lookups(suite)
    sparse(suite)
