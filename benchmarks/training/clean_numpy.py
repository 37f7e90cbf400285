"""What a good engineer writes in NumPy: vectorized, one row a sample, biases apart, no buffers."""

import numpy as np

from benchmarks.training.workloads import Array, Workload


def prepare(workload: Workload):
    """Return a function that trains some epochs and returns the last cost."""
    X, y = workload.data()
    thetas = workload.thetas()
    weights = [theta[:, 1:].T.copy() for theta in thetas]
    biases = [theta[:, 0].copy() for theta in thetas]
    value, slope = _HIDDEN[workload.activation]
    rng = np.random.default_rng(0)
    learning_rate = workload.learning_rate
    costs: list[float] = []

    def step(X: Array, y: Array) -> float:
        activations = [X]
        for W, b in zip(weights[:-1], biases[:-1], strict=True):
            activations.append(value(activations[-1] @ W + b))
        z = activations[-1] @ weights[-1] + biases[-1]
        if workload.output == "softmax":
            exponentials = np.exp(z - z.max(axis=1, keepdims=True))
            outputs = exponentials / exponentials.sum(axis=1, keepdims=True)
            cost = -np.sum(y * np.log(outputs)) / len(X)
            delta = (outputs - y) / len(X)
        else:
            outputs = 1 / (1 + np.exp(-z))
            error = outputs - y
            cost = np.mean(error**2)
            delta = 2 / error.size * error * outputs * (1 - outputs)
        for layer in range(len(weights) - 1, -1, -1):
            weights_gradient = activations[layer].T @ delta
            biases_gradient = delta.sum(axis=0)
            if layer:
                delta = (delta @ weights[layer].T) * slope(activations[layer])
            weights[layer] -= learning_rate * weights_gradient
            biases[layer] -= learning_rate * biases_gradient
        return float(cost)

    def epoch() -> float:
        if workload.full_batch:
            return step(X, y)
        order = rng.permutation(len(X))
        total = 0.0
        for start in range(0, len(X), workload.batch_size):
            rows = order[start : start + workload.batch_size]
            total += step(X[rows], y[rows]) * len(rows)
        return total / len(X)

    def train(epochs: int) -> float:
        for _ in range(epochs):
            costs.append(epoch())
        return costs[-1]

    return train


_HIDDEN = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    "tanh": (np.tanh, lambda a: 1 - a**2),
    "relu": (lambda z: np.maximum(z, 0), lambda a: a > 0),
}
