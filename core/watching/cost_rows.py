"""The rows of a CSV file that tell of a training."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.csv_rows import find_delimiter
from bptui.core.data.input_file import display_name
from bptui.core.errors import InputError, printable
from bptui.core.watching.sparse_history import LARGEST_EPOCH
from bptui.core.wording import first_of

Floats = NDArray[np.float64]

NEEDED = ("epoch", "cost")
OPTIONAL = ("validation_cost", "learning_rate", "seed", "seconds")
_SAMPLE = 10


@dataclass(frozen=True, slots=True)
class Rows:
    """Columns of equal length; NaN where a cell is empty, or its column is not there.

    What is written there but is no finite number is infinite.
    """

    epoch: Floats
    cost: Floats
    validation_cost: Floats
    learning_rate: Floats
    seed: Floats
    seconds: Floats

    def __len__(self) -> int:
        """Return how many rows there are."""
        return len(self.epoch)

    def part(self, first: int, end: int) -> "Rows":
        """Return some rows that follow each other."""
        return Rows(*(getattr(self, name)[first:end] for name in (*NEEDED, *OPTIONAL)))


class RowReader:
    """Makes rows of lines; the first line names the columns."""

    def __init__(self, path: Path) -> None:
        """Know no column yet; `path` is named in messages."""
        self._path = path
        self._delimiter = ","
        self._places: dict[str, int] = {}
        self._header = ""
        self.problem = ""
        """One sentence once the first line has not named the columns that are needed."""
        self.refused = 0
        """Lines that were no rows of numbers."""
        self.not_finite = 0
        """Rows whose cost was written and is no finite number."""

    @property
    def knows_columns(self) -> bool:
        """Whether the first line has been read."""
        return bool(self._places)

    def rows(self, lines: bytes) -> Rows:
        """Return the rows in whole lines, in order; what is none is counted in `refused`.

        Raises:
            InputError: the first line of all does not name the columns that are needed.
        """
        if self.problem:
            return Rows(*np.empty((len(NEEDED) + len(OPTIONAL), 0)))
        text = lines.decode("utf-8", "replace")
        if "\r" in text:
            text = text.replace("\r\n", "\n")
        if not self._places:
            text = self._read_header(text)
        cells = self._cells(text)
        places = [self._places.get(name) for name in (*NEEDED, *OPTIONAL)]
        found: list[list[float]] = []
        for row in cells:
            numbers = _numbers(row, places)
            if numbers is not None:
                found.append(numbers)
            elif any(cell.strip() for cell in row) and self._delimiter.join(row) != self._header:
                self.refused += 1
        columns = np.array(found).reshape(len(found), len(places)).T
        rows = Rows(*columns)
        self.not_finite += int(np.count_nonzero(np.isinf(rows.cost)))
        return rows

    def _read_header(self, text: str) -> str:
        """Take the names of the columns from the first line, and return what follows it."""
        text = text.lstrip("\ufeff\n")
        first, _, rest = text.partition("\n")
        if not first.strip():
            return ""
        self._delimiter = find_delimiter([first, *rest.split("\n", _SAMPLE)[:_SAMPLE]])
        # NumPy's savetxt marks a header as a comment.
        cells = self._cells(first.removeprefix("# "))[0]
        names = [cell.strip().lower() for cell in cells]
        missing = [name for name in NEEDED if name not in names]
        if missing:
            there = first_of(cells, lambda cell: display_name(cell.strip()))
            self.problem = (
                f"{printable(self._path)}: no column is called {' or '.join(missing)}; a training "
                f"is followed by the columns epoch and cost, and the first line has {there}"
            )
            raise InputError(self.problem)
        self._header = self._delimiter.join(cells)
        self._places = {name: names.index(name) for name in (*NEEDED, *OPTIONAL) if name in names}
        return rest

    def _cells(self, text: str) -> list[list[str]]:
        lines = text.removesuffix("\n").split("\n") if text else []
        if '"' not in text:
            # The csv module would take twice as long over a large file.
            return [line.split(self._delimiter) for line in lines]
        return [self._quoted_cells(line) for line in lines]

    def _quoted_cells(self, line: str) -> list[str]:
        try:
            reader = csv.reader([line], delimiter=self._delimiter, skipinitialspace=True)
            return next(reader, [])
        except csv.Error:
            return [line]


def _numbers(row: Sequence[str], places: Sequence[int | None]) -> list[float] | None:
    """Return the numbers of a row, or `None` if it has no epoch, or anything but numbers."""
    try:
        numbers = [_number(row[place]) if place is not None else np.nan for place in places]
    except (ValueError, IndexError):
        return None
    return numbers if 0.0 <= numbers[0] < LARGEST_EPOCH else None


def _number(cell: str) -> float:
    # An empty cell is usual: of epochs without a validation cost, say.
    if not cell.strip():
        return np.nan
    value = float(cell)
    return value if isfinite(value) else np.inf
