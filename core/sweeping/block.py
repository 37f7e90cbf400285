"""The unit of a sweep's work: one setting with a range of seeds, trained side by side.

A block says all that decides its result, and `run_block` is a pure function of it and of the
samples. So blocks may run in any order, in any process, again after an interruption, and always
give the same bits.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.data.dataset import Dataset
from bptui.core.initializers import initial_thetas
from bptui.core.layers import parameter_count
from bptui.core.optimizers import OPTIMIZERS, can_be_steps
from bptui.core.sweeping.layouts import FEWEST_NETWORKS
from bptui.core.sweeping.minibatches import Minibatches
from bptui.core.sweeping.outcomes import Outcomes
from bptui.core.sweeping.stacked import StackedBackpropagation
from bptui.core.sweeping.steps import stacked_optimizer
from bptui.core.sweeping.validation import StackedValidation
from bptui.core.trainer_state import alike
from bptui.core.training.build import schedule_of

Array = NDArray[Any]

LOOKS = 1000
"""About how many times a network is looked at in its training."""
POINTS = 100
"""About how many points a cost curve has."""
_HEARD = 10
"""Epochs between two questions whether to go on, at most: looks may be hours apart."""
_MANY = 10_000_000
"""Products in an epoch of a block, about, for it to be a slow one."""
_SHARES = 1000
"""Epochs for which a schedule is worked out in one go."""


@dataclass(frozen=True, slots=True)
class Samples:
    """What all networks of a sweep are trained on."""

    X: NDArray[np.float64]
    """Features as the networks see them, (N, s_0)."""
    y: NDArray[np.float64]
    """Targets, (N, K)."""
    validation: Dataset | None = None
    """What they are never trained on, scaled as `X` and `y` are."""


@dataclass(frozen=True, slots=True)
class Block:
    """One setting with a range of seeds."""

    setting: Configuration
    """With everything filled in that the data decides."""
    index: int
    """Of the setting in its sweep."""
    first_seed: int
    seeds: int
    """How many, one network each."""
    curves: int
    """Of how many networks, from the first, the cost curves are kept."""


@dataclass(frozen=True, slots=True)
class BlockResult:
    """What became of each network of a block, in the order of their seeds."""

    solved_at: NDArray[np.int64]
    """The first look from which on it was solved; -1 where it never was or did not stay so."""
    final_cost: NDArray[np.float64]
    """J in the end; the last finite one of a network that diverged (NaN if there was none)."""
    diverged: NDArray[np.bool_]
    curves: NDArray[np.float64]
    """J at `curve_epochs` of the first networks, (`Block.curves`, points)."""
    best_curve: NDArray[np.float64]
    """The same of the network that ended lowest, (points,)."""
    validation_cost: NDArray[np.float64] | None = None
    """J on the samples held back, without a penalty, where it ended: ∞ where J is no number there,
    NaN where the network diverged."""
    validation_score: NDArray[np.float64] | None = None
    """The share of those classified right, or R², −∞ where it is no number; NaN as above."""

    @property
    def best(self) -> int:
        """Place of the network that ended lowest and did not diverge; 0 if all did."""
        return int(np.argmin(np.where(self.diverged, np.inf, self.final_cost)))


def look_epochs(epochs: int) -> range:
    """Return the epochs before the last at which networks are looked at."""
    return range(0, epochs, max(1, epochs // LOOKS))


def curve_epochs(epochs: int) -> NDArray[np.int64]:
    """Return the epochs of the points of a cost curve; the last is the end of training."""
    looks = look_epochs(epochs)
    return np.append(np.array(looks[:: max(1, len(looks) // POINTS)]), epochs)


@dataclass(frozen=True, slots=True)
class BlockState:
    """A block between two epochs; going on from it gives the bits of one that never stopped."""

    epoch: int
    """The one to be trained next."""
    arrays: dict[str, Array]
    """All that is remembered, by name."""


def batch_size_of(setting: Configuration, samples: int) -> int | None:
    """Return how many samples a step takes; `None` is all of them."""
    size = setting.batch_size
    return None if size is None or size >= samples else size


def run_block(
    block: Block,
    samples: Samples,
    go_on: Callable[[int], bool] | None = None,
    state: BlockState | None = None,
) -> BlockResult | BlockState:
    """Train the networks of a block, to the end or until told to stop.

    Args:
        block: what to train.
        samples: what on.
        go_on: called with the epoch every few epochs; answers whether to go on.
        state: where to go on from, in place of the start.

    Returns:
        What became of them; where `go_on` said no, their state.
    """
    training = _BlockTraining(block, samples)
    if state is not None:
        training.restore(state)
    with np.errstate(all="ignore"):
        return training.result() if training.train(go_on) else training.state()


def largest_array(block: Block) -> int:
    """Return how many bytes the largest array of a block's state takes, at most."""
    setting = block.setting
    assert setting.layers is not None and setting.epochs is not None
    points = len(curve_epochs(setting.epochs))
    of_a_network = max(parameter_count(setting.layers), points, Minibatches.STATE)
    return 8 * _width(block) * of_a_network


def _width(block: Block) -> int:
    """Return how many networks are trained for a block."""
    return max(block.seeds, FEWEST_NETWORKS)


