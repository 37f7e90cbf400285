"""What happens to a data set before training: validation samples set apart, features scaled."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import Dataset
from bptui.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Standardizer:
    """Scales every feature to mean 0 and standard deviation 1."""

    mean: NDArray[np.float64]
    """(s_0,)."""
    deviation: NDArray[np.float64]
    """(s_0,); 1 for a constant feature."""

    def apply(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return X, (N, s_0), scaled; values out of all proportion become infinite."""
        with np.errstate(over="ignore"):
            scaled: NDArray[np.float64] = (X - self.mean) / self.deviation
        return scaled

    def undo(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what `apply` gave `scaled` for, but for rounding."""
        return scaled * self.deviation + self.mean


@dataclass(frozen=True, slots=True)
class Prepared:
    """A data set ready for training."""

    training: Dataset
    validation: Dataset | None
    standardizer: Standardizer | None
    """What scaled the features of both; `None` if they are as given."""
    unscaled_X: NDArray[np.float64]
    """The rows of `training.X` as given, in the same order."""
    unscaled_y: NDArray[np.float64]
    """The rows of `training.y` as given."""
    target_standardizer: Standardizer | None = None
    """What scaled the targets of both; `None` if they are as given."""


def fit_standardizer(X: NDArray[np.float64]) -> Standardizer:
    """Return the standardizer of X, (N, s_0), whose values are finite."""
    low, high = X.min(axis=0), X.max(axis=0)
    # In units of about its largest value no column's squares overflow or vanish; a power
    # of 2 keeps this exact.
    _, exponent = np.frexp(np.maximum(np.abs(low), np.abs(high)))
    unit = np.ldexp(1.0, exponent - 1)
    scaled = X / unit
    mean = scaled.mean(axis=0) * unit
    deviation = scaled.std(axis=0) * unit
    # The mean of equal numbers may be off in the last digit, which scaling would blow up.
    constant = (low == high) | (deviation == 0)
    return Standardizer(np.where(constant, low, mean), np.where(constant, 1.0, deviation))


def split(dataset: Dataset, fraction: float, seed: int) -> tuple[Dataset, Dataset | None]:
    """Return a training and a validation part, which holds about `fraction` of the samples.

    Samples are shuffled with `seed`; each part gets at least one. A fraction of 0 leaves
    the data set as it is, and no validation part.

    Raises:
        InputError: `fraction` is not in [0, 1), or there is but one sample to split.
    """
    if not 0 <= fraction < 1:
        raise InputError(
            f"validation: {fraction:g} is not possible; give a fraction from 0 to below 1"
        )
    if fraction == 0:
        return dataset, None
    samples = len(dataset)
    if samples < 2:
        raise InputError(f"validation: {dataset.name} has one sample, which cannot be split; use 0")
    held_back = min(max(round(fraction * samples), 1), samples - 1)
    order = np.random.default_rng(seed).permutation(samples)
    return _rows(dataset, order[held_back:]), _rows(dataset, order[:held_back])


def prepare(
    dataset: Dataset,
    *,
    validation: float,
    standardize: bool,
    seed: int,
    standardize_targets: bool = False,
) -> Prepared:
    """Split off a fraction of `dataset` for validation and scale the features of both parts.

    The scale is that of the training part alone. Targets are scaled the same way where
    `standardize_targets` says so, which is for regression.

    Raises:
        InputError: the split is not possible, or a feature is too uneven to be scaled.
    """
    training, held_back = split(dataset, validation, seed)
    unscaled_X, unscaled_y = training.X, training.y
    standardizer = fit_standardizer(unscaled_X) if standardize else None
    if standardizer is not None:
        training = _scaled(training, standardizer)
        held_back = held_back and _scaled(held_back, standardizer)
    targets = fit_standardizer(unscaled_y) if standardize_targets else None
    if targets is not None:
        training = replace(training, y=targets.apply(training.y))
        held_back = held_back and replace(held_back, y=targets.apply(held_back.y))
    return Prepared(training, held_back, standardizer, unscaled_X, unscaled_y, targets)


def _rows(dataset: Dataset, rows: NDArray[np.int64]) -> Dataset:
    return replace(dataset, X=dataset.X[rows], y=dataset.y[rows])


def _scaled(dataset: Dataset, standardizer: Standardizer) -> Dataset:
    X = standardizer.apply(dataset.X)
    finite = np.isfinite(X).all(axis=0)
    if not finite.all():
        name = dataset.feature_names[int(np.argmin(finite))]
        raise InputError(
            f"{dataset.name}: the values of feature '{name}' are too far apart to be scaled; "
            "use them without standardizing"
        )
    return replace(dataset, X=X)
