"""FULLY_CONNECTED with sparse weights, and with a scale for each block of 4-bit weights."""

import numpy as np

from op_cases.sparse import compress
from tflite_builder import Model, quantization


def sparse_weights(random, rows, columns, block, dtype):
    """Dense rows, compressed columns of blocks `1 x block`: the values, and the table that says where they lie."""
    blocks = columns // block
    segments, indices, values = [0], [], []
    for row in range(rows):
        chosen = np.sort(random.choice(blocks, size=row % (blocks + 1) if row < blocks else 2, replace=False))
        indices += chosen.tolist()
        segments.append(len(indices))
    shape = (len(indices), block)
    values = random.normal(0, 1, shape).astype(dtype) if dtype == np.float32 else random.integers(-127, 128, shape).astype(dtype)
    levels = [{"format": 0, "dense_size": rows},
              {"format": 1, "array_segments": ("Int32Vector", {"values": segments}),
               "array_indices": ("Int32Vector", {"values": indices})}]
    if block == 1:
        return values, {"traversal_order": [0, 1], "dim_metadata": levels}
    levels.append({"format": 0, "dense_size": block})
    return values, {"traversal_order": [0, 1, 2], "block_map": [1], "dim_metadata": levels}


def cases(suite):
    rows, columns = 6, 48
    scales = np.linspace(0.01, 0.03, rows)
    for label, kind, block, wide in (("f32", "FLOAT32", 1, False), ("f32_block", "FLOAT32", 4, False),
                                     ("int8_block", "INT8", 16, False), ("hybrid_block", "FLOAT32", 16, True)):
        name = f"FULLY_CONNECTED/sparse_{label}"
        random = suite.random(name)
        weights_type = "INT8" if kind == "INT8" or wide else "FLOAT32"
        values, sparsity = sparse_weights(random, rows, columns, block, np.dtype(weights_type.lower()).type)
        model = Model()
        graph = model.subgraph("main")
        quant = lambda *a: quantization(*a) if kind == "INT8" else None
        x = graph.input("x", kind, [3, columns], quant=quant(0.05, 4))
        w = graph.tensor("w", weights_type, [rows, columns], values,
                         quant=quantization(scales, 0, 0) if weights_type == "INT8" else None, sparsity=sparsity)
        if kind == "INT8":
            b = graph.const("b", random.integers(-500, 500, rows).astype(np.int32), quantization(0.001))
        else:
            b = graph.const("b", random.normal(0, 1, rows).astype(np.float32))
        y = graph.output("y", kind, [3, rows], quant=quant(0.7, -3))
        graph.op("FULLY_CONNECTED", [x, w, b], [y], version=8)
        array = (random.integers(-128, 128, (3, columns)).astype(np.int8) if kind == "INT8"
                 else random.normal(0, 1, (3, columns)).astype(np.float32))
        suite.add(name, model, [array], kind="int8" if kind == "INT8" else "hybrid" if wide else "float32",
                  tolerance=(5e-5, 2e-5))
    formats(suite)
    orders(suite)
    blocks(suite)


