"""What the files of a run folder are called."""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

CHECKPOINT = "checkpoint.npz"
CONFIGURATION = "configuration.json"
LOG = "log.csv"
ERROR = "error.txt"
KEPT = "kept"
"""Stands for a checkpoint that was asked for: such a run is never removed."""
LOCK = ".lock"


def unfinished(folder: Path, names: Iterable[str] = (CHECKPOINT, CONFIGURATION)) -> list[Path]:
    """Return the files that a process was writing when it was killed.

    Args:
        folder: to look in.
        names: of files that are replaced there, or patterns of them.
    """
    return [
        path for name in names for path in folder.glob(f".{name}.*") if path.suffix[1:].isdigit()
    ]


def remove_run(folder: Path) -> None:
    """Remove the files of a run, and the folder if nothing else is in it."""
    with suppress(OSError):
        for name in (CHECKPOINT, CONFIGURATION, LOG, ERROR, KEPT, LOCK):
            (folder / name).unlink(missing_ok=True)
        for path in unfinished(folder):
            path.unlink(missing_ok=True)
        folder.rmdir()
