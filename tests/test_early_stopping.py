"""Training ends when the validation cost no longer falls, with the Θ of its lowest."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.training import Trainer, build_trainer, resume_trainer

OVERFITTING: dict[str, Any] = {
    "data": "moons",
    "noise": 0.4,
    "validation": 0.3,
    "hidden": (16,),
    "optimizer": "adam",
}
batch_sizes = pytest.mark.parametrize("batch_size", [None, 10])


def make(**changes: Any) -> Trainer:
    return build_trainer(Configuration(**(OVERFITTING | changes)))


def run(trainer: Trainer, *slices: int) -> Trainer:
    for epochs in slices:
        trainer.advance(float("inf"), epochs)
    trainer.advance(float("inf"), 5000)
    return trainer


@batch_sizes
def test_it_ends_with_the_best_parameters(batch_size: int | None) -> None:
    stopped = run(make(batch_size=batch_size, patience=30))
    assert stopped.state == "finished"
    epochs, costs = stopped.validation_history().T
    best = int(costs.argmin())
    assert stopped.epoch == epochs[-1] == epochs[best] + 30
    assert f"at epoch {epochs[best]:,.0f}" in stopped.message

    until_there = make(batch_size=batch_size)
    until_there.advance(float("inf"), int(epochs[best]))
    assert stopped.network.theta.tobytes() == until_there.network.theta.tobytes()
    assert stopped.validation_cost == costs[best] == until_there.validation_cost
    assert stopped.validation is not None
    assert stopped.validation_cost == pytest.approx(
        stopped.network.cost(stopped.validation.X, stopped.validation.y)
    )
    assert stopped.validation_score == stopped.scores().validation
    X, y = stopped.training.X, stopped.training.y
    assert stopped.cost == pytest.approx(stopped.network.cost(X, y))


@batch_sizes
def test_the_end_does_not_depend_on_the_slices(batch_size: int | None) -> None:
    whole = run(make(batch_size=batch_size, patience=20))
    sliced = run(make(batch_size=batch_size, patience=20), 1, 7, 13)
    assert (whole.epoch, whole.message) == (sliced.epoch, sliced.message)
    assert whole.network.theta.tobytes() == sliced.network.theta.tobytes()


@batch_sizes
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(
    batch_size: int | None, tmp_path: Path
) -> None:
    whole = run(make(batch_size=batch_size, patience=40))
    early = make(batch_size=batch_size, patience=40)
    assert early.early_stopping is not None
    best = int(whole.validation_history()[:, 1].argmin())
    early.advance(float("inf"), int(whole.validation_history()[best, 0]) + 12)
    early.save(tmp_path)
    taken_up = resume_trainer(tmp_path)
    assert taken_up.validation_score == taken_up.scores().validation
    resumed = run(taken_up)
    assert (resumed.epoch, resumed.message) == (whole.epoch, whole.message)
    assert resumed.network.theta.tobytes() == whole.network.theta.tobytes()


def test_a_run_that_had_ended_early_is_trained_no_further(tmp_path: Path) -> None:
    stopped = run(make(patience=30))
    stopped.save(tmp_path)
    resumed = run(resume_trainer(tmp_path))
    assert (resumed.epoch, resumed.cost) == (stopped.epoch, stopped.cost)
    assert resumed.network.theta.tobytes() == stopped.network.theta.tobytes()


def test_a_run_that_had_ended_early_goes_on_with_more_patience_alone(tmp_path: Path) -> None:
    stopped = run(make(patience=30))
    stopped.save(tmp_path)
    for given in ({"epochs": 5000}, {"learning_rate": 0.1}, {"patience": 30}):
        with pytest.raises(
            InputError, match=r"not fallen for 30 epochs; it goes on .* --patience 60$"
        ):
            resume_trainer(tmp_path, **given)
    longer = resume_trainer(tmp_path, patience=60)
    assert longer.network.theta.tobytes() == stopped.network.theta.tobytes()
    run(longer).save(tmp_path)
    assert longer.epoch >= stopped.epoch + 30
    assert longer.validation_cost is not None and stopped.validation_cost is not None
    assert longer.validation_cost <= stopped.validation_cost
    again = resume_trainer(tmp_path).configuration
    assert again is not None and again.patience == 60


def test_patience_cannot_be_given_to_a_run_without_it(tmp_path: Path) -> None:
    make().save(tmp_path)
    with pytest.raises(InputError, match="patience: the run was begun without it"):
        resume_trainer(tmp_path, patience=30)


def test_starting_again_forgets_the_best() -> None:
    trainer = run(make(patience=30))
    first = trainer.epoch
    trainer.reinitialize(trainer.seed)
    assert trainer.state == "running" and np.isfinite(trainer.cost)
    assert run(trainer).epoch == first


def test_without_a_validation_set_there_is_nothing_to_wait_for() -> None:
    with pytest.raises(InputError, match="patience: there is no validation cost"):
        make(validation=0.0, patience=30)
