"""Which entries of a network are checked: all of them, or a draw from every array."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.complex_step import EVERY_ROW, Rows, cost_is_perturbed_apart
from bptui.core.layers import layer_shapes

Array = NDArray[Any]

MOST_BY_COMPLEX_STEP = 500_000
"""Entries that a complex step per unit gives at most: more take much memory."""
MOST_DIFFERENCES = 2_500
"""Entries that differences are taken of at most: each takes evaluations of the cost."""
_MOST_PRODUCTS = 1_000_000_000
"""Multiplications that the complex step may take; about a third of a second."""
_MOST_PRODUCTS_OF_DIFFERENCES = 50_000_000_000
"""Multiplications that differences may take; about ten seconds."""
_FEWEST_DIFFERENCES = 64
_COST = 30
"""Multiplications that take about as long as the complex cost of one output."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Entries of Θ, the arrays one after the other."""

    parts: list[tuple[slice, tuple[int, ...]]]
    """Of every array, where its entries are among all that are drawn, and in what shape.

    That is (rows, columns) of whole rows, or (n,).
    """
    rows: list[Rows]
    """Of every array, the rows that have been drawn, if whole ones are."""
    places: list[NDArray[np.intp] | None]
    """Of every array, the flat indices of what is drawn from it; `None` if it is all."""
    entries: NDArray[np.intp] | None
    """The flat indices in Θ of all that is drawn, ascending; `None` if it is everything."""

    @property
    def count(self) -> int:
        """How many entries are drawn."""
        return self.parts[-1][0].stop

    def of(self, flat: Array) -> Array:
        """Return these entries of a flat vector (P,)."""
        return flat if self.entries is None else flat[self.entries]

    def split(self, values: Array) -> list[Array]:
        """Return views of a vector with one value an entry, one for each array."""
        return [values[part].reshape(shape) for part, shape in self.parts]

    def split_for_report(self, values: Array) -> list[Array]:
        """Return the same with what is drawn as (n,) also where it is whole rows."""
        if self.entries is None:
            return self.split(values)
        return [
            view if places is None else view.ravel()
            for view, places in zip(self.split(values), self.places, strict=True)
        ]


@lru_cache(maxsize=8)
def whole_rows(
    layers: tuple[int, ...], output: str, samples: int, most: int | None, seed: int
) -> Draw:
    """Draw units, whose rows of Θ are then checked whole: that costs no more than one entry.

    Args:
        layers: sizes of all layers.
        output: activation of the output layer.
        samples: N.
        most: how many entries to check at most, but for a row in every array; `None` is
            as many as take little time and memory.
        seed: of the draw.
    """
    shapes = layer_shapes(layers)
    total = sum(map(math.prod, shapes))
    most = MOST_BY_COMPLEX_STEP if most is None else most
    counts = []
    for layer, (units, _) in enumerate(shapes):
        above = layers[layer + 2 :]
        products = layers[-1] + sum(above[:1]) + sum(a * b for a, b in pairwise(above))
        if not cost_is_perturbed_apart(layers, output) or (not above and output == "softmax"):
            products += _COST * layers[-1]
        within_time = _MOST_PRODUCTS // (len(shapes) * samples * products)
        within_memory = most * units // total
        counts.append(max(1, min(units, within_time, within_memory)))
    if counts == [units for units, _ in shapes]:
        return _all(shapes)
    generator = np.random.default_rng(seed)
    rows: list[Rows] = []
    places = []
    for count, (units, columns) in zip(counts, shapes, strict=True):
        chosen = np.sort(generator.choice(units, count, replace=False))
        rows.append(chosen)
        places.append((chosen[:, np.newaxis] * columns + np.arange(columns)).ravel())
    drawn = [(count, columns) for count, (_, columns) in zip(counts, shapes, strict=True)]
    return _drawn(shapes, drawn, rows, places)


def single_entries(layers: Sequence[int], samples: int, most: int | None, seed: int) -> Draw:
    """Draw entries, from every array in proportion to its size, one at the least.

    Args:
        layers: sizes of all layers.
        samples: N.
        most: how many to check at most; `None` is as many as take seconds.
        seed: of the draw.
    """
    shapes = layer_shapes(layers)
    total = sum(map(math.prod, shapes))
    if most is None:
        in_time = _MOST_PRODUCTS_OF_DIFFERENCES // (4 * samples * total)
        most = min(MOST_DIFFERENCES, max(_FEWEST_DIFFERENCES, in_time))
    if total <= most:
        return _all(shapes)
    generator = np.random.default_rng(seed)
    sizes = map(math.prod, shapes)
    places = [
        np.sort(generator.choice(size, max(1, most * size // total), replace=False))
        for size in sizes
    ]
    drawn = [(len(chosen),) for chosen in places]
    return _drawn(shapes, drawn, [EVERY_ROW] * len(shapes), places)


def _all(shapes: Sequence[tuple[int, int]]) -> Draw:
    return Draw(_parts(shapes), [EVERY_ROW] * len(shapes), [None] * len(shapes), None)


def _drawn(
    shapes: Sequence[tuple[int, int]],
    drawn: Sequence[tuple[int, ...]],
    rows: list[Rows],
    places: Sequence[NDArray[np.intp]],
) -> Draw:
    """Return a draw; an array of which everything is drawn keeps its shape and needs no places."""
    starts = accumulate(map(math.prod, shapes), initial=0)
    entries = [start + chosen for start, chosen in zip(starts, places, strict=False)]
    whole = [len(chosen) == math.prod(shape) for chosen, shape in zip(places, shapes, strict=True)]
    kept = [shape if full else part for full, shape, part in zip(whole, shapes, drawn, strict=True)]
    return Draw(
        _parts(kept),
        rows,
        [None if full else chosen for full, chosen in zip(whole, places, strict=True)],
        np.concatenate(entries),
    )


def _parts(shapes: Sequence[tuple[int, ...]]) -> list[tuple[slice, tuple[int, ...]]]:
    ends = accumulate(map(math.prod, shapes), initial=0)
    return [
        (slice(start, end), shape)
        for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
    ]
