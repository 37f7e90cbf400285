"""What became of every network of a sweep, as a CSV file."""

import csv
import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bptui.core.errors import InputError, printable
from bptui.core.sweeping import SettingResult, SweepResult
from bptui.tui.output_file import OutputFile

COLUMNS = ("setting", "seed", "solved", "epochs_to_solve", "final_cost", "diverged")
VALIDATED_COLUMNS = ("validation_cost", "validation_score")
"""These follow where samples were held back."""


def check_csv(path: Path) -> None:
    """Make sure that the file can be written, before hours are spent on what goes into it.

    Raises:
        InputError: it cannot.
    """
    if not _is_written_plainly(path):
        with _about_csv(), OutputFile(path):
            pass


def write_csv(path: Path, found: SweepResult) -> None:
    """Write one row for each network that was trained to the end, all of them or nothing.

    Raises:
        InputError: the file cannot be written.
    """
    content = csv_text(found).encode()
    with _about_csv():
        if not _is_written_plainly(path):
            with OutputFile(path) as file:
                file.write(content)
            return
        try:
            path.write_bytes(content)
        except OSError as error:
            raise InputError(
                f"{printable(path)}: cannot be written: {error.strerror or error}"
            ) from None


def csv_text(found: SweepResult) -> str:
    """Return one row for each network that was trained to the end, below a row of names."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    validated = any(setting.validation is not None for setting in found.settings)
    writer.writerow((*COLUMNS, *(VALIDATED_COLUMNS if validated else ())))
    for setting in found.settings:
        writer.writerows(_rows(setting))
    return text.getvalue()


def _is_written_plainly(path: Path) -> bool:
    """Return whether a pipe or a device is there, which no other file can be put in place of."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextmanager
def _about_csv() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        raise InputError(f"--csv: {error}") from None


def _rows(found: SettingResult) -> Iterator[tuple[object, ...]]:
    columns = [found.seeds, found.solved_at, found.final_cost, found.diverged]
    if found.validation is not None:
        columns += [found.validation.cost, found.validation.score]
    for seed, solved_at, cost, diverged, *validated in zip(
        *(column.tolist() for column in columns), strict=True
    ):
        solved = solved_at >= 0
        yield (
            found.setting.name,
            seed,
            int(solved),
            solved_at if solved else "",
            _shown(cost),
            int(diverged),
            *map(_shown, validated),
        )


def _shown(value: float) -> str:
    """Return a number in full; nothing of one that is none, as of what diverged at the start."""
    return repr(value) if value == value else ""
