"""Softmax with cross-entropy over three classes; parameters in a plain list."""

import numpy as np

CLASSES = 3
learning_rate = 0.5


def make_data(per_class=30):
    rng = np.random.default_rng(5)
    centers = np.array([[0, 1.5], [-1.5, -1], [1.5, -1]])
    points = np.vstack([rng.normal(center, 0.7, (per_class, 2)) for center in centers])
    labels = np.repeat(np.arange(CLASSES), per_class)
    return points, np.eye(CLASSES)[labels]


X, y = make_data()


def parameters(seed):
    rng = np.random.default_rng(seed)
    return [
        rng.normal(0, 0.5, (2, 8)),
        np.zeros(8),
        rng.normal(0, 0.5, (8, CLASSES)),
        np.zeros(CLASSES),
    ]


def softmax(z):
    exponentials = np.exp(z - z.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def predict(parameters, X):
    W1, b1, W2, b2 = parameters
    return softmax(np.tanh(X @ W1 + b1) @ W2 + b2)


def cost(parameters):
    return -np.sum(y * np.log(predict(parameters, X))) / len(X)


def gradients(parameters):
    W1, b1, W2, b2 = parameters
    hidden = np.tanh(X @ W1 + b1)
    delta = (softmax(hidden @ W2 + b2) - y) / len(X)
    below = delta @ W2.T * (1 - hidden**2)
    return [X.T @ below, below.sum(axis=0), hidden.T @ delta, delta.sum(axis=0)]
