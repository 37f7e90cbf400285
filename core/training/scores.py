"""How good the outputs are, in terms that do not depend on the cost."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import Dataset, Task
from bptui.core.data.preparation import Standardizer
from bptui.core.network import Network

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Accuracy for classes, R² for regression."""

    name: str
    """`accuracy` or `R²`."""
    training: float
    validation: float | None
    confusion: NDArray[np.int64] | None = None
    """How many samples of each true class, in rows, were put into each class, in columns.

    Of the validation set where there is one; `None` for regression. Samples whose outputs are
    no numbers are left out.
    """
    errors: Floats | None = None
    """Root mean squared error of each target in the units of the data, (K,), for regression."""
    validation_errors: Floats | None = None
    """The same of the validation set where there is one."""


def classified_right(outputs: NDArray[Any], y: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which samples are classified right, (.., N), for outputs (.., N, K); y is (N, K)."""
    if y.shape[-1] == 1:
        return ((outputs >= 0.5) == (y >= 0.5))[..., 0]
    return outputs.argmax(axis=-1) == y.argmax(axis=-1)


def score(task: Task, outputs: Floats, y: Floats) -> float:
    """Return the share of samples classified right, or R².

    Args:
        task: a binary target counts as right on its own side of ½, which is itself the
            side of 1; of several classes, the largest output has to be the right one.
        outputs: ŷ, (N, K).
        y: targets, (N, K).
    """
    if task != "regression":
        return float(np.mean(classified_right(outputs, y) & ~_no_number(outputs)))
    residual = float(((y - outputs) ** 2).sum())
    total = float(((y - y.mean(axis=0)) ** 2).sum())
    return 1.0 - residual / total if total else float(residual == 0.0)


def _no_number(outputs: Floats) -> NDArray[np.bool_]:
    """Return which samples, (N,), have a NaN among their outputs: on no side, and in no class."""
    return np.asarray(np.isnan(outputs).any(axis=-1), np.bool_)


def score_name(task: Task) -> str:
    """Return the name of what `score` returns."""
    return "R²" if task == "regression" else "accuracy"


def confusion_matrix(task: Task, outputs: Floats, y: Floats) -> NDArray[np.int64] | None:
    """Return how many samples of each true class, in rows, were put into each, in columns.

    A sample whose outputs are no numbers is in no class, and left out.

    Args:
        task: as for `score`; there are no classes in a regression, and the answer is `None`.
        outputs: ŷ, (N, K).
        y: targets, (N, K).
    """
    if task == "regression":
        return None
    numbers = ~_no_number(outputs)
    outputs, y = outputs[numbers], y[numbers]
    if task == "binary":
        count, given, found = 2, y[:, 0] >= 0.5, outputs[:, 0] >= 0.5
    else:
        count, given, found = y.shape[1], y.argmax(axis=1), outputs.argmax(axis=1)
    pairs = np.bincount(count * given.astype(np.int64) + found, minlength=count * count)
    return pairs.reshape(count, count).astype(np.int64)


def root_mean_squared_errors(
    outputs: Floats, y: Floats, scaled_by: Standardizer | None = None
) -> Floats:
    """Return √(mean of (y − ŷ)²) of each target, (K,), in the units of before any scaling.

    Args:
        outputs: ŷ, (N, K).
        y: targets, (N, K).
        scaled_by: what scaled the targets.
    """
    errors: Floats = np.sqrt(((y - outputs) ** 2).mean(axis=0))
    return errors if scaled_by is None else errors * scaled_by.deviation


def scored(task: Task, outputs: Floats, y: Floats) -> Scores:
    """Return accuracy, or R² and errors, of one set of samples.

    Args:
        task: as for `score`.
        outputs: ŷ, (N, K).
        y: targets, (N, K).
    """
    errors = root_mean_squared_errors(outputs, y) if task == "regression" else None
    confusion = confusion_matrix(task, outputs, y)
    return Scores(score_name(task), score(task, outputs, y), None, confusion, errors)


def scores(
    network: Network,
    training: Dataset,
    validation: Dataset | None,
    targets_scaled_by: Standardizer | None = None,
) -> Scores:
    """Return accuracy, or R² and errors, of a network on both sets."""
    task = training.task
    outputs, y = network.predict(training.X), training.y
    regression = task == "regression"
    trained, validated, errors, validation_errors = score(task, outputs, y), None, None, None
    if regression:
        errors = root_mean_squared_errors(outputs, y, targets_scaled_by)
    if validation is not None:
        outputs, y = network.predict(validation.X), validation.y
        validated = score(task, outputs, y)
        if regression:
            validation_errors = root_mean_squared_errors(outputs, y, targets_scaled_by)
    confusion = confusion_matrix(task, outputs, y)
    return Scores(score_name(task), trained, validated, confusion, errors, validation_errors)
