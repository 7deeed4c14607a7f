"""One runtime with one model, driven by bench/run.py over its standard input and output.

    python worker.py RUNTIME MODEL THREADS INPUT.npz

Prints a JSON line once it is ready (milliseconds to load and prepare, of the first run, resident bytes, where its outputs lie),
then answers each line `N` with a JSON list of the N runs' milliseconds. Runtimes: linnet, litert, onnxruntime, openvino, mnn, ncnn.
"""
import ctypes
import json
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np
from linnet_c import Library


class Linnet(Library):
    def __init__(self, model, threads):
        super().__init__()
        self.load(model)
        self.prepare(threads)

    def set(self, arrays):
        for i, array in enumerate(arrays):
            tensor = ctypes.c_void_p(self.c.TfLiteInterpreterGetInputTensor(self.interpreter, i))
            data = np.ascontiguousarray(array)
            if self.c.TfLiteTensorCopyFromBuffer(tensor, data.ctypes.data_as(ctypes.c_void_p),
                                                 ctypes.c_size_t(data.nbytes)) != 0:
                raise RuntimeError(f"input {i} does not fit")

    def outputs(self, like):
        result = []
        for i, expected in enumerate(like):
            tensor = ctypes.c_void_p(self.c.TfLiteInterpreterGetOutputTensor(self.interpreter, i))
            data = np.empty(expected.shape, expected.dtype)
            self.c.TfLiteTensorCopyToBuffer(tensor, data.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(data.nbytes))
            result.append(data)
        return result


class LiteRt:
    """The original: its reference kernels or, by default, its own choice of kernels."""

    def __init__(self, model, threads, resolver="AUTO"):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType
        self.interpreter = Interpreter(str(model), num_threads=threads,
                                       experimental_op_resolver_type=getattr(OpResolverType, resolver))
        self.interpreter.allocate_tensors()
        self.run = self.interpreter.invoke

    def set(self, arrays):
        for detail, array in zip(self.interpreter.get_input_details(), arrays):
            self.interpreter.set_tensor(detail["index"], array)

    def outputs(self, _):
        return [self.interpreter.get_tensor(detail["index"]) for detail in self.interpreter.get_output_details()]


class OnnxRuntime:
    def __init__(self, model, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self.binding = self.session.io_binding()

    def set(self, arrays):
        for slot, array in zip(self.session.get_inputs(), arrays):
            self.binding.bind_cpu_input(slot.name, array)
        for slot in self.session.get_outputs():
            self.binding.bind_output(slot.name)

    def run(self):
        self.session.run_with_iobinding(self.binding)

    def outputs(self, _):
        return self.binding.copy_outputs_to_cpu()


class OpenVino:
    def __init__(self, model, threads):
        import openvino
        core = openvino.Core()
        self.compiled = core.compile_model(core.read_model(str(model)), "CPU", {
            "PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32",
            "ENABLE_CPU_PINNING": False})
        self.request = self.compiled.create_infer_request()
        self.make = openvino.Tensor

    def set(self, arrays):
        for i, array in enumerate(arrays):
            self.request.set_input_tensor(i, self.make(np.ascontiguousarray(array)))

    def run(self):
        self.request.start_async()
        self.request.wait()

    def outputs(self, like):
        return [np.array(self.request.get_output_tensor(i).data) for i in range(len(like))]


class Mnn:
    def __init__(self, model, threads):
        import MNN
        self.mnn = MNN
        self.interpreter = MNN.Interpreter(str(model))
        self.session = self.interpreter.createSession({"backend": "CPU", "numThread": threads, "precision": "high"})

    def set(self, arrays):
        for (_, tensor), array in zip(sorted(self.interpreter.getSessionInputAll(self.session).items()), arrays):
            host = self.mnn.Tensor(tuple(array.shape), tensor.getDataType(), np.ascontiguousarray(array),
                                   self.mnn.Tensor_DimensionType_Tensorflow)
            tensor.copyFrom(host)

    def run(self):
        self.interpreter.runSession(self.session)

    def outputs(self, like):
        result = []
        for (_, tensor), expected in zip(sorted(self.interpreter.getSessionOutputAll(self.session).items()), like):
            host = self.mnn.Tensor(tuple(expected.shape), tensor.getDataType(), np.zeros(expected.shape, np.float32),
                                   self.mnn.Tensor_DimensionType_Tensorflow)
            tensor.copyToHostTensor(host)
            result.append(np.array(host.getNumpyData()).reshape(expected.shape).astype(expected.dtype))
        return result


class Ncnn:
    """`model` is the .param file; its .bin lies beside it. Tensors have no batch."""

    def __init__(self, model, threads):
        import ncnn
        self.ncnn = ncnn
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        self.net.opt.use_fp16_packed = self.net.opt.use_fp16_storage = self.net.opt.use_fp16_arithmetic = False
        if self.net.load_param(str(model)) or self.net.load_model(str(model.with_suffix(".bin"))):
            raise RuntimeError("the model does not load")

    def set(self, arrays):
        self.image = self.ncnn.Mat(np.ascontiguousarray(arrays[0][0])).clone()

    def run(self):
        extractor = self.net.create_extractor()
        extractor.input(self.net.input_names()[0], self.image)
        _, self.out = extractor.extract(self.net.output_names()[0])

    def outputs(self, like):
        return [np.array(self.out).reshape(like[0].shape)]


RUNTIMES = {"linnet": Linnet, "litert": LiteRt, "onnxruntime": OnnxRuntime, "openvino": OpenVino, "mnn": Mnn, "ncnn": Ncnn,
            "reference": lambda model, threads: LiteRt(model, threads, "BUILTIN_REF")}


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def main():
    runtime, model, threads, data = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), np.load(sys.argv[4])
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a runtime prints is no answer
    inputs = [data[name] for name in sorted(data) if name.startswith("in")]
    like = [data[name] for name in sorted(data) if name.startswith("out")]
    before, start = resident_bytes(), time.perf_counter()
    worker = RUNTIMES[runtime](model, threads)
    loaded = time.perf_counter()
    worker.set(inputs)
    filled = time.perf_counter()
    worker.run()
    first = time.perf_counter()
    outputs = Path(sys.argv[4]).with_name(f"{Path(sys.argv[4]).stem}.{runtime}.{threads}.npz")
    np.savez(outputs, *worker.outputs(like))
    print(json.dumps({"load_ms": (loaded - start) * 1e3, "first_ms": (first - filled) * 1e3,
                      "resident_bytes": resident_bytes() - before, "outputs": str(outputs)}), file=answers, flush=True)
    run, clock = worker.run, time.perf_counter
    for line in sys.stdin:
        times = []
        for _ in range(int(line)):
            start = clock()
            run()
            times.append((clock() - start) * 1e3)
        print(json.dumps(times), file=answers, flush=True)


if __name__ == "__main__":
    main()
