"""Runs the tests and adds up what they count.

    python3 tests/run.py quick|full

Every step is a program that prints `N passed, N failed, N skipped` last (or a pytest run). The last line of this one is the
sum. A step whose program fails without counting a failure counts as one. Exits 1 when anything failed.
"""
import json
import os
import platform
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.abspath(os.environ.get("LINNET_SHARED", os.path.join(ROOT, "..", "shared")))
PYTHON = os.path.join(ROOT, "build", "venv", "bin", "python")
COUNTS = re.compile(r"^(\d+) passed, (\d+) failed, (\d+) skipped$")
PYTEST = re.compile(r"(\d+) (passed|failed|skipped|error)")
SKIP = ("golden_models", "golden_ops", "golden_own_ops")  # of CTest's tests: run in ways of their own


def counts_of(output):
    """The last line of counts as [passed, failed, skipped], None where there is none."""
    for line in reversed(output.splitlines()):
        match = COUNTS.match(line.strip())
        if match:
            return [int(n) for n in match.groups()]
        if " in " in line and PYTEST.search(line):
            found = {word: int(n) for n, word in PYTEST.findall(line)}
            return [found.get("passed", 0), found.get("failed", 0) + found.get("error", 0), found.get("skipped", 0)]
    return None


def run_step(step):
    """Runs one step; returns its name, counts, output and seconds."""
    name, command, environment, limit_s = step
    start = time.monotonic()
    env = dict(os.environ, LINNET_SHARED=SHARED, PYTHONDONTWRITEBYTECODE="1", **environment)
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=limit_s)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        output, code = (error.stdout or b"").decode(errors="replace") + f"\nno end after {limit_s} s", 1
    except OSError as error:
        output, code = str(error), 1
    counts = counts_of(output) or ([1, 0, 0] if code == 0 else [0, 1, 0])
    if code != 0 and counts[1] == 0:
        counts[1] = 1
    return name, counts, output, time.monotonic() - start


