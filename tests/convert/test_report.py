"""linnet convert/optimize --report: the page is complete in itself, says what happened, and no name breaks out of it."""

import json
import os
import random
import re
import shutil
import subprocess

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from calling import command
from tflite_builder import Model

F = np.float32
HOSTILE = ["</script><script>alert(1)</script>", "<!--<script>", "a\"b\\c'd&lt;", "line\nfeed\ttab\x01\x7f", "\u2028\u2029", "\U0001f426 \u00e9",
           "@DATA@", "${x}`", "__proto__", "x" * 3000]


def chain(names):
    """x -> CONV_2D -> MUL -> ADD -> RELU with these names, as often as there are any."""
    model = Model()
    graph = model.subgraph(names[0])
    x = graph.input(names[0], "FLOAT32", [1, 4, 4, 2])
    for i, name in enumerate(names):
        w = graph.const(name, np.full((2, 1, 1, 2), i + 1, F))
        steps = [graph.tensor(name, "FLOAT32", [1, 4, 4, 2]) for _ in range(4)]
        graph.op("CONV_2D", [x, w, graph.const("b", np.zeros(2, F))], [steps[0]], padding=0, stride_w=1, stride_h=1)
        graph.op("MUL", [steps[0], graph.const("m", F([2, 3]))], [steps[1]])
        graph.op("ADD", [steps[1], graph.const("a", F([1, -1]))], [steps[2]])
        graph.op("RELU", [steps[2]], [steps[3]])
        x = steps[3]
    graph.outputs.append(x)
    return model


def report_of(source, folder, *options):
    page = folder / "report.html"
    command.linnet("optimize", source, "-o", folder / "out.tflite", "--report", page, *options)
    return page.read_bytes().decode("utf-8", errors="strict")


def data_of(page):
    start = '<script type="application/json" id="data">'
    assert page.count(start) == 1
    text = page[page.index(start) + len(start):]
    return json.loads(text[:text.index("</script>")])


def check_page(page):
    """Nothing is asked of the net, and the markup is the template's alone."""
    assert page.count("<script") == page.count("</script>") == 2 and page.rstrip().endswith("</html>")
    addresses = set(re.findall(r"https?://[^\"' ]+", page)) - {"http://www.w3.org/2000/svg"}
    assert not addresses and not re.search(r"\bsrc=|\burl\(|@import|<link|<img|<iframe", page)
    assert "default-src 'none'" in page
    return data_of(page)


def test_it_says_what_was_fused(tmp_path):
    chain(["first", "second"]).save(tmp_path / "source.tflite")
    data = check_page(report_of(tmp_path / "source.tflite", tmp_path))
    count = lambda graphs: [len(graph["nodes"]) for graph in graphs]
    assert count(data["before"]) == [8] and count(data["after"]) == [2]
    assert data["bytes"] == [os.path.getsize(tmp_path / name) for name in ("source.tflite", "out.tflite")]
    folded = [step for step in data["steps"] if step[0] == "scales"]
    assert [[op for _, op, _ in step[2]] for step in folded] == [["CONV_2D", "MUL", "ADD"]] * 2
    assert [[op for _, op, _ in step[3]] for step in folded] == [["CONV_2D"]] * 2
    fused = [step for step in data["steps"] if step[0] == "activations"]
    assert [[op for _, op, _ in step[2]] for step in fused] == [["CONV_2D", "RELU"]] * 2
    node = data["after"][0]["nodes"][0]
    assert node[1] == "CONV_2D" and node[8] == 4 * 4 * 2 * 2 and "fused_activation_function RELU" in node[4]
    described = [name for name, _ in data["passes"]]
    assert {step[0] for step in data["steps"]} <= set(described)


def test_operators_are_those_of_the_file(tmp_path):
    for source in sorted(command.DATA.glob("*.tflite")):
        data = check_page(report_of(source, tmp_path))
        try:
            interpreter = Interpreter(str(tmp_path / "out.tflite"), experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        except (RuntimeError, ValueError):
            continue
        assert [node[1] for node in data["after"][0]["nodes"]] == [d["op_name"] for d in interpreter._get_ops_details()], source
        for graph in data["before"] + data["after"]:
            for node in graph["nodes"]:
                assert all(-1 <= t < len(graph["tensors"]) for t in node[2] + node[3])


def test_control_flow_names_its_subgraphs(tmp_path):
    data = check_page(report_of(command.DATA / "while_count.tflite", tmp_path, "--skip", "all"))
    calls = [node[12] for node in data["after"][0]["nodes"] if node[1] == "WHILE"]
    assert calls and all(0 < index < len(data["after"]) for index in calls[0])


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_names_stay_names(name, tmp_path):
    chain([name, "plain"]).save(tmp_path / "source.tflite")
    data = check_page(report_of(tmp_path / "source.tflite", tmp_path))
    assert [tensor[0] for tensor in data["after"][0]["tensors"]].count(name) >= 2
    assert data["after"][0]["name"] == name


def test_any_bytes_as_names(tmp_path):
    """Mutated names, most of them no UTF-8: the page stays whole, valid UTF-8 and JSON."""
    generator = random.Random(1)
    pieces = [b"</script>", b"<!--", b"\\", b'"', b"\xe2\x80\xa8", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\n", b"\xc3",
              b"ab", b"\xf0\x9f\x90\xa6", b"]]>", b"&quot;", b"\x1b[31m"]
    names = [b"".join(generator.choice(pieces) if generator.random() < 0.7 else bytes([generator.randrange(1, 256)])
                      for _ in range(generator.randrange(1, 12))) for _ in range(120)]
    chain(names).save(tmp_path / "source.tflite")
    data = check_page(report_of(tmp_path / "source.tflite", tmp_path))
    said = {tensor[0] for tensor in data["before"][0]["tensors"]}
    for name in names:
        try:
            assert name.decode() in said
        except UnicodeDecodeError:
            assert any("\ufffd" in text for text in said)


def test_a_page_that_cannot_be_written(tmp_path):
    chain(["a"]).save(tmp_path / "source.tflite")
    sentence = command.refused("optimize", tmp_path / "source.tflite", "-o", tmp_path / "out.tflite", "--report",
                               tmp_path / "no" / "report.html", code=command.INPUT)
    assert "cannot be written" in sentence


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not there")
def test_a_browser_shows_it(tmp_path):
    chain(["first", HOSTILE[0]]).save(tmp_path / "source.tflite")
    report_of(tmp_path / "source.tflite", tmp_path)
    done = subprocess.run(["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile",
                           "--virtual-time-budget=3000", "--enable-logging=stderr", "--dump-dom", (tmp_path / "report.html").as_uri()],
                          capture_output=True, text=True, timeout=120)
    assert "CONSOLE" not in done.stderr, done.stderr[-2000:]
    assert done.stdout.count('class="node conv"') == 2 and done.stdout.count("<script") == 2
    assert "What the passes did" in done.stdout and "<b>scales</b>" in done.stdout
