"""The likely mistake behind a report: what can be said from its numbers, and no more."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.evidence import Evidence, Facts
from bptui.core.check.factors import EVERYWHERE
from bptui.core.check.mistakes import MISTAKES
from bptui.core.check.report import Diagnosis, Report

Array = NDArray[Any]

_MOST_ENTRIES = 300
_FEWEST_ENTRIES = 4
_REFINEMENTS = 8


def diagnosed(report: Report, facts: Facts) -> Report:
    """Return `report` with what its failing entries have in common, as a likely mistake.

    What the functions do to their parameters, and a cost that is not repeatable, are said
    whatever the verdict.
    """
    found = _conduct(facts)
    if report.verdict == "fail":
        with np.errstate(all="ignore"):
            mistake = _mistake(Evidence(report, facts))
        found += [mistake] if mistake is not None else []
    return replace(report, diagnosis=(*report.diagnosis, *found)) if found else report


def _mistake(evidence: Evidence) -> Diagnosis | None:
    if not all(np.isfinite(piece.numerical).all() for piece in evidence.pieces):
        return None
    for mistake in MISTAKES:
        found = mistake(evidence)
        if found is not None and found.code in ("layer", "entries"):
            return _stale_point(evidence) or found
        if found is not None:
            return found
    return _stale_point(evidence)


def _conduct(facts: Facts) -> list[Diagnosis]:
    """Return what the functions do that a check should not see."""
    found = []
    if facts.changed is not None:
        found.append(
            Diagnosis(
                "mutation",
                "gradients",
                "The gradient function changes the parameters that it is given; look for an update "
                "in place, such as W -= η dW, and do it after the gradient was returned.",
            )
        )
    if facts.cost_changes_parameters:
        found.append(
            Diagnosis(
                "mutation",
                "cost",
                "The cost function changes the parameters that it is given; look for an operation "
                "in place, such as W += … or out=W.",
            )
        )
    if facts.cost_spread > 0.0:
        found.append(
            Diagnosis(
                "noise",
                "cost",
                "The cost is not repeatable: calls with the same parameters differ by "
                f"{facts.cost_spread:.2g}; fix the seed of dropout, of noise or of the minibatch "
                "before checking.",
            )
        )
    if not facts.gradient_repeatable:
        found.append(
            Diagnosis(
                "noise",
                "gradients",
                "The gradient is not repeatable: two calls with the same parameters differ; fix "
                "the seed of dropout, of noise or of the minibatch before checking.",
            )
        )
    return found


def _stale_point(evidence: Evidence) -> Diagnosis | None:
    """The right gradient, of other parameters: those before or after an update."""
    facts = evidence.facts
    if facts.numerical_at is None or facts.parameters is None:
        return None
    if not all(piece.whole for piece in evidence.pieces):
        return None
    if sum(piece.wrong.size for piece in evidence.pieces) > _MOST_ENTRIES:
        return None
    far = sum(
        int((np.abs(p.backprop - p.numerical) > 1e3 * p.bound).sum()) for p in evidence.pieces
    )
    if far < _FEWEST_ENTRIES:
        return None
    if facts.changed is not None and _is_gradient_at(evidence, list(facts.changed)):
        return Diagnosis(
            "stale-point",
            EVERYWHERE,
            "This is exactly the gradient at the parameters as the gradient function leaves them; "
            "compute it before the update.",
        )
    step = _step_to(evidence)
    if step is None:
        return None
    side = "after" if step > 0.0 else "before"
    return Diagnosis(
        "stale-point",
        EVERYWHERE,
        f"This is the right gradient of other parameters: those {side} a step of gradient descent "
        f"with a learning rate of {abs(step):.4g}; look for an update between forward propagation "
        "and the gradient, or for values kept from an earlier call.",
        step,
    )


def _gradient_at(evidence: Evidence, parameters: list[Array]) -> list[Array]:
    assert evidence.facts.numerical_at is not None
    found = evidence.facts.numerical_at(parameters)
    return [array for array in found if array.size]


def _is_gradient_at(evidence: Evidence, parameters: list[Array]) -> bool:
    there = _gradient_at(evidence, parameters)
    return all(piece.matches(g) for piece, g in zip(evidence.pieces, there, strict=True))


def _step_to(evidence: Evidence) -> float | None:
    """Return η where the gradient under test is that at θ - η g, or `None`.

    To first order that gradient is g - η H g; the curvature H g comes from a difference.
    """
    assert evidence.facts.parameters is not None
    theta = [np.asarray(array, np.float64) for array in evidence.facts.parameters]
    if any(not array.size for array in theta):
        return None
    gradient = [piece.numerical for piece in evidence.pieces]

    def flat(arrays: list[Array]) -> Array:
        return np.concatenate([array.ravel() for array in arrays])

    def at(step: float) -> Array:
        moved = [t - step * g for t, g in zip(theta, gradient, strict=True)]
        return flat(_gradient_at(evidence, moved))

    longest = float(np.abs(flat(gradient)).max())
    backprop = flat([piece.backprop for piece in evidence.pieces])
    if not longest or not np.isfinite(backprop).all():
        return None
    small = 1e-4 * max(float(np.abs(flat(theta)).max()), 1e-3) / longest
    curvature = (at(-small) - at(small)) / (2.0 * small)
    if not curvature.any() or not np.isfinite(curvature).all():
        return None
    step = 0.0
    for _ in range(_REFINEMENTS):
        apart = at(step) - backprop
        change = float(apart @ curvature / (curvature @ curvature))
        if not np.isfinite(change):
            return None
        step += change
    moved = [t - step * g for t, g in zip(theta, gradient, strict=True)]
    return step if step and _is_gradient_at(evidence, moved) else None
