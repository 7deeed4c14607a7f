"""Every TensorFlow operator that is converted, over its options: a graph of one, judged by TensorFlow."""

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

import judge  # noqa: E402
from test_tensorflow import convert  # noqa: E402

F, I = np.float32, np.int32  # noqa: E741
nn, raw = tf.nn, tf.raw_ops
R = np.random.default_rng(7)


def w(*shape):
    return tf.constant(np.random.default_rng(sum(shape)).normal(size=shape).astype(F))


X = (None, 6, 6, 4)
POSITIVE = {"Log", "Sqrt", "Rsqrt", "Reciprocal", "Log1p", "Pow"}

UNARY = ["Relu", "Relu6", "Elu", "Tanh", "Sigmoid", "Exp", "Log", "Sqrt", "Rsqrt", "Square", "Abs", "Neg", "Sin", "Cos",
         "Floor", "Ceil", "Round", "Rint", "Sign", "ZerosLike", "OnesLike", "Softplus", "Softsign", "Selu", "Erf",
         "Reciprocal", "Log1p", "Expm1", "Tan", "Atan", "Sinh", "Cosh", "Identity", "L2Loss", "IsNan"]
BINARY = ["AddV2", "Sub", "Mul", "RealDiv", "Maximum", "Minimum", "SquaredDifference", "Pow", "Atan2", "FloorDiv",
          "FloorMod", "DivNoNan", "Less", "LessEqual", "Greater", "GreaterEqual", "Equal", "NotEqual"]

# name: (function, [(shape, dtype), ...]); extents None are the batch.
CASES = {name: (lambda x, name=name: getattr(raw, name)(**{{"Softplus": "features", "Softsign": "features",
                                                            "Relu": "features", "Relu6": "features", "Elu": "features",
                                                            "Selu": "features", "Identity": "input",
                                                            "L2Loss": "t"}.get(name, "x"): x}), [(X, F)])
         for name in UNARY}
CASES |= {name: (lambda x, y, name=name: getattr(raw, name)(x=x, y=y), [(X, F), (X, F)]) for name in BINARY}
CASES |= {f"{name}_broadcast": (lambda x, name=name: getattr(raw, name)(x=x, y=w(4)), [(X, F)])
          for name in ("AddV2", "Sub", "Mul", "Maximum")}
