"""Whether anything is gained by going on from the Θ that a divergence has left."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def why_start_again(cost: float, first_cost: float, gradient: NDArray[Any]) -> str:
    """Return why it is better to start again, in half a sentence; nothing if it is not.

    It is where no step can be taken from Θ, and where Θ is worse than the one that training
    began with.

    Args:
        cost: J of that Θ.
        first_cost: J of the Θ that training began with.
        gradient: of J at that Θ, flat (P,).
    """
    if not np.isfinite(cost):
        return "its J is not a finite number"
    if not np.isfinite(gradient).all():
        return "its gradient is not of finite numbers"
    if cost > first_cost:
        return f"its J is {cost:.3g}, and was {first_cost:.3g} at the start"
    return ""
