"""TOPK_V2: types of values, of k and of indices; equal values, k of 0 and of all."""

import numpy as np

from tflite_builder import Model

TYPES = {"FLOAT32": np.float32, "INT8": np.int8, "UINT8": np.uint8, "INT16": np.int16, "INT32": np.int32,
         "INT64": np.int64}


def cases(suite):
    for value_type, dtype in TYPES.items():
        for k_type in ("INT32", "INT16"):
            for index_type in ("INT32", "INT16"):
                for k, constant in ((3, True), (7, False)) if value_type != "INT64" else ((0, True),):
                    name = f"TOPK_V2/{value_type}_{k_type}_{index_type}_{k}".lower().replace("topk_v2", "TOPK_V2")
                    model = Model()
                    graph = model.subgraph("main")
                    values = suite.random(name).integers(0, 9, (2, 7)).astype(dtype)
                    x = graph.input("x", value_type, values.shape)
                    array = np.array([k], np.dtype(k_type.lower()))
                    k_tensor = graph.const("k", array) if constant else graph.input("k", k_type, [1])
                    outputs = [graph.output("values", value_type, [2, k]),
                               graph.output("indices", index_type, [2, k])]
                    graph.op("TOPK_V2", [x, k_tensor], outputs)
                    suite.add(name, model, [values] if constant else [values, array])
