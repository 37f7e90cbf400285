"""What an option is, and the commands that take options."""

from dataclasses import dataclass, replace

from bptui.tui.command_line.values import Kind, several

COMMANDS = {
    "run": "the dashboard: cost curve, Θ and gradient check, live",
    "train": "the same training without a screen; a summary at the end",
    "check": "one gradient check: the verdict, entry by entry",
    "sweep": "many initializations at once: how often and how fast they learn",
    "serve": "the dashboard in browsers, a run for each visitor",
    "demo": "a scripted session, to watch or to record",
    "watch": "the dashboard on runs or CSV files that others write, live or finished",
    "faults": "the mistakes that can be planted, and what each teaches",
}
"""What each command does, by name; the first is what `bptui` alone means."""

ON_A_NETWORK = ("run", "train", "check", "sweep", "serve")
"""The commands that make a network and take the options that describe it."""


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
    commands: tuple[str, ...] = ON_A_NETWORK
    aliases: tuple[str, ...] = ()
    repeatable: bool = False
    swept: bool = False
    """Whether `bptui sweep` takes several values, to try them all."""
    alone: bool = False
    """Whether it may stand without its value."""
    negatable: bool = False
    """Whether a switch has a `--no-` form."""

    def of(self, command: str) -> "Option":
        """Return this option as `command` takes it."""
        if command != "sweep" or not self.swept:
            return self
        return replace(self, kind=several(self.kind), repeatable=True)

    @property
    def key(self) -> str:
        """Its name as an identifier: the field of `Configuration` that it sets, if any."""
        return self.name.replace("-", "_")

    @property
    def spelled(self) -> tuple[str, ...]:
        """All that it is called on a command line, but for its `--no-` form."""
        return tuple(f"--{name}" for name in (self.name, *self.aliases))

    @property
    def flags(self) -> tuple[str, ...]:
        """All that it is called on a command line."""
        return (*self.spelled, f"--no-{self.name}") if self.negatable else self.spelled
