"""Whether a complex step may be trusted with somebody's cost."""

from collections.abc import Iterator
from enum import Enum, auto

import numpy as np

from bptui.core.check.problem import Array, Problem
from bptui.core.check.ridders import Derivative, ridders_derivative
from bptui.core.errors import InputError

_DIRECTIONS = 3
_MOST_ARRAYS = 200
_STEP = 1e-2
SAME = 1e-12
"""Share of a slope by which complex steps to both sides differ without a kink."""
_OTHER_POINTS = 2
_ASIDE = 0.3


class Smoothness(Enum):
    """What a cost turns out to be at the parameters."""

    ANALYTIC = auto()
    KINKED = auto()
    """Analytic on each side of a kink at the very parameters, as a ReLU at 0 makes it."""
    KINKS_NEARBY = auto()
    """Analytic elsewhere; here kinks too near to be told apart keep differences from deciding."""
    OTHER = auto()
    """Complex steps do not give its slope."""


def smoothness(problem: Problem, here: float, noise: float) -> Smoothness:
    """Return whether complex steps agree with differences at the parameters.

    Where kinks near to them keep differences from deciding, other points are asked.
    """
    found = _smoothness_at(problem, problem.flat, here, noise)
    if found is not Smoothness.OTHER:
        return found
    generator = np.random.default_rng(3)
    for _ in range(_OTHER_POINTS):
        draw = generator.standard_normal(problem.flat.size)
        aside = problem.flat + _ASIDE * problem.scale * draw
        there = problem.cost(aside)
        if _smoothness_at(problem, aside, there, noise) is not Smoothness.ANALYTIC:
            return Smoothness.OTHER
    return Smoothness.KINKS_NEARBY


def _smoothness_at(problem: Problem, point: Array, value: float, noise: float) -> Smoothness:
    """Compare along several random directions, and along one in each array by itself.

    A part that is not analytic (`abs`, `norm`, a conversion to float) may be small beside
    the rest of the cost.
    """
    found = Smoothness.ANALYTIC
    for direction in _directions(problem):
        try:
            below, above = complex_slopes(problem, point, direction)
        except InputError:
            return Smoothness.OTHER
        slope = slope_along(problem, point, direction, value, noise)
        if contradicts(slope, below, above):
            return Smoothness.OTHER
        if abs(above - below) > SAME * abs(above):
            found = Smoothness.KINKED
    return found


def slope_along(
    problem: Problem, point: Array, direction: Array, value: float, noise: float
) -> Derivative:
    """Return the slope of the cost, `value` at `point`, along a direction by differences."""
    return ridders_derivative(
        lambda offset: problem.cost(point + offset * direction), value, _STEP, noise
    )


def complex_slopes(problem: Problem, point: Array, direction: Array) -> tuple[float, float]:
    """Return the slopes below and above a point along a direction, by complex steps.

    Raises:
        InputError: the functions cannot take complex numbers.
    """
    above = problem.complex_slope(point, direction)
    return -problem.complex_slope(point, -direction), above


def _directions(problem: Problem) -> Iterator[Array]:
    """Yield a few random directions over all parameters, then one in each array alone."""
    generator = np.random.default_rng(2)
    for _ in range(_DIRECTIONS):
        yield problem.scale * generator.standard_normal(problem.flat.size)
    if len(problem.blocks) == 1:
        return
    for block in problem.blocks[:_MOST_ARRAYS]:
        if block.stop > block.start:
            alone = np.zeros(problem.flat.size)
            draw = generator.standard_normal(block.stop - block.start)
            alone[block] = problem.scale[block] * draw
            yield alone


def contradicts(slope: Derivative, below: float, above: float) -> bool:
    """Return whether differences rule out what complex steps say of both sides."""
    if not (np.isfinite(below) and np.isfinite(above)):
        return True
    allowance = 1e-9 * max(abs(below), abs(above))
    if slope.kink is None:
        middle = 0.5 * (below + above)
        return bool(abs(middle - slope.value) > 4.0 * slope.error + allowance)
    allowance += 4.0 * slope.kink.error
    return bool(max(abs(below - slope.kink.below), abs(above - slope.kink.above)) > allowance)
