"""How far training is, on one line of a terminal, or now and then in a log."""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Protocol, TextIO

from bptui.tui.terminal import is_terminal, say

_GAP = "  "
"""Between two parts of what is said, each of which stays whole."""
_REDRAW_SECONDS = 0.1
_LOG_SECONDS = 30.0
_BARS = (24, 18, 12, 6, 0)
"""Widths that a bar may have, where the words leave so much room."""
_TYPED = 2
"""Cells of the `^C` that a terminal writes behind the line."""


class Advancing(Protocol):
    """What is trained, as far as the bar is concerned."""

    @property
    def epoch(self) -> int:
        """Epochs so far."""

    @property
    def progress(self) -> float:
        """Epochs so far, parts of one included."""

    @property
    def cost(self) -> float:
        """J."""


class Bar:
    """A bar on standard error for work that grows; without a terminal, a line each half minute."""

    def __init__(
        self,
        progress: Callable[[], float],
        goal: float | None,
        words: Callable[[float], str],
        stream: TextIO | None,
    ) -> None:
        """Nothing is drawn yet.

        Args:
            progress: returns how much is done; what is done by now counts as the start.
            goal: how much there is to do.
            words: returns what to say beside the bar, given the progress a second; in a narrow
                terminal the last of its parts, with two blanks between, are left out.
            stream: where to draw; `None` draws nowhere.
        """
        self._progress, self._goal, self._words, self._stream = progress, goal, words, stream
        self._live = is_terminal(stream)
        self._first, self._started = progress(), perf_counter()
        self._next = self._started + (_REDRAW_SECONDS if self._live else _LOG_SECONDS)
        self._width = 0

    def update(self) -> None:
        """Draw again if it is time to."""
        now = perf_counter()
        if self._stream is None or now < self._next:
            return
        if self._live:
            self._next = now + _REDRAW_SECONDS
            line = self._line(now, _columns(self._stream) - 1 - _TYPED)
            self._draw(line.ljust(self._width))
            self._width = len(line)
        else:
            self._next = now + _LOG_SECONDS
            self._put(self._words(self._rate(now)), line=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._width:
            self._draw(" " * (self._width + _TYPED))
            self._draw("")
            self._width = 0

    def tell(self, sentence: str) -> None:
        """Write a line, if there is anything to say, and draw the bar below it."""
        if sentence and self._stream is not None:
            self.close()
            self._put(f"bptui: {sentence}", line=True)

    def _draw(self, text: str) -> None:
        self._put(f"\r{text}")

    def _put(self, text: str, *, line: bool = False) -> None:
        """Write, or write no more: training does not need anybody to watch."""
        if self._stream is None:
            return
        try:
            if line:
                say(text, self._stream)
            else:
                self._stream.write(text)
            self._stream.flush()
        except OSError:
            self._stream = None

    def _rate(self, now: float) -> float:
        return (self._progress() - self._first) / (now - self._started)

    def _line(self, now: float, width: int) -> str:
        """Return as many whole words as there is room for, after a bar if it leaves any."""
        rate, progress = self._rate(now), self._progress()
        parts = self._words(rate).split(_GAP)
        if self._goal is not None and rate > 0.0:
            parts.append(f"{format_seconds((self._goal - progress) / rate)} left")
        while parts and len(_GAP.join(parts)) > width:
            parts.pop()
        line = _GAP.join(parts)
        if self._goal is None or not parts:
            return line
        room = width - len(f"[] {line}")
        size = next((size for size in _BARS if size <= room), 0)
        filled = round(min(1.0, progress / self._goal) * size)
        return f"[{'#' * filled}{'-' * (size - filled)}] {line}" if size else line


class Progress(Bar):
    """How far a trainer is."""

    def __init__(self, trainer: Advancing, last_epoch: int | None, stream: TextIO | None) -> None:
        """Nothing is drawn yet.

        Args:
            trainer: stands at the epoch that counts as the start.
            last_epoch: where it ends.
            stream: where to draw; `None` draws nowhere.
        """
        goal = f" of {last_epoch:,}" if last_epoch is not None else ""

        def words(rate: float) -> str:
            return (
                f"epoch {trainer.epoch:,}{goal}  J {trainer.cost:.3g}  {format_rate(rate)} epochs/s"
            )

        super().__init__(lambda: trainer.progress, last_epoch, words, stream)


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def format_rate(rate: float) -> str:
    """Return epochs a second in three digits: `98,000`, `12.3`."""
    if rate >= 1000.0:
        return f"{round(rate, -len(f'{rate:.0f}') + 3):,.0f}"
    return f"{rate:.3g}"


def format_seconds(seconds: float) -> str:
    """Return a duration that a person can read: `0.21 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < 10.0:
        return f"{seconds:.2g} s"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return f"{rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
