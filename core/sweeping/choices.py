"""The choices of a sweep as Python code gives them: made sure of, and made plain values."""

import math
import operator
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from types import NoneType
from typing import Any, get_args, get_type_hints

import numpy as np

from bptui.core.configuration import Configuration
from bptui.core.data.input_file import quoted
from bptui.core.errors import InputError, check_choice
from bptui.core.sweeping.plan import SWEPT
from bptui.core.sweeping.runner import check_workers

_LISTS = (list, tuple, range, np.ndarray)
_LARGEST = 2**63 - 1
_SIZES = ("layers", "hidden")
_HINTS = get_type_hints(Configuration)


def checked_choices(
    choices: Mapping[str, Any],
) -> tuple[Configuration, dict[str, tuple[Any, ...]]]:
    """Return the configuration that all settings share, and the values to try by name.

    Args:
        choices: fields of `Configuration`; those in `SWEPT` may be lists of values, NumPy's too.

    Raises:
        InputError: a name is unknown, or a value is of a kind that its choice cannot have.
    """
    known = [field.name for field in fields(Configuration)]
    for name in choices:
        check_choice("sweep", name, known)
    base = {
        name: checked_choice(name, value) for name, value in choices.items() if name not in SWEPT
    }
    axes = {
        name: tuple(checked_choice(name, one) for one in _several(name, choices[name]))
        for name in SWEPT
        if name in choices
    }
    return Configuration(**base), axes


def checked_choice(name: str, value: Any) -> Any:
    """Return the value of one choice as `Configuration` holds it.

    Raises:
        InputError: it is of a kind that this choice cannot have.
    """
    hint = _HINTS[name]
    kind, *others = (hint,) if hint in _KINDS else get_args(hint)
    if value is None and NoneType in others:
        return None
    words, plain = _KINDS[kind]
    with _is(name, value, words):
        return plain(value)


def checked_way(
    seeds: Any, folder: Any, workers: Any, scheduler: Any, progress: Any
) -> tuple[int, Path | None, int | None]:
    """Check how a sweep is to be done, and return its seeds, folder and workers as plain values.

    Raises:
        InputError: something is of a kind that it cannot be, or does not go with the rest.
    """
    with _is("seeds", seeds, "a whole number"):
        seeds = _whole(seeds)
    if folder is not None:
        with _is("folder", folder, "the path of a folder"):
            folder = Path(_text(folder))
    if workers is not None:
        with _is("workers", workers, "a whole number"):
            workers = _whole(workers)
            check_workers(workers)
    if scheduler is not None:
        with _is("scheduler", scheduler, "the address of a Dask scheduler"):
            _text(scheduler)
    if workers is not None and scheduler is not None:
        raise InputError("workers: the scheduler has workers of its own; give one of them")
    if progress is not None and not callable(progress):
        raise InputError(f"progress: {quoted(progress)} is not a function")
    return seeds, folder, workers


@contextmanager
def _is(name: str, value: Any, words: str) -> Iterator[None]:
    """Say what `value` should be where it is not that."""
    try:
        yield
    except InputError:
        raise
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name}: {quoted(value)} is not {words}") from None


def _several(name: str, value: Any) -> tuple[Any, ...]:
    """Return the values to try of what may be one or a list of them."""
    if not isinstance(value, _LISTS) or (isinstance(value, np.ndarray) and not value.ndim):
        return (value,)
    if name in _SIZES and not any(one is None or isinstance(one, _LISTS) for one in value):
        return (value,)
    return tuple(value)


def _whole(value: Any) -> int:
    if isinstance(value, (bool, np.bool_)):
        raise TypeError
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        value = int(value)
    number = operator.index(value)
    if abs(number) > _LARGEST:
        raise OverflowError
    return number


def _real(value: Any) -> float:
    if isinstance(value, (bool, np.bool_, str, bytes)) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError
    return bool(value)


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        raise TypeError
    return str(os.fspath(value))


def _sizes(value: Any) -> tuple[int, ...]:
    if not isinstance(value, _LISTS):
        raise TypeError
    return tuple(_whole(size) for size in value)


def _columns(value: Any) -> tuple[str, ...]:
    columns = value if isinstance(value, (list, tuple)) else (value,)
    return tuple(str(_whole(one)) if isinstance(one, int) else _text(one) for one in columns)


_KINDS: dict[Any, tuple[str, Callable[[Any], Any]]] = {
    int: ("a whole number", _whole),
    float: ("a finite number", _real),
    bool: ("True or False", _truth),
    str: ("a name", _text),
    tuple[int, ...]: ("a list of sizes such as (2, 2, 1)", _sizes),
    tuple[str, ...]: ("a column or a list of columns", _columns),
}
"""What each kind of value is called, and what makes a plain one of it or raises."""
