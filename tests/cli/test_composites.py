"""Composites with a kernel of their own use it, and only where it computes what their decomposition does. That the results
are those of the decompositions the golden cases say."""

import json

import pytest
from conftest import DATA, linnet

CASES = [line.split("\t") for line in (DATA / "ops" / "stablehlo_cases.tsv").read_text().splitlines()[1:]]
COMPOSITES = {row[0].split("/")[1]: row for row in CASES if row[1] == "STABLEHLO_COMPOSITE"}
# Their names are those of kernels, but they mean something else.
OTHERS = {"rms_norm_plus_one", "group_norm_other"}


def kernel_of(tmp_path, row):
    content = (DATA / "ops" / row[5]).read_bytes()[int(row[6]):int(row[6]) + int(row[7])]
    path = tmp_path / "composite.tflite"
    path.write_bytes(content)
    report = json.loads(linnet("bench", path, "--runs", 1, "--warmup", 1, "--profile", "--json"))
    return [node["kernel"] for node in report["nodes"] if node["operator"] == "STABLEHLO_COMPOSITE"]


@pytest.mark.parametrize("label", sorted(COMPOSITES))
def test_kernel(tmp_path, label):
    has_kernel = not label.endswith("_by_graph") and label not in OTHERS
    kernels = kernel_of(tmp_path, COMPOSITES[label])
    assert len(kernels) == 1 and kernels[0].startswith("odml." if has_kernel else "") and bool(kernels[0]) == has_kernel
