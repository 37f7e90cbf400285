"""Ties a numerical gradient to the cost itself, so that the checker catches its own mistakes.

A numerical gradient g of a whole network comes from perturbed units, tails and blocks. If it
is right, then along any direction d the slope of the true cost is Σ d g. One random d over all
entries is enough to see a mistake: a Gaussian one hides it with probability 0.
"""

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.replica import KINKED, Replica
from bptui.core.check.report import VERDICTS, Diagnosis, Report, Tie
from bptui.core.check.rounding import DOUBLE_ROUNDOFF
from bptui.core.check.true_cost import true_cost

Array = NDArray[Any]

STEP = 2.0**-200
"""So short that it is short beside any weight, however much the layers amplify it."""
SEED = 0
_LEAST = 1e-235
"""Slopes smaller than that are lost in the imaginary part."""
_BOTH = 2.0
"""Either slope may be off by the bound."""


def tie_to_cost(
    network: Replica, entries: NDArray[np.intp] | None, numerical: Array, bounds: Array
) -> Tie | None:
    """Compare a numerical gradient with the slope of the true cost along a random direction.

    Args:
        network: with its samples, at the Θ in question.
        entries: the flat indices of the entries that were differentiated by, if not all.
        numerical: the derivatives, (n,).
        bounds: how far off each may be, (n,).

    Returns:
        `None` where one of the slopes is not a finite number, so that nothing can be said.
    """
    direction, sizes = _direction(len(numerical))
    theta = network.theta.astype(np.complex128)
    if entries is None:
        np.multiply(direction, STEP, theta.imag)
    else:
        theta.imag[entries] = STEP * direction
    slope = true_cost(network, theta).imag / STEP
    terms = direction * numerical
    along = float(terms.sum())
    # A sum in pairs rounds each term once a halving.
    rounding = DOUBLE_ROUNDOFF * len(terms).bit_length() * float(np.abs(terms, terms).sum())
    bound = _BOTH * float(sizes.dot(bounds)) + rounding + _LEAST
    if not (np.isfinite(slope) and np.isfinite(along)):
        return None
    tie = Tie(slope, along, bound)
    return tie if tie.holds or not _near_a_kink(network) else None


def untied(report: Report, tie: Tie) -> Report:
    """Return `report` with every entry unresolved: its numerical gradient is itself wrong."""
    arrays = tuple(
        replace(array, verdicts=np.full_like(array.verdicts, VERDICTS.index("unresolved")))
        for array in report.arrays
    )
    message = (
        "The numerical gradient itself does not agree with the cost, so nothing is said about "
        f"backpropagation: along a random direction the cost has slope {tie.cost:.9g} and the "
        f"numerical gradient {tie.gradient:.9g}, further apart than {tie.bound:.2g}."
    )
    found = Diagnosis("numerical", "numerical gradient", message)
    return replace(report, arrays=arrays, diagnosis=(found,))


@lru_cache(maxsize=2)
def _direction(size: int) -> tuple[Array, Array]:
    """Return the direction d and |d|; drawing it takes longer than the rest of a small check."""
    direction = np.random.default_rng(SEED).normal(size=size)
    return direction, np.abs(direction)


def _near_a_kink(network: Replica) -> bool:
    """Return whether rounding may decide on which side of its kink some unit is.

    The two forward propagations then differ in more than rounding.
    """
    if network.activation not in KINKED:
        return False
    for block in network.blocks():
        error = np.zeros(())
        for layer, theta in enumerate(network.thetas[:-1]):
            sizes, z = np.abs(theta), block.pre_activations[layer]
            terms = (theta.shape[1] + 2) * DOUBLE_ROUNDOFF
            rounding = terms * (np.abs(block.sources[layer]) @ sizes.T)
            error = rounding + (error @ sizes[:, 1:].T if layer else 0.0)
            if (np.abs(z) <= 2.0 * error).any():
                return True
    return False
