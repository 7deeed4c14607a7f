"""CAST: every pair of types, with values that do not fit; types that numpy lacks by way of others."""

import numpy as np

from tflite_builder import Model

TYPES = {"FLOAT32": np.float32, "FLOAT64": np.float64, "FLOAT16": np.float16, "INT8": np.int8, "UINT8": np.uint8,
         "INT16": np.int16, "UINT16": np.uint16, "INT32": np.int32, "UINT32": np.uint32, "INT64": np.int64,
         "BOOL": np.bool_, "COMPLEX64": np.complex64}


def values(dtype):
    """Values at the ends of the type, of others, and between."""
    if dtype == np.bool_:
        return np.array([True, False, True, True])
    if np.issubdtype(dtype, np.integer):
        ends = np.iinfo(dtype)
        wide = [0, 1, -1, 127, 128, 255, 256, 32767, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 16777217, -129, -2**31]
        return np.array([x for x in [ends.min, ends.max, *wide] if ends.min <= x <= ends.max], dtype)
    numbers = [0.0, -0.0, 0.5, -0.5, 1.5, -1.5, 2.5, 127.9, 128, -128.9, -129, 255.5, 256, -3, 300.25, 32767.5, 40000,
               65519, 65520, 1e5, -1e5, 1e-7, 6e-8, 2147483647, 2147483648, -2147483904, 4294967295, 4294967296, 1e19,
               -1e19, 1e30, -1e30, np.inf, -np.inf, np.nan, 1.00048828125, 1.001953125]
    with np.errstate(over="ignore"):
        return (np.array(numbers) + (1j if dtype == np.complex64 else 0)).astype(dtype)


def cases(suite):
    for source, dtype in TYPES.items():
        for target in TYPES:
            model = Model()
            graph = model.subgraph("main")
            array = values(dtype)
            x, y = graph.input("x", source, array.shape), graph.output("y", target, array.shape)
            graph.op("CAST", [x], [y])
            suite.add(f"CAST/{source.lower()}_to_{target.lower()}", model, [array])

    for source, middle in [(source, "BFLOAT16") for source in TYPES] + [("FLOAT32", t) for t in ("INT4", "UINT4", "INT2")]:
        model = Model()
        graph = model.subgraph("main")
        array = values(TYPES[source])
        x, y = graph.input("x", source, array.shape), graph.output("y", "FLOAT32", array.shape)
        between = graph.tensor("between", middle, array.shape)
        graph.op("CAST", [x], [between])
        graph.op("CAST", [between], [y])
        suite.add(f"CAST/{source.lower()}_by_{middle.lower()}", model, [array])
    for target in TYPES:
        model = Model()
        graph = model.subgraph("main")
        array = values(np.float32)
        x, y = graph.input("x", "FLOAT32", array.shape), graph.output("y", target, array.shape)
        between = graph.tensor("between", "BFLOAT16", array.shape)
        graph.op("CAST", [x], [between])
        graph.op("CAST", [between], [y])
        suite.add(f"CAST/bfloat16_to_{target.lower()}", model, [array])
