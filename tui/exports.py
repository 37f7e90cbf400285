"""The files that the dashboard can write of what it shows."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bptui.core.exports import curve_csv, thetas_npz
from bptui.core.snapshot import Snapshot
from bptui.tui.commands.json_lines import to_json
from bptui.tui.output_file import OutputFile
from bptui.tui.picture.frame import Frame
from bptui.tui.picture.svg import svg

_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True)
class Export:
    """A kind of file."""

    key: str
    """The letter that asks for it."""
    title: str
    suffix: str
    content: Callable[[Snapshot, Frame], bytes]
    """Makes it of what is shown."""
    missing: Callable[[Snapshot], str] = lambda _: ""
    """Says why there is nothing to write, or nothing."""


def _picture(snapshot: Snapshot, frame: Frame) -> bytes:
    return svg([(0.0, frame)], 1.0, f"bptui at epoch {snapshot.epoch}")


def _check(snapshot: Snapshot, _: Frame) -> bytes:
    assert snapshot.report is not None
    return (to_json(snapshot.report.to_dict(values=True)) + "\n").encode()


def _no_check(snapshot: Snapshot) -> str:
    if snapshot.report is not None:
        return ""
    return snapshot.no_check or snapshot.no_report or "there is no gradient check yet"


EXPORTS = (
    Export("p", "picture of the screen", "svg", _picture),
    Export(
        "c",
        "curve of the cost, for bptui watch too",
        "csv",
        lambda snapshot, _: curve_csv(snapshot.curve),
        lambda snapshot: "" if len(snapshot.curve.columns) else "nothing is trained yet",
    ),
    Export(
        "t",
        "matrices Θ, for numpy.load",
        "npz",
        lambda snapshot, _: thetas_npz(snapshot),
        lambda snapshot: "" if snapshot.thetas else "no Θ is known here",
    ),
    Export("g", "gradient check, both gradients in full", "json", _check, _no_check),
)


def write_export(export: Export, snapshot: Snapshot, frame: Frame, folder: Path) -> Path:
    """Write a file that was not there before, and return its path.

    Raises:
        InputError: it cannot be written.
    """
    content = export.content(snapshot, frame)
    name = _name(snapshot)
    path = folder / f"{name}.{export.suffix}"
    number = 1
    while path.exists() or path.is_symlink():
        number += 1
        path = folder / f"{name}-{number}.{export.suffix}"
    with OutputFile(path) as file:
        file.write(content)
    return path


def _name(snapshot: Snapshot) -> str:
    """Return a name that any file system takes."""
    data = re.sub(r"[^A-Za-z0-9._-]+", "-", snapshot.description.data)[:_LONGEST_NAME].strip("-.")
    seed = f"-seed-{snapshot.seed}" if snapshot.description.takes_seed else ""
    return f"bptui-{data or 'run'}{seed}-epoch-{snapshot.epoch}"
