"""Taking steps: the loops that spend nearly all of the time, and nothing else.

A stepper knows the samples of the next step, takes steps and counts them. When to
stop, and what a run of steps means, is for the trainer to say.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.data.dataset import Dataset
from bptui.core.network import Network
from bptui.core.optimizers import Optimizer
from bptui.core.trainer_state import TrainerState, copied
from bptui.core.training.batches import Batches
from bptui.core.training.schedules import CONSTANT, Schedule

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a run of steps."""

    steps: int
    costs: list[float]
    """The cost of every epoch that ended."""
    cost: float
    """The last cost that was computed."""
    low: bool = False
    """Whether the run ended because the cost was low enough."""
    broken: bool = False
    """Whether it ended because the cost was no finite number; that step was not taken."""


class Stepper:
    """Steps with all samples at once, one an epoch."""

    steps_an_epoch = 1

    def __init__(
        self,
        network: Network,
        training: Dataset,
        optimizer: Optimizer,
        schedule: Schedule = CONSTANT,
    ) -> None:
        """Stand before the first epoch.

        Args:
            network: its Θ is changed in place.
            training: the samples.
            optimizer: of that Θ.
            schedule: how much of η every epoch has.
        """
        self.network, self.optimizer, self._schedule = network, optimizer, schedule
        self.epoch = 0
        """Epochs that have ended."""
        self.batch = 0
        """Steps taken within the present epoch."""
        self._samples = network.samples(training.X, training.y)
        self._load()

    def _load(self) -> None:
        """Make the training code, with the fault that is planted now."""
        self._whole = self.network.backpropagation(len(self._samples[0]))
        self._whole.load(*self._samples)

    @property
    def steps(self) -> int:
        """Steps taken so far."""
        return self.epoch * self.steps_an_epoch + self.batch

    def number_of(self, point: TrainerState) -> int:
        """Return how many steps had been taken at `point`."""
        return point.epoch * self.steps_an_epoch + point.batch

    def cost_of_all(self) -> float:
        """Return J over the whole training set, of Θ as it is now."""
        self._whole.forward()
        return self._whole.cost()

    @property
    def cost(self) -> float:
        """J as the curve shows it."""
        return self.cost_of_all()

    def plant(self, fault: str | None) -> None:
        """Plant a fault, or none, from the next step on."""
        self.network.plant(fault)
        self._load()

    def next_work(self) -> Backpropagation:
        """Return the training code, loaded with the very samples of the next step."""
        return self._whole

    def rehearsed(self, work: Backpropagation, learning_rate: float) -> Array:
        """Return the flat Θ, (P,), that a step along the gradient of `work` would lead to.

        Neither Θ nor what the optimizer remembers is changed.

        Args:
            work: what `next_work` returned, evaluated.
            learning_rate: η, of which the schedule leaves its share.
        """
        theta, state = self.network.theta, self.optimizer.state
        before, remembered = theta.copy(), copied(state)
        (rate,) = self._rates(learning_rate, 1)
        try:
            self.optimizer.step(work.gradient, rate)
            return theta.copy()
        finally:
            theta[:] = before
            for name, values in remembered.items():
                state[name][:] = values

    def take(
        self, count: int, learning_rate: float, end: int | None = None, lowest: float = -np.inf
    ) -> Taken:
        """Take at most `count` steps.

        Args:
            count: how many.
            learning_rate: η, of which the schedule leaves its share.
            end: the epoch to stop at.
            lowest: stop at the first cost that is not above this.
        """
        if end is not None:
            count = min(count, end - self.epoch)
        costs: list[float] = []
        work, step = self._whole, self.optimizer.step
        evaluate, gradient = work.evaluate, work.gradient
        cost = np.nan
        for rate in self._rates(learning_rate, count):
            cost = evaluate()
            # One chained comparison finds a NaN, an infinity and a cost that is low enough.
            if not lowest < cost < np.inf:
                break
            costs.append(cost)
            step(gradient, rate)
        self.epoch += len(costs)
        ended = len(costs) < count
        broken = ended and not np.isfinite(cost)
        return Taken(len(costs), costs, cost, low=ended and not broken, broken=broken)

    def _rates(self, learning_rate: float, epochs: int) -> Iterable[float]:
        """Return the η of the next epochs."""
        if self._schedule.constant:
            return repeat(learning_rate, epochs)
        rates: list[float] = (learning_rate * self._schedule.shares(self.epoch, epochs)).tolist()
        return rates

    def reset(self, seed: int) -> None:
        """Go back to before the first epoch, with the Θ that `seed` draws."""
        self.network.initialize(seed)
        self.optimizer.reset()
        self.network.fault_memory.clear()
        self.epoch = self.batch = 0

    def point(self, learning_rate: float) -> TrainerState:
        """Return a copy of everything that decides how training goes on."""
        return TrainerState(
            theta=self.network.theta.copy(),
            optimizer=copied(self.optimizer.state),
            epoch=self.epoch,
            batch=self.batch,
            partial_cost=0.0,
            last_cost=np.nan,
            drawn_from=None,
            seed=self.network.seed,
            learning_rate=learning_rate,
            fault=self.network.fault,
            fault_memory=copied(self.network.fault_memory),
        )

    def restore(self, point: TrainerState) -> None:
        """Go back to a point."""
        if point.fault != self.network.fault:
            self.plant(point.fault)
        self.network.fault_memory.clear()
        self.network.fault_memory.update(copied(point.fault_memory))
        self.network.theta[:] = point.theta
        self.network.seed = point.seed
        for name, values in point.optimizer.items():
            self.optimizer.state[name][:] = values
        self.epoch, self.batch = point.epoch, point.batch


