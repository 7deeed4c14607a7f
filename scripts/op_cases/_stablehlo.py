"""What the cases of StableHLO's operators share: values of every type, models of one operator, and arithmetic by the
specification."""

import itertools

import numpy as np

from op_cases._one import Const, Quantized, type_name
from tflite_builder import Model

TYPES = {name: np.dtype(name) for name in (
    "float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "bool")}
SIGNED = [name for name in TYPES if name.startswith("int")]
UNSIGNED = [name for name in TYPES if name.startswith("uint")]
INTEGERS = SIGNED + UNSIGNED
FLOATS = ["float16", "float32", "float64"]
COMPLEX = ["complex64", "complex128"]
TOLERANCE = {"float16": (1e-3, 2e-3), "float32": (1e-6, 2e-6), "float64": (1e-13, 1e-13), "complex64": (2e-6, 5e-6),
             "complex128": (1e-12, 1e-12)}


def values(suite, name, dtype, shape):
    """Numbers of a type, with its ends among them."""
    random, dtype = suite.random(name), np.dtype(dtype)
    if dtype == np.bool_:
        return random.integers(0, 2, shape).astype(bool)
    if np.issubdtype(dtype, np.complexfloating):
        return (random.normal(0, 1, shape) + 1j * random.normal(0, 1, shape)).astype(dtype)
    if np.issubdtype(dtype, np.floating):
        return random.normal(0, 2, shape).astype(dtype)
    ends = np.iinfo(dtype)
    array = random.integers(max(ends.min, -20), 21, shape).astype(dtype)
    array.flat[:2] = [ends.max, ends.min]
    return array


def scalar_graph(model, dtypes, results, build):
    """A region: a subgraph on scalars. `build(graph, arguments, results)` adds its operators."""
    graph = model.subgraph("region")
    arguments = [graph.input(f"a{i}", dtype.upper(), []) for i, dtype in enumerate(dtypes)]
    outputs = [graph.output(f"r{i}", dtype.upper(), []) for i, dtype in enumerate(results)]
    build(graph, arguments, outputs)


def one_op(operator, **options):
    return lambda graph, arguments, results: graph.op(operator, arguments, results, **options)


def optimized(content, inputs, invokes):
    """The original's optimized kernels: its reference resolver lacks some operators."""
    from ai_edge_litert.interpreter import Interpreter, OpResolverType
    interpreter = Interpreter(model_content=content, num_threads=1,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    interpreter.allocate_tensors()
    for detail, array in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    return [np.array(interpreter.get_tensor(detail["index"])) for detail in interpreter.get_output_details()]


def case(suite, name, inputs, wanted=None, regions=(), outputs=None, tolerance=None, kind=None, operator=None,
         run=None, **options):
    """Adds a case of one operator. `wanted` are its outputs' arrays; None: those of the original (or of `run`), whose
    types and shapes are then in `outputs`. `regions` are functions that add further subgraphs to the model."""
    model = Model()
    graph = model.subgraph("main")
    tensors, arrays = [], []
    for i, entry in enumerate(inputs):
        array = np.asarray(entry.array if isinstance(entry, (Const, Quantized)) else entry)
        quant = getattr(entry, "quant", None)
        if isinstance(entry, Const):
            tensors.append(graph.const(f"c{i}", array, quant))
        else:
            tensors.append(graph.input(f"x{i}", type_name(array), array.shape, quant=quant))
            arrays.append(array)
    if outputs is None:
        outputs = [(type_name(np.asarray(array)), np.asarray(array).shape) for array in wanted]
    results = [graph.output(f"y{i}", output[0], output[1], quant=output[2] if len(output) > 2 else None)
               for i, output in enumerate(outputs)]
    graph.op(operator or name.split("/")[0], tensors, results, **options)
    for region in regions:
        region(model)
    first = outputs[0][0].lower()
    if wanted is not None:
        run = lambda content, inputs, invokes: [np.asarray(array) for array in wanted]  # noqa: E731
    suite.add(name, model, arrays, kind=kind or first, flags="subgraphs" if regions else "-",
              tolerance=tolerance or TOLERANCE.get(first, (0.0, 0.0)), run=run)


# ---- element by element ---------------------------------------------------------------------------------------------

def divided(x, y, bits):
    """Cut towards 0; all bits set where the divisor is 0."""
    if y == 0:
        return 2**bits - 1
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def power(x, y):
    if y < 0:
        return 0 if abs(x) != 1 else x ** (y % 2)
    return x**y


def wrapped(function, a, b):
    """Integers of any size, cut to the type's bits."""
    bits = 8 * a.dtype.itemsize
    numbers = [function(int(x), int(y)) % 2**bits for x, y in zip(a.ravel(), b.ravel())]
    return np.array(numbers, np.uint64).astype(f"uint{bits}").view(a.dtype).reshape(a.shape)


def bfloat(x):
    """The nearest bfloat16, ties to even, as a float32."""
    bits = x.astype(np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16 << 16).astype(np.uint32).view(np.float32)


def convolved(x, w, strides, pads, lhs_dilation, rhs_dilation, reversal, groups, batch_groups):
    """By the definition: x is [N,C,spatial], w [O,C/groups,spatial], the result [N/batch_groups,O,spatial]."""
    spatial = x.ndim - 2
    dilated = np.zeros(x.shape[:2] + tuple((n - 1) * d + 1 for n, d in zip(x.shape[2:], lhs_dilation)), x.dtype)
    dilated[(...,) + tuple(slice(None, None, d) for d in lhs_dilation)] = x
    for axis, (low, high) in enumerate(pads):
        edges = [(0, 0)] * x.ndim
        edges[axis + 2] = (max(low, 0), max(high, 0))
        dilated = np.pad(dilated, edges)
        end = dilated.shape[axis + 2]
        dilated = dilated[(slice(None),) * (axis + 2) + (slice(max(-low, 0), end - max(-high, 0)),)]
    w = w[(slice(None),) * 2 + tuple(slice(None, None, -1 if r else 1) for r in reversal)]
    out = [(n - (k - 1) * d - 1) // s + 1 for n, k, d, s in zip(dilated.shape[2:], w.shape[2:], rhs_dilation, strides)]
    batch, features = x.shape[0] // batch_groups, w.shape[0]
    result = np.zeros((batch, features, *out), "int64" if x.dtype.kind == "i" else x.dtype)
    for image, feature in itertools.product(range(batch), range(features)):
        channel = feature // (features // groups) * w.shape[1]
        source = image + feature // (features // batch_groups) * batch
        for place in itertools.product(*map(range, out)):
            window = dilated[source, channel:channel + w.shape[1]]
            for i in range(spatial):
                at = place[i] * strides[i] + np.arange(w.shape[i + 2]) * rhs_dilation[i]
                window = np.take(window, at, axis=i + 1)
            result[(image, feature, *place)] = (window.astype(result.dtype) * w[feature]).sum()
    return result
