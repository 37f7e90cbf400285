"""A live session trains somebody's own model, and survives what their code does."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from time import sleep
from typing import Any

import numpy as np
import pytest
from running import Running

from bptui.core import InputError
from bptui.core.configuration import Configuration
from bptui.core.model_file import load_model_file
from bptui.core.runs.folder import RunFolder
from bptui.core.training import commands as ask
from bptui.core.training.keeper import RunKeeper
from bptui.core.training.model_runs import model_trainer_of, resume_model_trainer
from bptui.core.training.model_samples import classes_of
from bptui.core.training.model_trainer import ModelTrainer

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("*.py"))

BOWL = """
import numpy as np
learning_rate = 0.1
trip = 1
def parameters(seed):
    return {"[red]w": np.random.default_rng(seed).normal(size=(2, 2, 3)), "b": 0.5}
def cost(p):
    return (p["[red]w"] ** 2).sum() + p["b"] ** 2
def gradients(p):
    return {name: 2 * values for name, values in p.items()}
"""


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., ModelTrainer]:
    """Return what makes a trainer of a model file's text."""

    def make(text: str, **choices: Any) -> ModelTrainer:
        path = tmp_path / "mine.py"
        path.write_text(text, "utf-8")
        return model_trainer_of(load_model_file(path, captured=True), Configuration(**choices))

    return make


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(trainer: ModelTrainer, **options: Any) -> Running:
        started.append(Running(trainer, **({"speed": 0.1} | options)))
        started[-1].ask(ask.TogglePause())
        return started[-1]

    yield begin
    for running in started:
        running.stop()


Made = Callable[..., ModelTrainer]
Start = Callable[..., Running]


def names_in(trainer: ModelTrainer) -> dict[str, Any]:
    """Return what the model file's module holds."""
    return trainer.model.cost.__globals__


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_train_are_checked_and_predict(path: Path, start: Start) -> None:
    live = start(model_trainer_of(load_model_file(path, captured=True), Configuration()))
    shown = live.ask(ask.ShowBoundary(8, 5), ask.Reinitialize(new_seed=False), ask.Step(20))
    about = shown.description
    assert (shown.epoch, shown.state, shown.report_epoch) == (20, "paused", 20)
    assert shown.cost < live.first.cost and shown.curve.columns.last[0] == live.first.cost
    assert shown.curve.epochs == 20
    assert shown.report is not None
    assert [array.name for array in shown.report.arrays] == list(about.array_names)
    for theta, gradient, array in zip(
        shown.thetas, shown.gradients, shown.report.arrays, strict=True
    ):
        assert theta.shape == array.shape
        assert np.array_equal(gradient, array.backprop)
    codes = {"mistake": ["regularization"], "article": ["mutation"]}.get(path.stem, [])
    assert shown.report.verdict == ("fail" if codes else "pass")
    assert [found.code for found in shown.report.diagnosis] == codes
    assert shown.no_predictions == ""
    assert shown.predictions.shape == about.y.shape == (len(about.X), about.y.shape[1])
    two = dict.fromkeys(("article", "circles_course", "logistic_regression", "xor_class"), 2)
    assert len(about.class_names) == ({"blobs_softmax": 3} | two).get(path.stem, 0)
    assert (shown.boundary is not None) == (about.X.shape[1] == 2)
    assert not about.bias_column and not about.takes_faults and not about.layers


def test_the_session_trains_as_training_without_a_screen_does(made: Made, start: Start) -> None:
    live = start(made(BOWL, optimizer="adam"))
    shown = live.ask(ask.Reinitialize(new_seed=False), ask.Step(7), ask.NextMethod(), ask.Step(13))
    reference = made(BOWL, optimizer="adam")
    reference.advance(float("inf"), 20)
    assert np.array_equal(np.concatenate([t.ravel() for t in shown.thetas]), reference.theta)
    assert shown.cost == reference.cost


