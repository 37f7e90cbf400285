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
    cost: Callable[[], float], theta: Array, method: str, epsilon: float
) -> tuple[Array, Array]:
    """Differentiate `cost()`, which reads `theta`, by every entry of `theta`.

    Args:
        cost: returns J for what `theta` holds at the moment.
        theta: flat parameters (P,); every entry is moved and put back bit for bit.
        method: `forward`, (J(θ+ε) − J(θ))/ε; `central`, (J(θ+ε) − J(θ−ε))/2ε; or
            `richardson`, (4 D(ε) − D(2ε))/3 of central differences D, the five-point rule.
        epsilon: ε.

    Returns:
        The gradient, and for each entry an estimate of its truncation error, from the
        same rule at twice the step. Both (P,), double precision.
    """
    gradient, truncation = np.empty(theta.size), np.empty(theta.size)
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

    for entry in range(theta.size):
        value = theta[entry]
        try:
            if method == "forward":
                near = one_sided(entry, value, epsilon)
                gradient[entry] = near
                truncation[entry] = abs(one_sided(entry, value, 2 * epsilon) - near)
            elif method == "central":
                near = central(entry, value, epsilon)
                gradient[entry] = near
                truncation[entry] = abs(central(entry, value, 2 * epsilon) - near) / 3.0
            else:
                near, middle, far = (central(entry, value, k * epsilon) for k in (1, 2, 4))
                gradient[entry] = (4.0 * near - middle) / 3.0
                truncation[entry] = abs(gradient[entry] - (4.0 * middle - far) / 3.0) / 15.0
        finally:
            theta[entry] = value
    return gradient, truncation
