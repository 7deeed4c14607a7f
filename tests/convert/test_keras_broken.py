"""Keras files that are cut off, damaged or nonsense: one clear sentence, the exit code for input, and nothing written.
Needs no TensorFlow: the HDF5 part is an empty file with a group "layers"."""

import base64
import json
import resource
import subprocess
import zipfile
import zlib

import pytest

from calling import command

EMPTY_H5 = zlib.decompress(base64.b64decode(
    b"eNrr9HBx4+WS4mIAAQ4OBhYGAQZk8B8KNNhR+TD5BCjNCKU7oPQKJpg4I1hOAiouCDUfXV1IkKsrSPV/NACz5wErhOZgGAUjEXi4OgaA6AgoH5"
    b"ZKTzChqstJrEwtKkakRw8K7cWVfj2YIfwMVuT0y4Az/Y6C0fSLnH5h5VgHK3p6g4AAKtkb7OfvAkrBMPsUmFHtQU/HowA7AABF8UKc"))


def layer(class_name, name, sources=(), **config):
    calls = [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": [source, 0, 0]}} for source in sources],
              "kwargs": {}}] if sources else []
    return {"module": "keras.layers", "class_name": class_name, "name": name, "config": {"name": name, **config},
            "inbound_nodes": calls}


def model(*layers, inputs=("x",), outputs=("y",)):
    return {"class_name": "Functional", "config": {
        "name": "m", "layers": [layer("InputLayer", "x", batch_shape=[None, 4, 6], dtype="float32"), *layers],
        "input_layers": [[name, 0, 0] for name in inputs], "output_layers": [[name, 0, 0] for name in outputs]}}


def write(path, config, weights=EMPTY_H5, **options):
    with zipfile.ZipFile(path, "w", **options) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.5.0"}')
        archive.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        archive.writestr("model.weights.h5", weights)
    return path


def refused(path, folder, *words):
    result = folder / "out.tflite"
    done = subprocess.run([command.COMMAND, "convert", path, "-o", result], capture_output=True, text=True)
    text = done.stderr
    assert done.returncode == command.INPUT, text
    assert all(word in text for word in words), text
    assert not result.exists() and not list(folder.glob("*.tmp*"))


def test_a_model_without_weights_is_converted(tmp_path):
    path = write(tmp_path / "m.keras", model(layer("ReLU", "y", ["x"])))
    command.linnet("convert", path, "-o", tmp_path / "m.tflite")
    assert (tmp_path / "m.tflite").exists()


MANY = {"class_name": "Sequential", "config": {"name": "s", "layers": [layer("Dense", "d", units=4)]}}
for _ in range(70):
    MANY = {"class_name": "Sequential", "config": {"name": "s", "layers": [MANY]}}

CASES = {
    "lookup of floats": (model(layer("IntegerLookup", "y", ["x"], vocabulary=[1.5])), "IntegerLookup", "whole numbers"),
    "lookup without vocabulary": (model(layer("IntegerLookup", "y", ["x"])), "vocabulary", "never adapted"),
    "lookup of words in numbers": (model(layer("StringLookup", "y", ["x"], vocabulary=["a"])), "StringLookup", "STRING is right"),
    "lookup by hash": (model(layer("IntegerLookup", "y", ["x"], vocabulary=[1], num_oov_indices=2, oov_method="farmhash")), "hash"),
    "lookup with weights": (model(layer("IntegerLookup", "y", ["x"], vocabulary=[1], output_mode="tf_idf")), "idf_weights", "not in the file"),
    "lookup with too many weights": (model(layer("IntegerLookup", "y", ["x"], vocabulary=[1], output_mode="tf_idf", idf_weights=[1, 2, 3])), "one for each word"),
    "hashing": (model(layer("Hashing", "y", ["x"], num_bins=3)), "Hashing", '"y"'),
    "NaN in a word": ('{"a": NaNny}', "no JSON"),
    "Infinity as a model": (float("-inf"), "Python code"),
    "unknown class": (model(layer("Mystery", "y", ["x"])), "Mystery", "no Python code", "model.export()"),
    "lambda": (model(layer("Lambda", "y", ["x"])), "Lambda", "Python code"),
    "missing weight": (model(layer("Dense", "y", ["x"], units=4)), "kernel", "not in the file"),
    "cycle": (model(layer("Add", "y", ["x", "z"]), layer("ReLU", "z", ["y"])), "cycle"),
    "absent layer": (model(layer("ReLU", "y", ["nobody"])), "nobody"),
    "absent output": (model(layer("ReLU", "y", ["x"]), outputs=["nobody"]), "nobody"),
    "absent input": (model(layer("ReLU", "y", ["x"]), inputs=["nobody"]), "nobody"),
    "two of a name": (model(layer("ReLU", "y", ["x"]), layer("ReLU", "y", ["x"])), "two layers"),
    "no layers": ({"class_name": "Functional", "config": {"name": "m"}}, "Python code"),
    "a class of its own": ({"class_name": "MyModel", "config": {"layers": []}}, "MyModel", "model.export()"),
    "a list": ([1, 2, 3], "Python code"),
    "no JSON": ("{", "no JSON"),
    "JSON too deep": ("[" * 100000 + "]" * 100000, "no JSON"),
    "models too deep": (MANY, "shape"),
    "layers too deep": (model(layer("ReLU", "y", ["x"])), ""),
    "absurd units": (model(layer("LSTM", "y", ["x"], units=2000000000)), "units"),
    "negative crop": (model(layer("Cropping1D", "y", ["x"], cropping=[-1, 3])), "cropping"),
    "crops all": (model(layer("Cropping1D", "y", ["x"], cropping=[2, 2])), "crops 2 and 2 of 4"),
    "pool of nothing": (model(layer("MaxPooling1D", "y", ["x"], pool_size=0)), "makes no sense"),
    "reshape": (model(layer("Reshape", "y", ["x"], target_shape=[5, 5])), "target_shape"),
    "permute": (model(layer("Permute", "y", ["x"], dims=[1, 1])), "dims"),
    "rank": (model(layer("Conv2D", "y", ["x"], filters=2, kernel_size=3)), "rank 3"),
    "huge kernel": (model(layer("Conv1D", "y", ["x"], filters=2, kernel_size=2000000000)), "makes no sense"),
    "activation": (model(layer("Activation", "y", ["x"], activation="magic")), "magic"),
    "text": (model(layer("TextVectorization", "y", ["x"])), "text"),
}
del CASES["layers too deep"]


