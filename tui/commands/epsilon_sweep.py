"""`bptui check --sweep-epsilon`: the error of every difference against its step."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from bptui.core.check import METHODS, EpsilonSweep, MethodSweep
from bptui.tui.drawing.axes import Axis, log_axis
from bptui.tui.drawing.chart import draw_chart
from bptui.tui.drawing.lines import Span, plain
from bptui.tui.drawing.numbers import axis_number
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.terminal import encoding_is_utf8, is_terminal, say

_WIDTH_OF_A_PIPE = 72
_NARROWEST, _WIDEST = 24, 100
_HEIGHT = 20
_SMALLEST_ERROR = 1e-17


def say_sweep(sweep: EpsilonSweep, about: str) -> None:
    """Print a sweep as a plot and a table, below a line `about` the network."""
    utf8 = sys.stdout is None or encoding_is_utf8(sys.stdout)
    say(f"{about}\n")
    say("relative error of each difference, against the complex step")
    for line in plot(sweep, _width(), _HEIGHT, UNICODE if utf8 else ASCII):
        say(line)
    say("")
    say(table(sweep))
    if sweep.kinks:
        say("\nThis network has kinks; steps that cross one follow no power of ε.")
    if sweep.entries < sweep.parameters:
        say(f"\n{sweep.entries:,} entries, drawn from {sweep.parameters:,} with seed {sweep.seed}")


def _width() -> int:
    if not is_terminal(sys.stdout):
        return _WIDTH_OF_A_PIPE
    return min(_WIDEST, max(_NARROWEST, shutil.get_terminal_size().columns - 1))


def plot(sweep: EpsilonSweep, width: int, height: int, symbols: Symbols) -> list[str]:
    """Return the V of each method on logarithmic axes, drawn in the digit of its order."""
    epsilons = np.array(sweep.epsilons)
    errors = [np.array(method.errors) for method in sweep.methods]
    seen = np.concatenate(errors)
    seen = np.maximum(seen[np.isfinite(seen)], _SMALLEST_ERROR)
    x_axis = log_axis(sweep.epsilons[-1], sweep.epsilons[0], max(2, width // 9))
    y_axis = _decades(float(seen.min(initial=1.0)), float(seen.max(initial=_SMALLEST_ERROR)))
    series = [
        Series(x_axis.fraction(epsilons[known]), y[known], y[known], str(method.order))
        for method, error in zip(sweep.methods, errors, strict=True)
        for known, y in [(np.isfinite(error), y_axis.fraction(error))]
    ]
    # One character a cell: each is then written over with the digit of its curve.
    one_each = replace(symbols, marker="*", marker_columns=1, marker_rows=1)
    lines = draw_chart(width, height, x_axis, y_axis, series, one_each)
    shown = [plain(_in_digits(line)).rstrip() for line in lines]
    return [*shown, "ε".rjust(width)]


def _decades(low: float, high: float) -> Axis:
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    last = max(last, first + 1)
    ticks = range(last, first - 1, -2)
    labels = tuple((10.0**power, axis_number(10.0**power)) for power in reversed(ticks))
    return Axis(10.0**first, 10.0**last, labels, log=True)


def _in_digits(line: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(
        (text.replace("*", style) if style.isdigit() else text, style) for text, style in line
    )


def table(sweep: EpsilonSweep) -> str:
    """Return what was measured of each method, a row each."""
    header = (
        f"  {'method':<11}{'order':>6}{'slope':>7}"
        f"{'best ε':>10}{'error':>12}{'default ε':>12}{'error':>12}"
    )
    return "\n".join([header, *map(_row, sweep.methods)])


def _row(found: MethodSweep) -> str:
    name = METHODS[found.method].title.removesuffix(" difference")
    slope = "-" if found.slope is None else f"{found.slope:.2f}"
    return (
        f"{found.order} {name:<11}{found.order:>6}{slope:>7}"
        f"{_number(found.best_epsilon):>10}{_number(found.best_error):>12}"
        f"{_number(found.default_epsilon):>12}{_number(found.default_error):>12}"
    )


def _number(value: float | None) -> str:
    return "-" if value is None or not np.isfinite(value) else f"{value:.1e}"
