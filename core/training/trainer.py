"""The training loop: steps of an optimizer along backpropagated gradients."""

from functools import cached_property
from math import log2
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation, weight_mask
from bptui.core.check import (
    METHODS,
    EpsilonSweep,
    Report,
    check_backpropagation,
    choose_method,
    sweep_epsilon,
)
from bptui.core.check.draw import MOST_DIFFERENCES
from bptui.core.check.known_faults import without_names
from bptui.core.configuration import Configuration
from bptui.core.costs import check_targets
from bptui.core.data.dataset import Dataset, digest
from bptui.core.data.preparation import Prepared
from bptui.core.errors import InputError, check_choice
from bptui.core.faults import check_fault
from bptui.core.history import CostCurve, CostHistory, Mark
from bptui.core.network import Network
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.runs import Saved, save_run
from bptui.core.step_rules import RuledOptimizer
from bptui.core.trainer_state import TrainerState
from bptui.core.training.early_stopping import EarlyStopping
from bptui.core.training.live import TrainerPhase
from bptui.core.training.schedules import CONSTANT, Schedule
from bptui.core.training.scores import Scores, scores
from bptui.core.training.steppers import MinibatchStepper, Stepper
from bptui.core.training.validation import ValidationWatch

if TYPE_CHECKING:
    from bptui.core.training.view import View

Array = NDArray[Any]

VALIDATION_EPOCHS = 10
"""Full-batch epochs between two looks at the validation cost."""

MOST_STEPS = 10_000
"""Steps in one go: their costs are kept one by one until it ends."""


