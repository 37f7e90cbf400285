"""Mistakes with the derivative of an activation."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.activations import ACTIVATIONS
from bptui.core.backpropagation import Backpropagation
from bptui.core.faults.fault import (
    Fault,
    Setting,
    all_of,
    cross_entropy,
    curved_hidden_layer,
    hidden_layer,
    squared_error,
)

Array = NDArray[Any]

_TAKEN_FOR = {"sigmoid": "tanh"}
"""The activation whose derivative is taken by mistake; for all others the sigmoid."""


class MissingHiddenDerivative(Backpropagation):
    """φ′ is forgotten in the hidden layers."""

    def hidden_delta(self, layer: int) -> None:
        """Θᵀ δ, without ∘ φ′(z)."""
        self.thetas[layer].T.dot(self.deltas[layer], self._deltas_with_bias[layer - 1])


class MissingOutputDerivative(Backpropagation):
    """φ′ is forgotten at the output."""

    def output_delta(self) -> None:
        """2/(N·K) (ŷ − y), without φ′(z)."""
        np.multiply(self._error, 2.0 / self._error.size, self.deltas[-1])


class ExtraOutputDerivative(Backpropagation):
    """φ′ is applied at the output although cross-entropy has cancelled it."""

    def output_delta(self) -> None:
        """(ŷ − y)/N, times ŷ (1 − ŷ)."""
        super().output_delta()
        self.deltas[-1] *= self.outputs * (1.0 - self.outputs)


class DerivativeOfActivation(Backpropagation):
    """φ′ is taken of a, which is φ(z) already, in place of z."""

    def hidden_delta(self, layer: int) -> None:
        """Θᵀ δ ∘ φ′(a)."""
        a = self._units[layer - 1]
        activated_twice = np.empty_like(a)
        self._hidden.value(a.copy(), activated_twice)
        slope = _derivative(self.activation, activated_twice)
        self.deltas[layer - 1][:] = self.thetas[layer][:, 1:].T @ self.deltas[layer] * slope


class WrongDerivative(Backpropagation):
    """φ′ is that of another activation."""

    def hidden_delta(self, layer: int) -> None:
        """Θᵀ δ ∘ ψ′, ψ another function than φ."""
        other = _TAKEN_FOR.get(self.activation, "sigmoid")
        slope = _derivative(other, self._units[layer - 1])
        self.deltas[layer - 1][:] = self.thetas[layer][:, 1:].T @ self.deltas[layer] * slope


def _derivative(activation: str, a: Array) -> Array:
    """Return φ′(z) of a named activation for a = φ(z)."""
    slope = np.empty_like(a)
    derivative = ACTIVATIONS[activation].derivative
    assert derivative is not None
    derivative(a, slope)
    return slope


def _curved_output(setting: Setting) -> str | None:
    return "needs an output that is not linear" if setting.output == "linear" else None


def _repeatable_activation(setting: Setting) -> str | None:
    if hidden_layer(setting) or setting.activation not in ("sigmoid", "tanh", "softplus"):
        return "needs a hidden layer of sigmoid, tanh or softplus"
    return None


DERIVATIVES = (
    Fault(
        "missing-hidden-derivative",
        "φ′ is forgotten in the hidden layers",
        "δ passes hidden layers at full strength even where they are saturated. Easy data are "
        "still learned, XOR hardly ever; every layer below the last is wrong in the check, "
        "the last is right.",
        MissingHiddenDerivative,
        curved_hidden_layer,
        ("layer", "scale"),
    ),
    Fault(
        "missing-output-derivative",
        "φ′ is forgotten at the output",
        "The gradient of another cost, near cross-entropy's; it often learns even faster than "
        "the right one. Every entry is wrong, each sample by another factor, so no single "
        "ratio repairs it.",
        MissingOutputDerivative,
        all_of(squared_error, _curved_output),
        (None, "scale"),
    ),
    Fault(
        "extra-output-derivative",
        "φ′ at the output, where it has cancelled",
        "The derivative that cross-entropy has cancelled comes back and chokes the samples "
        "that are most wrong. It learns more slowly and is stuck more often; every entry is "
        "wrong in the check.",
        ExtraOutputDerivative,
        cross_entropy,
        (None, "scale"),
    ),
    Fault(
        "derivative-of-activation",
        "φ′(a) in place of φ′(z)",
        "The function wants z and is given a. With tanh it learns nearly as well, with "
        "sigmoid XOR stays stuck; every layer below the last is wrong.",
        DerivativeOfActivation,
        _repeatable_activation,
        ("layer", "scale"),
    ),
    Fault(
        "wrong-derivative",
        "φ′ of another activation",
        "The activation was changed and its derivative was left as it was. It learns worse or "
        "not at all; every layer below the last is wrong.",
        WrongDerivative,
        hidden_layer,
        ("layer", "scale"),
    ),
)
