"""linnet convert and freeze on small graphs made here: what comes out computes what it should; what cannot be converted or is
broken is said in a sentence, and nothing is written."""

import json
import random
import shutil
import subprocess
import zipfile

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

import wire
from calling import command

F = np.float32
CONV = {"strides": [1, 1, 1, 1], "padding": "SAME"}


def write(tmp_path, *nodes, **options):
    path = tmp_path / "graph.pb"
    path.write_bytes(wire.graph(*nodes, **options))
    return path


def convert(tmp_path, *nodes, options=(), **more):
    command.linnet("convert", write(tmp_path, *nodes, **more), "-o", tmp_path / "model.tflite", *options)
    return Interpreter(str(tmp_path / "model.tflite"))


def refused(tmp_path, *nodes, options=(), **more):
    """Runs a conversion that fails; returns what it says."""
    source = write(tmp_path, *nodes, **more)
    done = subprocess.run([command.COMMAND, "convert", source, "-o", tmp_path / "model.tflite", *options],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == command.INPUT, done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["graph.pb"]
    return done.stderr


def run(interpreter, **inputs):
    runner = interpreter.get_signature_runner("serving_default")
    return runner(**inputs)


def test_a_small_network(tmp_path):
    w = np.random.default_rng(0).normal(size=(3, 3, 2, 4)).astype(F)
    interpreter = convert(tmp_path, wire.placeholder("x", [-1, 5, 5, 2]), wire.constant("w", w), wire.constant("b", F([1, 2, 3, 4])),
                          wire.node("conv", "Conv2D", "x", "w", **CONV), wire.node("bias", "BiasAdd", "conv", "b"),
                          wire.node("y", "Relu", "bias", "^w"))
    assert [d["op_name"] for d in interpreter._get_ops_details()] == ["CONV_2D"]
    assert list(interpreter.get_input_details()[0]["shape_signature"]) == [-1, 5, 5, 2]
    x = np.random.default_rng(1).normal(size=(2, 5, 5, 2)).astype(F)
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    wanted = np.maximum(np.einsum("nhwcij,ijco->nhwo", windows, w) + F([1, 2, 3, 4]), 0)
    assert np.allclose(run(interpreter, x=x)["y"], wanted, atol=1e-5)


def test_the_same_bytes_each_time(tmp_path):
    nodes = [wire.placeholder("x", [2, 3]), wire.constant("c", F([1, 2, 3])), wire.node("y", "AddV2", "x", "c")]
    convert(tmp_path, *nodes)
    first = (tmp_path / "model.tflite").read_bytes()
    convert(tmp_path, *nodes)
    assert (tmp_path / "model.tflite").read_bytes() == first


def test_text_form(tmp_path):
    (tmp_path / "graph.pbtxt").write_text("""
        # a comment
        node { name: "x" op: "Placeholder"
          attr { key: "dtype" value { type: DT_FLOAT } }
          attr { key: "shape" value { shape { dim { size: 3 } } } } }
        node { name: 'c' op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
          attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 3 } }
            tensor_content: "\\000\\000\\200?\\000\\000\\000@\\000\\000@@" } } } }
        node { name: "y" op: "Mul" input: "x" input: "c" unknown_field { a: [1, 2] } }
        versions { producer: 27 }""")
    command.linnet("convert", tmp_path / "graph.pbtxt", "-o", tmp_path / "m.tflite")
    got = run(Interpreter(str(tmp_path / "m.tflite")), x=F([1, 1, 2]))["y"]
    assert list(got) == [1, 2, 6]


@pytest.mark.parametrize("text", ["node {", "node { name: }", 'node { name: "x }', "node { name: 3 }", 'node { input: "\\q" }',
                                  "node " + "{ attr { value { list " * 100, "node [ ] }"])
def test_broken_text(text, tmp_path):
    (tmp_path / "graph.pbtxt").write_text(text)
    sentence = command.refused("convert", tmp_path / "graph.pbtxt", "-o", tmp_path / "m.tflite", code=command.INPUT)
    assert "graph.pbtxt" in sentence and not (tmp_path / "m.tflite").exists()


def test_inputs_cut_the_graph(tmp_path):
    nodes = [wire.placeholder("raw", []), wire.node("decoded", "DecodeJpeg", "raw"), wire.node("f", "Cast", "decoded", SrcT=4, DstT=1),
             wire.node("y", "Neg", "f")]
    interpreter = convert(tmp_path, *nodes, options=["--inputs", "f:2,3", "--outputs", "y"])
    assert np.array_equal(run(interpreter, f=np.ones((2, 3), F))["y"], -np.ones((2, 3), F))


def test_everything_that_cannot_be_converted_is_listed(tmp_path):
    said = refused(tmp_path, wire.placeholder("x", [3]), wire.node("layer/a", "Igamma", "x"), wire.node("b", "Zeta", "x"),
                   wire.node("y", "AddV2", "layer/a", "b"))
    assert 'Igamma "layer/a"' in said and 'Zeta "b"' in said and "--allow-custom" in said and "2 operators" in said


def test_outputs_of_a_function_that_was_frozen(tmp_path):
    """What is left of an inlined loop is none of them; without such a function what only control edges take is one."""
    nodes = [wire.placeholder("x", [2]), wire.node("f/while/exit", "Identity", "x"), wire.node("f/read", "Identity", "x"),
             wire.node("f/n", "NoOp", "^f/while/exit", "^f/read"), wire.node("f/y", "Neg", "x")]
    interpreter = convert(tmp_path, *nodes, wire.node("Identity", "Identity", "f/y", "^f/n"), wire.node("Identity_1", "Identity", "x"))
    assert sorted(interpreter.get_signature_list()["serving_default"]["outputs"]) == ["Identity", "Identity_1"]
    interpreter = convert(tmp_path, *nodes, wire.node("Identity_x", "Identity", "f/y", "^f/n"))
    assert sorted(interpreter.get_signature_list()["serving_default"]["outputs"]) == ["Identity_x", "f/read", "f/while/exit"]


def test_labels(tmp_path):
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    convert(tmp_path, wire.placeholder("x", [1, 2]), wire.node("y", "Softmax", "x"), options=["--labels", tmp_path / "labels.txt"])

    with zipfile.ZipFile(tmp_path / "model.tflite") as archive:
        assert archive.read("labels.txt") == b"cat\ndog\n"


@pytest.mark.parametrize("nodes, words", [
    ([wire.node("a", "Neg", "b"), wire.node("b", "Neg", "a"), wire.node("y", "Neg", "b")], "cycle"),
    ([wire.node("y", "Neg", "missing")], "missing"),
    ([wire.placeholder("x", [2]), wire.placeholder("x", [2]), wire.node("y", "Neg", "x")], "two nodes"),
    ([wire.placeholder("x", [2, 3]), wire.constant("w", np.ones((4, 5), F)), wire.node("y", "MatMul", "x", "w")], 'MatMul "y"'),
    ([wire.placeholder("x", [1] * 9), wire.node("y", "Neg", "x")], "9 dimensions"),
    ([wire.node("c", "Const", dtype=1, value=wire.field(8, wire.field(1, 1) + wire.field(2, wire.shape([1 << 20] * 3)))),
      wire.node("y", "Neg", "c")], '"c"'),
    ([wire.node("c", "Const", dtype=1, value=wire.field(8, wire.field(1, 1) + wire.field(2, wire.shape([3])) +
                                                        wire.field(4, b"12345"))), wire.node("y", "Neg", "c")], "5 bytes"),
    ([wire.node("v", "VariableV2", dtype=1), wire.node("y", "Neg", "v")], "--checkpoint"),
    ([wire.placeholder("x", [2]), wire.node("y", "Merge", "x", "x")], "Switch"),
    ([wire.placeholder("x", [1, 4, 4, 1]), wire.constant("w", np.ones((3, 3, 1, 1), F)),
      wire.node("y", "Conv2D", "x", "w", strides=[1, 0, 0, 1], padding="SAME")], "stride"),
    ([wire.placeholder("x", [1] * 8), wire.node("y", "Einsum", "x", "x", equation="abcdefgh,abcdefgh->abcdefgh")], "share"),
])
def test_broken_graphs(nodes, words, tmp_path):
    assert words in refused(tmp_path, *nodes)


def test_functions_that_call_each_other(tmp_path):
    call = wire.node("n", "PartitionedCall", "a", f=wire.field(10, wire.field(1, "g")))
    g = wire.function("g", ["a"], [call], {"r": "n:output:0"})
    said = refused(tmp_path, wire.placeholder("x", [2]), wire.node("y", "PartitionedCall", "x", f=wire.field(10, wire.field(1, "g"))),
                   functions=[g])
    assert "call each other" in said


def assigning(value):
    body = [wire.node("set", "AssignAddVariableOp", "v", value, dtype=1), wire.node("n", "Identity", "a", "^set")]
    return wire.function("f", ["a", "v", "i"], body, {"r": "n:output:0"})


def assigned(value):
    return [wire.placeholder("x", [2]), wire.constant("i", np.int32([1, 2])), wire.node("v", "VarHandleOp", dtype=1),
            wire.node("y", "StatefulPartitionedCall", "x", "v", "i", f=wire.field(10, wire.field(1, "f")))]


def test_a_variable_that_changes(tmp_path):
    first = [wire.constant("first", F([3, 4])), wire.node("v/Assign", "AssignVariableOp", "v", "first", dtype=1)]
    interpreter = convert(tmp_path, *assigned("a"), *first, functions=[assigning("a")])
    names = [detail["op_name"] for detail in interpreter._get_ops_details()]
    assert names == ["CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE", "ADD", "ASSIGN_VARIABLE"]


def test_a_variable_that_is_given_another_type(tmp_path):
    assert 'AssignAddVariableOp "y/set"' in refused(tmp_path, *assigned("i"), functions=[assigning("i")])


def test_functions_that_double_and_assign(tmp_path):
    functions = [assigning("a")]
    for i in range(30):
        name = "f" if i == 0 else f"f{i}"
        calls = [wire.node(f"n{k}", "PartitionedCall", "a", "v", "i", f=wire.field(10, wire.field(1, name)))
                 for k in range(2)]
        functions.append(wire.function(f"f{i + 1}", ["a", "v", "i"], calls, {"r": "n1:output:0"}))
    nodes = [*assigned("a")[:3], wire.node("y", "PartitionedCall", "x", "v", "i", f=wire.field(10, wire.field(1, "f30")))]
    assert "call too many" in refused(tmp_path, *nodes, functions=functions)


def test_functions_that_double(tmp_path):
    """Each calls the next twice: 2^40 nodes if nobody stops."""
    functions = []
    for i in range(40):
        body = [wire.node(n, "PartitionedCall", a, f=wire.field(10, wire.field(1, f"f{i + 1}"))) for n, a in (("p", "a"), ("q", "p:output:0"))]
        functions.append(wire.function(f"f{i}", ["a"], body, {"r": "q:output:0"}))
    functions.append(wire.function("f40", ["a"], [wire.node("n", "Identity", "a")], {"r": "n:output:0"}))
    said = refused(tmp_path, wire.placeholder("x", [2]), wire.node("y", "PartitionedCall", "x", f=wire.field(10, wire.field(1, "f0"))),
                   functions=functions)
    assert "nodes" in said


@pytest.mark.parametrize("data", [b"", b"\x0a", b"\x0a\xff\xff\xff\xff\x7f", b"\x00" * 64, b"PK\3\4" + bytes(30), b"\x89HDF\r\n\x1a\n"])
def test_files_that_are_none(data, tmp_path):
    (tmp_path / "graph.pb").write_bytes(data)
    command.refused("convert", tmp_path / "graph.pb", "-o", tmp_path / "m.tflite", code=command.INPUT)
    assert [p.name for p in tmp_path.iterdir()] == ["graph.pb"]


@command.needs_shared
def test_changed_files_are_refused_or_converted(tmp_path):
    """Random bytes changed in graphs, SavedModels and checkpoints: no crash, no output on an error."""
    sources = [command.SHARED / "source" / name for name in (
        "litert_multi_add.pb", "mediapipe_frozen_graph_def.pb", "mediapipe_saved_model", "mediapipe_saved_model_v2_mini",
        "kws_ref_model_saved_model")]
    draw = random.Random(5)
    for number in range(120):
        source, copy, out = draw.choice(sources), tmp_path / f"copy{number}", tmp_path / "out.tflite"
        if source.is_dir():
            shutil.copytree(source, copy, copy_function=shutil.copyfile)
            changed = draw.choice(sorted(path for path in copy.rglob("*") if path.is_file()))
        else:
            changed = copy
            shutil.copyfile(source, copy)
        data = bytearray(changed.read_bytes())
        for _ in range(draw.choice([1, 2, 8])):
            at = draw.randrange(len(data))
            data[at:at + draw.choice([1, 1, 4])] = bytes(draw.randrange(256) for _ in range(draw.choice([0, 1, 4])))
        changed.chmod(0o644)
        changed.write_bytes(data)
        done = subprocess.run([command.COMMAND, "convert", copy, "-o", out], capture_output=True, timeout=60)
        assert done.returncode in (command.OK, command.INPUT), (number, done.stderr)
        assert out.exists() == (done.returncode == command.OK)
        out.unlink(missing_ok=True)


@command.needs_shared
@pytest.mark.parametrize("file, change, words", [
    ("variables.index", lambda d: d[:-20], "does not end"),
    ("variables.index", lambda d: d[:10] + bytes([d[10] ^ 1]) + d[11:], "checksum"),
    ("variables.data-00000-of-00001", lambda d: d[:100], "ends behind"),
    ("variables.data-00000-of-00001", lambda d: bytes([d[0] ^ 1]) + d[1:], "checksum"),
    ("variables.data-00000-of-00001", None, "cannot be read"),
])
def test_damaged_checkpoints(file, change, words, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(command.SHARED / "source/kws_ref_model_saved_model", copy, copy_function=shutil.copyfile)
    path = copy / "variables" / file
    data = path.read_bytes()
    path.chmod(0o644)
    (copy / "variables").chmod(0o755)
    if change is None:
        path.unlink()
    else:
        path.write_bytes(change(data))
    sentence = command.refused("convert", copy, "-o", tmp_path / "m.tflite", code=command.INPUT)
    assert words in sentence and not (tmp_path / "m.tflite").exists()


def test_freeze_keeps_what_outputs_need(tmp_path):
    source = write(tmp_path, wire.placeholder("x", [2]), wire.constant("c", F([1, 2])), wire.node("i", "Identity", "x"),
                   wire.node("y", "AddV2", "i", "c"), wire.node("loss", "L2Loss", "y"), wire.node("train", "NoOp", "^loss"))
    command.linnet("freeze", source, "-o", tmp_path / "frozen.pb", "--outputs", "y")
    frozen = (tmp_path / "frozen.pb").read_bytes()
    assert b"L2Loss" not in frozen and b"Identity" not in frozen and b"AddV2" in frozen
    command.linnet("convert", tmp_path / "frozen.pb", "-o", tmp_path / "m.tflite")
    assert list(run(Interpreter(str(tmp_path / "m.tflite")), x=F([3, 4]))["y"]) == [4, 6]


def test_operators_that_no_tensorflow_has_anymore(tmp_path):
    """Batch normalization and pools as graphs before GraphDef version 9 have them."""
    x, v = np.random.default_rng(0).normal(size=(1, 4, 4, 2)).astype(F), F([0.5, 2])
    nodes = [wire.placeholder("x", [1, 4, 4, 2]), wire.constant("v", v),
             wire.node("y", "BatchNormWithGlobalNormalization", "x", "v", "v", "v", "v", scale_after_normalization=True,
                       variance_epsilon=wire.field(4, 0.25))]
    interpreter = convert(tmp_path, *nodes)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    got = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert np.allclose(got, (x - v) * v / np.sqrt(v + F(0.25)) + v, atol=1e-5)


def test_what_detection_models_end_with(tmp_path):
    """It stays a custom operator without being asked for: runtimes have it."""
    nodes = [wire.placeholder("b", [1, 20, 4]), wire.placeholder("s", [1, 20, 3]), wire.constant("a", np.zeros((20, 4), F)),
             wire.node("y", "TFLite_Detection_PostProcess", "b", "s", "a", max_detections=wire.field(3, 10))]
    interpreter = convert(tmp_path, *nodes, options=["--outputs", "y y:1 y:2 y:3"])
    assert [detail["shape"].tolist() for detail in interpreter.get_output_details()] == [[1, 10, 4], [1, 10], [1, 10], [1]]


def test_data_behind_the_flatbuffer(tmp_path):
    """As in files of more than 2 GiB: found by the original and by Linnet, and read again by optimize."""
    weights = np.random.default_rng(1).normal(size=(5, 3)).astype(F)
    nodes = [wire.placeholder("x", [2, 5]), wire.constant("w", weights), wire.node("y", "MatMul", "x", "w")]
    inside, behind, again = (tmp_path / name for name in ("inside.tflite", "behind.tflite", "again.tflite"))
    source = write(tmp_path, *nodes)
    command.linnet("convert", source, "-o", inside)
    command.linnet("convert", source, "-o", behind, "--data-behind")
    command.linnet("optimize", behind, "-o", again)
    kernel = np.ascontiguousarray(weights.T).tobytes()
    where = behind.read_bytes().index(kernel)
    assert where % 16 == 0 and where > len(inside.read_bytes()) // 2 and again.read_bytes() == inside.read_bytes()
    x = np.ones((2, 5), F)
    interpreter = Interpreter(str(behind))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    assert np.allclose(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), x @ weights)
    np.save(tmp_path / "x.npy", x)
    command.linnet("run", behind, "--input", f"x={tmp_path}/x.npy", "--output-dir", tmp_path)
    assert np.allclose(np.load(tmp_path / "output0.npy"), x @ weights)


def test_initial_values(tmp_path):
    nodes = [wire.constant("first", F([3, 4])), wire.node("v", "VariableV2", dtype=1), wire.node("v/Assign", "Assign", "v", "first"),
             wire.placeholder("x", [2]), wire.node("y", "AddV2", "x", "v")]
    assert "--initial-values" in refused(tmp_path, *nodes)
    interpreter = convert(tmp_path, *nodes, options=["--initial-values"])
    assert [detail["op_name"] for detail in interpreter._get_ops_details()] == ["ADD"]


def test_what_helps_is_said_once(tmp_path):
    def variable(name, first):
        return [wire.node(name, "VariableV2", dtype=1), wire.node(f"{name}/Assign", "Assign", name, first)]
    nodes = [wire.placeholder("first", [2]), *variable("v", "first"), *variable("w", "first"), wire.placeholder("x", [2]),
             wire.node("a", "AddV2", "x", "v"), wire.node("y", "AddV2", "a", "w")]
    said = refused(tmp_path, *nodes)
    assert said.count("has no value") == 2 and said.count("--initial-values") == said.count("--checkpoint") == 1
    said = refused(tmp_path, *nodes, options=["--initial-values"])
    assert said.count("by no constant") == said.count("--checkpoint") == 1 and "--initial-values" not in said


@pytest.mark.parametrize("program", ["convert", "optimize", "freeze"])
def test_json(program, tmp_path):
    source = write(tmp_path, wire.placeholder("x", [2]), wire.constant("c", F([1, 2])), wire.node("a", "AddV2", "x", "c"),
                   wire.node("y", "Relu", "a"))
    out = tmp_path / "out"
    if program == "optimize":
        command.linnet("convert", source, "-o", tmp_path / "in.tflite", "--skip", "all")
        source = tmp_path / "in.tflite"
    elif program == "freeze":
        source = tmp_path / "nothing.pb"
    done = subprocess.run([command.COMMAND, program, source, "-o", out, "--json", *(["--dump-passes"] if program != "freeze" else [])],
                          capture_output=True, text=True, timeout=60)
    said = json.loads(done.stdout)
    assert said["source"] == str(source) and said["output"] == str(out) and done.stderr == ""
    if program == "freeze":
        assert done.returncode == command.INPUT and not said["done"] and "output_bytes" not in said
        assert [m["kind"] for m in said["messages"]] == ["error"] and not out.exists()
    else:
        assert done.returncode == 0 and said["done"] and said["output_bytes"] == out.stat().st_size
        assert {m["kind"] for m in said["messages"]} == {"pass"}


def test_a_folder_without_a_model(tmp_path):
    done = subprocess.run([command.COMMAND, "convert", tmp_path, "-o", tmp_path / "out"], capture_output=True, text=True)
    assert done.returncode == command.INPUT and "saved_model.pb" in done.stderr and not list(tmp_path.iterdir())


def test_json_lists_problems(tmp_path):
    source = write(tmp_path, wire.placeholder("x", [2]), wire.node("s", "Svd", "x"), wire.node("y", "Betainc", "x", "x", "x"))
    done = subprocess.run([command.COMMAND, "convert", source, "-o", tmp_path / "out", "--json"], capture_output=True, text=True)
    said = json.loads(done.stdout)
    assert done.returncode == command.INPUT and not said["done"] and done.stderr == ""
    assert [m["kind"] for m in said["messages"]] == ["problem", "problem", "error"] and "Svd" in str(said["messages"])
