"""The derivative of a function of one number, with an error bound, when nothing else will do."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

_SHRINK = 4.0
_RUNGS = 9


@dataclass(frozen=True, slots=True)
class Derivative:
    """A derivative at 0 from differences."""

    value: float
    error: float
    """How far off it may be, by truncation and noise; at a kink that includes both sides."""
    below: float
    """The one-sided derivative from below, at the smallest useful step."""
    above: float
    kink: bool
    """Whether the two sides differ by more than noise and curvature can explain."""


def ridders_derivative(
    function: Callable[[float], float], here: float, step: float, noise: float
) -> Derivative:
    """Differentiate `function` at 0.

    Central differences at steps that shrink by 4, extrapolated to step 0 (Ridders 1982);
    the extrapolation whose own error and share of the noise are least is taken.

    Args:
        function: returns its value at an offset.
        here: its value at 0.
        step: the largest step to try.
        noise: how far off each value may be.
    """
    best, error = float("nan"), float("inf")
    previous: list[float] = []
    sides: list[tuple[float, float, float]] = []
    size = step
    for _ in range(_RUNGS):
        above, below = function(size), function(-size)
        row = [(above - below) / (2.0 * size)]
        factor = _SHRINK**2
        for wide in previous:
            row.append((factor * row[-1] - wide) / (factor - 1.0))
            factor *= _SHRINK**2
        rough = noise / size
        sides.append(((here - below) / size, (above - here) / size, 2.0 * rough))
        for order in range(1, len(row)):
            apart = max(abs(row[order] - row[order - 1]), abs(row[order] - previous[order - 1]))
            total = apart + 2.0 * rough
            if total < error:
                best, error = row[order], total
        previous = row
        if rough > error:
            break
        size /= _SHRINK
    below_slope, above_slope, kink = _sides(sides)
    if kink:
        error = max(error, abs(above_slope - below_slope))
    return Derivative(best, error, below_slope, above_slope, kink)


def _sides(sides: list[tuple[float, float, float]]) -> tuple[float, float, bool]:
    """Return the slopes of both sides, and whether they stay apart as the step shrinks.

    Curvature alone makes them differ in proportion to the step; a kink does not.
    """
    useful = [side for side in sides if side[2] < 0.05 * abs(side[1] - side[0])]
    if len(useful) < 3:
        below, above, _ = min(sides, key=lambda side: side[2] + abs(side[1] - side[0]))
        return below, above, False
    gaps = np.array([abs(above - below) for below, above, _ in useful])
    below, above, _ = useful[-1]
    return below, above, bool(gaps[-1] > 0.5 * gaps[-2] and gaps[-2] > 0.5 * gaps[-3])
