"""What the files of a run folder are called."""

from contextlib import suppress
from pathlib import Path

from bptui.core.runs.replacing import remove_unfinished

CHECKPOINT = "checkpoint.npz"
CONFIGURATION = "configuration.json"
LOG = "log.csv"
ERROR = "error.txt"
KEPT = "kept"
"""Stands for a checkpoint that was asked for: such a run is never removed."""
LOCK = ".lock"
SWEEP = "sweep.json"
"""What tells the folder of a sweep, which is no run's."""
BLOCKS = "setting-*.npz"
"""What the names of the other files of a sweep match."""


def remove_run(folder: Path) -> None:
    """Remove the files of a run, and the folder if nothing else is in it."""
    with suppress(OSError):
        for name in (CHECKPOINT, CONFIGURATION, LOG, ERROR, KEPT, LOCK):
            (folder / name).unlink(missing_ok=True)
        remove_unfinished(folder, (CHECKPOINT, CONFIGURATION))
        folder.rmdir()
