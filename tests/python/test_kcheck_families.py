"""Every family of kernels that has rungs is one that kcheck compares; it knows some more, which are made of others' rungs."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_family_is_compared():
    rungs = {name for header in (ROOT / "src/kernels").rglob("*.h")
             for name in re.findall(r"\bln_(\w+)_rungs\(", header.read_text())}
    listed = set(re.findall(r"^KC_FAMILY\((\w+)\)", (ROOT / "tests/kcheck/families.def").read_text(), re.MULTILINE))
    assert rungs, "no family found"
    assert rungs <= listed
    for name in rungs:
        assert f"ln_{name}_rungs(" in (ROOT / f"tests/kcheck/family_{name}.c").read_text()
