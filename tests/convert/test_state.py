"""What models keep: variables that are assigned while they run, and hash tables, judged by TensorFlow over several runs."""

import json
import subprocess
import tempfile

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import judge  # noqa: E402
from calling import command  # noqa: E402
from test_tensorflow import convert  # noqa: E402

v1 = tf.compat.v1
F = np.float32


def export(module, folder, **signatures):
    tf.saved_model.save(module, str(folder), signatures={
        name: method.get_concrete_function() for name, method in signatures.items()})
    return folder


def operators(path):
    return [detail["op_name"] for detail in judge.Interpreter(str(path))._get_ops_details()]


def outputs_over_runs(path, inputs, key="serving_default"):
    interpreter = judge.Interpreter(str(path))
    runner = interpreter.get_signature_runner(key)
    return [runner(**values) for values in inputs]


class Counter(tf.Module):
    def __init__(self):
        super().__init__()
        self.total = tf.Variable(F([1, 2, 3]), name="total")
        self.count = tf.Variable(0, name="count", dtype=tf.int32)
        self.fixed = tf.Variable(F([10, 20, 30]), name="fixed")

    @tf.function(input_signature=[tf.TensorSpec([3], tf.float32, "x")])
    def add(self, x):
        before = self.total.read_value()
        self.total.assign_add(x)
        self.count.assign_add(1)
        if tf.reduce_sum(x) > 0:
            self.total.assign(self.total * 2)
        return {"before": before, "after": self.total + self.fixed, "count": self.count.read_value()}

    @tf.function(input_signature=[tf.TensorSpec([], tf.int32, "n")])
    def loop(self, n):
        while n > 0:
            self.total.assign_sub(F([1, 1, 1]))
            n -= 1
        return {"total": self.total.read_value()}

    @tf.function(input_signature=[tf.TensorSpec([2], tf.int32, "rows")])
    def rows(self, rows):
        self.total.scatter_update(tf.IndexedSlices(tf.constant(F([7, 8])), rows))
        return {"total": self.total.read_value()}


def test_assigned_variables(tmp_path):
    module = Counter()
    folder = export(module, tmp_path / "model", add=module.add, loop=module.loop, rows=module.rows)
    path = convert(folder, tmp_path / "model.tflite")
    assert {"VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE", "CALL_ONCE"} <= set(operators(path))
    inputs = [{"x": F([1, 2, 3])}, {"x": F([-5, 0, 1])}, {"x": F([0.5, 1, 2])}]
    for got, values in zip(outputs_over_runs(path, inputs, "add"), inputs):
        wanted = module.add(**{name: tf.constant(value) for name, value in values.items()})
        for name in wanted:
            assert np.array_equal(got[name], wanted[name].numpy()), name
    fresh = Counter()
    for got, values in zip(outputs_over_runs(path, [{"n": np.int32(3)}, {"n": np.int32(0)}], "loop"),
                           [{"n": 3}, {"n": 0}]):
        assert np.array_equal(got["total"], fresh.loop(tf.constant(values["n"]))["total"].numpy())
    fresh = Counter()
    got, = outputs_over_runs(path, [{"rows": np.int32([2, 0])}], "rows")
    assert np.array_equal(got["total"], fresh.rows(tf.constant([2, 0]))["total"].numpy())
    ours = judge.linnet(path, {"x": F([1, 2, 3])}, "add", judge.COMMAND)
    assert np.array_equal(ours["after"], [14, 28, 42]) and np.array_equal(ours["count"], 1)


def test_cases_that_assign(tmp_path):
    class Cases(tf.Module):
        def __init__(self):
            super().__init__()
            self.total = tf.Variable(F([1, 2, 3]), name="total")

        @tf.function(input_signature=[tf.TensorSpec([], tf.int32, "which")])
        def choose(self, which):
            def add():
                self.total.assign_add(F([1, 1, 1]))
                return tf.constant(0)

            def double():
                self.total.assign(self.total * 2)
                return tf.constant(1)
            return {"branch": tf.switch_case(which, [add, double, lambda: tf.constant(2)]), "total": self.total.read_value()}

    module = Cases()
    path = convert(export(module, tmp_path / "model", choose=module.choose), tmp_path / "model.tflite")
    inputs = [{"which": np.int32(which)} for which in (0, 1, 1, 2, -3, 0)]
    for got, values in zip(outputs_over_runs(path, inputs, "choose"), inputs):
        wanted = module.choose(tf.constant(values["which"]))
        for name in wanted:
            assert np.array_equal(got[name], wanted[name].numpy()), (name, values)