CASES |= {
    "AddN": (lambda x, y: tf.add_n([x, y, x]), [(X, F), (X, F)]),
    "LeakyRelu": (lambda x: nn.leaky_relu(x, 0.3), [(X, F)]),
    "Gelu": (lambda x: nn.gelu(x), [(X, F)]),
    "Gelu_tanh": (lambda x: nn.gelu(x, approximate=True), [(X, F)]),
    "Clip": (lambda x: tf.clip_by_value(x, -0.3, 0.4), [(X, F)]),
    "Clip6": (lambda x: tf.clip_by_value(x * 10, 0, 6), [(X, F)]),
    "HardSwish": (lambda x: x * nn.relu6(x + 3) * (1 / 6), [(X, F)]),
    "L2Norm": (lambda x: tf.math.l2_normalize(x, -1), [(X, F)]),
    "Cast_int": (lambda x: tf.cast(x * 10, tf.int32), [(X, F)]),
    "Cast_float": (lambda x: tf.cast(x, tf.float32), [((None, 3), I)]),
    "Cast_bool": (lambda x: tf.cast(x > 0, tf.float32), [(X, F)]),
    "Select": (lambda x, y: tf.where(x > y, x, y), [(X, F), (X, F)]),
    "Select_rows": (lambda x: raw.Select(condition=[True, False, True], x=x, y=-x), [((3, 4), F)]),
    "Logical": (lambda x, y: tf.logical_or(tf.logical_and(x > 0, y > 0), tf.logical_not(x > y)), [(X, F), (X, F)]),
    "FakeQuant": (lambda x: tf.quantization.fake_quant_with_min_max_args(x, -1, 1), [(X, F)]),
    "Bucketize": (lambda x: raw.Bucketize(input=x, boundaries=[-0.5, 0.0, 0.5]), [((5,), F)]),
    "BiasAdd": (lambda x: nn.bias_add(x, w(4)), [(X, F)]),
    "BatchNorm": (lambda x: raw.FusedBatchNormV3(x=x, scale=w(4), offset=w(4) * 2, mean=w(4) * 3,
                                                 variance=tf.abs(w(4)) + 0.5, is_training=False)[0], [(X, F)]),
    "MatMul": (lambda x: tf.matmul(x, w(5, 3)), [((None, 5), F)]),
    "MatMul_transposed": (lambda x: tf.matmul(x, w(3, 5), transpose_b=True), [((None, 5), F)]),
    "MatMul_two": (lambda x, y: tf.matmul(x, y), [((2, 5), F), ((5, 3), F)]),
    "MatMul_rank3": (lambda x: tf.matmul(x, w(5, 3)), [((None, 4, 5), F)]),
    "BatchMatMul": (lambda x, y: tf.matmul(x, y), [((None, 4, 5), F), ((None, 5, 3), F)]),
    "BatchMatMul_adj": (lambda x, y: tf.matmul(x, y, adjoint_b=True), [((None, 4, 5), F), ((None, 3, 5), F)]),
    "BatchMatMul_adj_x": (lambda x, y: tf.matmul(x, y, adjoint_a=True), [((2, 5, 4), F), ((2, 5, 3), F)]),
    "Softmax": (lambda x: nn.softmax(x), [((None, 7), F)]),
    "LogSoftmax": (lambda x: nn.log_softmax(x), [((None, 7), F)]),
    "LRN": (lambda x: nn.lrn(x, 2, 1.0, 0.5, 0.7), [(X, F)]),
    "ResizeBilinear": (lambda x: tf.compat.v1.image.resize_bilinear(x, [9, 11]), [(X, F)]),
    "ResizeBilinear_corners": (lambda x: tf.compat.v1.image.resize_bilinear(x, [9, 11], align_corners=True), [(X, F)]),
    "ResizeBilinear_centers": (lambda x: tf.image.resize(x, [9, 11]), [(X, F)]),
    "ResizeNearest": (lambda x: tf.image.resize(x, [12, 12], "nearest"), [(X, F)]),
    "Conv1D": (lambda x: nn.conv1d(x, w(3, 4, 5), 1, "SAME"), [((None, 9, 4), F)]),
    "Conv2D_explicit": (lambda x: nn.conv2d(x, w(3, 3, 4, 5), 2, [[0, 0], [1, 1], [1, 1], [0, 0]]), [(X, F)]),
    "Conv2D_grouped": (lambda x: nn.conv2d(x, w(3, 3, 2, 6), 1, "SAME"), [(X, F)]),
    "Conv2D_relu": (lambda x: nn.relu(nn.conv2d(x, w(3, 3, 4, 5), 1, "SAME") + w(5)), [(X, F)]),
    "Conv2D_any_size": (lambda x: nn.conv2d(x, w(3, 3, 4, 5), 2, "SAME"), [((1, None, None, 4), F)]),
    "Conv2DTranspose_same": (lambda x: nn.conv2d_transpose(x, w(3, 3, 5, 4), [2, 12, 12, 5], 2, "SAME"), [((2, 6, 6, 4), F)]),
    "Conv2DTranspose_valid": (lambda x: nn.conv2d_transpose(x, w(3, 3, 5, 4), [2, 13, 13, 5], 2, "VALID"), [((2, 6, 6, 4), F)]),
    "Conv2DTranspose_batch": (lambda x: nn.conv2d_transpose(x, w(2, 2, 5, 4), tf.stack([tf.shape(x)[0], 12, 12, 5]), 2), [(X, F)]),
    "Conv3D": (lambda x: nn.conv3d(x, w(2, 2, 2, 3, 4), [1] * 5, "SAME"), [((None, 4, 5, 5, 3), F)]),
    "MaxPool3D": (lambda x: nn.max_pool3d(x, 2, 2, "SAME"), [((None, 5, 5, 5, 3), F)]),
    "AvgPool3D": (lambda x: nn.avg_pool3d(x, 2, 2, "SAME"), [((None, 5, 5, 5, 3), F)]),
    "Reshape": (lambda x: tf.reshape(x, [-1, 36, 4]), [(X, F)]),
    "Reshape_shape": (lambda x: tf.reshape(x, tf.stack([tf.shape(x)[0], 9, 16])), [(X, F)]),
    "Reshape_product": (lambda x: tf.reshape(x, [tf.shape(x)[0] * 6, 24]), [(X, F)]),
    "Squeeze": (lambda x: tf.squeeze(x, [1]), [((None, 1, 4), F)]),
    "ExpandDims": (lambda x: tf.expand_dims(x, -1), [((None, 4), F)]),
    "Transpose": (lambda x: tf.transpose(x, [0, 3, 1, 2]), [(X, F)]),
    "Pack": (lambda x, y: tf.stack([x, y], 1), [((None, 4), F), ((None, 4), F)]),
    "Unpack": (lambda x: tf.unstack(x, axis=1)[1], [((None, 3, 4), F)]),
    "Concat": (lambda x, y: tf.concat([x, y, x], -1), [(X, F), (X, F)]),
    "Split": (lambda x: tf.split(x, 2, -1)[1], [(X, F)]),
    "SplitV": (lambda x: tf.split(x, [1, 3], -1)[1], [(X, F)]),
    "Slice": (lambda x: tf.slice(x, [0, 1, 0, 2], [-1, 3, 6, 2]), [(X, F)]),
    "StridedSlice": (lambda x: x[:, ::2, 1:-1, -1], [(X, F)]),
    "StridedSlice_new": (lambda x: x[..., tf.newaxis, 2], [(X, F)]),
    "StridedSlice_reverse": (lambda x: x[:, ::-1], [(X, F)]),
    "Gather": (lambda x: tf.gather(x, [2, 0, 1], axis=1), [(X, F)]),
    "Gather_rows": (lambda i: tf.gather(w(9, 3), i), [((None, 4), I)]),
    "Gather_batch": (lambda x: tf.gather(x, [[1, 0], [2, 1]], batch_dims=1, axis=1), [((2, 3, 4), F)]),
    "GatherNd": (lambda x: tf.gather_nd(x, [[0, 1], [1, 2]]), [((2, 3, 4), F)]),
    "Tile": (lambda x: tf.tile(x, [1, 2, 1, 1]), [(X, F)]),
    "BroadcastTo": (lambda x: tf.broadcast_to(x, [3, 2, 4]), [((2, 4), F)]),
    "Reverse": (lambda x: tf.reverse(x, [1]), [(X, F)]),
    "ReverseSequence": (lambda x: tf.reverse_sequence(x, [2, 3], 1, 0), [((2, 5, 3), F)]),
    "Pad": (lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]]), [(X, F)]),
    "PadV2": (lambda x: tf.pad(x, [[0, 0], [1, 2], [0, 1], [0, 0]], constant_values=3.0), [(X, F)]),
    "MirrorPad": (lambda x: tf.pad(x, [[0, 0], [1, 2], [2, 1], [0, 0]], "REFLECT"), [(X, F)]),
    "MirrorPad_symmetric": (lambda x: tf.pad(x, [[0, 0], [1, 2], [2, 1], [0, 0]], "SYMMETRIC"), [(X, F)]),
    "SpaceToDepth": (lambda x: nn.space_to_depth(x, 2), [(X, F)]),
    "DepthToSpace": (lambda x: nn.depth_to_space(x, 2), [(X, F)]),
    "SpaceToBatch": (lambda x: tf.space_to_batch(x, [2, 2], [[0, 0], [0, 0]]), [(X, F)]),
    "Conv2D_dilated": (lambda x: nn.conv2d(x, w(3, 3, 4, 5), 1, "SAME", dilations=2), [(X, F)]),
    "ScatterNd": (lambda x: tf.scatter_nd([[1], [3]], x, [5, 4]), [((2, 4), F)]),
    "Where": (lambda x: tf.where(x > 0), [((3, 4), F)]),
    "Unique": (lambda x: tf.unique(x)[0], [((9,), I)]),
    "MatrixDiag": (lambda x: raw.MatrixDiag(diagonal=x), [((2, 4), F)]),
    "OneHot": (lambda x: tf.one_hot(x, 6), [((None, 3), I)]),
    "Range": (lambda x: tf.range(tf.shape(x)[1]) + tf.shape(x)[2], [(X, F)]),
    "Fill": (lambda x: tf.fill([tf.shape(x)[0], 3], 2.5), [(X, F)]),
    "Size": (lambda x: tf.size(x), [(X, F)]),
    "Rank": (lambda x: x + tf.cast(tf.rank(x), F), [(X, F)]),
    "LinSpace": (lambda x: x + tf.linspace(0.0, 1.0, 4), [(X, F)]),
    "ArgMax": (lambda x: tf.argmax(x, -1), [(X, F)]),
    "ArgMin": (lambda x: tf.argmin(x, 1, output_type=tf.int32), [(X, F)]),
    "Cumsum": (lambda x: tf.cumsum(x, 1, exclusive=True, reverse=True), [(X, F)]),
    "TopK": (lambda x: tf.math.top_k(x, 3)[0], [((None, 9), F)]),
    "TopK_indices": (lambda x: tf.math.top_k(x, 3)[1], [((None, 9), F)]),
    "SegmentSum": (lambda x: tf.math.segment_sum(x, [0, 0, 1]), [((3, 4), F)]),
    "UnsortedSegmentSum": (lambda x: tf.math.unsorted_segment_sum(x, [2, 0, 2], 3), [((3, 4), F)]),
    "NMS": (lambda x: tf.image.non_max_suppression(x, tf.constant(F([0.9, 0.8, 0.7, 0.6])), 3, 0.5), [((4, 4), F)]),
    "If": (lambda x: tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1, lambda: x * 2), [((2, 3), F)]),
    "While": (lambda x: tf.while_loop(lambda i, a: i < 4, lambda i, a: (i + 1, a * 0.5 + 1), [0, x])[1], [((2, 3), F)]),
    "Call": (lambda x: tf.function(lambda a: a * 2 + 1)(x), [(X, F)]),
    "LayerNorm": (lambda x: (x - tf.reduce_mean(x, -1, True)) * tf.math.rsqrt(tf.math.reduce_variance(x, -1, True) + 1e-3),
                  [(X, F)]),
    "TensorArray": (lambda x: tf.map_fn(lambda a: a * 2, x), [((3, 4), F)]),
}
CASES |= {f"{name}_{'keep' if keep else 'drop'}_{len(axes)}": (
    lambda x, name=name, axes=axes, keep=keep: getattr(tf, f"reduce_{name}")(x, axes, keep), [(X, F)])
    for name in ("mean", "sum", "max", "min", "prod") for axes, keep in (([1, 2], False), ([-1], True))}
