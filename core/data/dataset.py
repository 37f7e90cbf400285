"""Samples and their targets, with the names that belong to them."""

from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Task = Literal["binary", "classes", "regression"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set in memory; every value is finite."""

    name: str
    """What to call it on screen: `xor`, or a file's name."""
    X: NDArray[np.float64]
    """Features, (N, s_0)."""
    y: NDArray[np.float64]
    """Targets, (N, K): 0 or 1 for `binary` (K = 1), one-hot for `classes`, numbers else."""
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    """One a target column: the class it stands for where classes are one-hot."""
    task: Task
    class_names: tuple[str, ...] = ()
    """Names of the classes: the two of a binary target in the order 0, 1; empty else."""

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.X)


def digest(X: NDArray[np.float64], y: NDArray[np.float64]) -> str:
    """Return the SHA-256 of samples and targets, the same on every machine."""
    sha = sha256()
    for array in (X, y):
        sha.update(f"{array.shape}".encode())
        sha.update(np.ascontiguousarray(array, np.dtype("<f8")).tobytes())
    return sha.hexdigest()
