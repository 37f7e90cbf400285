"""What a gradient check found: entry by entry, array by array, and over all."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Verdict = Literal["pass", "fail", "unresolved", "at-kink"]
VERDICTS: tuple[Verdict, ...] = ("pass", "unresolved", "at-kink", "fail")
"""From best to worst; `ArrayReport.verdicts` holds indices into this tuple."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A likely mistake, from evidence."""

    code: str
    where: str
    message: str
    ratio: float | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class ArrayReport:
    """The check of one array of parameters; all arrays have its shape."""

    name: str
    backprop: NDArray[np.float64]
    numerical: NDArray[np.float64]
    relative_error: NDArray[np.float64]
    """|backprop − numerical| / max(|backprop|, |numerical|), 0 where both are 0."""
    error_bound: NDArray[np.float64]
    """How far apart the two may be by rounding and truncation alone."""
    verdicts: NDArray[np.uint8]
    """Indices into `VERDICTS`."""

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any entry."""
        return VERDICTS[int(self.verdicts.max(initial=0))]


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

    @property
    def entries(self) -> int:
        """How many entries were compared."""
        return sum(array.backprop.size for array in self.arrays)

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of any entry."""
        return max((array.verdict for array in self.arrays), key=VERDICTS.index)

    @property
    def passed(self) -> bool:
        """Whether every entry agrees."""
        return self.verdict == "pass"

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that `bptui check --json` prints."""
        raise NotImplementedError

    def raise_if_failed(self) -> None:
        """Raise `GradientError` with the table unless the verdict is `pass`."""
        raise NotImplementedError
