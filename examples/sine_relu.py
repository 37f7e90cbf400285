"""Two layers with ReLU that fit a sine, with an L2 penalty on the weights.

ReLU has kinks; `check` says `at-kink` where the parameters stand exactly on one.
"""

import numpy as np

N = 60
X = np.linspace(-3, 3, N).reshape(N, 1)
y = np.sin(X)
penalty = 1e-3
learning_rate = 0.05


def parameters(seed):
    rng = np.random.default_rng(seed)
    hidden = 24
    return {
        "W1": rng.normal(0, 1, (1, hidden)),
        "b1": rng.uniform(-2, 2, hidden),
        "W2": rng.normal(0, np.sqrt(2 / hidden), (hidden, 1)),
        "b2": np.zeros(1),
    }


def forward(p, X):
    z1 = X @ p["W1"] + p["b1"]
    a1 = np.maximum(0, z1)
    return z1, a1, a1 @ p["W2"] + p["b2"]


def cost(p):
    _, _, output = forward(p, X)
    squares = np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2)
    return np.mean((output - y) ** 2) + penalty / 2 * squares


def gradients(p):
    z1, a1, output = forward(p, X)
    d_output = 2 * (output - y) / N
    d_z1 = (d_output @ p["W2"].T) * (z1 > 0)
    return {
        "W1": X.T @ d_z1 + penalty * p["W1"],
        "b1": d_z1.sum(axis=0),
        "W2": a1.T @ d_output + penalty * p["W2"],
        "b2": d_output.sum(axis=0),
    }


def predict(p, X):
    return forward(p, X)[2]
