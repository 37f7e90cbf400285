"""The course of the learning rate, clipped gradients and decaying weights."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.layers import weight_mask
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.step_rules import RuledOptimizer
from bptui.core.training import Trainer, build_trainer, resume_trainer
from bptui.core.training.schedules import SCHEDULES, Schedule

every_schedule = pytest.mark.parametrize("name", SCHEDULES)
batch_sizes = pytest.mark.parametrize("batch_size", [None, 5])
MOONS: dict[str, Any] = {"data": "moons", "samples": 23, "hidden": (3,), "learning_rate": 0.5}


def make(**changes: Any) -> Trainer:
    return build_trainer(Configuration(**(MOONS | changes)))


class TestShares:
    def test_a_step_halves_at_every_length(self):
        shares = Schedule("step", 3).shares(0, 8)
        assert shares.tolist() == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]

    def test_a_cosine_falls_from_all_to_a_hundredth_and_stays_there(self):
        shares = Schedule("cosine", 10).shares(0, 13)
        assert shares[0] == 1.0
        assert shares[5] == pytest.approx(0.505)
        assert shares[10:] == pytest.approx([0.01, 0.01, 0.01])
        assert shares[3] == pytest.approx(0.01 + 0.99 * (1 + math.cos(0.3 * math.pi)) / 2)

    @every_schedule
    def test_a_warm_up_rises_in_a_straight_line_to_the_schedule(self, name):
        plain, warmed = Schedule(name, 50), Schedule(name, 50, warm_up=4)
        ratios = warmed.shares(0, 8) / plain.shares(0, 8)
        assert ratios == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1, 1, 1])

    @given(
        st.sampled_from(sorted(SCHEDULES)),
        st.integers(1, 10**6),
        st.integers(0, 10**4),
        st.integers(0, 10**7),
        st.integers(1, 50),
    )
    def test_a_share_depends_on_its_epoch_alone(self, name, length, warm_up, epoch, count):
        schedule = Schedule(name, length, warm_up)
        shares = schedule.shares(epoch, count)
        alone = [schedule.shares(epoch + place, 1)[0] for place in range(count)]
        assert shares.tolist() == alone
        assert np.all((shares >= 0.0) & (shares <= 1.0))

    def test_only_a_schedule_that_never_changes_is_constant(self):
        assert Schedule().constant
        assert not Schedule(warm_up=1).constant
        assert not Schedule("step", 5).constant

    @pytest.mark.parametrize(
        ("choices", "sentence"),
        [
            ({"name": "cosin"}, "'cosin'"),
            ({"length": 0}, "schedule: length 0"),
            ({"warm_up": -1}, "schedule: warm-up -1"),
        ],
    )
    def test_what_is_no_schedule_is_refused(self, choices, sentence):
        with pytest.raises(InputError, match=sentence):
            Schedule(**choices)


@every_schedule
@batch_sizes
def test_training_takes_the_learning_rate_of_every_epoch(name: str, batch_size: int | None) -> None:
    scheduled = make(batch_size=batch_size, schedule=name, schedule_epochs=7, warm_up=3)
    scheduled.advance(float("inf"), 20)
    by_hand = make(batch_size=batch_size)
    for share in Schedule(name, 7, 3).shares(0, 20):
        by_hand.learning_rate = 0.5 * share
        by_hand.advance(float("inf"), 1)
    assert scheduled.network.theta.tobytes() == by_hand.network.theta.tobytes()
    assert scheduled.learning_rate == 0.5
    assert scheduled.scheduled_learning_rate == 0.5 * Schedule(name, 7, 3).shares(20, 1)[0]


@every_schedule
@batch_sizes
def test_slices_and_resuming_change_nothing(
    name: str, batch_size: int | None, tmp_path: Path
) -> None:
    options = {
        "batch_size": batch_size,
        "schedule": name,
        "schedule_epochs": 9,
        "warm_up": 4,
        "clip_norm": 0.05,
        "weight_decay": 0.01,
        "optimizer": "adam",
    }
    whole, cut = make(**options), make(**options)
    whole.advance(float("inf"), 30)
    for epochs in (1, 2, 8):
        cut.advance(float("inf"), epochs)
    cut.save(tmp_path)
    resumed = resume_trainer(tmp_path)
    resumed.advance(float("inf"), 19)
    assert resumed.network.theta.tobytes() == whole.network.theta.tobytes()


def test_another_end_leaves_the_schedule_of_a_resumed_run_as_it_was(tmp_path: Path) -> None:
    trainer = make(schedule="cosine", epochs=40)
    trainer.advance(float("inf"), 20)
    trainer.save(tmp_path / "first")
    longer = resume_trainer(tmp_path / "first", epochs=100)
    longer.save(tmp_path / "second")
    again = resume_trainer(tmp_path / "second")
    assert again.epoch_limit == 100
    assert again.schedule == longer.schedule == trainer.schedule


def test_without_a_length_the_schedule_fits_the_run() -> None:
    assert make(schedule="cosine", epochs=300).schedule.length == 300
    assert make(schedule="step", epochs=300).schedule.length == 60
    assert make(schedule="cosine").schedule.length == 10_000
    assert make(schedule="cosine", batch_size=5).schedule.length == 100


def stepped(gradient: Any, optimizer: str = "sgd", **rules: Any) -> Any:
    """Return what one step of η = 0.1 from θ = (1, -2, 3, 4, 5, 6) comes to."""
    theta = np.array([1.0, -2.0, 3.0, 4.0, 5.0, 6.0])
    rule = RuledOptimizer(OPTIMIZERS[optimizer](theta), weight_mask((2, 2), np.float64), **rules)
    given = np.array(gradient, np.float64)
    kept = given.copy()
    rule.step(given, 0.1)
    assert np.array_equal(given, kept)
    return theta


class TestRules:
    START = np.array([1.0, -2.0, 3.0, 4.0, 5.0, 6.0])

    def test_a_long_gradient_is_shortened_and_keeps_its_direction(self):
        theta = stepped([3.0, 0, 0, 0, 4.0, 0], clip_norm=2.5)
        assert theta == pytest.approx(self.START - 0.1 * np.array([1.5, 0, 0, 0, 2.0, 0]))

    def test_a_short_gradient_is_left_as_it_is(self):
        theta = stepped([3.0, 0, 0, 0, 4.0, 0], clip_norm=5.0)
        assert np.array_equal(theta, stepped([3.0, 0, 0, 0, 4.0, 0]))

    @pytest.mark.parametrize("size", [1e300, 1e-300])
    def test_lengths_whose_squares_are_out_of_range(self, size):
        theta = stepped([size, 0, 0, 0, size, 0], clip_norm=1e-310 if size < 1 else 1.0)
        assert np.isfinite(theta).all()
        moved = self.START - theta
        if size > 1:
            assert moved == pytest.approx(0.1 / 2**0.5 * np.array([1, 0, 0, 0, 1, 0]))

    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    def test_weights_decay_beside_the_step_and_biases_do_not(self, optimizer):
        gradient = [0.3, -0.2, 0.1, 0.5, 0.7, -0.4]
        decayed = stepped(gradient, optimizer, weight_decay=0.2)
        plain = stepped(gradient, optimizer)
        shrunk = 0.1 * 0.2 * self.START * np.array([0, 1, 1, 0, 1, 1])
        assert decayed == pytest.approx(plain - shrunk)

    @pytest.mark.parametrize(
        ("rules", "sentence"),
        [({"clip_norm": 0.0}, "clip_norm: 0.0"), ({"weight_decay": -1.0}, "weight_decay: -1.0")],
    )
    def test_what_is_no_rule_is_refused(self, rules, sentence):
        with pytest.raises(InputError, match=sentence):
            stepped(np.ones(6), **rules)

    def test_the_check_is_of_the_gradient_before_the_rules(self):
        trainer = make(clip_norm=1e-6, weight_decay=0.5)
        assert trainer.check().passed
