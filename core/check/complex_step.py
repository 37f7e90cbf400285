"""The exact numerical gradient of a network: a complex step per unit.

For an analytic f, Im f(x + ih)/h = f′(x) − h² f‴(x)/6 + …, with no difference
of near numbers in it (Squire & Trapp 1998), so h can be so small that only
rounding is left. Samples do not mix and z = Θ a is linear in Θ; so it is enough
to perturb the pre-activation of each *unit*, in all samples at once, and to run
the rest of the network: D = Im ℓ(z + ih)/h is ∂ℓ/∂z, and ∂J/∂Θ = Dᵀ a / N.

The perturbations of all units go through the network together: at each layer
those of its own units join the batch that comes from below.

In wide networks that is too many complex numbers. There the slope φ′ of every unit
is taken by a complex step once, and blocks of real tangents ∂z/∂z_unit are pushed
forward through Θ and φ′ (forward mode) as far as the outputs. There they meet
∂ℓ/∂z of the outputs, by complex steps again; or, where there are more outputs of a
softmax than units below, the cost is perturbed along each of the tangents.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check.replica import ACTIVATIONS, Block, Replica

Array = NDArray[Any]
Rows = slice | NDArray[np.intp]
"""Which rows of a Θ: the weights that lead to a unit are one row."""

EVERY_ROW = slice(None)
STEP = 2.0**-100
_LARGEST_BATCH = 10_000
"""Complex numbers up to which the units of all layers are perturbed at once."""
_LARGEST_TANGENTS = 300_000
"""Numbers in a block of tangents; about 2 MB."""


def _log_sum_exp(z: Array) -> Array:
    largest = z.real.max(axis=-1, keepdims=True)
    return largest[..., 0] + np.log(np.exp(z - largest).sum(axis=-1))


def _softmax(z: Array) -> Array:
    # A large z would round what is left of the outputs near 0 and 1.
    z = z - z.real.max(axis=-1, keepdims=True)
    return np.exp(z - _log_sum_exp(z)[..., np.newaxis])


def _output_costs(z: Array, y: Array, output: str, cost: str) -> Array:
    """Return what each output adds to ℓ, (..., N, K), where an output is a function of its z."""
    if cost == "cross-entropy":
        positive = z.real > 0
        tail = np.log1p(np.exp(np.where(positive, -z, z)))
        return np.where(positive, z, 0.0) - y * z + tail
    return (ACTIVATIONS[output](z) - y) ** 2 / y.shape[-1]


def sample_costs(z: Array, y: Array, output: str, cost: str) -> Array:
    """Return ℓ of every sample from the logits z, (..., N, K), and targets y, (N, K).

    The mean of ℓ over the samples is J without its penalty.
    """
    if output != "softmax":
        costs: Array = _output_costs(z, y, output, cost).sum(axis=-1)
    elif cost == "cross-entropy":
        costs = _log_sum_exp(z) - (y * z).sum(axis=-1)
    else:
        costs = ((_softmax(z) - y) ** 2).sum(axis=-1) / y.shape[-1]
    return costs


def complex_step_gradients(network: Replica) -> list[Array]:
    """Return ∂J/∂Θ of every layer, each shaped as its Θ."""
    gradients = [np.zeros_like(theta) for theta in network.thetas]
    everything = [EVERY_ROW] * len(gradients)
    for block in network.blocks():
        add_complex_step(gradients, network, block, everything)
    add_penalty(gradients, network, everything)
    return gradients


def complex_step_of(work: Backpropagation, thetas: Sequence[Array]) -> list[Array]:
    """Return the same of `work` and its samples, at `thetas`."""
    return complex_step_gradients(Replica.of(work, thetas))


def add_complex_step(
    gradients: Sequence[Array], network: Replica, block: Block, rows: Sequence[Rows]
) -> None:
    """Add what some of the samples contribute to ∂J/∂Θ, without its penalty.

    Args:
        gradients: of every layer, (rows, s_l + 1), added to.
        network: the one to differentiate.
        block: those samples.
        rows: the units of every layer by whose rows of Θ to differentiate.
    """
    if _batch_size(network.layers, len(block.targets)) <= _LARGEST_BATCH:
        sensitivities = _unit_sensitivities(network, block)
        chosen = [D[units] for D, units in zip(sensitivities, rows, strict=True)]
    else:
        chosen = _forward_sensitivities(network, block, rows)
    for gradient, D, source in zip(gradients, chosen, block.sources, strict=True):
        gradient += D @ source


def add_penalty(gradients: Sequence[Array], network: Replica, rows: Sequence[Rows]) -> None:
    """Add the slope of the penalty, λ/(2N) Σ Θ² without biases, also by a complex step."""
    if network.penalty:
        for gradient, theta, units in zip(gradients, network.thetas, rows, strict=True):
            weights = theta[units, 1:] + 1j * STEP
            gradient[:, 1:] += network.penalty / 2.0 * (weights**2).imag / STEP


def _batch_size(layers: Sequence[int], samples: int) -> int:
    """Return how many complex numbers go through the network if every unit is perturbed."""
    units = accumulate(layers[1:])
    return samples * sum(count * size for count, size in zip(units, layers[2:], strict=False))


def _unit_sensitivities(network: Replica, block: Block) -> list[Array]:
    """Return ∂ℓ/∂z / N of every unit of every layer in every sample, (units, n) a layer."""
    function = ACTIVATIONS[network.activation]
    batch: Array | None = None
    for layer, onward in enumerate(network.thetas[1:]):
        weights = onward[:, 1:].T
        moved = function(block.pre_activations[layer].T + 1j * STEP)
        moved -= block.sources[layer + 1][:, 1:].T
        # Only one unit of this layer has moved, so the next layer moves along its weights.
        own = block.pre_activations[layer + 1] + moved[:, :, np.newaxis] * weights[:, np.newaxis, :]
        if batch is None:
            batch = own
        else:
            batch = np.concatenate([function(batch) @ weights + onward[:, 0], own])
    logits = block.pre_activations[-1]
    own = logits + 1j * STEP * np.eye(logits.shape[1])[:, np.newaxis, :]
    batch = own if batch is None else np.concatenate([batch, own])
    costs = sample_costs(batch, block.targets, network.output, network.cost)
    sensitivities = costs.imag / (STEP * network.samples)
    ends = accumulate(network.layers[1:], initial=0)
    return [sensitivities[start:end] for start, end in pairwise(ends)]


def cost_is_perturbed_apart(layers: Sequence[int], output: str) -> bool:
    """Return whether ∂ℓ/∂z of all outputs costs less than a slope of ℓ along each tangent."""
    return output != "softmax" or layers[-1] <= sum(layers[1:-1])


def _forward_sensitivities(network: Replica, block: Block, rows: Sequence[Rows]) -> list[Array]:
    """Return ∂ℓ/∂z / N of the chosen units of every layer, (rows, n), by tangents."""
    function = ACTIVATIONS[network.activation]
    slopes = [function(z + 1j * STEP).imag / STEP for z in block.pre_activations[:-1]]
    output_slopes: Array | None = None
    if cost_is_perturbed_apart(network.layers, network.output):
        output_slopes = _output_slopes(network, block, slopes)
    sensitivities = []
    for layer, chosen in enumerate(rows):
        if layer == len(slopes) and output_slopes is not None:
            sensitivities.append(output_slopes[chosen])
            continue
        units = np.arange(network.layers[layer + 1])[chosen]
        sensitivities.append(_in_parts(network, block, slopes, layer, units, output_slopes))
    return sensitivities


def _output_slopes(network: Replica, block: Block, slopes: Sequence[Array]) -> Array:
    """Return ∂ℓ/∂z / N of every output, (K, n)."""
    if network.output == "softmax":
        every_output = np.arange(network.layers[-1])
        return _in_parts(network, block, slopes, len(slopes), every_output, None)
    # Outputs do not mix, so all are perturbed at once.
    moved = block.pre_activations[-1] + 1j * STEP
    costs = _output_costs(moved, block.targets, network.output, network.cost)
    return costs.imag.T / (STEP * network.samples)


def _in_parts(
    network: Replica,
    block: Block,
    slopes: Sequence[Array],
    layer: int,
    units: NDArray[np.intp],
    output_slopes: Array | None,
) -> Array:
    """Return ∂ℓ/∂z / N of some units of one layer, (units, n), a few units at a time.

    With `output_slopes`, the same of every output, (K, n), no cost need be perturbed again.
    """
    above = network.layers[layer + 2 :] or network.layers[-1:]
    size = max(1, _LARGEST_TANGENTS // (len(block.targets) * max(above)))
    parts = []
    for start in range(0, len(units), size):
        tangents = _tangents(network, slopes, layer, units[start : start + size])
        if output_slopes is None:
            moved = block.pre_activations[-1] + 1j * STEP * tangents
            costs = sample_costs(moved, block.targets, network.output, network.cost)
            parts.append(costs.imag / (STEP * network.samples))
        else:
            parts.append((tangents * output_slopes.T).sum(axis=2))
    return np.concatenate(parts)


def _tangents(
    network: Replica, slopes: Sequence[Array], layer: int, units: NDArray[np.intp]
) -> Array:
    """Return ∂z/∂z_unit of all outputs z by some units of one layer, (units, n or 1, K)."""
    if layer == len(slopes):
        return np.eye(network.layers[-1])[units][:, np.newaxis, :]
    weights = network.thetas[layer + 1][:, 1:].T[units]
    tangents: Array = slopes[layer].T[units][:, :, np.newaxis] * weights[:, np.newaxis, :]
    for onward, slope in zip(network.thetas[layer + 2 :], slopes[layer + 1 :], strict=True):
        tangents *= slope
        # One product of two matrices is faster than one a unit.
        flat = tangents.reshape(-1, tangents.shape[2]) @ onward[:, 1:].T
        tangents = flat.reshape(*tangents.shape[:2], -1)
    return tangents
