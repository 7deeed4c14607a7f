"""Makes a second environment of the measured runtimes for which the processor has AVX2 and no more: build/bench/runtimes-avx2.

    python bench/hide_avx512.py

Runtimes choose kernels by the `cpuid` instruction, which neither an environment variable nor the kernel can change. In copies
of their libraries each `cpuid` is replaced by `ud2`, of the same two bytes; the signal that raises is answered by hide_avx512.c.
`bench/run.py --avx2` then measures all of them, and Linnet with LINNET_CPU=avx2, in one run. Needs gcc and objdump.
"""
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SOURCE = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "bench" / "runtimes"
TARGET = ROOT / "build" / "bench" / "runtimes-avx2"
MEASURED = ("ai_edge_litert", "onnxruntime", "openvino", "mnn", "_mnn", "_tools", "ncnn")  # packages, and their libraries
LINE = re.compile(rb"^\s*([0-9a-f]+):\s+0f a2\s+cpuid")


def sections(library):
    """(address, file offset, size) of the sections that hold code."""
    listing = subprocess.run(["objdump", "-h", "-w", library], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        words = line.split()
        if len(words) > 6 and words[0].isdigit() and "CODE" in line:
            yield int(words[3], 16), int(words[5], 16), int(words[2], 16)


def places(library):
    """The file offsets of the cpuid instructions."""
    ranges = list(sections(library))
    with subprocess.Popen(["objdump", "-d", library], stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            match = LINE.match(line)
            if match:
                address = int(match[1], 16)
                yield from (address - start + offset for start, offset, size in ranges if start <= address < start + size)


def replace(library):
    data = bytearray(library.read_bytes())
    if data[:4] != b"\x7fELF" or b"\x0f\xa2" not in data:
        return
    found = list(places(library))
    for offset in found:
        assert data[offset:offset + 2] == b"\x0f\xa2"
        data[offset:offset + 2] = b"\x0f\x0b"
    if found:
        library.write_bytes(data)
        print(f"{library.name}: {len(found)} replaced", flush=True)


def main():
    shutil.rmtree(TARGET, ignore_errors=True)
    packages, = SOURCE.glob("lib/python3*/site-packages")
    copy = TARGET / packages.relative_to(SOURCE)
    copy.mkdir(parents=True)
    for part in ("bin", "pyvenv.cfg"):
        (TARGET / part).symlink_to(SOURCE / part)
    for entry in packages.iterdir():
        if not entry.name.lower().startswith(MEASURED):
            (copy / entry.name).symlink_to(entry)
        elif entry.is_dir():
            shutil.copytree(entry, copy / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, copy / entry.name)
    for library in sorted(copy.rglob("*.so*")):
        if not library.is_symlink():
            replace(library)
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", TARGET / "hide_avx512.so", Path(__file__).with_suffix(".c")],
                   check=True)


if __name__ == "__main__":
    main()
