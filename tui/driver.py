"""Textual's driver for a terminal that may go away."""

import os
import signal
from collections.abc import Callable
from time import perf_counter, sleep
from types import FrameType
from typing import Any, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition, Key, MouseEvent, Paste
from textual.message import Message

from bptui.tui.departure import Departure, in_background
from bptui.tui.line import QUERY, Line, bytes_of
from bptui.tui.terminal import shows_unicode

_REPETITION, _REPEATED = "\x1b[H\N{BRAILLE PATTERN BLANK}\x1b[3b", (4, 0)
"""Repeats a blank, and the column and row that this takes the cursor to, if the terminal can.

The blank is none of ASCII: tmux 3.3 repeats those, and nothing else.
"""

_ERASE = "\x1b[m\x1b[H\x1b[J"
"""Goes before the alternate screen is left.

tmux 3.3 breaks its lines anew for a window that has become larger meanwhile, and leaves what no
longer fits above the prompt.
"""

_LAST_ANSWER_SECONDS = 1.0
"""How long leaving waits for what the terminal was asked."""


class _Forgiving:
    """A stream whose output is dropped once nobody can take it."""

    def __init__(self, stream: TextIO, line: Line) -> None:
        self._stream, self._line = stream, line
        self._size, self._seconds = 0, 0.0
        self.broken = False
        """Whether output was dropped."""

    def write(self, text: str) -> int:
        self._do(lambda: self._stream.write(text))
        self._size += bytes_of(text)
        return len(text)

    def flush(self) -> None:
        self._do(self._stream.flush)
        self._line.wrote(self._size, self._seconds)
        self._size, self._seconds = 0, 0.0

    def _do(self, output: Callable[[], object]) -> None:
        started = perf_counter()
        try:
            output()
        except OSError:
            self.broken = True
        self._seconds += perf_counter() - started

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class TerminalDriver(LinuxDriver):
    """Goes on when output fails.

    Textual's own thread for output ends then, its queue fills up, and the app stands still:
    no key, signal or timer is heard any more.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        """Take what `LinuxDriver` takes."""
        super().__init__(*arguments, **options)
        self._suspended = self._suspends_next = False
        self._attributes: list[Any] | None = None
        self.line = Line()
        """What the terminal has taken."""
        self._output = _Forgiving(cast(TextIO, self._file), self.line)
        self._file = cast(Any, self._output)
        self.repeats = False
        """Whether the terminal has shown that it can repeat a character."""
        self.on_answer: Callable[[], None] = lambda: None
        """Called in another thread when the terminal has got to a question."""
        self.cleared = False
        """Whether the terminal was given back meanwhile, so that what it showed is gone."""
        self._asks = False
        self._unasked = 0

    def start_application_mode(self) -> None:
        """Take the terminal over; what it was like is what it was like the first time.

        A second Ctrl+Z in the midst of that has to wait: Textual would start twice, and the
        thread that reads keys for the first time would never end.
        """
        before = signal.signal(signal.SIGTSTP, self._suspend_later)
        try:
            super().start_application_mode()  # type: ignore[no-untyped-call]
        finally:
            signal.signal(signal.SIGTSTP, before)
        if self._attributes is None:
            self._attributes = self.attrs_before
        self.attrs_before = self._attributes
        self._asks = True
        if shows_unicode():
            self.write(_REPETITION)
        self._ask()
        if self._suspends_next:
            self._suspends_next = False
            os.kill(os.getpid(), signal.SIGTSTP)

    def write(self, data: str) -> None:
        """Send something, unless the terminal is somebody else's."""
        if self._suspended:
            return
        self._unasked += bytes_of(data)
        super().write(data)

    def flush(self) -> None:
        """End a picture."""
        if self._asks and self._unasked:
            self._ask()

    def _ask(self) -> None:
        if self.line.sent(self._unasked):
            self.write(QUERY)
        self._unasked = 0

    def process_message(self, message: Message) -> None:
        """Pass on what the terminal says, but for answers to our own question."""
        if isinstance(message, CursorPosition):
            self.repeats = self.repeats or (message.x, message.y) == _REPEATED
            self.line.answered()
            self.on_answer()
        else:
            if isinstance(message, Key | MouseEvent | Paste):
                self.line.hurry()
            super().process_message(message)

    def disable_input(self) -> None:
        """Hear nothing more.

        An answer that is still on its way would be typed into the shell.
        """
        self._asks = False
        if self._suspended:
            return
        end = perf_counter() + _LAST_ANSWER_SECONDS
        while self.line.waiting and not self._output.broken and perf_counter() < end:
            sleep(0.01)
        super().disable_input()

    def _suspend_later(self, number: int, frame: FrameType | None) -> None:
        self._suspends_next = True

    def suspend_application_mode(self) -> None:
        """Give the terminal back for a while."""
        super().suspend_application_mode()
        self._suspended = True

    def resume_application_mode(self) -> None:
        """Take it over again, if it was given back and is to be had.

        Whoever hangs up sends SIGCONT too, on which Textual would start a second time; and so
        does a shell that ends a job which is stopped.
        """
        if not self._suspended or Departure.asked:
            return
        if in_background(self.fileno):
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        self._suspended, self.cleared = False, True
        super().resume_application_mode()

    def stop_application_mode(self) -> None:
        """Give the terminal back, unless it has been."""
        if not self._suspended:
            self.write(_ERASE)
            super().stop_application_mode()
