"""The cost curves of several trainings in one chart."""

from collections.abc import Sequence

import numpy as np

from bptui.core.snapshot import NamedCurve
from bptui.tui.drawing.axes import epoch_axis
from bptui.tui.drawing.chart import Sign, chart_layout, draw_chart
from bptui.tui.drawing.cost_curve import column_series, cost_axis
from bptui.tui.drawing.lines import Line, fit, that_fit
from bptui.tui.drawing.numbers import significant
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.symbols import Symbols

_STYLES = 6
"""There are so many styles of series; a digit tells curves apart where colours repeat."""
_SHORTEST_CHART = 5
_APART = 16
"""Cells between two digits on one curve."""
_WIDEST_NAME = 40


def compared_lines(
    compared: Sequence[NamedCurve], width: int, height: int, symbols: Symbols, *, log: bool
) -> tuple[Line, ...]:
    """Return a legend and a plot in `width` x `height` cells; each curve carries its digit."""
    legend = legend_lines(compared, width, max(1, height - _SHORTEST_CHART), symbols)
    height -= len(legend)
    curves = [(place, one.curve) for place, one in enumerate(compared) if one.curve.epochs]
    if width < 1 or height < 1:
        return legend
    if not curves:
        return (*legend, (("waiting for the first epoch", "dim"),))
    y_axis = cost_axis([curve for _, curve in curves], height, log)
    layout = chart_layout(width, height, y_axis)
    x_axis = epoch_axis(max(curve.epochs for _, curve in curves), layout.width)
    bins = layout.width * symbols.marker_columns
    series: list[Series] = []
    signs: list[Sign] = []
    for place, curve in curves:
        columns = curve.columns
        one = column_series(
            columns.epoch, columns.low, columns.high, bins, x_axis, y_axis, _style(place)
        )
        series.append(one)
        signs += _signs(one, place, len(compared), layout.width)
    chart = draw_chart(width, height, x_axis, y_axis, series, symbols, signs=signs)
    return (*legend, *chart)


def legend_lines(
    compared: Sequence[NamedCurve], width: int, most: int, symbols: Symbols
) -> tuple[Line, ...]:
    """Return a line a training, with its number, name and last cost; `most` lines at most.

    Where there are fewer than trainings, the chosen one is among them.
    """
    shown = list(enumerate(compared))
    if len(shown) > most:
        chosen_first = sorted(shown, key=lambda each: not each[1].chosen)
        shown = sorted(chosen_first[: max(1, most - 1)], key=lambda each: each[0])
    longest = max((len(symbols.text(one.name)) for _, one in shown), default=0)
    lines: list[Line] = []
    for place, one in shown:
        chosen = symbols.chosen if one.chosen else " "
        end = f"  J {significant(one.cost)}"
        room = min(longest, _WIDEST_NAME, max(6, width - len(f"> 1 {end}")))
        name = fit(symbols.text(one.name), room, ellipsis=symbols.ellipsis)
        parts: list[Line] = [
            ((chosen, "strong"), (f"{place + 1} ", _style(place)), (name, ""), (end, "")),
            ((one.state, "dim"),),
        ]
        lines.append(that_fit(parts, width, ["  "]))
    if len(shown) < min(len(compared), most):
        more = len(compared) - len(shown)
        lines.append(((symbols.text(f"{symbols.ellipsis} and {more} more"), "dim"),))
    return tuple(lines)


def _style(place: int) -> str:
    return f"series{place % _STYLES + 1}"


def _signs(series: Series, place: int, count: int, width: int) -> list[Sign]:
    """Return digits along a curve, in other columns for every curve, and one at its end."""
    middle = (series.low + series.high) / 2
    drawn = np.isfinite(middle)
    x, middle = series.x[drawn], middle[drawn]
    if not len(x):
        return []
    apart = max(_APART, 3 * count)
    cells = np.arange(place * apart / count + 1, width, apart) / width
    cells = cells[(cells >= x[0]) & (cells < x[-1])]
    points = {*np.searchsorted(x, cells).tolist(), len(x) - 1}
    return [
        Sign(float(x[point]), float(middle[point]), str(place + 1), _style(place))
        for point in sorted(points)
    ]
