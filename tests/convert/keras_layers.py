"""Keras models of one layer each, over the layers' options: CASES is a list of (name, function that makes the model).
Run alone it judges all (or those whose name contains the argument) and says which fail."""

import itertools

import keras
import numpy as np
from keras import layers as L, ops


def one(layer, *shapes, dtype="float32", batch=None):
    """A functional model of one layer; `layer` is made anew by a function."""
    def make():
        inputs = [keras.Input(batch_shape=(batch, *shape), dtype=dtype) for shape in shapes]
        return keras.Model(inputs, layer()(inputs[0] if len(inputs) == 1 else inputs))
    return make


CASES = []


def case(name, make):
    CASES.append((name, make))


def over(name, make, shape, **options):
    """All combinations of the options' values."""
    for values in itertools.product(*options.values()):
        chosen = dict(zip(options, values))
        text = "-".join(str(value).replace(" ", "") for value in values)
        case(f"{name}-{text}", one(lambda chosen=chosen: make(**chosen), shape))


# Convolutions
over("Conv1D", lambda **o: L.Conv1D(4, 3, **o), (9, 6), padding=["valid", "same", "causal"], strides=[1, 2], activation=[None, "relu"])
over("Conv1D-dilated", lambda **o: L.Conv1D(4, 3, **o), (9, 6), padding=["valid", "same", "causal"], dilation_rate=[2], groups=[1, 2])
over("Conv2D", lambda **o: L.Conv2D(4, (3, 2), **o), (9, 8, 6), padding=["valid", "same"], strides=[1, 2, (2, 1)], use_bias=[True, False])
over("Conv2D-dilated", lambda **o: L.Conv2D(4, 3, **o), (9, 8, 6), padding=["valid", "same"], dilation_rate=[2, (1, 3)], groups=[1, 2])
over("Conv3D", lambda **o: L.Conv3D(4, (2, 3, 2), **o), (5, 6, 7, 3), padding=["valid", "same"], strides=[1, 2, (1, 2, 1)])
over("Conv3D-groups", lambda **o: L.Conv3D(4, 2, **o), (5, 6, 7, 6), groups=[2], padding=["valid", "same"], use_bias=[True, False])
over("Conv1DTranspose", lambda **o: L.Conv1DTranspose(4, 3, **o), (6, 5), padding=["valid", "same"], strides=[1, 2, 4])
over("Conv2DTranspose", lambda **o: L.Conv2DTranspose(4, (3, 2), **o), (5, 6, 3), padding=["valid", "same"], strides=[1, 2, 3])
case("Conv2DTranspose-output_padding", one(lambda: L.Conv2DTranspose(4, 3, strides=2, output_padding=1, padding="same"), (5, 6, 3)))
case("Conv2DTranspose-dilated", one(lambda: L.Conv2DTranspose(4, 3, dilation_rate=2), (5, 6, 3)))
over("Conv3DTranspose", lambda **o: L.Conv3DTranspose(4, (3, 2, 3), **o), (3, 4, 5, 2), padding=["valid", "same"], strides=[1, 2])
over("DepthwiseConv1D", lambda **o: L.DepthwiseConv1D(3, **o), (9, 4), padding=["valid", "same"], strides=[1, 2], depth_multiplier=[1, 2])
over("DepthwiseConv2D", lambda **o: L.DepthwiseConv2D(3, **o), (9, 8, 4), padding=["valid", "same"], strides=[1, 2], depth_multiplier=[1, 3])
case("DepthwiseConv2D-dilated", one(lambda: L.DepthwiseConv2D(3, dilation_rate=2), (9, 8, 4)))
over("SeparableConv1D", lambda **o: L.SeparableConv1D(4, 3, **o), (9, 4), padding=["valid", "same"], strides=[1, 2])
over("SeparableConv2D", lambda **o: L.SeparableConv2D(4, 3, **o), (9, 8, 4), padding=["valid", "same"], strides=[1, 2], depth_multiplier=[1, 2])

# Pools
for kind in ["Max", "Average"]:
    over(f"{kind}Pooling1D", lambda kind=kind, **o: getattr(L, f"{kind}Pooling1D")(**o), (9, 4), pool_size=[2, 3], padding=["valid", "same"], strides=[None, 1])
    over(f"{kind}Pooling2D", lambda kind=kind, **o: getattr(L, f"{kind}Pooling2D")(**o), (9, 8, 4), pool_size=[2, (3, 2)], padding=["valid", "same"], strides=[None, 1])
    over(f"{kind}Pooling3D", lambda kind=kind, **o: getattr(L, f"{kind}Pooling3D")(**o), (6, 5, 7, 3), pool_size=[2, (3, 2, 1)], padding=["valid", "same"], strides=[None, 1])
    for n, shape in [(1, (9, 4)), (2, (5, 6, 4)), (3, (3, 4, 5, 2))]:
        over(f"Global{kind}Pooling{n}D", lambda kind=kind, n=n, **o: getattr(L, f"Global{kind}Pooling{n}D")(**o), shape, keepdims=[False, True])
        if hasattr(L, f"Adaptive{kind}Pooling{n}D"):
            over(f"Adaptive{kind}Pooling{n}D", lambda kind=kind, n=n, **o: getattr(L, f"Adaptive{kind}Pooling{n}D")(**o), shape, output_size=[2, 3])

# Normalizations
over("BatchNormalization", lambda **o: L.BatchNormalization(**o), (5, 6, 4), axis=[-1, 1], scale=[True, False], center=[True, False])
over("LayerNormalization", lambda **o: L.LayerNormalization(**o), (5, 6, 4), axis=[-1, 1, (2, 3), (1, 3)], scale=[True, False])
over("GroupNormalization", lambda **o: L.GroupNormalization(**o), (5, 6, 4), groups=[1, 2, 4, -1], axis=[-1])
over("GroupNormalization-first", lambda **o: L.GroupNormalization(**o), (4, 6, 5), groups=[2], axis=[1])
over("UnitNormalization", lambda **o: L.UnitNormalization(**o), (5, 6), axis=[-1, 1])
over("RMSNormalization", lambda **o: L.RMSNormalization(**o), (5, 6), axis=[-1])
case("SpectralNormalization", one(lambda: L.SpectralNormalization(L.Dense(4)), (6,)))
case("Normalization-given", one(lambda: L.Normalization(mean=[1., 2., 3.], variance=[1., 4., 2.]), (5, 3)))
case("Normalization-invert", one(lambda: L.Normalization(mean=2., variance=4., axis=None, invert=True), (5, 3)))



def adapted(**options):
    import numpy as np
    layer = L.Normalization(**options)
    layer.adapt(np.random.default_rng(0).normal(2, 3, (50, 5, 3)).astype("f"))
    return layer


over("Normalization-adapted", lambda **o: adapted(**o), (5, 3), axis=[-1, (1, 2), None])

# Activations
FUNCTIONS = ["relu", "relu6", "softmax", "sigmoid", "hard_sigmoid", "tanh", "elu", "selu", "gelu", "silu", "hard_silu", "softplus",
             "softsign", "exponential", "leaky_relu", "mish", "log_softmax", "celu", "glu", "log_sigmoid", "tanh_shrink", "soft_shrink",
             "hard_shrink", "hard_tanh", "squareplus", "sparse_plus", "sparse_sigmoid", "linear"]
for function in FUNCTIONS:
    case(f"Activation-{function}", one(lambda function=function: L.Activation(function), (5, 6)))
    case(f"Dense-{function}", one(lambda function=function: L.Dense(6, activation=function), (7,)))
over("ReLU", lambda **o: L.ReLU(**o), (20,), max_value=[None, 6.0, 0.5], negative_slope=[0.0, 0.25], threshold=[0.0, 0.3])
over("LeakyReLU", lambda **o: L.LeakyReLU(**o), (20,), negative_slope=[0.3, 0.01])
over("ELU", lambda **o: L.ELU(**o), (20,), alpha=[1.0, 0.3])
over("PReLU", lambda **o: L.PReLU(alpha_initializer="uniform", **o), (5, 6, 3), shared_axes=[None, [1, 2], [1]])
over("Softmax", lambda **o: L.Softmax(**o), (5, 6), axis=[-1, 1])
case("Softmax-mask", lambda: Masked())
case("Dense-layer-activation", one(lambda: L.Dense(5, activation=L.LeakyReLU(0.1)), (4,)))
case("Dense-3d", one(lambda: L.Dense(5, activation="relu"), (4, 3)))
for dtype in ["int8", "uint8", "int32", "int64", "float16", "float64"]:
    case(f"Dense-of-{dtype}", one(lambda: L.Dense(5), (4,), dtype=dtype))
