"""Makes the table and the chart of what bench/run.py measured.

    python bench/report.py [RESULTS.json...] [--folder docs]

Writes FOLDER/benchmark.md, a section for each record (by default those of all instructions and of AVX2 that exist), and a
chart for each. Every figure is a ratio of minima from one interleaved run.
"""
import argparse
import json
import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from run import STARTS, is_far

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "bench"
INTRO = """# Benchmark

Made by `bench/run.py`, which `make bench` calls. The others' time divided by Linnet's, minima of one interleaved run: above 1,
Linnet is faster. Differences under 10 % are ties. "(far)": the outputs are not the model's (more than two steps, or 5 % of the
largest value, from the reference kernels'); the original's own kernels are not marked. Where the machine has AVX-512, a second
run shows all runtimes the same machine without it (`bench/hide_avx512.py`).

In MobileNetV2 with dynamic range nobody's outputs are near another's, the original's two sets of kernels (14 %) and Linnet (6 %)
included: each of its layers rounds activations to 8 bits, and a step more or less grows from layer to layer."""
LABELS = {"linnet": "Linnet", "litert": "LiteRT (XNNPACK)", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "mnn": "MNN",
          "ncnn": "ncnn"}
COLOURS = {"linnet": "#d1495b", "litert": "#8d99ae", "onnxruntime": "#3d7ea6", "openvino": "#66a182", "mnn": "#edae49",
           "ncnn": "#7d5ba6"}


def is_integer(name):
    return any(word in name for word in ("int8", "uint8"))


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def tables(record):
    runtimes = list(LABELS)
    threads_seen = sorted({t for facts in record["results"].values() for t in facts}, key=int)
    for threads in threads_seen:
        for title, wanted in (("float", False), ("8-bit", True)):
            rows = {name: facts[threads] for name, facts in sorted(record["results"].items())
                    if threads in facts and is_integer(name) == wanted and "min_ms" in facts[threads].get("linnet", {})}
            if not rows:
                continue
            yield f"\n### {title}, {threads} thread{'s' if threads != '1' else ''}\n"
            yield "| model | Linnet, ms (median) | " + " | ".join(LABELS[r] for r in runtimes[1:]) + " |"
            yield "|---|---|" + "---|" * (len(runtimes) - 1)
            ratios = {r: [] for r in runtimes[1:]}
            for name, facts in rows.items():
                own = facts["linnet"]
                cells = []
                for r in runtimes[1:]:
                    other = facts.get(r, {})
                    if "min_ms" not in other:
                        cells.append("")
                        continue
                    ratio = other["min_ms"] / own["min_ms"]
                    far = r != "litert" and is_far(name, other)
                    if not far:
                        ratios[r].append(ratio)
                    cells.append(f"{ratio:.2f}{' (far)' if far else ''}")
                yield f"| {name} | {own['min_ms']:.4g} ({own['median_ms']:.4g}) | " + " | ".join(cells) + " |"
            yield "| geometric mean | | " + " | ".join(f"**{geometric_mean(v):.2f}**" if v else "" for v in ratios.values()) + " |"


def start_table(record):
    yield f"\n### From the model file to the first result, 1 thread, the least of {STARTS} processes\n"
    yield "| model | Linnet: load, first run (ms); memory (MB) | LiteRT: load, first run (ms); memory (MB) |"
    yield "|---|---|---|"
    for name, facts in sorted(record["results"].items()):
        cells = []
        for runtime in ("linnet", "litert"):
            f = facts.get("1", {}).get(runtime, {})
            cells.append(f"{f['load_ms']:.3g}, {f['first_ms']:.3g}; {f['resident_bytes'] / 1e6:.1f}" if "load_ms" in f else "")
        if all(cells):
            yield f"| {name} | {cells[0]} | {cells[1]} |"


def section(record, picture):
    """The lines of one record's section; draws its chart."""
    chart(record, picture)
    yield f"\n## {record['cpu']}, {record['cores']} cores, {record['date']}\n\n![speed of each runtime]({picture.name})"
    yield from tables(record)
    yield from start_table(record)


def chart(record, path):
    names = [name for name in sorted(record["results"], key=lambda n: (is_integer(n), n))
             if "min_ms" in record["results"][name].get("1", {}).get("litert", {})]
    figure, axes = plt.subplots(figsize=(11, 0.62 * len(names) + 1.6))
    height = 0.8 / len(LABELS)
    for i, runtime in enumerate(LABELS):
        places = [n + (i - (len(LABELS) - 1) / 2) * height for n in range(len(names))]
        for name, place in zip(names, places):
            facts = record["results"][name]["1"]
            f = facts.get(runtime, {})
            if "min_ms" in f:
                far = runtime != "litert" and is_far(name, f)
                axes.barh(place, facts["litert"]["min_ms"] / f["min_ms"], height, color=COLOURS[runtime], alpha=0.3 if far else 1)
        axes.barh(0, 0, height, label=LABELS[runtime], color=COLOURS[runtime])
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
    axes.invert_yaxis()
    axes.set_xlabel("speed, LiteRT = 1 (one thread; longer is faster; faint: outputs far from the model's)")
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_title(f"{record['cpu']}, {record['date']}", fontsize=10, pad=24)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncol=len(LABELS), fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = [path for path in (FOLDER / "results.json", FOLDER / "results-avx2.json") if path.exists()]
    parser.add_argument("results", nargs="*", type=Path, default=default)
    parser.add_argument("--folder", type=Path, default=ROOT / "docs")
    options = parser.parse_args()
    options.folder.mkdir(exist_ok=True)
    lines = [INTRO]
    for path in options.results:
        picture = path.stem.replace("results", "benchmark") + ".png"
        lines += section(json.loads(path.read_text()), options.folder / picture)
    (options.folder / "benchmark.md").write_text("\n".join(lines) + "\n")
    print(options.folder / "benchmark.md")


if __name__ == "__main__":
    main()
