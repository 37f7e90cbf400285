"""The right gradient of other parameters: those before or after an update."""

from collections.abc import Callable
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
_SAME = 1e-8
"""Share of the gradient at the other parameters that it may leave."""
_STEPS = 10.0 ** np.arange(-4.0, 1.5, 0.5)
"""Learning rates between which one is looked for."""
_REFINEMENTS = 30


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
        step = _step_along(evidence, direction)
        if step is not None:
            return _after_step(step)
    return None


def _after_step(step: float) -> Diagnosis:
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
    return all(
        piece.matches(g) and _explains(piece, g)
        for piece, g in zip(evidence.pieces, there, strict=True)
    )


def _explains(piece: Piece, expected: Array) -> bool:
    """Return whether the gradient under test is much nearer to `expected` than to the right one.

    Any step that is short enough leaves a gradient that is nearly right, and beside a large
    gradient elsewhere anything is small.
    """
    known = piece.known
    apart = np.abs(piece.backprop - piece.numerical)[known].max(initial=0.0)
    size = np.abs(expected[known]).max(initial=0.0)
    left = np.abs(piece.backprop - expected)[known]
    growth = 1.0 + size / (np.abs(piece.numerical[known]).max(initial=0.0) or 1.0)
    slack = 8.0 * growth * piece.bound[known] + min(_LEFT * apart, _SAME * size)
    return bool((left <= slack).all())


def _step_along(evidence: Evidence, direction: list[Array]) -> float | None:
    """Return η where the gradient under test is that at θ - η d, or `None`.

    There the slope of the cost along d is as the gradient under test has it: an equation in η
    alone, of which one evaluation costs far less than a gradient.
    """
    assert evidence.facts.parameters is not None
    theta = [np.asarray(array, np.float64) for array in evidence.facts.parameters]
    if any(not array.size for array in theta):
        return None
    claimed = float(_flat([piece.backprop for piece in evidence.pieces]) @ _flat(direction))
    if not np.isfinite(claimed):
        return None

    def moved(step: float) -> list[Array]:
        return [t - step * d for t, d in zip(theta, direction, strict=True)]

    def apart(step: float) -> float:
        return _slope_at(evidence, moved(step), direction) - claimed

    here = apart(0.0)
    for side in (-1.0, 1.0):
        before, value = 0.0, here
        for step in side * _STEPS:
            there = apart(step)
            if value * there < 0.0 or there == 0.0:
                root = _root(apart, before, step, value, there) if there else step
                if _is_gradient_at(evidence, moved(root)):
                    return root
            before, value = step, there
    return None


def _slope_at(evidence: Evidence, parameters: list[Array], direction: list[Array]) -> float:
    if evidence.facts.slope_at is not None:
        return evidence.facts.slope_at(parameters, direction)
    return float(_flat(_gradient_at(evidence, parameters)) @ _flat(direction))


def _root(
    function: Callable[[float], float], left: float, right: float, at_left: float, at_right: float
) -> float:
    """Return where a function changes its sign, by the Illinois variant of regula falsi."""
    for _ in range(_REFINEMENTS):
        middle = right - at_right * (right - left) / (at_right - at_left)
        value = function(middle)
        if value == 0.0 or abs(middle - right) <= 1e-15 * abs(right):
            return middle
        if value * at_right < 0.0:
            left, at_left = right, at_right
        else:
            at_left *= 0.5
        right, at_right = middle, value
    return right


def _flat(arrays: list[Array]) -> Array:
    return np.concatenate([array.ravel() for array in arrays])
