"""The curves of a sweep, ready to be drawn in any size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.sweeping import QUANTILES, SettingResult
from bptui.tui.drawing.axes import Axis, epoch_axis, linear_axis, log_axis
from bptui.tui.drawing.plotting import Series

Floats = NDArray[np.float64]

_LOG_RANGE = 30.0
"""Largest over smallest cost, above which the axis is logarithmic."""
_TICKS = (0.0, 25.0, 50.0, 75.0, 100.0)
PERCENT = Axis(0.0, 100.0, tuple((share, f"{share:g} %") for share in _TICKS))
"""The axis of shares."""


@dataclass(frozen=True, slots=True)
class CostCurves:
    """The costs of one setting's networks over the epochs."""

    epochs: Floats
    quantiles: tuple[Floats, ...]
    """`QUANTILES` of the costs at `epochs`."""
    best: Floats
    """Of the network that ended lowest."""

    def series(self, x_axis: Axis, y_axis: Axis, styles: Sequence[str]) -> list[Series]:
        """Return the quantiles and the best in these styles, one each."""
        x = x_axis.fraction(self.epochs)
        curves = zip((*self.quantiles, self.best), styles, strict=True)
        drawn = [(y_axis.fraction(costs), style) for costs, style in curves if len(costs)]
        return [Series(x, y, y, style) for y, style in drawn]


def cost_curves(found: SettingResult) -> CostCurves:
    """Return the cost curves of a setting."""
    best = np.empty(0) if found.best is None else found.best.curve
    return CostCurves(found.epochs.astype(np.float64), tuple(found.cost_quantiles), best)


def cost_axis(curves: Sequence[CostCurves], height: int) -> Axis | None:
    """Return one axis for the costs of several settings; `None` if no cost is known."""
    costs = np.concatenate([each for one in curves for each in (*one.quantiles, one.best)])
    costs = costs[np.isfinite(costs)]
    if not len(costs):
        return None
    low, high = float(costs.min()), float(costs.max())
    log = low > 0.0 and high > _LOG_RANGE * low
    return (log_axis if log else linear_axis)(low, high, max(2, height // 3))


def share_series(found: SettingResult, width: int, style: str) -> tuple[Axis, Series]:
    """Return the epochs and the share that is solved by each, in `PERCENT`."""
    last = int(found.epochs[-1])
    x_axis = epoch_axis(last, width)
    epochs = np.linspace(0.0, last, 2 * width)
    y = PERCENT.fraction(100.0 * found.share_solved_by(epochs))
    return x_axis, Series(x_axis.fraction(epochs), y, y, style)


def quantile_names() -> list[str]:
    """Return the networks in ten that each of `QUANTILES` stands for: `1`, `5`, `9`."""
    return [f"{10 * quantile:.0f}" for quantile in QUANTILES]
