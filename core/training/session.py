"""Live training: pace, commands, gradient checks and snapshots, in one loop.

Everything here happens on the thread that calls `run`. The screen talks to it
through `send`, whose queue is the only thing both threads touch, and hears from
it through immutable snapshots.
"""

import math
from collections.abc import Callable
from threading import Event
from time import perf_counter

from bptui.core.errors import InputError, printable
from bptui.core.initializers import LARGEST_SEED
from bptui.core.snapshot import Phased, Snapshot, State
from bptui.core.training import commands
from bptui.core.training.answer import Answer
from bptui.core.training.command_queue import CommandQueue
from bptui.core.training.keeper import RunKeeper
from bptui.core.training.live import LiveTrainer
from bptui.core.training.live_check import LiveCheck
from bptui.core.training.pace import FASTEST, Meter, Pace, next_speed, on_ladder

SLICE = 0.01
"""Seconds trained between two looks at the queue."""
CHECK_SHARE = 0.05
"""The share of the time that live gradient checks may take, unless another is asked for."""
_NO_HURRY = 1e9
"""Seconds for what may take as long as it takes."""
_SMALLEST_LEARNING_RATE, _LARGEST_LEARNING_RATE = 1e-12, 1e12

_OF_THE_SCREEN = (commands.ShowBoundary, commands.ForgetMessage)
"""Commands that no key asks for."""
UNSAVED = "this run is not saved anywhere"


