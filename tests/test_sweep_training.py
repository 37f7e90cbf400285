"""Networks trained side by side against the same networks trained alone."""

from dataclasses import fields, replace
from typing import ClassVar

import numpy as np
import pytest

from bptui.core import sweep
from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.configuration import Configuration
from bptui.core.costs import COSTS
from bptui.core.data.datasets import load_dataset
from bptui.core.network import Network
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.sweeping import block as blocks
from bptui.core.sweeping import layouts, validation
from bptui.core.sweeping.block import Block, BlockResult, Samples, run_block
from bptui.core.sweeping.layouts import NetworksAdjacent, NetworksApart, layout_for
from bptui.core.sweeping.runner import run_slice
from bptui.core.sweeping.stacked import StackedBackpropagation
from bptui.core.training import build_trainer

CASES = [
    (layers, cost, output)
    for layers in ([2, 2, 2, 1], [2, 1], [3, 5, 4, 3], [12, 9, 10])
    for cost, outputs in COSTS.items()
    for output in outputs
    if output != "softmax" or layers[-1] > 1
]
XOR = Samples(
    np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([[0.0, 1.0, 1.0, 0.0]]).T
)


@pytest.fixture(params=["adjacent", "apart"])
def layout(request, monkeypatch):
    monkeypatch.setattr(layouts, "LARGEST_TINY", np.inf if request.param == "adjacent" else 0)
    return request.param


def block_of(seeds=5, first_seed=0, **choices):
    settings = {
        "layers": (2, 2, 2, 1),
        "output": "sigmoid",
        "cost": "mse",
        "learning_rate": 2.0,
        "epochs": 60,
    }
    return Block(Configuration(**(settings | choices)), 0, first_seed, seeds, seeds)


@pytest.mark.parametrize(("layers", "cost", "output"), CASES, ids=str)
def test_cost_and_gradient_are_those_of_each_network_alone(layers, cost, output, layout):
    generator = np.random.default_rng(len(layers))
    X, y = generator.normal(size=(6, layers[0])), generator.random((6, layers[-1]))
    if output == "softmax":
        y = np.eye(layers[-1])[generator.integers(layers[-1], size=6)]
    for activation in HIDDEN_ACTIVATIONS:
        choices = {"activation": activation, "output": output, "cost": cost, "l2": 0.3}
        nets = [Network(layers, seed=seed, **choices) for seed in range(4)]
        work = StackedBackpropagation(X, y, layers, networks=4, **choices)
        work.theta[:] = np.stack([net.theta for net in nets], axis=1)
        work.forward()
        work.backward()
        for place, net in enumerate(nets):
            J, gradients = net.backprop(X, y)
            gradient = np.concatenate([each.ravel() for each in gradients])
            np.testing.assert_allclose(work.costs()[place], J, rtol=1e-12)
            np.testing.assert_allclose(
                work.gradient[:, place], gradient, rtol=1e-12, atol=1e-12 * abs(gradient).max()
            )
            np.testing.assert_allclose(
                work.outputs[:, :, place].T, net.predict(X), rtol=1e-12, atol=1e-13
            )


def test_a_numpy_that_hides_its_inner_einsum_gives_the_same_bits(monkeypatch):
    quick = run_block(block_of(), XOR)
    monkeypatch.setattr(layouts, "import_module", lambda home: object())
    monkeypatch.setattr(layouts, "_einsum", layouts._find_einsum())
    assert layouts._einsum is np.einsum
    assert run_block(block_of(), XOR).final_cost.tobytes() == quick.final_cost.tobytes()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_training_is_that_of_each_network_alone(optimizer, layout):
    found = run_block(block_of(optimizer=optimizer, learning_rate=0.05, l2=0.01), XOR)
    for seed in range(5):
        trainer = build_trainer(
            Configuration(seed=seed, optimizer=optimizer, learning_rate=0.05, l2=0.01)
        )
        trainer.advance(float("inf"), 60)
        assert found.final_cost[seed] == pytest.approx(trainer.cost, rel=1e-10)


