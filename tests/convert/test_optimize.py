"""linnet optimize: models keep their outputs (the golden cases are run over what was written), the original runtime
loads what is written, the bytes are the same each time, and nothing is written on an error."""

import os
import subprocess
import zipfile

import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from calling import command
from tflite_builder import Model

MODELS = command.SHARED / "models"
# Files that are no models, as their README says.
REFUSED = {"0_subgraphs.tflite", "lstm_quantized2.tflite", "transpose.tflite"}


def found():
    return sorted(path for path in MODELS.glob("*/*.tflite") if path.name not in REFUSED)


def loads(path):
    try:
        Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        return True
    except (RuntimeError, ValueError):
        return False


@command.needs_shared
@pytest.mark.parametrize("options", [("--skip", "all"), ()], ids=["copied", "optimized"])
def test_all_models_keep_their_outputs(options, tmp_path):
    """A folder like ../shared with what was written in place of the models."""
    shared = tmp_path / "models"
    shared.mkdir()
    for path in command.SHARED.iterdir():
        if path.name != "models":
            (shared / path.name).symlink_to(path)
    for path in found():
        written = shared / "models" / path.parent.name / path.name
        written.parent.mkdir(parents=True, exist_ok=True)
        command.linnet("optimize", path, "-o", written, *options)
        assert loads(written) or not loads(path), path
    again = tmp_path / "again.tflite"
    for path in list(shared.glob("models/*/*.tflite"))[::10]:
        command.linnet("optimize", path, "-o", again, "--skip", "all")
        assert again.read_bytes() == path.read_bytes()
    done = subprocess.run([command.COMMAND.parent / "golden", "models", "--threads", "2"], capture_output=True,
                          text=True, env={**os.environ, "LINNET_SHARED": str(tmp_path)}, timeout=600)
    last = done.stdout.strip().splitlines()[-1]
    assert done.returncode == 0 and " 0 failed" in last and not last.startswith("0 passed"), done.stdout[-2000:]


@command.needs_shared
def test_files_behind_the_model_stay(tmp_path):
    copy = tmp_path / "copy.tflite"
    for source in [path for path in found() if zipfile.is_zipfile(path)]:
        command.linnet("optimize", source, "-o", copy)
        with zipfile.ZipFile(source) as a, zipfile.ZipFile(copy) as b:
            assert {n: a.read(n) for n in a.namelist()} == {n: b.read(n) for n in b.namelist()}


def test_small_models(tmp_path):
    for source in sorted(command.DATA.glob("*.tflite")):
        command.linnet("optimize", source, "-o", tmp_path / "out.tflite")
        assert loads(tmp_path / "out.tflite") or not loads(source), source
        assert [path.name for path in tmp_path.iterdir()] == ["out.tflite"]


@pytest.mark.parametrize("data", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(64)])
def test_a_broken_model_is_refused_and_nothing_written(data, tmp_path):
    source = tmp_path / "broken.tflite"
    source.write_bytes(data)
    command.refused("optimize", source, "-o", tmp_path / "out.tflite", code=command.INPUT)
    assert [p.name for p in tmp_path.iterdir()] == ["broken.tflite"]


def test_a_destination_that_cannot_be_written(tmp_path):
    sentence = command.refused("optimize", command.DATA / "chain.tflite", "-o", tmp_path / "no" / "out.tflite",
                               code=command.INPUT)
    assert "cannot be written" in sentence


def test_an_absurd_operator_version_costs_no_time(tmp_path):
    """And what stands as the least runtime's version may be any text."""
    model = Model()
    graph = model.subgraph("main")
    x = graph.input("x", "FLOAT32", [1, 4])
    for i in range(500):
        y = graph.output(f"y{i}", "FLOAT32", [1, 4])
        graph.op("TANH", [x], [y], version=2**31 - 1)
    model.metadata("min_runtime_version", b"99999999999999999999.-1.99999")
    model.save(tmp_path / "model.tflite")
    command.linnet("optimize", tmp_path / "model.tflite", "-o", tmp_path / "out.tflite", timeout=20)
