"""The lines of a page about one phase: its words above its matrices."""

from collections.abc import Callable
from functools import partial

import numpy as np

from bptui.tui.drawing.lines import Line, line_width, wrapped
from bptui.tui.drawing.matrices import Matrix
from bptui.tui.drawing.number_lines import NumberLines, label_width
from bptui.tui.drawing.numbers import even_digits
from bptui.tui.drawing.phase_pages import Page
from bptui.tui.drawing.symbols import Symbols

_NUMBER = 9
_GAP = "   "


class PageLines:
    """Words broken to a width, and matrices whose rows are written when they are looked at."""

    def __init__(
        self, page: Page, width: int, symbols: Symbols, scrolled: int, *, blanks: bool = False
    ) -> None:
        """Lay out for so many cells.

        Args:
            page: what to show.
            width: cells there are.
            symbols: the characters of the terminal.
            scrolled: columns that wide matrices leave out at the left.
            blanks: whether there are lines between matrices below each other.
        """
        self._symbols, self._room, self._scrolled = symbols, width, scrolled
        self._rows: list[Callable[[], Line]] = []
        self.most_scrolled = 0
        """How many columns the widest matrix leaves out at the end of scrolling."""
        self._add_text(page.sentence, "", width)
        for formula in page.formulas:
            self._add_text(formula, "accent", width)
        for group in page.groups:
            self._add_line(())
            self._add_group(group, blanks=blanks)
        if page.left_out:
            self._add_line(())
            self._add_text(page.left_out, "dim", width)

    @property
    def height(self) -> int:
        """How many lines there are."""
        return len(self._rows)

    @property
    def width(self) -> int:
        """Cells there are, and one more for every column that can be scrolled out."""
        return self._room + self.most_scrolled

    def line(self, index: int) -> Line:
        """Return one line."""
        return self._rows[index]()

    def _add_text(self, text: str, style: str, width: int) -> None:
        for line in wrapped(self._symbols.text(text), width):
            self._add_line(((line, style),))

    def _add_line(self, line: Line) -> None:
        self._rows.append(lambda: line)

    def _add_group(self, group: tuple[Matrix, ...], *, blanks: bool) -> None:
        """Add matrices beside each other, or below each other where they do not all fit."""
        beside = [self._block(matrix, (matrix,), None) for matrix in group]
        if sum(block.width for block in beside) + len(_GAP) * (len(group) - 1) <= self._room:
            self._add_blocks(beside)
            return
        for matrix in group:
            if blanks and matrix is not group[0]:
                self._add_line(())
            block = self._block(matrix, group, self._room)
            self.most_scrolled = max(self.most_scrolled, block.most_scrolled)
            self._add_blocks([block])

    def _add_blocks(self, blocks: list[NumberLines]) -> None:
        height = max(block.height for block in blocks)
        self._rows += [partial(_beside, blocks, index) for index in range(height)]

    def _block(self, matrix: Matrix, together: tuple[Matrix, ...], room: int | None) -> NumberLines:
        """Return a matrix whose row names take as much room as those of all that it is with."""
        return NumberLines(
            matrix,
            np.zeros(matrix.values.shape, np.bool_),
            np.zeros(matrix.values.shape, np.uint8),
            label_width(together),
            self._symbols,
            number=even_digits(matrix.values),
            number_width=_NUMBER,
            room=room,
            scrolled=self._scrolled,
        )


def _beside(blocks: list[NumberLines], index: int) -> Line:
    """Return a row of blocks that begin at the same line."""
    *others, last = blocks
    spans: Line = ()
    for block in others:
        line = block.line(index) if index < block.height else ()
        spans += (*line, (" " * (block.width - line_width(line)) + _GAP, ""))
    return spans + (last.line(index) if index < last.height else ())