def test_signatures_without_assignments_have_constants(tmp_path):
    module = Counter()
    module.scale = tf.function(lambda x: {"y": x * module.fixed + module.total},
                               input_signature=[tf.TensorSpec([3], tf.float32, "x")])
    path = convert(export(module, tmp_path / "model", serving_default=module.scale), tmp_path / "model.tflite")
    assert operators(path) == ["MUL", "ADD"]


@pytest.mark.parametrize("resource", [False, True])
def test_tensorflow1_variables(resource, tmp_path):
    """Assignments on the way to the output happen in the order of control edges; what trains does not happen."""
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [2], name="x")
        v = v1.get_variable("v", initializer=F([1, 2]), use_resource=resource)
        other = v1.get_variable("other", initializer=F([5, 6]), use_resource=resource)
        v1.assign(other, x, name="train")
        before = tf.identity(v.read_value() + 0)  # TensorFlow's references see what is assigned later
        with tf.control_dependencies([before]):
            update = v1.assign_add(v, x)
        with tf.control_dependencies([update]):
            tf.identity(before * 100 + v.read_value() + other, name="y")
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, str(tmp_path / "model.ckpt"), write_meta_graph=False)
        (tmp_path / "graph.pb").write_bytes(session.graph.as_graph_def().SerializeToString())
        wanted = [session.run("y:0", {"x:0": F([1, -1])}) for _ in range(3)]
    path = convert(tmp_path / "graph.pb", tmp_path / "m.tflite", "--checkpoint", tmp_path / "model.ckpt", "--outputs", "y")
    got = outputs_over_runs(path, [{"x": F([1, -1])}] * 3)
    assert [value["y"].tolist() for value in got] == [value.tolist() for value in wanted]
    assert operators(path).count("ASSIGN_VARIABLE") == 1
    # Without a checkpoint what is assigned has the value of its initializer, the rest none.
    done = subprocess.run([command.COMMAND, "convert", tmp_path / "graph.pb", "-o", tmp_path / "n.tflite", "--outputs", "y"],
                          capture_output=True, text=True)
    assert done.returncode == command.INPUT and '"other' in done.stderr and "1 operator cannot" in done.stderr


class Tables(tf.Module):
    def __init__(self, folder):
        super().__init__()
        lookup = tf.lookup
        (folder / "words.txt").write_text("zero\none\ntwo\n")
        (folder / "pairs.tsv").write_text("a\t7\nb\t-8\n")
        self.number = lookup.StaticHashTable(lookup.KeyValueTensorInitializer(
            tf.constant(["red", "green"]), tf.constant([3, 4], tf.int64)), -1)
        self.word = lookup.StaticHashTable(lookup.TextFileInitializer(
            str(folder / "words.txt"), tf.int64, lookup.TextFileIndex.LINE_NUMBER,
            tf.string, lookup.TextFileIndex.WHOLE_LINE), "none")
        self.pair = lookup.StaticHashTable(lookup.TextFileInitializer(
            str(folder / "pairs.tsv"), tf.string, 0, tf.int64, 1), 0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "s"), tf.TensorSpec([2], tf.int64, "i")])
    def find(self, s, i):
        return {"number": self.number.lookup(s), "word": self.word.lookup(i), "pair": self.pair.lookup(s),
                "size": self.number.size()}


