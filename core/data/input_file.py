"""Opening a data file, and naming what is inside it in a message."""

import stat
from pathlib import Path
from typing import BinaryIO

from bptui.core.errors import InputError, printable

LONGEST_NAME = 60
"""Characters of a name from a file that are shown."""


def display_name(text: object) -> str:
    """Return `text` as it may be shown: on one line, printable, at most `LONGEST_NAME` long."""
    # Cut first: a cell may be a megabyte long.
    name = printable(str(text)[: LONGEST_NAME + 1])
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"


def quoted(text: object) -> str:
    """Return the display name of `text` in quotes."""
    return f"'{display_name(text)}'"


def open_input_file(path: Path) -> BinaryIO:
    """Open the regular file at `path` for reading bytes.

    Raises:
        InputError: it is missing, a directory, a device or pipe, or may not be read.
    """
    shown = printable(path)
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{shown}: this is a directory; give the path of a file in it")
        if not stat.S_ISREG(mode):
            # Opening a pipe that nobody writes to would wait for ever.
            raise InputError(f"{shown}: this is not a regular file")
        return path.open("rb")
    except FileNotFoundError:
        raise InputError(f"{shown}: no such file") from None
    except PermissionError:
        raise InputError(f"{shown}: permission denied; it cannot be read") from None
    except OSError as error:
        raise InputError(f"{shown}: cannot be read ({error.strerror or 'error'})") from None
    except InputError:
        raise
    except ValueError:
        raise InputError(f"{shown}: no file can have this name") from None
