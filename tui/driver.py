"""Textual's driver for a terminal that may go away."""

import os
import signal
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO, cast

from textual.drivers.linux_driver import LinuxDriver


class _Forgiving:
    """A stream whose output is dropped once nobody can take it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()

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
        self._file = cast(Any, _Forgiving(cast(TextIO, self._file)))

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
        if self._suspends_next:
            self._suspends_next = False
            os.kill(os.getpid(), signal.SIGTSTP)

    def _suspend_later(self, number: int, frame: FrameType | None) -> None:
        self._suspends_next = True

    def suspend_application_mode(self) -> None:
        """Give the terminal back for a while."""
        super().suspend_application_mode()
        self._suspended = True

    def resume_application_mode(self) -> None:
        """Take it over again, if it was given back.

        Whoever hangs up sends SIGCONT too, on which Textual would start a second time.
        """
        if self._suspended:
            self._suspended = False
            super().resume_application_mode()
