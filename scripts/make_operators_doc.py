"""Makes docs/operators.md from the operators' lists, the golden cases, and the models that the original refuses.

    python3 scripts/make_operators_doc.py [FILE]

Needs build/release/linnet (which is asked what it does with the refused models) and LINNET_SHARED.
"""
import collections
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rejected_models import models

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("LINNET_SHARED", ROOT.parent / "shared"))
OPS = ROOT / "src" / "ops"
KERNELS = ROOT / "src" / "kernels"
ISAS = ["avx2", "avxvnni", "avx512", "avx512vnni", "amx", "neon", "dotprod", "i8mm"]
INCLUDE = re.compile(r'#include "((?:ops|kernels)/[\w/]+\.h)"')

INTRODUCTION = """# Operators

Made by `scripts/make_operators_doc.py` from `src/ops/builtin_ops.def`, `src/ops/custom_ops.def`, the golden cases and the
kernels' files. *Types tested* are those of the golden cases that an operator passes, with the number of cases; an operator
may take more. *Instruction sets* are those that the kernels it uses have variants for, beside portable C; results of integers
are the same bits in all.
"""

DIFFERENCES = """
## Where Linnet differs from the original

What the original computes wrongly, by its own documentation or against its other kernels, Linnet computes by the formula:

| operator | the original | Linnet |
|---|---|---|
"""


def builtin_ops():
    """(code, name, first version, last version, registration)"""
    pattern = re.compile(r"^LN_OP\((\d+), (\w+), (\d+), (\d+), (\w+)\)", re.MULTILINE)
    return [(int(code), name, int(first), int(last), symbol)
            for code, name, first, last, symbol in pattern.findall((OPS / "builtin_ops.def").read_text())]


def custom_ops():
    """(name, registration)"""
    return re.findall(r'^LN_CUSTOM_OP\("?([\w:.-]+)"?, (\w+)\)', (OPS / "custom_ops.def").read_text(), re.MULTILINE)


def tested_types():
    """For every operator that has cases of its own: how many of each kind."""
    found = collections.defaultdict(collections.Counter)
    for table in (SHARED / "ops" / "cases.tsv", *sorted((ROOT / "tests" / "data" / "ops").glob("*_cases.tsv"))):
        for line in table.read_text().splitlines()[1:]:
            row = line.split("\t")
            found[row[1]][row[2]] += 1
    return found


def files_of_registrations():
    """For every registration the file that defines it, by the objects of the release build: macros make some names."""
    objects = sorted((ROOT / "build/release/CMakeFiles/linnet_objects.dir/src/ops").glob("*.c.o"))
    listing = subprocess.run(["nm", "-A", "--defined-only", *objects], capture_output=True, text=True, check=True).stdout
    return {symbol: OPS / Path(path).name.removesuffix(".o")
            for path, symbol in re.findall(r"^(\S+\.c\.o):\S+ \w (ln_op_\w+)$", listing, re.MULTILINE)}


def includes(path, seen):
    """All the headers of ops and kernels that a file sees."""
    for name in INCLUDE.findall(path.read_text()):
        header = ROOT / "src" / name
        if header not in seen and header.exists():
            seen.add(header)
            includes(header, seen)
    return seen


def variants():
    """For every kernel family: the instruction sets."""
    found = collections.defaultdict(set)
    for path in KERNELS.glob("*/*.c"):
        family, _, isa = path.stem.rpartition("_")
        isa = "neon" if isa in ("neon32", "neon64") else isa
        if isa in ISAS:
            found[family].add(isa)
    return found


def sets_of(path, found):
    stems = {header.stem for header in includes(path, set()) if KERNELS in header.parents}
    isas = {isa for family, isas in found.items() for isa in isas
            if any(family == stem or family.startswith(stem + "_") for stem in stems)}
    return " ".join(isa for isa in ISAS if isa in isas)


def refused_by_the_original():
    command = ROOT / "build" / "release" / "linnet"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        for operator, form, model in models():
            model.save(path)
            done = subprocess.run([command, "run", path], capture_output=True, text=True, timeout=60, check=False)
            said = done.stderr.strip().partition(f"{operator}: ")[2]
            yield operator, form.replace("q", " quantized"), "runs" if done.returncode == 0 else f"refuses: {said}"


def page():
    types, found, files = tested_types(), variants(), files_of_registrations()
    lines = [INTRODUCTION, "| code | operator | versions | types tested | instruction sets |", "|---|---|---|---|---|"]
    for code, name, first, last, symbol in builtin_ops():
        kinds = ", ".join(f"{kind} ({count})" for kind, count in sorted(types[name].items()))
        lines.append(f"| {code} | {name} | {first}{f'-{last}' if last > first else ''} | {kinds} | {sets_of(files[symbol], found)} |")
    lines += ["\n## Custom operators\n", "| operator | types tested |", "|---|---|"]
    for name, _ in custom_ops():
        lines.append(f"| {name} | {', '.join(f'{kind} ({count})' for kind, count in sorted(types[name].items()))} |")
    notes = (ROOT / "docs" / "operators_differences.tsv").read_text().splitlines()[1:]
    lines.append(DIFFERENCES + "\n".join("| " + " | ".join(line.split("\t")) + " |" for line in notes))
    lines += ["\n## What the original refuses\n", "Models of one operator whose type or form the original's kernel does not take:\n",
              "| operator | form | Linnet |", "|---|---|---|"]
    lines += [f"| {' | '.join(row)} |" for row in refused_by_the_original()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "operators.md"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page())
