"""Trains the digits classifier and writes digits_float.tflite, digits_int8.tflite, seven.bmp and accuracy.json.

Run it with any working folder; what it writes goes next to this file, or to the folder given as argument.
"""

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the sums' order, and so the last bits, depend on it

import numpy as np  # noqa: E402

import evaluate  # noqa: E402
import export  # noqa: E402
import network  # noqa: E402
import picture  # noqa: E402

HERE = Path(__file__).resolve().parent
PICTURED = 87  # the held-back sample in the bundled picture: a plain seven
SIDE = 64  # the picture's size in pixels


def shown_picture(image):
    """An [8,8] sample from 0 to 1 as a picture of 64x64 pixels from 0 to 255."""
    return np.round(picture.resize(image, SIDE) * 255)


def reductions(pixels):
    """The picture reduced to the model's input in each way that programs do it, [3,8,8,1] from 0 to 1."""
    small = [picture.resize(pixels, 8, sampling) for sampling in ("half_pixel", "corner", "area")]
    return (np.round(np.stack(small)) / 255).astype(np.float32)[..., np.newaxis]


def smallest_lead(paths, pixels, label):
    """By how much the models at least name `label`, over all models and ways to reduce the picture."""
    small = reductions(pixels)
    labels = np.full(len(small), label)
    return min(float(evaluate.margins(evaluate.probabilities(path, small), labels).min()) for path in paths)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
    images, labels, held_images, held_labels = network.load()
    trained = network.train(images, labels)
    models = {"float": export.float_model(trained), "int8": export.int8_model(trained, images)}
    paths = {name: folder / f"digits_{name}.tflite" for name in models}
    report = {"training_samples": len(labels), "held_back_samples": len(held_labels)}
    print(f"{'model':8}{'bytes':>8}{'right':>8}{'of':>6}{'accuracy':>11}")
    for name, model in models.items():
        size = model.save(paths[name])
        right = int((evaluate.probabilities(paths[name], held_images).argmax(axis=1) == held_labels).sum())
        accuracy = round(right / len(held_labels), 4)
        report[name] = {"size_bytes": size, "right": right, "accuracy": accuracy}
        print(f"{name:8}{size:8}{right:8}{len(held_labels):6}{accuracy:11.2%}")
    pixels = shown_picture(held_images[PICTURED, :, :, 0])
    lead = smallest_lead(paths.values(), pixels, held_labels[PICTURED])
    if lead < 0.9:
        sys.exit(f"the pictured sample leads by {lead:.3f} only; choose another")
    picture.write_bmp(folder / "seven.bmp", pixels)
    report["picture"] = {"held_back_index": PICTURED, "smallest_lead": round(lead, 3)}
    (folder / "accuracy.json").write_text(json.dumps(report, indent=2) + "\n")
    print(f"seven.bmp: held-back sample {PICTURED}, named with a lead of {lead:.3f}; its values from 0 to 16:")
    for row in np.round(held_images[PICTURED, :, :, 0] * 16).astype(int):
        print("  " + ", ".join(f"{value:2}" for value in row) + ",")


if __name__ == "__main__":
    main()
