"""What the trainer tells the world: immutable, and all that a screen ever sees of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from bptui.core.check import Report
from bptui.core.history import CostCurve
from bptui.core.wording import counted

if TYPE_CHECKING:
    from bptui.core.check import EpsilonSweep
    from bptui.core.training.phases import StepPhases

SHOWN_SAMPLES = 200
"""So many samples, the first, are shown with their predictions."""
_MOST_COMPARED = 5_000
_LONG_AGO = 1.0
"""Seconds after which a check that is shown is called old."""

State = Literal["running", "paused", "finished", "diverged"]


@dataclass(frozen=True, slots=True)
class Description:
    """What is being trained; the same object for the whole life of a trainer."""

    data: str
    """Name of the data set, or of the file."""
    layers: tuple[int, ...]
    """Layer sizes of a network; empty for somebody's own model, as are the next three."""
    activation: str
    output: str
    cost: str
    optimizer: str
    parameters: int
    array_names: tuple[str, ...]
    """Of the arrays of parameters, in order."""
    samples: int
    validation_samples: int
    feature_names: tuple[str, ...]
    target_names: tuple[str, ...]
    class_names: tuple[str, ...]
    """Names of the classes in target column order; empty for regression."""
    X: NDArray[np.float64]
    """The first samples of the training set as given, before scaling, (n, s_0)."""
    y: NDArray[np.float64]
    """Their targets, (n, K)."""
    bias_column: bool = True
    """Whether column 0 of every array holds biases."""
    takes_seed: bool = True
    """Whether another seed means other parameters to start from."""
    takes_faults: bool = True
    """Whether faults can be planted at all."""
    no_faults: Mapping[str, str] = field(default_factory=dict)
    """The faults that cannot be planted here, by name, each with the reason."""

    @property
    def size(self) -> str:
        """Layers, or how many parameters where there are none: `2-2-1`, `26 parameters`.

        Empty where nothing is known of them.
        """
        if not self.parameters:
            return ""
        if self.layers:
            return "-".join(map(str, self.layers))
        return counted(self.parameters, "parameter")


@dataclass(frozen=True, slots=True)
class Boundary:
    """Outputs of a network with two inputs over a rectangle of the plane."""

    x_range: tuple[float, float]
    """Left and right edge, in the units of the data."""
    y_range: tuple[float, float]
    """Bottom and top edge."""
    outputs: NDArray[np.float64]
    """(rows, columns, K), the top row first."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What came of the wish to measure differences at every ε."""

    epoch: int
    """Of the Θ that it was done at."""
    sweep: "EpsilonSweep | None"
    """`None` where it could not be done."""
    why_not: str = ""
    """One sentence on that."""


@dataclass(frozen=True, slots=True)
class Phased:
    """What came of the wish to see the phases of the next step."""

    phases: "StepPhases | None"
    """`None` where there is no next step, or it cannot be told."""
    why_not: str = ""
    """One sentence on that."""


@dataclass(frozen=True, slots=True)
class NamedCurve:
    """One of several trainings that are compared."""

    name: str
    curve: CostCurve
    cost: float
    """J of its last epoch."""
    state: State
    chosen: bool
    """Whether the rest of the snapshot is of this one."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The trainer at one instant, between two epochs."""

    description: Description
    epoch: int
    """Epochs trained so far."""
    cost: float
    """J of the parameters shown; with minibatches the mean over the last epoch."""
    validation_cost: float | None
    state: State
    epochs_per_second: float
    """Measured over the last second or so; 0 while not running."""
    speed: float | None
    """The pace asked for in epochs a second; `None` is as fast as possible."""
    seed: int
    learning_rate: float
    """η as it was chosen."""
    scheduled_learning_rate: float
    """What the schedule leaves of it at this epoch."""
    thetas: tuple[NDArray[np.float64], ...]
    gradients: tuple[NDArray[np.float64], ...]
    """The gradient the next step would apply, shaped as thetas."""
    curve: CostCurve
    checking: bool
    method: str
    epsilon: float | None
    report: Report | None
    """The last gradient check, or `None` before the first and while off."""
    report_epoch: int
    """The epoch that `report` belongs to."""
    predictions: NDArray[np.float64]
    """Outputs for `description.X`, (n, K)."""
    boundary: Boundary | None
    no_predictions: str = ""
    """One sentence on why there are no predictions, where there are none."""
    validation_score: float | None = None
    """Accuracy, or R² where there are no classes, on the samples of `validation_cost`."""
    message: str = ""
    """One sentence for the user: why it diverged, where a checkpoint went."""
    report_lag: float = 0.0
    """Seconds from that check to the next, or until now if that is longer; 0 while no Θ follows."""
    fault: str | None = None
    """Name of the fault that is planted in backpropagation."""
    fault_hidden: bool = False
    """Whether that name is not to be shown."""
    swept: Swept | None = None
    """The last sweep of ε, or `None` before the first of this run."""
    phased: Phased | None = None
    """What was asked for last of the phases of a step, or `None` before the first of this run."""
    watched: bool = False
    """Whether somebody else trains it, and here it is only seen."""
    checkpoint_epoch: int | None = None
    """The epoch of Θ, where it is that of a checkpoint, as of a watched run."""
    no_check: str = ""
    """One sentence on why there is no gradient check, where there can be none."""
    no_report: str = ""
    """One sentence on why the last gradient check came to nothing, if it did."""
    compared: tuple[NamedCurve, ...] = ()
    """All trainings that are watched, this one included, where there are several."""

    @property
    def report_is_old(self) -> bool:
        """Whether the report is of a Θ of clearly before the one that is shown."""
        return self.report is not None and self.report_lag > _LONG_AGO

    @property
    def equal_units(self) -> tuple[int, int] | None:
        """The first two units of one hidden layer whose Θ is the same to the bit, from 0.

        Their activations and deltas are then the same as well, and so is every step. Layers
        of more than 5,000 entries are not looked through.
        """
        if not self.description.layers:
            return None
        for theta in self.thetas[:-1]:
            seen: dict[bytes, int] = {}
            for unit, row in enumerate(theta if theta.size <= _MOST_COMPARED else ()):
                first = seen.setdefault(row.tobytes(), unit)
                if first != unit:
                    return first, unit
        return None
