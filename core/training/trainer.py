"""The training loop: steps of an optimizer along backpropagated gradients."""

from functools import cached_property
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check import Report, check_backpropagation, choose_method
from bptui.core.check.known_faults import without_names
from bptui.core.configuration import Configuration
from bptui.core.costs import check_targets
from bptui.core.data.dataset import Dataset
from bptui.core.data.preparation import Prepared
from bptui.core.errors import InputError, check_choice
from bptui.core.faults import check_fault
from bptui.core.history import CostCurve, CostHistory, Mark
from bptui.core.network import Network
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.runs import Saved, save_run
from bptui.core.trainer_state import TrainerState
from bptui.core.training.scores import Scores, confusion_matrix, score
from bptui.core.training.steppers import MinibatchStepper, Stepper
from bptui.core.training.validation import ValidationWatch

Array = NDArray[Any]

TrainerPhase = Literal["running", "finished", "diverged"]

VALIDATION_EPOCHS = 10
"""Full-batch epochs between two looks at the validation cost."""


class Trainer:
    """A network, its data and an optimizer, at some epoch.

    The same configuration and seed give the same bits, however the epochs
    are divided between calls.
    """

    def __init__(
        self,
        network: Network,
        training: Dataset,
        validation: Dataset | None = None,
        *,
        optimizer: str = "sgd",
        learning_rate: float | None = None,
        batch_size: int | None = None,
        epoch_limit: int | None = None,
        until_cost: float | None = None,
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
            batch_size: samples a step; `None` is all of them.
            epoch_limit: finish after so many epochs.
            until_cost: finish at the first epoch whose cost is not above this.
            method: of the gradient check.
            epsilon: of the gradient check.
            configuration: what this trainer is built from.
            preparation: how the data set was split and scaled.

        Raises:
            InputError: data that does not fit the network, an unknown optimizer, or a planted
                fault that does not suit steps of so many samples.
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
        for name, value, least in (("batch_size", batch_size, 1), ("epoch_limit", epoch_limit, 0)):
            if value is not None and value < least:
                raise InputError(f"{name}: {value} is not a whole number from {least}")
        choose_method(method, epsilon)
        self.batch_size = min(batch_size or len(training), len(training))
        if network.fault is not None:
            check_fault(network.fault, network.setting(self.batch_size))
        self.fault_hidden = False
        """Whether the name of the planted fault is kept from the user, as an exercise."""
        self._learning_rate = checked_learning_rate(
            kind.learning_rate if learning_rate is None else learning_rate
        )
        check_targets(network.cost_name, network.output, training.y)
        self._stepper = Stepper(network, training, kind(network.theta))
        if self.batch_size < len(training):
            self._stepper = MinibatchStepper(
                network, training, kind(network.theta), self.batch_size
            )
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
        self._validation.look(self.epoch)

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
        """J of Θ as it is now; with minibatches the mean over the last whole epoch."""
        with np.errstate(all="ignore"):
            return self._stepper.cost

    @property
    def validation_cost(self) -> float | None:
        """The last validation cost, without a penalty; `None` with no validation set."""
        return self._validation.last

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
                steps = int(max(1.0, min(1e6, (deadline - started) / self._seconds_a_step)))
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
        self._validation.look(self.epoch)
        if self._at_limit():
            if np.isfinite(self._stepper.cost_of_all()):
                self._finish(f"reached {self.epoch_limit:,} epochs")
            else:
                self._diverge(begin)
        return taken.steps

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

    def check(self, method: str | None = None, epsilon: float | None = None) -> Report:
        """Check the very gradient that the next step would apply; Θ is left as it is.

        The report keeps the name of a hidden fault to itself.
        """
        if method is None:
            method, epsilon = self.method, self.epsilon
        report = check_backpropagation(self.next_work(), method=method, epsilon=epsilon)
        return without_names(report) if self.fault_hidden else report

    @cached_property
    def data_digest(self) -> str:
        """SHA-256 of the training samples, so that a resumed run knows them again.

        Of those before scaling, whose last digits are the same on every machine.
        """
        digest = sha256()
        given = self.preparation
        X, y = self.training.X, self.training.y
        for array in (X, y) if given is None else (given.unscaled_X, given.unscaled_y):
            digest.update(f"{array.shape}".encode())
            digest.update(np.ascontiguousarray(array, np.dtype("<f8")).tobytes())
        return digest.hexdigest()

    def scores(self) -> Scores:
        """Return accuracy or R² on the training and the validation set."""
        task = self.training.task
        outputs, y = self.network.predict(self.training.X), self.training.y
        training, validation = score(task, outputs, y), None
        if self.validation is not None:
            outputs, y = self.network.predict(self.validation.X), self.validation.y
            validation = score(task, outputs, y)
        name = "R²" if task == "regression" else "accuracy"
        return Scores(name, training, validation, confusion_matrix(task, outputs, y))

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