for dtype in ["int8", "uint8", "int16", "uint16", "int64", "float64"]:
    case(f"Add-of-{dtype}", one(L.Add, (5, 6), (5, 6), dtype=dtype))
case("Dense-no-bias", one(lambda: L.Dense(5, use_bias=False), (4, 3, 2)))
case("EinsumDense", one(lambda: L.EinsumDense("abc,cd->abd", output_shape=(None, 8), bias_axes="d"), (4, 3)))
case("EinsumDense-heads", one(lambda: L.EinsumDense("abc,cde->abde", output_shape=(None, 2, 8), bias_axes="de"), (4, 3)))
case("EinsumDense-joined", one(lambda: L.EinsumDense("abcd,cde->abe", output_shape=(None, 8), bias_axes="e", activation="relu"), (4, 3, 2)))
case("EinsumDense-dots", one(lambda: L.EinsumDense("...x,xy->...y", output_shape=8, bias_axes="y"), (4, 3, 2)))
case("EinsumDense-batch", one(lambda: L.EinsumDense("abc,bcd->abd", output_shape=(4, 8)), (4, 3)))
case("EinsumDense-middle", one(lambda: L.EinsumDense("abc,bd->adc", output_shape=(5, None), bias_axes="d"), (4, 3)))
case("Embedding", one(lambda: L.Embedding(10, 4), (6,), dtype="int32"))
case("Embedding-float", one(lambda: L.Embedding(10, 4), (6, 2)))

# Shapes
case("Flatten", one(L.Flatten, (3, 4, 5)))
case("Flatten-first", one(lambda: L.Flatten(data_format="channels_first"), (3, 4, 5)))
over("Reshape", lambda **o: L.Reshape(**o), (3, 4, 5), target_shape=[(60,), (5, 12), (-1, 10), (2, -1, 3, 2)])
over("Permute", lambda **o: L.Permute(**o), (3, 4, 5), dims=[(2, 1, 3), (3, 1, 2)])
case("RepeatVector", one(lambda: L.RepeatVector(4), (5,)))
over("Cropping1D", lambda **o: L.Cropping1D(**o), (9, 4), cropping=[1, (2, 0), (0, 3)])
over("Cropping2D", lambda **o: L.Cropping2D(**o), (9, 8, 4), cropping=[1, (2, 1), ((0, 3), (1, 0))], data_format=["channels_last", "channels_first"])
over("Cropping3D", lambda **o: L.Cropping3D(**o), (6, 7, 8, 4), cropping=[1, (2, 1, 0), ((0, 3), (1, 0), (2, 2))])
over("ZeroPadding1D", lambda **o: L.ZeroPadding1D(**o), (9, 4), padding=[1, (2, 0), (0, 3)])
over("ZeroPadding2D", lambda **o: L.ZeroPadding2D(**o), (9, 8, 4), padding=[1, (2, 1), ((0, 3), (1, 0))], data_format=["channels_last", "channels_first"])
over("ZeroPadding3D", lambda **o: L.ZeroPadding3D(**o), (3, 4, 5, 4), padding=[1, (2, 1, 0), ((0, 3), (1, 0), (2, 2))])
over("UpSampling1D", lambda **o: L.UpSampling1D(**o), (5, 4), size=[2, 3])
over("UpSampling2D", lambda **o: L.UpSampling2D(**o), (5, 6, 4), size=[2, (3, 1)], interpolation=["nearest", "bilinear"])
over("UpSampling3D", lambda **o: L.UpSampling3D(**o), (3, 4, 5, 2), size=[2, (3, 1, 2)])

# Merges
for name in ["Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"]:
    case(name, one(getattr(L, name), (5, 6), (5, 6), (5, 6)))
case("Subtract", one(L.Subtract, (5, 6), (5, 6)))
case("Add-broadcast", one(L.Add, (5, 6), (6,)))
case("Concatenate-1", one(lambda: L.Concatenate(axis=1), (5, 6), (3, 6)))
for axes, a, b in [(1, (4,), (4,)), ((2, 2), (5, 4), (3, 4)), ((2, 1), (5, 4), (4, 3)), ((1, 1), (4, 5), (4, 3)), ((1, 2), (4,), (3, 4))]:
    for normalize in [False, True]:
        case(f"Dot-{axes}-{normalize}".replace(" ", ""), one(lambda axes=axes, normalize=normalize: L.Dot(axes, normalize), a, b))

# What does nothing, wrappers, preprocessing
for name, options in [("Dropout", {"rate": 0.5}), ("AlphaDropout", {"rate": 0.5}), ("GaussianNoise", {"stddev": 1.0}), ("GaussianDropout", {"rate": 0.5}),
                      ("ActivityRegularization", {}), ("Identity", {})]:
    case(name, one(lambda name=name, options=options: getattr(L, name)(**options), (5, 6)))
case("SpatialDropout2D", one(lambda: L.SpatialDropout2D(0.5), (5, 6, 4)))
case("TimeDistributed-Dense", one(lambda: L.TimeDistributed(L.Dense(3)), (5, 6)))
case("TimeDistributed-Conv2D", one(lambda: L.TimeDistributed(L.Conv2D(3, 2)), (4, 6, 5, 2)))
case("Rescaling", one(lambda: L.Rescaling(1 / 127.5, -1.0), (5, 6)))
case("Resizing", one(lambda: L.Resizing(7, 9), (5, 6, 3)))
case("Resizing-nearest", one(lambda: L.Resizing(10, 12, interpolation="nearest"), (5, 6, 3)))
case("CenterCrop", one(lambda: L.CenterCrop(3, 4), (6, 7, 3)))
for numbers in ([2, 0, 3], [10**12, 3, -7, 1]):
    over(f"IntegerLookup-{len(numbers)}", lambda numbers=numbers, **o: L.IntegerLookup(vocabulary=numbers, **o), (6,), output_mode=["int", "multi_hot", "count"],
         mask_token=[None, 4], num_oov_indices=[1, 3])
for mode in ["multi_hot", "count"]:
    case(f"IntegerLookup-padded-{mode}", one(lambda mode=mode: L.IntegerLookup(vocabulary=[0, 1, 2, 3], max_tokens=9, pad_to_max_tokens=True, output_mode=mode), (4,), dtype="int64"))
for oov in [0, 1]:
    case(f"IntegerLookup-one_hot-{oov}", one(lambda oov=oov: L.IntegerLookup(vocabulary=[0, 1, 2, 3, 4], num_oov_indices=oov, output_mode="one_hot"), (1,), dtype="int64"))
for numbers in ([2, 0, 3], [10**12, 3, -7, 1]):
    case(f"IntegerLookup-tf_idf-{len(numbers)}", one(lambda numbers=numbers: L.IntegerLookup(
        vocabulary=numbers, output_mode="tf_idf", idf_weights=[0.5, 1.5, 2.5, 0.25][:len(numbers)]), (5,), dtype="int64"))
case("IntegerLookup-tf_idf-padded", one(lambda: L.IntegerLookup(vocabulary=[2, 0, 3], num_oov_indices=2, output_mode="tf_idf", idf_weights=[0.5, 1.5, 2.5],
                                                                max_tokens=9, pad_to_max_tokens=True), (5,), dtype="int64"))