class Session:
    """A trainer that runs at a pace and obeys commands."""

    def __init__(
        self,
        trainer: LiveTrainer,
        *,
        speed: float | None = None,
        checking: bool = True,
        check_share: float = CHECK_SHARE,
        interval: float = 0.1,
        keeper: RunKeeper | None = None,
        unsaved: str = UNSAVED,
        notice: str = "",
        clock: Callable[[], float] = perf_counter,
        stepped: bool = False,
    ) -> None:
        """Prepare; nothing is trained before `run`.

        Args:
            trainer: belongs to this session until `run` returns.
            speed: epochs a second; `None` is as fast as possible.
            checking: whether gradients are checked from the start.
            check_share: the share of the time that checks may take, above 0 and at most 1.
            interval: seconds between two snapshots while training.
            keeper: saves the run; without one, nothing can be saved.
            unsaved: why that is so.
            notice: what to say until something is asked for.
            clock: what the pace goes by, in seconds.
            stepped: train all that is due in one go, however long it really takes, so that
                what happens depends on the clock alone; "as fast as possible" is then
                `FASTEST` epochs a second.
        """
        self.trainer = trainer
        self.interval = interval
        self._keeper, self._unsaved = keeper, unsaved
        self._commands = CommandQueue()
        self._clock, self._stepped = clock, stepped
        self._slice = _NO_HURRY if stepped else SLICE
        self._published = -math.inf
        self.pace, self._meter = Pace(self._allowed(speed)), Meter()
        self._view = trainer.view()
        self._paused = self._stopped = False
        self._check = LiveCheck(
            trainer, checking=checking, share=check_share, clock=clock, stepped=stepped
        )
        self._answer, self._notice = Answer(clock), notice
        self._told = ""
        """The message of the last snapshot."""
        self._goal: int | None = None
        """The epoch that was stepped to, while it is not reached."""
        self._phased: Phased | None = None
        self._phases_awaited = False
        """Whether phases are wanted once that epoch is reached."""

    @property
    def going(self) -> bool:
        """Whether it trains, as it would if nobody watched."""
        return not self._paused and self.trainer.state == "running"

    def send(self, command: commands.Command) -> None:
        """Ask for something; it is done between two slices. Safe from any thread."""
        self._commands.send(command)

    def run(self, publish: Callable[[Snapshot, bool], None], gate: Event | None = None) -> None:
        """Train until `Stop`.

        Args:
            publish: called with every snapshot, and whether it answers a command.
            gate: while cleared, training waits (a quarter of a second at most), so
                that a screen can draw undisturbed.
        """
        self._commands.obey(self._carry_out, 0.0)  # one picture at the start is quicker than two
        publish(self.snapshot(), True)
        self._published = self._clock()
        while not self._stopped:
            if gate is not None and not gate.is_set():
                gate.wait(0.25)
            self.turn(publish, wait=self._idle_time())
        publish(self.snapshot(), True)

    def turn(self, publish: Callable[[Snapshot, bool], None], *, wait: float = 0.0) -> None:
        """Obey, train what is due and publish what is new, once: what `run` repeats.

        Args:
            publish: as for `run`.
            wait: real seconds to wait for a command, if there is none.
        """
        answered = self._commands.obey(self._carry_out, wait)
        if self._stopped:
            return
        running = self.going
        ended = False
        if self._goal is not None:
            ended = self._approach_goal()
        elif running:
            due = self.pace.due(self._clock())
            if due is None or due > 0:
                self.pace.did(self.trainer.advance(self._slice, due))
                ended = self.trainer.state != "running"
        if ended and self.trainer.message:
            self._answer.forget()
        if self._keeper is not None:
            self._keeper.look(ended=ended)
        now = self._clock()
        going = running or self._goal is not None
        due = (going and now - self._published >= self.interval) or self._said() != self._told
        if answered or ended or due:
            publish(self.snapshot(), answered or ended)
            self._published = self._clock()

    def _idle_time(self) -> float:
        if self._goal is not None:
            return 0.0
        if self._paused or self.trainer.state != "running":
            return 0.5
        until_snapshot = self._published + self.interval - self._clock()
        return max(0.0, min(self.pace.wait(), until_snapshot))

    def _carry_out(self, command: commands.Command) -> None:
        trainer = self.trainer
        if not isinstance(command, _OF_THE_SCREEN):
            self._notice = ""
        said = self._check.obey(command)
        if said is not None:
            self._answer.give(said)
            return
        match command:
            case commands.TogglePause():
                self._toggle_pause()
            case commands.Step() if trainer.state == "finished":
                self._paused = True
                self._answer.give(self._over)
            case commands.Step(epochs):
                self._paused = True
                self._goal = (self._goal or trainer.epoch) + epochs
                self._approach_goal()
            case commands.ShowPhases():
                self._show_phases()
            case commands.Reinitialize(new_seed):
                self._reinitialize(new_seed)
            case commands.ChangeLearningRate(steps):
                changed = on_ladder(trainer.learning_rate, steps)
                trainer.learning_rate = min(
                    _LARGEST_LEARNING_RATE, max(_SMALLEST_LEARNING_RATE, changed)
                )
            case commands.ChangeSpeed(steps):
                self.pace.speed = self._allowed(next_speed(self.pace.speed, steps))
                self.pace.restart()
            case commands.PlantFault(name, hidden):
                self._plant(name, hidden)
            case commands.Checkpoint(keep):
                self._checkpoint(keep)
            case commands.ShowBoundary(columns, rows):
                self._view.set_grid(columns, rows)
            case commands.Say(message):
                self._answer.give(message)
            case commands.ForgetMessage():
                self._answer.forget()
            case commands.Stop(save):
                if save:
                    self._checkpoint(keep=False)
                self._stopped = True

    def _approach_goal(self) -> bool:
        """Train a slice towards the epoch that was stepped to; say whether it is reached."""
        if self._goal is None:
            return False
        self.trainer.advance(self._slice, self._goal - self.trainer.epoch)
        if self.trainer.epoch < self._goal and self.trainer.state == "running":
            return False
        self._goal = None
        if self._phases_awaited:
            self._show_phases()
        return True

    def _show_phases(self) -> None:
        """Take the next step apart, of the epoch that was stepped to if there is one."""
        self._phases_awaited = self._goal is not None
        if self._phases_awaited:
            return
        state, phases, why_not = self.trainer.state, None, ""
        if state == "running":
            try:
                phases = self.trainer.phases()
                self._paused = True
            except InputError as error:
                why_not = str(error)
        else:
            why_not = self._over if state == "finished" else self.trainer.message
        self._phased = Phased(phases, why_not)
        self._answer.give(why_not)

    def _forget_goal(self) -> None:
        self._goal, self._phases_awaited = None, False

    def _allowed(self, speed: float | None) -> float | None:
        return FASTEST if speed is None and self._stepped else speed

    def _toggle_pause(self) -> None:
        self._forget_goal()
        if self.trainer.state == "diverged":
            self.trainer.resume()
            self._paused = False
        elif self.trainer.state == "finished":
            self._answer.give(self._over)
        else:
            self._paused = not self._paused
        self.pace.restart()

    @property
    def _over(self) -> str:
        return f"{self.trainer.message}; r or R starts again"

    def _reinitialize(self, new_seed: bool) -> None:
        about, seed = self._view.description, self.trainer.seed
        if new_seed and about.takes_seed:
            seed = (seed + 1) % (LARGEST_SEED + 1)
        elif new_seed:
            self._answer.give(
                f"parameters in {about.data} are fixed, no function of a seed; "
                "training starts again from the same"
            )
        try:
            self.trainer.reinitialize(seed)
        except InputError as error:
            self._answer.give(str(error))
            return
        if self._keeper is not None:
            self._keeper.start_again()
        self._forget_goal()
        self.pace.restart()
        self._meter.restart()
        self._check.forget()
        self._check.swept = self._phased = None

    def _plant(self, name: str | None, hidden: bool) -> None:
        try:
            self.trainer.plant(name, hidden=hidden)
        except InputError as error:
            self._answer.give(str(error))
            return
        self._check.forget()

    def _checkpoint(self, keep: bool) -> None:
        if self._keeper is None:
            self._answer.give(self._unsaved)
            return
        try:
            folder = self._keeper.save(keep=keep)
            self._answer.give(f"saved epoch {self.trainer.epoch:,} in {printable(folder)}")
        except InputError as error:
            self._keeper.problem = str(error)

    @property
    def _resting(self) -> bool:
        """Whether nothing is trained, so that there is time for what takes long."""
        return self._paused or self.trainer.state != "running"

    def _said(self) -> str:
        return (
            ("" if self._keeper is None else self._keeper.problem)
            or self._answer.text
            or "; ".join(filter(None, (self._notice, self.trainer.message)))
            or self._check.complaint
        )

    def snapshot(self) -> Snapshot:
        """Return the present state, with a gradient check if one is due."""
        trainer = self.trainer
        now = self._clock()
        self._check.look(now, resting=self._resting)
        thetas, gradients = trainer.parameters(), trainer.gradients()
        self._view.look(resting=self._resting)
        state: State = trainer.state
        if state == "running" and self._paused:
            state = "paused"
        rate = self._meter.rate(now, trainer.progress)
        if state != "running":
            self._meter.restart()
            rate = 0.0
        self._told = self._said()
        return Snapshot(
            description=self._view.description,
            epoch=trainer.epoch,
            cost=trainer.cost,
            validation_cost=trainer.validation_cost,
            validation_score=trainer.validation_score,
            state=state,
            epochs_per_second=rate,
            speed=self.pace.speed,
            seed=trainer.seed,
            learning_rate=trainer.learning_rate,
            scheduled_learning_rate=trainer.scheduled_learning_rate,
            thetas=thetas,
            gradients=gradients,
            curve=trainer.curve(),
            checking=self._check.checking,
            method=self._check.method,
            epsilon=self._check.epsilon,
            report=self._check.report,
            report_epoch=self._check.report_epoch,
            report_lag=self._check.lag(now, rate),
            predictions=self._view.predictions(),
            boundary=self._view.boundary(),
            no_predictions=self._view.no_predictions,
            message=self._told,
            no_report=self._check.complaint,
            fault=trainer.fault,
            fault_hidden=trainer.fault_hidden,
            swept=self._check.swept,
            phased=self._phased,
        )
