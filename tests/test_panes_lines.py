import subprocess
import sys
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pane_app import PaneApp, drive, screen_rows, stacked
from rich.cells import cell_len
from snapshots import make_snapshot, wrong_report
from test_dashboard import until
from textual.geometry import Region

from bptui.tui.drawing.lines import (
    TextLines,
    changed_columns,
    fit,
    fit_name,
    merged,
    that_fit,
    wrapped,
)
from bptui.tui.drawing.symbols import ASCII, BLOCKS, BOXES, UNICODE
from bptui.tui.panes.cost import CostPane
from bptui.tui.panes.gradient_check import GradientCheckPane
from bptui.tui.panes.gradient_norms import GradientNormsPane
from bptui.tui.panes.line_pane import STYLES, LinePane
from bptui.tui.panes.predictions import PredictionsPane
from bptui.tui.panes.status import StatusPane
from bptui.tui.panes.theta import ThetaPane

PANES = (
    StatusPane,
    CostPane,
    ThetaPane,
    GradientCheckPane,
    PredictionsPane,
    GradientNormsPane,
)
SIZES = [(20, 4), (24, 8), (47, 11), (80, 24), (160, 50)]


def one(text: str, style: str = "") -> tuple[tuple[str, str], ...]:
    return ((text, style),)


def test_the_same_line_has_no_changed_columns() -> None:
    assert changed_columns(one("abc"), one("abc")) == []
    assert changed_columns((("ab", ""), ("c", "")), one("abc")) == []


def test_differences_far_apart_are_sent_apart() -> None:
    old, new = "a" + 30 * "." + "b", "X" + 30 * "." + "Y"
    assert changed_columns(one(old), one(new)) == [(0, 1), (31, 32)]


def test_changed_columns_reach_from_the_first_to_the_last_difference() -> None:
    assert changed_columns(one("abcdef"), one("abXdYf")) == [(2, 5)]
    assert changed_columns(one("abc"), one("abcde")) == [(3, 5)]
    assert changed_columns(one("abc"), one("abc", "bad")) == [(0, 3)]


def test_a_line_with_wide_characters_changes_as_a_whole() -> None:
    assert changed_columns(one("日本x"), one("日本y")) == [(0, 5)]


def test_merged_joins_neighbours_and_lets_blanks_join_any_style() -> None:
    cells = [("a", "bad"), (" ", ""), ("b", "bad"), ("c", "")]
    assert merged(cells) == (("a b", "bad"), ("c", ""))
    assert merged([("a", "reverse bad"), (" ", "")]) == (("a", "reverse bad"), (" ", ""))


