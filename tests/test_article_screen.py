"""The article's question: its two columns, and what is seen when its mistakes are put right."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from pane_app import screen_rows
from test_article import (
    PRINTED_BACKPROP,
    PRINTED_COST,
    PRINTED_NUMERICAL,
    PRINTED_THETAS,
    network_of_the_article,
    sum_of_delta_times_activation,
)
from test_dashboard import Paused, drive, until
from textual.pilot import Pilot

from bptui.core.article import THETAS, Procedure, columns_of
from bptui.core.data.datasets import load_dataset
from bptui.tui.ascii_spelling import spelled
from bptui.tui.drawing.lines import line_width, plain
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.panes.article import article_lines, now
from bptui.tui.screens.article import ArticleScreen

XOR = load_dataset("xor")
RIGHT = Procedure(update_first=False, halved=False, epsilon=1e-4)
EVERY = [
    Procedure(update_first, halved, copies, epsilon)
    for update_first, halved, copies, epsilon in product(
        (True, False), (True, False), (1, 2, 4), (1e-1, 1e-2, 1e-4, 1e-9)
    )
]


class TestColumns:
    def test_the_article_prints_these_twelve_numbers(self) -> None:
        columns = columns_of(Procedure())
        assert np.round(columns.backprop, 8).tolist() == PRINTED_BACKPROP
        assert np.round(columns.numerical, 8).tolist() == PRINTED_NUMERICAL
        assert f"{columns.cost:.12f}" == PRINTED_COST
        assert np.array(THETAS[0]).tolist() == PRINTED_THETAS[0]
        assert columns.largest_error == pytest.approx(4.12e-3, rel=0.01)

    @pytest.mark.parametrize(
        ("epsilon", "worst", "spread"),
        [(1e-2, 6.45e-6, 0.02), (1e-4, 3.1e-10, 0.5), (1e-5, 2.5e-9, 1.0)],
    )
    @pytest.mark.parametrize("halved", [True, False])
    def test_at_one_theta_the_error_is_that_of_the_differences(
        self, epsilon: float, worst: float, spread: float, halved: bool
    ) -> None:
        columns = columns_of(Procedure(update_first=False, halved=halved, epsilon=epsilon))
        assert columns.largest_error == pytest.approx(worst, rel=spread)
        assert columns.largest_error == pytest.approx(columns.numerical_error)

    @pytest.mark.parametrize(("copies", "factor"), [(1, 2.0), (2, 4.0), (4, 8.0)])
    def test_the_factor_is_half_the_number_of_squares(self, copies: int, factor: float) -> None:
        columns = columns_of(Procedure(update_first=False, copies=copies, epsilon=1e-4))
        assert (columns.samples, columns.outputs, columns.factor) == (4 * copies, 1, factor)
        assert columns.ratios == pytest.approx((factor, factor), rel=1e-8)
        assert columns.too_long == factor / 2.0
        assert columns.largest_error == pytest.approx(1.0 - 2.0 / factor, abs=1e-8)

    def test_the_sums_are_those_of_the_plain_formula(self) -> None:
        X, y = (np.tile(array, (2, 1)) for array in (XOR.X, XOR.y))
        expected = sum_of_delta_times_activation(network_of_the_article(), X, y)[0]
        np.testing.assert_allclose(columns_of(Procedure(copies=2)).sums, expected, rtol=1e-12)

    def test_divided_by_n_k_over_2_it_is_right_for_any_number_of_samples(self) -> None:
        for copies in (1, 2, 3, 25):
            columns = columns_of(Procedure(False, False, copies, 1e-4))
            assert columns.largest_error < 1e-8 and columns.too_long == 1.0

    def test_the_way_has_five_steps(self) -> None:
        way = [
            Procedure(),
            Procedure(update_first=False),
            Procedure(update_first=False, epsilon=1e-4),
            Procedure(update_first=False, epsilon=1e-4, copies=2),
            Procedure(update_first=False, epsilon=1e-4, copies=2, halved=False),
        ]
        assert [columns_of(procedure).step for procedure in way] == [1, 2, 3, 4, 5]
        assert columns_of(Procedure(update_first=False, epsilon=1e-9)).step == 2


class TestWords:
    def test_only_the_articles_own_are_called_its_numbers(self) -> None:
        for procedure in EVERY:
            said, _ = now(columns_of(procedure))
            assert ("twelve numbers" in said) == (procedure == Procedure())

    def test_rounding_and_truncation_are_told_apart(self) -> None:
        said, key = now(columns_of(Procedure(update_first=False)))
        assert "truncation" in said and "Press [" in key
        said, key = now(columns_of(Procedure(update_first=False, epsilon=1e-9)))
        assert "rounding" in said and "Press ]" in key

    def test_the_factor_is_named_with_its_reason(self) -> None:
        said, _ = now(columns_of(Procedure(update_first=False, epsilon=1e-4)))
        assert "2/(N·K) Σ δ a" in said and "only because N·K is 4" in said
        said, _ = now(columns_of(Procedure(update_first=False, epsilon=1e-4, copies=2)))
        assert "N·K is 8 now: Σ δ a is N·K/2 = 4 times" in said
        said, _ = now(columns_of(RIGHT))
        assert "here 1/2 of Σ δ a" in said and "its η of 0.1 is one of 0.2" in said

        said, _ = now(columns_of(Procedure(False, False, 2, 1e-4)))
        assert "its η of 0.1 is one of 0.4 here, 0.2 for four samples" in said

    @pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
    def test_all_of_it_fits_80_by_24(self, symbols: Symbols) -> None:
        for procedure in EVERY:
            lines = article_lines(columns_of(procedure), (4e-3,) * 9, 76, symbols)
            assert len(lines) <= 22
            assert max(map(line_width, lines)) <= 76
            assert symbols is UNICODE or all(plain(line).isascii() for line in lines)

    def test_a_product_is_no_difference_in_ascii(self) -> None:
        assert spelled("2/(N·K) Σ δ a · Esc") == "2/(N*K) sum delta a - Esc"


class TestPage:
    """What docs/article.md shows is so."""

    PAGE = (Path(__file__).parents[1] / "docs" / "article.md").read_text("utf-8")

    def test_the_screen(self) -> None:
        columns = columns_of(Procedure())
        for line in article_lines(columns, (columns.largest_error,), 76, UNICODE):
            assert f"    {plain(line)}".rstrip() in self.PAGE

    def test_the_errors_on_the_way(self) -> None:
        found = re.findall(r"^\| `.*\| +([0-9.e+-]+) \|$", self.PAGE, re.M)
        way = [
            Procedure(),
            Procedure(False),
            Procedure(False, epsilon=1e-4),
            Procedure(False, copies=2, epsilon=1e-4),
            Procedure(False, False, 2, 1e-4),
        ]
        expected = [columns_of(procedure).largest_error for procedure in way]
        # The last digits of a difference belong to the machine.
        assert [float(text) for text in found] == pytest.approx(expected, rel=0.01, abs=1e-9)


def text_of(app: Paused) -> str:
    return " ".join("".join(screen_rows(app)).replace("│", " ").replace("|", " ").split())


class TestScreen:
    @pytest.mark.parametrize("size", [(80, 24), (120, 40)])
    def test_the_way_from_the_printed_numbers_to_the_answer(
        self, size: tuple[int, int], tmp_path: Path
    ) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("a")
            await until(pilot, lambda: isinstance(app.screen, ArticleScreen))
            await until(pilot, lambda: "step 1 of 5" in text_of(app))
            text = text_of(app)
            for number in (*np.ravel(PRINTED_BACKPROP), *np.ravel(PRINTED_NUMERICAL)):
                assert f"{number:.8f}" in text
            assert "twelve numbers" in text and "update before the check yes" in text
            assert "N·K/2 = 2" in text and "Press 1" in text

            await pilot.press("1")
            await until(pilot, lambda: "step 2 of 5" in text_of(app))
            assert "4.12e-03 → 6.45e-06" in text_of(app)
            assert "update before the check no" in text_of(app) and "Press [" in text_of(app)

            await pilot.press("left_square_bracket", "left_square_bracket")
            await until(pilot, lambda: "step 3 of 5" in text_of(app))
            assert "ε = 1e-4" in text_of(app) and "e-10" in text_of(app)
            assert "Press n" in text_of(app)

            await pilot.press("n")
            await until(pilot, lambda: "step 4 of 5" in text_of(app))
            assert "N = 8, K = 1" in text_of(app) and "4.0000; N·K/2 = 4" in text_of(app)
            assert "5.00e-01" in text_of(app) and "Press 2" in text_of(app)

            await pilot.press("2")
            await until(pilot, lambda: "step 5 of 5" in text_of(app))
            assert "divide Σ δ a by N·K/2 = 4" in text_of(app)
            assert "That is the answer" in text_of(app)

            await pilot.press("n", "n")
            await until(pilot, lambda: "N = 4, K = 1" in text_of(app))
            await pilot.press("right_square_bracket", "a")
            await until(pilot, lambda: "step 1 of 5" in text_of(app))
            assert "→" not in text_of(app)
            await pilot.press("escape")
            assert not isinstance(app.screen, ArticleScreen)

        drive(script, tmp_path, size)

    def test_epsilon_stays_within_bounds(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("a", *["right_square_bracket"] * 3)
            await until(pilot, lambda: "ε = 0.1 " in text_of(app))
            await pilot.press(*["left_square_bracket"] * 12)
            await until(pilot, lambda: "ε = 1e-10 " in text_of(app))
            await pilot.press("q")
            assert len(app.screen_stack) == 1 and "quit" not in app.did

        drive(script, tmp_path)

    @pytest.mark.parametrize("size", [(60, 15), (80, 24)])
    def test_without_unicode(self, size: tuple[int, int], tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("a")
            await until(pilot, lambda: "Theta1[0,0]" in text_of(app))
            text = "".join(screen_rows(app))
            assert text.isascii() and "divide sum delta a by" in text and "Esc closes" in text
            assert "rel. error" in text and ("difference  " in text) == (size == (80, 24))
            assert ("Down: more" in text) == (size == (60, 15))
            said = "not your network" if size == (60, 15) else "its own XOR network, not yours"
            assert said in screen_rows(app)[0]
            if size == (60, 15):
                await pilot.press("end")
                await until(pilot, lambda: "Press 1 for both" in text_of(app))
                await until(pilot, lambda: "Down: more" not in text_of(app))
                assert "a starts over" in text_of(app)

        drive(script, tmp_path, size, ASCII)

    def test_it_is_said_that_training_goes_on_behind_it(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("space")
            await until(pilot, lambda: app.shown.state == "running")
            await pilot.press("a")
            await until(pilot, lambda: "step 1 of 5 yours trains on" in text_of(app))

        drive(script, tmp_path, (60, 15))

    def test_training_does_not_notice(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            before = app.shown
            await pilot.press("a", "1", "2", "n")
            assert app.shown is before

        drive(script, tmp_path)
