"""Forward propagation, cost and backpropagation: the ones that train.

For a fixed number of samples every array is made once and only ever written
into. Activations are kept feature-major, one row a unit and one column a
sample, with a row of ones above the units of each layer: a layer is then the
single product Θ a, bias included, and the gradient the single product δ aᵀ.

What has to be done with these arrays is written down once too, as a `Plan`: every
step is a list of NumPy calls, and an evaluation runs down the lists of all steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.activations import ACTIVATIONS
from bptui.core.calls import Calls, constant, run
from bptui.core.costs import find_cost
from bptui.core.layers import layer_views, weight_mask

Array = NDArray[Any]


def with_ones(X: Array, dtype: Any) -> Array:
    """Return [1, X] as a new contiguous array, (N, s_0 + 1)."""
    inputs = np.ones((X.shape[0], X.shape[1] + 1), dtype)
    inputs[:, 1:] = X
    return inputs


@dataclass(frozen=True, slots=True)
class Plan:
    """The NumPy calls of every step, for the samples that are loaded."""

    forward: Calls
    cost: Calls
    slopes: Calls
    """φ′(z) of all layers whose activation is the same, at once."""
    output_delta: Calls
    hidden_delta: Sequence[Calls]
    """By the layer of the Θ that δ goes back through; there is none for the first."""
    layer_gradient: Sequence[Calls]
    """By layer."""
    add_penalty: Calls


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
        self._penalty = l2 / (penalty_samples or samples)
        self._cost = find_cost(cost, output)
        self._hidden = ACTIVATIONS[activation]
        self._output = ACTIVATIONS[output]
        self._make_buffers(theta.dtype)
        self._is_weight = weight_mask(layers, theta.dtype)
        self._penalized = np.empty_like(theta)
        self._sum_of_costs, self._sum_of_squares = constant(0.0, theta), constant(0.0, theta)
        self.memory: dict[str, Array] = {}
        """What a planted fault keeps from step to step; the right code needs nothing."""
        self._plan: Plan | None = None
        self._evaluation: Calls = ()

    def _make_buffers(self, dtype: Any) -> None:
        # One buffer for all layers, so that one call can serve all of them.
        hidden_sizes, outputs = self.layers[1:-1], self.layers[-1]
        hidden_rows = sum(size + 1 for size in hidden_sizes)
        activations = np.ones((hidden_rows + outputs, self.samples), dtype)
        slopes = np.ones_like(activations)
        deltas = np.zeros_like(activations)
        self._activations, self._all_slopes = activations, slopes
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
            self._slopes.append(slopes[block])
            self._deltas_with_bias.append(deltas[block])
            self.deltas.append(deltas[block][1:])
            start += size + 1
        self._hidden_rows = slice(0, start)
        self.logits = np.zeros((outputs, self.samples), dtype)
        self.outputs = activations[start:]
        """ŷ, (K, N), after `forward`."""
        self._error = np.zeros_like(self.logits)
        self._output_derivative = slopes[start:]
        self.deltas.append(deltas[start:])

    def load(self, inputs: Array, targets: Array) -> None:
        """Take the samples to work on; neither array is copied.

        Other values can be written into the same arrays later.

        Args:
            inputs: (N, s_0 + 1), a column of ones first, as `with_ones` makes it.
            targets: (K, N).
        """
        if inputs is not self.inputs or targets is not self.targets:
            self.inputs, self.targets = inputs, targets
            self._forget_plan()

    @property
    def penalty(self) -> float:
        """λ/N of the penalty λ/(2N) Σ Θ²."""
        return self._penalty

    @penalty.setter
    def penalty(self, value: float) -> None:
        if value != self._penalty:
            self._penalty = value
            self._forget_plan()

    @property
    def activations(self) -> list[Array]:
        """a of every layer after `forward`, (s_l + 1, N) with a row of ones; ŷ has none."""
        return [self.inputs.T, *self._with_bias, self.outputs]

    @property
    def errors(self) -> Array:
        """ŷ − y, (K, N), after `forward`."""
        return self._error

    @property
    def slopes(self) -> list[Array | None]:
        """φ′(z) of every layer but the input, (s_l, N), after `evaluate`.

        That of the output is `None` where it cancels.
        """
        of_output = self._output_derivative if self._cost.needs_derivative else None
        return [*(slopes[1:] for slopes in self._slopes), of_output]

    @property
    def penalty_cost(self) -> float:
        """λ/(2N) Σ Θ² of the last `cost`."""
        squares: float = self._sum_of_squares.item()
        return 0.5 * self._penalty * squares

    def evaluate(self) -> float:
        """Return J and leave its gradient in `gradient` and `gradients`."""
        for function, arguments in self._evaluation or self._planned():
            function(*arguments)
        return self._found_cost()

    def forward(self) -> None:
        """Fill `outputs` from the loaded samples."""
        run(self.plan.forward)

    def cost(self) -> float:
        """Return J of the last `forward`, penalty included."""
        run(self.plan.cost)
        return self._found_cost()

    def backward(self) -> None:
        """Fill `gradient` from the activations of the last `forward`."""
        run(self._backward_calls())

    def output_delta(self) -> None:
        """δ of the output layer: ∂J/∂z."""
        run(self.plan.output_delta)

    def hidden_delta(self, layer: int) -> None:
        """δ below `layer`: Θᵀ δ ∘ φ′(z)."""
        run(self.plan.hidden_delta[layer])

    def layer_gradient(self, layer: int) -> None:
        """∂J/∂Θ of `layer`: δ aᵀ, summed over the samples."""
        run(self.plan.layer_gradient[layer])

    def add_penalty(self) -> None:
        """Add λ/N Θ, biases left out."""
        run(self.plan.add_penalty)

    @property
    def plan(self) -> Plan:
        """What every step does with the samples that are loaded."""
        if self._plan is None:
            self._plan = self._made_plan()
        return self._plan

    def _forget_plan(self) -> None:
        self._plan, self._evaluation = None, ()

    def _planned(self) -> Calls:
        """Make, keep and return the calls of `evaluate`: those of all steps in a row."""
        plan = self.plan
        self._evaluation = (
            *plan.forward,
            *plan.cost,
            *self._step("backward", self._backward_calls()),
        )
        return self._evaluation

    def _backward_calls(self) -> Calls:
        plan = self.plan
        calls = [*plan.slopes, *self._step("output_delta", plan.output_delta)]
        for layer in range(len(self.thetas) - 1, 0, -1):
            calls += self._step("hidden_delta", plan.hidden_delta[layer], layer)
        for layer in range(len(self.thetas)):
            calls += self._step("layer_gradient", plan.layer_gradient[layer], layer)
        if self.penalty:
            calls += self._step("add_penalty", plan.add_penalty)
        return calls

    def _step(self, name: str, calls: Calls, *arguments: Any) -> Calls:
        """Return the calls of a step, or the step itself where it is overridden."""
        step = getattr(self, name)
        if getattr(step, "__func__", None) is getattr(Backpropagation, name):
            return calls
        return [(step, arguments)]

    def _found_cost(self) -> float:
        cost: float = self._sum_of_costs.item() / self._terms
        if self._penalty:
            cost += self.penalty_cost
        return cost

    def _made_plan(self) -> Plan:
        layers = range(len(self.thetas))
        self._terms = self._cost.terms(self._error)
        slopes, output_slope = self._slope_calls()
        output_calls, cost_calls = self._cost.calls(
            self.logits, self.outputs, self.targets, self._error, self._sum_of_costs
        )
        return Plan(
            self._forward_calls(output_calls),
            self._cost_calls(cost_calls),
            slopes,
            (
                *output_slope,
                *self._cost.delta_calls(
                    self._error, self.outputs, self._output_derivative, self.deltas[-1]
                ),
            ),
            [self._hidden_delta_calls(layer) if layer else () for layer in layers],
            [self._layer_gradient_calls(layer) for layer in layers],
            (
                (np.multiply, (self.theta, self._is_weight, self._penalized)),
                (
                    np.multiply,
                    (self._penalized, constant(self.penalty, self.theta), self._penalized),
                ),
                (np.add, (self.gradient, self._penalized, self.gradient)),
            ),
        )

    def _forward_calls(self, output_calls: Calls) -> Calls:
        calls: list[Any] = []
        source = self.inputs.T
        for theta, units, with_bias in zip(
            self.thetas[:-1], self._units, self._with_bias, strict=True
        ):
            calls += [(theta.dot, (source, units)), *self._hidden.value_calls(units, units)]
            source = with_bias
        return (
            *calls,
            (self.thetas[-1].dot, (source, self.logits)),
            *output_calls,
            (np.subtract, (self.outputs, self.targets, self._error)),
        )

    def _cost_calls(self, calls: Calls) -> Calls:
        if not self.penalty:
            return calls
        return (
            *calls,
            (np.multiply, (self.theta, self._is_weight, self._penalized)),
            (self._penalized.dot, (self._penalized, self._sum_of_squares)),
        )

    def _slope_calls(self) -> tuple[Calls, Calls]:
        """Return the calls for φ′(z) of the hidden layers and of the output layer.

        Where both have the same φ the first of them serve the output layer too.
        """
        of_hidden = self._hidden.derivative_calls
        of_output = self._output.derivative_calls if self._cost.needs_derivative else None
        if of_hidden is not None and of_hidden is of_output:
            return of_hidden(self._activations, self._all_slopes), ()
        rows = self._hidden_rows
        hidden: Calls = ()
        if of_hidden is not None and self._units:
            hidden = of_hidden(self._activations[rows], self._all_slopes[rows])
        if of_output is None:
            return hidden, ()
        return hidden, of_output(self.outputs, self._output_derivative)

    def _hidden_delta_calls(self, layer: int) -> Calls:
        # The product includes a row for the bias, which no unit feeds; it is
        # computed with the rest because leaving it out would cost a copy.
        below = self._deltas_with_bias[layer - 1]
        return (
            (self.thetas[layer].T.dot, (self.deltas[layer], below)),
            (np.multiply, (below, self._slopes[layer - 1], below)),
        )

    def _layer_gradient_calls(self, layer: int) -> Calls:
        source = self._with_bias[layer - 1].T if layer else self.inputs
        return ((self.deltas[layer].dot, (source, self.gradients[layer])),)
