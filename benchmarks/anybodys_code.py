"""A network of bptui as a cost and gradients over `W1`, `b1` …, as people write them."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bptui.core.backpropagation import Backpropagation, with_ones
from bptui.core.check.complex_step import sample_costs
from bptui.core.check.replica import ACTIVATIONS
from bptui.core.faults import FAULTS
from bptui.core.network import Network

Array = np.ndarray[Any, Any]
Parameters = dict[str, Array]


def as_anybodys_code(
    network: Network, X: Array, y: Array, fault: str | None, *, turned: bool = False
) -> tuple[Callable[[Parameters], Any], Callable[[Parameters], Parameters], Parameters]:
    """Return cost, gradients and parameters for `check_gradients`, with a fault in the gradients.

    Args:
        network: where the parameters are from.
        X: samples (N, s_0).
        y: targets (N, K).
        fault: a name of the catalogue. What it keeps from step to step it makes up in every
            call, so that the gradient depends on the parameters alone.
        turned: whether weights are (outputs, inputs) and not (inputs, outputs).
    """
    kind = FAULTS[fault].mistake if fault else Backpropagation
    work = kind(
        network.theta.copy(),
        network.layers,
        activation=network.activation,
        output=network.output,
        cost=network.cost_name,
        samples=len(X),
        l2=network.l2,
    )
    work.load(with_ones(X, np.float64), np.ascontiguousarray(y.T))

    def thetas(p: Parameters) -> list[Array]:
        weights = [p[f"W{n}"] if turned else p[f"W{n}"].T for n in range(1, len(work.thetas) + 1)]
        return [np.column_stack([p[f"b{n}"], matrix]) for n, matrix in enumerate(weights, start=1)]

    def named(matrices: list[Array]) -> Parameters:
        found = {}
        for number, matrix in enumerate(matrices, start=1):
            weights = matrix[:, 1:] if turned else matrix[:, 1:].T
            found |= {f"W{number}": weights.copy(), f"b{number}": matrix[:, 0].copy()}
        return found

    def cost(p: Parameters) -> Any:
        matrices = thetas(p)
        a = X
        for matrix in matrices[:-1]:
            a = ACTIVATIONS[network.activation](a @ matrix[:, 1:].T + matrix[:, 0])
        logits = a @ matrices[-1][:, 1:].T + matrices[-1][:, 0]
        fit = sample_costs(logits, y, network.output, network.cost_name).mean()
        return fit + 0.5 * work.penalty * sum((matrix[:, 1:] ** 2).sum() for matrix in matrices)

    def gradients(p: Parameters) -> Parameters:
        np.copyto(work.theta, np.concatenate([matrix.ravel() for matrix in thetas(p)]))
        work.memory.clear()
        work.evaluate()
        return named(work.gradients)

    return cost, gradients, named(work.thetas)