case("IntegerLookup-many", one(lambda: L.IntegerLookup(vocabulary=[(i * i * 7919) % 10**9 for i in range(1, 300)] + [3]), (5,), dtype="int64"))
over("IntegerLookup-invert", lambda **o: L.IntegerLookup(vocabulary=[10, 20, 30, 8, 9], invert=True, **o), (4,), mask_token=[None, 7], num_oov_indices=[0, 1])
case("ReLU-infinity", one(lambda: L.ReLU(max_value=float("inf")), (8,)))
case("Discretization", one(lambda: L.Discretization(bin_boundaries=[-0.5, 0.0, 0.5]), (8,)))
over("CategoryEncoding", lambda **o: L.CategoryEncoding(num_tokens=6, **o), (4,), output_mode=["multi_hot", "count"])
case("CategoryEncoding-one_hot", one(lambda: L.CategoryEncoding(num_tokens=6, output_mode="one_hot"), (1,), dtype="int32"))
case("CategoryEncoding-multi_hot-of-rows", one(lambda: L.CategoryEncoding(6), (3, 4), dtype="int32"))
case("SpectralNormalization-Embedding", one(lambda: L.SpectralNormalization(L.Embedding(6, 3)), (8,), dtype="int32"))
case("Softmax-axes", one(lambda: L.Softmax(axis=(1, 2)), (4, 5, 3)))
over("Resizing-kernels", lambda **o: L.Resizing(7, 4, **o), (9, 8, 3), interpolation=["bilinear", "bicubic", "lanczos3", "lanczos5"], antialias=[False, True])
case("Resizing-area", one(lambda: L.Resizing(7, 4, interpolation="area"), (9, 8, 3)))
over("Resizing-ratio", lambda **o: L.Resizing(6, 4, **o), (9, 8, 3), crop_to_aspect_ratio=[True])
over("Resizing-border", lambda **o: L.Resizing(6, 4, pad_to_aspect_ratio=True, **o), (9, 8, 3), fill_value=[0.0, 0.5])
over("UpSampling2D-kernels", lambda **o: L.UpSampling2D(2, **o), (5, 6, 3), interpolation=["bicubic", "lanczos3"])
over("CenterCrop-larger", lambda **o: L.CenterCrop(12, **o), (9, 8, 3), width=[10, 4])
for n in [1, 2, 3]:
    case(f"Conv{n}DTranspose-any-size", one(lambda n=n: getattr(L, f"Conv{n}DTranspose")(5, 3, strides=2, padding="same"), (None,) * n + (4,)))
    case(f"Conv{n}DTranspose-any-size-valid", one(lambda n=n: getattr(L, f"Conv{n}DTranspose")(5, 3, strides=2, output_padding=1), (None,) * n + (4,)))
for name, options in [("RandomCrop", {"height": 5, "width": 6}), ("RandomHue", {"factor": 0.2}), ("RandomInvert", {}), ("RandomShear", {}),
                      ("RandomGaussianBlur", {}), ("RandomPerspective", {}), ("AugMix", {}), ("CutMix", {}), ("MixUp", {}), ("MaxNumBoundingBoxes", {"max_number": 3})]:
    case(name, one(lambda name=name, options=options: getattr(L, name)(**options), (8, 9, 3)))
case("Pipeline", one(lambda: L.Pipeline([L.Rescaling(0.5), L.RandomFlip(), L.Resizing(4, 4)]), (8, 9, 3)))
for mode in ["log", "magnitude", "psd", "real", "imag", "angle", "stft"]:
    case(f"STFTSpectrogram-{mode}", one(lambda mode=mode: L.STFTSpectrogram(mode=mode, frame_length=32, frame_step=16, fft_length=32, window=None), (128, 1)))
over("STFTSpectrogram", lambda **o: L.STFTSpectrogram(frame_length=30, frame_step=16, fft_length=32, window=None, **o), (128, 2), padding=["valid", "same"], expand_dims=[False, True])
case("MelSpectrogram", one(lambda: L.MelSpectrogram(num_mel_bins=20, sampling_rate=8000, sequence_length=100, sequence_stride=32, fft_length=128), (512,)))
over("MelSpectrogram-128", lambda **o: L.MelSpectrogram(num_mel_bins=128, fft_length=256, sequence_stride=64, **o), (2048,), power_to_db=[False, True], mag_exp=[1.0, 2.0])
over("MelSpectrogram-magnitude", lambda **o: L.MelSpectrogram(num_mel_bins=20, sampling_rate=8000, sequence_stride=32, fft_length=128, power_to_db=False, **o), (512,), mag_exp=[1.0, 2.0], window=["hann", "hamming", None])


def counted():
    x, weights = keras.Input((4,), dtype="int32"), keras.Input((4,))
    return keras.Model([x, weights], L.CategoryEncoding(6, output_mode="count")(x, count_weights=weights))


def reversed_embedding(**options):
    x, layer = keras.Input((6,), dtype="int32"), L.ReversibleEmbedding(10, 4, **options)
    return keras.Model(x, layer(layer(x), reverse=True))


case("CategoryEncoding-weights", counted)
for tied in [True, False]:
    case(f"ReversibleEmbedding-{tied}", lambda tied=tied: reversed_embedding(tie_weights=tied))
case("ReversibleEmbedding-capped", lambda: reversed_embedding(logit_soft_cap=3.0))
case("ReversibleEmbedding-forward", one(lambda: L.ReversibleEmbedding(10, 4), (6,), dtype="int32"))

# Channels first
for name, layer in [("MaxPooling2D", lambda: L.MaxPooling2D(data_format="channels_first")), ("AveragePooling1D", lambda: L.AveragePooling1D(2, data_format="channels_first")),
                    ("GlobalMaxPooling2D", lambda: L.GlobalMaxPooling2D(data_format="channels_first"))]:
    case(f"first-{name}", one(layer, (4, 6) if "1D" in name else (4, 6, 8)))

for kind in ["Max", "Average"]:
    for n, shape in [(1, (4, 9)), (2, (4, 8, 9)), (3, (2, 5, 6, 7))]:
        case(f"first-{kind}Pooling{n}D-same", one(lambda kind=kind, n=n: getattr(L, f"{kind}Pooling{n}D")(2, padding="same", data_format="channels_first"), shape))
case("first-UpSampling2D", one(lambda: L.UpSampling2D(2, interpolation="bilinear", data_format="channels_first"), (3, 4, 5)))
case("first-Resizing", one(lambda: L.Resizing(7, 5, data_format="channels_first"), (3, 8, 9)))

# Pictures and sequences of any size
for name, layer in [("Conv2D", lambda: L.Conv2D(4, 3, strides=2, padding="same")), ("Conv2D-dilated", lambda: L.Conv2D(4, 3, dilation_rate=2, padding="same")),
                    ("DepthwiseConv2D", lambda: L.DepthwiseConv2D(3, depth_multiplier=2, padding="same", strides=2)),
                    ("SeparableConv2D", lambda: L.SeparableConv2D(5, 3, depth_multiplier=2, dilation_rate=2, padding="same")),
                    ("MaxPooling2D", lambda: L.MaxPooling2D(2, padding="same")), ("AveragePooling2D", lambda: L.AveragePooling2D(2, padding="same")),
                    ("GlobalAveragePooling2D", lambda: L.GlobalAveragePooling2D(keepdims=True)), ("UpSampling2D", lambda: L.UpSampling2D((2, 3))),
                    ("Resizing", lambda: L.Resizing(7, 5)), ("ZeroPadding2D", lambda: L.ZeroPadding2D(((1, 0), (0, 2)))), ("Cropping2D", lambda: L.Cropping2D(1)),
                    ("Reshape", lambda: L.Reshape((-1, 3))), ("Permute", lambda: L.Permute((3, 1, 2))), ("GroupNormalization", lambda: L.GroupNormalization(3)),
                    ("PReLU", lambda: L.PReLU(shared_axes=[1, 2], alpha_initializer="uniform")), ("LayerNormalization", lambda: L.LayerNormalization())]:
    case(f"any-{name}", one(layer, (None, None, 3)))
case("any-Conv1D-causal", one(lambda: L.Conv1D(4, 3, dilation_rate=2, padding="causal"), (None, 3)))
case("any-Conv1D-same", one(lambda: L.Conv1D(4, 3, strides=2, padding="same", activation="relu"), (None, 3)))
case("any-TimeDistributed", one(lambda: L.TimeDistributed(L.Conv2D(3, 2, padding="same")), (None, 6, 5, 2)))
case("any-Dot", one(lambda: L.Dot((2, 2)), (None, 5), (None, 5)))

