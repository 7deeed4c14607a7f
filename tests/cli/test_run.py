"""linnet run: inputs of all kinds in, outputs out, and what is refused."""
import json

import numpy as np
import pytest

from conftest import DATA, DIFFERS, DIGITS, FAILED, INPUT, OK, USAGE, linnet, refused
from tflite_builder import Model

ADD = DATA / "dynamic_add.tflite"
STRINGS = DATA / "string_reshape.tflite"


def save(path, array):
    np.save(path, array)
    return path


def test_numbers_in_and_out(tmp_path):
    x = save(tmp_path / "x.npy", np.array([[1, -2, 0.5], [10, 20, 30]], np.float32))
    told = json.loads(linnet("run", ADD, "--shape", "x=2x3", "--input", f"x={x}", "--output-dir", tmp_path, "--json"))
    y = np.load(tmp_path / "output0.npy")
    assert y.dtype == np.float32 and np.array_equal(y, np.load(x) + [[1, 2, 3]])
    assert told["outputs"][0]["shape"] == [2, 3] and told["outputs"][0]["max"] == 33


def test_raw_bytes(tmp_path):
    path = tmp_path / "x.bin"
    path.write_bytes(np.array([[1, 2, 3]], np.float32).tobytes())
    assert "2 4 6 \n" in linnet("run", ADD, "--input", f"0={path}")


@pytest.mark.parametrize("array", [np.array(["héllo", "wörld 🌍"]), np.array([b"a", b"bc"])], ids=["U", "S"])
def test_strings_in_and_out(tmp_path, array):
    x = save(tmp_path / "x.npy", array)
    told = json.loads(linnet("run", STRINGS, "--input", f"0={x}", "--output-dir", tmp_path, "--json"))
    words = [word if isinstance(word, str) else word.decode() for word in array.tolist()]
    assert told["outputs"][0]["strings"] == words
    assert [word.decode() for word in np.load(tmp_path / "output0.npy").ravel()] == words


def test_random_strings_are_the_same_for_a_seed():
    first, other = (linnet("run", STRINGS, "--seed", seed) for seed in (1, 2))
    assert first == linnet("run", STRINGS, "--seed", 1) and first != other


def test_state_is_kept_over_repeats():
    model = DATA / "variable_tensor.tflite"
    assert linnet("run", model, "--repeat", 1) != linnet("run", model, "--repeat", 3)


def test_signature():
    assert linnet("run", DATA / "two_signatures.tflite", "--signature", signatures()[1])


def signatures():
    return [entry["key"] for entry in json.loads(linnet("inspect", DATA / "two_signatures.tflite", "--json"))["signatures"]]


def test_a_loop_without_end_is_given_up():
    assert "200 ms" in refused("run", DATA / "while_forever.tflite", "--timeout", 200, code=FAILED)


def test_a_single_long_sum_is_given_up(tmp_path):
    model = Model()
    graph = model.subgraph("main")
    inputs = [graph.const("seeds", np.ones((1, 1), np.float32)), graph.input("x", "INT8", [1 << 25])]
    graph.op("LSH_PROJECTION", inputs, [graph.output("y", "INT32", [1])], type=1)
    model.save(tmp_path / "model.tflite")
    assert "10 ms" in refused("run", tmp_path / "model.tflite", "--timeout", 10, code=FAILED)


@pytest.mark.parametrize("array, says", [
    (np.zeros((1, 3)), "holds FLOAT64"), (np.zeros((1, 4), np.float32), "16 bytes"),
    (np.asfortranarray(np.zeros((3, 3), np.float32)), "Fortran"), (np.zeros(3, ">f4"), "little-endian"),
    (np.array(["a"]), "holds STRING")])
def test_arrays_that_do_not_fit(tmp_path, array, says):
    assert says in refused("run", ADD, "--input", f"x={save(tmp_path / 'x.npy', array)}", code=INPUT)


@pytest.mark.parametrize("cut", [0, 5, 9, 60, 127, 130])
def test_arrays_cut_off(tmp_path, cut):
    path = save(tmp_path / "x.npy", np.zeros((1, 3), np.float32))
    path.write_bytes(path.read_bytes()[:cut])
    refused("run", ADD, "--input", f"x={path}", code=INPUT)


def test_arrays_with_any_byte_changed(tmp_path):
    """None crashes; most of the header's bytes matter."""
    path = save(tmp_path / "x.npy", np.zeros((1, 3), np.float32))
    content = path.read_bytes()
    for at in range(0, 80):
        path.write_bytes(content[:at] + bytes([content[at] ^ 0x15]) + content[at + 1:])
        try:
            linnet("run", ADD, "--input", f"x={path}")
        except AssertionError as error:
            assert f"exit code {INPUT}" in str(error)


@pytest.mark.parametrize("strings", [np.array(["a"]), np.array(["a", "b", "c"])])
def test_wrong_number_of_strings(tmp_path, strings):
    assert "2 strings" in refused("run", STRINGS, "--input", f"0={save(tmp_path / 'x.npy', strings)}", code=INPUT)


