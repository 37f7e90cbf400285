"""The dashboard: it lays out the panes, draws snapshots and sends commands."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.command import CommandPalette
from textual.containers import Horizontal, Vertical
from textual.events import Event, Key, Resize
from textual.filter import NoColor
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from bptui.core.snapshot import Snapshot
from bptui.core.training.commands import (
    ForgetMessage,
    Say,
    ShowBoundary,
    TogglePause,
)
from bptui.tui.actions import ACTIONS, NEXT_RUN, Action, applying
from bptui.tui.cadence import LOCAL, Cadence
from bptui.tui.direct_lines import DirectLines
from bptui.tui.drawing.symbols import UNICODE, Symbols
from bptui.tui.early_keys import EarlyKeys
from bptui.tui.key_bar import KeyBar
from bptui.tui.paced_app import PacedApp
from bptui.tui.panes.cost import CostPane
from bptui.tui.panes.gradient_check import GradientCheckPane
from bptui.tui.panes.gradient_norms import GradientNormsPane
from bptui.tui.panes.line_pane import blank_source
from bptui.tui.panes.predictions import PredictionsPane
from bptui.tui.panes.snapshot_pane import SnapshotPane
from bptui.tui.panes.status import StatusPane
from bptui.tui.panes.theta import ThetaPane
from bptui.tui.turns import Turns
from bptui.tui.worker import TrainingWorker

if TYPE_CHECKING:
    from bptui.tui.screens.epsilon import EpsilonScreen
    from bptui.tui.screens.phases import PhasesScreen

SMALLEST_COLUMNS, SMALLEST_ROWS = 60, 15
_SILENCE = 2.0
"""Seconds without a word from training until that is said."""
_ACTIONS = {action.id: action for action in (*ACTIONS, NEXT_RUN)}


class Dashboard(PacedApp):
    """Watches and steers one training session."""

    TITLE = "bptui"
    CSS_PATH = Path(__file__).with_name("styles.tcss")
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (Textual declares it so)
        (0, "-narrowest"),
        (SMALLEST_COLUMNS, "-narrow"),
        (120, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 (Textual declares it so)
        (0, "-shortest"),
        (SMALLEST_ROWS, "-short"),
        (36, "-tall"),
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(
                action.keys,
                f"act('{action.id}')",
                action.title,
                tooltip=action.help,
                show=False,
                id=action.id,
                key_display=action.shown,
            )
            for action in (*ACTIONS, NEXT_RUN)
        ),
        Binding("escape", "forget", show=False),
        # Whatever is open or has the focus; a letter may be meant for a field there.
        Binding("ctrl+q", "act('quit')", "quit", show=False, priority=True),
        Binding("ctrl+c", "interrupt", "close or leave", show=False, priority=True),
        Binding("ctrl+z", "suspend_process", "suspend", show=False, id="suspend", priority=True),
    ]

    class Answered(Message):
        """A command was carried out; its snapshot should be seen at once."""

    def __init__(
        self,
        worker: TrainingWorker,
        *,
        saves: bool = False,
        actions: Sequence[Action] = ACTIONS,
        cadence: Cadence = LOCAL,
        symbols: Symbols = UNICODE,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Make a dashboard.

        Args:
            worker: what to run and watch.
            saves: whether leaving of one's own accord saves the run, as being cut off does
                in any case.
            actions: what can be done here; the keys of all others say that it cannot.
            cadence: how often to draw.
            symbols: the characters that the terminal can show.
            clock: what the cadence goes by, in seconds.
        """
        super().__init__()
        if symbols.frame:
            self.add_class(symbols.frame)
        if self.no_color:
            # Textual would make greys of the colours, on a background that it paints.
            self._filters = [NoColor()]
        self.worker = worker
        self.symbols = symbols
        self.keeps_run = saves
        """Whether leaving saves the run."""
        self._offered = tuple(actions)
        self._cadence, self._clock = cadence, clock
        self._turns = Turns(cadence)
        self._heard: Snapshot | None = None
        self._heard_at = perf_counter()
        self.direct_lines = DirectLines()
        """Takes the lines that panes change."""
        self._early = EarlyKeys()
        self._above: tuple[SnapshotPane, ...] = ()
        """Panes of the screen that is open over the dashboard."""

    def compose(self) -> ComposeResult:
        """Lay out the panes."""
        self._status = StatusPane(id="status")
        self._cost = CostPane(id="cost")
        self._theta = ThetaPane(id="theta")
        self._predictions = PredictionsPane(id="predictions")
        self._check = GradientCheckPane(id="check")
        self._norms = GradientNormsPane(id="norms")
        with Vertical(id="dashboard"):
            yield self._status
            with Horizontal(id="top"):
                yield self._cost
                yield self._theta
                yield self._predictions
            yield self._check
            yield self._norms
            self._key_bar = KeyBar(self._offered)
            yield self._key_bar
        self._too_small = Static(id="too-small", markup=False)
        yield self._too_small

    def on_mount(self) -> None:
        """Start to train, and to draw."""
        self._numbers: tuple[SnapshotPane, ...] = (self._theta, self._check, self._norms)
        self._pictures: tuple[SnapshotPane, ...] = (self._cost, self._predictions)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        self.run_worker(
            asyncio.wrap_future(self.worker.start(self._answered)),
            name="training",
            group="training",
            exclusive=True,
        )
        self.set_interval(self._cadence.status, self._tick)

    def _answered(self) -> None:
        self.post_message(self.Answered())

    def on_dashboard_answered(self) -> None:
        """Draw everything at once: somebody waits for it."""
        self._draw(everything=True)

    def _tick(self) -> None:
        self._draw(everything=False)
        self._say_whether_silent()
        self.send()

    def on_paced_app_line_free(self) -> None:
        """Draw what is the present by now, of which the status line comes first."""
        self._draw(everything=False)

    def _say_whether_silent(self) -> None:
        """Say so if training has not been heard of for long: somebody's own code may not return."""
        snapshot, now = self.worker.latest, perf_counter()
        if snapshot is not self._heard:
            self._heard, self._heard_at = snapshot, now
        since = self.worker.asked_at
        if snapshot is None or (snapshot.state == "running" and not snapshot.watched):
            since = self._heard_at
        if since is None or now - since < _SILENCE or not self._status.is_attached:
            return
        message = f"busy for {now - since:.0f} s; keys wait for it, and q leaves"
        if snapshot is None:
            self._status.show_lines(blank_source(message))
        else:
            self._status.show(replace(snapshot, epochs_per_second=0.0, message=message))

    def _draw(self, *, everything: bool) -> None:
        snapshot = self.worker.latest
        if snapshot is None or not self._status.is_attached:  # the panes go first at the end
            return
        line = self.line
        if line is not None and not line.free and not everything:
            self.waits = True
            return
        for key in self._early.taken():
            self.post_message(key)
        due = self._turns.take(
            snapshot,
            self._clock(),
            everything=everything,
            slow=line is not None and line.slow,
            behind=self.is_behind(),
        )
        if not any(due):
            return
        self.worker.gate.clear()
        self.direct_lines.begin()
        try:
            # Other programs write no Θ, and their curve then has the whole screen.
            self.set_class(snapshot.watched and not snapshot.thetas, "-curve-alone")
            if due.status:
                self._status.show(snapshot)
                self._key_bar.show(applying(self._offered, snapshot))
            if due.numbers:
                self._show(self._numbers, snapshot)
                self._show(self._above, snapshot)
            if due.pictures:
                self._show(self._pictures, snapshot)
        finally:
            lines = self.direct_lines.end()
            if lines:
                self.show_lines(lines)
            if self.direct_lines.refused:
                self.call_after_refresh(self.worker.gate.set)
            else:
                self.worker.gate.set()
            self.open()

    def _show(self, panes: Iterable[SnapshotPane], snapshot: Snapshot) -> None:
        for pane in panes:
            if pane.display and not self._too_small.display:
                pane.show(snapshot)
            else:
                # It draws this by itself if a larger terminal brings it to light.
                pane.snapshot = snapshot

    def on_resize(self, event: Resize) -> None:
        """Say so where there is no room."""
        columns, rows = event.size
        self._too_small.update(
            f"bptui needs {SMALLEST_COLUMNS}x{SMALLEST_ROWS}; this terminal is {columns}x{rows}"
        )

    def on_predictions_pane_resized(self, message: PredictionsPane.Resized) -> None:
        """Ask for a boundary that fits."""
        self.worker.send(ShowBoundary(*message.size))

    async def on_event(self, event: Event) -> None:
        """Let keys that are about what is shown wait until something is."""
        empty = self.worker.latest is None and len(self.screen_stack) == 1
        if not (empty and isinstance(event, Key) and self._early.keep(event)):
            await super().on_event(event)

    def action_act(self, name: str) -> None:
        """Carry out one of `ACTIONS`."""
        from bptui.tui.screens.opening import OPENING  # no screen is needed for the first picture

        action = _ACTIONS[name]
        if action.command is not None:
            self.worker.send(action.command)
        elif action not in self._offered:
            self.worker.send(TogglePause())  # which cannot be done either; the answer says why
        else:
            self.action_forget()
            if name in OPENING:
                OPENING[name](self)
            else:
                getattr(self, f"_do_{name.replace('-', '_')}")()

    def action_forget(self) -> None:
        """Have no more said of an earlier key."""
        if self.worker.latest is not None and self.worker.latest.message:
            self.worker.send(ForgetMessage())

    def _do_log(self) -> None:
        self._cost.log_axis = not self._cost.log_axis

    def _do_worst_first(self) -> None:
        latest = self.worker.latest
        if latest is not None and (latest.no_check or not latest.checking):
            why = latest.no_check or "the gradient check is off; g switches it on"
            self.worker.send(Say(f"no entries to list: {why}"))
            return
        self._check.worst_first = not self._check.worst_first

    def open_with_pane(self, screen: "EpsilonScreen | PhasesScreen") -> None:
        """Open a screen whose pane is drawn as those of the dashboard are, unless one is open."""
        if not self._above:
            self._above = (screen.pane,)
            self.push_screen(screen, self._leave_above)

    def _leave_above(self, _: None) -> None:
        self._above = ()
        self.worker.send(ForgetMessage())  # it was about what is closed now

    def draw_all(self) -> Snapshot | None:
        """Draw everything as it is now, and return what that is."""
        self._draw(everything=True)
        return self._status.snapshot

    @property
    def applying(self) -> tuple[Action, ...]:
        """The actions that are of use for what is shown."""
        return applying(self._offered, self.worker.latest)

    @property
    def explained(self) -> list[tuple[str, str]]:
        """The panes that there are here, and what each of them shows."""
        panes: dict[str, SnapshotPane] = {"Status": self._status, "Cost": self._cost}
        if not self.has_class("-curve-alone"):
            panes |= {
                "Θ": self._theta,
                "Predictions": self._predictions,
                "Gradient check": self._check,
                "Gradient norms": self._norms,
            }
        return [(name, pane.HELP) for name, pane in panes.items()]

    def _do_quit(self) -> None:
        self._leave(0)

    def action_interrupt(self) -> None:
        """Close the screen that is open, or leave: this key is pressed to get out of anything.

        Whoever presses it may not know what it ends, and so the run is saved.
        """
        if len(self.screen_stack) > 1:
            if self.screen.is_mounted:  # the palette cannot be closed before it is there
                self.screen.dismiss(None)
            return
        self.keeps_run = True
        self._leave(0)

    def cut_off(self, return_code: int) -> None:
        """Leave because somebody, or a lost connection, says so. Safe from any thread.

        Whoever is cut off has not chosen to throw the run away: it is saved.
        """
        self.worker.stop(save=True)  # not by way of the loop, which a stalled terminal holds up
        super().cut_off(return_code)

    def _leave(self, return_code: int) -> None:
        self.worker.stop(save=self.keeps_run)
        super()._leave(return_code)

    def on_unmount(self) -> None:
        """End the training thread, however the app came to its end."""
        self.worker.stop()

    def action_command_palette(self) -> None:
        """Open Textual's palette, in characters that the terminal has."""
        if isinstance(self.screen, CommandPalette):
            return
        from bptui.tui.screens.palette import AsciiPalette

        kind = CommandPalette if self.symbols.unicode else AsciiPalette
        self.push_screen(kind(placeholder="Search for commands", id="--command-palette"))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer in the palette what applies, and of what Textual has the choice of themes."""
        for action in self.applying:
            yield SystemCommand(
                self.symbols.text(f"{action.title.capitalize()} ({action.shown})"),
                self.symbols.text(action.help),
                lambda name=action.id: self.action_act(name),
            )
        for command in super().get_system_commands(screen):
            if command.title == "Theme":
                yield command
