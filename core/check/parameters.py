"""Parameters of any shape people keep them in: arrays, lists, tuples, dicts, nested or not."""

import copy
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.errors import InputError, printable

Array = NDArray[Any]

_DEEPEST = 20


class Layout:
    """Where the arrays are in a structure, and how to put other arrays in their place."""

    def __init__(self, parameters: Any) -> None:
        """Look through `parameters`.

        Raises:
            InputError: something in it is not a real number or an array of them.
        """
        self._template = parameters
        self.arrays: list[Array] = []
        """A copy of every array, in order; whole numbers become float64."""
        self.names: list[str] = []
        """Their names: `W1`, `[0]`, `[0].b`; `parameters` for a single one."""
        with _foreign("parameters"):
            self._collect(parameters, "", 0)
        if not sum(array.size for array in self.arrays):
            raise InputError("parameters: there is no number in them to check")
        for name, array in zip(self.names, self.arrays, strict=True):
            if not np.isfinite(array).all():
                raise InputError(f"parameters{_of(name)}: a value in it is not finite")

    def _collect(self, value: Any, name: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise InputError("parameters: they are nested too deeply, or contain themselves")
        for key, child in _children(value):
            self._collect(child, _child_name(name, key), depth + 1)
        if not _is_branch(value):
            self.arrays.append(_real_array(value, f"parameters{_of(name)}"))
            self.names.append(name or "parameters")

    def built(self, arrays: Sequence[Array]) -> Any:
        """Return a structure like the original that holds `arrays`; numbers stay numbers."""
        return self._rebuild(self._template, iter(arrays))

    def _rebuild(self, value: Any, arrays: Iterator[Array]) -> Any:
        if isinstance(value, Mapping):
            children = {key: self._rebuild(child, arrays) for key, child in value.items()}
            return _of_kind(value, children)
        if isinstance(value, list | tuple):
            items = [self._rebuild(child, arrays) for child in value]
            if isinstance(value, tuple):
                make: Callable[..., Any] | None = getattr(type(value), "_make", None)
                return make(items) if make else tuple(items)
            return items
        array = next(arrays)
        if not isinstance(value, np.ndarray):
            return array if isinstance(value, Sequence) else array[()]
        # A matrix multiplies in another way than an array does.
        return array if type(value) is np.ndarray else array.view(type(value))

    def match(self, gradients: Any) -> list[Array]:
        """Return the gradient of every array, in the order of `arrays`, as copies.

        A dict may have the keys of the parameters or, for `W1`, the key `dW1`.

        Raises:
            InputError: one is missing, has another shape or is not made of real numbers.
        """
        found: list[Array] = []
        with _foreign("gradients"):
            self._match(self._template, gradients, "", found)
        for name, array, gradient in zip(self.names, self.arrays, found, strict=True):
            if gradient.shape != array.shape:
                raise InputError(
                    f"gradients: the shape for {printable(name)} is {gradient.shape} and should "
                    f"be {array.shape}"
                )
        return found

    def _match(self, value: Any, gradient: Any, name: str, found: list[Array]) -> None:
        if isinstance(value, Mapping):
            self._match_mapping(value, gradient, name, found)
        elif isinstance(value, list | tuple):
            if not isinstance(gradient, list | tuple):
                raise InputError(
                    f"gradients{_of(name)}: a {_kind(value)} of {len(value)} is needed like the "
                    f"parameters, not {_kind(gradient)}"
                )
            if len(gradient) != len(value):
                raise InputError(
                    f"gradients{_of(name)}: {len(gradient)} came back for {len(value)} parameters"
                )
            for index, (child, its_gradient) in enumerate(zip(value, gradient, strict=True)):
                self._match(child, its_gradient, _child_name(name, index), found)
        else:
            found.append(_real_array(gradient, f"gradients{_of(name)}"))

    def _match_mapping(
        self, value: Mapping[Any, Any], gradient: Any, name: str, found: list[Array]
    ) -> None:
        if not isinstance(gradient, Mapping):
            raise InputError(
                f"gradients{_of(name)}: a dict is needed like the parameters, not {_kind(gradient)}"
            )
        for key, child in value.items():
            derivative = f"d{key}"
            if key not in gradient and derivative not in gradient:
                raise InputError(
                    f"gradients{_of(name)}: none for {printable(key)}; a key "
                    f"{printable(key)!r} or {printable(derivative)!r} is needed"
                )
            chosen = gradient[key] if key in gradient else gradient[derivative]
            self._match(child, chosen, _child_name(name, key), found)


@contextmanager
def _foreign(what: str) -> Iterator[None]:
    """Turn what objects of somebody else may raise, when they are looked at, into one error."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except InputError:
        raise
    except Exception as error:
        reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise InputError(f"{what}: they cannot be read ({printable(reason)})") from error


def _of_kind(value: Mapping[Any, Any], children: dict[Any, Any]) -> Any:
    """Return `children` in a mapping of the same class, where it can be copied."""
    if type(value) is dict:
        return children
    with suppress(Exception):
        same: Any = copy.copy(value)
        for key, child in children.items():
            same[key] = child
        return same
    return children


def _children(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return []


def _is_branch(value: Any) -> bool:
    return isinstance(value, Mapping | list | tuple)


def _child_name(parent: str, key: Any) -> str:
    if isinstance(key, int):
        return f"{parent}[{key}]"
    shown = printable(key)
    return f"{parent}.{shown}" if parent else shown


def _of(name: str) -> str:
    return f" of {name}" if name else ""


def _kind(value: Any) -> str:
    return type(value).__name__


def _real_array(value: Any, where: str) -> Array:
    """Return a copy of `value` as an array of floating point numbers."""
    try:
        array = np.array(value, copy=True, order="C", subok=False)
    except (TypeError, ValueError, OverflowError):
        array = np.empty(0, object)
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"{printable(where)}: arrays of real numbers are needed, not {_kind(value)}"
            + (f" of {array.dtype}" if isinstance(value, np.ndarray) else "")
        )
    return array if array.dtype == np.float32 else array.astype(np.float64)
