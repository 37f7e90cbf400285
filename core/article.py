"""The question of the article that bptui began with, and every way to take its two columns.

The article prints the gradient of its first matrix on XOR twice: from backpropagation, as Σ δ a
divided by 2, and from central differences of J. It asks where the 2 comes from. J is a mean of N·K
squares, so ∂J/∂Θ = 2/(N·K) Σ δ a, and Σ δ a is N·K/2 times the gradient: 2 for the four samples of
XOR, and another number for any others. Besides, Θ is updated between the two columns.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.differences import difference_gradient
from bptui.core.data.datasets import load_dataset
from bptui.core.network import Network

Floats = NDArray[np.float64]

THETAS = (
    ((0.30415074, 0.07023949, 0.60733568), (0.73401444, 0.70665241, 0.11534186)),
    ((0.19758304, 0.92769156, 0.57434092), (0.70676142, 0.53970987, 0.73346793)),
    ((0.63143623, 0.79592873, 0.89372267),),
)
"""Θ of each layer that gives the twelve numbers that the article prints."""
LEARNING_RATE = 0.1
"""The article's η, along Σ δ a."""
LAYERS = (2, 2, 2, 1)
_SUMMED = "half-sum-of-squares"
"""The planted fault whose gradient is Σ δ a, as it is the article's."""
_SMALL = 2e-8
"""An error of the differences up to this is that of a well chosen ε."""

STEPS = 5
"""From the article's columns to columns that agree for a reason."""


@dataclass(frozen=True, slots=True)
class Procedure:
    """How the two columns are taken; the defaults are the article's."""

    update_first: bool = True
    """Whether Θ is updated after backpropagation and before the differences."""
    halved: bool = True
    """Whether Σ δ a is divided by 2 whatever N is; otherwise by N·K/2, which is right."""
    copies: int = 1
    """How often the four samples of XOR are in the data."""
    epsilon: float = 0.01
    """ε of the central differences."""


@dataclass(frozen=True)
class Columns:
    """What comes of a procedure; the arrays are shaped as the first Θ, (2, 3)."""

    procedure: Procedure
    samples: int
    """N."""
    outputs: int
    """K."""
    cost: float
    """J where backpropagation was run."""
    sums: Floats
    """Σ δ a."""
    backprop: Floats
    """Σ δ a, divided: the column from backpropagation."""
    numerical: Floats
    """The column from central differences of J."""
    numerical_error: float
    """Largest relative error of the differences themselves, at the Θ where they were taken."""

    @property
    def factor(self) -> float:
        """N·K/2: how many times the gradient Σ δ a is."""
        return self.samples * self.outputs / 2.0

    @property
    def too_long(self) -> float:
        """How many times the gradient the column from backpropagation is; 1 where right."""
        return self.factor / 2.0 if self.procedure.halved else 1.0

    @cached_property
    def relative_error(self) -> Floats:
        """|backprop − numerical| / max(|backprop|, |numerical|)."""
        return _relative_error(self.backprop, self.numerical)

    @property
    def largest_error(self) -> float:
        """The largest relative error."""
        return float(self.relative_error.max())

    @property
    def ratios(self) -> tuple[float, float]:
        """Smallest and largest Σ δ a / numerical."""
        ratios = self.sums / self.numerical
        return float(ratios.min()), float(ratios.max())

    @property
    def step(self) -> int:
        """Which step of the way this is, 1 to `STEPS`: the first thing that is not right yet.

        1: two different Θ. 2: one Θ, but an ε that is too long or too short. 3: the columns
        agree, for N·K = 4 alone. 4: a wrong factor is seen. 5: all is right.
        """
        if self.procedure.update_first:
            return 1
        if self.numerical_error > _SMALL:
            return 2
        if self.too_long != 1.0:
            return 4
        return 3 if self.procedure.halved else STEPS


def columns_of(procedure: Procedure) -> Columns:
    """Run backpropagation and differences as `procedure` says, at the article's Θ."""
    xor = load_dataset("xor")
    X, y = (np.tile(array, (procedure.copies, 1)) for array in (xor.X, xor.y))
    summed, right = _network(fault=_SUMMED), _network()
    cost, all_sums = summed.backprop(X, y)
    sums = all_sums[0].copy()
    if procedure.update_first:
        for theta, change in zip(right.thetas, all_sums, strict=True):
            theta -= LEARNING_RATE * change
    work = right.loaded(X, y)

    def cost_now() -> float:
        work.forward()
        return work.cost()

    first = np.arange(sums.size)
    numerical, _ = difference_gradient(
        cost_now, work.theta, "central", procedure.epsilon, first, estimate=False
    )
    numerical = numerical.reshape(sums.shape)
    work.evaluate()
    factor = len(X) * y.shape[1] / 2.0
    return Columns(
        procedure=procedure,
        samples=len(X),
        outputs=y.shape[1],
        cost=cost,
        sums=sums,
        backprop=sums / (2.0 if procedure.halved else factor),
        numerical=numerical,
        numerical_error=float(_relative_error(numerical, work.gradients[0]).max()),
    )


def _network(**choices: Any) -> Network:
    network = Network(LAYERS, **choices)
    for theta, values in zip(network.thetas, THETAS, strict=True):
        theta[:] = values
    return network


def _relative_error(a: Floats, b: Floats) -> Floats:
    return np.abs(a - b) / np.maximum(np.abs(a), np.abs(b))
