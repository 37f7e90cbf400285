"""Watched runs for tests, made by the real trainer and keeper of runs."""

import os
from pathlib import Path

from bptui.core.configuration import Configuration
from bptui.core.runs.folder import RunFolder
from bptui.core.snapshot import Snapshot
from bptui.core.training import commands as ask
from bptui.core.training.build import build_trainer
from bptui.core.training.keeper import RunKeeper
from bptui.core.training.trainer import Trainer
from bptui.core.watching import WatchedRun, WatchSession


def train(folder: Path, *, seconds: float = 60.0, **choices: object) -> Trainer:
    """Train to the end, in a run folder."""
    trainer = build_trainer(Configuration(**choices))  # type: ignore[arg-type]
    keep(trainer, RunFolder(folder), seconds)
    return trainer


def keep(trainer: Trainer, folder: RunFolder, seconds: float = 60.0) -> None:
    """Train in a folder, and let go of it."""
    keeper = RunKeeper(trainer, folder)
    keeper.begin()
    trainer.advance(seconds)
    keeper.look(ended=True)
    keeper.save()
    keeper.close()


def write_costs(path: Path, epochs: int = 50, *, old: bool = False) -> Path:
    """Write what some other program would."""
    rows = "".join(f"{epoch},{1 / (1 + epoch)!r}\n" for epoch in range(epochs))
    path.write_text(f"epoch,cost\n{rows}")
    if old:
        os.utime(path, (1e9, 1e9))
    return path


def play(*paths: Path, commands: tuple[ask.Command, ...] = ()) -> list[Snapshot]:
    """Watch until everything is read, and return the snapshots that answer the commands."""
    session = WatchSession([WatchedRun(path) for path in paths], interval=0.0)
    waiting = [ask.ShowBoundary(0, 0), *commands]
    answers: list[Snapshot] = []

    def publish(snapshot: Snapshot, answered: bool) -> None:
        if answered:
            answers.append(snapshot)
            session.send(waiting.pop(0) if waiting else ask.Stop())

    session.run(publish)
    return answers[1:]


def watched(*paths: Path) -> Snapshot:
    """Return what is known of runs."""
    return play(*paths)[-1]
