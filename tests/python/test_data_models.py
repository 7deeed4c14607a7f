"""The small models of tests/data: they are what their script writes, and compute in the original runtime what it says."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

DATA = Path(__file__).resolve().parents[1] / "data"

CASES = {  # model: [(inputs, outputs) per invoke]
    "branch": [(([True], [1, 2]), ([2, 3],)), (([False], [1, 2]), ([2, 4],))],
    "while_count": [(([0], [0]), ([10], [45])), (([8], [1]), ([10], [18])), (([12], [3]), ([12], [3]))],
    "call_once_variable": [(([1, 2],), ([11, 22],)), (([1, 2],), ([12, 24],))],
    "string_reshape": [((["one", ""],), ([[b"one"], [b""]],))],
    "variable_tensor": [(([[1, 2]],), ([[n, 2 * n]],)) for n in (1, 2, 3, 3)],
    "optional_input": [(([[1, 1, 2]],), ([[9, 21]],))],
    "dynamic_add": [(([[1, 1, 1]],), ([[2, 3, 4]],))],
    "string_moves": [((["a", "", "a"],), ([False, True, False], [b"a", b"a"], [b"a", b"", b"a"] * 2))],
    "shape_parts": [(([[[1, 2, 3], [4, 5, 6]]],), ([[1, 2, 3, 4, 5, 6]],))],
    "data_behind": [(([1, 1, 1, 1],), ([2, 3, 4, 5],))],
}


def load(name):
    module = pytest.importorskip("ai_edge_litert.interpreter")
    return module.Interpreter(model_path=str(DATA / f"{name}.tflite"),
                              experimental_op_resolver_type=module.OpResolverType.BUILTIN_REF)


def invoke(interpreter, inputs):
    for detail, value in zip(interpreter.get_input_details(), inputs):
        interpreter.set_tensor(detail["index"], np.array(value, detail["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


@pytest.fixture(scope="module")
def make_models():
    pytest.importorskip("flatbuffers")
    spec = importlib.util.spec_from_file_location("make_models", DATA / "make_models.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_files_are_what_the_script_writes(make_models):
    names = {make.__name__ for make in make_models.MODELS}
    for make in make_models.MODELS:
        content = (DATA / f"{make.__name__}.tflite").read_bytes()
        assert content == make().build(), make.__name__
        assert len(content) < 4096
    assert names == set(CASES) | {"while_forever", "two_signatures", "custom_operator", "library_custom",
                                "operator_state", "chain"}


@pytest.mark.parametrize("name", CASES)
def test_results(name):
    interpreter = load(name)
    interpreter.allocate_tensors()
    for inputs, expected in CASES[name]:
        results = invoke(interpreter, inputs)
        assert [result.tolist() for result in results] == list(expected)


def test_endless_loop_loads():
    load("while_forever").allocate_tensors()


@pytest.mark.parametrize("model, operator", [("custom_operator", "LinnetTestScale"),
                                             ("library_custom", "SignalOverlapAdd")])
def test_custom_operators_are_refused(model, operator):
    with pytest.raises((RuntimeError, ValueError), match=operator):
        load(model).allocate_tensors()


def test_signatures():
    interpreter = load("two_signatures")
    add, scale = (interpreter.get_signature_runner(key) for key in ("add", "scale"))
    one, two = np.array([1, 2], np.float32), np.array([3, 5], np.float32)
    assert add(a=one, b=two)["sum"].tolist() == [4, 7]
    assert scale(a=one)["scaled"].tolist() == [3, 6]


def test_dynamic_add_takes_other_batches():
    interpreter = load("dynamic_add")
    detail = interpreter.get_input_details()[0]
    assert detail["shape_signature"].tolist() == [-1, 3]
    interpreter.resize_tensor_input(detail["index"], [4, 3], strict=True)
    interpreter.allocate_tensors()
    result, = invoke(interpreter, [np.ones((4, 3))])
    assert result.tolist() == [[2, 3, 4]] * 4


def test_chain():
    interpreter = load("chain")
    interpreter.allocate_tensors()
    result, = invoke(interpreter, [np.linspace(-1, 1, 72).reshape(1, 6, 6, 2)])
    assert result.shape == (1, 6, 6, 3)
    assert np.allclose(result.sum(axis=-1), 1, atol=1e-6) and result.std() > 0.01