# Recurrent layers
for kind in ["SimpleRNN", "GRU", "LSTM"]:
    over(kind, lambda kind=kind, **o: getattr(L, kind)(5, bias_initializer="uniform", **o), (6, 4), return_sequences=[False, True], go_backwards=[False, True], unroll=[False, True])
    over(f"{kind}-options", lambda kind=kind, **o: getattr(L, kind)(5, **o), (6, 4), use_bias=[True, False], activation=["relu", "tanh"])
    case(f"{kind}-state", one(lambda kind=kind: getattr(L, kind)(5, return_state=True), (6, 4)))
    case(f"{kind}-states", one(lambda kind=kind: getattr(L, kind)(5, return_state=True, return_sequences=True), (6, 4)))
    case(f"{kind}-open", one(lambda kind=kind: getattr(L, kind)(5, return_sequences=True), (None, 4)))
    case(f"{kind}-stateful", one(lambda kind=kind: getattr(L, kind)(5, stateful=True, return_sequences=True), (6, 4), batch=2))
    case(f"{kind}-batch", one(lambda kind=kind: getattr(L, kind)(5), (6, 4), batch=2))
    over(f"Bidirectional-{kind}", lambda kind=kind, **o: L.Bidirectional(getattr(L, kind)(5, return_sequences=o.pop("sequences")), **o), (6, 4),
         sequences=[False, True], merge_mode=["concat", "sum", "mul", "ave", None])
    case(f"{kind}-initial", lambda kind=kind: initial(kind))
    case(f"{kind}-masked", lambda kind=kind: masked(kind))
    case(f"{kind}-masked-Bidirectional", lambda kind=kind: masked(kind, True))
    case(f"RNN-{kind}Cell", one(lambda kind=kind: L.RNN(getattr(L, f"{kind}Cell")(5)), (6, 4)))
    case(f"RNN-stacked-{kind}Cell", one(lambda kind=kind: L.RNN([getattr(L, f"{kind}Cell")(n) for n in (5, 3)], return_sequences=True), (6, 4)))
over("GRU-reset", lambda **o: L.GRU(5, bias_initializer="uniform", **o), (6, 4), reset_after=[True, False], recurrent_activation=["sigmoid", "hard_sigmoid"])


def initial(kind):
    x, h = keras.Input((6, 4)), keras.Input((5,))
    return keras.Model([x, h], getattr(L, kind)(5)(x, initial_state=[h, h] if kind == "LSTM" else [h]))


def masked(kind, bidirectional=False):
    x = keras.Input((6,), dtype="int32")
    layer = getattr(L, kind)(5, return_sequences=True)
    y = L.Embedding(5, 4, mask_zero=True)(x)
    y = (L.Bidirectional(layer) if bidirectional else layer)(y)
    return keras.Model(x, getattr(L, kind)(3)(L.Dropout(0.5)(y)))


def masked_sums():
    x, y = keras.Input((5,), dtype="int32"), keras.Input((5,), dtype="int32")
    a, b = L.Embedding(5, 4, mask_zero=True)(x), L.Embedding(5, 3)(y)
    return keras.Model([x, y], L.LSTM(3)(L.Concatenate()([a, b])))


def zeros_for_masked(**options):
    """The last step of some sequences is masked: what is returned of it is zeros."""
    x = keras.Input((4,), dtype="int32")
    return keras.Model(x, L.RNN(L.GRUCell(5), zero_output_for_mask=True, return_state=True, **options)(L.Embedding(5, 4, mask_zero=True)(x)))


case("LSTM-masked-Concatenate", masked_sums)
for options in [{}, {"go_backwards": True}, {"return_sequences": True}]:
    case("-".join(["RNN-zeros", *options]), lambda options=options: zeros_for_masked(**options))


def masked_convolutions(n, steps=4, **options):
    x = keras.Input((steps,), dtype="int32")
    y = L.TimeDistributed(L.Reshape((3,) * n + (1,)))(L.Embedding(5, 3 ** n, mask_zero=True)(x))
    return keras.Model(x, getattr(L, f"ConvLSTM{n}D")(2, 2, **options)(y))


def masked_with_state(layer=None, explicit=True, states=1, **options):
    """A first step that is masked gives zeros, whatever the state is. Keras gives a mask on only where a layer has no other tensor."""
    x, h = keras.Input((4,), dtype="int32"), keras.Input((5,))
    embedding = L.Embedding(5, 4, mask_zero=True)
    y = embedding(x)
    given = {"mask": embedding.compute_mask(x)} if explicit else {}
    y = (layer or L.GRU(5, **options))(y, initial_state=[h] * states, **given)
    return keras.Model([x, h], L.LSTM(3)(y) if len(y.shape) == 3 else y)


for n, options in [(1, {"return_sequences": True, "return_state": True}), (2, {"steps": None}), (3, {"return_sequences": True, "go_backwards": True})]:
    case(f"ConvLSTM{n}D-masked", lambda n=n, options=options: masked_convolutions(n, **options))
for n, shape in [(1, (None, 5, 2)), (2, (None, 4, 5, 2)), (3, (None, 4, 5, 4, 2))]:
    case(f"ConvLSTM{n}D-open", one(lambda n=n: getattr(L, f"ConvLSTM{n}D")(3, 2, return_sequences=n != 3, return_state=n != 2, go_backwards=n == 2), shape))
case("ConvLSTM2D-open-first", one(lambda: L.Bidirectional(L.ConvLSTM2D(3, 2, data_format="channels_first", return_sequences=True)), (None, 2, 4, 5)))
for options in [{}, {"return_sequences": True}, {"explicit": False, "return_sequences": True}]:
    case("-".join(["GRU-masked-initial", *options]), lambda options=options: masked_with_state(**options))
    case("-".join(["Bidirectional-masked-initial", *options]), lambda options=options: masked_with_state(
        L.Bidirectional(L.GRU(5, return_sequences="return_sequences" in options)), options.get("explicit", True), 2))
case("Bidirectional-other", one(lambda: L.Bidirectional(L.SimpleRNN(5), backward_layer=L.LSTM(3, go_backwards=True)), (6, 4)))
for n, shape in [(1, (3, 6, 2)), (2, (3, 5, 6, 2)), (3, (2, 3, 4, 3, 2))]:
    over(f"ConvLSTM{n}D", lambda n=n, **o: getattr(L, f"ConvLSTM{n}D")(3, 2, **o), shape, return_sequences=[False, True], padding=["valid", "same"])
for n, shape in [(1, (3, 5, 2)), (2, (3, 4, 5, 2))]:
    over(f"Bidirectional-ConvLSTM{n}D", lambda n=n, **o: L.Bidirectional(getattr(L, f"ConvLSTM{n}D")(3, 2, **o)), shape, return_sequences=[False, True])
case("ConvLSTM2D-options", one(lambda: L.ConvLSTM2D(3, (3, 2), strides=2, use_bias=False, go_backwards=True, return_sequences=True), (3, 5, 6, 2)))
for n, shape in [(1, (3, 2, 5)), (2, (3, 2, 5, 6)), (3, (3, 2, 4, 5, 4))]:
    over(f"ConvLSTM{n}D-first", lambda n=n, **o: getattr(L, f"ConvLSTM{n}D")(3, 2, data_format="channels_first", return_state=True, **o), shape, return_sequences=[False, True])
case("ConvLSTM2D-state", one(lambda: L.ConvLSTM2D(3, 3, padding="same", return_state=True), (3, 5, 6, 2)))


# Attention
def attention(layer, *shapes, **call):
    def make():
        inputs = [keras.Input(shape) for shape in shapes]
        made = layer()
        return keras.Model(inputs, made(inputs, **call) if isinstance(made, (L.Attention, L.AdditiveAttention)) else made(*inputs, **call))
    return make


over("MHA", lambda **o: Self(L.MultiHeadAttention(2, 3, **o)), (5, 8), value_dim=[None, 4], use_bias=[True, False], output_shape=[None, 6])
for axes in [(1,), (2,), (1, 2), None]:
    case(f"MHA-axes-{axes}".replace(" ", ""), one(lambda axes=axes: Self(L.MultiHeadAttention(2, 3, attention_axes=axes)), (5, 3, 8)))
