"""What a training run came to, for people."""

import shlex
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bptui.core.check import Report, headline
from bptui.core.data.input_file import display_name
from bptui.core.errors import printable
from bptui.core.snapshot import Description
from bptui.core.training import Scores, Trainer
from bptui.core.training.view import View
from bptui.core.wording import counted, in_lines
from bptui.tui.command_line.words import without_options
from bptui.tui.commands.progress import format_rate, format_seconds
from bptui.tui.drawing.confusion_table import confusion_lines
from bptui.tui.drawing.outcomes import outcomes
from bptui.tui.terminal import terminal_columns

_MOST_SAMPLES = 8
_MOST_COLUMNS = 10
_MOST_ERRORS = 4
_LONG = 1e4
"""From here on numbers are written with a power of ten."""
_NUMBERS = ("0", "1")
"""Names of classes that say no more than the targets do."""
_INDENT = 12


def summary(
    trainer: Trainer,
    report: Report,
    scores: Scores,
    seconds: float,
    epochs_per_second: float,
    ending: str,
) -> list[str]:
    """Return the lines of the summary.

    Args:
        trainer: at the end of its run.
        report: of the gradient check there.
        scores: of the outputs there.
        seconds: how long this run took.
        epochs_per_second: of this run.
        ending: why it ended.
    """
    view = View(trainer)
    about = view.description
    held_back = f" and {about.validation_samples:,} to validate" if about.validation_samples else ""
    rows = [
        (
            "data",
            f"{printable(about.data)}, {counted(about.samples, 'sample')}{held_back}, "
            f"{counted(about.layers[0], 'feature')}",
        ),
        (
            "layers",
            f"{'-'.join(map(str, about.layers))}, {counted(about.parameters, 'parameter')}, "
            f"{_activations(about)}",
        ),
        (
            "training",
            f"{about.cost}, {about.optimizer}, {_learning_rate(trainer)}, seed {trainer.seed}",
        ),
        ("epochs", epochs_told(trainer.epoch, seconds, epochs_per_second, ending)),
        ("cost", f"J {trainer.cost:.6g}"),
    ]
    if trainer.fault is not None:
        rows.append(("fault", "?" if trainer.fault_hidden else trainer.fault))
    if trainer.validation_cost is not None:
        rows.append(("validation", f"J {trainer.validation_cost:.6g}"))
    rows += score_rows(scores, about.target_names)
    rows.append(("check", headline(report)))
    lines = [f"{name:<12}{value}" for name, value in rows]
    return lines + diagnosis_lines(report) + (_predictions(view) or _confusion(scores, about))


def epochs_told(epoch: int, seconds: float, epochs_per_second: float, ending: str) -> str:
    """Return how many epochs there are, how fast the last went, if any did, and why it ended."""
    if not epochs_per_second:
        return f"{epoch:,}; {ending}"
    rate = format_rate(epochs_per_second)
    return f"{epoch:,} in {format_seconds(seconds)}, {rate} epochs/s; {ending}"


def score_rows(scores: Scores, targets: Sequence[str]) -> list[tuple[str, str]]:
    """Return the rows on how good the outputs are.

    Args:
        scores: of the outputs.
        targets: names of the target columns.
    """
    score = _score(scores.name, scores.training)
    if scores.validation is not None:
        score += f", in validation {_score(scores.name, scores.validation)}"
    rows = [(scores.name, score)]
    if scores.errors is not None:
        rows.append(("error", _errors(scores, targets)))
    return rows


def diagnosis_lines(report: Report) -> list[str]:
    """Return what may be wrong with the gradient, as long as the lines of the terminal are."""
    columns = terminal_columns()
    room = None if columns is None else max(20, columns - _INDENT)
    return [
        f"{'':<{_INDENT}}{line}"
        for explanation in report.explanations
        for line in in_lines(printable(explanation), room)
    ]


