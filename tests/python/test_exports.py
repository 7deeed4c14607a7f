"""What the built libraries show of themselves: names, version node, SONAME, what they need of others."""
import csv
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "release"
SHARED_LIBRARY, ARCHIVE = BUILD / "libtensorflowlite_c.so", BUILD / "liblinnet.a"
FACTS = Path(os.environ.get("LINNET_SHARED", ROOT.parent / "shared")) / "facts"

# What the library promises whole; of the other headers some functions.
WHOLE_HEADERS = ("c_api.h", "c_api_experimental.h", "common.h", "operator.h")
AND_ALSO = ["TfLiteXNNPackDelegateOptionsDefault", "TfLiteXNNPackDelegateCreate", "TfLiteXNNPackDelegateDelete",
            "TfLiteOpaqueDelegateCreate", "TfLiteOpaqueDelegateDelete", "TfLiteOpaqueDelegateGetData"]


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def symbols(path, *options):
    """[(kind, name)] as nm lists them."""
    lines = output_of("nm", *options, path).splitlines()
    return [tuple(line.split()[-2:]) for line in lines if len(line.split()) >= 2]


@pytest.fixture(scope="module")
def exported():
    return symbols(SHARED_LIBRARY, "-D", "--defined-only", "--with-symbol-versions")


def test_only_the_interface_at_its_version(exported):
    for kind, name in exported:
        assert (kind, name) == ("A", "VERS_1.0") or (kind == "T" and re.fullmatch(r"(TfLite|Linnet)\w+@@VERS_1\.0", name))


def test_exactly_the_pinned_names(exported):
    """A name that comes or goes is a line in this file's diff."""
    names = sorted(name.split("@")[0] for kind, name in exported if kind == "T")
    assert names == (ROOT / "tests" / "exports" / "exported.txt").read_text().split()


def test_headers_declare_what_is_exported(exported):
    declared = set()
    for header in (ROOT / "include").rglob("*.h"):
        declared |= set(re.findall(r"TFL_CAPI_EXPORT\s+extern\s[^;(]*?(\w+)\(", header.read_text()))
    assert declared == {name.split("@")[0] for kind, name in exported if kind == "T"}


def test_all_that_the_original_headers_declare(exported):
    if not FACTS.is_dir():
        pytest.skip(f"{FACTS} is not there")
    names = {name.split("@")[0] for _, name in exported}
    with open(FACTS / "c_api_functions.tsv", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    wanted = [row["function"] for row in rows if os.path.basename(row["header"]) in WHOLE_HEADERS]
    assert len(wanted) > 120
    assert [name for name in wanted + AND_ALSO if name not in names] == []


def test_soname_and_needs():
    dynamic = output_of("readelf", "-d", SHARED_LIBRARY)
    assert re.findall(r"SONAME.*\[(.*)\]", dynamic) == ["libtensorflowlite_c.so"]
    assert all(re.match(r"lib[cm]\.so|ld-linux", name) for name in re.findall(r"NEEDED.*\[(.*)\]", dynamic))
    assert "RUNPATH" not in dynamic and "RPATH" not in dynamic and "TEXTREL" not in dynamic


def test_never_prints_or_ends_the_program():
    """But for messages to stderr where the caller gave no reporter."""
    needed = {name.split("@")[0] for _, name in symbols(SHARED_LIBRARY, "-D", "--undefined-only")}
    assert "malloc" in needed and not needed & {"exit", "_exit", "abort", "__assert_fail", "printf", "puts", "putchar",
                                                "stdout", "signal", "sigaction", "setlocale", "system", "dlopen"}


def test_archive_keeps_to_its_names():
    names = {name for _, name in symbols(ARCHIVE, "-g", "--defined-only")}
    assert len(names) > 200
    assert sorted(name for name in names if not re.match(r"(TfLite|Linnet|ln_)", name)) == []


def test_clients_record_the_version():
    needs = output_of("readelf", "-V", BUILD / "test_api_version")
    assert re.search(r"File: libtensorflowlite_c\.so.*\n.*Name: VERS_1\.0", needs)
