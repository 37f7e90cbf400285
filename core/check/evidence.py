"""What a failing check knows, laid out so that mistakes can be looked for in it."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.report import VERDICTS, Report

Array = NDArray[Any]

CLOSE = 1e-6
"""Relative difference up to which two gradients are taken as the same formula."""
_CLEAR = 30.0
"""Error bounds that a value must exceed to count in a ratio."""
_BIAS = re.compile(r"(^|[.\]_])b(ias(es)?)?(_?[a-z]{0,3})?_?\d*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the report; everything may be left out."""

    parameters: Sequence[Array] | None = None
    """The parameters, one array for each of the report."""
    samples: int | None = None
    """N."""
    outputs: int | None = None
    """K."""
    bias_column: bool = False
    """Whether column 0 of every array is the bias, as in Θ."""
    numerical_at: Callable[[Sequence[Array]], Sequence[Array]] | None = None
    """Returns the numerical gradient at other parameters."""
    slope_at: Callable[[Sequence[Array], Sequence[Array]], float] | None = None
    """Returns the slope of the cost at other parameters along a direction."""
    changed: Sequence[Array] | None = None
    """What the gradient function made of its parameters, where it changed them."""
    cost_changes_parameters: bool = False
    cost_spread: float = 0.0
    """Largest minus smallest cost at the same parameters, where it is not repeatable."""
    gradient_repeatable: bool = True
    gradient_stuck: bool = False
    """Whether it is the same at other parameters, and wrong there."""
    adds_up: Sequence[NDArray[np.bool_]] = ()
    """Of each array, the entries to which every call adds; the report is of what one call adds."""
    coarse: Sequence[str | None] = ()
    """Of each array the dtype its gradient came in, where that has fewer digits than it has."""
    beside: Report | None = None
    """The check at parameters beside a kink that these stand at."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One array of the report."""

    name: str
    backprop: Array
    numerical: Array
    bound: Array
    wrong: NDArray[np.bool_]
    known: NDArray[np.bool_]
    """Which entries pass or fail: the others are evidence of nothing."""
    bias: NDArray[np.bool_]
    """Which entries belong to a bias."""
    parameters: Array | None
    penalty_alone: bool
    """Whether nothing but a penalty moves its weights, so that they show no mistake of δ."""
    whole: bool
    """Whether all entries were checked, so that the array has its own shape."""

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Entries whose numerical derivative is far above its error bound."""
        largest = np.abs(self.numerical).max(initial=0.0)
        large = np.abs(self.numerical) > np.maximum(_CLEAR * self.bound, 1e-9 * largest)
        return large & self.known

    @property
    def telling(self) -> NDArray[np.bool_]:
        """Clear entries, but those that are nothing but an L2 penalty."""
        return self.clear & (self.bias | (not self.penalty_alone))

    @property
    def penalty(self) -> float | None:
        """c where the derivative by every weight is c θ, as if there were only a penalty."""
        if self.parameters is None:
            return None
        n, weights, bias = (
            values[self.known] for values in (self.numerical, self.weights, self.bias)
        )
        if not weights.any():
            return None
        factor = float(n @ weights / (weights @ weights))
        slack = 2.0 * self.bound[self.known] + CLOSE * np.abs(factor * weights)
        fits = bool((np.abs(n - factor * weights) <= slack)[~bias].all())
        return factor if fits and factor > 0.0 else None

    @property
    def weights(self) -> Array:
        """The parameters as float64, 0 for biases: what an L2 penalty adds, to a factor."""
        values: Array = np.where(self.bias, 0.0, np.asarray(self.parameters, np.float64))
        return values

    def matches(self, expected: Array, where: NDArray[np.bool_] | None = None) -> bool:
        """Return whether the gradient under test is `expected`."""
        with np.errstate(all="ignore"):
            size = np.abs(expected)
            factor = 4.0 * (1.0 + size.max(initial=0.0) / (_largest(self.numerical) or 1.0))
            slack = factor * self.bound + CLOSE * size + 1e-3 * CLOSE * size.max(initial=0.0)
            same = (np.abs(self.backprop - expected) <= slack) | ~self.known
        return bool(same.all() if where is None else same[where].all())


class Evidence:
    """All arrays of a failing report."""

    def __init__(self, report: Report, facts: Facts) -> None:
        """Lay out `report`."""
        self.facts = facts
        parameters: Sequence[Any] = facts.parameters or [None] * len(report.arrays)
        matrices = any(len(array.shape) > 1 for array in report.arrays)
        self.pieces: list[Piece] = []
        for array, values in zip(report.arrays, parameters, strict=True):
            if not array.backprop.size:
                continue
            if values is not None and array.drawn is not None:
                values = np.asarray(values).ravel()[array.drawn]
            self.pieces.append(
                Piece(
                    array.name,
                    array.backprop,
                    array.numerical,
                    array.error_bound,
                    array.verdicts == VERDICTS.index("fail"),
                    np.isin(array.verdicts, (VERDICTS.index("pass"), VERDICTS.index("fail"))),
                    _bias(array.name, array.shape, array.backprop.shape, facts, matrices),
                    values,
                    False,
                    array.drawn is None,
                )
            )
        self.pieces = _with_penalties(self.pieces)

    @property
    def wrong(self) -> list[Piece]:
        """The arrays with a wrong entry."""
        return [piece for piece in self.pieces if piece.wrong.any()]

    def layers(self) -> Iterator[list[Piece]]:
        """Yield the arrays of each layer, from the input on: `W1` and `b1` are one layer."""
        numbers = [re.search(r"(\d+)\]?$", piece.name) for piece in self.pieces]
        named = all(number is not None for number in numbers)
        if not named or self.facts.bias_column or self.pieces[0].name.startswith("["):
            yield from self._neighbours()
            return
        groups: dict[int, list[Piece]] = {}
        for piece, number in zip(self.pieces, numbers, strict=True):
            assert number is not None
            groups.setdefault(int(number[1]), []).append(piece)
        for key in sorted(groups):
            yield groups[key]

    def _neighbours(self) -> Iterator[list[Piece]]:
        """Yield each array together with the biases that follow it."""
        group: list[Piece] = []
        for piece in self.pieces:
            if group and not (piece.bias.all() and not group[-1].bias.all()):
                yield group
                group = []
            group.append(piece)
        yield group


def _with_penalties(pieces: list[Piece]) -> list[Piece]:
    """Mark the arrays whose weights only a penalty moves.

    Of a single weight any derivative is a multiple; but not the same one as elsewhere.
    """
    factors = [piece.penalty for piece in pieces]
    sizes = [
        np.count_nonzero(piece.weights) if c else 0
        for piece, c in zip(pieces, factors, strict=True)
    ]

    def is_penalty(place: int) -> bool:
        c = factors[place]
        same = sum(
            size
            for other, size in zip(factors, sizes, strict=True)
            if c is not None and other is not None and abs(other - c) <= CLOSE * c
        )
        return bool(same > 1)

    return [replace(piece, penalty_alone=is_penalty(i)) for i, piece in enumerate(pieces)]


def _bias(
    name: str,
    shape: tuple[int, ...],
    checked: tuple[int, ...],
    facts: Facts,
    matrices: bool,
) -> NDArray[np.bool_]:
    mask = np.zeros(checked, bool)
    if facts.bias_column:
        if mask.ndim == 2:
            mask[:, 0] = True
        return mask
    flat = sum(size != 1 for size in shape) <= 1
    mask[...] = flat and (bool(_BIAS.search(name)) or (matrices and len(shape) <= 1))
    return mask


def _largest(array: Array) -> float:
    return float(np.abs(array[np.isfinite(array)]).max(initial=0.0))
