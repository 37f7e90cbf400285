"""Formulae that a wrong gradient may follow in every entry: a factor, with or without a penalty."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.evidence import CLOSE, Array, Piece

_CLEAR = 30.0
"""Slacks that a value must exceed to count as seen."""
_SPARE = 2
"""Entries beyond those that two numbers are fitted to, before that is more than chance."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A gradient that is `ratio` times the right one, an L2 penalty apart."""

    ratio: float
    penalty: float = 0.0
    """c where c θ of both gradients is the penalty's, and right; 0 where there is none."""


def clear_entries(pieces: Sequence[Piece]) -> int:
    """Return how many entries a ratio over `pieces` rests on."""
    return sum(int(piece.clear.sum()) for piece in pieces)


def common_ratio(pieces: Sequence[Piece], *, masks: Sequence[Array] | None = None) -> float | None:
    """Return r where the gradient under test is r times the right one in every entry.

    `None` where there is no such number, or it is 1.
    """
    chosen = [np.ones(piece.wrong.shape, bool) for piece in pieces] if masks is None else masks
    clear = [piece.clear & mask for piece, mask in zip(pieces, chosen, strict=True)]
    backprop = np.concatenate([p.backprop[m] for p, m in zip(pieces, clear, strict=True)])
    numerical = np.concatenate([p.numerical[m] for p, m in zip(pieces, clear, strict=True)])
    bound = np.concatenate([p.bound[m] for p, m in zip(pieces, clear, strict=True)])
    if not backprop.size or not np.isfinite(backprop).all():
        return None
    # Least squares, each entry in units of its error bound.
    weight = (numerical / bound) / np.abs(numerical / bound).max()
    ratio = float((backprop / numerical) @ weight**2 / (weight @ weight))
    if abs(ratio - 1.0) < 1e-4:
        return None
    fits = all(
        piece.matches(ratio * piece.numerical, mask)
        for piece, mask in zip(pieces, chosen, strict=True)
    )
    return ratio if fits else None


def common_factor(pieces: Sequence[Piece]) -> Factor | None:
    """Return the factor between the two gradients, or between what is left without a penalty.

    A penalty c/2 Σ θ² of the cost, biases left out, is often added when the rest is wrong
    already: b = r (n - c θ) + c θ. A factor of 0 or -1 is tried before one that is fitted.
    """
    ratio = common_ratio(pieces)
    if ratio is not None:
        return Factor(ratio)
    if any(piece.parameters is None for piece in pieces):
        return None
    known = [piece.known for piece in pieces]
    b = _joined([piece.backprop for piece in pieces], known)
    n = _joined([piece.numerical for piece in pieces], known)
    bound = _joined([piece.bound for piece in pieces], known)
    weights = _joined([piece.weights for piece in pieces], known)
    if not np.isfinite(b).all():
        return None
    for given in (0.0, -1.0, None):
        found = _with_penalty(b, n, weights, bound, given)
        if found is not None:
            return found
    return None


def _with_penalty(
    b: Array, n: Array, weights: Array, bound: Array, ratio: float | None
) -> Factor | None:
    fitted = 1 if ratio is not None else 2
    size = 1.0 / (bound + 1e-2 * CLOSE * (np.abs(b) + np.abs(n)))
    if ratio is None:
        columns = np.column_stack([n, weights]) * size[:, np.newaxis]
        if not (np.isfinite(columns).all() and np.isfinite(b * size).all()):
            return None
        (ratio, slope), _, rank, _ = np.linalg.lstsq(columns, b * size)
        if rank < 2:
            return None
    else:
        scaled = weights * size
        slope = float(((b - ratio * n) * size) @ scaled / (scaled @ scaled))
    if abs(ratio - 1.0) < 1e-4 or not slope / (1.0 - ratio) > 0.0:
        return None
    parts = np.abs(ratio * n) + np.abs(slope * weights)
    slack = 4.0 * (1.0 + abs(ratio)) * bound + CLOSE * parts
    if not (np.abs(b - ratio * n - slope * weights) <= slack).all():
        return None
    # The rest has to be seen beside the penalty, in more entries than were needed for the fit.
    rest = np.abs(n - slope / (1.0 - ratio) * weights) > _CLEAR * slack
    seen = int((rest | (np.abs(slope * weights) > _CLEAR * slack)).sum())
    if not rest.any() or seen < fitted + (1 if fitted == 1 else _SPARE):
        return None
    return Factor(float(ratio), float(slope / (1.0 - ratio)))


def penalty_between(
    pieces: Sequence[Piece], expected: Sequence[Array], others: Sequence[Array]
) -> bool:
    """Return whether the gradient under test is `expected`, a penalty apart.

    Args:
        pieces: the arrays in question.
        expected: what becomes of the right gradient by a mistake.
        others: what becomes of the weights by the same mistake, the penalty not being part of it.
    """
    if any(piece.parameters is None for piece in pieces):
        return False
    known = [piece.known for piece in pieces]
    apart = _joined([p.backprop - e for p, e in zip(pieces, expected, strict=True)], known)
    direction = _joined([p.weights - o for p, o in zip(pieces, others, strict=True)], known)
    bound = _joined([piece.bound for piece in pieces], known)
    size = _joined([np.abs(e) for e in expected], known)
    scale = direction / (bound + 1e-2 * CLOSE * size)
    if not direction.any() or not np.isfinite(apart).all():
        return False
    slope = float((apart / (bound + 1e-2 * CLOSE * size)) @ scale / (scale @ scale))
    slack = 8.0 * bound + CLOSE * (size + np.abs(slope * direction))
    fits = (np.abs(apart - slope * direction) <= slack).all()
    seen = (np.maximum(size, np.abs(apart)) > _CLEAR * slack).sum()
    return bool(fits and slope > 0.0 and seen > _SPARE)


def _joined(arrays: Sequence[Array], masks: Sequence[NDArray[np.bool_]]) -> Array:
    return np.concatenate([array[mask] for array, mask in zip(arrays, masks, strict=True)])
