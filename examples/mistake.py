"""A deliberate mistake: the L2 penalty of the cost was forgotten in the gradient.

`bptui check examples/mistake.py` finds it, and says what the difference looks like.
"""

import numpy as np

N = 40
learning_rate = 0.2
penalty = 0.5

rng = np.random.default_rng(4)
X = rng.normal(0, 1, (N, 3))
y = np.tanh(X @ np.array([[1.0], [-0.5], [2.0]]))


def parameters(seed):
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(0, 0.6, (3, 5)),
        "b1": rng.normal(0, 0.1, 5),
        "W2": rng.normal(0, 0.6, (5, 1)),
        "b2": rng.normal(0, 0.1, 1),
    }


def forward(p, X):
    hidden = np.tanh(X @ p["W1"] + p["b1"])
    return hidden, hidden @ p["W2"] + p["b2"]


def cost(p):
    _, output = forward(p, X)
    squares = np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2)
    return np.mean((output - y) ** 2) + penalty / (2 * N) * squares


def gradients(p):
    hidden, output = forward(p, X)
    delta = 2 * (output - y) / N
    below = delta @ p["W2"].T * (1 - hidden**2)
    return {
        "dW1": X.T @ below,  # + penalty / N * p["W1"]
        "db1": below.sum(axis=0),
        "dW2": hidden.T @ delta,  # + penalty / N * p["W2"]
        "db2": delta.sum(axis=0),
    }


def predict(p, X):
    return forward(p, X)[1]
