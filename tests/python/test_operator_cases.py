"""Every operator that the library registers has a golden case."""
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LINNET_SHARED", ROOT.parent / "shared")) / "ops" / "cases.tsv"
OWN = ROOT / "tests" / "data" / "ops"


def registered():
    ops = ROOT / "src" / "ops"
    builtin = re.findall(r"^LN_OP\(\d+, (\w+),", (ops / "builtin_ops.def").read_text(), re.MULTILINE)
    custom = re.findall(r'^LN_CUSTOM_OP\("(\w+)"', (ops / "custom_ops.def").read_text(), re.MULTILINE)
    return builtin + custom


def operators_with_cases():
    found = set()
    for table in (SHARED, *OWN.glob("*cases.tsv")):
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


@pytest.mark.skipif(not SHARED.is_file(), reason="../shared is not there")
def test_the_page_of_operators_is_made_anew(tmp_path):
    subprocess.run([sys.executable, ROOT / "scripts" / "make_operators_doc.py", tmp_path / "page.md"], check=True, timeout=300)
    assert (tmp_path / "page.md").read_text() == (ROOT / "docs" / "operators.md").read_text()
