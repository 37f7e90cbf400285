"""A session that trains nothing: it looks at files, checks the last Θ, and obeys the screen."""

from collections.abc import Callable, Sequence
from threading import Event
from time import perf_counter

import numpy as np

from bptui.core.snapshot import NamedCurve, Snapshot
from bptui.core.training import commands
from bptui.core.training.answer import Answer
from bptui.core.training.command_queue import CommandQueue
from bptui.core.training.live_check import LiveCheck
from bptui.core.training.session import CHECK_SHARE
from bptui.core.watching.run import WatchedRun, names

POLL = 0.25
"""Seconds between two looks at the files."""
SLICE = 0.01
"""Seconds of reading between two looks at the queue."""
MOST_RUNS = 9
"""So that each has a digit."""


class WatchSession:
    """Shows trainings that others run; the first one, or the chosen one, with Θ and its check."""

    def __init__(
        self,
        runs: Sequence[WatchedRun],
        *,
        interval: float = 0.1,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        """Prepare; files are read by `run`.

        Args:
            runs: one or more.
            interval: seconds between two snapshots while much is read.
            clock: what the time that an answer is shown for goes by, in seconds.
        """
        self.runs = tuple(runs)
        self.interval = interval
        self._chosen = 0
        self._commands = CommandQueue()
        self._checks: dict[int, LiveCheck] = {}
        self._grid = (0, 0)
        self._stopped = False
        self._answer = Answer(clock)

    def send(self, command: commands.Command) -> None:
        """Ask for something; it is done between two slices. Safe from any thread."""
        self._commands.send(command)

    def run(self, publish: Callable[[Snapshot, bool], None], gate: Event | None = None) -> None:
        """Look at the files until `Stop`; see `Session.run` for the arguments."""
        publish(self.snapshot(), True)
        published, next_look = perf_counter(), 0.0
        told: object = None
        news = False
        while True:
            if gate is not None and not gate.is_set():
                gate.wait(0.25)
            behind = any(run.costs.read_share < 1.0 for run in self.runs)
            wait = 0.0 if behind else max(0.0, next_look - perf_counter())
            answered = self._commands.obey(self._carry_out, wait)
            if self._stopped:
                return
            now = perf_counter()
            if behind or now >= next_look:
                next_look = now + POLL
                looks = [run.look(SLICE) for run in self.runs]
                news = news or any(looks)
            telling = (self._said(), [run.state() for run in self.runs])
            due = (news or telling != told) and perf_counter() - published >= self.interval
            if answered or due:
                publish(self.snapshot(), answered)
                published, told, news = perf_counter(), telling, False

    def _carry_out(self, command: commands.Command) -> None:
        check = self._check()
        match command:
            case commands.Stop():
                self._stopped = True
            case commands.NextRun():
                self._chosen = (self._chosen + 1) % len(self.runs)
            case commands.ShowBoundary(columns, rows):
                self._grid = (columns, rows)
            case commands.Say(message):
                self._answer.give(message)
            case commands.ForgetMessage():
                self._answer.forget()
            case _ if check is not None and (said := check.obey(command)) is not None:
                self._answer.give(said)
            case commands.ToggleChecking():
                self._answer.give(f"nothing can be checked: {self._no_check()}")
            case commands.NextMethod():
                self._answer.give(f"no method to choose: {self._no_check()}")
            case commands.ChangeEpsilon():
                self._answer.give(f"no ε to change: {self._no_check()}")
            case commands.SweepEpsilon():
                self._answer.give(f"no ε to compare: {self._no_check()}")
            case _:
                self._answer.give(
                    "this training is only watched, and cannot be steered; do that where it runs"
                )

    @property
    def chosen(self) -> WatchedRun:
        """The run whose Θ and check are shown."""
        return self.runs[self._chosen]

    def _check(self) -> LiveCheck | None:
        """Return the check of the chosen run, where there is a network with its data."""
        trainer = self.chosen.trainer
        if trainer is None:
            return None
        check = self._checks.get(self._chosen)
        if check is None:
            check = self._checks[self._chosen] = LiveCheck(
                trainer, checking=True, share=CHECK_SHARE
            )
        elif check.trainer is not trainer:
            check.trainer = trainer
            check.forget()
        return check

    def _no_check(self) -> str:
        run = self.chosen
        if run.checkpoint is None:
            return "a CSV file has no parameters"
        if run.checkpoint.kept is None:
            return "there is no checkpoint yet"
        return run.checkpoint.no_data

    def _said(self) -> str:
        check = self._checks.get(self._chosen)
        complaint = "" if check is None else check.complaint
        return self._answer.text or self.chosen.said() or complaint

    def snapshot(self) -> Snapshot:
        """Return what is known now, with a gradient check of the last checkpoint."""
        run, check, trainer = self.chosen, self._check(), self.chosen.trainer
        if check is not None:
            check.look(perf_counter(), resting=True)
        view = run.view
        if view is not None:
            view.set_grid(*self._grid)
            view.look(resting=True)
        kept = run.kept
        state = run.state()
        learning_rate = run.learning_rate
        fresh = trainer is not None and run.is_up_to_date
        return Snapshot(
            description=run.description,
            epoch=run.epoch,
            cost=run.cost,
            validation_cost=run.validation_cost,
            validation_score=trainer.validation_score if trainer and fresh else None,
            state=state,
            epochs_per_second=run.costs.epochs_per_second() if state == "running" else 0.0,
            speed=None,
            seed=run.seed,
            learning_rate=learning_rate,
            scheduled_learning_rate=(
                trainer.scheduled_learning_rate if trainer is not None and fresh else learning_rate
            ),
            thetas=run.thetas(),
            gradients=() if trainer is None else trainer.gradients(),
            curve=run.curve(),
            checking=check is not None and check.checking,
            method="auto" if check is None else check.method,
            epsilon=None if check is None else check.epsilon,
            report=None if check is None else check.report,
            report_epoch=0 if check is None else check.report_epoch,
            predictions=np.empty((0, 0)) if view is None else view.predictions(),
            boundary=None if view is None else view.boundary(),
            no_predictions="" if view is not None else self._no_check(),
            message=self._said(),
            fault=None if kept is None else kept.fault,
            swept=None if check is None else check.swept,
            watched=True,
            checkpoint_epoch=None if kept is None else kept.epoch,
            no_check="" if check is not None else self._no_check(),
            no_report="" if check is None else check.complaint,
            compared=self._compared(),
        )

    def _compared(self) -> tuple[NamedCurve, ...]:
        if len(self.runs) == 1:
            return ()
        return tuple(
            NamedCurve(name, run.curve(), run.cost, run.state(), place == self._chosen)
            for place, (name, run) in enumerate(zip(names(self.runs), self.runs, strict=True))
        )
