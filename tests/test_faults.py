"""Planted faults: each is wrong where it says, trains all the same, and is named by the check."""

import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core.backpropagation import Backpropagation, with_ones
from bptui.core.check import VERDICTS, Report
from bptui.core.configuration import Configuration
from bptui.core.data.datasets import load_dataset
from bptui.core.errors import InputError
from bptui.core.faults import FAULTS, Setting, check_fault
from bptui.core.network import Network
from bptui.core.training import Session, Trainer, build_trainer, resume_trainer
from bptui.core.training import commands as ask

Array = np.ndarray[Any, Any]
Samples = tuple[Array, Array]

EARLIER = ("stale-activations", "update-before-check", "not-zeroed")
STEPS = {"output_delta", "hidden_delta", "layer_gradient", "add_penalty", "backward"}
NETWORKS: dict[str, dict[str, Any]] = {
    "squares": {"layers": (3, 3, 3, 2), "l2": 0.3},
    "softmax": {
        "layers": (3, 4, 4, 3),
        "activation": "tanh",
        "output": "softmax",
        "cost": "cross-entropy",
    },
    "relu": {"layers": (2, 5, 5, 2), "activation": "relu", "output": "linear", "l2": 0.1},
    "no hidden layer": {"layers": (4, 3), "output": "tanh"},
    "xor": {"layers": (2, 2, 2, 1)},
}
GIVEN = [
    pytest.param(network, name, id=f"{network}-{name}")
    for network, name in itertools.product(NETWORKS, FAULTS)
]


def network_of(name: str) -> Network:
    return Network(**{"seed": 3} | NETWORKS[name])


def samples_for(network: Network, count: int = 7) -> Samples:
    rng = np.random.default_rng(5)
    X = rng.normal(size=(count, network.layers[0]))
    if network.output == "softmax":
        return X, np.eye(network.layers[-1])[rng.integers(0, network.layers[-1], count)]
    return X, rng.uniform(size=(count, network.layers[-1]))


def flat(arrays: Any) -> Array:
    return np.concatenate([np.ravel(array) for array in arrays])


def failing(report: Report) -> Array:
    return flat([array.verdicts for array in report.arrays]) == VERDICTS.index("fail")


def named(report: Report) -> list[str | None]:
    return [found.fault for found in report.diagnosis if found.code == "fault"]


