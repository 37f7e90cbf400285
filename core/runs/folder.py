"""Which folder a run is kept in: never that of another run, and one process at a time."""

from contextlib import suppress
from pathlib import Path

from bptui.core.errors import InputError, printable
from bptui.core.runs.files import KEPT, remove_run, unfinished
from bptui.core.runs.lock import RunLock
from bptui.core.runs.saving import check_free, check_writable, free_folder
from bptui.core.runs.state_directory import new_run_directory


class RunFolder:
    """The folder of a training: named, resumed, or a new one in the user's state directory."""

    def __init__(
        self, named: Path | None = None, *, resumed: Path | None = None, name: str = "run"
    ) -> None:
        """Write nothing yet.

        Args:
            named: a folder that holds no other run, or the one that is resumed.
            resumed: the folder whose run goes on.
            name: what to call a folder that nobody named.
        """
        self.given = named or resumed
        """The folder that was asked for, in which leaving saves."""
        self.taken: Path | None = None
        """The folder, once it is locked for this process."""
        self._next = self.given
        self.holds_older = (
            resumed is not None
            and self.given is not None
            and resumed.absolute() == self.given.absolute()
        )
        """Whether the folder holds the run that is resumed."""
        self._name = name
        self._lock: RunLock | None = None

    def take(self) -> Path:
        """Make the folder if need be, lock it, and return it; the same one from then on.

        Raises:
            InputError: it cannot be written, holds another run, or another process has it.
        """
        if self.taken is None:
            folder = self._next
            try:
                if folder is None:
                    folder = new_run_directory(self._name)
                check_writable(folder)
                self._lock = RunLock(folder)
            except (OSError, RuntimeError) as error:
                where = "the user's state directory" if folder is None else printable(folder)
                reason = getattr(error, "strerror", None) or error
                raise InputError(f"{where}: cannot save a run there: {reason}") from None
            if not self.holds_older:
                check_free(folder)
            for path in unfinished(folder):
                with suppress(OSError):
                    path.unlink()
            self.taken = folder
        return self.taken

    def start_again(self) -> None:
        """Keep the checkpoint that was resumed: from here on it is of another training."""
        if self.holds_older and self.given is not None:
            self.close()
            self._next, self.holds_older = free_folder(self.given), False

    def keep(self) -> None:
        """Note that the user asked for what is saved there."""
        if self.given is None and self.taken is not None:
            with suppress(OSError):
                (self.taken / KEPT).touch()

    def discard(self) -> bool:
        """Remove a folder that nobody asked for; say whether that is so."""
        if self.given is not None or (self.taken is not None and (self.taken / KEPT).exists()):
            return False
        if self.taken is not None:
            remove_run(self.taken)
        self.close()
        return True

    def close(self) -> None:
        """Let other processes have the folder."""
        if self._lock is not None:
            self._lock.release()
        self._lock = self.taken = None