case("MHA-axes-cross", attention(lambda: L.MultiHeadAttention(2, 3, value_dim=4, output_shape=5, attention_axes=(2,)), (3, 5, 8), (3, 4, 6)))
case("MHA-cross", attention(lambda: L.MultiHeadAttention(2, 3), (5, 8), (7, 6)))
case("MHA-three", attention(lambda: L.MultiHeadAttention(2, 3), (5, 8), (7, 6), (7, 4)))
case("MHA-causal", attention(lambda: L.MultiHeadAttention(2, 3), (5, 8), (5, 8), use_causal_mask=True))
case("MHA-scores", attention(lambda: L.MultiHeadAttention(2, 3), (5, 8), (5, 8), return_attention_scores=True))
case("MHA-causal-open", attention(lambda: L.MultiHeadAttention(2, 3), (None, 8), (None, 8), use_causal_mask=True))
case("Attention-causal-open", attention(lambda: L.Attention(), (None, 8), (None, 8), use_causal_mask=True))
case("MHA-open", attention(lambda: L.MultiHeadAttention(2, 3), (None, 8), (None, 8)))
over("GQA", lambda **o: Self(L.GroupQueryAttention(4, 6, **o)), (5, 8), num_key_value_heads=[1, 2], use_bias=[True, False])
case("MHA-gate", one(lambda: Self(L.MultiHeadAttention(2, 3, use_gate=True)), (5, 8)))
case("GQA-gate", one(lambda: Self(L.GroupQueryAttention(4, 6, 2, use_gate=True)), (5, 8)))
case("GQA-causal", attention(lambda: L.GroupQueryAttention(4, 6, 2), (5, 8), (5, 8), use_causal_mask=True))
over("Attention", lambda **o: Pair(L.Attention(**o)), (5, 8), use_scale=[False, True], score_mode=["dot", "concat"])
case("Attention-three", attention(lambda: L.Attention(), (5, 8), (7, 8), (7, 8)))
case("Attention-causal", attention(lambda: L.Attention(), (5, 8), (5, 8), use_causal_mask=True))
over("AdditiveAttention", lambda **o: Pair(L.AdditiveAttention(**o)), (5, 8), use_scale=[False, True])


def attention_masks(layer, count):
    inputs, masks = [keras.Input((5, 8)) for _ in range(count)], [keras.Input((5,), dtype="bool") for _ in range(2)]
    return keras.Model(inputs + masks, layer(inputs, mask=masks))


def padded_attention(layer):
    x, y, embedding = keras.Input((6,), dtype="int32"), keras.Input((4,), dtype="int32"), L.Embedding(5, 8, mask_zero=True)
    return keras.Model([x, y], L.GlobalAveragePooling1D()(layer([embedding(x), embedding(y)])))


for name, layer in [("Attention", lambda: L.Attention()), ("Attention-concat", lambda: L.Attention(use_scale=True, score_mode="concat")),
                    ("AdditiveAttention", lambda: L.AdditiveAttention())]:
    case(f"{name}-masks", lambda layer=layer: attention_masks(layer(), 2))
    case(f"{name}-masks-three", lambda layer=layer: attention_masks(layer(), 3))
    case(f"{name}-padded", lambda layer=layer: padded_attention(layer()))


def Masked():
    x, mask = keras.Input((5, 6)), keras.Input((5, 6))
    return keras.Model([x, mask], L.Softmax()(x, mask=mask > 0))


def Self(layer):
    return lambda x: layer(x, x)


def Pair(layer):
    return lambda x: layer([x, x])


# Extents that are not known
for kind in ["Max", "Average"]:
    over(f"{kind}Pooling3D-any", lambda kind=kind, **o: getattr(L, f"{kind}Pooling3D")(2, **o), (None, None, None, 3), padding=["valid", "same"], strides=[None, 1])
case("MaxPooling3D-some", one(lambda: L.MaxPooling3D(2, data_format="channels_first"), (3, None, 6, 5)))
case("UpSampling3D-any", one(lambda: L.UpSampling3D((1, 2, 3)), (None, None, None, 3)))
case("UpSampling3D-some", one(lambda: L.UpSampling3D(2), (None, 4, 3, 2)))
for shape in [(None, None, 3), (None, 6, 3)]:
    case(f"CenterCrop-any-{shape[1]}", one(lambda: L.CenterCrop(3, 2), shape))
    for how in ["crop_to_aspect_ratio", "pad_to_aspect_ratio"]:
        case(f"Resizing-any-{how}-{shape[1]}", one(lambda how=how: L.Resizing(6, 4, **{how: True}), shape))
case("AutoContrast", one(lambda: L.AutoContrast(value_range=(0, 1)), (6, 5, 3)))
case("AutoContrast-flat", lambda: flat_contrast())
case("Activation-sparsemax", one(lambda: L.Activation("sparsemax"), (5, 6)))


def flat_contrast():
    x = keras.Input((4, 5, 3))
    return keras.Model(x, L.AutoContrast()(ops.abs(x) * np.array([0.0, 1.0, 2.0], "f")))


# Attention over several axes
def attend(layer, *shapes, mask=None, **options):
    def make():
        inputs = [keras.Input(shape) for shape in shapes]
        rest = [keras.Input(mask)] if mask is not None else []
        extra = {"attention_mask": rest[0] > 0} if rest else {}
        return keras.Model(inputs + rest, layer()(inputs[0], inputs[-1], **extra, **options))
    return make


for options in [{"use_causal_mask": True}, {"return_attention_scores": True}]:
    text = list(options)[0]
    case(f"MultiHeadAttention-any-{text}", attend(lambda: L.MultiHeadAttention(2, 3), (None, 5), (None, 5), **options))
    case(f"Attention-any-{text}", lambda options=options: attention_of(L.Attention(), options, (None, 5)))
    case(f"AdditiveAttention-any-{text}", lambda options=options: attention_of(L.AdditiveAttention(), options, (None, 5)))
    case(f"Attention-4-{text}", lambda options=options: attention_of(L.Attention(), options, (2, 4, 5)))
case("GroupQueryAttention-any-causal", attend(lambda: L.GroupQueryAttention(3, 4, 2), (None, 5), (None, 5), use_causal_mask=True))
case("MultiHeadAttention-output_shape", attend(lambda: L.MultiHeadAttention(2, 3, output_shape=(4, 2)), (4, 5)))
case("MultiHeadAttention-scores-mask", attend(lambda: L.MultiHeadAttention(2, 3), (4, 5), mask=(4, 4), return_attention_scores=True))
for axes in [None, (1,), (2,)]:
    case(f"MultiHeadAttention-4-any-{axes}", attend(lambda axes=axes: L.MultiHeadAttention(2, 3, attention_axes=axes), (None, 3, 5)))
    case(f"MultiHeadAttention-4-scores-{axes}", attend(lambda axes=axes: L.MultiHeadAttention(2, 3, attention_axes=axes), (4, 3, 5), return_attention_scores=True))
case("MultiHeadAttention-4-causal", attend(lambda: L.MultiHeadAttention(2, 3, attention_axes=(1,)), (4, 3, 5), use_causal_mask=True))
case("MultiHeadAttention-4-mask", attend(lambda: L.MultiHeadAttention(2, 3, attention_axes=(2,)), (4, 3, 5), mask=(4, 3, 3)))
case("MultiHeadAttention-4-mask-pairs", attend(lambda: L.MultiHeadAttention(2, 3, attention_axes=(1, 2)), (2, 3, 5), mask=(2, 3, 2, 3)))
for axes, a, b in [((3, 3), (2, 3, 4), (2, 5, 4)), ((2, 2), (3, 4, 5), (3, 4)), ((1, 1), (3, 4, 5), (3,)), ((2, 1), (4, 5), (5, 3, 2)), ((1, 3), (4, 3, 2), (3, 2, 4))]:
    for normalize in [False, True]:
        case(f"Dot-{axes}-{len(a)}-{normalize}".replace(" ", ""), one(lambda axes=axes, normalize=normalize: L.Dot(axes, normalize), a, b))


def attention_of(layer, options, shape):
    x, y = keras.Input(shape), keras.Input(shape)
    return keras.Model([x, y], layer([x, y], **options))


# Operations
def op(name, function, *shapes, dtype="float32"):
    def make():
        inputs = [keras.Input(shape, dtype=dtype) for shape in shapes]
        return keras.Model(inputs, function(*inputs))
    case(f"op-{name}", make)


for name in ["add", "subtract", "multiply", "maximum", "minimum", "true_divide", "divide"]:
    op(name, lambda x, y, name=name: getattr(ops, name)(x, y), (4, 5), (4, 5))
for name in ["abs", "absolute", "negative", "exp", "square", "sin", "cos", "tanh", "sigmoid", "relu", "floor", "ceil", "round", "sign", "erf", "silu", "softplus", "gelu"]:
    op(name, lambda x, name=name: getattr(ops, name)(x), (4, 5))
for name in ["sqrt", "log", "rsqrt", "reciprocal", "log1p"]:
    op(name, lambda x, name=name: getattr(ops, name)(ops.abs(x) + 0.5), (4, 5))
for name in ["mean", "sum", "max", "min", "prod", "var", "std", "amax", "amin", "logsumexp"]:
    op(name, lambda x, name=name: getattr(ops, name)(x, axis=-1), (4, 5))
    op(f"{name}-keep", lambda x, name=name: getattr(ops, name)(x, axis=(1, 2), keepdims=True), (4, 5))
