"""The cost curve."""

from math import floor, isfinite
from typing import Any, ClassVar

from bptui.core.history import CostCurve
from bptui.core.plateaus import plateaus
from bptui.core.snapshot import Snapshot
from bptui.tui.drawing.axes import epoch_axis
from bptui.tui.drawing.chart import VerticalMark, Word, chart_layout, draw_chart
from bptui.tui.drawing.compared_curves import compared_lines
from bptui.tui.drawing.cost_curve import column_series, cost_axis
from bptui.tui.drawing.lines import Line, Span, TextLines, that_fit, wrapped
from bptui.tui.drawing.numbers import significant
from bptui.tui.drawing.outcomes import outcomes
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.panes.line_pane import blank_source
from bptui.tui.panes.snapshot_pane import SnapshotPane

SPACE = "space goes on"
"""How training goes on wherever keys are heard."""
_SHORTEST_NAME = len("sign…")


class CostPane(SnapshotPane):
    """The cost of every epoch, with plateaus and changes of the learning rate marked."""

    HELP: ClassVar[str] = (
        "The cost J by epoch; no spike is lost, however many epochs share a column. "
        "Plateaus that it has left, changes of the learning rate η and planted faults are marked; "
        "the validation cost has its own curve, and beside it stands how good the outputs for "
        "those samples are."
    )
    SCROLLS: ClassVar[bool] = False
    DEFAULT_CSS = """
    CostPane { overflow: hidden; }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make an empty pane with a linear axis."""
        super().__init__(id=id, classes=classes)
        self._log_axis = False
        self._goes_on = SPACE
        self._drawn: tuple[Any, ...] = ()
        self._curve: CostCurve | None = None

    @property
    def log_axis(self) -> bool:
        """Whether the axis of J is logarithmic."""
        return self._log_axis

    @log_axis.setter
    def log_axis(self, log: bool) -> None:
        self._log_axis = log
        self.redraw()

    @property
    def goes_on(self) -> str:
        """How training goes on that is paused before its first epoch."""
        return self._goes_on

    @goes_on.setter
    def goes_on(self, goes_on: str) -> None:
        self._goes_on = goes_on
        self.redraw()

    def draw(self, snapshot: Snapshot) -> None:
        """Show the curve; where neither it nor the size changed, the title alone."""
        self._show_title(snapshot)
        curve = snapshot.curve
        waits_for = "" if curve.epochs else self._waits_for(snapshot)
        drawn = (id(curve), curve.epochs, self.size, self._log_axis, self.symbols.marker, waits_for)
        if drawn == self._drawn and not snapshot.compared:
            return
        # The curve is kept, so that no other can have its identity.
        self._drawn, self._curve = drawn, curve
        if snapshot.compared:
            lines = compared_lines(snapshot.compared, *self.size, self.symbols, log=self._log_axis)
        else:
            lines = cost_lines(curve, *self.size, self.symbols, log=self._log_axis)
        if lines:
            self.show_lines(TextLines(lines))
        else:
            self.show_lines(blank_source(*wrapped(waits_for, max(1, self.size.width))))

    def _waits_for(self, snapshot: Snapshot) -> str:
        if snapshot.state == "paused" and not snapshot.watched:
            return f"paused at epoch {snapshot.epoch:,}; {self._goes_on}"
        return "waiting for the first epoch"

    def _show_title(self, snapshot: Snapshot) -> None:
        # J itself is in the status line, which is drawn more often than this.
        words = ["Cost"]
        if snapshot.validation_cost is not None:
            words.append(f"  validation {significant(snapshot.validation_cost)}")
            words += _score(snapshot, self.symbols)
        parts: list[Line] = [
            ((text, "series2" if place else ""),) for place, text in enumerate(words)
        ]
        self.set_title(*that_fit(parts, self.title_width, [""] * (len(parts) - 1)))
        self.set_subtitle(("log axis" if self._log_axis else "linear axis", "dim"))


def _score(snapshot: Snapshot, symbols: Symbols) -> tuple[str, ...]:
    """Return how good the outputs for the validation set are; the last words may be left out."""
    score = snapshot.validation_score
    if score is None or not isfinite(score):
        return ()
    if not outcomes(snapshot.description).classify:
        return (f"  {symbols.text('R²')} {score:.3g}",)
    # Rounded down, for 100 % is to mean all.
    return f"  {floor(1000.0 * score) / 10.0:g} %", " right"


def cost_lines(
    curve: CostCurve, width: int, height: int, symbols: Symbols, *, log: bool
) -> tuple[Line, ...]:
    """Return the plot of a curve in `width` x `height` cells, or nothing before the first epoch."""
    columns = curve.columns
    if not len(columns) or width < 1 or height < 1:
        return ()
    y_axis = cost_axis([curve], height, log)
    layout = chart_layout(width, height, y_axis)
    x_axis = epoch_axis(curve.epochs, layout.width)
    bins = layout.width * symbols.marker_columns
    series = [
        column_series(columns.epoch, columns.low, columns.high, bins, x_axis, y_axis, "series1")
    ]
    legend: tuple[Span, ...] = ()
    if len(curve.validation_epoch):
        cost = curve.validation_cost
        validation = column_series(
            curve.validation_epoch, cost, cost, bins, x_axis, y_axis, "series2"
        )
        series.insert(0, validation)
        legend = (("training", "series1"), ("validation", "series2"))
    return draw_chart(
        width,
        height,
        x_axis,
        y_axis,
        series,
        symbols,
        marks=[
            VerticalMark(mark.epoch, mark.text, _SHORTEST_NAME if mark.kind == "fault" else None)
            for mark in curve.marks
        ],
        words=[Word(first, last, "plateau") for first, last in plateaus(columns)],
        legend=legend,
    )