@pytest.mark.parametrize(
    "rules",
    [
        {"clip_norm": 0.05},
        {"weight_decay": 0.01},
        {"clip_norm": 0.02, "weight_decay": 0.1, "optimizer": "adam", "learning_rate": 0.05},
        {"schedule": "cosine", "warm_up": 10},
        {"schedule": "step", "schedule_epochs": 20},
    ],
    ids=str,
)
def test_rules_and_schedules_are_those_of_each_network_alone(rules, layout):
    found = run_block(block_of(epochs=60, **rules), XOR)
    for seed in range(5):
        trainer = build_trainer(
            Configuration(**({"seed": seed, "learning_rate": 2.0, "epochs": 60} | rules))
        )
        trainer.advance(float("inf"))
        assert found.final_cost[seed] == pytest.approx(trainer.cost, rel=1e-10)
        assert found.curves[seed, 1] != pytest.approx(found.curves[seed, 0], rel=1e-10)


@pytest.fixture
def made(monkeypatch):
    """What blocks were trained with."""
    kept = []

    class Kept(StackedBackpropagation):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            kept.append(self)

    monkeypatch.setattr(blocks, "StackedBackpropagation", Kept)
    return kept


@pytest.mark.parametrize(
    "rules",
    [
        {},
        {"optimizer": "adam", "learning_rate": 0.01, "l2": 0.01, "cost": "cross-entropy"},
        {"clip_norm": 0.05, "weight_decay": 0.01, "schedule": "cosine"},
        {"dtype": "float32", "optimizer": "momentum", "learning_rate": 0.1},
    ],
    ids=str,
)
@pytest.mark.parametrize("batch_size", [1, 8, 16])
def test_minibatches_are_those_of_each_network_alone(rules, batch_size, layout, made):
    choices = {"data": "moons", "samples": 40, "batch_size": batch_size, "epochs": 25} | rules
    found = sweep(seeds=4, **choices)
    (work,) = made
    for seed in range(4):
        trainer = build_trainer(Configuration(seed=seed, **choices))
        trainer.advance(float("inf"))
        together, alone = work.theta[:, seed], trainer.network.theta
        assert trainer.epoch == 25
        # Lengths of gradients are summed in another order.
        if layout == "apart" and "clip_norm" not in rules:
            assert together.tobytes() == alone.tobytes()
        else:
            close = 1e-3 if alone.dtype == np.float32 else 1e-10
            np.testing.assert_allclose(together, alone, rtol=close, atol=close)
        J = trainer.network.cost(trainer.training.X, trainer.training.y)
        rel = 1e-5 if alone.dtype == np.float32 else 1e-9
        assert found.settings[0].final_cost[seed] == pytest.approx(J, rel=rel)


def test_a_batch_of_all_samples_is_none():
    whole = sweep(seeds=3, epochs=40).settings[0]
    for size in (4, 100):
        found = sweep(seeds=3, epochs=40, batch_size=size).settings[0]
        assert found.final_cost.tobytes() == whole.final_cost.tobytes()


def test_single_precision_stays_single(layout):
    work = StackedBackpropagation(XOR.X, XOR.y, [2, 2, 1], networks=3, dtype="float32", l2=0.1)
    work.forward()
    work.backward()
    assert {work.theta.dtype.name, work.gradient.dtype.name, work.outputs.dtype.name} == {"float32"}
    found = run_block(block_of(dtype="float32"), XOR)
    exact = run_block(block_of(), XOR)
    np.testing.assert_allclose(found.final_cost, exact.final_cost, rtol=1e-4)


def test_tiny_networks_are_adjacent_and_others_apart():
    assert isinstance(layout_for([2, 2, 2, 1], 4), NetworksAdjacent)
    assert isinstance(layout_for([64, 32, 10], 1797), NetworksApart)


