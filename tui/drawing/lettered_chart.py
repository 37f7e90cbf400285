"""Charts in which a character, and not a colour alone, tells the curves apart."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bptui.tui.drawing.axes import Axis
from bptui.tui.drawing.chart import VerticalMark, draw_chart
from bptui.tui.drawing.lines import Line, plain
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.terminal import is_terminal

_POINT = "*"
_WIDTH_OF_A_PIPE = 72
_NARROWEST, _WIDEST = 24, 100


def lettered_chart(
    width: int,
    height: int,
    x_axis: Axis,
    y_axis: Axis,
    series: Sequence[Series],
    symbols: Symbols,
) -> list[str]:
    """Return the lines of a chart in which each curve is drawn in the character of its style."""
    letters = {one.style: one.style for one in series if len(one.style) == 1}
    lines = draw_in_letters(width, height, x_axis, y_axis, series, symbols, letters)
    return [plain(line).rstrip() for line in lines]


def draw_in_letters(
    width: int,
    height: int,
    x_axis: Axis,
    y_axis: Axis,
    series: Sequence[Series],
    symbols: Symbols,
    letters: Mapping[str, str],
    *,
    marks: Sequence[VerticalMark] = (),
) -> tuple[Line, ...]:
    """Return what `draw_chart` does, with each style of curve drawn in a character of its own.

    `letters` holds that character by the name of the style; `*` draws the others.
    """
    # One character a cell: each is then written over with that of its curve.
    one_each = replace(symbols, marker=_POINT, marker_columns=1, marker_rows=1)
    lines = draw_chart(width, height, x_axis, y_axis, series, one_each, marks=marks)
    return tuple(
        tuple((text.replace(_POINT, letters.get(style, _POINT)), style) for text, style in line)
        for line in lines
    )


def chart_width() -> int:
    """Return how wide a chart is on standard output."""
    if not is_terminal(sys.stdout):
        return _WIDTH_OF_A_PIPE
    return min(_WIDEST, max(_NARROWEST, shutil.get_terminal_size().columns - 1))
