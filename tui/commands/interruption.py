"""Ending in good order when somebody, or a lost connection, asks for the end."""

from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self

from bptui.tui.ending_signals import EndingSignals


class Interruption:
    """While entered, a request to end is noted in `signal` instead of ending the process.

    A second request ends it as usual. Signals that are ignored, as under nohup, stay so.
    """

    def __init__(self, *, hang_up: bool = True) -> None:
        """Nothing is caught before `with`.

        Args:
            hang_up: whether the loss of the terminal is such a request; else it is ignored.
        """
        self.signal: int | None = None
        """Number of the signal that came, or `None`."""
        self._hang_up = hang_up
        self._signals = EndingSignals()

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
        self._signals.give_back()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            self._signals.give_back()
            raise KeyboardInterrupt
        self.signal = number
