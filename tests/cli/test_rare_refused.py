"""Lookups, tables, random numbers, volumes, boxes, sparse tensors and sequences that make no sense: each is refused in
one sentence, whatever it says."""

import subprocess

import numpy as np
import pytest
from conftest import COMMAND, FAILED, INPUT

from tflite_builder import OPTIONAL, Model, quantization, string_data

F, I32, I64, U64 = "FLOAT32", np.int32, np.int64, np.uint64
FLOATS = np.float32


def of(operator, inputs, *outputs, version=1, **options):
    """A model of one operator; inputs are (type, shape), arrays for constants, functions of the graph."""
    model = Model()
    graph = model.subgraph("main")
    tensors = [entry(graph) if callable(entry)
               else graph.const(f"c{i}", entry) if isinstance(entry, (np.ndarray, np.generic))
               else graph.input(f"x{i}", *entry) for i, entry in enumerate(inputs)]
    graph.op(operator, tensors, [graph.output(f"y{i}", *output) for i, output in enumerate(outputs)], version=version,
             **options)
    return model


def quantized(dtype, shape, data, quant):
    return lambda graph: graph.tensor("table", dtype, shape, data, quant)


def blocks(scales, size, dtype="INT4", shape=(2, 4)):
    def build(graph):
        tensor = graph.const("scales", scales) if isinstance(scales, np.ndarray) else scales
        details = ("BlockwiseQuantization", {"scales": tensor, "zero_points": -1, "block_size": size})
        return graph.tensor("table", dtype, shape, bytes(int(np.prod(shape)) // (2 if dtype == "INT4" else 1)),
                            {"details": details})
    return build


def embeddings():
    table, y = np.ones((3, 4), FLOATS), (F, [1, 4])
    for ids in ([3], [-1], [-2**31], [2**31 - 1]):
        yield of("EMBEDDING_LOOKUP", [I32(ids), table], y)
    yield of("EMBEDDING_LOOKUP", [np.array([0]), table], y)
    yield of("EMBEDDING_LOOKUP", [I32([[0]]), table], y)
    yield of("EMBEDDING_LOOKUP", [I32([0]), np.ones(4, FLOATS)], y)
    yield of("EMBEDDING_LOOKUP", [I32([0]), table], ("FLOAT16", [1, 4]))
    yield of("EMBEDDING_LOOKUP", [I32([0]), quantized("INT8", [3, 4], bytes(12), None)], y)
    yield of("EMBEDDING_LOOKUP", [I32([0]), quantized("STRING", [1, 1], string_data(["a"]), None)], ("STRING", [1, 1]))
    for quant in (quantization(0.5, 1), quantization([0.5, 1, 2, 3], 0, 1), quantization([0.5, 1], 0, 0)):
        yield of("EMBEDDING_LOOKUP", [I32([0]), quantized("INT8", [3, 4], bytes(12), quant)], y)
    yield of("EMBEDDING_LOOKUP", [I32([0]), quantized("INT4", [3, 3], bytes(5), quantization(1.0))], ("INT4", [1, 3]))
    scales = np.ones((2, 2), np.float16)
    for entry in (blocks(scales, 0), blocks(scales, -1), blocks(scales, 3), blocks(scales, 1), blocks(9, 2),
                  blocks(scales.astype(FLOATS), 2), blocks(scales, 2, "INT8"), blocks(scales, 2, shape=(2, 2, 2))):
        yield of("EMBEDDING_LOOKUP", [I32([0]), entry], y)
    good = [I32([1, 0]), I32([[0, 0], [1, 0]]), I32([2, 2]), FLOATS([1, 1]), table]
    for place, entry in ((0, I32([3, 0])), (0, I32([-1, 0])), (0, I32([0])), (1, I32([[0, 0], [2, 0]])),
                         (1, I32([[0, 0], [-1, 0]])), (1, I32([[0], [0]])), (1, I32([[], []])), (2, I32([-2, 2])),
                         (2, I32([2])), (3, FLOATS([1])), (3, I32([1, 1])),
                         (4, np.ones((3, 4), I32)), (4, np.ones(3, FLOATS))):
        yield of("EMBEDDING_LOOKUP_SPARSE", [*good[:place], entry, *good[place + 1:]], (F, [2, 4]), combiner=1)
    yield of("EMBEDDING_LOOKUP_SPARSE", good, (F, [2, 4]), combiner=3)


def table_model(keys="INT64", values="STRING", find=True, handle=None, fill=None, missing=None, query=None, number=0):
    """A table, perhaps filled, that is asked for something."""
    model = Model()
    graph = model.subgraph("main")
    table = graph.tensor("handle", "RESOURCE", [1])
    graph.op("HASHTABLE", [], [table], table_id=number, key_dtype=keys, value_dtype=values)
    if fill is not None:
        graph.op("HASHTABLE_IMPORT", [table, *(graph.const("fill", entry) for entry in fill)], [])
    if handle is not None:
        table = handle(graph)
    if find:
        asked = graph.const("query", I64([1]) if query is None else query)
        other = graph.const("missing", ["none"] if missing is None else missing)
        graph.op("HASHTABLE_FIND", [table, asked, other], [graph.output("y", values, [1])])
    graph.op("HASHTABLE_SIZE", [table], [graph.output("size", "INT64", [1])])
    return model


def variable(graph):
    handle = graph.tensor("variable", "RESOURCE", [1])
    graph.op("VAR_HANDLE", [], [handle], container="hash table", shared_name="0")
    return handle


def tables():
    yield table_model()  # never filled
    for keys, values in (("INT64", "INT64"), ("STRING", "STRING"), ("INT32", "STRING"), ("FLOAT32", "INT64")):
        yield table_model(keys, values, find=False)
    yield table_model(handle=variable)
    yield table_model(handle=lambda graph: graph.input("h", "RESOURCE", [1]))
    yield table_model(handle=lambda graph: graph.input("h", "INT32", [1]))
    yield table_model(fill=[I64([1, 2]), ["a"]])
    yield table_model(fill=[["a"], I64([1])])
    yield table_model(fill=[I64([1]), ["a"]], missing=I64([1]))
    yield table_model(fill=[I64([1]), ["a"]], query=["a"])
    model = table_model(fill=[I64([1]), ["a"]])
    again = model.subgraphs[0]
    again.op("HASHTABLE", [], [again.tensor("again", "RESOURCE", [1])], table_id=0, key_dtype="STRING",
             value_dtype="INT64")
    yield model
    good = [I32([1]), I32([1, 2]), np.ones((2, 3), FLOATS)]
    for place, entry in ((0, I64([1])), (0, I32([[1]])), (1, I32([1, 2, 3])), (1, I64([1, 2])),
                         (2, np.array(1.0, FLOATS))):
        yield of("HASHTABLE_LOOKUP", [*good[:place], entry, *good[place + 1:]], (F, [1, 3]), ("UINT8", [1]))
    yield of("HASHTABLE_LOOKUP", good, ("INT32", [1, 3]), ("UINT8", [1]))
    yield of("HASHTABLE_LOOKUP", good, (F, [1, 3]), ("INT8", [1]))


def hashes():
    seeds, x = np.ones((2, 3), FLOATS), (F, [4, 2])
    for kind in (0, 3, -1):
        yield of("LSH_PROJECTION", [seeds, x], ("INT32", [2]), type=kind)
    yield of("LSH_PROJECTION", [np.ones((2, 33), FLOATS), x], ("INT32", [2]), type=1)
    yield of("LSH_PROJECTION", [np.ones(3, FLOATS), x], ("INT32", [2]), type=1)
    yield of("LSH_PROJECTION", [seeds.astype(I32), x], ("INT32", [2]), type=1)
    yield of("LSH_PROJECTION", [seeds, (F, [])], ("INT32", [2]), type=1)
    yield of("LSH_PROJECTION", [seeds, (F, [0, 2])], ("INT32", [2]), type=1)
    yield of("LSH_PROJECTION", [seeds, x, np.ones(3, FLOATS)], ("INT32", [2]), type=1)
    yield of("LSH_PROJECTION", [seeds, x], (F, [2]), type=1)
    yield of("SKIP_GRAM", [(F, [1])], ("STRING", [1]), ngram_size=1)
    many = " ".join(["w"] * 200)
    yield of("SKIP_GRAM", [lambda graph: graph.const("text", [many])], ("STRING", [1]), ngram_size=100,
             max_skip_size=2**31 - 1, include_all_ngrams=True)


def numbers():
    for operator in ("RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL"):
        for shape in (I32([-1]), I32([2**31 - 1] * 3), I32([1] * 9), I32(3), FLOATS([3])):
            yield of(operator, [shape], (F, [3]), seed=1)
        yield of(operator, [I32([3])], ("FLOAT16", [3]), seed=1)
    logits, count = np.ones((2, 3), FLOATS), I32(4)
    for inputs in ([logits[0], count], [logits[:, :0], count], [logits, I32(-1)],
                   [logits, I32([1, 2])], [logits.astype(I32), count], [logits, FLOATS(4)]):
        yield of("MULTINOMIAL", inputs, ("INT32", [2, 4]), seed=1)
    yield of("MULTINOMIAL", [logits, count], (F, [2, 4]), seed=1)
    for algorithm, words, dtype in ((2, 3, "INT32"), (1, 4, "INT32"), (1, 1, "INT32"), (1, 2, F), (7, 2, "INT32")):
        yield of("STABLEHLO_RNG_BIT_GENERATOR", [U64([1] * words)], ("UINT64", [words]), (dtype, [3]),
                 algorithm=algorithm)
    yield of("STABLEHLO_RNG_BIT_GENERATOR", [I64([1, 2])], ("UINT64", [2]), ("INT32", [3]), algorithm=1)


def volumes():
    good = dict(stride_d=1, stride_h=1, stride_w=1, dilation_d_factor=1, dilation_h_factor=1, dilation_w_factor=1)
    x, weights, y = (F, [1, 3, 3, 3, 2]), np.ones((2, 2, 2, 2, 4), FLOATS), (F, [1, 2, 2, 2, 4])
    spread, back = I32([1, 4, 4, 4, 4]), np.ones((2, 2, 2, 4, 2), FLOATS)
    for change in (dict(stride_d=0), dict(stride_h=-1), dict(stride_w=-2**31), dict(dilation_d_factor=0),
                   dict(dilation_w_factor=2**31 - 1), dict(fused_activation_function="TANH")):
        yield of("CONV_3D", [x, weights], y, **{**good, "padding": "VALID", **change})
        yield of("CONV_3D_TRANSPOSE", [spread, back, x], y, **{**good, "padding": "VALID", **change})
    for inputs in ([x, weights[..., :1, :]], [x, weights[0]], [x, weights[:0]], [x, weights, np.ones(3, FLOATS)],
                   [(F, [3, 3, 3, 2]), weights], [x, weights.astype(I32)], [("INT8", [1, 3, 3, 3, 2]), weights]):
        yield of("CONV_3D", inputs, y, padding="VALID", **good)
    for shape in (I32([1, 4, 4, 4, 5]), I32([2, 4, 4, 4, 4]), I32([1, 5, 4, 4, 4]), I32([1, -4, 4, 4, 4]),
                  I32([1, 4, 4, 4]), I64([1, 4, 4, 4, 4]), I32([1, 2**31 - 1, 4, 4, 4])):
        yield of("CONV_3D_TRANSPOSE", [shape, back, x], y, padding="VALID", **good)
    picture = (F, [4, 4])
    for lengths in (I32([3, 4]), I32([4, 0]), I32([-4, 4]), I32([4]), I32([4, 4, 4]), I32([2**30, 2**30]), I64([4, 4])):
        yield of("RFFT2D", [picture, lengths], ("COMPLEX64", [4, 3]))
    yield of("RFFT2D", [(F, [4]), I32([4, 4])], ("COMPLEX64", [4, 3]))
    yield of("RFFT2D", [picture, I32([4, 4])], (F, [4, 3]))
    yield of("LOCAL_RESPONSE_NORMALIZATION", [(F, [1, 2, 2, 3])], (F, [1, 2, 2, 3]), radius=-1)
    yield of("LOCAL_RESPONSE_NORMALIZATION", [picture], (F, [4, 4]), radius=1)
    for low, high, bits in ((0, 1, 0), (0, 1, 17), (0, 1, -1), (0, 1, 2**31 - 1), (1, 0, 8), (0, 0, 8),
                            (float("nan"), 1, 8), (-3e38, 3e38, 8), (0, float("inf"), 8)):
        yield of("FAKE_QUANT", [picture], (F, [4, 4]), min=low, max=high, num_bits=bits)
    yield of("FAKE_QUANT", [picture], (F, [4, 4]), min=-1.0, max=1.0, num_bits=8, narrow_range=True)


def boxes():
    good = [np.ones((3, 4), FLOATS), np.ones(3, FLOATS), I32(2), FLOATS(0.5), FLOATS(0), FLOATS(0)]
    y = [("INT32", [2]), (F, [2]), ("INT32", [])]
    for place, entry in ((0, np.ones((3, 5), FLOATS)), (0, np.ones((2, 4), FLOATS)), (0, np.ones((3, 4), I32)),
                         (1, np.ones((3, 1), FLOATS)), (2, I32(-1)), (2, I32([1, 2])), (2, FLOATS(2)), (3, I32(1)),
                         (4, FLOATS([0, 0])), (5, FLOATS(-1))):
        yield of("NON_MAX_SUPPRESSION_V5", [*good[:place], entry, *good[place + 1:]], *y)
    yield of("NON_MAX_SUPPRESSION_V5", good[:5], *y)
    yield of("NON_MAX_SUPPRESSION_V4", good, y[0], y[2])
    yield of("NON_MAX_SUPPRESSION_V4", good[:5], *y)
    yield of("NON_MAX_SUPPRESSION_V4", good[:5], y[1], y[2])


def sparse():
    def values(**fields):
        sparsity = {"traversal_order": [0, 1], "block_map": [], "dim_metadata": [
            {"format": 0, "dense_size": 2},
            {"format": 1, "array_segments": ("Int32Vector", {"values": [0, 1, 2]}),
             "array_indices": ("Int32Vector", {"values": [0, 2]})}]}
        sparsity.update(fields)
        return lambda graph: graph.tensor("x", F, [2, 3], FLOATS([1, 2]), sparsity=sparsity)

    yield of("DENSIFY", [(F, [2, 3])], (F, [2, 3]))
    yield of("DENSIFY", [np.ones((2, 3), FLOATS)], (F, [2, 3]))
    yield of("DENSIFY", [values()], ("INT32", [2, 3]))
    for order in ([1, 1], [0], [0, 1, 2], [0, 2], [-1, 0]):
        yield of("DENSIFY", [values(traversal_order=order)], (F, [2, 3]))
    yield of("DENSIFY", [values(block_map=[1])], (F, [2, 3]))
    for segments, indices in (([0, 1], [0, 2]), ([0, 2, 1], [0, 2]), ([0, 1, 3], [0, 2]), ([0, 1, 2], [0, 3]),
                              ([0, 1, 2], [0, -1]), ([1, 1, 2], [0, 2]), ([0, -1, 2], [0, 2]), ([0, 1, 2], [0, 2, 1])):
        level = {"format": 1, "array_segments": ("Int32Vector", {"values": segments}),
                 "array_indices": ("Int32Vector", {"values": indices})}
        yield of("DENSIFY", [values(dim_metadata=[{"format": 0, "dense_size": 2}, level])], (F, [2, 3]))


def sequence(change=lambda tensors, graph: None, outputs=2, **options):
    """A small BIDIRECTIONAL_SEQUENCE_LSTM whose tensors `change` may spoil."""
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", F, [3, 2, 4])
    cell = [graph.const("w", np.ones((5, 4), FLOATS))] * 4 + [graph.const("r", np.ones((5, 5), FLOATS))] * 4
    cell += [OPTIONAL] * 3 + [graph.const("b", np.ones(5, FLOATS))] * 4 + [OPTIONAL] * 2
    states = [graph.tensor("s", F, [2, 5], variable=True) for _ in range(4)]
    tensors = [x, *cell, *cell, *states, OPTIONAL, *[OPTIONAL] * 8]
    change(tensors, graph)
    y = [graph.output("y", F, [3, 2, 5]) for _ in range(outputs)]
    graph.op("BIDIRECTIONAL_SEQUENCE_LSTM", tensors, y, version=3, **{"fused_activation_function": "TANH", **options})
    return model


def sequences():
    def put(place, make):
        def change(tensors, graph):
            tensors[place] = make(graph)
        return change

    yield sequence(outputs=1)
    yield sequence(merge_outputs=True)
    yield sequence(lambda tensors, graph: tensors.pop())
    for clip in ("cell_clip", "proj_clip"):
        yield sequence(**{clip: -1.0})
    for place in (2, 6, 13, 19, 30, 35, 38):
        yield sequence(put(place, lambda graph: OPTIONAL))
    wrong = {1: (4, 4), 5: (5, 4), 9: (4,), 12: (4,), 16: (5, 4), 17: (5,), 18: (5, 5), 22: (4, 5), 29: (6,)}
    for place, shape in wrong.items():
        yield sequence(put(place, lambda graph, shape=shape: graph.const("wrong", np.ones(shape, FLOATS))))
    yield sequence(put(3, lambda graph: graph.tensor("q", "INT8", [5, 4], bytes(20), quantization(1.0))))
    yield sequence(put(35, lambda graph: graph.tensor("s", F, [2, 6], variable=True)))
    yield sequence(put(36, lambda graph: graph.const("s", np.ones((2, 5), FLOATS))))
    yield sequence(put(39, lambda graph: graph.input("aux", F, [3, 2, 5])))  # in the input's place: 4 values
    yield sequence(put(39, lambda graph: graph.input("aux", F, [3, 2])))
    yield sequence(put(39, lambda graph: graph.input("aux", F, [2, 2, 4])))
    yield sequence(put(41, lambda graph: graph.const("a", np.ones((5, 4), FLOATS))))

    def aux(tensors, graph):
        tensors[40:] = [graph.const("a", np.ones((5, 3), FLOATS))] * 8

    yield sequence(aux)


MODELS = [pytest.param(model, id=f"{family.__name__}-{i}")
          for family in (embeddings, tables, hashes, numbers, volumes, boxes, sparse, sequences)
          for i, model in enumerate(family())]


@pytest.mark.parametrize("model", MODELS)
def test_is_refused(tmp_path, model):
    path = tmp_path / "model.tflite"
    model.save(path)
    done = subprocess.run([COMMAND, "run", path], capture_output=True, text=True, timeout=60)
    assert done.returncode in (INPUT, FAILED), f"exit code {done.returncode}, stderr: {done.stderr}"
    assert done.stderr.startswith("linnet: ") and done.stderr.count("\n") == 1 and "ubgraph" in done.stderr
