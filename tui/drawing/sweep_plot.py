"""The result of a sweep as a chart in characters."""

from bptui.core.sweeping import SettingResult, SweepResult
from bptui.tui.drawing.axes import Axis, epoch_axis
from bptui.tui.drawing.lettered_chart import chart_width, lettered_chart
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.sweep_charts import (
    PERCENT,
    cost_axis,
    cost_curves,
    quantile_names,
    share_series,
)
from bptui.tui.drawing.symbols import output_symbols

_HEIGHT = 16
_MOST_CURVES = 9


def plot_of(found: SweepResult) -> list[str]:
    """Return a chart: of one setting its costs, of several the share that each has solved."""
    settings = [each for each in found.settings if each.networks]
    if not settings:
        return []
    draw = _costs if len(found.settings) == 1 else _shares
    return [*draw(settings, chart_width()), ""]


def _chart(width: int, x_axis: Axis, y_axis: Axis, series: list[Series]) -> list[str]:
    lines = lettered_chart(width, _HEIGHT, x_axis, y_axis, series, output_symbols())
    return [*lines, "epoch".rjust(width)]


def _costs(settings: list[SettingResult], width: int) -> list[str]:
    curves = cost_curves(settings[0])
    y_axis = cost_axis([curves], _HEIGHT)
    if y_axis is None:
        return []
    x_axis = epoch_axis(int(curves.epochs[-1]), width)
    series = curves.series(x_axis, y_axis, [*quantile_names(), "b"])
    title = "J: below 1, 5 and 9 is that of 1, 5 and 9 networks in 10; b is the best"
    return [title, *_chart(width, x_axis, y_axis, series)]


def _shares(settings: list[SettingResult], width: int) -> list[str]:
    shown = settings[:_MOST_CURVES]
    curves = [share_series(each, width, str(each.setting.number)) for each in shown]
    first = f" (the first {_MOST_CURVES})" if len(shown) < len(settings) else ""
    title = f"share solved, each setting by its number{first}"
    return [title, *_chart(width, curves[0][0], PERCENT, [series for _, series in curves])]
