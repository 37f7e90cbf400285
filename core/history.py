"""The cost of every epoch in bounded memory, with no spike lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BUCKETS = 4096


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at an epoch and belongs on the curve."""

    epoch: int
    kind: str
    """`learning-rate` or `fault`."""
    text: str


def learning_rate_mark(epoch: int, learning_rate: float) -> Mark:
    """Return the mark of an η that holds from `epoch` on."""
    return Mark(epoch, "learning-rate", f"η {learning_rate:g}")


def fault_mark(epoch: int, fault: str | None, *, hidden: bool) -> Mark:
    """Return the mark of a fault, or of none, that is planted from `epoch` on."""
    name = "no fault" if fault is None else fault
    return Mark(epoch, "fault", "fault ?" if hidden else name)


def with_mark(marks: Sequence[Mark], mark: Mark) -> list[Mark]:
    """Return the marks and another one, which replaces that of its kind at the same epoch."""
    place = (mark.epoch, mark.kind)
    others = (other for other in marks if (other.epoch, other.kind) != place)
    return sorted([*others, mark], key=lambda each: each.epoch)


@dataclass(frozen=True, slots=True)
class Columns:
    """A curve reduced to columns; all arrays are equally long."""

    epoch: Floats
    """First epoch of each column."""
    low: Floats
    high: Floats
    last: Floats

    def __len__(self) -> int:
        """Return how many columns there are."""
        return len(self.epoch)

    def reduced(self, most: int) -> "Columns":
        """Return at most `most` columns that keep every minimum and maximum."""
        if len(self) <= most:
            return self
        starts = np.linspace(0, len(self), most + 1).astype(int)[:-1]
        ends = np.append(starts[1:], len(self)) - 1
        return Columns(
            self.epoch[starts],
            np.minimum.reduceat(self.low, starts),
            np.maximum.reduceat(self.high, starts),
            self.last[ends],
        )


@dataclass(frozen=True, slots=True)
class CostCurve:
    """An immutable picture of a `CostHistory`."""

    columns: Columns
    """Training cost by bucket of epochs, oldest first."""
    validation_epoch: Floats
    validation_cost: Floats
    marks: tuple[Mark, ...]
    epochs: int
    """How many epochs the curve covers."""


class CostHistory:
    """Costs in at most `buckets` buckets of minimum, maximum and last value.

    When all are full, neighbours are merged and each bucket covers twice the epochs.
    """

    def __init__(self, buckets: int = BUCKETS) -> None:
        """Start empty; `buckets` is even."""
        self._low, self._high, self._last = (np.empty(buckets) for _ in range(3))
        self.stride = 1
        """Epochs a bucket."""
        self.epochs = 0
        """Epochs recorded."""
        self._used = 0
        """Buckets that are full; the next one may be filling."""
        self._filled = 0
        """Epochs in the bucket that is filling."""

    def extend(self, costs: Sequence[float] | Floats) -> None:
        """Record the costs of the next epochs."""
        values = np.asarray(costs, np.float64)
        self.epochs += len(values)
        while len(values):
            whole = 0 if self._filled else len(values) // self.stride
            count = min(len(self._low) - self._used, whole)
            if count:
                taken = count * self.stride
                self._fill(count, values[:taken].reshape(count, self.stride))
            else:
                taken = min(self.stride - self._filled, len(values))
                self._top_up(values[:taken])
            values = values[taken:]
            if self._used == len(self._low):
                self._merge()

    def _fill(self, count: int, blocks: Floats) -> None:
        """Write whole buckets; `blocks` is (count, stride)."""
        rows = slice(self._used, self._used + count)
        self._low[rows] = blocks.min(axis=1)
        self._high[rows] = blocks.max(axis=1)
        self._last[rows] = blocks[:, -1]
        self._used += count

    def _top_up(self, values: Floats) -> None:
        """Add to the bucket that is filling at most what it has room for."""
        row, low, high = self._used, values.min(), values.max()
        self._low[row] = min(self._low[row], low) if self._filled else low
        self._high[row] = max(self._high[row], high) if self._filled else high
        self._last[row] = values[-1]
        self._filled += len(values)
        if self._filled == self.stride:
            self._used, self._filled = row + 1, 0

    def _merge(self) -> None:
        half = len(self._low) // 2
        self._low[:half] = np.minimum(self._low[0::2], self._low[1::2])
        self._high[:half] = np.maximum(self._high[0::2], self._high[1::2])
        self._last[:half] = self._last[1::2]
        self._used, self.stride = half, 2 * self.stride

    def columns(self) -> Columns:
        """Return a copy of all buckets, the one that is still filling included."""
        count = self._used + bool(self._filled)
        return Columns(
            np.arange(count, dtype=np.float64) * self.stride,
            self._low[:count].copy(),
            self._high[:count].copy(),
            self._last[:count].copy(),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that `restore` needs, by name."""
        columns = self.columns()
        return {
            "low": columns.low,
            "high": columns.high,
            "last": columns.last,
            "stride": np.array([self.stride]),
            "filled": np.array([self._filled]),
        }

    @classmethod
    def restore(cls, arrays: dict[str, NDArray[Any]], buckets: int = BUCKETS) -> "CostHistory":
        """Return the history that `arrays` was taken from.

        Raises:
            ValueError: it was taken from none.
        """
        history = cls(buckets)
        if any(arrays[name].dtype.kind != "f" for name in ("low", "high", "last")):
            raise ValueError("its history is not of real numbers")
        count = len(arrays["low"])
        history.stride, history._filled = int(arrays["stride"][0]), int(arrays["filled"][0])
        if not 0 <= history._filled < history.stride:
            raise ValueError("its history does not add up")
        history._used = count - bool(history._filled)
        history._low[:count] = arrays["low"]
        history._high[:count] = arrays["high"]
        history._last[:count] = arrays["last"]
        history.epochs = history._used * history.stride + history._filled
        if not 0 <= history._used < buckets:
            raise ValueError("its history does not add up")
        return history
