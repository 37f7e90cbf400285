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
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.sweeping.held_back import HeldBack
from bptui.core.sweeping.layouts import FEWEST_NETWORKS
from bptui.core.sweeping.outcomes import Outcomes
from bptui.core.sweeping.stacked import StackedBackpropagation
from bptui.core.sweeping.steps import stacked_optimizer
from bptui.core.training.build import schedule_of

Array = NDArray[Any]

LOOKS = 1000
"""About how many times a network is looked at in its training."""
POINTS = 100
"""About how many points a cost curve has."""
_HEARD = 10
"""Epochs between two questions whether to go on, at most: looks may be hours apart."""
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
    """J on the samples held back, without a penalty, where it ended; NaN where it diverged."""
    validation_score: NDArray[np.float64] | None = None
    """The share of those classified right, or R²."""

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


def run_block(
    block: Block, samples: Samples, go_on: Callable[[int], bool] | None = None
) -> BlockResult | None:
    """Train the networks of a block to the end.

    Args:
        block: what to train.
        samples: what on.
        go_on: called with the epoch every few epochs; answers whether to go on.

    Returns:
        What became of them; `None` where `go_on` said no.
    """
    setting = block.setting
    assert setting.layers is not None and setting.epochs is not None
    width = max(block.seeds, FEWEST_NETWORKS)
    work = StackedBackpropagation(
        samples.X,
        samples.y,
        setting.layers,
        networks=width,
        activation=setting.activation,
        output=str(setting.output),
        cost=str(setting.cost),
        l2=setting.l2,
        dtype=setting.dtype,
    )
    places = np.minimum(np.arange(width), block.seeds - 1)
    seeds = (block.first_seed + places).tolist()
    work.theta[:] = initial_thetas(setting.layers, setting.init, seeds, setting.init_scale)
    optimizer = stacked_optimizer(setting, work.theta, work.is_weight)
    step, learning_rate = optimizer.step, setting.learning_rate
    if learning_rate is None:
        learning_rate = OPTIMIZERS[setting.optimizer].learning_rate
    schedule = schedule_of(setting, len(samples.X))
    outcomes = Outcomes(samples.y, width, setting.until_cost)
    held_back = None
    if samples.validation is not None:
        held_back = HeldBack(setting, samples.validation, work.theta)
    looks = look_epochs(setting.epochs)
    heard = min(looks.step, _HEARD)
    points = set(curve_epochs(setting.epochs).tolist())
    curves: list[Array] = []
    with np.errstate(all="ignore"):
        for epoch in range(setting.epochs):
            work.forward()
            if epoch % looks.step == 0:
                outcomes.look(epoch, work.costs(), work.outputs)
                if epoch in points:
                    curves.append(outcomes.cost.copy())
                if held_back is not None:
                    held_back.look(outcomes.ended & ~outcomes.diverged)
                if outcomes.ended.all():
                    break
            if epoch % heard == 0 and go_on is not None and not go_on(epoch):
                return None
            work.backward()
            place = epoch % _SHARES
            if not place:
                shares = schedule.shares(epoch, _SHARES).tolist()
            step(work.gradient, learning_rate * shares[place])
        else:
            work.forward()
            outcomes.look(setting.epochs, work.costs(), work.outputs)
        if held_back is not None:
            held_back.look(~outcomes.diverged)
    # Networks that have ended keep their cost.
    curves += [outcomes.cost.copy()] * (len(points) - len(curves))
    all_curves = np.stack(curves, axis=1)
    mine = slice(block.seeds)
    result = BlockResult(
        outcomes.solved_at[mine],
        outcomes.cost[mine],
        outcomes.diverged[mine],
        all_curves[: block.curves].copy(),
        all_curves[0],
        None if held_back is None else held_back.cost[mine],
        None if held_back is None else held_back.score[mine],
    )
    return replace(result, best_curve=all_curves[result.best].copy())
