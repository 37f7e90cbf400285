"""What a sweep is going to train: every setting, cut into blocks of seeds."""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bptui.core.configuration import Configuration
from bptui.core.data.dataset import Dataset
from bptui.core.data.preparation import split
from bptui.core.errors import InputError, check_choice
from bptui.core.initializers import LARGEST_SEED, check_seed
from bptui.core.layers import parameter_count
from bptui.core.network import checked_layers
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.sweeping.block import Block, Samples, batch_size_of
from bptui.core.sweeping.layouts import FEWEST_NETWORKS
from bptui.core.sweeping.steps import stacked_optimizer
from bptui.core.training.build import (
    completed,
    dataset_of,
    findable,
    network_of,
    prepared_as,
    schedule_of,
    targets_are_scaled,
    usual_epochs,
)
from bptui.core.training.loop import checked_learning_rate

SWEPT = (
    *("layers", "hidden", "activation", "output", "cost", "l2", "dtype", "init", "init_scale"),
    *("optimizer", "learning_rate", "schedule", "clip_norm", "weight_decay"),
)
"""Choices of a configuration of which a sweep may try several."""
SEEDS = 1000
MOST_EPOCHS = 10**12
MOST_SEEDS = 10_000_000
MOST_SETTINGS = 1_000
MOST_BLOCKS = 500_000
"""Each has a file in the folder of a sweep."""
CURVES = 50_000
"""Networks whose cost curves are kept, in the whole sweep: the first ones of each setting."""
WIDEST_BLOCK = 1000
_NUMBERS_IN_A_BLOCK = 2**18
"""Of the buffers of a block, about; more would not fit a cache."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One combination of all that is swept over."""

    index: int
    """Its place among the settings."""
    configuration: Configuration
    """With everything filled in that the data decides."""
    varied: tuple[tuple[str, Any], ...]
    """The names and values of the choices in which settings differ."""
    samples: Samples
    """What its networks are trained on, scaled if they need it."""

    @property
    def number(self) -> int:
        """Its place, counted from 1."""
        return self.index + 1

    @property
    def name(self) -> str:
        """What tells it from the others: `η 0.5, init article`; empty if it is the only one."""
        return ", ".join(
            f"{_NAMES.get(name, name)} {_shown(value)}".lstrip() for name, value in self.varied
        )


_NAMES = {
    "learning_rate": "η",
    "layers": "",
    "init_scale": "init-scale",
    "clip_norm": "clip-norm",
    "weight_decay": "weight-decay",
}


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return "-".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Plan:
    """A sweep before it is run."""

    base: Configuration
    """What was asked for, but for what is swept over; its seed is the first one."""
    axes: tuple[tuple[str, tuple[Any, ...]], ...]
    """The names of the choices that are swept over, and their values."""
    seeds: int
    dataset: Dataset
    """As it was loaded."""
    settings: tuple[Setting, ...]
    blocks: tuple[Block, ...]

    @property
    def networks(self) -> int:
        """How many networks are trained in all."""
        return self.seeds * len(self.settings)


def make_plan(
    base: Configuration, axes: Mapping[str, Sequence[Any]] | None = None, seeds: int = SEEDS
) -> Plan:
    """Return the sweep over `seeds` seeds and every combination of the values in `axes`.

    Args:
        base: all other choices; its `seed` is the first one.
        axes: values to try, by a name in `SWEPT`.
        seeds: how many networks are trained for each setting.

    Raises:
        InputError: a choice is impossible, does not fit the data, or cannot be swept.
    """
    given = {name: tuple(values) for name, values in (axes or {}).items()}
    _check(base, given, seeds)
    dataset = dataset_of(base)
    if base.epochs is None:
        training, _ = split(dataset, base.validation, base.data_seed)
        base = replace(base, epochs=usual_epochs(len(training), base.batch_size))
    base = findable(base)
    if dataset.task == "regression" and base.until_cost is None:
        raise InputError(
            f"until-cost: {dataset.name} is a regression, where no output is simply right; "
            "say with --until-cost at which J a network counts as solved"
        )
    settings: list[Setting] = []
    prepared: dict[bool, Samples] = {}
    for values in itertools.product(*given.values()):
        choices = list(zip(given, values, strict=True))
        chosen = completed(replace(base, **dict(choices)), dataset)
        scaled = targets_are_scaled(chosen, dataset)  # in nothing else do settings differ here
        if scaled not in prepared:
            prepared[scaled] = _samples(chosen, dataset)
        samples = prepared[scaled]
        _check_setting(chosen, samples)
        varied = tuple((name, value) for name, value in choices if len(given[name]) > 1)
        settings.append(Setting(len(settings), chosen, varied, samples))
    _check_blocks(settings, seeds)
    curves = CURVES // len(settings)
    blocks = itertools.chain.from_iterable(
        _blocks(setting, base.seed, seeds, curves) for setting in settings
    )
    return Plan(base, tuple(given.items()), seeds, dataset, tuple(settings), tuple(blocks))


