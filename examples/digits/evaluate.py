"""Runs a digits model file over pictures with the original runtime (pip package ai-edge-litert)."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def probabilities(path, images):
    """[N,10] probabilities of `images` [N,8,8,1] with values from 0 to 1, whatever the model's type."""
    interpreter = Interpreter(model_path=str(path), num_threads=1,
                              experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    source, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if source["dtype"] == np.int8:
        scale, zero_point = source["quantization"]
        images = np.clip(np.round(images / scale) + zero_point, -128, 127).astype(np.int8)
    outputs = []
    for image in images:
        interpreter.set_tensor(source["index"], image[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result["index"])[0])
    outputs = np.stack(outputs).astype(np.float32)
    if result["dtype"] == np.int8:
        scale, zero_point = result["quantization"]
        outputs = (outputs - zero_point) * np.float32(scale)
    return outputs


def margins(outputs, labels):
    """By how much the right class leads the best wrong one; negative where the answer is wrong."""
    rows = np.arange(len(labels))
    others = outputs.copy()
    others[rows, labels] = -1
    return outputs[rows, labels] - others.max(axis=1)
