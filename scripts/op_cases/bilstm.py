"""BIDIRECTIONAL_SEQUENCE_LSTM: float, and weights of 8 bits under both names; everything that can be left out.

Merged outputs with the batch first are left out: there the original reads and writes beside its state."""

import itertools

import numpy as np

from tflite_builder import OPTIONAL, Model, quantization

STEPS, ROWS, INPUTS, AUX_INPUTS, CELLS, OUTPUTS = 3, 2, 4, 3, 5, 2
GATES = range(4)


class Cell:
    """One direction's tensors; `kind` is f(loat), h(ybrid) or u (the same called UINT8)."""

    def __init__(self, graph, random, kind, coupled, peepholes, projection):
        self.graph, self.random, self.kind, self.coupled = graph, random, kind, coupled
        outputs = OUTPUTS if projection else CELLS
        self.weights = self.gates(CELLS, INPUTS) + self.gates(CELLS, outputs)
        self.weights += self.gates(CELLS)[:3] if peepholes else [OPTIONAL] * 3
        self.weights += [OPTIONAL if self.coupled and gate == 0 else self.floats(CELLS) for gate in GATES]
        self.weights += [self.matrix(OUTPUTS, CELLS) if projection else OPTIONAL,
                         self.floats(OUTPUTS) if projection == "bias" else OPTIONAL]
        self.state = [graph.tensor("state", "FLOAT32", [ROWS, width], variable=True) for width in (outputs, CELLS)]
        self.outputs = outputs

    def floats(self, *shape):
        return self.graph.const("bias", (self.random.normal(size=shape) * 0.3).astype(np.float32))

    def matrix(self, *shape):
        values = (self.random.normal(size=shape) * 0.5).astype(np.float32)
        if self.kind == "f":
            return self.graph.const("weights", values)
        scale = np.abs(values).max() / 127
        name = "INT8" if self.kind == "h" else "UINT8"
        return self.graph.tensor("weights", name, shape, np.round(values / scale).astype(np.int8), quantization(scale))

    def gates(self, *shape):
        return [OPTIONAL if self.coupled and gate == 0 else self.matrix(*shape) for gate in GATES]


def build(random, kind, coupled, peepholes, projection, aux, merged, time_major, **options):
    model = Model()
    graph = model.subgraph("main")
    sequence = [STEPS, ROWS] if time_major else [ROWS, STEPS]
    x = graph.input("x", "FLOAT32", [*sequence, INPUTS])
    arrays = [random.normal(size=(*sequence, INPUTS)).astype(np.float32)]
    width = {"weights": AUX_INPUTS, "input": INPUTS, None: 0}[aux]
    second = OPTIONAL
    if aux:
        second = graph.input("aux", "FLOAT32", [*sequence, width])
        arrays.append(random.normal(size=(*sequence, width)).astype(np.float32))
    cells = [Cell(graph, random, kind, coupled[i], peepholes, projection) for i in range(2)]
    aux_weights = [tensor for cell in cells
                   for tensor in (cell.gates(CELLS, width) if aux == "weights" else [OPTIONAL] * 4)]
    tensors = [x, *cells[0].weights, *cells[1].weights, *cells[0].state, *cells[1].state, second, *aux_weights]
    widths = [cell.outputs for cell in cells]
    outputs = [graph.output(f"y{i}", "FLOAT32", [*sequence, extent])
               for i, extent in enumerate([sum(widths)] if merged else widths)]
    graph.op("BIDIRECTIONAL_SEQUENCE_LSTM", tensors, outputs, version=3, merge_outputs=merged, time_major=time_major,
             **options)
    return model, arrays


def cases(suite):
    number = 0
    for kind, aux, order in itertools.product("fhu", (None, "weights", "input"), ("time", "batch", "merged")):
        name = f"BIDIRECTIONAL_SEQUENCE_LSTM/{kind}_{aux or 'single'}_{order}"
        random = suite.random(name)
        model, arrays = build(
            random, kind, coupled=(number % 2, number // 2 % 2), peepholes=number % 3 > 0,
            projection=(None, "weights", "bias")[number % 3], aux=aux, merged=order == "merged",
            time_major=order != "batch", fused_activation_function=("TANH", "RELU", "RELU6")[number // 3 % 3],
            cell_clip=(0.0, 0.5)[number % 2], proj_clip=(0.0, 0.3)[number // 2 % 2],
            asymmetric_quantize_inputs=kind != "f" and number % 2 == 0)
        suite.add(name, model, arrays, invokes=2, kind="float32" if kind == "f" else "hybrid", flags="stateful",
                  tolerance=(2e-6, 2e-5) if kind == "f" else (1e-5, 1e-3))
        number += 1
