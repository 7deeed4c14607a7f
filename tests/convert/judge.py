"""TensorFlow as the judge: computes what a source computes and compares with what its conversion computes in the original
runtime and in Linnet. Run by build/tensorflow-venv/bin/python (see requirements-tensorflow.txt)."""

import json
import os
import subprocess
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from ai_edge_litert.interpreter import Interpreter, OpResolverType  # noqa: E402


COMMAND = os.environ.get("LINNET_COMMAND_PATH", os.path.join(os.path.dirname(__file__), "../../build/release/linnet"))


def random_inputs(details, seed=0, batch=2, high=1.0):
    """An array for each input: {name: array}; unknown extents are `batch`."""
    random = np.random.default_rng(seed)
    inputs = {}
    for name, (shape, dtype) in sorted(details.items()):
        shape = [batch if extent is None or extent < 0 else extent for extent in shape]
        if np.issubdtype(dtype, np.floating):
            inputs[name] = random.uniform(-high, high, shape).astype(dtype)
        elif dtype == np.bool_:
            inputs[name] = random.integers(0, 2, shape).astype(bool)
        else:
            inputs[name] = random.integers(0, 5, shape).astype(dtype)
    return inputs


def saved_model(folder, signature="serving_default", tags=("serve",)):
    """(details of inputs, function from {name: array} to {name: array}), run in a session: any SavedModel can be."""
    graph = tf.Graph()
    with graph.as_default():
        session = tf.compat.v1.Session(graph=graph)
        meta = tf.compat.v1.saved_model.load(session, list(tags), str(folder))
    entry = meta.signature_def[signature]
    details = {name: ([] if info.tensor_shape.unknown_rank else [dim.size for dim in info.tensor_shape.dim],
                      tf.dtypes.as_dtype(info.dtype).as_numpy_dtype) for name, info in entry.inputs.items()}

    def run(inputs):
        return session.run({name: info.name for name, info in entry.outputs.items()},
                           {entry.inputs[name].name: value for name, value in inputs.items()})
    run.signatures = sorted(key for key, value in meta.signature_def.items() if value.outputs and key[:2] != "__")
    return details, run


def graph_def(graph, inputs, outputs):
    """The same for a frozen GraphDef message; names without numbers of outputs."""
    def imported():
        tf.compat.v1.import_graph_def(graph, name="")
    wrapped = tf.compat.v1.wrap_function(imported, [])
    wrapped = wrapped.prune([f"{name}:0" for name in inputs], [f"{name}:0" for name in outputs])

    def run(values):
        results = wrapped(*[tf.constant(values[name]) for name in inputs])
        return {name: value.numpy() for name, value in zip(outputs, results)}
    return run


def original(path, inputs, signature):
    """What the original runtime computes."""
    interpreter = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    runner = interpreter.get_signature_runner(signature)
    return runner(**inputs)


def linnet(path, inputs, signature, command):
    """What Linnet computes, by output position."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--signature", signature, "--output-dir", folder]
        for name, value in inputs.items():
            np.save(os.path.join(folder, f"in_{len(options)}.npy"), value)
            options += ["--input", f"{name}={folder}/in_{len(options)}.npy"]
            options += ["--shape", f"{name}={'x'.join(map(str, value.shape))}"] if value.shape else []
        done = subprocess.run([command, "run", path, *options, "--json"], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        names = [output["name"] for output in json.loads(done.stdout)["outputs"]]
        return {name: np.load(os.path.join(folder, f"output{i}.npy")) for i, name in enumerate(names)}


def difference(want, got):
    """The largest difference in units of 1e-5 x the largest absolute value; infinite where shapes differ."""
    if want.shape != got.shape:
        return float("inf")
    if want.size == 0:
        return 0.0
    if not np.issubdtype(want.dtype, np.floating):
        return 0.0 if np.array_equal(want, got) else float("inf")
    scale = max(float(np.max(np.abs(want[np.isfinite(want)]), initial=0)), 1e-6)
    both_nan = np.isnan(want) & np.isnan(got)
    error = np.where(both_nan | (want == got), 0, np.abs(want - got))
    return float(np.max(error)) / scale / 1e-5


def compare(want, path, inputs, signature="serving_default"):
    """The largest difference of the original runtime's outputs from `want`."""
    got = original(path, inputs, signature)
    assert set(got) == set(want), (sorted(got), sorted(want))
    return max(difference(np.asarray(want[name]), np.asarray(got[name])) for name in want)
