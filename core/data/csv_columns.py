"""The columns of a CSV file as numbers: plain ones converted, text ones coded."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.csv_rows import Chunk
from bptui.core.data.input_file import quoted
from bptui.core.data.targets import MOST_CLASSES
from bptui.core.errors import InputError

_MISSING = frozenset({"", "?", "-", "na", "n/a", "#n/a", "null", "none"})
_GROUPED_DIGITS = re.compile(r"[+-]?\d+(?:[,' ]\d+)+(?:\.\d+)?")
"""Numbers for people (1,5 or 1,234.5), which `float` does not read."""


@dataclass(frozen=True, slots=True)
class Table:
    """Every cell of a file as a number."""

    blocks: list[NDArray[np.float64]]
    """(rows, columns) each, in the order of the file."""
    texts: dict[int, dict[str, int]]
    """For a text column: the code in `blocks` of each text."""


def read_columns(chunks: Iterable[Chunk], file: str, labels: Sequence[str]) -> Table:
    """Convert `chunks` of rows whose columns are called `labels` in messages.

    A column is text if most of its cells in the first chunk are neither numbers nor
    marks for a missing value.

    Raises:
        InputError: a cell is missing, is not a finite number in a column of numbers, or
            a text column holds too many different texts.
    """
    blocks: list[NDArray[np.float64]] = []
    texts: dict[int, dict[str, int]] = {}
    for chunk in chunks:
        block = np.empty((len(chunk.rows), len(labels)))
        for column, cells in enumerate(zip(*chunk.rows, strict=True)):
            values = None if column in texts else _convert(cells)
            if values is None and not blocks and _is_mostly_text(cells):
                texts[column] = {}
            try:
                if column in texts:
                    values = _encode(cells, texts[column])
                elif values is None:
                    values = np.array([_number(cell) for cell in cells])
            except _BadCellError as error:
                line = chunk.lines[cells.index(error.cell)]
                raise InputError(f"{file}, line {line}, {labels[column]}: {error}") from None
            block[:, column] = values
        blocks.append(block)
    return Table(blocks, texts)


def is_number_like(cell: str) -> bool:
    """Tell whether `cell` is meant as a number, even one that will be refused."""
    try:
        float(cell)
    except ValueError:
        return _GROUPED_DIGITS.fullmatch(cell.strip()) is not None
    return True


class _BadCellError(Exception):
    def __init__(self, cell: str, message: str) -> None:
        super().__init__(message)
        self.cell = cell


def _convert(cells: Sequence[str]) -> NDArray[np.float64] | None:
    """Return the numbers in `cells`, (N,), or `None` if any of them needs a closer look."""
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    text = "".join(cells)
    return values if np.isfinite(values).all() and text.isascii() and "_" not in text else None


def _number(cell: str) -> float:
    text = cell.strip()
    if text.lower() in _MISSING:
        mark = f" ({quoted(text)})" if text else ""
        raise _BadCellError(
            cell, f"missing value{mark}; fill it in with a number, or take the row out"
        )
    try:
        value = float(text)
        plain = text.isascii() and "_" not in text
    except ValueError:
        if not is_number_like(text):
            raise _BadCellError(
                cell, f"{quoted(text)} is not a number, as most of this column is"
            ) from None
        plain = False
    if not plain:
        raise _BadCellError(
            cell, f"{quoted(text)} is not a plain number; write it with digits and a decimal point"
        )
    if not np.isfinite(value):
        raise _BadCellError(cell, f"{quoted(text)} is not a finite number")
    return value


def _is_mostly_text(cells: Sequence[str]) -> bool:
    present = [cell for cell in cells if cell.strip().lower() not in _MISSING]
    numbers = sum(map(is_number_like, present))
    # A column of marks alone is text too, unless every cell is simply empty.
    return 2 * numbers <= len(present) and any(cell.strip() for cell in cells)


def _encode(cells: Sequence[str], codes: dict[str, int]) -> NDArray[np.float64]:
    """Return the code of each cell, (N,), giving new codes to new texts."""
    texts = [cell.strip() for cell in cells]
    if "" in (new := set(texts) - codes.keys()):
        raise _BadCellError(
            cells[texts.index("")], "missing value; fill it in with a text, or take the row out"
        )
    if len(codes) + len(new) > MOST_CLASSES:
        raise _BadCellError(
            cells[0], f"more than {MOST_CLASSES:,} different texts, too many to be categories"
        )
    for text in sorted(new):
        codes[text] = len(codes)
    return np.fromiter(map(codes.__getitem__, texts), np.float64, len(texts))
