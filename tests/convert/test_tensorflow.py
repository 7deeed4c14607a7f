"""Conversions judged by TensorFlow: what it computes of a source, the written model computes too. The full tier runs this
in an environment of its own, which has TensorFlow; elsewhere it is skipped."""

import json
import subprocess

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import judge  # noqa: E402
import make_tensorflow1  # noqa: E402
from calling import command  # noqa: E402

SOURCE = command.SHARED / "source"
TOLERANCE = 1.0  # in units of 1e-5 x the largest value


def convert(source, path, *options):
    done = subprocess.run([command.COMMAND, "convert", source, "-o", path, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


def operators(path):
    interpreter = judge.Interpreter(str(path), experimental_op_resolver_type=judge.OpResolverType.BUILTIN_REF)
    return [detail["op_name"] for detail in interpreter._get_ops_details()]


@command.needs_shared
@pytest.mark.parametrize("name, tags", [("kws_ref_model_saved_model", ["serve"]), ("mediapipe_saved_model", ["serve"]),
                                        ("mediapipe_saved_model_v2_mini", ["serve"]),
                                        ("mediapipe_hub_module_v1_mini", [])])
def test_saved_models_of_the_shared_folder(name, tags, tmp_path):
    path = convert(SOURCE / name, tmp_path / "model.tflite")
    key = "serving_default" if tags else "default"
    for signature in judge.saved_model(SOURCE / name, key, tags)[1].signatures:
        details, run = judge.saved_model(SOURCE / name, signature, tags)
        inputs = judge.random_inputs(details)
        assert judge.compare(run(inputs), path, inputs, signature) <= TOLERANCE


@command.needs_shared
@pytest.mark.parametrize("name", ["litert_multi_add.pb", "mediapipe_frozen_graph_def.pb"])
def test_graphs_of_the_shared_folder(name, tmp_path):
    path = convert(SOURCE / name, tmp_path / "model.tflite")
    graph = tf.compat.v1.GraphDef()
    graph.ParseFromString((SOURCE / name).read_bytes())
    interpreter = judge.Interpreter(str(path))
    details = {d["name"]: (list(d["shape_signature"]), d["dtype"]) for d in interpreter.get_input_details()}
    outputs = list(interpreter.get_signature_list()["serving_default"]["outputs"])
    inputs = judge.random_inputs(details)
    wanted = judge.graph_def(graph, list(details), outputs)(inputs)
    assert judge.compare(wanted, path, inputs) <= TOLERANCE


@pytest.fixture(scope="module", params=sorted(make_tensorflow1.CASES))
def tensorflow1(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    make_tensorflow1.CASES[request.param](folder)
    return folder


@pytest.mark.parametrize("frozen", [False, True], ids=["checkpoint", "frozen"])
def test_tensorflow1(tensorflow1, frozen, tmp_path):
    folder = tensorflow1
    graph = next(folder.glob("graph.*"))
    if frozen:
        command.linnet("freeze", graph, folder / "model.ckpt", "-o", tmp_path / "frozen.pb", "--outputs", "y")
        path = convert(tmp_path / "frozen.pb", tmp_path / "model.tflite")
    else:
        path = convert(graph, tmp_path / "model.tflite", "--checkpoint", folder / "model.ckpt", "--outputs", "y")
    case = np.load(folder / "case.npz")
    inputs = {name[3:]: case[name] for name in case if name.startswith("in_")}
    wanted = {"y": case[name] for name in case if name.startswith("out_")}
    assert judge.compare(wanted, path, inputs) <= TOLERANCE
    if folder.name.startswith("channels_first"):
        assert operators(path).count("TRANSPOSE") <= 1
    if folder.name.startswith("training"):
        assert operators(path) == ["FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX"]


def test_functions_for_a_device(tmp_path):
    """Keras 2 writes recurrent layers for processors and for graphics cards; what is called may be either."""
    @tf.function
    def plain(x):
        return tf.tanh(x)

    @tf.function
    def cuda(x):
        return tf.raw_ops.Igamma(a=x, x=x)

    @tf.function(input_signature=[tf.TensorSpec([2, 3], tf.float32, "x")])
    def function(x):
        return tf.identity(plain(x) + cuda(x), "y")
    graph = function.get_concrete_function().graph.as_graph_def()
    for f in graph.library.function:
        f.attr["api_implements"].s = b"layer_1"
        f.attr["api_preferred_device"].s = b"CPU" if "plain" in f.signature.name else b"GPU"
    (tmp_path / "graph.pb").write_bytes(graph.SerializeToString())
    path = convert(tmp_path / "graph.pb", tmp_path / "m.tflite", "--outputs", "y")
    x = np.random.default_rng(0).normal(0, 1, (2, 3)).astype("f")
    assert judge.compare({"y": 2 * np.tanh(x)}, path, {"x": x}) <= TOLERANCE


def test_saved_models_as_text(tmp_path):
    from google.protobuf import text_format
    from tensorflow.core.protobuf import saved_model_pb2
    module = tf.Module()
    module.weights = tf.Variable(np.random.default_rng(1).normal(0, 1, (5, 3)).astype(np.float32))
    module.run = tf.function(lambda x: {"y": tf.nn.relu(x @ module.weights) + [1.0, -0.5, 2.0]},
                             input_signature=[tf.TensorSpec([None, 5], tf.float32, "x")])
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=module.run)
    binary = convert(tmp_path / "model", tmp_path / "binary.tflite").read_bytes()
    model, file = saved_model_pb2.SavedModel(), tmp_path / "model" / "saved_model.pb"
    model.ParseFromString(file.read_bytes())
    file.with_suffix(".pbtxt").write_text(text_format.MessageToString(model))
    file.unlink()
    assert convert(tmp_path / "model", tmp_path / "text.tflite").read_bytes() == binary


def test_what_cannot_be_converted_is_listed_in_one_go(tmp_path):
    @tf.function(input_signature=[tf.TensorSpec([4, 4])])
    def function(x):
        return tf.linalg.svd(x)[0], tf.raw_ops.Igamma(a=x, x=x, name="gamma")
    graph = tmp_path / "graph.pb"
    graph.write_bytes(function.get_concrete_function().graph.as_graph_def().SerializeToString())
    done = subprocess.run([command.COMMAND, "convert", graph, "-o", tmp_path / "m.tflite"], capture_output=True, text=True)
    assert done.returncode == command.INPUT and not (tmp_path / "m.tflite").exists()
    assert "Svd" in done.stderr and 'Igamma "gamma"' in done.stderr and "2 operators cannot be converted" in done.stderr
    convert(graph, tmp_path / "m.tflite", "--allow-custom")
    assert "Igamma" in operators(tmp_path / "m.tflite")


def layer_models():
    """One for each kind of layer that TensorFlow writes as loops, calls or many operators."""
    layers = tf.keras.layers
    attended = tf.keras.Input([6, 8])
    sequences = {name: ([10, 4], [layer]) for name, layer in {
        "lstm": layers.LSTM(5), "gru": layers.GRU(5, return_sequences=True), "rnn": layers.SimpleRNN(5),
        "bidirectional": layers.Bidirectional(layers.LSTM(3, return_sequences=True))}.items()}
    chains = {
        "conv1d": ([16, 3], [layers.Conv1D(4, 3, padding="causal", dilation_rate=2), layers.MaxPooling1D(2)]),
        "separable": ([12, 12, 3], [layers.SeparableConv2D(6, 3), layers.BatchNormalization(), layers.PReLU()]),
        "transposed": ([6, 6, 3], [layers.Conv2DTranspose(4, 3, 2, padding="same"), layers.UpSampling2D(2)]),
        "normalized": ([8, 6], [layers.LayerNormalization(), layers.Dense(5, activation="gelu")]),
        "grouped": ([8, 8, 6], [layers.GroupNormalization(3)]),
        "volumes": ([6, 6, 6, 2], [layers.Conv3D(4, 3), layers.MaxPooling3D(2), layers.GlobalAveragePooling3D()]),
        "activations": ([9], [layers.Activation(name) for name in (
            "elu", "selu", "softplus", "softsign", "hard_sigmoid", "mish", "relu6", "hard_silu", "log_softmax")]),
    } | sequences
    models = {name: tf.keras.Sequential([tf.keras.Input(shape), *chain]) for name, (shape, chain) in chains.items()}
    return models | {"attention": tf.keras.Model(attended, layers.MultiHeadAttention(2, 4)(attended, attended))}


def test_lengths_that_are_not_known(tmp_path):
    """Loops over lists as long as the input is."""
    tf.keras.utils.set_random_seed(4)
    for layer in (tf.keras.layers.LSTM(5, return_sequences=True), tf.keras.layers.Bidirectional(tf.keras.layers.GRU(3))):
        model = tf.keras.Sequential([tf.keras.Input([None, 4]), layer])
        model.export(str(tmp_path / layer.name), verbose=False)
        path = convert(tmp_path / layer.name, tmp_path / "model.tflite")
        for shape in ((2, 7, 4), (1, 3, 4)):
            x = np.random.default_rng(2).uniform(-1, 1, shape).astype("f")
            runner = judge.Interpreter(str(path)).get_signature_runner("serving_default")
            got, = runner(**{next(iter(runner.get_input_details())): x}).values()
            assert judge.difference(model(x).numpy(), got) <= TOLERANCE


def of_any_extents():
    layers = tf.keras.layers
    x, volume = tf.keras.Input([None, 4]), tf.keras.Input([None, None, None, 2])
    yield x, layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True), ((2, 5, 4), (1, 2, 4))
    yield volume, layers.AveragePooling3D(2, padding="same")(layers.MaxPooling3D(2, strides=1)(volume)), ((2, 5, 4, 6, 2), (1, 3, 3, 3, 2))
    picture = tf.keras.Input([None, 6, 3])
    # What the extent is compared with is on both sides of it.
    yield picture, layers.Resizing(6, 4, crop_to_aspect_ratio=True)(picture), ((2, 4, 6, 3), (2, 9, 6, 3), (1, 40, 6, 3))


def test_extents_that_are_not_known(tmp_path):
    tf.keras.utils.set_random_seed(5)
    for number, (x, y, shapes) in enumerate(of_any_extents()):
        model = tf.keras.Model(x, y)
        model.export(str(tmp_path / str(number)), verbose=False)
        path = convert(tmp_path / str(number), tmp_path / "model.tflite")
        for shape in shapes:
            values = np.random.default_rng(2).uniform(-1, 1, shape).astype("f")
            runner = judge.Interpreter(str(path)).get_signature_runner("serving_default")
            got, = runner(**{next(iter(runner.get_input_details())): values}).values()
            assert judge.difference(model(values).numpy(), got) <= TOLERANCE


def test_places_in_a_loop(tmp_path):
    """x[i, ...] has all of x's dimensions but the first, whatever they are; TimeDistributed is exported as such a loop (which Keras
    lets run as often as the batch has elements)."""
    @tf.function(input_signature=[tf.TensorSpec([None, None, 3], tf.float32, "x")])
    def turned(x):
        count = tf.shape(x)[0]
        parts = tf.TensorArray(tf.float32, size=count)
        _, parts = tf.while_loop(lambda i, _: i < count, lambda i, parts: (i + 1, parts.write(i, 2.0 * x[i, ...] + x[0, -1])), (0, parts))
        return {"y": parts.stack()}
    module = tf.Module()
    tf.saved_model.save(module, str(tmp_path / "loop"), signatures=turned)
    keras_input = tf.keras.Input([None, 6, 6, 2])
    model = tf.keras.Model(keras_input, tf.keras.layers.TimeDistributed(tf.keras.layers.Conv2D(3, 3))(keras_input))
    model.export(str(tmp_path / "layer"), verbose=False)
    for name, shapes in (("loop", ((2, 5, 3), (4, 1, 3))), ("layer", ((1, 1, 6, 6, 2), (3, 3, 6, 6, 2)))):
        path = convert(tmp_path / name, tmp_path / "model.tflite")
        run = tf.saved_model.load(str(tmp_path / name)).signatures["serving_default"]
        for shape in shapes:
            x = np.random.default_rng(2).uniform(-1, 1, shape).astype("f")
            want, = run(tf.constant(x)).values()
            runner = judge.Interpreter(str(path)).get_signature_runner("serving_default")
            got, = runner(**{next(iter(runner.get_input_details())): x}).values()
            assert got.shape == shape or name == "layer"
            assert judge.difference(want.numpy(), got) <= TOLERANCE


def test_layers_as_saved_models(tmp_path):
    tf.keras.utils.set_random_seed(2)
    wrong = []
    for name, model in layer_models().items():
        model.export(str(tmp_path / name), verbose=False)
        path = convert(tmp_path / name, tmp_path / f"{name}.tflite")
        x = np.random.default_rng(1).uniform(-1, 1, (2, *model.input_shape[1:])).astype("f")
        runner = judge.Interpreter(str(path)).get_signature_runner("serving_default")
        got, = runner(**{next(iter(runner.get_input_details())): x}).values()
        if judge.difference(model(x).numpy(), got) > TOLERANCE:
            wrong.append(name)
    assert not wrong


def subgraphs(path):
    return json.loads(command.linnet("inspect", path, "--json"))["subgraphs"]


class Twins(tf.Module):
    """Functions of which some compute the same."""

    def __init__(self):
        super().__init__()
        self.weights = tf.Variable(np.random.default_rng(0).normal(0, 1, (4, 4)).astype("f"))

    def loop(self, x, steps, factor=0.5):
        for _ in tf.range(steps):
            x = tf.nn.relu(x @ self.weights) + factor
        return x

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, "x"), tf.TensorSpec([], tf.int32, "n")])
    def first(self, x, n):
        return {"y": self.loop(x, n)}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, "b"), tf.TensorSpec([], tf.int32, "a")])
    def renamed(self, b, a):
        return {"z": self.loop(b, a)}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, "a"), tf.TensorSpec([], tf.int32, "b")])
    def other_order(self, a, b):
        return {"z": self.loop(a, b)}

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, "x"), tf.TensorSpec([], tf.int32, "n")])
    def other_number(self, x, n):
        return {"y": self.loop(x, n, 0.25)}

    @tf.function(input_signature=[tf.TensorSpec([3, 4], tf.float32, "x"), tf.TensorSpec([], tf.int32, "n")])
    def other_shape(self, x, n):
        return {"y": self.loop(x, n)}


def test_signatures_that_compute_the_same_share_a_subgraph(tmp_path):
    module = Twins()
    names = {"serving_default": "first", "again": "renamed", "order": "other_order", "number": "other_number", "shape": "other_shape"}
    methods = {key: getattr(module, name).get_concrete_function() for key, name in names.items()}
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=methods)
    path = convert(tmp_path / "model", tmp_path / "model.tflite")
    alone = convert(tmp_path / "model", tmp_path / "alone.tflite", "--signatures", "serving_default")
    assert len(subgraphs(path)) == 3 * len(subgraphs(alone))
    for key in names:
        details, run = judge.saved_model(tmp_path / "model", key)
        inputs = judge.random_inputs(details, batch=3)
        assert judge.compare(run(inputs), path, inputs, key) <= TOLERANCE
    # A copy under another name costs its signature alone.
    methods = {key: methods[key] for key in ["serving_default", "again"]}
    tf.saved_model.save(module, str(tmp_path / "two"), signatures=methods)
    two = convert(tmp_path / "two", tmp_path / "two.tflite")
    assert two.stat().st_size < alone.stat().st_size + 300
