"""How repeatable a function of one number is, from a table of differences."""

from collections.abc import Callable

import numpy as np

_POINTS = 9
_GAMMA = (1 / 2, 1 / 6, 1 / 20, 1 / 70, 1 / 252, 1 / 924, 1 / 3432, 1 / 12870)
"""(k!)²/(2k)!: the variance of a k-th difference of noise is the noise's over this."""


def estimated_noise(
    function: Callable[[float], float], spacing: float, around: float = 0.0
) -> float:
    """Return the standard deviation of the noise in `function` near `around`.

    Higher and higher differences of values at `spacing` make smooth functions vanish and
    noise grow by known factors; where two estimates in a row agree and the
    differences change sign, what is left is noise (Moré & Wild 2011, ECnoise).

    Returns 0 where all values are equal.
    """
    offsets = around + (np.arange(_POINTS) - _POINTS // 2) * spacing
    values = np.array([function(float(offset)) for offset in offsets])
    if not np.isfinite(values).all():
        return float("inf")
    differences = values
    estimates: list[float] = []
    signs: list[bool] = []
    for gamma in _GAMMA:
        differences = np.diff(differences)
        estimates.append(float(np.sqrt(gamma * np.mean(differences**2))))
        signs.append(bool(differences.min() <= 0.0 <= differences.max()))
    for k in range(len(estimates) - 2):
        near = estimates[k : k + 3]
        if max(near) <= 4.0 * min(near) and signs[k]:
            return near[0]
    return min(estimates)
