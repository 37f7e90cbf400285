"""The result of a sweep as a chart in characters."""

import sys

import numpy as np

from bptui.core.sweeping import QUANTILES, SettingResult, SweepResult
from bptui.tui.drawing.axes import Axis, epoch_axis, linear_axis, log_axis
from bptui.tui.drawing.lettered_chart import chart_width, lettered_chart
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.symbols import ASCII, UNICODE
from bptui.tui.terminal import encoding_is_utf8

_HEIGHT = 16
_MOST_CURVES = 9
_LOG_RANGE = 30.0
"""Largest over smallest cost, above which the axis is logarithmic."""


def plot_of(found: SweepResult) -> list[str]:
    """Return a chart: of one setting its costs, of several the share that each has solved."""
    settings = [each for each in found.settings if each.networks]
    if not settings:
        return []
    width = chart_width()
    return [
        *(_costs(settings[0], width) if len(found.settings) == 1 else _shares(settings, width)),
        "",
    ]


def _chart(width: int, epochs: int, y_axis: Axis, series: list[Series]) -> list[str]:
    utf8 = sys.stdout is None or encoding_is_utf8(sys.stdout)
    x_axis = epoch_axis(epochs, width)
    lines = lettered_chart(width, _HEIGHT, x_axis, y_axis, series, UNICODE if utf8 else ASCII)
    return [*lines, "epoch".rjust(width)]


def _costs(one: SettingResult, width: int) -> list[str]:
    names = [f"{quantile:.0%}".removesuffix("%").removesuffix("0") for quantile in QUANTILES]
    curves = list(zip(names, one.cost_quantiles, strict=True))
    if one.best is not None:
        curves.append(("b", one.best.curve))
    seen = np.concatenate([costs[np.isfinite(costs)] for _, costs in curves])
    if not len(seen):
        return []
    low, high = float(seen.min()), float(seen.max())
    log = low > 0.0 and high > _LOG_RANGE * low
    y_axis = (log_axis if log else linear_axis)(low, high, _HEIGHT // 3)
    epochs = one.epochs.astype(np.float64)
    x = epoch_axis(int(epochs[-1]), width).fraction(epochs)
    series = [Series(x, y, y, name) for name, costs in curves for y in (y_axis.fraction(costs),)]
    title = "J: below 1, 5 and 9 is that of 1, 5 and 9 networks in 10; b is the best"
    return [title, *_chart(width, int(epochs[-1]), y_axis, series)]


def _shares(settings: list[SettingResult], width: int) -> list[str]:
    shown = settings[:_MOST_CURVES]
    last = int(max(each.epochs[-1] for each in shown))
    epochs = np.linspace(0.0, last, 2 * width)
    x = epoch_axis(last, width).fraction(epochs)
    percent = Axis(
        0.0, 100.0, tuple((share, f"{share:g} %") for share in (0.0, 25.0, 50.0, 75.0, 100.0))
    )
    series = [
        Series(x, y, y, str(each.setting.number))
        for each in shown
        for y in (percent.fraction(100.0 * each.share_solved_by(epochs)),)
    ]
    first = f" (the first {_MOST_CURVES})" if len(shown) < len(settings) else ""
    return [
        f"share solved, each setting by its number{first}",
        *_chart(width, last, percent, series),
    ]