@pytest.mark.parametrize("name", CASES)
def test_refused(name, tmp_path):
    config, *words = CASES[name]
    refused(write(tmp_path / "m.keras", config), tmp_path, *words)


def test_all_problems_in_one_go(tmp_path):
    path = write(tmp_path / "m.keras", model(layer("Mystery", "a", ["x"]), layer("Lambda", "b", ["x"]), layer("Dense", "c", ["x"]),
                                             outputs=["a", "b", "c"]))
    refused(path, tmp_path, "Mystery", "Lambda", "Dense", "3 operators")


def test_layers_within_layers(tmp_path):
    inner = layer("ReLU", "r")
    for i in range(80):
        inner = layer("TimeDistributed", f"t{i}", layer=inner)
    inner["inbound_nodes"] = layer("ReLU", "q", ["x"])["inbound_nodes"]
    inner["name"] = inner["config"]["name"] = "y"
    refused(write(tmp_path / "m.keras", model(inner)), tmp_path)


def test_a_long_chain_in_reverse_order_ends(tmp_path):
    names = ["x", *(f"r{i}" for i in range(5000))]
    chain = [layer("ReLU", b, [a]) for a, b in zip(names, names[1:])]
    refused(write(tmp_path / "m.keras", model(*chain, outputs=[names[-1]])), tmp_path, "wait for each other")


@pytest.mark.parametrize("part", [4, 100, 0.5, 0.9])
def test_cut_off(part, tmp_path):
    whole = write(tmp_path / "whole.keras", model(layer("ReLU", "y", ["x"]))).read_bytes()
    cut = tmp_path / "cut.keras"
    cut.write_bytes(whole[:part if part > 1 else int(part * len(whole))])
    refused(cut, tmp_path)


@pytest.mark.parametrize("weights", [b"", b"\x89HDF\r\n\x1a\n", EMPTY_H5[:600], b"\x89HDF\r\n\x1a\n" + b"\xff" * 2000])
def test_damaged_weights(weights, tmp_path):
    refused(write(tmp_path / "m.keras", model(layer("Dense", "y", ["x"], units=2)), weights), tmp_path, "model.weights.h5")


@pytest.mark.parametrize("bytes_", [b"\x89HDF\r\n\x1a\n", b"\x89HDF\r\n\x1a\n" + b"\xff" * 5000, EMPTY_H5, EMPTY_H5[:900]])
def test_h5(bytes_, tmp_path):
    (tmp_path / "m.h5").write_bytes(bytes_)
    refused(tmp_path / "m.h5", tmp_path, "m.h5")


def test_elements_of_a_gigabyte(tmp_path):
    """A float's size is damaged: no room is made for such elements."""
    data = (command.DATA / "convert/small.h5").read_bytes()
    float32 = bytes.fromhex("11201f000400000000002000")
    assert float32 in data
    (tmp_path / "m.h5").write_bytes(data.replace(float32, bytes.fromhex("11201f000000004000002000")))
    done = subprocess.run([command.COMMAND, "convert", tmp_path / "m.h5", "-o", tmp_path / "out.tflite"], capture_output=True, text=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)))
    assert done.returncode == command.INPUT and "of a type" in done.stderr


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_damage_that_ends_the_library(options, tmp_path):
    """The size of a text in the heap of all is absurd: some versions of the library die of it, others say so."""
    data = bytearray((command.DATA / "convert/small.h5").read_bytes())
    data[data.index(b"GCOL") + 30] = 0x40
    (tmp_path / "m.h5").write_bytes(data)
    done = subprocess.run([command.COMMAND, "convert", tmp_path / "m.h5", "-o", tmp_path / "out.tflite", *options],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == command.INPUT and [path.name for path in tmp_path.iterdir()] == ["m.h5"]
    said = json.loads(done.stdout)["messages"][-1]["text"] if options else done.stderr
    assert "damaged" in said


def test_a_bomb(tmp_path):
    path = write(tmp_path / "m.keras", " " * (300 << 20), compression=zipfile.ZIP_DEFLATED)
    refused(path, tmp_path, "claims to have")


def test_not_a_model(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("other.txt", "x")
    refused(tmp_path / "m.keras", tmp_path, "config.json")