class TestEveryFault:
    @pytest.mark.parametrize(("where", "name"), GIVEN)
    def test_it_fails_in_just_the_entries_that_differ_or_says_what_it_needs(
        self, where: str, name: str
    ) -> None:
        network = network_of(where)
        X, y = samples_for(network)
        _, right = network.backprop(X, y)
        assert network.check(X, y).verdict in ("pass", "at-kink")
        why = FAULTS[name].needs(network.setting(len(X)))
        if why is not None:
            assert why.startswith("needs ")
            with pytest.raises(InputError, match=re.escape(why)):
                check_fault(name, network.setting(len(X)))
            return
        network.plant(name)
        _, wrong = network.backprop(X, y)
        report = network.check(X, y)
        difference = np.abs(flat(wrong) - flat(right))
        assert report.verdict == "fail"
        assert not failing(report)[difference == 0.0].any()
        assert failing(report)[difference > 1e-9 * np.abs(flat(right)).max()].all()
        assert name in named(report)
        assert name in str(report)

    @pytest.mark.parametrize("name", FAULTS)
    def test_it_suits_one_of_these_networks(self, name: str) -> None:
        suits = [FAULTS[name].needs(network_of(where).setting(7)) is None for where in NETWORKS]
        assert any(suits)

    @pytest.mark.parametrize("name", FAULTS)
    def test_it_spoils_nothing_but_one_step_back(self, name: str) -> None:
        mistake = FAULTS[name].mistake
        overridden = {
            attribute
            for kind in mistake.__mro__[: mistake.__mro__.index(Backpropagation)]
            for attribute in vars(kind)
            if hasattr(Backpropagation, attribute) and not attribute.startswith("__")
        }
        assert overridden and overridden <= STEPS
        assert len(overridden - {"backward"}) <= 1

    @pytest.mark.parametrize("name", FAULTS)
    def test_outputs_and_costs_stay_right(self, name: str) -> None:
        for where in NETWORKS:
            network = network_of(where)
            X, y = samples_for(network)
            outputs, cost = network.predict(X), network.cost(X, y)
            if FAULTS[name].needs(network.setting(len(X))) is None:
                network.plant(name)
                network.backprop(X, y)
            assert np.array_equal(network.predict(X), outputs)
            assert network.cost(X, y) == cost

    @pytest.mark.parametrize("name", FAULTS)
    def test_it_explains_itself(self, name: str) -> None:
        fault = FAULTS[name]
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", fault.name)
        assert 10 <= len(fault.title) <= 44 and not fault.title.endswith(".")
        assert fault.teaches.endswith(".") and len(fault.teaches) < 250
        assert "check" in fault.teaches or re.search(r"wrong|ratio|off by", fault.teaches)

    @pytest.mark.parametrize("dtype", ["float64", "float32"])
    @pytest.mark.parametrize("name", FAULTS)
    def test_training_goes_on_under_it(self, name: str, dtype: str) -> None:
        trained = 0
        for batch_size, cost in itertools.product((None, 3), ("mse", "cross-entropy")):
            try:
                trainer = build_trainer(
                    Configuration(
                        data="gaussians",
                        samples=10,
                        hidden=(2, 2),
                        cost=cost,
                        l2=0.1,
                        dtype=dtype,
                        batch_size=batch_size,
                        optimizer="momentum",
                        fault=name,
                    )
                )
            except InputError as error:
                assert str(error).startswith(f"fault: {name} cannot be planted here; it needs ")
                continue
            start = trainer.network.theta.copy()
            trainer.advance(np.inf, 20)
            assert trainer.state == "running" and trainer.epoch == 20
            assert not np.array_equal(trainer.network.theta, start)
            trained += 1
        assert trained or (name, dtype) in {
            ("float32-inside", "float32"),
            ("sum-over-outputs", dtype),
        }


class TestNeeds:
    @pytest.mark.parametrize(
        ("name", "change", "needed"),
        [
            ("missing-hidden-derivative", {"layers": (2, 1)}, "hidden layer"),
            ("missing-hidden-derivative", {"activation": "linear"}, "not linear"),
            ("missing-output-derivative", {"output": "linear"}, "not linear"),
            ("missing-output-derivative", {"cost": "cross-entropy"}, "mse"),
            ("extra-output-derivative", {}, "cross-entropy"),
            ("derivative-of-activation", {"activation": "relu"}, "sigmoid, tanh or softplus"),
            ("theta-transposed", {"layers": (2, 2, 1)}, "as many in the layer after"),
            ("gradient-transposed", {"layers": (1, 1, 1)}, "same size"),
            ("wrong-layer", {"layers": (3, 2, 2)}, "as large as"),
            ("sum-not-mean", {"samples": 1}, "two or more samples"),
            ("half-sum-of-squares", {"samples": 2}, "another number than 2"),
            ("sum-over-outputs", {}, "two or more outputs"),
            ("l2-on-bias", {}, "l2 above 0"),
            ("float32-inside", {"dtype": "float32"}, "float64"),
        ],
    )
    def test_what_is_missing_is_said(self, name: str, change: dict[str, Any], needed: str) -> None:
        facts: dict[str, Any] = {
            "layers": (2, 2, 2, 1),
            "activation": "sigmoid",
            "output": "sigmoid",
            "cost": "mse",
            "l2": 0.0,
            "dtype": "float64",
            "samples": 4,
        }
        why = FAULTS[name].needs(Setting(**facts | change))
        assert why is not None and needed in why

    def test_an_unknown_name_is_an_error_with_a_suggestion(self) -> None:
        with pytest.raises(InputError, match="did you mean 'not-zeroed'"):
            Network([2, 1], fault="not-zeroes")

    def test_steps_of_one_sample_are_too_few(self) -> None:
        with pytest.raises(InputError, match="two or more samples a step"):
            build_trainer(Configuration(fault="sum-not-mean", batch_size=1))

    def test_a_refused_fault_leaves_everything_as_it_was(self) -> None:
        trainer = build_trainer(Configuration(fault="clipped"))
        with pytest.raises(InputError):
            trainer.plant("l2-forgotten")
        assert trainer.fault == "clipped"


