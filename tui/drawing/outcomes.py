"""What the outputs of a network say, and whether it is right."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.snapshot import Description

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The classes that a description stands for; none for regression."""

    names: tuple[str, ...]
    """Of the classes, in order."""

    @property
    def classify(self) -> bool:
        """Whether outputs stand for classes."""
        return bool(self.names)

    def classes(self, outputs: Floats) -> Indices:
        """Return the class of each row of (.., K) outputs or targets."""
        if outputs.shape[-1] == 1:
            return (outputs[..., 0] >= 0.5).astype(np.intp)
        return outputs.argmax(axis=-1)

    def right(self, outputs: Floats, targets: Floats) -> NDArray[np.bool_]:
        """Return which rows of (N, K) outputs are of the right class; a NaN is of none."""
        no_number = np.isnan(outputs).any(axis=-1)
        return np.asarray((self.classes(outputs) == self.classes(targets)) & ~no_number, np.bool_)

    def certainty(self, outputs: Floats) -> Floats:
        """Return how far each row is from a tie, 0 to 1."""
        if outputs.shape[-1] == 1:
            return np.clip(np.abs(2.0 * outputs[..., 0] - 1.0), 0.0, 1.0)
        first, second = -np.partition(-outputs, 1, axis=-1)[..., :2].T
        return np.clip(first - second, 0.0, 1.0).T


def outcomes(description: Description) -> Outcomes:
    """Return the classes of a data set: those it names, or 0 and 1 where that is all there is."""
    names = description.class_names
    if not names and description.y.shape[1:] == (1,) and description.output == "sigmoid":
        values = description.y
        if values.size and ((values == 0.0) | (values == 1.0)).all():
            names = ("0", "1")
    return Outcomes(names)
