"""What a trainer shows of itself besides numbers: predictions and a decision boundary."""

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation, with_ones
from bptui.core.check import theta_name
from bptui.core.faults import FAULTS
from bptui.core.snapshot import SHOWN_SAMPLES, Boundary, Description
from bptui.core.training.plane import Plane
from bptui.core.training.trainer import Trainer

Floats = NDArray[np.float64]


class View:
    """Runs the network on samples worth looking at; buffers are made once."""

    def __init__(self, trainer: Trainer) -> None:
        """Choose the samples: the first of the training set."""
        self._network = trainer.network
        self._preparation = trainer.preparation
        scaled = trainer.training.X
        self._given = scaled if self._preparation is None else self._preparation.unscaled_X
        self.description = _describe(trainer, self._given[:SHOWN_SAMPLES])
        self._samples = self._loaded(scaled[:SHOWN_SAMPLES])
        self._grid: Backpropagation | None = None
        self._plane: Plane | None = None

    no_predictions = ""
    """There always are some."""

    def look(self, *, resting: bool) -> None:
        """Do nothing: the network is run when it is asked for, which is fast."""

    def predictions(self) -> Floats:
        """Return ŷ of the samples in `description`, (n, K), in the units of the data."""
        return self._outputs(self._samples)

    def set_grid(self, columns: int, rows: int) -> None:
        """Draw the boundary with so many cells; 0 of either leaves it out."""
        if self._given.shape[1] != 2:
            return
        if self._plane is not None and (rows, columns) == self._plane.shape:
            return
        self._plane = Plane(self._given, (max(0, rows), max(0, columns)))
        self._grid = None
        points = self._plane.points
        if not points.size:
            return
        if self._preparation is not None and self._preparation.standardizer is not None:
            points = self._preparation.standardizer.apply(points)
        self._grid = self._loaded(points)

    def boundary(self) -> Boundary | None:
        """Return the outputs over the plane, or `None` where there is no plane to show."""
        if self._grid is None or self._plane is None:
            return None
        return self._plane.boundary(self._outputs(self._grid))

    def _outputs(self, work: Backpropagation) -> Floats:
        with np.errstate(all="ignore"):
            work.forward()
            outputs = work.outputs.T.astype(np.float64)
            if self._preparation is not None and self._preparation.target_standardizer is not None:
                outputs = self._preparation.target_standardizer.undo(outputs)
        return outputs

    def _loaded(self, X: Floats) -> Backpropagation:
        work = self._network.backpropagation(len(X))
        work.load(with_ones(X, self._network.dtype), work.targets)
        return work


def _describe(trainer: Trainer, given: Floats) -> Description:
    network, training, preparation = trainer.network, trainer.training, trainer.preparation
    setting = network.setting(trainer.batch_size)
    return Description(
        data=training.name,
        layers=network.layers,
        activation=network.activation,
        output=network.output,
        cost=network.cost_name,
        optimizer=trainer.optimizer_name,
        parameters=network.theta.size,
        array_names=tuple(theta_name(layer) for layer in range(len(network.thetas))),
        samples=len(training),
        validation_samples=0 if trainer.validation is None else len(trainer.validation),
        feature_names=training.feature_names,
        target_names=training.target_names,
        class_names=training.target_names if training.task == "classes" else training.class_names,
        X=given,
        y=(training.y if preparation is None else preparation.unscaled_y)[:SHOWN_SAMPLES],
        no_faults={name: why for name, fault in FAULTS.items() if (why := fault.needs(setting))},
    )
