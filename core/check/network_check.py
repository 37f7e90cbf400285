"""The gradient check of bptui's own networks."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation, layer_views
from bptui.core.check.complex_step import complex_step_gradients, propagate
from bptui.core.check.diagnosis import diagnosed
from bptui.core.check.differences import difference_gradient
from bptui.core.check.evidence import Facts
from bptui.core.check.known_faults import with_known_faults
from bptui.core.check.methods import choose_method
from bptui.core.check.report import ArrayReport, Report, make_array_report, make_report
from bptui.core.check.rounding import rounding_bounds

Array = NDArray[Any]

KINKED = ("relu", "leaky-relu")
"""Activations without a derivative at 0."""


def check_backpropagation(
    work: Backpropagation, *, method: str = "auto", epsilon: float | None = None
) -> Report:
    """Compare the gradient that training is about to apply with a numerical one.

    Both are taken at one and the same Θ and of the samples that are loaded, and Θ is left
    bit-identical. The complex step shares no line with `work`; differences call
    its cost and nothing else of it.

    Args:
        work: the training code, samples loaded.
        method: a name in `METHOD_NAMES`.
        epsilon: the step of a difference; `None` is the method's own.

    Raises:
        InputError: an unknown method or an impossible ε.
    """
    started = perf_counter()
    name, epsilon = choose_method(method, epsilon)
    with np.errstate(all="ignore"):
        cost = work.evaluate()
        backprop = work.gradient.astype(np.float64)
        bounds = rounding_bounds(work, _unit_roundoff(work))
        if epsilon is None:
            numerical = complex_step_of(work, work.thetas)
            kinks, at_kinks = False, _at_kinks(work)
        else:
            flat, truncation = _differences(work, name, epsilon)
            numerical = layer_views(flat, work.layers)
            noise = _cost_noise(work, cost) / epsilon
            bounds = [
                bound + _truncation_bound(error) + noise
                for bound, error in zip(bounds, layer_views(truncation, work.layers), strict=True)
            ]
            kinks = work.activation in KINKED and _near_a_kink(work, epsilon)
            at_kinks = [np.zeros_like(bound, bool) for bound in bounds]
        arrays: list[ArrayReport] = [
            make_array_report(theta_name(layer), *values, kinks=kinks, at_kinks=here)
            for layer, (*values, here) in enumerate(
                zip(layer_views(backprop, work.layers), numerical, bounds, at_kinks, strict=True)
            )
        ]
        report = make_report(name, epsilon, cost, arrays, 0.0)
        if report.verdict == "fail":
            report = diagnosed(report, _facts(work))
    report = with_known_faults(report, work)
    return replace(report, seconds=perf_counter() - started)


def _facts(work: Backpropagation) -> Facts:
    def numerical_at(thetas: Sequence[Array]) -> list[Array]:
        return complex_step_of(work, thetas)

    return Facts(
        parameters=[theta.astype(np.float64) for theta in work.thetas],
        samples=len(work.inputs),
        outputs=work.layers[-1],
        bias_column=True,
        numerical_at=numerical_at,
    )


def complex_step_of(work: Backpropagation, thetas: Sequence[Array]) -> list[Array]:
    """Return the exact numerical gradient of `work` and its samples at `thetas`."""
    return complex_step_gradients(
        thetas,
        work.inputs[:, 1:].astype(np.float64),
        work.targets.T.astype(np.float64),
        activation=work.activation,
        output=work.output,
        cost=work.cost_name,
        penalty=work.penalty,
    )


def theta_name(layer: int) -> str:
    """Return `Θ¹` for layer 0, and so on."""
    return "Θ" + str(layer + 1).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _unit_roundoff(work: Backpropagation) -> float:
    return float(np.finfo(work.theta.dtype).eps) / 2.0


def _truncation_bound(estimate: Array) -> Array:
    """Return a bound from the estimates of one array, each of which may vanish by chance."""
    return 4.0 * np.maximum(estimate, 0.25 * estimate.max(initial=0.0))


def _cost_noise(work: Backpropagation, cost: float) -> float:
    """Return how far rounding may move J: a few roundings of the terms that it is made of.

    A squared error is the square of a rounded difference; a cross-entropy the logarithm
    of a number near 1.
    """
    largest_term = max(cost, cost**0.5) if work.cost_name == "mse" else max(cost, 1.0)
    return 32.0 * len(work.thetas) * _unit_roundoff(work) * max(largest_term, 1e-300)


def _differences(work: Backpropagation, method: str, epsilon: float) -> tuple[Array, Array]:
    def cost() -> float:
        work.forward()
        return work.cost()

    return difference_gradient(cost, work.theta, method, epsilon)


def _near_a_kink(work: Backpropagation, epsilon: float) -> bool:
    """Return whether a step of 4 ε can carry some hidden unit across z = 0."""
    sources, pre_activations = propagate(
        work.thetas, work.inputs[:, 1:].astype(np.float64), work.activation
    )
    reach = 0.0
    for theta, source, z in zip(work.thetas, sources, pre_activations[:-1], strict=False):
        reach = reach * float(np.abs(theta[:, 1:]).sum(axis=1).max()) + 4.0 * epsilon * float(
            np.abs(source).max()
        )
        if (np.abs(z) <= reach).any():
            return True
    return False


def _at_kinks(work: Backpropagation) -> list[NDArray[np.bool_]]:
    """Return which entries carry a unit off z = 0 exactly, where its slope depends on the side.

    A complex step and backpropagation take the same side there, and agree; but the
    cost has no derivative. A unit that no weight leads on from does not matter.
    """
    found = [np.zeros(theta.shape, bool) for theta in work.thetas]
    if work.activation not in KINKED:
        return found
    sources, pre_activations = propagate(
        work.thetas, work.inputs[:, 1:].astype(np.float64), work.activation
    )
    moving = np.zeros(pre_activations[-1].shape, bool)
    for layer in range(len(work.thetas) - 2, -1, -1):
        onward = work.thetas[layer + 1][:, 1:] != 0.0
        z = pre_activations[layer]
        # z itself is at 0, or what moves z also moves a unit further on that is at 0.
        passing = (z > 0.0) | (work.activation == "leaky-relu")
        moving = ((z == 0.0) & onward.any(axis=0)) | (passing & ((moving * 1.0) @ onward > 0.0))
        found[layer] = (moving.T * 1.0) @ (sources[layer] != 0.0) > 0.0
    return found
