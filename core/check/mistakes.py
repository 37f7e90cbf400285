"""Mistakes that people make in gradients, each looked for by a small function.

Each takes the evidence of a failing check and returns a diagnosis, or `None`
unless the evidence fits in every entry.
"""

from collections.abc import Callable, Sequence

import numpy as np

from bptui.core.check.evidence import (
    CLOSE,
    Array,
    Evidence,
    Piece,
    clear_entries,
    common_ratio,
)
from bptui.core.check.factors import (
    EVERYWHERE,
    factor_everywhere,
    factor_in_one_array,
    has_clear_weights,
    names_of,
    only_biases,
    place_of,
    ratio_name,
)
from bptui.core.check.report import Diagnosis

_FEW = 5
_FAR = 10.0
"""Error bounds that a difference must exceed for other entries to count as right."""


def transpose(evidence: Evidence) -> Diagnosis | None:
    """An array is transposed, or two have changed places."""
    pieces = evidence.wrong
    if all(_is_transposed(piece) for piece in pieces):
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
    if not piece.whole or piece.numerical.ndim != 2:
        return False
    if min(piece.numerical.shape) > 1:
        turned = piece.numerical.T.ravel().reshape(piece.numerical.shape)
        if not piece.matches(piece.numerical) and piece.matches(turned):
            return True
    columns = ~piece.bias.all(axis=0)
    block = piece.numerical[:, columns]
    if columns.all() or block.shape[0] != block.shape[1] or len(block) < 2:
        return False
    turned = piece.numerical.copy()
    turned[:, columns] = block.T
    return piece.matches(turned)


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


def bias(evidence: Evidence) -> Diagnosis | None:
    """Only biases are wrong."""
    pieces = evidence.wrong
    if not only_biases(pieces) or not has_clear_weights(evidence.pieces):
        return None
    masks = [piece.bias for piece in pieces]
    where = names_of(pieces)
    ratio = common_ratio(pieces, masks=masks)
    values = [(p.backprop[m], p.numerical[m]) for p, m in zip(pieces, masks, strict=True)]
    if not any(b.any() for b, _ in values):
        said = "it is 0 there; look for a bias gradient that is never computed"
        ratio = 0.0
    elif ratio is not None:
        said = (
            f"backprop / numerical is {ratio_name(ratio, evidence.facts)} there; look at "
            "whether δ is summed or averaged over the samples"
        )
    elif all(_is_rolled(b, n) for b, n in values) and not any(
        piece.matches(piece.numerical) for piece in pieces
    ):
        said = "its entries are right but stand in the wrong places; look at the indices"
    else:
        entries = sum(int(piece.wrong.sum()) for piece in pieces)
        if entries < sum(int(mask.sum()) for mask in masks):
            return None
        said = "all weights are right; look at the axis that δ is summed over"
    return Diagnosis("bias", where, f"Only the bias gradient is wrong, in {where}: {said}.", ratio)


def _is_rolled(backprop: Array, numerical: Array) -> bool:
    same = np.allclose(np.sort(backprop), np.sort(numerical), rtol=CLOSE, atol=0.0)
    return bool(same and numerical.size > 1)


def precision(evidence: Evidence) -> Diagnosis | None:
    """Right, but only to single precision."""
    worst, off = 0.0, 0
    for piece in evidence.pieces:
        largest = float(np.abs(piece.numerical).max())
        apart = float(np.abs(piece.backprop - piece.numerical).max())
        if not np.isfinite(apart) or apart > 3e-5 * largest:
            return None
        worst = max(worst, apart / largest if largest else 0.0)
        off += int(piece.wrong.sum())
    if worst < 1e-9 or off < max(2, 0.3 * clear_entries(evidence.pieces)):
        return None
    digits = int(-np.log10(worst))
    return Diagnosis(
        "precision",
        EVERYWHERE,
        f"The gradient agrees to about {digits} digits everywhere and no further: it looks like "
        "arithmetic in float32, or a small constant such as 1e-8 in only one of the two functions.",
    )


def layer(evidence: Evidence) -> Diagnosis | None:
    """Right from the output down to some layer, wrong below."""
    layers = list(evidence.layers())
    first = 1 + max(
        (i for i, pieces in enumerate(layers) if any(piece.wrong.any() for piece in pieces)),
        default=-1,
    )
    bad = [piece for pieces in layers[:first] for piece in pieces]
    if first == len(layers) or not all(_is_wrong_or_mute(piece) for piece in bad):
        return None
    # One wrong array of a layer is a mistake in that array's own product, not in δ.
    if sum(int(piece.wrong.any()) for piece in bad) < 2 and not evidence.facts.bias_column:
        return None
    if sum(int(piece.wrong.sum()) for piece in bad) < 0.3 * clear_entries(bad):
        return None
    top = [piece.name for piece in layers[first]]
    below = names_of(layers[first - 1])
    ratio = common_ratio(bad)
    factor = (
        f", by the constant factor {ratio_name(ratio, evidence.facts)}" if ratio is not None else ""
    )
    return Diagnosis(
        "layer",
        below,
        f"The gradient is right from the output down to {' and '.join(top)} and wrong from {below} "
        f"on{factor}; look at the step that takes δ from the one to the other: the transposed "
        "weights, and the derivative of the activation.",
        ratio,
    )


def _is_wrong_or_mute(piece: Piece) -> bool:
    return bool(piece.wrong.any() or not piece.clear.any())


def entries(evidence: Evidence) -> Diagnosis | None:
    """Only a few entries are wrong."""
    wrong = [
        (piece, tuple(int(i) for i in index))
        for piece in evidence.pieces
        for index in np.argwhere(piece.wrong)[: _FEW + 1]
    ]
    total = sum(piece.wrong.size for piece in evidence.pieces)
    few = len(wrong) <= max(1, min(_FEW, total // 4))
    if not few or not all(piece.whole for piece, _ in wrong):
        return None
    if any(abs(p.backprop[i] - p.numerical[i]) <= _FAR * p.bound[i] for p, i in wrong):
        return None
    names = [
        f"{piece.name}[{','.join(map(str, index))}]" if index else piece.name
        for piece, index in wrong
    ]
    pairs = ", ".join(
        f"{name} is {piece.backprop[index]:.6g} for {piece.numerical[index]:.6g}"
        for name, (piece, index) in zip(names, wrong, strict=True)
    )
    return Diagnosis(
        "entries",
        ", ".join(names),
        f"All entries are right but {len(wrong)} of {total}: {pairs}; look at what is written "
        "there by index or by slice.",
    )


Mistake = Callable[[Evidence], Diagnosis | None]

MISTAKES: tuple[Mistake, ...] = (
    factor_everywhere,
    regularization,
    bias,
    factor_in_one_array,
    transpose,
    precision,
    layer,
    entries,
)
"""From the most particular evidence to the least."""
