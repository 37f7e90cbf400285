"""What of a training can be taken away in files that other programs read."""

import csv
import io

import numpy as np

from bptui.core.history import CostCurve
from bptui.core.runs.archive import archived
from bptui.core.snapshot import Snapshot

CURVE_COLUMNS = ("epoch", "cost", "lowest", "highest", "validation_cost")


def curve_csv(curve: CostCurve) -> bytes:
    """Return the curve as CSV, with all digits: one row for each epoch, or few, as it is kept.

    `epoch` is the first epoch of a row, `cost` that of the last, `lowest` and `highest` are of all
    of them. `validation_cost` is the last that was found in them, and otherwise empty.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CURVE_COLUMNS)
    columns = curve.columns
    next_epochs = np.append(columns.epoch[1:], np.inf)
    looks = np.searchsorted(curve.validation_epoch, next_epochs) - 1
    for row, (first, look) in enumerate(zip(columns.epoch.tolist(), looks.tolist(), strict=True)):
        costs = columns.last[row], columns.low[row], columns.high[row]
        looked = look >= 0 and curve.validation_epoch[look] >= first
        validation = repr(float(curve.validation_cost[look])) if looked else ""
        writer.writerow((f"{first:.17g}", *(repr(float(cost)) for cost in costs), validation))
    return text.getvalue().encode()


def thetas_npz(snapshot: Snapshot) -> bytes:
    """Return the matrices Θ as an archive for `numpy.load`.

    They are named `theta_1`, `theta_2` and so on, with the bias in column 0; the arrays of
    somebody's own model have their own names.
    """
    thetas, names = snapshot.thetas, snapshot.description.array_names
    if snapshot.description.layers:
        names = tuple(f"theta_{number}" for number in range(1, len(thetas) + 1))
    return archived(dict(zip(names, thetas, strict=True)))
