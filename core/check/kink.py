"""Parameters that stand at a kink, where a gradient is judged by the same check beside it.

Where many units are at theirs at once, as with weights and biases of 0, a right gradient may lie
outside both slopes of an entry: each sample has a kink of its own, and takes its own side.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import numpy as np

from bptui.core.check.analytic import SAME, Smoothness, complex_slopes, slope_along
from bptui.core.check.numerical import Comparison
from bptui.core.check.parameters import Layout
from bptui.core.check.problem import Array, Problem
from bptui.core.check.report import VERDICTS, ArrayReport, Report
from bptui.core.check.reporting import reconsidered
from bptui.core.errors import InputError

_ASIDE = 1e-3
"""How far beside is, in units of the parameter's size."""
_DIRECTIONS = 4
"""That a kink is looked for along: on some of them the slopes of several may cancel."""


def judged_beside(
    comparison: Comparison, report: Report, check: Callable[[Layout], Report]
) -> tuple[Report, Report | None]:
    """Return the verdict on parameters at a kink, and the check beside it that it rests on.

    Where that check fails, what a kink leaves undecided is wrong. Otherwise an array fails only
    where it shows no kink.

    Args:
        comparison: that led to `report`.
        report: of the check at these parameters.
        check: does the same at others.

    Returns:
        `report` as it is, and `None`, where these are at no kink, or nothing is known beside them.
    """
    pairs = zip(report.arrays, comparison.problem.blocks, strict=True)
    kinked = [_shows_kink(comparison, array, block) for array, block in pairs]
    if not any(kinked):
        return report, None
    beside = _checked_beside(comparison.problem, check)
    if beside is None:
        return report, None
    if beside.verdict != "fail":
        return reconsidered(report, "fail", "at-kink", kinked), beside
    wrong = [array.verdict == "fail" for array in beside.arrays]
    judged = reconsidered(report, "at-kink", "fail", wrong)
    # What is wrong beside may be right here: a gradient of 0, doubled.
    if judged.verdict != "fail":
        judged = reconsidered(report, "at-kink", "fail")
    return judged, beside


def _checked_beside(problem: Problem, check: Callable[[Layout], Report]) -> Report | None:
    """Return the worst check of two that lie on opposite sides, as units die on one of them.

    A side fails where it does so at two places: near one of them there may be other kinks.
    """
    generator = np.random.default_rng(4)
    signs = generator.choice((-1.0, 1.0), problem.flat.size)

    def checked(side: float) -> Report:
        # Steps of one size may cancel in sums, and stand at a kink again.
        steps = _ASIDE * problem.scale * signs * generator.uniform(0.5, 1.5, signs.size)
        arrays = problem.in_own_precision(problem.flat + side * steps)
        return check(Layout(problem.layout.built(arrays)))

    found: list[Report] = []
    for side in (1.0, -1.0):
        # Where there is no cost beside, or none of complex numbers, nothing is known.
        with suppress(InputError):
            report = checked(side)
            found.append(report if report.verdict != "fail" else checked(side))
    return max(found, key=lambda report: VERDICTS.index(report.verdict), default=None)


def _shows_kink(comparison: Comparison, array: ArrayReport, block: slice) -> bool:
    """Return whether an array that does not pass takes part in a kink at the parameters.

    Then the slopes to both sides differ along directions in it, or by another amount along those in
    all arrays: a kink of the output may cancel one below it. Of symmetric samples the kinks may add
    up to none, until one entry moves.
    """
    if VERDICTS.index("at-kink") in array.verdicts:
        return True
    if array.verdict != "fail":
        return False
    problem, generator = comparison.problem, np.random.default_rng(5)
    for _ in range(_DIRECTIONS):
        along = problem.scale * generator.standard_normal(problem.flat.size)
        others, aside = along.copy(), problem.flat.copy()
        others[block] = 0.0
        entry = int(generator.integers(block.start, block.stop))
        aside[entry] += _ASIDE * along[entry]
        for point in (problem.flat, aside):
            alone = _kink(comparison, point, along - others)
            if abs(alone.jump) > alone.error:
                return True
            whole, rest = (_kink(comparison, point, each) for each in (along, others))
            if abs(whole.jump - rest.jump) > whole.error + rest.error:
                return True
    return False


class _Jump(NamedTuple):
    """How much larger a slope is forwards than backwards, and how far off that may be."""

    jump: float
    error: float


def _kink(comparison: Comparison, point: Array, direction: Array) -> _Jump:
    problem = comparison.problem
    if comparison.smoothness is not Smoothness.OTHER:
        below, above = complex_slopes(problem, point, direction)
        return _Jump(above - below, SAME * abs(above))
    value, noise = problem.cost(point), comparison.here.noise
    kink = slope_along(problem, point, direction, value, noise).kink
    return _Jump(kink.above - kink.below, kink.error) if kink is not None else _Jump(0.0, 0.0)
