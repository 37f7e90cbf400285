"""Everything a key can do: the one list that bindings, key bar, palette and help all read."""

from dataclasses import dataclass

from bptui.core.training import commands
from bptui.core.training.commands import Command


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
    ),
    Action(
        "fault",
        "f",
        "f",
        "fault",
        "Plant a mistake in backpropagation, and see whether it still learns",
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
    ),
    Action(
        "smaller-epsilon",
        "left_square_bracket",
        "[",
        "smaller ε",
        "Divide the step ε of the check by ten",
        commands.ChangeEpsilon(-1),
    ),
    Action(
        "larger-epsilon",
        "right_square_bracket",
        "]",
        "larger ε",
        "Multiply the step ε of the check by ten",
        commands.ChangeEpsilon(+1),
    ),
    Action(
        "sweep-epsilon",
        "v",
        "v",
        "best ε",
        "Plot the error of every kind of difference against its step ε: the V of ε",
    ),
    Action(
        "worst-first",
        "w",
        "w",
        "worst first",
        "List the entries that agree least first, or in their order",
    ),
    Action(
        "article",
        "a",
        "a",
        "article",
        "Take the article's question apart: why its columns agree only when divided by 2",
    ),
    Action(
        "phases",
        "S,shift+s",
        "S",
        "in phases",
        "Go through the next step of training phase by phase, in numbers, and then train its epoch",
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
