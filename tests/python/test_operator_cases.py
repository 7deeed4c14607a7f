"""Every operator that the library registers has a golden case."""
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LINNET_SHARED", ROOT.parent / "shared")) / "ops" / "cases.tsv"
OWN = sorted((ROOT / "tests" / "data" / "ops").glob("*_cases.tsv"))


def registered():
    ops = ROOT / "src" / "ops"
    builtin = re.findall(r"^LN_OP\(\d+, (\w+),", (ops / "builtin_ops.def").read_text(), re.MULTILINE)
    custom = re.findall(r'^LN_CUSTOM_OP\("(\w+)"', (ops / "custom_ops.def").read_text(), re.MULTILINE)
    return builtin + custom


def operators_with_cases():
    found = set()
    for table in (SHARED, *OWN):
        if table.is_file():
            for line in table.read_text().splitlines()[1:]:
                row = line.split("\t")
                found.add(row[1])
                found |= {name.split(":")[0].removeprefix("CUSTOM.") for name in row[16].split(",")}
    return found


@pytest.mark.skipif(not SHARED.is_file(), reason="../shared is not there")
def test_every_operator_has_a_case():
    found = operators_with_cases()
    assert [name for name in registered() if name not in found] == []


def test_no_operator_twice():
    assert len(set(registered())) == len(registered())
