"""The real command in a real pseudo-terminal, its screen as text."""

import os
import re
import select
import signal
import struct
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Any, ClassVar, Literal

if sys.platform == "win32":
    import pytest

    pytest.skip("there are no pseudo-terminals here", allow_module_level=True)

import fcntl
import pty
import termios

import pyte

COMMAND = (sys.executable, "-m", "bptui.tui")
CONTROLLED = (
    sys.executable,
    "-c",
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])",
)
"""Goes before a command whose controlling terminal this is to be: the kernel then tells it when
the terminal goes."""
ENTER_ALTERNATE, LEAVE_ALTERNATE = b"\x1b[?1049h", b"\x1b[?1049l"

# The emulator takes queries and the keyboard protocol for text.
_UNKNOWN = re.compile(rb"\x1b\[[<>=?][0-9;]*u|\x1b\[>[0-9;]*[a-z]|\x1b\[\?[0-9;]*\$p")
_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*)?\Z")
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07|\x1b[@-_]")
_MODE = re.compile(rb"\x1b\[\?([0-9;]+)([hl])")
_LINE_SECONDS = 0.02
"""What a slow line takes at a time."""
_REMOVED = ("NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "PYTHONIOENCODING", "TERM_PROGRAM")

Predicate = Callable[["Terminal"], object]


class AnsweringScreen(pyte.Screen):
    """The emulator's, which answers to whoever listens, and can repeat a character."""

    repeats_ascii_alone = False
    """Whether it repeats no other characters, as tmux."""

    def __init__(self, columns: int, rows: int, answer: Callable[[str], None]) -> None:
        """Take the size of the window, and what is called with every answer."""
        super().__init__(columns, rows)
        self._answer, self._last = answer, ""

    def draw(self, data: str) -> None:
        """Write text."""
        super().draw(data)
        self._last = data[-1:]

    def repeat(self, count: int = 1) -> None:
        """Write the last character again."""
        if self._last.isascii() or not self.repeats_ascii_alone:
            super().draw(self._last * count)

    def write_process_input(self, data: str) -> None:
        """Answer."""
        self._answer(data)


class RepeatingStream(pyte.ByteStream):
    """The emulator's, with the sequence that repeats a character."""

    csi: ClassVar[dict[str, str]] = {**pyte.ByteStream.csi, "b": "repeat"}
    events = frozenset((*pyte.ByteStream.events, "repeat"))


@dataclass(frozen=True, slots=True)
class Chunk:
    """Something that the program wrote."""

    at: float
    """When it was read, on the clock of `monotonic`."""
    size: int


def environment(**changes: str | None) -> dict[str, str]:
    """Return a plain UTF-8 terminal's environment; a change to `None` removes a variable."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SSH_", "TEXTUAL", "LC_")) and name not in _REMOVED
    }
    variables |= {"TERM": "xterm-256color", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
    variables |= {name: value for name, value in changes.items() if value is not None}
    return {name: value for name, value in variables.items() if changes.get(name, "") is not None}


class Terminal:
    """A program with a pseudo-terminal of its own.

    The terminal is not the controlling one of the program unless `CONTROLLED` makes it so, for
    that takes code between fork and exec; `resize` therefore sends the kernel's signal itself.
    """

    def __init__(
        self,
        *words: str,
        columns: int = 80,
        rows: int = 24,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = COMMAND,
        bytes_per_second: float | None = None,
        delay: float = 0.0,
        answers: bool = True,
        repeats: bool | Literal["ASCII"] = False,
    ) -> None:
        """Start `bptui` with these words.

        Args:
            words: of the command line.
            columns: of the window.
            rows: of the window.
            cwd: where to start it.
            env: its environment.
            command: what to start.
            bytes_per_second: how fast the line to the terminal is.
            delay: seconds that everything takes on the way there, and on the way back.
            answers: whether to report the position of the cursor when asked for it.
            repeats: whether it knows the sequence that repeats a character, of ASCII or any.
        """
        self.columns, self.rows = columns, rows
        self._rate, self._delay, self._answers = bytes_per_second, delay, answers
        self._coming: deque[tuple[float, bytes]] = deque()
        self._going: deque[tuple[float, bytes]] = deque()
        self.cwd = cwd or Path.cwd()
        self.raw = bytearray()
        """Everything that was written."""
        self.chunks: list[Chunk] = []
        self._screen = AnsweringScreen(columns, rows, self._answer)
        self._screen.repeats_ascii_alone = repeats == "ASCII"
        self._stream = (RepeatingStream if repeats else pyte.ByteStream)(self._screen)
        self._held = b""
        self._news = threading.Condition()
        self._awaited: Predicate | None = None
        self._happened = 0.0
        self._closing = False
        self._master, self._slave = pty.openpty()
        self._set_size()
        self.attributes_before = self.attributes
        self.started = monotonic()
        self.process = subprocess.Popen(
            [*command, *words],
            stdin=self._slave,
            stdout=self._slave,
            stderr=self._slave,
            cwd=cwd,
            env=environment() if env is None else dict(env),
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Terminal":
        """Return the terminal, which is closed in the end."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _read(self) -> None:
        credit, before = 0.0, monotonic()
        while not self._closing:
            now = monotonic()
            while self._going and self._going[0][0] <= now:
                os.write(self._master, self._going.popleft()[1])
            while self._coming and self._coming[0][0] <= now:
                self._show(self._coming.popleft()[1], now)
            most = 65536
            if self._rate is not None:
                credit = min(credit + (now - before) * self._rate, self._rate * _LINE_SECONDS)
                most = int(credit)
            before = now
            if not most:
                sleep(_LINE_SECONDS)
                continue
            # Whoever wakes up more often than that takes time from a program that is measured.
            due = [queue[0][0] for queue in (self._coming, self._going) if queue]
            wait = max(0.0, min(0.05, *(at - now for at in due))) if due else 0.05
            if not select.select([self._master], [], [], wait)[0]:
                continue
            try:
                data = os.read(self._master, most)
            except OSError:
                return
            credit -= len(data)
            now = monotonic()
            if self._delay:
                self._coming.append((now + self._delay, data))
            else:
                self._show(data, now)

    def _show(self, data: bytes, now: float) -> None:
        with self._news:
            self.raw += data
            self.chunks.append(Chunk(now, len(data)))
            self._feed(data)
            if self._awaited is not None and self._awaited(self):
                self._awaited, self._happened = None, now
                self._news.notify_all()

    def _feed(self, data: bytes) -> None:
        data = self._held + data
        unfinished = _UNFINISHED.search(data)
        end = unfinished.start() if unfinished else len(data)
        self._held = data[end:]
        self._stream.feed(_UNKNOWN.sub(b"", data[:end]))

    def _answer(self, position: str) -> None:
        if self._answers:
            self.send(position)

    def send(self, keys: str | bytes) -> None:
        """Type."""
        typed = keys.encode() if isinstance(keys, str) else keys
        if self._delay:
            self._going.append((monotonic() + self._delay, typed))
        else:
            os.write(self._master, typed)

    def wait_for(self, what: str | Predicate, timeout: float = 15.0) -> float:
        """Wait until a text is on the screen or a predicate holds.

        Returns:
            When the output that made it so was read, on the clock of `monotonic`.

        Raises:
            AssertionError: it did not happen in time; the message holds the screen.
        """
        predicate = (lambda here: what in here.text()) if isinstance(what, str) else what
        with self._news:
            if predicate(self):
                return self.chunks[-1].at if self.chunks else self.started
            # The reading thread looks, so that the time is that of the very chunk.
            self._awaited = predicate
            deadline, ended = monotonic() + timeout, False
            while monotonic() < deadline and not ended:
                ended = self.process.poll() is not None
                if self._news.wait_for(lambda: self._awaited is None, 0.2):
                    return self._happened
            self._awaited = None
        why = "it ended" if ended else f"waited {timeout:g} s"
        raise AssertionError(f"{why}; wanted {what!r}\n{self.text()}")

    def settle(self, quiet: float = 0.2, timeout: float = 15.0) -> None:
        """Wait until nothing was written, and nothing was about to be, for `quiet` seconds."""
        last = monotonic()  # what was done just now may take effect only in a moment
        deadline = last + timeout
        while monotonic() < deadline:
            if self._is_busy():
                last = monotonic()
            if self.chunks:
                last = max(last, self.chunks[-1].at)
            if monotonic() - last >= quiet:
                return
            sleep(0.02)
        raise AssertionError(f"still writing after {timeout:g} s\n{self.text()}")

    def _is_busy(self) -> bool:
        """Return whether a thread wants to run, which a busy machine may long keep it from."""
        try:
            threads = list(Path(f"/proc/{self.process.pid}/task").iterdir())
            states = [(thread / "stat").read_text().rpartition(") ")[2][0] for thread in threads]
        except OSError:  # it has ended, or this is not Linux
            return False
        return "R" in states

    def text(self) -> str:
        """Return the screen."""
        return "\n".join(map(self.row, range(self.rows)))

    def row(self, number: int) -> str:
        """Return one line of the screen; -1 is the last."""
        with self._news:
            line = self._screen.buffer[number % self.rows]
            return "".join(line[column].data for column in range(self.columns))

    @property
    def cursor_hidden(self) -> bool:
        """Whether the cursor is hidden."""
        return bool(self._screen.cursor.hidden)

    def backgrounds(self) -> set[str]:
        """Return all background colours on the screen."""
        with self._news:
            cells = self._screen.buffer
            return {cells[y][x].bg for y in range(self.rows) for x in range(self.columns)}

    def modes_left_on(self) -> dict[int, bool]:
        """Return private modes whose last setting is not what a terminal starts with."""
        usual = {7: True, 25: True}
        last: dict[int, bool] = {}
        for numbers, way in _MODE.findall(bytes(self.raw)):
            for number in numbers.split(b";"):
                last[int(number)] = way == b"h"
        return {number: on for number, on in last.items() if on != usual.get(number, False)}

    def scrollback(self) -> list[str]:
        """Return the lines written after the alternate screen was left."""
        _, left, rest = bytes(self.raw).rpartition(LEAVE_ALTERNATE)
        text = _ESCAPES.sub("", (rest if left else bytes(self.raw)).decode())
        return [line for line in text.replace("\r", "").split("\n") if line.strip()]

    @property
    def device(self) -> str:
        """The path of the terminal."""
        return os.ttyname(self._slave)

    @property
    def attributes(self) -> list[Any]:
        """What `stty -a` would show."""
        return termios.tcgetattr(self._slave)

    def bytes_between(self, start: float, end: float) -> int:
        """Return how much was written in a stretch of time."""
        return sum(chunk.size for chunk in self.chunks if start <= chunk.at < end)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        with self._news:
            self.columns, self.rows = columns, rows
            self._screen.resize(rows, columns)
            self._set_size()
        self.signal(signal.SIGWINCH)

    def signal(self, number: int) -> None:
        """Send the program a signal."""
        self.process.send_signal(number)

    def stop_reading(self) -> None:
        """Take no more output, like a line that hangs."""
        self._closing = True
        self._reader.join()

    def hang_up(self) -> None:
        """Close the terminal while the program still has it."""
        self.stop_reading()
        os.close(self._master)
        self._master = -1

    def wait(self, timeout: float = 15.0) -> int:
        """Wait for the program to end; return its exit status once all output is read."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"did not end in {timeout:g} s\n{self.text()}") from None
        self.settle(quiet=0.15)
        return status

    def close(self) -> None:
        """End the program, whatever it does, and let go of the terminal."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._closing = True
        self._reader.join()
        if self._master >= 0:
            os.close(self._master)
        os.close(self._slave)

    def _set_size(self) -> None:
        size = struct.pack("HHHH", self.rows, self.columns, 0, 0)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)
