"""The cost of every epoch in bounded memory, with no spike lost."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at an epoch and belongs on the curve."""

    epoch: int
    kind: str
    """`learning-rate`, for now the only kind."""
    text: str


@dataclass(frozen=True, slots=True)
class Columns:
    """A curve reduced to columns: `epoch`, `low`, `high` and `last` are equally long."""

    epoch: Floats
    low: Floats
    high: Floats
    last: Floats

    def __len__(self) -> int:
        return len(self.epoch)


@dataclass(frozen=True, slots=True)
class CostCurve:
    """An immutable picture of a `CostHistory`."""

    columns: Columns
    """Training cost by bucket of epochs."""
    validation_epoch: Floats
    validation_cost: Floats
    marks: tuple[Mark, ...]
    epochs: int
    """How many epochs the curve covers."""
