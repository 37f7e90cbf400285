"""J itself, for complex Θ: what the numerical gradient of a network has to be the slope of.

Nothing here knows of units, tangents, deltas or blocks of perturbations: all of Θ goes
through plain forward propagation into the formula of the cost. It is written apart from
the complex step per unit and shares no formula with it, so that a mistake there, in the
tail of a layer, in an activation, a cost or the penalty, cannot also be here. What it
does share is the data: Θ, samples, targets and names of a `Replica`.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.replica import Replica
from bptui.core.layers import layer_views

Array = NDArray[Any]

_LARGEST_BLOCK = 300_000
"""Numbers of one layer held at once; about 5 MB an array."""
_FARTHEST = 700.0
"""Beyond it exp overflows; at it σ is 1e-304, which is as good as 0."""


def _sigmoid(z: Array) -> Array:
    return 1.0 / (1.0 + np.exp(-(np.maximum(z.real, -_FARTHEST) + 1j * z.imag)))


def _softplus(z: Array) -> Array:
    positive = z.real > 0.0
    folded = np.exp(np.where(positive, -z, z))
    # ln(1 + folded) in two parts: NumPy's complex log1p loses digits of a small real one.
    rest = np.log1p(folded.real) + 1j * np.arctan2(folded.imag, 1.0 + folded.real)
    return rest + z * positive


def _softmax(z: Array) -> Array:
    exponentials = np.exp(z - z.real.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


_VALUES: dict[str, Callable[[Array], Array]] = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: z * (z.real > 0.0),
    "leaky-relu": lambda z: z * np.where(z.real > 0.0, 1.0, 0.01),
    "softplus": _softplus,
    "linear": lambda z: z,
    "softmax": _softmax,
}


def _squared_error(z: Array, y: Array, output: str) -> complex:
    error = _VALUES[output](z) - y
    return complex((error * error).sum()) / y.shape[1]


def _cross_entropy(z: Array, y: Array, output: str) -> complex:
    if output == "sigmoid":
        # ln ŷ is −softplus(−z), and ln(1 − ŷ) is −softplus(z).
        return complex((y * _softplus(-z) + (1.0 - y) * _softplus(z)).sum())
    largest = z.real.max(axis=1, keepdims=True)
    logarithms = np.log(np.exp(z - largest).sum(axis=1, keepdims=True)) + largest
    return complex((logarithms.sum(axis=1) - (y * z).sum(axis=1)).sum())


_SUMS = {"mse": _squared_error, "cross-entropy": _cross_entropy}


def true_cost(network: Replica, theta: Array) -> complex:
    """Return J of the samples of `network`, penalty included, at another, complex Θ.

    Args:
        network: its samples and names; its own Θ does not matter.
        theta: complex parameters (P,), with small imaginary parts.
    """
    thetas = layer_views(theta, network.layers)
    value, total = _VALUES[network.activation], 0j
    size = max(1, _LARGEST_BLOCK // max(network.layers))
    for start in range(0, network.samples, size):
        a = network.inputs[start : start + size, 1:]
        for layer, matrix in enumerate(thetas):
            z = a @ matrix[:, 1:].T + matrix[:, 0]
            a = value(z) if layer < len(thetas) - 1 else z
        total += _SUMS[network.cost](a, network.targets[start : start + size], network.output)
    total /= network.samples
    if network.penalty:
        squares = sum(complex((matrix[:, 1:] * matrix[:, 1:]).sum()) for matrix in thetas)
        total += 0.5 * network.penalty * squares
    return total
