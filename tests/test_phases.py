"""One step of training in phases: the numbers are those of plain formulas, and change nothing."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from running import Running
from test_session import Start, start

from bptui.core.configuration import Configuration
from bptui.core.faults import FAULTS
from bptui.core.training import Trainer, build_trainer
from bptui.core.training import commands as ask
from bptui.core.training.phases import MOST_ROWS, MOST_SAMPLES, phases_of

__all__ = ["start"]

FLOWERS = Path(__file__).parent.parent / "examples" / "flowers.csv"
SETTINGS: dict[str, dict[str, Any]] = {
    "sigmoid, mse": {},
    "tanh, batches, momentum": {
        "activation": "tanh",
        "layers": (2, 5, 1),
        "data": "moons",
        "batch_size": 30,
        "optimizer": "momentum",
        "clip_norm": 0.05,
    },
    "softmax, l2, adam": {
        "data": str(FLOWERS),
        "hidden": (4,),
        "output": "softmax",
        "cost": "cross-entropy",
        "l2": 0.3,
        "optimizer": "adam",
        "weight_decay": 0.1,
    },
}


def trained(epochs: int = 3, **choices: Any) -> Trainer:
    trainer = build_trainer(Configuration(**choices))
    trainer.advance(math.inf, epochs)
    return trainer


def sigmoid(z: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z: Any) -> Any:
    return np.exp(z) / np.exp(z).sum(axis=0)


def ones_above(a: Any) -> Any:
    return np.vstack([np.ones(a.shape[1]), a])


def assert_all_close(found: Any, expected: Any) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one.values, other, rtol=1e-11, atol=1e-15)


class TestNumbers:
    def test_xor_is_what_the_plain_formulas_say(self) -> None:
        trainer = trained()
        theta1, theta2, theta3 = (theta.copy() for theta in trainer.network.thetas)
        a1 = ones_above(trainer.training.X.T)
        y = trainer.training.y.T
        a2 = ones_above(sigmoid(theta1 @ a1))
        a3 = ones_above(sigmoid(theta2 @ a2))
        outputs = sigmoid(theta3 @ a3)
        delta4 = 2.0 / 4.0 * (outputs - y) * outputs * (1.0 - outputs)
        delta3 = (theta3.T @ delta4 * a3 * (1.0 - a3))[1:]
        delta2 = (theta2.T @ delta3 * a2 * (1.0 - a2))[1:]
        gradients = delta2 @ a1.T, delta3 @ a2.T, delta4 @ a3.T
        found = trainer.phases()
        assert_all_close(found.activations, (a1, a2, a3, outputs))
        assert_all_close([found.targets, found.errors], (y, outputs - y))
        assert found.cost == pytest.approx(np.mean((outputs - y) ** 2), rel=1e-13)
        slopes = [a[1:] * (1.0 - a[1:]) for a in (a2, a3)] + [outputs * (1.0 - outputs)]
        assert_all_close(found.slopes, slopes)
        assert_all_close(found.deltas, (delta2, delta3, delta4))
        assert_all_close(found.gradients, gradients)
        assert found.gradient_norm == pytest.approx(
            math.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
        )
        rate = trainer.learning_rate
        assert_all_close(found.changes, [-rate * gradient for gradient in gradients])
        assert (found.epoch, found.batch, found.batches, found.samples) == (3, 0, 1, 4)
        assert not found.products and not found.penalties and found.penalty_cost == 0.0
        trainer.advance(math.inf, 1)
        assert_all_close(found.updated, trainer.network.thetas)

    def test_softmax_with_a_penalty_and_adam(self) -> None:
        trainer = trained(0, **SETTINGS["softmax, l2, adam"])
        theta1, theta2 = (theta.copy() for theta in trainer.network.thetas)
        samples = len(trainer.training)
        a1, y = ones_above(trainer.training.X.T), trainer.training.y.T
        a2 = ones_above(sigmoid(theta1 @ a1))
        outputs = softmax(theta2 @ a2)
        delta3 = (outputs - y) / samples
        delta2 = (theta2.T @ delta3 * a2 * (1.0 - a2))[1:]
        products = delta2 @ a1.T, delta3 @ a2.T
        weights = [np.hstack([0.0 * theta[:, :1], theta[:, 1:]]) for theta in (theta1, theta2)]
        penalties = [0.3 / samples * weight for weight in weights]
        gradients = [one + other for one, other in zip(products, penalties, strict=True)]
        found = trainer.phases()
        shown = slice(None), slice(MOST_SAMPLES)
        assert found.slopes[-1] is None
        assert_all_close(found.deltas, (delta2[shown], delta3[shown]))
        assert_all_close(found.products, products)
        assert_all_close(found.penalties, penalties)
        assert_all_close(found.gradients, gradients)
        squares = sum(np.sum(weight**2) for weight in weights)
        assert found.penalty_cost == pytest.approx(0.3 / (2 * samples) * squares)
        assert found.cost == pytest.approx(
            found.penalty_cost - np.mean(np.sum(y * np.log(outputs), axis=0))
        )
        # the first step of Adam is as long as η in every entry, beside the decay
        rate = trainer.learning_rate
        changes = [
            -rate * (0.1 * weight + gradient / (np.abs(gradient) + 1e-8))
            for weight, gradient in zip(weights, gradients, strict=True)
        ]
        assert_all_close(found.changes, changes)

    def test_a_clipped_gradient_a_schedule_and_batches(self) -> None:
        choices = SETTINGS["tanh, batches, momentum"] | {"optimizer": "sgd", "schedule": "step"}
        trainer = trained(2, schedule_epochs=2, **choices)
        found = trainer.phases()
        assert found.learning_rate == trainer.learning_rate / 2.0
        assert found.gradient_norm > 0.05 == found.clip_norm
        short = 0.05 / found.gradient_norm
        assert_all_close(
            found.changes,
            [-found.learning_rate * short * each.values for each in found.gradients],
        )
        samples = len(trainer.training)
        assert (found.batches, found.samples) == (-(-samples // 30), 30)

    @pytest.mark.parametrize("choices", SETTINGS.values(), ids=SETTINGS)
    @pytest.mark.parametrize("fault", [None, "not-zeroed", "l2-doubled"])
    def test_to_look_at_them_changes_no_bit(self, choices: Any, fault: str | None) -> None:
        if fault == "l2-doubled" and "l2" not in choices:
            fault = None
        looked, straight = (trained(0, fault=fault, **choices) for _ in range(2))
        for _ in range(4):
            before = looked.point()
            looked.phases()
            assert looked.point().theta.tobytes() == before.theta.tobytes()
            looked.phases()
            looked.advance(math.inf, 1)
        straight.advance(math.inf, 4)
        assert looked.network.theta.tobytes() == straight.network.theta.tobytes()
        assert looked.history.columns().high.tobytes() == straight.history.columns().high.tobytes()

    @pytest.mark.parametrize("choices", SETTINGS.values(), ids=SETTINGS)
    def test_there_is_a_phase_for_every_number(self, choices: Any) -> None:
        trainer = trained(0, **choices)
        thetas = len(trainer.network.thetas)
        phases = phases_of(thetas)
        assert len(phases) == 3 * thetas + 2 == len(set(phases))
        kinds = [phase.kind for phase in phases]
        assert kinds == sorted(
            kinds,
            key=[
                "forward",
                "cost",
                "output_delta",
                "hidden_delta",
                "layer_gradient",
                "update",
            ].index,
        )
        back = [phase.layer for phase in phases if phase.kind == "hidden_delta"]
        assert back == list(range(thetas - 1, 0, -1))

    @pytest.mark.parametrize(
        ("fault", "kinds"),
        [
            (None, set()),
            ("missing-output-derivative", {"output_delta"}),
            ("bias-column-shifted", {"hidden_delta"}),
            ("sign-of-one-layer", {"layer_gradient"}),
            ("l2-doubled", {"layer_gradient"}),
            ("one-weight-off", {"layer_gradient"}),
        ],
    )
    def test_a_fault_is_seen_where_it_is_planted(self, fault: str | None, kinds: set[str]) -> None:
        trainer, right = trained(0, l2=0.1), trained(0, l2=0.1)
        trainer.plant(fault)
        found, expected = trainer.phases(), right.phases()
        assert found.faulty == kinds
        for kind, name in (("output_delta", "deltas"), ("layer_gradient", "gradients")):
            same = all(
                np.array_equal(one.values, other.values)
                for one, other in zip(getattr(found, name), getattr(expected, name), strict=True)
            )
            assert same == (not kinds or (name == "deltas" and kinds == {"layer_gradient"})), kind
        trainer.plant(fault, hidden=True)
        assert not trainer.phases().faulty

    def test_every_fault_has_its_place(self) -> None:
        trainer = trained(0, layers=(2, 3, 3, 1), l2=0.1)
        for name, fault in FAULTS.items():
            if fault.needs(trainer.network.setting(4)) is None:
                trainer.plant(name)
                assert len(trainer.phases().faulty) == 1, name

    def test_of_a_large_network_little_is_kept(self) -> None:
        trainer = trained(0, data="moons", hidden=(300,), samples=500)
        found = trainer.phases()
        shapes = [each.shape for each in found.activations]
        assert shapes == [(3, 500), (301, 500), (1, 500)]
        assert [each.values.shape for each in found.activations] == [
            (3, MOST_SAMPLES),
            (MOST_ROWS, MOST_SAMPLES),
            (1, MOST_SAMPLES),
        ]
        assert found.thetas[1].values.shape == (1, MOST_ROWS) and not found.thetas[1].whole
        assert found.thetas[0].values.base is None


class TestSession:
    def test_it_pauses_and_shows_the_step_to_come(self, start: Start) -> None:
        run: Running = start()
        assert run.first.phased is None
        asked = run.ask(ask.ShowPhases())
        assert asked.state == "paused" and asked.phased is not None
        first = asked.phased.phases
        assert first is not None and first.epoch == asked.epoch
        for after, before in zip(first.thetas, asked.thetas, strict=True):
            assert after.values.tobytes() == before.tobytes()
        stepped = run.ask(ask.Step())
        assert stepped.epoch == asked.epoch + 1
        for updated, theta in zip(first.updated, stepped.thetas, strict=True):
            assert updated.values.tobytes() == theta.tobytes()
        again = run.ask(ask.Reinitialize(new_seed=False))
        assert again.phased is None

    def test_they_are_of_the_epoch_that_is_stepped_to(self, start: Start) -> None:
        """However many slices it takes to get there."""
        run: Running = start(Configuration(data="moons", batch_size=1, samples=2000))
        run.session.send(ask.TogglePause())
        run.session.send(ask.Step(3))
        run.session.send(ask.ShowPhases())
        found = run.next(lambda snapshot: snapshot.phased is not None).phased
        assert found is not None and found.phases is not None
        assert found.phases.epoch >= 3 and found.phases.batch == 0

    def test_a_training_that_is_over_has_no_next_step(self, start: Start) -> None:
        run: Running = start(Configuration(epochs=2))
        run.next(lambda snapshot: snapshot.state == "finished")
        asked = run.ask(ask.ShowPhases())
        assert asked.phased is not None and asked.phased.phases is None
        assert asked.message == asked.phased.why_not == "reached 2 epochs; r or R starts again"