def repeat_line(command_line: Sequence[str]) -> str:
    """Return the line that says how to do the same again.

    The folder is left out, for it holds a run by now and would be refused.
    """
    return f"{'again':<12}{printable(shlex.join(without_options(command_line, '--run')))}"


def go_on_line(command: Sequence[str]) -> str:
    """Return the line that says how to go on."""
    return f"{'go on':<12}{printable(shlex.join(command))}"


def _activations(about: Description) -> str:
    if len(about.layers) == 2:
        return f"{about.output} output"
    if about.activation == about.output:
        return f"{about.activation} everywhere"
    return f"{about.activation}, {about.output} output"


def _learning_rate(trainer: Trainer) -> str:
    text = f"η {trainer.learning_rate:g}"
    if not trainer.schedule.constant:
        text += f" ({trainer.schedule}), now {trainer.scheduled_learning_rate:.3g}"
    return text


def _score(name: str, value: float) -> str:
    if name == "accuracy":
        return f"{100.0 * value:.4g} %"
    return f"{value:.4f}" if abs(value) < _LONG else f"{value:.3g}"


def _errors(scores: Scores, targets: Sequence[str]) -> str:
    """Return the root mean squared errors, in the units of the data."""

    def listed(errors: NDArray[np.float64]) -> str:
        shown = [
            f"{display_name(name)} {error:.4g}"
            for name, error in zip(targets, errors[:_MOST_ERRORS], strict=False)
        ]
        return ", ".join(shown + ["…"] * (len(errors) > _MOST_ERRORS))

    assert scores.errors is not None
    text = listed(scores.errors)
    if scores.validation_errors is not None:
        text += f"; in validation {listed(scores.validation_errors)}"
    return f"{text} (root mean square)"


def _confusion(scores: Scores, about: Description) -> list[str]:
    if scores.confusion is None:
        return []
    training = scores.validation is None
    counted = "training" if training else "validation"
    lines = confusion_lines(scores.confusion, about.class_names, counted)
    samples = about.samples if training else about.validation_samples
    if left_out := samples - int(scores.confusion.sum()):
        lines.append(f"{left_out:,} of {samples:,} left out, whose outputs are no numbers")
    return ["", *(f"  {line}" for line in lines), ""] if lines else []


def _predictions(view: View) -> list[str]:
    """Return a small table of the samples, their targets and the outputs, or nothing."""
    about = view.description
    columns = about.layers[0] + 2 * about.layers[-1]
    if about.samples > _MOST_SAMPLES or columns > _MOST_COLUMNS:
        return []
    targets, outputs = _heads(about)
    cells = [[display_name(name) for name in (*about.feature_names, *targets, *outputs)]]
    for features, target, output in zip(about.X, _targets(about), view.predictions(), strict=True):
        given = [f"{value:g}" for value in features]
        cells.append([*given, *target, *(_output(value) for value in output)])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    table = [
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in cells
    ]
    return ["", *(f"  {row}" for row in table), ""]


def _heads(about: Description) -> tuple[list[str], list[str]]:
    """Return what the columns of targets and of outputs are called."""
    names, single = about.class_names, about.layers[-1] == 1
    if names and single:  # the output is how sure it is of the second class
        return ["y"], ["ŷ" if names == _NUMBERS else f"ŷ {names[1]}"]
    targets = ["y"] if single else list(about.target_names)
    outputs = ["ŷ"] if single else [f"ŷ {name}" for name in targets]
    return (["y"] if names else targets), outputs


def _targets(about: Description) -> list[list[str]]:
    """Return the cells of the targets of every sample: the name of its class, if it has one."""
    if about.class_names:
        classes = outcomes(about).classes(about.y)
        return [[display_name(about.class_names[place])] for place in classes]
    return [[f"{value:g}" for value in target] for target in about.y]


def _output(value: float) -> str:
    return f"{value:.4f}" if abs(value) < _LONG else f"{value:.3e}"