class TestNoFault:
    def test_backpropagation_is_the_right_one(self) -> None:
        assert type(Network([2, 2, 1]).backpropagation(4)) is Backpropagation

    def test_a_fault_that_was_taken_away_again_leaves_no_trace(self) -> None:
        plain, planted = (build_trainer(Configuration()) for _ in range(2))
        planted.plant("not-zeroed")
        planted.check()
        planted.plant(None)
        for trainer in (plain, planted):
            trainer.advance(np.inf, 30)
        assert np.array_equal(plain.network.theta, planted.network.theta)
        assert planted.network.fault_memory == {}


def taught(**options: Any) -> Trainer:
    return build_trainer(Configuration(l2=0.1, **options))


def state(trainer: Trainer) -> list[Any]:
    point = trainer.point()
    memory = sorted((name, values.tolist()) for name, values in point.fault_memory.items())
    return [point.theta.tolist(), point.epoch, point.batch, point.fault, memory]


class TestMarks:
    """What the cost curve says of faults."""

    def test_each_has_its_name_unless_it_is_hidden(self) -> None:
        trainer = taught()
        for name, hidden in (("not-zeroed", False), ("clipped", True), (None, False)):
            trainer.plant(name, hidden=hidden)
            trainer.advance(np.inf, 5)
        found = [(mark.epoch, mark.text) for mark in trainer.marks]
        assert found == [(0, "not-zeroed"), (5, "fault ?"), (10, "no fault")]

    def test_a_name_that_is_revealed_is_marked_where_it_was_planted(self) -> None:
        trainer = taught()
        trainer.advance(np.inf, 3)
        trainer.plant("clipped", hidden=True)
        trainer.advance(np.inf, 3)
        trainer.learning_rate = 0.5
        trainer.plant("clipped")
        found = [(mark.epoch, mark.text) for mark in trainer.marks]
        assert found == [(3, "clipped"), (6, "η 0.5")]

    def test_a_learning_rate_of_the_same_epoch_is_marked_too(self) -> None:
        trainer = taught()
        trainer.plant("clipped")
        for rate in (0.25, 0.5):
            trainer.learning_rate = rate
        assert [mark.text for mark in trainer.marks] == ["clipped", "η 0.5"]


