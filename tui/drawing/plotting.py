"""Curves in characters, drawn by plotext: the only module that knows it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.tui.drawing.lines import Span
from bptui.tui.drawing.symbols import Symbols

Floats = NDArray[np.float64]

_COLOUR = re.compile(r"\x1b\[([0-9;]*)m")
_EDGE = 1e-3
"""Points on the very edge of the canvas would fall off it."""

_HALVES = str.maketrans("▘▝▖▗▌▐▚▞▛▜▙▟", "▀▀▄▄████████")
"""Fonts that have halves of a block but no quarters, as code page 437 has."""

_figure: Any = None


@dataclass(frozen=True, slots=True)
class Series:
    """A curve or a cloud of points; coordinates are fractions of the canvas, 0 to 1."""

    x: Floats
    low: Floats
    high: Floats
    """`low` and `high` are one and the same where there is one value a column; NaN is a gap."""
    style: str
    joined: bool = True


def draw_series(
    width: int, height: int, series: tuple[Series, ...], symbols: Symbols
) -> list[list[Span]]:
    """Return `height` rows of `width` cells, each a character and the style of its series.

    Later series are drawn over earlier ones.
    """
    import plotext

    figure = _empty_figure()
    figure.plot_size(width, height)
    figure.axes(False)
    rulers = figure.ruler("both", "both")
    rulers.ticks([])
    rulers.lim(0.0, 1.0)
    rulers.alignment(lim="edge")
    flat = 1.0 / (height * symbols.marker_rows)
    for colour, one in enumerate(series, start=1):
        symbol = symbols.marker if one.joined else symbols.point
        if symbol == "half":
            symbol = "hd"
        marker = plotext.marker(symbol).fill(plotext.pixel(foreground=colour))
        for x, y in _paths(one, flat):
            signal = figure.signal(x, y, marker=marker)
            figure.draw(signal.lines(one.joined and len(x) > 1))
    styles = ["", *(one.style for one in series)]
    picture = figure.build().string()
    if symbols.marker == "half":
        picture = picture.translate(_HALVES)
    rows = picture.split("\n")[:height]
    return [_row(row, styles, width) for row in rows]


def _empty_figure() -> Any:
    """Return a figure of our own, so that nothing is shared with plotext's global one."""
    global _figure
    import plotext

    if _figure is None:
        terminal = type(plotext.terminal)()
        terminal.limit(False, False)
        _figure = type(plotext.figure)(terminal)
    _figure.clear()
    _figure.theme("colorless")
    return _figure


def _paths(series: Series, flat: float) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the points of a series from each gap to the next.

    There are at most two a column: one where low and high agree.
    """
    there = np.isfinite(series.low) & np.isfinite(series.high) & np.isfinite(series.x)
    ends = np.flatnonzero(np.diff(there, prepend=False, append=False)).tolist()
    for first, end in zip(ends[::2], ends[1::2], strict=True):
        yield _path(series, slice(first, end), flat)


def _path(series: Series, part: slice, flat: float) -> tuple[list[float], list[float]]:
    x: list[float] = []
    y: list[float] = []
    columns = (
        np.clip(values[part], _EDGE, 1.0 - _EDGE).tolist()
        for values in (series.x, series.low, series.high)
    )
    for position, low, high in zip(*columns, strict=True):
        if high - low < flat:
            x.append(position)
            y.append((low + high) / 2)
            continue
        x += (position, position)
        nearer_high = bool(y) and abs(y[-1] - high) < abs(y[-1] - low)
        y += (high, low) if nearer_high else (low, high)
    return x, y


def _row(text: str, styles: list[str], width: int) -> list[Span]:
    cells: list[Span] = []
    style = ""
    for index, piece in enumerate(_COLOUR.split(text)):
        if index % 2:
            _, _, colour = piece.rpartition("38;5;")
            style = styles[int(colour)] if piece.startswith("38;5;") else ""
        else:
            cells += [(character, style if character != " " else "") for character in piece]
    return (cells + [(" ", "")] * width)[:width]
