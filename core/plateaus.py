"""Where a cost curve stands still before it falls on."""

from math import isfinite

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from bptui.core.history import Columns

Floats = NDArray[np.float64]

_BINS = 80
_LEAST_BINS = 4
_SHARE = 0.15
"""Of the curve, that a plateau takes at least."""
_STILL = 0.03
"""The most that the cost changes on a plateau, but for noise."""
_NOISE = 4.0
"""How far smoothed costs spread by noise alone, in median distances of those before."""
_FALL = 3.5
"""How many times that the cost falls by after a plateau, within as many epochs again."""
_HIGH = 0.1
"""A plateau lies above so much of the largest cost: where the curve can be seen to fall."""
_SMOOTHED = 7


def plateaus(columns: Columns) -> list[tuple[float, float]]:
    """Return the first and last epoch of every plateau, in order.

    On a plateau the cost changes by 3 % at most for at least 15 % of the epochs, and within as
    many epochs again it falls by over 10 %. So a decline that only grows slower, as e^(-t) and
    1/t do, has none, however slow it is, nor has a minimum that is never left, nor a stretch in
    which no cost is a finite number. The cost is that
    of 80 equal parts of the epochs: the mean of each, and of seven neighbours the median. Where
    noise leaves more than 3 % of that, both shares are larger in proportion.
    """
    costs, edges, noise = _smoothed(columns)
    still = max(_STILL, _NOISE * noise)
    kept = 1.0 - _FALL * still
    shortest = max(_LEAST_BINS, int(_SHARE * len(costs)))
    lowest = _HIGH * max((cost for cost in costs if isfinite(cost)), default=0.0)
    found: list[tuple[int, int]] = []
    first = 0
    while first + shortest <= len(costs):
        end = _end_of_rest(costs, first, lowest, still)
        if end == len(costs):
            break
        after = min(costs[end : 2 * end - first])
        if end - first < shortest or after >= kept * min(costs[first:end]):
            first += 1
            continue
        if found and found[-1][1] == first and costs[first] >= kept * costs[found[-1][0]]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
        first = end
    return [(float(edges[first]), float(edges[end])) for first, end in found]


def _end_of_rest(costs: list[float], first: int, lowest: float, still: float) -> int:
    """Return the first bin after `first` in which the cost is no longer what it was."""
    low = high = costs[first]
    for place in range(first + 1, len(costs)):
        low, high = min(low, costs[place]), max(high, costs[place])
        if high == np.inf or low <= lowest or high - low > still * high:
            return place
    return len(costs)


def _smoothed(columns: Columns) -> tuple[list[float], Floats, float]:
    """Return the cost in equal parts of the epochs, the epochs between them, and its noise.

    The cost is infinite in parts where all that is written is no finite number. The noise is
    the median distance from what the parts are smoothed to, as a share of it.
    """
    finite = np.isfinite(columns.last)
    epoch, cost = columns.epoch[finite], columns.last[finite]
    bins = min(_BINS, len(epoch))
    if bins < _LEAST_BINS or cost.min() < 0.0:
        return [], epoch, 0.0
    edges = np.linspace(epoch[0], epoch[-1], bins + 1)
    which = np.minimum(np.searchsorted(edges, epoch, side="right") - 1, bins - 1)
    starts = np.flatnonzero(np.diff(which, prepend=-1))
    with np.errstate(over="ignore", invalid="ignore"):
        means = np.add.reduceat(cost, starts) / np.diff(starts, append=len(cost))
        # The rows of a log may lie further apart than this.
        every = np.interp(np.arange(bins), which[starts], means)
        windows = sliding_window_view(np.pad(every, _SMOOTHED // 2, mode="edge"), _SMOOTHED)
        smooth = np.median(windows, axis=-1)
        seen = smooth > 0.0
        apart = np.abs(every[seen] - smooth[seen]) / smooth[seen]
    smooth[_empty(finite, epoch, edges, which[starts])] = np.inf
    return smooth.tolist(), edges, float(np.median(apart)) if len(apart) else 0.0


def _empty(
    finite: NDArray[np.bool_], epoch: Floats, edges: Floats, used: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return the parts without a finite cost that lie between costs that are not finite.

    Args:
        finite: of every column, whether its cost is.
        epoch: of the columns where it is.
        edges: between the parts.
        used: the parts with a finite cost.
    """
    others = np.setdiff1d(np.arange(len(edges) - 1), used)
    after = np.searchsorted(epoch, edges[others])
    skipped = np.cumsum(~finite)[finite]
    return others[skipped[after] > skipped[after - 1]]