for name in ["greater", "less", "equal", "not_equal", "greater_equal", "less_equal"]:
    op(name, lambda x, y, name=name: ops.cast(getattr(ops, name)(x, y), "float32"), (4, 5), (4, 5))
op("scalar", lambda x: (2.0 * x + 1 - 3) / 4, (4, 5))
op("rscalar", lambda x: 1.0 / (2.0 - ops.abs(x) * 0.5), (4, 5))
op("power", lambda x: x ** 2, (4, 5))
op("power-float", lambda x: ops.power(ops.abs(x) + 0.1, 1.5), (4, 5))
op("reshape", lambda x: ops.reshape(x, (-1, 10, 2)), (4, 5))
op("transpose", lambda x: ops.transpose(x, (0, 2, 1)), (4, 5))
op("swapaxes", lambda x: ops.swapaxes(x, 1, 2), (4, 5))
op("moveaxis", lambda x: ops.moveaxis(x, 1, -1), (4, 5, 6))
op("expand_dims", lambda x: ops.expand_dims(x, 1), (4, 5))
op("squeeze", lambda x: ops.squeeze(x, 2), (4, 1, 5))
op("concatenate", lambda x, y: ops.concatenate([x, y], axis=1), (4, 5), (2, 5))
op("stack", lambda x, y: ops.stack([x, y], axis=1), (4, 5), (4, 5))
op("split", lambda x: ops.split(x, 2, axis=-1), (4, 6))
op("split-at", lambda x: ops.split(x, [1, 3], axis=-1), (4, 6))
op("unstack", lambda x: ops.unstack(x, axis=1), (3, 6))
op("unstack-int64", lambda x: ops.unstack(ops.cast(x, "int64"), axis=-1), (3, 4))
op("clip", lambda x: ops.clip(x, -0.3, 0.4), (4, 5))
op("where", lambda x, y: ops.where(x > y, x, 0.5), (4, 5), (4, 5))
op("matmul", lambda x, y: ops.matmul(x, y), (4, 5), (5, 6))
op("matmul-4", lambda x, y: ops.matmul(x, y), (2, 4, 5), (2, 5, 6))
op("einsum", lambda x, y: ops.einsum("bij,bjk->bik", x, y), (4, 5), (5, 6))
op("einsum-heads", lambda x, y: ops.einsum("bqhd,bkhd->bhqk", x, y), (4, 2, 5), (3, 2, 5))
op("getitem", lambda x: x[:, 1:3], (4, 5))
op("getitem-int", lambda x: x[:, -1], (4, 5))
op("getitem-steps", lambda x: x[:, ::2, ::-1], (4, 5))
op("getitem-dots", lambda x: x[..., 1], (4, 5))
op("getitem-new", lambda x: x[:, None], (4, 5))
op("cast", lambda x: ops.cast(ops.cast(x * 3, "int32"), "float32"), (4, 5))
op("softmax", lambda x: ops.softmax(x, axis=-1), (4, 5))
op("softmax-1", lambda x: ops.softmax(x, axis=1), (4, 5))
op("take", lambda x: ops.take(x, [2, 0, 1], axis=1), (4, 5))
op("pad", lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 1))), (4, 5))
op("tile", lambda x: ops.tile(x, (1, 2, 3)), (4, 5))
op("repeat", lambda x: ops.repeat(x, 2, axis=1), (4, 5))
op("flip", lambda x: ops.flip(x, axis=1), (4, 5))
op("argmax", lambda x: ops.argmax(x, axis=-1), (4, 5))
op("top_k", lambda x: ops.top_k(x, 3), (4, 5))
op("zeros_like", lambda x: x + ops.zeros_like(x) + ops.ones_like(x), (4, 5))
op("one_hot", lambda x: ops.one_hot(x, 6), (4,), dtype="int32")
op("normalize", lambda x: ops.normalize(x, axis=-1), (4, 5))
op("cumsum", lambda x: ops.cumsum(x, axis=1), (4, 5))
op("max_pool", lambda x: ops.max_pool(x, 2), (6, 6, 3))
op("logical", lambda x, y: ops.cast(ops.logical_and(x > 0, ops.logical_not(y > 0)), "float32"), (4, 5), (4, 5))


for name in ["sqrt", "sin", "tanh", "floor", "std"]:
    op(f"{name}-of-integers", lambda x, name=name: getattr(ops, name)(x), (4, 5), dtype="int32")
for name in ["max_pool", "average_pool"]:
    op(f"{name}-1d", lambda x, name=name: getattr(ops, name)(x, 2), (6, 3))
    op(f"{name}-3d", lambda x, name=name: getattr(ops, name)(x, 2, padding="same"), (5, 4, 3, 2))
for name in ["adaptive_max_pool", "adaptive_average_pool"]:
    if hasattr(ops, name):
        op(name, lambda x, name=name: getattr(ops, name)(x, (2, 3)), (7, 5, 3))
for name in ["rgb_to_hsv", "hsv_to_rgb"]:
    op(f"image-{name}", lambda x, name=name: getattr(ops.image, name)(ops.abs(x)), (4, 5, 3))
for how in ["crop_to_aspect_ratio", "pad_to_aspect_ratio"]:
    op(f"image-resize-{how}", lambda x, how=how: ops.image.resize(x, (4, 3), **{how: True}), (6, 5, 3))
op("sort", lambda x: ops.sort(x, axis=-1), (4, 5))
op("sort-1", lambda x: ops.sort(x, axis=1), (4, 5))
op("argsort", lambda x: ops.argsort(x, axis=-1), (4, 5))
op("argsort-1", lambda x: ops.argsort(x, axis=1), (4, 5))
for order in [None, 1, 2, 3]:
    op(f"norm-{order}", lambda x, order=order: ops.norm(x, ord=order, axis=-1), (4, 5))
op("norm-fro", lambda x: ops.norm(x, ord="fro", axis=(1, 2), keepdims=True), (4, 5))
op("segment_sum", lambda x, y: ops.segment_sum(x, ops.reshape(y, (-1,)), num_segments=5), (5,), (1,), dtype="int32")
op("segment_max", lambda x: ops.segment_max(x, ops.cast(ops.abs(x[:, 0]) * 0, "int32"), num_segments=1), (5,))
op("rfft", lambda x: ops.rfft(x), (4, 8))
op("image-resize", lambda x: ops.image.resize(x, (7, 5)), (4, 6, 3))
op("image-resize-nearest", lambda x: ops.image.resize(x, (8, 3), interpolation="nearest"), (4, 6, 3))
op("image-gray", lambda x: ops.image.rgb_to_grayscale(x), (4, 6, 3))
op("tril", lambda x: ops.tril(x, 1), (4, 5))
op("triu", lambda x: ops.triu(x), (4, 5))
case("op-broadcast_to", one(lambda: lambda x: ops.broadcast_to(x, (2, 4, 5)), (1, 5), batch=2))
for name in ["sinh", "cosh", "tan"]:
    op(name, lambda x, name=name: getattr(ops, name)(x), (4, 5))
for name in ["arcsin", "arccos", "arctan", "arcsinh", "deg2rad", "rad2deg", "exp2", "cbrt", "isnan", "isinf", "isfinite", "trunc", "real", "ravel"]:
    op(name, lambda x, name=name: getattr(ops, name)(x), (4, 5))
op("arccosh", lambda x: ops.arccosh(ops.abs(x) + 1.5), (4, 5))
op("arctanh", lambda x: ops.arctanh(x * 0.9), (4, 5))
op("nan_to_num", lambda x: ops.nan_to_num(ops.log(x)), (4, 5))
for name in ["logaddexp", "hypot"]:
    op(name, lambda x, y, name=name: getattr(ops, name)(x, y), (4, 5), (4, 5))
