"""Which classes are taken for which, as a table."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.input_file import display_name

MOST_CLASSES = 12
"""More make no table that is read at a glance."""
_MOST_PAIRS = 5
_WIDEST = 76


def confusion_lines(confusion: NDArray[np.int64], class_names: Sequence[str], of: str) -> list[str]:
    """Return the lines of a table, or of the commonest confusions where there are many classes.

    Args:
        confusion: counts, true classes in rows and predicted ones in columns.
        class_names: one a row.
        of: what was counted, such as `validation`.
    """
    names = [display_name(name) for name in class_names]
    if len(names) > MOST_CLASSES:
        return _commonest(confusion, names, of)
    digits = len(str(int(confusion.max(initial=0))))
    width = max(digits, *(len(name) for name in names))
    heads = names
    if (width + 2) * (len(names) + 1) > _WIDEST:
        # Columns are in the order of the rows, so that numbers are enough to find them.
        heads = [str(place) for place in range(1, len(names) + 1)]
        names = [f"{head} {name}" for head, name in zip(heads, names, strict=True)]
    first = max(len(name) for name in names)
    column = max(digits, *(len(head) for head in heads))
    lines = [f"{of}: the true class in rows, the predicted one in columns"]
    lines.append("  ".join([" " * first, *(head.rjust(column) for head in heads)]))
    for name, counts in zip(names, confusion, strict=True):
        lines.append("  ".join([name.rjust(first), *(f"{count:>{column}}" for count in counts)]))
    return lines


def _commonest(confusion: NDArray[np.int64], names: list[str], of: str) -> list[str]:
    wrong = confusion.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:_MOST_PAIRS]
    pairs = [divmod(int(place), len(names)) for place in order]
    return [
        f"{of}: {names[true]} taken for {names[predicted]}, {wrong[true, predicted]:,} of "
        f"{confusion[true].sum():,}"
        for true, predicted in pairs
        if wrong[true, predicted]
    ]
