"""The error of every kind of difference against its step ε."""

from collections.abc import Sequence

import numpy as np

from bptui.core.check import METHODS, EpsilonSweep, MethodSweep
from bptui.core.snapshot import Snapshot, Swept
from bptui.tui.drawing.chart import VerticalMark
from bptui.tui.drawing.epsilon_plot import (
    epsilon_plot,
    kind_of_difference,
    series_style,
    slope_text,
)
from bptui.tui.drawing.lines import Line, TextLines, fit, wrapped
from bptui.tui.drawing.numbers import axis_number, significant, two_digits
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.panes.line_pane import blank_source
from bptui.tui.panes.snapshot_pane import SnapshotPane

_LOWEST_PLOT = 6
_NEAR_THE_BEST = 3.0
"""Up to so many times the smallest error, a step is as good as the best."""
_ONE_PRESS = 10
"""What [ and ] divide and multiply ε by."""
_V = (
    "Right of its best ε ({point}) an error is truncation, and falls as ε to the power of its "
    "slope. Left of it rounding rules, and grows as 1/ε whatever the kind."
)


class EpsilonPane(SnapshotPane):
    """A plot of the last sweep, and in words what it says of the ε in use."""

    def on_mount(self) -> None:
        """Say anew, whenever the pane is scrolled, whether there is more."""
        self.watch(self, "scroll_y", self.redraw, init=False)

    def draw(self, snapshot: Snapshot) -> None:
        """Show the sweep, or why there is none."""
        symbols, (width, height) = self.symbols, self.room()
        self.set_title(("Error of the differences against ε", ""))
        swept = snapshot.swept
        if swept is None or swept.sweep is None:
            why = "measuring" if swept is None else swept.why_not
            lines = blank_source(*wrapped(symbols.text(why), width)).lines
        else:
            lines = _lines(snapshot, swept, swept.sweep, width, height, symbols)
            if len(lines) > height:
                width = self.room(len(lines)).width
                lines = _lines(snapshot, swept, swept.sweep, width, height, symbols)
        self._show_keys(more=self.goes_on_below(len(lines)))
        self.show_lines(TextLines(lines))

    def _show_keys(self, *, more: bool) -> None:
        leave = ("Down: more", "Esc closes") if more else ("Esc closes",)
        for keys in (("[ ] ε", "m method", "v again"), ("[ ] m v change it",)):
            text = self.symbols.text(self.symbols.separator.join((*keys, *leave)))
            if len(text) <= self.title_width:
                break
        self.set_subtitle((text, "dim"))


def _lines(
    snapshot: Snapshot, swept: Swept, sweep: EpsilonSweep, width: int, height: int, symbols: Symbols
) -> tuple[Line, ...]:
    """Return the plot above a table and sentences, which may be more lines than there is room."""
    table = _table(sweep, snapshot, width, symbols)
    below: list[Line] = list(table)
    sentences = (
        in_use(sweep, snapshot.method, snapshot.epsilon),
        _scope(swept, sweep),
        _V.format(point=symbols.point),
    )
    for sentence, style in zip(sentences, ("", "dim", "dim"), strict=True):
        below += [((line, style),) for line in wrapped(symbols.text(sentence), width)]
    marks = []
    if snapshot.epsilon is not None and sweep.epsilons[-1] <= snapshot.epsilon:
        marks = [VerticalMark(snapshot.epsilon, f"ε {axis_number(snapshot.epsilon, 3)}")]
    rows = max(_LOWEST_PLOT, height - len(below))
    plot = epsilon_plot(sweep, width, rows, symbols, marks=marks, best=True)
    return (*plot, *below)


def _table(
    sweep: EpsilonSweep, snapshot: Snapshot, width: int, symbols: Symbols
) -> tuple[Line, ...]:
    """Return a row for each method; whole columns are left out where there is no room."""
    epsilon = snapshot.epsilon
    columns = [
        ["  difference", *(f"{each.order} {kind_of_difference(each)}" for each in sweep.methods)],
        ["slope", *(slope_text(each) for each in sweep.methods)],
        ["best ε", *(two_digits(each.best_epsilon) for each in sweep.methods)],
        ["error", *(two_digits(each.best_error) for each in sweep.methods)],
    ]
    if epsilon is not None:
        errors = [two_digits(sweep.error_at(epsilon, each)) for each in sweep.methods]
        columns.append([f"error at {axis_number(epsilon, 3)}", *errors])
        used = ["in use" if each.method == snapshot.method else "" for each in sweep.methods]
        columns.append(["", *used])
    rows: list[str] = []
    for place, column in enumerate(columns):
        cells = [symbols.text(cell) for cell in column]
        widest = max(map(len, cells))
        aligned = [fit(cell, widest, "right" if 0 < place < 5 else "left") for cell in cells]
        if not rows:
            rows = aligned
        elif len(rows[0]) + 2 + widest <= width:
            rows = [f"{row}  {cell}" for row, cell in zip(rows, aligned, strict=True)]
    header, *body = rows
    styles = [series_style(place) for place in range(len(sweep.methods))]
    return (
        ((header, "dim"),),
        *(
            ((row[:1], style), (row[1:], "strong" if each.method == snapshot.method else ""))
            for row, style, each in zip(body, styles, sweep.methods, strict=True)
        ),
    )


def in_use(sweep: EpsilonSweep, method: str, epsilon: float | None) -> str:
    """Return a sentence on the ε that the check takes now."""
    found = _method(sweep.methods, method)
    if found is None or epsilon is None:
        return "The check takes the complex step, which has no ε to choose; m takes a difference."
    title, error = METHODS[method].title, sweep.error_at(epsilon, found)
    step = f"The check takes the {title} with ε = {axis_number(epsilon, 3)}: "
    best, least = found.best_epsilon, found.best_error
    if not np.isfinite(error) or best is None or least is None:
        return step + "the error cannot be read here, so far from the steps of the sweep."
    step += f"error {two_digits(error)}, "
    if error <= _NEAR_THE_BEST * least:
        return step + "as good as the best."
    step += f"{significant(error / least, 2)} times the best"
    if epsilon > best and sweep.error_at(epsilon / _ONE_PRESS, found) < error:
        return step + ". It is truncation: a shorter ε is better."
    if epsilon < best and sweep.error_at(epsilon * _ONE_PRESS, found) < error:
        return step + ". It is rounding: a longer ε is better."
    return step + f", which lies less than a factor of {_ONE_PRESS} away."


def _method(methods: Sequence[MethodSweep], name: str) -> MethodSweep | None:
    return next((each for each in methods if each.method == name), None)


def _scope(swept: Swept, sweep: EpsilonSweep) -> str:
    which = f"all {sweep.parameters:,} entries"
    if sweep.entries < sweep.parameters:
        drawn = f"{sweep.entries:,} of {sweep.parameters:,} entries drawn"
        which = f"{drawn}, so that keys are answered soon"
    kinks = " Steps across a kink follow no power of ε." if sweep.kinks else ""
    return f"Measured at the Θ of epoch {swept.epoch:,}, {which}.{kinks}"