def test_another_seed_is_other_parameters_and_the_same_is_the_same(
    made: Made, start: Start
) -> None:
    live = start(made(BOWL, seed=3))
    other = live.ask(ask.Step(2), ask.Reinitialize(new_seed=True))
    assert (other.seed, other.epoch, other.curve.epochs) == (4, 0, 0)
    assert not np.array_equal(other.thetas[0], live.first.thetas[0])
    again = live.ask(ask.Step(2), ask.Reinitialize(new_seed=False))
    assert (again.seed, again.epoch, again.message) == (4, 0, "")
    assert np.array_equal(again.thetas[0], other.thetas[0])


def test_fixed_parameters_say_that_there_is_no_seed(made: Made, start: Start) -> None:
    live = start(
        made(
            BOWL.replace("def parameters(seed):\n    return", "parameters =").replace(
                "default_rng(seed)", "default_rng(1)"
            )
        )
    )
    again = live.ask(ask.Step(2), ask.Reinitialize(new_seed=True))
    assert again.epoch == 0 and not again.description.takes_seed
    assert "parameters in mine.py are fixed" in again.message
    assert np.array_equal(again.thetas[0], live.first.thetas[0])


def test_a_seed_whose_parameters_fail_changes_nothing(made: Made, start: Start) -> None:
    live = start(made(BOWL.replace("(2, 2, 3)", "(2, 2, 3 + seed)")))
    kept = live.ask(ask.Step(2), ask.Reinitialize(new_seed=True))
    assert (kept.epoch, kept.seed) == (2, 0)
    assert "other shapes" in kept.message


def test_the_learning_rate_is_changed_and_marked(made: Made, start: Start) -> None:
    shown = start(made(BOWL)).ask(ask.ChangeLearningRate(1))
    assert shown.learning_rate == 0.2
    assert [mark.text for mark in shown.curve.marks] == ["η 0.2"]


def test_methods_come_round_from_the_usual_one(made: Made, start: Start) -> None:
    live = start(made(BOWL))
    assert live.first.method == "auto"
    assert live.first.report is not None and live.first.report.method == "complex"
    seen = [live.ask(ask.NextMethod()) for _ in range(4)]
    assert [shown.method for shown in seen] == ["central", "forward", "richardson", "auto"]
    assert all(shown.report is not None and shown.report.passed for shown in seen)
    assert "no ε to choose" in live.ask(ask.ChangeEpsilon(1)).message
    assert live.ask(ask.NextMethod(), ask.ChangeEpsilon(1)).epsilon == 1e-4


def test_a_method_that_does_not_suit_is_a_message(made: Made, start: Start) -> None:
    text = BOWL.replace("return (p", "return abs(p['b']) + (p")
    live = start(made(text, method="complex"))
    shown = live.ask(ask.ToggleChecking(), ask.ToggleChecking())
    assert shown.state == "paused" and shown.report is None
    assert "choose auto" in shown.message
    assert live.ask(ask.NextMethod()).report is not None


def test_faults_and_sweeps_of_epsilon_are_refused_in_a_sentence(made: Made, start: Start) -> None:
    live = start(made(BOWL))
    assert "bptui's own networks alone" in live.ask(ask.PlantFault(None)).message
    shown = live.ask(ask.SweepEpsilon())
    assert shown.swept is not None and shown.swept.sweep is None
    assert "own networks" in shown.swept.why_not == shown.message
    shown = live.ask(ask.ShowPhases())
    assert shown.phased is not None and shown.phased.phases is None
    assert "own networks" in shown.phased.why_not == shown.message


def test_it_is_saved_where_there_is_a_folder(made: Made, start: Start, tmp_path: Path) -> None:
    assert "not saved anywhere" in start(made(BOWL)).ask(ask.Checkpoint()).message
    trainer = made(BOWL, optimizer="adam")
    keeper = RunKeeper(trainer, RunFolder(tmp_path / "run"))
    keeper.begin()
    live = start(trainer, keeper=keeper)
    shown = live.ask(ask.Step(20), ask.Checkpoint())
    assert shown.message == f"saved epoch {shown.epoch} in {tmp_path / 'run'}"
    live.ask(ask.Reinitialize(new_seed=True), ask.Step(3))
    live.stop(save=True)
    resumed = resume_model_trainer(tmp_path / "run", trainer.model)
    assert (resumed.epoch, resumed.seed) == (3, 1)
    assert np.array_equal(resumed.theta, trainer.theta)


