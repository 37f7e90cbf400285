"""The gradient check, entry by entry."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len
from textual.geometry import Size

from bptui.core.check import METHODS, VERDICTS, ArrayReport, Report, entry_name
from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.lines import Line, Span, fit, line_width, that_fit, wrapped
from bptui.tui.drawing.numbers import axis_number
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.drawing.verdicts import VERDICT_STYLES, verdict_sign
from bptui.tui.panes.line_pane import blank_source
from bptui.tui.panes.snapshot_pane import SnapshotPane

_SMALL = 60
"""Up to so many entries are shown in their own order."""
_FIRST = 256
"""So many of the worst are found first; the rest are sorted when someone scrolls there."""
_LEAST_ENTRIES = 3
"""Lines of entries that a long diagnosis leaves room for."""
_AGREES = 1e-3
"""A relative error beyond this passes only where both are 0 but for rounding."""
_WIDEST_NAME = 24
_GAP = 4
"""Cells between two entries side by side."""


class GradientCheckPane(SnapshotPane):
    """Backpropagation and a numerical gradient side by side, with a verdict."""

    HELP: ClassVar[str] = (
        "The gradient of backpropagation, or of your own code, beside a numerical one, taken at "
        "the same Θ. An entry is wrong (✗) when the two differ by more than rounding can explain, "
        "unresolved (?) when the arithmetic cannot tell, and at a kink (^) when the cost has no "
        "derivative there; ≈ 0 says that both are 0 but for rounding. Worst first goes by the "
        "error against what rounding explains, by itself where one is wrong or over 60 are shown. "
        "Checks take a share of the time; where it trains on for over a second before the next, "
        "the epoch of the one shown is followed by: earlier Θ."
    )

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make a pane that chooses the order of its rows by itself."""
        super().__init__(id=id, classes=classes)
        self._worst_first: bool | None = None
        self._table: CheckLines | None = None
        self._verdict = ""

    @property
    def worst_first(self) -> bool:
        """Whether the entries that agree least come first; by itself if there are many or fail."""
        if self._worst_first is not None:
            return self._worst_first
        report = self.snapshot.report if self.snapshot else None
        return report is not None and (report.entries > _SMALL or not report.passed)

    @worst_first.setter
    def worst_first(self, worst_first: bool) -> None:
        self._worst_first = worst_first
        self.redraw()

    def draw(self, snapshot: Snapshot) -> None:
        """Show the last report, or why there is none."""
        report = snapshot.report
        if not snapshot.checking or report is None:
            self._show_none(snapshot)
            return
        table = self._table
        worst_first = self.worst_first
        room = self.room(report.entries + 1 + len(_explanations(report)))
        width = room.width
        if table is None or not table.fits(report, worst_first, room):
            table = self._table = CheckLines(report, worst_first, room, self.symbols)
        self.set_title(*title(table, self.title_width, self.symbols))
        epoch: Span = (f"epoch {snapshot.report_epoch:,}", "dim")
        if snapshot.report_is_old:
            epoch = (self.symbols.text(f"{epoch[0]}: earlier Θ"), "warning")
        parts: list[Line] = [(("worst first" if worst_first else "in order", "dim"),)]
        if report.entries < report.parameters:
            parts.append(((f"drawn from {report.parameters:,}", "dim"),))
        fits = table.width + 2 + len(epoch[0]) <= width
        table.note = epoch if fits else None
        if not fits:
            parts.insert(0, (epoch,))
        separators = [self.symbols.separator] * (len(parts) - 1)
        self.set_subtitle(*that_fit(parts, self.title_width, separators))
        self.show_lines(table)
        if report.verdict != self._verdict:
            # What is said of it stands above the entries.
            self.scroll_home(animate=False)
            self._verdict = report.verdict

    def _show_none(self, snapshot: Snapshot) -> None:
        self._table = None
        word, why = "waiting", "waiting for the first check"
        if not snapshot.checking:
            word, why = "off", "off; g switches it on"
        elif snapshot.no_report:
            word, why = "none", snapshot.no_report
        why = snapshot.no_check or why
        self.set_title(("Gradient check  ", ""), (word, "dim"))
        self.set_subtitle()
        why = self.symbols.text(why)
        self.show_lines(blank_source(*wrapped(why, max(1, self.room().width))))


