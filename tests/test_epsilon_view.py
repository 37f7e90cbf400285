"""The error of differences against ε on the dashboard: measured beside training, drawn as a V."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pane_app import PaneApp, screen_rows, shown
from pane_app import drive as drive_pane
from running import Running
from snapshots import make_snapshot
from test_dashboard import Paused, drive, until
from test_session import Start, start
from textual.pilot import Pilot

from bptui.core.check import METHODS, EpsilonSweep, epsilon_sweep, sweep_epsilon
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.snapshot import Snapshot, Swept
from bptui.core.training import build_trainer, live_check
from bptui.core.training import commands as ask
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.panes.epsilon import EpsilonPane, in_use
from bptui.tui.screens.epsilon import EpsilonScreen

__all__ = ["start"]

SWEEP = sweep_epsilon(build_trainer(Configuration()).next_work())
_, CENTRAL, _ = SWEEP.methods
FROM_0 = (ask.TogglePause(), ask.Reinitialize(new_seed=False))


def swept(method: str = "central", epsilon: float | None = None, **changes: Any) -> Snapshot:
    epsilon = METHODS[method].epsilon if epsilon is None else epsilon
    changes = {"swept": Swept(1234, SWEEP)} | changes
    return replace(make_snapshot(), method=method, epsilon=epsilon, **changes)


class TestErrorAt:
    def test_at_a_measured_step_it_is_what_was_measured(self) -> None:
        for method in SWEEP.methods:
            for epsilon, error in zip(SWEEP.epsilons, method.errors, strict=True):
                assert SWEEP.error_at(epsilon, method) == pytest.approx(error, rel=1e-9)

    def test_between_two_it_follows_the_slope(self) -> None:
        assert SWEEP.error_at(2e-2, CENTRAL) == pytest.approx(
            4.0 * SWEEP.error_at(1e-2, CENTRAL), rel=0.01
        )

    def test_beyond_them_there_is_none(self) -> None:
        assert math.isnan(SWEEP.error_at(0.5, CENTRAL))
        assert math.isnan(SWEEP.error_at(1e-15, CENTRAL))


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine is to measure all entries too."""
    monkeypatch.setattr(live_check, "LONGEST_CHECK", 1e3)


