"""The methods of numerical differentiation, and what each can be trusted for."""

from dataclasses import dataclass

from bptui.core.errors import InputError, check_choice


@dataclass(frozen=True, slots=True)
class Method:
    """One way to differentiate a function numerically."""

    title: str
    """For people: `central difference`."""
    order: int
    """The error falls as ε to this power; 0 where there is no ε."""
    epsilon: float | None
    """The step used where none is given, in double precision."""
    costs_an_entry: int = 0
    """How often the cost is evaluated for one entry, its error estimate included."""


METHODS: dict[str, Method] = {
    "complex": Method("complex step", 0, None),
    "central": Method("central difference", 2, 1e-5, 4),
    "forward": Method("one-sided difference", 1, 1e-7, 2),
    "richardson": Method("Richardson difference", 4, 1e-3, 6),
}
METHOD_NAMES = ("auto", *METHODS)
MOST_COMPARED = 10_000
"""Entries that are compared of somebody's own functions, where no other number is asked for."""


def choose_method(method: str, epsilon: float | None) -> tuple[str, float | None]:
    """Return the method and ε to use: `auto` is the complex step.

    Raises:
        InputError: an unknown method, an ε that is not between 0 and 1, or an ε for the
            complex step, which has none to choose.
    """
    check_choice("method", method, METHOD_NAMES)
    name = ("complex" if epsilon is None else "central") if method == "auto" else method
    if name == "complex":
        if epsilon is not None:
            raise InputError("epsilon: the complex step has no step to choose; leave it out")
        return name, None
    if epsilon is None:
        return name, METHODS[name].epsilon
    if not 0.0 < epsilon < 1.0:
        raise InputError(f"epsilon: {epsilon} is not a number between 0 and 1")
    return name, epsilon
