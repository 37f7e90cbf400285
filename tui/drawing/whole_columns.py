"""Which columns of a matrix are seen where there is no room for all: whole ones only."""

from collections.abc import Sequence

MORE = 2
"""Cells of the mark that columns follow, with the blank before it."""


def columns_from(first: int, widths: Sequence[int], room: int) -> range:
    """Return the columns from `first` on that fit whole, though one at least.

    Args:
        first: column to begin with.
        widths: cells of every column, with the gap before it.
        room: cells for all of them, and for the mark where the last is not among them.
    """
    taken = 0
    for column in range(first, len(widths)):
        taken += widths[column]
        mark = MORE if column + 1 < len(widths) else 0
        if column > first and taken + mark > room:
            return range(first, column)
    return range(first, len(widths))


def most_scrolled(widths: Sequence[int], room: int) -> int:
    """Return how many columns are scrolled out, at the fewest, when the last one is seen."""
    return next(
        first
        for first in range(len(widths) + 1)
        if columns_from(first, widths, room).stop == len(widths)
    )
