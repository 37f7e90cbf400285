"""The built-in data sets: each one small function that draws its samples."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import Task

Samples = tuple[NDArray[np.float64], NDArray[np.float64]]
"""X, (N, s_0), and y, (N, 1)."""


@dataclass(frozen=True, slots=True)
class Generator:
    """A data set that is made on demand."""

    description: str
    samples: int
    """How many samples it has by default."""
    noise: float
    """Standard deviation of its noise by default."""
    draw: Callable[[int, float, np.random.Generator], Samples]
    """Called with the number of samples, the noise and a source of chance."""
    task: Task = "binary"
    feature_names: tuple[str, ...] = ("x1", "x2")
    class_names: tuple[str, ...] = ("0", "1")
    fewest_samples: int = 2


def _truth_table(outputs: tuple[int, int, int, int]) -> Generator:
    """Return the data set of a logical function, given its values for 00, 01, 10 and 11."""
    table = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])

    def draw(samples: int, noise: float, rng: np.random.Generator) -> Samples:
        rows = np.arange(samples) % 4
        y = np.array(outputs, dtype=np.float64)[rows, np.newaxis]
        return _jitter(table[rows], noise, rng), y

    name = {(0, 1, 1, 0): "exclusive or", (0, 0, 0, 1): "and", (0, 1, 1, 1): "or"}[outputs]
    return Generator(f"truth table of {name}", 4, 0.0, draw, fewest_samples=4)


def circles(samples: int, noise: float, rng: np.random.Generator) -> Samples:
    """Draw an outer circle of radius 1 (class 0) around one of radius 1/2 (class 1)."""
    y = _two_classes(samples, rng)
    radius = np.where(y == 0, 1.0, 0.5)
    angle = rng.uniform(0, 2 * np.pi, samples)
    X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return _jitter(X, noise, rng), _column(y)


def moons(samples: int, noise: float, rng: np.random.Generator) -> Samples:
    """Draw two half circles that reach into each other."""
    y = _two_classes(samples, rng)
    angle = rng.uniform(0, np.pi, samples)
    upper = np.column_stack([np.cos(angle), np.sin(angle)])
    lower = np.column_stack([1 - np.cos(angle), 0.5 - np.sin(angle)])
    return _jitter(np.where(y[:, np.newaxis] == 0, upper, lower), noise, rng), _column(y)


def gaussians(samples: int, noise: float, rng: np.random.Generator) -> Samples:
    """Draw two round clouds about (-1, -1) and (1, 1); the noise is their spread."""
    y = _two_classes(samples, rng)
    X = np.repeat(2.0 * y[:, np.newaxis] - 1, 2, axis=1)
    return _jitter(X, noise, rng), _column(y)


def spirals(samples: int, noise: float, rng: np.random.Generator) -> Samples:
    """Draw two spirals that wind around each other one and a half times."""
    y = _two_classes(samples, rng)
    # The square root keeps samples evenly spaced along the arms.
    radius = np.sqrt(rng.uniform(0.01, 1, samples))
    angle = 3 * np.pi * radius + np.pi * y
    X = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    return _jitter(X, noise, rng), _column(y)


def checkerboard(samples: int, noise: float, rng: np.random.Generator) -> Samples:
    """Draw from a board of 4 by 4 unit squares about the origin."""
    y = _two_classes(samples, rng)
    row = rng.integers(0, 4, samples)
    # Every other square of a row is of the wanted class.
    column = 2 * rng.integers(0, 2, samples) + (row + y) % 2
    X = np.column_stack([column, row]) - 2 + rng.uniform(0, 1, (samples, 2))
    return _jitter(X, noise, rng), _column(y)


def sine(samples: int, noise: float, rng: np.random.Generator) -> Samples:
    """Draw y = sin x for x between -π and π; the noise is added to y."""
    X = rng.uniform(-np.pi, np.pi, (samples, 1))
    return X, _jitter(np.sin(X), noise, rng)


def _two_classes(samples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return as many 0 as 1 (or one more 0), shuffled, (N,)."""
    return rng.permutation(np.arange(samples, dtype=np.int64) % 2)


def _column(y: NDArray[np.int64]) -> NDArray[np.float64]:
    return y.astype(np.float64)[:, np.newaxis]


def _jitter(
    values: NDArray[np.float64], noise: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    return values + noise * rng.standard_normal(values.shape)


GENERATORS: dict[str, Generator] = {
    "xor": _truth_table((0, 1, 1, 0)),
    "and": _truth_table((0, 0, 0, 1)),
    "or": _truth_table((0, 1, 1, 1)),
    "circles": Generator(
        "a circle within a circle", 200, 0.08, circles, class_names=("outer", "inner")
    ),
    "moons": Generator(
        "two half moons that interlock", 200, 0.1, moons, class_names=("upper", "lower")
    ),
    "gaussians": Generator("two round clouds that touch", 200, 0.5, gaussians),
    "spirals": Generator("two spirals around each other", 200, 0.03, spirals),
    "checkerboard": Generator("a board of 4 by 4 squares", 200, 0.0, checkerboard),
    "sine": Generator(
        "one period of the sine, to be fitted",
        200,
        0.1,
        sine,
        task="regression",
        feature_names=("x",),
        class_names=(),
    ),
}
"""Every built-in data set by name; a new one is one entry."""