class CheckLines:
    """The lines of a report, formatted when they are looked at."""

    def __init__(self, report: Report, worst_first: bool, room: Size, symbols: Symbols) -> None:
        """Lay out for a pane with so much room.

        Entries that would have to be scrolled to stand side by side where that fits: in
        their order down the blocks, worst first across them.
        """
        self.report, self._worst_first = report, worst_first
        self._room, self._symbols = room, symbols
        self._ends = np.cumsum([array.backprop.size for array in report.arrays])
        self._order: NDArray[np.intp] | None = None
        self.entries = report.entries
        self.agreeing = sum(int(np.count_nonzero(a.verdicts == 0)) for a in report.arrays)
        self.digits = _digits(report)
        self._names = [symbols.text(array.name) for array in report.arrays]
        self._name_width = min(_WIDEST_NAME, max(map(self._longest_name, range(len(self._names)))))
        whole = self._explained()
        most = max(1, room.height - 1 - min(self.entries, _LEAST_ENTRIES))
        self._before, self._after = whole, list[Line]()
        if len(whole) > most:
            # The beginning stays above the entries; the whole follows them.
            (text, style) = whole[most - 1][0]
            cut = symbols.ellipsis
            text = fit(text, min(cell_len(text), max(20, room.width) - len(cut)), ellipsis="")
            self._before = [*whole[: most - 1], ((text.rstrip() + cut, style),)]
            self._after = [(), *whole]
        self._header = (
            f"  {fit('entry', self._name_width)}  {'backprop':>14}  {'numerical':>14}"
            f"  {'rel. error':>10}"
        )
        self.note: Span | None = None
        """What to write beside the header."""
        block = len(self._header)
        self._blocks = 1
        if len(self._before) + 1 + self.entries > room.height:
            self._blocks = max(1, (room.width + _GAP) // (block + _GAP))
        self._rows = -(-self.entries // self._blocks)
        self.height = len(self._before) + 1 + self._rows + len(self._after)
        self.width = self._blocks * (block + _GAP) - _GAP

    def fits(self, report: Report, worst_first: bool, room: Size) -> bool:
        """Return whether this is the table of just these."""
        return self.report is report and (self._worst_first, self._room) == (worst_first, room)

    def line(self, index: int) -> Line:
        """Return a line of the diagnosis, the header, a row, or the whole diagnosis again."""
        if index < len(self._before):
            return self._before[index]
        if index == len(self._before):
            headers = (" " * _GAP).join([self._header] * self._blocks)
            return ((headers, "dim"), *((("  ", ""), self.note) if self.note else ()))
        row = index - len(self._before) - 1
        if row >= self._rows:
            return self._after[row - self._rows]
        if self._worst_first:
            places = range(row * self._blocks, min(self.entries, (row + 1) * self._blocks))
        else:
            places = range(row, self.entries, self._rows)
        spans: list[Span] = []
        for place in places:
            spans += [(" " * _GAP, "")] if spans else []
            spans += self._entry_line(self._entry(place))
        return tuple(spans)

    def _entry_line(self, entry: int) -> Line:
        which = int(np.searchsorted(self._ends, entry, side="right"))
        array = self.report.arrays[which]
        flat = entry - (int(self._ends[which - 1]) if which else 0)
        return self._row(array, self._names[which], flat)

    def _row(self, array: ArrayReport, name: str, flat: int) -> Line:
        verdict = VERDICTS[int(array.verdicts.flat[flat])]
        label = fit(
            entry_name(name, array.index_of(flat)),
            self._name_width,
            ellipsis=self._symbols.ellipsis,
        )
        relative = float(array.relative_error.flat[flat])
        error = f"{relative:.1e}"
        if verdict == "pass" and relative > _AGREES:
            error = self._symbols.text("≈ 0")
        text = (
            f"{verdict_sign(verdict, self._symbols)} {label}  {array.backprop.flat[flat]:>+14.7e}"
            f"  {array.numerical.flat[flat]:>+14.7e}  {error:>10}"
        )
        return ((text, "" if verdict == "pass" else VERDICT_STYLES[verdict]),)

    def _entry(self, row: int) -> int:
        if not self._worst_first:
            return row
        if self._order is None or row >= len(self._order):
            badness = -np.concatenate([array.badness.ravel() for array in self.report.arrays])
            # The first ones stay as they are when the rest follow, also where many are equal.
            first = np.empty(0, np.intp)
            if self.entries > _FIRST:
                first = np.sort(np.argpartition(badness, _FIRST)[:_FIRST])
            rest = np.delete(np.arange(self.entries), first)
            parts = [first]
            if row >= len(first):
                parts.append(rest)
            self._order = np.concatenate(
                [part[np.argsort(badness[part], kind="stable")] for part in parts]
            )
        return int(self._order[row])

    def _longest_name(self, which: int) -> int:
        shape = self.report.arrays[which].shape
        last = tuple(max(0, size - 1) for size in shape)
        return max(5, cell_len(entry_name(self._names[which], last)))

    def _explained(self) -> list[Line]:
        width = max(20, self._room.width)
        style = "bad" if self.report.verdict == "fail" else "warning"
        return [
            ((line, style),)
            for message in _explanations(self.report)
            for line in wrapped(self._symbols.text(message), width)
        ]


def _explanations(report: Report) -> list[str]:
    """Return what may be wrong, or what to do where nothing is said and the check cannot tell."""
    messages = list(report.explanations)
    if messages or report.verdict != "unresolved":
        return messages
    if report.epsilon is None:
        return ["Rounding hides what is left of the entries marked ?."]
    return [
        "Truncation or rounding of this ε hides what is left of the entries marked ?: "
        "[ ] change ε, m takes another method."
    ]


def title(table: CheckLines, width: int, symbols: Symbols) -> Line:
    """Return the verdict first, then as much as fits of how many agree, how well, and how."""
    report = table.report
    verdict: Span = (report.verdict.upper(), VERDICT_STYLES[report.verdict])
    name = "Gradient check" if width >= len("Gradient check  UNRESOLVED") else "Check"
    start: Line = ((name, ""), ("  ", ""), verdict)
    drawn = "" if report.entries == report.parameters else " drawn"
    count = f"{table.agreeing:,} of {table.entries:,}{drawn}"
    agree, shorter = f"{count} agree", count
    if report.passed and table.digits:
        agree, shorter = f"{agree} to {table.digits} digits", f"{count}, {table.digits} digits"
    methods = [symbols.text(text) for text in _methods(report)]
    choices = [
        *((agree, method) for method in methods),
        *((shorter, method) for method in methods),
        (count, methods[-1]),
        (shorter, ""),
        (count, ""),
    ]
    for words, method in choices:
        line: Line = (*start, ("  ", ""), (words, ""))
        if method:
            line += ((symbols.separator, ""), (method, "dim"))
        if line_width(line) <= width:
            return line
    return start


def _methods(report: Report) -> list[str]:
    """Return what the method is called, from the longest form to the shortest."""
    name = METHODS[report.method].title if report.method in METHODS else report.method
    word = name.split(" ")[0] if report.method in METHODS else name
    if report.epsilon is None:
        return [name, word]
    step = axis_number(report.epsilon, 3)
    return [f"{name}, ε = {report.epsilon:g}", f"{word}, ε {step}", f"{word} {step}"]


def _digits(report: Report) -> int:
    largest = max(float(array.relative_error.max(initial=0.0)) for array in report.arrays)
    if not np.isfinite(largest):
        return 0
    return int(np.clip(np.floor(-np.log10(max(largest, 1e-16))), 0, 16))
