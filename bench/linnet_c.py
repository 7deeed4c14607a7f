"""Linnet's library through its C interface, for the programs that measure it. LINNET_LIBRARY names another build's."""
import ctypes
import os
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "build/release/libtensorflowlite_c.so"


class Library:
    def __init__(self):
        self.c = ctypes.CDLL(os.environ.get("LINNET_LIBRARY", str(LIBRARY)))
        for name in ("ModelCreateFromFile", "InterpreterOptionsCreate", "InterpreterCreate", "InterpreterGetInputTensor",
                     "InterpreterGetOutputTensor", "TensorData"):
            getattr(self.c, "TfLite" + name).restype = ctypes.c_void_p
        self.c.TfLiteTensorByteSize.restype = ctypes.c_size_t

    def load(self, model):
        self.model = ctypes.c_void_p(self.c.TfLiteModelCreateFromFile(os.fsencode(model)))

    def prepare(self, threads, cache=None):
        options = ctypes.c_void_p(self.c.TfLiteInterpreterOptionsCreate())
        self.c.TfLiteInterpreterOptionsSetNumThreads(options, threads)
        if cache and self.c.LinnetInterpreterOptionsSetWeightCache(options, os.fsencode(cache)) != 0:
            raise RuntimeError("the cache file is refused")
        self.interpreter = ctypes.c_void_p(self.c.TfLiteInterpreterCreate(self.model, options))
        if self.c.TfLiteInterpreterAllocateTensors(self.interpreter) != 0:
            raise RuntimeError("AllocateTensors fails")
        self.call = self.c.TfLiteInterpreterInvoke  # found once: to look it up takes as long as a small node

    def run(self):
        if self.call(self.interpreter) != 0:
            raise RuntimeError("Invoke fails")