op("logical_xor", lambda x, y: ops.logical_xor(x > 0, y > 0), (4, 5), (4, 5))
op("count_nonzero", lambda x: ops.count_nonzero(ops.relu(x), axis=-1), (4, 5))
op("moments", lambda x: ops.moments(x, axes=[1]), (4, 5))
op("moments-keep", lambda x: ops.moments(x, axes=[1, 2], keepdims=True), (4, 5))
op("hstack", lambda x, y: ops.hstack([x, y]), (4, 5), (2, 5))
op("vstack", lambda x: ops.vstack([x, x * 2]), (4, 5))
op("roll", lambda x: ops.roll(x, 7, axis=1), (4, 5))
op("roll-back", lambda x: ops.roll(x, -1, axis=-1), (4, 5))
op("diff", lambda x: ops.diff(x, axis=1), (4, 5))
op("slice", lambda x: ops.slice(x, (0, 1, 1), (2, 2, 3)), (4, 5))
op("slice_update", lambda x, y: ops.slice_update(x, (0, 1, 0), y[:, :1, :2]), (4, 5), (4, 5))
op("tensordot", lambda x, y: ops.tensordot(x, y[0], axes=1), (4, 5), (5, 3))
op("max-initial", lambda x: ops.max(x, axis=1, initial=0.5), (4, 5))
op("min-initial", lambda x: ops.min(x, axis=1, initial=-0.5), (4, 5))
op("expand_dims-several", lambda x: ops.expand_dims(x, (-1, 1)), (4, 5))
op("zeros_like-bool", lambda x: ops.where(ops.logical_or(ops.zeros_like(x, dtype="bool"), x > 0), x, -x), (4, 5))
for mode in ["reflect", "symmetric"]:
    op(f"pad-{mode}", lambda x, mode=mode: ops.pad(x, ((0, 0), (1, 1), (2, 1)), mode=mode), (4, 5))
op("image-resize-antialias", lambda x: ops.image.resize(x, (3, 5), interpolation="bicubic", antialias=True), (6, 8, 3))


# Operations without an operator of their own
for name in ["angle", "imag", "isneginf", "isposinf", "isreal", "fabs", "signbit", "sinc", "sparsemax", "average", "ptp", "median",
             "nanmax", "nanmin", "nansum", "nanprod", "nanmean", "nanvar", "nanstd", "trapezoid", "cumprod"]:
    if hasattr(ops, name):
        axis = {} if name in ("angle", "imag", "isneginf", "isposinf", "isreal", "fabs", "signbit", "sinc") else {"axis": -1}
        op(f"{name}-own", lambda x, name=name, axis=axis: getattr(ops, name)(x, **axis), (4, 5))
for name in ["isclose", "heaviside", "divide_no_nan", "logaddexp2", "outer", "vdot"]:
    if hasattr(ops, name):
        op(name, lambda x, y, name=name: getattr(ops, name)(x, y), (4, 5), (4, 5))
for name in ["bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift"]:
    op(name, lambda x, y, name=name: getattr(ops, name)(x, y), (4, 5), (4, 5), dtype="int32")
for name in ["sort", "argsort", "argmax", "cumsum"]:
    op(f"{name}-all", lambda x, name=name: getattr(ops, name)(x, axis=None), (4, 5))
op("erfinv", lambda x: ops.erfinv(x * 0.9), (4, 5))
op("quantile", lambda x: ops.quantile(x, [0.1, 0.4], axis=1, keepdims=True), (4, 5))
op("quantile-one", lambda x: ops.quantile(x, 0.3, axis=(1, 2)), (4, 5))
op("take-below", lambda x: ops.take(x, [0, -1], axis=1), (4, 5))
op("take_along_axis", lambda x, y: ops.take_along_axis(x, ops.cast(ops.floor(ops.abs(y) * 3), "int32"), axis=1), (4, 5), (4, 5))
op("append", lambda x, y: ops.append(x, y, axis=1), (4, 5), (4, 5))
op("array_split", lambda x: ops.array_split(x, 3, axis=-1), (4, 5))
op("roll-two", lambda x: ops.roll(x, (1, 2), (1, 2)), (4, 5))
op("roll-all", lambda x: ops.roll(x, 3), (4, 5))
op("diff-2", lambda x: ops.diff(x, n=2), (4, 5))
op("repeat-list", lambda x: ops.repeat(x, [1, 2, 3, 0], axis=1), (4, 5))
op("rot90", lambda x: ops.rot90(x, axes=(1, 2)), (4, 5))
op("rot90-3", lambda x: ops.rot90(x, k=3, axes=(1, 2)), (4, 5))
op("moveaxis-two", lambda x: ops.moveaxis(x, [1, 2], [2, 1]), (4, 5))
op("linspace", lambda x, y: ops.linspace(x, y, 5, axis=1), (4, 5), (4, 5))
op("scatter_update", lambda x: ops.scatter_update(x, [[0, 0, 0], [1, 2, 3]], [9.0, 7.0]), (4, 5))
op("searchsorted", lambda x: ops.searchsorted(ops.convert_to_tensor([-0.5, 0.0, 0.5]), ops.reshape(x, (-1,))), (4, 5))
op("select", lambda x, y: ops.select([x > 0, y > 0], [x, y], 0.0), (4, 5), (4, 5))
op("tensordot-axes", lambda x, y: ops.tensordot(x, y[0], axes=[[2], [1]]), (4, 5), (4, 5))
op("einsum-one", lambda x: ops.einsum("bij->bj", x), (4, 5))
op("einsum-three", lambda x, y: ops.einsum("bij,bjk,bkl->bil", x, y, x), (4, 4), (4, 4))
op("cross", lambda x, y: ops.cross(x, y), (5, 3), (5, 3))
op("trace", lambda x: ops.trace(x, axis1=1, axis2=2), (4, 4))
op("diagonal", lambda x: ops.diagonal(x, offset=1, axis1=1, axis2=2), (4, 5))
for name in ["inv", "det", "cholesky"]:
    op(name, lambda x, name=name: getattr(ops, name)(ops.matmul(x, ops.transpose(x, (0, 2, 1))) + np.eye(4, dtype="f")[None]), (4, 4))
op("solve", lambda x, y: ops.solve(x + 3 * np.eye(4, dtype="f")[None], y), (4, 4), (4, 2))
op("solve_triangular", lambda x, y: ops.solve_triangular(x + 3 * np.eye(4, dtype="f")[None], y, lower=True), (4, 4), (4, 2))
for n in [6, 8, 60]:
    op(f"fft-{n}", lambda x, y: ops.fft((x, y)), (4, n), (4, n))
    op(f"rfft-{n}", lambda x: ops.rfft(x), (4, n))
op("fft2", lambda x, y: ops.fft2((x, y)), (4, 6), (4, 6))
op("irfft", lambda x, y: ops.irfft((x, y)), (4, 5), (4, 5))
op("stft", lambda x: ops.stft(x, 10, 4, 12), (40,))
op("istft", lambda x, y: ops.istft((x, y), 8, 4, 8), (7, 5), (7, 5))
op("extract_sequences", lambda x: ops.extract_sequences(x, 8, 4), (32,))
op("layer_normalization", lambda x: ops.layer_normalization(x), (4, 5))
op("normalize-1", lambda x: ops.normalize(x, order=1), (4, 5))
op("dot_product_attention", lambda x: ops.dot_product_attention(x, x, x, is_causal=True), (3, 2, 4))
op("dot_product_attention-mask", lambda x, y: ops.dot_product_attention(x, x, x, mask=y > 0), (3, 2, 4), (1, 3, 3))
op("multi_hot", lambda x: ops.multi_hot(x, 5), (4,), dtype="int32")
op("binary_crossentropy", lambda x, y: ops.binary_crossentropy(ops.sigmoid(x), ops.sigmoid(y)), (4, 5), (4, 5))
op("image-crop", lambda x: ops.image.crop_images(x, 1, 2, 1, 1), (6, 6, 3))
op("image-pad", lambda x: ops.image.pad_images(x, top_padding=1, left_padding=1, target_height=9, target_width=9), (6, 6, 3))
op("image-patches", lambda x: ops.image.extract_patches(x, (3, 2), strides=(2, 1), padding="same"), (6, 6, 3))


# Convolutions, windows and pictures of operations
def conv_transpose(self, x, kernel):
    """Keras 3.15 gives padding and output_padding in each other's place, so that no model of it can be called."""
    return keras.src.backend.nn.conv_transpose(x, kernel, self.strides, self.padding, self.output_padding, self.data_format, self.dilation_rate)


keras.src.ops.nn.ConvTranspose.call = conv_transpose
KERNELS = {n: np.random.default_rng(n).normal(0, 1, (*(3, 2, 2)[:n], 5, 4)).astype("f") for n in (1, 2, 3)}
for n in [1, 2, 3]:
    for padding in ["valid", "same"]:
        op(f"conv_transpose-{n}-{padding}",
           lambda x, n=n, padding=padding: ops.conv_transpose(x, ops.convert_to_tensor(KERNELS[n]), 2, padding), (*(4, 5, 3)[:n], 4))
        op(f"conv-{n}-{padding}",
           lambda x, n=n, padding=padding: ops.conv(x, ops.convert_to_tensor(KERNELS[n]), 2, padding), (*(5, 4, 6)[:n], 5))
