"""The committed digits models: their size, their labels, and their accuracy on the held-back samples."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

DIGITS = Path(__file__).resolve().parents[2] / "examples" / "digits"
MODELS = ["float", "int8"]
PINNED = json.loads((DIGITS / "accuracy.json").read_text())


def path_of(name):
    return DIGITS / f"digits_{name}.tflite"


@pytest.fixture(scope="module")
def held_back():
    pytest.importorskip("sklearn")
    network = pytest.importorskip("network")
    return network.load()[2:]


@pytest.fixture(scope="module")
def evaluate():
    pytest.importorskip("ai_edge_litert")
    return pytest.importorskip("evaluate")


@pytest.mark.parametrize("name", MODELS)
def test_size(name):
    size = path_of(name).stat().st_size
    assert size == PINNED[name]["size_bytes"]
    assert size < 60 * 1024


@pytest.mark.parametrize("name", MODELS)
def test_labels_are_packed_into_the_file(name):
    content = path_of(name).read_bytes()
    assert content[4:8] == b"TFL3"
    assert b"TFLITE_METADATA" in content and b"M001" in content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["labels.txt"]
        labels = archive.read("labels.txt").decode().split()
    assert labels == "zero one two three four five six seven eight nine".split()


@pytest.mark.parametrize("name", MODELS)
def test_accuracy(name, held_back, evaluate):
    images, labels = held_back
    right = int((evaluate.probabilities(path_of(name), images).argmax(axis=1) == labels).sum())
    assert len(labels) == PINNED["held_back_samples"]
    assert right == PINNED[name]["right"]
    assert right / len(labels) >= 0.98


@pytest.mark.parametrize("name", MODELS)
def test_picture_is_a_clear_seven(name, evaluate):
    picture = pytest.importorskip("picture")
    pixels = picture.read_bmp(DIGITS / "seven.bmp")
    assert pixels.shape == (64, 64)
    for sampling in ("half_pixel", "corner", "area"):
        small = (picture.resize(pixels, 8, sampling) / 255).astype(np.float32)[np.newaxis, ..., np.newaxis]
        assert evaluate.margins(evaluate.probabilities(path_of(name), small), np.array([7]))[0] > 0.9


def test_int8_layout():
    interpreter = pytest.importorskip("ai_edge_litert.interpreter")
    model = interpreter.Interpreter(model_path=str(path_of("int8")))
    tensors = {tensor["name"]: tensor for tensor in model.get_tensor_details()}
    assert tensors["image"]["quantization"] == (pytest.approx(1 / 255), -128)
    assert tensors["probability"]["quantization"] == (1 / 256, -128)
    assert {tensor["dtype"] for tensor in tensors.values()} == {np.int8, np.int32}
    for name, channels in (("weights0", 16), ("weights1", 32), ("weights2", 1)):
        parameters = tensors[name]["quantization_parameters"]
        assert len(parameters["scales"]) == channels
        assert not parameters["zero_points"].any()
