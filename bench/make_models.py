"""Makes the models that bench/run.py measures, into build/bench/models: keras.applications with random weights, converted by
TensorFlow (float32, int8, float16 weights, dynamic range), a transformer encoder, and the ONNX form of all and of those that
LINNET_SHARED has.

    python make_models.py [NAME...]

Random weights with the usual initializers let activations fade into denormals, which falsifies times: depthwise kernels are
drawn anew with a spread that keeps magnitudes, and every batch normalization takes the statistics of random pictures. The
softmax at the end is left out: over a thousand classes it hides from 8 bits whether the outputs are right.
"""
import os
import subprocess
import sys
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "build" / "bench" / "models"
SHARED = Path(os.environ.get("LINNET_SHARED", ROOT.parent / "shared")) / "models" / "models"
IMAGE_MODELS = {"mobilenet_v1": ("MobileNet", 224), "mobilenet_v2": ("MobileNetV2", 224),
                "mobilenet_v3_large": ("MobileNetV3Large", 224), "efficientnet_b0": ("EfficientNetB0", 224),
                "resnet50": ("ResNet50", 224), "inception_v3": ("InceptionV3", 299), "densenet121": ("DenseNet121", 224),
                "nasnet_mobile": ("NASNetMobile", 224)}
SHARED_MODELS = {"coral_mobilenet_v2_uint8": "coral/mobilenet_v2_1.0_224_quant.tflite",
                 "coral_deeplab_uint8": "coral/deeplabv3_mnv2_dm05_pascal_quant.tflite",
                 "tiny_keywords_float": "tiny/kws_ref_model_float32.tflite", "tiny_keywords_int8": "tiny/kws_ref_model.tflite",
                 "tiny_image_float": "tiny/pretrainedResnet.tflite", "tiny_image_int8": "tiny/pretrainedResnet_quant.tflite",
                 "tiny_visual_wake_float": "tiny/vww_96_float.tflite", "tiny_visual_wake_int8": "tiny/vww_96_int8.tflite",
                 "tiny_anomaly_float": "tiny/ad01_fp32.tflite", "tiny_anomaly_int8": "tiny/ad01_int8.tflite"}


def keep_magnitudes(model, shape, random):
    """Redraws depthwise kernels, then lets every batch normalization see random pictures."""
    for layer in model.layers:
        if isinstance(layer, (tf.keras.layers.DepthwiseConv2D, tf.keras.layers.SeparableConv2D)):
            weights = layer.get_weights()
            height, width = weights[0].shape[:2]
            weights[0] = random.normal(0, (2 / (height * width)) ** 0.5, weights[0].shape).astype(np.float32)
            layer.set_weights(weights)
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.momentum = 0.0
    model(random.normal(0, 1, (4, *shape)).astype(np.float32), training=True)


def image_model(name):
    class_name, size = IMAGE_MODELS[name]
    options = {"include_preprocessing": False} if "V3Large" in class_name else {}
    model = getattr(tf.keras.applications, class_name)(weights=None, input_shape=(size, size, 3), classifier_activation=None,
                                                       **options)
    keep_magnitudes(model, (size, size, 3), np.random.default_rng(1))
    return model


def transformer():
    """Four encoder layers of width 256, four heads, over 128 places."""
    layers = tf.keras.layers
    x = inputs = layers.Input((128, 256))
    for _ in range(4):
        y = layers.LayerNormalization()(x)
        x = layers.Add()([x, layers.MultiHeadAttention(4, 64)(y, y)])
        y = layers.LayerNormalization()(x)
        y = layers.Dense(1024, activation=lambda t: tf.keras.activations.gelu(t, approximate=True))(y)
        x = layers.Add()([x, layers.Dense(256)(y)])
    return tf.keras.Model(inputs, layers.LayerNormalization()(x))


def convert(model, kind):
    shape = model.input_shape[1:]

    @tf.function(input_signature=[tf.TensorSpec((1, *shape), tf.float32)])
    def serve(x):
        return model(x, training=False)

    frozen = convert_variables_to_constants_v2(serve.get_concrete_function())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if kind != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8":
        random = np.random.default_rng(2)
        converter.representative_dataset = lambda: ([random.normal(0, 1, (1, *shape)).astype(np.float32)]
                                                    for _ in range(4))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def make(name, build, kinds):
    wanted = [kind for kind in kinds if not (OUT / f"{name}_{kind}.tflite").exists()]
    model = build() if wanted else None
    for kind in wanted:
        path = OUT / f"{name}_{kind}.tflite"
        path.with_suffix(".part").write_bytes(convert(model, kind))
        path.with_suffix(".part").rename(path)
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


def make_onnx(path):
    onnx = path.with_suffix(".onnx")
    if onnx.exists() or onnx.with_suffix(".no-onnx").exists():
        return
    done = subprocess.run([sys.executable, "-m", "tf2onnx.convert", "--tflite", str(path), "--output", str(onnx), "--opset",
                           "17"], capture_output=True, text=True)
    if done.returncode != 0 or not onnx.exists():
        onnx.with_suffix(".no-onnx").write_text(done.stderr[-2000:])
    print(f"{onnx.name}: {'made' if onnx.exists() else 'tf2onnx fails'}", flush=True)


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    wanted = sys.argv[1:]
    builders = {name: (lambda name=name: image_model(name), ("float", "int8")) for name in IMAGE_MODELS}
    builders["mobilenet_v2"] = (builders["mobilenet_v2"][0], ("float", "int8", "float16", "dynamic"))
    builders["transformer"] = (transformer, ("float", "dynamic"))
    for name, (build, kinds) in builders.items():
        if not wanted or name in wanted:
            make(name, build, kinds)
    for name, source in SHARED_MODELS.items():
        if (SHARED / source).exists() and not wanted:
            (OUT / f"{name}.tflite").write_bytes((SHARED / source).read_bytes())
    for path in sorted(OUT.glob("*.tflite")):
        if not wanted or any(path.name.startswith(name) for name in wanted):
            make_onnx(path)


if __name__ == "__main__":
    main()