def scattered(random, rows, columns, block, dtype, share=0.2):
    """Weights with that share of their blocks; rows 0 and 7 have none."""
    chosen = random.random((rows, columns // block)) < share
    chosen[[0, 7]] = False
    dense = random.normal(0, 1, (rows, columns)) if dtype == np.float32 else random.integers(-127, 128, (rows, columns))
    dense[dense == 0] = 1
    return (dense * np.repeat(chosen, block, 1)).astype(dtype)


def formats(suite):
    rows, columns = 21, 64
    for kind in ("float32", "int8", "hybrid"):
        for block in (1, 4, 16):
            for batch, with_bias, activation, share in ((1, False, "RELU", 0.2), (5, True, "NONE", 0.2), (3, True, "RELU6", 0.9)):
                name = f"FULLY_CONNECTED/sparse_{kind}_1x{block}_batch_{batch}"
                random = suite.random(name)
                whole = kind == "int8"
                dtype = np.float32 if kind == "float32" else np.int8
                dense = scattered(random, rows, columns, block, dtype, share)
                bias = random.integers(-900, 900, rows).astype(np.int32) if whole else random.normal(0, 1, rows).astype(np.float32)

                def build(stored):
                    values, sparsity = compress(dense, (0, 1), "dc", (), ()) if stored == 1 else compress(
                        dense, (0, 1, 2), "dcd", (1,), (stored,))
                    model = Model()
                    graph = model.subgraph("main")
                    quant = lambda *a: quantization(*a) if whole else None
                    x = graph.input("x", "INT8" if whole else "FLOAT32", [batch, columns], quant=quant(0.05, -7))
                    w = graph.tensor("w", dtype.__name__.upper(), [rows, columns], values, sparsity=sparsity,
                                     quant=None if kind == "float32" else quantization(np.linspace(0.01, 0.03, rows), 0, 0))
                    inputs = [x, w, graph.const("b", bias)] if with_bias else [x, w]
                    y = graph.output("y", "INT8" if whole else "FLOAT32", [batch, rows], quant=quant(0.3, 5))
                    graph.op("FULLY_CONNECTED", inputs, [y], version=8, fused_activation_function=activation)
                    return model

                array = (random.integers(-128, 128, (batch, columns)).astype(np.int8) if whole
                         else random.normal(0, 1, (batch, columns)).astype(np.float32))
                # Of int8 weights the original takes blocks of 16 only (others it refuses, or reads as if they were dense):
                # the outputs are those of the same weights in such blocks.
                run = None if kind == "float32" or block == 16 else (
                    lambda _, inputs, invokes: suite.run_original(build(16).build(), inputs, invokes)[1])
                suite.add(name, build(block), [array], kind=kind, tolerance=(5e-5, 2e-5), run=run)


def orders(suite):
    """The original takes none of these; the outputs are those of the same weights dense."""
    for label, *levels in (("columns_first", (1, 0), "dc", (), ()), ("both_compressed", (0, 1), "cc", (), ()),
                           ("dense_rows", (0, 1), "cd", (), ()), ("blocks_4x4", (0, 1, 2, 3), "dcdd", (0, 1), (4, 4)),
                           ("blocks_4x4_turned", (1, 0, 3, 2), "ccdd", (0, 1), (4, 4)),
                           ("blocks_1x3", (0, 1, 2), "dcd", (1,), (3,))):
        random = suite.random(label)
        dense = scattered(random, 12, 24, 1, np.float32, 0.1)
        bias, array = random.normal(0, 1, 12).astype(np.float32), random.normal(0, 1, (2, 24)).astype(np.float32)
        models = []
        for is_sparse in (True, False):
            models.append(Model())
            graph = models[-1].subgraph("main")
            x = graph.input("x", "FLOAT32", [2, 24])
            values, sparsity = compress(dense, *levels) if is_sparse else (dense, None)
            w = graph.tensor("w", "FLOAT32", [12, 24], values, sparsity=sparsity)
            graph.op("FULLY_CONNECTED", [x, w, graph.const("b", bias)], [graph.output("y", "FLOAT32", [2, 12])], version=8)
        suite.add(f"FULLY_CONNECTED/sparse_{label}", models[0], [array], tolerance=(5e-5, 2e-5),
                  run=lambda _, inputs, invokes: suite.run_original(models[1].build(), inputs, invokes)[1])


def optimized(content, inputs, _invokes):
    """The original's optimized kernels: its reference kernels do not know of blocks."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(model_content=content,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def blocks(suite):
    for rows, columns, block, batch, asymmetric in ((8, 64, 32, 1, True), (8, 64, 32, 5, True), (20, 128, 64, 3, False),
                                                    (4, 32, 32, 2, True)):
        name = f"FULLY_CONNECTED/blocks_{rows}x{columns}_{block}_{batch}_{'asymmetric' if asymmetric else 'symmetric'}"
        random = suite.random(name)
        model = Model()
        graph = model.subgraph("main")
        x = graph.input("x", "FLOAT32", [batch, columns])
        scales = graph.const("scales", random.uniform(0.01, 0.1, (rows, columns // block)).astype(np.float16))
        w = graph.tensor("w", "INT4", [rows, columns], random.bytes(rows * columns // 2),
                         {"details": ("BlockwiseQuantization", {"scales": scales, "zero_points": -1, "block_size": block})})
        b = graph.const("b", random.normal(0, 1, rows).astype(np.float32))
        y = graph.output("y", "FLOAT32", [batch, rows])
        graph.op("FULLY_CONNECTED", [x, w, b], [y], version=13, asymmetric_quantize_inputs=asymmetric)
        suite.add(name, model, [random.normal(0.3, 1, (batch, columns)).astype(np.float32)], kind="hybrid",
                  tolerance=(2e-5, 2e-5), run=optimized)
    for block in (3, 5):  # the original's are multiples of 32; with equal scales they are those of rows
        random = suite.random(f"blocks of {block}")
        data, scales = random.bytes(6 * 15), random.uniform(0.01, 0.1, (12, 1)).astype(np.float16)
        models = []
        for in_blocks in (True, False):
            models.append(Model())
            graph = models[-1].subgraph("main")
            x = graph.input("x", "FLOAT32", [3, 15])
            if in_blocks:
                tensor = graph.const("scales", np.repeat(scales, 15 // block, 1))
                quant = {"details": ("BlockwiseQuantization", {"scales": tensor, "zero_points": -1, "block_size": block})}
            else:
                quant = quantization(scales.ravel(), 0, 0)
            w = graph.tensor("w", "INT4", [12, 15], data, quant)
            graph.op("FULLY_CONNECTED", [x, w], [graph.output("y", "FLOAT32", [3, 12])], version=13,
                     asymmetric_quantize_inputs=True)
        suite.add(f"FULLY_CONNECTED/blocks_of_{block}", models[0], [random.normal(0.3, 1, (3, 15)).astype(np.float32)],
                  kind="hybrid", tolerance=(2e-5, 2e-5), run=lambda _, inputs, invokes: suite.run_original(models[1].build(), inputs, invokes)[1])
