"""Whether anything is gained by going on from the Θ that a divergence has left."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def why_start_again(
    what: str,
    cost: float,
    first_cost: float,
    gradient: NDArray[Any],
    learning_rate: float,
    *,
    seeds: bool = True,
) -> str:
    """Return why it is better to start again, and how, in half a sentence; nothing if it is not.

    It is where no step can be taken from Θ, and where Θ is worse than the one that training
    began with.

    Args:
        what: names Θ, with its verb: `Θ of epoch 8 is`.
        cost: J of that Θ.
        first_cost: J of the Θ that training began with.
        gradient: of J at that Θ, flat (P,).
        learning_rate: the η that it diverged with.
        seeds: whether there are other Θ to start from.
    """
    if not np.isfinite(cost):
        why = "its J is not a finite number"
    elif not np.isfinite(gradient).all():
        why = "its gradient is not of finite numbers"
    elif cost > first_cost:
        why = f"its J is {cost:.3g}, and was {first_cost:.3g} at the start"
    else:
        return ""
    seed = ", or another seed" if seeds else ""
    return (
        f"{what} beyond repair, for {why}: start again with a smaller learning rate than "
        f"{learning_rate:g}{seed}"
    )
