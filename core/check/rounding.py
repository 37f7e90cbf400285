"""How far rounding alone may move each entry of a backpropagated gradient.

A first-order running error analysis (Higham 2002, chapter 3): every quantity of
forward propagation and backpropagation carries a bound of its absolute error,
computed in units of the roundoff u from those before it. A product of n terms
has an error of at most (n + 2) u times the product of the absolute values.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check.complex_step import propagate

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """A value, or its size, and how far off it may be."""

    value: Array
    error: Array


def rounding_bounds(work: Backpropagation, unit_roundoff: float) -> list[Array]:
    """Return a bound for each entry of the gradient that `work` holds, one array a layer.

    Args:
        work: evaluated at the Θ and on the samples in question.
        unit_roundoff: u of the arithmetic that `work` is done in.
    """
    u = unit_roundoff
    thetas = [np.abs(theta.astype(np.float64)) for theta in work.thetas]
    X = work.inputs[:, 1:].astype(np.float64)
    signed = [theta.astype(np.float64) for theta in work.thetas]
    sources, pre_activations = propagate(signed, X, work.activation)
    samples = len(X)

    source_errors = [np.zeros_like(sources[0])]
    slopes: list[_Known] = []
    logits_error = np.empty(0)
    for layer, theta in enumerate(thetas):
        source = np.abs(sources[layer])
        terms = theta.shape[1] + 2
        error = source_errors[layer] @ theta.T + terms * u * (source @ theta.T)
        if layer == len(thetas) - 1:
            logits_error = error
            break
        a = sources[layer + 1][:, 1:]
        activation = _activation(work.activation, a, error, u)
        slopes.append(_slope(work.activation, a, activation.error, u))
        source_errors.append(np.hstack([np.zeros((samples, 1)), activation.error]))

    delta = _output_delta(work, pre_activations[-1], logits_error, u)
    delta = _Known(
        delta.value / samples, delta.error / samples + 2 * u * np.abs(delta.value) / samples
    )
    # Products this small have underflowed in one of the two gradients and not in the other.
    smallest = 1e-290 if work.theta.dtype == np.float64 else 1e-35
    bounds: list[Array] = [np.empty(0)] * len(thetas)
    for layer in range(len(thetas) - 1, -1, -1):
        source, size = np.abs(sources[layer]), np.abs(delta.value)
        bounds[layer] = (
            delta.error.T @ source
            + (size + delta.error).T @ source_errors[layer]
            + (samples + 2) * u * (size.T @ source)
            + smallest
        )
        bounds[layer][:, 1:] += 4 * u * work.penalty * thetas[layer][:, 1:]
        if layer:
            onward = thetas[layer][:, 1:]
            back = size @ onward
            back_error = delta.error @ onward + (len(onward) + 2) * u * back
            slope = slopes[layer - 1]
            delta = _Known(
                back * slope.value,
                # The product of both errors counts where a saturated slope has rounded to 0.
                back_error * (slope.value + slope.error)
                + back * slope.error
                + 2 * u * back * slope.value,
            )
    return bounds


def _activation(name: str, a: Array, z_error: Array, u: float) -> _Known:
    slope = np.abs(_slope(name, a, np.zeros_like(a), 0.0).value)
    return _Known(np.abs(a), slope * z_error + 4 * u * np.abs(a))


def _slope(name: str, a: Array, a_error: Array, u: float) -> _Known:
    """Return |φ′| from the activation, and its error: a(1 − a) loses digits near 1."""
    if name == "sigmoid":
        slope = a * (1 - a)
        return _Known(slope, np.abs(1 - 2 * a) * a_error + 3 * u * slope + u * a * a)
    if name == "tanh":
        slope = 1 - a * a
        return _Known(slope, 2 * np.abs(a) * a_error + 3 * u * slope + u * a * a)
    if name == "softplus":
        slope = -np.expm1(-a)
        return _Known(slope, (1 - slope) * a_error + 4 * u * slope)
    slope = {
        "relu": (a > 0).astype(np.float64),
        "leaky-relu": np.where(a > 0, 1.0, 0.01),
        "linear": np.ones_like(a),
    }[name]
    return _Known(slope, u * slope)


def _output_delta(work: Backpropagation, z: Array, z_error: Array, u: float) -> _Known:
    """Return ∂ℓ/∂z of every sample, (N, K), and its error."""
    y = work.targets.T.astype(np.float64)
    outputs = y.shape[1]
    if work.output == "softmax":
        shifted = np.exp(z - z.max(axis=1, keepdims=True))
        a = shifted / shifted.sum(axis=1, keepdims=True)
        spread = (a * z_error).sum(axis=1, keepdims=True)
        # The largest z is subtracted first, which rounds every difference.
        far = np.abs(z - z.max(axis=1, keepdims=True))
        a_error = a * (z_error + spread) + (outputs + 5 + far) * u * a
    else:
        a = _output_value(work.output, z)
        known = _activation(work.output, a, z_error, u)
        a_error = known.error
    error = np.abs(a - y)
    if work.cost_name == "cross-entropy":
        return _Known(error, a_error + 2 * u * error)
    factor = 2.0 / outputs
    g, g_error = factor * (a - y), factor * (a_error + 2 * u * error)
    if work.output == "softmax":
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
    slope = _slope(work.output, a, a_error, u)
    return _Known(
        np.abs(g) * slope.value,
        g_error * (slope.value + slope.error)
        + np.abs(g) * slope.error
        + 3 * u * np.abs(g) * slope.value,
    )


def _output_value(name: str, z: Array) -> Array:
    if name == "sigmoid":
        return 1.0 / (1.0 + np.exp(-z))
    return np.tanh(z) if name == "tanh" else z
