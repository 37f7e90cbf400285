"""What the dashboard writes to files: content, names, and the screen that does it."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from snapshots import make_curve, make_snapshot
from test_dashboard import Paused, drive, until
from textual.pilot import Pilot
from textual.widgets import OptionList, Static
from watching import watched

from bptui.core.exports import curve_csv, thetas_npz
from bptui.tui.exports import EXPORTS, write_export
from bptui.tui.screens.export import ExportScreen
from bptui.tui.turns import Due


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


class TestCurve:
    def test_every_epoch_is_there_with_all_its_digits(self) -> None:
        costs = [0.1, 1 / 3, 2e-17]
        rows = rows_of(curve_csv(make_curve(costs, validation=[0.5, 0.25])))
        assert [(int(row["epoch"]), float(row["cost"])) for row in rows] == list(enumerate(costs))
        assert [row["validation_cost"] for row in rows] == ["0.5", "", "0.25"]

    def test_of_a_long_training_no_spike_is_lost(self) -> None:
        costs = np.full(100_000, 0.25)
        costs[77_777] = 9.0
        curve = make_curve(costs, validation=np.arange(1.0, 51.0))
        rows = rows_of(curve_csv(curve))
        assert len(rows) == len(curve.columns) < 5_000
        assert max(float(row["highest"]) for row in rows) == 9.0
        assert {float(row["lowest"]) for row in rows} == {0.25}
        assert [float(row["validation_cost"]) for row in rows if row["validation_cost"]] == [
            *range(1, 51)
        ]

    @pytest.mark.parametrize("share", [1.0, 0.25])
    def test_bptui_watches_it_parts_of_epochs_included(self, tmp_path: Path, share: float) -> None:
        curve = make_curve(np.linspace(1.0, 0.1, 300))
        columns = replace(curve.columns, epoch=share * curve.columns.epoch)
        curve = replace(curve, columns=columns)
        path = tmp_path / "curve.csv"
        path.write_bytes(curve_csv(curve))
        again = watched(path).curve.columns
        assert again.epoch.tolist() == curve.columns.epoch.tolist()
        assert again.last.tolist() == curve.columns.last.tolist()


class TestThetas:
    def test_they_are_numbered_by_layer(self) -> None:
        snapshot = make_snapshot((2, 3, 1))
        with np.load(io.BytesIO(thetas_npz(snapshot)), allow_pickle=False) as arrays:
            assert list(arrays) == ["theta_1", "theta_2"]
            for array, theta in zip(arrays.values(), snapshot.thetas, strict=True):
                assert np.array_equal(array, theta)

    def test_the_arrays_of_a_model_have_its_names_whatever_they_are(self) -> None:
        snapshot = make_snapshot((2, 3, 1))
        names = ("file", "allow_pickle")
        own = replace(snapshot.description, layers=(), array_names=names)
        content = thetas_npz(replace(snapshot, description=own))
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            assert tuple(arrays) == names


class TestNames:
    def written(self, folder: Path, data: str = "xor") -> Path:
        snapshot = make_snapshot()
        named = replace(snapshot.description, data=data)
        return write_export(EXPORTS[1], replace(snapshot, description=named, epoch=12), (), folder)

    def test_a_name_says_what_it_is_of(self, tmp_path: Path) -> None:
        assert self.written(tmp_path).name == "bptui-xor-seed-7-epoch-12.csv"

    def test_nothing_is_written_over(self, tmp_path: Path) -> None:
        first = self.written(tmp_path)
        first.write_text("mine")
        (tmp_path / "bptui-xor-seed-7-epoch-12-2.csv").symlink_to("nowhere")
        assert self.written(tmp_path).name == "bptui-xor-seed-7-epoch-12-3.csv"
        assert first.read_text() == "mine"

    @pytest.mark.parametrize(
        ("data", "part"),
        [("../../etc/x.csv", "etc-x.csv"), ("\x1b[31mé", "31m"), ("é", "run"), ("a" * 300, "aaa")],
    )
    def test_a_name_from_a_file_is_data(self, tmp_path: Path, data: str, part: str) -> None:
        path = self.written(tmp_path, data)
        assert path.parent == tmp_path and path.is_file()
        assert path.name.startswith(f"bptui-{part}") and len(path.name) < 100


async def opened(app: Paused, pilot: Pilot[None]) -> None:
    await until(pilot, lambda: app.shown.report is not None)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(app.screen, ExportScreen))


def said(app: Paused) -> list[str]:
    return str(app.screen.query_one(Static).render()).splitlines()


class TestScreen:
    @pytest.fixture(autouse=True)
    def here(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "here"
        folder.mkdir()
        monkeypatch.chdir(folder)
        return folder

    def test_a_letter_writes_what_was_shown_when_it_was_opened(
        self, tmp_path: Path, here: Path
    ) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("s", "s")
            await until(pilot, lambda: app.shown.epoch == 2)
            await opened(app, pilot)
            report, thetas = app.shown.report, app.shown.thetas
            await pilot.press("p", "t")
            assert said(app) == [f"in {here}", "wrote bptui-xor-seed-0-epoch-2.npz"]
            await pilot.press("a")
            assert said(app)[1:] == [
                "wrote bptui-xor-seed-0-epoch-2-2.svg",
                "wrote bptui-xor-seed-0-epoch-2.csv",
                "wrote bptui-xor-seed-0-epoch-2-2.npz",
                "wrote bptui-xor-seed-0-epoch-2.json",
            ]
            assert len(list(here.iterdir())) == 6
            picture = ElementTree.parse(here / "bptui-xor-seed-0-epoch-2.svg")
            text = " ".join("".join(node.itertext()) for node in picture.iter())
            assert "epoch 2" in text and "Export" not in text
            with np.load(here / "bptui-xor-seed-0-epoch-2.npz") as arrays:
                assert np.array_equal(arrays["theta_1"], thetas[0])
            assert report is not None
            found = json.loads((here / "bptui-xor-seed-0-epoch-2.json").read_text())
            assert found == json.loads(json.dumps(report.to_dict(values=True)))
            assert np.array_equal(found["arrays"][0]["backprop"], report.arrays[0].backprop)
            await pilot.press("escape")
            assert not isinstance(app.screen, ExportScreen)

        drive(script, tmp_path / "run")

    def test_the_picture_is_of_the_same_epoch_as_the_rest(self, tmp_path: Path, here: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            take = app._turns.take

            def only_when_asked(*what: Any, everything: bool, **more: Any) -> Due:
                drawn = take(*what, everything=everything, **more)
                return drawn if everything else Due(False, False, False)

            app._turns.take = only_when_asked  # type: ignore[method-assign]
            app.worker.latest = replace(app.shown, epoch=4321)
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, ExportScreen))
            await pilot.press("p")
            (path,) = here.iterdir()
            assert path.name == "bptui-xor-seed-0-epoch-4321.svg"
            assert "epoch 4,321" in path.read_text("utf-8")

        drive(script, tmp_path / "run")

    def test_what_is_not_there_is_said_to_be_missing(self, tmp_path: Path, here: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("g")
            await until(pilot, lambda: not app.shown.checking and app.shown.report is None)
            await pilot.press("e")
            await until(pilot, lambda: isinstance(app.screen, ExportScreen))
            app.screen.query_one(OptionList).highlighted = 3
            await pilot.press("enter")
            assert said(app)[1:] == ["nothing is written: there is no gradient check yet"]
            assert not list(here.iterdir())

        drive(script, tmp_path / "run")

    def test_a_folder_that_takes_no_file_is_named(self, tmp_path: Path, here: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            await pilot.press("escape")
            here.rmdir()
            await opened(app, pilot)
            await pilot.press("t")
            assert said(app)[1:] == ["bptui-xor-seed-0-epoch-0.npz: there is no folder ."]

        drive(script, tmp_path / "run")

    def test_a_page_writes_nothing_on_the_machine_that_serves_it(
        self, tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await opened(app, pilot)
            monkeypatch.setattr(type(app), "is_web", True)
            await pilot.press("a")
            assert said(app)[1:] == [
                "nothing is written from a page; run bptui in a terminal for that"
            ]
            assert not list(here.iterdir())

        drive(script, tmp_path / "run")
