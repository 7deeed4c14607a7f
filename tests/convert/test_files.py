"""What the converter's command does with names of files and with options that do not fit: nothing that stands there is
lost, nothing is left behind, nothing is passed over in silence."""

import os
import resource
import shutil
import subprocess

import pytest

from calling import command

SOURCES = command.DATA / "convert"
FROZEN = SOURCES / "frozen.pb"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_the_source_is_never_overwritten(tmp_path):
    copy = tmp_path / "model.keras"
    shutil.copyfile(SOURCES / "small.keras", copy)
    os.symlink("model.keras", tmp_path / "link")
    for out in (copy, tmp_path / "link", tmp_path / "." / "model.keras"):
        assert "source" in command.refused("convert", copy, "-o", out, code=command.INPUT)
    assert copy.read_bytes() == (SOURCES / "small.keras").read_bytes() and names(tmp_path) == ["link", "model.keras"]


def test_optimize_in_place(tmp_path):
    path = tmp_path / "model.tflite"
    shutil.copyfile(command.DATA / "chain.tflite", path)
    command.linnet("optimize", path, "-o", path)
    command.linnet("inspect", path)
    assert names(tmp_path) == ["model.tflite"]


@pytest.mark.parametrize("page", ["model.tflite", "./model.tflite", "source.pb", "folder"])
def test_a_report_takes_no_other_files_place(page, tmp_path):
    shutil.copyfile(FROZEN, tmp_path / "source.pb")
    (tmp_path / "folder").mkdir()
    command.refused("convert", "source.pb", "-o", "model.tflite", "--report", page, code=command.INPUT, cwd=tmp_path)
    assert names(tmp_path) == ["folder", "source.pb"] and (tmp_path / "source.pb").read_bytes() == FROZEN.read_bytes()


def test_what_is_no_plain_file_is_not_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    os.symlink("/dev/null", tmp_path / "null")
    for out in ("folder", "pipe", "null"):
        command.refused("convert", FROZEN, "-o", out, code=command.INPUT, cwd=tmp_path, timeout=20)
        command.refused("optimize", command.DATA / "chain.tflite", "-o", out, code=command.INPUT, cwd=tmp_path, timeout=20)
    assert names(tmp_path) == ["folder", "null", "pipe"] and os.readlink(tmp_path / "null") == "/dev/null"


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "model.tflite").write_bytes(b"old")
    os.symlink("real/model.tflite", tmp_path / "link.tflite")
    command.linnet("convert", FROZEN, "-o", tmp_path / "link.tflite")
    assert os.readlink(tmp_path / "link.tflite") == "real/model.tflite"
    command.linnet("inspect", tmp_path / "real" / "model.tflite")
    assert names(tmp_path / "real") == ["model.tflite"]


@pytest.mark.parametrize("kind", ["pipe", "device", "nothing", "folder"])
def test_sources_that_are_no_files(kind, tmp_path):
    source = {"pipe": tmp_path / "pipe", "device": "/dev/zero", "nothing": tmp_path / "none", "folder": tmp_path}[kind]
    if kind == "pipe":
        os.mkfifo(source)
    for program in ("convert", "optimize"):
        command.refused(program, source, "-o", tmp_path / "out.tflite", code=command.INPUT, timeout=20)
    command.refused("freeze", source, SOURCES / "variables.ckpt", "-o", tmp_path / "out.pb", code=command.INPUT, timeout=20)
    assert names(tmp_path) == (["pipe"] if kind == "pipe" else [])


def test_a_file_that_may_not_grow(tmp_path):
    """As on a full disk: an error, and nothing is left."""
    done = subprocess.run([command.COMMAND, "convert", SOURCES / "small.keras", "-o", tmp_path / "out.tflite"], capture_output=True,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512)))
    assert done.returncode == command.INPUT and b"cannot be written" in done.stderr and names(tmp_path) == []


def test_what_a_killed_run_left_is_no_obstacle(tmp_path):
    os.symlink("elsewhere", tmp_path / "out.tflite.partial")
    command.linnet("convert", FROZEN, "-o", tmp_path / "out.tflite")
    assert names(tmp_path) == ["out.tflite"]


@pytest.mark.parametrize("name", ["with blanks", "Ümläut", "日本語", "-o", "a%sb%n", "x" * 240])
def test_names(name, tmp_path):
    shutil.copyfile(FROZEN, tmp_path / name)
    command.linnet("convert", f"./{name}", "-o", f"{name[:200]}.tflite", cwd=tmp_path)
    assert f"{name[:200]}.tflite" in names(tmp_path)


@pytest.mark.parametrize("skip, known", [("nonsense", False), ("fold,ded", False), ("fold,,dead, ", True), ("all", True), ("", True)])
def test_names_of_passes(skip, known, tmp_path):
    for program, source in (("convert", FROZEN), ("optimize", command.DATA / "chain.tflite")):
        if known:
            command.linnet(program, source, "-o", tmp_path / "out", "--skip", skip)
        else:
            assert "activations" in command.refused(program, source, "-o", tmp_path / "no", "--skip", skip, code=command.USAGE)
    assert names(tmp_path) == (["out"] if known else [])


@pytest.mark.parametrize("source, option", [(source, option) for source, options in {
    "small.keras": ("checkpoint", "inputs", "outputs", "signatures", "tags"), "small.h5": ("inputs",),
    "saved_model": ("inputs", "outputs"), "frozen.pb": ("signatures", "tags")}.items() for option in options])
def test_options_that_mean_nothing_for_a_source(source, option, tmp_path):
    said = command.refused("convert", SOURCES / source, "-o", tmp_path / "out", f"--{option}", "x", code=command.INPUT)
    assert f"--{option}" in said and names(tmp_path) == []


def test_a_model_that_is_converted_already(tmp_path):
    said = command.refused("convert", command.DATA / "chain.tflite", "-o", tmp_path / "out", code=command.INPUT)
    assert "linnet optimize" in said