CASES |= {f"Conv2D_{padding}_{stride}": (
    lambda x, padding=padding, stride=stride: nn.conv2d(x, w(3, 3, 4, 5), stride, padding), [(X, F)])
    for padding in ("SAME", "VALID") for stride in (1, 2)}
CASES |= {f"Depthwise_{padding}_{multiplier}": (
    lambda x, padding=padding, multiplier=multiplier: nn.depthwise_conv2d(x, w(3, 3, 4, multiplier), [1] * 4, padding),
    [(X, F)]) for padding in ("SAME", "VALID") for multiplier in (1, 2)}
CASES |= {f"{kind}Pool_{padding}": (
    lambda x, kind=kind, padding=padding: getattr(nn, f"{kind}_pool2d")(x, 3, 2, padding), [(X, F)])
    for kind in ("max", "avg") for padding in ("SAME", "VALID")}
CASES |= {f"Einsum_{i}": (lambda x, y, e=equation: tf.einsum(e, x, y), [(a, F), (b, F)]) for i, (equation, a, b) in enumerate([
    ("bij,bjk->bik", (None, 3, 4), (None, 4, 5)), ("bthd,bshd->bhts", (2, 3, 4, 5), (2, 6, 4, 5)),
    ("bhts,bshd->bthd", (2, 4, 3, 6), (2, 6, 4, 5)), ("abc,cde->abde", (2, 3, 4), (4, 5, 6)),
    ("...ij,jk->...ik", (2, 3, 4, 5), (5, 6)), ("ij,kj->ki", (3, 4), (5, 4)), ("bi,bj->bij", (2, 3), (2, 4))])}


