"""The signals that ask a process to end: taken over for a while, and given back."""

import signal
from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class EndingSignals:
    """SIGINT, SIGTERM and SIGHUP, but for those that are ignored, as under nohup: they stay so."""

    def __init__(self) -> None:
        """Take nothing yet."""
        self._before: dict[int, Any] = {}

    def take(
        self, handler: Callable[[int, FrameType | None], None], *, ignored: Collection[str] = ()
    ) -> None:
        """Have each call `handler`, or nothing where its name is in `ignored`.

        Raises:
            ValueError: this is not the main thread, to which signals belong.
        """
        for name in _NAMES:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
                self._before[number] = signal.signal(
                    number, signal.SIG_IGN if name in ignored else handler
                )

    def give_back(self) -> None:
        """Let each do again what it did before."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()
