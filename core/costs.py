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

from bptui.core.activations import ACTIVATIONS, softmax_calls
from bptui.core.calls import Calls, constant, sum_over_units
from bptui.core.errors import InputError, check_choice

Array = NDArray[Any]
_CostCalls = Callable[[Array, Array, Array, Array, Array], tuple[Calls, Calls]]
_DeltaCalls = Callable[[Array, Array, Array, Array], Calls]


@dataclass(frozen=True, slots=True)
class Cost:
    """A cost J for one kind of output layer, averaged over the samples."""

    calls: _CostCalls
    """`calls(z, outputs, targets, error, total)` are those of the outputs, and those of the cost.

    The first write ŷ to `outputs`. The others come after them, and add the cost up in `total`, an
    array of no axes; `error` is ŷ − y by then, and J is the total over `terms(error)`.
    """
    delta_calls: _DeltaCalls
    """`delta_calls(error, outputs, derivative, out)` write ∂J/∂z of the output layer.

    `derivative` is φ′(z) of the output layer, or unused where it cancels.
    """
    needs_derivative: bool = False
    mean_of_outputs: bool = False
    """Whether the mean is taken over the outputs too, and not over the samples alone."""
    of_classes: bool = False
    """Whether the outputs of a sample are one distribution over classes."""

    def terms(self, error: Array) -> int:
        """Return what the sum is divided by: N·K or N."""
        return _outputs(error) if self.mean_of_outputs else error.shape[1]

    def values(self, z: Array, targets: Array, error: Array) -> Array:
        """Return J of each of S networks, (S,), for arrays (K, N, S)."""
        if self.mean_of_outputs:
            return np.einsum("kns,kns->s", error, error) / self.terms(error)
        if self.of_classes:
            largest = z.max(axis=0)
            log_of_sum = largest + np.log(np.exp(z - largest).sum(axis=0))
            terms = log_of_sum - np.einsum("kn,kns->ns", targets[..., 0], z)
            return terms.sum(axis=0) / self.terms(error)
        below = targets * z
        return np.logaddexp(z - below, -below).sum(axis=(0, 1)) / self.terms(error)


def _outputs(error: Array) -> int:
    """Return N·K, of one network as of many side by side."""
    return error.shape[0] * error.shape[1]


def _after(output: str, sum_calls: Callable[[Array, Array, Array, Array], Calls]) -> _CostCalls:
    """Return the `calls` of a cost that needs nothing of how the outputs were made."""
    value_calls = ACTIVATIONS[output].value_calls

    def calls(
        z: Array, outputs: Array, targets: Array, error: Array, total: Array
    ) -> tuple[Calls, Calls]:
        return value_calls(z, outputs), sum_calls(z, targets, error, total)

    return calls


def _squared_error(z: Array, targets: Array, error: Array, total: Array) -> Calls:
    flat = error.ravel()
    return ((flat.dot, (flat, total)),)


def _squared_error_delta(error: Array, outputs: Array, derivative: Array, out: Array) -> Calls:
    return (
        (np.multiply, (error, constant(2.0 / _outputs(error), out), out)),
        (np.multiply, (out, derivative, out)),
    )


def _squared_error_linear_delta(
    error: Array, outputs: Array, derivative: Array, out: Array
) -> Calls:
    return ((np.multiply, (error, constant(2.0 / _outputs(error), out), out)),)


def _squared_error_softmax_delta(
    error: Array, outputs: Array, derivative: Array, out: Array
) -> Calls:
    weighted, mean = np.empty_like(out), np.empty_like(out[0])
    return (
        (np.multiply, (error, constant(2.0 / _outputs(error), out), out)),
        (np.multiply, (out, outputs, weighted)),
        sum_over_units(weighted, mean),
        (np.subtract, (out, mean, out)),
        (np.multiply, (out, outputs, out)),
    )


def _sigmoid_cross_entropy(z: Array, targets: Array, error: Array, total: Array) -> Calls:
    # softplus(z) − y z is the logarithm of exp((1 − y) z) + exp(−y z), which keeps every digit
    # where the cost is small.
    below, above = np.empty_like(z), np.empty_like(z)
    return (
        (np.multiply, (targets, z, below)),
        (np.subtract, (z, below, above)),
        (np.negative, (below, below)),
        (np.logaddexp, (above, below, above)),
        sum_over_units(above.ravel(), total),
    )


def _softmax_cross_entropy(
    z: Array, outputs: Array, targets: Array, error: Array, total: Array
) -> tuple[Calls, Calls]:
    # The logarithm of the sum of exp(z) is the largest z and the logarithm of what softmax divides
    # by, and so both share their work. Of targets that sum to 1 only nearly, this is the cost
    # whose slope is ŷ − y to the last bit.
    weighted = np.empty_like(z)
    largest, divisor, terms, logarithms = (np.empty_like(z[0]) for _ in range(4))
    return softmax_calls(z, outputs, largest, divisor), (
        (np.multiply, (targets, z, weighted)),
        sum_over_units(weighted, terms),
        (np.subtract, (largest, terms, terms)),
        (np.log, (divisor, logarithms)),
        (np.add, (terms, logarithms, terms)),
        sum_over_units(terms, total),
    )


def _cross_entropy_delta(error: Array, outputs: Array, derivative: Array, out: Array) -> Calls:
    return ((np.multiply, (error, constant(1.0 / error.shape[1], out), out)),)


def _mean_squared(output: str, delta_calls: _DeltaCalls, *, needs_derivative: bool = False) -> Cost:
    return Cost(
        _after(output, _squared_error),
        delta_calls,
        needs_derivative=needs_derivative,
        mean_of_outputs=True,
    )


COSTS: dict[str, dict[str, Cost]] = {
    "mse": {
        "sigmoid": _mean_squared("sigmoid", _squared_error_delta, needs_derivative=True),
        "tanh": _mean_squared("tanh", _squared_error_delta, needs_derivative=True),
        "linear": _mean_squared("linear", _squared_error_linear_delta),
        "softmax": _mean_squared("softmax", _squared_error_softmax_delta),
    },
    "cross-entropy": {
        "sigmoid": Cost(_after("sigmoid", _sigmoid_cross_entropy), _cross_entropy_delta),
        "softmax": Cost(_softmax_cross_entropy, _cross_entropy_delta, of_classes=True),
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
