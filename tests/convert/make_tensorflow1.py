"""Writes TensorFlow 1 graphs with checkpoints, for test_tensorflow.py: each function makes one, all in a folder of its own.

A graph has a file graph.pb (or .pbtxt), a checkpoint model.ckpt, and case.npz with inputs and wanted outputs by name."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

v1 = tf.compat.v1


def finish(folder, session, inputs, outputs, text=False, sharded=False):
    """Saves graph, checkpoint and what the graph computes."""
    os.makedirs(folder, exist_ok=True)
    session.run(v1.global_variables_initializer())
    v1.train.Saver(sharded=sharded).save(session, os.path.join(folder, "model.ckpt"), write_meta_graph=False)
    tf.io.write_graph(session.graph, str(folder), "graph.pbtxt" if text else "graph.pb", as_text=text)
    values = session.run(outputs, inputs)
    np.savez(os.path.join(folder, "case.npz"), **{f"in_{tensor.op.name}": value for tensor, value in inputs.items()},
             **{f"out_{tensor.op.name}": value for tensor, value in zip(outputs, values)})


def training(folder, text=False, resource=False):
    """A dense network with a loss, gradients and an optimizer beside it; the output is the softmax."""
    random = np.random.default_rng(1)
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 6], name="x")
        labels = v1.placeholder(tf.int64, [None], name="labels")
        h = x
        for i, units in enumerate((8, 3)):
            w = v1.get_variable(f"w{i}", initializer=random.normal(size=(h.shape[1], units)).astype("f"),
                                use_resource=resource)
            b = v1.get_variable(f"b{i}", initializer=random.normal(size=units).astype("f"), use_resource=resource)
            h = tf.matmul(h, w) + b
            if i == 0:
                h = tf.identity(tf.nn.relu(h))
        y = tf.nn.softmax(h, name="y")
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=h))
        v1.train.AdamOptimizer().minimize(loss, name="train")
        finish(folder, session, {x: random.normal(size=(4, 6)).astype("f")}, [y], text)


def partitioned(folder):
    """A variable cut into three parts, saved as slices of one, in several shards."""
    random = np.random.default_rng(2)
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [2, 10], name="x")
        w = v1.get_variable("w", [10, 4], partitioner=v1.fixed_size_partitioner(3), use_resource=False,
                            initializer=v1.random_normal_initializer(seed=3))
        tf.matmul(x, tf.convert_to_tensor(w), name="y")
        y = session.graph.get_tensor_by_name("y:0")
        finish(folder, session, {x: random.normal(size=(2, 10)).astype("f")}, [y], sharded=True)


def conditional(folder):
    """tf.cond of TensorFlow 1: Switch and Merge."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.disable_control_flow_v2()
        flag = v1.placeholder(tf.bool, [], name="flag")
        x = v1.placeholder(tf.float32, [3], name="x")
        w = v1.get_variable("w", initializer=np.float32([1, 2, 3]), use_resource=False)
        tf.identity(tf.cond(flag, lambda: x * w + 1.0, lambda: tf.nn.relu(x) - 2.0), name="y")
        y = session.graph.get_tensor_by_name("y:0")
        finish(folder, session, {flag: np.bool_(True), x: np.float32([-1, 0.5, 2])}, [y])


