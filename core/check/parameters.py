"""Parameters of any shape people keep them in: arrays, lists, tuples, dicts, nested or not."""

from collections.abc import Callable, Mapping, Sequence
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
        self._collect(parameters, "", 0)
        if not sum(array.size for array in self.arrays):
            raise InputError("parameters: there is no number in them to check")

    def _collect(self, value: Any, name: str, depth: int) -> None:
        if depth > _DEEPEST:
            raise InputError("parameters: they are nested too deeply, or contain themselves")
        for key, child in _children(value):
            self._collect(child, _child_name(name, key), depth + 1)
        if not _is_branch(value):
            self.arrays.append(_real_array(value, f"parameters {name}".strip()))
            self.names.append(name or "parameters")

    def built(self, arrays: Sequence[Array]) -> Any:
        """Return a structure like the original that holds `arrays`; numbers stay numbers."""
        remaining = iter(arrays)
        return self._rebuild(self._template, remaining)

    def _rebuild(self, value: Any, arrays: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self._rebuild(child, arrays) for key, child in value.items()}
        if isinstance(value, list | tuple):
            children = [self._rebuild(child, arrays) for child in value]
            if isinstance(value, tuple):
                make: Callable[..., Any] | None = getattr(type(value), "_make", None)
                return make(children) if make else tuple(children)
            return children
        array = next(arrays)
        return array if isinstance(value, np.ndarray) else array[()]

    def match(self, gradients: Any) -> list[Array]:
        """Return the gradient of every array, in the order of `arrays`, as copies.

        A dict may have the keys of the parameters or, for `W1`, the key `dW1`.

        Raises:
            InputError: one is missing, has another shape or is not made of real numbers.
        """
        found: list[Array] = []
        self._match(self._template, gradients, "", found)
        for name, array, gradient in zip(self.names, self.arrays, found, strict=True):
            if gradient.shape != array.shape:
                raise InputError(
                    f"gradients: that of {printable(name)} has shape {gradient.shape}, "
                    f"the parameter has {array.shape}"
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
    except (TypeError, ValueError):
        array = np.empty(0, object)
    if array.dtype.kind not in "fiub":
        raise InputError(
            f"{printable(where)}: arrays of real numbers are needed, not {_kind(value)}"
            + (f" of {array.dtype}" if isinstance(value, np.ndarray) else "")
        )
    if array.dtype.kind != "f" or array.dtype == np.float16:
        array = array.astype(np.float64)
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    return array
