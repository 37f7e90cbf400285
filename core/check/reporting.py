"""From two gradients, and how far apart they may be, to the report of a check."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.judgement import VERDICTS, Verdict, badness_of, judged, ratios_of
from bptui.core.check.report import ArrayReport, Report, Tie, Worst

Array = NDArray[Any]


def make_array_report(
    name: str,
    backprop: Array,
    numerical: Array,
    error_bound: Array,
    *,
    kinks: bool | NDArray[np.bool_] = False,
    at_kinks: bool | NDArray[np.bool_] = False,
    shape: tuple[int, ...] | None = None,
    drawn: NDArray[np.intp] | None = None,
) -> ArrayReport:
    """Judge every entry of one array; the first four arrays have one shape.

    An entry fails where the two differ by more than `error_bound`. Where they differ by
    less, but by more than a thousandth of itself, the arithmetic cannot tell; unless the
    bound is nothing beside the largest entry, so that both are 0 but for rounding.

    Args:
        name: what to call the array.
        backprop: the gradient under test.
        numerical: the gradient it is compared with.
        error_bound: how far apart the two may be.
        kinks: where the numerical gradient may have stepped across a kink; what
            would be a failure is then undecided.
        at_kinks: where the parameters stand at a kink and the gradient under test is one
            of its slopes; no numerical gradient can decide there.
        shape: of the parameters, where the entries are a draw from them.
        drawn: the flat indices of that draw.
    """
    relative_error, verdicts = judged(backprop, numerical, error_bound, kinks, at_kinks)
    return ArrayReport(
        name,
        backprop.shape if shape is None else shape,
        backprop,
        numerical,
        relative_error,
        error_bound,
        verdicts,
        drawn,
    )


def make_array_reports(
    names: Sequence[str],
    shapes: Sequence[tuple[int, ...]],
    split: Callable[[Array], list[Array]],
    backprop: Array,
    numerical: Array,
    error_bound: Array,
    *,
    kinks: bool = False,
    at_kinks: bool | NDArray[np.bool_] = False,
    drawn: Sequence[NDArray[np.intp] | None],
) -> tuple[list[ArrayReport], int]:
    """Judge every entry of several arrays at once, as `make_array_report` does one by one.

    A small check would spend most of its time on the same few calls for each array.

    Args:
        names: what to call the arrays.
        shapes: of the parameters.
        split: returns views of a vector of entries, one for each array; none is empty.
        backprop: the gradients under test, one vector (n,).
        numerical: the gradients they are compared with, (n,).
        error_bound: how far apart the two may be, (n,).
        kinks: as for one array.
        at_kinks: as for one array.
        drawn: of each array, the flat indices of the entries that were drawn, if not all are there.

    Returns:
        The reports, and the place in the vector of the entry that agrees least.
    """
    sizes = [part.size for part in split(backprop)]
    relative_error, verdicts = judged(backprop, numerical, error_bound, kinks, at_kinks, sizes)
    worst = int(badness_of(verdicts, ratios_of(backprop, numerical, error_bound)).argmax())
    columns = [split(x) for x in (backprop, numerical, relative_error, error_bound, verdicts)]
    reports = [
        ArrayReport(name, shape, mine, other, relative, bound, judged, chosen)
        for name, shape, chosen, mine, other, relative, bound, judged in zip(
            names, shapes, drawn, *columns, strict=True
        )
    ]
    return reports, worst


def make_report(
    method: str,
    epsilon: float | None,
    cost: float,
    arrays: Sequence[ArrayReport],
    seconds: float,
    worst: int | None = None,
    tie: Tie | None = None,
) -> Report:
    """Put array reports together.

    Args:
        method: that was used.
        epsilon: its step.
        cost: J.
        arrays: of every array.
        seconds: how long the check took.
        worst: the place of the entry that agrees least, counted through all arrays; `None`
            looks for it.
        tie: of the numerical gradient to the cost.
    """
    array, place = _worst_entry(arrays) if worst is None else _located(arrays, worst)
    entry = Worst(
        array.name,
        array.index_of(place),
        float(array.backprop.flat[place]),
        float(array.numerical.flat[place]),
        float(array.relative_error.flat[place]),
    )
    return Report(method, epsilon, cost, tuple(arrays), entry, seconds=seconds, tie=tie)


def reconsidered(
    report: Report, verdict: Verdict, other: Verdict, among: Sequence[bool] | None = None
) -> Report:
    """Return `report` with another verdict on the entries that have this one.

    What is no finite number keeps it.

    Args:
        report: to change.
        verdict: that some entries have.
        other: that they get.
        among: which arrays to look at; all of them without it.
    """
    old, new = VERDICTS.index(verdict), VERDICTS.index(other)
    arrays = [
        replace(
            array,
            verdicts=np.where(
                chosen & (array.verdicts == old) & np.isfinite(array.backprop), new, array.verdicts
            ).astype(np.uint8),
        )
        for array, chosen in zip(report.arrays, among or [True] * len(report.arrays), strict=True)
    ]
    changed = make_report(report.method, report.epsilon, report.cost, arrays, report.seconds)
    return replace(changed, diagnosis=report.diagnosis, tie=report.tie)


def _worst_entry(arrays: Sequence[ArrayReport]) -> tuple[ArrayReport, int]:
    array = max(
        (array for array in arrays if array.backprop.size),
        key=lambda array: float(array.badness.max()),
    )
    return array, array.worst_place


def _located(arrays: Sequence[ArrayReport], place: int) -> tuple[ArrayReport, int]:
    """Return the array in which an entry is, and its flat place there."""
    for array in arrays:
        if place < array.backprop.size:
            return array, place
        place -= array.backprop.size
    raise IndexError(place)
