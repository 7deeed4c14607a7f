"""The digits' data and a small convolutional network in numpy, with its training.

    [N,8,8,1] -> conv 3x3x16, relu -> max 2x2 -> conv 3x3x32, relu -> max 2x2 -> fully connected 10 -> softmax

Knows nothing of model files. Everything is drawn from one seed.
"""

import numpy as np
from sklearn.datasets import load_digits

SEED = 20
EPOCHS = 60
BATCH = 32
CHANNELS = (16, 32)
CLASSES = 10


def load():
    """(train images, train labels, held-back images, held-back labels); images [N,8,8,1] from 0 to 1.

    The set comes in runs of the digits 0 to 9: every fifth run of ten samples is held back.
    """
    digits = load_digits()
    images = (digits.images / 16.0).astype(np.float32)[..., np.newaxis]
    held = (np.arange(len(images)) // 10) % 5 == 4
    return images[~held], digits.target[~held], images[held], digits.target[held]


def _patches(x):
    """[N,H,W,C] -> [N,H,W,9*C]: the 3x3 surroundings of every pixel, zero outside."""
    height, width = x.shape[1:3]
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return np.concatenate([padded[:, dy:dy + height, dx:dx + width] for dy in range(3) for dx in range(3)], axis=-1)


def _unpatch(gradient, channels):
    """The transpose of _patches: sums the surroundings' gradients back to their pixels."""
    count, height, width, _ = gradient.shape
    padded = np.zeros((count, height + 2, width + 2, channels), np.float32)
    for index in range(9):
        dy, dx = divmod(index, 3)
        padded[:, dy:dy + height, dx:dx + width] += gradient[..., index * channels:(index + 1) * channels]
    return padded[:, 1:-1, 1:-1]


def _pool(x):
    count, height, width, channels = x.shape
    return x.reshape(count, height // 2, 2, width // 2, 2, channels).max(axis=(2, 4))


def _unpool(gradient, x, pooled):
    """Gives a maximum's gradient to the pixels that hold it."""
    def spread(values):
        return values.repeat(2, axis=1).repeat(2, axis=2)
    return spread(gradient) * (x == spread(pooled))


class Network:
    """The network's parameters: convolutions as [9*C,O] over _patches, the last layer as [128,10]."""

    def __init__(self, rng):
        sizes = [(9, CHANNELS[0]), (9 * CHANNELS[0], CHANNELS[1]), (4 * CHANNELS[1], CLASSES)]
        self.weights = [rng.normal(0, np.sqrt(2 / size[0]), size).astype(np.float32) for size in sizes]
        self.biases = [np.zeros(size[1], np.float32) for size in sizes]

    def forward(self, images):
        """All intermediate values by name; `probabilities` is the result."""
        values = {"images": images}
        x = images
        for layer in (0, 1):
            values[f"patches{layer}"] = _patches(x)
            values[f"conv{layer}"] = np.maximum(values[f"patches{layer}"] @ self.weights[layer] + self.biases[layer], 0)
            x = values[f"pool{layer}"] = _pool(values[f"conv{layer}"])
        values["flat"] = x.reshape(len(x), -1)
        values["logits"] = values["flat"] @ self.weights[2] + self.biases[2]
        exponents = np.exp(values["logits"] - values["logits"].max(axis=1, keepdims=True))
        values["probabilities"] = exponents / exponents.sum(axis=1, keepdims=True)
        return values

    def gradients(self, images, labels):
        """Gradients of the mean cross entropy: three of the weights, then three of the biases."""
        values = self.forward(images)
        error = (values["probabilities"] - np.eye(CLASSES, dtype=np.float32)[labels]) / np.float32(len(images))
        weights, biases = [None] * 3, [None] * 3
        weights[2], biases[2] = values["flat"].T @ error, error.sum(axis=0)
        error = (error @ self.weights[2].T).reshape(values["pool1"].shape)
        for layer in (1, 0):
            conv, patches = values[f"conv{layer}"], values[f"patches{layer}"]
            error = _unpool(error, conv, values[f"pool{layer}"]) * (conv > 0)
            weights[layer] = patches.reshape(-1, patches.shape[-1]).T @ error.reshape(-1, error.shape[-1])
            biases[layer] = error.sum(axis=(0, 1, 2))
            if layer:
                error = _unpatch(error @ self.weights[layer].T, CHANNELS[0])
        return weights + biases


def _vary(images, rng):
    """Shifts each picture by up to one pixel and adds a little noise."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    shifts = rng.integers(0, 3, (len(images), 2))
    shifted = np.stack([picture[dy:dy + 8, dx:dx + 8] for picture, (dy, dx) in zip(padded, shifts)])
    return np.clip(shifted + rng.normal(0, 0.04, shifted.shape), 0, 1).astype(np.float32)


def train(images, labels):
    """Trains with Adam, its step going down to zero along a cosine."""
    rng = np.random.default_rng(SEED)
    network = Network(rng)
    parameters = network.weights + network.biases
    means = [np.zeros_like(p) for p in parameters]
    squares = [np.zeros_like(p) for p in parameters]
    steps = EPOCHS * (len(images) // BATCH)
    step = 0
    for _ in range(EPOCHS):
        order = rng.permutation(len(images))
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start:start + BATCH]
            step += 1
            rate = 0.004 * 0.5 * (1 + np.cos(np.pi * step / steps)) * np.sqrt(1 - 0.999 ** step) / (1 - 0.9 ** step)
            gradients = network.gradients(_vary(images[chosen], rng), labels[chosen])
            for parameter, gradient, mean, square in zip(parameters, gradients, means, squares):
                mean += 0.1 * (gradient - mean)
                square += 0.001 * (gradient * gradient - square)
                parameter -= (rate * mean / (np.sqrt(square) + 1e-8)).astype(np.float32)
    return network
