"""Strings in the operators that move them: empty ones, shapes that come as data, broadcasting. 4-bit elements, two a byte."""

import numpy as np

from op_cases._one import Const, add, add_packed

I32 = np.int32
WORDS = [b"a", b"", b"three", b"\xc3\xa9t\xc3\xa9", b"a\0b", b"fifth word", b"7", b"a"]


def strings(shape):
    count = int(np.prod(shape))
    array = np.empty(count, object)
    array[:] = [WORDS[i % len(WORDS)] for i in range(count)]
    return array.reshape(shape)


def packed(suite):
    even, odd = np.arange(-8, 8).reshape(4, 4), np.arange(-7, 8).reshape(3, 5)
    add_packed(suite, "SLICE/int4", [odd], [[1, 1], [2, 3]], [2, 3])
    add_packed(suite, "GATHER/int4", [even], [[3, 0, 3]], [3, 4], axis=0)
    add_packed(suite, "TRANSPOSE/int4", [odd], [[1, 0]], [5, 3])
    add_packed(suite, "RESHAPE/int4", [odd], [[5, 3]], [5, 3], new_shape=[5, 3])
    add_packed(suite, "CONCATENATION/int4", [even, even[:2]], [], [6, 4], axis=0)
    add_packed(suite, "CONCATENATION/int4_columns", [even, even[:, :2]], [], [4, 6], axis=1)


def cases(suite):
    packed(suite)
    def case(name, inputs, outputs, **options):
        add(suite, name, inputs, outputs, kind="string", **options)

    for known in (True, False):
        def given(values, known=known):
            return Const(I32(values)) if known else I32(values)

        label = "known" if known else "data"
        case(f"SLICE/string_{label}", [strings((3, 4, 2)), given([1, 0, 1]), given([2, -1, 1])], [("STRING", [2, 4, 1])])
        case(f"SLICE/string_empty_{label}", [strings((3, 4)), given([1, 2]), given([0, 2])], [("STRING", [0, 2])])
        case(f"STRIDED_SLICE/string_{label}", [strings((4, 5)), given([3, 1]), given([0, 5]), given([-2, 2])],
             [("STRING", [2, 2])])
        case(f"STRIDED_SLICE/string_shrunk_{label}", [strings((4, 5)), given([2, 0]), given([3, 5]), given([1, 1])],
             [("STRING", [5])], shrink_axis_mask=1)
        case(f"TILE/string_{label}", [strings((2, 3)), given([2, 2])], [("STRING", [4, 6])])
        case(f"TILE/string_none_{label}", [strings((2, 3)), given([0, 2])], [("STRING", [0, 6])])
        case(f"RESHAPE/string_{label}", [strings((2, 3)), given([3, -1])], [("STRING", [3, 2])])
        case(f"EXPAND_DIMS/string_{label}", [strings((2, 3)), given([1])], [("STRING", [2, 1, 3])])
    for index in (np.int16, np.int32, np.int64):
        case(f"GATHER/string_{np.dtype(index).name}", [strings((6,)), index([[5, 0, 0], [2, 4, 1]])], [("STRING", [2, 3])],
             axis=0)
        case(f"GATHER_ND/string_{np.dtype(index).name}", [strings((2, 3, 2)), index([[1, 2], [0, 0], [1, 2]])],
             [("STRING", [3, 2])])
    case("GATHER/string_none", [strings((6,)), np.zeros((2, 0), I32)], [("STRING", [2, 0])], axis=0)
    case("SQUEEZE/string", [strings((1, 3, 1))], [("STRING", [3])], squeeze_dims=[0])
    for operator in ("EQUAL", "NOT_EQUAL"):
        for label, shapes in {"same": [(2, 4), (2, 4)], "rows": [(3, 1), (4,)], "scalar": [(2, 4), (1,)],
                              "rank4": [(2, 1, 3, 1), (1, 2, 1, 2)]}.items():
            case(f"{operator}/string_{label}", [strings(shapes[0]), np.roll(strings(shapes[1]), 1)],
                 [("BOOL", np.broadcast_shapes(*shapes))])
