"""Somebody's own model on the dashboard, in all panes and in a real pseudo-terminal."""

import asyncio
import re
import signal
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import sleep
from typing import Any

import numpy as np
import pytest
from pane_app import screen_rows, shown
from rich.cells import cell_len
from snapshots import make_snapshot, of_arrays
from terminal import COMMAND, CONTROLLED, Terminal
from test_dashboard import until
from textual.app import App, ComposeResult
from watching import watched

from bptui.core.configuration import Configuration
from bptui.core.model_file import load_model_file
from bptui.core.runs.state_directory import latest_run
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session
from bptui.core.training import commands as ask
from bptui.core.training.model_runs import model_trainer_of, resume_model_trainer
from bptui.tui.app import Dashboard
from bptui.tui.commands.run import closing_lines
from bptui.tui.panes.cost import CostPane
from bptui.tui.panes.gradient_check import GradientCheckPane
from bptui.tui.panes.gradient_norms import GradientNormsPane
from bptui.tui.panes.predictions import PredictionsPane
from bptui.tui.panes.snapshot_pane import SnapshotPane
from bptui.tui.panes.status import StatusPane
from bptui.tui.panes.theta import ThetaPane
from bptui.tui.worker import TrainingWorker

FOLDER = Path(__file__).parent.parent / "examples"
PANES = (
    StatusPane,
    CostPane,
    ThetaPane,
    PredictionsPane,
    GradientCheckPane,
    GradientNormsPane,
)


class AllPanes(App[None]):
    """Every pane, each with some rows of its own."""

    CSS = "LinePane { width: 1fr; height: 1fr; }"

    def compose(self) -> ComposeResult:
        self.panes: list[SnapshotPane] = [make() for make in PANES]
        yield from self.panes


def screens(snapshots: Iterable[Snapshot], size: tuple[int, int] = (80, 70)) -> list[str]:
    """Return the screen on which all panes show each snapshot."""
    seen: list[str] = []

    async def run() -> None:
        app = AllPanes()
        async with app.run_test(size=size) as pilot:
            for snapshot in snapshots:
                for pane in app.panes:
                    pane.show(snapshot)
                await pilot.pause()
                await pilot.pause()
                rows = screen_rows(app)
                assert [cell_len(row) for row in rows] == [size[0]] * size[1]
                assert all(row.isprintable() for row in rows)
                seen.append("\n".join(rows))

    asyncio.run(run())
    return seen


def trained(path: Path) -> Snapshot:
    trainer = model_trainer_of(load_model_file(path, captured=True), Configuration())
    trainer.advance(60.0, 30)
    session = Session(trainer)
    session.send(ask.ShowBoundary(30, 8))
    session.send(ask.Stop())
    found: list[Snapshot] = []
    session.run(lambda snapshot, _: found.append(snapshot))
    return found[-1]


def test_every_example_fills_every_pane() -> None:
    paths = sorted(FOLDER.glob("*.py"))
    snapshots = [trained(path) for path in paths]
    for path, snapshot, text in zip(paths, snapshots, screens(snapshots), strict=True):
        assert f"{path.name} · {snapshot.description.parameters} parameters" in text
        for name in snapshot.description.array_names:
            assert name in text
        assert ("FAIL" if path.stem in ("mistake", "article") else "PASS") in text
        assert "‖∂J‖" in text and "Predictions" in text
        assert "waiting" not in text and "nothing to predict" not in text
        assert ("backprop - numerical is exactly -0.0125" in text) == (path.stem == "mistake")


def test_names_and_shapes_of_any_kind_are_data() -> None:
    names = ["[red]W[/red]", "b\x1b[2J", "scalar", "kernel", "many", "nothing"]
    arrays = [[[1.0, -2.0]], [3.0], 4.5, np.ones((2, 3, 2)), np.ones((300, 70)), np.ones((3, 0))]
    snapshot = of_arrays(names, arrays)
    text = screens(
        [replace(snapshot, predictions=np.empty((0, 0)), no_predictions="[b]y[/b] is missing")]
    )[0]
    for word in ("[red]W[/red] 1×2", "b\\x1b[2J 1", "scalar", "[b]y[/b] is missing"):
        assert word in text
    tall = "\n".join(shown(ThetaPane(), snapshot, (70, 40)))
    for word in ("kernel 2×3×2", "1,2", "many 300×70", "nothing 3×0"):
        assert word in tall


