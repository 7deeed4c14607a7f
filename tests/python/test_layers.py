"""The house's laws, read from the sources: who may include whom, who may call the operating system and the allocator,
how long files and functions are, how a file opens. ARCHITECTURE.md says what the layers are."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "include", "examples", "bench", "tests", "fuzz")
FILES = sorted(str(path.relative_to(ROOT)) for folder in FOLDERS for path in (ROOT / folder).rglob("*.*")
               if path.suffix in (".c", ".h", ".def"))
SOURCES = [path for path in FILES if path.endswith((".c", ".h"))]
TEXT = {path: (ROOT / path).read_text() for path in FILES}

C11 = {f"<{name}.h>" for name in (
    "assert complex ctype errno fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdatomic "
    "stdbool stddef stdint stdio stdlib stdnoreturn string tgmath threads time uchar wchar wctype").split()}
SYSTEM = {f"<{name}.h>" for name in (
    "cpuid dirent fcntl pthread sched sys/auxv sys/mman sys/prctl sys/resource sys/stat sys/syscall sys/wait unistd").split()}
PUBLIC = ("tensorflow/lite/", "linnet/")

# Folder: what its files may include besides C11's headers; names that end in "/" are folders. A file belongs to the
# longest that fits.
LAYERS = {
    "include": (*PUBLIC,),
    "src/base": ("base/", *SYSTEM),
    "src/kernels": ("kernels/", "base/cpu.h", "base/compiler.h"),
    "src/kernels/x86": ("kernels/", "base/cpu.h", "base/compiler.h", "<immintrin.h>", "<x86intrin.h>"),
    "src/kernels/arm": ("kernels/", "base/cpu.h", "base/compiler.h", "<arm_neon.h>"),
    "src/ops": ("ops/", "kernels/", *PUBLIC, "base/alloc.h", "base/checked.h", "base/compiler.h",
                "base/entropy.h", "base/together.h"),
    "src/model": ("model/", "base/"),
    "src/runtime": ("runtime/", "model/", "base/", *PUBLIC),
    "src/api": ("api/", "runtime/", "model/", "ops/", "kernels/", "base/", *PUBLIC),
    "src/convert": ("convert/", "model/", "base/", *PUBLIC),
    "src/convert/import": ("convert/", "model/", "base/", *PUBLIC, "tensorflow.pb-c.h", "<hdf5.h>", "<cjson/cJSON.h>",
                           "<zip.h>"),
    "src/cli": (*PUBLIC, *SYSTEM, "<jpeglib.h>", "<png.h>"),
    "examples": (*PUBLIC,),
    "bench": (*PUBLIC, *SYSTEM, "<cpuid.h>", "<ucontext.h>"),
    "tests/api": (*PUBLIC, *SYSTEM, "check.h"),
}


def layer_of(path):
    fitting = [folder for folder in LAYERS if path.startswith(folder + "/")]
    return max(fitting, key=len) if fitting else None


def includes_of(path):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]+([<"][^>"]+[>"])', TEXT[path], re.MULTILINE)


def may_include(path, include):
    name = include if include.startswith("<") else include[1:-1]
    folder = layer_of(path)
    if include in C11:
        return True
    # A neighbour without a folder in its name, for programs: src/cli, tests/api.
    if include.startswith('"') and "/" not in name and str(Path(path).parent / name) in TEXT:
        return folder in ("src/cli", "examples", "bench", "tests/api")
    return any(name == allowed or (allowed.endswith("/") and name.startswith(allowed)) for allowed in LAYERS[folder])


def without_comments(text):
    """The text with comments and literals blanked, lines kept."""
    pattern = r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found.group()), text, flags=re.DOTALL)


def functions_of(text):
    """(line, number of lines) of every function: what stands between a `{` that ends a line and a `}` in column 0."""
    start = None
    head = ""
    for number, line in enumerate(without_comments(text).split("\n"), 1):
        if start is None:
            if line and not line[0].isspace() and line[0] not in "{}#":
                start_of_head, head = number, ""
            head += line
            if line.rstrip().endswith("{") and re.search(r"\)\s*\{\s*$", line) and "=" not in head:
                start = start_of_head
        elif line.startswith("}"):
            yield start, number - start + 1
            start = None


def test_every_layer_is_found():
    for folder in ("src/base", "src/kernels", "src/model", "src/ops", "src/runtime", "src/api", "src/cli", "include"):
        assert any(layer_of(path) == folder for path in FILES), folder
    assert all(layer_of(path) for path in FILES if path.startswith("src/"))


@pytest.mark.parametrize("folder", sorted(LAYERS))
def test_includes(folder):
    wrong = [f"{path} includes {include}" for path in FILES if layer_of(path) == folder
             for include in includes_of(path) if not may_include(path, include)]
    assert not wrong, "\n".join(wrong)


def lines_with(pattern, paths):
    for path in paths:
        for number, line in enumerate(without_comments(TEXT[path]).split("\n"), 1):
            if re.search(pattern, line):
                yield f"{path}:{number}: {line.strip()}"


LIBRARY = [path for path in SOURCES if path.startswith("src/") and not path.startswith("src/cli/")]


def test_one_allocator():
    """Members and parameters that are named `free` are somebody else's functions."""
    pattern = r"(?<![\w.>*])(malloc|calloc|realloc|reallocarray|strdup|strndup|aligned_alloc|posix_memalign|alloca)\s*\("
    assert not list(lines_with(pattern, [path for path in LIBRARY if path != "src/base/alloc.c"]))


def test_library_is_silent():
    """It never prints, exits or aborts; messages without a reporter go to stderr in one place."""
    pattern = r"(?<![\w.>])(abort|exit|_Exit|quick_exit|printf|puts|putchar|fputs|fprintf|vprintf|vfprintf|perror)\s*\("
    assert not list(lines_with(pattern, [path for path in LIBRARY if path != "src/runtime/report.c"]))


def test_compiler_extensions_in_one_place():
    allowed = ("src/base/compiler.h", "src/base/cpu.c")
    pattern = r"__attribute__|__builtin_|__asm__|__extension__|\btypeof\b|__typeof__|__declspec"
    assert not list(lines_with(pattern, [path for path in LIBRARY if path not in allowed]))


def test_nothing_is_left_to_do():
    words = re.compile(r"\b(TODO|FIXME|HACK)\b")
    assert not [path for path in FILES if words.search(TEXT[path])]


def test_files_are_short():
    long = {path: TEXT[path].count("\n") for path in FILES if TEXT[path].count("\n") > 800}
    assert not long


def test_functions_are_short():
    """A kernel's unrolled body may be longer."""
    found = [(path, line, length) for path in SOURCES for line, length in functions_of(TEXT[path])]
    assert len(found) > 1000
    long = [f"{path}:{line}: {length} lines" for path, line, length in found
            if length > 80 and not path.startswith("src/kernels/")]
    assert not long, "\n".join(long)


def opens_with_comment(path):
    return TEXT[path].startswith("/*")


@pytest.mark.parametrize("part", ["src", "include", "examples", "tests", "fuzz"])
def test_files_say_what_they_hold(part):
    """What a .c file holds may be said by the header of the same name, which it then includes first."""
    silent = []
    for path in SOURCES:
        header = str(Path(path).with_suffix(".h"))
        first = TEXT[path].split("\n", 1)[0]
        said_by_header = first.endswith(f'{Path(header).name}"') and header in TEXT and opens_with_comment(header)
        if path.startswith(part + "/") and not opens_with_comment(path) and not said_by_header:
            silent.append(path)
    assert not silent
