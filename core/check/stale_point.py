"""The right gradient of other parameters: those before or after an update."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.evidence import Evidence, Piece
from bptui.core.check.factors import EVERYWHERE
from bptui.core.check.report import Diagnosis

Array = NDArray[Any]

_MOST_ENTRIES = 300
_FEWEST_ENTRIES = 3
_FAR = 100.0
"""Error bounds that a difference must exceed to tell one step from another."""
_LEFT = 1e-4
"""Share of a difference that an explanation of it may leave."""
_REFINEMENTS = 8


def stale_point(evidence: Evidence) -> Diagnosis | None:
    """The right gradient, of other parameters: those before or after an update."""
    facts = evidence.facts
    if facts.numerical_at is None or facts.parameters is None:
        return None
    if not all(piece.whole for piece in evidence.pieces):
        return None
    if sum(piece.wrong.size for piece in evidence.pieces) > _MOST_ENTRIES:
        return None
    far = sum(
        int((np.abs(p.backprop - p.numerical) > _FAR * p.bound).sum()) for p in evidence.pieces
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
    for direction in (
        [p.numerical for p in evidence.pieces],
        [p.backprop for p in evidence.pieces],
    ):
        step = _step_to(evidence, direction)
        if step is None:
            continue
        side = "after" if step > 0.0 else "before"
        return Diagnosis(
            "stale-point",
            EVERYWHERE,
            f"This is the right gradient of other parameters: those {side} a step of gradient "
            f"descent with a learning rate of {abs(step):.4g}; look for an update between forward "
            "propagation and the gradient, or for values kept from an earlier call.",
            step,
        )
    return None


def _gradient_at(evidence: Evidence, parameters: list[Array]) -> list[Array]:
    assert evidence.facts.numerical_at is not None
    found = evidence.facts.numerical_at(parameters)
    return [array for array in found if array.size]


def _is_gradient_at(evidence: Evidence, parameters: list[Array]) -> bool:
    there = _gradient_at(evidence, parameters)
    return all(
        piece.matches(g) and _explains(piece, g)
        for piece, g in zip(evidence.pieces, there, strict=True)
    )


def _explains(piece: Piece, expected: Array) -> bool:
    """Return whether the gradient under test is much nearer to `expected` than to the right one.

    Any step that is short enough leaves a gradient that is nearly right.
    """
    apart = np.abs(piece.backprop - piece.numerical)[piece.known]
    left = np.abs(piece.backprop - expected)[piece.known]
    slack = 8.0 * piece.bound[piece.known] + _LEFT * apart.max(initial=0.0)
    return bool((left <= slack).all())


def _step_to(evidence: Evidence, direction: list[Array]) -> float | None:
    """Return η where the gradient under test is that at θ - η d, or `None`.

    To first order that gradient is g - η H d; the curvature H d comes from a difference, at
    first near θ and then between the last two steps that were tried.
    """
    assert evidence.facts.parameters is not None
    theta = [np.asarray(array, np.float64) for array in evidence.facts.parameters]
    if any(not array.size for array in theta):
        return None

    def moved(step: float) -> list[Array]:
        return [t - step * d for t, d in zip(theta, direction, strict=True)]

    def at(step: float) -> Array:
        return _flat(_gradient_at(evidence, moved(step)))

    longest = float(np.abs(_flat(direction)).max())
    backprop = _flat([piece.backprop for piece in evidence.pieces])
    if not longest or not np.isfinite(backprop).all():
        return None
    small = 1e-4 * max(float(np.abs(_flat(theta)).max()), 1e-3) / longest
    curvature = (at(-small) - at(small)) / (2.0 * small)
    step, there = 0.0, _flat([piece.numerical for piece in evidence.pieces])
    for _ in range(_REFINEMENTS):
        if not curvature.any() or not np.isfinite(curvature).all():
            break
        change = float((there - backprop) @ curvature / (curvature @ curvature))
        if not np.isfinite(change) or abs(change) <= 1e-15 * abs(step):
            break
        step += change
        before, there = there, at(step)
        curvature = (before - there) / change
    return step if step and _is_gradient_at(evidence, moved(step)) else None


def _flat(arrays: list[Array]) -> Array:
    return np.concatenate([array.ravel() for array in arrays])