@pytest.mark.parametrize("content", [b"", b"\2\0\0\0", b"\2\0\0\0\x10\0\0\0\x0f\0\0\0\x10\0\0\0", b"\xff" * 16])
def test_broken_string_buffers(tmp_path, content):
    path = tmp_path / "x.bin"
    path.write_bytes(content)
    refused("run", STRINGS, "--input", f"0={path}", code=INPUT)


@pytest.mark.parametrize("arguments, code", [
    (["--input", "x"], USAGE), (["--input", "nope=x.npy"], USAGE), (["--input", "x=/nowhere.npy"], INPUT),
    (["--shape", "x=a"], USAGE), (["--shape", "x=1x99999999999"], USAGE),
    (["--signature", "nope"], USAGE), (["--threads", "0"], USAGE), (["--seed", "x"], USAGE), (["--repeat"], USAGE),
    (["--output-dir", "/nowhere/at/all"], FAILED), (["--output-dir", "x" * 2000], FAILED)])
def test_refused_options(arguments, code):
    refused("run", ADD, *arguments, code=code)


def test_output_folder_is_made(tmp_path):
    linnet("run", ADD, "--output-dir", tmp_path / "new")
    assert (tmp_path / "new" / "output0.npy").is_file()


def test_compare(tmp_path):
    linnet("run", ADD, "--output-dir", tmp_path)
    assert "differs" not in linnet("compare", ADD, "--golden", tmp_path)
    np.save(tmp_path / "output0.npy", np.load(tmp_path / "output0.npy") + np.float32(0.5))
    assert "differs" in linnet("compare", ADD, "--golden", tmp_path, expect=DIFFERS)
    told = json.loads(linnet("compare", ADD, "--golden", tmp_path, "--tolerance", 0.6, "--json", expect=OK))
    assert told["tensors"][0]["max_abs"] == pytest.approx(0.5)
    linnet("compare", STRINGS, STRINGS)
    refused("compare", ADD, STRINGS, code=FAILED)
    refused("compare", ADD, code=USAGE)
    refused("compare", ADD, "--golden", "/nowhere", code=INPUT)


@pytest.mark.parametrize("cpu", [None, "generic"])
def test_packed_weights_are_kept(tmp_path, cpu):
    model, cache = DIGITS / "digits_float.tflite", tmp_path / "weights"
    options = ["--cpu", cpu] if cpu else []
    plain = linnet("run", model, "--seed", 3)
    assert linnet("run", model, "--seed", 3, "--weight-cache", cache) == plain
    first = cache.stat().st_ino
    linnet("bench", model, "--runs", 1, "--weight-cache", cache, *options)
    assert (cache.stat().st_ino == first) == (cpu is None)  # other kernels replace it
    cache.write_bytes(cache.read_bytes()[:-100])
    assert linnet("run", model, "--seed", 3, "--weight-cache", cache) == plain
    assert linnet("run", DIGITS / "digits_int8.tflite", "--weight-cache", cache) == linnet("run", DIGITS / "digits_int8.tflite")
    assert [path.name for path in tmp_path.iterdir()] == ["weights"]
    refused("run", model, "--weight-cache", "", code=USAGE)


def test_rows_that_are_moved_have_their_own_memory(tmp_path):
    """Rows of 1024 floats are moved apart before they are multiplied; x lies where what is not taken for them begins."""
    random = np.random.default_rng(1)
    x, weights = random.normal(0, 1, (1, 8, 12, 1024)), random.normal(0, 0.03, (128, 1, 1, 1024))
    model = Model()
    graph = model.subgraph("main")
    source = graph.input("x", "FLOAT32", [1, 8, 12, 1024])
    wide, hidden = graph.tensor("t", "FLOAT32", [1, 8, 12, 1280]), graph.tensor("h", "FLOAT32", [1, 8, 12, 1024])
    graph.op("CONCATENATION", [source, graph.const("c", np.ones((1, 8, 12, 256), np.float32))], [wide], axis=3)
    graph.op("MEAN", [wide, graph.const("a", np.int32([1, 2]))], [graph.output("m", "FLOAT32", [1, 1280])], keep_dims=False)
    graph.op("ABS", [source], [hidden])
    graph.op("CONV_2D", [hidden, graph.const("w", weights.astype(np.float32)), graph.const("b", np.zeros(128, np.float32))],
             [graph.output("y", "FLOAT32", [1, 8, 12, 128])], padding="SAME", stride_h=1, stride_w=1)
    graph.op("NEG", [source], [graph.output("z", "FLOAT32", [1, 8, 12, 1024])])
    model.save(tmp_path / "m.tflite")
    x = save(tmp_path / "x.npy", x.astype(np.float32))
    for threads in (1, 2):
        linnet("run", tmp_path / "m.tflite", "--input", f"x={x}", "--threads", threads, "--output-dir", tmp_path)
        y, z = np.load(tmp_path / "output1.npy"), np.load(tmp_path / "output2.npy")
        assert np.array_equal(z, -np.load(x))
        np.testing.assert_allclose(y, np.abs(np.load(x)) @ weights[:, 0, 0].T, rtol=1e-4, atol=1e-4)
