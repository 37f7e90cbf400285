"""Leaving when told to: signals, a terminal that is gone, and an end that nothing can hold up."""

import errno
import os
import select
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import perf_counter
from types import FrameType, TracebackType
from typing import Any, Self

from bptui.tui.ending_signals import EndingSignals

WATCH_SECONDS = 0.1
"""Between two looks at whether the terminal is still there."""
PATIENCE_SECONDS = 0.75
"""The process ends so long after a signal or its terminal's end, whatever it is busy with."""
_RESTORE_SECONDS = 0.1
"""What giving the terminal back may take of that; a thread that writes to it may have it locked."""
HUNG_UP = 129
"""Exit status without a terminal: that of SIGHUP."""
_RESTORE = (
    b"\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    b"\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l\x1b[0m"
)
"""Takes back every mode that Textual sets."""

if sys.platform != "win32":
    import termios


class Departure:
    """While entered, requests to leave become a call, and nobody is kept waiting.

    A SIGHUP that is ignored, as under nohup, stays so; that the terminal is gone is noticed
    all the same.
    """

    asked = False
    """Whether a signal to end has come to the process, which has one of this at a time."""

    def __init__(
        self,
        leave: Callable[[int], None],
        *,
        outlive_terminal: bool = False,
        saving: Callable[[], bool] = lambda: False,
    ) -> None:
        """Prepare.

        Args:
            leave: called with the exit status, in another thread.
            outlive_terminal: whether the process is to go on without its terminal; `leave`
                is called all the same, for the screen has to go.
            saving: whether something is being written that is not to be lost; the end waits
                for that alone.
        """
        self.status: int | None = None
        """The exit status of the request to end, once there is one."""
        self.lost_terminal = False
        """Whether the terminal is gone, or said to be."""
        self._leave = leave
        self._outlive = outlive_terminal
        self._saving = saving
        self._over = Event()
        self._requests: SimpleQueue[int] = SimpleQueue()
        self._deadline: float | None = None
        self._signals = EndingSignals()
        streams = (sys.__stdin__, sys.__stdout__, sys.__stderr__)
        numbers = [stream.fileno() for stream in streams if stream]
        self._terminals = [number for number in numbers if _is_or_was_terminal(number)]
        self._attributes = _attributes_of(self._terminals[0]) if self._terminals else None

    def __enter__(self) -> Self:
        """Take the signals, and watch the terminal."""
        Departure.asked = False
        self._signals.take(self._signalled)
        Thread(target=self._serve, name="departure", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the signals do again what they did before."""
        self._over.set()
        self._signals.give_back()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        # A handler runs in the midst of anything, under any lock that its thread has taken;
        # this kind of queue alone is made for that.
        Departure.asked = True
        self._requests.put(number)

    def _serve(self) -> None:
        """Hear requests and watch the terminal, until it is over or the time is up."""
        if sys.platform != "win32":
            # One that came here after a stop, at the end of a wait, would make this kind of queue
            # wait for ever; and in the background, touching the terminal would stop the process.
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        while self._deadline is not None or not self._over.is_set():
            try:
                self._obey(self._requests.get(timeout=WATCH_SECONDS))
            except Empty:
                if not self.lost_terminal and not self._terminal_is_there():
                    self._lose_terminal()
            if self._deadline is None or perf_counter() < self._deadline or self._saving():
                continue
            restoring = Thread(target=self._restore_terminal, daemon=True)
            restoring.start()
            restoring.join(_RESTORE_SECONDS)
            os._exit(self.status or HUNG_UP)

    def _obey(self, number: int) -> None:
        if number == getattr(signal, "SIGHUP", None) and self._outlive:
            self._lose_terminal()
            return
        self.status = 128 + number
        self._end_soon()
        self._leave(self.status)

    def _terminal_is_there(self) -> bool:
        return all(_attributes_of(terminal) is not None for terminal in self._terminals)

    def _lose_terminal(self) -> None:
        if self.lost_terminal:
            return
        self.lost_terminal = True
        if not self._outlive:
            self.status = HUNG_UP
            self._end_soon()
        self._leave(HUNG_UP)

    def _end_soon(self) -> None:
        """End the process in a while, unless it has ended by itself."""
        if self._deadline is None:
            self._deadline = perf_counter() + PATIENCE_SECONDS

    def _restore_terminal(self) -> None:
        """Do what Textual would have done, past a queue of output that nobody takes."""
        if self._attributes is None or in_background(self._terminals[0]):
            return
        terminal = self._terminals[-1]
        with suppress(OSError, termios.error):
            termios.tcflush(terminal, termios.TCOFLUSH)
            termios.tcsetattr(self._terminals[0], termios.TCSANOW, self._attributes)
            if select.select([], [terminal], [], 0)[1]:
                os.write(terminal, _RESTORE)


def in_background(terminal: int) -> bool:
    """Return whether `terminal` is another job's at the moment."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # it rules no jobs, or is gone
        return False


def _is_or_was_terminal(stream: int) -> bool:
    """Return whether `stream` is a terminal, or one that went before it could be looked at."""
    if sys.platform == "win32":
        return False
    try:
        termios.tcgetattr(stream)
    except termios.error as error:
        return error.args[0] not in (errno.ENOTTY, errno.EBADF)
    return True


def _attributes_of(terminal: int) -> Any:
    """Return the modes of a terminal, or `None` once it is gone."""
    try:
        return termios.tcgetattr(terminal)
    except termios.error:
        return None


def forget_terminal() -> None:
    """Read and write nothing from now on, in place of a terminal that is gone."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in range(3):
        os.dup2(nothing, number)
