"""A multilayer perceptron on one flat parameter vector."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bptui.core.activations import HIDDEN_ACTIVATIONS, OUTPUT_ACTIVATIONS
from bptui.core.backpropagation import Backpropagation, with_ones
from bptui.core.check import Report, check_backpropagation
from bptui.core.costs import check_targets, find_cost
from bptui.core.data.input_file import display_name
from bptui.core.errors import InputError, check_choice
from bptui.core.faults import FAULTS, Setting, check_fault
from bptui.core.initializers import check_seed, initial_theta
from bptui.core.layers import layer_views, parameter_count

Array = NDArray[Any]

DTYPES = ("float64", "float32")
LARGEST_PARAMETERS = 50_000_000
_LARGEST_COPY = 1_000_000


class Network:
    """A fully connected network with its parameters Θ.

    Examples:
        >>> net = Network([2, 2, 1], seed=3)
        >>> net.predict([[0, 1]]).shape
        (1, 1)
    """

    def __init__(
        self,
        layers: Sequence[int],
        *,
        activation: str = "sigmoid",
        output: str = "sigmoid",
        cost: str = "mse",
        l2: float = 0.0,
        init: str = "uniform",
        init_scale: float | None = None,
        seed: int = 0,
        dtype: str = "float64",
        fault: str | None = None,
    ) -> None:
        """Make a network with its initial Θ.

        Args:
            layers: sizes of all layers, input and output included; at least two.
            activation: of the hidden layers, a name in `HIDDEN_ACTIVATIONS`.
            output: activation of the output layer, a name in `OUTPUT_ACTIVATIONS`.
            cost: `mse` or `cross-entropy`.
            l2: λ of the penalty λ/(2N) Σ Θ², biases left out.
            init: a name in `INITIALIZERS`.
            init_scale: its width; `None` is its own default.
            seed: 0 to 2³² − 1.
            dtype: `float64` or `float32`.
            fault: a mistake to plant in its backpropagation, a name in `FAULTS`.

        Raises:
            InputError: any of these is unknown, out of range or does not fit the others.
        """
        self.layers = checked_layers(layers)
        self.activation = check_choice("activation", activation, HIDDEN_ACTIVATIONS)
        self.output = check_choice("output", output, OUTPUT_ACTIVATIONS)
        self.cost_name = cost
        find_cost(cost, output)
        if not 0.0 <= l2 < np.inf:
            raise InputError(f"l2: {l2} is not a number of 0 or more")
        self.l2 = l2
        self.init, self.init_scale = init, init_scale
        self.dtype = np.dtype(check_choice("dtype", dtype, DTYPES))
        self.theta: Array = initial_theta(self.layers, init, seed, init_scale).astype(self.dtype)
        """All parameters as one vector (P,); `thetas` are views of it."""
        self.thetas: list[Array] = layer_views(self.theta, self.layers)
        """Θ of each layer, (s_{l+1}, s_l + 1), column 0 the bias."""
        self.seed = seed
        self.fault_memory: dict[str, Array] = {}
        """What the planted fault has kept from earlier steps, by name."""
        self.plant(fault)

    def __repr__(self) -> str:
        """Return the choices that tell one from another, without Θ."""
        fault = "" if self.fault is None else f", fault={self.fault!r}"
        return (
            f"Network({list(self.layers)}, activation={self.activation!r}, "
            f"output={self.output!r}, cost={self.cost_name!r}, seed={self.seed}{fault})"
        )

    def plant(self, fault: str | None) -> None:
        """Plant a fault, or none, in all training code made from now on.

        Forward propagation and the cost stay right, and so does the numerical gradient of
        a check.

        Raises:
            InputError: there is no fault of that name, or it does not suit this network.
        """
        if fault is not None:
            check_fault(fault, self.setting())
        self.fault = fault
        """Name of the planted fault, or `None`."""
        self.fault_memory.clear()

    def setting(self, samples: int | None = None) -> Setting:
        """Return what decides which faults can be planted, for steps of so many samples."""
        return Setting(
            self.layers,
            self.activation,
            self.output,
            self.cost_name,
            self.l2,
            self.dtype.name,
            samples,
        )

    def initialize(self, seed: int) -> None:
        """Draw Θ anew, in place."""
        self.theta[:] = initial_theta(self.layers, self.init, check_seed(seed), self.init_scale)
        self.seed = seed

    def backpropagation(self, samples: int, penalty_samples: int | None = None) -> Backpropagation:
        """Return the training code of this network for `samples` samples at a time."""
        kind = Backpropagation if self.fault is None else FAULTS[self.fault].mistake
        work = kind(
            self.theta,
            self.layers,
            activation=self.activation,
            output=self.output,
            cost=self.cost_name,
            samples=samples,
            l2=self.l2,
            penalty_samples=penalty_samples,
        )
        work.memory = self.fault_memory
        return work

    def samples(self, X: ArrayLike, y: ArrayLike) -> tuple[Array, Array]:
        """Return X with a column of ones first, (N, s_0 + 1), and the targets, (K, N).

        Raises:
            InputError: shapes that do not fit the network, or values that are not finite.
        """
        inputs = self._samples("X", X, self.layers[0])
        targets = self._samples("y", y, self.layers[-1])
        if len(inputs) != len(targets):
            raise InputError(f"X has {len(inputs)} samples and y has {len(targets)}")
        check_targets(self.cost_name, self.output, targets)
        return with_ones(inputs, self.dtype), np.ascontiguousarray(targets.T.astype(self.dtype))

    def loaded(self, X: ArrayLike, y: ArrayLike) -> Backpropagation:
        """Return the training code with samples loaded; X is (N, s_0), y (N, K) or (N,).

        Raises:
            InputError: shapes that do not fit the network, or values that are not finite.
        """
        inputs, targets = self.samples(X, y)
        work = self.backpropagation(len(inputs))
        work.load(inputs, targets)
        return work

    def predict(self, X: ArrayLike) -> Array:
        """Return the outputs ŷ, (N, K), for X, (N, s_0).

        Raises:
            InputError: X does not fit the network.
        """
        inputs = self._samples("X", X, self.layers[0])
        work = self.backpropagation(len(inputs))
        work.load(with_ones(inputs, self.dtype), work.targets)
        with np.errstate(over="ignore", under="ignore"):
            work.forward()
        return work.outputs.T.copy()

    def cost(self, X: ArrayLike, y: ArrayLike) -> float:
        """Return J on samples X, (N, s_0), with targets y, (N, K)."""
        work = self.loaded(X, y)
        with np.errstate(over="ignore", under="ignore"):
            work.forward()
            return work.cost()

    def backprop(self, X: ArrayLike, y: ArrayLike) -> tuple[float, list[Array]]:
        """Return J and ∂J/∂Θ, a list of arrays shaped as `thetas`; changes nothing."""
        work = self.loaded(X, y)
        with np.errstate(over="ignore", under="ignore"):
            return work.evaluate(), work.gradients

    def check(
        self, X: ArrayLike, y: ArrayLike, method: str = "auto", epsilon: float | None = None
    ) -> Report:
        """Compare `backprop` with a numerical gradient; see `check_backpropagation`."""
        work = self.loaded(X, y)
        return check_backpropagation(work, method=method, epsilon=epsilon)

    def _samples(self, name: str, values: ArrayLike, columns: int) -> Array:
        try:
            array: Array = np.asarray(values)
            if np.iscomplexobj(array):
                raise TypeError
            if array.dtype not in DTYPES:
                array = np.asarray(values, np.float64)
        except (TypeError, ValueError, OverflowError):
            raise InputError(f"{name} needs numbers in {columns} columns a sample") from None
        if array.ndim == 1 and columns == 1:
            array = array[:, np.newaxis]
        if array.ndim != 2 or array.shape[1] != columns or not len(array):
            raise InputError(
                f"{name} has shape {array.shape}; a network of layers "
                f"{'-'.join(map(str, self.layers))} needs (N, {columns}) with N at least 1"
            )
        if not _is_finite(array, self.dtype):
            raise InputError(f"{name} holds a value that is not finite in {self.dtype}")
        return array


def _is_finite(array: Array, dtype: Any) -> bool:
    """Return whether all values are finite in `dtype`, without a copy of them all."""
    rows = max(1, _LARGEST_COPY // array.shape[1])
    with np.errstate(over="ignore"):
        return all(
            np.isfinite(array[start : start + rows].astype(dtype, copy=False)).all()
            for start in range(0, len(array), rows)
        )


def checked_layers(layers: Sequence[int]) -> tuple[int, ...]:
    """Return the sizes of all layers, input and output included.

    Raises:
        InputError: they are too few, no whole numbers, or too many parameters together.
    """
    given = tuple(layers) if isinstance(layers, Iterable) else ()
    if len(given) < 2:
        raise InputError("layers: at least two sizes are needed, the input's and the output's")
    sizes = []
    for size in given:
        try:
            whole = int(size)
        except (TypeError, ValueError, OverflowError):
            whole = 0
        if whole != size or whole < 1:
            raise InputError(
                f"layers: every size is a whole number from 1, not {display_name(size)}"
            )
        sizes.append(whole)
    if parameter_count(sizes) > LARGEST_PARAMETERS:
        raise InputError(
            f"layers: {display_name('-'.join(map(str, sizes)))} has too many parameters; "
            f"the most is {LARGEST_PARAMETERS:,}"
        )
    return tuple(sizes)
