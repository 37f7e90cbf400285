"""A file that is written whole or not at all, and refused before work is put into it."""

import os
import stat
import tempfile
from pathlib import Path
from types import TracebackType

from bptui.core.errors import InputError, printable

STANDARD_OUTPUT = Path("-")
"""Asks for what goes into a file to be printed instead."""


class OutputFile:
    """A place for a file, made sure of; what was there stays until all is written."""

    def __init__(self, path: Path) -> None:
        """Make sure that a file can be written at `path`.

        Raises:
            InputError: it cannot, or something other than a file is there.
        """
        self.path = path
        shown = printable(path)
        try:
            target = path.resolve()
            if target.is_dir():
                raise InputError(f"{shown}: this is a directory; give the path of a file in it")
            if target.exists() and not stat.S_ISREG(target.stat().st_mode):
                raise InputError(f"{shown}: this is not a regular file; it cannot be written over")
            handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        except FileNotFoundError:
            raise InputError(f"{shown}: there is no folder {printable(path.parent)}") from None
        except (OSError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or "a loop of links"
            raise InputError(f"{shown}: cannot be written: {why}") from None
        except InputError:
            raise
        except ValueError:
            raise InputError(f"{shown}: no file can have this name") from None
        os.close(handle)
        self._target, self._temporary = target, Path(name)

    def __enter__(self) -> "OutputFile":
        """Return the file; in the end what is unfinished is removed."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what is unfinished."""
        self._temporary.unlink(missing_ok=True)

    def write(self, content: bytes) -> None:
        """Put `content` in place.

        Raises:
            InputError: it cannot be written.
        """
        try:
            with self._temporary.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            self._temporary.chmod(_usual_mode(self._target))
            self._temporary.replace(self._target)
        except OSError as error:
            raise InputError(
                f"{printable(self.path)}: cannot be written: {error.strerror or error}"
            ) from None


def _usual_mode(path: Path) -> int:
    """Return the permissions of the file that is replaced, or those of a new one."""
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
