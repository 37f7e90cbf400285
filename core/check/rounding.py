"""How far rounding alone may move each entry of a backpropagated gradient.

A first-order running error analysis (Higham 2002, chapter 3): every quantity of
forward propagation and backpropagation carries a bound of its absolute error,
computed in units of the roundoff u from those before it. A product of n terms
has an error of at most (n + 2) u times the product of the absolute values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check.complex_step import EVERY_ROW, Rows
from bptui.core.check.replica import Block, Replica

Array = NDArray[Any]

DOUBLE_ROUNDOFF = 2.0**-53
"""u of double precision."""


@dataclass(frozen=True, slots=True)
class _Known:
    """A value, or its size, and how far off it may be."""

    value: Array
    error: Array


class Rounding:
    """Bounds the rounding of a gradient, some samples at a time."""

    def __init__(self, network: Replica, unit_roundoff: float) -> None:
        """Prepare for backpropagation through `network` in arithmetic with this roundoff u."""
        self._network = network
        self._u = unit_roundoff
        self.least = 1e-290 if unit_roundoff <= DOUBLE_ROUNDOFF else 1e-35
        """What every bound starts from.

        Products this small have underflowed in one of the two gradients and not in the other.
        """
        self._thetas = [np.abs(theta) for theta in network.thetas]

    def add(self, bounds: Sequence[Array], block: Block, rows: Sequence[Rows]) -> None:
        """Add what some of the samples contribute, without the penalty.

        Args:
            bounds: of every layer, (rows, s_l + 1), added to.
            block: those samples.
            rows: the units of every layer whose rows of Θ are of interest.
        """
        network, u, samples = self._network, self._u, self._network.samples
        sources = [np.abs(source) for source in block.sources]
        source_errors: list[Array | None] = [None]
        slopes: list[_Known] = []
        error = np.empty(0)
        for layer, theta in enumerate(self._thetas):
            error = ((theta.shape[1] + 2) * u) * (sources[layer] @ theta.T)
            below = source_errors[layer]
            if below is not None:
                error += below @ theta[:, 1:].T
            if layer == len(self._thetas) - 1:
                break
            a = block.sources[layer + 1][:, 1:]
            slope = _slope(network.activation, a)
            a_error = np.abs(slope) * error + (4 * u) * sources[layer + 1][:, 1:]
            slopes.append(_Known(slope, _slope_error(network.activation, a, slope, a_error, u)))
            source_errors.append(a_error)

        delta = _output_delta(network, block, error, u)
        size = delta.value / samples
        error = delta.error / samples + (2 * u) * size
        for layer in range(len(bounds) - 1, -1, -1):
            mine = size[:, rows[layer]].T
            its_error = error[:, rows[layer]].T
            bound = bounds[layer]
            bound += (its_error + ((samples + 2) * u) * mine) @ sources[layer]
            below = source_errors[layer]
            if below is not None:
                bound[:, 1:] += (mine + its_error) @ below
                onward = self._thetas[layer][:, 1:]
                back = size @ onward
                back_error = error @ onward + ((len(onward) + 2) * u) * back
                below_it = slopes[layer - 1]
                size = back * below_it.value
                # The product of both errors counts where a saturated slope has rounded to 0.
                error = (
                    back_error * (below_it.value + below_it.error)
                    + back * below_it.error
                    + (2 * u) * size
                )

    def add_penalty(self, bounds: Sequence[Array], rows: Sequence[Rows]) -> None:
        """Add what the penalty contributes, which does not depend on the samples."""
        if self._network.penalty:
            for bound, theta, units in zip(bounds, self._thetas, rows, strict=True):
                bound[:, 1:] += (4 * self._u * self._network.penalty) * theta[units, 1:]


def rounding_bounds(work: Backpropagation, unit_roundoff: float) -> list[Array]:
    """Return a bound for each entry of the gradient that `work` holds, one array a layer.

    Args:
        work: evaluated at the Θ and on the samples in question.
        unit_roundoff: u of the arithmetic that `work` is done in.
    """
    network = Replica.of(work)
    rounding = Rounding(network, unit_roundoff)
    bounds = [np.full(theta.shape, rounding.least) for theta in network.thetas]
    rows = [EVERY_ROW] * len(bounds)
    for block in network.blocks():
        rounding.add(bounds, block, rows)
    rounding.add_penalty(bounds, rows)
    return bounds


def _slope(name: str, a: Array) -> Array:
    """Return φ′, which is never negative, from the activation."""
    if name == "sigmoid":
        return a * (1.0 - a)
    if name == "tanh":
        return 1.0 - a * a
    if name == "softplus":
        return -np.expm1(-a)
    if name == "relu":
        return (a > 0.0).astype(np.float64)
    return np.where(a > 0.0, 1.0, 0.01) if name == "leaky-relu" else np.ones_like(a)


def _slope_error(name: str, a: Array, slope: Array, a_error: Array, u: float) -> Array:
    """Return how far off a computed φ′ may be: a(1 − a) loses digits near 1.

    Of a − a², the square rounds by u a², the difference by u φ′ and all of it by 2 u φ′ more.
    """
    if name == "sigmoid":
        return np.abs(1.0 - 2.0 * a) * a_error + u * (a + 2.0 * slope)
    if name == "tanh":
        return np.abs(2.0 * a) * a_error + u * (1.0 + 2.0 * slope)
    if name == "softplus":
        return (1.0 - slope) * a_error + (4 * u) * slope
    return u * slope


def _output_delta(network: Replica, block: Block, z_error: Array, u: float) -> _Known:
    """Return |∂ℓ/∂z| of every sample, (n, K), and its error."""
    z, y = block.pre_activations[-1], block.targets
    outputs = y.shape[1]
    if network.output == "softmax":
        # The largest z is subtracted first, which rounds every difference.
        shifted = z - z.max(axis=1, keepdims=True)
        z_error = z_error - u * shifted
        a = np.exp(shifted)
        a /= a.sum(axis=1, keepdims=True)
        # da = a (dz - Σ a dz): an output near 1 hardly moves, unless the errors are large.
        spread = (a * z_error).sum(axis=1, keepdims=True)
        moved = (1 - a) * z_error + (spread - a * z_error)
        growth = np.exp(2 * z_error.max(axis=1, keepdims=True))
        a_error = a * np.fmin(growth * moved, z_error + spread) + (outputs + 5) * u * a
    else:
        a = _output_value(network.output, z)
        slope = _slope(network.output, a)
        a_error = np.abs(slope) * z_error + (4 * u) * np.abs(a)
    error = np.abs(a - y)
    if network.cost == "cross-entropy":
        return _Known(error, a_error + (2 * u) * error)
    factor = 2.0 / outputs
    if network.output == "softmax":
        g, g_error = factor * (a - y), factor * (a_error + 2 * u * error)
        inner = (a * g).sum(axis=1, keepdims=True)
        inner_error = (a_error * np.abs(g) + a * g_error).sum(axis=1, keepdims=True)
        inner_error += (outputs + 2) * u * (a * np.abs(g)).sum(axis=1, keepdims=True)
        value = a * np.abs(g - inner)
        return _Known(
            value,
            a_error * np.abs(g - inner)
            + a * (g_error + inner_error)
            + 3 * u * a * (np.abs(g) + np.abs(inner)),
        )
    g, g_error = factor * error, factor * (a_error + (2 * u) * error)
    slope_error = _slope_error(network.output, a, slope, a_error, u)
    value = g * slope
    return _Known(value, g_error * (slope + slope_error) + g * slope_error + (3 * u) * value)


def _output_value(name: str, z: Array) -> Array:
    if name == "sigmoid":
        return 1.0 / (1.0 + np.exp(-z))
    return np.tanh(z) if name == "tanh" else z
