"""Costs and the delta each leaves at the output layer.

A cost is named by itself and by the activation of the output layer, because
cross-entropy is computed from the logits z: that is what keeps it finite where
an output rounds to 0 or 1. Arrays are (K, N), one column a sample.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.errors import InputError, check_choice

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost J for one kind of output layer, averaged over the samples."""

    value: Callable[[Array, Array, Array], float]
    """`value(z, targets, error)` is J; `error` is ŷ − y."""
    delta: Callable[[Array, Array, Array, Array], object]
    """`delta(error, outputs, derivative, out)` writes ∂J/∂z of the output layer.

    `derivative` is φ′(z) of the output layer, or unused where it cancels.
    """
    needs_derivative: bool = False


def _mean_squared_error(z: Array, targets: Array, error: Array) -> float:
    flat = error.ravel()
    return float(flat.dot(flat)) / flat.size


def _squared_error_delta(error: Array, outputs: Array, derivative: Array, out: Array) -> None:
    np.multiply(error, 2.0 / error.size, out)
    np.multiply(out, derivative, out)


def _squared_error_linear_delta(
    error: Array, outputs: Array, derivative: Array, out: Array
) -> None:
    np.multiply(error, 2.0 / error.size, out)


def _squared_error_softmax_delta(
    error: Array, outputs: Array, derivative: Array, out: Array
) -> None:
    np.multiply(error, 2.0 / error.size, out)
    np.subtract(out, np.einsum("kn,kn->n", out, outputs), out)
    np.multiply(out, outputs, out)


def _sigmoid_cross_entropy(z: Array, targets: Array, error: Array) -> float:
    # softplus(z) − y z, in an order that keeps every digit where the cost is small.
    return (
        float(np.sum(np.maximum(z, 0.0) - targets * z + np.log1p(np.exp(-np.abs(z))))) / z.shape[1]
    )


def _softmax_cross_entropy(z: Array, targets: Array, error: Array) -> float:
    largest = z.max(axis=0)
    log_of_sum = largest + np.log(np.exp(z - largest).sum(axis=0))
    # Of targets that sum to 1 only nearly, this is the cost whose slope is ŷ − y to the last bit.
    return float(np.sum(log_of_sum - np.einsum("kn,kn->n", targets, z))) / z.shape[1]


def _cross_entropy_delta(error: Array, outputs: Array, derivative: Array, out: Array) -> None:
    np.multiply(error, 1.0 / error.shape[1], out)


_SQUARED_ERROR = Cost(_mean_squared_error, _squared_error_delta, needs_derivative=True)

COSTS: dict[str, dict[str, Cost]] = {
    "mse": {
        "sigmoid": _SQUARED_ERROR,
        "tanh": _SQUARED_ERROR,
        "linear": Cost(_mean_squared_error, _squared_error_linear_delta),
        "softmax": Cost(_mean_squared_error, _squared_error_softmax_delta),
    },
    "cross-entropy": {
        "sigmoid": Cost(_sigmoid_cross_entropy, _cross_entropy_delta),
        "softmax": Cost(_softmax_cross_entropy, _cross_entropy_delta),
    },
}
"""`COSTS[cost][output]`."""


def find_cost(cost: str, output: str) -> Cost:
    """Return the cost for an output activation.

    Raises:
        InputError: the cost is unknown, or makes no sense for that output.
    """
    by_output = COSTS[check_choice("cost", cost, COSTS)]
    if output not in by_output:
        raise InputError(
            f"cost {cost!r} needs an output of {' or '.join(by_output)}, not {output!r}"
        )
    return by_output[output]


def check_targets(cost: str, output: str, y: Array) -> None:
    """Refuse targets that the cost is not defined for; y is (N, K).

    Raises:
        InputError: a target outside [0, 1], or classes that do not sum to 1 a sample.
    """
    if cost != "cross-entropy":
        return
    if y.min() < 0.0 or y.max() > 1.0:
        raise InputError(
            "cost 'cross-entropy' needs targets between 0 and 1; these range from "
            f"{y.min():g} to {y.max():g}, so choose mse"
        )
    if output == "softmax" and not np.allclose(y.sum(axis=1), 1.0):
        raise InputError(
            "output 'softmax' needs targets that sum to 1 in every sample (one-hot classes)"
        )
