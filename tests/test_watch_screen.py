"""The dashboard on runs that others train: as much as their files tell, and nothing to steer."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pane_app import screen_rows
from snapshots import falling_costs, make_curve, make_snapshot
from test_dashboard import panes, until
from textual.pilot import Pilot
from watching import train, write_costs

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.runs.folder import RunFolder
from bptui.core.snapshot import NamedCurve
from bptui.core.training import build_trainer
from bptui.core.watching import WatchedRun, WatchSession
from bptui.tui.actions import ACTIONS, COMPARING, WATCHING
from bptui.tui.app import Dashboard
from bptui.tui.command_line.completion import completion_script
from bptui.tui.commands import watch as command
from bptui.tui.commands.watch import closing_lines, watch
from bptui.tui.drawing.compared_curves import compared_lines, legend_lines
from bptui.tui.drawing.lines import plain
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.panes.status import status_lines
from bptui.tui.screens.epsilon import EpsilonScreen
from bptui.tui.screens.help import HelpScreen
from bptui.tui.worker import TrainingWorker


def compared(*costs: Any, chosen: int = 0) -> tuple[NamedCurve, ...]:
    return tuple(
        NamedCurve(
            f"run-{place}", make_curve(values), [math.nan, *values][-1], "running", place == chosen
        )
        for place, values in enumerate(costs)
    )


def drive(
    script: Callable[[Dashboard, Pilot[None]], Awaitable[None]],
    *paths: Path,
    size: tuple[int, int] = (80, 24),
    symbols: Symbols = UNICODE,
) -> None:
    async def session() -> None:
        runs = [WatchedRun(path) for path in paths]
        worker = TrainingWorker(WatchSession(runs))
        app = Dashboard(worker, actions=WATCHING if len(runs) == 1 else COMPARING, symbols=symbols)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: worker.latest and worker.latest.epoch)
            await script(app, pilot)

    asyncio.run(session())


def text(app: Dashboard) -> str:
    return "\n".join(screen_rows(app))


@pytest.mark.parametrize("size", [(60, 15), (120, 40)])
def test_a_run_has_all_panes(tmp_path, size):
    train(tmp_path / "run", epochs=300)

    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "PASS" in text(app))
        assert "finished" in text(app) and "checkpoint of epoch 300" in text(app)
        assert {"cost", "theta", "check"} <= {pane.id for pane in panes(app)}

    drive(script, tmp_path / "run", size=size)


def test_compared_curves_have_gaps_with_no_digit_in_them():
    costs = [1.0] * 30 + [math.nan] * 40 + [0.5] * 30
    curves = compared(costs, [0.7] * 100, [math.inf] * 100)
    for log in (False, True):
        rows = [
            plain(line).partition("┤")[2] or plain(line).partition("│")[2]
            for line in compared_lines(curves, 80, 20, UNICODE, log=log)[3:-2]
        ]
        width = max(map(len, rows))
        drawn = ["".join(row.ljust(width)[column] for row in rows) for column in range(width)]
        middle = "".join(drawn[int(0.35 * width) : int(0.65 * width)])
        assert "1" not in middle and "2" in middle
        assert "1" in "".join(drawn) and "3" not in "".join(drawn)


def test_a_file_of_costs_has_the_whole_screen_for_its_curve(tmp_path):
    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "epoch 49" in text(app))
        assert [pane.id for pane in panes(app)] == ["cost"]
        assert "paused" in text(app) and "no news for" in text(app) and "η" not in text(app)
        for key, said in (
            ("g", "nothing can be checked"),
            ("w", "no entries to list"),
            ("m", "no method to choose"),
            ("left_square_bracket", "no ε to change"),
            ("v", "no ε to compare"),
        ):
            await pilot.press(key)
            await until(pilot, lambda said=said: said in text(app))
            assert f"{said}: a CSV file has no parameters" in screen_rows(app)[0]
        assert not isinstance(app.screen, EpsilonScreen)

    drive(script, write_costs(tmp_path / "other.csv", old=True), size=(120, 40))


def test_keys_of_a_check_are_offered_once_there_is_one(tmp_path):
    run = tmp_path / "run"
    train(run, epochs=300)
    (run / "checkpoint.npz").rename(run / "later")

    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: [pane.id for pane in panes(app)] == ["cost"])
        assert screen_rows(app)[-1].split() == ["l", "log", "e", "export", "?", "help", "q", "quit"]
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Log (l)", "Help (?)", "Quit (q)"} <= titles
        assert not {"Check (g)", "Worst first (w)", "Article (a)"} & titles
        await pilot.press("question_mark")
        await until(pilot, lambda: "logarithmic axis" in text(app))
        assert "Switch the gradient" not in text(app) and "The parameters Θ" not in text(app)
        await pilot.press("escape")
        (run / "later").rename(run / "checkpoint.npz")
        await until(pilot, lambda: "g check  w worst first" in screen_rows(app)[-1])
        assert "Check (g)" in {each.title for each in app.get_system_commands(app.screen)}

    drive(script, run)


def test_panes_come_with_the_first_checkpoint(tmp_path):
    run = tmp_path / "run"
    train(run, epochs=300)
    (run / "checkpoint.npz").rename(run / "later")

    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: [pane.id for pane in panes(app)] == ["cost"])
        (run / "later").rename(run / "checkpoint.npz")
        await until(pilot, lambda: "PASS" in text(app))
        assert "Θ¹ 2×3" in text(app)

    drive(script, run)


def test_keys_that_steer_say_that_they_cannot(tmp_path):
    train(tmp_path / "run", epochs=30)

    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        for key in ("space", "f"):
            await pilot.press("m")
            await until(pilot, lambda: "only watched" not in text(app))
            await pilot.press(key)
            await until(pilot, lambda: "is only watched, and cannot be" in screen_rows(app)[1])
            assert "Cost" in screen_rows(app)[2]  # one line is enough for it

    drive(script, tmp_path / "run")


@pytest.mark.parametrize("keys", [["l"], ["escape"], ["question_mark", "escape"]])
def test_any_key_that_does_something_clears_the_answer_to_another(keys, tmp_path):
    train(tmp_path / "run", epochs=30)

    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        await pilot.press("plus")
        await until(pilot, lambda: "is only watched, and cannot be" in text(app))
        await pilot.press(*keys)
        await until(pilot, lambda: "only watched" not in text(app) and "reached 30" in text(app))

    drive(script, tmp_path / "run")


def test_bar_help_and_palette_have_what_works_here(tmp_path):
    train(tmp_path / "run", epochs=30)

    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        assert "pause" not in screen_rows(app)[-1]
        assert "l log" in screen_rows(app)[-1]
        titles = {command.title for command in app.get_system_commands(app.screen)}
        for action in ACTIONS:
            offered = any(title.endswith(f"({action.shown})") for title in titles)
            assert offered == (action in WATCHING), action
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))

    drive(script, tmp_path / "run", size=(120, 40))


def test_the_next_run_is_chosen_by_a_key(tmp_path):
    train(tmp_path / "run", epochs=30)

    async def script(app: Dashboard, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "Gradient check" in text(app))
        assert "▸1 run" in text(app) and " 2 other.csv" in text(app)
        await pilot.press("n")
        await until(pilot, lambda: "▸2 other.csv" in text(app))
        assert "Gradient check" not in text(app)

    drive(script, tmp_path / "run", write_costs(tmp_path / "other.csv"))


def test_curves_are_told_apart_without_colour():
    lines = compared_lines(
        compared(falling_costs(), falling_costs()[::-1], falling_costs() / 2),
        60,
        20,
        UNICODE,
        log=False,
    )
    assert len(lines) == 20
    chart = "\n".join(map(plain, lines[3:-1]))
    assert all(chart.count(digit) >= 2 for digit in "123")


def test_curves_that_lie_on_each_other_show_both_digits():
    lines = compared_lines(compared(falling_costs(), falling_costs()), 60, 20, UNICODE, log=True)
    chart = "\n".join(map(plain, lines[2:-2]))
    assert "1" in chart.replace("0.1", "") and "2" in chart.replace("0.2", "")


@pytest.mark.parametrize("symbols", [UNICODE, ASCII])
@pytest.mark.parametrize(("width", "height"), [(1, 1), (5, 3), (20, 6), (118, 30)])
@pytest.mark.parametrize("count", [2, 9])
def test_there_is_room_for_any_number_of_runs(symbols, width, height, count):
    kinds: list[Any] = [falling_costs(), [], [math.inf], [1.0]]
    runs = compared(*(kinds * 3)[:count])
    for lines in (
        compared_lines(runs, width, height, symbols, log=True),
        legend_lines(runs, width, height, symbols),
    ):
        assert len(lines) <= max(1, height)
        if width >= 20:
            assert max(len(plain(line)) for line in lines) <= width


def test_the_legend_names_each_with_its_cost():
    lines = [plain(line) for line in legend_lines(compared([1.0], [0.5], chosen=1), 40, 9, ASCII)]
    assert lines == [" 1 run-0  J 1.00  running", ">2 run-1  J 0.500  running"]


def test_legends_that_do_not_fit_are_counted():
    runs = compared(*[[1.0]] * 9, chosen=5)
    lines = [plain(line) for line in legend_lines(runs, 40, 4, UNICODE)]
    assert [line[:8] for line in lines[:3]] == [" 1 run-0", " 2 run-1", "▸6 run-5"]
    assert lines[3:] == ["… and 6 more"]
    assert [plain(line)[:8] for line in legend_lines(runs, 40, 1, UNICODE)] == ["▸6 run-5"]


def test_a_watched_run_has_no_pace():
    paused = make_snapshot(state="paused", watched=True)
    assert "pace" not in plain(status_lines(paused, 120, UNICODE)[0])


def test_the_last_lines_say_where_each_run_stands(tmp_path):
    train(tmp_path / "run", epochs=300)
    runs = [WatchedRun(tmp_path / "run"), WatchedRun(write_costs(tmp_path / "a b.csv", old=True))]
    for run in runs:
        run.look(1.0)
    lines = closing_lines(runs, ["watch", "run", "a b.csv"])
    assert lines[0].startswith("run: finished at epoch 300, J 0.") and lines[0].endswith("seed 0")
    assert lines[1:] == [
        "a b.csv: paused at epoch 49, J 0.02",
        "watch again: bptui watch run 'a b.csv'",
    ]


def test_completion_offers_files():
    assert "watch" in completion_script("bash")


def test_without_a_name_it_is_the_last_run_in_the_state_directory(state_directory, monkeypatch):
    seen: list[Path] = []

    def note(path: Path) -> WatchedRun:
        seen.append(path)
        raise InputError("seen")

    monkeypatch.setattr(command, "require_terminal", lambda *_: None)
    monkeypatch.setattr(command, "WatchedRun", note)
    folder = RunFolder(name="xor").take()
    build_trainer(Configuration()).save(folder)
    with pytest.raises(InputError, match="seen"):
        watch([], ["watch"])
    assert seen == [folder]


def test_too_many_runs_are_refused():
    with pytest.raises(ValueError, match="10 runs; at most 9"):
        watch([Path("x")] * 10, ["watch"])