class MinibatchStepper(Stepper):
    """Steps with a few samples each; the cost of an epoch is the mean over its steps."""

    def __init__(
        self,
        network: Network,
        training: Dataset,
        optimizer: Optimizer,
        batch_size: int,
        schedule: Schedule = CONSTANT,
    ) -> None:
        """Stand before the first epoch; `batch_size` is less than there are samples."""
        self._batch_size = batch_size
        super().__init__(network, training, optimizer, schedule)
        self._batches = Batches(*self._samples, batch_size, network.seed)
        self._partial_cost = 0.0
        self._last_cost = np.nan
        self.steps_an_epoch = len(self._batches)

    def _load(self) -> None:
        """Make the training code for a batch, and for the smaller one at the end of an epoch."""
        samples = len(self._samples[0])
        sizes = {self._batch_size, samples % self._batch_size} - {0}
        self._works = {size: self.network.backpropagation(size, samples) for size in sizes}

    @property
    def cost(self) -> float:
        """The mean cost over the last whole epoch; before the first, J of all samples."""
        return self._last_cost if self.epoch else self.cost_of_all()

    def cost_of_all(self) -> float:
        """Return J over the whole training set, of Θ as it is now."""
        inputs, targets = self._samples
        total = 0.0
        for start in range(0, len(inputs), self._batch_size):
            rows = slice(start, start + self._batch_size)
            work = self._works[len(inputs[rows])]
            work.inputs[:], work.targets[:] = inputs[rows], targets[:, rows]
            work.forward()
            total += work.cost() * work.samples
        return total / len(inputs)

    def next_work(self) -> Backpropagation:
        """Return the training code, loaded with the next batch."""
        work = self._works[self._batches.sizes[self.batch]]
        self._batches.copy(self.batch, work.inputs, work.targets)
        return work

    def take(
        self, count: int, learning_rate: float, end: int | None = None, lowest: float = -np.inf
    ) -> Taken:
        """Take at most `count` steps, and stop early only where an epoch ends."""
        costs: list[float] = []
        next_work, step = self.next_work, self.optimizer.step
        cost = np.nan
        taken = 0
        (rate,) = self._rates(learning_rate, 1)
        while taken < count and self.epoch != end:
            work = next_work()
            cost = work.evaluate()
            # False of a NaN too.
            if not -np.inf < cost < np.inf:
                return Taken(taken, costs, cost, broken=True)
            step(work.gradient, rate)
            self._partial_cost += cost * work.samples
            self.batch += 1
            taken += 1
            if self.batch == self.steps_an_epoch:
                cost = self._end_epoch()
                (rate,) = self._rates(learning_rate, 1)
                costs.append(cost)
                if cost <= lowest:
                    return Taken(taken, costs, cost, low=True)
        return Taken(taken, costs, cost)

    def _end_epoch(self) -> float:
        self._last_cost = self._partial_cost / len(self._samples[0])
        self._partial_cost, self.batch = 0.0, 0
        self.epoch += 1
        self._batches.start_epoch()
        return self._last_cost

    def reset(self, seed: int) -> None:
        """Go back to before the first epoch, with the Θ and the order that `seed` draws."""
        super().reset(seed)
        self._batches.reset(seed)
        self._partial_cost, self._last_cost = 0.0, np.nan

    def point(self, learning_rate: float) -> TrainerState:
        """Return a copy of everything that decides how training goes on."""
        return replace(
            super().point(learning_rate),
            partial_cost=self._partial_cost,
            last_cost=self._last_cost,
            drawn_from=self._batches.drawn_from,
        )

    def restore(self, point: TrainerState) -> None:
        """Go back to a point, and to the order of its epoch."""
        super().restore(point)
        self._partial_cost, self._last_cost = point.partial_cost, point.last_cost
        if point.drawn_from is not None:
            self._batches.restart_epoch(point.drawn_from)


def make_stepper(
    network: Network,
    training: Dataset,
    optimizer: Optimizer,
    batch_size: int,
    schedule: Schedule = CONSTANT,
) -> Stepper:
    """Return what takes steps of `batch_size` samples each."""
    if batch_size < len(training):
        return MinibatchStepper(network, training, optimizer, batch_size, schedule)
    return Stepper(network, training, optimizer, schedule)
