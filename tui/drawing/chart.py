"""A plot with its axes, marks and words, as lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from bptui.tui.drawing.axes import Axis
from bptui.tui.drawing.lines import Line, Span, fit, merged
from bptui.tui.drawing.plotting import Series, draw_series
from bptui.tui.drawing.symbols import Symbols

_BLANK: Span = (" ", "")


@dataclass(frozen=True, slots=True)
class VerticalMark:
    """Something that happened at `x`."""

    x: float
    text: str
    least: int | None = None
    """Cells that the text may be cut to where there is no room; `None` leaves it out as a whole."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word for the part of the curve between `first` and `last`."""

    first: float
    last: float
    text: str


@dataclass(frozen=True, slots=True)
class Sign:
    """A character on a curve, at fractions of the canvas."""

    x: float
    y: float
    text: str
    style: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a chart of some size is divided."""

    labels: int
    """Cells for the labels of the y axis; 0 if there is no room for them."""
    width: int
    height: int
    """Size of the canvas."""
    framed: bool
    """Whether there is room for axes at all."""


def chart_layout(width: int, height: int, y_axis: Axis) -> Layout:
    """Return how to divide a chart of `width` x `height` cells."""
    if height < 4 or width < 12:
        return Layout(0, width, height, framed=False)
    labels = max((len(label) for _, label in y_axis.ticks), default=0)
    if width - labels - 1 < 8:
        labels = 0
    return Layout(labels, width - labels - 1, height - 2, framed=True)


def draw_chart(
    width: int,
    height: int,
    x_axis: Axis,
    y_axis: Axis,
    series: Sequence[Series],
    symbols: Symbols,
    *,
    marks: Sequence[VerticalMark] = (),
    words: Sequence[Word] = (),
    legend: Sequence[Span] = (),
    signs: Sequence[Sign] = (),
) -> tuple[Line, ...]:
    """Return the lines of a chart.

    Args:
        width: cells.
        height: lines.
        x_axis: what the fractions of the series' x mean.
        y_axis: what the fractions of their low and high mean.
        series: the curves.
        symbols: the characters to draw with.
        marks: vertical lines, drawn behind the curves.
        words: written where they hide nothing, or not at all.
        legend: words in the styles of their curves, at the upper right.
        signs: written over the curves.
    """
    layout = chart_layout(width, height, y_axis)
    if layout.width < 1 or layout.height < 1:
        return ()
    rows = draw_series(layout.width, layout.height, tuple(series), symbols)
    for sign in signs:
        row = layout.height - 1 - min(layout.height - 1, int(sign.y * layout.height))
        rows[row][min(layout.width - 1, int(sign.x * layout.width))] = (sign.text, sign.style)
    used = [[cell != _BLANK for cell in row] for row in rows]
    curves = [row.copy() for row in used]
    _write_legend(rows, used, legend)
    lines_at = _write_marks(rows, used, x_axis, marks, symbols)
    for word in words:
        _write_word(rows, used, curves, lines_at, x_axis, word, symbols)
    if not layout.framed:
        return tuple(merged(row) for row in rows)
    labels = [" " * layout.labels] * layout.height
    axis = [symbols.vertical] * layout.height
    for value, label in y_axis.ticks:
        row = _row_of(y_axis, value, layout.height)
        if labels[row].strip():
            continue
        labels[row] = label.rjust(layout.labels) if layout.labels else ""
        axis[row] = symbols.y_tick
    lines = [
        merged([(label, "dim"), (line, "dim"), *row])
        for label, line, row in zip(labels, axis, rows, strict=True)
    ]
    return (*lines, *_x_axis_lines(layout, x_axis, symbols))


def _row_of(axis: Axis, value: float, height: int) -> int:
    return height - 1 - min(height - 1, int(float(axis.fraction(value)) * height))


def _column_of(axis: Axis, value: float, width: int) -> int:
    return min(width - 1, int(float(axis.fraction(value)) * width))


def _x_axis_lines(layout: Layout, axis: Axis, symbols: Symbols) -> tuple[Line, Line]:
    rule = [symbols.horizontal] * layout.width
    labels = [" "] * (layout.labels + 1 + layout.width)
    free = 0
    for value, label in axis.ticks:
        column = _column_of(axis, value, layout.width)
        rule[column] = symbols.x_tick
        start = layout.labels + 1 + column - (len(label) - 1) // 2
        start = min(max(0, start), len(labels) - len(label))
        if start >= free and len(label) <= len(labels):
            labels[start : start + len(label)] = label
            free = start + len(label) + 1
    corner = " " * layout.labels + symbols.corner
    return ((corner + "".join(rule), "dim"),), (("".join(labels), "dim"),)


def _free(used: list[list[bool]], row: int, first: int, length: int) -> bool:
    if not 0 <= row < len(used) or first < 0 or first + length > len(used[row]):
        return False
    return not any(used[row][first : first + length])


def _write(
    rows: list[list[Span]], used: list[list[bool]], row: int, first: int, text: str, style: str
) -> None:
    for column, character in enumerate(text, start=first):
        rows[row][column] = (character, style)
        used[row][column] = True


def _write_legend(rows: list[list[Span]], used: list[list[bool]], legend: Sequence[Span]) -> None:
    for row, (text, style) in enumerate(legend):
        first = len(rows[0]) - len(text) - 1
        if _free(used, row, first, len(text)):
            _write(rows, used, row, first, text, style)


def _write_word(
    rows: list[list[Span]],
    used: list[list[bool]],
    curves: list[list[bool]],
    avoided: set[int],
    axis: Axis,
    word: Word,
    symbols: Symbols,
) -> None:
    """Write a word as near to its part of the curve as possible, above it if there is room."""
    text = symbols.text(word.text)
    width = len(rows[0])
    left, right = _column_of(axis, word.first, width), _column_of(axis, word.last, width)
    middle = max(0, min(width - len(text), (left + right + 1 - len(text)) // 2))
    beside = range(max(0, left), min(width, right + 1) - len(text) + 1)
    for first in sorted({middle, *beside}, key=lambda column: abs(column - middle)):
        curve = [row for row in range(len(rows)) if any(curves[row][first : first + len(text)])]
        if not curve or avoided & set(range(first, first + len(text))):
            continue
        above = [row for row in (curve[0] - 1, curve[0] - 2) if row >= 0]
        below = range(curve[-1] + 1, len(rows))
        for row in (*above, *below):
            if _free(used, row, first, len(text)):
                _write(rows, used, row, first, text, "dim")
                return


def _write_marks(
    rows: list[list[Span]],
    used: list[list[bool]],
    axis: Axis,
    marks: Sequence[VerticalMark],
    symbols: Symbols,
) -> set[int]:
    """Draw the lines behind the curves, write what they are beside them; return their columns."""
    # Of those of one kind that share a column the last is what holds.
    last = {(_column_of(axis, mark.x, len(rows[0])), mark.least): mark for mark in marks}
    columns = {column for column, _ in last}
    for column in columns:
        for row, cells in enumerate(rows):
            if not used[row][column]:
                cells[column] = (symbols.mark, "mark")
    unwritten = [
        (column, mark)
        for (column, _), mark in last.items()
        if not _write_beside(rows, used, columns, column, mark, symbols)
    ]
    for column, mark in unwritten:
        if mark.least is not None:  # a name is worth a gap in the line of another mark
            _write_beside(rows, used, set(), column, mark, symbols)
    return columns


def _write_beside(
    rows: list[list[Span]],
    used: list[list[bool]],
    avoided: set[int],
    column: int,
    mark: VerticalMark,
    symbols: Symbols,
) -> bool:
    text = symbols.text(mark.text)
    least = len(text) if mark.least is None else min(mark.least, len(text))
    for length in range(len(text), least - 1, -1):
        for first in (column + 1, column - length):
            if avoided & set(range(first, first + length)):
                continue
            for row in range(len(rows)):
                if _free(used, row, first, length):
                    cut = fit(text, length, ellipsis=symbols.ellipsis)
                    _write(rows, used, row, first, cut, "mark")
                    return True
    return False