def test_a_long_name_is_not_cut_beside_its_numbers() -> None:
    text = "\n".join(shown(ThetaPane(), of_arrays(["hidden_weights"], [np.ones((2, 2))]), (60, 8)))
    assert "hidden_weights 2×2" in text


def test_a_draw_is_called_one_and_marks_what_is_wrong() -> None:
    snapshot = of_arrays(["W"], [np.arange(6.0).reshape(2, 3)])
    assert snapshot.report is not None
    array = snapshot.report.arrays[0]
    drawn = replace(
        array,
        **{
            name: getattr(array, name).ravel()[[1, 5]]
            for name in ("backprop", "numerical", "relative_error", "error_bound")
        },
        verdicts=np.array([0, 3], np.uint8),
        drawn=np.array([1, 5]),
    )
    shortened = replace(snapshot, report=replace(snapshot.report, arrays=(drawn,)))
    assert "drawn from 6" in "\n".join(shown(GradientCheckPane(), shortened, (80, 8)))
    text = "\n".join(shown(ThetaPane(), shortened, (60, 8)))
    assert "✗+5.000" in text and text.count("✗") == 1


def epoch(terminal: Terminal) -> int:
    found = re.search(r"epoch ([\d,]+)", terminal.row(0))
    return int(found[1].replace(",", "")) if found else -1


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({"checking": False}, "off"),
        ({}, "none"),
        ({"no_report": "it takes 35.0 s, too long to watch"}, "none (it takes 35.0 s, too long"),
    ],
)
def test_the_last_lines_say_what_came_of_the_check(state: dict[str, Any], told: str) -> None:
    snapshot = replace(make_snapshot(report=None), **state)
    assert f"gradient check {told}" in closing_lines(snapshot, ("bptui", "mine.py"), None)[0]


def test_an_example_is_watched_steered_and_left(tmp_path: Path) -> None:
    path = FOLDER / "mistake.py"
    with Terminal(str(path), cwd=tmp_path) as terminal:
        terminal.wait_for(lambda here: "FAIL  6 of 26" in here.text() and epoch(here) > 5)
        assert terminal.row(0).startswith(" mistake.py · 26 parameters")
        terminal.send(" ")
        terminal.wait_for(lambda here: "paused" in here.row(0))
        terminal.settle()
        before = epoch(terminal)
        terminal.send("s")
        terminal.wait_for(lambda here: epoch(here) == before + 1)
        terminal.send("g")
        terminal.wait_for("Gradient check  off")
        terminal.send("gm")
        terminal.wait_for("central")
        terminal.send("f")
        terminal.wait_for("bptui's own networks alone")
        terminal.send("r")
        terminal.wait_for(lambda here: epoch(here) == 0 and "seed 1" in here.row(0))
        terminal.send("q")
        assert terminal.wait() == 0
        what, how = terminal.scrollback()[-2:]
        assert "mistake.py · 26 parameters: epoch 0" in what and what.endswith("fail, seed 1")
        assert how == f"repeat: bptui {path} --seed 1"
        assert list(tmp_path.iterdir()) == []


CLASS = FOLDER / "xor_class.py"


def goes_on_to_the_same_bits(folder: Path, least: int) -> int:
    """Compare a run with one that was never interrupted; return its epoch."""
    model = load_model_file(CLASS, captured=True)
    resumed = resume_model_trainer(folder, model)
    straight = model_trainer_of(model, Configuration())
    assert resumed.epoch >= least
    straight.advance(60.0, resumed.epoch + 50)
    reached, resumed.epoch_limit = resumed.epoch, None
    resumed.advance(60.0, 50)
    assert np.array_equal(resumed.theta, straight.theta)
    assert resumed.history.columns().last.tobytes() == straight.history.columns().last.tobytes()
    return reached


