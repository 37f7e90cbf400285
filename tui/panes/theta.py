"""The parameters Θ, as numbers or as heat maps."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bptui.core.check import VERDICTS
from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.heat_map import heat_legend, heat_line, heat_map, heat_scale
from bptui.tui.drawing.lines import Line, that_fit
from bptui.tui.drawing.matrices import Matrix, matrices
from bptui.tui.drawing.number_lines import Bools, NumberLines, Verdicts, heading, label_width
from bptui.tui.drawing.numbers import axis_number
from bptui.tui.drawing.symbols import Symbols, subscript
from bptui.tui.panes.columns_pane import ColumnsPane

MOST_COLUMNS = 60
MOST_ENTRIES = 5_000
"""A matrix beyond either is drawn as a heat map."""
_HEAT_ROWS = 12
_KEPT_CHANGING = 3
"""A running cell that moved in any of the last so many drawings is drawn as changing."""


class ThetaPane(ColumnsPane):
    """Every matrix Θ with its bias column set apart."""

    HELP: ClassVar[str] = (
        "The parameters Θ: one row a unit, its bias left of the bar; or your own arrays. Numbers "
        "that are changing are emphasized, and those whose gradient is wrong have a sign (✗) "
        "before them; what is too large for numbers is a heat map."
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make an empty pane."""
        super().__init__(id=id, classes=classes)
        self._rounded: list[NDArray[Any]] = []
        self._ages: list[NDArray[np.uint8]] = []
        self._last: tuple[int, str] = (-1, "")

    def draw(self, snapshot: Snapshot) -> None:
        """Show the matrices, telling numbers that change from those at rest."""
        name = self.symbols.text("Θ")
        rate = ""
        if np.isfinite(snapshot.scheduled_learning_rate):  # else a watched run does not say
            rate = self.symbols.text(f"η {axis_number(snapshot.scheduled_learning_rate, 3)}")
        self.set_title((name, ""), ("  ", ""), (rate, "dim"))
        found = matrices(snapshot, self.symbols)
        changing = self._changing(snapshot, found)
        width = max(1, self.room(sum(map(_height, found))).width)
        verdicts = _verdicts(snapshot, found)
        self._show_subtitle(snapshot, signs=any(map(np.any, verdicts)))
        self.show_lines(
            ThetaLines(
                found,
                changing,
                verdicts,
                width,
                self.symbols,
                self.scroll_offset.x,
                shades=self.shades,
            )
        )

    def _show_subtitle(self, snapshot: Snapshot, *, signs: bool) -> None:
        parts: list[Line] = []
        if signs and snapshot.report_is_old:
            parts.append(((f"signs of epoch {snapshot.report_epoch:,}", "warning"),))
        if snapshot.checkpoint_epoch is not None:
            parts.append(((f"checkpoint of epoch {snapshot.checkpoint_epoch:,}", "dim"),))
        elif (equal := snapshot.equal_units) is not None:
            one, other = (subscript("a", unit + 1) for unit in equal)
            parts.append(((f"{one} and {other} are equal: symmetry", "dim"),))
        separators = [self.symbols.separator] * (len(parts) - 1)
        self.set_subtitle(*that_fit(parts, self.title_width, separators))

    def _changing(self, snapshot: Snapshot, found: list[Matrix]) -> list[Bools]:
        now = (snapshot.epoch, snapshot.state)
        rounded = [
            np.empty(0) if _as_heat_map(matrix) else np.round(matrix.values, 3) for matrix in found
        ]
        if [array.shape for array in rounded] != [array.shape for array in self._rounded]:
            self._ages = [np.full(array.shape, 255, np.uint8) for array in rounded]
        elif now != self._last:
            rests = snapshot.state != "running"
            for age, old, new in zip(self._ages, self._rounded, rounded, strict=True):
                age[:] = 255 if rests else np.minimum(age, 254) + 1
                age[(old != new) & ~(np.isnan(old) & np.isnan(new))] = 0
        self._rounded, self._last = rounded, now
        return [age < _KEPT_CHANGING for age in self._ages]