@pytest.mark.parametrize("name", sorted(CASES))
def test_operator(name, tmp_path):
    function, specs = CASES[name]
    names = [f"in{i}" for i in range(len(specs))]
    signature = [tf.TensorSpec(shape, dtype, n) for n, (shape, dtype) in zip(names, specs)]
    concrete = tf.function(lambda *inputs: tf.identity(function(*inputs), "y"), input_signature=signature).get_concrete_function()
    source = tmp_path / "graph.pb"
    source.write_bytes(concrete.graph.as_graph_def().SerializeToString())
    path = convert(source, tmp_path / "model.tflite", "--outputs", "y")
    inputs = judge.random_inputs({n: (shape, dtype) for n, (shape, dtype) in zip(names, specs)}, seed=len(name))
    if name in POSITIVE:
        inputs = {n: np.abs(value) + F(0.1) for n, value in inputs.items()}
    wanted = {"y": concrete(*[tf.constant(inputs[n]) for n in names])}
    wanted = {n: (v[0] if isinstance(v, (list, tuple)) else v).numpy() for n, v in wanted.items()}
    assert judge.compare(wanted, path, inputs) <= 1.0
    assert judge.difference(wanted["y"], list(judge.linnet(path, inputs, "serving_default", judge.COMMAND).values())[0]) <= 1.0
