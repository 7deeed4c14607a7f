"""Keras files judged by Keras: every layer over its options, whole models and architectures. Run in the full tier, in the
environment that has TensorFlow; elsewhere it is skipped."""

import json
import subprocess

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import judge  # noqa: E402
import judge_keras  # noqa: E402
import keras  # noqa: E402
import keras_layers  # noqa: E402
from calling import command  # noqa: E402

SOURCE = command.SHARED / "source"


@pytest.mark.parametrize("name, make", keras_layers.CASES, ids=[name for name, _ in keras_layers.CASES])
def test_layers(name, make, tmp_path):
    assert judge_keras.judge_model(make, [str(tmp_path / "model.keras"), str(tmp_path / "model.h5")]) is None


class Depthwise(keras.layers.DepthwiseConv2D):
    """Keras 2 wrote an option that Keras 3 does not read."""

    def __init__(self, *args, groups=1, **options):
        super().__init__(*args, **options)


@command.needs_shared
@pytest.mark.parametrize("name", ["ad01", "pretrainedResnet", "vww_96", "str_ww_ref_model"])
def test_shared_folder(name, tmp_path):
    """Against Keras's own arithmetic; the published .tflite of ad01 dropped biases."""
    import shutil
    path = tmp_path / f"{name}.h5"
    shutil.copyfile(SOURCE / f"{name}.h5", path)
    model = keras.models.load_model(path, compile=False, custom_objects={"DepthwiseConv2D": Depthwise})
    written, problem = judge_keras.convert(str(path))
    assert problem is None
    assert judge_keras.judge_written(model, written) is None


def test_unknown_batch_stays_unknown(tmp_path):
    model = keras.Sequential([keras.Input((4,), name="features"), keras.layers.Dense(3)])
    model.save(tmp_path / "m.keras")
    command.linnet("convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite")
    interpreter = judge.Interpreter(str(tmp_path / "m.tflite"))
    assert list(interpreter.get_input_details()[0]["shape_signature"]) == [-1, 4]
    assert list(interpreter.get_output_details()[0]["shape_signature"]) == [-1, 3]
    assert interpreter.get_signature_list() == {"serving_default": {"inputs": ["features"], "outputs": ["output_0"]}}


def follow_three_runs(model, x, tmp_path):
    model.save(tmp_path / "m.keras")
    command.linnet("convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite")
    runner = judge.Interpreter(str(tmp_path / "m.tflite")).get_signature_runner("serving_default")
    name, = runner.get_input_details()
    for _ in range(3):
        wanted = np.asarray(model(x))
        assert judge.difference(wanted, runner(**{name: x})["output_0"]) <= judge_keras.TOLERANCE
        x = -x


def test_states_are_kept_from_run_to_run(tmp_path):
    """As variables, apart for each interpreter."""
    model = keras.Sequential([keras.Input((6, 4), batch_size=2), keras.layers.LSTM(5, stateful=True, return_sequences=True),
                              keras.layers.GRU(3, stateful=True)])
    x = np.random.default_rng(0).normal(0, 1, (2, 6, 4)).astype("f")
    follow_three_runs(model, x, tmp_path)


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("order", ["channels_last", "channels_first"])
def test_states_of_recurrent_convolutions_are_kept(n, order, tmp_path):
    shape = (3, *(4,) * n, 2) if order == "channels_last" else (3, 2, *(4,) * n)
    model = keras.Sequential([keras.Input(shape, batch_size=2),
                              getattr(keras.layers, f"ConvLSTM{n}D")(3, 2, stateful=True, data_format=order)])
    x = np.random.default_rng(0).normal(0, 1, (2, *shape)).astype("f")
    follow_three_runs(model, x, tmp_path)


def test_states_are_kept_with_masks(tmp_path):
    """Over any number of steps; the first one is masked."""
    layers = keras.layers
    model = keras.Sequential([keras.Input((None, 4, 2), batch_size=2), layers.TimeDistributed(layers.Flatten()), layers.Masking(0.0),
                              layers.LSTM(3, stateful=True, return_sequences=True), layers.TimeDistributed(layers.Reshape((3, 1))),
                              layers.ConvLSTM1D(2, 2, stateful=True, return_sequences=True)])
    x = np.random.default_rng(0).normal(0, 1, (2, 4, 4, 2)).astype("f")
    x[1, 0] = x[0, 2] = 0
    follow_three_runs(model, x, tmp_path)


