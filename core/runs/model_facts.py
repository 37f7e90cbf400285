"""What a checkpoint keeps of somebody's own model file: to know it again, and not to run it."""

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.data.input_file import display_name
from bptui.core.errors import InputError
from bptui.core.wording import counted

MODEL = "model"
"""Where it stands among the facts of a checkpoint; a network's has none."""
_MOST_AXES = 64
_LONGEST_AXIS = 2**40
_LONGEST_OF_NOTHING = 1000
"""Of an array that has no entries, for all of it may be drawn."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model file, as far as it is kept."""

    digest: str
    """SHA-256 of its text."""
    takes_seed: bool
    """Whether its parameters are drawn from a seed."""
    names: tuple[str, ...]
    """Of the arrays of parameters, in order: `W1`, `[0]`, `[0].b`."""
    shapes: tuple[tuple[int, ...], ...]
    """Of the same arrays."""

    def encoded(self) -> dict[str, Any]:
        """Return what JSON can hold of it."""
        arrays = [[name, list(shape)] for name, shape in zip(self.names, self.shapes, strict=True)]
        return {"sha256": self.digest, "takes_seed": self.takes_seed, "arrays": arrays}

    @classmethod
    def decoded(cls, facts: dict[str, Any]) -> "ModelFacts | None":
        """Read the facts of a checkpoint; those of a network's have no model.

        Raises:
            ValueError, TypeError or KeyError: they are not what bptui writes.
        """
        about = facts.get(MODEL)
        if about is None:
            return None
        names, shapes = [], []
        for name, shape in about["arrays"]:
            names.append(str(name))
            shapes.append(tuple(shape))
            if len(shape) > _MOST_AXES or not all(map(_is_size, shape)):
                raise ValueError("the shape of its parameters cannot be")
        return cls(str(about["sha256"]), bool(about["takes_seed"]), tuple(names), tuple(shapes))

    def split(self, theta: NDArray[Any]) -> tuple[NDArray[np.float64], ...]:
        """Cut a flat vector (P,) into the arrays.

        Raises:
            ValueError: it does not hold as many numbers, or an axis is beyond all measure.
        """
        sizes = [prod(shape) for shape in self.shapes]
        longest = max((axis for shape in self.shapes for axis in shape), default=0)
        if longest > max(theta.size, _LONGEST_OF_NOTHING):
            raise ValueError("the shape of its parameters cannot be")
        if theta.ndim != 1 or theta.dtype != np.float64 or theta.size != sum(sizes):
            raise ValueError("its parameters are not of its arrays")
        parts = np.split(theta, np.cumsum(sizes)[:-1]) if sizes else []
        return tuple(part.reshape(shape) for part, shape in zip(parts, self.shapes, strict=True))

    def check_parameters(self, now: "ModelFacts", name: str) -> None:
        """Check that what was saved fits the parameters of the file `name` as it is now.

        Raises:
            InputError: it does not; the message says where.
        """
        saved = list(zip(self.names, self.shapes, strict=True))
        there = list(zip(now.names, now.shapes, strict=True))
        if saved == there:
            return
        for (was, had), (named, has) in zip(saved, there, strict=False):
            if (was, had) != (named, has):
                raise InputError(
                    f"{display_name(was)} of shape {had} was saved, and in {name} "
                    f"{display_name(named)} of shape {has} stands in its place"
                )
        raise InputError(
            f"{counted(len(saved), 'array')} of parameters {'was' if len(saved) == 1 else 'were'} "
            f"saved, and {name} has {len(there):,}"
        )


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LONGEST_AXIS
