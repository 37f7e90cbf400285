"""The gradient check of bptui's own networks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check.complex_step import Rows, add_complex_step, add_penalty
from bptui.core.check.differences import difference_gradient
from bptui.core.check.draw import Draw, single_entries, whole_rows
from bptui.core.check.methods import choose_method
from bptui.core.check.replica import KINKED, Block, Replica
from bptui.core.check.report import Report
from bptui.core.check.reporting import make_array_reports, make_report
from bptui.core.check.rounding import DOUBLE_ROUNDOFF, Rounding, rounding_bounds
from bptui.core.check.tie import tie_to_cost, untied

Array = NDArray[Any]


def check_backpropagation(
    work: Backpropagation,
    *,
    method: str = "auto",
    epsilon: float | None = None,
    most_entries: int | None = None,
    seed: int = 0,
) -> Report:
    """Compare the gradient that training is about to apply with a numerical one.

    Both are taken at one and the same Θ and of the samples that are loaded, and Θ is left
    bit-identical. The complex step shares no line with `work`; differences call
    its cost and nothing else of it. The numerical gradient is itself tied to the cost along
    a random direction; where the two disagree, every entry is unresolved.

    Args:
        work: the training code, samples loaded.
        method: a name in `METHOD_NAMES`.
        epsilon: the step of a difference; `None` is the method's own.
        most_entries: with more parameters than these, about as many are drawn at random, from
            every array; `None` is as many as take little time and memory.
        seed: of that draw.

    Raises:
        InputError: an unknown method or an impossible ε.
    """
    started = perf_counter()
    name, epsilon = choose_method(method, epsilon)
    with np.errstate(all="ignore"):
        cost = work.evaluate()
        network = Replica.of(work)
        if epsilon is None:
            draw = whole_rows(work.layers, work.output, network.samples, most_entries, seed)
            found = _by_complex_step(work, network, draw)
        else:
            draw = single_entries(work.layers, network.samples, most_entries, seed)
            found = _by_differences(work, network, draw, name, epsilon, cost)
        arrays, worst = make_array_reports(
            [theta_name(layer) for layer in range(len(work.thetas))],
            [theta.shape for theta in work.thetas],
            draw.split_for_report,
            draw.of(work.gradient).astype(np.float64),
            found.numerical,
            found.bounds,
            kinks=found.kinks,
            at_kinks=found.at_kinks,
            drawn=draw.places,
        )
        tie = None
        if not found.kinks:
            tie = tie_to_cost(network, draw.entries, found.numerical, found.errors)
        seconds = perf_counter() - started
        report = make_report(name, epsilon, cost, arrays, seconds, worst, tie)
        if tie is not None and not tie.holds:
            return untied(report, tie)
        if report.verdict in ("pass", "unresolved"):
            return report

        from bptui.core.check.network_diagnosis import explained  # few checks need it

        return replace(explained(report, work), seconds=perf_counter() - started)


@dataclass(frozen=True, slots=True)
class _Found:
    """A numerical gradient, and what it is good for; vectors of one number an entry."""

    numerical: Array
    bounds: Array
    """How far apart it and backpropagation may be."""
    errors: Array
    """How far off it may itself be."""
    kinks: bool = False
    """Whether a step may have crossed a kink."""
    at_kinks: bool | NDArray[np.bool_] = False


def _by_complex_step(work: Backpropagation, network: Replica, draw: Draw) -> _Found:
    u = _unit_roundoff(work)
    rounding = Rounding(network, u)
    numerical, bounds = np.zeros(draw.count), np.full(draw.count, rounding.least)
    gradients, their_bounds = draw.split(numerical), draw.split(bounds)
    at_kinks = np.zeros(draw.count, bool) if network.activation in KINKED else None
    for block in network.blocks():
        rounding.add(their_bounds, block, draw.rows)
        add_complex_step(gradients, network, block, draw.rows)
        if at_kinks is not None:
            _add_kinks(draw.split(at_kinks), network, block, draw.rows)
    rounding.add_penalty(their_bounds, draw.rows)
    add_penalty(gradients, network, draw.rows)
    # The numerical side is in double precision whatever the arithmetic of backpropagation.
    errors = bounds if u == DOUBLE_ROUNDOFF else bounds * (DOUBLE_ROUNDOFF / u)
    return _Found(numerical, bounds, errors, at_kinks=False if at_kinks is None else at_kinks)


def _by_differences(
    work: Backpropagation, network: Replica, draw: Draw, method: str, epsilon: float, cost: float
) -> _Found:
    def evaluated() -> float:
        work.forward()
        return work.cost()

    numerical, truncation = difference_gradient(
        evaluated, work.theta, method, epsilon, draw.entries
    )
    errors = np.concatenate([_truncation_bound(one).ravel() for one in draw.split(truncation)])
    errors += _cost_noise(work, cost) / epsilon
    rounding = np.concatenate(
        [bound.ravel() for bound in rounding_bounds(work, _unit_roundoff(work))]
    )
    kinks = work.activation in KINKED and _near_a_kink(network, epsilon)
    bounds = draw.of(rounding) + errors
    return _Found(numerical, bounds, bounds, kinks)


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


def _near_a_kink(network: Replica, epsilon: float) -> bool:
    """Return whether a step of 4 ε can carry some hidden unit across z = 0."""
    for block in network.blocks():
        reach = 0.0
        for theta, source, z in zip(
            network.thetas, block.sources, block.pre_activations[:-1], strict=False
        ):
            reach = reach * float(np.abs(theta[:, 1:]).sum(axis=1).max()) + 4.0 * epsilon * float(
                np.abs(source).max()
            )
            if (np.abs(z) <= reach).any():
                return True
    return False


def _add_kinks(
    found: Sequence[NDArray[np.bool_]], network: Replica, block: Block, rows: Sequence[Rows]
) -> None:
    """Mark the entries that carry a unit off z = 0 exactly, where its slope depends on the side.

    A complex step and backpropagation take the same side there, and agree; but the
    cost has no derivative. A unit that no weight leads on from does not matter.
    """
    moving = np.zeros(block.pre_activations[-1].shape, bool)
    for layer in range(len(network.thetas) - 2, -1, -1):
        onward = network.thetas[layer + 1][:, 1:] != 0.0
        z = block.pre_activations[layer]
        # z itself is at 0, or what moves z also moves a unit further on that is at 0.
        passing = (z > 0.0) | (network.activation == "leaky-relu")
        moving = ((z == 0.0) & onward.any(axis=0)) | (passing & ((moving * 1.0) @ onward > 0.0))
        if moving.any():
            mine = moving[:, rows[layer]].T
            found[layer][...] |= (mine * 1.0) @ (block.sources[layer] != 0.0) > 0.0
