"""Following a text file that somebody else writes, line by line."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from bptui.core.errors import InputError, printable

SLICE = 2**17
"""Bytes read at once: a few milliseconds to understand."""
LONGEST_LINE = 2**20
"""Bytes; what is longer is no line of numbers."""
_COMPARED = 256
"""Bytes of the end of what was read that must still be there."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What came in one look."""

    lines: bytes
    """Whole lines; empty if there are none."""
    again: bool = False
    """Whether this is the beginning of the file, which is not the one of before."""


class FileFollower:
    """Reads on where it stopped, from the beginning if the file is another one.

    The file is opened for every look, since a network file system tells of changes only then.
    That it is still the same one is seen by its contents: a file may be rewritten in place,
    replaced by one that begins the same, or have another number on every mount.
    """

    def __init__(self, path: Path) -> None:
        """Read nothing yet."""
        self.path = path
        self.offset = 0
        """Bytes read so far."""
        self.size = 0
        """Of the file, at the last look."""
        self.modified: float | None = None
        """When the file was last written, on the clock of its own machine."""
        self._before = b""
        """The last bytes before `offset`."""
        self._half = b""
        """The beginning of a line whose end is not there yet."""
        self._dropping = False
        """Whether the rest of the line that is being read is of no use."""
        self._doubted = False

    @property
    def behind(self) -> bool:
        """Whether there is more to read at once."""
        return self.offset < self.size

    def look(self) -> Piece:
        """Return the next slice of whole lines.

        Raises:
            InputError: the file is not there, or cannot be read.
        """
        try:
            with self._open() as number:
                return self._read(number.descriptor)
        except FileNotFoundError:
            raise InputError(f"{printable(self.path)}: no such file") from None
        except OSError as error:
            raise InputError(
                f"{printable(self.path)}: cannot be read ({error.strerror or 'error'})"
            ) from None
        except InputError:
            raise
        except ValueError:
            raise InputError(f"{printable(self.path)}: no file can have this name") from None

    def _open(self) -> "_Opened":
        # A pipe that nobody writes to would otherwise hold up everything.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        return _Opened(os.open(self.path, flags))

    def _read(self, file: int) -> Piece:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            raise InputError(f"{printable(self.path)}: this is not a regular file")
        self.size, self.modified = about.st_size, about.st_mtime
        again = False
        if self.offset and not self._is_as_before(file):
            if not self._doubted:
                # Whoever rewrites the whole file may be about to write the same again.
                self._doubted = True
                self.size = self.offset
                return Piece(b"")
            self._start_again()
            again = True
        self._doubted = False
        os.lseek(file, self.offset, os.SEEK_SET)
        content = os.read(file, min(SLICE, max(0, self.size - self.offset)))
        self.offset += len(content)
        self._before = (self._before + content)[-_COMPARED:]
        return Piece(self._whole_lines(content), again)

    def _is_as_before(self, file: int) -> bool:
        if self.size < self.offset:
            return False
        os.lseek(file, self.offset - len(self._before), os.SEEK_SET)
        return os.read(file, len(self._before)) == self._before

    def _start_again(self) -> None:
        self.offset, self._before, self._half, self._dropping = 0, b"", b"", False

    def take_half(self) -> bytes:
        """Return the last line without its end; should more of it come, that is dropped."""
        line, self._half = self._half, b""
        if not line.strip():
            return b""
        self._dropping = True
        return line + b"\n"

    def _whole_lines(self, content: bytes) -> bytes:
        """Return the lines that are complete now, and keep the rest."""
        if b"\n" not in content and b"\r" in content:
            content = content.replace(b"\r", b"\n")  # as old spreadsheets end their lines
        head, end, rest = content.rpartition(b"\n")
        if not end:
            self._half += rest
        else:
            lines = self._half + head + end
            if self._dropping:
                lines, self._dropping = lines.partition(b"\n")[2], False
            content, self._half = lines, rest
        if len(self._half) > LONGEST_LINE:
            self._half, self._dropping = b"", True
        return content if end else b""


class _Opened:
    """A descriptor that is closed in the end."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __enter__(self) -> "_Opened":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)
