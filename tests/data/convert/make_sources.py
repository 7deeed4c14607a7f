"""Makes tests/data/convert: small sources of every kind, for tests that have no TensorFlow. Run by the environment of
requirements-tensorflow.txt; the files are stored."""
import os
import shutil
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402

v1 = tf.compat.v1


def graph_with_variables(folder):
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [1, 4], name="x")
        w = v1.get_variable("w", initializer=tf.reshape(tf.range(12, dtype=tf.float32), [4, 3]), use_resource=False)
        b = v1.get_variable("b", initializer=tf.constant([1.0, 2, 3]), use_resource=True)
        tf.nn.softmax(tf.nn.relu(tf.matmul(x, w) + b), name="y")
        saver = v1.train.Saver()
        session.run(v1.global_variables_initializer())
        saver.save(session, os.path.join(folder, "variables.ckpt"), write_meta_graph=False)
        tf.io.write_graph(session.graph, folder, "graph.pbtxt")
        frozen = v1.graph_util.convert_variables_to_constants(session, session.graph_def, ["y"])
        tf.io.write_graph(frozen, folder, "frozen.pb", as_text=False)
    os.remove(os.path.join(folder, "checkpoint"))


class Loop(tf.Module):
    def __init__(self):
        super().__init__()
        self.step = tf.Variable([1.0, 2.0], name="step")

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, name="x")])
    def __call__(self, x):
        for _ in tf.range(3):
            x = x + self.step
        return {"y": tf.cond(x[0] > 0, lambda: x * 2.0, lambda: -x)}


def keras_model():
    keras.utils.set_random_seed(1)
    x = keras.Input((4, 4, 2), batch_size=1)
    y = keras.layers.Conv2D(3, 3, padding="same")(x)
    y = keras.layers.ReLU()(keras.layers.BatchNormalization()(y))
    y = keras.layers.SimpleRNN(2)(keras.layers.Reshape((4, 12))(y))
    return keras.Model(x, keras.layers.Dense(2, activation="softmax")(y))


folder = sys.argv[1]
graph_with_variables(folder)
module = Loop()
shutil.rmtree(os.path.join(folder, "saved_model"), ignore_errors=True)
tf.saved_model.save(module, os.path.join(folder, "saved_model"), signatures=module.__call__)
shutil.rmtree(os.path.join(folder, "saved_model", "assets"), ignore_errors=True)
model = keras_model()
model.save(os.path.join(folder, "small.keras"))
model.save(os.path.join(folder, "small.h5"))
