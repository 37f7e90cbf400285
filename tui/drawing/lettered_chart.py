"""Charts for plain output, where a character and not a colour tells the curves apart."""

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace

from bptui.tui.drawing.axes import Axis
from bptui.tui.drawing.chart import draw_chart
from bptui.tui.drawing.lines import Span, plain
from bptui.tui.drawing.plotting import Series
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.terminal import is_terminal

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
    # One character a cell: each is then written over with that of its curve.
    one_each = replace(symbols, marker="*", marker_columns=1, marker_rows=1)
    lines = draw_chart(width, height, x_axis, y_axis, series, one_each)
    return [plain(_in_letters(line)).rstrip() for line in lines]


def _in_letters(line: Sequence[Span]) -> tuple[Span, ...]:
    return tuple(
        (text.replace("*", style) if len(style) == 1 else text, style) for text, style in line
    )


def chart_width() -> int:
    """Return how wide a chart is on standard output."""
    if not is_terminal(sys.stdout):
        return _WIDTH_OF_A_PIPE
    return min(_WIDEST, max(_NARROWEST, shutil.get_terminal_size().columns - 1))
