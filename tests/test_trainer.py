"""The training loop: the same bits however it is cut, and what ends it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core.data.dataset import Dataset, Task
from bptui.core.data.datasets import load_dataset
from bptui.core.errors import InputError
from bptui.core.history import Mark
from bptui.core.network import Network
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.training import Trainer
from bptui.core.training.scores import confusion_matrix, score

Array = np.ndarray[Any, Any]

XOR = load_dataset("xor")
MOONS = load_dataset("moons", samples=23, seed=4)
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS)
batch_sizes = pytest.mark.parametrize("batch_size", [None, 5])

ONE_STEP = "one step"
slicings = st.lists(st.one_of(st.integers(1, 9), st.just(ONE_STEP)), max_size=30)


def make(
    data: Dataset = MOONS, *, layers: tuple[int, ...] = (2, 4, 1), seed: int = 3, **options: Any
) -> Trainer:
    names = ("activation", "output", "cost", "l2", "dtype", "init", "init_scale")
    chosen = {name: options.pop(name) for name in names if name in options}
    return Trainer(Network(layers, seed=seed, **chosen), data, **options)


def run(trainer: Trainer, epochs: int | None = None) -> Trainer:
    trainer.advance(float("inf"), epochs)
    return trainer


def run_in(trainer: Trainer, slices: list[Any], epochs: int) -> Trainer:
    """Train to `epochs`, first by these slices, then in one go."""
    for amount in slices:
        if trainer.epoch < epochs:
            if amount == ONE_STEP:
                trainer.advance(0.0)
            else:
                trainer.advance(float("inf"), min(amount, epochs - trainer.epoch))
    return run(trainer, epochs - trainer.epoch)


def costs(trainer: Trainer) -> Array:
    columns = trainer.history.columns()
    assert trainer.history.stride == 1
    return columns.last


def state(trainer: Trainer) -> tuple[Any, ...]:
    return (
        trainer.epoch,
        trainer.network.theta.tobytes(),
        costs(trainer).tobytes(),
        trainer.cost,
        trainer.validation_cost,
        trainer.validation_history().tobytes(),
    )


@every_optimizer
@batch_sizes
@settings(max_examples=20, deadline=None)
@given(slices=slicings)
def test_the_same_bits_come_out_whatever_the_slices(
    optimizer: str, batch_size: int | None, slices: list[Any]
) -> None:
    def trainer() -> Trainer:
        return make(
            validation=XOR, optimizer=optimizer, batch_size=batch_size, l2=0.1, learning_rate=0.1
        )

    whole = run(trainer(), 35)
    assert whole.epoch == 35
    assert len(costs(whole)) == 35
    assert state(run_in(trainer(), slices, 35)) == state(whole)


def plain_descent(net: Network, rates: list[float]) -> list[float]:
    """Costs of full-batch gradient descent, written out."""
    found = []
    for rate in rates:
        J, gradients = net.backprop(XOR.X, XOR.y)
        found.append(J)
        for theta, gradient in zip(net.thetas, gradients, strict=True):
            theta -= rate * gradient
    return found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_full_batch_training_is_plain_gradient_descent(dtype: str) -> None:
    trainer = run(make(XOR, learning_rate=2.0, dtype=dtype), 200)
    net = Network((2, 4, 1), seed=3, dtype=dtype)
    expected = plain_descent(net, [2.0] * 200)
    tolerance = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(costs(trainer), expected, rtol=tolerance)
    np.testing.assert_allclose(trainer.network.theta, net.theta, rtol=10 * tolerance)
    assert trainer.cost == pytest.approx(net.cost(XOR.X, XOR.y), rel=tolerance)


def test_a_minibatch_epoch_sees_every_sample_once_in_an_order_of_its_own() -> None:
    marked = Dataset(
        "marked",
        np.arange(11, dtype=float)[:, np.newaxis],
        np.zeros((11, 1)),
        ("x",),
        ("y",),
        "regression",
    )
    trainer = make(marked, layers=(1, 1), batch_size=4, learning_rate=1e-6)
    orders = []
    for _ in range(3):
        seen: list[float] = []
        for size in (4, 4, 3):
            inputs = trainer.next_work().inputs
            assert len(inputs) == size
            seen += inputs[:, 1].tolist()
            trainer.advance(0.0)
        assert sorted(seen) == list(range(11))
        orders.append(seen)
    assert trainer.epoch == 3
    assert orders[0] != orders[1] != orders[2]


def test_the_cost_of_a_minibatch_epoch_is_the_mean_over_its_samples() -> None:
    trainer = make(batch_size=5, learning_rate=0.5)
    total = 0.0
    for _ in range(5):
        work = trainer.next_work()
        total += work.evaluate() * work.samples
        trainer.advance(0.0)
    assert trainer.epoch == 1
    assert trainer.cost == pytest.approx(total / len(MOONS), rel=1e-14)
    assert costs(trainer).tolist() == [trainer.cost]


@batch_sizes
def test_a_new_learning_rate_counts_from_the_next_epoch_and_is_marked(
    batch_size: int | None,
) -> None:
    one, other = (make(batch_size=batch_size, learning_rate=0.5) for _ in range(2))
    for trainer in (one, other):
        run(trainer, 10)
    other.learning_rate = 0.25
    assert other.marks == [Mark(10, "learning-rate", "η 0.25")]
    assert one.network.theta.tobytes() == other.network.theta.tobytes()
    before = other.network.theta.copy()
    steps = [run(trainer, 1).network.theta - before for trainer in (one, other)]
    if batch_size is None:
        np.testing.assert_allclose(steps[1], steps[0] / 2, rtol=1e-9)
    assert not np.array_equal(*steps)
    assert other.curve().marks == tuple(other.marks)


def test_the_trajectory_over_changing_learning_rates_is_that_of_plain_descent() -> None:
    rates = [2.0] * 7 + [0.5] * 6 + [5.0] * 8
    trainer = make(XOR, learning_rate=2.0)
    for epoch, rate in enumerate(rates):
        trainer.learning_rate = rate
        assert run(trainer, 1).epoch == epoch + 1
    expected = plain_descent(Network((2, 4, 1), seed=3), rates)
    np.testing.assert_allclose(costs(trainer), expected, rtol=1e-12)
    assert [(mark.epoch, mark.text) for mark in trainer.marks] == [(7, "η 0.5"), (13, "η 5")]


def test_several_changes_at_one_epoch_leave_one_mark_and_no_change_none() -> None:
    trainer = make(learning_rate=0.5)
    trainer.learning_rate = 0.5
    assert trainer.marks == []
    trainer.learning_rate = 1.0
    trainer.learning_rate = 2.0
    assert trainer.marks == [Mark(0, "learning-rate", "η 2")]


@every_optimizer
@batch_sizes
def test_the_same_seed_again_repeats_everything_to_the_last_bit(
    optimizer: str, batch_size: int | None
) -> None:
    trainer = make(validation=XOR, optimizer=optimizer, batch_size=batch_size)
    first = state(run(trainer, 30))
    trainer.advance(0.0)
    trainer.reinitialize(3)
    assert trainer.epoch == 0
    assert trainer.history.epochs == 0
    assert trainer.state == "running"
    assert state(run(trainer, 30)) == first
    trainer.reinitialize(4)
    assert trainer.seed == 4
    other = state(run(trainer, 30))
    assert other != first
    assert other == state(
        run(make(seed=4, validation=XOR, optimizer=optimizer, batch_size=batch_size), 30)
    )


def test_reinitializing_keeps_the_learning_rate_and_forgets_the_curve() -> None:
    trainer = run(make(learning_rate=0.5, epoch_limit=20))
    trainer.reinitialize(3)
    trainer.learning_rate = 0.125
    run(trainer)
    trainer.reinitialize(3)
    assert trainer.learning_rate == 0.125
    assert (trainer.marks, trainer.message, trainer.history.epochs) == ([], "", 0)


@batch_sizes
@settings(max_examples=20, deadline=None)
@given(slices=slicings, limit=st.integers(0, 40))
def test_the_epoch_limit_is_met_exactly(
    batch_size: int | None, slices: list[Any], limit: int
) -> None:
    trainer = make(batch_size=batch_size, epoch_limit=limit)
    for amount in slices:
        trainer.advance(*((0.0,) if amount == ONE_STEP else (float("inf"), amount)))
        assert trainer.epoch <= limit
    run(trainer)
    assert (trainer.epoch, trainer.state) == (limit, "finished")
    assert trainer.message == f"reached {limit:,} epochs"
    assert trainer.history.epochs == limit
    theta = trainer.network.theta.tobytes()
    assert trainer.advance(float("inf")) == 0
    assert trainer.network.theta.tobytes() == theta


@batch_sizes
@settings(max_examples=20, deadline=None)
@given(slices=slicings)
def test_until_cost_stops_at_the_first_epoch_that_reaches_it(
    batch_size: int | None, slices: list[Any]
) -> None:
    reference = costs(run(make(batch_size=batch_size, learning_rate=0.1), 60))
    goal = float(np.sort(reference)[20])
    first = int(np.flatnonzero(reference <= goal)[0])
    trainer = make(batch_size=batch_size, learning_rate=0.1, until_cost=goal)
    for amount in slices:
        trainer.advance(*((0.0,) if amount == ONE_STEP else (float("inf"), amount)))
    run(trainer)
    assert trainer.state == "finished"
    # The cost of an epoch of minibatches is known only at its end.
    assert trainer.epoch == first + (batch_size is not None)
    assert trainer.cost == reference[first]
    assert trainer.cost <= goal
    assert "not above" in trainer.message


def test_a_cost_that_is_low_from_the_start_needs_no_epoch() -> None:
    trainer = run(make(until_cost=1e9))
    assert (trainer.epoch, trainer.state) == (0, "finished")


def exploding(**options: Any) -> Trainer:
    return make(MOONS, layers=(2, 3, 1), activation="linear", output="linear", **options)


def last_good_point(rate: float) -> tuple[int, Array]:
    """Epoch and Θ before the step after which the cost is no number."""
    net = Network((2, 3, 1), activation="linear", output="linear", seed=3)
    before = net.theta.copy()
    with np.errstate(all="ignore"):
        for epoch in range(1000):
            J, gradients = net.backprop(MOONS.X, MOONS.y)
            if not np.isfinite(J):
                return epoch - 1, before
            before = net.theta.copy()
            for theta, gradient in zip(net.thetas, gradients, strict=True):
                theta -= rate * gradient
    raise AssertionError("it did not explode")


@settings(max_examples=20, deadline=None)
@given(slices=slicings)
def test_a_divergence_keeps_the_last_theta_with_a_finite_cost(slices: list[Any]) -> None:
    epoch, theta = last_good_point(3.0)
    trainer = exploding(learning_rate=3.0)
    for amount in slices:
        trainer.advance(*((0.0,) if amount == ONE_STEP else (float("inf"), amount)))
    run(trainer)
    assert trainer.state == "diverged"
    assert trainer.epoch == epoch
    np.testing.assert_allclose(trainer.network.theta, theta, rtol=1e-6)
    assert np.isfinite(trainer.network.theta).all()
    assert np.isfinite(trainer.cost)
    assert np.isfinite(costs(trainer)).all()
    assert f"at epoch {epoch + 1:,}" in trainer.message
    assert "start again with a smaller learning rate than 3, or another seed" in trainer.message
    assert trainer.message.isprintable()


@every_optimizer
@batch_sizes
def test_training_goes_on_after_a_divergence_with_a_smaller_learning_rate(
    optimizer: str, batch_size: int | None
) -> None:
    trainer = run(exploding(optimizer=optimizer, batch_size=batch_size, learning_rate=1e200))
    assert trainer.state == "diverged"
    assert np.isfinite(trainer.network.theta).all()
    assert trainer.advance(float("inf"), 5) == 0
    diverged_at = trainer.epoch
    trainer.learning_rate = 1e-9
    trainer.resume()
    assert (trainer.state, trainer.message) == ("running", "")
    assert run(trainer, 5).epoch == diverged_at + 5
    assert trainer.state == "running"
    assert trainer.history.epochs == trainer.epoch
    assert np.isfinite(costs(trainer)).all()


def test_a_second_divergence_is_found_like_the_first() -> None:
    trainer = run(exploding(learning_rate=1e200))
    trainer.resume()
    run(trainer)
    assert trainer.state == "diverged"
    assert np.isfinite(trainer.cost)


@pytest.mark.parametrize("batch_size", [None, 12])
def test_a_learning_rate_lowered_just_too_late_stays_lowered(batch_size: int | None) -> None:
    trainer = exploding(learning_rate=1e200, batch_size=batch_size)
    while trainer.state == "running":
        trainer.advance(0.0)
    steps = trainer.steps + 1
    trainer = exploding(learning_rate=1e200, batch_size=batch_size)
    for _ in range(steps):
        trainer.advance(0.0)
    assert trainer.state == "running"
    trainer.learning_rate = 0.01
    run(trainer, 3)
    assert trainer.state == "diverged"
    assert "smaller learning rate than 1e+200" in trainer.message
    assert trainer.learning_rate == 0.01
    trainer.resume()
    assert run(trainer, 3).state == "running"


@batch_sizes
def test_a_divergence_at_the_very_last_epoch_is_one(batch_size: int | None) -> None:
    trainer = run(exploding(learning_rate=1e200, batch_size=batch_size))
    limit = trainer.epoch + 1
    trainer = run(exploding(learning_rate=1e200, batch_size=batch_size, epoch_limit=limit))
    assert trainer.state == "diverged"
    assert np.isfinite(trainer.network.theta).all()
    assert np.isfinite(trainer.cost)


@batch_sizes
def test_a_last_step_that_breaks_the_network_is_a_divergence(batch_size: int | None) -> None:
    trainer = exploding(learning_rate=1e-3, batch_size=batch_size, epoch_limit=3)
    while trainer.steps + 1 < 3 * (1 if batch_size is None else 5):
        trainer.advance(0.0)
    trainer.learning_rate = 1e200
    trainer.advance(0.0)
    run(trainer)
    assert trainer.state == "diverged"
    assert trainer.epoch == 2
    assert "at epoch 3" in trainer.message
    assert np.isfinite(trainer.network.cost(MOONS.X, MOONS.y))


@batch_sizes
def test_a_divergence_leaves_no_validation_cost_of_what_was_undone(
    batch_size: int | None,
) -> None:
    trainer = exploding(learning_rate=1e-3, batch_size=batch_size, validation=XOR)
    run(trainer, 9)
    for _ in range(0 if batch_size is None else 4):
        trainer.advance(0.0)
    trainer.learning_rate = 1e200
    trainer.advance(0.0)
    assert (trainer.epoch, trainer.state) == (10, "running")
    run(trainer, 1)
    assert (trainer.epoch, trainer.state) == (9, "diverged")
    assert trainer.validation_score == trainer.scores().validation
    trainer.learning_rate = 1e-3
    trainer.resume()
    run(trainer, 21)
    epochs, values = trainer.validation_history().T
    assert epochs.tolist() == list(range(0, 31, 10) if batch_size is None else range(31))
    assert np.isfinite(values).all()


def huge_start() -> Trainer:
    trainer = exploding(learning_rate=1.0)
    trainer.network.theta *= 1e200
    return trainer


def test_a_start_that_is_no_number_is_a_divergence_at_epoch_0() -> None:
    trainer = run(huge_start())
    assert (trainer.state, trainer.epoch) == ("diverged", 0)
    assert np.isfinite(trainer.network.theta).all()
    assert "at the very start" in trainer.message


@batch_sizes
def test_validation_samples_are_watched_and_never_trained_on(batch_size: int | None) -> None:
    alone = run(make(batch_size=batch_size, l2=0.5), 40)
    watched = run(make(batch_size=batch_size, l2=0.5, validation=XOR), 40)
    assert watched.network.theta.tobytes() == alone.network.theta.tobytes()
    assert costs(watched).tobytes() == costs(alone).tobytes()
    assert alone.validation_cost is None
    epochs, values = watched.validation_history().T
    expected = range(0, 41, 10) if batch_size is None else range(41)
    assert epochs.tolist() == list(expected)
    # Without the penalty.
    bare = Network((2, 4, 1))
    bare.theta[:] = watched.network.theta
    assert watched.validation_cost == values[-1] == pytest.approx(bare.cost(XOR.X, XOR.y))
    assert watched.curve().validation_cost.tolist() == values.tolist()
    assert alone.validation_score is None
    assert watched.validation_score == watched.scores().validation


def test_the_validation_history_stays_bounded_and_covers_the_run() -> None:
    trainer = run(make(XOR, validation=XOR), 90_000)
    epochs = trainer.validation_history()[:, 0]
    assert len(epochs) <= 4096 + 1
    assert epochs[0] == 0
    assert epochs[-1] == 90_000
    # Early costs are as close together as late ones, but for the very last.
    assert len(set(np.diff(epochs)[:-1])) == 1


def dataset(task: Task, y: Array) -> Dataset:
    return Dataset("test", np.zeros((len(y), 2)), y, ("x1", "x2"), ("y",) * y.shape[1], task)


@pytest.mark.parametrize(
    ("task", "outputs", "y", "expected"),
    [
        ("binary", [[0.1], [0.6], [0.7], [0.4]], [[0], [1], [0], [1]], 0.5),
        ("binary", [[0.51], [0.49]], [[1], [0]], 1.0),
        ("classes", [[0.2, 0.7, 0.1], [0.5, 0.2, 0.3]], [[0, 1, 0], [0, 0, 1]], 0.5),
        ("binary", [[np.nan], [np.nan], [0.4]], [[0], [1], [0]], 1 / 3),
        ("classes", [[np.nan, 0.7, 0.1], [0.5, 0.2, 0.3]], [[1, 0, 0], [1, 0, 0]], 0.5),
        ("regression", [[1.0], [2.0], [3.0]], [[1], [2], [3]], 1.0),
        ("regression", [[2.0], [2.0], [2.0]], [[1], [2], [3]], 0.0),
        ("regression", [[3.0], [2.0], [1.0]], [[1], [2], [3]], -3.0),
        ("regression", [[5.0], [5.0]], [[5], [5]], 1.0),
        ("regression", [[4.0], [5.0]], [[5], [5]], 0.0),
    ],
)
def test_scores(task: Task, outputs: Any, y: Any, expected: float) -> None:
    assert score(task, np.array(outputs, float), np.array(y, float)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("task", "outputs", "y", "expected"),
    [
        ("binary", [[0.1], [0.6], [0.7], [0.5]], [[0], [1], [0], [1]], [[1, 1], [0, 2]]),
        (
            "classes",
            [[0.2, 0.7, 0.1], [0.5, 0.2, 0.3], [0.9, 0.0, 0.1]],
            [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
            [[1, 0, 0], [0, 1, 0], [1, 0, 0]],
        ),
        ("classes", [[0.6, 0.4]], [[1, 0]], [[1, 0], [0, 0]]),
        # What is no number is in no class.
        ("binary", [[np.nan], [0.6]], [[0], [1]], [[0, 0], [0, 1]]),
        ("classes", [[np.nan, 0.4], [0.2, 0.8]], [[1, 0], [0, 1]], [[0, 0], [0, 1]]),
        ("binary", [[np.inf], [-np.inf]], [[1], [1]], [[0, 0], [1, 1]]),
    ],
)
def test_confusion(task: Task, outputs: Any, y: Any, expected: Any) -> None:
    counted = confusion_matrix(task, np.array(outputs, float), np.array(y, float))
    assert counted is not None and counted.tolist() == expected


def test_a_regression_confuses_no_classes() -> None:
    assert confusion_matrix("regression", np.ones((2, 1)), np.ones((2, 1))) is None


def test_scores_of_both_sets() -> None:
    trainer = run(make(XOR, layers=(2, 2, 1), learning_rate=5.0, validation=XOR), 5000)
    scores = trainer.scores()
    assert (scores.name, scores.training, scores.validation) == ("accuracy", 1.0, 1.0)
    sine = replace(MOONS, task="regression")
    assert make(sine).scores().name == "R²"
    assert make(sine).scores().validation is None


@batch_sizes
def test_the_check_is_of_the_very_next_step_and_changes_nothing(batch_size: int | None) -> None:
    trainer, undisturbed = (make(batch_size=batch_size, learning_rate=0.5) for _ in range(2))
    for _ in range(7):
        trainer.advance(0.0)
        undisturbed.advance(0.0)
        for method in ("complex", "central"):
            report = trainer.check(method)
            assert report.passed
        gradient = np.concatenate([array.backprop.ravel() for array in report.arrays])
        before = trainer.network.theta.copy()
        trainer.advance(0.0)
        undisturbed.advance(0.0)
        np.testing.assert_allclose(
            before - trainer.network.theta, 0.5 * gradient, rtol=1e-9, atol=1e-15
        )
        assert trainer.network.theta.tobytes() == undisturbed.network.theta.tobytes()


@pytest.mark.parametrize(
    ("build", "part"),
    [
        (lambda: make(optimizer="adan"), "did you mean 'adam'"),
        (lambda: make(layers=(3, 1)), "X has shape"),
        (lambda: make(layers=(2, 2)), "y has shape"),
        (
            lambda: make(replace(XOR, y=XOR.y * 2), cost="cross-entropy"),
            "between 0 and 1",
        ),
        (lambda: make(validation=replace(XOR, X=XOR.X[:, :1])), "X has shape"),
    ],
)
def test_what_does_not_fit_is_refused(build: Callable[[], Trainer], part: str) -> None:
    with pytest.raises(InputError, match=part):
        build()


@pytest.mark.parametrize(
    "choice",
    [
        {"learning_rate": -1.0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"batch_size": -2},
        {"epoch_limit": -3},
        {"method": "bogus"},
        {"epsilon": 2.0},
    ],
)
def test_choices_out_of_range_are_refused_at_once(choice: dict[str, Any]) -> None:
    dataset = load_dataset("xor")
    with pytest.raises(InputError):
        Trainer(Network([2, 2, 1]), dataset, **choice)
