"""The table of options, of which the command line, `--config` files and help are made."""

from dataclasses import dataclass

from bptui.core.configuration import Configuration
from bptui.tui import names
from bptui.tui.presets import PRESETS
from bptui.tui.values import (
    FLAG,
    SPEED,
    Kind,
    choice,
    number,
    path,
    sizes,
    text,
    texts,
    whole_number,
)

COMMANDS = {
    "run": "the dashboard: cost curve, Θ and gradient check, live",
    "train": "the same training without a screen; a summary at the end",
    "check": "one gradient check: the verdict, entry by entry",
}
"""What each command does, by name; the first is what `bptui` alone means."""
_ALL = tuple(COMMANDS)
_TRAINING = ("run", "train")


@dataclass(frozen=True, slots=True)
class Option:
    """One option of one or more commands."""

    name: str
    """Without its dashes; the key in a `--config` file."""
    group: str
    kind: Kind
    help: str
    value: str = ""
    """What its value is called in help; empty for a switch."""
    default: str = ""
    """What counts where it is not given, for help."""
    commands: tuple[str, ...] = _ALL
    aliases: tuple[str, ...] = ()
    repeatable: bool = False
    alone: bool = False
    """Whether it may stand without its value."""
    negatable: bool = False
    """Whether a switch has a `--no-` form."""

    @property
    def key(self) -> str:
        """Its name as an identifier: the field of `Configuration` that it sets, if any."""
        return self.name.replace("-", "_")

    @property
    def flags(self) -> tuple[str, ...]:
        """All that it is called on a command line."""
        spelled = [f"--{name}" for name in (self.name, *self.aliases)]
        return (*spelled, f"--no-{self.name}") if self.negatable else tuple(spelled)


_DEFAULTS = Configuration()
_EPOCHS = 10**12
_RATES = ", ".join(f"{name} {rate:g}" for name, rate in names.LEARNING_RATES.items())
_POSITIVE = number("a number above 0", lambda value: value > 0.0)
_FILE_DATA = f"{', '.join(names.DATA)}; or the path of a .csv or .npz file"

