"""The dashboard through Textual's Pilot, with a session that only the test moves."""

import asyncio
import inspect
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from pane_app import screen_rows
from textual.events import Key
from textual.pilot import Pilot
from textual.scrollbar import ScrollBarRender
from textual.widget import Widget

from bptui.core.configuration import Configuration
from bptui.core.runs.folder import RunFolder
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session, build_trainer
from bptui.core.training.commands import ShowBoundary, TogglePause
from bptui.core.training.keeper import RunKeeper
from bptui.tui.actions import ACTIONS, Action
from bptui.tui.app import Dashboard
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.key_bar import KeyBar, fitting
from bptui.tui.panes.ascii_scroll_bar import AsciiScrollBarRender
from bptui.tui.panes.gradient_check import GradientCheckPane
from bptui.tui.panes.line_pane import LinePane
from bptui.tui.screens.help import HelpScreen
from bptui.tui.worker import TrainingWorker

SESSION_ACTIONS = tuple(action for action in ACTIONS if action.command is not None)
SCREENS = ("help", "fault", "sweep-epsilon", "article", "phases", "export")
"""Actions that open a screen over the dashboard."""
NARROW = {"cost", "theta", "check"}
WIDE = NARROW | {"predictions", "norms"}

Script = Callable[["Paused", Pilot[None]], Awaitable[None]]


class Paused(Dashboard):
    """A dashboard whose session waits for the test, and that remembers what it was asked."""

    # Textual looks for a relative path beside the file of the subclass.
    CSS_PATH = Path(inspect.getfile(Dashboard)).with_name("styles.tcss")

    def __init__(self, folder: Path, symbols: Symbols = UNICODE, **choices: object) -> None:
        trainer = build_trainer(Configuration(**choices))  # type: ignore[arg-type]
        keeper = RunKeeper(trainer, RunFolder(folder))
        session = Session(trainer, speed=50.0, keeper=keeper)
        session.send(TogglePause())
        super().__init__(TrainingWorker(session), saves=True, symbols=symbols)
        self.animation_level = "none"
        self.did: list[str] = []
        self.obeys = True

    def action_act(self, name: str) -> None:
        self.did.append(name)
        if self.obeys:
            super().action_act(name)

    @property
    def shown(self) -> Snapshot:
        assert self.worker.latest is not None
        return self.worker.latest


def drive(
    script: Script,
    folder: Path,
    size: tuple[int, int] = (80, 24),
    symbols: Symbols = UNICODE,
    **choices: object,
) -> None:
    """Run a script on a dashboard that is paused at epoch 0."""

    async def session() -> None:
        app = Paused(folder, symbols, **choices)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.worker.latest and app.shown.state == "paused")
            await script(app, pilot)

    asyncio.run(session())


async def until(pilot: Pilot[None], condition: Callable[[], object], seconds: float = 10.0) -> None:
    """Wait for something that the training thread does."""
    for _ in range(int(seconds / 0.01)):
        if condition():
            await pilot.pause()
            return
        if pilot.app.return_code:
            raise AssertionError("the app came to grief")
        await pilot.pause(0.01)
    raise AssertionError(f"waited {seconds:g} s")


