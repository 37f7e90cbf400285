"""Activation functions and their derivatives, as a table of tiny functions.

Every derivative is written in terms of the activation a = φ(z), which is what
backpropagation has at hand, so that z itself need not be kept.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

LEAKY_SLOPE = 0.01


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation φ, elementwise unless said otherwise."""

    value: Callable[[Array, Array], object]
    """`value(z, out)` writes φ(z) to `out`; both (units, samples), `out` may be `z`."""
    derivative: Callable[[Array, Array], object] | None
    """`derivative(a, out)` writes φ′(z) for a = φ(z); `None` where φ is not elementwise."""
    hidden: bool = True
    """Whether it is offered for hidden layers."""
    output: bool = False
    """Whether it is offered for the output layer."""


def _sigmoid(z: Array, out: Array) -> None:
    np.negative(z, out)
    np.exp(out, out)
    np.add(out, 1.0, out)
    np.reciprocal(out, out)


def _sigmoid_derivative(a: Array, out: Array) -> None:
    np.multiply(a, a, out)
    np.subtract(a, out, out)


def _tanh_derivative(a: Array, out: Array) -> None:
    np.multiply(a, a, out)
    np.subtract(1.0, out, out)


def _relu(z: Array, out: Array) -> None:
    np.maximum(z, 0.0, out=out)


def _relu_derivative(a: Array, out: Array) -> None:
    np.greater(a, 0.0, out)


def _leaky_relu(z: Array, out: Array) -> None:
    np.maximum(z, LEAKY_SLOPE * z, out=out)


def _leaky_relu_derivative(a: Array, out: Array) -> None:
    out[...] = np.where(a > 0.0, 1.0, LEAKY_SLOPE)


def _softplus(z: Array, out: Array) -> None:
    np.logaddexp(z, 0.0, out)


def _softplus_derivative(a: Array, out: Array) -> None:
    np.negative(a, out)
    np.expm1(out, out)
    np.negative(out, out)


def _linear(z: Array, out: Array) -> None:
    np.copyto(out, z)


def _linear_derivative(a: Array, out: Array) -> None:
    out.fill(1.0)


def _softmax(z: Array, out: Array) -> None:
    np.subtract(z, z.max(axis=0), out)
    np.exp(out, out)
    np.divide(out, out.sum(axis=0), out)


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(_sigmoid, _sigmoid_derivative, output=True),
    "tanh": Activation(np.tanh, _tanh_derivative, output=True),
    "relu": Activation(_relu, _relu_derivative),
    "leaky-relu": Activation(_leaky_relu, _leaky_relu_derivative),
    "softplus": Activation(_softplus, _softplus_derivative),
    "linear": Activation(_linear, _linear_derivative, output=True),
    "softmax": Activation(_softmax, None, hidden=False, output=True),
}

HIDDEN_ACTIVATIONS = tuple(name for name, entry in ACTIVATIONS.items() if entry.hidden)
OUTPUT_ACTIVATIONS = tuple(name for name, entry in ACTIVATIONS.items() if entry.output)
