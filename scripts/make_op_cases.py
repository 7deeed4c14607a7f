"""Writes tests/data/ops: models of one operator each, inputs, and the outputs of the original runtime's reference kernels.

    python3 scripts/make_op_cases.py [FAMILY...]      all families, or some

A family is a file of scripts/op_cases with a function `cases(suite)`, which calls suite.add for every case. The files
written are in the format that the golden program reads (FAMILY.bin, FAMILY_cases.tsv); `golden ops --folder tests/data` runs them.
Operators that the original lacks have their outputs from elsewhere: the microcontroller runtime, or numpy.
Needs the pip packages ai-edge-litert, tflite-micro, flatbuffers and numpy.
"""

import importlib
import sys
import zlib
from pathlib import Path

import numpy as np

from tflite_builder import string_data

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "tests" / "data" / "ops"
MAGIC = b"OPSUITE1" + bytes(8)
COLUMNS = ("case op kind flags invokes file model_off model_len inputs outputs tol_abs tol_rel tol_steps diff_opt "
           "diff_xnn golden ops").split()


class Container:
    """The blobs of one family's cases, each once, at multiples of 16."""

    def __init__(self):
        self.content = bytearray(MAGIC)
        self._places = {}

    def add(self, blob):
        if blob not in self._places:
            self.content += bytes(-len(self.content) % 16)
            self._places[blob] = len(self.content)
            self.content += blob
        return self._places[blob]


class Suite:
    """Collects cases. `refused` is what the original refused, in words."""

    def __init__(self, interpreter_class, resolver):
        self._class, self._resolver = interpreter_class, resolver
        self.containers, self.rows, self.refused = {}, [], []
        self.family = ""  # whose cases are added now

    def random(self, name):
        """Numbers that depend on the name only."""
        return np.random.default_rng(zlib.crc32(name.encode()))

    def add(self, name, model, inputs=(), invokes=1, kind="float32", flags="-", tolerance=(0.0, 0.0), run=None):
        """Adds the case `OP/label`: `model` (of tflite_builder), arrays for its inputs.

        An array whose shape differs from the model's resizes the input. `tolerance` (absolute, relative) is for
        floats. What the original refuses is reported and left out. `run(content, inputs, invokes)` gives the outputs
        in the original's place.
        """
        content = model.build()
        try:
            if run is None:
                details, wanted, resized = self.run_original(content, inputs, invokes)
            else:
                details, wanted, resized = model.interface(), run(content, inputs, invokes), False
        except (RuntimeError, ValueError) as error:
            self.refused.append(f"{name}: {' '.join(str(error).split())}")
            return
        operator = name.split("/")[0]
        container = self.containers.setdefault(self.family, Container())
        if resized:
            flags = "resize" if flags == "-" else flags + ",resize"
        self.rows.append((name, operator, kind, flags, invokes, self.family + ".bin", container.add(content), len(content),
                          self._list(container, details[0], inputs), self._list(container, details[1], wanted),
                          f"{tolerance[0]:g}", f"{tolerance[1]:g}", 0, 0, 0, "ref", "-"))

    def run_original(self, content, inputs, invokes):
        interpreter = self._class(model_content=content, num_threads=1, experimental_op_resolver_type=self._resolver)
        details = interpreter.get_input_details()
        resized = False
        for detail, array in zip(details, inputs, strict=True):
            if tuple(detail["shape"]) != array.shape:
                interpreter.resize_tensor_input(detail["index"], array.shape)
                resized = True
        interpreter.allocate_tensors()
        for _ in range(invokes):
            for detail, array in zip(details, inputs, strict=True):
                interpreter.set_tensor(detail["index"], array)
            interpreter.invoke()
        outputs = interpreter.get_output_details()
        return (details, outputs), [np.array(interpreter.get_tensor(detail["index"])) for detail in outputs], resized

    @staticmethod
    def _list(container, details, arrays):
        words = []
        for detail, array in zip(details, arrays):
            strings = array.dtype == object
            blob = string_data(list(array.ravel())) if strings else np.ascontiguousarray(array).tobytes()
            shape = "x".join(map(str, array.shape)) or "scalar"
            words.append(f"{detail['name']}|{'string' if strings else array.dtype.name}|{shape}|{container.add(blob)}|{len(blob)}")
        return ";".join(words) or "-"


def write(suite):
    """Writes a table and a container for each family."""
    FOLDER.mkdir(exist_ok=True)
    for family, container in suite.containers.items():
        rows = [row for row in suite.rows if row[5] == f"{family}.bin"]
        (FOLDER / f"{family}.bin").write_bytes(container.content)
        (FOLDER / f"{family}_cases.tsv").write_text(
            "".join("\t".join(str(field) for field in row) + "\n" for row in [COLUMNS, *rows]))


def main(families):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    suite = Suite(Interpreter, OpResolverType.BUILTIN_REF)
    names = families or sorted(path.stem for path in (ROOT / "scripts" / "op_cases").glob("[!_]*.py"))
    for name in names:
        suite.family = name
        importlib.import_module(f"op_cases.{name}").cases(suite)
    write(suite)
    for line in suite.refused:
        print("refused:", line)
    print(f"{len(suite.rows)} cases of {len(suite.containers)} families")


if __name__ == "__main__":
    main(sys.argv[1:])
