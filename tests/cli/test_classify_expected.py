"""Every classified picture of ../shared/models/images/expected.tsv: the same five best, and for quantized models on exact
pictures the same scores bit for bit."""

import csv
import json

import pytest

from conftest import SHARED, linnet, needs_shared

TABLE = SHARED / "images" / "expected.tsv"
OPTIONS = {  # what the table calls it: options
    "bilinear_halfpixel; raw uint8": [],
    "nearest; raw uint8": ["--resize", "nearest"],
    "pil_bilinear; raw uint8": ["--resize", "pil"],
    "grey /255 float, fresh state": [],
    "grey /255, int8 = trunc(v/0.00392156886+-128), fresh state": [],
    "grey, raw uint8 (note: fresh state for every image)": [],
    "grey 96x96; pixel bytes reinterpreted as int8 (the BMP stores int8 values)": ["--raw"],
    "grey 96x96 copied to 3 channels; pixel bytes reinterpreted as int8 (the BMP stores int8 values)": ["--raw"],
}


def rows():
    if not TABLE.is_file():
        return []
    lines = (line for line in TABLE.read_text().splitlines() if not line.startswith("#"))
    return [row for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
            if row["task"] == "classify" and row["runtime"] == "reference kernels"]


def name_of(row):
    return f"{row['model'].split('/')[-1]}-{row['image'].split('/')[-1]}-{row['preprocessing'].split(';')[0]}"


@needs_shared
def test_table_is_whole():
    assert len(rows()) == 130
    assert {row["preprocessing"] for row in rows()} == set(OPTIONS)


@needs_shared
@pytest.mark.parametrize("row", rows(), ids=name_of)
def test_same_as_the_original(row):
    classes = [int(n) for n in row["top5_classes"].split()]
    result = json.loads(linnet("classify", "--model", SHARED / row["model"], "--image", SHARED / row["image"], "--json",
                               "--top", len(classes), *OPTIONS[row["preprocessing"]]))["classes"]
    assert [entry["class"] for entry in result] == classes
    if "float" in row["preprocessing"]:
        scores = [float(score) for score in row["top5_scores"].split()]
        assert [entry["score"] for entry in result] == pytest.approx(scores, rel=2e-5, abs=1e-6)
    else:  # multiples of 1/256, which the table's six digits tell apart
        assert all(entry["score"] * 256 % 1 == 0 for entry in result)
        assert [f"{entry['score']:.6g}" for entry in result] == row["top5_scores"].split()
