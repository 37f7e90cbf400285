"""What somebody's own model predicts, as the dashboard shows it."""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from bptui.core.errors import InputError
from bptui.core.snapshot import SHOWN_SAMPLES, Boundary, Description
from bptui.core.training.model_samples import ModelSamples, classes_of, target_names
from bptui.core.training.model_trainer import ModelTrainer
from bptui.core.training.plane import Plane

Floats = NDArray[np.float64]

_SHARE = 0.1
"""The share of the time that predictions may take while training."""
_MOST_FEATURES = 100
"""More get no names."""


class ModelView:
    """Calls `predict` on the first samples, and over the plane where there are two features."""

    def __init__(self, trainer: ModelTrainer) -> None:
        """Choose the samples, and predict them once to know what comes of them."""
        self._trainer = trainer
        self.no_predictions = ""
        """One sentence on why there are no predictions, where there are none."""
        self._samples: ModelSamples | None = None
        self._X: Floats = np.empty((0, 0))
        self._predictions: Floats = np.empty((0, 0))
        self._boundary: Boundary | None = None
        self._plane: Plane | None = None
        self._seen: tuple[int, int] | None = None
        self._next = 0.0
        y: Floats = np.empty((0, 0))
        names: tuple[str, ...] = ()
        try:
            samples = ModelSamples(trainer.model)
            first = samples.predict(trainer.built_parameters(), samples.X[:SHOWN_SAMPLES])
            y, names = classes_of(samples.y, first.shape[1])
            y = y[:SHOWN_SAMPLES]
            self._samples, self._X = samples, samples.X[:SHOWN_SAMPLES]
        except InputError as error:
            self.no_predictions = str(error)
        self.description = self._describe(y, names)

    def set_grid(self, columns: int, rows: int) -> None:
        """Draw the boundary with so many cells; 0 of either leaves it out."""
        if self._X.shape[1] != 2:
            return
        shape = (max(0, rows), max(0, columns))
        if self._plane is None or self._plane.shape != shape:
            self._plane = Plane(self._X, shape)
            self._seen = None

    def look(self, *, resting: bool) -> None:
        """Predict, if the parameters have changed and there is time for it."""
        point = (self._trainer.seed, self._trainer.epoch)
        started = perf_counter()
        if self._samples is None or point == self._seen:
            return
        if started < self._next and not resting:
            return
        self._predictions, self._boundary = np.empty((0, 0)), None
        try:
            self._predictions = self._predict(self._X)
            self.no_predictions = ""
            if self._plane is not None and self._plane.points.size:
                self._boundary = self._plane.boundary(self._predict(self._plane.points))
        except InputError as error:
            self.no_predictions = str(error)
        self._seen = point
        self._next = started + (perf_counter() - started) / _SHARE

    def predictions(self) -> Floats:
        """Return ŷ of the samples in `description` at the last look, (n, K)."""
        outputs = self._predictions
        return outputs if outputs.shape == self.description.y.shape else np.empty((0, 0))

    def boundary(self) -> Boundary | None:
        """Return the outputs over the plane at the last look, or `None` without a plane."""
        return self._boundary

    def _predict(self, X: Floats) -> Floats:
        assert self._samples is not None
        return self._samples.predict(self._trainer.built_parameters(), X)

    def _describe(self, y: Floats, class_names: tuple[str, ...]) -> Description:
        trainer, samples = self._trainer, self._samples
        features = self._X.shape[1] if self._X.shape[1] <= _MOST_FEATURES else 0
        return Description(
            data=trainer.model.name,
            layers=(),
            activation="",
            output="",
            cost="",
            optimizer=trainer.optimizer_name,
            parameters=trainer.theta.size,
            array_names=tuple(trainer.names),
            samples=0 if samples is None else len(samples.X),
            validation_samples=0,
            feature_names=tuple(f"x{feature + 1}" for feature in range(features)),
            target_names=target_names(y.shape[1]),
            class_names=class_names,
            X=self._X,
            y=y,
            bias_column=False,
            takes_seed=trainer.model.takes_seed,
            takes_faults=False,
        )
