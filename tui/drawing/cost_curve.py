"""What every drawing of costs needs: the axis of J, and curves reduced to columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bptui.core.history import CostCurve
from bptui.tui.drawing.axes import Axis, linear_axis, log_axis
from bptui.tui.drawing.plotting import Series

Floats = NDArray[np.float64]

_FLAT = 0.05


def cost_axis(curves: Sequence[CostCurve], height: int, log: bool) -> Axis:
    """Return the axis of J for all these curves, in a chart so many lines high."""
    values = np.concatenate(
        [
            part
            for curve in curves
            for part in (curve.columns.low, curve.columns.high, curve.validation_cost)
        ]
    )
    values = values[np.isfinite(values)]
    ticks = max(2, (height - 2) // 2)
    if log:
        positive = values[values > 0.0]
        if len(positive):
            return log_axis(float(positive.min()), float(positive.max()), ticks)
        return log_axis(1e-3, 1.0, ticks)
    if not len(values):
        return linear_axis(0.0, 1.0, ticks)
    low, high = float(values.min()), float(values.max())
    if low > 0.0 and high - low < _FLAT * high:
        # Magnified, a cost that stands still would look as if it fell.
        low = 0.0
    if low == high == 0.0:
        high = 1.0
    return linear_axis(low, high, ticks)


def column_series(
    epoch: Floats, low: Floats, high: Floats, bins: int, x_axis: Axis, y_axis: Axis, style: str
) -> Series:
    """Return a curve reduced to at most `bins` columns, minima and maxima kept.

    A column of costs none of which is a finite number is NaN: a gap.

    The columns stay where they are while the curve grows, so that what is drawn of the
    past stays as it is.
    """
    position = np.minimum((x_axis.fraction(epoch) * bins).astype(np.intp), bins - 1)
    starts = np.flatnonzero(np.diff(position, prepend=-1))
    # A NaN would hide the finite values of its column.
    lowest = np.minimum.reduceat(np.where(np.isfinite(low), low, np.inf), starts)
    highest = np.maximum.reduceat(np.where(np.isfinite(high), high, -np.inf), starts)
    nothing = ~(np.isfinite(lowest) & np.isfinite(highest))
    lowest[nothing] = highest[nothing] = np.nan
    return Series(
        (position[starts] + 0.5) / bins, y_axis.fraction(lowest), y_axis.fraction(highest), style
    )