def looked_up(path, **inputs):
    """By Linnet, which has tables among its own operators; two runs in one interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--repeat", "2", "--output-dir", folder, "--json"]
        for name, value in inputs.items():
            np.save(f"{folder}/{name}.npy", value)
            options += ["--input", f"{name}={folder}/{name}.npy", "--shape", f"{name}={len(value)}"]
        done = command.linnet("run", path, "--signature", "serving_default", *options)
        return {output["name"]: np.load(f"{folder}/output{i}.npy").tolist()
                for i, output in enumerate(json.loads(done)["outputs"])}


def test_tables(tmp_path):
    module = Tables(tmp_path)
    folder = export(module, tmp_path / "model", serving_default=module.find)
    (tmp_path / "words.txt").unlink()
    path = convert(folder, tmp_path / "model.tflite")
    assert looked_up(path, s=np.array([b"green", b"b", b"?"]), i=np.int64([2, 9])) == {
        "number": [4, -1, -1], "word": [b"two", b"none"], "pair": [0, -8, 0], "size": 2}


def test_tensorflow1_tables(tmp_path):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.string, [2], name="x")
        table = v1.lookup.StaticHashTable(v1.lookup.KeyValueTensorInitializer(["a", "b"], [1, 2], tf.string, tf.int64), 9)
        y = tf.identity(table.lookup(x), name="y")
        session.run(v1.tables_initializer())
        v1.saved_model.simple_save(session, str(tmp_path / "model"), {"x": x}, {"y": y},
                                   legacy_init_op=v1.tables_initializer())
    assert looked_up(convert(tmp_path / "model", tmp_path / "m.tflite"), x=np.array([b"b", b"c"])) == {"y": [2, 9]}


def keys_of(dtype, kind):
    """Keys, and what is asked for: some of them, some that are none."""
    if dtype == tf.string:
        return [b"a", b"bb", b"\xc3\xa9"], np.array([b"bb", b"?", b"a", b""])
    keys = {"close": [5, 3, 9], "apart": [5, -2**31 + 1, 2**30],
            "many": np.random.default_rng(1).choice(2**31 - 1, 300, replace=False).tolist()}[kind]
    return keys, np.array([*keys[:3], 4, -1, 0], dtype.as_numpy_dtype)


def values_of(dtype, count):
    if dtype == tf.string:
        return [f"value {i}".encode() for i in range(count)], b"none"
    if dtype == tf.bool:
        return [bool(i % 2) for i in range(count)], True
    return (np.random.default_rng(2).normal(0, 100, count)).astype(dtype.as_numpy_dtype), dtype.as_numpy_dtype(-7)


KINDS = [(tf.string, value, "words") for value in (tf.string, tf.int64, tf.int32, tf.float32, tf.bool)]
KINDS += [(tf.int64, value, kind) for value in (tf.string, tf.int64, tf.int32, tf.float32) for kind in ("close", "apart", "many")]
KINDS += [(tf.int32, value, kind) for value in (tf.string, tf.int32, tf.float32) for kind in ("close", "many")]


@pytest.mark.parametrize("fixed", [True, False], ids=["fixed", "given"])
@pytest.mark.parametrize("key, value, kind", KINDS, ids=[f"{k.name}-{v.name}-{kind}" for k, v, kind in KINDS])
def test_tables_of_all_types(key, value, kind, fixed, tmp_path):
    """Keys and values of any type, the value for what is no key fixed or an input. Without words as keys (or as values of
    keys that are far apart) there is no HASHTABLE, which the original runtime has not at hand."""
    keys, asked = keys_of(key, kind)
    values, missing = values_of(value, len(keys))
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant(keys, key), tf.constant(values, value)),
                                             missing)
    if fixed:
        inputs = {"x": asked}
        module.find = tf.function(lambda x: {"y": module.table.lookup(x), "n": module.table.size()},
                                  input_signature=[tf.TensorSpec([None], key, "x")])
    else:
        inputs = {"x": asked, "d": np.array(missing)}
        module.find = tf.function(lambda x, d: {"y": tf.raw_ops.LookupTableFindV2(
            table_handle=module.table.resource_handle, keys=x, default_value=d)},
            input_signature=[tf.TensorSpec([None], key, "x"), tf.TensorSpec([], value, "d")])
    path = convert(export(module, tmp_path / "model", serving_default=module.find), tmp_path / "m.tflite")
    wanted = {name: v.numpy() for name, v in module.find(**{name: tf.constant(v) for name, v in inputs.items()}).items()}
    results = [judge.linnet(path, inputs, "serving_default", judge.COMMAND)]
    if key != tf.string and (value != tf.string or (kind == "close" and fixed)):
        results.append(judge.original(path, inputs, "serving_default"))
    for got in results:
        for name in wanted:
            assert wanted[name].tolist() == np.reshape(got[name], wanted[name].shape).tolist(), name


class ReadOnly(tf.Module):
    """Tables that could be changed, filled in Python: their entries are in the checkpoint."""

    def __init__(self):
        super().__init__()
        lookup, int64 = tf.lookup.experimental, tf.int64
        self.word = lookup.MutableHashTable(tf.string, int64, -1)
        self.word.insert(tf.constant(["a", "b\u00e9" * 70, ""]), tf.constant([5, 6, 7], int64))
        self.title = lookup.MutableHashTable(int64, tf.string, "none")
        self.title.insert(tf.constant([4, 1 << 40], int64), tf.constant(["four", "much"]))
        self.share = lookup.MutableHashTable(tf.string, tf.float32, -1.0)
        self.share.insert(tf.constant(["a", "c"]), tf.constant([0.5, 0.25]))
        self.dense = lookup.DenseHashTable(int64, int64, -1, empty_key=-7, deleted_key=-8, initial_num_buckets=8)
        self.dense.insert(tf.constant([3, 4, 9], int64), tf.constant([50, 60, 70], int64))
        self.dense.erase(tf.constant([9], int64))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "s"), tf.TensorSpec([None], tf.int64, "i")])
    def find(self, s, i):
        return {"word": self.word.lookup(s), "title": self.title.lookup(i), "share": self.share.lookup(s),
                "dense": self.dense.lookup(i), "size": self.dense.size()}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "s")])
    def learn(self, s):
        self.word.insert(s, tf.zeros_like(s, tf.int64))
        return {"word": self.word.lookup(s)}


def test_tables_that_are_only_read(tmp_path):
    module = ReadOnly()
    folder = export(module, tmp_path / "model", serving_default=module.find)
    asked = {"s": np.array(["a", "b\u00e9" * 70, "?", "", "c"], object), "i": np.int64([3, 4, 9, 1 << 40, 5])}
    wanted = {name: v.numpy() for name, v in module.find(**{name: tf.constant(v) for name, v in asked.items()}).items()}
    asked["s"] = np.array([s.encode() for s in asked["s"]])
    path = convert(folder, tmp_path / "m.tflite")
    got = looked_up(path, **asked)
    assert got == {name: v.tolist() for name, v in wanted.items()}
    # The strings of the checkpoint are checked.
    data, = (folder / "variables").glob("variables.data*")
    whole = data.read_bytes()
    for at in range(0, len(whole), 23):
        data.write_bytes(whole[:at] + bytes([whole[at] ^ 64]) + whole[at + 1:])
        done = subprocess.run([command.COMMAND, "convert", folder, "-o", tmp_path / "n.tflite", "--quiet"], capture_output=True, text=True)
        assert done.returncode in (0, command.INPUT), done.stderr
        if done.returncode == 0:
            assert (tmp_path / "n.tflite").read_bytes() == path.read_bytes()


def test_tables_that_change(tmp_path):
    module = ReadOnly()
    folder = export(module, tmp_path / "model", serving_default=module.learn)
    done = subprocess.run([command.COMMAND, "convert", folder, "-o", tmp_path / "m.tflite"], capture_output=True, text=True)
    assert done.returncode == command.INPUT and "changes this table while it runs" in done.stderr and "1 operator cannot" in done.stderr
    command.linnet("convert", folder, "-o", tmp_path / "m.tflite", "--allow-custom")
    assert "LookupTableInsertV2" in command.linnet("inspect", tmp_path / "m.tflite") or "MutableHashTableV2" in command.linnet(
        "inspect", tmp_path / "m.tflite")


def test_tables_filled_by_the_initialization(tmp_path):
    """What is inserted last under a key counts; what no initialization does is not done."""
    with tf.Graph().as_default(), v1.Session() as session:
        x, more = v1.placeholder(tf.string, [3], name="x"), v1.placeholder(tf.string, [1], name="more")
        table = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, 9, name="table")
        y = tf.identity(table.lookup(x), name="y")
        table.insert(more, tf.constant([3], tf.int64))
        first = table.insert(tf.constant(["a", "b"]), tf.constant([1, 2], tf.int64))
        with tf.control_dependencies([first]):
            second = table.insert(tf.constant(["b"]), tf.constant([4], tf.int64))
        v1.saved_model.simple_save(session, str(tmp_path / "model"), {"x": x}, {"y": y}, legacy_init_op=second)
    assert looked_up(convert(tmp_path / "model", tmp_path / "m.tflite"), x=np.array([b"b", b"c", b"a"])) == {"y": [4, 9, 1]}


def test_lines_count_from_an_offset(tmp_path):
    (tmp_path / "words.txt").write_text("zero\none\ntwo\n")
    module = tf.Module()
    module.table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer(
        str(tmp_path / "words.txt"), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER,
        value_index_offset=10), -1)
    module.find = tf.function(lambda s: {"y": module.table.lookup(s)}, input_signature=[tf.TensorSpec([None], tf.string, "s")])
    asked = np.array([b"two", b"?", b"zero"])
    path = convert(export(module, tmp_path / "model", serving_default=module.find), tmp_path / "m.tflite")
    assert looked_up(path, s=asked)["y"] == module.find(tf.constant(asked))["y"].numpy().tolist() == [12, -1, 10]


def refused(folder, tmp_path, *options):
    done = subprocess.run([command.COMMAND, "convert", folder, "-o", tmp_path / "m.tflite", *options], capture_output=True, text=True)
    assert done.returncode == command.INPUT
    return done.stderr


def test_choosing_between_words(tmp_path):
    """What a table of numbers gives, or a constant: places are chosen, and words gathered."""
    table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant([1, 2], tf.int64), tf.constant(["one", "two"])), "?")
    module = tf.Module()
    module.table = table
    module.find = tf.function(lambda i: {"y": tf.where(i == 0, "", table.lookup(i)), "z": tf.where(i > 1, table.lookup(-i), ["a", "b", "c", "d"])},
                              input_signature=[tf.TensorSpec([4], tf.int64, "i")])
    module.cannot = tf.function(lambda s: {"y": tf.where(s == "a", s, "b")}, input_signature=[tf.TensorSpec([2], tf.string, "s")])
    inputs = {"i": np.int64([0, 1, 2, 3])}
    path = convert(export(module, tmp_path / "model", serving_default=module.find), tmp_path / "m.tflite")
    for got in (judge.original(path, inputs, "serving_default"), judge.linnet(path, inputs, "serving_default", judge.COMMAND)):
        assert got["y"].tolist() == [b"", b"one", b"two", b"?"] and got["z"].tolist() == [b"a", b"b", b"?", b"?"]
    folder = export(module, tmp_path / "wrong", serving_default=module.cannot)
    assert "chooses between strings that are not constants" in refused(folder, tmp_path)


@pytest.mark.parametrize("op, does", [
    (lambda s: tf.strings.to_hash_bucket_fast(s, 7), "hashes text"), (lambda s: tf.strings.split(s).flat_values, "splits text"),
    (lambda s: tf.strings.lower(s), "changes text"), (lambda s: tf.strings.regex_replace(s, "a", "b"), "changes text"),
    (lambda s: tf.strings.length(s), "measures text"), (lambda s: tf.strings.join([s, s]), "joins text"),
    (lambda s: tf.strings.to_number(s), "reads numbers from text"), (lambda s: tf.strings.as_string(tf.size(s)), "writes numbers as text"),
    (lambda s: tf.io.decode_jpeg(s[0]), "decodes files of pictures")])
def test_text_that_cannot_be(op, does, tmp_path):
    """The refusal names layer and operator, says why and what helps; as custom operators they keep their types."""
    def find(s):
        with tf.name_scope("model/layer"):
            return {"y": op(s)}
    module = tf.Module()
    module.find = tf.function(find, input_signature=[tf.TensorSpec([2], tf.string, "s")])
    folder = export(module, tmp_path / "model", serving_default=module.find)
    said = refused(folder, tmp_path)
    assert f"it {does}" in said and 'split the model before "layer' in said and "--allow-custom" in said
    assert "PartitionedCall" not in said
    path = convert(folder, tmp_path / "m.tflite", "--allow-custom")
    written = json.loads(command.linnet("inspect", path, "--json"))["outputs"]
    wanted = module.find.get_concrete_function().structured_outputs["y"].dtype
    assert [output["type"].lower() for output in written] == [wanted.name]


def test_stateful_recurrent_layer(tmp_path):
    """A stateful LSTM carries on where the last run ended."""
    tf.keras.utils.set_random_seed(3)
    layer_input = tf.keras.Input(batch_shape=(1, 4, 3))
    model = tf.keras.Model(layer_input, tf.keras.layers.LSTM(5, stateful=True)(layer_input))
    model.export(str(tmp_path / "model"), verbose=False, input_signature=[tf.TensorSpec((1, 4, 3), tf.float32)])
    path = convert(tmp_path / "model", tmp_path / "m.tflite")
    x = np.random.default_rng(0).normal(size=(3, 1, 4, 3)).astype(F)
    interpreter = judge.Interpreter(str(path))
    runner = interpreter.get_signature_runner("serving_default")
    name = next(iter(runner.get_input_details()))
    for part in x:
        wanted = model(part).numpy()
        got, = runner(**{name: part}).values()
        assert judge.difference(wanted, got) <= 1.0


STATEFUL = {
    "LSTM": ((6, 4), lambda: tf.keras.layers.LSTM(5, stateful=True, return_sequences=True)),
    "GRU-last": ((6, 4), lambda: tf.keras.layers.GRU(5, stateful=True)),
    "SimpleRNN-steps": ((None, 4), lambda: tf.keras.layers.SimpleRNN(5, stateful=True)),
    "Bidirectional": ((6, 4), lambda: tf.keras.layers.Bidirectional(tf.keras.layers.LSTM(5, stateful=True))),
    "cells": ((6, 4), lambda: tf.keras.layers.RNN([tf.keras.layers.LSTMCell(5), tf.keras.layers.GRUCell(3)], stateful=True)),
    "ConvLSTM2D-steps": ((None, 4, 5, 2), lambda: tf.keras.layers.ConvLSTM2D(3, 2, stateful=True)),
}


@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("way", ["export", "save"])
@pytest.mark.parametrize("name", STATEFUL)
def test_states_say_how_many_sequences(name, way, batch, tmp_path):
    """Signatures of exported models leave the batch open; the variables that keep states do not."""
    tf.keras.utils.set_random_seed(3)
    shape, make = STATEFUL[name]
    layer_input = tf.keras.Input(batch_shape=(batch, *shape), name="x")
    model = tf.keras.Model(layer_input, make()(layer_input))
    if way == "export":
        model.export(str(tmp_path / "model"), verbose=False)
    else:
        tf.saved_model.save(model, str(tmp_path / "model"))
    done = subprocess.run([command.COMMAND, "convert", tmp_path / "model", "-o", tmp_path / "m.tflite"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    interpreter = judge.Interpreter(str(tmp_path / "m.tflite"))
    assert interpreter.get_input_details()[0]["shape_signature"][0] == batch
    if way == "export":
        assert f"states are kept for {batch} sequences" in done.stderr
    runner = interpreter.get_signature_runner("serving_default")
    argument, = runner.get_input_details()
    x = np.random.default_rng(0).normal(size=(3, batch, *[4 if extent is None else extent for extent in shape])).astype(F)
    for part in x:
        wanted = model(part).numpy()
        got, = runner(**{argument: part}).values()
        assert judge.difference(wanted, got) <= 1.0
    first = tf.saved_model.load(str(tmp_path / "model")).signatures["serving_default"]
    wanted, = first(**{list(first.structured_input_signature[1])[0]: tf.constant(x[0])}).values()
    got, = judge.linnet(tmp_path / "m.tflite", {argument: x[0]}, "serving_default", judge.COMMAND).values()
    assert judge.difference(wanted.numpy(), got) <= 1.0


def test_buffers_leave_the_batch_open(tmp_path):
    """A variable that is assigned but has nothing to do with the batch does not fix it."""
    class Buffer(tf.Module):
        def __init__(self):
            super().__init__()
            self.last = tf.Variable(tf.zeros([4, 3]))

        @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "x")])
        def push(self, x):
            self.last.assign(tf.concat([self.last, x], 0)[-4:])
            return {"y": self.last.read_value()}

    module = Buffer()
    path = convert(export(module, tmp_path / "model", serving_default=module.push), tmp_path / "m.tflite")
    assert list(judge.Interpreter(str(path)).get_input_details()[0]["shape_signature"]) == [-1, 3]
    inputs = [{"x": np.full((n, 3), n, F)} for n in (2, 5, 1)]
    for got, values in zip(outputs_over_runs(path, inputs), inputs):
        assert np.array_equal(got["y"], module.push(tf.constant(values["x"]))["y"].numpy())


def fused_models():
    """The layers, and what they become: the loops are as many as directions."""
    layers = tf.keras.layers
    lstm, rnn, both = layers.LSTM, layers.SimpleRNN, layers.Bidirectional
    one, two = "UNIDIRECTIONAL_SEQUENCE_", "BIDIRECTIONAL_SEQUENCE_"
    return {
        "sequences": ([lstm(5, return_sequences=True, bias_initializer="ones")], [one + "LSTM"]),
        "last": ([lstm(4, unit_forget_bias=True)], [one + "LSTM"]),
        "stacked": ([lstm(4, return_sequences=True), lstm(3)], [one + "LSTM"] * 2),
        "both": ([both(lstm(4, return_sequences=True)), both(lstm(3))], [two + "LSTM"] * 2),
        "both-apart": ([both(lstm(4, return_sequences=True), merge_mode=None)], [two + "LSTM"]),
        "both-unequal": ([both(lstm(4), backward_layer=lstm(3, go_backwards=True))], [one + "LSTM"] * 2),
        "rnn": ([rnn(4, return_sequences=True, activation="relu"), rnn(3, go_backwards=True)], [one + "RNN"] * 2),
        "rnn-both": ([both(rnn(4, return_sequences=True)), both(rnn(3, activation=None), backward_layer=rnn(
            2, activation=None, go_backwards=True))], [two + "RNN"] * 2),
    }


@pytest.mark.parametrize("kind", ["keras", "saved"])
@pytest.mark.parametrize("name", sorted(fused_models()))
def test_fused_layers(name, kind, tmp_path):
    """The first run computes what the layer does; a second one carries on, where the loop begins anew."""
    tf.keras.utils.set_random_seed(5)
    layers, expected = fused_models()[name]
    spec = y = tf.keras.Input(batch_shape=(2, 6, 3))
    for layer in layers:
        y = layer(y)
    model = tf.keras.Model(spec, y)
    model.set_weights([np.random.default_rng(1).normal(0, 0.4, w.shape) for w in model.get_weights()])
    source = tmp_path / ("model.keras" if kind == "keras" else "model")
    if kind == "keras":
        model.save(source)
    else:
        model.export(str(source), verbose=False, input_signature=[tf.TensorSpec((2, 6, 3), tf.float32)])
    path = convert(source, tmp_path / "fused.tflite", "--fuse-rnn")
    loop = convert(source, tmp_path / "loop.tflite")
    assert sorted(op for op in operators(path) if "SEQUENCE" in op) == sorted(expected) and "WHILE" not in operators(path)
    assert operators(loop).count("WHILE") == sum(1 + ("UNI" not in op) for op in expected)
    x = np.random.default_rng(0).normal(size=(2, 6, 3)).astype(F)
    wanted = [value.numpy() for value in tf.nest.flatten(model(x))]

    def worst(got):
        return max(judge.difference(a, got[f"output_{i}"]) for i, a in enumerate(wanted))
    runners = [judge.Interpreter(str(p)).get_signature_runner("serving_default") for p in (path, loop)]
    argument = next(iter(runners[0].get_input_details()))
    results = [[runner(**{argument: x}) for _ in range(2)] for runner in runners]
    assert max(worst(got) for got in (results[0][0], *results[1])) <= 1.0 < worst(results[0][1])
    got = judge.linnet(path, {argument: x}, "serving_default", judge.COMMAND)
    assert worst({f"output_{i}": value for i, value in enumerate(got.values())}) <= 1.0


def test_fused_lstm_of_tensorflow1(tmp_path):
    import make_tensorflow1
    make_tensorflow1.CASES["lstm"](tmp_path)
    path = convert(tmp_path / "graph.pb", tmp_path / "m.tflite", "--outputs", "y", "--fuse-rnn")
    case = np.load(tmp_path / "case.npz")
    assert "UNIDIRECTIONAL_SEQUENCE_LSTM" in operators(path) and "WHILE" not in operators(path)
    got, = outputs_over_runs(path, [{"x0": case["in_x0"]}])
    assert judge.difference(case["out_y"], got["y"]) <= 1.0