def keras_2_file(path, layer, weights, shape):
    """A Sequential model of one layer as Keras 2 wrote it."""
    import h5py
    layer["config"]["batch_input_shape"] = shape
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}})
        name = layer["config"]["name"]
        group = file.create_group(f"model_weights/{name}")
        group.attrs["weight_names"] = [f"{name}/{what}:0" for what in weights]
        for what, value in weights.items():
            group[f"{name}/{what}:0"] = value


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
@pytest.mark.parametrize("form", ["time_major", "CuDNN"])
def test_recurrent_layers_of_keras_2(kind, form, tmp_path):
    """What Keras 3 has no more: the time as the first dimension, weights in cuDNN's order."""
    layer = getattr(keras.layers, kind)(5, return_sequences=True)
    x = np.random.default_rng(0).normal(size=(3, 2, 4)).astype("f")
    layer(x)
    kernel, recurrent, bias = (np.random.default_rng(1).normal(size=w.shape).astype("f") for w in layer.get_weights())
    layer.set_weights([kernel, recurrent, bias])
    config = {"name": "r", "units": 5, "return_sequences": True}
    if form == "CuDNN":
        parts = 4 if kind == "LSTM" else 3
        kernel, recurrent = (np.hstack([w.T.reshape(w.shape) for w in np.hsplit(m, parts)]) for m in (kernel, recurrent))
        bias = np.concatenate([bias / 4, bias * 3 / 4]) if kind == "LSTM" else bias.reshape(-1)
        keras_2_file(tmp_path / "m.h5", {"class_name": "CuDNN" + kind, "config": config},
                     {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias}, [None, 2, 4])
        wanted = np.asarray(layer(x))
    else:
        config |= {"time_major": True, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "reset_after": True}
        keras_2_file(tmp_path / "m.h5", {"class_name": kind, "config": config},
                     {"kernel": kernel, "recurrent_kernel": recurrent, "bias": bias}, [None, 2, 4])
        wanted = np.asarray(layer(x.transpose(1, 0, 2))).transpose(1, 0, 2)
    written, problem = judge_keras.convert(str(tmp_path / "m.h5"))
    assert problem is None
    runner = judge.Interpreter(written).get_signature_runner("serving_default")
    name, = runner.get_input_details()
    assert judge.difference(wanted, runner(**{name: x})["output_0"]) <= judge_keras.TOLERANCE


def test_a_stateful_layer_that_is_called_twice_is_refused(tmp_path):
    x, layer = keras.Input((6, 4), batch_size=2), keras.layers.LSTM(5, stateful=True, name="twice")
    keras.Model(x, [layer(x), layer(2 * x)]).save(tmp_path / "m.keras")
    done = subprocess.run([command.COMMAND, "convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite"],
                          capture_output=True, text=True)
    assert done.returncode == command.INPUT and 'LSTM "twice": it is stateful and called more than once' in done.stderr


def keras_2(class_name, name, calls, **config):
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": calls}


def test_tensorflow_functions_in_files_of_keras_2(tmp_path):
    import json
    import h5py
    everything, some = {"start": None, "stop": None, "step": None}, {"start": 1, "stop": 5, "step": 2}
    layers = [
        keras_2("InputLayer", "x", [], batch_input_shape=[None, 4, 6], dtype="float32"),
        keras_2("TFOpLambda", "double", [["x", 0, 0, {"y": 2.0, "name": None}]], function="math.multiply"),
        keras_2("TFOpLambda", "mean", [["double", 0, 0, {"axis": -1, "keepdims": True}]], function="math.reduce_mean"),
        keras_2("TFOpLambda", "less", [["_CONSTANT_VALUE", -1, 1.0, {"y": ["mean", 0, 0], "name": None}]], function="math.subtract"),
        keras_2("TFOpLambda", "both", [[["double", 0, 0, {"axis": -1}], ["less", 0, 0, {"axis": -1}]]], function="concat"),
        keras_2("TFOpLambda", "turned", [["both", 0, 0, {"perm": [0, 2, 1]}]], function="compat.v1.transpose"),
        keras_2("SlicingOpLambda", "part", [["turned", 0, 0, {"slice_spec": [everything, some, "Ellipsis", 1]}]],
                function="__operators__.getitem"),
        keras_2("TFOpLambda", "whole", [["part", 0, 0, {"dtype": "<dtype: 'int32'>"}]], function="cast")]
    config = {"class_name": "Functional", "config": {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]],
                                                     "output_layers": [["both", 0, 0], ["part", 0, 0], ["whole", 0, 0]]}}
    with h5py.File(tmp_path / "m.h5", "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
        file.create_group("model_weights")
    command.linnet("convert", tmp_path / "m.h5", "-o", tmp_path / "m.tflite")
    x = np.random.default_rng(0).normal(0, 1, (2, 4, 6)).astype("f")
    got = judge.original(tmp_path / "m.tflite", {"x": x}, "serving_default")
    both = np.concatenate([2 * x, 1 - np.mean(2 * x, axis=-1, keepdims=True)], axis=-1)
    part = both.transpose(0, 2, 1)[:, 1:5:2, 1]
    for name, wanted in [("output_0", both), ("output_1", part), ("output_2", part.astype("i"))]:
        assert judge.difference(wanted, got[name]) <= judge_keras.TOLERANCE


def test_float16_weights(tmp_path):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype="mixed_float16")])
    model.save(tmp_path / "m.keras")
    command.linnet("convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite")
    x = np.ones((2, 4), "f")
    got, = judge.original(tmp_path / "m.tflite", {model.inputs[0]._keras_history.operation.name: x}, "serving_default").values()
    assert np.allclose(got, np.asarray(model(x)), atol=2e-2)


