"""Architectures of keras.applications, one of every family, with small pictures: four ways in (.keras, .h5, SavedModel, frozen
GraphDef), one result, which is TensorFlow's, in the original runtime and in Linnet, by no more operators than TensorFlow's converter
writes. bench/convert.py does the same for all of them at their own sizes, and runs TensorFlow's converter. Run in the full tier, in
the environment that has TensorFlow."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("tensorflow")

from calling import command  # noqa: E402

spec = importlib.util.spec_from_file_location("bench_convert", Path(__file__).resolve().parents[2] / "bench/convert.py")
bench = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bench)
bench.COMMAND = str(command.COMMAND)

# The least that these can be made for.
SIZES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}


# What TensorFlow's converter makes of them, by bench/convert.py.
OPERATORS = {"VGG16": 26, "ResNet50": 75, "ResNet50V2": 115, "InceptionV3": 125, "InceptionResNetV2": 335, "Xception": 104,
             "MobileNet": 34, "MobileNetV2": 65, "MobileNetV3Small": 114, "DenseNet121": 311, "NASNetMobile": 571,
             "EfficientNetB0": 303, "EfficientNetV2B0": 334, "ConvNeXtTiny": 730}
NO_TOP = {"include_top": False}
# Their options: pictures of any size and of odd ones, other channels, widths and ends.
VARIANTS = {
    "any size": ("MobileNetV2", {"alpha": 0.35, "input_shape": (None, None, 3), "pooling": "avg", **NO_TOP}),
    "odd size": ("MobileNetV3Small", {"minimalistic": True, "input_shape": (65, 71, 3), "pooling": "max", **NO_TOP}),
    "wide": ("MobileNet", {"alpha": 0.5, "depth_multiplier": 2, "input_shape": (33, 64, 3), **NO_TOP}),
    "six channels": ("EfficientNetB0", {"input_shape": (33, 33, 6), "classes": 5, "classifier_activation": None}),
    "one channel": ("MobileNetV3Small", {"alpha": 0.75, "input_shape": (64, 64, 1), "include_preprocessing": False, "classes": 5}),
}


def judge(folder):
    for way, source in bench.WAYS.items():
        done = subprocess.run([bench.COMMAND, "convert", folder / source, "-o", folder / f"{way}.tflite"], capture_output=True,
                              text=True)
        assert done.returncode == 0, done.stderr
    problems, operators = bench.check(folder)
    assert not problems
    return operators


@pytest.mark.parametrize("name", [family[0] for family in bench.FAMILIES])
def test_four_ways_in_one_result(name, tmp_path):
    bench.make(name, tmp_path, SIZES.get(name, 64), classes=10)
    assert len(judge(tmp_path)) <= OPERATORS[name]


@pytest.mark.parametrize("name", VARIANTS)
def test_options(name, tmp_path):
    architecture, options = VARIANTS[name]
    bench.make(architecture, tmp_path, **options)
    judge(tmp_path)
