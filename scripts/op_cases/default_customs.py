"""The custom operators of the original's default resolver: detection, spectrogram, cepstrum, numeric verification."""

import numpy as np
from flatbuffers import flexbuffers

from tflite_builder import Model, quantization


def options(**values):
    return bytes(flexbuffers.Dumps(dict(sorted(values.items()))))


def detection(suite, label, boxes, classes, background=0, ties=False, quant=False, code=4, **settings):
    name = f"TFLite_Detection_PostProcess/{label}"
    random = suite.random(name)
    codes = random.normal(0, 1, (1, boxes, code)).astype(np.float32)
    scores = random.uniform(0, 1, (1, boxes, classes + background)).astype(np.float32)
    if ties:
        scores = np.round(scores * 8) / np.float32(8)
    anchors = np.concatenate([random.uniform(0, 1, (boxes, 2)), random.uniform(0.1, 0.5, (boxes, 2))],
                             axis=1).astype(np.float32)
    model = Model()
    graph = model.subgraph("main")
    if quant:
        codes = random.integers(0, 256, codes.shape, np.uint8)
        scores = random.integers(0, 256, scores.shape, np.uint8)
        anchors = random.integers(60, 256, anchors.shape, np.uint8)
        inputs = [graph.input("codes", "UINT8", codes.shape, quant=quantization(0.02, 120)),
                  graph.input("scores", "UINT8", scores.shape, quant=quantization(1 / 256, 0)),
                  graph.const("anchors", anchors, quant=quantization(0.003, 3))]
    else:
        inputs = [graph.input("codes", "FLOAT32", codes.shape), graph.input("scores", "FLOAT32", scores.shape),
                  graph.const("anchors", anchors)]
    values = {"max_detections": 5, "max_classes_per_detection": 1, "nms_score_threshold": 0.3,
              "nms_iou_threshold": 0.5, "num_classes": classes, "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0,
              "w_scale": 5.0, **settings}
    slots = values["max_detections"] * values["max_classes_per_detection"]
    outputs = [graph.output(f"y{i}", "FLOAT32", shape) for i, shape in
               enumerate(([1, slots, 4], [1, slots], [1, slots], [1]))]
    graph.custom("TFLite_Detection_PostProcess", inputs, outputs, options(**values))
    suite.add(name, model, [codes, scores], flags="custom", kind="uint8" if quant else "float32",
              tolerance=(1e-6, 1e-6))


def detections(suite):
    for kind, settings in (("regular", {"use_regular_nms": True}), ("fast", {})):
        detection(suite, f"{kind}_background", 20, 3, background=1, **settings)
        detection(suite, f"{kind}_ties", 30, 4, ties=True, max_detections=9, **settings)
        detection(suite, f"{kind}_quantized", 30, 3, quant=True, background=1, **settings)
        detection(suite, f"{kind}_wide_codes", 9, 2, code=7, nms_iou_threshold=1.0, **settings)
    # The original leaves what the fast suppression does not fill as it was.
    detection(suite, "regular_few", 12, 2, nms_score_threshold=0.97, use_regular_nms=True)
    detection(suite, "regular_per_class", 30, 3, use_regular_nms=True, detections_per_class=2, max_detections=8)
    detection(suite, "regular_many_classes", 16, 40, background=1, use_regular_nms=True, nms_iou_threshold=0.2)
    detection(suite, "fast_more_than_classes", 12, 2, max_classes_per_detection=2, max_detections=4)
    detection(suite, "fast_two_classes", 25, 5, max_classes_per_detection=2, nms_score_threshold=0.0)


def audio(suite):
    for label, shape, window, stride, squared in (("two_channels", (70, 2), 16, 10, True), ("odd", (90, 1), 25, 7, False),
                                                  ("long", (1100, 1), 480, 160, True), ("short", (10, 1), 16, 4, True),
                                                  ("one", (20, 3), 20, 30, False)):
        name = f"AudioSpectrogram/{label}"
        model = Model()
        graph = model.subgraph("main")
        x = suite.random(name).uniform(-1, 1, shape).astype(np.float32)
        points = 1 << (window - 1).bit_length()
        windows = max(0, 1 + (shape[0] - window) // stride)
        graph.custom("AudioSpectrogram", [graph.input("x", "FLOAT32", shape)],
                     [graph.output("y", "FLOAT32", [shape[1], windows, points // 2 + 1])],
                     options(window_size=window, stride=stride, magnitude_squared=squared))
        suite.add(name, model, [x], flags="custom", tolerance=(1e-5, 1e-5))
    for label, bins, rate, high, low, bands, count in (
            ("usual", 257, 16000, 4000, 20, 40, 13), ("low_rate", 65, 8000, 3999, 300, 10, 10),
            ("narrow_bands", 33, 16000, 7600, 0, 60, 5), ("beyond_the_spectrum", 33, 8000, 4200, 20, 8, 4)):
        name = f"Mfcc/{label}"
        model = Model()
        graph = model.subgraph("main")
        x = suite.random(name).uniform(0, 9, (2, 3, bins)).astype(np.float32)
        graph.custom("Mfcc", [graph.input("x", "FLOAT32", x.shape), graph.const("rate", np.array([rate], np.int32))],
                     [graph.output("y", "FLOAT32", [2, 3, count])],
                     options(upper_frequency_limit=high, lower_frequency_limit=low, filterbank_channel_count=bands,
                             dct_coefficient_count=count))
        suite.add(name, model, [x], flags="custom", tolerance=(2e-5, 1e-5))


def verification(suite):
    for label, dtype, settings in (("int8", np.int8, {"tolerance": 0.01, "log_if_failed": False}),
                                   ("int16", np.int16, {"tolerance": 0.01, "log_if_failed": True}),
                                   ("float16", np.float16, {}), ("strict", np.uint8, {"tolerance": 5.0,
                                                                                     "log_if_failed": True})):
        name = f"NumericVerify/{label}"
        model = Model()
        graph = model.subgraph("main")
        real = suite.random(name).normal(0, 2, (2, 3, 4)).astype(np.float32)
        quant = None if dtype == np.float16 else quantization(0.05, {np.int8: 7, np.uint8: 128}.get(dtype, 0))
        stored = real.astype(dtype) if quant is None else \
            np.clip(np.round(real / 0.05) + quant["zero_point"][0], np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)
        inputs = [graph.input("x", np.dtype(dtype).name.upper(), real.shape, quant=quant),
                  graph.input("reference", "FLOAT32", real.shape)]
        graph.custom("NumericVerify", inputs, [graph.output("y", "FLOAT32", real.shape)], options(**settings))
        suite.add(name, model, [stored, real], flags="custom", kind=np.dtype(dtype).name, tolerance=(1e-7, 0))


def cases(suite):
    detections(suite)
    audio(suite)
    verification(suite)
