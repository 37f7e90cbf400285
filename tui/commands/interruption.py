"""Ending in good order when somebody, or a lost connection, asks for the end."""

import signal
from types import FrameType, TracebackType
from typing import Any, Self

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


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
        self._before: dict[int, Any] = {}

    @property
    def status(self) -> int:
        """The exit status that says so: 130 for Ctrl+C."""
        return 128 + (self.signal or 0)

    def __enter__(self) -> Self:
        """Catch the signals."""
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is None or signal.getsignal(number) in (signal.SIG_IGN, None):
                continue
            ignored = name == "SIGHUP" and not self._hang_up
            try:
                self._before[number] = signal.signal(
                    number, signal.SIG_IGN if ignored else self._note
                )
            except ValueError:  # signals belong to the main thread
                return self
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
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal is not None:
            self._restore()
            raise KeyboardInterrupt
        self.signal = number