class Clock:
    """A second passes at every look."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        self.seconds += 1.0
        return self.seconds


def test_as_many_entries_as_time_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    work = build_trainer(Configuration()).next_work()
    before = work.theta.tobytes()
    assert sweep_epsilon(work, seconds=1e3) == SWEEP
    monkeypatch.setattr(epsilon_sweep, "perf_counter", Clock())
    monkeypatch.setattr(epsilon_sweep, "seconds_a_cost", lambda work: 0.0)
    sweep = sweep_epsilon(work, seconds=4.0)
    assert (sweep.entries, sweep.parameters) == (4, 15)
    assert all(each.best_error is not None for each in sweep.methods)
    assert work.theta.tobytes() == before


def test_too_little_time_for_one_entry_is_an_error() -> None:
    with pytest.raises(InputError, match="takes too long"):
        sweep_epsilon(build_trainer(Configuration()).next_work(), seconds=0.0)


class TestSession:
    def test_it_is_measured_when_asked_for_at_the_theta_of_then(self, start: Start) -> None:
        run: Running = start()
        assert run.first.swept is None
        asked = run.ask(*FROM_0, ask.Step(3), ask.SweepEpsilon())
        assert asked.swept is not None and asked.swept.sweep is not None
        assert asked.swept.epoch == 3
        again = build_trainer(Configuration())
        again.advance(math.inf, 3)
        expected = sweep_epsilon(again.next_work())
        assert asked.swept.sweep.methods == expected.methods
        assert run.ask(ask.Step(1)).swept is asked.swept
        assert run.ask(ask.Reinitialize(new_seed=False)).swept is None

    def test_training_goes_on_to_the_same_bits(self, start: Start) -> None:
        run: Running = start()
        after = run.ask(*FROM_0, ask.Step(5), ask.SweepEpsilon(), ask.Step(5))
        straight = build_trainer(Configuration())
        straight.advance(math.inf, 10)
        assert [theta.tobytes() for theta in after.thetas] == [
            theta.tobytes() for theta in straight.network.thetas
        ]

    def test_what_cannot_be_measured_is_said(
        self, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(live_check, "LONGEST_CHECK", 0.0)
        found = start().ask(ask.SweepEpsilon()).swept
        assert found is not None and found.sweep is None
        assert "bptui check --sweep-epsilon does it" in found.why_not


class TestWords:
    @pytest.mark.parametrize(
        ("method", "epsilon", "said"),
        [
            ("complex", None, "has no ε to choose"),
            ("central", 1e-5, "as good as the best"),
            ("central", 1e-2, "a shorter ε is better"),
            ("central", 1e-9, "a longer ε is better"),
            ("forward", 1e-3, "one-sided difference with ε = 1e-3"),
            ("richardson", 0.5, "cannot be read here"),
        ],
    )
    def test_the_epsilon_in_use_is_judged(
        self, method: str, epsilon: float | None, said: str
    ) -> None:
        assert said in in_use(SWEEP, method, epsilon)

    def test_no_step_is_advised_that_would_be_worse(self) -> None:
        errors = tuple(1e-9 if step == 3.1623e-5 else 1e-8 for step in SWEEP.epsilons)
        flat = replace(CENTRAL, errors=errors, best_epsilon=3.1623e-5, best_error=1e-9)
        sweep = replace(SWEEP, methods=(flat,))
        assert "less than a factor of 10 away" in in_use(sweep, "central", 1e-5)
        assert "less than a factor of 10 away" in in_use(sweep, "central", 1e-4)

    def test_how_far_from_the_best(self) -> None:
        assert CENTRAL.best_error is not None
        times = SWEEP.error_at(1e-3, CENTRAL) / CENTRAL.best_error
        assert f"{times:,.0f}"[:2].replace(",", "") in in_use(SWEEP, "central", 1e-3)


def words_of(rows: list[str]) -> str:
    return " ".join(" ".join(row.strip("│|╭╮╰╯─+-▁▂▃▄▅▆▇█▎ ") for row in rows).split())


class TestPane:
    @pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
    @pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
    def test_everything_is_there_in_whole_words(
        self, size: tuple[int, int], symbols: Symbols
    ) -> None:
        text = words_of(shown(EpsilonPane(), swept(), size, symbols))
        assert symbols.text("Error of the differences against ε") in text
        for digit, name, slope in (
            (1, "one-sided", "1.00"),
            (2, "central", "2.00"),
            (4, "Richardson", "4.00"),
        ):
            assert f"{digit} {name}" in text and slope in text
        assert symbols.text("The check takes the central difference with ε = 1e-5") in text
        assert "…" not in text and (symbols is UNICODE or text.isascii())
        assert ("Down: more" in text) == (size == (60, 15))
        if size != (60, 15):
            assert symbols.text("Measured at the Θ of epoch 1,234, all 15 entries.") in text
            assert symbols.text("Left of it rounding rules, and grows as 1/ε") in text

    def test_at_the_end_no_more_is_promised(self) -> None:
        pane, snapshot = EpsilonPane(), swept()

        async def steps(app: PaneApp, pilot: Pilot[None]) -> None:
            pane.show(snapshot)
            await pilot.pause()
            assert "Down: more" in str(pane.border_subtitle)
            await pilot.press("tab", "end")
            await until(pilot, lambda: "Down: more" not in str(pane.border_subtitle))
            assert "grows as 1/ε" in words_of(screen_rows(app))

        drive_pane(pane, steps, size=(60, 15))

    def test_the_mark_stands_at_the_epsilon_in_use(self) -> None:
        columns = []
        for epsilon in (1e-3, 1e-5, 1e-7):
            rows = shown(EpsilonPane(), swept(epsilon=epsilon))
            assert f"┊ε 1e-{round(-math.log10(epsilon))}" in rows[1]
            columns.append(rows[1].index("┊"))
            assert f"error at 1e-{round(-math.log10(epsilon))}" in "".join(rows)
        assert columns == sorted(columns, reverse=True) and len(set(columns)) == 3

    def test_the_complex_step_has_no_mark(self) -> None:
        rows = shown(EpsilonPane(), swept("complex"))
        assert "┊" not in "".join(rows) and "in use" not in "".join(rows)

    def test_each_curve_is_told_by_its_digit_and_its_best_by_a_point(self) -> None:
        rows = shown(EpsilonPane(), swept("complex"))
        axis = next(place for place, row in enumerate(rows) if "└┬" in row)
        plot = "".join(row.strip("│").partition("│")[2] or row for row in rows[1:axis])
        assert {"1", "2", "4"} <= set(plot) and plot.count("•") == 3

    def test_a_draw_a_kink_and_a_reason_are_said(self) -> None:
        drawn = replace(SWEEP, parameters=2410, kinks=True)
        text = " ".join("".join(shown(EpsilonPane(), swept(swept=Swept(7, drawn)))).split())
        assert "15 of 2,410 entries drawn, so that keys are" in text and "kink" in text
        why = Swept(7, None, "it takes too long")
        assert "it takes too long" in "".join(shown(EpsilonPane(), swept(swept=why)))
        assert "measuring" in "".join(shown(EpsilonPane(), swept(swept=None)))

    def test_methods_without_any_finite_error_are_drawn(self) -> None:
        none = tuple(math.nan for _ in SWEEP.epsilons)
        blank = [
            replace(each, slope=None, best_epsilon=None, best_error=None, errors=none)
            for each in SWEEP.methods
        ]
        sweep: EpsilonSweep = replace(SWEEP, methods=tuple(blank))
        rows = shown(EpsilonPane(), swept(swept=Swept(0, sweep)))
        assert any("2 central" in row and "-" in row for row in rows)


Wanted = Callable[[Paused], bool]


def text_of(app: Paused) -> str:
    return " ".join("".join(screen_rows(app)).replace("│", " ").split())


class TestScreen:
    def test_v_measures_and_the_keys_of_the_check_move_the_mark(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("s", "v")
            await until(pilot, lambda: app.shown.swept is not None)
            assert isinstance(app.screen, EpsilonScreen)
            await until(pilot, lambda: "epoch 1, all 15 entries" in text_of(app))
            assert "complex step, which has no ε" in text_of(app)
            await pilot.press("m")
            await until(pilot, lambda: "ε = 1e-5" in text_of(app))
            await pilot.press("left_square_bracket")
            await until(pilot, lambda: "error at 1e-6" in text_of(app))
            await pilot.press("right_square_bracket", "right_square_bracket")
            await until(pilot, lambda: "error at 1e-4" in text_of(app))
            await pilot.press("m", "m")
            await until(pilot, lambda: "4 Richardson" in text_of(app) and "1e-3" in text_of(app))
            assert np.isclose(app.shown.epsilon or 0.0, 1e-3)
            await pilot.press("s", "v")
            await until(pilot, lambda: "epoch 2, all 15 entries" in text_of(app))
            await pilot.press("m", "left_square_bracket")
            await until(pilot, lambda: "has no ε to choose" in app.shown.message)
            await pilot.press("escape")
            await until(pilot, lambda: not app.shown.message)
            assert not isinstance(app.screen, EpsilonScreen)
            assert len(app.screen_stack) == 1
            await pilot.press("v")
            await until(pilot, lambda: isinstance(app.screen, EpsilonScreen))
            await pilot.press("q")
            assert len(app.screen_stack) == 1 and "quit" not in app.did

        drive(script, tmp_path)

    @pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])
    def test_it_fits_a_terminal_without_unicode(
        self, size: tuple[int, int], tmp_path: Path
    ) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("m", "v")
            await until(pilot, lambda: "2 central" in text_of(app))
            text = "".join(screen_rows(app))
            assert text.isascii() and "Esc closes" in text
            assert "v change it" in text if size == (60, 15) else "v again" in text
            if size == (60, 15):
                assert "as 1/epsilon whatever" not in text
                await pilot.press("end")
            await until(pilot, lambda: "as 1/epsilon whatever" in words_of(screen_rows(app)))

        drive(script, tmp_path, size, ASCII)
