"""Mistakes that people make in gradients, each looked for by a small function.

Each takes the evidence of a failing check and returns a diagnosis, or `None`
unless the evidence fits in every entry.
"""

from collections.abc import Callable, Sequence

import numpy as np

from bptui.core.check.evidence import CLOSE, Array, Evidence, Piece
from bptui.core.check.factors import (
    EVERYWHERE,
    factor,
    has_telling_weights,
    names_of,
    only_biases,
    ratio_name,
)
from bptui.core.check.fits import clear_entries, common_ratio
from bptui.core.check.regularization import regularization
from bptui.core.check.report import Diagnosis
from bptui.core.check.transposition import transpose

_FEW = 5
_FAR = 10.0
"""Error bounds that a difference must exceed for other entries to count as right."""


def bias(evidence: Evidence) -> Diagnosis | None:
    """Only biases are wrong: 0, times a factor, or in the wrong places."""
    pieces = evidence.wrong
    if not only_biases(pieces) or all(piece.bias.all() for piece in evidence.pieces):
        return None
    # Where no weight could have been wrong, a factor everywhere fits as well and is said too.
    if not has_telling_weights(evidence.pieces) and clear_entries(pieces) < 2:
        return None
    masks = [piece.bias for piece in pieces]
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
        return None
    return _bias_alone(pieces, said, ratio)


def bias_alone(evidence: Evidence) -> Diagnosis | None:
    """Only biases are wrong, all of them, by no formula."""
    pieces = evidence.wrong
    if not only_biases(pieces) or not has_telling_weights(evidence.pieces):
        return None
    if sum(int(piece.wrong.sum()) for piece in pieces) < sum(int(p.bias.sum()) for p in pieces):
        return None
    return _bias_alone(pieces, "all weights are right; look at the axis that δ is summed over")


def _bias_alone(pieces: Sequence[Piece], said: str, ratio: float | None = None) -> Diagnosis:
    where = names_of(pieces)
    return Diagnosis("bias", where, f"Only the bias gradient is wrong, in {where}: {said}.", ratio)


def _is_rolled(backprop: Array, numerical: Array) -> bool:
    same = np.allclose(np.sort(backprop), np.sort(numerical), rtol=CLOSE, atol=0.0)
    return bool(same and numerical.size > 1)


def precision(evidence: Evidence) -> Diagnosis | None:
    """Right, but only to single precision."""
    worst, off, seen = 0.0, 0, 0
    for piece in evidence.pieces:
        largest = float(np.abs(piece.numerical).max())
        apart = float(np.abs(piece.backprop - piece.numerical).max())
        if not np.isfinite(apart) or apart > 3e-5 * largest:
            return None
        # Where rounding to float32 would show, and shows.
        visible = piece.known & (1e-8 * np.abs(piece.numerical) > piece.bound)
        if visible.any() and not piece.wrong.any():
            return None
        worst = max(worst, apart / largest if largest else 0.0)
        off += int(piece.wrong.sum())
        seen += int(visible.sum())
    if worst < 1e-9 or off < max(2, 0.3 * seen):
        return None
    about = f"The gradient agrees to about {int(-np.log10(worst))} digits everywhere and no further"
    if _holds_single_precision(evidence.wrong):
        said = f"{about}, and it is made of numbers of float32; look for a conversion to float32."
        return Diagnosis("precision", EVERYWHERE, said)
    return Diagnosis(
        "precision",
        EVERYWHERE,
        f"{about}. Perhaps that is arithmetic in float32, or a small constant such as 1e-8 in "
        "only one of the two functions; but any mistake of little effect here looks like that.",
        sure=False,
    )


def _holds_single_precision(pieces: Sequence[Piece]) -> bool:
    """Return whether the biases, or all, are numbers of float32: chance makes one in 2²⁹ so."""
    for masks in ([piece.bias for piece in pieces], [piece.known for piece in pieces]):
        values = np.concatenate(
            [p.backprop[m & (p.backprop != 0.0)] for p, m in zip(pieces, masks, strict=True)]
        )
        if values.size > 1 and (values.astype(np.float32) == values).all():
            return True
    return False


def layer(evidence: Evidence) -> Diagnosis | None:
    """Right from the output down to some layer, wrong below, biases included."""
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
    # A wrong δ shows in biases; where none of them could show it, that is only likely.
    has_biases = any(piece.bias.any() for piece in bad)
    sure = not has_biases or any((piece.wrong & piece.bias).any() for piece in bad)
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
        f"on{factor}; {'' if sure else 'perhaps '}look at the step that takes δ from the one to "
        "the other: the transposed weights, and the derivative of the activation.",
        ratio,
        sure=sure,
    )


def _is_wrong_or_mute(piece: Piece) -> bool:
    """Return whether a wrong δ may have led to `piece`: to its weights and to its biases."""
    return all(
        (piece.wrong & part).any() or not (piece.telling & part).any()
        for part in (piece.bias, ~piece.bias)
    )


def weights_alone(evidence: Evidence) -> Diagnosis | None:
    """Weights are wrong, while the biases of their layers are right: so δ is."""
    wrong = evidence.wrong
    if any((piece.wrong & piece.bias).any() for piece in wrong):
        return None
    for pieces in evidence.layers():
        weights = sum(int((piece.wrong & ~piece.bias).sum()) for piece in pieces)
        biases = sum(int((piece.telling & piece.bias).sum()) for piece in pieces)
        if weights and not biases:
            return None
    entries = sum(int(piece.wrong.sum()) for piece in wrong)
    if entries < max(2, 0.3 * clear_entries(wrong)):
        return None
    where = names_of(wrong)
    return Diagnosis(
        "entries",
        where,
        f"Only the weights of {where} are wrong. The biases of the same layers are right, so δ is "
        "too; look at the activations that it is multiplied by: their layer, and whether they "
        "were kept from an earlier call.",
    )


def entries(evidence: Evidence) -> Diagnosis | None:
    """Only a few entries are wrong."""
    wrong = [
        (piece, tuple(int(i) for i in index))
        for piece in evidence.pieces
        for index in np.argwhere(piece.wrong)[: _FEW + 1]
    ]
    total = sum(piece.wrong.size for piece in evidence.pieces)
    # What only a penalty moves is evidence here where it is such an entry that is wrong.
    penalized = all(piece.penalty_alone and not piece.bias[index] for piece, index in wrong)
    right = [piece.clear if penalized else piece.telling for piece in evidence.pieces]
    seen = sum(int((p.wrong | r).sum()) for p, r in zip(evidence.pieces, right, strict=True))
    few = len(wrong) <= min(_FEW, seen // 4)
    if not few or not all(piece.whole for piece, _ in wrong):
        return None
    if len(wrong) > 1 and any(_is_wrong_altogether(pieces) for pieces in evidence.layers()):
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


def _is_wrong_altogether(pieces: Sequence[Piece]) -> bool:
    """Return whether a layer is wrong wherever that can be told."""
    wrong = any(piece.wrong.any() for piece in pieces)
    return wrong and not any((piece.telling & ~piece.wrong).any() for piece in pieces)


Mistake = Callable[[Evidence], Diagnosis | None]

FORMULAE: tuple[Mistake, ...] = (
    factor,
    regularization,
    bias,
    transpose,
)
"""Each says what every entry of the gradient under test is."""

PATTERNS: tuple[Mistake, ...] = (bias_alone, precision, layer, entries, weights_alone)
"""Each says where or how much it is wrong; the most particular first."""
