"""Lines that are drawn without Textual's compositor: the terminal shows what Textual would."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pyte
import pytest
from pyte.screens import Char
from test_dashboard import Paused, until
from textual.screen import Screen

from bptui.tui.changed_cells import Placed, ShownCells

Look = tuple[str, str, str, bool, bool]
Step = str | tuple[int, int]


class Seen(Paused):
    """A dashboard whose output goes to an emulator."""

    def __init__(self, folder: Path, size: tuple[int, int], **choices: object) -> None:
        super().__init__(folder, **choices)
        self.emulator = pyte.Screen(*size)
        self.stream = pyte.Stream(self.emulator)
        self.direct = 0
        """How many drawings Textual's compositor had no part in."""

    def _display(self, screen: Screen[object], renderable: object) -> None:
        if self.screen is screen and self._shown_cells.want(renderable, self._colors):
            self.stream.feed(self._shown_cells.text())

    def show_lines(self, lines: Iterable[Placed]) -> None:
        self._shown_cells.want_lines(lines, self._colors)
        self.stream.feed(self._shown_cells.text())
        self.direct += 1


def looks_of(emulator: pyte.Screen) -> list[list[Look]]:
    return [
        [look_of(emulator.buffer[y][x]) for x in range(emulator.columns)]
        for y in range(emulator.lines)
    ]


def look_of(cell: Char) -> Look:
    if cell.data == " " and not cell.reverse:  # neither its colour nor its weight is seen
        return " ", "default", cell.bg, False, False
    return cell.data, cell.fg, cell.bg, cell.bold, cell.reverse


def painted_by_textual(app: Seen) -> list[list[Look]]:
    """Return what a terminal shows that gets all lines of the screen, painted anew."""
    for widget in app.screen.walk_children(with_self=True):
        widget._styles_cache.clear()
    strips = app.screen._compositor.render_strips(app.size)
    emulator = pyte.Screen(*app.size)
    cells = ShownCells()
    cells.want_lines(((y, 0, strip) for y, strip in enumerate(strips)), app._colors)
    pyte.Stream(emulator).feed(cells.text())
    return looks_of(emulator)


def drive(folder: Path, size: tuple[int, int], *steps: Step, **choices: object) -> list[int]:
    """Press keys or change the size; compare after each step.

    Returns:
        How many drawings of each step were direct.
    """

    async def session() -> list[int]:
        app, direct = Seen(folder, size, **choices), []
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.worker.latest and app.shown.state == "paused")
            await until(pilot, lambda: not app.screen._layout_required)
            for step in steps:
                before = app.direct
                if isinstance(step, str):
                    await pilot.press(*step.split(" "))
                else:
                    app.emulator.resize(columns=step[0], lines=step[1])
                    await pilot.resize_terminal(*step)
                for _ in range(3):
                    await pilot.pause(0.03)
                await until(pilot, lambda: not app.screen._layout_required)
                shown, painted = looks_of(app.emulator), painted_by_textual(app)
                for y, (row, expected) in enumerate(zip(shown, painted, strict=True)):
                    assert row == expected, (step, y)
                direct.append(app.direct - before)
        return direct

    return asyncio.run(session())


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_terminal_shows_what_textual_would_paint(size, tmp_path):
    direct = drive(tmp_path, size, "s", "space space", "g", "g", "c", "s")
    assert direct[0] and direct[1]


def test_so_it_does_after_the_window_changed(tmp_path):
    direct = drive(tmp_path, (80, 24), "s", (120, 40), "s", (50, 10), (80, 24), "s")
    assert direct[0] and direct[2] and direct[5]


def test_below_another_screen_nothing_is_drawn_directly(tmp_path):
    direct = drive(tmp_path, (80, 24), "s", "question_mark", "s", "escape", "s")
    assert direct[0] and not direct[2] and direct[4]


def test_so_it_does_without_colours(tmp_path, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert all(drive(tmp_path, (80, 24), "s", "s"))
