"""One matrix as numbers, with names for its rows and columns."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from bptui.core.check import VERDICTS
from bptui.tui.drawing.lines import Line, Span, fit, fit_name, merged
from bptui.tui.drawing.matrices import Matrix
from bptui.tui.drawing.numbers import fixed
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.drawing.verdicts import VERDICT_STYLES, verdict_sign
from bptui.tui.drawing.whole_columns import MORE, columns_from, most_scrolled

Bools = NDArray[np.bool_]
Verdicts = NDArray[np.uint8]
"""Indices into `VERDICTS`, shaped as the rows and columns of a matrix."""

_NUMBER = 6
_WIDEST_NAME = 10
_WIDEST_HEADING = 20
_WIDEST_COLUMN = 8


class NumberLines:
    """One matrix as numbers under a row of names."""

    def __init__(
        self,
        matrix: Matrix,
        changing: Bools,
        verdicts: Verdicts,
        label: int,
        symbols: Symbols,
        *,
        number: Callable[[float], str] = fixed,
        number_width: int = _NUMBER,
        room: int | None = None,
        scrolled: int = 0,
    ) -> None:
        """Lay out the columns.

        Args:
            matrix: what to draw.
            changing: which of its numbers are emphasized.
            verdicts: on every number.
            label: width of the row names.
            symbols: the characters of the terminal.
            number: writes a number, in at most `number_width` cells.
            number_width: cells of the narrowest column.
            room: cells there are; columns that have none are left out.
            scrolled: how many columns are left out at the left, if there is no room for all.
        """
        self._matrix, self._changing, self._verdicts = matrix, changing, verdicts
        self._label, self._symbols, self._number = label, symbols, number
        self._widths = [
            max(number_width, min(_WIDEST_COLUMN, cell_len(name))) for name in matrix.columns
        ] or [number_width] * matrix.values.shape[1]
        self.height = 1 + len(matrix.values)
        wide = [width + 2 for width in self._widths]
        if matrix.biased:
            wide[0] += 2
        self.width = label + sum(wide)
        self.most_scrolled = 0
        """How many columns are left out at the left at the end of scrolling."""
        self._seen = range(len(wide))
        if room is not None and self.width > room:
            self.width = room
            self.most_scrolled = most_scrolled(wide, room - label)
            self._seen = columns_from(min(scrolled, self.most_scrolled), wide, room - label)

    def line(self, index: int) -> Line:
        """Return the row of names, or a row of numbers."""
        matrix, cut = self._matrix, self._symbols.ellipsis
        cells: list[Span]
        gaps: list[Span] = [("  ", "")] * len(self._widths)
        if index == 0:
            style = "strong"
            label = fit(heading(matrix), self._label, ellipsis=cut)
            names = matrix.columns or ("",) * len(self._widths)
            cells = [
                (fit_name(name, width, cut), "dim")
                for name, width in zip(names, self._widths, strict=True)
            ]
        else:
            row = index - 1
            style = "dim"
            name = matrix.rows[row] if matrix.rows else str(row)
            label = fit_name(name, self._label, cut)
            cells = [
                (self._number(value).rjust(width), "changing" if moved else "")
                for value, moved, width in zip(
                    matrix.values[row].tolist(),
                    self._changing[row].tolist(),
                    self._widths,
                    strict=True,
                )
            ]
            for column in np.flatnonzero(self._verdicts[row]).tolist():
                verdict = VERDICTS[self._verdicts[row, column]]
                sign, number = verdict_sign(verdict, self._symbols), cells[column][0].lstrip()
                # The sign stands in the gap, so that no column is wider for it.
                marked = f"{sign}{number}".rjust(self._widths[column] + 2)
                wrong = VERDICT_STYLES[verdict]
                gaps[column], cells[column] = (marked[:2], wrong), (marked[2:], wrong)
        spans: list[Span] = [(label, style)]
        if index == 0 and self._seen.start:
            gaps[self._seen.start] = (f" {self._symbols.more_left}", "accent")
        for column in self._seen:
            spans += [gaps[column], cells[column]]
            if matrix.biased and column == 0:
                spans.append((f" {self._symbols.vertical}" if index else "  ", "dim"))
        if index == 0 and self._seen.stop < len(cells):
            spans.append((self._symbols.more_right.rjust(MORE), "accent"))
        return merged(spans)


def label_width(matrices: Sequence[Matrix]) -> int:
    """Return the width of the headings and row names of matrices that stand below each other."""
    headings = [cell_len(heading(matrix)) for matrix in matrices]
    names = [cell_len(name) for matrix in matrices for name in matrix.rows]
    return max(
        min(_WIDEST_HEADING, max(headings, default=0)), min(_WIDEST_NAME, max(names, default=0))
    )


def heading(matrix: Matrix) -> str:
    """Return its name and its shape."""
    return f"{matrix.name} {matrix.shape}".rstrip()
