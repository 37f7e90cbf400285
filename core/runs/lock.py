"""One process a run folder: a lock that ends with the process, however it ends."""

import os
from pathlib import Path
from types import ModuleType

from bptui.core.errors import InputError, printable
from bptui.core.runs.files import LOCK

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows: two processes are not kept apart
    fcntl = None

_LONGEST_NUMBER = 20


class LockedError(InputError):
    """Another process trains in a folder."""

    def __init__(self, folder: Path, who: str) -> None:
        """Say that `who` does, such as `process 12`."""
        super().__init__(f"{printable(folder)}: {who} is training there; name another folder")
        self.folder, self.who = folder, who


class RunLock:
    """Held from the moment it is made until `release`, or the end of the process.

    The file stays behind, for to remove it would let two processes lock two files of one name.
    """

    def __init__(self, folder: Path) -> None:
        """Take the lock.

        Raises:
            LockedError: another process has it.
            OSError: the folder cannot be written.
        """
        self._file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            number = os.read(self._file, _LONGEST_NUMBER).decode("ascii", "replace").strip()
            self.release()
            who = f"process {number}" if number.isdigit() else "another process"
            raise LockedError(folder, who) from None
        except OSError:  # a file system without locks
            return
        os.truncate(self._file, 0)
        os.write(self._file, f"{os.getpid()}\n".encode())

    def release(self) -> None:
        """Let others have it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def is_locked(folder: Path) -> bool:
    """Return whether some process trains in a folder."""
    if not (folder / LOCK).exists():
        return False
    try:
        RunLock(folder).release()
    except LockedError:
        return True
    return False
