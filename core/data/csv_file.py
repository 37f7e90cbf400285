"""Data sets from CSV files."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.csv_columns import Table, is_number_like, read_columns
from bptui.core.data.csv_rows import Chunk, read_chunks
from bptui.core.data.dataset import Dataset
from bptui.core.data.input_file import display_name, open_input_file, quoted
from bptui.core.data.targets import MOST_CELLS, Targets, class_targets, number_targets
from bptui.core.errors import InputError, did_you_mean
from bptui.core.wording import first_of

MOST_CATEGORIES = 100
"""Distinct texts of a feature column, each of which becomes a feature."""
_HEADER_ROWS = 100


def load_csv(path: Path, target: Sequence[str] = ()) -> Dataset:
    """Read a data set from the UTF-8 text file at `path`.

    Cells are separated by commas, semicolons or tabs; a first row without numbers is a
    header. A text feature is one-hot encoded. `target` names the target columns, by
    header name or, without a header, by number from 1; empty means the last column. Text
    targets and small contiguous integers are classes, one-hot columns too, all else is
    regression.

    Raises:
        InputError: the file cannot be used; the message names file, line and column.
    """
    file = display_name(path.name)
    with open_input_file(path) as stream:
        try:
            return _read(stream, file, target)
        except OSError as error:
            raise InputError(f"{file}: cannot be read ({error.strerror or 'error'})") from None
        except MemoryError:
            raise InputError(f"{file}: does not fit into memory") from None


def _read(stream: BinaryIO, file: str, target: Sequence[str]) -> Dataset:
    chunks = read_chunks(stream, file)
    first = next(chunks, None)
    if first is None:
        raise InputError(f"{file}: empty file; it needs rows of features and a target")
    header = _split_header(first)
    if not first.rows:
        raise InputError(f"{file}: no data rows after the header")
    if header:
        names = _header_names(header, file)
        labels = [f"column {quoted(name)}" for name in names]
    else:
        names = labels = [f"column {number}" for number in range(1, len(first.rows[0]) + 1)]
    targets = _target_columns(target, header, names, file)
    table = read_columns(chain([first], chunks), file, labels)
    found = _read_targets(table, targets, names, [f"{file}, {label}" for label in labels])
    X, feature_names = _read_features(table, targets, names, file)
    return Dataset(file, X, found.y, feature_names, found.names, found.task, found.class_names)


def _split_header(chunk: Chunk) -> list[str]:
    """Remove the header from `chunk` and return it, or return [] if there is none."""
    header, rows = chunk.rows[0], chunk.rows[1:]
    if any(map(is_number_like, header)) or not any(cell.strip() for cell in header):
        return []
    if not any(is_number_like(cell) for row in rows[:_HEADER_ROWS] for cell in row) and any(
        row[column] == name for row in rows for column, name in enumerate(header)
    ):
        # All is text, and a column's name would hardly be one of its values.
        return []
    del chunk.rows[0], chunk.lines[0]
    return [cell.strip() for cell in header]


def _header_names(header: Sequence[str], file: str) -> list[str]:
    seen: dict[str, int] = {}
    # NumPy's savetxt marks a header as a comment.
    names = [header[0].removeprefix("# "), *header[1:]]
    for number, name in enumerate(names, 1):
        if name and name in seen:
            raise InputError(
                f"{file}: columns {seen[name]} and {number} are both called {quoted(name)}; "
                "names must differ"
            )
        seen[name] = number
    return [display_name(name) or f"column {number}" for number, name in enumerate(names, 1)]


def _target_columns(
    target: Sequence[str], header: Sequence[str], names: Sequence[str], file: str
) -> list[int]:
    """Return the indices of the target columns, in the order asked for."""
    if not target:
        return [len(names) - 1]
    columns: list[int] = []
    for wanted in target:
        column = (
            _named_column(wanted, header, names, file)
            if header
            else _numbered_column(wanted, len(names), file)
        )
        if column in columns:
            raise InputError(f"{file}: target {quoted(wanted)} is given twice")
        columns.append(column)
    if len(columns) == len(names):
        raise InputError(f"{file}: every column is a target; at least one must be a feature")
    return columns


def _named_column(wanted: str, header: Sequence[str], names: Sequence[str], file: str) -> int:
    for choices in (header, names):
        if wanted in choices:
            return list(choices).index(wanted)
    raise InputError(
        f"{file}: no column is called {quoted(wanted)}{did_you_mean(wanted, names)}; "
        f"the columns are {first_of(names)}"
    )


def _numbered_column(wanted: str, width: int, file: str) -> int:
    number = wanted.strip().removeprefix("column ")
    if number.isascii() and number.isdigit() and len(number) <= 9 and 1 <= int(number) <= width:
        return int(number) - 1
    raise InputError(
        f"{file}: unknown target {quoted(wanted)}; the file has no header, so give the number "
        f"of a column from 1 to {width}"
    )


def _read_targets(
    table: Table, targets: Sequence[int], names: Sequence[str], places: Sequence[str]
) -> Targets:
    first = targets[0]
    if len(targets) > 1:
        for column in targets:
            if column in table.texts:
                raise InputError(
                    f"{places[column]}: text; several target columns must all be numbers"
                )
    values = np.concatenate([block[:, targets] for block in table.blocks])
    if first not in table.texts:
        return number_targets(places[first], [names[column] for column in targets], values)
    texts, rank = _sorted_texts(table.texts[first])
    classes = rank[values[:, 0].astype(np.intp)]
    return class_targets(places[first], names[first], classes, list(map(display_name, texts)))


def _sorted_texts(codes: dict[str, int]) -> tuple[list[str], NDArray[np.intp]]:
    """Return the texts in sorted order, and the place in that order of each code."""
    texts = sorted(codes)
    rank = np.empty(len(texts), np.intp)
    for place, text in enumerate(texts):
        rank[codes[text]] = place
    return texts, rank


def _read_features(
    table: Table, targets: Sequence[int], names: Sequence[str], file: str
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return X, (N, s_0), and its names, text columns one-hot encoded."""
    numeric: list[int] = []
    positions: list[int] = []
    encoded: list[tuple[int, int, NDArray[np.intp]]] = []
    feature_names: list[str] = []
    for column in sorted(set(range(len(names))) - set(targets)):
        if column not in table.texts:
            numeric.append(column)
            positions.append(len(feature_names))
            feature_names.append(names[column])
            continue
        texts, rank = _sorted_texts(table.texts[column])
        if len(texts) > MOST_CATEGORIES:
            raise InputError(
                f"{file}, column {quoted(names[column])}: {len(texts):,} different texts; a text "
                f"feature may have at most {MOST_CATEGORIES}"
            )
        encoded.append((column, len(feature_names), rank))
        feature_names += [display_name(f"{names[column]}={text}") for text in texts]
    samples = sum(map(len, table.blocks))
    if samples * len(feature_names) > MOST_CELLS:
        raise InputError(
            f"{file}: {samples:,} rows of {len(feature_names):,} features, text columns "
            f"encoded, are more than {MOST_CELLS:,} numbers"
        )
    X = np.zeros((samples, len(feature_names)))
    start = 0
    while table.blocks:
        # Let go of each block once it is copied, so that a large file is not held twice.
        block = table.blocks.pop(0)
        rows = np.arange(start, start + len(block))
        X[start : start + len(block), positions] = block[:, numeric]
        for column, position, rank in encoded:
            X[rows, position + rank[block[:, column].astype(np.intp)]] = 1.0
        start += len(block)
    return X, tuple(feature_names)
