"""Textual's driver for a terminal that may go away."""

from contextlib import suppress
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
        self._file = cast(Any, _Forgiving(cast(TextIO, self._file)))
