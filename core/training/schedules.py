"""How the learning rate changes with the epochs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.errors import InputError, check_choice

Floats = NDArray[np.float64]

STEP_FACTOR = 0.5
"""What a step multiplies η by."""
LAST_SHARE = 0.01
"""Of η, what a cosine ends at; at nothing at all, training would seem to hang."""


def _constant(epochs: Floats, length: int) -> Floats:
    return np.ones_like(epochs)


def _step(epochs: Floats, length: int) -> Floats:
    return STEP_FACTOR ** (epochs // length)


def _cosine(epochs: Floats, length: int) -> Floats:
    turned = 0.5 * (1.0 + np.cos(np.pi * np.minimum(epochs / length, 1.0)))
    return LAST_SHARE + (1.0 - LAST_SHARE) * turned


SCHEDULES: dict[str, Callable[[Floats, int], Floats]] = {
    "constant": _constant,
    # halved at every `length`th epoch
    "step": _step,
    # Loshchilov & Hutter 2017, one half turn over `length` epochs and no restart
    "cosine": _cosine,
}
"""By name; each turns epochs, (n,), and a length in epochs into shares of η, (n,)."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A course of the learning rate: its share of η at every epoch."""

    name: str = "constant"
    """A name in `SCHEDULES`."""
    length: int = 1
    """Epochs between two steps, or of the half turn of a cosine."""
    warm_up: int = 0
    """Epochs over which η first rises in a straight line (Goyal et al. 2017)."""

    def __post_init__(self) -> None:
        """Check the choices.

        Raises:
            InputError: there is no such schedule, or it has no length.
        """
        check_choice("schedule", self.name, SCHEDULES)
        for name, value, least in (("length", self.length, 1), ("warm-up", self.warm_up, 0)):
            if value < least:
                raise InputError(f"schedule: {name} {value} is not a whole number from {least}")

    @property
    def constant(self) -> bool:
        """Whether every epoch has the whole of η."""
        return self.name == "constant" and not self.warm_up

    def __str__(self) -> str:
        """Return the schedule in words."""
        words = [f"{self.warm_up:,} epochs of warm-up"] if self.warm_up else []
        if self.name == "step":
            words.append(f"halved every {self.length:,} epochs")
        elif self.name == "cosine":
            words.append(f"cosine over {self.length:,} epochs")
        return ", ".join(words) or self.name

    def shares(self, epoch: int, count: int) -> Floats:
        """Return the shares of η of `count` epochs from `epoch` on, (count,)."""
        epochs = np.arange(epoch, epoch + count, dtype=np.float64)
        shares = SCHEDULES[self.name](epochs, self.length)
        if self.warm_up:
            shares = shares * np.minimum((epochs + 1.0) / self.warm_up, 1.0)
        return shares


CONSTANT = Schedule()
"""All of η at every epoch."""
