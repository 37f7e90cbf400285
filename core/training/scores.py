"""How good the outputs are in words that do not depend on the cost."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.dataset import Task

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scores:
    """Accuracy for classes, R² for regression."""

    name: str
    """`accuracy` or `R²`."""
    training: float
    validation: float | None


def score(task: Task, outputs: Floats, y: Floats) -> float:
    """Return the share of samples classified right, or R².

    Args:
        task: a binary target counts as right on its own side of ½, which is itself the
            side of 1; of several classes, the largest output has to be the right one.
        outputs: ŷ, (N, K).
        y: targets, (N, K).
    """
    if task == "binary":
        return float(np.mean((outputs >= 0.5) == (y >= 0.5)))
    if task == "classes":
        return float(np.mean(outputs.argmax(axis=1) == y.argmax(axis=1)))
    residual = float(((y - outputs) ** 2).sum())
    total = float(((y - y.mean(axis=0)) ** 2).sum())
    return 1.0 - residual / total if total else float(residual == 0.0)