def loop(folder):
    """tf.while_loop of TensorFlow 1: Enter, Exit, NextIteration."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.disable_control_flow_v2()
        x = v1.placeholder(tf.float32, [3], name="x")
        w = v1.get_variable("w", initializer=np.float32([1, 2, 3]), use_resource=False)
        i, y = tf.while_loop(lambda i, a: i < 5, lambda i, a: (i + 1, a * 0.5 + w), [tf.constant(0), x])
        tf.identity(y, name="y")
        y = session.graph.get_tensor_by_name("y:0")
        finish(folder, session, {x: np.float32([-1, 0.5, 2])}, [y])


def channels_first(folder):
    """Convolutions, batch normalization and pools with channels first."""
    random = np.random.default_rng(4)
    graph = tf.Graph()
    with graph.as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [1, 3, 12, 12], name="x")
        w = [v1.get_variable(f"w{i}", initializer=random.normal(size=shape).astype("f") * 0.2, use_resource=False)
             for i, shape in enumerate([(3, 3, 3, 8), (3, 3, 8, 8)])]
        h = tf.pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]])
        h = tf.nn.conv2d(h, w[0], [1, 1, 1, 1], "VALID", data_format="NCHW")
        h, _, _ = v1.nn.fused_batch_norm(h, *[random.uniform(0.5, 1.5, 8).astype("f") for _ in range(4)],
                                         is_training=False, data_format="NCHW")
        h = tf.nn.relu(tf.nn.bias_add(h, random.normal(size=8).astype("f"), data_format="NCHW"))
        s = tf.nn.conv2d(h, w[1], [1, 1, 1, 1], "SAME", data_format="NCHW")
        h = tf.concat([h + s, h], 1)
        h = tf.nn.max_pool2d(h, 2, 2, "VALID", data_format="NCHW")
        tf.reduce_mean(h, [2, 3], name="y")
        # Such a graph runs on no CPU: what it computes is computed with channels last.
        n = tf.nn.conv2d(tf.transpose(tf.pad(x, [[0, 0], [0, 0], [1, 1], [1, 1]]), [0, 2, 3, 1]), w[0], 1, "VALID")
        norm = [node for node in graph.as_graph_def().node if node.op.startswith("FusedBatchNorm")][0]
        bias = [node for node in graph.as_graph_def().node if node.op == "BiasAdd"][0]
        tensors = [graph.get_tensor_by_name(name + ":0") for name in norm.input[1:5]]
        n, _, _ = v1.nn.fused_batch_norm(n, *tensors, epsilon=norm.attr["epsilon"].f, is_training=False)
        n = tf.nn.relu(n + graph.get_tensor_by_name(bias.input[1] + ":0"))
        n = tf.concat([n + tf.nn.conv2d(n, w[1], 1, "SAME"), n], 3)
        wanted = tf.reduce_mean(tf.nn.max_pool2d(n, 2, 2, "VALID"), [1, 2], name="wanted")
        finish(folder, session, {x: random.normal(size=(1, 3, 12, 12)).astype("f")}, [wanted])


def flow(folder, build, shapes):
    """A graph with the control flow of TensorFlow 1 alone; `build` makes y of placeholders with these shapes."""
    random = np.random.default_rng(5)
    with tf.Graph().as_default(), v1.Session() as session:
        v1.disable_control_flow_v2()
        inputs = [v1.placeholder(tf.bool if shape == "flag" else tf.float32, [] if shape == "flag" else shape, name=f"x{i}")
                  for i, shape in enumerate(shapes)]
        tf.identity(build(*inputs), name="y")
        v1.get_variable("unused", [], use_resource=False)
        values = {tensor: np.bool_(i % 2 == 0) if tensor.dtype == tf.bool
                  else random.normal(size=[3 if extent is None else extent for extent in tensor.shape]).astype("f")
                  for i, tensor in enumerate(inputs)}
        finish(folder, session, values, [session.graph.get_tensor_by_name("y:0")])


def condition_in_loop(x):
    body = lambda i, a: (i + 1, tf.cond(tf.reduce_sum(a) > 0, lambda: a * 0.5 - 1.0, lambda: a + tf.cast(i, tf.float32)))  # noqa: E731
    return tf.while_loop(lambda i, a: i < 6, body, [tf.constant(0), x])[1]


def loop_in_condition(flag, x):
    repeat = lambda: tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * x), [tf.constant(0), x + 1])[1]  # noqa: E731
    return tf.cond(flag, repeat, lambda: x - 1.0)


def loop_in_loop(x):
    inner = lambda a, n: tf.while_loop(lambda i, b: i < n, lambda i, b: (i + 1, b * 0.5 + x), [tf.constant(0), a])[1]  # noqa: E731
    return tf.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, inner(a, i)), [tf.constant(0), x])[1]


def conditions_in_conditions(first, x, second):
    inner = lambda: tf.cond(second, lambda: x * 2.0, lambda: tf.cond(first, lambda: x * 3.0, lambda: x * 5.0))  # noqa: E731
    return tf.cond(first, inner, lambda: -x) + tf.cond(tf.constant(False), lambda: x, lambda: x * 10.0)


def several_exits(x):
    i, a, b = tf.while_loop(lambda i, a, b: tf.reduce_sum(a) < 50, lambda i, a, b: (i + 1, a * a + 1, b - a), [tf.constant(0), x, x])
    return a + b * tf.cast(i, tf.float32)


def lstm(x):
    """[batch, time, features] by arrays, as dynamic_rnn does it."""
    random = np.random.default_rng(7)
    w = tf.constant(random.normal(size=(3 + 5, 20)).astype("f"))
    x = tf.transpose(x, [1, 0, 2])
    steps, batch = tf.shape(x)[0], tf.shape(x)[1]
    inputs = tf.TensorArray(tf.float32, steps).unstack(x)
    outputs = tf.TensorArray(tf.float32, steps, element_shape=[None, 5])

    def step(t, out, c, h):
        i, j, f, o = tf.split(tf.matmul(tf.concat([inputs.read(t), h], 1), w), 4, 1)
        c = tf.sigmoid(f + 1.0) * c + tf.sigmoid(i) * tf.tanh(j)
        h = tf.sigmoid(o) * tf.tanh(c)
        return t + 1, out.write(t, h), c, h
    zeros = tf.zeros([batch, 5])
    result = tf.while_loop(lambda t, *_: t < steps, step, [tf.constant(0), outputs, zeros, zeros])
    return tf.transpose(result[1].stack(), [1, 0, 2]) + result[3][:, tf.newaxis]


FLOWS = {"condition_in_loop": (condition_in_loop, [[3]]), "loop_in_condition": (loop_in_condition, ["flag", [3]]),
         "loop_in_loop": (loop_in_loop, [[2]]), "conditions_in_conditions": (conditions_in_conditions, ["flag", [3], "flag"]),
         "several_exits": (several_exits, [[3]]), "map": (lambda x: tf.map_fn(lambda a: a * 2.0 + 1.0, x), [[4, 3]]),
         "scan": (lambda x: tf.scan(lambda a, b: a * 0.5 + b, x), [[4, 3]]),
         "lstm": (lstm, [[2, 6, 3]]), "lstm_dynamic": (lstm, [[None, 6, 3]]), "lstm_any_time": (lstm, [[2, None, 3]])}

CASES = {name: lambda folder, flow_case=case: flow(folder, *flow_case) for name, case in FLOWS.items()}
CASES |= {"training": training, "training_text": lambda folder: training(folder, text=True),
         "training_resource": lambda folder: training(folder, resource=True), "partitioned": partitioned,
         "conditional": conditional, "loop": loop, "channels_first": channels_first}
