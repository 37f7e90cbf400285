"""Planted faults as users meet them: the picker, the Θ pane and the command line."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pane_app import screen_rows, shown
from snapshots import make_snapshot, of_arrays, wrong_report
from test_dashboard import Paused, drive, lines, type_fast, until
from textual.pilot import Pilot
from textual.widgets import Input, OptionList, Static

from bptui.core.check import VERDICTS, theta_name
from bptui.core.configuration import Configuration
from bptui.core.faults import FAULTS
from bptui.core.training import build_trainer
from bptui.core.training.commands import PlantFault
from bptui.tui.cli import main
from bptui.tui.command_line import names
from bptui.tui.commands import faults as command
from bptui.tui.commands.run import closing_lines
from bptui.tui.drawing.symbols import ASCII
from bptui.tui.panes.line_pane import LinePane
from bptui.tui.panes.theta import ThetaPane
from bptui.tui.screens.faults import FaultScreen


async def opened(app: Paused, pilot: Pilot[None]) -> None:
    await pilot.press("f")
    await until(pilot, lambda: isinstance(app.screen, FaultScreen))


def offered(app: Paused) -> list[str | None]:
    return [option.id for option in app.screen.query_one(OptionList)._options]


def highlight(app: Paused, name: str) -> None:
    app.screen.query_one(OptionList).highlighted = offered(app).index(name)


def described(app: Paused) -> str:
    return str(app.screen.query_one(Static).render())


def status(app: Paused) -> str:
    return lines(app.query_one("#status", LinePane))[0]


class TestPicker:
    def test_every_fault_is_listed_with_what_it_teaches(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            assert offered(app) == ["surprise me", *FAULTS]
            for name, fault in FAULTS.items():
                highlight(app, name)
                await pilot.pause()
                assert described(app).endswith(fault.teaches)

        drive(script, tmp_path)

    def test_typing_searches_and_enter_plants(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            await pilot.press(*"theta-tr")
            assert app.screen.query_one(Input).value == "theta-tr"
            assert offered(app) == ["theta-transposed"]
            await pilot.press("enter")
            await until(pilot, lambda: app.shown.fault == "theta-transposed")
            await until(pilot, lambda: "fault: theta-tra" in status(app))
            assert not app.shown.fault_hidden
            await until(
                pilot,
                lambda: any("the fault theta-transposed gives" in row for row in screen_rows(app)),
            )
            await opened(app, pilot)
            assert offered(app)[:2] == ["none", "surprise me"]
            assert "now: theta-transposed" in screen_rows(app)[0]
            highlight(app, "none")
            await pilot.press("enter")
            await until(pilot, lambda: app.shown.fault is None)
            await until(pilot, lambda: "fault" not in status(app))

        drive(script, tmp_path)

    def test_no_letter_is_lost_however_fast_they_come(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            for word in ("theta-transposed", "l2-bias", "whole sum/ ha"):
                await opened(app, pilot)
                type_fast(pilot, *("space" if letter == " " else letter for letter in word))
                field = app.screen.query_one(Input)
                await until(pilot, lambda word=word, field=field: len(field.value) >= len(word))
                assert field.value == word
                await pilot.press("escape")

        drive(script, tmp_path)

    def test_slash_and_arrows(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            await pilot.press("slash", *"miss", "down")
            found = app.screen.query_one(OptionList)
            assert app.screen.query_one(Input).value == "miss" and found.has_focus
            assert "missing-output-derivative" in offered(app)
            assert "l2-forgotten" not in offered(app)  # whose description alone has the word
            assert found.highlighted == 1
            await pilot.press("slash", *"zzz")
            assert offered(app) == [] and described(app) == "nothing of that name"
            await pilot.press("enter", "escape")
            assert app.shown.fault is None and not isinstance(app.screen, FaultScreen)

        drive(script, tmp_path)

    def test_every_letter_can_be_searched_for(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            await pilot.press(*"squares")
            assert offered(app) == ["half-sum-of-squares"] and not app.did[1:]
            await pilot.press("escape", "f", "c", "ctrl+c")
            assert len(app.screen_stack) == 1 and app.return_code is None

        drive(script, tmp_path)

    def test_a_name_can_be_hidden_and_revealed(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            await pilot.press("h")
            assert "h hides its name (yes)" in screen_rows(app)[-1]
            highlight(app, "dropped-sample")
            await pilot.press("enter")
            await until(pilot, lambda: app.shown.fault == "dropped-sample")
            await until(pilot, lambda: "fault: ?" in status(app))
            assert "dropped-sample" not in "".join(screen_rows(app))
            await opened(app, pilot)
            assert "now: ?" in screen_rows(app)[0]
            highlight(app, "reveal")
            await pilot.press("enter")
            await until(pilot, lambda: not app.shown.fault_hidden)
            await until(pilot, lambda: "fault: dropped-sample" in status(app))

        drive(script, tmp_path)

    def test_a_surprise_is_hidden_and_can_be_planted(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            for _ in range(3):
                before = app.shown
                await opened(app, pilot)
                highlight(app, "surprise me")
                await pilot.press("enter")
                await until(
                    pilot, lambda before=before: app.shown.fault not in (None, before.fault)
                )
                assert app.shown.fault_hidden
                assert app.shown.fault not in app.shown.description.no_faults
                assert str(app.shown.fault) not in "".join(screen_rows(app))

        drive(script, tmp_path)

    def test_a_fault_that_cannot_be_planted_says_why_and_stays_out(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            await pilot.press(*"l2-f", "enter")
            assert isinstance(app.screen, FaultScreen)
            assert described(app).startswith("Cannot be planted here: it needs an L2 penalty")
            (row,) = [row for row in screen_rows(app) if "l2-forgotten" in row]
            assert "- l2-forgotten" in row and "needs an L2 penalty (l2 above 0)" in row
            await pilot.press("escape")
            assert app.shown.fault is None

        drive(script, tmp_path)

    def test_it_is_plain_ascii_where_it_must_be(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            await pilot.press("down", "down")
            await pilot.pause()
            text = "\n".join(screen_rows(app))
            assert text.isascii() and "\\u" not in text
            assert "phi' is forgotten in the hidden layers" in text

        drive(script, tmp_path, symbols=ASCII)

    @pytest.mark.parametrize("size", [(60, 15), (200, 50)])
    def test_it_fits_any_terminal(self, size: tuple[int, int], tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            text = "\n".join(screen_rows(app))
            assert "Plant a fault" in text and "surprise me" in text and "exercise" in text

        drive(script, tmp_path, size)

    def test_planting_does_not_wait_for_a_pause(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("space")
            app.worker.send(PlantFault("not-zeroed"))
            await until(pilot, lambda: app.shown.fault and app.shown.epoch > 3)
            epoch = app.shown.epoch
            await until(pilot, lambda: app.shown.epoch > epoch)
            report = app.shown.report
            assert report is not None and report.verdict == "fail"

        drive(script, tmp_path)


class TestTheta:
    def test_wrong_entries_are_marked_in_place(self) -> None:
        snapshot = make_snapshot()
        before = shown(ThetaPane(), snapshot, (50, 14))
        pane = ThetaPane()
        after = shown(pane, wrong_report(snapshot), (50, 14))
        value = f"{snapshot.thetas[0][0, 1]:+.3f}"
        assert f"✗{value}" in after[2]
        assert [row.replace(f"✗{value}", f" {value}") for row in after] == before
        bad = [text for line in pane._shown.values() for text, style in line if style == "bad"]
        assert [text.strip() for text in bad] == [f"✗{value}"]

    @pytest.mark.parametrize(("verdict", "sign"), [("unresolved", "?"), ("at-kink", "^")])
    def test_every_verdict_has_its_sign(self, verdict: Any, sign: str) -> None:
        snapshot = make_snapshot()
        assert snapshot.report is not None
        array = snapshot.report.arrays[1]
        verdicts = np.zeros_like(array.verdicts)
        verdicts[1, 0] = VERDICTS.index(verdict)
        arrays = list(snapshot.report.arrays)
        arrays[1] = replace(array, verdicts=verdicts)
        marked = replace(snapshot, report=replace(snapshot.report, arrays=tuple(arrays)))
        text = "\n".join(shown(ThetaPane(), marked, (50, 14), ASCII))
        assert f"{sign}{snapshot.thetas[1][1, 0]:+.3f}" in text and text.isascii()

    def test_a_heat_map_counts_them(self) -> None:
        X = np.random.default_rng(0).random((6, 64))
        network = {"output": "softmax", "cost": "cross-entropy"}
        snapshot = make_snapshot((64, 32, 10), X=X, y=np.eye(10)[:6], network=network)
        text = "\n".join(shown(ThetaPane(), wrong_report(snapshot), (90, 40)))
        assert "✗ 1 wrong" in text

    def test_a_report_of_other_parameters_marks_nothing(self) -> None:
        snapshot = wrong_report(make_snapshot())
        other = replace(of_arrays(["W"], [np.ones((4, 4))]), report=snapshot.report)
        assert "✗" not in "".join(shown(ThetaPane(), other, (50, 14)))


class TestStatus:
    def test_the_fault_stands_beside_the_state(self) -> None:
        from bptui.tui.drawing.lines import plain
        from bptui.tui.drawing.symbols import UNICODE
        from bptui.tui.panes.status import status_lines

        snapshot = make_snapshot(fault="clipped")
        assert "running  fault: clipped  epoch" in plain(status_lines(snapshot, 120, UNICODE)[0])
        hidden = plain(status_lines(replace(snapshot, fault_hidden=True), 120, UNICODE)[0])
        assert "fault: ?" in hidden and "clipped" not in hidden

    def test_the_closing_lines_repeat_it_unless_it_is_hidden(self) -> None:
        snapshot = make_snapshot(fault="clipped")
        words = ("bptui", "--fault", "not-zeroed", "--eta=1")
        first, repeat = closing_lines(snapshot, words, None)
        assert first.endswith("fault clipped")
        assert repeat == "repeat: bptui --eta=1 --fault clipped --seed 7"
        first, repeat = closing_lines(replace(snapshot, fault_hidden=True), words, None)
        assert first.endswith("fault ?")
        assert repeat == "start again without the hidden fault: bptui --eta=1 --seed 7"


class TestCommandLine:
    def test_the_names_are_those_of_core(self) -> None:
        assert tuple(FAULTS) == names.FAULTS

    def test_the_catalogue_on_a_pipe_is_one_line_each(self, capsys: Any) -> None:
        assert main(["faults"]) == 0
        rows = capsys.readouterr().out.splitlines()
        assert [row.split()[0] for row in rows] == list(FAULTS)
        assert all(fault.teaches in row for fault, row in zip(FAULTS.values(), rows, strict=True))

    def test_one_of_the_catalogue(self, capsys: Any) -> None:
        assert main(["faults", "clipped"]) == 0
        assert capsys.readouterr().out.split()[0] == "clipped"
        assert main(["faults", "clipped", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["name"] == "clipped"
        assert main(["faults", "cliped"]) == 2
        assert "did you mean 'clipped'?" in capsys.readouterr().err

    @pytest.mark.parametrize("columns", [20, 60, 80, 300])
    def test_on_a_terminal_it_is_wrapped(self, columns: int, monkeypatch: Any, capsys: Any) -> None:
        monkeypatch.setattr(command, "terminal_columns", lambda: columns)
        main(["faults"])
        rows = capsys.readouterr().out.splitlines()
        assert max(map(len, rows)) < max(columns, 27)
        assert [row.split()[0] for row in rows if row[0] != " "] == list(FAULTS)

    def test_the_catalogue_as_json(self, capsys: Any) -> None:
        main(["faults", "--json"])
        entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [entry["name"] for entry in entries] == list(FAULTS)
        assert all(set(entry) == {"name", "title", "teaches"} for entry in entries)

    def test_the_check_fails_and_names_it(self, capsys: Any) -> None:
        assert main(["check", "--fault", "missing-output-derivative"]) == 1
        out = capsys.readouterr().out
        assert "fault missing-output-derivative" in out.splitlines()[0]
        assert "Every entry is what the fault missing-output-derivative gives" in out
        assert main(["check", "--fault", "dropped-sample", "--json", "--after", "20"]) == 1
        (found,) = json.loads(capsys.readouterr().out)["diagnosis"]
        assert (found["code"], found["fault"]) == ("fault", "dropped-sample")
        assert found["where"] == ", ".join(map(theta_name, range(3)))

    def test_training_goes_on_and_says_so(self, capsys: Any) -> None:
        assert main(["train", "--fault", "sign-of-one-layer", "--epochs", "50"]) == 0
        out = capsys.readouterr().out
        assert re.search(r"^fault +sign-of-one-layer$", out, re.M) and "FAIL" in out

    def test_a_run_saved_with_a_hidden_fault_keeps_its_name(
        self, tmp_path: Path, capsys: Any
    ) -> None:
        trainer = build_trainer(Configuration())
        trainer.plant("dropped-sample", hidden=True)
        trainer.save(tmp_path)
        assert main(["train", "--resume", str(tmp_path), "--epochs", "5"]) == 0
        out = capsys.readouterr().out
        assert re.search(r"^fault +[?]$", out, re.M)
        assert "dropped-sample" not in out and "which one?" in out

    @pytest.mark.parametrize("words", ["run", "train", "check"])
    def test_an_unknown_name_is_one_sentence(self, words: str, capsys: Any) -> None:
        assert main([words, "--fault", "missing-hiden-derivative"]) == 2
        err = capsys.readouterr().err
        assert err == (
            "bptui: --fault: unknown name 'missing-hiden-derivative' (did you mean "
            "'missing-hidden-derivative'?); bptui faults lists them\n"
        )

    @pytest.mark.parametrize("words", ["train", "check"])
    def test_a_fault_that_cannot_be_planted_is_one_sentence(self, words: str, capsys: Any) -> None:
        assert main([words, "--fault", "extra-output-derivative"]) == 2
        err = capsys.readouterr().err
        assert err == (
            "bptui: fault: extra-output-derivative cannot be planted here; "
            "it needs the cost cross-entropy\n"
        )

    def test_a_config_file_may_plant_one(self, tmp_path: Path, capsys: Any) -> None:
        file = tmp_path / "wrong.toml"
        file.write_text('fault = "clipped"\n')
        assert main(["check", "--config", str(file)]) == 1
        file.write_text('fault = "cliped"\n')
        assert main(["check", "--config", str(file)]) == 2
        assert "did you mean 'clipped'" in capsys.readouterr().err