def test_a_run_is_saved_resumed_and_watched(tmp_path: Path) -> None:
    with Terminal(str(CLASS), "--run", "mine", cwd=tmp_path) as terminal:
        terminal.wait_for(lambda here: epoch(here) > 20)
        terminal.send(" c")
        terminal.wait_for(lambda here: re.search(r"saved epoch [\d,]+ in mine", here.text()))
        terminal.send("q")
        assert terminal.wait() == 0
        how = terminal.scrollback()[-1]
    assert how == f"resume: bptui run {CLASS} --resume mine"
    reached = goes_on_to_the_same_bits(tmp_path / "mine", 20)
    text = screens([watched(tmp_path / "mine")])[0]
    assert "xor_class.py · 13 parameters" in text and f"checkpoint of epoch {reached}" in text
    assert "[0] 2×3" in text and text.count("it takes the code in xor_class.py") == 2
    changed = tmp_path / "xor_class.py"
    changed.write_text(CLASS.read_text("utf-8") + "\n", "utf-8")
    words = ("run", "xor_class.py", "--resume", "mine", "--eta", "0.25", "--speed", "1")
    with Terminal(*words, cwd=tmp_path) as terminal:
        terminal.wait_for("xor_class.py has changed since this run was saved")
        terminal.wait_for(lambda here: epoch(here) >= reached and "η 0.25" in here.text())
        terminal.send("q")
        assert terminal.wait() == 0
        how = terminal.scrollback()[-1]
    assert how == "resume: bptui run xor_class.py --resume mine"


def test_a_hang_up_loses_nothing(tmp_path: Path) -> None:
    words = (str(CLASS), "--speed", "100")
    with Terminal(*words, command=[*CONTROLLED, *COMMAND], cwd=tmp_path) as terminal:
        terminal.wait_for(lambda here: epoch(here) > 20)
        seen = epoch(terminal)
        terminal.hang_up()
        assert terminal.process.wait(10) == 129
    run = latest_run()
    assert run is not None and run.name == "xor_class-1"
    goes_on_to_the_same_bits(run, seen)


SLOW = """
import time
parameters = [1.0, 2.0]
def cost(p):
    time.sleep(0.7 * (p[0] < 0.9))
    return p[0] ** 2 + p[1] ** 2
def gradients(p):
    return [2 * p[0], 2 * p[1]]
"""


def test_a_signal_waits_a_while_for_code_that_is_slow(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW, "utf-8")
    with Terminal("slow.py", "--run", "mine", "--no-check", cwd=tmp_path) as terminal:
        terminal.wait_for(lambda here: epoch(here) > 0)
        seen = epoch(terminal)
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 143
        assert terminal.scrollback()[-1] == "resume: bptui run slow.py --resume mine"
    resumed = resume_model_trainer(tmp_path / "mine", load_model_file(tmp_path / "slow.py"))
    assert resumed.epoch >= seen


LOUD = """
import logging, sys, warnings
import numpy as np
logging.basicConfig(level=logging.INFO)
parameters = np.array([3.0, -1.0])
learning_rate = 0.1
calls = 0
def cost(w):
    global calls
    calls += 1
    while calls > 400 or calls > 30:
        print("SPOKEN")
        print("SPOKEN", file=sys.stderr)
        logging.info("SPOKEN")
        if calls < 400:
            break
    return (w ** 2).sum()
def gradients(w):
    return 2 * w
"""


