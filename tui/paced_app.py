"""An app that sends its terminal no more than the line to it takes."""

import math
from collections.abc import Iterable
from time import perf_counter

from rich.color import ColorSystem
from rich.console import RenderableType
from textual import on
from textual.driver import Driver
from textual.events import Resize
from textual.message import Message
from textual.screen import Screen

from bptui.tui.changed_cells import Placed, ShownCells
from bptui.tui.leaving_app import LeavingApp
from bptui.tui.line import GREETING, Line
from bptui.tui.terminal import erases_in_colour

_OPENING = 0.5
"""Seconds for which the first picture may be put off until there is something in it."""


class PacedApp(LeavingApp):
    """Holds back what the line has no room for, and sends what the screen is like by then."""

    class LineFree(Message):
        """The terminal has got on, and something waits for that."""

    def __init__(self) -> None:
        """Make an app; nothing is shown until `open` is called, or half a second has passed."""
        super().__init__()
        self._shown_cells = ShownCells()
        self._opens_at: float | None = None
        self._opened = False
        self._erases = erases_in_colour()
        self.waits = False
        """Whether the app waits for the line before it paints something."""

    @property
    def line(self) -> Line | None:
        """The line to the terminal; `None` where nothing is known of it, as of a page."""
        return getattr(self._driver, "line", None)

    def is_behind(self) -> bool:
        """Return whether the terminal does not show yet all that it should."""
        return self._shown_cells.drop_shown()

    def on_mount(self) -> None:
        """Hear when the terminal has got on, if it says so."""
        if self.line is not None:
            self._driver.on_answer = self._hear_answer  # type: ignore[union-attr]

    def open(self) -> None:
        """Show the screen as soon as it is painted."""
        if not self._opened:
            self._opened = True
            self.call_after_refresh(self.send)
            self.set_timer(GREETING, self.send)

    def send(self) -> None:
        """Send what is due and has room, unless the terminal shows nothing of what is known."""
        if getattr(self._driver, "cleared", False):
            return
        line, now = self.line, perf_counter()
        if self._opens_at is None:
            self._opens_at = now + _OPENING
        if not self._opened and now < self._opens_at:
            return
        if line is not None and not line.free:
            return
        room = math.inf if line is None else line.room
        if self.is_behind() and (room or 0 in self._shown_cells.due):
            rest = self._shown_cells.rest(
                room=room,
                repeats=getattr(self._driver, "repeats", False),
                erased_columns=self.size.width if self._erases else 0,
            )
            super()._display(self.screen, rest)

    def _hear_answer(self) -> None:
        if self.waits or self._shown_cells.due:
            self.waits = False
            self.post_message(self.LineFree())

    def on_paced_app_line_free(self) -> None:
        """Go on with what had no room, once what changed meanwhile is painted."""
        self.call_after_refresh(self.send)

    def show_lines(self, lines: Iterable[Placed]) -> None:
        """Show lines that were drawn without Textual's painting the rest."""
        if not self.is_headless:
            self._shown_cells.want_lines(lines, self._colors)
            self.send()

    @property
    def _colors(self) -> ColorSystem:
        return getattr(self.console, "_color_system", None) or ColorSystem.TRUECOLOR

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if self.is_headless or renderable is None:
            super()._display(screen, renderable)
        elif self._shown_cells.want(renderable, self._colors):
            self.send()
        else:
            super()._display(screen, renderable)

    @on(Driver.SignalResume)
    def _draw_after_suspension(self) -> None:
        # The terminal's other screen was cleared, of which Textual knows nothing.
        self._shown_cells.begin_anew()
        self._driver.cleared = False  # type: ignore[union-attr]
        self._hurry()
        self.screen.refresh(layout=True)

    def on_resize(self, event: Resize) -> None:
        """Know nothing of what a terminal of another size shows."""
        self._shown_cells.forget()
        self._hurry()

    def _hurry(self) -> None:
        if self._opened and self.line is not None:
            self.line.hurry()
