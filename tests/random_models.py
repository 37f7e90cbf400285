"""Random correct models in plain NumPy, and mistakes to plant in their gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

Gradients = dict[str, np.ndarray[Any, Any]]


@dataclass(frozen=True)
class Model:
    parameters: Gradients
    cost: Callable[[Any], Any]
    gradients: Callable[[Any], Gradients]
    samples: int
    layers: list[int]
    penalty: float
    about: str


def sigmoid(z: Any) -> Any:
    decaying = np.exp(np.where(z.real >= 0, -z, z))
    return np.where(z.real >= 0, 1.0, decaying) / (1 + decaying)


def random_model(seed: int, *, moderate: bool = False) -> Model:
    """Return a network with a correct gradient: any size, scale and cost, often saturated."""
    rng = np.random.default_rng(seed)
    N, K = int(rng.integers(1, 65)), int(rng.integers(1, 5))
    layers = [int(rng.integers(1, 6)), *rng.integers(1, 6, rng.integers(0, 4)).tolist(), K]
    hidden = rng.choice(["tanh", "relu", "sigmoid"])
    kind = rng.choice(["linear", "softmax", "sigmoid-mse", "tanh-mse"] if K > 1 else ["linear"])
    scale = 10.0 ** (rng.uniform(-0.7, 0.3) if moderate else rng.uniform(-6, 6))
    if not moderate and rng.random() < 0.5:
        scale = 10.0 ** rng.uniform(-1, 1.5)
    spread = 1.0 if moderate or rng.random() < 0.5 else 10.0 ** rng.uniform(-6, 6)
    kind_of_number = np.float32 if not moderate and rng.random() < 0.25 else np.float64
    penalty = float(rng.choice([0.0, 1e-2]))
    X = (rng.standard_normal((N, layers[0])) * spread).astype(kind_of_number)
    y = np.eye(K)[rng.integers(0, K, N)] if kind != "linear" else rng.standard_normal((N, K))
    y = y.astype(kind_of_number)
    parameters: Gradients = {}
    for layer, (inputs, outputs) in enumerate(pairwise(layers), start=1):
        W = rng.standard_normal((inputs, outputs)) * scale / np.sqrt(inputs)
        b = rng.standard_normal(outputs) * scale * (rng.random() < 0.7 or moderate)
        parameters[f"W{layer}"] = W.astype(kind_of_number)
        parameters[f"b{layer}"] = b.astype(kind_of_number)
    last = len(layers) - 1
    value = {"tanh": np.tanh, "relu": lambda z: np.maximum(z, 0), "sigmoid": sigmoid}[hidden]
    slope = {
        "tanh": lambda a: 1 - a * a,
        "relu": lambda a: (a > 0).astype(a.dtype),
        "sigmoid": lambda a: a * (1 - a),
    }[hidden]

    def forward(p: Any) -> list[Any]:
        activations: list[Any] = [X]
        for layer in range(1, last + 1):
            z = activations[-1] @ p[f"W{layer}"] + p[f"b{layer}"]
            activations.append(value(z) if layer < last else z)
        return activations

    def cost(p: Any) -> Any:
        z = forward(p)[-1]
        if kind == "softmax":
            z = z - z.real.max(axis=1, keepdims=True)
            fit = (np.log(np.exp(z).sum(axis=1)) - (y * z).sum(axis=1)).mean()
        else:
            outputs = {"linear": lambda z: z, "sigmoid-mse": sigmoid, "tanh-mse": np.tanh}
            fit = ((outputs[kind](z) - y) ** 2).mean()
        squares = sum((p[f"W{layer}"] ** 2).sum() for layer in range(1, last + 1))
        return fit + penalty / (2 * N) * squares

    def gradients(p: Any) -> Gradients:
        activations = forward(p)
        z = activations[-1]
        if kind == "softmax":
            exponentials = np.exp(z - z.max(axis=1, keepdims=True))
            delta = (exponentials / exponentials.sum(axis=1, keepdims=True) - y) / N
        elif kind == "linear":
            delta = 2 * (z - y) / y.size
        else:
            a = sigmoid(z) if kind == "sigmoid-mse" else np.tanh(z)
            delta = 2 * (a - y) / y.size * (a * (1 - a) if kind == "sigmoid-mse" else 1 - a * a)
        found: Gradients = {}
        for layer in range(last, 0, -1):
            source = activations[layer - 1]
            found[f"W{layer}"] = source.T @ delta + penalty / N * p[f"W{layer}"]
            found[f"b{layer}"] = delta.sum(axis=0)
            if layer > 1:
                delta = delta @ p[f"W{layer}"].T * slope(source)
        return found

    about = f"{layers} {hidden} {kind} N {N} scale {scale:.1e} data {spread:.1e} l2 {penalty}"
    return Model(parameters, cost, gradients, N, layers, penalty, about)
