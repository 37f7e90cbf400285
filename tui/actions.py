"""Everything a key can do: the one list that bindings, key bar, palette and help all read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bptui.core.snapshot import Snapshot
from bptui.core.training import commands
from bptui.core.training.commands import Command


def _always(snapshot: Snapshot) -> bool:
    return True


def _can_be_checked(snapshot: Snapshot) -> bool:
    return not snapshot.no_check


def _is_network(snapshot: Snapshot) -> bool:
    return bool(snapshot.description.layers)


def _is_network_to_check(snapshot: Snapshot) -> bool:
    return _is_network(snapshot) and _can_be_checked(snapshot)


def _takes_faults(snapshot: Snapshot) -> bool:
    return snapshot.description.takes_faults


def _takes_seed(snapshot: Snapshot) -> bool:
    return snapshot.description.takes_seed


@dataclass(frozen=True, slots=True)
class Action:
    """Something the user can do."""

    id: str
    """What a key map and the palette call it."""
    keys: str
    """Textual's names of the keys, separated by commas."""
    shown: str
    """The keys as they are printed."""
    title: str
    """A word or two for the key bar."""
    help: str
    """A sentence for the palette and the help screen."""
    command: Command | None = None
    """What it asks the session for; `None` is for the screen itself to do."""
    applies: Callable[[Snapshot], bool] = _always
    """Whether it is of use for what is shown. Where it is not, it is not offered, and its key
    says why it can do nothing, or what it shows instead."""


ACTIONS: tuple[Action, ...] = (
    Action(
        "pause",
        "space",
        "space",
        "pause",
        "Pause training, or go on",
        commands.TogglePause(),
    ),
    Action(
        "step",
        "s",
        "s",
        "step",
        "Train exactly one epoch, then stay paused",
        commands.Step(),
    ),
    Action(
        "new-seed",
        "r",
        "r",
        "new seed",
        "Start again from other random weights",
        commands.Reinitialize(new_seed=True),
        applies=_takes_seed,
    ),
    Action(
        "again",
        "R,shift+r",
        "R",
        "again",
        "Start again from the same weights",
        commands.Reinitialize(new_seed=False),
    ),
    Action(
        "check",
        "g",
        "g",
        "check",
        "Switch the gradient check off or on",
        commands.ToggleChecking(),
        applies=_can_be_checked,
    ),
    Action(
        "fault",
        "f",
        "f",
        "fault",
        "Plant a mistake in backpropagation, and see whether it still learns",
        applies=_takes_faults,
    ),
    Action("log", "l", "l", "log", "Show the cost on a logarithmic axis, or a linear one"),
    Action(
        "lower-learning-rate",
        "minus",
        "-",
        "lower η",
        "Lower the learning rate from the next epoch on",
        commands.ChangeLearningRate(-1),
    ),
    Action(
        "raise-learning-rate",
        "plus,equals_sign",
        "+",
        "raise η",
        "Raise the learning rate from the next epoch on",
        commands.ChangeLearningRate(+1),
    ),
    Action(
        "slower",
        "less_than_sign,comma",
        "<",
        "slower",
        "Train fewer epochs a second",
        commands.ChangeSpeed(-1),
    ),
    Action(
        "faster",
        "greater_than_sign,full_stop",
        ">",
        "faster",
        "Train more epochs a second; the end of the scale is as many as possible",
        commands.ChangeSpeed(+1),
    ),
    Action(
        "method",
        "m",
        "m",
        "method",
        "Check by the next method of numerical differentiation",
        commands.NextMethod(),
        applies=_can_be_checked,
    ),
    Action(
        "smaller-epsilon",
        "left_square_bracket",
        "[",
        "smaller ε",
        "Divide the step ε of the check by ten",
        commands.ChangeEpsilon(-1),
        applies=_can_be_checked,
    ),
    Action(
        "larger-epsilon",
        "right_square_bracket",
        "]",
        "larger ε",
        "Multiply the step ε of the check by ten",
        commands.ChangeEpsilon(+1),
        applies=_can_be_checked,
    ),
    Action(
        "sweep-epsilon",
        "v",
        "v",
        "best ε",
        "Plot the error of every kind of difference against its step ε: the V of ε",
        applies=_is_network_to_check,
    ),
    Action(
        "worst-first",
        "w",
        "w",
        "worst first",
        "List the entries that agree least first, or in their order",
        applies=_can_be_checked,
    ),
    Action(
        "article",
        "a",
        "a",
        "article",
        "Take the article's question apart, on its own XOR network, not yours: why its columns "
        "agree only when divided by 2",
        applies=_is_network,
    ),
    Action(
        "phases",
        "S,shift+s",
        "S",
        "in phases",
        "Go through the next step of training phase by phase, in numbers, and then train its epoch",
        applies=_is_network,
    ),
    Action(
        "export",
        "e",
        "e",
        "export",
        "Write the screen, the curve, Θ or the gradient check to files",
    ),
    Action(
        "checkpoint",
        "c",
        "c",
        "checkpoint",
        "Save the run, to resume it later",
        commands.Checkpoint(),
    ),
    Action("help", "question_mark,f1", "?", "help", "Explain the panes and keys"),
    Action(
        "quit",
        "q,ctrl+q",
        "q",
        "quit",
        "Leave; two lines say what was trained and how to repeat it",
    ),
)
"""The key bar shows as many as fit: the last two always, the others from the front."""

NEXT_RUN = Action(
    "next-run",
    "n",
    "n",
    "next run",
    "Show Θ and the check of the next of several watched runs; a digit on each curve is its number",
    commands.NextRun(),
)
_READING = (
    "log",
    "check",
    "worst-first",
    "method",
    "smaller-epsilon",
    "larger-epsilon",
    "sweep-epsilon",
    "article",
    "export",
    "help",
    "quit",
)
"""What changes nothing in a training."""
WATCHING = tuple(action for name in _READING for action in ACTIONS if action.id == name)
"""What can be done about a run that others train."""
COMPARING = (NEXT_RUN, *WATCHING)
"""What can be done about several of them."""


def applying(actions: Iterable[Action], snapshot: Snapshot | None) -> tuple[Action, ...]:
    """Return the actions that are of use for what is shown; all before anything is."""
    return tuple(each for each in actions if snapshot is None or each.applies(snapshot))
