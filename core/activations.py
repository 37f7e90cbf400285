"""Activation functions and their derivatives, as a table of short lists of NumPy calls.

Every derivative is written in terms of the activation a = φ(z), which is what
backpropagation has at hand, so that z itself need not be kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.calls import Calls, constant, run, sum_over_units, with_row

Array = NDArray[Any]

LEAKY_SLOPE = 0.01


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation φ, elementwise unless said otherwise."""

    value_calls: Callable[[Array, Array], Calls]
    """`value_calls(z, out)` are the calls that write φ(z) to `out`.

    Both are (units, samples), and `out` may be `z`.
    """
    derivative_calls: Callable[[Array, Array], Calls] | None
    """`derivative_calls(a, out)` write φ′(z) for a = φ(z); `None` where φ is not elementwise."""
    hidden: bool = True
    """Whether it is offered for hidden layers."""
    output: bool = False
    """Whether it is offered for the output layer."""

    def value(self, z: Array, out: Array) -> None:
        """Write φ(z) to `out`, which may be `z`; any shape, units first."""
        run(self.value_calls(z, out))

    @property
    def derivative(self) -> Callable[[Array, Array], None] | None:
        """A function of a and `out` that writes φ′(z); `None` where φ is not elementwise."""
        calls = self.derivative_calls
        return None if calls is None else lambda a, out: run(calls(a, out))


def _sigmoid(z: Array, out: Array) -> Calls:
    return (
        (np.negative, (z, out)),
        (np.exp, (out, out)),
        (np.add, (out, constant(1.0, out), out)),
        (np.reciprocal, (out, out)),
    )


def _sigmoid_derivative(a: Array, out: Array) -> Calls:
    return (np.multiply, (a, a, out)), (np.subtract, (a, out, out))


def _tanh(z: Array, out: Array) -> Calls:
    return ((np.tanh, (z, out)),)


def _tanh_derivative(a: Array, out: Array) -> Calls:
    return (np.multiply, (a, a, out)), (np.subtract, (constant(1.0, out), out, out))


def _relu(z: Array, out: Array) -> Calls:
    # Beside a whole array of zeros NumPy finds the larger two to four times as fast as beside one.
    return ((partial(np.maximum, out=out), (z, np.zeros_like(out))),)


def _relu_derivative(a: Array, out: Array) -> Calls:
    # a is never negative, so its sign is 0 or 1.
    return ((np.sign, (a, out)),)


def _leaky_relu(z: Array, out: Array) -> Calls:
    leaked = np.empty_like(out)
    return (
        (np.multiply, (z, constant(LEAKY_SLOPE, out), leaked)),
        (partial(np.maximum, out=out), (z, leaked)),
    )


def _leaky_relu_derivative(a: Array, out: Array) -> Calls:
    return (
        (np.sign, (a, out)),
        (partial(np.maximum, out=out), (out, np.full_like(out, LEAKY_SLOPE))),
    )


def _softplus(z: Array, out: Array) -> Calls:
    return ((np.logaddexp, (z, constant(0.0, out), out)),)


def _softplus_derivative(a: Array, out: Array) -> Calls:
    return (np.negative, (a, out)), (np.expm1, (out, out)), (np.negative, (out, out))


def _linear(z: Array, out: Array) -> Calls:
    return ((np.copyto, (out, z)),)


def _linear_derivative(a: Array, out: Array) -> Calls:
    return ((out.fill, (1.0,)),)


def softmax_calls(z: Array, out: Array, largest: Array, total: Array) -> Calls:
    """Return the calls that write softmax(z) to `out` and leave what it was made of.

    Args:
        z: (K, ...).
        out: like z, which it may be.
        largest: (...), for the largest z of every sample.
        total: (...), for the sum of exp(z - largest) of every sample.
    """
    return (
        (np.maximum.reduce, (z, 0, None, largest)),
        *with_row(np.subtract, z, largest, out),
        (np.exp, (out, out)),
        sum_over_units(out, total),
        *with_row(np.divide, out, total, out),
    )


def _softmax(z: Array, out: Array) -> Calls:
    return softmax_calls(z, out, np.empty_like(z[0]), np.empty_like(z[0]))


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(_sigmoid, _sigmoid_derivative, output=True),
    "tanh": Activation(_tanh, _tanh_derivative, output=True),
    "relu": Activation(_relu, _relu_derivative),
    "leaky-relu": Activation(_leaky_relu, _leaky_relu_derivative),
    "softplus": Activation(_softplus, _softplus_derivative),
    "linear": Activation(_linear, _linear_derivative, output=True),
    "softmax": Activation(_softmax, None, hidden=False, output=True),
}

HIDDEN_ACTIVATIONS = tuple(name for name, entry in ACTIVATIONS.items() if entry.hidden)
OUTPUT_ACTIVATIONS = tuple(name for name, entry in ACTIVATIONS.items() if entry.output)
