"""The log of a run: a CSV file to which rows are appended while it trains."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bptui.core.data.input_file import open_input_file
from bptui.core.errors import InputError, printable
from bptui.core.runs.files import LOG

COLUMNS = ("epoch", "cost", "validation_cost", "learning_rate", "seed", "seconds")
HEADER = (",".join(COLUMNS) + "\n").encode()
LONGEST_ROW = 1000
MOST_WAITING = 10_000
"""Rows that are held while they cannot be written."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log."""

    epoch: int
    cost: float
    validation_cost: float | None
    learning_rate: float
    seed: int
    seconds: float
    """Of training since the run began, breaks left out."""

    def encoded(self) -> bytes:
        """Return the row as it is written; numbers with all their digits."""
        validation = "" if self.validation_cost is None else repr(float(self.validation_cost))
        return (
            f"{self.epoch},{float(self.cost)!r},{validation},{float(self.learning_rate)!r},"
            f"{self.seed},{self.seconds:.3f}\n"
        ).encode()


class RunLog:
    """Rows that wait for a file, and then the file.

    A training that starts again goes back to epoch 0 in it. Nothing is rewritten but for one
    case: rows beyond the checkpoint that is resumed are cut off, since they come again.
    """

    def __init__(self) -> None:
        """Hold rows until there is a file."""
        self.seconds = 0.0
        """Of the last row that was there before."""
        self._waiting: list[bytes] = []
        self._file = -1
        self._size = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a file."""
        return self._file >= 0

    def open(self, folder: Path, epoch: int, seed: int) -> None:
        """Append from now on to the log in `folder`, which stands at this epoch.

        Raises:
            InputError: the file there is of another kind.
            OSError: it cannot be written.
        """
        self.close()
        path = folder / LOG
        if path.exists():
            with open_input_file(path) as stream:
                self._size, self.seconds = _part_of_run(stream, epoch, seed, path)
        else:
            self._size, self.seconds = 0, 0.0
        as_it_is = getattr(os, "O_BINARY", 0)  # on Windows lines would grow otherwise
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | as_it_is, 0o666)
        os.truncate(self._file, self._size)
        if not self._size:
            self._append(HEADER)

    def add(self, row: Row) -> None:
        """Write a row, and those that wait, or let it wait with them.

        Raises:
            OSError: it cannot be written; it is tried again with the next.
        """
        self._waiting.append(row.encoded())
        del self._waiting[:-MOST_WAITING]
        self.flush()

    def flush(self) -> None:
        """Write the rows that wait, if there is a file.

        Raises:
            OSError: they cannot be written, and go on waiting.
        """
        if self._file >= 0 and self._waiting:
            self._append(b"".join(self._waiting))
            self._waiting.clear()

    def _append(self, content: bytes) -> None:
        """Write all of it or nothing."""
        try:
            written = os.write(self._file, content)
            while written < len(content):  # a disk that is nearly full takes a part
                written += os.write(self._file, content[written:])
        except OSError:
            os.truncate(self._file, self._size)
            raise
        self._size += len(content)

    def close(self) -> None:
        """Close the file; rows wait again."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def _part_of_run(stream: BinaryIO, epoch: int, seed: int, path: Path) -> tuple[int, float]:
    """Return how many bytes belong to a run that stands at this epoch, and its seconds."""
    first = stream.readline(LONGEST_ROW)
    if first and first != HEADER:
        raise InputError(f"{printable(path)}: this is no log of bptui; name another folder")
    size = kept = len(first)
    seconds = 0.0
    while line := stream.readline(LONGEST_ROW):
        size += len(line)
        cells = line.split(b",")
        try:
            if line.endswith(b"\n") and int(cells[0]) <= epoch and int(cells[4]) == seed:
                kept, seconds = size, float(cells[5])
        except (ValueError, IndexError):
            continue
    return kept, seconds
