"""What became of every network of a sweep, as a CSV file."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

from bptui.core.errors import InputError, printable
from bptui.core.sweeping import SettingResult, SweepResult

COLUMNS = ("setting", "seed", "solved", "epochs_to_solve", "final_cost", "diverged")


def check_csv(path: Path) -> None:
    """Make sure that the file can be written, before hours are spent on what goes into it.

    Raises:
        InputError: it cannot.
    """
    folder = path.parent
    if path.is_dir() or not folder.is_dir():
        raise InputError(f"--csv: {printable(path)} cannot be written; name a file in a folder")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise InputError(f"--csv: {printable(path)} cannot be written: permission denied")


def write_csv(path: Path, found: SweepResult) -> None:
    """Write one row for each network that was trained to the end.

    Raises:
        InputError: the file cannot be written.
    """
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(COLUMNS)
            for setting in found.settings:
                writer.writerows(_rows(setting))
    except OSError as error:
        raise InputError(
            f"--csv: {printable(path)} cannot be written: {error.strerror or error}"
        ) from None


def _rows(found: SettingResult) -> Iterator[tuple[object, ...]]:
    columns = (found.seeds, found.solved_at, found.final_cost, found.diverged)
    for seed, solved_at, cost, diverged in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        solved = solved_at >= 0
        # There is no cost to tell of a network that diverged at the start.
        shown = repr(cost) if cost == cost else ""
        yield (
            found.setting.name,
            seed,
            int(solved),
            solved_at if solved else "",
            shown,
            int(diverged),
        )