@pytest.mark.parametrize("layers", [(2, 2, 2, 1), (2, 1), (2, 3, 1)], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch_size", [None, 3])
def test_a_network_is_the_same_whatever_is_beside_it(layers, dtype, batch_size, layout):
    choices = {"layers": layers, "dtype": dtype, "batch_size": batch_size}
    whole = run_block(block_of(40, **choices), XOR)
    for first, seeds in [(0, 1), (3, 2), (5, 7), (12, 28)]:
        part = run_block(block_of(seeds, first, **choices), XOR)
        mine = slice(first, first + seeds)
        assert part.final_cost.tobytes() == whole.final_cost[mine].tobytes()
        assert part.solved_at.tobytes() == whole.solved_at[mine].tobytes()
        assert part.curves.tobytes() == whole.curves[mine].tobytes()


class TestOutcomes:
    def test_the_epoch_is_the_first_of_those_that_stay_solved(self):
        found = run_block(block_of(30, epochs=2000), XOR)
        assert 0 < (found.solved_at >= 0).sum() < 30
        for seed in range(6):
            trainer = build_trainer(Configuration(seed=seed))
            right = []
            for epoch in range(0, 2001, 2):
                trainer.advance(float("inf"), epoch - trainer.epoch)
                right.append(trainer.scores().training == 1.0)
            wrong = [2 * look for look, fine in enumerate(right) if not fine]
            expected = -1 if wrong and wrong[-1] == 2000 else (wrong[-1] + 2 if wrong else 0)
            assert found.solved_at[seed] == expected

    def test_a_cost_to_reach_ends_a_network_there(self):
        found = run_block(block_of(30, epochs=2000, until_cost=0.01), XOR)
        solved = found.solved_at >= 0
        assert solved.any() and not solved.all()
        assert (found.final_cost[solved] <= 0.01).all() and (found.final_cost[~solved] > 0.01).all()
        trainer = build_trainer(Configuration(seed=int(np.argmax(solved)), until_cost=0.01))
        trainer.advance(float("inf"))
        # Networks are looked at every second epoch here.
        assert 0 <= found.solved_at[solved][0] - trainer.epoch <= 2
        assert (found.curves[solved, -1] == found.final_cost[solved]).all()

    def test_a_network_that_diverges_harms_no_other(self):
        # Of steps this long on a line, the curvature decides which seeds survive.
        samples = Samples(np.array([[1e3, 0.0], [0.0, 1.0]]), np.array([[1.0], [0.0]]))
        choices = {"layers": (2, 1), "output": "linear", "epochs": 400, "until_cost": 1e-9}
        lost = run_block(block_of(3, learning_rate=1.0, **choices), samples)
        assert lost.diverged.all() and (lost.solved_at == -1).all()
        assert np.isfinite(lost.final_cost).all()
        assert np.isfinite(lost.curves).all()

    def test_some_diverge_and_the_rest_go_on_to_the_same_bits(self):
        choices = {
            "layers": (2, 4, 1),
            "activation": "tanh",
            "output": "linear",
            "learning_rate": 0.5,
            "epochs": 300,
        }
        found = run_block(block_of(40, **choices), XOR)
        assert 0 < found.diverged.sum() < 40
        survivor = int(np.argmin(found.diverged))
        alone = run_block(block_of(1, survivor, **choices), XOR)
        assert alone.final_cost[0] == found.final_cost[survivor]
        assert found.best == int(np.argmin(np.where(found.diverged, np.inf, found.final_cost)))

    def test_a_start_that_is_no_number_is_told_as_one(self):
        samples = Samples(np.full((4, 2), 1e200), XOR.y)
        found = run_block(block_of(3, output="linear", layers=(2, 1), init_scale=1e30), samples)
        assert found.diverged.all() and np.isnan(found.final_cost).all()

    def test_classes_are_right_where_the_largest_output_is(self):
        samples = Samples(XOR.X, np.eye(2)[[0, 1, 1, 0]])
        found = run_block(
            block_of(
                30,
                layers=(2, 3, 2),
                output="softmax",
                cost="cross-entropy",
                learning_rate=1.0,
                epochs=1000,
            ),
            samples,
        )
        assert 0 < (found.solved_at > 0).sum() <= 30
        assert (found.final_cost[found.solved_at > 0] < np.log(2)).all()


def test_what_is_looked_at_and_when():
    assert list(blocks.look_epochs(7)) == [0, 1, 2, 3, 4, 5, 6]
    assert blocks.look_epochs(10_000) == range(0, 10_000, 10)
    for epochs in (1, 7, 150, 999, 10_000, 123_457):
        points = blocks.curve_epochs(epochs)
        assert points[0] == 0 and points[-1] == epochs and (np.diff(points) > 0).all()
        assert len(points) <= 2 * blocks.POINTS + 1
    found = run_block(block_of(3, epochs=250), XOR)
    assert found.curves.shape == (3, len(blocks.curve_epochs(250)))
    assert (found.curves[:, -1] == found.final_cost).all()


def test_a_schedule_takes_no_memory_for_all_its_epochs():
    endless = block_of(2, epochs=10**12, schedule="cosine")
    assert run_block(endless, XOR, lambda epoch: False).epoch == 0


def test_a_schedule_goes_on_after_its_first_thousand_epochs():
    setting = {"epochs": 2500, "schedule": "step", "schedule_epochs": 700}
    found = run_block(block_of(1, **setting), XOR)
    trainer = build_trainer(Configuration(layers=(2, 2, 2, 1), learning_rate=2.0, **setting))
    while trainer.state == "running":
        trainer.advance(1.0)
    assert found.final_cost[0] == pytest.approx(trainer.cost, rel=1e-9)


def test_it_stops_where_it_is_told_to():
    seen = []

    def go_on(epoch):
        seen.append(epoch)
        return epoch < 20

    assert run_block(block_of(), XOR, go_on).epoch == 20
    assert seen == list(range(21))


def test_it_is_asked_to_stop_however_far_apart_the_looks_are():
    seen = []
    stopped = run_block(
        block_of(epochs=10**12), XOR, lambda epoch: not seen.append(epoch) and epoch < 20
    )
    assert seen == [0, 10, 20] and stopped.epoch == 20


def test_it_is_asked_at_every_epoch_where_they_take_long(monkeypatch):
    monkeypatch.setattr(blocks, "_MANY", 10)
    seen = []
    run_block(block_of(epochs=10**12), XOR, lambda epoch: not seen.append(epoch) and epoch < 3)
    assert seen == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "choices",
    [
        {},
        *({"optimizer": name, "learning_rate": 0.05} for name in OPTIMIZERS if name != "sgd"),
        {"clip_norm": 0.02, "weight_decay": 0.1, "schedule": "cosine", "warm_up": 10},
        {"until_cost": 0.1, "dtype": "float32"},
        {"batch_size": 3, "optimizer": "momentum", "learning_rate": 0.05},
        {"output": "linear", "activation": "tanh", "learning_rate": 0.5, "layers": (2, 4, 1)},
        {"epochs": 2500, "schedule": "step", "schedule_epochs": 700},
    ],
    ids=str,
)
def test_a_block_that_stops_now_and_then_gives_the_same_bits(choices, layout):
    samples = replace(XOR, validation=replace(load_dataset("xor"), X=XOR.X + 0.1))
    block = block_of(30, **({"epochs": 300} | choices))
    whole = run_block(block, samples)
    result, stops = None, 0
    while not isinstance(result, BlockResult):
        seen = []

        def go_on(epoch, seen=seen):
            seen.append(epoch)
            return len(seen) < 38

        result = run_block(block, samples, go_on, result)
        stops += 1
    assert stops > 5 or "until_cost" in choices
    for field in fields(BlockResult):
        assert getattr(result, field.name).tobytes() == getattr(whole, field.name).tobytes()


