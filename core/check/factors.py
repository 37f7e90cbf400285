"""Constant factors: the whole gradient, or one layer or array of it, times a number."""

from collections.abc import Sequence

from bptui.core.check.evidence import Evidence, Facts, Piece
from bptui.core.check.fits import Factor, clear_entries, common_factor
from bptui.core.check.report import Diagnosis
from bptui.core.wording import listed

EVERYWHERE = "everywhere"


def names_of(pieces: Sequence[Piece]) -> str:
    """Return `W1`, or `W1, b1 and W2`."""
    return listed([piece.name for piece in pieces])


def place_of(evidence: Evidence, pieces: Sequence[Piece]) -> str:
    """Return the names of `pieces`, or `everywhere` where they are all there are."""
    return EVERYWHERE if len(pieces) == len(evidence.pieces) else names_of(pieces)


def _number(value: float) -> str:
    nearest = round(value, 6)
    return f"{value:.6g}" if abs(nearest) < 1e-3 else f"{nearest:g}"


def names_of_ratio(ratio: float, facts: Facts) -> list[str]:
    """Return what a ratio equals: `2`, `1/2`, `N·K/2`; nothing where it is a mere number."""
    samples, outputs = facts.samples, facts.outputs
    known: dict[str, float] = {"2": 2.0, "1/2": 0.5, "-2": -2.0, "-1/2": -0.5}
    if samples:
        n = float(samples)
        known |= {"N": n, "1/N": 1 / n, "2 N": 2 * n, "N/2": n / 2, "2/N": 2 / n}
        known |= {"N/(N+1)": n / (n + 1), "N/(N-1)": n / (n - 1) if n > 1 else 0.0}
        known |= {"(N-1)/N": (n - 1) / n, "1/N²": 1 / n**2, "N²": n**2}
    if outputs and outputs > 1:
        k = float(outputs)
        known |= {"K": k, "1/K": 1 / k, "K/2": k / 2, "2/K": 2 / k}
    if samples and outputs:
        both = float(samples * outputs)
        known |= {"N·K": both, "1/(N·K)": 1 / both, "N·K/2": both / 2, "2/(N·K)": 2 / both}
    return [
        name
        for name, value in known.items()
        if value not in (0.0, 1.0) and abs(ratio - value) <= 1e-4 * abs(value)
    ]


def ratio_name(ratio: float, facts: Facts) -> str:
    """Return a ratio for a sentence: what it equals, or only its digits."""
    equal = names_of_ratio(ratio, facts)
    if not equal:
        return _number(ratio)
    here = [f"N = {facts.samples}"] if facts.samples else []
    here += [f"K = {facts.outputs}"] if facts.outputs else []
    plain = [name for name in equal if "N" not in name and "K" not in name]
    symbolic = [name for name in equal if name not in plain]
    if not symbolic:
        return plain[0]
    value = plain[0] if plain else _number(ratio)
    return f"{value}, which is {' or '.join(symbolic)} ({', '.join(here)})"


def only_biases(pieces: Sequence[Piece]) -> bool:
    """Return whether every wrong entry belongs to a bias."""
    return not any((piece.wrong & ~piece.bias).any() for piece in pieces)


def has_telling_weights(pieces: Sequence[Piece]) -> bool:
    """Return whether there is a weight that could have been seen to be wrong."""
    return any((piece.telling & ~piece.bias).any() for piece in pieces)


def factor(evidence: Evidence) -> Diagnosis | None:
    """A constant factor, a sign or a zero: everywhere, in one layer or in one array."""
    wrong = evidence.wrong
    if only_biases(wrong) and has_telling_weights(evidence.pieces):
        return None
    found = _believed(evidence.pieces, evidence.facts)
    if found is not None:
        return _said(evidence, evidence.pieces, EVERYWHERE, found)
    for place, pieces in enumerate(evidence.layers()):
        if not set(map(id, wrong)) <= set(map(id, pieces)):
            continue
        found = _believed(pieces, evidence.facts)
        # In the lowest layer another factor is as likely one of δ on its way down.
        if found is not None and (place or round(found.ratio, 4) in (0.0, -1.0)):
            return _said(evidence, pieces, names_of(pieces), found)
    found = _believed(wrong, evidence.facts) if len(wrong) == 1 else None
    return None if found is None else _said(evidence, wrong, wrong[0].name, found)


def _believed(pieces: Sequence[Piece], facts: Facts) -> Factor | None:
    """Return the factor between the two gradients; none that rests on one entry alone."""
    found = common_factor(pieces)
    wrong = sum(int(piece.wrong.sum()) for piece in pieces)
    if found is None or (clear_entries(pieces) > 1 and wrong > 1):
        return found
    single = sum(int(piece.wrong.size) for piece in pieces) == 1
    known = abs(found.ratio + 1.0) <= 1e-4 or names_of_ratio(found.ratio, facts)
    return found if known and not single else None


def _said(evidence: Evidence, pieces: Sequence[Piece], where: str, found: Factor) -> Diagnosis:
    ratio = found.ratio
    place = "everywhere" if where == EVERYWHERE else f"in all of {where} and only there"
    if found.penalty:
        place += f", {found.penalty:.4g} times the weights apart (the L2 penalty, which is right)"
    sure = "exactly" if clear_entries(pieces) >= 3 else "close to"
    if ratio == 0.0:
        return Diagnosis(
            "scale",
            where,
            f"The gradient is 0 {place} and should not be; look for an array that is made but "
            "never filled, or a product with a zero.",
            ratio,
        )
    if abs(ratio + 1.0) <= 1e-4:
        return Diagnosis(
            "sign",
            where,
            f"The sign is wrong {place}: backprop / numerical is {sure} -1; look for y - ŷ in "
            "place of ŷ - y, or for a minus sign that belongs to the update.",
            ratio,
        )
    return Diagnosis(
        "scale",
        where,
        f"A constant factor is wrong {place}: backprop / numerical is {sure} "
        f"{ratio_name(ratio, evidence.facts)}; look at the mean over samples and outputs, and at "
        "the 2 of a square.",
        ratio,
    )
