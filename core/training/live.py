"""What a live session asks of whatever it trains: a network, or somebody's own model."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from bptui.core.check import Report
from bptui.core.history import CostCurve
from bptui.core.runs.saving import Saved
from bptui.core.snapshot import Boundary, Description, Snapshot
from bptui.core.training.commands import Command

if TYPE_CHECKING:
    from bptui.core.check import EpsilonSweep
    from bptui.core.training.phases import StepPhases

Floats = NDArray[np.float64]

TrainerPhase = Literal["running", "finished", "diverged"]


class LiveView(Protocol):
    """What a trainer shows of itself besides numbers."""

    @property
    def description(self) -> Description:
        """What is being trained."""

    def set_grid(self, columns: int, rows: int) -> None:
        """Draw the boundary with so many cells; 0 of either leaves it out."""

    def look(self, *, resting: bool) -> None:
        """Predict from the parameters as they are now.

        Args:
            resting: whether nothing is trained meanwhile, so that there is time for it.
        """

    def predictions(self) -> Floats:
        """Return ŷ of the samples in `description` at the last look, (n, K)."""

    def boundary(self) -> Boundary | None:
        """Return the outputs over the plane at the last look, or `None` without a plane."""

    @property
    def no_predictions(self) -> str:
        """One sentence on why there are no predictions, where there are none."""


class LiveTrainer(Protocol):
    """Parameters that are trained epoch by epoch, at some epoch."""

    learning_rate: float
    """η, from the next step on."""

    @property
    def scheduled_learning_rate(self) -> float:
        """What a schedule leaves of η at this epoch."""

    @property
    def state(self) -> TrainerPhase:
        """`running`, `finished` or `diverged`."""

    @property
    def message(self) -> str:
        """One sentence on why training ended."""

    @property
    def epoch(self) -> int:
        """Epochs trained so far."""

    @property
    def steps(self) -> int:
        """Steps of the optimizer so far."""

    @property
    def progress(self) -> float:
        """Epochs so far, parts of one included."""

    @property
    def seed(self) -> int:
        """Seed of the initial parameters."""

    @property
    def cost(self) -> float:
        """J, as the curve shows it."""

    @property
    def validation_cost(self) -> float | None:
        """The last validation cost; `None` with no validation set."""

    @property
    def validation_score(self) -> float | None:
        """Accuracy or R² on the validation set; `None` without one."""

    @property
    def saved(self) -> Saved | None:
        """What `save` wrote last."""

    @property
    def fault(self) -> str | None:
        """Name of the fault that is planted, if any."""

    @property
    def fault_hidden(self) -> bool:
        """Whether that name is kept from the user."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Methods of the gradient check to choose from, the usual one first."""

    @property
    def method(self) -> str:
        """The method that was asked for; `auto` is the usual one."""

    @property
    def epsilon(self) -> float | None:
        """The step of its differences that was asked for."""

    def view(self) -> LiveView:
        """Return a view of this trainer."""

    def advance(self, seconds: float, most_epochs: int | None = None) -> int:
        """Train for about `seconds` or `most_epochs`, and return how many epochs ended.

        Never raises for what is trained: that is a state and a message.
        """

    def resume(self) -> None:
        """Go on after a divergence."""

    def reinitialize(self, seed: int) -> None:
        """Go back to before the first epoch with the parameters that `seed` draws; η stays.

        Raises:
            InputError: there are none; nothing has changed then.
        """

    def plant(self, fault: str | None, *, hidden: bool = False) -> None:
        """Plant a fault, or none, from the next step on.

        Raises:
            InputError: it cannot be planted here.
        """

    def parameters(self) -> tuple[NDArray[Any], ...]:
        """Return copies of all arrays of parameters, in double precision."""

    def gradients(self) -> tuple[NDArray[Any], ...]:
        """Return copies of the gradient that the next step would apply, shaped as they are."""

    def live_check(self, method: str, epsilon: float | None, seconds: float) -> Report:
        """Check that very gradient, in about so many seconds at most.

        Raises:
            InputError: it would take longer, or the method does not suit.
        """

    def sweep_epsilon(self, seconds: float) -> "EpsilonSweep":
        """Measure differences of every step, in about so many seconds at most.

        Raises:
            InputError: it cannot be done here.
        """

    def phases(self) -> "StepPhases":
        """Return what the next step does, phase by phase; nothing is changed.

        Raises:
            InputError: it cannot be told here.
        """

    def curve(self) -> CostCurve:
        """Return an immutable picture of the costs so far."""

    def save(self, folder: Path) -> Path:
        """Write a run folder, and return it.

        Raises:
            InputError: it cannot be written.
        """


class LiveSession(Protocol):
    """What a screen asks of whatever makes its snapshots."""

    def send(self, command: Command) -> None:
        """Ask for something. Safe from any thread."""

    def run(self, publish: Callable[[Snapshot, bool], None], gate: Event | None = None) -> None:
        """Make snapshots until `Stop`.

        Args:
            publish: called with every snapshot, and whether it answers a command.
            gate: while cleared, work waits (a quarter of a second at most), so that a screen
                can draw undisturbed.
        """
