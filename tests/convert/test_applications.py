"""Architectures of keras.applications, one of every family, with small pictures: four ways in (.keras, .h5, SavedModel, frozen
GraphDef), one result, which is TensorFlow's, in the original runtime and in Linnet. bench/convert.py does the same for all of them at
their own sizes, and compares with TensorFlow's converter. Run in the full tier, in the environment that has TensorFlow."""

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


@pytest.mark.parametrize("name", [family[0] for family in bench.FAMILIES])
def test_four_ways_in_one_result(name, tmp_path):
    bench.make(name, tmp_path, SIZES.get(name, 64), classes=10)
    for way, source in bench.WAYS.items():
        done = subprocess.run([bench.COMMAND, "convert", tmp_path / source, "-o", tmp_path / f"{way}.tflite"], capture_output=True,
                              text=True)
        assert done.returncode == 0, done.stderr
    problems, _ = bench.check(tmp_path)
    assert not problems
