"""What everybody has to train: networks, data and the Θ to start from."""

import itertools
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Workload:
    """A network, its data and the steps that are timed; plain gradient descent throughout."""

    name: str
    layers: tuple[int, ...]
    activation: str
    output: str
    cost: str
    samples: int
    batch_size: int
    learning_rate: float
    epochs: int
    """So many are timed together."""
    dtype: str = "float64"
    networks: int = 1
    """So many are trained, each from a Θ of its own."""
    first_seed: int = 2
    """Of the Θ of the first of them."""

    @property
    def steps(self) -> int:
        """Steps of the optimizer in an epoch."""
        return -(-self.samples // self.batch_size)

    @property
    def full_batch(self) -> bool:
        """Whether an epoch is one step."""
        return self.batch_size == self.samples

    def data(self) -> tuple[Array, Array]:
        """Return X, (N, s_0), and y, (N, K): XOR where it fits, else random."""
        if self.samples == 4:
            X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], self.dtype)
            return X, np.array([[0], [1], [1], [0]], self.dtype)
        rng = np.random.default_rng(1)
        X = rng.standard_normal((self.samples, self.layers[0]), self.dtype)
        if self.layers[-1] == 1:
            return X, (X[:, :1] * X[:, 1:2] > 0).astype(self.dtype)
        y = np.zeros((self.samples, self.layers[-1]), self.dtype)
        y[np.arange(self.samples), rng.integers(0, self.layers[-1], self.samples)] = 1.0
        return X, y

    def alone(self) -> list["Workload"]:
        """Return the networks as so many workloads."""
        seeds = range(self.first_seed, self.first_seed + self.networks)
        return [replace(self, networks=1, first_seed=seed) for seed in seeds]

    def thetas(self) -> list[Array]:
        """Return Θ of each layer to start from, (s_{l+1}, s_l + 1), column 0 the bias."""
        rng = np.random.default_rng(self.first_seed)
        return [
            (rng.uniform(-1.0, 1.0, (above, below + 1)) * (3.0 / below) ** 0.5).astype(self.dtype)
            for below, above in itertools.pairwise(self.layers)
        ]


WORKLOADS = (
    Workload("xor", (2, 2, 2, 1), "sigmoid", "sigmoid", "mse", 4, 4, 0.2, 2000),
    Workload("points", (2, 8, 8, 1), "tanh", "sigmoid", "mse", 200, 200, 0.1, 500),
    Workload("points-10", (2, 8, 8, 1), "tanh", "sigmoid", "mse", 200, 10, 0.1, 50),
    Workload("digits", (64, 32, 10), "relu", "softmax", "cross-entropy", 1797, 32, 0.05, 10),
    Workload(
        *("digits-32", (64, 32, 10), "relu", "softmax", "cross-entropy", 1797, 32, 0.05, 10),
        dtype="float32",  # what PyTorch takes where nothing is said
    ),
    Workload(
        "large", (784, 128, 10), "relu", "softmax", "cross-entropy", 60_000, 128, 0.05, 1, "float32"
    ),
    Workload(
        *("seeds", (2, 2, 2, 1), "sigmoid", "sigmoid", "mse", 4, 4, 0.2, 100),
        networks=1000,
    ),
    Workload(
        *("seeds-32", (2, 2, 2, 1), "sigmoid", "sigmoid", "mse", 4, 4, 0.2, 100),
        dtype="float32",
        networks=1000,
    ),
)


def grown(samples: int, width: int, depth: int) -> Workload:
    """Return a full-batch workload with `depth` hidden layers of `width` units."""
    layers = (2, *[width] * depth, 1)
    work = 3.0 * samples * width * (width * (depth - 1) + 3)
    epochs = int(min(500, max(2, 2e8 / (work + 1e5 * depth))))
    name = f"N {samples}, width {width}, depth {depth}"
    return Workload(name, layers, "tanh", "sigmoid", "mse", samples, samples, 0.1, epochs)


def side_by_side(networks: int) -> Workload:
    """Return so many XOR networks."""
    settings = ("sigmoid", "sigmoid", "mse", 4, 4, 0.2, 100)
    return Workload(f"{networks} seeds", (2, 2, 2, 1), *settings, networks=networks)
