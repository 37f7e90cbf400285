"""Parameters that stand at a kink, where a gradient is judged by the same check beside it.

Where many units are at theirs at once, as with weights and biases of 0, a right gradient may lie
outside both slopes of an entry: each sample has a kink of its own, and takes its own side.
"""

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from bptui.core.check.analytic import Smoothness, directions, slope_along
from bptui.core.check.numerical import Comparison
from bptui.core.check.parameters import Layout
from bptui.core.check.problem import Problem
from bptui.core.check.report import Report
from bptui.core.errors import InputError

_ASIDE = 1e-3
"""How far beside is, in units of the parameter's size."""
_APART = 1e-9
"""Share of a slope by which two sides differ that are no rounding."""


def checked_beside(
    comparison: Comparison, report: Report, check: Callable[[Layout], Report]
) -> Report | None:
    """Return the check at parameters beside a kink, if these stand at one and do not pass.

    Args:
        comparison: that led to `report`.
        report: of the check at these parameters.
        check: does the same at others.
    """
    # Where they have no cost beside them, or none of complex numbers, nothing is known.
    with suppress(InputError):
        if report.verdict == "at-kink" or (
            report.verdict == "fail" and _stands_at_kink(comparison)
        ):
            return check(_beside(comparison.problem))
    return None


def _beside(problem: Problem) -> Layout:
    signs = np.random.default_rng(4).choice((-1.0, 1.0), problem.flat.size)
    arrays = problem.in_own_precision(problem.flat + _ASIDE * problem.scale * signs)
    return Layout(problem.layout.built(arrays))


def _stands_at_kink(comparison: Comparison) -> bool:
    """Return whether the cost has another slope forwards than backwards."""
    smooth, problem, here = comparison.smoothness, comparison.problem, comparison.here
    if smooth is Smoothness.ANALYTIC or not here.repeatable:
        return False
    for direction in directions(problem):
        if smooth is Smoothness.OTHER:
            slope = slope_along(problem, problem.flat, direction, here.value, here.noise)
            if slope.kink is not None:
                return True
            continue
        above = problem.complex_slope(problem.flat, direction)
        below = -problem.complex_slope(problem.flat, -direction)
        if abs(above - below) > _APART * max(abs(above), abs(below)):
            return True
    return False