class ThetaLines:
    """The lines of all matrices, one after the other."""

    def __init__(
        self,
        found: list[Matrix],
        changing: list[Bools],
        verdicts: list[Verdicts],
        width: int,
        symbols: Symbols,
        scrolled: int,
        *,
        shades: bool,
    ) -> None:
        """Lay out for a pane `width` cells wide, with so many columns scrolled out.

        Only heat maps are computed here.
        """
        numbers = [matrix for matrix in found if not _as_heat_map(matrix)]
        label = label_width(numbers)
        self._width = width
        self._blocks: list[NumberLines | HeatLines] = [
            HeatLines(matrix, verdict, width, symbols, shades=shades)
            if _as_heat_map(matrix)
            else NumberLines(matrix, moved, verdict, label, symbols, room=width, scrolled=scrolled)
            for matrix, moved, verdict in zip(found, changing, verdicts, strict=True)
        ]
        self._ends = np.cumsum([block.height for block in self._blocks], dtype=int).tolist()

    @property
    def height(self) -> int:
        """Lines of all matrices."""
        return self._ends[-1] if self._ends else 0

    @property
    def width(self) -> int:
        """Cells of the pane, and one more for every column that can be scrolled out."""
        return self._width + max((block.most_scrolled for block in self._blocks), default=0)

    def line(self, index: int) -> Line:
        """Return one line."""
        for block, end in zip(self._blocks, self._ends, strict=True):
            if index < end:
                return block.line(index - end + block.height)
        return ()


class HeatLines:
    """One matrix as a heat map under its name."""

    def __init__(
        self, matrix: Matrix, verdicts: Verdicts, width: int, symbols: Symbols, *, shades: bool
    ) -> None:
        """Reduce the matrix to `width` columns and a handful of rows."""
        bar = 1 if matrix.biased else 0
        parts = [matrix.values[:, :bar], matrix.values[:, bar:]]
        room = max(1, width - 2 * bar)
        scale = heat_scale(matrix.values)
        maps = [heat_map(part, _HEAT_ROWS, room, scale) for part in parts if part.shape[1]]
        self._levels = [one.levels for one in maps]
        tall, wide = maps[-1].block
        block = f"  largest of {tall}×{wide}" if tall * wide > 1 else ""
        legend: Line = (
            (heading(matrix), "strong"),
            ("  ", ""),
            *heat_legend(scale, symbols, shades=shades),
        )
        titles: list[Line] = [legend, ((symbols.text(block), "dim"),)]
        wrong = int(np.count_nonzero(verdicts == VERDICTS.index("fail")))
        if wrong:
            titles.insert(1, ((f"  {symbols.fail} {wrong:,} wrong", "bad"),))
        self._title = that_fit(titles, width, [""] * (len(titles) - 1))
        self._symbols, self._shades, self._biased = symbols, shades, bool(bar)
        self.height = _height(matrix)
        self.most_scrolled = 0

    def line(self, index: int) -> Line:
        """Return the title, or one row of cells."""
        if index == 0:
            return self._title
        rows = [
            heat_line(levels[index - 1], self._symbols, shades=self._shades)
            for levels in self._levels
        ]
        if not self._biased:
            return rows[0]
        return (*rows[0], (self._symbols.vertical, "dim"), *rows[-1])


def _verdicts(snapshot: Snapshot, found: list[Matrix]) -> list[Verdicts]:
    """Return the verdict on every entry, `pass` where the last check says nothing of it."""
    verdicts = [np.zeros(matrix.values.shape, np.uint8) for matrix in found]
    report = snapshot.report
    if report is not None and len(report.arrays) == len(found):
        for place, array in enumerate(report.arrays):
            if array.drawn is not None:
                verdicts[place].flat[array.drawn] = array.verdicts
            elif array.verdicts.size == verdicts[place].size:
                verdicts[place] = array.verdicts.reshape(verdicts[place].shape)
    return verdicts


def _height(matrix: Matrix) -> int:
    rows = len(matrix.values)
    return 1 + (min(rows, _HEAT_ROWS) if _as_heat_map(matrix) else rows)


def _as_heat_map(matrix: Matrix) -> bool:
    return matrix.values.shape[1] > MOST_COLUMNS or matrix.values.size > MOST_ENTRIES
