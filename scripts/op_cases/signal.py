"""The Signal operators, whose outputs come from the microcontroller runtime (pip: tflite-micro)."""

import numpy as np
from flatbuffers import flexbuffers

from tflite_builder import Model

INTEGERS = {"INT16": np.int16, "INT32": np.int32, "FLOAT32": np.float32}
TYPE_NUMBERS = {"FLOAT32": 0, "INT32": 2, "INT16": 7}  # as the operators' option T has them


def micro(outputs):
    """Runs a model in the microcontroller runtime; `outputs` are its outputs' numpy types and shapes."""
    def run(content, inputs, invokes):
        from tflite_micro.python.tflite_micro import runtime
        interpreter = runtime.Interpreter.from_bytes(content, arena_size=1 << 22)
        for _ in range(invokes):
            for index, array in enumerate(inputs):
                interpreter.set_input(array, index)
            interpreter.invoke()
        return [np.array(interpreter.get_output(i)).astype(dtype, casting="safe").reshape(shape)
                for i, (dtype, shape) in enumerate(outputs)]
    return run


def options(**values):
    return bytes(flexbuffers.Dumps(dict(sorted(values.items()))))


def add(suite, name, inputs, outputs, settings=None, invokes=1):
    """`inputs` are arrays, those in a list of one constant; `outputs` (type, shape)."""
    model = Model()
    graph = model.subgraph("main")
    tensors, given = [], []
    for i, array in enumerate(inputs):
        if isinstance(array, list):
            tensors.append(graph.const(f"c{i}", array[0]))
        else:
            tensors.append(graph.input(f"x{i}", array.dtype.name.upper(), array.shape))
            given.append(array)
    results = [graph.output(f"y{i}", dtype, shape) for i, (dtype, shape) in enumerate(outputs)]
    graph.custom(name.split("/")[0], tensors, results, options(**(settings or {})))
    kinds = [(np.dtype(dtype.lower()), shape) for dtype, shape in outputs]
    suite.add(name, model, given, invokes=invokes, kind=given[0].dtype.name, flags="custom" if invokes == 1 else "custom,stateful",
              tolerance=(1e-6, 1e-5), run=micro(kinds))


def samples(suite, name, shape, dtype=np.int16, amplitude=1.0):
    values = suite.random(name).uniform(-amplitude, amplitude, shape)
    limit = 1 if dtype == np.float32 else np.iinfo(dtype).max
    return (values * limit).astype(dtype)


def window_and_scale(suite):
    for label, shape, shift in (("frames", (3, 40), 12), ("wide", (40,), 8), ("clamped", (2, 40), 0)):
        name = f"SignalWindow/{label}"
        x = samples(suite, name, shape)
        weights = (4095 * np.hanning(40)).astype(np.int16)
        add(suite, name, [x, [weights]], [("INT16", shape)], {"shift": shift})
    extreme = {"loud": [-32768, 3, 5], "loud_last": [3, 5, -32768], "zeros": [0, 0, 0], "one": [1, 0, -1],
               "quiet": [-100, 77, 3]}
    for label, values in extreme.items():
        x = np.array(values, np.int16)
        add(suite, f"SignalFftAutoScale/{label}", [x], [("INT16", x.shape), ("INT32", [])])


def transforms(suite):
    # Radices 2, 3, 4, 5 alone and together; the runtime has no others.
    lengths = [(n, n) for n in (4, 6, 8, 10, 16, 24, 30, 64, 360, 512)] + [(64, 40)]
    for dtype, length, frame in [(dtype, *pair) for dtype in INTEGERS for pair in lengths]:
        name = f"SignalRfft/{dtype.lower()}_{length}_{frame}"
        x = samples(suite, name, (2, frame), INTEGERS[dtype])
        settings = {"T": TYPE_NUMBERS[dtype], "fft_length": length}
        add(suite, name, [x], [(dtype, (2, length + 2))], settings)
        if frame == length:
            name = f"SignalIrfft/{dtype.lower()}_{length}"
            x = samples(suite, name, (2, length + 2), INTEGERS[dtype], 0.5)
            add(suite, name, [x], [(dtype, (2, length))], settings)
    x = samples(suite, "SignalEnergy", (66,))
    x[:4] = (-32768, -32768, 32767, 0)
    add(suite, "SignalEnergy/all", [x], [("UINT32", (33,))], {"start_index": 0, "end_index": 33})


