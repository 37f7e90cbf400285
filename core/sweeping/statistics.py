"""What many outcomes say: shares with their uncertainty, and where costs gather."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_Z = 1.959963984540054
"""The 97.5 % quantile of the normal distribution."""
CLOSE = 0.01
"""Relative difference of costs that count as the same place."""
DENSE = 0.05
"""Share of the networks that have to be so close for a place to count."""


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share (Wilson 1927).

    Unlike the one from the normal distribution, it is right for shares near 0 and 1.
    """
    if not trials:
        return 0.0, 1.0
    share = successes / trials
    spread = _Z**2 / trials
    middle = share + spread / 2
    half = _Z * math.sqrt(share * (1 - share) / trials + spread / (4 * trials))
    low, high = (middle - half) / (1 + spread), (middle + half) / (1 + spread)
    # Where none or all succeed the formula gives 0 or 1 but for rounding.
    return (low if successes else 0.0), (high if successes < trials else 1.0)


@dataclass(frozen=True, slots=True)
class Cluster:
    """Networks that ended at about the same cost."""

    networks: int
    low: float
    median: float
    high: float


def cost_clusters(costs: Floats) -> tuple[Cluster, ...]:
    """Return where costs gather, from the lowest on.

    A cost is in a dense place if a twentieth of all, and two at least, are within 1 % of it;
    neighbours within 1 % of each other are one cluster (DBSCAN, Ester et al. 1996, on a line).
    Costs in no dense place belong to no cluster.
    """
    ordered = np.sort(costs[np.isfinite(costs)])
    logs = np.log(np.maximum(ordered, 1e-300))
    near = np.searchsorted(logs, logs + CLOSE, "right") - np.searchsorted(logs, logs - CLOSE)
    dense = np.flatnonzero(near >= max(2.0, DENSE * len(ordered)))
    if not len(dense):
        return ()
    ends = np.flatnonzero(np.diff(logs[dense]) > CLOSE) + 1
    return tuple(
        Cluster(len(part), float(part[0]), float(np.median(part)), float(part[-1]))
        for part in np.split(ordered[dense], ends)
    )
