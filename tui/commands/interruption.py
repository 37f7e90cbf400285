"""Ending in good order when somebody, or a lost connection, asks for the end."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any, Self

from bptui.tui.ending_signals import EndingSignals

_LOOK_SECONDS = 0.1
"""Between two looks at whether something is still being written."""


class Interruption:
    """While entered, a request to end is noted in `signal` instead of ending the process.

    A second request ends it as usual. Signals that are ignored, as under nohup, stay so.
    """

    def __init__(
        self,
        *,
        hang_up: bool = True,
        patience: float | None = None,
        saving: Callable[[], bool] = lambda: False,
    ) -> None:
        """Nothing is caught before `with`.

        Args:
            hang_up: whether the loss of the terminal is such a request; else it is ignored.
            patience: seconds after which a request ends the process at once, where somebody's
                own code may never return; `None` waits for ever.
            saving: whether something is being written that is not to be lost; the end waits
                for that alone.
        """
        self.signal: int | None = None
        """Number of the signal that came, or `None`."""
        self._hang_up, self._patience, self._saving = hang_up, patience, saving
        self._signals = EndingSignals()
        self._alarm: Any = None

    @property
    def status(self) -> int:
        """The exit status that says so: 130 for Ctrl+C."""
        return 128 + (self.signal or 0)

    def __enter__(self) -> Self:
        """Catch the signals."""
        with suppress(ValueError):  # signals belong to the main thread
            self._signals.take(self._note, ignored=() if self._hang_up else ("SIGHUP",))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Let the signals do again what they did before."""
        self._restore()

    def _restore(self) -> None:
        self._signals.give_back()
        if self._alarm is not None:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
            signal.signal(signal.SIGALRM, self._alarm)
            self._alarm = None

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            self._restore()
            raise KeyboardInterrupt
        self.signal = number
        if self._patience is not None and number != signal.SIGINT and hasattr(signal, "SIGALRM"):
            self._alarm = signal.signal(signal.SIGALRM, self._end)
            signal.setitimer(signal.ITIMER_REAL, self._patience, _LOOK_SECONDS)

    def _end(self, number: int, frame: FrameType | None) -> None:
        if not self._saving():
            os._exit(self.status)