def test_a_slice_gets_on_however_short_it_is():
    state = run_slice(block_of(), XOR, None, seconds=0.0)
    assert state.epoch == 1
    assert run_slice(block_of(), XOR, state, seconds=0.0).epoch == 2


@pytest.mark.parametrize(
    "choices",
    [
        {"data": "moons", "samples": 40, "learning_rate": 2.0},
        {"data": "moons", "samples": 40, "learning_rate": 2.0, "until_cost": 0.09, "l2": 0.01},
        {"data": "sine", "samples": 30, "learning_rate": 0.05, "until_cost": 0.2},
    ],
    ids=str,
)
def test_validation_is_that_of_each_network_alone_where_it_ended(choices, layout):
    choices = {"validation": 0.3, "epochs": 150} | choices
    found = sweep(seeds=6, **choices).settings[0]
    ended = []
    for seed in range(6):
        trainer = build_trainer(Configuration(seed=seed, **choices))
        trainer.advance(float("inf"))
        ended.append(trainer.epoch)
        alone = trainer.network
        if alone.l2:
            alone = Network(alone.layers, output=alone.output, cost=alone.cost_name)
            alone.theta[:] = trainer.network.theta
        cost = alone.cost(trainer.validation.X, trainer.validation.y)
        assert found.validation.cost[seed] == pytest.approx(cost, rel=1e-9)
        assert found.validation.score[seed] == pytest.approx(trainer.scores().validation, rel=1e-9)
    assert ("until_cost" in choices) == (min(ended) < 150)
    assert found.validation.name == trainer.scores().name


