"""The verdict on every entry: a comparison with its error bound, and no tolerance."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

Verdict = Literal["pass", "fail", "unresolved", "at-kink"]
VERDICTS: tuple[Verdict, ...] = ("pass", "unresolved", "at-kink", "fail")
"""From best to worst; verdicts of entries are indices into this tuple."""
_NOTHING = 1e-8
"""A share of the largest entry that is taken for 0."""


def ratios_of(backprop: Array, numerical: Array, error_bound: Array) -> NDArray[np.float64]:
    """Return |backprop − numerical| / error_bound; infinite where that is not a number."""
    with np.errstate(all="ignore"):
        ratios = np.abs(backprop - numerical) / error_bound
    return np.where(np.isnan(ratios), np.inf, ratios)


def badness_of(verdicts: NDArray[np.uint8], ratios: Array) -> NDArray[np.float64]:
    """Return what orders entries from good to bad: first the verdict, then the ratio."""
    with np.errstate(all="ignore"):
        badness = ratios / (1.0 + np.minimum(ratios, 1e300))
        badness += 2.0 * verdicts
    return badness


def judged(
    backprop: Array,
    numerical: Array,
    error_bound: Array,
    kinks: bool | NDArray[np.bool_],
    at_kinks: bool | NDArray[np.bool_],
    sizes: Sequence[int] | None = None,
) -> tuple[Array, NDArray[np.uint8]]:
    """Return the relative error and the verdict of every entry.

    Args:
        backprop: the gradient under test.
        numerical: the gradient it is compared with.
        error_bound: how far apart the two may be.
        kinks: as in `make_array_report`, which says what becomes of an entry.
        at_kinks: likewise.
        sizes: where the entries are those of several arrays one after the other, how many
            each has.
    """
    with np.errstate(all="ignore"):
        difference = np.abs(backprop - numerical)
        magnitude = np.maximum(np.abs(backprop), np.abs(numerical))
        relative_error = np.zeros_like(difference)
        np.divide(difference, magnitude, out=relative_error, where=magnitude > 0)
        unlike = difference > 1e-3 * magnitude
    relative_error[~np.isfinite(difference)] = np.inf
    verdicts = np.zeros(difference.shape, np.uint8)
    if unlike.any():
        largest = magnitude.max(initial=0.0)
        if sizes is not None:
            starts = [0, *accumulate(sizes[:-1])]
            largest = np.repeat(np.maximum.reduceat(magnitude, starts), sizes)
        vague = error_bound > _NOTHING * largest
        verdicts[vague & unlike] = VERDICTS.index("unresolved")
    # Written so that a NaN on either side is no agreement.
    apart = ~(difference <= error_bound)
    verdicts[apart] = VERDICTS.index("fail")
    if kinks is not False or at_kinks is not False:
        verdicts[(apart & kinks) | at_kinks] = VERDICTS.index("at-kink")
    # A step too small to move a parameter says nothing about backpropagation.
    verdicts[np.isnan(numerical) & np.isfinite(backprop)] = VERDICTS.index("unresolved")
    return relative_error, verdicts