OPTIONS: tuple[Option, ...] = (
    Option(
        "data",
        "Data",
        text("the name of a data set or the path of a file"),
        _FILE_DATA,
        "NAME|FILE",
        _DEFAULTS.data,
    ),
    Option(
        "target",
        "Data",
        texts("the name or number of a column"),
        "column to predict, by name or number; may be repeated",
        "COLUMN",
        "the last",
        repeatable=True,
    ),
    Option(
        "samples",
        "Data",
        whole_number(1, 10_000_000),
        "how many samples to generate",
        "N",
        "4 or 200",
    ),
    Option(
        "noise",
        "Data",
        number("a number of 0 or more", lambda value: value >= 0.0),
        "standard deviation of the noise of generated data",
        "NUMBER",
        "its own",
    ),
    Option(
        "validation",
        "Data",
        number("a fraction from 0 to below 1", lambda value: 0.0 <= value < 1.0),
        "share of the samples held back to validate",
        "FRACTION",
        f"{_DEFAULTS.validation:g}",
    ),
    Option(
        "standardize",
        "Data",
        FLAG,
        "scale features to mean 0 and deviation 1",
        default="for files",
        negatable=True,
    ),
    Option(
        "layers",
        "Network",
        sizes(2, "2,2,1"),
        "sizes of all layers, input and output included",
        "2,2,2,1",
    ),
    Option(
        "hidden",
        "Network",
        sizes(0, "8,8"),
        "sizes of the hidden layers, or none; both ends come from the data",
        "8,8",
        "2,2 for xor, else 8",
    ),
    Option(
        "activation",
        "Network",
        choice(names.HIDDEN_ACTIVATIONS),
        f"of the hidden layers: {', '.join(names.HIDDEN_ACTIVATIONS)}",
        "NAME",
        _DEFAULTS.activation,
    ),
    Option(
        "output",
        "Network",
        choice(names.OUTPUT_ACTIVATIONS),
        f"of the output layer: {', '.join(names.OUTPUT_ACTIVATIONS)}",
        "NAME",
        "what fits the data",
    ),
    Option(
        "cost",
        "Network",
        choice(names.COSTS),
        " or ".join(names.COSTS),
        "NAME",
        "mse",
    ),
    Option(
        "l2",
        "Network",
        number("a number of 0 or more", lambda value: value >= 0.0),
        "λ of the L2 penalty",
        "NUMBER",
        f"{_DEFAULTS.l2:g}",
    ),
    Option(
        "dtype",
        "Network",
        choice(names.DTYPES),
        " or ".join(names.DTYPES),
        "NAME",
        _DEFAULTS.dtype,
    ),
    Option(
        "init",
        "Network",
        choice(names.INITIALIZERS),
        f"how Θ starts: {', '.join(names.INITIALIZERS)}",
        "NAME",
        _DEFAULTS.init,
    ),
    Option(
        "init-scale",
        "Network",
        number("a number from 0 to 1,000,000", lambda value: 0.0 <= value <= 1e6),
        "how wide Θ starts",
        "NUMBER",
        "its own",
    ),
    Option(
        "seed",
        "Network",
        whole_number(0, 2**32 - 1),
        "of everything drawn; the same seed is the same run",
        "N",
        f"{_DEFAULTS.seed}",
    ),
    Option(
        "optimizer",
        "Training",
        choice(names.OPTIMIZERS),
        ", ".join(names.OPTIMIZERS),
        "NAME",
        _DEFAULTS.optimizer,
    ),
    Option(
        "learning-rate",
        "Training",
        _POSITIVE,
        "η, the length of a step",
        "NUMBER",
        f"{_RATES}; smaller for other costs and outputs",
        aliases=("eta",),
    ),
    Option(
        "batch-size",
        "Training",
        whole_number(1, 1_000_000_000),
        "samples a step",
        "N",
        "all",
    ),
    Option(
        "epochs",
        "Training",
        whole_number(1, _EPOCHS),
        "stop after so many",
        "N",
        "run: never; train: 10,000, of minibatches 100, with --until-cost 1,000,000",
        _TRAINING,
    ),
    Option(
        "until-cost",
        "Training",
        _POSITIVE,
        "stop at the first epoch whose cost is not above this",
        "NUMBER",
        commands=_TRAINING,
    ),
    Option(
        "method",
        "Gradient check",
        choice(names.METHODS),
        f"{', '.join(names.METHODS)}; auto is the complex step",
        "NAME",
        _DEFAULTS.method,
    ),
    Option(
        "epsilon",
        "Gradient check",
        number("a number between 0 and 1", lambda value: 0.0 < value < 1.0),
        "ε, the step of a difference",
        "NUMBER",
        "the method's",
    ),
    Option(
        "check",
        "Gradient check",
        FLAG,
        "check gradients while they train",
        default="on",
        commands=("run",),
        negatable=True,
    ),
    Option(
        "after",
        "Gradient check",
        whole_number(0, _EPOCHS),
        "train so many epochs first",
        "EPOCHS",
        "0",
        ("check",),
    ),
    Option(
        "values",
        "Gradient check",
        FLAG,
        "show both gradients in full",
        commands=("check",),
    ),
    Option(
        "speed",
        "This run",
        SPEED,
        "epochs a second, or max",
        "NUMBER|max",
        "easy to follow",
        ("run",),
    ),
    Option(
        "run",
        "This run",
        path("the path of a folder"),
        "folder for checkpoints, made if need be",
        "FOLDER",
        commands=_TRAINING,
    ),
    Option(
        "resume",
        "This run",
        path("the path of a folder", alone=True),
        "continue the run in a folder, with the settings it has",
        "[FOLDER]",
        "--run's",
        _TRAINING,
        alone=True,
    ),
    Option(
        "json",
        "This run",
        FLAG,
        "print JSON; null where a number is not finite",
        commands=("train", "check"),
    ),
    Option(
        "preset",
        "Settings",
        choice(tuple(PRESETS)),
        f"settings to start from: {', '.join(PRESETS)}",
        "NAME",
    ),
    Option(
        "config",
        "Settings",
        path("the path of a TOML file"),
        "options from a TOML file, such as seed = 3",
        "FILE.toml",
    ),
)

BY_KEY = {option.key: option for option in OPTIONS}


def options_of(command: str) -> tuple[Option, ...]:
    """Return the options that `command` takes."""
    return tuple(option for option in OPTIONS if command in option.commands)
