"""The derivative of a function of one number, with an error bound, when nothing else will do."""

import math
from collections.abc import Callable
from dataclasses import dataclass

_SHRINK = 4.0
_RUNGS = 20
_ROUNDING = 2.0**-51
_FEWEST = 6
"""Rungs that are looked at in any case: a kink may look smooth from afar."""


@dataclass(frozen=True, slots=True)
class Kink:
    """A point where a function has two slopes."""

    below: float
    above: float
    error: float
    """How far off either may be."""

    def allows(self, slope: float) -> bool:
        """Return whether `slope` lies between the two, ends included."""
        low, high = sorted((self.below, self.above))
        return low - self.error <= slope <= high + self.error


@dataclass(frozen=True, slots=True)
class Derivative:
    """A derivative at 0 from differences."""

    value: float
    """NaN where no step was of use."""
    error: float
    """How far off it may be, by truncation and noise."""
    kink: Kink | None = None
    """Set where the two sides differ by more than noise and curvature can explain."""


@dataclass(frozen=True, slots=True)
class _Rung:
    """Both one-sided slopes at one step."""

    below: float
    above: float
    noise: float
    """How far off either may be by noise."""

    @property
    def gap(self) -> float:
        return abs(self.above - self.below)

    @property
    def is_split(self) -> bool:
        """Whether the two differ by more than noise."""
        return self.gap > 10.0 * self.noise


def ridders_derivative(
    function: Callable[[float], float], here: float, step: float, noise: float
) -> Derivative:
    """Differentiate `function` at 0.

    Central differences at steps that shrink by 4, extrapolated to step 0 (Ridders 1982);
    the extrapolation whose own error and share of the noise are least is taken, unless
    smaller steps contradict it.

    Args:
        function: returns its value at an offset; NaN where it has none.
        here: its value at 0.
        step: the largest step to try.
        noise: how far off each value may be.
    """
    estimates: list[tuple[float, float]] = []
    previous: list[float] = []
    rungs: list[_Rung] = []
    least, size = math.inf, step
    for _ in range(_RUNGS):
        above, below = function(size), function(-size)
        row = [(above - below) / (2.0 * size)]
        factor = _SHRINK**2
        for wide in previous:
            row.append((factor * row[-1] - wide) / (factor - 1.0))
            factor *= _SHRINK**2
        # Far away the cost may be much larger, and its rounding with it.
        rough = max(noise, _ROUNDING * abs(above), _ROUNDING * abs(below)) / size
        rungs.append(_Rung((here - below) / size, (above - here) / size, 2.0 * rough))
        best, error = row[0], math.inf
        for order in range(1, len(row)):
            apart = max(abs(row[order] - row[order - 1]), abs(row[order] - previous[order - 1]))
            if apart + 2.0 * rough < error:
                best, error = row[order], apart + 2.0 * rough
        estimates.append((best, error))
        least, previous = min(least, error), row
        # Where the sides still differ, a kink may be near and not here.
        if rough > least and len(rungs) >= _FEWEST and not rungs[-1].is_split:
            break
        size /= _SHRINK
    kink = _kink(rungs)
    if kink is not None:
        return Derivative((kink.below + kink.above) / 2.0, kink.error, kink)
    return Derivative(*_agreed(estimates))


def _agreed(estimates: list[tuple[float, float]]) -> tuple[float, float]:
    """Return the estimate with the least error, widened where smaller steps contradict it."""
    place = min(range(len(estimates)), key=lambda index: estimates[index][1])
    value, error = estimates[place]
    if not math.isfinite(error):
        return math.nan, math.inf
    for later, its_error in estimates[place + 1 :]:
        if abs(later - value) > error + its_error:
            error = abs(later - value) + its_error
    return value, error


def _kink(rungs: list[_Rung]) -> Kink | None:
    """Return both slopes where they stay apart as the step shrinks.

    Curvature makes them differ in proportion to the step; a kink does not, and one that is
    near but not here no longer does once the step is shorter than the way to it.
    """
    clear = [index for index, rung in enumerate(rungs) if rung.is_split]
    if not clear or clear[-1] < 2:
        return None
    last = clear[-1]
    gap = rungs[last].gap
    if any(rung.noise < 0.1 * gap for rung in rungs[last + 1 :]):
        return None
    if not (gap > 0.5 * rungs[last - 1].gap > 0.25 * rungs[last - 2].gap):
        return None
    errors = [
        abs(rungs[k].below - rungs[k - 1].below)
        + abs(rungs[k].above - rungs[k - 1].above)
        + 2.0 * rungs[k].noise
        for k in (last - 1, last)
    ]
    chosen = last if errors[1] <= errors[0] else last - 1
    return Kink(rungs[chosen].below, rungs[chosen].above, min(errors))
