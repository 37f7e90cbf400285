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
    """`learning-rate`, for now the only kind."""
    text: str


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
        self._rest = np.empty(0)

    def extend(self, costs: Sequence[float] | Floats) -> None:
        """Record the costs of the next epochs."""
        values = np.concatenate([self._rest, np.asarray(costs, np.float64)])
        self.epochs += len(values) - len(self._rest)
        start = 0
        while True:
            room = len(self._low) - self._used
            count = min(room, (len(values) - start) // self.stride)
            block = values[start : start + count * self.stride].reshape(count, self.stride)
            rows = slice(self._used, self._used + count)
            if count:
                self._low[rows] = block.min(axis=1)
                self._high[rows] = block.max(axis=1)
                self._last[rows] = block[:, -1]
            self._used += count
            start += count * self.stride
            if self._used < len(self._low):
                break
            self._merge()
        self._rest = values[start:]

    def _merge(self) -> None:
        half = len(self._low) // 2
        self._low[:half] = np.minimum(self._low[0::2], self._low[1::2])
        self._high[:half] = np.maximum(self._high[0::2], self._high[1::2])
        self._last[:half] = self._last[1::2]
        self._used, self.stride = half, 2 * self.stride

    def columns(self) -> Columns:
        """Return a copy of all buckets, the one that is still filling included."""
        used = slice(0, self._used)
        low, high, last = self._low[used], self._high[used], self._last[used]
        epoch = np.arange(self._used, dtype=np.float64) * self.stride
        if not len(self._rest):
            return Columns(epoch, low.copy(), high.copy(), last.copy())
        return Columns(
            np.append(epoch, float(self._used * self.stride)),
            np.append(low, self._rest.min()),
            np.append(high, self._rest.max()),
            np.append(last, self._rest[-1]),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything that `restore` needs, by name."""
        used = slice(0, self._used)
        return {
            "low": self._low[used].copy(),
            "high": self._high[used].copy(),
            "last": self._last[used].copy(),
            "rest": self._rest.copy(),
            "stride": np.array([self.stride]),
        }

    @classmethod
    def restore(cls, arrays: dict[str, NDArray[Any]], buckets: int = BUCKETS) -> "CostHistory":
        """Return the history that `arrays` was taken from."""
        history = cls(buckets)
        used = len(arrays["low"])
        history._used, history.stride = used, int(arrays["stride"][0])
        history._low[:used] = arrays["low"]
        history._high[:used] = arrays["high"]
        history._last[:used] = arrays["last"]
        history._rest = np.array(arrays["rest"], np.float64)
        history.epochs = used * history.stride + len(history._rest)
        return history


def plateaus(columns: Columns, share: float = 0.15) -> list[tuple[int, int]]:
    """Return where the cost stands still while still high, as (first, last) column pairs.

    A plateau is at least `share` of the columns long, its cost changes by less than 3 %
    from end to end, and it lies above a tenth of the curve's largest cost.
    """
    count = len(columns)
    shortest = max(4, int(share * count))
    if count < shortest:
        return []
    values = columns.last
    high = values > 0.1 * values.max()
    found: list[tuple[int, int]] = []
    first = 0
    while first + shortest <= count:
        last = first
        while last + 1 < count and high[last + 1] and _still(values[first], values[last + 1]):
            last += 1
        if high[first] and last - first + 1 >= shortest:
            found.append((first, last))
            first = last + 1
        else:
            first += 1
    return found


def _still(one: float, other: float) -> bool:
    return bool(abs(one - other) <= 0.03 * max(abs(one), abs(other)))
