"""`bptui check`: is the gradient right?"""

import sys
from contextlib import closing

import numpy as np

from bptui.core.check import Report, format_report, sweep_epsilon
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.training import Trainer, build_trainer
from bptui.tui.command_line.choices import CheckChoices
from bptui.tui.commands.json_lines import to_json
from bptui.tui.commands.progress import Progress
from bptui.tui.terminal import say, terminal_columns

STATUS = {"pass": 0, "fail": 1, "unresolved": 4, "at-kink": 4}
"""The exit status of each verdict."""

_SLICE = 0.05


def check(configuration: Configuration, choices: CheckChoices) -> int:
    """Check the gradient, at the start or after some epochs; return the exit status.

    Or compare the steps of differences there, if that is what was asked for.

    Raises:
        InputError: the configuration is impossible, or training diverged before the check.
    """
    trainer = build_trainer(configuration)
    _train_until(trainer, choices.after, quiet=choices.json)
    if choices.sweep_epsilon:
        _sweep(trainer, choices)
        return 0
    report = trainer.check()
    if choices.json:
        say(to_json(report.to_dict(values=choices.values)))
    else:
        say(f"{_about(trainer)}\n")
        say(format_report(report, columns=terminal_columns()))
        if choices.values:
            say(matrices(report))
    return STATUS[report.verdict]


def _sweep(trainer: Trainer, choices: CheckChoices) -> None:
    sweep = sweep_epsilon(trainer.next_work())
    if choices.json:
        say(to_json(sweep.to_dict()))
        return
    # What draws is slow to import.
    from bptui.tui.commands.epsilon_sweep import say_sweep

    say_sweep(sweep, _about(trainer))


def _train_until(trainer: Trainer, epoch: int, *, quiet: bool) -> None:
    with closing(Progress(trainer, epoch, None if quiet else sys.stderr)) as progress:
        while trainer.epoch < epoch and trainer.state == "running":
            trainer.advance(_SLICE, epoch - trainer.epoch)
            progress.update()
    if trainer.state == "diverged":
        raise InputError(f"--after: training diverged before epoch {epoch:,}: {trainer.message}")


def _about(trainer: Trainer) -> str:
    network = trainer.network
    fault = "" if trainer.fault is None else f" · fault {trainer.fault}"
    return (
        f"{printable(trainer.training.name)} · {'-'.join(map(str, network.layers))} · "
        f"{network.cost_name} · seed {trainer.seed} · epoch {trainer.epoch:,} · "
        f"J {trainer.cost:.6g}{fault}"
    )


def matrices(report: Report) -> str:
    """Return both gradients of every array in full."""
    lines = []
    for array in report.arrays:
        for source, values in (("backprop", array.backprop), ("grad check", array.numerical)):
            matrix = np.array2string(values, max_line_width=100, threshold=sys.maxsize)
            lines += ["", f"{printable(array.name)} from {source}", matrix]
    return "\n".join(lines)
