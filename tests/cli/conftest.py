"""What all tests of the command share: how it is called, and where models and pictures lie.

LINNET_COMMAND_PATH names another build of the command than build/release/linnet, LINNET_SHARED another ../shared.
"""

import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LINNET_SHARED", ROOT.parent / "shared")) / "models"
COMMAND = Path(os.environ.get("LINNET_COMMAND_PATH", ROOT / "build" / "release" / "linnet")).resolve()
DIGITS = ROOT / "examples" / "digits"
DATA = ROOT / "tests" / "data"

sys.path.insert(0, str(ROOT / "scripts"))

OK, DIFFERS, USAGE, INPUT, FAILED = range(5)

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")


def linnet(*arguments, expect=OK, **options):
    """Runs the command; returns what it wrote on stdout, after checking its exit code."""
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, errors="strict",
                          timeout=options.pop("timeout", 120), **options)
    assert done.returncode == expect, f"exit code {done.returncode}, stderr: {done.stderr}"
    if expect in (OK, DIFFERS):
        assert done.stderr == ""
    return done.stdout


def refused(*arguments, code, **options):
    """Runs the command, which must refuse with `code`, in one sentence and without output; returns the sentence."""
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, timeout=options.pop("timeout", 120),
                          **options)
    sentence = done.stderr.decode()
    assert done.returncode == code, f"exit code {done.returncode}, stderr: {sentence}"
    assert done.stdout == b""
    assert sentence.startswith("linnet: ") and sentence.count("\n") == 1 and sentence.endswith("\n"), sentence
    assert all(c.isprintable() for c in sentence[:-1]), repr(sentence)
    assert 20 < len(sentence) < 1200, sentence
    return sentence


def bmp(width, height, bits=24, pixels=None, size=None, offset=54, compression=0):
    """A BMP file; `size` = (width, height) in the header where it is to lie."""
    stated_width, stated_height = size or (width, height)
    stride = (width * bits + 31) // 32 * 4
    body = pixels if pixels is not None else bytes(i * 7 % 256 for i in range(stride * height))
    return (b"BM" + struct.pack("<IHHI", 54 + len(body), 0, 0, offset) +
            struct.pack("<IiiHHIIiiII", 40, stated_width, stated_height, 1, bits, compression, len(body), 0, 0, 0, 0) +
            body)
