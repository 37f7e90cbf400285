"""Run folders and files of others, as a watching session shows them."""

import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from watching import play, train, watched, write_costs

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.runs.files import CHECKPOINT, LOG
from bptui.core.runs.folder import RunFolder
from bptui.core.runs.log import Row, RunLog
from bptui.core.training import build_trainer
from bptui.core.training import commands as ask
from bptui.core.watching import WatchedRun, checkpoint
from bptui.core.watching.run import lasting, names

STEERING = (
    ask.TogglePause(),
    ask.Step(),
    ask.ShowPhases(),
    ask.Reinitialize(True),
    ask.ChangeLearningRate(1),
    ask.ChangeSpeed(1),
    ask.PlantFault("sign-of-one-layer"),
    ask.Checkpoint(),
)


def contents(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


class TestRunFolder:
    def test_a_finished_run_is_all_there(self, run):
        trainer = train(run, epochs=300)
        shown = watched(run)
        assert (shown.state, shown.epoch, shown.checkpoint_epoch) == ("finished", 300, 300)
        assert shown.message == "reached 300 epochs"
        assert shown.cost == trainer.cost
        assert shown.description.layers == (2, 2, 2, 1)
        for mine, theirs in zip(shown.thetas, trainer.parameters(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert shown.report is not None and shown.report.passed and shown.report_epoch == 300
        np.testing.assert_array_equal(shown.curve.columns.last, trainer.curve().columns.last)
        assert len(shown.predictions) == 4

    def test_a_diverged_run_says_why(self, run):
        trainer = train(run, data="sine", learning_rate=1e6, epochs=500)
        assert trainer.state == "diverged"
        shown = watched(run)
        assert (shown.state, shown.message) == ("diverged", trainer.message)

    def test_one_that_stands_still_is_paused(self, run):
        train(run, seconds=0.01, epochs=10**9)
        os.utime(run / LOG, (1e9, 1e9))
        shown = watched(run)
        assert shown.state == "paused"
        assert shown.message.startswith("no news for ") and shown.message.endswith(" days")

    def test_one_that_just_wrote_is_running(self, run):
        train(run, seconds=0.01, epochs=10**9)
        assert watched(run).state == "running"

    def test_before_the_first_checkpoint_there_is_the_curve(self, run):
        train(run, epochs=300)
        (run / CHECKPOINT).unlink()
        shown = watched(run)
        assert shown.epoch == 300 and len(shown.curve.columns) and not shown.thetas
        assert shown.no_check == "there is no checkpoint yet"

    def test_without_a_log_there_is_the_checkpoint(self, run):
        trainer = train(run, epochs=300)
        (run / LOG).unlink()
        shown = watched(run)
        assert (shown.state, shown.epoch, shown.cost) == ("finished", 300, trainer.cost)
        assert len(shown.curve.columns) == len(trainer.curve().columns)

    def test_what_came_after_the_checkpoint_is_from_the_log(self, run):
        trainer = train(run, epochs=300)
        with (run / LOG).open("a") as log:
            log.write("400,0.125,,2.0,0,9.0\n500,0.0625,,2.0,0,9.5\n")
        shown = watched(run)
        assert (shown.epoch, shown.cost, shown.checkpoint_epoch) == (500, 0.0625, 300)
        known = len(trainer.curve().columns)
        assert shown.curve.columns.epoch[known:].tolist() == [400, 500]
        assert shown.state == "running"

    def test_a_run_that_began_again_since_has_the_curve_of_its_log(self, run):
        train(run, epochs=300)
        with (run / LOG).open("a") as log:
            log.write("0,0.5,,2.0,1,9.0\n10,0.4,,2.0,1,9.5\n")
        shown = watched(run)
        assert shown.curve.columns.epoch.tolist() == [0, 10]
        assert (shown.seed, shown.state) == (1, "running")
        assert "began again once" in shown.message

    def test_data_that_are_not_here_leave_the_parameters(self, run, tmp_path):
        data = tmp_path / "mine.csv"
        data.write_text("a,b,y\n" + "".join(f"{i},{i % 3},{i % 2}\n" for i in range(8)))
        trainer = train(run, data=str(data), epochs=20)
        data.unlink()
        shown = watched(run)
        assert (shown.description.data, shown.description.layers) == ("mine.csv", (2, 8, 1))
        for mine, theirs in zip(shown.thetas, trainer.parameters(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert shown.report is None and shown.no_check == f"{data}: no such file"
        assert shown.no_predictions == shown.no_check
        assert (shown.state, shown.epoch) == ("finished", 20)

    def test_so_do_data_that_have_changed(self, run, tmp_path):
        data = tmp_path / "mine.csv"
        data.write_text("a,b,y\n" + "".join(f"{i},{i % 3},{i % 2}\n" for i in range(8)))
        train(run, data=str(data), epochs=20)
        data.write_text("a,b,y\n" + "".join(f"{i},{i % 4},{i % 2}\n" for i in range(8)))
        shown = watched(run)
        assert len(shown.thetas) == 2 and "has changed" in shown.no_check

    def test_a_damaged_checkpoint_leaves_the_curve(self, run):
        train(run, epochs=300)
        (run / CHECKPOINT).write_bytes(b"PK\x03\x04 no more")
        shown = watched(run)
        assert shown.epoch == 300 and len(shown.curve.columns)
        assert "this checkpoint does not fit" in shown.message

    @pytest.mark.parametrize("layers", [[2, 3, 1], [10**9, 10**9], ["x"], [2, 0, 1], [-1, 5], 7])
    def test_one_that_lies_about_its_layers_is_refused(self, run, layers):
        trainer = train(run, epochs=30)
        with np.load(run / CHECKPOINT) as archive:
            arrays = dict(archive)
        arrays["facts"] = np.array(
            json.dumps(json.loads(str(arrays["facts"])) | {"layers": layers})
        )
        buffer = io.BytesIO()
        np.savez(buffer, **arrays)
        (run / CHECKPOINT).write_bytes(buffer.getvalue())
        assert zipfile.is_zipfile(run / CHECKPOINT)
        shown = watched(run)
        assert "this checkpoint does not fit" in shown.message
        assert shown.epoch == trainer.epoch and not shown.thetas

    def test_the_next_checkpoint_is_read_and_the_data_are_not(self, run, monkeypatch):
        trainer = build_trainer(Configuration())
        trainer.advance(1.0, 10)
        trainer.save(run)
        built = []
        monkeypatch.setattr(
            checkpoint, "build_trainer", lambda chosen: built.append(1) or build_trainer(chosen)
        )
        one = WatchedRun(run)
        one.look(1.0)
        assert one.epoch == 10
        trainer.advance(1.0, 10)
        trainer.save(run)
        assert one.look(1.0)
        assert (one.epoch, len(built)) == (20, 1)
        np.testing.assert_array_equal(one.thetas()[0], trainer.parameters()[0])
        assert not one.look(1.0)

    def test_nothing_is_written_and_nothing_locked(self, run):
        train(run, epochs=30)
        before = contents(run)
        lock = RunFolder(run, resumed=run)
        lock.take()
        shown = play(run, commands=STEERING)
        assert len(shown) == 1 + len(STEERING)
        lock.close()
        after = contents(run)
        assert {name: after[name] for name in (CHECKPOINT, LOG)} == {
            name: before[name] for name in (CHECKPOINT, LOG)
        }
        assert after.keys() == before.keys()

    @pytest.mark.parametrize("command", STEERING, ids=lambda command: type(command).__name__)
    def test_what_would_steer_is_refused_in_one_sentence(self, run, command):
        train(run, epochs=30)
        before, after = play(run, commands=(command,))
        assert after.message == (
            "this training is only watched, and cannot be steered; do that where it runs"
        )
        assert (after.epoch, after.state, after.fault) == (before.epoch, before.state, None)

    def test_the_check_is_the_watchers_own(self, run):
        train(run, epochs=30)
        commands = (ask.NextMethod(), ask.ChangeEpsilon(-1), ask.SweepEpsilon())
        first, method, epsilon, swept, off, on = play(
            run, commands=(*commands, ask.ToggleChecking(), ask.ToggleChecking())
        )
        assert (first.method, method.method) == ("complex", "central")
        assert method.report is not None and method.report.method == "central"
        assert epsilon.epsilon == pytest.approx(method.epsilon / 10)
        assert swept.swept is not None and swept.swept.sweep is not None
        assert off.report is None and not off.checking
        assert on.report is not None

    def test_a_boundary_is_drawn(self, run):
        train(run, epochs=30)
        shown = play(run, commands=(ask.ShowBoundary(12, 5),))[-1]
        assert shown.boundary is not None and shown.boundary.outputs.shape == (5, 12, 1)


class TestFile:
    def test_there_are_costs_alone(self, tmp_path):
        shown = watched(write_costs(tmp_path / "other.csv", old=True))
        assert (shown.description.data, shown.description.size) == ("other.csv", "")
        assert (shown.epoch, shown.cost, shown.state) == (49, 0.02, "paused")
        assert not shown.thetas and shown.no_check == "a CSV file has no parameters"

    def test_a_check_is_refused_in_one_sentence(self, tmp_path):
        path = write_costs(tmp_path / "other.csv")
        shown = play(path, commands=(ask.ToggleChecking(),))[-1]
        assert shown.message == "nothing can be checked: a CSV file has no parameters"

    def test_a_last_cost_that_is_no_number_is_a_divergence(self, tmp_path):
        path = tmp_path / "other.csv"
        path.write_text("epoch,cost\n1,2.0\n2,nan\n")
        assert watched(path).state == "diverged"

    def test_costs_that_are_no_numbers_are_said(self, tmp_path):
        log = tmp_path / "log.csv"
        log.write_text("epoch,cost\n1,0.5\n2,nan\n3,0.2\n")
        assert "1 cost is no finite number" in watched(log).message
        log.write_text("epoch,cost\n1,0.5\n2,nan\n3,inf\n4,0.2\n")
        assert "2 costs are no finite numbers" in watched(log).message

    def test_a_folder_without_a_run_is_refused(self, tmp_path):
        with pytest.raises(InputError, match="this folder holds no run; name one that --run"):
            WatchedRun(tmp_path)

    def test_so_is_nothing_at_all(self, tmp_path):
        with pytest.raises(InputError, match="no such file"):
            WatchedRun(tmp_path / "nothing")

    def test_a_hostile_name_is_printed_harmlessly(self, tmp_path):
        path = write_costs(tmp_path / "a\x1b[2Jb.csv")
        assert watched(path).description.data == r"a\x1b[2Jb.csv"


class TestSeveral:
    def test_all_curves_are_there_and_the_first_is_chosen(self, run, tmp_path):
        train(run, epochs=30)
        other = write_costs(tmp_path / "other.csv", old=True)
        first, second, third = play(run, other, commands=(ask.NextRun(), ask.NextRun()))
        assert [(one.name, one.chosen) for one in first.compared] == [
            ("run", True),
            ("other.csv", False),
        ]
        assert [one.cost for one in first.compared] == [first.cost, 0.02]
        assert first.thetas and not second.thetas and third.thetas
        assert second.compared[1].chosen and second.epoch == 49
        assert third.report is not None

    def test_runs_of_one_name_are_told_by_their_folders(self, tmp_path):
        paths = [tmp_path / name / "costs.csv" for name in ("a", "b")]
        for path in paths:
            path.parent.mkdir()
            write_costs(path)
        assert names([WatchedRun(path) for path in paths]) == ["a/costs.csv", "b/costs.csv"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.4, "0 s"), (40, "40 s"), (119, "119 s"), (150, "2 min"), (7300, "2 h"), (5e5, "6 days")],
)
def test_how_long_nothing_came(seconds, words):
    assert lasting(seconds) == words


def test_a_log_is_followed_as_it_is_written(run):
    run.mkdir()
    log = RunLog()
    log.open(run, 0, 7)
    one = WatchedRun(run)
    for epoch in range(3):
        log.add(Row(10 * epoch, 0.5, None, 2.0, 7, 0.1 * epoch))
        assert one.look(1.0)
        assert (one.epoch, one.seed, one.learning_rate) == (10 * epoch, 7, 2.0)
    log.close()
