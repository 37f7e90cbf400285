"""The V of each kind of difference: its error against ε, on logarithmic axes."""

from collections.abc import Sequence

import numpy as np

from bptui.core.check import METHODS, EpsilonSweep, MethodSweep
from bptui.tui.drawing.axes import Axis, log_axis
from bptui.tui.drawing.chart import VerticalMark
from bptui.tui.drawing.lettered_chart import draw_in_letters
from bptui.tui.drawing.lines import Line
from bptui.tui.drawing.numbers import axis_number
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.symbols import Symbols

_SMALLEST_ERROR = 1e-17


def epsilon_plot(
    sweep: EpsilonSweep,
    width: int,
    height: int,
    symbols: Symbols,
    *,
    marks: Sequence[VerticalMark] = (),
    best: bool = False,
) -> tuple[Line, ...]:
    """Return the error of each method against ε, drawn in the digit of its order.

    Args:
        sweep: what was measured.
        width: cells.
        height: lines.
        symbols: the characters to draw with.
        marks: vertical lines.
        best: whether to show the best ε of each method as a point.
    """
    epsilons = np.array(sweep.epsilons)
    errors = [np.array(method.errors) for method in sweep.methods]
    seen = np.concatenate(errors)
    seen = np.maximum(seen[np.isfinite(seen)], _SMALLEST_ERROR)
    x_axis = log_axis(sweep.epsilons[-1], sweep.epsilons[0], max(2, width // 9))
    y_axis = _decades(
        float(seen.min(initial=1.0)), float(seen.max(initial=_SMALLEST_ERROR)), height
    )
    styles = [series_style(place) for place in range(len(sweep.methods))]
    series = [
        Series(x_axis.fraction(epsilons[known]), y[known], y[known], style)
        for style, error in zip(styles, errors, strict=True)
        for known, y in [(np.isfinite(error), y_axis.fraction(error))]
    ]
    if best:
        series += [
            Series(np.array([x]), np.array([y]), np.array([y]), "strong", joined=False)
            for method in sweep.methods
            if method.best_epsilon is not None and method.best_error is not None
            for x in [float(x_axis.fraction(method.best_epsilon))]
            for y in [float(y_axis.fraction(method.best_error))]
        ]
    digits = {style: str(method.order) for style, method in zip(styles, sweep.methods, strict=True)}
    return draw_in_letters(width, height, x_axis, y_axis, series, symbols, digits, marks=marks)


def series_style(place: int) -> str:
    """Return the style of the curve of a sweep's method."""
    return f"series{place + 1}"


def kind_of_difference(method: MethodSweep) -> str:
    """Return `one-sided`, `central` or `Richardson`."""
    return METHODS[method.method].title.removesuffix(" difference")


def slope_text(method: MethodSweep) -> str:
    """Return the power of ε that the error follows, or a dash where none is known."""
    return "-" if method.slope is None else f"{method.slope:.2f}"


def _decades(low: float, high: float, height: int) -> Axis:
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    last = max(last, first + 1)
    stride = 2 * max(1, -(-(last - first) // max(1, height - 2)))
    ticks = range(last, first - 1, -stride)
    labels = tuple((10.0**power, axis_number(10.0**power)) for power in reversed(ticks))
    return Axis(10.0**first, 10.0**last, labels, log=True)
