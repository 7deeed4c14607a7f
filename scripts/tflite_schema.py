"""The schema of model files for Python, read from src/model/schema.def, the one place that holds it.

Gives tables with their fields, unions, operators' codes and options, and tensor types. Knows nothing of writing or reading files.
"""

import re
from collections import namedtuple
from pathlib import Path

DEFINITION = Path(__file__).resolve().parent.parent / "src" / "model" / "schema.def"

# kind: the type's name in LN_KIND_; target: the table or union that it refers to, or None.
Field = namedtuple("Field", "slot name kind target")

ENUMS = {
    "padding": {"SAME": 0, "VALID": 1},
    "fused_activation_function": {"NONE": 0, "RELU": 1, "RELU_N1_TO_1": 2, "RELU6": 3, "TANH": 4, "SIGN_BIT": 5},
    "mode": {"REFLECT": 0, "SYMMETRIC": 1},
    "combiner": {"SUM": 0, "MEAN": 1, "SQRTN": 2},
    "kernel_type": {"FULL": 0, "BASIC": 1},
    "weights_format": {"DEFAULT": 0, "SHUFFLED4x16INT8": 1},
}


def _parse(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    tables, unions, operators, options, types = {}, {}, {}, {}, {}
    current = None
    for macro, arguments in re.findall(r"\bLN_(\w+)\(([^()]*)\)", text):
        words = [word.strip() for word in arguments.split(",")]
        if macro == "TABLE_BEGIN":
            current = tables.setdefault(words[0], {})
        elif macro == "UNION_BEGIN":
            current = unions.setdefault(words[0], {})
        elif macro == "FIELD":
            _, slot, name, kind, target = words
            target = None if target == "0" else re.sub(r"^LN_(TABLE|UNION)_", "", target)
            current[name] = Field(int(slot), name, kind, target)
        elif macro == "UNION_MEMBER":
            current[words[1]] = int(words[0])
        elif macro == "OPERATOR":
            operators[words[1]] = int(words[0])
            options[words[1]] = None if words[2] == "NONE" else words[2]
        elif macro == "TENSOR_TYPE":
            types[words[1]] = int(words[0])
    return tables, unions, operators, options, types


TABLES, UNIONS, OPERATORS, OPTIONS, TENSOR_TYPES = _parse(DEFINITION.read_text())


def options_field(table):
    """The field of an operator that holds an options table: one of the two unions."""
    return "builtin_options" if table in UNIONS["BuiltinOptions"] else "builtin_options_2"


def enum_value(field, value):
    """The number of an enum constant given by name ("SAME", "RELU", "INT32"); numbers stay as they are."""
    if not isinstance(value, str):
        return int(value)
    names = ENUMS.get(field, TENSOR_TYPES)
    if value not in names:
        raise ValueError(f"{field}: no constant {value}; there are {', '.join(names)}")
    return names[value]
