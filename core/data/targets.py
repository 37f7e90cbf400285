"""What a target column means: two classes, several classes, or numbers to predict."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import Task
from bptui.core.errors import InputError

MOST_NUMBERED_CLASSES = 20
"""Integers with more distinct values than this are quantities, not labels."""
MOST_CLASSES = 1_000
MOST_CELLS = 200_000_000
"""Numbers that a data set may hold."""


@dataclass(frozen=True, slots=True)
class Targets:
    """The target half of a `Dataset`."""

    y: NDArray[np.float64]
    """(N, K): 0 or 1 for `binary` (K = 1), one-hot for `classes`, numbers else."""
    names: tuple[str, ...]
    """One a column of y: the class it stands for where classes are one-hot."""
    task: Task
    class_names: tuple[str, ...] = ()
    """The two classes of a binary target in the order 0, 1; empty else."""


def class_targets(
    where: str, name: str, classes: NDArray[np.intp], class_names: Sequence[str]
) -> Targets:
    """Return targets for `classes`, (N,), each an index into `class_names`.

    Two classes make one column of 0 and 1, more make a one-hot block.

    Raises:
        InputError: there is only one class, or there are too many; the message begins
            with `where`.
    """
    count = len(class_names)
    if count < 2:
        raise InputError(
            f"{where}: every sample is of class '{class_names[0]}'; "
            "there is nothing to learn from one class"
        )
    if count == 2:
        y = classes.astype(np.float64)[:, np.newaxis]
        return Targets(y, (name,), "binary", tuple(class_names))
    if count > MOST_CLASSES:
        raise InputError(
            f"{where}: {count:,} different classes; at most {MOST_CLASSES:,} can be told apart"
        )
    if len(classes) * count > MOST_CELLS:
        raise InputError(
            f"{where}: {len(classes):,} samples of {count:,} classes need more than "
            f"{MOST_CELLS:,} numbers"
        )
    y = np.zeros((len(classes), count))
    y[np.arange(len(classes)), classes] = 1.0
    return Targets(y, tuple(class_names), "classes")


def number_targets(where: str, names: Sequence[str], values: NDArray[np.float64]) -> Targets:
    """Return targets for the finite numbers `values`, (N, K), in columns called `names`.

    One column is of labels if it holds 0 and 1, -1 and 1, or all the integers from
    0 or 1 up to some number, at most `MOST_NUMBERED_CLASSES` of them and at least one
    of them twice. Several columns are classes if they are one-hot. All else is regression.

    Raises:
        InputError: there is only one class or value; the message begins with `where`.
    """
    if values.shape[1] > 1:
        if not _is_one_hot(values):
            return Targets(values, tuple(names), "regression")
        if values.any(axis=0).sum() == 1:
            raise InputError(f"{where}: every sample is of one class; a target needs at least two")
        return Targets(values, tuple(names), "classes")
    column = values[:, 0]
    low, high = float(column.min()), float(column.max())
    if low == high:
        raise InputError(
            f"{where}: every value is {low:g}; a target needs at least two different values"
        )
    labels = _labels(column, low, high)
    if labels is None:
        return Targets(values, tuple(names), "regression")
    classes = np.searchsorted(labels, column)
    return class_targets(where, names[0], classes, [f"{label:.0f}" for label in labels])


def _is_one_hot(values: NDArray[np.float64]) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all() and (values.sum(axis=1) == 1.0).all())


def _labels(column: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64] | None:
    """Return the labels in `column` in ascending order, or `None` if it holds quantities."""
    if low == -1.0 and high == 1.0 and bool((np.abs(column) == 1.0).all()):
        return np.array([-1.0, 1.0])
    if low not in (0.0, 1.0) or high - low >= MOST_NUMBERED_CLASSES:
        return None
    if not (column == np.floor(column)).all():
        return None
    counts = np.bincount((column - low).astype(np.intp))
    if (low, high) != (0.0, 1.0) and len(counts) == len(column):
        return None
    return low + np.arange(len(counts), dtype=np.float64) if counts.all() else None
