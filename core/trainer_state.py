"""Everything that decides how training goes on from a point: what a checkpoint keeps."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class TrainerState:
    """A point between two steps; restoring it and going on gives the same bits."""

    theta: Array
    """Flat parameters, (P,)."""
    optimizer: dict[str, Array]
    """The optimizer's memory, by name."""
    epoch: int
    batch: int
    """Steps taken within the epoch; always 0 with full batches."""
    partial_cost: float
    """Sum of sample costs over the batches of this epoch so far."""
    last_cost: float
    """Cost of the last whole epoch; NaN before the first."""
    drawn_from: dict[str, Any] | None
    """State of the shuffling generator as this epoch's order was drawn."""
    seed: int
    learning_rate: float
    fault: str | None = None
    """The planted fault."""
    fault_memory: dict[str, Array] = field(default_factory=dict)
    """What it has kept from earlier steps, by name."""


def copied(arrays: dict[str, Array]) -> dict[str, Array]:
    """Return copies that nothing else will write to."""
    return {name: np.array(values) for name, values in arrays.items()}


def alike(arrays: dict[str, Array], others: dict[str, Array]) -> bool:
    """Return whether both have arrays of the same names, shapes and kinds of numbers."""
    return arrays.keys() == others.keys() and all(
        (values.shape, values.dtype) == (others[name].shape, others[name].dtype)
        for name, values in arrays.items()
    )
