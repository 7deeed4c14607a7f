"""The command as a whole: help, exit codes, what is written where, models that are broken; inspect, bench, classify."""
import json
import math
import os
import pty
import subprocess

import pytest

from conftest import COMMAND, DATA, DIGITS, FAILED, INPUT, USAGE, linnet, refused

COMMANDS = sorted(path.stem[4:] for path in (COMMAND.parents[2] / "src" / "cli").glob("cmd_*.c"))
FLOAT, INT8 = DIGITS / "digits_float.tflite", DIGITS / "digits_int8.tflite"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(command):
    text = linnet("help", command)
    assert text == linnet(command, "--help")
    assert text.startswith(f"usage: linnet {command}") and "examples:" in text and "exit codes:" in text
    assert all(len(line) <= 120 for line in text.splitlines())
    assert f"  {command} " in linnet("--help")


@pytest.mark.parametrize("command", COMMANDS)
def test_texts_are_made_of_the_help(command):
    assert f"--{'json' if '--json' in linnet('help', command) else 'help'}" in linnet("--emit", "bash")
    page = linnet("--emit", f"man-{command}")
    assert page.startswith(".TH") and "EXAMPLES" in page


@pytest.mark.parametrize("arguments", [["nope"], ["run"], ["run", "a", "b"], ["inspect"], ["bench"], ["classify"],
                                       ["run", "--nope"], ["run", "--json=1", "x"], ["help", "nope"], ["--nope"]])
def test_wrong_use(arguments):
    refused(*arguments, code=USAGE)


@pytest.mark.parametrize("command", ["run", "inspect", "bench"])
@pytest.mark.parametrize("content", [b"", b"TFL3", b"\x1c\0\0\0TFL3" + bytes(40), os.urandom(300)])
def test_broken_models(tmp_path, command, content):
    path = tmp_path / "broken.tflite"
    path.write_bytes(content)
    assert "broken.tflite" in refused(command, path, code=INPUT)
    assert "nowhere" in refused(command, tmp_path / "nowhere.tflite", code=INPUT)
    refused(command, tmp_path, code=INPUT)


def test_unknown_operator_is_named():
    assert "LinnetTestScale" in linnet("inspect", DATA / "custom_operator.tflite")
    sentence = refused("run", DATA / "custom_operator.tflite", code=FAILED)
    assert "custom op: LinnetTestScale" in sentence


def test_inspect():
    told = json.loads(linnet("inspect", INT8, "--json"))
    assert [entry["name"] for entry in told["inputs"]] == ["image"]
    assert told["inputs"][0]["type"] == "INT8" and told["inputs"][0]["shape"] == [1, 8, 8, 1]
    assert sum(entry["count"] for entry in told["operators"]) == 7
    text = linnet("inspect", INT8, "--operators", "--tensors", "--memory")
    assert "CONV_2D" in text and "serving_default" in text and "labels.txt" in text


def test_bench():
    told = json.loads(linnet("bench", INT8, "--runs", 20, "--json"))
    assert told["runs"] == 20 and 0 < told["min_ms"] <= told["median_ms"] <= told["p90_ms"]
    assert told["arena_bytes"] > 0 and told["weight_bytes"] > 0
    text = linnet("bench", FLOAT, "--runs", 3, "--warmup", 0, "--threads", 2, "--profile")
    assert "CONV_2D" in text and "100" not in text.splitlines()[0]


def test_bench_peak():
    """Each node is compared with the peak for its numbers: of its time and its share of the peak its multiply-adds can be told."""
    for model, peak in ((FLOAT, "peak_gmacs"), (INT8, "peak_byte_gmacs")):
        weights = json.loads(linnet("inspect", model, "--tensors", "--json"))["subgraphs"][0]["tensors"][12]["shape"]
        told = json.loads(linnet("bench", model, "--runs", 3, "--profile", "--json"))
        node = next(node for node in told["nodes"] if node["node"] == 5)
        assert node["operator"] == "FULLY_CONNECTED"
        products = node["of_peak"] * told[peak] * 1e9 * node["min_ms"] / 1e3
        assert products == pytest.approx(math.prod(weights), rel=1e-3)


def test_classify():
    told = json.loads(linnet("classify", "--model", INT8, "--image", DIGITS / "seven.bmp", "--json", "--top", 3))
    assert [entry["label"] for entry in told["classes"]][0] == "seven" and len(told["classes"]) == 3
    labels = DIGITS / "README.md"
    assert "seven" not in linnet("classify", "--model", INT8, "--image", DIGITS / "seven.bmp", "--labels", labels)


def test_no_colour_and_no_progress_where_there_is_no_terminal():
    assert "\x1b" not in linnet("classify", "--model", INT8, "--image", DIGITS / "seven.bmp")


def test_bars_on_a_terminal():
    parent, child = pty.openpty()
    subprocess.run([COMMAND, "classify", "--model", INT8, "--image", DIGITS / "seven.bmp"], stdout=child, check=True)
    os.close(child)
    assert b"seven" in os.read(parent, 65536)
    os.close(parent)


def test_a_full_disk_is_an_error():
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([COMMAND, "inspect", INT8], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode != 0
