"""What panes of matrices share: they scroll sideways by whole columns."""

from bptui.tui.panes.snapshot_pane import SnapshotPane


class ColumnsPane(SnapshotPane):
    """A pane whose lines leave out columns themselves, so that the names of their rows stay.

    Its lines are as wide as the pane, and one cell wider for every column that can be scrolled
    out: Textual's keys then move by columns, of which `scroll_offset.x` are out.
    """

    DEFAULT_CSS = "ColumnsPane { scrollbar-size: 0 1; }"

    def on_mount(self) -> None:
        """Lay out anew whenever the pane is scrolled sideways."""
        self.watch(self, "scroll_x", self.redraw, init=False)

    @property
    def cells_out(self) -> int:
        """No cell of a line is scrolled out."""
        return 0
