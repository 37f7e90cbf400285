"""Ways to draw the first Θ of a layer, biases in column 0."""

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.errors import InputError, check_choice, printable
from bptui.core.layers import layer_shapes

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Initializer:
    """How to draw one layer."""

    draw: Callable[[Any, tuple[int, int], float], Floats]
    """`draw(generator, shape, scale)` returns Θ of `shape` (s_{l+1}, s_l + 1)."""
    scale: float
    """The default scale."""
    generator: Callable[[int], Any] = np.random.default_rng
    """Makes the random generator from a seed."""
    reseed: Callable[[Any, int], object] | None = None
    """Makes an old generator as good as a new one, where that is quicker."""


def _uniform(generator: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    return scale * generator.uniform(-1.0, 1.0, shape)


def _article(generator: np.random.RandomState, shape: tuple[int, int], scale: float) -> Floats:
    return scale * generator.rand(*shape)


def _xavier(generator: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    outputs, inputs = shape[0], shape[1] - 1
    theta = scale * np.sqrt(6.0 / (inputs + outputs)) * generator.uniform(-1.0, 1.0, shape)
    theta[:, 0] = 0.0
    return theta


def _he(generator: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    theta = scale * np.sqrt(2.0 / (shape[1] - 1)) * generator.normal(0.0, 1.0, shape)
    theta[:, 0] = 0.0
    return theta


def _constant(generator: np.random.Generator, shape: tuple[int, int], scale: float) -> Floats:
    return np.full(shape, scale)


INITIALIZERS: dict[str, Initializer] = {
    # uniform on [-scale, scale]
    "uniform": Initializer(_uniform, 1.0),
    # uniform on [0, scale) by NumPy's legacy generator, so that old seeds mean what they meant
    "article": Initializer(_article, 1.0, np.random.RandomState, np.random.RandomState.seed),
    # Glorot & Bengio 2010, uniform; biases 0
    "xavier": Initializer(_xavier, 1.0),
    # He et al. 2015, normal; biases 0
    "he": Initializer(_he, 1.0),
    # every entry the same: the symmetry that training cannot break
    "constant": Initializer(_constant, 0.5),
}

LARGEST_SEED = 2**32 - 1
LARGEST_SCALE = 1e30
"""Single precision ends at 3e38."""


def check_seed(seed: int) -> int:
    """Return `seed` if every generator takes it.

    Raises:
        InputError: it is not a whole number from 0 to 2³² − 1.
    """
    try:
        number = operator.index(seed)
    except TypeError:
        number = -1
    if not 0 <= number <= LARGEST_SEED:
        raise InputError(f"seed: {printable(seed)} is not a whole number from 0 to {LARGEST_SEED}")
    return number


def initial_theta(
    layers: Sequence[int], init: str, seed: int, scale: float | None = None
) -> Floats:
    """Draw the flat Θ of a whole network, layer after layer.

    Args:
        layers: sizes of all layers, input and output included.
        init: a name in `INITIALIZERS`.
        seed: 0 to 2³² − 1; the same seed draws the same Θ.
        scale: multiplies the initializer's own width; `None` is its default.

    Raises:
        InputError: an unknown name, a seed out of range or a scale too large to draw with.
    """
    return initial_thetas(layers, init, [seed], scale)[:, 0]


def initial_thetas(
    layers: Sequence[int], init: str, seeds: Sequence[int], scale: float | None = None
) -> Floats:
    """Return what `initial_theta` draws for each seed, in columns, (P, S).

    Raises:
        InputError: as `initial_theta` does.
    """
    initializer = INITIALIZERS[check_choice("init", init, INITIALIZERS)]
    width = initializer.scale if scale is None else scale
    if not -LARGEST_SCALE <= width <= LARGEST_SCALE:
        raise InputError(
            f"init-scale: {width} is not a number between -{LARGEST_SCALE:g} and {LARGEST_SCALE:g}"
        )
    shapes = layer_shapes(layers)
    drawn = np.empty((sum(map(math.prod, shapes)), len(seeds)))
    generator = None
    for place, seed in enumerate(seeds):
        if generator is None or initializer.reseed is None:
            generator = initializer.generator(check_seed(seed))
        else:
            initializer.reseed(generator, check_seed(seed))
        parts = [initializer.draw(generator, shape, width).ravel() for shape in shapes]
        np.concatenate(parts, out=drawn[:, place])
    return drawn
