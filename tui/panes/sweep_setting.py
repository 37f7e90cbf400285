"""What one setting of a sweep came to."""

from typing import ClassVar

from textual.events import Resize

from bptui.core.sweeping import SettingResult
from bptui.tui.drawing.axes import Axis, epoch_axis
from bptui.tui.drawing.chart import draw_chart
from bptui.tui.drawing.lines import Line, TextLines, that_fit
from bptui.tui.drawing.sweep_charts import PERCENT, cost_curves, share_series
from bptui.tui.panes.line_pane import LinePane, blank_source

_STYLES = ("series3", "series1", "series2", "dim")
"""Of the quantiles of J, and of its lowest curve."""


class SweepSettingPane(LinePane):
    """The costs of a setting's networks over the epochs, or the share of them that is solved."""

    SCROLLS: ClassVar[bool] = False
    DEFAULT_CSS = """
    SweepSettingPane { overflow: hidden; height: 14; }
    """

    def __init__(self, found: SettingResult, cost_axis: Axis | None) -> None:
        """Show costs first.

        Args:
            found: what the setting came to.
            cost_axis: the axis of J, which all settings share; `None` if none has a cost.
        """
        super().__init__()
        self._found, self._cost_axis = found, cost_axis
        self._curves = cost_curves(found)
        self._shares = False

    def show_shares(self, shares: bool) -> None:
        """Show the share that is solved, or the costs."""
        self._shares = shares
        self._draw()

    def on_resize(self, event: Resize) -> None:
        """Fill the new room."""
        self._draw()

    def _draw(self) -> None:
        found = self._found
        # Spelled before it is measured: in ASCII it may be longer.
        name = self.symbols.text(found.setting.name or "all networks")
        parts: list[Line] = [((f"{found.setting.number} {name}", "strong"),)]
        if found.networks:
            low, high = found.interval
            parts.append(((f"{100 * found.share:.1f} % solved", ""),))
            parts.append(((f"{100 * low:.1f} to {100 * high:.1f}", "dim"),))
        self.set_title(*that_fit(parts, self.title_width, ["  "] * (len(parts) - 1)))
        self._show_subtitle()
        width, height = self.size
        lines = self._lines(width, height)
        self.show_lines(TextLines(lines) if lines else blank_source("nothing is finished"))

    def _show_subtitle(self) -> None:
        epochs = self._found.epochs_quantiles
        self.set_subtitle(("" if epochs is None else f"median {epochs[1]:,} epochs", "dim"))

    def _lines(self, width: int, height: int) -> tuple[Line, ...]:
        if not self._found.networks or width < 4 or height < 2:
            return ()
        if self._shares:
            x_axis, series = share_series(self._found, width, "series1")
            return draw_chart(width, height, x_axis, PERCENT, [series], self.symbols)
        if self._cost_axis is None:
            return ()
        x_axis = epoch_axis(int(self._curves.epochs[-1]), width)
        drawn = self._curves.series(x_axis, self._cost_axis, _STYLES)
        return draw_chart(width, height, x_axis, self._cost_axis, drawn, self.symbols)