def test_missing_and_wrong_weights(tmp_path):
    import h5py
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="d")])
    model.save(tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        group = file["model_weights/d"]
        del group[next(name for name in group.attrs["weight_names"] if "kernel" in str(name))]
    done = subprocess.run([command.COMMAND, "convert", tmp_path / "m.h5", "-o", tmp_path / "m.tflite"], capture_output=True, text=True)
    assert done.returncode == command.INPUT and "kernel" in done.stderr and "not in the file" in done.stderr


@pytest.mark.parametrize("options", [{}, {"mask_token": ""}, {"num_oov_indices": 0}, {"output_mode": "one_hot"},
                                     {"output_mode": "multi_hot", "mask_token": "b"}, {"output_mode": "count"},
                                     {"output_mode": "tf_idf"}, {"output_mode": "tf_idf", "mask_token": "b"},
                                     {"output_mode": "tf_idf", "max_tokens": 7, "pad_to_max_tokens": True}], ids=str)
@pytest.mark.parametrize("ways", ["config", "assets"])
def test_words(options, ways, tmp_path):
    import tensorflow as tf
    words = [word for word in ["a", "b", "\u00e9t\u00e9"] if word != options.get("mask_token")]
    if options.get("output_mode") == "tf_idf" and ways == "config":
        options = {**options, "idf_weights": [0.5, 1.5, 2.5][:len(words)]}
    layer = keras.layers.StringLookup(vocabulary=words if ways == "config" else None, **options)
    if ways == "assets":
        layer.adapt(np.array(words))
    x = keras.Input((4,), dtype="string", name="x")
    model = keras.Model(x, layer(x))
    model.save(tmp_path / "m.keras")
    command.linnet("convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite")
    values = np.array([["b", "a", "\u00e9t\u00e9", "a"], ["a", "b" if options.get("num_oov_indices") == 0 else "?", "a", "b"]])
    values = np.char.encode(values, "utf-8")
    got = judge.linnet(tmp_path / "m.tflite", {"x": values}, "serving_default", judge.COMMAND)
    wanted = np.asarray(model(tf.constant(values)))
    assert all(np.array_equal(value, wanted) for value in got.values()) and got


@pytest.mark.parametrize("options", [{}, {"output_mode": "tf_idf", "idf_weights": [0.5, 2.0]}, {"output_mode": "count"}], ids=str)
def test_text_that_is_not_looked_into(options, tmp_path):
    """TextVectorization of whole words; what standardizes or splits is refused, and so is hashing."""
    import tensorflow as tf
    words = np.array([["hello", ""], ["world", "Hello"]]).astype("S")
    x = keras.Input((2,), dtype="string", name="x")

    def saved(layer):
        model = keras.Model(x, layer(x))
        model.save(tmp_path / "m.keras")
        return model, subprocess.run([command.COMMAND, "convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite"], capture_output=True, text=True)
    model, done = saved(keras.layers.TextVectorization(vocabulary=["hello", "world"], standardize=None, split=None, **options))
    assert done.returncode == 0, done.stderr
    got, = judge.linnet(tmp_path / "m.tflite", {"x": words}, "serving_default", judge.COMMAND).values()
    assert np.array_equal(got, np.asarray(model(tf.constant(words))).astype(got.dtype))
    for layer in (keras.layers.TextVectorization(vocabulary=["hello"], split=None), keras.layers.Hashing(5, name="mine")):
        _, done = saved(layer)
        assert done.returncode == command.INPUT and f'"{layer.name}"' in done.stderr and "--allow-custom" in done.stderr


def test_words_of_places(tmp_path):
    x = keras.Input((4,), dtype="int64", name="x")
    model = keras.Model(x, keras.layers.StringLookup(vocabulary=["a", "b"], invert=True)(x))
    model.save(tmp_path / "m.keras")
    command.linnet("convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite")
    values = np.int64([[0, 1, 2, 9]])
    got, = judge.linnet(tmp_path / "m.tflite", {"x": values}, "serving_default", judge.COMMAND).values()
    assert np.ravel(got).tolist() == [b"[UNK]", b"a", b"b", b"[UNK]"]


@pytest.mark.parametrize("mode", ["int4", "float8"])
def test_quantized_layers_are_called_so(mode, tmp_path):
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(5, name="small")])
    model.quantize(mode)
    model.save(tmp_path / "m.keras")
    done = subprocess.run([judge.COMMAND, "convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite"], capture_output=True, text=True)
    assert done.returncode == 3 and f'Dense "small": its weights are quantized ({mode}' in done.stderr


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_weights_of_int8(ending, tmp_path):
    """As the floats that they stand for; Keras rounds activations too."""
    x, places = keras.Input((4, 6), name="x"), keras.Input((5,), dtype="int32", name="places")
    dense, bare = keras.layers.Dense(3), keras.layers.Dense(3, use_bias=False)
    heads = keras.layers.EinsumDense("abc,cde->abde", output_shape=(None, 4, 2), bias_axes="de")
    table = keras.layers.Embedding(6, 6)
    model = keras.Model([x, places], [dense(x), bare(x), heads(x), table(places)])
    judge_keras.randomize(model)
    model.quantize("int8")
    model.save(tmp_path / f"m.{ending}")
    command.linnet("convert", tmp_path / f"m.{ending}", "-o", tmp_path / "m.tflite")
    values = judge.random_inputs({"x": ([2, 4, 6], np.dtype("f")), "places": ([2, 5], np.dtype("i"))})
    got = judge.original(tmp_path / "m.tflite", values, "serving_default")

    def weights(layer):
        return np.asarray(layer._kernel).astype("f") / np.asarray(layer.kernel_scale).reshape(layer._kernel.shape[1:])
    rows = np.asarray(table._embeddings).astype("f") / np.asarray(table.embeddings_scale)[:, None]
    wanted = [values["x"] @ weights(dense) + np.asarray(dense.bias), values["x"] @ weights(bare),
              np.einsum("abc,cde->abde", values["x"], weights(heads)) + np.asarray(heads.bias), rows[values["places"]]]
    assert max(judge.difference(want, got[f"output_{i}"]) for i, want in enumerate(wanted)) <= judge_keras.TOLERANCE


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_bfloat16_weights(ending, tmp_path):
    model = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(3, dtype="bfloat16")])
    judge_keras.randomize(model)
    model.save(tmp_path / f"m.{ending}")
    command.linnet("convert", tmp_path / f"m.{ending}", "-o", tmp_path / "m.tflite")
    x = np.random.default_rng(0).normal(0, 1, (2, 4)).astype("f")
    got, = judge.original(tmp_path / "m.tflite", {"x": x}, "serving_default").values()
    kernel, bias = (np.asarray(weight).astype("f") for weight in model.get_weights())
    assert judge.difference(x @ kernel + bias, got) <= judge_keras.TOLERANCE


def test_a_class_of_its_own_is_noted(tmp_path):
    class Trained(keras.Model):
        pass
    x = keras.Input((5,))
    Trained(x, keras.layers.Dense(3)(x)).save(tmp_path / "m.keras")
    done = subprocess.run([judge.COMMAND, "convert", tmp_path / "m.keras", "-o", tmp_path / "m.tflite"], capture_output=True, text=True)
    assert done.returncode == 0 and '"Trained" is a class of its own' in done.stderr
