"""Matrices that are too large for numbers, as a shade or a character a cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.tui.drawing.axes import round_up
from bptui.tui.drawing.lines import Line, merged
from bptui.tui.drawing.numbers import axis_number
from bptui.tui.drawing.symbols import Symbols

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]

LEVELS = 8
"""Shades either side of zero."""
POSITIVE = " .:-=+*#@"
NEGATIVE = " abcdefgh"


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A matrix reduced to the cells there is room for."""

    levels: Levels
    """(rows, columns), -8 to 8."""
    block: tuple[int, int]
    """How many rows and columns of the matrix share a cell, at most."""


def heat_scale(matrix: Floats) -> float:
    """Return the round number that the largest entry of `matrix` does not exceed."""
    finite = np.abs(np.nan_to_num(matrix, posinf=0.0, neginf=0.0))
    return round_up(float(finite.max(initial=0.0)), (1.0, 2.0, 5.0, 10.0))


def heat_map(matrix: Floats, rows: int, columns: int, scale: float) -> HeatMap:
    """Return `matrix` in at most `rows` x `columns` cells, each its largest entry by size.

    The strongest level stands for `scale`.
    """
    tall, wide = matrix.shape
    high = low = matrix
    for axis, most in ((0, rows), (1, columns)):
        starts = _starts(matrix.shape[axis], max(1, most))
        high = np.maximum.reduceat(high, starts, axis=axis)
        low = np.minimum.reduceat(low, starts, axis=axis)
    largest = np.nan_to_num(np.where(high >= -low, high, low))
    levels = np.sign(largest) * np.ceil(np.minimum(np.abs(largest) / scale, 1.0) * LEVELS)
    block = (-(-tall // high.shape[0]), -(-wide // high.shape[1]))
    return HeatMap(levels.astype(np.int8), block)


def heat_line(levels: Levels, symbols: Symbols, *, shades: bool) -> Line:
    """Return one row of a heat map: shades of two colours, or one character a level."""
    if shades:
        cells = [
            (symbols.block, f"heat{level}") if level else (" ", "") for level in levels.tolist()
        ]
    else:
        cells = [
            (POSITIVE[level], "positive") if level >= 0 else (NEGATIVE[-level], "negative")
            for level in levels.tolist()
        ]
    return merged(cells)


def heat_legend(scale: float, symbols: Symbols, *, shades: bool) -> Line:
    """Return all levels in a row, between the numbers that the ends stand for."""
    end = axis_number(scale, 1)
    if shades:
        down = [(symbols.block, f"heat{-level}") for level in range(LEVELS, 0, -1)]
        up = [(symbols.block, f"heat{level}") for level in range(1, LEVELS + 1)]
        return merged([(f"-{end} ", "dim"), *down, *up, (f" +{end}", "dim")])
    return merged(
        [
            (f"-{end} ", "dim"),
            (NEGATIVE[:0:-1], "negative"),
            (" ", ""),
            (POSITIVE[1:], "positive"),
            (f" +{end}", "dim"),
        ]
    )


def _starts(size: int, most: int) -> NDArray[np.intp]:
    return np.linspace(0, size, min(size, most) + 1).astype(np.intp)[:-1]
