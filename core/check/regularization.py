"""The L2 penalty in one of the two gradients and not, or not as much, in the other."""

from collections.abc import Sequence

import numpy as np

from bptui.core.check.evidence import CLOSE, Array, Evidence, Piece
from bptui.core.check.factors import names_of, place_of
from bptui.core.check.report import Diagnosis


def regularization(evidence: Evidence) -> Diagnosis | None:
    """The difference is a multiple of the parameters."""
    pieces = [piece for piece in evidence.wrong if piece.parameters is not None]
    if len(pieces) != len(evidence.wrong):
        return None
    for what, masks in (
        ("the biases", [piece.bias for piece in pieces]),
        ("the weights", [~piece.bias for piece in pieces]),
        ("the parameters", [np.ones_like(piece.bias) for piece in pieces]),
    ):
        if any((piece.wrong & ~mask).any() for piece, mask in zip(pieces, masks, strict=True)):
            continue
        factor = _multiple(pieces, masks)
        if factor is None:
            continue
        if what == "the biases":
            said = (
                "penalizes the biases, which the cost does not"
                if factor > 0.0
                else "leaves out the biases, which the cost penalizes"
            )
        else:
            said = (
                "adds more of the L2 penalty than the cost has"
                if factor > 0.0
                else "leaves out some or all of the L2 penalty of the cost"
            )
        return Diagnosis(
            "regularization",
            place_of(evidence, pieces),
            f"backprop - numerical is exactly {factor:.6g} times {what} in {names_of(pieces)}: the "
            f"gradient {said}; look at the penalty term and its factor, such as λ or λ/N.",
            factor,
        )
    return None


def _multiple(pieces: Sequence[Piece], masks: Sequence[Array]) -> float | None:
    """Return c where b - n is c θ in all entries of the masks."""
    theta = np.concatenate(
        [
            np.asarray(p.parameters, np.float64)[m].ravel()
            for p, m in zip(pieces, masks, strict=True)
        ]
    )
    apart = np.concatenate(
        [(p.backprop - p.numerical)[m].ravel() for p, m in zip(pieces, masks, strict=True)]
    )
    bound = np.concatenate([p.bound[m].ravel() for p, m in zip(pieces, masks, strict=True)])
    if np.count_nonzero(np.abs(apart) > 2.0 * bound) < 2 or not np.isfinite(apart).all():
        return None
    factor = float(apart @ theta / (theta @ theta)) if theta.any() else 0.0
    slack = 2.0 * bound + CLOSE * np.abs(factor * theta)
    fits = bool((np.abs(apart - factor * theta) <= slack).all())
    return factor if fits and factor else None
