"""Converts architectures of keras.applications by Linnet and by TensorFlow, and makes the table of docs/convert.md.

    python convert.py [NAME...] [--all] [--input-size N] [--out FILE] [--keep FOLDER]

Each architecture gets random weights and is saved in the four ways that Linnet reads: .keras, .h5, SavedModel and frozen
GraphDef. The four results must give the same outputs to the bit, equal to TensorFlow's within 1e-5 of the largest value, in the
original runtime and in Linnet, which verifies the whole file; what does not is said, and the exit status is 1. TensorFlow converts
the SavedModel. Seconds are processor time (user and system); TensorFlow's without starting Python and importing TensorFlow. Peak memory
is that of the whole process. Without names one representative of every family is taken; --all takes every architecture.

What TensorFlow made is kept in the folder (build/bench/convert), so that a second run measures Linnet alone. Run it in an
environment with requirements-tensorflow.txt of tests/convert; LINNET_COMMAND_PATH names another linnet than build/release/linnet.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COMMAND = os.environ.get("LINNET_COMMAND_PATH", str(ROOT / "build/release/linnet"))
WAYS = {"keras": "model.keras", "h5": "model.h5", "SavedModel": "saved", "GraphDef": "frozen.pb"}
TOLERANCE = 1e-5

MEASURE = """
import json, os, sys
pid = os.spawnv(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, used = os.wait4(pid, 0)
print(json.dumps({"seconds": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss / 1024}))
sys.exit(os.waitstatus_to_exitcode(status))
"""

# The first of a family represents it.
FAMILIES = [
    ["VGG16", "VGG19"],
    ["ResNet50", "ResNet101", "ResNet152"],
    ["ResNet50V2", "ResNet101V2", "ResNet152V2"],
    ["InceptionV3"],
    ["InceptionResNetV2"],
    ["Xception"],
    ["MobileNet"],
    ["MobileNetV2"],
    ["MobileNetV3Small", "MobileNetV3Large"],
    ["DenseNet121", "DenseNet169", "DenseNet201"],
    ["NASNetMobile", "NASNetLarge"],
    [f"EfficientNetB{i}" for i in range(8)],
    [f"EfficientNetV2{kind}" for kind in ("B0", "B1", "B2", "B3", "S", "M", "L")],
    [f"ConvNeXt{size}" for size in ("Tiny", "Small", "Base", "Large", "XLarge")],
]


def randomize(model):
    """Normalizations that do something. Gains of about a half keep magnitudes over sums of fifty blocks; with those of one
    EfficientNetV2S grows until its outputs are the roundings of floats."""
    import numpy as np
    random = np.random.default_rng(0)
    for variable in model.variables:
        name = variable.path.split("/")[-1]
        if name in ("moving_mean", "beta", "bias"):
            variable.assign(random.normal(0, 0.1, variable.shape))
        elif name == "moving_variance":
            variable.assign(random.uniform(0.8, 1.2, variable.shape))
        elif name == "gamma":
            variable.assign(random.uniform(0.4, 0.6, variable.shape))


def make(name, folder, size=None, **options):
    """Saves the four files, the inputs and what Keras computes of them."""
    import keras
    import numpy as np
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2
    keras.utils.set_random_seed(1)
    if size or name.startswith("MobileNetV3"):  # the only ones that leave it open
        options.setdefault("input_shape", (size or 224, size or 224, 3))
    model = getattr(keras.applications, name)(weights=None, **options)
    randomize(model)
    model.save(folder / WAYS["keras"])
    model.save(folder / WAYS["h5"])
    model.export(str(folder / WAYS["SavedModel"]), verbose=False)
    shape = model.inputs[0].shape
    concrete = tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec(shape, name="x"))
    frozen = convert_variables_to_constants_v2(concrete).graph.as_graph_def()
    (folder / WAYS["GraphDef"]).write_bytes(frozen.SerializeToString())
    x = np.random.default_rng(3).uniform(-1, 1, [2, *(extent or 61 for extent in shape[1:])]).astype("f")
    np.savez(folder / "case.npz", x=x, y=np.asarray(model(x, training=False)))


def used():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def theirs(folder):
    import tensorflow as tf
    before = used()
    written = tf.lite.TFLiteConverter.from_saved_model(str(folder / WAYS["SavedModel"])).convert()
    seconds = used() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (folder / "theirs.tflite").write_bytes(written)
    (folder / "theirs.json").write_text(json.dumps({"seconds": seconds, "peak": peak}))


def convert(source, destination):
    """{"seconds", "peak"} of a conversion by Linnet. By way of a small process: what starts another counts for its peak."""
    done = subprocess.run([sys.executable, "-c", MEASURE, COMMAND, "convert", source, "-o", destination], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{source}: {done.stderr}")
    return json.loads(done.stdout)


def operators(path):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    # Without allocating tensors: the file's own operators, before delegates.
    interpreter = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    return [detail["op_name"] for detail in interpreter._get_ops_details()]


def outputs(path, x):
    """(the original's, Linnet's)"""
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    interpreter = Interpreter(str(path), experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    runner = interpreter.get_signature_runner("serving_default")
    name = next(iter(runner.get_input_details()))
    original, = runner(**{name: x}).values()
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/x.npy", x)
        subprocess.run([COMMAND, "run", path, "--input", f"{name}={folder}/x.npy", "--shape", f"{name}={'x'.join(map(str, x.shape))}",
                        "--signature", "serving_default", "--output-dir", folder], check=True, stdout=subprocess.DEVNULL)
        return original, np.load(f"{folder}/output0.npy")


def check(folder):
    """What is wrong with the four files, a sentence each; their operators."""
    import numpy as np
    case = np.load(folder / "case.npz")
    scale = np.abs(case["y"]).max()
    problems, results, kinds = [], {}, {}
    for way in WAYS:
        path = folder / f"{way}.tflite"
        results[way] = outputs(path, case["x"])
        kinds[way] = operators(path)
        for who, got in zip(("the original runtime", "Linnet"), results[way]):
            off = np.abs(got - case["y"]).max() / scale if got.shape == case["y"].shape else float("inf")
            if not off <= TOLERANCE:
                problems.append(f"{way}: {who} is off by {off:.2g} of the largest value")
        if not np.array_equal(results[way][0], results["keras"][0]):
            problems.append(f"{way}: its results are not those of .keras")
        if kinds[way] != kinds["keras"]:
            problems.append(f"{way}: its operators are not those of .keras")
    return problems, kinds["keras"]


def worker(step, name, folder, size=None):
    command = [sys.executable, __file__, "--step", step, name, "--keep", str(folder)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(command + (["--input-size", str(size)] if size else []), env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{name}: {step}: {done.stderr[-2000:]}")


def row_of(name, keep, size):
    folder = keep / (f"{name}-{size}" if size else name)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "case.npz").exists():
        worker("make", name, folder, size)
    if not (folder / "theirs.json").exists():
        worker("theirs", name, folder)
    row = {"name": name, "theirs": json.loads((folder / "theirs.json").read_text()), "ours": {}}
    for way, source in WAYS.items():
        runs = [convert(folder / source, folder / f"{way}.tflite") for _ in range(3)]
        row["ours"][way] = {key: min(run[key] for run in runs) for key in runs[0]}
    row["problems"], kinds = check(folder)
    row["operators"] = len(kinds)
    row["theirs"]["operators"] = len(operators(folder / "theirs.tflite"))
    if row["operators"] > row["theirs"]["operators"]:
        row["problems"].append(f"{row['operators']} operators; TensorFlow writes {row['theirs']['operators']}")
    return row


HEAD = """| model | operators, TensorFlow | Linnet | seconds, TensorFlow | Linnet: .keras | .h5 | SavedModel | GraphDef | peak MB, TensorFlow | \
Linnet: .keras | .h5 | SavedModel | GraphDef | Linnet / TensorFlow, seconds | MB |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"""


def line_of(row):
    """The ratios are those of the slowest and of the largest way."""
    ours = row["ours"].values()
    slowest, largest = max(o["seconds"] for o in ours), max(o["peak"] for o in ours)
    cells = [row["name"], row["theirs"]["operators"], row["operators"], f"{row['theirs']['seconds']:.1f}"]
    cells += [f"{o['seconds']:.2f}" for o in ours] + [f"{row['theirs']['peak']:.0f}"] + [f"{o['peak']:.0f}" for o in ours]
    cells += [f"{100 * slowest / row['theirs']['seconds']:.1f} %", f"{100 * largest / row['theirs']['peak']:.1f} %"]
    return "| " + " | ".join(map(str, cells)) + " |"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--input-size", type=int, help="pictures of N x N in place of the architecture's own size")
    parser.add_argument("--out", type=Path, help="writes the table there too")
    parser.add_argument("--keep", type=Path, default=ROOT / "build/bench/convert")
    parser.add_argument("--step", choices=["make", "theirs"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step == "make":
        return make(options.names[0], options.keep, options.input_size)
    if options.step == "theirs":
        return theirs(options.keep)
    names = options.names or [name for family in FAMILIES for name in (family if options.all else family[:1])]
    lines, problems = [HEAD], []
    print(HEAD)
    for name in names:
        row = row_of(name, options.keep, options.input_size)
        lines.append(line_of(row))
        print(lines[-1], flush=True)
        problems += [f"{name}: {problem}" for problem in row["problems"]]
        for problem in row["problems"]:
            print(f"{name}: {problem}", file=sys.stderr, flush=True)
    if options.out:
        options.out.write_text("\n".join(lines) + "\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
