"""Somebody's own model: a Python file with parameters, a cost and its gradients."""

import contextlib
import hashlib
import importlib.util
import inspect
import io
import itertools
import linecache
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bptui.core.check.user_code import UserCodeError, call, failure
from bptui.core.data.input_file import display_name, open_input_file
from bptui.core.errors import InputError, did_you_mean, printable

NEEDED = ("parameters", "cost", "gradients")
_NUMBER = itertools.count()
_BY_NAME = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.VAR_KEYWORD)
_SEEDS = ("seed", "random_seed", "random_state", "rng", "generator")
"""What the first parameter of a function is called that takes a seed, though it has a default."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """What a MODEL.py defines."""

    path: Path
    cost: Callable[[Any], Any]
    gradients: Callable[[Any], Any]
    given: Any
    """Its `parameters`: themselves, what a function of nothing returned, or one of a seed."""
    learning_rate: float | None
    X: Any
    y: Any
    predict: Callable[..., Any] | None
    digest: str
    """SHA-256 of its text; what it imports is not in it."""

    @property
    def name(self) -> str:
        """What to call it."""
        return display_name(self.path.name)

    @property
    def takes_seed(self) -> bool:
        """Whether its parameters are drawn from a seed."""
        return callable(self.given)

    def parameters(self, seed: int) -> Any:
        """Return the parameters to start from.

        Raises:
            UserCodeError: the function that makes them raised.
        """
        return call("parameters", self.given, seed) if self.takes_seed else self.given


def load_model_file(path: Path, *, captured: bool = False) -> ModelFile:
    """Run the file at `path` and return what it defines. What it prints goes to stderr.

    Args:
        path: of the file.
        captured: whether a screen captures what its functions print, which is then left to
            it: standard output belongs to all threads, and cannot be sent elsewhere by one.

    Raises:
        InputError: it cannot be read or run, or lacks a name; the message says which line.
    """
    with open_input_file(path) as stream:
        source = stream.read()
    module = _run(path, source)
    quietly: Callable[[Any], Any] = (lambda value: value) if captured else _quietly
    for name in NEEDED:
        if name not in module:
            near = did_you_mean(name, [key for key in module if not key.startswith("_")])
            raise InputError(
                f"{printable(path)}: it defines no {name}{near}; a model needs "
                "parameters, cost(parameters) and gradients(parameters)"
            )
    for name in ("cost", "gradients", "predict"):
        if module.get(name) is not None and not callable(module[name]):
            raise InputError(f"{printable(path)}: {name} is not a function")
    parameters = module["parameters"]
    of_seed = _of_seed(parameters) if callable(parameters) else None
    if of_seed is not None:
        parameters = quietly(of_seed)
    elif callable(parameters):
        # Called once, so that the same start can be had again where it draws by itself.
        try:
            parameters = call("parameters", quietly(parameters))
        except UserCodeError as error:
            raise UserCodeError(f"{printable(path)}: {error}") from error
    return ModelFile(
        path,
        quietly(module["cost"]),
        quietly(module["gradients"]),
        parameters,
        _learning_rate(module.get("learning_rate"), path),
        module.get("X"),
        module.get("y"),
        quietly(module.get("predict")),
        hashlib.sha256(source).hexdigest(),
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send what somebody's code prints to stderr: stdout may be read by a program."""
    if sys.stderr is None:
        yield
        return
    with contextlib.redirect_stdout(sys.stderr):
        yield


class _Output(io.TextIOBase):
    """What a file takes for standard output and error while it is run, and may keep.

    A logger that it makes then writes to stderr as it is later, which a screen may capture.
    """

    def __init__(self) -> None:
        self._first = sys.stderr

    def write(self, text: str) -> int:
        stream = self._first if sys.stderr is self else sys.stderr
        return len(text) if stream is None else stream.write(text)

    def flush(self) -> None:
        stream = self._first if sys.stderr is self else sys.stderr
        if stream is not None:
            stream.flush()


def _quietly(value: Any) -> Any:
    """Return a function that prints to stderr; what is no function as it is."""
    if not callable(value):
        return value

    def called(*arguments: Any) -> Any:
        with quiet():
            return value(*arguments)

    return called


def _of_seed(parameters: Callable[..., Any]) -> Callable[..., Any] | None:
    """Return a function that makes parameters as one of a seed; `None` where it takes none.

    A seed is what it needs first, or what it calls so: any other default is a choice of its own.
    """
    try:
        known = inspect.signature(parameters).parameters
    except (TypeError, ValueError):
        return parameters
    by_place = [each for each in known.values() if each.kind not in _BY_NAME]
    if by_place and (by_place[0].default is inspect.Parameter.empty or by_place[0].name in _SEEDS):
        return parameters
    if "seed" in known:
        return lambda seed: parameters(seed=seed)
    return None


def _run(path: Path, source: bytes) -> dict[str, Any]:
    shown = printable(path)
    name = f"bptui_model_{next(_NUMBER)}"
    try:
        code = compile(source, str(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        where = f", line {error.lineno}" if error.lineno else ""
        raise InputError(f"{shown}{where}: not Python: {printable(error.msg)}") from None
    except ValueError as error:
        raise InputError(f"{shown}: not Python: {printable(error)}") from None
    linecache.checkcache(str(path))
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    # Data classes and pickles look their module up; a neighbour may be imported.
    sys.modules[name] = module
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        output = _Output()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        raise UserCodeError(f"{shown}: {failure(error)}") from error
    finally:
        with contextlib.suppress(ValueError):
            sys.path.remove(folder)
    return vars(module)


def _learning_rate(value: Any, path: Path) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise InputError(f"{printable(path)}: learning_rate is not a number above 0")
    return number
