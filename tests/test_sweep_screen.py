"""The screen of a finished sweep."""

import asyncio

import pytest
from pane_app import screen_rows

from bptui.core import sweep
from bptui.tui.drawing.symbols import ASCII, UNICODE
from bptui.tui.sweep_app import SweepApp

FOUND = sweep(seeds=40, epochs=800, learning_rate=[0.5, 2.0], layers=[(2, 2, 1), (2, 2, 2, 1)])


def shown(found=FOUND, keys=(), size=(100, 40), symbols=UNICODE):
    rows = []

    async def steps():
        app = SweepApp(found, symbols)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await pilot.press(*keys)
            await pilot.pause()
            rows.extend(screen_rows(app))

    asyncio.run(steps())
    return rows


def test_every_setting_has_a_chart_with_its_share():
    rows = shown()
    text = "\n".join(rows)
    for each in FOUND.settings:
        assert f"{each.setting.number} {each.setting.name}" in text
        assert f"{100 * each.share:.1f} % solved" in text
    # Four settings stand two by two, and their axes are the same.
    titles = [row for row in rows if "solved" in row and "╭" in row]
    assert len(titles) == 2 and all(row.count("╭") == 2 for row in titles)
    assert "J, from below: of the best network" in text
    labels = [row.split("┤")[0].strip(" │") for row in rows if "┤" in row]
    assert labels[: len(labels) // 2] == labels[len(labels) // 2 :]


def test_s_shows_the_share_solved_and_again_the_costs():
    assert any("100 %┤" in row for row in shown(keys=["s"]))
    assert shown(keys=["s", "s"]) == shown()


@pytest.mark.parametrize("size", [(30, 10), (80, 24), (200, 60)])
def test_any_size(size):
    rows = shown(size=size)
    assert len(rows) == size[1] and all(len(row) == size[0] for row in rows)


def test_ascii_where_it_must_be():
    assert "\n".join(shown(symbols=ASCII)).isascii()


def test_a_setting_that_taught_nothing():
    lost = sweep(seeds=3, epochs=300, output="linear", learning_rate=50.0, layers=(2, 1))
    assert lost.settings[0].networks == 3
    assert any("all networks" in row for row in shown(lost))
