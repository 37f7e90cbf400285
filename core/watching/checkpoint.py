"""The checkpoint of a run that another process trains, read anew whenever it is replaced."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bptui.core.check import theta_name
from bptui.core.configuration import Configuration
from bptui.core.data.input_file import display_name
from bptui.core.errors import InputError
from bptui.core.runs.files import CHECKPOINT
from bptui.core.runs.kept import Kept, read_run
from bptui.core.runs.saving import resume_run
from bptui.core.snapshot import Description
from bptui.core.training.build import build_trainer
from bptui.core.training.trainer import Trainer

Floats = NDArray[np.float64]


class WatchedCheckpoint:
    """Θ of a run as it was saved last; with its data, a trainer that stands there."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self.folder = folder
        self.kept: Kept | None = None
        """What it says, or `None` before there is one."""
        self.trainer: Trainer | None = None
        """At that very point; `None` where the data are not here, and for a model file."""
        self.no_data = ""
        """One sentence on why there is none."""
        self.problem = ""
        """One sentence while it cannot be read."""
        self._seen: tuple[int, ...] | None = None
        self._built: Trainer | None = None

    def look(self) -> bool:
        """Read it if it is another one than before; return whether anything changed.

        What goes wrong becomes the `problem`; what was read before stays.
        """
        try:
            about = (self.folder / CHECKPOINT).stat()
        except OSError:
            return False  # it was replaced this moment, or is not there yet
        found = (about.st_mtime_ns, about.st_size, about.st_ino)
        if found == self._seen:
            return False
        self._seen = found
        try:
            self.kept = read_run(self.folder)
        except InputError as error:
            self.problem = str(error)
            return True
        self.problem = self.no_data = ""
        if self.kept.model is not None:
            name = display_name(self.kept.configuration.data)
            self.trainer = None
            self.no_data = f"it takes the code in {name}, and watching runs none"
            return True
        try:
            self.trainer = resume_run(self.folder, self._build)
        except InputError as error:
            self.trainer = None
            self.no_data = self.no_data or str(error)
        return True

    def _build(self, configuration: Configuration) -> Trainer:
        # The data are read once, however often the run is saved.
        if self._built is None or self._built.configuration != configuration:
            try:
                self._built = build_trainer(configuration)
            except InputError as error:
                self._built = None
                self.no_data = str(error)
                raise
        return self._built


def describe(kept: Kept) -> Description:
    """Return what a checkpoint says of its network or model file, without data or code."""
    chosen = kept.configuration
    known = replace(
        nothing_known(display_name(Path(chosen.data).name)),
        optimizer=chosen.optimizer,
        parameters=sum(theta.size for theta in kept.thetas),
    )
    if kept.model is not None:
        return replace(
            known,
            array_names=tuple(map(display_name, kept.model.names)),
            bias_column=False,
            takes_seed=kept.model.takes_seed,
        )
    return replace(
        known,
        layers=(kept.thetas[0].shape[1] - 1, *map(len, kept.thetas)) if kept.thetas else (),
        activation=chosen.activation,
        output=chosen.output or "",
        cost=chosen.cost or "mse",
        array_names=tuple(theta_name(layer) for layer in range(len(kept.thetas))),
        takes_seed=True,
    )


def nothing_known(data: str) -> Description:
    """Return the description of a training of which there are costs alone."""
    return Description(
        data=data,
        layers=(),
        activation="",
        output="",
        cost="",
        optimizer="",
        parameters=0,
        array_names=(),
        samples=0,
        validation_samples=0,
        feature_names=(),
        target_names=(),
        class_names=(),
        X=np.empty((0, 0)),
        y=np.empty((0, 0)),
        takes_seed=False,
        takes_faults=False,
    )
