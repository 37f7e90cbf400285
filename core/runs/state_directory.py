"""Runs that nobody named a folder for: under the user's state directory, the newest few."""

import os
import re
import sys
from contextlib import suppress
from pathlib import Path

from bptui.core.runs.files import CHECKPOINT, KEPT, remove_run
from bptui.core.runs.lock import is_locked

MOST_RUNS = 20
"""How many runs are kept that nobody asked to keep."""
_LONGEST_NAME = 40


def runs_directory() -> Path:
    """Return the folder of these runs, after the XDG base directory specification.

    Raises:
        RuntimeError: the user has no home.
    """
    if sys.platform == "win32":
        state = os.environ.get("LOCALAPPDATA")
        base = Path(state) if state else Path.home() / "AppData" / "Local"
    else:
        state = os.environ.get("XDG_STATE_HOME")
        # The specification has relative paths ignored.
        absolute = state is not None and Path(state).is_absolute()
        base = Path(state) if absolute and state else Path.home() / ".local" / "state"
    return base / "bptui" / "runs"


def new_run_directory(name: str) -> Path:
    """Make and return an empty folder, called after `name`, and remove the oldest ones.

    Raises:
        OSError: it cannot be made.
        RuntimeError: the user has no home.
    """
    runs = runs_directory()
    runs.mkdir(parents=True, exist_ok=True)
    _prune()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:_LONGEST_NAME] or "run"
    number = 1
    while True:
        folder = runs / f"{plain}-{number}"
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return folder


def latest_run() -> Path | None:
    """Return the run that was saved last, or `None`."""
    runs = runs_by_age()
    return runs[-1] if runs else None


def runs_by_age() -> list[Path]:
    """Return the runs that have a checkpoint, the newest last."""
    found: list[tuple[float, Path]] = []
    with suppress(OSError, RuntimeError):
        for folder in runs_directory().iterdir():
            with suppress(OSError):
                found.append(((folder / CHECKPOINT).stat().st_mtime, folder))
    return [folder for _, folder in sorted(found)]


def _prune() -> None:
    spare = [folder for folder in runs_by_age() if not (folder / KEPT).exists()]
    for folder in spare[: max(0, len(spare) - MOST_RUNS + 1)]:
        with suppress(OSError):
            if not is_locked(folder):
                remove_run(folder)