def build(preset, jobs=2):
    """Builds a preset; returns True if it worked, and prints the compiler's words if not."""
    for command in (["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset, f"-j{jobs}"]):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            print(done.stdout)
            return False
    return True


def programs(preset, prefix=(), environment=None, skip=SKIP):
    """The test programs of a build, all that CTest knows, as steps; run without CTest, which hides their counts."""
    listing = subprocess.run(["ctest", "--test-dir", os.path.join("build", preset), "--show-only=json-v1"], cwd=ROOT,
                             stdout=subprocess.PIPE, text=True, check=True)
    tests = json.loads(listing.stdout)["tests"]
    return [(f"{preset}: {test['name']}", [*prefix, *test["command"]], environment or {}, 1200)
            for test in tests if test["name"] not in skip]


def golden(preset, threads, prefix=(), environment=None):
    """The golden cases: all models, all operators, our own."""
    path = os.path.join("build", preset, "golden")
    runs = [("models", ["models"]),
            ("ops", ["ops", "--mistaken", os.path.join("tests", "golden", "ops_mistaken.tsv")]),
            ("own ops", ["ops", "--folder", os.path.join("tests", "data")])]
    return [(f"{preset}: golden {what}, threads {threads}", [*prefix, path, *words, "--threads", threads],
             environment or {}, 2400) for what, words in runs]


def pytest(folder, *options, environment=None):
    """The Python tests of a folder as a step."""
    return (" ".join([folder, *options]), [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder, *options],
            environment or {}, 1200)


def tensorflow():
    """TensorFlow judges the converter, in its own environment; what takes long first."""
    python = os.path.join(ROOT, "build", "tensorflow-venv", "bin", "python")
    return [(f"tensorflow: {name}", [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/convert/{name}.py"], {}, 2400)
            for name in ("test_applications", "test_keras", "test_tensorflow_ops", "test_state", "test_tensorflow")]


def emulated(preset, emulator, environment, threads, rungs, processors):
    """All on the emulator's best processor; the models on lower rungs too, the kernels on lesser processors too."""
    best = [emulator, "-cpu", "max"]
    kcheck, models = os.path.join("build", preset, "kcheck"), os.path.join("build", preset, "golden")
    return [*golden(preset, threads, best, environment), *programs(preset, best, environment),
            *((f"{preset}: golden models, {rung}", [*best, models, "models", "--threads", "2"],
               {**environment, "LINNET_CPU": rung}, 2400) for rung in rungs),
            *((f"{preset}: kcheck, {processor}", [emulator, "-cpu", processor, kcheck], environment, 1200)
              for processor in processors)]


def lacking(preset, models, environment=None):
    """The x86 rungs whose instructions this processor may lack, emulated: kernels, operators, and by rung some models."""
    if platform.machine() not in ("x86_64", "AMD64"):
        return []
    kcheck, path = os.path.join("build", preset, "kcheck"), os.path.join("build", preset, "golden_emulated")
    ops = ["ops", "--mistaken", os.path.join("tests", "golden", "ops_mistaken.tsv")]
    runs = [(rung, words) for rung, pick in models.items() for words in (ops, ["models", "--filter", pick])]
    return [(f"{preset}: kcheck, emulated", [kcheck, "--emulate", "--rounds", "30"],
             environment or {}, 1200),
            *((f"{preset}: golden {words[0]}, emulated {rung}", [path, *words, "--threads", "2"],
               {**(environment or {}), "LINNET_CPU": rung}, 2400) for rung, words in runs)]


def quick_plan():
    return [("release", lambda: [*golden("release", "1,2,4"), *programs("release"), pytest("tests/python"),
                                 *lacking("release", {"amx": "tiny/", "avxvnni": "tiny/ad01"}),
                                 pytest("tests/cli"), pytest("tests/convert")])]


def full_plan():
    asan = {"ASAN_OPTIONS": "detect_leaks=1:allocator_may_return_null=1"}
    arm = {"QEMU_LD_PREFIX": "/usr/aarch64-linux-gnu"}
    arm32 = {"QEMU_LD_PREFIX": "/usr/arm-linux-gnueabihf"}
    tsan = {"TSAN_OPTIONS": "allocator_may_return_null=1"}
    threadless = (*SKIP, "test_alloc_convert")
    return quick_plan() + [
        ("release", tensorflow),
        ("release", lambda: [("lint", ["scripts/lint.sh"], {}, 2400)]),
        ("asan", lambda: [*golden("asan", "1,4", environment=asan), *programs("asan", environment=asan),
                          *lacking("asan", {"amx": "tiny/", "avxvnni": "tiny/kws"}, asan),
          ("asan: every allocation fails", ["build/asan/test_alloc_failure", "all"], asan, 1200)]),
        ("tsan", lambda: [*golden("tsan", "4", environment=tsan), *programs("tsan", environment=tsan, skip=threadless)]),
        ("aarch64", lambda: emulated("aarch64", "qemu-aarch64", arm, "1,4", ["neon", "dotprod"], ["cortex-a53", "cortex-a76"])),
        ("armhf", lambda: emulated("armhf", "qemu-arm", arm32, "2", [], ["cortex-a7", "cortex-a8"])),
    ]


def main():
    tier = sys.argv[1] if len(sys.argv) > 1 else "quick"
    if tier not in ("quick", "full"):
        sys.exit(__doc__)
    total = [0, 0, 0]
    if not os.path.isdir(SHARED):
        print(f"{SHARED} is not there: golden tests are skipped")
    for preset, steps in quick_plan() if tier == "quick" else full_plan():
        if not build(preset):
            print(f"{preset}: does not build")
            total[1] += 1
            continue
        with ThreadPoolExecutor(max_workers=2) as pool:
            for name, counts, output, seconds in pool.map(run_step, steps()):
                total = [a + b for a, b in zip(total, counts)]
                print(f"{name:60} {counts[0]} passed, {counts[1]} failed, {counts[2]} skipped ({seconds:.0f} s)", flush=True)
                if counts[1]:
                    print("\n".join("    " + line for line in output.splitlines()[-60:]), flush=True)
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] else 0)


if __name__ == "__main__":
    main()