class Trainer:
    """A network, its data and an optimizer, at some epoch.

    The same configuration and seed give the same bits, however the epochs
    are divided between calls.
    """

    methods = tuple(METHODS)
    """Of the gradient check, the one that `auto` stands for first."""

    def __init__(
        self,
        network: Network,
        training: Dataset,
        validation: Dataset | None = None,
        *,
        optimizer: str = "sgd",
        learning_rate: float | None = None,
        schedule: Schedule = CONSTANT,
        clip_norm: float | None = None,
        weight_decay: float = 0.0,
        batch_size: int | None = None,
        epoch_limit: int | None = None,
        until_cost: float | None = None,
        patience: int | None = None,
        method: str = "auto",
        epsilon: float | None = None,
        configuration: Configuration | None = None,
        preparation: Prepared | None = None,
    ) -> None:
        """Stand before the first epoch.

        Args:
            network: its Θ is trained in place.
            training: samples as the network sees them, scaled if they need it.
            validation: samples whose cost is watched and never trained on.
            optimizer: a name in `OPTIMIZERS`.
            learning_rate: η; `None` is the optimizer's own.
            schedule: how much of η every epoch has.
            clip_norm: gradients are shortened to this length; `None` leaves them.
            weight_decay: see `RuledOptimizer`.
            batch_size: samples a step; `None` is all of them.
            epoch_limit: finish after so many epochs.
            until_cost: finish at the first epoch whose cost is not above this.
            patience: finish, with the best Θ, when the validation cost has not fallen for so
                many epochs.
            method: of the gradient check.
            epsilon: of the gradient check.
            configuration: what this trainer is built from.
            preparation: how the data set was split and scaled.

        Raises:
            InputError: data that does not fit the network, an unknown optimizer, patience with
                no validation set, or a planted fault that does not suit steps of so many samples.
        """
        kind = OPTIMIZERS[check_choice("optimizer", optimizer, OPTIMIZERS)]
        self.network, self.training, self.validation = network, training, validation
        self.optimizer_name = optimizer
        self.epoch_limit, self.until_cost = epoch_limit, until_cost
        self.method, self.epsilon = method, epsilon
        self.configuration = configuration
        """What this trainer was built from, where it was."""
        self.preparation = preparation
        """How the data set was prepared, where it was."""
        self.saved: Saved | None = None
        """What `save` wrote last."""
        for name, value, least in (
            ("batch_size", batch_size, 1),
            ("epoch_limit", epoch_limit, 0),
            ("patience", patience, 1),
        ):
            if value is not None and value < least:
                raise InputError(f"{name}: {value} is not a whole number from {least}")
        choose_method(method, epsilon)
        if patience is not None and validation is None:
            raise InputError(
                "patience: there is no validation cost to watch; hold some of the samples back"
            )
        self.early_stopping = None if patience is None else EarlyStopping(network.theta, patience)
        """What stops training when the validation cost no longer falls, if asked for."""
        self.batch_size = min(batch_size or len(training), len(training))
        if network.fault is not None:
            check_fault(network.fault, network.setting(self.batch_size))
        self.fault_hidden = False
        """Whether the name of the planted fault is kept from the user, as an exercise."""
        self._learning_rate = checked_learning_rate(
            kind.learning_rate if learning_rate is None else learning_rate
        )
        check_targets(network.cost_name, network.output, training.y)
        self.schedule = schedule
        update = kind(network.theta)
        if clip_norm is not None or weight_decay:
            mask = weight_mask(network.layers, network.dtype)
            update = RuledOptimizer(update, mask, clip_norm=clip_norm, weight_decay=weight_decay)
        if self.batch_size < len(training):
            self._stepper: Stepper = MinibatchStepper(
                network, training, update, self.batch_size, schedule
            )
        else:
            self._stepper = Stepper(network, training, update, schedule)
        self._start()

    def _start(self) -> None:
        self.state: TrainerPhase = "running"
        """`running`, `finished` or `diverged`."""
        self.message = ""
        """One sentence on why training ended."""
        self.history = CostHistory()
        self.marks: list[Mark] = []
        interval = VALIDATION_EPOCHS if self._stepper.steps_an_epoch == 1 else 1
        self._validation = ValidationWatch(self.network, self.validation, interval)
        self._seconds_a_step = 1e-4
        self._anchor = self.point()
        """A point with a finite cost, from which the last good Θ can be reached again."""
        if self.early_stopping is not None:
            self.early_stopping.restart()
        self._look()

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""
        return self._stepper.epoch

    @property
    def steps(self) -> int:
        """Steps of the optimizer so far."""
        return self._stepper.steps

    @property
    def progress(self) -> float:
        """Epochs so far, parts of one included."""
        return self._stepper.steps / self._stepper.steps_an_epoch

    @property
    def seed(self) -> int:
        """Seed of the initial Θ and of the order of the batches."""
        return self.network.seed

    @property
    def learning_rate(self) -> float:
        """η, from the next step on."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if value != self._learning_rate:
            self._learning_rate = checked_learning_rate(value)
            self._mark("learning-rate", f"η {value:g}")

    @property
    def scheduled_learning_rate(self) -> float:
        """What the schedule leaves of η at this epoch."""
        return self._learning_rate * float(self.schedule.shares(self.epoch, 1)[0])

    @property
    def fault(self) -> str | None:
        """Name of the fault that is planted in backpropagation, if any."""
        return self.network.fault

    def plant(self, fault: str | None, *, hidden: bool = False) -> None:
        """Plant a fault, or none, from the next step on.

        Args:
            fault: a name in `FAULTS`; the one that is planted already is left as it is.
            hidden: whether to keep its name from the user.

        Raises:
            InputError: there is no fault of that name, or it cannot be planted here.
        """
        if fault != self.fault:
            if fault is not None:
                check_fault(fault, self.network.setting(self.batch_size))
            self._stepper.plant(fault)
            self._mark("fault", "no fault" if fault is None else "fault")
        self.fault_hidden = hidden and fault is not None

    def _mark(self, kind: str, text: str) -> None:
        self.marks = [mark for mark in self.marks if mark.epoch != self.epoch]
        self.marks.append(Mark(self.epoch, kind, text))

    @property
    def cost(self) -> float:
        """J of Θ as it is now; with minibatches the mean over the last whole epoch.

        Where training stopped early it is J of the best Θ in any case.
        """
        early = self.early_stopping
        with np.errstate(all="ignore"):
            if early is not None and early.taken:
                return self._stepper.cost_of_all()
            return self._stepper.cost

    @property
    def validation_cost(self) -> float | None:
        """The last validation cost, without a penalty; `None` with no validation set."""
        early = self.early_stopping
        return early.cost if early is not None and early.taken else self._validation.last

    def reinitialize(self, seed: int) -> None:
        """Go back to before the first epoch with the Θ that `seed` draws; η stays."""
        self._stepper.reset(seed)
        self._start()

    def advance(self, seconds: float, most_epochs: int | None = None) -> int:
        """Train for about `seconds` or `most_epochs`, and return how many epochs ended.

        Returns at once when the state is not `running`. Never splits a step, and may
        stop within an epoch of minibatches.
        """
        first = self.epoch
        deadline = perf_counter() + seconds
        goal = None if most_epochs is None else self.epoch + max(0, most_epochs)
        with np.errstate(all="ignore"):
            while self.state == "running" and self.epoch != goal:
                started = perf_counter()
                if started >= deadline and self.epoch > first:
                    break
                steps = int(max(1.0, min(MOST_STEPS, (deadline - started) / self._seconds_a_step)))
                taken = self._slice(steps, goal)
                if taken:
                    spent = (perf_counter() - started) / taken
                    self._seconds_a_step += 0.3 * (spent - self._seconds_a_step)
                if perf_counter() >= deadline:
                    break
        return self.epoch - first

    def _slice(self, steps: int, goal: int | None) -> int:
        """Take at most `steps` steps, not beyond the next epoch of interest."""
        if self._at_limit():
            self._finish(f"reached {self.epoch_limit:,} epochs")
            return 0
        if self._look():  # a run that had ended early is not trained further
            return 0
        looking = self._validation.next_epoch(self.epoch)
        ends = [end for end in (goal, self.epoch_limit, looking) if end is not None]
        begin = self.point()
        lowest = -np.inf if self.until_cost is None else self.until_cost
        taken = self._stepper.take(steps, self._learning_rate, min(ends, default=None), lowest)
        # After a divergence some epochs are trained again; their costs are known already.
        self.history.extend(taken.costs[max(0, self.history.epochs - begin.epoch) :])
        if taken.broken:
            self._diverge(begin if taken.steps else self._anchor)
            return 0
        if taken.steps:
            self._anchor = begin
        if taken.low:
            self._finish(f"J is {taken.cost:.3g}, not above {self.until_cost:g}")
            return taken.steps
        if self._look():
            return taken.steps
        if self._at_limit():
            if np.isfinite(self._stepper.cost_of_all()):
                self._finish(f"reached {self.epoch_limit:,} epochs")
            else:
                self._diverge(begin)
        return taken.steps

    def _look(self) -> bool:
        """Take the validation cost if it is due; return whether that ends the training."""
        cost = self._validation.look(self.epoch)
        early = self.early_stopping
        if early is None:
            return False
        if cost is not None:
            early.see(self.epoch, cost)
        if not early.exhausted:
            return False
        early.take_best()
        self._finish(
            f"the validation cost has not fallen for {early.patience:,} epochs; Θ is that of its "
            f"lowest, {early.cost:.3g} at epoch {early.epoch:,}"
        )
        return True

    def _at_limit(self) -> bool:
        return self.epoch_limit is not None and self.epoch >= self.epoch_limit

    def _finish(self, message: str) -> None:
        self.state, self.message = "finished", message

    def _diverge(self, anchor: TrainerState) -> None:
        """Go back to the last Θ with a finite cost: repeat all steps but the last."""
        stepper = self._stepper
        wrong, steps, fault = self.epoch, self.steps, self.fault
        # The step that went wrong was taken with the η of then; the user's newer one stays.
        guilty = anchor.learning_rate
        stepper.restore(anchor)
        stepper.take(max(0, steps - stepper.number_of(anchor) - 1), guilty)
        if fault != self.fault:  # it was planted, or removed, after the step that went wrong
            stepper.plant(fault)
        self._validation.forget_after(self.epoch)
        self.state = "diverged"
        if not steps:
            self.message = (
                "J is not a finite number at the very start: the initial weights or the data "
                "are too large"
            )
            return
        self.message = (
            f"J stopped being a finite number at epoch {wrong:,}; Θ is the last good one, of "
            f"epoch {self.epoch:,}: a smaller learning rate than {guilty:g} may help"
        )

    def resume(self) -> None:
        """Go on after a divergence, for which η should be smaller by now."""
        if self.state == "diverged":
            self.state, self.message = "running", ""

    def curve(self) -> CostCurve:
        """Return an immutable picture of the costs so far."""
        validation = self.validation_history()
        return CostCurve(
            self.history.columns(),
            validation[:, 0],
            validation[:, 1],
            tuple(self.marks),
            self.history.epochs,
        )

    def validation_history(self) -> Array:
        """Return epochs and validation costs so far, (n, 2)."""
        return self._validation.history()

    def continue_from(
        self, point: TrainerState, history: CostHistory, validation: Array, marks: list[Mark]
    ) -> None:
        """Take up an earlier run at `point`, with everything its curve showed."""
        self.restore(point)
        self._anchor = self.point()
        self.history, self.marks = history, marks
        self._validation.restore(validation)
        self.state, self.message = "running", ""

    def next_work(self) -> Backpropagation:
        """Return the training code, loaded with the very samples of the next step."""
        return self._stepper.next_work()

    def check(
        self,
        method: str | None = None,
        epsilon: float | None = None,
        most_entries: int | None = None,
    ) -> Report:
        """Check the very gradient that the next step would apply; Θ is left as it is.

        Of a network of more parameters than `most_entries`, as many are drawn. The report
        keeps the name of a hidden fault to itself.
        """
        if method is None:
            method, epsilon = self.method, self.epsilon
        report = check_backpropagation(
            self.next_work(), method=method, epsilon=epsilon, most_entries=most_entries
        )
        return without_names(report) if self.fault_hidden else report

    def sweep_epsilon(self, seconds: float) -> EpsilonSweep:
        """Measure differences of every step at Θ as it is, for at most about so many seconds.

        Raises:
            InputError: see the function of the same name.
        """
        return sweep_epsilon(self.next_work(), seconds=seconds)

    def live_check(self, method: str, epsilon: float | None, seconds: float) -> Report:
        """Check in about so many seconds at most.

        Raises:
            InputError: differences of even a few entries would take longer.
        """
        if epsilon is None:
            return self.check(method, epsilon)
        most = self._differences_in_time(method, seconds)
        if most < len(self.network.thetas):
            raise InputError(
                f"differences in a network of {self.network.theta.size:,} parameters take too "
                "long to watch; m takes the complex step"
            )
        return self.check(method, epsilon, most)

    def _differences_in_time(self, method: str, seconds: float) -> int:
        """Return of how many entries differences can be taken, from the time of one cost."""
        work = self.next_work()
        started = perf_counter()
        with np.errstate(all="ignore"):
            work.forward()
            work.cost()
        seconds_an_entry = METHODS[method].costs_an_entry * (perf_counter() - started)
        most = min(MOST_DIFFERENCES, int(seconds / max(seconds_an_entry, 1e-9)))
        if most >= self.network.theta.size:
            return most
        # A power of two, so that the entries that are drawn seldom change.
        return 2 ** int(log2(most)) if most else 0

    def parameters(self) -> tuple[Array, ...]:
        """Return copies of all Θ in double precision."""
        return tuple(theta.astype(np.float64) for theta in self.network.thetas)

    def gradients(self) -> tuple[Array, ...]:
        """Return copies of the gradient that the next step would apply, in double precision."""
        work = self.next_work()
        with np.errstate(all="ignore"):
            work.evaluate()
        return tuple(gradient.astype(np.float64) for gradient in work.gradients)

    def view(self) -> "View":
        """Return what shows the network's outputs on samples worth looking at."""
        from bptui.core.training.view import View

        return View(self)

    @cached_property
    def data_digest(self) -> str:
        """Of the training samples before scaling, so that a resumed run knows them again."""
        if self.preparation is None:
            return digest(self.training.X, self.training.y)
        # Their last digits are the same on every machine; those of scaled ones need not be.
        return digest(self.preparation.unscaled_X, self.preparation.unscaled_y)

    def scores(self) -> Scores:
        """Return accuracy or R² on the training and the validation set."""
        return scores(self.network, self.training, self.validation)

    def save(self, folder: Path) -> Path:
        """Write a run folder that `resume_trainer` goes on from; see `save_run`."""
        return save_run(self, folder)

    def point(self) -> TrainerState:
        """Return a copy of everything that decides how training goes on."""
        return self._stepper.point(self._learning_rate)

    def restore(self, point: TrainerState) -> None:
        """Go back to a point; the history is left as it is."""
        self._stepper.restore(point)
        self._learning_rate = point.learning_rate


def checked_learning_rate(value: float) -> float:
    """Return η if steps can be taken with it.

    Raises:
        InputError: it is not a finite number above 0.
    """
    if not 0.0 < value < np.inf:
        raise InputError(f"learning_rate: {value} is not a finite number above 0")
    return value
