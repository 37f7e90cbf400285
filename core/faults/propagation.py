"""Mistakes on the way back: which Θ, which activations, which way round."""

import itertools

import numpy as np

from bptui.core.backpropagation import Backpropagation
from bptui.core.faults.fault import Fault, Setting, hidden_layer, nothing, two_samples

_STEP = 0.1
"""The learning rate of the update that comes too early."""


class BiasColumnShifted(Backpropagation):
    """δ goes back through Θ with the wrong column left out."""

    def hidden_delta(self, layer: int) -> None:
        """Θᵀ δ ∘ φ′(z), Θ without its last column where its first, the bias, has to go."""
        slope = self._slopes[layer - 1][1:]
        self.deltas[layer - 1][:] = self.thetas[layer][:, :-1].T @ self.deltas[layer] * slope


class ThetaTransposed(Backpropagation):
    """δ goes back through Θ where Θᵀ belongs; only a square Θ lets that happen."""

    def hidden_delta(self, layer: int) -> None:
        """Θ δ ∘ φ′(z)."""
        weights = self.thetas[layer][:, 1:]
        if weights.shape[0] != weights.shape[1]:
            super().hidden_delta(layer)
            return
        self.deltas[layer - 1][:] = weights @ self.deltas[layer] * self._slopes[layer - 1][1:]


class UpdateWhilePropagating(Backpropagation):
    """Every Θ is updated before δ has gone back through it."""

    def hidden_delta(self, layer: int) -> None:
        """Θᵀ δ ∘ φ′(z), with a Θ that is one step ahead."""
        gradient = self.deltas[layer] @ self._with_bias[layer - 1].T
        updated = self.thetas[layer] - _STEP * gradient
        slope = self._slopes[layer - 1][1:]
        self.deltas[layer - 1][:] = updated[:, 1:].T @ self.deltas[layer] * slope


class GradientTransposed(Backpropagation):
    """The gradient of the weights is a δᵀ; only a square Θ lets that happen."""

    def layer_gradient(self, layer: int) -> None:
        """(δ aᵀ)ᵀ, the bias left in its place."""
        super().layer_gradient(layer)
        weights = self.gradients[layer][:, 1:]
        if weights.shape[0] == weights.shape[1]:
            weights[:] = weights.T.copy()


class ActivationsOfTheWrongLayer(Backpropagation):
    """δ of a layer is multiplied by that layer's own activations."""

    def layer_gradient(self, layer: int) -> None:
        """δ aᵀ, a from above Θ and not from below, where their sizes are the same."""
        if layer == len(self.thetas) - 1 or self.layers[layer] != self.layers[layer + 1]:
            super().layer_gradient(layer)
            return
        self.deltas[layer].dot(self._with_bias[layer].T, self.gradients[layer])


class FirstLayerForgotten(Backpropagation):
    """The loop over the layers ends one too early."""

    def layer_gradient(self, layer: int) -> None:
        """δ aᵀ, in all layers but the first."""
        if layer == 0:
            self.gradients[0].fill(0.0)
        else:
            super().layer_gradient(layer)


class SignOfOneLayer(Backpropagation):
    """One layer has y − ŷ where it should have ŷ − y."""

    def layer_gradient(self, layer: int) -> None:
        """−δ aᵀ in one layer, drawn by the sizes of the network."""
        super().layer_gradient(layer)
        if layer == np.random.default_rng(self.layers).integers(len(self.thetas)):
            np.negative(self.gradients[layer], self.gradients[layer])


class MissingBiasGradient(Backpropagation):
    """Nobody computed the gradient of the biases."""

    def layer_gradient(self, layer: int) -> None:
        """δ aᵀ, and 0 in the column of the bias."""
        super().layer_gradient(layer)
        self.gradients[layer][:, 0] = 0.0


