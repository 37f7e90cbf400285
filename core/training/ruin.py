"""Whether anything is gained by going on from the Θ that a divergence has left."""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def why_start_again(
    what: str,
    cost: float,
    first_cost: float,
    gradient: NDArray[Any],
    learning_rate: float | None,
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
        learning_rate: the η that it diverged with, where that is known.
        seeds: whether there are other Θ to start from.
    """
    if not np.isfinite(cost):
        why = "beyond repair, for its J is not a finite number"
    elif not np.isfinite(gradient).all():
        why = "beyond repair, for its gradient is not of finite numbers"
    elif cost > first_cost:
        now, then = f"{cost:.3g}", f"{first_cost:.3g}"
        if now == then:
            now, then = f"{cost:.17g}", f"{first_cost:.17g}"
        why = f"worse than at the start, with a J of {now} against {then}"
    else:
        return ""
    smaller = "" if learning_rate is None else f" than {learning_rate:g}"
    seed = ", or another seed" if seeds else ""
    return f"{what} {why}: start again with a smaller learning rate{smaller}{seed}"