class TestRepeatable:
    @pytest.mark.parametrize("batch_size", [None, 3])
    @pytest.mark.parametrize("name", EARLIER)
    def test_checks_and_the_size_of_slices_change_no_bit(
        self, name: str, batch_size: int | None
    ) -> None:
        once, often = (taught(fault=name, batch_size=batch_size) for _ in range(2))
        once.advance(np.inf, 24)
        for _ in range(12):
            often.check(method="central")
            often.advance(np.inf, 1)
            assert not often.check().passed
            often.scores()
            often.advance(np.inf, 1)
        assert state(once) == state(often)

    @pytest.mark.parametrize("batch_size", [None, 3])
    @pytest.mark.parametrize("name", [*EARLIER, "sign-of-one-layer"])
    def test_a_resumed_run_ends_in_the_same_bits(
        self, name: str, batch_size: int | None, tmp_path: Path
    ) -> None:
        whole = taught(batch_size=batch_size)
        whole.advance(np.inf, 5)
        whole.plant(name, hidden=True)
        whole.advance(np.inf, 5)
        whole.save(tmp_path)
        resumed = resume_trainer(tmp_path)
        assert (resumed.fault, resumed.fault_hidden) == (name, True)
        for trainer in (whole, resumed):
            trainer.advance(np.inf, 7)
        assert state(whole) == state(resumed)
        assert [(mark.kind, mark.text) for mark in resumed.marks] == [("fault", "fault ?")]

    @pytest.mark.parametrize("name", EARLIER)
    def test_a_divergence_ends_at_the_last_good_point(self, name: str) -> None:
        options = {"output": "linear", "learning_rate": 30.0, "fault": name}
        diverged = taught(**options)
        diverged.advance(np.inf, 100_000)
        assert diverged.state == "diverged" and np.isfinite(diverged.cost)
        again = taught(**options)
        again.advance(np.inf, diverged.epoch)
        assert state(again) == state(diverged)

    def test_starting_again_forgets_the_steps_before(self) -> None:
        trainer = taught(fault="not-zeroed")
        trainer.advance(np.inf, 9)
        first = state(trainer)
        trainer.reinitialize(trainer.seed)
        trainer.advance(np.inf, 9)
        assert state(trainer) == first

    def test_a_fault_planted_after_the_step_that_diverged_stays(self) -> None:
        trainer = taught(output="linear", learning_rate=1e200)
        while np.isfinite(trainer.cost):
            trainer.advance(0.0, 1)
        assert trainer.state == "running"
        trainer.plant("clipped")
        trainer.advance(np.inf, 1)
        assert (trainer.state, trainer.fault) == ("diverged", "clipped")
        assert np.isfinite(trainer.cost)

    @pytest.mark.parametrize("size", [3, 900])
    def test_a_memory_of_another_network_is_refused(self, size: int, tmp_path: Path) -> None:
        trainer = taught(fault="not-zeroed")
        trainer.advance(np.inf, 3)
        trainer.network.fault_memory["sum"] = np.zeros(size)
        trainer.save(tmp_path)
        with pytest.raises(InputError, match="planted fault"):
            resume_trainer(tmp_path)

    def test_a_memory_that_lacks_a_part_is_begun_again(self, tmp_path: Path) -> None:
        trainer = taught(fault="not-zeroed")
        trainer.advance(np.inf, 3)
        del trainer.network.fault_memory["sum"]
        trainer.save(tmp_path)
        resume_trainer(tmp_path).advance(np.inf, 3)


class TestMemory:
    def test_gradients_that_are_not_zeroed_add_up(self) -> None:
        network = Network([2, 3, 1], fault="not-zeroed", seed=1)
        X, y = samples_for(network)
        right = Network([2, 3, 1], seed=1)
        sums = [flat(network.backprop(X, y)[1]) - flat(right.backprop(X, y)[1])]
        for step in range(3):
            earlier = flat(right.backprop(X, y)[1])
            right.theta[:] = network.theta[:] = right.theta + 0.1 * (step + 1)
            sums.append(flat(network.backprop(X, y)[1]) - flat(right.backprop(X, y)[1]))
            assert np.allclose(sums[-1] - sums[-2], earlier, rtol=1e-9)

    def test_the_gradient_is_that_of_the_point_before(self) -> None:
        network = Network([2, 3, 1], fault="update-before-check", seed=1)
        X, y = samples_for(network)
        right = Network([2, 3, 1], seed=1)
        network.backprop(X, y)
        earlier = flat(right.backprop(X, y)[1])
        network.theta += 0.3
        for _ in range(2):
            assert np.array_equal(flat(network.backprop(X, y)[1]), earlier)


class TestDiagnosis:
    def test_where_is_said(self) -> None:
        network = Network([2, 2, 2, 1], fault="missing-hidden-derivative")
        dataset = load_dataset("xor")
        found = network.check(dataset.X, dataset.y).diagnosis[0]
        assert (found.code, found.where) == ("fault", "Θ¹, Θ²")
        assert FAULTS["missing-hidden-derivative"].title in found.message

    def test_faults_that_are_the_same_here_are_all_named(self) -> None:
        network = Network([2, 2], fault="sum-not-mean")
        X, y = samples_for(network, count=2)
        report = network.check(X, y)
        assert named(report) == ["sum-not-mean", "half-sum-of-squares", "sum-over-outputs"]
        assert "half-sum-of-squares and sum-over-outputs would give the same" in str(report)

    def test_a_mistake_that_is_in_no_catalogue_gets_no_name(self) -> None:
        class Unheard(Backpropagation):
            def backward(self) -> None:
                super().backward()
                self.gradient *= 1.2345

        network = Network([2, 3, 1], seed=2)
        X, y = samples_for(network)
        work = Unheard(
            network.theta,
            network.layers,
            activation="sigmoid",
            output="sigmoid",
            cost="mse",
            samples=len(X),
        )
        work.load(with_ones(X, np.float64), y.T.copy())
        from bptui.core.check import check_backpropagation

        report = check_backpropagation(work)
        assert report.verdict == "fail" and named(report) == []

    @pytest.mark.parametrize("method", ["central", "richardson"])
    def test_it_does_not_depend_on_the_method(self, method: str) -> None:
        network = Network([2, 3, 1], fault="divided-by-n-plus-1", seed=2)
        assert named(network.check(*samples_for(network), method)) == ["divided-by-n-plus-1"]


