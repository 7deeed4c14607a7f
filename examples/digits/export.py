"""Writes a trained network as model files: float, and quantized to int8 throughout with calibrated activations.

Weights of convolutions are symmetric per output channel, of the last layer per tensor; biases are int32 at the scale
of input times weight. Both files carry their labels and the description that classifiers have.
"""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from tflite_builder import Model, quantization  # noqa: E402
from tflite_metadata import gray_classifier  # noqa: E402

LABELS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]

# What each layer gives, in the order of the graph: (name, shape).
ACTIVATIONS = [("conv0", [1, 8, 8, 16]), ("pool0", [1, 4, 4, 16]), ("conv1", [1, 4, 4, 32]), ("pool1", [1, 2, 2, 32]),
               ("flat", [1, 128]), ("logits", [1, 10])]


def _weights_as_stored(network):
    """Convolutions [9*C,O] -> [O,3,3,C], the last layer [128,10] -> [10,128]."""
    stored = [w.reshape(3, 3, -1, w.shape[1]).transpose(3, 0, 1, 2) for w in network.weights[:2]]
    return [np.ascontiguousarray(w) for w in stored + [network.weights[2].T]]


def _range_to_int8(low, high):
    """Scale and zero point that map [low, high], widened to hold 0, onto -128 ... 127."""
    low, high = min(float(low), 0.0), max(float(high), 0.0)
    scale = np.float32((high - low) / 255)
    return scale, int(np.clip(np.round(-128 - low / scale), -128, 127))


def _quantize_weights(weights, per_channel):
    """Symmetric int8: (values from -127 to 127, scales)."""
    axes = tuple(range(1, weights.ndim)) if per_channel else None
    scales = np.atleast_1d(np.abs(weights).max(axis=axes) / 127).astype(np.float32)
    divisor = scales.reshape((-1,) + (1,) * (weights.ndim - 1))
    return np.clip(np.round(weights / divisor), -127, 127).astype(np.int8), scales


class _FloatTensors:
    """How the float model stores its tensors."""

    dtype = "FLOAT32"
    versions = {}
    name = "digits float"

    def activation(self, _name):
        return None

    def layer(self, graph, index, weights, bias, _source):
        return graph.const(f"weights{index}", weights), graph.const(f"bias{index}", bias)


class _Int8Tensors:
    """How the int8 model stores its tensors; the ranges come from running the network over `images`."""

    dtype = "INT8"
    versions = {"CONV_2D": 3, "MAX_POOL_2D": 2, "FULLY_CONNECTED": 4, "SOFTMAX": 2}
    name = "digits int8"

    def __init__(self, network, images):
        values = network.forward(images)
        self.parameters = {name: _range_to_int8(values[name].min(), values[name].max())
                           for name in ("conv0", "conv1", "logits")}
        # Pooling and reshaping keep their input's parameters; a probability's are fixed by the format.
        self.parameters.update(image=(np.float32(1 / 255), -128), probability=(np.float32(1 / 256), -128),
                               pool0=self.parameters["conv0"], pool1=self.parameters["conv1"],
                               flat=self.parameters["conv1"])

    def activation(self, name):
        return quantization(*self.parameters[name])

    def layer(self, graph, index, weights, bias, source):
        values, scales = _quantize_weights(weights, per_channel=weights.ndim == 4)
        bias_scales = (self.parameters[source][0] * scales).astype(np.float32)
        steps = np.round(bias.astype(np.float64) / bias_scales).astype(np.int32)
        return (graph.const(f"weights{index}", values, quantization(scales, axis=0)),
                graph.const(f"bias{index}", steps, quantization(bias_scales, axis=0)))


def _model(network, tensors):
    model = Model(description=f"Linnet example: {tensors.name}")
    graph = model.subgraph("main")
    image = graph.input("image", tensors.dtype, [1, 8, 8, 1], quant=tensors.activation("image"))
    values = {name: graph.tensor(name, tensors.dtype, shape, quant=tensors.activation(name))
              for name, shape in ACTIVATIONS}
    probability = graph.output("probability", tensors.dtype, [1, 10], quant=tensors.activation("probability"))
    weights = _weights_as_stored(network)
    layers = [tensors.layer(graph, index, weights[index], network.biases[index], source)
              for index, source in enumerate(("image", "pool0", "flat"))]

    def op(name, inputs, output, **options):
        graph.op(name, inputs, [output], version=tensors.versions.get(name, 1), **options)

    source = image
    for index in (0, 1):
        conv, pool = values[f"conv{index}"], values[f"pool{index}"]
        op("CONV_2D", [source, *layers[index]], conv, padding="SAME", stride_w=1, stride_h=1,
           fused_activation_function="RELU")
        op("MAX_POOL_2D", [conv], pool, padding="VALID", stride_w=2, stride_h=2, filter_width=2, filter_height=2)
        source = pool
    shape = graph.const("flat_shape", np.array([-1, 128], np.int32))
    op("RESHAPE", [source, shape], values["flat"], new_shape=[-1, 128])
    op("FULLY_CONNECTED", [values["flat"], *layers[2]], values["logits"])
    op("SOFTMAX", [values["logits"]], probability, beta=1.0)

    model.signature("serving_default", graph, {"image": image}, {"probability": probability})
    model.metadata("TFLITE_METADATA", gray_classifier(
        tensors.name, "Names the digit in a gray 8x8 picture.", "Apache-2.0", mean=0.0, std=255.0))
    model.attach("labels.txt", "".join(label + "\n" for label in LABELS).encode())
    return model


def float_model(network):
    """The network as a Model in float32."""
    return _model(network, _FloatTensors())


def int8_model(network, images):
    """The network as a Model in int8; `images` calibrate the activations' ranges."""
    return _model(network, _Int8Tensors(network, images))
