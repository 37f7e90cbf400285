"""Gradients that are right but for their places: transposed, or exchanged."""

from collections.abc import Sequence

from bptui.core.check.evidence import Array, Evidence, Piece
from bptui.core.check.factors import names_of
from bptui.core.check.fits import clear_entries, penalty_between
from bptui.core.check.report import Diagnosis


def transpose(evidence: Evidence) -> Diagnosis | None:
    """An array is transposed, or two have changed places."""
    pieces = evidence.wrong
    if all(map(_is_transposed, pieces)) or _transposed_apart_from_penalty(pieces):
        where = names_of(pieces)
        return Diagnosis(
            "transpose",
            where,
            f"The gradient of {where} is exactly the transpose of the right one; look at the order "
            "of the factors in its product, or at a reshape that should be .T.",
        )
    others = [
        [
            other
            for other in evidence.pieces
            if other is not piece
            and other.numerical.shape == piece.numerical.shape
            and piece.matches(other.numerical)
        ]
        for piece in pieces
    ]
    if all(len(found) == 1 for found in others) and clear_entries(pieces) > 1 and len(pieces) > 1:
        stored = ", ".join(
            f"what stands for {piece.name} is the gradient of {found[0].name}"
            for piece, found in zip(pieces, others, strict=True)
        )
        return Diagnosis(
            "transpose",
            names_of(pieces),
            f"Gradients have changed places: {stored}; look at the order they are returned in.",
        )
    return None


def _is_transposed(piece: Piece) -> bool:
    """Return whether the gradient of an array is plainly the transpose of the right one."""
    return not piece.matches(piece.numerical) and any(
        piece.matches(turned) for turned in _transposes(piece, piece.numerical)
    )


def _transposed_apart_from_penalty(pieces: Sequence[Piece]) -> bool:
    """Return the same where the penalty was added after the array was transposed."""
    if any(piece.parameters is None for piece in pieces):
        return False
    turned = [
        (_square(piece, piece.numerical), _square(piece, piece.weights))
        for piece in pieces
        if piece.whole and piece.numerical.ndim == 2
    ]
    expected = [numerical for numerical, _ in turned if numerical is not None]
    weights = [turned_weights for _, turned_weights in turned if turned_weights is not None]
    return len(expected) == len(pieces) and penalty_between(pieces, expected, weights)


def _transposes(piece: Piece, values: Array) -> list[Array]:
    """Return what transposing may make of an array like that of `piece`."""
    if not piece.whole or values.ndim != 2:
        return []
    found = [values.T.ravel().reshape(values.shape)] if min(values.shape) > 1 else []
    square = _square(piece, values)
    return found if square is None else [*found, square]


def _square(piece: Piece, values: Array) -> Array | None:
    """Return `values` with its square of weights transposed, its column of biases left alone."""
    columns = ~piece.bias.all(axis=0)
    block = values[:, columns]
    if block.shape[0] != block.shape[1] or len(block) < 2:
        return None
    turned = values.copy()
    turned[:, columns] = block.T
    return turned