class TestValidationThatIsNoNumber:
    FAR = replace(load_dataset("xor"), X=np.array([[1e308, -1e308], *XOR.X[1:].tolist()]))
    CHOICES: ClassVar = {"layers": (2, 4, 2, 1), "activation": "relu", "output": "linear"}
    CHOICES |= {"learning_rate": 0.1, "epochs": 300}

    @pytest.mark.parametrize("task", ["binary", "regression"])
    def test_it_is_the_worst_there_is_where_a_network_has_not_diverged(self, task, layout):
        samples = replace(XOR, validation=replace(self.FAR, task=task))
        found = run_block(block_of(20, **self.CHOICES), samples)
        assert not found.diverged.any()
        lost = np.isinf(found.validation_cost)
        assert lost.any() and not np.isnan(found.validation_cost).any()
        assert not np.isnan(found.validation_score).any()
        if task == "regression":
            assert (found.validation_score[lost] == -np.inf).all()

    def test_a_network_that_has_ended_is_looked_at_but_once(self, monkeypatch, layout):
        taken = []
        monkeypatch.setattr(validation, "score", lambda *given: taken.append(given) or np.nan)
        samples = replace(XOR, validation=self.FAR)
        found = run_block(block_of(30, epochs=2000, until_cost=0.01), samples)
        assert 0 < (found.solved_at >= 0).sum() < 30 == len(taken)

    def test_one_that_diverges_has_none_and_changes_no_other(self, layout):
        samples = replace(XOR, validation=replace(load_dataset("xor"), X=XOR.X + 0.1))
        choices = {"layers": (2, 4, 1), "activation": "tanh", "output": "linear"}
        choices |= {"learning_rate": 0.5, "epochs": 300}
        found = run_block(block_of(40, **choices), samples)
        assert 0 < found.diverged.sum() < 40
        for values in (found.validation_cost, found.validation_score):
            assert (np.isnan(values) == found.diverged).all()
        for seed in np.flatnonzero(~found.diverged)[:5].tolist():
            alone = run_block(block_of(1, seed, **choices), samples)
            assert alone.validation_cost[0] == found.validation_cost[seed]
            assert alone.validation_score[0] == found.validation_score[seed]
