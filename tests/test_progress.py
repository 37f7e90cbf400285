"""The line on a terminal that says how far training is."""

import fcntl
import os
import pty
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import pyte
import pytest

from bptui.tui.commands import progress
from bptui.tui.commands.progress import Bar


@contextmanager
def terminal(columns: int) -> Iterator[tuple[TextIO, int]]:
    """Yield the stream of a terminal so wide, and where to read what is written to it."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with os.fdopen(slave, "w", encoding="utf-8") as stream:
        yield stream, master
    os.close(master)


class Shown:
    """A bar, and the screen of its terminal."""

    def __init__(self, columns: int, stream: TextIO, master: int, words: list[str]) -> None:
        self.screen, self._master = pyte.Screen(columns, 4), master
        self._input = pyte.Stream(self.screen)
        self.done = 0.0
        self.bar = Bar(lambda: self.done, 1e6, lambda _: words[0], stream)
        self.words = words

    def update(self, done: float) -> str:
        self.done = done
        self.bar._next = 0.0
        self.bar.update()
        return self.look()

    def look(self, typed: str = "") -> str:
        self._input.feed(typed or os.read(self._master, 10_000).decode())
        return "\n".join(self.screen.display).rstrip()


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second pass with every look at the clock."""
    clock = iter(range(10**6))
    monkeypatch.setattr(progress, "perf_counter", lambda: float(next(clock)))


WORDS = "epoch 123,456 of 1,000,000  J 0.00312  98,000 epochs/s"


@pytest.mark.parametrize("columns", [1, 12, 30, 45, 60, 72, 80, 100, 200])
def test_whole_words_fit_the_line_and_leave_room_for_what_is_typed(columns: int) -> None:
    with terminal(columns) as where:
        shown = Shown(columns, *where, [WORDS])
        for done in (1e5, 5e5, 1e6):
            text = shown.update(done)
            assert "\n" not in text and len(text) <= max(0, columns - 3)
            words = text.rpartition("] ")[2].split("  ") if text else []
            assert all(word in WORDS.split("  ") or word.endswith(" left") for word in words)
            assert bool(words) == (columns >= 30)
            assert (WORDS in text and " left" in text) or columns < 72
            assert len(text.partition("] ")[0]) == 25 or columns < 100


def test_nothing_of_it_is_left_after_ctrl_c() -> None:
    with terminal(80) as where:
        shown = Shown(80, *where, [WORDS + "  and as much as there is"])
        assert len(shown.update(1e5)) > 70
        assert shown.look("^C").endswith("^C")
        shown.bar.close()
        assert shown.look() == "" and shown.screen.cursor.x == 0


def test_a_shorter_line_hides_a_longer_one() -> None:
    words = [WORDS]
    with terminal(80) as where:
        shown = Shown(80, *where, words)
        shown.update(1e5)
        words[0] = "epoch 2"
        assert "epoch 2  " in shown.update(1e5) and "J" not in shown.update(1e5)
