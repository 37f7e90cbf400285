"""Calling somebody's own functions: what they may return, and what is said when they fail."""

import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.parameters import Layout
from bptui.core.errors import InputError, printable

Array = NDArray[Any]

_OURS = Path(__file__).parent.parent


class UserCodeError(InputError):
    """Somebody's own code raised an exception; the message names it, its file and line."""


class UserFunctions:
    """A cost and its gradients, each called with fresh copies of the parameters."""

    def __init__(
        self, cost: Callable[[Any], Any], gradients: Callable[[Any], Any], layout: Layout
    ) -> None:
        """Take the functions, and the layout of the parameters that they expect.

        Raises:
            InputError: one of them cannot be called.
        """
        for name, function in (("cost", cost), ("gradients", gradients)):
            if not callable(function):
                raise InputError(f"{name}: a function of the parameters is needed")
        self._cost, self._gradients, self._layout = cost, gradients, layout

    def cost(self, arrays: Sequence[Array]) -> float:
        """Return the cost as a number.

        Raises:
            InputError: it is no single real number.
            UserCodeError: the function raised.
        """
        value = self._value(arrays)
        if np.iscomplexobj(value):
            raise InputError("cost: a real number is needed, not a complex one")
        return float(value)

    def cost_changes(self, arrays: Sequence[Array]) -> bool:
        """Return whether the cost function changes the parameters that it is given.

        Raises:
            UserCodeError: the function raised.
        """
        copies = [np.array(array) for array in arrays]
        call("cost", self._cost, self._layout.built(copies))
        return any(
            left.tobytes() != given.tobytes() for left, given in zip(copies, arrays, strict=True)
        )

    def complex_cost(self, arrays: Sequence[Array]) -> complex:
        """Return the cost for complex parameters; a discarded imaginary part is an error."""
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            return complex(self._value(arrays))

    def gradients(self, arrays: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Return the gradients, and what became of the parameters meanwhile.

        Raises:
            InputError: they do not fit the parameters.
            UserCodeError: the function raised.
        """
        copies = [np.array(array) for array in arrays]
        built = self._layout.built(copies)
        return self._layout.match(call("gradients", self._gradients, built)), copies

    def _value(self, arrays: Sequence[Array]) -> Any:
        copies = [np.array(array) for array in arrays]
        returned = call("cost", self._cost, self._layout.built(copies))
        try:
            value = np.asarray(returned)
        except Exception:
            value = np.empty((), object)
        if value.size == 1 and value.dtype.kind in "fiubc":
            return value.reshape(())[()]
        what = type(returned).__name__
        if value.size != 1 and value.dtype != object:
            what = f"an array of shape {value.shape}"
        raise InputError(f"cost: a single number is needed, and it returned {printable(what)}")


def call(name: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call somebody's function.

    Raises:
        UserCodeError: it raised an exception; the message says where in their code.
    """
    try:
        with np.errstate(all="ignore"):
            return function(*arguments)
    except (Exception, SystemExit) as error:
        raise UserCodeError(f"{name} {failure(error)}") from error


def failure(error: BaseException) -> str:
    """Return `raised ValueError at mine.py, line 12: …` for an exception of somebody's code."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if not Path(frame.filename).is_relative_to(_OURS)]
    where = ""
    if theirs:
        # The last frame of their own, not of a library that they call.
        own = [frame for frame in theirs if not _of_a_library(frame.filename)] or theirs
        where = f" at {Path(own[-1].filename).name}, line {own[-1].lineno}"
    if isinstance(error, SystemExit):
        return printable(f"left the program by sys.exit{where}")
    try:
        said = f": {error}" if str(error) else ""
    except Exception:
        said = ""
    return printable(f"raised {type(error).__name__}{where}{said}")


def _of_a_library(filename: str) -> bool:
    return "site-packages" in filename or filename.startswith("<frozen")
