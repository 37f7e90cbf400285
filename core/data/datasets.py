"""Finding a data set by its name: a built-in one, or a file."""

import math
import operator
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bptui.core.data.dataset import Dataset
from bptui.core.data.generators import GENERATORS
from bptui.core.data.input_file import open_input_file, quoted
from bptui.core.errors import InputError, did_you_mean

MOST_SAMPLES = 1_000_000
MOST_NOISE = 1e6
_TEXT_SUFFIXES = (".csv", ".tsv", ".txt")

__all__ = ["GENERATORS", "MOST_NOISE", "MOST_SAMPLES", "load_dataset"]


def load_dataset(
    name: str | os.PathLike[str],
    *,
    target: str | Sequence[str] = (),
    samples: int | None = None,
    noise: float | None = None,
    seed: int = 0,
) -> Dataset:
    """Return the built-in data set called `name`, or the one in the file at that path.

    Args:
        name: One of `GENERATORS`, or the path of a `.csv` or `.npz` file.
        target: Target columns of a CSV file; empty means its last column.
        samples: How many samples a built-in set gets; `None` is its own number.
        noise: Standard deviation of the noise of a built-in set; `None` is its own.
        seed: Of the noise and the samples drawn; the same seed gives the same data.

    Raises:
        InputError: there is no such data set, an option does not go with it, or its file
            cannot be used.
    """
    target = (target,) if isinstance(target, str) else tuple(target)
    if isinstance(name, str) and not _looks_like_a_path(name):
        return _generate(name, target, samples, noise, seed)
    path = Path(name)
    for option, value in (("samples", samples), ("noise", noise)):
        if value is not None:
            raise InputError(
                f"{option}: {quoted(path)} is a file; only a built-in data set has {option} "
                "to choose"
            )
    suffix = path.suffix.lower()
    if suffix == ".npz":
        if target:
            raise InputError(
                f"target: {quoted(path)} is an NPZ file, whose targets are its array y; "
                "only a CSV file has target columns to choose"
            )
        from bptui.core.data.npz_file import load_npz

        return load_npz(path)
    if suffix in _TEXT_SUFFIXES:
        from bptui.core.data.csv_file import load_csv

        return load_csv(path, target)
    # A missing file or a directory is the likelier mistake, and says so.
    open_input_file(path).close()
    raise InputError(
        f"data: {quoted(path)} is not a kind of file that can be read; "
        "use .csv (or .tsv, .txt) or .npz"
    )


def _looks_like_a_path(name: str) -> bool:
    return "/" in name or os.sep in name or Path(name).suffix != "" or name.startswith(".")


def _generate(
    name: str, target: Sequence[str], samples: int | None, noise: float | None, seed: int
) -> Dataset:
    generator = GENERATORS.get(name)
    if generator is None:
        raise InputError(
            f"data: unknown name {quoted(name)}{did_you_mean(name, GENERATORS)}; choose one of "
            f"{', '.join(GENERATORS)}, or give the path of a .csv or .npz file"
        )
    if target:
        raise InputError(
            f"target: '{name}' is built in; only a CSV file has target columns to choose"
        )
    count = generator.samples if samples is None else _whole_number("samples", samples)
    if not generator.fewest_samples <= count <= MOST_SAMPLES:
        raise InputError(
            f"samples: {count} is not possible for '{name}'; give a number from "
            f"{generator.fewest_samples} to {MOST_SAMPLES:,}"
        )
    deviation = generator.noise if noise is None else _real_number("noise", noise)
    if not 0 <= deviation <= MOST_NOISE:
        raise InputError(
            f"noise: {deviation:g} is not possible; give a number from 0 to {MOST_NOISE:,.0f}"
        )
    seed = _whole_number("seed", seed)
    if seed < 0:
        raise InputError(f"seed: {seed} is negative; give a whole number from 0")
    X, y = generator.draw(count, deviation, np.random.default_rng(seed))
    return Dataset(
        name, X, y, generator.feature_names, ("y",), generator.task, generator.class_names
    )


def _whole_number(what: str, value: object) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        return operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise InputError(f"{what}: {quoted(value)} is not a whole number") from None


def _real_number(what: str, value: object) -> float:
    if isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            return math.inf
    raise InputError(f"{what}: {quoted(value)} is not a number")