def answered(session: Session, *commands: ask.Command) -> Any:
    """Return the snapshot after these commands."""
    for command in (*commands, ask.Stop()):
        session.send(command)
    shown: list[Any] = []
    session._stopped = False
    session.run(lambda snapshot, _: shown.append(snapshot))
    return shown[-1]


class TestSession:
    def test_a_fault_is_planted_and_taken_away_live(self) -> None:
        session = Session(build_trainer(Configuration()))
        wrong = answered(session, ask.TogglePause(), ask.PlantFault("theta-transposed"))
        assert (wrong.fault, wrong.fault_hidden) == ("theta-transposed", False)
        assert wrong.report.verdict == "fail" and named(wrong.report) == ["theta-transposed"]
        right = answered(session, ask.PlantFault(None))
        assert (right.fault, right.report.verdict) == (None, "pass")

    def test_a_hidden_fault_is_not_named_until_it_is_revealed(self) -> None:
        session = Session(build_trainer(Configuration()))
        name = "bias-column-shifted"
        hidden = answered(session, ask.TogglePause(), ask.PlantFault(name, hidden=True))
        assert (hidden.fault, hidden.fault_hidden) == (name, True)
        assert hidden.report.verdict == "fail"
        assert name not in str(hidden.report) and name not in str(hidden.report.to_dict())
        assert name not in hidden.message and FAULTS[name].title not in str(hidden.report)
        revealed = answered(session, ask.PlantFault(name))
        assert not revealed.fault_hidden and name in str(revealed.report)

    def test_a_fault_that_cannot_be_planted_is_refused_in_words(self) -> None:
        session = Session(build_trainer(Configuration()))
        shown = answered(session, ask.TogglePause(), ask.PlantFault("l2-forgotten"))
        assert shown.fault is None and "needs an L2 penalty" in shown.message
        assert "l2-forgotten" in shown.description.no_faults
        assert "theta-transposed" not in shown.description.no_faults


def test_the_page_lists_the_catalogue() -> None:
    page = (Path(__file__).parents[1] / "docs" / "faults.md").read_text("utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    assert rows == [
        f"| `{fault.name}` | {fault.title} | {fault.teaches} |" for fault in FAULTS.values()
    ]


def test_few_faults_are_missed_in_random_networks() -> None:
    rng = np.random.default_rng(11)
    tried = missed = 0
    for _ in range(40):
        sizes = [int(size) for size in rng.integers(1, 6, rng.integers(2, 5))]
        activation = str(rng.choice(["sigmoid", "tanh", "relu", "softplus"]))
        network = Network(
            sizes, activation=activation, init="xavier", l2=0.1, seed=int(rng.integers(1000))
        )
        X, y = samples_for(network, count=int(rng.integers(1, 12)))
        right = flat(network.backprop(X, y)[1])
        for name, fault in FAULTS.items():
            if fault.needs(network.setting(len(X))) is None:
                network.plant(name)
                wrong = flat(network.backprop(X, y)[1])
                if np.abs(wrong - right).max() > 1e-8 * np.abs(right).max():
                    tried += 1
                    missed += network.check(X, y).verdict != "fail"
        network.plant(None)
        assert network.check(X, y).verdict in ("pass", "at-kink")
    assert tried > 700 and missed <= 0.003 * tried


def test_every_fault_says_what_may_be_told_of_it_without_the_catalogue() -> None:
    page = (Path(__file__).parent.parent / "docs" / "gradient-checking.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", page, re.M))
    for fault in FAULTS.values():
        assert fault.codes and {code for code in fault.codes if code} <= listed, fault.name
