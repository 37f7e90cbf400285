"""Costs of some epochs, with gaps between them, in bounded memory."""

import numpy as np
from numpy.typing import NDArray

from bptui.core.history import BUCKETS, Columns

Floats = NDArray[np.float64]

FINEST = 2.0**-10
"""Epochs a bucket covers at first: some programs count parts of epochs."""
LARGEST_EPOCH = 2.0**53


class SparseHistory:
    """At most `buckets` stretches of epochs, each with its lowest, highest and last cost.

    When an epoch lies beyond all of them, neighbours are merged and each covers twice as many.
    """

    def __init__(self, buckets: int = BUCKETS) -> None:
        """Start empty; `buckets` is even."""
        self._low = np.full(buckets, np.inf)
        self._high = np.full(buckets, -np.inf)
        self._last = np.full(buckets, np.nan)
        self._seen = np.zeros(buckets, bool)
        self.stride = FINEST
        """Epochs a bucket."""

    def extend(self, epochs: Floats, costs: Floats) -> None:
        """Record costs, (n,), of epochs, (n,), that rise or stay from each to the next."""
        if not len(epochs):
            return
        while epochs[-1] >= self.stride * len(self._low):
            self._merge()
        place = (epochs / self.stride).astype(np.intp)
        finite = np.isfinite(costs)
        np.minimum.at(self._low, place[finite], costs[finite])
        np.maximum.at(self._high, place[finite], costs[finite])
        # Where several fall into one bucket the last assignment stays.
        self._last[place] = costs
        self._seen[place] = True

    def forget_from(self, epoch: float) -> None:
        """Forget this epoch and all after it, as far as buckets can tell them from earlier ones."""
        first = int(np.ceil(min(epoch / self.stride, len(self._low))))
        self._low[first:], self._high[first:] = np.inf, -np.inf
        self._last[first:], self._seen[first:] = np.nan, False

    def _merge(self) -> None:
        half = len(self._low) // 2
        later = self._seen[1::2]
        self._last[:half] = np.where(later, self._last[1::2], self._last[0::2])
        self._low[:half] = np.minimum(self._low[0::2], self._low[1::2])
        self._high[:half] = np.maximum(self._high[0::2], self._high[1::2])
        self._seen[:half] = self._seen[0::2] | later
        self.stride *= 2.0
        self.forget_from(half * self.stride)

    def columns(self) -> Columns:
        """Return all buckets that hold something; a bucket without a finite cost is NaN."""
        used = np.flatnonzero(self._seen)
        low, high = self._low[used], self._high[used]
        nothing = low > high
        return Columns(
            used.astype(np.float64) * self.stride,
            np.where(nothing, np.nan, low),
            np.where(nothing, np.nan, high),
            self._last[used],
        )
