"""Random chains of convolutions, which threads run at the same time where they are small: the bits of one thread, run after run.
LINNET_SEED and LINNET_CASES repeat or lengthen a run."""

import ctypes
import os

import numpy as np
import pytest
from test_random_shapes import NUMBERS, SEED, Case, Library
from tflite_builder import quantization

CASES, RUNS = int(os.environ.get("LINNET_CASES", 25)), 12


def weights(c, kind, shape, axis):
    """Some filters over floats are of bytes."""
    if kind != "HYBRID" or c.chance(0.2):
        return c.weights(c.activations, shape, axis)
    scales = c.random.uniform(0.005, 0.02, shape[axis]).astype(np.float32) if c.chance(0.7) else 0.01
    return (c.const(c.random.integers(-127, 128, shape).astype(np.int8), quantization(scales, 0, axis if np.ndim(scales) else None)),
            c.const(c.random.normal(0, 1, shape[axis]).astype(np.float32)))


def chain(c, kind):
    """A model of convolutions, by channels and 1 x 1 among them, and sums with what was before; the output's shape."""
    c.activations = "FLOAT32" if kind == "HYBRID" else kind
    shape, quant = [1, c.number(4, 40), c.number(1, 40), c.pick(1, 3, 8, 16, 24)], c.quant(c.activations)
    tensors = [(c.input(c.activations, shape, quant), list(shape))]
    count = c.number(2, 9)
    for i in range(count):
        name = c.pick("DEPTHWISE_CONV_2D", "CONV_2D", "POINT", "POINT", "ADD")
        inputs, options, quant = [tensors[-1][0]], {}, c.quant(c.activations)
        if name == "ADD":
            inputs.append(c.pick(*(tensor for tensor, extents in tensors if extents == shape)))
        else:
            window, columns = 1 if name == "POINT" else c.pick(2, 3, 5), c.pick(8, 16, 40, 64)
            stride = c.pick(1, 1, 2) if name != "POINT" and min(shape[1:3]) > 3 else 1
            options = {"padding": "SAME", "stride_h": stride, "stride_w": stride}
            if name == "DEPTHWISE_CONV_2D":
                columns = shape[3]
                options["depth_multiplier"] = 1
                inputs += c.weights(c.activations, [1, window, window, columns], 3)
            else:
                inputs += weights(c, kind, [columns, window, window, shape[3]], 0)
            shape = [1, -(-shape[1] // stride), -(-shape[2] // stride), columns]
        tensor = (c.graph.output if i == count - 1 else c.graph.tensor)(f"t{i}", c.activations, list(shape), quant=quant)
        c.graph.op("CONV_2D" if name == "POINT" else name, inputs, [tensor], version=2 if name == "ADD" else 3, **options)
        tensors.append((tensor, list(shape)))
    return shape


class Runner(Library):
    """An interpreter that stays."""

    def __init__(self, path, threads):
        super().__init__()
        c = self.c
        self.model = ctypes.c_void_p(c.TfLiteModelCreateFromFile(os.fsencode(path)))
        options = ctypes.c_void_p(c.TfLiteInterpreterOptionsCreate())
        c.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        self.interpreter = ctypes.c_void_p(c.TfLiteInterpreterCreate(self.model, options))
        assert c.TfLiteInterpreterAllocateTensors(self.interpreter) == 0

    def run(self, value, like):
        c, result = self.c, np.empty_like(like)
        tensor = ctypes.c_void_p(c.TfLiteInterpreterGetInputTensor(self.interpreter, 0))
        assert c.TfLiteTensorCopyFromBuffer(tensor, value.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(value.nbytes)) == 0
        assert c.TfLiteInterpreterInvoke(self.interpreter) == 0
        tensor = ctypes.c_void_p(c.TfLiteInterpreterGetOutputTensor(self.interpreter, 0))
        assert c.TfLiteTensorCopyToBuffer(tensor, result.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(result.nbytes)) == 0
        return result

    def close(self):
        self.c.TfLiteInterpreterDelete(self.interpreter)
        self.c.TfLiteModelDelete(self.model)


@pytest.mark.parametrize("kind", ["FLOAT32", "INT8", "UINT8", "HYBRID"])
def test_as_one_thread(kind, tmp_path):
    random = np.random.default_rng([SEED, *kind.encode()])
    for number in range(CASES):
        case = Case(random)
        like = np.empty(chain(case, kind), NUMBERS[case.activations])
        path = tmp_path / f"{number}.tflite"
        case.model.save(path)
        runners = [Runner(path, threads) for threads in (1, 2, 5)]
        for _ in range(RUNS):
            value = np.ascontiguousarray(np.roll(case.inputs[0], 1, axis=1))
            case.inputs[0] = value
            wanted, *others = [runner.run(value, like) for runner in runners]
            for other in others:
                np.testing.assert_array_equal(other, wanted, f"case {number}")
        for runner in runners:
            runner.close()
