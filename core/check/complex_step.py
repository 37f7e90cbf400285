"""The exact numerical gradient of a network: a complex step per unit.

For an analytic f, Im f(x + ih)/h = f′(x) − h² f‴(x)/6 + …, with no difference
of near numbers in it (Squire & Trapp 1998), so h can be so small that only
rounding is left. Samples do not mix and z = Θ a is linear in Θ; so it is enough
to perturb the pre-activation of each *unit*, in all samples at once, and to run
the rest of the network: D = Im ℓ(z + ih)/h is ∂ℓ/∂z, and ∂J/∂Θ = Dᵀ a / N.

Forward propagation is written out again here, for complex numbers. It shares no
line with the code that trains, which is what makes the comparison worth having.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

STEP = 2.0**-100
_LARGEST_BLOCK = 1_000_000
"""Complex numbers held at once; about 16 MB."""


def _sigmoid(z: Array) -> Array:
    positive = z.real >= 0
    decaying = np.exp(np.where(positive, -z, z))
    return np.where(positive, 1.0, decaying) / (1.0 + decaying)


def _softplus(z: Array) -> Array:
    positive = z.real > 0
    return np.where(positive, z, 0.0) + np.log1p(np.exp(np.where(positive, -z, z)))


_ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda z: np.where(z.real > 0, z, 0.0),
    "leaky-relu": lambda z: np.where(z.real > 0, z, 0.01 * z),
    "softplus": _softplus,
    "linear": lambda z: z,
}


def _log_sum_exp(z: Array) -> Array:
    largest = z.real.max(axis=-1, keepdims=True)
    return largest[..., 0] + np.log(np.exp(z - largest).sum(axis=-1))


def _softmax(z: Array) -> Array:
    return np.exp(z - _log_sum_exp(z)[..., np.newaxis])


def sample_costs(z: Array, y: Array, output: str, cost: str) -> Array:
    """Return ℓ of every sample from the logits z, (..., N, K), and targets y, (N, K).

    The mean of ℓ over the samples is J without its penalty.
    """
    if cost == "cross-entropy":
        if output == "softmax":
            return _log_sum_exp(z) - (y * z).sum(axis=-1)
        positive = z.real > 0
        tail = np.log1p(np.exp(np.where(positive, -z, z)))
        return (np.where(positive, z, 0.0) - y * z + tail).sum(axis=-1)
    outputs = _softmax(z) if output == "softmax" else _ACTIVATIONS[output](z)
    return ((outputs - y) ** 2).sum(axis=-1) / y.shape[-1]


def propagate(
    thetas: Sequence[Array], X: Array, activation: str
) -> tuple[list[Array], list[Array]]:
    """Return [1, a] below every layer, (N, s_l + 1), and z of every layer, (N, s_{l+1})."""
    ones = np.ones((len(X), 1))
    sources, pre_activations = [np.hstack([ones, X])], []
    for theta in thetas[:-1]:
        z = sources[-1] @ theta.T
        pre_activations.append(z)
        sources.append(np.hstack([ones, _ACTIVATIONS[activation](z)]))
    pre_activations.append(sources[-1] @ thetas[-1].T)
    return sources, pre_activations


def complex_step_gradients(
    thetas: Sequence[Array],
    X: Array,
    y: Array,
    *,
    activation: str,
    output: str,
    cost: str,
    penalty: float = 0.0,
) -> list[Array]:
    """Return ∂J/∂Θ of every layer, each shaped as its Θ.

    Args:
        thetas: parameters, (s_{l+1}, s_l + 1) each, column 0 the bias.
        X: samples (N, s_0).
        y: targets (N, K).
        activation: of the hidden layers.
        output: activation of the output layer.
        cost: `mse` or `cross-entropy`.
        penalty: λ/N of the L2 penalty.
    """
    thetas = [theta.astype(np.float64) for theta in thetas]
    gradients = [np.zeros_like(theta) for theta in thetas]
    width = max(theta.shape[0] for theta in thetas)
    block = max(1, _LARGEST_BLOCK // (width * width))
    for start in range(0, len(X), block):
        part = slice(start, start + block)
        sources, pre_activations = propagate(thetas, X[part], activation)
        for layer, gradient in enumerate(gradients):
            sensitivity = _unit_sensitivities(
                thetas, sources, pre_activations, layer, y[part], activation, output, cost
            )
            gradient += sensitivity @ sources[layer] / len(X)
    if penalty:
        for theta, gradient in zip(thetas, gradients, strict=True):
            weights = theta[:, 1:] + 1j * STEP
            gradient[:, 1:] += penalty / 2.0 * (weights**2).imag / STEP
    return gradients


def _unit_sensitivities(
    thetas: Sequence[Array],
    sources: Sequence[Array],
    pre_activations: Sequence[Array],
    layer: int,
    y: Array,
    activation: str,
    output: str,
    cost: str,
) -> Array:
    """Return ∂ℓ/∂z of every unit of a layer in every sample, (units, N)."""
    function = _ACTIVATIONS[activation]
    z = pre_activations[layer]
    if layer == len(thetas) - 1:
        each_unit = np.eye(z.shape[1])[:, np.newaxis, :]
        z = z + 1j * STEP * each_unit
    else:
        moved = function(z.T + 1j * STEP) - sources[layer + 1][:, 1:].T
        onward = thetas[layer + 1][:, 1:].T
        z = pre_activations[layer + 1] + moved[:, :, np.newaxis] * onward[:, np.newaxis, :]
        for theta in thetas[layer + 2 :]:
            z = function(z) @ theta[:, 1:].T + theta[:, 0]
    return sample_costs(z, y, output, cost).imag / STEP
