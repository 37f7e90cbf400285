"""A network in training: its data, its optimizer, its gradient checks, its checkpoints."""

from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.check import METHODS, Report, check_backpropagation, choose_method
from bptui.core.check.draw import MOST_DIFFERENCES
from bptui.core.check.known_faults import without_names
from bptui.core.configuration import Configuration
from bptui.core.costs import check_targets
from bptui.core.data.dataset import Dataset, digest
from bptui.core.data.preparation import Prepared
from bptui.core.errors import InputError, check_choice, printable
from bptui.core.faults import check_fault
from bptui.core.history import fault_mark, with_mark
from bptui.core.layers import weight_mask
from bptui.core.network import Network
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.runs.saving import Saved, save_run
from bptui.core.step_rules import RuledOptimizer
from bptui.core.training.check_time import entries_to_draw
from bptui.core.training.loop import TrainingLoop
from bptui.core.training.schedules import CONSTANT, Schedule
from bptui.core.training.scores import Scores, scores
from bptui.core.training.steppers import make_stepper

if TYPE_CHECKING:
    from bptui.core.check import EpsilonSweep
    from bptui.core.training.phases import StepPhases
    from bptui.core.training.view import View

Array = NDArray[Any]


class Trainer(TrainingLoop):
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
        if batch_size is not None and batch_size < 1:
            raise InputError(f"batch_size: {batch_size} is not a whole number from 1")
        choose_method(method, epsilon)
        self.training = training
        self.batch_size = min(batch_size or len(training), len(training))
        if network.fault is not None:
            check_fault(network.fault, network.setting(self.batch_size))
        check_targets(network.cost_name, network.output, training.y)
        self.optimizer_name, self.schedule = optimizer, schedule
        self.clip_norm, self.weight_decay = clip_norm, weight_decay
        self.method, self.epsilon = method, epsilon
        self.configuration = configuration
        """What this trainer was built from, where it was."""
        self.preparation = preparation
        """How the data set was prepared, where it was."""
        self.saved: Saved | None = None
        """What `save` wrote last."""
        self.had_diverged = False
        """Whether the run that goes on here had."""
        self.fault_hidden = False
        """Whether the name of the planted fault is kept from the user, as an exercise."""
        update = kind(network.theta)
        if clip_norm is not None or weight_decay:
            mask = weight_mask(network.layers, network.dtype)
            update = RuledOptimizer(update, mask, clip_norm=clip_norm, weight_decay=weight_decay)
        super().__init__(
            make_stepper(network, training, update, self.batch_size, schedule),
            validation,
            kind.learning_rate if learning_rate is None else learning_rate,
            epoch_limit=epoch_limit,
            until_cost=until_cost,
            patience=patience,
        )

    @property
    def scheduled_learning_rate(self) -> float:
        """What the schedule leaves of η at this epoch."""
        return self.learning_rate * float(self.schedule.shares(self.epoch, 1)[0])

    def plant(self, fault: str | None, *, hidden: bool = False) -> None:
        """Plant a fault, or none, from the next step on.

        Args:
            fault: a name in `FAULTS`; the one that is planted already is left as it is.
            hidden: whether to keep its name from the user.

        Raises:
            InputError: there is no fault of that name, or it cannot be planted here.
        """
        hidden = hidden and fault is not None
        marked_at = [mark.epoch for mark in self.marks if mark.kind == "fault"]
        if fault != self.fault:
            if fault is not None:
                check_fault(fault, self.network.setting(self.batch_size))
            self._stepper.plant(fault)
            marked_at = [self.epoch]
        # The name of one that is planted already may be hidden or revealed.
        for epoch in marked_at[-1:]:
            self.marks = with_mark(self.marks, fault_mark(epoch, self.fault, hidden=hidden))
        self.fault_hidden = hidden

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

    def sweep_epsilon(self, seconds: float) -> "EpsilonSweep":
        """Measure differences of every step at Θ as it is, for at most about so many seconds.

        Raises:
            InputError: see the function of the same name.
        """
        from bptui.core.check import sweep_epsilon

        return sweep_epsilon(self.next_work(), seconds=seconds)

    def phases(self) -> "StepPhases":
        """Return what the next step does, phase by phase; nothing is changed."""
        from bptui.core.training.phases import take_apart

        return take_apart(self, self._stepper)

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
        return entries_to_draw(most, self.network.theta.size)

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

    def settings(self) -> dict[str, Any]:
        """Return the configuration that this trainer was built from, by field.

        Raises:
            InputError: it was built from none.
        """
        if self.configuration is None:
            raise InputError("only a trainer built from a configuration can be saved")
        return asdict(self.configuration)

    def facts(self) -> dict[str, Any]:
        """Return what tells its training from others: the layers, and what the data are."""
        return {"layers": list(self.network.layers), "data_digest": self.data_digest}

    def recognize(self, facts: dict[str, Any], configuration: Configuration) -> None:
        """Make sure that a checkpoint is of these data.

        Raises:
            InputError: they have changed since.
        """
        if facts.get("data_digest") != self.data_digest:
            raise InputError(
                f"its data, {printable(configuration.data)}, has changed since it was saved"
            )

    def scores(self) -> Scores:
        """Return accuracy, or R² and errors, on the training and the validation set."""
        scaled_by = None if self.preparation is None else self.preparation.target_standardizer
        return scores(self.network, self.training, self.validation, scaled_by)

    def save(self, folder: Path) -> Path:
        """Write a run folder that `resume_trainer` goes on from; see `save_run`."""
        return save_run(self, folder)
