"""The screen on which the error of every difference is seen against its step ε."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from bptui.core.snapshot import Snapshot
from bptui.tui.actions import ACTIONS
from bptui.tui.panes.epsilon import EpsilonPane
from bptui.tui.screens.over import OverScreen

_KEPT = ("pause", "step", "method", "smaller-epsilon", "larger-epsilon", "sweep-epsilon")
"""The dashboard's actions that work here as well."""


class EpsilonScreen(OverScreen[None]):
    """The V of every difference; the keys that choose the method and ε move the mark."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", show=False),
        *(
            Binding(action.keys, f"app.act('{action.id}')", action.title, show=False)
            for action in ACTIONS
            if action.id in _KEPT
        ),
    ]

    DEFAULT_CSS = "EpsilonScreen > EpsilonPane { max-width: 120; max-height: 40; }"

    def __init__(self, snapshot: Snapshot) -> None:
        """Begin with what is known already."""
        super().__init__()
        self.pane = EpsilonPane()
        self.pane.snapshot = snapshot

    def compose(self) -> ComposeResult:
        """Show the pane alone."""
        yield self.pane