def test_code_that_prints_without_end_neither_spoils_the_screen_nor_keeps_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "loud.py").write_text(LOUD)
    with Terminal("run", "loud.py", cwd=tmp_path) as terminal:
        terminal.wait_for("PASS  2 of 2")
        sleep(0.3)
        assert "SPOKEN" not in terminal.text()
        terminal.send(" q")
        assert terminal.wait() == 0
        what, how = terminal.scrollback()[-2:]
        assert what.startswith("loud.py · 2 parameters: epoch")
        assert how == "repeat: bptui run loud.py"
        assert b"SPOKEN" not in bytes(terminal.raw) and b"Traceback" not in bytes(terminal.raw)


@pytest.mark.parametrize("checking", [False, True], ids=["in training", "in the first check"])
def test_code_that_does_not_return_is_said(
    checking: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bptui.tui.app._SILENCE", 0.2)
    path = tmp_path / "mine.py"
    path.write_text(LOUD, "utf-8")
    trainer = model_trainer_of(load_model_file(path, captured=True), Configuration())
    returns = Event()
    trainer.model.cost.__globals__["print"] = lambda *_, **__: returns.wait(30.0)  # type: ignore[attr-defined]
    worker = TrainingWorker(Session(trainer, checking=checking))

    async def run() -> None:
        app = Dashboard(worker)
        async with app.run_test(size=(80, 24)) as pilot:

            async def status_says(words: str, wanted: bool = True) -> None:
                for _ in range(1000):
                    if (words in screen_rows(app)[0]) == wanted:
                        return
                    await pilot.pause(0.01)
                raise AssertionError(screen_rows(app)[0])

            await status_says("keys wait for it, and q leaves")
            returns.set()
            trainer.model.cost.__globals__["calls"] = -(10**9)  # type: ignore[attr-defined]
            await status_says("busy", False)
            await pilot.press("q")

    asyncio.run(run())
    assert worker.wait(30.0) and not worker.failed


def test_what_is_for_networks_alone_is_not_offered_and_says_why() -> None:
    trainer = model_trainer_of(load_model_file(FOLDER / "logistic_regression.py"), Configuration())
    worker = TrainingWorker(Session(trainer, speed=1.0))
    own = ("f", "v", "S")

    async def run() -> None:
        app = Dashboard(worker)
        async with app.run_test(size=(80, 24)) as pilot:
            await until(pilot, lambda: "R again" in screen_rows(app)[-1])
            assert not {"f", "a", "r"} & set(screen_rows(app)[-1].split())
            titles = {command.title for command in app.get_system_commands(app.screen)}
            for key in (*own, "r", "a"):
                assert not any(title.endswith(f"({key})") for title in titles)
            for key in own:
                await pilot.press("m")
                await until(pilot, lambda: "own networks" not in screen_rows(app)[1])
                await pilot.press(key)
                await until(pilot, lambda: "own networks" in screen_rows(app)[1])
                assert len(app.screen_stack) == 1 and "Cost" in screen_rows(app)[2]
            await pilot.press("a")
            await until(
                pilot, lambda: "its own XOR network; yours trains on" in screen_rows(app)[0]
            )
            await pilot.press("escape", "q")

    asyncio.run(run())


RAISES = LOUD.replace('print("SPOKEN")', "raise KeyError('[bold]W1\\x1b[2J')")


def test_code_that_raises_stops_training_with_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(RAISES)
    with Terminal("mine.py", cwd=tmp_path) as terminal:
        terminal.wait_for("cost raised KeyError at mine.py, line 12: '[bold]W1")
        assert "diverged" in terminal.row(0)
        terminal.send("l")
        terminal.wait_for("log axis")
        terminal.send("q")
        assert terminal.wait() == 0
        assert "diverged at epoch" in terminal.scrollback()[-2]
        assert b"Traceback" not in bytes(terminal.raw)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--layers", "2,1"], "--layers: a model file has parameters"),
        (["--patience", "3"], "--patience: it is for bptui's own networks"),
    ],
)
def test_options_of_networks_are_refused(words: list[str], said: str, capsys: Any) -> None:
    from bptui.tui.cli import main

    assert main(["run", str(FOLDER / "mistake.py"), *words]) == 2
    assert said in capsys.readouterr().err
