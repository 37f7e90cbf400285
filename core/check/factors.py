"""Constant factors: the whole gradient, or one array of it, times a number."""

from collections.abc import Sequence

from bptui.core.check.evidence import Evidence, Facts, Piece, clear_entries, common_ratio
from bptui.core.check.report import Diagnosis

EVERYWHERE = "everywhere"


def names_of(pieces: Sequence[Piece]) -> str:
    """Return `W1`, or `W1, b1 and W2`."""
    names = [piece.name for piece in pieces]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def place_of(evidence: Evidence, pieces: Sequence[Piece]) -> str:
    """Return the names of `pieces`, or `everywhere` where they are all there are."""
    return EVERYWHERE if len(pieces) == len(evidence.pieces) else names_of(pieces)


def _number(value: float) -> str:
    nearest = round(value, 6)
    return f"{value:.6g}" if abs(nearest) < 1e-3 else f"{nearest:g}"


def ratio_name(ratio: float, facts: Facts) -> str:
    """Return what a ratio equals: `2`, `1/2`, `N·K/2`; only its digits where it is none."""
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
    equal = [
        name
        for name, value in known.items()
        if value not in (0.0, 1.0) and abs(ratio - value) <= 1e-4 * abs(value)
    ]
    if not equal:
        return _number(ratio)
    here = [f"N = {samples}"] if samples else []
    here += [f"K = {outputs}"] if outputs else []
    plain = [name for name in equal if "N" not in name and "K" not in name]
    symbolic = [name for name in equal if name not in plain]
    if not symbolic:
        return plain[0]
    value = plain[0] if plain else _number(ratio)
    return f"{value}, which is {' or '.join(symbolic)} ({', '.join(here)})"


def _sure(pieces: Sequence[Piece]) -> str:
    return "exactly" if clear_entries(pieces) >= 3 else "it looks like"


def _factor_everywhere(evidence: Evidence) -> float | None:
    """Return the factor that the whole gradient is off by."""
    ratio = common_ratio(evidence.wrong)
    pieces = evidence.pieces
    if ratio is None or (only_biases(evidence.wrong) and has_clear_weights(pieces)):
        return None
    return ratio if all(piece.matches(ratio * piece.numerical) for piece in pieces) else None


def only_biases(pieces: Sequence[Piece]) -> bool:
    """Return whether every wrong entry belongs to a bias."""
    return not any((piece.wrong & ~piece.bias).any() for piece in pieces)


def has_clear_weights(pieces: Sequence[Piece]) -> bool:
    """Return whether there is a weight that could have been seen to be wrong."""
    return any((piece.clear & ~piece.bias).any() for piece in pieces)


def factor_everywhere(evidence: Evidence) -> Diagnosis | None:
    """A constant factor, or a sign, in the whole gradient."""
    ratio = _factor_everywhere(evidence)
    return None if ratio is None else _factor(evidence, evidence.pieces, EVERYWHERE, ratio)


def factor_in_one_array(evidence: Evidence) -> Diagnosis | None:
    """A constant factor, or a sign, in one array alone."""
    pieces = evidence.wrong
    ratio = common_ratio(pieces) if len(pieces) == 1 and pieces[0].wrong.size > 1 else None
    return None if ratio is None else _factor(evidence, pieces, pieces[0].name, ratio)


def _factor(evidence: Evidence, pieces: Sequence[Piece], where: str, ratio: float) -> Diagnosis:
    place = "everywhere" if where == EVERYWHERE else f"in all of {where} and only there"
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
