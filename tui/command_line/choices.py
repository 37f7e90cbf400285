"""What was asked for beside the configuration: how to run it, and where its results go."""

from dataclasses import dataclass
from pathlib import Path

DEFAULT_SWEEP_FOLDER = Path("bptui-sweep")
"""Where what is finished of an interrupted sweep goes when no folder is named."""


@dataclass(frozen=True, slots=True)
class RunChoices:
    """Choices of `bptui run`."""

    speed: float | None
    """Epochs a second; `None` is as fast as possible. Means nothing unless `speed_given`."""
    speed_given: bool
    run_folder: Path | None
    """Where checkpoints go; with `--resume` alone, the folder that is resumed."""
    resume: Path | None
    """The run folder to continue, with its own configuration but for epochs, η and patience."""
    check: bool
    """Whether gradients are checked from the start."""
    check_share: float
    """The share of the time that checks may take."""
    checkpoint_every: float
    """Seconds."""
    keep_training: bool
    """Whether to train on without the terminal."""
    fps: float | None
    """Pictures a second at most; `None` is what suits the line."""
    theme: str | None
    """The colours of the screen; `None` is what suits the terminal."""
    command_line: tuple[str, ...]
    """The command that repeats this run, `bptui` included."""


@dataclass(frozen=True, slots=True)
class TrainChoices:
    """Choices of `bptui train`."""

    json: bool
    run_folder: Path | None
    """Where checkpoints go; with `--resume` alone, the folder that is resumed."""
    saved: bool
    """Whether there are checkpoints: without a folder in the user's state directory."""
    resume: Path | None
    checkpoint_every: float
    """Seconds."""
    keep_training: bool
    """Whether to train on without the terminal."""
    command_line: tuple[str, ...]
    """The command that repeats this run, `bptui` included."""


@dataclass(frozen=True, slots=True)
class CheckChoices:
    """Choices of `bptui check`."""

    after: int
    """Epochs to train before the check."""
    json: bool
    values: bool
    """Whether both arrays are shown in full."""
    sweep_epsilon: bool
    """Whether the steps of differences are compared instead."""


@dataclass(frozen=True, slots=True)
class SweepChoices:
    """Choices of `bptui sweep`."""

    seeds: int | None
    """How many networks a setting has; `None` is the default, or what a resumed sweep has."""
    json: bool
    screen: bool
    """Whether a screen of charts is opened at the end."""
    theme: str | None
    """The colours of that screen; `None` is what suits the terminal."""
    csv: Path | None
    """Where a row for each network goes."""
    workers: int | None
    """Processes that share the work; `None` is this one."""
    scheduler: str | None
    """Address of a Dask scheduler to give the work to."""
    run_folder: Path | None
    """Where finished work is kept."""
    resume: Path | None
    """The folder of the sweep to continue."""
    command_line: tuple[str, ...]
    """The command that repeats this sweep, `bptui` included."""


@dataclass(frozen=True, slots=True)
class ServeChoices:
    """Choices of `bptui serve`."""

    host: str
    port: int
    visitors: int
    """How many there may be at once."""
    watched: Path | None
    """The run that all visitors watch, in place of runs of their own."""
    words: tuple[str, ...]
    """The command that each visitor watches, without `bptui`."""


@dataclass(frozen=True, slots=True)
class DemoChoices:
    """Choices of `bptui demo`."""

    script: str | None
    """The name of a script that comes with bptui, or a path; `None` is the first."""
    record: Path | None
    """Where a recording goes."""
    svg: Path | None
    """Where a picture goes."""
    animate: bool
    """Whether that picture moves."""
    size: tuple[int, int] | None
    """Columns and rows in place of the script's."""
    seed: int | None
    """In place of the script's."""
    theme: str | None
    """The colours of the screen, in place of the script's."""
    command_line: tuple[str, ...]
    """The command that repeats this demo, `bptui` included."""
