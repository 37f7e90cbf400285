"""Forward propagation, cost and backpropagation: the ones that train.

For a fixed number of samples every array is made once and only ever written
into. Activations are kept feature-major, one row a unit and one column a
sample, with a row of ones above the units of each layer: a layer is then the
single product Θ a, bias included, and the gradient the single product δ aᵀ.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.activations import ACTIVATIONS
from bptui.core.costs import find_cost

Array = NDArray[Any]


def layer_views(flat: Array, layers: Sequence[int]) -> list[Array]:
    """Return the matrices of shape (s_{l+1}, s_l + 1) that share memory with `flat`, (P,)."""
    views, start = [], 0
    for inputs, outputs in itertools.pairwise(layers):
        size = outputs * (inputs + 1)
        views.append(flat[start : start + size].reshape(outputs, inputs + 1))
        start += size
    return views


def weight_mask(layers: Sequence[int], dtype: Any) -> Array:
    """Return 1 for every weight and 0 for every bias, (P,)."""
    mask = np.ones(sum(b * (a + 1) for a, b in itertools.pairwise(layers)), dtype)
    for matrix in layer_views(mask, layers):
        matrix[:, 0] = 0.0
    return mask


def with_ones(X: Array, dtype: Any) -> Array:
    """Return [1, X] as a new contiguous array, (N, s_0 + 1)."""
    inputs = np.ones((X.shape[0], X.shape[1] + 1), dtype)
    inputs[:, 1:] = X
    return inputs


class Backpropagation:
    """The cost J of a network on N samples and its gradient ∂J/∂Θ.

    `forward`, `output_delta`, `hidden_delta`, `layer_gradient` and `add_penalty`
    are the steps, in this order; a mistake is planted by overriding one.
    """

    def __init__(
        self,
        theta: Array,
        layers: Sequence[int],
        *,
        activation: str,
        output: str,
        cost: str,
        samples: int,
        l2: float = 0.0,
        penalty_samples: int | None = None,
    ) -> None:
        """Make every buffer.

        Args:
            theta: the flat parameters (P,), read and never written.
            layers: sizes of all layers, input and output included.
            activation: name of the hidden layers' activation.
            output: name of the output layer's activation.
            cost: name of the cost.
            samples: N, how many samples `load` brings.
            l2: λ of the penalty λ/(2N) Σ Θ², biases left out.
            penalty_samples: the N of the penalty where it is not `samples`: a minibatch
                takes its share of the penalty of the whole training set.
        """
        self.layers = tuple(layers)
        self.samples = samples
        self.activation, self.output, self.cost_name = activation, output, cost
        self.theta = theta
        self.thetas = layer_views(theta, layers)
        self.gradient = np.zeros_like(theta)
        """∂J/∂Θ, flat (P,), after `evaluate`."""
        self.gradients = layer_views(self.gradient, layers)
        self.inputs = np.ones((samples, layers[0] + 1), theta.dtype)
        self.targets = np.zeros((layers[-1], samples), theta.dtype)
        self.penalty = l2 / (penalty_samples or samples)
        self._cost = find_cost(cost, output)
        self._hidden = ACTIVATIONS[activation]
        self._output = ACTIVATIONS[output]
        self._make_buffers(theta.dtype)
        self._is_weight = weight_mask(layers, theta.dtype)
        self._penalized = np.empty_like(theta)
        self.memory: dict[str, Array] = {}
        """What a planted fault keeps from step to step; the right code needs nothing."""

    def _make_buffers(self, dtype: Any) -> None:
        hidden_sizes = self.layers[1:-1]
        rows = sum(size + 1 for size in hidden_sizes)
        outputs = (self.layers[-1], self.samples)
        activations = np.ones((rows, self.samples), dtype)
        derivatives = np.empty_like(activations)
        deltas = np.empty_like(activations)
        self._hidden_activations, self._hidden_derivatives = activations, derivatives
        self._with_bias: list[Array] = []
        """Per hidden layer the activations below its row of ones, ones included."""
        self._units: list[Array] = []
        self._slopes: list[Array] = []
        self._deltas_with_bias: list[Array] = []
        self.deltas: list[Array] = []
        """δ of every layer but the input, (s_l, N)."""
        start = 0
        for size in hidden_sizes:
            block = slice(start, start + size + 1)
            self._with_bias.append(activations[block])
            self._units.append(activations[block][1:])
            self._slopes.append(derivatives[block])
            self._deltas_with_bias.append(deltas[block])
            self.deltas.append(deltas[block][1:])
            start += size + 1
        self.logits = np.zeros(outputs, dtype)
        self.outputs = np.zeros(outputs, dtype)
        """ŷ, (K, N), after `forward`."""
        self._error = np.zeros(outputs, dtype)
        self._output_derivative = np.ones(outputs, dtype)
        self.deltas.append(np.zeros(outputs, dtype))

    def load(self, inputs: Array, targets: Array) -> None:
        """Take the samples to work on; neither array is copied.

        Args:
            inputs: (N, s_0 + 1), a column of ones first, as `with_ones` makes it.
            targets: (K, N).
        """
        self.inputs, self.targets = inputs, targets

    def evaluate(self) -> float:
        """Return J and leave its gradient in `gradient` and `gradients`."""
        self.forward()
        cost = self.cost()
        self.backward()
        return cost

    def forward(self) -> None:
        """Fill `outputs` from the loaded samples."""
        source = self.inputs.T
        for theta, units, with_bias in zip(
            self.thetas[:-1], self._units, self._with_bias, strict=True
        ):
            theta.dot(source, units)
            self._hidden.value(units, units)
            source = with_bias
        self.thetas[-1].dot(source, self.logits)
        self._output.value(self.logits, self.outputs)
        np.subtract(self.outputs, self.targets, self._error)

    def cost(self) -> float:
        """Return J of the last `forward`, penalty included."""
        cost = self._cost.value(self.logits, self.targets, self._error)
        if self.penalty:
            np.multiply(self.theta, self._is_weight, self._penalized)
            cost += 0.5 * self.penalty * float(self._penalized.dot(self._penalized))
        return cost

    def backward(self) -> None:
        """Fill `gradient` from the activations of the last `forward`."""
        if self._hidden.derivative is not None and self._units:
            self._hidden.derivative(self._hidden_activations, self._hidden_derivatives)
        self.output_delta()
        for layer in range(len(self.thetas) - 1, 0, -1):
            self.hidden_delta(layer)
        for layer in range(len(self.thetas)):
            self.layer_gradient(layer)
        if self.penalty:
            self.add_penalty()

    def output_delta(self) -> None:
        """δ of the output layer: ∂J/∂z."""
        if self._cost.needs_derivative and self._output.derivative is not None:
            self._output.derivative(self.outputs, self._output_derivative)
        self._cost.delta(self._error, self.outputs, self._output_derivative, self.deltas[-1])

    def hidden_delta(self, layer: int) -> None:
        """δ below `layer`: Θᵀ δ ∘ φ′(z).

        The product includes a row for the bias, which no unit feeds; it is
        computed with the rest because leaving it out would cost a copy.
        """
        below = self._deltas_with_bias[layer - 1]
        self.thetas[layer].T.dot(self.deltas[layer], below)
        np.multiply(below, self._slopes[layer - 1], below)

    def layer_gradient(self, layer: int) -> None:
        """∂J/∂Θ of `layer`: δ aᵀ, summed over the samples."""
        source = self._with_bias[layer - 1].T if layer else self.inputs
        self.deltas[layer].dot(source, self.gradients[layer])

    def add_penalty(self) -> None:
        """Add λ/N Θ, biases left out."""
        np.multiply(self.theta, self._is_weight, self._penalized)
        np.multiply(self._penalized, self.penalty, self._penalized)
        np.add(self.gradient, self._penalized, self.gradient)
