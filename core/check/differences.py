"""Numerical gradients from differences of the cost, one entry of Θ at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _quotient(rise: float, run: float) -> float:
    """Return rise/run; NaN where the step is too small to move the parameter at all."""
    return rise / run if run else float("nan")


def difference_gradient(
    cost: Callable[[], float],
    theta: Array,
    method: str,
    epsilon: float,
    entries: NDArray[np.intp] | None = None,
    *,
    estimate: bool = True,
) -> tuple[Array, Array]:
    """Differentiate `cost()`, which reads `theta`, by every entry of `theta`.

    Args:
        cost: returns J for what `theta` holds at the moment.
        theta: flat parameters (P,); every entry is moved and put back bit for bit.
        method: `forward`, (J(θ+ε) − J(θ))/ε; `central`, (J(θ+ε) − J(θ−ε))/2ε; or
            `richardson`, (4 D(ε) − D(2ε))/3 of central differences D, the five-point rule.
        epsilon: ε.
        entries: the flat indices to differentiate by; `None` is all of them.
        estimate: whether to spend evaluations on the truncation error.

    Returns:
        The derivatives, and for each an estimate of its truncation error, from the
        same rule at twice the step. Both (P,) or as long as `entries`, double precision.
        Without `estimate` the second is NaN.
    """
    chosen = range(theta.size) if entries is None else entries.tolist()
    gradient, truncation = np.empty(len(chosen)), np.full(len(chosen), np.nan)
    here = cost() if method == "forward" else 0.0

    def central(entry: int, value: Any, step: float) -> float:
        # The step that is really taken is the difference of two representable numbers.
        theta[entry] = value + step
        above, upper = cost(), float(theta[entry])
        theta[entry] = value - step
        below, lower = cost(), float(theta[entry])
        return _quotient(above - below, upper - lower)

    def one_sided(entry: int, value: Any, step: float) -> float:
        theta[entry] = value + step
        return _quotient(cost() - here, float(theta[entry]) - float(value))

    for place, entry in enumerate(chosen):
        value = theta[entry]
        try:
            if method == "forward":
                near = one_sided(entry, value, epsilon)
                gradient[place] = near
                if estimate:
                    truncation[place] = abs(one_sided(entry, value, 2 * epsilon) - near)
            elif method == "central":
                near = central(entry, value, epsilon)
                gradient[place] = near
                if estimate:
                    truncation[place] = abs(central(entry, value, 2 * epsilon) - near) / 3.0
            else:
                near, middle = (central(entry, value, k * epsilon) for k in (1, 2))
                gradient[place] = (4.0 * near - middle) / 3.0
                if estimate:
                    far = (4.0 * middle - central(entry, value, 4 * epsilon)) / 3.0
                    truncation[place] = abs(gradient[place] - far) / 15.0
        finally:
            theta[entry] = value
    return gradient, truncation
