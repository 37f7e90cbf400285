"""One training that is watched: a run folder, or the CSV file of any other program."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.input_file import display_name
from bptui.core.errors import InputError, printable
from bptui.core.history import Columns, CostCurve
from bptui.core.runs.files import CHECKPOINT, LOG
from bptui.core.runs.kept import Kept
from bptui.core.snapshot import Description, State
from bptui.core.training.live import LiveView
from bptui.core.training.trainer import Trainer
from bptui.core.watching.checkpoint import WatchedCheckpoint, describe, nothing_known
from bptui.core.watching.curve import WatchedCurve


class WatchedRun:
    """What is known of a training, as far as its files tell."""

    def __init__(self, path: Path) -> None:
        """Find out what there is.

        Raises:
            InputError: nothing is there, a folder holds no run, or a file has no columns
                `epoch` and `cost`.
        """
        self.path = path
        self.name = display_name(path.name or path.absolute().name)
        """Short, to be shown."""
        self.checkpoint: WatchedCheckpoint | None = None
        if path.is_dir():
            if not any((path / name).exists() for name in (LOG, CHECKPOINT)):
                raise InputError(
                    f"{printable(path)}: this folder holds no run; name one that --run was "
                    "given, or a CSV file with the columns epoch and cost"
                )
            self.checkpoint = WatchedCheckpoint(path)
        self.costs = WatchedCurve(path if self.checkpoint is None else path / LOG)
        if self.checkpoint is None or self.costs.path.exists():
            self.costs.begin()
        self._description = nothing_known(self.name)
        self._view: LiveView | None = None
        self._view_of: Trainer | None = None

    def look(self, seconds: float) -> bool:
        """Read what is new, for about so long; return whether anything is.

        A checkpoint takes as long as it takes, a file of data the first time too.
        """
        news = self.costs.read(seconds)
        if self.checkpoint is not None and self.checkpoint.look():
            self._describe(self.checkpoint)
            news = True
        return news

    def _describe(self, checkpoint: WatchedCheckpoint) -> None:
        if checkpoint.trainer is not None:
            if checkpoint.trainer is not self._view_of:
                self._view, self._view_of = checkpoint.trainer.view(), checkpoint.trainer
                self._description = self._view.description
        elif checkpoint.kept is not None:
            self._view = self._view_of = None
            self._description = describe(checkpoint.kept)

    @property
    def description(self) -> Description:
        """What is trained, as far as that is known."""
        if self.checkpoint is None and self.costs.seed is not None:
            return replace(self._description, takes_seed=True)
        return self._description

    @property
    def view(self) -> LiveView | None:
        """What the network makes of its data, where both are here."""
        return self._view

    @property
    def trainer(self) -> Trainer | None:
        """At the last checkpoint, where there is one and its data."""
        return None if self.checkpoint is None else self.checkpoint.trainer

    @property
    def kept(self) -> Kept | None:
        """What the last checkpoint says, where there is one."""
        return None if self.checkpoint is None else self.checkpoint.kept

    @property
    def has_log(self) -> bool:
        """Whether there are rows of costs."""
        return self.costs.has_rows

    @property
    def is_up_to_date(self) -> bool:
        """Whether the checkpoint is of the last epoch of the log, or there is no log."""
        kept = self.kept
        return kept is not None and (
            not self.has_log
            or (kept.epoch >= self.costs.epoch and self.costs.seed in (None, kept.seed))
        )

    @property
    def epoch(self) -> int:
        """The last one that is known of."""
        kept = self.kept
        return int(self.costs.epoch) if self.has_log or kept is None else kept.epoch

    @property
    def seed(self) -> int:
        """Of the parameters it began with; 0 where that is not known."""
        if self.costs.seed is not None:
            return self.costs.seed
        return 0 if self.kept is None else self.kept.seed

    @property
    def cost(self) -> float:
        """J of the last epoch; NaN where there is none yet."""
        if not self.has_log and self.trainer is not None:
            return self.trainer.cost
        if not self.has_log and self.kept is not None:
            return self.kept.cost
        return self.costs.cost

    @property
    def validation_cost(self) -> float | None:
        """The last validation cost."""
        if not self.has_log and self.trainer is not None:
            return self.trainer.validation_cost
        return self.costs.validation_cost

    @property
    def learning_rate(self) -> float:
        """η as it was chosen; NaN where nothing says."""
        if self.costs.learning_rate is not None:
            return self.costs.learning_rate
        return np.nan if self.kept is None else self.kept.learning_rate

    def thetas(self) -> tuple[NDArray[np.float64], ...]:
        """Return Θ of the last checkpoint, as far as there is one."""
        if self.trainer is not None:
            return self.trainer.parameters()
        return () if self.kept is None else self.kept.thetas

    def state(self) -> State:
        """Return `finished` or `diverged` if its files say so, else whether it goes on."""
        kept = self.kept
        if kept is not None and self.is_up_to_date:
            if kept.state == "finished":
                return "finished"
            if kept.state == "diverged":
                return "diverged"
        if self.costs.cost == np.inf:
            return "diverged"
        return "running" if self.costs.is_running(perf_counter()) else "paused"

    def said(self) -> str:
        """Return what there is to say beside numbers, in half sentences."""
        costs, checkpoint = self.costs, self.checkpoint
        parts = [checkpoint.problem] if checkpoint is not None and checkpoint.problem else []
        if costs.problem and (checkpoint is None or self.has_log):
            parts.append(costs.problem)
        state, silence = self.state(), costs.silence(perf_counter())
        if costs.read_share < 1.0:
            parts.append(f"reading, {costs.read_share:.0%}")
        elif state == "paused" and silence is not None:
            parts.append(f"no news for {lasting(silence)}")
        elif state in ("finished", "diverged") and self.kept is not None:
            parts.append(self.kept.message)
        if costs.began_again:
            parts.append(f"began again {_times(costs.began_again)}")
        if costs.refused:
            many = (
                "1 line is no row" if costs.refused == 1 else f"{costs.refused:,} lines are no rows"
            )
            parts.append(f"{many} of numbers")
        if costs.not_finite:
            parts.append(
                "1 cost is no finite number"
                if costs.not_finite == 1
                else f"{costs.not_finite:,} costs are no finite numbers"
            )
        return "; ".join(filter(None, parts))

    def curve(self) -> CostCurve:
        """Return all costs: those of the checkpoint, and of the log what came after it."""
        log, kept = self.costs.picture(), self.kept
        if kept is None:
            return log
        if not len(log.columns):
            return kept.curve
        same = self.costs.seed in (None, kept.seed)
        if not same or kept.epoch > self.costs.epoch:
            return log  # it began again since
        return _joined(kept.curve, log, kept.epoch)


def _joined(first: CostCurve, log: CostCurve, epoch: int) -> CostCurve:
    """Return one curve up to `epoch` and another beyond it."""
    later = log.columns.epoch > epoch
    columns, more = first.columns, log.columns
    validation = log if len(log.validation_epoch) else first
    return CostCurve(
        Columns(
            np.concatenate([columns.epoch, more.epoch[later]]),
            np.concatenate([columns.low, more.low[later]]),
            np.concatenate([columns.high, more.high[later]]),
            np.concatenate([columns.last, more.last[later]]),
        ),
        validation.validation_epoch,
        validation.validation_cost,
        (*first.marks, *(mark for mark in log.marks if mark.epoch > epoch)),
        max(first.epochs, log.epochs),
    )


def names(runs: Sequence[WatchedRun]) -> list[str]:
    """Return a name for each, with its folder where two would be called the same."""
    short = [run.name for run in runs]
    return [
        name
        if short.count(name) == 1
        else display_name(f"{run.path.absolute().parent.name}/{run.path.name}")
        for name, run in zip(short, runs, strict=True)
    ]


def lasting(seconds: float) -> str:
    """Return a duration as people say it: `40 s`, `12 min`, `3 h`, `5 days`."""
    for unit, size in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
