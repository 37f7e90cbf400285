"""The loop of the article, written anew: it copies a column of ones into every array, every epoch.

It works with all samples at once, and its step is η Σ δ a. That is N·K/2 times the gradient of
the mean squared error, so its learning rate is divided by as much.
"""

import numpy as np

from benchmarks.training.workloads import Array, Workload


def prepare(workload: Workload):
    """Return a function that trains some epochs and returns the last cost."""
    if not workload.full_batch or workload.cost != "mse":
        return None
    X, y = workload.data()
    thetas = workload.thetas()
    hidden, hidden_slope = _FUNCTIONS[workload.activation]
    output, output_slope = _FUNCTIONS[workload.output]
    values = [hidden] * (len(thetas) - 1) + [output]
    slopes = [hidden_slope] * (len(thetas) - 1) + [output_slope]
    learning_rate = 2.0 * workload.learning_rate / y.size

    def with_ones(columns: Array) -> Array:
        return np.hstack((np.ones((columns.shape[0], 1)), columns))

    def propagate() -> tuple[list[Array], list[Array]]:
        sources, sums = [with_ones(X)], []
        for theta, value in zip(thetas, values, strict=True):
            sums.append(np.matmul(sources[-1], theta.T))
            sources.append(with_ones(value(sums[-1])))
        sources[-1] = sources[-1][:, 1:]
        return sources, sums

    def cost(predicted: Array) -> float:
        return float(np.mean([error * error for error in predicted - y]))

    def epoch() -> None:
        sources, sums = propagate()
        deltas = [(sources[-1] - y) * slopes[-1](sums[-1])]
        for layer in range(len(thetas) - 1, 0, -1):
            above = deltas[0] if layer == len(thetas) - 1 else deltas[0][:, 1:]
            slope = with_ones(slopes[layer - 1](sums[layer - 1]))
            deltas.insert(0, np.matmul(above, thetas[layer]) * slope)
        for layer in range(len(thetas)):
            delta = deltas[layer] if layer == len(thetas) - 1 else deltas[layer][:, 1:]
            thetas[layer] = thetas[layer] - learning_rate * np.matmul(delta.T, sources[layer])

    def train(epochs: int) -> float:
        for _ in range(epochs):
            epoch()
        return cost(propagate()[0][-1])

    return train


def _sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


_FUNCTIONS = {
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) * np.tanh(z)),
}
