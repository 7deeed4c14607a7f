"""Hash tables, lookups by sorted keys, projections by hashing, skip-grams: keys and strings of all sorts."""

import numpy as np

from op_cases._one import Const, add
from tflite_builder import Model, string_data

I32, I64 = np.int32, np.int64
SPARSE, DENSE = 1, 2  # kinds of projections


def words(*texts):
    array = np.empty(len(texts), object)
    array[:] = texts
    return array


def optimized(content, inputs, invokes):
    """The original's reference resolver has no hash tables."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(model_content=content, num_threads=1,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    details = interpreter.get_input_details()
    interpreter.allocate_tensors()
    for _ in range(invokes):
        for detail, array in zip(details, inputs, strict=True):
            interpreter.set_tensor(detail["index"], array)
        interpreter.invoke()
    return [np.array(interpreter.get_tensor(detail["index"])) for detail in interpreter.get_output_details()]


TYPES = {"int64": ("INT64", "STRING"), "string": ("STRING", "INT64")}


def tensor_of(graph, name, array):
    kind, data = ("STRING", string_data(list(array.ravel()))) if array.dtype == object else ("INT64", array)
    return graph.tensor(name, kind, array.shape, data)


def table(suite, label, by, imports, queries, missing, invokes=1):
    """Tables number 0, 1, … filled by `imports` [(number, keys, values)] and asked for `queries` [(number, keys)]."""
    model = Model()
    graph = model.subgraph("main")
    handles = {}
    for number in sorted({entry[0] for entry in imports + queries}):
        handles[number] = graph.tensor(f"handle{number}", "RESOURCE", [1])
        graph.op("HASHTABLE", [], [handles[number]], table_id=number, key_dtype=TYPES[by][0], value_dtype=TYPES[by][1])
    for i, (number, keys, values) in enumerate(imports):
        graph.op("HASHTABLE_IMPORT", [handles[number], tensor_of(graph, f"keys{i}", keys),
                                      tensor_of(graph, f"values{i}", values)], [])
    arrays = []
    for i, (number, keys) in enumerate(queries):
        x = graph.input(f"x{i}", TYPES[by][0], keys.shape)
        y = graph.output(f"y{i}", TYPES[by][1], keys.shape)
        size = graph.output(f"size{i}", "INT64", [1])
        graph.op("HASHTABLE_FIND", [handles[number], x, tensor_of(graph, f"missing{i}", missing)], [y])
        graph.op("HASHTABLE_SIZE", [handles[number]], [size])
        arrays.append(keys)
    suite.add(f"HASHTABLE/{label}", model, arrays, invokes=invokes, kind="string", run=optimized,
              flags="stateful" if invokes > 1 else "-")


def tables(suite):
    numbers = I64([5, -5, 2**62, -2**63, 2**63 - 1, 0])
    texts = words(b"five", b"minus", b"", b"a\0b", b"\xff\xfe", b"nought")
    table(suite, "from_int64", "int64", [(0, numbers, texts)], [(0, I64([[0, 7], [2**63 - 1, -2**63]]))],
          words(b"none"))
    table(suite, "from_string", "string", [(0, texts, numbers)],
          [(0, words(b"", b"five", b"fiv", b"a\0b", b"a\0", b"\xff"))], I64([-1]))
    table(suite, "first_of_equal_counts", "int64", [(3, I64([1, 2, 1, 1]), words(b"a", b"b", b"c", b"d"))],
          [(3, I64([1, 2, 3]))], words(b"-"))
    table(suite, "filled_once", "int64", [(0, I64([1]), words(b"a")), (0, I64([1, 2]), words(b"b", b"c"))],
          [(0, I64([1, 2]))], words(b"-"), invokes=2)
    table(suite, "two_tables", "string", [(7, words(b"k"), I64([1])), (-2, words(b"k", b"l"), I64([2, 3]))],
          [(7, words(b"k", b"l")), (-2, words(b"k", b"l"))], I64([9]))
    table(suite, "matrix", "string", [(0, texts.reshape(2, 3), numbers.reshape(2, 3))], [(0, texts.reshape(3, 2))],
          I64([9]))
    random = suite.random("HASHTABLE/many")
    many = random.integers(-1000, 1000, 500)
    table(suite, "many", "string", [(0, words(*(b"%d" % n for n in many)), many * 3)],
          [(0, words(*(b"%d" % n for n in range(-60, 60))))], I64([7]))


def sorted_keys(suite):
    lookups = I32([1, 2, 5, 9, -1, 7, 3])
    every_keys = {"sorted": [1, 3, 5, 9], "equal": [5, 5, 5, 5], "unsorted": [9, 1, 7, 3],
                  "extreme": [-2**31, -1, 0, 2**31 - 1]}
    for dtype in (np.float32, np.int8, np.uint8, np.int16, np.int64, np.bool_):
        for label, keys in every_keys.items():
            name = f"HASHTABLE_LOOKUP/{np.dtype(dtype).name}_{label}"
            values = suite.random(name).integers(0, 2, (4, 2, 3)).astype(dtype)
            add(suite, name, [lookups, Const(I32(keys)), Const(values)],
                [(np.dtype(dtype).name.upper(), [7, 2, 3]), ("UINT8", [7])], kind="int32")
    for label, keys in every_keys.items():
        add(suite, f"HASHTABLE_LOOKUP/string_{label}",
            [lookups, Const(I32(keys)), Const(words(b"one", b"", b"a\0b", b"\xff"))], [("STRING", [7]), ("UINT8", [7])],
            kind="string")


def projections(suite):
    for dtype in (np.float32, np.int8, np.int64, np.bool_):
        for kind in (SPARSE, DENSE):
            for row in ((), (1,), (15,), (3, 20), (130,)):
                for weighted in (False, True):
                    label = f"{np.dtype(dtype).name}_{('sparse', 'dense')[kind - 1]}_{int(np.prod(row))}"
                    label += "_weighted" if weighted else ""
                    name = f"LSH_PROJECTION/{label}"
                    random = suite.random(name)
                    inputs = [Const(random.normal(size=(3, 7)).astype(np.float32)),
                              random.integers(0, 100, (4, *row)).astype(dtype)]
                    if weighted:
                        inputs.append(Const(random.normal(size=4).astype(np.float32)))
                    add(suite, name, inputs, [("INT32", [3 if kind == SPARSE else 21])], type=kind)
    for bits in (1, 31, 32):
        name = f"LSH_PROJECTION/bits{bits}"
        random = suite.random(name)
        add(suite, name, [Const(random.normal(size=(3, bits)).astype(np.float32)), I32([4, 5, 6])], [("INT32", [3])],
            type=SPARSE)


def skip_grams(suite):
    sentences = (b"a quick brown fox jumps", b" lead  two spaces ", b"x", b" ", b"", b"tab\tnew\nline \x0b\x0c\r end",
                 b"\xc3\xa9t\xc3\xa9 \xff\x80 z", b"a b", b"  a")
    for i, sentence in enumerate(sentences):
        for size, skip, every in ((1, 0, False), (2, 0, False), (2, 1, False), (3, 1, True), (2, 2, True),
                                  (3, -1, True), (0, 1, True), (5, 3, True)):
            add(suite, f"SKIP_GRAM/{i}_{size}_{skip}_{int(every)}", [words(sentence)], [("STRING", [1])], kind="string",
                ngram_size=size, max_skip_size=skip, include_all_ngrams=every)


def cases(suite):
    tables(suite)
    sorted_keys(suite)
    projections(suite)
    skip_grams(suite)