def is_state_of(state: BlockState, block: Block, samples: Samples) -> bool:
    """Return whether a state can be one of a block."""
    assert block.setting.epochs is not None
    training = _BlockTraining(block, samples)
    if not 0 <= state.epoch < block.setting.epochs or not alike(training.arrays, state.arrays):
        return False
    if not can_be_steps(state.arrays.get("optimizer.steps", np.zeros(1))):
        return False
    try:
        training.restore(state)
    except (ValueError, OverflowError):  # of a generator of random numbers
        return False
    return True


class _BlockTraining:
    """The networks of a block at some epoch."""

    def __init__(self, block: Block, samples: Samples) -> None:
        """Stand before the first epoch."""
        setting = block.setting
        assert setting.layers is not None and setting.epochs is not None
        self._block, self._epochs, self._epoch = block, setting.epochs, 0
        width = _width(block)
        batch_size = batch_size_of(setting, len(samples.X))
        self._work = work = StackedBackpropagation(
            samples.X,
            samples.y,
            setting.layers,
            networks=width,
            activation=setting.activation,
            output=str(setting.output),
            cost=str(setting.cost),
            l2=setting.l2,
            dtype=setting.dtype,
            samples_a_step=batch_size,
        )
        places = np.minimum(np.arange(width), block.seeds - 1)
        seeds = (block.first_seed + places).tolist()
        work.theta[:] = initial_thetas(setting.layers, setting.init, seeds, setting.init_scale)
        optimizer = stacked_optimizer(setting, work.theta, work.is_weight)
        self._step = optimizer.step
        self._minibatches = None
        if batch_size is not None:
            self._minibatches = Minibatches(work, seeds, len(samples.X), batch_size)
        learning_rate = setting.learning_rate
        if learning_rate is None:
            learning_rate = OPTIMIZERS[setting.optimizer].learning_rate
        self._learning_rate = learning_rate
        self._schedule = schedule_of(setting, len(samples.X))
        self._outcomes = outcomes = Outcomes(samples.y, width, setting.until_cost)
        self._validation = None
        points = curve_epochs(setting.epochs).tolist()
        self._points = {point: place for place, point in enumerate(points)}
        self._curves = np.full((width, len(self._points)), np.nan)
        self.arrays: dict[str, Array] = {
            "theta": work.theta,
            **{f"optimizer.{name}": values for name, values in optimizer.state.items()},
            **{name: getattr(outcomes, name) for name in Outcomes.ARRAYS},
            "curves": self._curves,
        }
        """All that a state holds, changed in place."""
        if samples.validation is not None:
            self._validation = validation = StackedValidation(
                setting, samples.validation, work.theta
            )
            self.arrays["validation_cost"] = validation.cost
            self.arrays["validation_score"] = validation.score
        if self._minibatches is not None:
            self.arrays["generators"] = self._minibatches.generators
        # Where epochs take long, each is a chance to stop.
        slow = work.theta.size * len(samples.X) > _MANY
        self._heard = 1 if slow else min(look_epochs(setting.epochs).step, _HEARD)

    def state(self) -> BlockState:
        if self._minibatches is not None:
            self._minibatches.remember()
        return BlockState(self._epoch, {name: np.array(each) for name, each in self.arrays.items()})

    def restore(self, state: BlockState) -> None:
        self._epoch = state.epoch
        for name, values in self.arrays.items():
            values[:] = state.arrays[name]
        if self._minibatches is not None:
            self._minibatches.recall()

    def train(self, go_on: Callable[[int], bool] | None) -> bool:
        """Train until done, or until told to stop; return whether it is done."""
        work, outcomes, step, heard = self._work, self._outcomes, self._step, self._heard
        minibatches, looked = self._minibatches, look_epochs(self._epochs).step
        first = self._epoch - self._epoch % _SHARES
        shares = self._schedule.shares(first, _SHARES).tolist()
        for epoch in range(self._epoch, self._epochs):
            if epoch % heard == 0 and go_on is not None and not go_on(epoch):
                self._epoch = epoch
                return False
            looking = epoch % looked == 0
            if looking or minibatches is None:
                work.forward()
            if looking:
                self._look(epoch)
                if outcomes.ended.all():
                    # Networks that have ended keep their cost.
                    later = [place for point, place in self._points.items() if point > epoch]
                    self._curves[:, later] = outcomes.cost[:, np.newaxis]
                    break
            place = epoch % _SHARES
            if not place:
                shares = self._schedule.shares(epoch, _SHARES).tolist()
            rate = self._learning_rate * shares[place]
            if minibatches is None:
                work.backward()
                step(work.gradient, rate)
            else:
                minibatches.train(step, rate)
        else:
            work.forward()
            self._look(self._epochs)
        return True

    def _look(self, epoch: int) -> None:
        outcomes = self._outcomes
        ended_before = outcomes.ended.copy()
        outcomes.look(epoch, self._work.costs(), self._work.outputs)
        if epoch in self._points:
            self._curves[:, self._points[epoch]] = outcomes.cost
        if self._validation is not None:
            ended = outcomes.ended if epoch < self._epochs else True
            self._validation.look(ended & ~ended_before & ~outcomes.diverged)

    def result(self) -> BlockResult:
        outcomes, validation, curves = self._outcomes, self._validation, self._curves
        mine = slice(self._block.seeds)
        result = BlockResult(
            outcomes.solved_at[mine],
            outcomes.cost[mine],
            outcomes.diverged[mine],
            curves[: self._block.curves].copy(),
            curves[0],
            None if validation is None else validation.cost[mine],
            None if validation is None else validation.score[mine],
        )
        return replace(result, best_curve=curves[result.best].copy())
