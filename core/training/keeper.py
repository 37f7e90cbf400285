"""Keeping a training in its run folder while it goes on: checkpoints and a log.

Everything happens between two slices of training, on the thread that trains.
"""

from math import isnan
from pathlib import Path
from time import perf_counter

from bptui.core.errors import InputError, printable
from bptui.core.runs.folder import RunFolder
from bptui.core.runs.log import Row, RunLog
from bptui.core.runs.saving import save_run
from bptui.core.training.resumable import Resumable

CHECKPOINT_SECONDS = 10.0
"""Between two checkpoints, unless another time is asked for."""
CHECKPOINT_SHARE = 0.05
"""The share of the time that checkpoints may take; on a slow disk there are fewer."""
SHORTEST_ROW, LONGEST_ROW = 0.001, 10.0
"""Seconds between two rows of the log: short at first, long in the end."""
ROW_SHARE = 1e-3
"""A row each thousandth of the time: a day of training has 10,000 or so."""


class RunKeeper:
    """Saves a trainer now and then, and writes down its costs."""

    def __init__(
        self, trainer: Resumable, folder: RunFolder, *, every: float = CHECKPOINT_SECONDS
    ) -> None:
        """Write nothing yet.

        Args:
            trainer: stands where the training begins, or goes on.
            folder: if nobody named it, it is made at the first checkpoint.
            every: seconds between two checkpoints.
        """
        self.folder = folder
        self.problem = ""
        """One sentence while the last thing could not be written."""
        self.saving = False
        """Whether a checkpoint is being written."""
        self._trainer, self._every = trainer, every
        self._log = RunLog()
        self._logged: object = None
        if folder.holds_older:  # its log has this row
            self._logged = (trainer.epoch, trainer.seed)
        self._saved: object = None
        self._restart_clocks()

    def _restart_clocks(self) -> None:
        now = perf_counter()
        self._started = self._next_row = now
        self._next_checkpoint = now + self._every

    def begin(self) -> None:
        """Take the folder if one was named.

        Raises:
            InputError: it cannot be used.
        """
        if self.folder.given is not None:
            self._take()
        if not self._trainer.steps:
            self.look()

    def _take(self) -> Path:
        folder = self.folder.take()
        if self._log.is_open:
            return folder
        try:
            self._log.open(folder, self._trainer.epoch, self._trainer.seed)
            self._log.flush()
        except OSError as error:
            raise _cannot_write(folder, error) from None
        return folder

    def look(self, *, ended: bool = False) -> None:
        """Write what is due; what cannot be written becomes the `problem`.

        Args:
            ended: whether training has just come to its end.
        """
        now = perf_counter()
        if (now < min(self._next_row, self._next_checkpoint)) and not ended:
            return
        due = now >= self._next_checkpoint or (ended and self.folder.taken is not None)
        try:
            if now >= self._next_row or ended:
                self._write_row(now)
            if due:
                self.save()
        except InputError as error:
            self.problem = str(error)
        if due:
            took = perf_counter() - now
            self._next_checkpoint = now + max(self._every, took / CHECKPOINT_SHARE)

    def _write_row(self, now: float) -> None:
        trainer = self._trainer
        point = (trainer.epoch, trainer.seed)
        elapsed = self._log.seconds + now - self._started
        # The first epoch of minibatches has no cost until it ends.
        if point != self._logged and not isnan(cost := trainer.cost):
            self._logged = point
            row = Row(
                trainer.epoch,
                cost,
                trainer.validation_cost,
                trainer.learning_rate,
                trainer.seed,
                elapsed,
            )
            try:
                self._log.add(row)
            except OSError as error:
                assert self.folder.taken is not None
                raise _cannot_write(self.folder.taken, error) from None
        took = perf_counter() - now
        wait = min(LONGEST_ROW, max(SHORTEST_ROW, ROW_SHARE * elapsed))
        self._next_row = now + max(wait, took / CHECKPOINT_SHARE)

    def save(self, *, keep: bool = False) -> Path:
        """Write a checkpoint unless the last one is of the same point; return the folder.

        Args:
            keep: whether the user asked for it.

        Raises:
            InputError: it cannot be written.
        """
        folder = self._take()
        trainer = self._trainer
        point = (
            *(trainer.steps, trainer.seed, trainer.learning_rate, trainer.state),
            *(trainer.fault, trainer.fault_hidden, len(trainer.marks)),
        )
        if point != self._saved or trainer.saved is None:
            self.saving = True
            try:
                save_run(trainer, folder)
            finally:
                self.saving = False
            self._saved = point
            self._write_row(perf_counter())
        if keep:
            self.folder.keep()
        self.problem = ""
        return folder

    def start_again(self) -> None:
        """Hear that the trainer stands at epoch 0 again."""
        self.folder.start_again()
        self._saved = None
        if self.folder.taken is None:
            self._log.close()
            self._log.seconds = 0.0
            self._restart_clocks()

    def discard(self) -> None:
        """Remove what was saved without anybody having asked for it."""
        if self.folder.discard():
            self._trainer.saved = None

    def close(self) -> None:
        """Let go of the folder; what is written stays."""
        self._log.close()
        self.folder.close()


def _cannot_write(folder: Path, error: OSError) -> InputError:
    return InputError(f"{printable(folder)}: cannot write the log there: {error.strerror or error}")