def _check_blocks(settings: Sequence[Setting], seeds: int) -> None:
    count = sum(-(-seeds // block_size(each.configuration, each.samples)) for each in settings)
    if count > MOST_BLOCKS:
        raise InputError(
            f"seeds: {seeds:,} networks of each setting, of these sizes, are {count:,} blocks of "
            f"work; the most is {MOST_BLOCKS:,}: try fewer seeds"
        )


def _samples(chosen: Configuration, dataset: Dataset) -> Samples:
    prepared = prepared_as(chosen, dataset)
    return Samples(prepared.training.X, prepared.training.y, prepared.validation)


def _blocks(setting: Setting, first_seed: int, seeds: int, curves: int) -> list[Block]:
    size = block_size(setting.configuration, setting.samples)
    return [
        Block(
            setting.configuration,
            setting.index,
            first_seed + start,
            min(size, seeds - start),
            curves=max(0, min(size, seeds - start, curves - start)),
        )
        for start in range(0, seeds, size)
    ]


def _check(base: Configuration, axes: Mapping[str, tuple[Any, ...]], seeds: int) -> None:
    for name, values in axes.items():
        if name not in SWEPT:
            raise InputError(f"{name}: a sweep takes one value; give several of {', '.join(SWEPT)}")
        if not values:
            raise InputError(f"{name}: no value is given to try")
        if len(set(values)) < len(values):
            raise InputError(f"{name}: a value is given twice")
    check_settings(axes)
    if not 1 <= seeds <= MOST_SEEDS:
        raise InputError(f"seeds: {seeds} is not a whole number from 1 to {MOST_SEEDS:,}")
    if check_seed(base.seed) + seeds - 1 > LARGEST_SEED:
        raise InputError(f"seeds: {seeds:,} from {base.seed} on go beyond the last, {LARGEST_SEED}")
    if base.epochs is not None and not 1 <= base.epochs <= MOST_EPOCHS:
        raise InputError(f"epochs: {base.epochs} is not a whole number from 1 to {MOST_EPOCHS:,}")
    if base.until_cost is not None and not base.until_cost > 0.0:
        raise InputError(f"until_cost: {base.until_cost} is not a number above 0")
    if base.batch_size is not None and base.batch_size < 1:
        raise InputError(f"batch_size: {base.batch_size} is not a whole number from 1")
    for name in ("patience", "fault"):
        if getattr(base, name) is not None:
            raise InputError(
                f"{name}: a sweep trains right networks to the end; leave this option out"
            )


def check_settings(axes: Mapping[str, Sequence[Any]]) -> None:
    """Make sure that the values to try do not make too many settings.

    Raises:
        InputError: they do.
    """
    count = math.prod(map(len, axes.values()))
    if count > MOST_SETTINGS:
        raise InputError(
            f"{count:,} settings are too many for one sweep; the most is {MOST_SETTINGS:,}"
        )


def _check_setting(chosen: Configuration, samples: Samples) -> None:
    """Refuse what a network or a trainer would refuse."""
    assert chosen.layers is not None
    layers = checked_layers(chosen.layers)
    # All else that it can refuse it refuses without a hidden layer too, and then it is small.
    network_of(replace(chosen, layers=(layers[0], layers[-1]))).samples(samples.X, samples.y)
    check_choice("optimizer", chosen.optimizer, OPTIMIZERS)
    schedule_of(chosen, len(samples.X))
    if chosen.learning_rate is not None:
        checked_learning_rate(chosen.learning_rate)
    stacked_optimizer(chosen, np.zeros((1, 1)), np.ones((1, 1)))


def block_size(setting: Configuration, samples: Samples) -> int:
    """Return how many networks of a setting are trained side by side; nothing else decides it."""
    assert setting.layers is not None
    parameters = parameter_count(setting.layers)
    units = sum(size + 1 for size in setting.layers[1:])
    numbers = 3 * units * len(samples.X) + 4 * parameters
    if samples.validation is not None:
        numbers += 3 * units * len(samples.validation.X) + 3 * parameters
    batch_size = batch_size_of(setting, len(samples.X))
    if batch_size is not None:
        numbers += (setting.layers[0] + 1 + 3 * units) * batch_size
    return max(FEWEST_NETWORKS, min(WIDEST_BLOCK, _NUMBERS_IN_A_BLOCK // numbers))