@pytest.mark.parametrize("text", ["short", "much longer than that", "日本語の名前です", ""])
@pytest.mark.parametrize("width", [1, 2, 5, 9])
def test_fit_has_exactly_the_width(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(fit(text, width, "right", "...")) == width


def test_wrapped_breaks_between_words_and_only_then_inside_them() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("abcdefghij", 4) == ["abcd", "efgh", "ij"]
    assert all(cell_len(line) <= 5 for line in wrapped("日本語 の名前です", 5))
    assert wrapped("", 5) == []


def test_that_fit_drops_whole_parts() -> None:
    parts = [one("first"), one("second"), one("third")]
    assert that_fit(parts, 13, [" ", " "]) == (("first", ""), (" ", ""), ("second", ""))
    assert that_fit(parts, 3, [" ", " "]) == one("first")


@dataclass
class Counted:
    """Lines that count how many of them were asked for."""

    height: int = 100_000
    width: int = 10
    asked: list[int] = field(default_factory=list)

    def line(self, index: int) -> tuple[tuple[str, str], ...]:
        self.asked.append(index)
        return one(f"line {index}")


def test_only_lines_that_are_seen_are_made() -> None:
    pane, source = LinePane(), Counted()

    async def steps(app: PaneApp, pilot: Any) -> None:
        pane.show_lines(source)
        await pilot.pause()
        assert screen_rows(app)[1].startswith("│line 0 ")
        await pilot.press("tab", "end")
        await until(pilot, lambda: any("line 99999" in row for row in screen_rows(app)))

    drive(pane, steps)
    assert len(source.asked) < 2_000


def test_only_changed_rows_are_refreshed() -> None:
    pane = LinePane()
    regions: list[Region] = []

    async def steps(app: PaneApp, pilot: Any) -> None:
        pane.show_lines(TextLines(tuple(one(f"row {row}") for row in range(5))))
        await pilot.pause()
        real = pane.refresh

        def refresh(*given: Region, **options: Any) -> LinePane:
            regions.extend(given)
            return real(*given, **options)

        pane.refresh = refresh  # type: ignore[method-assign]
        changed = [one(f"row {row}") for row in range(5)]
        pane.show_lines(TextLines(tuple(changed)))
        assert regions == []
        changed[3] = one("row X")
        pane.show_lines(TextLines(tuple(changed)))
        await pilot.pause()
        assert screen_rows(app)[4].startswith("│row X")

    drive(pane, steps)
    assert regions == [Region(4, 3, 1, 1)]


def test_a_new_title_refreshes_the_frame_alone() -> None:
    pane = LinePane()
    asked: list[int] = []

    async def steps(app: PaneApp, pilot: Any) -> None:
        pane.set_title(("Cost  J 0.25", ""))
        pane.set_subtitle(("epoch 1", "dim"))
        await pilot.pause()
        real = pane.render_line
        pane.render_line = lambda y: asked.append(y) or real(y)  # type: ignore
        pane.set_title(("Cost  J 0.24", ""))
        pane.set_subtitle(("epoch 1,000", "dim"))
        await pilot.pause()
        rows = screen_rows(app)
        assert rows[0].startswith("╭─ Cost  J 0.24 ─")
        assert rows[-1].endswith("─ epoch 1,000 ─╯")

    drive(pane, steps)
    assert asked == []


def test_titles_and_lines_are_no_markup_and_carry_no_escape_sequence() -> None:
    pane = LinePane()
    rows: list[str] = []

    async def steps(app: PaneApp, pilot: Any) -> None:
        pane.set_title(("[red]a[/red]\x1b[2J", "good"))
        pane.set_subtitle(("[b]\x07", ""))
        pane.show_lines(TextLines((one("[bold]x\x1b]0;title\x07\u202e\t"),)))
        await pilot.pause()
        rows.extend(screen_rows(app))

    drive(pane, steps)
    text = "".join(rows)
    assert r"[red]a[/red]\x1b[2J" in text
    assert r"[b]\x07" in text
    assert r"[bold]x\x1b]0;title\x07\u202e\t" in text
    assert text.isprintable()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("symbols", [UNICODE, BLOCKS, BOXES, ASCII])
def test_every_pane_fits_every_size(size: tuple[int, int], symbols: Any) -> None:
    snapshot = wrong_report(make_snapshot(message="something [b]happened\x1b[2J"))
    snapshot = replace(snapshot, validation_cost=0.3)
    rows = stacked([make() for make in PANES], snapshot, size, symbols)
    assert [cell_len(row) for row in rows] == [size[0]] * size[1] * len(PANES)
    assert all(row.isprintable() for row in rows)
    if symbols is not UNICODE:
        assert {each for row in rows for each in row if not each.isascii()} <= symbols.besides


def test_styles_exist_in_every_theme() -> None:
    pane = LinePane()

    async def steps(app: PaneApp, pilot: Any) -> None:
        for theme in ("textual-dark", "textual-light", "ansi-dark", "ansi-light"):
            app.theme = theme
            await pilot.pause()
            styles = {name: pane._style(name) for name in STYLES}
            assert styles["good"].color != styles["bad"].color
            assert styles["positive"].color != styles["negative"].color
            if theme.startswith("ansi"):
                assert all(style.color.triplet is None for style in styles.values() if style.color)

    drive(pane, steps)


def test_every_pane_brings_a_help_text() -> None:
    assert all(pane.HELP.endswith(".") for pane in PANES)


def test_a_pane_keeps_its_snapshot_for_a_new_size() -> None:
    pane = ThetaPane()

    async def steps(app: PaneApp, pilot: Any) -> None:
        pane.show(make_snapshot())
        await pilot.resize_terminal(50, 14)
        await pilot.pause()
        assert any("Θ³ 1×3" in row for row in screen_rows(app))

    drive(pane, steps)


def test_plotext_is_imported_only_when_a_curve_is_drawn() -> None:
    code = "import sys, bptui.tui.panes.cost, bptui.tui.panes.predictions\n"
    code += "sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_one_hot_name_keeps_its_end() -> None:
    assert fit_name("colour=red", 8) == "…our=red"
    assert fit_name("colour=brown", 7) == "…=brown"
    assert fit_name("colour=red", 6, "...") == "...red"
    assert fit_name("sepal_length", 8) == "sepal_l…"
    assert fit_name("a=b", 5) == "  a=b"
