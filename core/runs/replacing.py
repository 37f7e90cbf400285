"""Replacing a file so that it is whole at any moment, and what is left where that was cut short."""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Write a file so that at any moment either the old or the new one is there, whole.

    Raises:
        OSError: it cannot be written; the old one is still there.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _make_lasting(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _make_lasting(folder: Path) -> None:
    """Have the names in a folder outlive a power cut, where the system can promise that."""
    if sys.platform == "win32":
        return
    number = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # the new file is there; some file systems promise no more
            os.fsync(number)
    finally:
        os.close(number)


def remove_unfinished(folder: Path, names: Iterable[str]) -> None:
    """Remove what processes were writing when they were killed, as far as that can be done.

    Args:
        folder: to look in.
        names: of files that are replaced there, or patterns of them.
    """
    for name in names:
        for path in folder.glob(f".{name}.*"):
            if path.suffix[1:].isdigit():
                with suppress(OSError):
                    path.unlink(missing_ok=True)
