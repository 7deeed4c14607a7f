"""Keras as the judge of a converted Keras file: the original runtime and Linnet compute what the model computes."""

import os
import subprocess

import judge
import keras
import numpy as np

TOLERANCE = 1.0  # in units of 1e-5 x the largest absolute value


def randomize(model, seed=0):
    """Weights that are neither zeros nor ones, and variances that are positive."""
    random = np.random.default_rng(seed)
    for variable in model.variables:
        if not np.issubdtype(np.dtype(str(variable.dtype)), np.floating):
            continue
        name = variable.path.split("/")[-1]
        if name in ("mean", "variance"):  # of Normalization, which computes with copies of them
            continue
        if "variance" in name:
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
        elif name in ("gamma", "scale"):
            variable.assign(random.uniform(0.8, 1.2, variable.shape))
        elif name in ("beta", "bias", "moving_mean"):
            variable.assign(random.normal(0, 0.2, variable.shape))


def outputs_of(model, values):
    """By the signature's names."""
    results = model(values, training=False)
    if isinstance(results, dict):
        return {name: np.asarray(value) for name, value in results.items()}
    results = results if isinstance(results, (list, tuple)) else [results]
    return {f"output_{i}": np.asarray(value) for i, value in enumerate(results)}


def convert(path):
    """The path of what was made of it, or None and what was said."""
    written = path + ".tflite"
    done = subprocess.run([judge.COMMAND, "convert", path, "-o", written], capture_output=True, text=True)
    return (written, None) if done.returncode == 0 else (None, done.stderr.strip())


def judge_model(make, paths, with_linnet=True, batch=2):
    """Saves in each way, converts and compares; what is wrong, or None. What came out of two files the same is judged once."""
    keras.utils.set_random_seed(1)
    keras.backend.clear_session()
    model = make()
    randomize(model)
    judged = set()
    for path in paths:
        model.save(path)
        written, problem = convert(path)
        if problem is None:
            with open(written, "rb") as file:
                content = file.read()
            problem = None if content in judged else judge_written(model, written, with_linnet, batch)
            judged.add(content)
        if problem is not None:
            return f"{os.path.basename(path)}: {problem}"
    return None


def judge_written(model, written, with_linnet=True, batch=2):
    names = [tensor._keras_history.operation.name for tensor in model.inputs]
    shapes = [[4 if extent is None and i > 0 else extent for i, extent in enumerate(tensor.shape)] for tensor in model.inputs]
    details = {name: (shape, np.dtype(str(tensor.dtype))) for name, shape, tensor in zip(names, shapes, model.inputs)}
    random = judge.random_inputs(details, batch=batch)
    values = [random[name] for name in names]
    if isinstance(model, keras.Sequential) or not isinstance(model._inputs_struct, (list, dict)):
        values = values[0]
    elif isinstance(model._inputs_struct, dict):
        values = random
    wanted = outputs_of(model, values)
    problem = None
    got = judge.original(written, random, "serving_default")
    for runtime in ("the original", "Linnet"):
        if runtime == "Linnet":
            if not with_linnet:
                break
            values = judge.linnet(written, random, "serving_default", judge.COMMAND)
            got = values if set(values) == set(wanted) else dict(zip(sorted(wanted), values.values()))
        if set(got) != set(wanted):
            return f"outputs are {sorted(got)}; {sorted(wanted)} are right"
        for name in wanted:
            off = judge.difference(np.asarray(wanted[name]).astype(got[name].dtype), got[name])
            if off > TOLERANCE:
                problem = f"{runtime}: {name} {wanted[name].shape} {got[name].shape} is off by {off:.3g} x 1e-5"
    return problem