class BiasOfOneSample(Backpropagation):
    """The sum over the samples is forgotten for the biases."""

    def layer_gradient(self, layer: int) -> None:
        """δ aᵀ; in the column of the bias, δ of the first sample alone."""
        super().layer_gradient(layer)
        self.gradients[layer][:, 0] = self.deltas[layer][:, 0]


def _square_theta_after_a_hidden_layer(setting: Setting) -> str | None:
    sizes = setting.layers[1:]
    if any(a == b > 1 for a, b in itertools.pairwise(sizes)):
        return None
    return "needs a hidden layer of two or more units and as many in the layer after it"


def _square_theta(setting: Setting) -> str | None:
    sizes = setting.layers
    if any(a == b > 1 for a, b in itertools.pairwise(sizes)):
        return None
    return "needs two layers of the same size after each other, two or more units each"


def _equal_sizes_below_the_output(setting: Setting) -> str | None:
    sizes = setting.layers[:-1]
    if any(a == b for a, b in itertools.pairwise(sizes)):
        return None
    return "needs a hidden layer as large as the layer before it"


PROPAGATION = (
    Fault(
        "bias-column-shifted",
        "δ goes back through shifted columns of Θ",
        "The units below get the bias as their weight, and each other's δ. Large networks "
        "learn around it, XOR does not; every layer below the last is wrong.",
        BiasColumnShifted,
        hidden_layer,
        ("layer", "scale"),
    ),
    Fault(
        "theta-transposed",
        "Θ δ in place of Θᵀ δ",
        "Only a square Θ lets this pass without an error of shapes. It learns about as well "
        "as the right one, because the layers above adapt to it; the layers below a square Θ "
        "are wrong.",
        ThetaTransposed,
        _square_theta_after_a_hidden_layer,
        ("layer", "scale"),
    ),
    Fault(
        "update-while-propagating",
        "Θ is updated before δ goes back through it",
        "δ goes back through a Θ that has moved already. It learns as well as the right one, "
        "since the step is small; the layers below the last are slightly wrong.",
        UpdateWhilePropagating,
        hidden_layer,
        ("layer", "scale"),
    ),
    Fault(
        "gradient-transposed",
        "a δᵀ in place of δ aᵀ",
        "Weights get each other's gradient; only a square Θ lets this pass. It learns slowly "
        "or gets stuck; biases and the diagonals of square weights are right, their other "
        "entries wrong.",
        GradientTransposed,
        _square_theta,
        ("transpose",),
    ),
    Fault(
        "wrong-layer",
        "Activations above Θ in place of those below",
        "An index off by one, which only equal sizes let pass. A large network learns around "
        "it, XOR does not; the biases are right, the weights of that Θ wrong.",
        ActivationsOfTheWrongLayer,
        _equal_sizes_below_the_output,
        ("entries",),
    ),
    Fault(
        "first-layer-forgotten",
        "The loop over layers stops before the first",
        "The first Θ keeps its random values for ever. The layers above still learn from "
        "random features, often well enough; the gradient of the first Θ is 0 in the check.",
        FirstLayerForgotten,
        hidden_layer,
        ("scale",),
    ),
    Fault(
        "sign-of-one-layer",
        "The gradient of one layer has the wrong sign",
        "One layer climbs while the others descend, and nothing is learned. Its gradient is "
        "minus the right one; a check of another layer alone would pass.",
        SignOfOneLayer,
        nothing,
        ("sign",),
    ),
    Fault(
        "missing-bias-gradient",
        "The gradient of the biases is left at zero",
        "The biases keep their initial values. Much is still learned; the whole first column "
        "is 0 in the check, and all the rest is right.",
        MissingBiasGradient,
        nothing,
        ("bias",),
    ),
    Fault(
        "bias-of-one-sample",
        "The biases' gradient comes from one sample",
        "The biases follow a single sample, because the sum over the samples was forgotten. "
        "Much is still learned; the first column is wrong, all the rest is right.",
        BiasOfOneSample,
        two_samples,
        ("bias",),
    ),
)
