"""Convolutions of volumes and their transposes; transforms; normalization around a channel; rounding while training."""

import numpy as np

from op_cases._one import Const, add

I32, F32 = np.int32, np.float32


def options_of(same, strides, dilations, activation):
    names = dict(zip(("stride_d", "stride_h", "stride_w"), strides))
    names.update(zip(("dilation_d_factor", "dilation_h_factor", "dilation_w_factor"), dilations))
    return dict(names, padding="SAME" if same else "VALID", fused_activation_function=activation)


def output_extent(extent, taps, stride, dilation, same):
    return -(-extent // stride) if same else (extent + stride - ((taps - 1) * dilation + 1)) // stride


def convolutions(suite):
    random = suite.random("CONV_3D")
    activations = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
    for i in range(24):
        space, taps = random.integers(3, 8, 3), random.integers(1, 4, 3)
        strides, dilations = random.integers(1, 4, 3).tolist(), random.integers(1, 3, 3).tolist()
        batch, channels, filters = random.integers(1, 5, 3).tolist()
        same = i % 3 > 0
        out = [output_extent(*map(int, axis), same) for axis in zip(space, taps, strides, dilations)]
        if min(out) < 1:
            continue
        options = options_of(same, strides, dilations, activations[i % 4])
        bias = [Const(random.normal(size=filters).astype(F32))] if i % 2 else []
        volume, spread = (random.normal(size=(batch, *shape, channels)).astype(F32) for shape in (space, out))
        weights = random.normal(size=(*taps, channels, filters)).astype(F32)
        add(suite, f"CONV_3D/{i}", [volume, Const(weights), *bias], [("FLOAT32", [batch, *out, filters])],
            tolerance=(1e-5, 1e-5), **options)
        shape = I32([batch, *space, filters])
        for label, given in (("", Const(shape)), ("_data", shape)):
            add(suite, f"CONV_3D_TRANSPOSE/{i}{label}", [given, Const(weights.swapaxes(3, 4).copy()), spread, *bias],
                [("FLOAT32", shape.tolist())], kind="float32", tolerance=(1e-5, 1e-5), **options)


def transforms(suite):
    for shape in ((4, 6), (1, 16), (2, 3, 8, 8), (9, 20)):
        for lengths in ((1, 2), (1, 8), (8, 2), (4, 4), (2, 32), (32, 16), (1, 256)):
            label = f"{'x'.join(map(str, shape))}_{lengths[0]}x{lengths[1]}"
            picture = suite.random(label).normal(size=shape).astype(F32)
            for suffix, given in (("", Const(I32(lengths))), ("_data", I32(lengths))):
                add(suite, f"RFFT2D/{label}{suffix}", [picture, given],
                    [("COMPLEX64", [*shape[:-2], lengths[0], lengths[1] // 2 + 1])], tolerance=(1e-5, 1e-6))


def normalized(radius, bias, alpha, beta):
    """By the definition; the reference kernel leaves a channel out."""
    def run(_content, inputs, _invokes):
        values = inputs[0].astype(np.float64)
        channels = values.shape[-1]
        sums = np.stack([(values[..., max(0, c - radius):c + radius + 1] ** 2).sum(-1) for c in range(channels)], -1)
        return [(values * (bias + alpha * sums) ** -beta).astype(F32)]
    return run


def normalizations(suite):
    from tflite_builder import Model

    for radius in (0, 1, 2, 5, 40):
        for bias, alpha, beta in ((1.0, 1.0, 0.5), (2.0, 1e-4, 0.75), (0.5, 3.0, 1.0), (1.0, 0.5, 2.0)):
            name = f"LOCAL_RESPONSE_NORMALIZATION/{radius}_{bias:g}_{alpha:g}_{beta:g}"
            values = suite.random(name).normal(size=(2, 3, 2, 9)).astype(F32)
            model = Model()
            graph = model.subgraph("main")
            x, y = graph.input("x", "FLOAT32", values.shape), graph.output("y", "FLOAT32", values.shape)
            graph.op("LOCAL_RESPONSE_NORMALIZATION", [x], [y], radius=radius, bias=bias, alpha=alpha, beta=beta)
            suite.add(name, model, [values], tolerance=(1e-6, 1e-5), run=normalized(radius, bias, alpha, beta))


def roundings(suite):
    values = np.concatenate([np.linspace(-4, 4, 81), [np.inf, -np.inf, np.nan, 1e30, -1e-30, 0.0, -0.0]]).astype(F32)
    for version in (1, 2):
        for bits in (1, 2, 4, 8, 16):
            for low, high in ((-1.0, 2.0), (0.0, 3.0), (0.5, 1.0), (-2.0, -1.0), (-0.001, 3.9)):
                add(suite, f"FAKE_QUANT/{version}_{bits}_{low:g}_{high:g}", [values], [("FLOAT32", values.shape)],
                    version=version, num_bits=bits, min=low, max=high)


def cases(suite):
    convolutions(suite)
    transforms(suite)
    normalizations(suite)
    roundings(suite)
