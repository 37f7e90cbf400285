"""What all panes share: they keep the last snapshot and draw it again when their size changes."""

from typing import ClassVar

from bptui.core.snapshot import Snapshot
from bptui.tui.panes.line_pane import LinePane


class SnapshotPane(LinePane):
    """A pane that draws one part of a snapshot."""

    HELP: ClassVar[str] = ""
    """What the pane shows, for the help screen."""

    snapshot: Snapshot | None = None
    """What was shown last."""

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        self.snapshot = snapshot
        self.draw(snapshot)

    def redraw(self) -> None:
        """Draw the last snapshot again, after a change of size or of a setting of the pane."""
        if self.snapshot is not None:
            self.draw(self.snapshot)

    def draw(self, snapshot: Snapshot) -> None:
        """Lay out `snapshot` and show its lines."""
        raise NotImplementedError

    def on_resize(self) -> None:
        """Lay out anew for the new size."""
        self.redraw()

    def on_show(self) -> None:
        """Draw what came while the pane was hidden: one without lines has no size to change."""
        self.redraw()
