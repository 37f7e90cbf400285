"""What a fault is, and what it may need of the network that it is planted in."""

from collections.abc import Callable
from dataclasses import dataclass

from bptui.core.backpropagation import Backpropagation


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a fault would be planted."""

    layers: tuple[int, ...]
    activation: str
    """Of the hidden layers."""
    output: str
    """Activation of the output layer."""
    cost: str
    l2: float
    dtype: str
    samples: int | None = None
    """N of a step; `None` where it is not known yet, which stands in no fault's way."""


Needs = Callable[[Setting], str | None]
"""Returns why a fault cannot be planted, as `needs a hidden layer`, or `None` where it can."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake that people make, and what is to be learned from it."""

    name: str
    title: str
    """The mistake in a few words."""
    teaches: str
    """What goes wrong, whether the network still learns, and what the check shows."""
    mistake: type[Backpropagation]
    """Backpropagation with one step overridden."""
    needs: Needs
    codes: tuple[str | None, ...]
    """What a diagnosis may say of it that does not know this catalogue.

    First the code that is expected; `None` where there is nothing to be said. Then codes that
    are as true of the numbers in some networks, such as `bias` of one wrong weight.
    """


def nothing(setting: Setting) -> str | None:
    """Suit every network."""
    return None


def all_of(*needs: Needs) -> Needs:
    """Return the need for all of `needs`."""

    def first_missing(setting: Setting) -> str | None:
        return next((why for need in needs if (why := need(setting))), None)

    return first_missing


def hidden_layer(setting: Setting) -> str | None:
    """Need a hidden layer."""
    return None if len(setting.layers) > 2 else "needs a hidden layer"


def curved_hidden_layer(setting: Setting) -> str | None:
    """Need a hidden layer whose activation is not linear."""
    if hidden_layer(setting) or setting.activation == "linear":
        return "needs a hidden layer whose activation is not linear"
    return None


def squared_error(setting: Setting) -> str | None:
    """Need the cost mse."""
    return None if setting.cost == "mse" else "needs the cost mse"


def cross_entropy(setting: Setting) -> str | None:
    """Need the cost cross-entropy."""
    return None if setting.cost == "cross-entropy" else "needs the cost cross-entropy"


def two_samples(setting: Setting) -> str | None:
    """Need two samples a step."""
    return "needs two or more samples a step" if setting.samples == 1 else None


def two_outputs(setting: Setting) -> str | None:
    """Need two outputs."""
    return None if setting.layers[-1] > 1 else "needs two or more outputs"


def penalty(setting: Setting) -> str | None:
    """Need an L2 penalty."""
    return None if setting.l2 > 0.0 else "needs an L2 penalty (l2 above 0)"
