"""Random networks for the benchmarks, and the faults that show in them.

Those of seeds from 1,000,000 on are for figures that are published; below it for development.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.costs import COSTS
from bptui.core.faults import FAULTS
from bptui.core.network import Network

Array = np.ndarray[Any, Any]

SAME = 1e-8
"""A fault that moves no entry by more of the largest one is none in that network."""
PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]


def random_problem(seed: int) -> tuple[Network, Array, Array]:
    """Return a network of any kind and samples; some saturate, some have tiny gradients."""
    rng = np.random.default_rng(seed)
    cost, output = PAIRS[rng.integers(len(PAIRS))]
    layers = rng.integers(1, 9, rng.integers(2, 6))
    if rng.random() < 0.4:
        layers[:-1] = layers[0]
    if output == "softmax":
        layers[-1] = max(2, layers[-1])
    network = Network(
        layers.tolist(),
        activation=str(rng.choice(HIDDEN_ACTIVATIONS)),
        output=output,
        cost=cost,
        l2=float(rng.choice([0.0, 0.0, 0.01, 0.3])),
        init=str(rng.choice(["uniform", "xavier", "he", "article"])),
        seed=int(rng.integers(1_000_000)),
    )
    network.theta *= 10.0 ** rng.uniform(-1.0, 1.5)
    samples, outputs = int(rng.integers(1, 65)), network.layers[-1]
    X = rng.normal(size=(samples, network.layers[0]))
    if output == "softmax":
        y = np.eye(outputs)[rng.integers(0, outputs, samples)]
    else:
        y = rng.integers(0, 2, (samples, outputs)).astype(float)
    if rng.random() < 0.2:  # nearly learned, so that the gradient is tiny
        share = 10.0 ** rng.uniform(-8.0, -1.0)
        y = share * y + (1.0 - share) * network.predict(X)
    return network, X, y


def flat_gradient(network: Network, X: Array, y: Array) -> Array:
    """Return what `network` takes for its gradient."""
    return np.concatenate([part.ravel() for part in network.backprop(X, y)[1]])


def planted(network: Network, X: Array, y: Array) -> Iterator[str]:
    """Plant one fault after another, those that show in the gradient, and yield its name."""
    right = flat_gradient(network, X, y)
    least = SAME * np.abs(right).max()
    for name, fault in FAULTS.items():
        if fault.needs(network.setting(len(X))) is None:
            network.plant(name)
            if np.abs(flat_gradient(network, X, y) - right).max() > least:
                yield name
    network.plant(None)
