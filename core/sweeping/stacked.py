"""Forward propagation, cost and backpropagation of many networks at once.

The same steps as `bptui.core.backpropagation`, of the same tables of activations and costs, with
one axis more: the network. Every array is made once and only ever written into, and what a step
works on is settled once.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.activations import ACTIVATIONS
from bptui.core.backpropagation import with_ones
from bptui.core.calls import Calls
from bptui.core.costs import find_cost
from bptui.core.layers import layer_views, parameter_count, weight_mask
from bptui.core.sweeping.layouts import Fill, layout_for

Array = NDArray[Any]
Step = Callable[[], object]
FirstProduct = Callable[[Array, Array, Array], Step]


class StackedBackpropagation:
    """The costs J of S networks on the same N samples, and their gradients ∂J/∂Θ."""

    def __init__(
        self,
        X: Array,
        y: Array,
        layers: Sequence[int],
        *,
        networks: int,
        activation: str = "sigmoid",
        output: str = "sigmoid",
        cost: str = "mse",
        l2: float = 0.0,
        dtype: str = "float64",
        samples_a_step: int | None = None,
    ) -> None:
        """Make every buffer; every Θ starts as ones.

        Args:
            X: features, (N, s_0).
            y: targets, (N, K).
            layers: sizes of all layers, input and output included.
            networks: S, how many there are side by side.
            activation: name of the hidden layers' activation.
            output: name of the output layer's activation.
            cost: name of the cost.
            l2: λ of the penalty λ/(2N) Σ Θ², biases left out.
            dtype: `float64` or `float32`.
            samples_a_step: how many the batches have that it is trained on, if not all.
        """
        samples = len(X)
        self._inputs = with_ones(X, dtype)
        self._targets: Array = np.ascontiguousarray(y.T, dtype)[:, :, np.newaxis]
        self._layout = layout = layout_for(layers, samples_a_step or samples)
        self._feed_first: FirstProduct = layout.feed_first
        self._gradient_first: FirstProduct = layout.gradient_first
        self._fills: tuple[Fill, ...] = ()
        parameters = parameter_count(layers)
        self.theta: Array = layout.ones((parameters,), networks, dtype)
        """Parameters of every network, (P, S)."""
        self.gradient: Array = layout.ones((parameters,), networks, dtype)
        """∂J/∂Θ of every network, (P, S), after `forward` and `backward`."""
        self._thetas = layer_views(self.theta, layers)
        self._gradients = layer_views(self.gradient, layers)
        self.is_weight: Array = weight_mask(layers, dtype)[:, np.newaxis]
        """1 for weights and 0 for biases, (P, 1)."""
        self._penalty = l2 / samples
        self._penalized = np.empty_like(self.theta)
        self._hidden, self._output = ACTIVATIONS[activation], ACTIVATIONS[output]
        self._cost = find_cost(cost, output)
        self._layers = tuple(layers)
        self._make_buffers(samples)

    def batch(self, samples: int) -> "StackedBackpropagation":
        """Return the same networks on so many of the samples, other ones for each.

        Θ and the gradient are in the same memory, and `load` says which samples.
        """
        batch = copy(self)
        layout, networks, targets = self._layout, self.theta.shape[1], self._targets[:, :, 0].T
        batch._inputs, fill_inputs = layout.rows(self._inputs, samples, networks)
        batch._targets, fill_targets = layout.rows(np.ascontiguousarray(targets), samples, networks)
        batch._fills = fill_inputs, fill_targets
        batch._feed_first, batch._gradient_first = layout.feed, layout.gradient
        batch._make_buffers(samples)
        return batch

    def load(self, rows: NDArray[np.intp]) -> None:
        """Take the samples of a batch: of each network these rows, (S, n)."""
        for fill in self._fills:
            fill(rows)

    def _make_buffers(self, samples: int) -> None:
        layers, layout = self._layers, self._layout
        networks, dtype = self.theta.shape[1], self.theta.dtype
        # One buffer for all hidden layers, each with a row of ones above its units.
        rows = sum(size + 1 for size in layers[1:-1])
        self._activations: Array = layout.ones((rows, samples), networks, dtype)
        self._derivatives = np.empty_like(self._activations)
        self._with_bias, self._units, self._slopes, self._deltas = [], [], [], []
        start = 0
        for size in layers[1:-1]:
            block = slice(start, start + size + 1)
            self._with_bias.append(self._activations[block])
            self._units.append(self._activations[block][1:])
            self._slopes.append(self._derivatives[block][1:])
            self._deltas.append(layout.ones((size, samples), networks, dtype))
            start += size + 1
        self._logits: Array = layout.ones((layers[-1], samples), networks, dtype)
        self.outputs: Array = layout.ones((layers[-1], samples), networks, dtype)
        """ŷ of every network, (K, N, S), after `forward`."""
        self._zs = [*self._units, self._logits]
        self._error = np.empty_like(self.outputs)
        self._output_derivative = np.empty_like(self.outputs)
        self._deltas.append(layout.ones((layers[-1], samples), networks, dtype))
        self._forward = tuple(self._forward_steps())
        self._backward = tuple(self._backward_steps())

    def forward(self) -> None:
        """Fill `outputs`."""
        for step in self._forward:
            step()

    def backward(self) -> None:
        """Fill `gradient` from the activations of the last `forward`."""
        for step in self._backward:
            step()

    def _forward_steps(self) -> Iterator[Step]:
        yield self._feed_first(self._thetas[0], self._inputs, self._zs[0])
        for layer, units in enumerate(self._units, start=1):
            yield from _steps(self._hidden.value_calls(units, units))
            source = self._with_bias[layer - 1]
            yield self._layout.feed(self._thetas[layer], source, self._zs[layer])
        yield from _steps(self._output.value_calls(self._logits, self.outputs))
        yield partial(np.subtract, self.outputs, self._targets, self._error)

    def _backward_steps(self) -> Iterator[Step]:
        layout, deltas = self._layout, self._deltas
        slopes = self._hidden.derivative_calls
        if self._units and slopes is not None:
            yield from _steps(slopes(self._activations, self._derivatives))
        slope = self._output_derivative
        output_slopes = self._output.derivative_calls
        if self._cost.needs_derivative and output_slopes is not None:
            yield from _steps(output_slopes(self.outputs, slope))
        yield from _steps(self._cost.delta_calls(self._error, self.outputs, slope, deltas[-1]))
        for layer in range(len(deltas) - 1, 0, -1):
            below = deltas[layer - 1]
            yield layout.propagate(self._thetas[layer], deltas[layer], below)
            yield partial(np.multiply, below, self._slopes[layer - 1], below)
            source = self._with_bias[layer - 1]
            yield layout.gradient(deltas[layer], source, self._gradients[layer])
        yield self._gradient_first(deltas[0], self._inputs, self._gradients[0])
        if self._penalty:
            yield partial(np.multiply, self.theta, self.is_weight, self._penalized)
            yield partial(np.multiply, self._penalized, self._penalty, self._penalized)
            yield partial(np.add, self.gradient, self._penalized, self.gradient)

    def costs(self) -> Array:
        """Return J of every network, (S,), of the last `forward`, penalty included."""
        costs = self._cost.values(self._logits, self._targets, self._error)
        if self._penalty:
            np.multiply(self.theta, self.is_weight, self._penalized)
            squares = np.einsum("ps,ps->s", self._penalized, self._penalized)
            costs = costs + 0.5 * self._penalty * squares
        return costs


def _steps(calls: Calls) -> Iterator[Step]:
    return (partial(function, *arguments) for function, arguments in calls)
