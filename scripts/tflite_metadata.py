"""The description that image classifiers carry in their file: metadata TFLITE_METADATA, a FlatBuffer of its own.

It names the label file packed into the model, the picture's format and the normalization (pixel - mean) / std.
Only the fields that Linnet writes are known here; slots are those of the format's schema, identifier M001.
"""

from tflite_builder import encode

_AXIS_LABELS = 2  # type of an associated file: one line per element along the last axis
_GRAYSCALE = 2
_IMAGE_PROPERTIES = 2  # tag of the union of contents
_NORMALIZATION = 1  # tag of the union of process units


def _tensor(name, description, content=None, units=None, files=None):
    fields = {0: ("STRING", name), 1: ("STRING", description)}
    if content is not None:
        fields[3] = ("TABLE", content)
    if units is not None:
        fields[4] = ("VECTOR_TABLE", units)
    if files is not None:
        fields[6] = ("VECTOR_TABLE", files)
    return fields


def gray_classifier(name, description, license_text, mean, std, label_file="labels.txt"):
    """The metadata of a classifier of gray pictures with one input and one output of probabilities."""
    content = {0: ("U8", _IMAGE_PROPERTIES), 1: ("TABLE", {0: ("I8", _GRAYSCALE)})}
    unit = {0: ("U8", _NORMALIZATION), 1: ("TABLE", {0: ("VECTOR_F32", [mean]), 1: ("VECTOR_F32", [std])})}
    labels = {0: ("STRING", label_file), 1: ("STRING", "One line per class."), 2: ("I8", _AXIS_LABELS)}
    subgraph = {
        2: ("VECTOR_TABLE", [_tensor("image", "Gray picture, light on dark.", content, [unit])]),
        3: ("VECTOR_TABLE", [_tensor("probability", "Probability of each class.", files=[labels])]),
    }
    return encode(None, {
        0: ("STRING", name), 1: ("STRING", description), 3: ("VECTOR_TABLE", [subgraph]),
        5: ("STRING", license_text), 7: ("STRING", "1.0.0"),
    }, identifier=b"M001")
