"""Models that the original refuses: each runs here, or is refused in one sentence that names the operator."""
import csv
import os
import re
import subprocess
from pathlib import Path

import pytest

from rejected_models import models

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ROOT / "build" / "release" / "linnet"
SHARED = Path(os.environ.get("LINNET_SHARED", ROOT.parent / "shared")) / "ops" / "rejected.tsv"
MODELS = [pytest.param(*entry, id=f"{entry[0]}-{entry[1]}") for entry in models()]


@pytest.mark.parametrize("operator, form, model", MODELS)
def test_runs_or_says_why(tmp_path, operator, form, model):
    path = tmp_path / "model.tflite"
    model.save(path)
    done = subprocess.run([COMMAND, "run", path], capture_output=True, text=True, timeout=60)
    assert done.returncode in (0, 4), f"exit code {done.returncode}, stderr: {done.stderr}"
    if done.returncode == 4:
        assert re.fullmatch(rf"linnet: model\.tflite: subgraph 0, node 0 {operator}: .{{10,}}\n", done.stderr), done.stderr


@pytest.mark.skipif(not SHARED.is_file(), reason="../shared is not there")
def test_every_group_has_a_model():
    with SHARED.open() as table:
        groups = {row["group"] for row in csv.DictReader(table, delimiter="\t")}
    assert groups == {entry.values[0] for entry in MODELS}
