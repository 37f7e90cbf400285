"""What a gradient check found: entry by entry, array by array, and over all."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.judgement import VERDICTS, Verdict, badness_of, judged, ratios_of

Array = NDArray[Any]

__all__ = [
    "VERDICTS",
    "ArrayReport",
    "Diagnosis",
    "GradientError",
    "Report",
    "Tie",
    "Verdict",
    "Worst",
    "make_array_report",
    "make_array_reports",
    "make_report",
]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A likely mistake, from evidence."""

    code: str
    where: str
    message: str
    ratio: float | None = None
    fault: str | None = None
    sure: bool = True
    """Whether nothing else that is looked for fits as well; the message says so too."""


@dataclass(frozen=True, slots=True)
class Tie:
    """The slopes of the cost and of its numerical gradient along one random direction."""

    cost: float
    """Of the cost itself."""
    gradient: float
    """Of the numerical gradient g along the direction d: Σ d g."""
    bound: float
    """How far apart rounding, and the truncation of a difference, may bring the two."""

    @property
    def holds(self) -> bool:
        """Whether the numerical gradient agrees with the cost."""
        return abs(self.cost - self.gradient) <= self.bound


@dataclass(frozen=True, slots=True)
class ArrayReport:
    """The check of one array of parameters.

    All arrays have its shape; where entries were drawn from a large one, they are (n,).
    """

    name: str
    shape: tuple[int, ...]
    """Shape of the parameters."""
    backprop: NDArray[np.float64]
    numerical: NDArray[np.float64]
    relative_error: NDArray[np.float64]
    """|backprop − numerical| / max(|backprop|, |numerical|), 0 where both are 0.

    Infinite where either is not a finite number.
    """
    error_bound: NDArray[np.float64]
    """How far apart the two may be by rounding and truncation alone."""
    verdicts: NDArray[np.uint8]
    """Indices into `VERDICTS`."""
    drawn: NDArray[np.intp] | None = None
    """The flat indices of the entries that were checked, where not all were."""

    def index_of(self, place: int) -> tuple[int, ...]:
        """Return the index in the parameters of the entry at a flat place in these arrays."""
        flat = place if self.drawn is None else int(self.drawn[place])
        return tuple(int(i) for i in np.unravel_index(flat, self.shape))

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any entry."""
        return VERDICTS[int(self.verdicts.max(initial=0))]

    @property
    def ratios(self) -> NDArray[np.float64]:
        """|backprop − numerical| / error_bound; infinite where that is not a number."""
        return ratios_of(self.backprop, self.numerical, self.error_bound)

    @property
    def badness(self) -> NDArray[np.float64]:
        """What orders entries from good to bad: first the verdict, then the ratio."""
        return badness_of(self.verdicts, self.ratios)

    @property
    def worst_place(self) -> int:
        """Flat place of the entry that agrees least."""
        return int(self.badness.argmax())

    @property
    def worst_index(self) -> tuple[int, ...]:
        """Its index in the parameters."""
        return self.index_of(self.worst_place) if self.backprop.size else ()


@dataclass(frozen=True, slots=True)
class Worst:
    """The entry that agrees least, measured against its error bound."""

    parameter: str
    index: tuple[int, ...]
    backprop: float
    numerical: float
    relative_error: float


@dataclass(frozen=True, slots=True)
class Report:
    """A gradient check over all arrays at one point."""

    method: str
    """The method that was used: `complex`, `central`, `forward` or `richardson`."""
    epsilon: float | None
    """The step of a difference; `None` for the complex step, which has none to choose."""
    cost: float
    arrays: tuple[ArrayReport, ...]
    worst: Worst
    diagnosis: tuple[Diagnosis, ...] = ()
    seconds: float = 0.0
    """How long the check took."""
    tie: Tie | None = None
    """How the numerical gradient was tied to the cost itself, if it was."""

    @property
    def entries(self) -> int:
        """How many entries were compared."""
        return sum(array.backprop.size for array in self.arrays)

    @property
    def parameters(self) -> int:
        """How many parameters there are; more than `entries` where some were drawn."""
        return sum(math.prod(array.shape) for array in self.arrays)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any entry."""
        return max((array.verdict for array in self.arrays), key=VERDICTS.index)

    @property
    def passed(self) -> bool:
        """Whether every entry agrees."""
        return self.verdict == "pass"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `bptui check --json` prints; JSON has no NaN but `null`."""
        return {
            "verdict": self.verdict,
            "method": self.method,
            "epsilon": self.epsilon,
            "cost": _finite(self.cost),
            "parameters": self.parameters,
            "worst": {
                "parameter": self.worst.parameter,
                "index": list(self.worst.index),
                "backprop": _finite(self.worst.backprop),
                "numerical": _finite(self.worst.numerical),
                "relative_error": _finite(self.worst.relative_error),
            },
            "arrays": [
                {
                    "name": array.name,
                    "shape": list(array.shape),
                    "verdict": array.verdict,
                    "worst_index": list(array.worst_index),
                    "max_relative_error": _finite(array.relative_error.max(initial=0.0)),
                }
                for array in self.arrays
            ],
            "diagnosis": [
                {
                    "code": diagnosis.code,
                    "where": diagnosis.where,
                    "ratio": diagnosis.ratio,
                    "fault": diagnosis.fault,
                    "message": diagnosis.message,
                }
                for diagnosis in self.diagnosis
            ],
            "entries": self.entries,
            "tie": None
            if self.tie is None
            else {
                "cost": self.tie.cost,
                "gradient": self.tie.gradient,
                "bound": _finite(self.tie.bound),
                "holds": self.tie.holds,
            },
        }

    def raise_if_failed(self) -> None:
        """Raise `GradientError` with the table unless the verdict is `pass`."""
        if not self.passed:
            raise GradientError(str(self))

    def __str__(self) -> str:
        """Return the table a person can read."""
        from bptui.core.check.table import format_report

        return format_report(self)


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


class GradientError(AssertionError):
    """A gradient does not agree with the numerical one; the message is the table."""


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
