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


def add_packed(suite, name, arrays, constants, shape, **options):
    """The operator between casts: arrays of whole numbers from -8 to 7, for which numpy has no type."""
    model = Model()
    graph = model.subgraph("main")

    def cast(tensor, source, target):
        graph.op("CAST", [source], [tensor], in_data_type="FLOAT32" if target == "INT4" else "INT4", out_data_type=target)
        return tensor

    inputs = [cast(graph.tensor(f"packed{i}", "INT4", array.shape), graph.input(f"x{i}", "FLOAT32", array.shape), "INT4")
              for i, array in enumerate(arrays)]
    inputs += [graph.const(f"c{i}", np.int32(values)) for i, values in enumerate(constants)]
    result = graph.tensor("packed", "INT4", shape)
    graph.op(name.split("/")[0], inputs, [result], **options)
    cast(graph.output("y", "FLOAT32", shape), result, "FLOAT32")
    suite.add(name, model, [array.astype(np.float32) for array in arrays], kind="int4")