def type_fast(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one upon the other, faster than anything is drawn."""
    for key in keys:
        character = " " if key == "space" else key if len(key) == 1 else None
        pilot.app.post_message(Key(key, character))


def first_key(action: Action) -> str:
    return action.keys.split(",")[0]


def panes(app: Dashboard) -> list[LinePane]:
    """Return the panes that are to be seen, in order."""
    return [pane for pane in app.query(LinePane) if pane.can_focus and pane.region.area]


def lines(widget: Widget) -> list[str]:
    return [widget.render_line(y).text for y in range(widget.size.height)]


def test_every_key_works_whatever_pane_has_the_focus(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        names = [action.id for action in ACTIONS]
        app.obeys = False
        for pane in (None, *panes(app)):
            app.screen.set_focus(pane)
            app.did.clear()
            type_fast(pilot, *map(first_key, ACTIONS))
            await until(pilot, lambda: len(app.did) >= len(names))
            assert app.did == names, pane

    drive(script, tmp_path, (120, 40))


def test_all_names_of_a_key_do_the_same(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        names = [(action.id, key) for action in ACTIONS[:-1] for key in action.keys.split(",")]
        for name, key in names:
            type_fast(pilot, key, *["escape"] * (name in SCREENS))
        await until(pilot, lambda: len(app.did) >= len(names) and len(app.screen_stack) == 1)
        assert app.did == [name for name, _ in names]

    drive(script, tmp_path)


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
def test_all_keys_that_leave(key, tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press(key)
        assert app.did in (["quit"], []) and app.return_code == 0
        assert app.keeps_run

    drive(script, tmp_path)


def test_ctrl_c_closes_what_is_open_and_ctrl_q_leaves_from_there(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press("s")
        for opens in ("question_mark", "f", "v", "a", "S", "e", "ctrl+p"):
            await pilot.press(opens)
            await until(pilot, lambda: len(app.screen_stack) == 2)
            app.obeys = False
            await pilot.press("ctrl+q")
            assert app.did[-1] == "quit", opens
            app.obeys = True
            await pilot.press("ctrl+c")
            await until(pilot, lambda: len(app.screen_stack) == 1)
            assert app.return_code is None and app.shown.fault is None

    drive(script, tmp_path)


def test_every_action_is_in_the_palette_and_does_the_same_there(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        commands = list(app.get_system_commands(app.screen))
        titles = [command.title for command in commands]
        assert len(set(titles)) == len(titles)
        assert "Theme" in titles
        for action in ACTIONS:
            (command,) = [
                each
                for each in commands
                if each.title.lower() == f"{action.title} ({action.shown})".lower()
            ]
            assert command.help == action.help
            if action.id in (*SCREENS, "quit"):
                continue
            app.did.clear()
            command.callback()
            await pilot.pause()
            assert app.did == [action.id]

    drive(script, tmp_path)


def test_every_action_and_every_pane_is_in_the_help(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        every = [pane.HELP for pane in app.query(LinePane)]
        await pilot.press("question_mark")
        await pilot.pause()
        text = " ".join(str(child.render()) for child in app.screen.query("Static"))
        for action in ACTIONS:
            spaced = re.escape(action.help).replace("\\ ", r"\s+")
            assert re.search(rf"^ *{re.escape(action.shown)}  {spaced}", text, re.M)
        assert all(help and help in text for help in every)
        assert "Tab" in text and "arrows" in text and "Ctrl+P" in text

    drive(script, tmp_path)


@pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 99)])
def test_the_help_begins_with_the_keys_one_below_the_other(size, tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await until(pilot, lambda: "Pause training" in "".join(screen_rows(app)))
        rows = screen_rows(app)
        column = next(row for row in rows if "Pause training" in row).index("Pause training")
        (second,) = [row for row in rows if "learns" in row]
        assert not second[column - 2 : column].strip()
        await until(pilot, lambda: "Esc closes" in "".join(screen_rows(app)))
        assert ("Down: more" in "".join(screen_rows(app))) == (size[1] < 99)
        await pilot.press("end")
        await until(pilot, lambda: "exploding one." in "".join(screen_rows(app)))
        await until(pilot, lambda: "Down: more" not in "".join(screen_rows(app)))
        assert "Esc closes" in "".join(screen_rows(app))
        if size[1] < 99:
            await pilot.press("up")
            await until(pilot, lambda: "Down: more" in "".join(screen_rows(app)))

    drive(script, tmp_path, size)


@pytest.mark.parametrize("width", range(60, 201, 7))
@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_the_key_bar_has_whole_words_and_always_help_and_quit(symbols, width):
    kept = fitting(ACTIONS, width, symbols)
    text = "".join(f" {action.shown} {symbols.text(action.title)} " for action in kept)
    assert len(text) <= width
    assert [action.id for action in kept[-2:]] == ["help", "quit"]
    assert kept[:-2] == list(ACTIONS[: len(kept) - 2])


@pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_the_key_bar_is_drawn_whole_in_the_last_line(symbols, tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        bar = app.query_one(KeyBar)
        for size in ((60, 15), (80, 24), (137, 36), (200, 50)):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda size=size: bar.region.bottom == size[1])
            (text,) = lines(bar)
            assert len(text) == size[0]
            for action in fitting(ACTIONS, size[0], symbols):
                assert f" {action.shown} {symbols.text(action.title)} " in text
            assert text.rstrip().endswith("? help  q quit")

    drive(script, tmp_path, symbols=symbols)


def test_a_click_on_a_key_is_the_key(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        bar = app.query_one(KeyBar)
        x = lines(bar)[0].index(" s step") + 1
        await pilot.click(KeyBar, offset=(x, 0))
        await until(pilot, lambda: app.shown.epoch == 1)
        assert app.did == ["step"]
        await pilot.click(KeyBar, offset=(lines(bar)[0].index("help"), 0))
        assert isinstance(app.screen, HelpScreen)

    drive(script, tmp_path)


def test_more_panes_where_there_is_more_room(tmp_path):
    tall = NARROW | {"norms"}

    async def script(app: Paused, pilot: Pilot[None]) -> None:
        for size, expected in (
            ((60, 15), NARROW),
            ((80, 24), NARROW),
            ((80, 40), tall),
            ((120, 40), WIDE),
        ):
            await pilot.resize_terminal(*size)
            await until(pilot, lambda wanted=expected: {pane.id for pane in panes(app)} == wanted)
            screen = app.screen.region
            for pane in panes(app):
                assert screen.contains_region(pane.region) and pane.size.area > 0

    drive(script, tmp_path, (100, 30))


def test_one_line_where_there_is_too_little(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        for columns, rows in ((59, 24), (80, 14), (20, 5)):
            await pilot.resize_terminal(columns, rows)
            await until(pilot, lambda: not app.query_one("#dashboard").display)
            assert not panes(app)
            line = str(app.query_one("#too-small").render())
            assert line == f"bptui needs 60x15; this terminal is {columns}x{rows}"
            await pilot.resize_terminal(80, 24)
            await until(pilot, lambda: {pane.id for pane in panes(app)} == NARROW)
            assert not app.query_one("#too-small").display

    drive(script, tmp_path, (50, 10))


def test_tab_visits_every_pane_and_comes_back(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        visited = []
        for _ in range(len(WIDE) + 1):
            await pilot.press("tab")
            visited.append(app.focused and app.focused.id)
        assert set(visited) == WIDE
        assert visited[0] == visited[-1]
        await pilot.press("shift+tab")
        assert app.focused and app.focused.id == visited[-2]

    drive(script, tmp_path, (120, 40))


def test_arrows_scroll_the_pane_that_has_the_focus(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        check = app.query_one(GradientCheckPane)
        theta = app.query_one("#theta", LinePane)
        await pilot.press("w")
        check.focus()
        before = lines(check)
        await pilot.press("down", "down")
        await until(pilot, lambda: check.scroll_offset.y == 2)
        assert lines(check)[:-2] == before[2:]
        assert theta.scroll_offset.y == 0
        await pilot.press("end")
        await until(pilot, lambda: check.scroll_offset.y == check.max_scroll_y > 2)
        assert lines(check)[-1].split()[0] == "Θ³[0,8]"
        await pilot.press("home")
        await until(pilot, lambda: check.scroll_offset.y == 0)
        assert lines(check) == before

        theta.focus()
        await pilot.press("down")
        await until(pilot, lambda: theta.scroll_offset.y == 1)
        assert check.scroll_offset.y == 0

    drive(script, tmp_path, hidden=(8, 8))


def test_a_key_is_answered_by_a_drawing_of_what_it_did(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        status = app.query_one("#status", LinePane)
        for action in SESSION_ACTIONS:
            before = app.shown
            type_fast(pilot, first_key(action))
            await until(pilot, lambda before=before: app.shown is not before)
            await until(pilot, lambda: app.shown.state in lines(status)[0])
            if app.shown.state == "running":
                type_fast(pilot, "space")
                await until(pilot, lambda: app.shown.state == "paused")

    drive(script, tmp_path)


def test_pausing_again_goes_on_and_step_pauses(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        await until(pilot, lambda: app.shown.state == "running" and app.shown.epoch > 2)
        await pilot.press("s")
        await until(pilot, lambda: app.shown.state == "paused")
        stopped = app.shown.epoch
        await pilot.press("s", "s", "s")
        await until(pilot, lambda: app.shown.epoch == stopped + 3)

    drive(script, tmp_path)


def test_the_order_of_entries_cannot_be_changed_while_there_are_none(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press("g", "w")
        why = "no entries to list: the gradient check is off; g switches it on"
        await until(pilot, lambda: app.shown.message == why)

    drive(script, tmp_path)


def test_quitting_ends_the_training_thread(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        await pilot.press("q")
        await until(pilot, lambda: all(worker.is_finished for worker in app.workers))
        app.worker.send(ShowBoundary(0, 0))

    drive(script, tmp_path)


def test_a_checkpoint_goes_where_it_was_told(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press("s", "c")
        await until(pilot, lambda: app.shown.message.startswith("saved epoch 1 "))
        assert (tmp_path / "checkpoint.npz").is_file()

    drive(script, tmp_path)


def test_a_boundary_is_computed_only_while_it_is_seen(tmp_path: Path) -> None:
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        assert app.shown.boundary is None
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: app.shown.boundary is not None)
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: app.shown.boundary is None)

    drive(script, tmp_path)


def test_a_pane_that_comes_to_light_is_drawn_at_once(tmp_path: Path) -> None:
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await pilot.press("<", "<", "<", "<", "<", "<", "<")
        await until(pilot, lambda: (app.shown.speed or 1.0) < 0.5)
        await pilot.press("space")
        await until(pilot, lambda: app.shown.state == "running")
        await pilot.pause(0.3)
        await pilot.resize_terminal(120, 40)
        await pilot.pause(0.3)
        norms = lines(app.query_one("#norms"))
        assert len(norms) == 3 and all("e-" in line for line in norms)

    drive(script, tmp_path)


def test_a_young_curve_does_not_wait_for_its_turn_to_be_drawn(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        app._clock = lambda: app._turns.pictures_at  # no time passes
        type_fast(pilot, *["greater_than_sign"] * 4, "space")
        await until(pilot, lambda: app.shown.epoch > 100)
        await until(pilot, lambda: app._turns.drawn.pictures.curve.epochs > 50)

    drive(script, tmp_path)


def test_what_is_typed_before_a_screen_is_there_does_no_harm(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        await until(pilot, lambda: app.shown.report)
        for name in SCREENS:
            app.action_act(name)
            screen = app.screen
            assert not screen.is_mounted
            for key in ("a", "1", "n", "h", "slash", "m"):
                for binding in screen._bindings.key_to_bindings.get(key, []):
                    await app.run_action(binding.action, screen)
            for pane in app._above:
                pane.show(app.shown)
            await until(pilot, lambda: "Esc closes" in "".join(screen_rows(app)))
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
            assert app.failure is None and app.return_code is None, name

    drive(script, tmp_path)


def test_keys_typed_before_there_is_anything_to_see_wait_for_it(tmp_path):
    async def session(keys: str, seen: str) -> None:
        app = Paused(tmp_path)
        run, may_run = app.worker.session.run, Event()
        app.worker.session.run = lambda *given: may_run.wait(30.0) and run(*given)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(*keys)
            assert len(app.screen_stack) == 1
            may_run.set()
            await until(pilot, lambda: seen in "".join(screen_rows(app)))

    asyncio.run(session("SSS", "Phase 3 of 11"))
    asyncio.run(session("fmissing-b", "missing-bias-gradient"))
    asyncio.run(session("e", "Esc closes"))


def test_ctrl_c_before_the_palette_is_there_does_no_harm(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        app.action_command_palette()
        app.action_interrupt()
        await until(pilot, lambda: app.screen.is_mounted)
        await pilot.press("ctrl+c")
        assert len(app.screen_stack) == 1 and app.return_code is None

    drive(script, tmp_path)


def test_keys_that_are_typed_after_the_one_that_leaves_are_not_heard(tmp_path):
    async def script(app: Paused, pilot: Pilot[None]) -> None:
        type_fast(pilot, *"qrc")
        await pilot.pause()
        assert app.did == ["quit"]

    drive(script, tmp_path)


def test_no_bar_of_the_palette_is_ever_drawn_in_other_characters_than_ascii(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[type] = []
    draw = ScrollBarRender.__rich_console__

    def watched(self: ScrollBarRender, *given: Any) -> Any:
        drawn.append(type(self))
        return draw(self, *given)

    monkeypatch.setattr(ScrollBarRender, "__rich_console__", watched)

    async def script(app: Paused, pilot: Pilot[None]) -> None:
        drawn.clear()
        # As on a busy machine, where the palette is made later than what waits for a refresh.
        monkeypatch.setattr(app, "call_after_refresh", lambda callback, *given: callback(*given))
        await pilot.press("ctrl+p")
        await until(pilot, lambda: drawn and "Start again from the" in "".join(screen_rows(app)))
        assert set(drawn) == {AsciiScrollBarRender}

    drive(script, tmp_path, (120, 40), ASCII)
