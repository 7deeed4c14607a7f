"""A case of one operator between the model's inputs and outputs."""

import numpy as np

from tflite_builder import Model, string_data


class Const:
    """An input that the model holds."""

    def __init__(self, array, quant=None):
        self.array, self.quant = array, quant


class Quantized:
    """An input of the model that is quantized."""

    def __init__(self, array, quant):
        self.array, self.quant = array, quant


def type_name(array):
    return "STRING" if array.dtype == object else array.dtype.name.upper()


def add(suite, name, inputs, outputs, version=1, kind=None, tolerance=(0.0, 0.0), **options):
    """Adds the case `OP/label`.

    `inputs` are arrays (of objects for strings), Const or Quantized; `outputs` are (type, shape) or
    (type, shape, quantization). `options` are the operator's.
    """
    model = Model()
    graph = model.subgraph("main")
    tensors, arrays = [], []
    for i, entry in enumerate(inputs):
        array = np.asarray(entry.array if isinstance(entry, (Const, Quantized)) else entry)
        quant = getattr(entry, "quant", None)
        if isinstance(entry, Const):
            data = string_data(list(array.ravel())) if array.dtype == object else array
            tensors.append(graph.tensor(f"c{i}", type_name(array), array.shape, data, quant))
        else:
            tensors.append(graph.input(f"x{i}", type_name(array), array.shape, quant=quant))
            arrays.append(array)
    results = [graph.output(f"y{i}", output[0], output[1], quant=output[2] if len(output) > 2 else None)
               for i, output in enumerate(outputs)]
    graph.op(name.split("/")[0], tensors, results, version=version, **options)
    suite.add(name, model, arrays, kind=kind or (arrays[0].dtype.name if arrays else "int32"), tolerance=tolerance)
