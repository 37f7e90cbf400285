"""A network as a class, with its forward and backward pass, on XOR.

bptui check examples/xor_class.py
bptui train examples/xor_class.py --epochs 5000
"""

import numpy as np

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
y = np.array([[0], [1], [1], [0]], float)
learning_rate = 1.0


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Network:
    """Layers of sigmoid units; the cost is the cross-entropy."""

    def __init__(self, weights, biases):
        self.weights, self.biases = weights, biases

    @classmethod
    def random(cls, sizes, rng):
        pairs = list(zip(sizes[:-1], sizes[1:], strict=True))
        return cls(
            [rng.normal(0, 1, (inputs, outputs)) for inputs, outputs in pairs],
            [np.zeros(outputs) for _, outputs in pairs],
        )

    def forward(self, X):
        self.activations = [X]
        for W, b in zip(self.weights, self.biases, strict=True):
            X = sigmoid(X @ W + b)
            self.activations.append(X)
        return X

    def cost(self, X, y):
        a = self.forward(X)
        return -np.mean(y * np.log(a) + (1 - y) * np.log(1 - a))

    def backward(self, X, y):
        delta = (self.forward(X) - y) / len(X)
        weights, biases = [], []
        for layer in reversed(range(len(self.weights))):
            a = self.activations[layer]
            weights.insert(0, a.T @ delta)
            biases.insert(0, delta.sum(axis=0))
            if layer:
                delta = delta @ self.weights[layer].T * a * (1 - a)
        return weights, biases


def parameters(seed):
    network = Network.random([2, 3, 1], np.random.default_rng(seed))
    return network.weights, network.biases


def cost(parameters):
    return Network(*parameters).cost(X, y)


def gradients(parameters):
    return Network(*parameters).backward(X, y)


def predict(parameters, X):
    return Network(*parameters).forward(X)
