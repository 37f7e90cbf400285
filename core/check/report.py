"""What a gradient check found: entry by entry, array by array, and over all."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.judgement import VERDICTS, Verdict, badness_of, ratios_of
from bptui.core.wording import first_of

__all__ = [
    "VERDICTS",
    "ArrayReport",
    "Diagnosis",
    "GradientError",
    "Report",
    "Tie",
    "Verdict",
    "Worst",
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

    @property
    def explanations(self) -> tuple[str, ...]:
        """What may be wrong, in sentences: the diagnosis, or where a gradient fails without one."""
        if self.diagnosis or self.verdict != "fail":
            return tuple(diagnosis.message for diagnosis in self.diagnosis)
        broken = [array.name for array in self.arrays if not np.isfinite(array.backprop).all()]
        if broken:
            found = f"There are entries in {first_of(broken)} that are no finite numbers"
            return (f"{found}; look for an overflow, a division by 0 or a logarithm of 0.",)
        wrong = [array.name for array in self.arrays if array.verdict == "fail"]
        right = [array.name for array in self.arrays if array.verdict == "pass"]
        none = f", and none in {first_of(right)}" if right else ""
        begin = "; begin with what is nearest to the cost" if len(wrong) > 1 else ""
        found = f"There are wrong entries in {first_of(wrong)}{none}{begin}."
        return (f"No known mistake gives these numbers. {found}",)

    def to_dict(self, *, values: bool = False) -> dict[str, Any]:
        """Return the JSON form that `bptui check --json` prints; JSON has no NaN but `null`.

        Args:
            values: whether both gradients of every array are in it, as `backprop` and `numerical`.
        """
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
                    **(_in_full(array) if values else {}),
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


def _in_full(array: ArrayReport) -> dict[str, Any]:
    both = {"backprop": array.backprop, "numerical": array.numerical}
    return {name: _all_finite(values.tolist()) for name, values in both.items()}


def _all_finite(values: Any) -> Any:
    return list(map(_all_finite, values)) if isinstance(values, list) else _finite(values)


class GradientError(AssertionError):
    """A gradient does not agree with the numerical one; the message is the table."""