def test_a_notice_stands_until_a_key_is_pressed(made: Made) -> None:
    live = Running(made(BOWL), speed=0.1, notice="mine.py has changed")
    assert live.first.message == "mine.py has changed"
    assert live.ask(ask.ShowBoundary(0, 0)).message == "mine.py has changed"
    assert live.ask(ask.Step()).message == ""
    live.stop()
    ended = Running(made(BOWL, epochs=0), notice="mine.py has changed")
    shown = ended.next(lambda shown: shown.state == "finished")
    assert shown.message == "mine.py has changed; reached 0 epochs"
    ended.stop()


@pytest.mark.parametrize("name", ["cost", "gradients"])
def test_an_exception_of_theirs_stops_training_and_space_tries_again(
    name: str, made: Made, start: Start
) -> None:
    trainer = made(BOWL.replace(f"def {name}(p):\n", f"def {name}(p):\n    1 / trip\n"))
    live = start(trainer)
    before = live.ask(ask.Step(3))
    names_in(trainer)["trip"] = 0
    stopped = live.ask(ask.Step(5))
    # The gradient of the first step is known already, from the screen.
    known = int(name == "gradients")
    assert (stopped.state, stopped.epoch) == ("diverged", before.epoch + known)
    assert re.fullmatch(
        rf"{name} raised ZeroDivisionError at mine\.py, line \d+: division by zero",
        stopped.message,
    )
    assert np.array_equal(stopped.thetas[0], before.thetas[0]) != known
    assert np.isnan(stopped.gradients[0]).all() == known
    assert live.ask(ask.ToggleChecking(), ask.ChangeSpeed(1)).state == "diverged"
    names_in(trainer)["trip"] = 1
    assert live.ask(ask.TogglePause()).state == "running"
    assert live.next(lambda shown: shown.epoch > stopped.epoch).message == ""


def test_an_exception_at_the_check_alone_stops_training(made: Made, start: Start) -> None:
    trainer = made(BOWL)
    live = start(trainer, checking=False)
    live.ask(ask.Step(3))

    def gradients(p: Any) -> Any:
        raise RuntimeError("[bold]no")

    object.__setattr__(trainer.model, "gradients", gradients)
    stopped = live.ask(ask.ToggleChecking())
    assert (stopped.state, stopped.report) == ("diverged", None)
    assert stopped.message.startswith("gradients raised RuntimeError at test_model_session.py")


def test_a_cost_that_is_no_number_leaves_the_last_good_parameters(made: Made, start: Start) -> None:
    live = start(made(BOWL.replace("0.1", "1e200"), optimizer="momentum"))
    stopped = live.ask(ask.Step(5))
    assert stopped.state == "diverged" and "smaller learning rate than 1e+200" in stopped.message
    assert np.isfinite(stopped.thetas[0]).all() and np.isfinite(stopped.cost)
    assert stopped.curve.epochs == stopped.epoch
    for _ in range(22):
        live.ask(*[ask.ChangeLearningRate(-30)])
    assert live.ask(ask.TogglePause()).state == "running"
    assert live.next(lambda shown: shown.epoch > stopped.epoch).state == "running"


def test_large_models_are_checked_in_part_and_slow_ones_not_at_all(
    made: Made, start: Start
) -> None:
    large = start(made(BOWL.replace("(2, 2, 3)", "20_000"))).first.report
    assert large is not None and large.passed
    assert 2 <= large.entries < large.parameters == 20_001
    assert [array.drawn is not None for array in large.arrays] == [True, False]
    trainer = made(BOWL.replace("def cost(p):", "def cost(p):\n    __import__('time').sleep(0.04)"))
    slow = start(trainer, checking=False).ask(ask.ToggleChecking())
    assert slow.report is None and "too long to watch" in slow.message == slow.no_report
    assert slow.state == "paused"


PREDICTS = (
    BOWL
    + """
X = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
y = np.array([0, 2, 1])
def predict(p, X):
    assert X.shape[1] == 2
    return np.stack([X[:, 0], X[:, 1], X.sum(axis=1)], axis=1)
"""
)


