"""Somebody's `X` and `y`, whichever way round they keep them, and their `predict`."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.user_code import call
from bptui.core.errors import InputError
from bptui.core.model_file import ModelFile
from bptui.core.training.scores import Scores, scored
from bptui.core.wording import listed

Floats = NDArray[np.float64]


class ModelSamples:
    """The samples of a model file as rows; `predict` gets them as the file has them."""

    def __init__(self, model: ModelFile) -> None:
        """Read `X` and `y`.

        Raises:
            InputError: something that predictions need is missing, or does not fit.
        """
        wanted = {"X": model.X, "y": model.y, "predict(parameters, X)": model.predict}
        missing = [name for name, value in wanted.items() if value is None]
        if missing:
            raise InputError(f"{listed(missing)} in {model.name} would show predictions here")
        self._predict = model.predict
        X, y = _numbers("X", model.X), _numbers("y", model.y)
        self._in_columns = _in_columns(X, y)
        """Whether samples are columns, as in some courses."""
        if self._in_columns:
            X, y = X.T, y.T
        if len(X) != len(y):
            y = y.reshape(-1)
        if len(X) != len(y):
            raise InputError(f"X has {len(X):,} samples and y has {len(y):,}")
        self._shape = X.shape[1:]
        """Of one sample in `X`."""
        self.X = X.reshape(len(X), -1)
        """Samples as rows, (N, features)."""
        self.y = y.reshape(len(y), -1)
        """Their targets as rows, (N, K)."""

    def predict(self, parameters: Any, X: Floats) -> Floats:
        """Return what their `predict` makes of samples in rows, (n, features), as (n, K).

        Raises:
            UserCodeError: it raised.
            InputError: it returned something else than one row a sample.
        """
        assert self._predict is not None
        given = X.reshape(len(X), *self._shape)
        given = np.array(given.T if self._in_columns else given, order="C")
        returned = call("predict", self._predict, parameters, given)
        found = _numbers("what predict returned", returned, finite=False)
        count = len(X)
        if found.size == count:
            return found.reshape(count, 1)
        if self._in_columns and found.ndim == 2 and found.shape[1] == count:
            return np.array(found.T)
        if found.ndim and len(found) == count:
            return found.reshape(count, -1)
        raise InputError(
            f"predict: it returned an array of shape {found.shape} for {count} samples"
        )

    def scores(self, parameters: Any) -> Scores:
        """Return accuracy, or R² and errors where there are no classes, on all samples.

        Raises:
            InputError: see `predict` and `classes_of`.
        """
        outputs = self.predict(parameters, self.X)
        y, names = classes_of(self.y, outputs.shape[1])
        if not names:
            return scored("regression", outputs, y)
        return scored("binary" if y.shape[1] == 1 else "classes", outputs, y)


def target_names(targets: int) -> tuple[str, ...]:
    """Return what so many targets are called."""
    return ("y",) if targets == 1 else tuple(f"y{k + 1}" for k in range(targets))


def classes_of(y: Floats, outputs: int) -> tuple[Floats, tuple[str, ...]]:
    """Return targets (n, K) for so many outputs, and the names of classes if they are such.

    Zeros and ones are classes, and so are whole numbers from 0 that say which of
    several outputs should be the largest.

    Raises:
        InputError: there are not as many targets a sample as outputs.
    """
    binary = bool(((y == 0.0) | (y == 1.0)).all())
    if y.shape[1] == outputs == 1:
        return y, ("0", "1") if binary else ()
    names = tuple(map(str, range(outputs)))
    if y.shape[1] == outputs:
        return y, names if binary and bool((y.sum(axis=1) == 1.0).all()) else ()
    labels = y[:, 0]
    if y.shape[1] == 1 and bool(np.isin(labels, np.arange(outputs)).all()):
        return np.eye(outputs)[labels.astype(np.intp)], names
    raise InputError(f"predict: it returns {outputs} values a sample, and y has {y.shape[1]}")


def _numbers(name: str, value: Any, *, finite: bool = True) -> Floats:
    """Return a copy of `value` in double precision.

    Raises:
        InputError: it is no array of real numbers, or an empty one.
    """
    try:
        array = np.asarray(value)
    except Exception:
        array = np.empty(1, object)
    if array.dtype.kind not in "fiub":
        raise InputError(f"{name}: an array of real numbers is needed")
    if not array.size:
        raise InputError(f"{name}: there is no number in it")
    if finite and not np.isfinite(array).all():
        raise InputError(f"{name}: a value in it is not finite")
    return np.array(array, np.float64, ndmin=1)


def _in_columns(X: Floats, y: Floats) -> bool:
    """Return whether samples are columns: they are the axis that `X` and `y` share."""
    if X.ndim != 2 or y.ndim > 2:
        return False
    if X.shape == y.shape:
        return X.shape[1] > X.shape[0]
    return len(X) != len(y) and X.shape[1] == y.shape[-1]
