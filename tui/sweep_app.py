"""The screen of a finished sweep: a chart for each setting, all with the same axes."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.driver import Driver
from textual.events import Resize
from textual.filter import NoColor
from textual.widgets import Static

from bptui.core.sweeping import SweepResult
from bptui.core.sweeping.table import heading
from bptui.tui.drawing.sweep_charts import cost_axis, cost_curves
from bptui.tui.drawing.symbols import UNICODE, Symbols
from bptui.tui.leaving_app import LeavingApp
from bptui.tui.panes.ascii_scroll_bar import AsciiScrollBarRender
from bptui.tui.panes.sweep_setting import SweepSettingPane

_NARROWEST = 38
"""Columns of a chart, at least."""
_TICKS_FOR = 12
"""Rows of a chart, for the ticks of the axis that all share."""
MOST_CHARTS = 60
_COSTS = "J, from below: of the best network, and below which 1, 5 and 9 in 10 are; s shows shares"
_SHARES = "share that is solved by each epoch; s shows J"
_KEYS = " s share solved or J   Tab, wheel move   q leave"


class SweepApp(LeavingApp):
    """Small multiples of a sweep."""

    TITLE = "bptui sweep"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #heading { height: auto; padding: 0 1; }
    #charts { layout: grid; grid-gutter: 0 1; grid-rows: 14; }
    #keys { height: 1; dock: bottom; background: $footer-background; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,escape,ctrl+q,ctrl+c", "quit", "Leave", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True),
        Binding("s,space", "switch", "Share solved or J", show=False),
    ]

    def __init__(self, found: SweepResult, symbols: Symbols = UNICODE) -> None:
        """Take what to show, and the characters that the terminal can show."""
        super().__init__()
        self.symbols = symbols
        if self.no_color:
            self._filters = [NoColor()]
        self._found = found
        self._shares = False

    def compose(self) -> ComposeResult:
        """Make a heading, a chart for each setting and a line of keys."""
        settings = self._found.settings[:MOST_CHARTS]
        axis = cost_axis([cost_curves(each) for each in settings], _TICKS_FOR)
        self._panes = [SweepSettingPane(each, axis) for each in settings]
        self._heading = Static(self._text(), id="heading", markup=False)
        yield self._heading
        with VerticalScroll(id="charts", can_focus=False) as self._charts:
            yield from self._panes
        yield Static(_KEYS, id="keys", markup=False)

    def on_mount(self) -> None:
        """Choose scroll bars that this terminal can show."""
        if not self.symbols.unicode:
            self._charts.vertical_scrollbar.renderer = AsciiScrollBarRender  # type: ignore[misc]
        self._panes[0].focus()

    def on_resize(self, event: Resize) -> None:
        """Put as many charts side by side as there is room for."""
        fitting = max(1, min(len(self._panes), event.size.width // _NARROWEST))
        rows = -(-len(self._panes) // fitting)
        self._charts.styles.grid_size_columns = -(-len(self._panes) // rows)

    @on(Driver.SignalResume)
    def _draw_after_suspension(self) -> None:
        # The terminal's other screen was cleared, of which Textual knows nothing.
        self.screen.refresh(layout=True)

    def action_switch(self) -> None:
        """Show the share solved instead of J, or J again."""
        self._shares = not self._shares
        self._heading.update(self._text())
        for pane in self._panes:
            pane.show_shares(self._shares)

    def _text(self) -> str:
        first, solved = heading(self._found).split("\n")
        if len(self._found.settings) > MOST_CHARTS:
            first += f" · the first {MOST_CHARTS} are shown"
        shown = _SHARES if self._shares else _COSTS
        return "\n".join(map(self.symbols.text, (first, solved, shown)))
