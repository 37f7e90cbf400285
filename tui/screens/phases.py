"""The screen on which one step of training is gone through, phase by phase."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from bptui.core.snapshot import Snapshot
from bptui.core.training.commands import Command, ShowPhases, Step
from bptui.core.training.phases import phases_of
from bptui.tui.panes.phases import PhasesPane
from bptui.tui.screens.over import OverScreen


class PhasesScreen(OverScreen[None]):
    """Phase after phase of the next step; after the last one its epoch is trained."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Close", show=False),
        Binding("S,shift+s,enter,space", "next", "Next phase", show=False),
        Binding("backspace", "back", "Phase before", show=False),
    ]

    DEFAULT_CSS = "PhasesScreen > PhasesPane { max-width: 120; max-height: 40; }"

    def __init__(self, snapshot: Snapshot, send: Callable[[Command], None]) -> None:
        """Ask for the phases of the next step.

        Args:
            snapshot: what is known already.
            send: asks the session for something.
        """
        super().__init__()
        self._send = send
        self._phases = len(phases_of(len(snapshot.description.layers) - 1))
        self.pane = PhasesPane()
        self.pane.snapshot = snapshot
        self._ask()

    def compose(self) -> ComposeResult:
        """Show the pane alone."""
        yield self.pane

    def action_next(self) -> None:
        """Go to the next phase, or train the epoch and go to the first of the next one."""
        if self._is_over:
            return
        if self.pane.place + 1 < self._phases:
            self.pane.turn_to(self.pane.place + 1)
            return
        self._send(Step())
        self._ask()
        self.pane.turn_to(0)

    def action_back(self) -> None:
        """Go to the phase before."""
        if self.pane.place and not self._is_over:
            self.pane.turn_to(self.pane.place - 1)

    def on_phases_pane_turned(self, message: PhasesPane.Turned) -> None:
        """Go where an arrow points."""
        if message.forward:
            self.action_next()
        else:
            self.action_back()

    @property
    def _is_over(self) -> bool:
        """Whether there is no next step."""
        phased = self.pane.phased
        return phased is not None and phased.phases is None

    def _ask(self) -> None:
        self.pane.wait()
        self._send(ShowPhases())
