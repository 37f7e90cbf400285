"""The style of many courses: dicts with W1, b1 and dW1, db1, samples as columns."""

import numpy as np

learning_rate = 0.5


def make_data(m=120):
    rng = np.random.default_rng(1)
    angle = rng.uniform(0, 2 * np.pi, m)
    inner = np.arange(m) % 2
    radius = np.where(inner, 0.5, 1.2) + rng.normal(0, 0.1, m)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)]), inner.reshape(1, m)


X, y = make_data()


def parameters(seed):
    rng = np.random.default_rng(seed)
    return {
        "W1": rng.normal(0, 0.5, (6, 2)),
        "b1": np.zeros((6, 1)),
        "W2": rng.normal(0, 0.5, (1, 6)),
        "b2": np.zeros((1, 1)),
    }


def forward_propagation(X, parameters):
    Z1 = parameters["W1"] @ X + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = parameters["W2"] @ A1 + parameters["b2"]
    A2 = 1 / (1 + np.exp(-Z2))
    return {"A1": A1, "A2": A2}


def cost(parameters):
    A2 = forward_propagation(X, parameters)["A2"]
    m = y.shape[1]
    return -np.sum(y * np.log(A2) + (1 - y) * np.log(1 - A2)) / m


def gradients(parameters):
    cache = forward_propagation(X, parameters)
    A1, A2 = cache["A1"], cache["A2"]
    m = y.shape[1]
    dZ2 = A2 - y
    dZ1 = parameters["W2"].T @ dZ2 * (1 - A1**2)
    return {
        "dW1": dZ1 @ X.T / m,
        "db1": dZ1.sum(axis=1, keepdims=True) / m,
        "dW2": dZ2 @ A1.T / m,
        "db2": dZ2.sum(axis=1, keepdims=True) / m,
    }


def predict(parameters, X):
    return forward_propagation(X, parameters)["A2"]