op("conv_transpose-dilated", lambda x: ops.conv_transpose(x, ops.convert_to_tensor(KERNELS[2]), 1, "valid", dilation_rate=2), (4, 5, 4))
op("conv_transpose-first", lambda x: ops.conv_transpose(x, ops.convert_to_tensor(KERNELS[2]), 2, data_format="channels_first"), (4, 4, 5))
for options in [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": (1, 0)}]:
    if hasattr(ops, "fold"):
        op(f"fold-{len(options)}-{'dilation' in options}", lambda x, o=options: ops.fold(ops.unfold(x, (2, 3), **o), (6, 7), (2, 3), **o), (3, 6, 7))


def with_nan(x):
    return ops.where(ops.greater(x, 0.8), np.float32("nan"), x)


for name in ["nanargmax", "nanargmin", "nanmedian"]:
    if hasattr(ops, name):
        op(f"{name}-nan", lambda x, name=name: getattr(ops, name)(with_nan(x), axis=-1), (4, 5))
        case(f"op-{name}-nan-all", one(lambda name=name: lambda x: getattr(ops, name)(with_nan(x)), (4, 5), batch=2))
        if name != "nanmedian":
            op(f"{name}-nan-keep", lambda x, name=name: getattr(ops, name)(with_nan(x), axis=1, keepdims=True), (4, 5))
if hasattr(ops, "nanquantile"):
    op("nanquantile-nan", lambda x: ops.nanquantile(with_nan(x), 0.3, axis=1), (4, 5))
op("size", lambda x: ops.size(x) + ops.cast(x[0, 0], "int32"), (4, 5))
op("matmul-integers", lambda x, y: ops.matmul(x, y), (4, 5), (5, 6), dtype="int32")
op("matmul-bytes", lambda x, y: ops.matmul(ops.cast(x, "int8"), ops.cast(y, "int8")), (4, 5), (5, 6), dtype="int32")
op("image-blur", lambda x: ops.image.gaussian_blur(x, (3, 5), (0.8, 1.3)), (6, 7, 3))
op("image-blur-first", lambda x: ops.image.gaussian_blur(x, data_format="channels_first"), (2, 6, 7))
if hasattr(ops.image, "sobel_edges"):
    op("image-sobel", lambda x: ops.image.sobel_edges(x), (6, 7, 3))
    op("image-sobel-first", lambda x: ops.image.sobel_edges(x, data_format="channels_first"), (2, 6, 7))
for method in ["linear", "cubic", "lanczos3"]:
    op(f"image-scale-{method}", lambda x, method=method: ops.image.scale_and_translate(
        x, (2, 5, 9, 3), np.float32([0.7, 1.3]), np.float32([0.2, -0.4]), (1, 2), method), (6, 7, 3))

TURNED = np.float32([[0.9, 0.21, -1.3, -0.17, 1.1, 0.37, 0.011, -0.007]])
FAR = np.float32([2.3, 0.3, -9.1, -0.4, 2.1, -7.3, 0.003, 0.004])
for interpolation in ["nearest", "bilinear"]:
    for fill in ["constant", "nearest", "wrap", "reflect"]:
        options = {"interpolation": interpolation, "fill_mode": fill, "fill_value": 0.25}
        op(f"image-affine-{interpolation}-{fill}", lambda x, o=options: ops.image.affine_transform(x, ops.convert_to_tensor(TURNED), **o), (6, 7, 3))
        op(f"image-affine-far-{interpolation}-{fill}", lambda x, o=options: ops.image.affine_transform(x, ops.convert_to_tensor(FAR), **o), (6, 7, 3))
    op(f"image-perspective-{interpolation}", lambda x, i=interpolation: ops.image.perspective_transform(
        x, np.float32([[0.2, 0.1], [0.3, 5.2], [6.1, 0.4], [5.7, 5.1]]), np.float32([[0.7, 0.3], [0.1, 4.9], [5.9, 0.9], [6.2, 5.3]]),
        interpolation=i), (6, 7, 3))
op("image-affine-computed", lambda x, y: ops.image.affine_transform(x, ops.convert_to_tensor(TURNED) + 0.01 * y), (6, 7, 3), (8,))
op("image-affine-first", lambda x: ops.image.affine_transform(x, ops.convert_to_tensor(TURNED), data_format="channels_first"), (2, 6, 7))
op("image-perspective-computed", lambda x, y: ops.image.perspective_transform(
    x, ops.convert_to_tensor([[[0.2, 0.1], [0.3, 5.2], [6.1, 0.4], [5.7, 5.1]]]) + 0.1 * y, ops.convert_to_tensor([[[0.7, 0.3], [0.1, 4.9], [5.9, 0.9], [6.2, 5.3]]]) + 0 * y),
   (6, 7, 3), (4, 2))
for order in [0, 1]:
    for fill in ["constant", "nearest", "wrap", "mirror", "reflect"]:
        case(f"op-image-coordinates-{order}-{fill}", one(lambda order=order, fill=fill: lambda x: ops.image.map_coordinates(
            x, 0.5 + 0.15 * x if fill == "mirror" else 1.9 + 3.1 * x, order, fill, 0.25), (6,), batch=2))


# Whole models
def derived(nested):
    """A class of its own, for training, made from inputs and outputs."""
    class Trained(keras.Model):
        pass
    x = keras.Input((5,))
    model = Trained(x, L.Dense(3, activation="tanh")(x))
    return keras.Model(x, L.Dense(2)(model(L.Dense(5)(x)))) if nested else model


def with_numbers(layer):
    x = keras.Input((5,))
    return keras.Model(x, layer()([x, ops.convert_to_tensor([[1.0, -2.0, 3.0, 0.5, 0.25]])]))


case("model-derived", lambda: derived(False))
case("model-derived-nested", lambda: derived(True))
case("Add-numbers", lambda: with_numbers(L.Add))
case("Multiply-numbers", lambda: with_numbers(L.Multiply))
def nested():
    inner = keras.Sequential([keras.Input((6,)), L.Dense(5, activation="relu"), L.BatchNormalization(), L.Dense(3)], name="inner")
    core = keras.Input((4, 4, 2), name="picture")
    side = keras.Input((6,), name="side")
    block = keras.Model(core, L.GlobalAveragePooling2D()(L.Conv2D(6, 3, padding="same")(core)), name="block")
    a, b = inner(side), inner(block(core))
    return keras.Model({"picture": core, "side": side}, {"sum": L.Add()([a, b]), "both": L.Concatenate()([a, b])})


def shared():
    x, y = keras.Input((5,)), keras.Input((5,))
    layer, first = L.Dense(4), L.Dense(5, activation="tanh")
    return keras.Model([y, x], [layer(first(x)), layer(y)])


def shared_with_inner(first):
    """A layer of the model that is one of a nested model too; Keras saves it where it meets it first."""
    x, y = keras.Input((5,)), keras.Input((5,))
    layer = L.Dense(5, activation="tanh")
    inner = keras.Model(y, L.Dense(3)(layer(y)), name="inner")
    return keras.Model(x, inner(layer(x)) if first else layer(L.Dense(5)(inner(x))))


case("model-shared-within", lambda: shared_with_inner(True))
case("model-shared-behind", lambda: shared_with_inner(False))
case("model-nested", nested)
case("model-shared", shared)
case("model-sequential", lambda: keras.Sequential([keras.Input((8, 8, 3)), L.Conv2D(4, 3), L.BatchNormalization(), L.ReLU(), L.Flatten(), L.Dense(3, activation="softmax")]))


def main():
    import os
    import sys
    import tempfile
    import judge_keras
    failed = 0
    chosen = [c for c in CASES if len(sys.argv) < 2 or any(c[0].startswith(word) for word in sys.argv[1:])]
    for name, make in chosen:
        with tempfile.TemporaryDirectory() as folder:
            try:
                problem = judge_keras.judge_model(make, [os.path.join(folder, "model" + ending) for ending in (".keras", ".h5")])
            except Exception as error:  # noqa: BLE001
                problem = f"{type(error).__name__}: {str(error)[-400:]}"
        if problem:
            failed += 1
            print(f"{name}: {problem}", flush=True)
    print(f"{len(chosen) - failed} passed, {failed} failed, 0 skipped")


if __name__ == "__main__":
    main()