def test_labels_are_the_classes_of_several_outputs(made: Made, start: Start) -> None:
    shown = start(made(PREDICTS)).ask(ask.ShowBoundary(4, 3))
    assert shown.description.y.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert shown.predictions.tolist() == [[0, 1, 1], [2, 3, 5], [4, 5, 9]]
    assert shown.boundary is not None and shown.boundary.outputs.shape == (3, 4, 3)


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("X = np", "x = np", "X in mine.py would show predictions here"),
        ("def predict", "def guess", "predict(parameters, X) in mine.py would show"),
        ("[0, 2, 1]", "[0] * 4", "X has 3 samples and y has 4"),
        ("[0, 2, 1]", "[0, np.nan, 1]", "y: a value in it is not finite"),
        ("[0, 2, 1]", "['a', 'b', 'c']", "y: an array of real numbers is needed"),
        ("[0, 2, 1]", "[0.5, 2, 1]", "predict: it returns 3 values a sample, and y has 1"),
        ("assert X", "raise ValueError('[b]') #", r"predict raised ValueError at mine.py, line 15"),
        ("return np.stack", "return 1; np", "returned an array of shape (1,) for 3 samples"),
    ],
)
def test_why_there_are_no_predictions_is_said(
    old: str, new: str, said: str, made: Made, start: Start
) -> None:
    shown = start(made(PREDICTS.replace(old, new))).ask(ask.ShowBoundary(4, 3), ask.Step())
    assert said in shown.no_predictions
    assert (shown.state, shown.predictions.size, shown.boundary) == ("paused", 0, None)


COLUMNS = """
X = np.array([[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]])
y = np.array([[0, 1, 1]])
def predict(p, X):
    assert X.shape[0] == 2
    return X[:1]
"""


def test_samples_may_be_columns(made: Made) -> None:
    view = made(BOWL + COLUMNS).view()
    view.look(resting=True)
    assert view.description.X.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert view.description.class_names == ("0", "1")
    assert view.predictions().tolist() == [[0], [2], [4]]


def test_one_hot_rows_are_classes_and_other_numbers_are_not() -> None:
    y = np.eye(3)[[0, 2, 1]]
    assert classes_of(y, 3)[1] == ("0", "1", "2")
    assert classes_of(y + 0.5, 3)[1] == ()
    assert classes_of(np.ones((2, 3)), 3)[1] == ()
    with pytest.raises(InputError, match="2 values a sample, and y has 3"):
        classes_of(y, 2)


def test_predictions_take_their_share_of_the_time(made: Made) -> None:
    trainer = made(PREDICTS.replace("    assert", "    sleep(0.05); seen.append(1)\n    assert"))
    names_in(trainer).update(sleep=sleep, seen=[])
    view, seen = trainer.view(), names_in(trainer)["seen"]
    for _ in range(3):
        trainer.advance(1.0, 1)
        view.look(resting=False)
    assert len(seen) == 2  # one to know the outputs, one of the three epochs
    view.look(resting=True)
    assert len(seen) == 3
    view.look(resting=True)
    assert len(seen) == 3


def test_what_they_print_goes_to_whoever_captures_it(tmp_path: Path) -> None:
    path = tmp_path / "loud.py"
    path.write_text(
        BOWL
        + """
import logging, sys
logger = logging.getLogger("bptui-test-loud")
logger.addHandler(logging.StreamHandler())
logger.propagate = False
output = sys.stdout
def predict(p, X):
    print("to stdout")
    print("kept", file=output)
    logger.warning("logged")
""",
        "utf-8",
    )
    before, captured = io.StringIO(), io.StringIO()
    with redirect_stderr(before), redirect_stdout(before):
        model = load_model_file(path, captured=True)
    try:
        assert model.predict is not None
        with redirect_stderr(captured), redirect_stdout(captured):
            model.predict(None, None)
    finally:
        logging.getLogger("bptui-test-loud").handlers.clear()
    assert captured.getvalue() == "to stdout\nkept\nlogged\n"
    assert before.getvalue() == ""
