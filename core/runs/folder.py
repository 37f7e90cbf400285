"""Which folder a run is kept in: never that of another, and one process at a time."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from bptui.core.data.input_file import display_name
from bptui.core.errors import InputError, printable
from bptui.core.runs.archive import FOREIGN
from bptui.core.runs.files import BLOCKS, CHECKPOINT, CONFIGURATION, KEPT, LOCK, SWEEP, remove_run
from bptui.core.runs.lock import LockedError, RunLock, is_locked
from bptui.core.runs.replacing import remove_unfinished
from bptui.core.runs.saving import opened
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
            except LockedError as error:
                raise self._busy(error) from None
            except (OSError, RuntimeError) as error:
                where = "the user's state directory" if folder is None else printable(folder)
                reason = getattr(error, "strerror", None) or error
                raise InputError(f"{where}: cannot save a run there: {reason}") from None
            if not self.holds_older:
                check_free(folder)
            remove_unfinished(folder, (CHECKPOINT, CONFIGURATION))
            self.taken = folder
        return self.taken

    def check(self) -> None:
        """Make sure that it can be taken, before there is anything to save in it.

        Raises:
            InputError: another process has it, or it holds another run.
        """
        if self.given is None or self.taken is not None:
            return
        if (self.given / LOCK).exists():
            with suppress(OSError):  # that it cannot be written is said where it is taken
                try:
                    RunLock(self.given).release()
                except LockedError as error:
                    raise self._busy(error) from None
        if not self.holds_older:
            check_free(self.given)

    def _busy(self, error: LockedError) -> InputError:
        """Return what to say where another process trains."""
        if (error.folder / SWEEP).exists():  # which cannot be watched
            return error
        shown = printable(error.folder)
        other = "" if self.holds_older else ", or name another folder"
        return InputError(
            f"{shown}: {error.who} is training there right now; bptui watch {shown} shows it{other}"
        )

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


def check_writable(folder: Path) -> None:
    """Make the folder and try to write in it.

    Raises:
        InputError: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".writable."):
            pass
    except OSError as error:
        raise InputError(
            f"{printable(folder)}: cannot save a run there: {error.strerror or error}"
        ) from None


def check_free(folder: Path) -> None:
    """Make sure that a run can be saved to a folder without harm to what it holds.

    Raises:
        InputError: a run or a sweep is there already.
    """
    held, words = held_run(folder), "--resume"
    if not held and os.path.lexists(folder / SWEEP):
        held, words = "a sweep", "bptui sweep --resume"
    if held:
        shown = printable(folder)
        raise InputError(
            f"{shown}: holds {held}; {words} {shown} continues it, or name another folder"
        )


def held_run(folder: Path) -> str:
    """Return what run a folder holds, such as `a run at epoch 9 of xor`; nothing if none."""
    if not os.path.lexists(folder / CHECKPOINT):
        return ""
    try:
        with opened(folder) as (_, facts, configuration):
            name = display_name(Path(configuration.data).name)
            return f"a run at epoch {int(facts['epoch']):,} of {name}"
    except (InputError, *FOREIGN):
        return "a checkpoint"


def free_folder(folder: Path) -> Path:
    """Return this folder, or the first of `FOLDER-2`, `FOLDER-3`, … that holds nothing kept."""
    if folder.name in ("", ".."):
        folder = folder.resolve()
    free, number = folder, 1
    while _is_taken(free):
        number += 1
        free = Path(f"{folder}-{number}")
    return free


def _is_taken(folder: Path) -> bool:
    if os.path.lexists(folder) and not folder.is_dir():
        return True
    holds = any(os.path.lexists(folder / name) for name in (CHECKPOINT, CONFIGURATION, SWEEP))
    return holds or any(folder.glob(BLOCKS)) or is_locked(folder)