def filter_bank(suite):
    random = suite.random("filter bank")
    spectrum = random.integers(0, 1 << 32, 60, dtype=np.uint32)
    widths = np.array([4, 4, 8, 0, 12, 8], np.int16)
    starts = np.array([2, 6, 10, 0, 18, 30], np.int16)
    weight_starts = np.array([0, 4, 8, 16, 16, 28], np.int16)
    weights = random.integers(-4096, 4096, 36).astype(np.int16)
    add(suite, "SignalFilterBank/bands", [spectrum, [weights], [4095 - weights], [starts], [weight_starts], [widths]],
        [("UINT64", (5,))], {"num_channels": 5})
    numbers = np.concatenate([random.integers(0, 1 << 63, 20, dtype=np.uint64) >> np.arange(0, 60, 3).astype(np.uint64),
                              np.array([0, 1, 2, 3, 6, 7, 0xffffffff, 0xfffe0001, 0xffff0000, 1 << 32, (1 << 64) - 1,
                                        0xfffffffe00000001], np.uint64)])
    for shift in (0, 5):
        add(suite, f"SignalFilterBankSquareRoot/shift{shift}", [numbers, np.array(shift, np.int32)],
            [("UINT32", numbers.shape)])
    energies = np.concatenate([random.integers(0, 1 << 32, 6, dtype=np.uint32) >> np.arange(0, 30, 5).astype(np.uint32),
                               np.array([0, 1, 2, 3, 0xffffffff, 0x80000000, 65535, 65536], np.uint32)])
    for shift, scale in ((0, 64), (3, 64), (3, 1600), (31, 65536)):
        add(suite, f"SignalFilterBankLog/shift{shift}_scale{scale}", [energies], [("INT16", energies.shape)],
            {"input_correction_bits": shift, "output_scale": scale})
    settings = {"alternate_one_minus_smoothing": 15401, "alternate_smoothing": 983, "min_signal_remaining": 819,
                "num_channels": len(energies), "one_minus_smoothing": 15975, "smoothing": 409, "smoothing_bits": 10,
                "spectral_subtraction_bits": 14}
    for clamping in (False, True):
        for invokes in (1, 3):
            add(suite, f"SignalFilterBankSpectralSubtraction/{'clamping' if clamping else 'free'}_{invokes}",
                [energies], [("UINT32", energies.shape)] * 2, {**settings, "clamping": clamping}, invokes)
    noise = np.concatenate([[0, 1, 2, 3], 1 << np.arange(2, 32), (1 << np.arange(3, 33)) - 1]).astype(np.uint32)
    signal = random.integers(0, 1 << 24, len(noise), dtype=np.uint32)
    gains = random.integers(0, 32767, 125).astype(np.int16)
    for shift in (0, 6, 20):
        add(suite, f"SignalPCAN/shift{shift}", [signal, noise, [gains]], [("UINT32", noise.shape)],
            {"snr_shift": shift})


def streams(suite):
    # After the last invoke all frames are whole: what the runtime leaves in others is not defined.
    for label, size, step, prefill, shape, invokes in (
            ("again", 8, 4, False, (2, 8), 3), ("prefilled", 10, 4, True, (2, 8), 1), ("later", 12, 4, False, (4,), 3),
            ("apart", 3, 5, False, (10,), 2)):
        name = f"SignalFramer/{label}"
        outputs = [("INT16", (*shape[:-1], shape[-1] // step, size)), ("BOOL", [])]
        add(suite, name, [samples(suite, name, shape)], outputs,
            {"frame_size": size, "frame_step": step, "prefill": prefill}, invokes)
    for label, delay, shape, invokes in (("short", 3, (2, 8), 2), ("long", 20, (8,), 4), ("none", 0, (8,), 1),
                                         ("same", 8, (8,), 2)):
        name = f"SignalDelay/{label}"
        add(suite, name, [samples(suite, name, shape)], [("INT16", shape)], {"delay_length": delay}, invokes)
    for label, left, right, step, invokes in (("whole", 1, 2, 3, 6), ("first", 2, 0, 1, 1), ("alone", 0, 0, 1, 2),
                                              ("apart", 0, 2, 3, 6)):
        name = f"SignalStacker/{label}"
        add(suite, name, [samples(suite, name, (3,))], [("INT16", (3 * (left + right + 1),)), ("BOOL", [])],
            {"num_channels": 3, "stacker_left_context": left, "stacker_right_context": right, "stacker_step": step},
            invokes)
    for dtype in ("INT16", "FLOAT32"):
        for shape, step, invokes in (((3, 8), 4, 1), ((2, 2, 8), 3, 3), ((2, 8), 8, 2)):
            name = f"SignalOverlapAdd/{dtype.lower()}_{len(shape)}_{step}"
            add(suite, name, [samples(suite, name, shape, INTEGERS[dtype])],
                [(dtype, (*shape[:-2], shape[-2] * step))], {"T": TYPE_NUMBERS[dtype], "frame_step": step}, invokes)


def cases(suite):
    window_and_scale(suite)
    transforms(suite)
    filter_bank(suite)
    streams(suite)
