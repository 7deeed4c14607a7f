"""Lets the tests import the repository's Python modules."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("scripts", "examples/digits"):
    sys.path.insert(0, str(ROOT / folder))
