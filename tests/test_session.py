"""A live session obeys commands and shows immutable snapshots."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Thread
from typing import Any

import numpy as np
import pytest
from running import PATIENCE, Running

from bptui.core.check import Report
from bptui.core.configuration import Configuration
from bptui.core.runs.files import CHECKPOINT
from bptui.core.runs.folder import RunFolder
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session, Trainer, build_trainer, resume_trainer
from bptui.core.training import commands as ask
from bptui.core.training.keeper import RunKeeper
from bptui.core.training.live_check import LiveCheck
from bptui.core.training.pace import FASTEST

SAMPLE = ([[0.0, 1.0]], [1.0])


class Networks(Running):
    """A session that trains a network."""

    trainer: Trainer

    def __init__(
        self,
        configuration: Configuration | None = None,
        folder: Path | None = None,
        every: float = 1e9,
        **options: Any,
    ) -> None:
        self.trainer = build_trainer(configuration or Configuration())
        keeper = RunKeeper(self.trainer, RunFolder(folder), every=every)
        super().__init__(self.trainer, keeper=keeper, **options)


@pytest.fixture
def start() -> Iterator[Callable[..., Networks]]:
    started: list[Networks] = []

    def begin(configuration: Configuration | None = None, **options: Any) -> Networks:
        started.append(Networks(configuration, **options))
        return started[-1]

    yield begin
    for running in started:
        running.stop()


Start = Callable[..., Networks]


def test_how_long_a_check_lags_behind_is_told() -> None:
    trainer, now = build_trainer(Configuration()), 5.0
    check = LiveCheck(trainer, checking=True, share=1.0)
    check.look(now, resting=False)
    assert check.report is not None
    gap = check.report.seconds
    assert check.lag(now, 0.0) == 0.0
    assert check.lag(now, 1e9) == pytest.approx(gap)
    trainer.advance(1e9, 1)
    assert check.lag(now, 0.0) == pytest.approx(gap)
    assert check.lag(now + gap + 3.0, 0.0) == pytest.approx(gap + 3.0)


def flat(snapshot: Snapshot) -> np.ndarray[Any, Any]:
    return np.concatenate([theta.ravel() for theta in snapshot.thetas])


def test_it_starts_at_epoch_0_and_trains_by_itself(start: Start) -> None:
    live = start(speed=None)
    assert live.first.epoch == 0
    assert live.first.state == "running"
    assert live.next(lambda snapshot: snapshot.epoch > 0).state == "running"


def test_paused_means_that_no_epoch_passes(start: Start) -> None:
    live = start()
    paused = live.ask(ask.TogglePause())
    assert paused.state == "paused"
    assert paused.epochs_per_second == 0.0
    later = live.ask(ask.ToggleChecking())
    assert later.epoch == paused.epoch
    assert np.array_equal(flat(later), flat(paused))
    assert live.ask(ask.TogglePause()).state == "running"
    assert live.next(lambda snapshot: snapshot.epoch > paused.epoch)


@pytest.mark.parametrize("batch_size", [None, 3])
def test_a_step_adds_exactly_one_epoch_and_pauses(start: Start, batch_size: int | None) -> None:
    live = start(Configuration(batch_size=batch_size))
    before = live.ask(ask.Step())
    assert before.state == "paused"
    after = live.ask(ask.Step())
    assert after.epoch == before.epoch + 1
    assert live.ask(ask.Step(25)).epoch == after.epoch + 25
    reference = build_trainer(Configuration(batch_size=batch_size))
    reference.advance(float("inf"), after.epoch)
    assert np.array_equal(reference.network.theta, flat(after))


def test_pausing_and_stepping_do_not_change_where_training_leads(start: Start) -> None:
    live = start(Configuration(optimizer="adam"))
    for _ in range(5):
        paused = live.ask(ask.TogglePause())
        live.ask(ask.Step(), ask.NextMethod(), ask.ToggleChecking(), ask.TogglePause())
    reference = build_trainer(Configuration(optimizer="adam"))
    reference.advance(float("inf"), paused.epoch)
    assert np.array_equal(reference.network.theta, flat(paused))
    assert reference.cost == paused.cost


def test_a_snapshot_does_not_change_while_training_goes_on(start: Start) -> None:
    live = start()
    shown = live.ask(ask.TogglePause(), ask.Step(5))
    assert shown.report is not None

    def content(snapshot: Snapshot) -> list[bytes]:
        assert snapshot.report is not None
        arrays = [*snapshot.thetas, *snapshot.gradients, snapshot.predictions]
        arrays += [snapshot.curve.columns.low, snapshot.curve.columns.last]
        for array in snapshot.report.arrays:
            arrays += [array.backprop, array.numerical]
        return [values.tobytes() for values in arrays]

    before = content(shown)
    live.ask(ask.Step(500))
    later = live.ask(ask.Step(1))
    assert later.epoch > shown.epoch
    assert content(later) != before
    assert content(shown) == before
    with pytest.raises(AttributeError):
        shown.epoch = 3  # type: ignore[misc]


def test_the_check_is_of_the_parameters_on_screen_when_paused(start: Start) -> None:
    live = start()
    live.ask(ask.TogglePause())
    for _ in range(4):
        shown = live.ask(ask.Step(3))
        assert shown.report is not None
        assert shown.report.verdict == "pass"
        assert shown.report_epoch == shown.epoch
        for gradient, array in zip(shown.gradients, shown.report.arrays, strict=True):
            assert np.array_equal(gradient, array.backprop)


def test_checking_is_switched_off_and_on(start: Start) -> None:
    live = start(checking=False)
    assert (live.first.checking, live.first.report) == (False, None)
    on = live.ask(ask.TogglePause(), ask.ToggleChecking())
    assert on.checking
    assert on.report is not None
    off = live.ask(ask.ToggleChecking())
    assert (off.checking, off.report) == (False, None)


def test_methods_come_round(start: Start) -> None:
    live = start()
    live.ask(ask.TogglePause())
    seen = []
    for _ in range(4):
        snapshot = live.ask(ask.NextMethod())
        assert snapshot.report is not None
        assert snapshot.report.method == snapshot.method
        assert snapshot.report.epsilon == snapshot.epsilon
        assert snapshot.report.verdict in ("pass", "unresolved")
        seen.append((snapshot.method, snapshot.epsilon))
    assert seen == [
        ("central", 1e-5),
        ("forward", 1e-7),
        ("richardson", 1e-3),
        ("complex", None),
    ]


def test_epsilon_moves_by_decades_between_its_bounds(start: Start) -> None:
    live = start()
    live.ask(ask.TogglePause())
    refused = live.ask(ask.ChangeEpsilon(1))
    assert refused.epsilon is None
    assert "no ε to choose" in refused.message
    assert live.ask(ask.NextMethod(), ask.ChangeEpsilon(1)).epsilon == 1e-4
    assert live.ask(ask.ChangeEpsilon(-2)).epsilon == 1e-6
    assert live.ask(ask.ChangeEpsilon(99)).epsilon == 0.1
    smallest = live.ask(ask.ChangeEpsilon(-99))
    assert smallest.epsilon == 1e-12
    assert smallest.report is not None
    assert smallest.report.epsilon == 1e-12
    assert live.ask(ask.ChangeEpsilon(1)).epsilon == 1e-11


def test_the_learning_rate_moves_along_one_two_five(start: Start) -> None:
    live = start(Configuration(learning_rate=0.3))
    live.ask(ask.TogglePause())
    rates = [live.ask(ask.ChangeLearningRate(1)).learning_rate for _ in range(4)]
    assert rates == [0.5, 1.0, 2.0, 5.0]
    down = live.ask(ask.ChangeLearningRate(-5))
    assert down.learning_rate == 0.1
    assert [(mark.epoch, mark.text) for mark in down.curve.marks] == [(down.epoch, "η 0.1")]


@pytest.mark.parametrize("steps", [-5000, 5000])
def test_the_learning_rate_has_ends_and_comes_back_from_them(start: Start, steps: int) -> None:
    live = start()
    live.ask(ask.TogglePause())
    end = live.ask(ask.ChangeLearningRate(steps)).learning_rate
    assert 0.0 < end < np.inf
    assert live.ask(ask.ChangeLearningRate(steps)).learning_rate == end
    back = live.ask(ask.ChangeLearningRate(-1 if steps > 0 else 1)).learning_rate
    assert 1.9 < max(back / end, end / back) < 2.6


def test_the_speed_moves_along_its_ladder(start: Start) -> None:
    live = start(speed=1.0)
    live.ask(ask.TogglePause())
    speeds = [live.ask(ask.ChangeSpeed(1)).speed for _ in range(3)]
    assert speeds == [2.0, 5.0, 10.0]
    assert live.ask(ask.ChangeSpeed(50)).speed is None
    assert live.ask(ask.ChangeSpeed(1)).speed is None
    assert live.ask(ask.ChangeSpeed(-1)).speed == 100_000.0
    assert live.ask(ask.ChangeSpeed(-99)).speed == 0.1


def test_starting_again_with_the_same_seed_repeats_and_with_a_new_one_does_not(
    start: Start,
) -> None:
    live = start(Configuration(seed=6))
    live.ask(ask.TogglePause())
    initial = live.ask(ask.Reinitialize(new_seed=False))
    assert (initial.epoch, initial.seed) == (0, 6)
    assert np.array_equal(flat(initial), flat(live.first))
    first = live.ask(ask.Step(40))
    again = live.ask(ask.Reinitialize(new_seed=False), ask.Step(40))
    assert np.array_equal(flat(again), flat(first))
    assert again.curve.columns.last.tobytes() == first.curve.columns.last.tobytes()
    other = live.ask(ask.Reinitialize(new_seed=True))
    assert (other.epoch, other.seed, other.state) == (0, 7, "paused")
    assert not np.array_equal(flat(other), flat(initial))
    assert other.report is not None
    assert other.report_epoch == 0


def test_a_finished_run_says_so_and_can_start_again(start: Start) -> None:
    live = start(Configuration(epochs=50))
    finished = live.next(lambda snapshot: snapshot.state != "running")
    assert (finished.state, finished.epoch) == ("finished", 50)
    assert finished.message == "reached 50 epochs"
    assert "starts again" in live.ask(ask.TogglePause()).message
    stepped = live.ask(ask.Step())
    assert stepped.epoch == 50 and "starts again" in stepped.message
    assert live.ask(ask.ForgetMessage()).message == "reached 50 epochs"
    again = live.ask(ask.Reinitialize(new_seed=False))
    assert again.epoch == 0
    assert live.ask(ask.Step(3)).epoch == 3


def test_a_diverged_run_goes_on_when_it_is_asked_to(start: Start) -> None:
    live = start(Configuration(activation="linear", output="linear", learning_rate=1e100))
    diverged = live.next(lambda snapshot: snapshot.state != "running")
    assert diverged.state == "diverged"
    assert np.isfinite(diverged.cost)
    assert np.isfinite(flat(diverged)).all()
    assert "learning rate" in diverged.message
    assert live.ask(ask.Step()).epoch == diverged.epoch
    live.ask(ask.ChangeLearningRate(-360))
    assert live.ask(ask.TogglePause()).state == "running"
    assert live.next(lambda snapshot: snapshot.epoch > diverged.epoch).state == "running"


def test_a_checkpoint_can_be_resumed(start: Start, tmp_path: Path) -> None:
    live = start(Configuration(optimizer="momentum", learning_rate=0.5), folder=tmp_path / "run")
    shown = live.ask(ask.TogglePause(), ask.Checkpoint())
    assert f"saved epoch {shown.epoch:,} in {tmp_path / 'run'}" in shown.message
    resumed = resume_trainer(tmp_path / "run")
    assert resumed.epoch == shown.epoch
    resumed.advance(float("inf"), 10)
    assert np.array_equal(resumed.network.theta, flat(live.ask(ask.Step(10))))


def test_a_checkpoint_that_cannot_be_written_is_a_message(start: Start, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    live = start(folder=tmp_path / "file" / "run")
    shown = live.ask(ask.Checkpoint())
    assert "cannot save" in shown.message
    assert shown.state == "running"


def test_checkpoints_are_written_while_it_trains(start: Start, tmp_path: Path) -> None:
    live = start(folder=tmp_path, every=0.02, speed=500.0)
    live.next(lambda _: (tmp_path / CHECKPOINT).exists())
    resumed = resume_trainer(tmp_path)
    live.next(lambda _: resume_trainer(tmp_path).epoch > resumed.epoch)
    later = resume_trainer(tmp_path)
    resumed.advance(float("inf"), later.epoch - resumed.epoch)
    assert np.array_equal(resumed.network.theta, later.network.theta)


def test_a_folder_that_cannot_be_written_is_told_while_it_trains(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    live = start(folder=tmp_path / "file" / "run", every=0.02)
    told = live.next(lambda snapshot: bool(snapshot.message))
    assert "cannot save" in told.message
    assert live.next(lambda snapshot: snapshot.epoch > told.epoch).message == told.message
    (tmp_path / "file").unlink()
    assert live.next(lambda snapshot: not snapshot.message).state == "running"


def test_what_is_saved_in_stopping_is_the_end(start: Start, tmp_path: Path) -> None:
    live = start(folder=tmp_path, speed=None)
    live.next(lambda snapshot: snapshot.epoch > 0)
    live.stop(save=True)
    assert resume_trainer(tmp_path).epoch == live.trainer.epoch > 0


def test_the_boundary_covers_the_plane_top_row_first(start: Start) -> None:
    live = start()
    assert live.first.boundary is None
    live.ask(ask.TogglePause())
    shown = live.ask(ask.ShowBoundary(7, 5))
    assert shown.boundary is not None
    assert shown.boundary.outputs.shape == (5, 7, 1)
    left, right = shown.boundary.x_range
    bottom, top = shown.boundary.y_range
    assert left < 0 < 1 < right
    assert bottom < 0 < 1 < top
    network = live.trainer.network
    corner = network.predict([[left, top], [right, bottom]])
    np.testing.assert_allclose(shown.boundary.outputs[0, 0], corner[0])
    np.testing.assert_allclose(shown.boundary.outputs[-1, -1], corner[1])
    assert live.ask(ask.ShowBoundary(0, 0)).boundary is None


def test_predictions_are_of_the_samples_in_the_description(start: Start) -> None:
    live = start(Configuration(data="moons", standardize=True, validation=0.25))
    shown = live.ask(ask.TogglePause())
    preparation = live.trainer.preparation
    assert preparation is not None and preparation.standardizer is not None
    scaled = preparation.standardizer.apply(shown.description.X)
    expected = live.trainer.network.predict(scaled)
    np.testing.assert_allclose(shown.predictions, expected)
    assert shown.description.samples == len(live.trainer.training)
    assert shown.description.validation_samples > 0
    assert shown.validation_cost is not None
    assert shown.validation_score is not None
    assert 0.0 <= shown.validation_score <= 1.0


def test_what_was_asked_before_the_start_is_in_the_first_snapshot() -> None:
    seen: list[tuple[Snapshot, bool]] = []
    session = Session(build_trainer(Configuration()))
    session.send(ask.ShowBoundary(6, 4))
    session.send(ask.Stop())
    session.run(lambda snapshot, answers: seen.append((snapshot, answers)))
    (first, answers), *_ = seen
    assert answers and first.epoch == 0
    assert first.boundary is not None and first.boundary.outputs.shape == (4, 6, 1)


def test_a_closed_gate_holds_training_only_for_a_moment() -> None:
    gate, seen = Event(), SimpleQueue[Snapshot]()
    session = Session(build_trainer(Configuration()), interval=0.01)
    thread = Thread(
        target=session.run, args=(lambda snapshot, _: seen.put(snapshot), gate), daemon=True
    )
    thread.start()
    while seen.get(timeout=PATIENCE).epoch == 0:
        pass
    session.send(ask.Stop())
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_predictions_of_a_scaled_target_are_in_the_units_of_the_data(tmp_path: Path) -> None:
    rows = [f"{size},{1000 * size + 5000}" for size in range(50, 90)]
    path = tmp_path / "house.csv"
    path.write_text("\n".join(["size,price", *rows]))
    session = Session(build_trainer(Configuration(data=str(path), hidden=(4,))))
    session.trainer.advance(60.0, 2000)
    shown = session.snapshot()
    assert shown.description.y[0, 0] == 55_000.0
    np.testing.assert_allclose(shown.predictions, shown.description.y, rtol=0.05)
    assert shown.cost < 0.1


@pytest.mark.parametrize(("share", "checks"), [(0.05, 5), (0.5, 50), (1.0, 100)])
def test_checks_take_no_more_than_their_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch, share: float, checks: int
) -> None:
    now = 0.0
    taken = []
    trainer = build_trainer(Configuration())

    def check(method: str | None, epsilon: float | None) -> Report:
        taken.append(now)
        return replace(trainer.network.check(*SAMPLE), seconds=1.0)

    monkeypatch.setattr(trainer, "check", check)
    live = Session(trainer, check_share=share, clock=lambda: now)
    for second in range(100):
        now = float(second)
        trainer.advance(10.0, 1)
        live.snapshot()
    assert len(taken) == checks


def test_differences_too_many_to_watch_are_taken_of_a_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def later() -> float:
        nonlocal now
        now += 0.001
        return now

    monkeypatch.setattr("bptui.core.training.trainer.perf_counter", later)
    trainer = build_trainer(Configuration(layers=(2, 30, 30, 1), method="central"))
    shown = Session(trainer).snapshot()
    assert shown.report is not None
    assert shown.report.method == "central"
    assert 3 <= shown.report.entries < shown.report.parameters == 1051
    assert all(array.backprop.size for array in shown.report.arrays)


def test_differences_of_which_not_even_a_draw_is_in_time_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0

    def later() -> float:
        nonlocal now
        now += 1.0
        return now

    monkeypatch.setattr("bptui.core.training.trainer.perf_counter", later)
    trainer = build_trainer(Configuration(layers=(2, 30, 30, 1), method="central"))
    shown = Session(trainer).snapshot()
    assert shown.report is None
    assert "1,051 parameters take too long to watch; m takes the complex step" in shown.message


def stepped(**choices: Any) -> tuple[Session, list[Snapshot], Callable[[float], None]]:
    """Return a session that goes by a clock of the test, what it published, and that clock."""
    now = 0.0
    published: list[Snapshot] = []
    live = Session(
        build_trainer(Configuration(**choices)), clock=lambda: now, stepped=True, interval=0.0
    )

    def pass_seconds(seconds: float) -> None:
        nonlocal now
        now += seconds
        live.turn(lambda snapshot, _: published.append(snapshot))

    pass_seconds(0.0)
    return live, published, pass_seconds


def test_a_stepped_session_trains_what_is_due_by_its_clock_alone() -> None:
    live, published, pass_seconds = stepped()
    first = published[-1]
    assert first.speed == FASTEST
    pass_seconds(0.05)
    assert published[-1].epoch - first.epoch == 5_000
    assert published[-1].epochs_per_second == pytest.approx(FASTEST)
    assert published[-1].report is not None
    live.send(ask.ChangeSpeed(+1))
    pass_seconds(0.0)
    assert published[-1].speed == FASTEST
    before = published[-1].epoch
    live.send(ask.Step(20_000))
    pass_seconds(0.0)
    assert published[-1].epoch == before + 20_000


def test_the_same_clock_gives_the_same_snapshots() -> None:
    costs = []
    for _ in range(2):
        _, published, pass_seconds = stepped(data="moons", batch_size=32, method="central")
        for _ in range(3):
            pass_seconds(0.0005)
        costs.append([(shown.epoch, shown.cost, shown.epochs_per_second) for shown in published])
    assert costs[0] == costs[1]
