"""What a run folder asks of whatever is trained: a network, or somebody's own model."""

from pathlib import Path
from typing import Any, Protocol

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.history import CostHistory, Mark
from bptui.core.runs.saving import Saved
from bptui.core.trainer_state import Array, TrainerState
from bptui.core.training.early_stopping import EarlyStopping
from bptui.core.training.live import LiveTrainer


class Resumable(LiveTrainer, Protocol):
    """A trainer that can be saved, and gone on with to the same bits."""

    history: CostHistory
    """The cost of every epoch."""
    marks: list[Mark]
    """On the curve."""
    epoch_limit: int | None
    """The epoch to finish at."""
    saved: Saved | None
    """What was saved last."""
    had_diverged: bool
    """Whether the run that goes on here had."""
    fault_hidden: bool
    """Whether the name of the planted fault is kept from the user."""

    @property
    def early_stopping(self) -> EarlyStopping | None:
        """What stops training when the validation cost no longer falls, if asked for."""

    @property
    def steps_an_epoch(self) -> int:
        """Steps of the optimizer in an epoch."""

    def settings(self) -> dict[str, Any]:
        """Return the fields of the configuration that it was built from.

        Raises:
            InputError: it was built from none.
        """

    def facts(self) -> dict[str, Any]:
        """Return what tells its training from others, as JSON can hold it."""

    def recognize(self, facts: dict[str, Any], configuration: Configuration) -> None:
        """Make sure that a checkpoint is of this training.

        Raises:
            InputError: it is of another; the message says why in half a sentence.
        """

    def point(self) -> TrainerState:
        """Return a copy of everything that decides how training goes on."""

    def validation_history(self) -> Array:
        """Return epochs and validation costs so far, (n, 2)."""

    def continue_from(
        self, point: TrainerState, history: CostHistory, validation: Array, marks: list[Mark]
    ) -> None:
        """Take up an earlier run at `point`, with everything its curve showed.

        Raises:
            ValueError: nothing can go on from there.
        """


def check_limit(folder: Path, trainer: Resumable, epochs: int) -> None:
    """Make sure that a resumed run can finish at `epochs`.

    Raises:
        InputError: it has trained more than that.
    """
    if epochs < trainer.epoch:
        raise InputError(
            f"{printable(folder)}: this run stands at epoch {trainer.epoch:,} already, and "
            "--epochs counts from its beginning: to go on, give more than that"
        )


def is_at_limit(trainer: Resumable) -> bool:
    """Return whether training has nothing left to do unless more epochs are asked for."""
    early = trainer.early_stopping
    stopped_early = early is not None and early.exhausted
    limit = trainer.epoch_limit
    return limit is not None and trainer.epoch >= limit and not stopped_early
