"""What can be asked of a live session: small objects on its queue."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TogglePause:
    """Pause, or go on."""


@dataclass(frozen=True, slots=True)
class Step:
    """Pause, and train exactly so many epochs."""

    epochs: int = 1


@dataclass(frozen=True, slots=True)
class Reinitialize:
    """Start again at epoch 0."""

    new_seed: bool
    """Whether to draw another Θ, from the next seed."""


@dataclass(frozen=True, slots=True)
class ChangeLearningRate:
    """Move η along the series 1, 2, 5, 10, …"""

    steps: int


@dataclass(frozen=True, slots=True)
class ChangeSpeed:
    """Move the pace along the series 1, 2, 5, …; beyond its end is as fast as possible."""

    steps: int


@dataclass(frozen=True, slots=True)
class ToggleChecking:
    """Switch the gradient check off, or on."""


@dataclass(frozen=True, slots=True)
class NextMethod:
    """Check by the next method."""


@dataclass(frozen=True, slots=True)
class ChangeEpsilon:
    """Multiply the ε of the check by a power of ten."""

    decades: int


@dataclass(frozen=True, slots=True)
class SweepEpsilon:
    """Measure the error of every difference at every ε, at Θ as it is now."""


@dataclass(frozen=True, slots=True)
class ShowPhases:
    """Pause, and take the next step apart without taking it."""


@dataclass(frozen=True, slots=True)
class PlantFault:
    """Plant a mistake in backpropagation, or remove the one that is there."""

    name: str | None
    """A name in `FAULTS`, or `None`."""
    hidden: bool = False
    """Whether the name is kept from the user."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Save the run."""

    keep: bool = True
    """Whether it is asked for by the user, and so is never removed."""


@dataclass(frozen=True, slots=True)
class ShowBoundary:
    """Say how many cells the decision boundary is drawn with; 0 leaves it out."""

    columns: int
    rows: int


@dataclass(frozen=True, slots=True)
class NextRun:
    """Show Θ and the check of the next of several watched runs."""


@dataclass(frozen=True, slots=True)
class Say:
    """Say why the screen itself cannot do what it was asked for."""

    message: str


@dataclass(frozen=True, slots=True)
class ForgetMessage:
    """Have nothing more to say about what was asked for before."""


@dataclass(frozen=True, slots=True)
class Stop:
    """End the session."""

    save: bool = False
    """Whether to save the run as it is then."""


Command = (
    TogglePause
    | Step
    | Reinitialize
    | ChangeLearningRate
    | ChangeSpeed
    | ToggleChecking
    | NextMethod
    | ChangeEpsilon
    | SweepEpsilon
    | ShowPhases
    | PlantFault
    | Checkpoint
    | ShowBoundary
    | NextRun
    | Say
    | ForgetMessage
    | Stop
)
