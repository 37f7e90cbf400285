"""One epoch in phases on the dashboard: a page a phase, and a key that trains nothing else."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pane_app import PaneApp, screen_rows, shown
from pane_app import drive as drive_pane
from terminal import Terminal
from test_dashboard import Paused, drive, until
from test_dashboard_in_terminal import epoch
from test_phases import SETTINGS, trained
from textual.pilot import Pilot

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.costs import COSTS
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.snapshot import Phased, Snapshot
from bptui.core.training import Session, Trainer
from bptui.core.training import commands as ask
from bptui.core.training.phases import phases_of
from bptui.tui.drawing.numbers import even_digits
from bptui.tui.drawing.phase_pages import Page, page
from bptui.tui.drawing.symbols import ASCII, UNICODE, Symbols
from bptui.tui.panes.phases import PhasesPane
from bptui.tui.screens.phases import PhasesScreen

SIZES = pytest.mark.parametrize("size", [(60, 15), (80, 24), (120, 40)])


def snapshot_of(trainer: Trainer) -> Snapshot:
    session = Session(trainer, checking=False)
    session.send(ask.ShowPhases())
    seen: list[Snapshot] = []
    session.turn(lambda snapshot, _: seen.append(snapshot))
    return seen[-1]


def pages(trainer: Trainer, symbols: Symbols = UNICODE) -> list[Page]:
    snapshot = snapshot_of(trainer)
    assert snapshot.phased is not None and snapshot.phased.phases is not None
    step = snapshot.phased.phases
    phases = phases_of(len(step.thetas))
    return [page(phase, step, snapshot.description, symbols) for phase in phases]


def formulas(trainer: Trainer) -> list[str]:
    return [each.formulas[0] for each in pages(trainer)]


class TestPages:
    def test_the_formulas_of_the_default_network(self) -> None:
        assert formulas(trained(0)) == [
            "a² = σ(Θ¹ a¹)",
            "a³ = σ(Θ² a²)",
            "ŷ = σ(Θ³ a³)",
            "J = 1/(N·K) Σ (ŷ − y)²",
            "δ⁴ = 2/(N·K) (ŷ − y) ∘ σ′(z⁴)",
            "δ³ = (Θ³)ᵀ δ⁴ ∘ σ′(z³)",
            "δ² = (Θ²)ᵀ δ³ ∘ σ′(z²)",
            "∂J/∂Θ¹ = δ² (a¹)ᵀ",
            "∂J/∂Θ² = δ³ (a²)ᵀ",
            "∂J/∂Θ³ = δ⁴ (a³)ᵀ",
            "Θ ← Θ − η ∂J/∂Θ",
        ]

    def test_the_formulas_with_softmax_and_a_penalty(self) -> None:
        found = formulas(trained(0, **SETTINGS["softmax, l2, adam"]))
        assert found[1:5] == [
            "ŷ = softmax(Θ² a²)",
            "J = −1/N Σ y ln ŷ + λ/(2N) Σ w·w, w all weights but the biases",
            "δ³ = (ŷ − y) / N",
            "δ² = (Θ²)ᵀ δ³ ∘ σ′(z²)",
        ]
        assert found[5] == "∂J/∂Θ¹ = δ² (a¹)ᵀ + λ/N Θ¹, biases left out"
        assert found[-1].startswith("adam: ")

    def test_the_matrices_of_each_formula_have_names_for_rows_and_columns(self) -> None:
        forward, *_, update = pages(trained(0, **SETTINGS["softmax, l2, adam"]))
        ((inputs, theta, activations),) = forward.groups
        assert inputs.rows == ("1", "sepal length", "sepal width", "petal length", "petal width")
        assert inputs.columns[:2] == ("sample 1", "sample 2") and len(inputs.columns) == 64
        assert theta.columns == inputs.rows and theta.biased and not inputs.biased
        assert activations.rows == ("1", "a₁", "a₂", "a₃", "a₄")
        assert update.groups[1][0].rows == ("setosa", "versicolor", "virginica")
        assert "64 samples" in forward.left_out and not update.left_out

    @pytest.mark.parametrize("activation", HIDDEN_ACTIVATIONS)
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_nothing_is_without_words(self, activation: str, optimizer: str) -> None:
        for cost, outputs in COSTS.items():
            for output in outputs:
                data = SETTINGS["softmax, l2, adam"]["data"] if output == "softmax" else "xor"
                choices = {"activation": activation, "cost": cost, "output": output}
                trainer = trained(0, data=data, hidden=(2,), optimizer=optimizer, **choices)
                for each in pages(trainer):
                    assert each.title and each.sentence.endswith(".") and all(each.formulas)
                    said = ASCII.text("".join((each.title, each.sentence, *each.formulas)))
                    assert "\\" not in said and "{" not in said

    def test_what_comes_between_the_gradient_and_the_step_is_said(self) -> None:
        choices = SETTINGS["tanh, batches, momentum"] | {"weight_decay": 0.1}
        update = pages(trained(0, **choices))[-1]
        said = " ".join((update.sentence, *update.formulas))
        assert "‖∂J/∂Θ‖" in said and "0.05" in said and "η·0.1" in said
        assert "S takes this step, and the other 6 batches of the epoch follow." in said

    def test_a_step_that_will_not_be_taken_is_not_promised(self) -> None:
        trainer = trained(0, activation="linear", output="linear", init_scale=1e30, dtype="float32")
        *_, update = pages(trainer)
        assert "will not be taken" in update.sentence and "S takes" not in update.sentence


class TestNumbers:
    @pytest.mark.parametrize(
        ("values", "written"),
        [
            ([0.5, -0.001], ["+0.5000", "-0.0010"]),
            ([0.05, -1e-9], ["+5.00e-02", "-1.00e-09"]),
            ([1e5, 0.0], ["+1.00e+05", "+0.00e+00"]),
            ([1e-200, math.nan], ["+1.0e-200", "+nan"]),
            ([0.0, 0.0], ["+0.0000", "+0.0000"]),
        ],
    )
    def test_a_matrix_is_written_in_one_way(self, values: list[float], written: list[str]) -> None:
        number = even_digits(np.array([values]))
        assert [number(value) for value in values] == written
        assert max(map(len, written)) <= 9


class TestPane:
    @pytest.mark.parametrize("symbols", [UNICODE, ASCII], ids=["unicode", "ascii"])
    @SIZES
    def test_every_phase_has_its_title_formula_and_numbers(
        self, size: tuple[int, int], symbols: Symbols
    ) -> None:
        pane = PhasesPane()
        pane.place = 4
        rows = shown(pane, snapshot_of(trained(2)), size, symbols)
        text = "\n".join(rows)
        assert symbols.text("Phase 5 of 11  δ of the output") in rows[0] and "epoch 3" in rows[0]
        assert symbols.text("δ⁴ = 2/(N·K) (ŷ − y) ∘ σ′(z⁴)") in text
        assert symbols.text("δ⁴ 1×4") in text and "sample 4" in text and "e-0" in text
        assert "S next" in rows[-1] and "Esc closes" in rows[-1]
        assert ("Backspace: back" in rows[-1]) and (symbols is UNICODE or text.isascii())

    def test_batches_are_counted_and_what_is_wide_says_so(self) -> None:
        snapshot = snapshot_of(trained(2, **SETTINGS["tanh, batches, momentum"]))
        rows = shown(PhasesPane(), snapshot)
        assert "epoch 3, batch 1 of 7" in rows[0] and "arrows: more" in rows[-1]

    @pytest.mark.parametrize("hidden", [False, True])
    def test_a_fault_is_named_where_it_is_planted_unless_it_is_a_secret(self, hidden: bool) -> None:
        trainer = trained(0)
        trainer.plant("missing-output-derivative", hidden=hidden)
        snapshot = snapshot_of(trainer)
        named: list[int] = []

        async def steps(app: PaneApp, pilot: Pilot[None]) -> None:
            pane.show(snapshot)
            for place in range(11):
                pane.turn_to(place)
                if "fault: missing-output-derivative" in str(pane.border_title):
                    named.append(place)

        pane = PhasesPane()
        drive_pane(pane, steps)
        assert named == ([] if hidden else [4])

    def test_a_reason_takes_the_place_of_a_phase(self) -> None:
        snapshot = replace(snapshot_of(trained(0)), phased=Phased(None, "there is none"))
        assert "there is none" in "".join(shown(PhasesPane(), snapshot))


Wanted = Callable[[Paused], bool]


def text_of(app: Paused) -> str:
    return " ".join("".join(screen_rows(app)).replace("│", " ").split())


async def at(pilot: Pilot[None], app: Paused, place: int, epoch: int) -> None:
    """Wait for a phase, of a step of an epoch."""

    def there() -> bool:
        title = screen_rows(app)[0]
        return f"Phase {place} of " in title and f"epoch {epoch}" in title

    await until(pilot, there)


class TestScreen:
    def test_as_many_presses_as_phases_are_one_epoch(self, tmp_path: Path) -> None:
        choices = SETTINGS["tanh, batches, momentum"]
        straight = trained(3, **choices)
        phases = len(phases_of(len(straight.network.thetas)))

        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("S")
            await at(pilot, app, 1, 1)
            await pilot.press(*"S" * (phases - 1))
            await at(pilot, app, phases, 1)
            assert app.shown.epoch == 0
            await pilot.press("S")
            await at(pilot, app, 1, 2)
            assert app.shown.epoch == 1
            for _ in range(2 * phases):  # faster than they are answered
                app.screen.action_next()
            await at(pilot, app, 1, 4)
            for theta, expected in zip(app.shown.thetas, straight.network.thetas, strict=True):
                assert theta.tobytes() == expected.tobytes()
            assert app.shown.state == "paused"

        drive(script, tmp_path, **choices)

    def test_to_close_it_trains_nothing(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("space")  # goes on
            await until(pilot, lambda: app.shown.epoch > 2)
            await pilot.press("S")
            await until(pilot, lambda: "Phase 1 of 11" in screen_rows(app)[0])
            assert isinstance(app.screen, PhasesScreen)
            trained = app.shown.epoch
            keys = ("backspace", "enter", "space", "right", "left", "backspace")
            for key, place in zip(keys, (1, 2, 3, 4, 3, 2), strict=True):
                await pilot.press(key)
                await until(pilot, lambda place=place: app.screen.pane.place == place - 1)
            await at(pilot, app, 2, trained + 1)
            await pilot.press("escape")
            await until(pilot, lambda: len(app.screen_stack) == 1)
            assert (app.shown.epoch, app.shown.state) == (trained, "paused")
            await pilot.press("s")
            await until(pilot, lambda: app.shown.epoch == trained + 1)
            await pilot.press("S")
            await at(pilot, app, 1, trained + 2)
            await pilot.press("q")
            assert len(app.screen_stack) == 1 and "quit" not in app.did

        drive(script, tmp_path)

    @pytest.mark.parametrize("size", [(80, 24), (120, 40)])
    def test_an_arrow_scrolls_one_sample_and_leaves_the_words_where_they_are(
        self, size: tuple[int, int], tmp_path: Path
    ) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("S")
            await at(pilot, app, 1, 1)
            await until(pilot, lambda: "›" in text_of(app))
            begins = screen_rows(app)
            names = next(y for y, row in enumerate(begins) if "sample 1 " in row)
            column = begins[names].index("sample 2") - begins[names].index("sample 1")
            for sample in (2, 3):
                await pilot.press("right")
                first = f"‹ sample {sample} "
                await until(pilot, lambda first=first: first in screen_rows(app)[names])
            rows = screen_rows(app)
            assert rows[:names] == begins[:names]
            label = begins[names].index("sample 1") - 1
            for row, begin in zip(rows[names + 1 :][:3], begins[names + 1 :][:3], strict=True):
                assert row[:label] == begin[:label]
                moved = begin[label + 2 * column :].split()[:3]
                assert row[label:].split()[:3] == moved
            assert app.screen.pane.place == 0
            await pilot.press("left")
            await until(pilot, lambda: "‹ sample 2 " in screen_rows(app)[names])
            await pilot.press("S")
            await until(pilot, lambda: "Phase 2 of" in screen_rows(app)[0])
            await until(pilot, lambda: app.screen.pane.scroll_x == 0)

        drive(script, tmp_path, size, data="moons", hidden=(12, 12))

    def test_where_everything_was_seen_no_arrow_is_offered(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("S")
            await at(pilot, app, 1, 1)
            await until(pilot, lambda: "arrows: more" in screen_rows(app)[-1])
            for _ in range(64):
                app.screen.pane.action_scroll_right()
            await until(pilot, lambda: "sample 64" in text_of(app))
            assert "›" not in text_of(app)
            await until(pilot, lambda: "Down: more" in screen_rows(app)[-1])
            await pilot.press("pagedown", "pagedown")
            await until(pilot, lambda: "more" not in screen_rows(app)[-1])
            assert "shown at most, and 64 samples." in text_of(app)
            await pilot.press("up")
            await until(pilot, lambda: "Down: more" in screen_rows(app)[-1])

        drive(script, tmp_path, data="moons", hidden=(12, 12))

    def test_after_the_last_epoch_there_is_no_next_step(self, tmp_path: Path) -> None:
        async def script(app: Paused, pilot: Pilot[None]) -> None:
            await pilot.press("S")
            await at(pilot, app, 1, 1)
            for _ in range(11):
                app.screen.action_next()
            await until(pilot, lambda: "reached 1 epochs; r or R starts again" in text_of(app))
            await pilot.press("S", "backspace")
            assert "reached 1 epochs" in text_of(app)
            await pilot.press("escape", "S")
            await until(pilot, lambda: "reached 1 epochs; r or R starts again" in text_of(app))
            assert len(app.screen_stack) == 1

        drive(script, tmp_path, epochs=1)


def test_in_a_terminal_two_epochs_take_as_many_presses_as_phases(tmp_path: Path) -> None:
    with Terminal("--seed", "1", cwd=tmp_path) as terminal:
        terminal.wait_for(lambda here: epoch(here) > 3)
        terminal.send("S")
        terminal.wait_for("Phase 1 of 11")
        terminal.settle()
        before = terminal.row(0).split("epoch ")[1].split()[0]
        terminal.send("S" * 22)
        after = f"{int(before.replace(',', '')) + 2:,}"
        terminal.wait_for(lambda here: f"epoch {after}" in here.row(0))
        assert "Phase 1 of 11" in terminal.row(0) and "a² = σ(Θ¹ a¹)" in terminal.text()
        terminal.send("\x1b")
        terminal.wait_for(lambda here: "paused" in here.row(0))
        assert f"{epoch(terminal) + 1:,}" == after
        terminal.send("q")
        assert terminal.wait() == 0
