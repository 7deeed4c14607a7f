"""What is installed, in a place that nothing was built for: clients find, compile and run it; pages and completions."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "install"
MODEL = ROOT / "tests" / "data" / "dynamic_add.tflite"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"]
COMPILERS = {"c": ["gcc", "-std=c11"], "c++": ["g++", "-std=c++11", "-x", "c++"]}
PREFIXES = ["PREFIX_USUAL", "PREFIX_CORE", "PREFIX_TFLITE"]
COMMANDS = sorted(path.stem[4:] for path in (ROOT / "src" / "cli").glob("cmd_*.c"))


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """The installed tree, moved after its installation."""
    place = tmp_path_factory.mktemp("install")
    run("cmake", "--install", ROOT / "build" / "release", "--prefix", place / "first")
    (place / "first").rename(place / "then")
    return place / "then"


@pytest.fixture(scope="module")
def library(prefix):
    return next(prefix.rglob("libtensorflowlite_c.so")).parent


def client_runs(program, library):
    printed = run(program, MODEL, env=dict(os.environ, LD_LIBRARY_PATH=str(library)))
    assert printed == "2.19.0 3 2 3 4\n"


@pytest.mark.parametrize("language", COMPILERS)
@pytest.mark.parametrize("names", PREFIXES)
def test_pkg_config(prefix, library, tmp_path, language, names):
    environment = dict(os.environ, PKG_CONFIG_PATH=str(library / "pkgconfig"))
    flags = run("pkg-config", "--cflags", "--libs", "linnet", env=environment).split()
    program = tmp_path / "client"
    run(*COMPILERS[language], *STRICT, f"-D{names}", SOURCES / "client.c", "-x", "none", "-o", program, *flags)
    client_runs(program, library)
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("pkg-config", "--modversion", "linnet", env=environment))


def test_archive(prefix, library, tmp_path):
    program = tmp_path / "client"
    run("gcc", *STRICT, f"-I{prefix / 'include'}", SOURCES / "client.c", library / "liblinnet.a", "-lm", "-pthread", "-o",
        program)
    client_runs(program, "/nowhere")


def test_find_package(prefix, library, tmp_path):
    run("cmake", "-S", SOURCES, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--build", tmp_path)
    for program in ("c_tensorflowlite_c", "cxx_tensorflowlite_c", "c_linnet", "cxx_linnet"):
        client_runs(tmp_path / program, library)


def test_find_package_knows_its_version(prefix, tmp_path):
    (tmp_path / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(late C)\n"
                                             "find_package(Linnet 99.0 REQUIRED)\n")
    done = subprocess.run(["cmake", "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={prefix}"],
                          capture_output=True, text=True)
    assert done.returncode != 0 and "99.0" in done.stderr


def headers_of(prefix):
    return sorted(str(path.relative_to(prefix / "include")) for path in (prefix / "include").rglob("*.h"))


@pytest.mark.parametrize("compiler", [["gcc", "-std=c11"], ["clang", "-std=c11"], ["gcc", "-std=c99", "-Wno-pedantic"],
                                      ["g++", "-std=c++11", "-Wold-style-cast"], ["g++", "-std=c++20"],
                                      ["clang++", "-std=c++17"]], ids=" ".join)
def test_each_header_stands_alone(prefix, tmp_path, compiler):
    suffix = ".cc" if "++" in compiler[0] else ".c"
    files = []
    for number, header in enumerate(headers_of(prefix)):
        files.append(tmp_path / f"{number}{suffix}")
        files[-1].write_text(f'#include "{header}"\n#include "{header}"\ntypedef int not_empty;\n')
    assert len(files) > 25
    run(compiler[0], *STRICT, *compiler[1:], "-fsyntax-only", f"-I{prefix / 'include'}", *files)


def test_all_prefixes_have_all_headers(prefix):
    headers = headers_of(prefix)
    usual = {os.path.basename(name) for name in headers if name.startswith("tensorflow/lite/c/")}
    assert {"c_api.h", "c_api_experimental.h", "c_api_types.h", "common.h", "operator.h", "builtin_op_data.h"} <= usual
    for folder in ("tensorflow/lite/core/c", "tflite/c", "tflite/core/c"):
        assert usual <= {os.path.basename(name) for name in headers if os.path.dirname(name) == folder}
    for name in ("tensorflow/lite/builtin_ops.h", "tflite/builtin_ops.h", "linnet/linnet.h",
                 "tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h",
                 "tensorflow/lite/delegates/external/external_delegate.h"):
        assert name in headers


def test_nothing_of_the_build_is_named(prefix):
    for path in prefix.rglob("*"):
        if path.suffix in (".cmake", ".pc", ".h", ".1"):
            assert str(ROOT) not in path.read_text(), path


def test_command(prefix):
    assert re.search(r"\d+\.\d+\.\d+", run(prefix / "bin" / "linnet", "--version", cwd="/"))
    assert "FLOAT32 [?, 3]" in run(prefix / "bin" / "linnet", "inspect", MODEL, cwd="/")


@pytest.mark.parametrize("page", ["linnet", *(f"linnet-{name}" for name in COMMANDS)])
def test_man_page(prefix, page):
    path = prefix / "share" / "man" / "man1" / f"{page}.1"
    text = path.read_text()
    assert text.startswith(".TH ") and ".SH NAME\n" in text and ".SH EXIT STATUS\n" in text
    if shutil.which("man") is None:
        pytest.skip("man is not there")
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", path], capture_output=True, text=True,
                          env=dict(os.environ, MANWIDTH="80", MANROFFSEQ=""))
    assert done.returncode == 0 and done.stderr == ""
    plain = re.sub("\x1b\\[[0-9;]*m|.\x08", "", done.stdout)
    assert page in plain and ("COMMANDS" if page == "linnet" else "OPTIONS") in plain


def complete(prefix, *words):
    script = prefix / "share" / "bash-completion" / "completions" / "linnet"
    quoted = " ".join(f"'{word}'" for word in words)
    return run("bash", "-c", f"source {script}; COMP_WORDS=(linnet {quoted}); COMP_CWORD={len(words)}; _linnet; "
                             "printf '%s\\n' \"${COMPREPLY[@]}\"", cwd=MODEL.parent).split()


def test_bash_completion(prefix):
    assert set(complete(prefix, "")) >= {*COMMANDS, "help"}
    assert complete(prefix, "cl") == ["classify"]
    assert "--image" in complete(prefix, "classify", "--")
    assert "--image" not in complete(prefix, "bench", "--")
    assert complete(prefix, "run", "--model", "dynamic") == ["dynamic_add.tflite"]


def test_zsh_completion(prefix):
    script = prefix / "share" / "zsh" / "site-functions" / "_linnet"
    text = script.read_text()
    assert text.startswith("#compdef linnet\n")
    assert all(f"    {name}) _arguments" in text for name in COMMANDS)
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not there")
    run("zsh", "-n", script)
