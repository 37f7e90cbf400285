"""The rows of a CSV file as text, read in bounded memory."""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

from bptui.core.data.targets import MOST_CELLS
from bptui.core.errors import InputError
from bptui.core.wording import counted

LONGEST_LINE = 1_000_000
"""Bytes."""
LONGEST_ROW = 2_000_000
"""Characters of a row, which takes several lines if line ends are quoted."""
MOST_COLUMNS = 10_000
MOST_ROWS = 10_000_000
CHUNK_CELLS = 500_000
CHUNK_CHARACTERS = 32_000_000
DELIMITERS = "\t;,"
"""In the order of preference: a decimal comma must not win over a semicolon."""
_SNIFFED_LINES = 10


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows that follow each other, all of one length."""

    rows: list[list[str]]
    lines: list[int]
    """The line of the file on which each row ends, from 1."""


class LineReader:
    """The lines of a UTF-8 text file, each checked before it is decoded.

    Iterating raises `InputError` for a line that is too long or not text.
    """

    def __init__(self, stream: BinaryIO, file: str) -> None:
        """Read from `stream`; messages begin with `file`."""
        self.characters = 0
        """Read so far."""
        self._stream = stream
        self._file = file

    def __iter__(self) -> Iterator[str]:
        """Yield each line with its line end."""
        number = 0
        while raw := self._stream.readline(LONGEST_LINE + 1):
            number += 1
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            text = self._decode(raw, number)
            self.characters += len(text)
            if "\r" in text.removesuffix("\n")[:-1]:
                # Old spreadsheets end lines with a carriage return alone.
                lines = re.split(r"(?<=\r)(?!\n)", text)
                number += len(lines) - 1
                yield from filter(None, lines)
            else:
                yield text

    def _decode(self, raw: bytes, number: int) -> str:
        where = f"{self._file}, line {number}"
        if number == 1 and raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise InputError(f"{where}: this is UTF-16 text; save the file as UTF-8")
        if (position := raw.find(0)) >= 0:
            raise InputError(
                f"{where}, byte {position + 1}: a NUL byte; this is not a text file of "
                "comma-separated values"
            )
        if len(raw) > LONGEST_LINE:
            raise InputError(f"{where}: longer than {LONGEST_LINE:,} bytes; is this a CSV file?")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"{where}, byte {error.start + 1}: not UTF-8 text (found byte "
                f"0x{raw[error.start]:02x}); save the file as UTF-8"
            ) from None


def read_chunks(stream: BinaryIO, file: str) -> Iterator[Chunk]:
    """Yield the rows of the CSV text in `stream`, blank lines left out.

    The delimiter (comma, semicolon or tab) is found from the first lines.

    Raises:
        InputError: a line is not UTF-8 text or too long, quotes do not match, rows differ
            in length, there is but one column, or there is more than can be held.
    """
    reader = LineReader(stream, file)
    lines = iter(reader)
    sample = list(islice(lines, _SNIFFED_LINES))
    delimiter = find_delimiter(sample)
    width = total = 0
    chunk = Chunk([], [])
    chunk_start = reader.characters
    for line, row in _parsed(chain(sample, lines), delimiter, file):
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        if not width:
            width = len(row)
            _check_width(width, f"{file}, line {line}")
        elif len(row) != width:
            raise InputError(
                f"{file}, line {line}: {counted(len(row), 'cell')}, but the first row has {width:,}"
            )
        total += 1
        if total > MOST_ROWS or total * width > MOST_CELLS:
            raise InputError(
                f"{file}, line {line}: too large; at most {MOST_ROWS:,} rows and "
                f"{MOST_CELLS:,} cells can be read"
            )
        chunk.rows.append(row)
        chunk.lines.append(line)
        if (
            len(chunk.rows) * width >= CHUNK_CELLS
            or reader.characters - chunk_start >= CHUNK_CHARACTERS
        ):
            yield chunk
            chunk = Chunk([], [])
            chunk_start = reader.characters
    if chunk.rows:
        yield chunk


def find_delimiter(lines: Iterable[str]) -> str:
    """Return the delimiter that cuts every line of `lines` into equally many cells.

    If none does, the one that cuts the first line into most cells.
    """
    lines = [line for line in lines if line.strip()]
    widths = {delimiter: _widths(lines, delimiter) for delimiter in DELIMITERS}
    for delimiter, found in widths.items():
        if len(set(found)) == 1 and found[0] > 1:
            return delimiter
    return max(",;\t", key=lambda delimiter: next(iter(widths[delimiter]), 0))


def _widths(lines: Iterable[str], delimiter: str) -> list[int]:
    try:
        return [len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True)]
    except csv.Error:
        return []


def _parsed(lines: Iterable[str], delimiter: str, file: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row and the line on which it ends."""
    read = 0

    def counted() -> Iterator[str]:
        nonlocal read
        for line in lines:
            read += len(line)
            if read > LONGEST_ROW:
                raise InputError(
                    f"{file}, line {rows.line_num}: a row of more than {LONGEST_ROW:,} "
                    "characters; is a quote not closed?"
                )
            yield line

    rows = csv.reader(counted(), delimiter=delimiter, skipinitialspace=True, strict=True)
    try:
        for row in rows:
            read = 0
            yield rows.line_num, row
    except csv.Error as error:
        where = f"{file}, line {rows.line_num}"
        if "limit" in str(error):
            raise InputError(f"{where}: a cell is too long; is a quote not closed?") from None
        raise InputError(
            f"{where}: broken quoting; a cell that begins with a quote must end with one"
        ) from None


def _check_width(width: int, where: str) -> None:
    if width == 1:
        raise InputError(
            f"{where}: only one column; a data set needs a feature and a target, separated by "
            "a comma, a semicolon or a tab"
        )
    if width > MOST_COLUMNS:
        raise InputError(f"{where}: {width:,} columns; at most {MOST_COLUMNS:,} can be read")
