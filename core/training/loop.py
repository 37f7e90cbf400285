"""The training loop: steps of an optimizer along backpropagated gradients, and what ends them."""

from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import Dataset
from bptui.core.errors import InputError
from bptui.core.history import CostCurve, CostHistory, Mark, learning_rate_mark, with_mark
from bptui.core.network import Network
from bptui.core.trainer_state import TrainerState
from bptui.core.training.early_stopping import EarlyStopping
from bptui.core.training.live import TrainerPhase
from bptui.core.training.ruin import why_start_again
from bptui.core.training.steppers import Stepper
from bptui.core.training.validation import ValidationWatch

Array = NDArray[Any]

VALIDATION_EPOCHS = 10
"""Full-batch epochs between two looks at the validation cost."""

MOST_STEPS = 10_000
"""Steps in one go: their costs are kept one by one until it ends."""


class TrainingLoop:
    """Takes steps until a limit, a divergence or the end of patience, and records the costs.

    The steps are the same bits however they are divided between calls.
    """

    def __init__(
        self,
        stepper: Stepper,
        validation: Dataset | None,
        learning_rate: float,
        *,
        epoch_limit: int | None,
        until_cost: float | None,
        patience: int | None,
    ) -> None:
        """Stand before the first epoch.

        Args:
            stepper: takes the steps.
            validation: samples whose cost is watched.
            learning_rate: η.
            epoch_limit: see `Trainer`, as for the rest.

        Raises:
            InputError: a limit that is none, or patience with nothing to wait for.
        """
        for name, value, least in (("epoch_limit", epoch_limit, 0), ("patience", patience, 1)):
            if value is not None and value < least:
                raise InputError(f"{name}: {value} is not a whole number from {least}")
        if patience is not None and validation is None:
            raise InputError(
                "patience: there is no validation cost to watch; hold some of the samples back, "
                "as --validation 0.2 does"
            )
        self._stepper, self.validation = stepper, validation
        self._learning_rate = checked_learning_rate(learning_rate)
        self.epoch_limit, self.until_cost = epoch_limit, until_cost
        self.early_stopping = (
            None if patience is None else EarlyStopping(self.network.theta, patience)
        )
        """What stops training when the validation cost no longer falls, if asked for."""
        self._start()

    @property
    def network(self) -> Network:
        """What is trained, in place."""
        return self._stepper.network

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
        self._first_theta = self.network.theta.copy()
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
    def steps_an_epoch(self) -> int:
        """Steps of the optimizer in an epoch: the number of batches."""
        return self._stepper.steps_an_epoch

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
            self.marks = with_mark(self.marks, learning_rate_mark(self.epoch, value))

    @property
    def fault(self) -> str | None:
        """Name of the fault that is planted in backpropagation, if any."""
        return self.network.fault

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

    @property
    def validation_score(self) -> float | None:
        """Accuracy, or R², of the validation set when its cost was found; `None` without one."""
        return self._validation.score()

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
        try:
            taken = self._stepper.take(steps, self._learning_rate, min(ends, default=None), lowest)
        except BaseException:  # a second Ctrl+C; what is saved after it has to be whole
            self._stepper.restore(begin)
            raise
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
        self._validation.look_again()
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
        self._validation.look_again()
        self.state = "diverged"
        if not steps:
            self.message = (
                "J is not a finite number at the very start: the initial weights or the data "
                "are too large"
            )
            return
        good = (
            f"Θ is the last good one, of epoch {self.epoch:,}: a smaller learning rate than "
            f"{guilty:g} may help"
        )
        told = self.why_start_again(guilty) or good
        self.message = f"J stopped being a finite number at epoch {wrong:,}; {told}"

    def why_start_again(self, guilty: float | None = None) -> str:
        """Return why nothing is gained by going on from here after a divergence, if so.

        Args:
            guilty: the η that it diverged with, where that is known.
        """
        stepper, here, what = self._stepper, self.point(), f"Θ of epoch {self.epoch:,} is"
        try:
            with np.errstate(all="ignore"):
                work = stepper.next_work()
                work.evaluate()
                cost, gradient = stepper.cost_of_all(), work.gradient.copy()
                self.network.theta[:] = self._first_theta
                return why_start_again(what, cost, stepper.cost_of_all(), gradient, guilty)
        finally:
            stepper.restore(here)  # a fault may remember that it was asked, too

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
        if point.seed != self.seed:  # it was started again with another
            self.network.initialize(point.seed)
            self._first_theta = self.network.theta.copy()
        self.restore(point)
        self._anchor = self.point()
        self.history, self.marks = history, marks
        self._validation.restore(validation)
        self._validation.look_again()
        self.state, self.message = "running", ""

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
