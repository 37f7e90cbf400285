"""Sweeps: their plan, what they say, and that nothing finished is lost."""

import errno
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tracemalloc
from dataclasses import fields
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core import sweep
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.runs.folder import free_folder
from bptui.core.sweeping import (
    Sweep,
    SweepFolder,
    folder,
    make_plan,
    open_sweep,
    plan,
    processes,
)
from bptui.core.sweeping.block import Samples, run_block
from bptui.core.sweeping.fingerprint import difference, fingerprint
from bptui.core.sweeping.statistics import cost_clusters, wilson_interval

ARTICLE = {"init": "article", "learning_rate": 0.2}
QUICK = {"seeds": 12, "epochs": 40}
MOONS = {
    **{"data": "moons", "samples": 40, "validation": 0.3},
    **{"batch_size": 16, "optimizer": "adam"},
}


def arrays_of(found):
    return [
        array.tobytes()
        for each in found.settings
        for array in (each.seeds, each.solved_at, each.final_cost, each.cost_quantiles)
    ]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(plan, "WIDEST_BLOCK", 5)


class TestFacts:
    def test_the_seeds_that_the_article_would_solve(self):
        found = sweep(seeds=100, **ARTICLE).settings[0]
        assert found.seeds[found.solved_at >= 0].tolist() == [3, 14, 43, 50, 74, 83]

    @pytest.mark.parametrize(
        ("choices", "seeds", "share"),
        [
            ({"layers": (2, 2, 1), **ARTICLE}, 300, 0.839),
            ({**ARTICLE, "learning_rate": 2.0}, 300, 0.93),
        ],
    )
    def test_how_often_exclusive_or_is_solved(self, choices, seeds, share):
        low, high = sweep(seeds=seeds, **choices).settings[0].interval
        assert low < share < high


class TestStatistics:
    @pytest.mark.parametrize(
        ("successes", "trials", "low", "high"),
        # Brown, Cai & DasGupta 2001 and Newcombe 1998.
        [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ],
    )
    def test_wilson_intervals_are_the_published_ones(self, successes, trials, low, high):
        assert wilson_interval(successes, trials) == pytest.approx((low, high), abs=5e-5)

    @given(st.integers(0, 1000), st.integers(1, 1000))
    def test_an_interval_holds_its_share_and_is_mirrored(self, successes, trials):
        successes = min(successes, trials)
        low, high = wilson_interval(successes, trials)
        assert 0.0 <= low <= successes / trials <= high <= 1.0
        mirrored = wilson_interval(trials - successes, trials)
        assert (1.0 - high, 1.0 - low) == pytest.approx(mirrored, abs=1e-12)

    def test_none_is_no_knowledge(self):
        assert wilson_interval(0, 0) == (0.0, 1.0)

    def test_costs_gather_where_they_do(self):
        generator = np.random.default_rng(0)
        places = [(0.0625, 30), (0.125, 50), (0.25, 100)]
        costs = np.concatenate(
            [place * generator.uniform(1.0, 1.004, count) for place, count in places]
        )
        scattered = np.array([0.07, 0.18, 0.21])
        found = cost_clusters(generator.permutation(np.concatenate([costs, scattered])))
        assert [cluster.networks for cluster in found] == [count for _, count in places]
        assert [cluster.median for cluster in found] == pytest.approx(
            [place for place, _ in places], rel=0.004
        )
        assert all(cluster.low <= cluster.median <= cluster.high for cluster in found)

    @pytest.mark.parametrize("costs", [[], [0.3], [np.nan, np.nan], [0.1, 0.2, 0.3]])
    def test_few_costs_gather_nowhere(self, costs):
        assert cost_clusters(np.array(costs)) == ()

    def test_costs_of_exactly_0_are_one_place(self):
        assert [each.median for each in cost_clusters(np.zeros(5))] == [0.0]


class TestPlan:
    def test_every_combination_is_a_setting(self):
        axes = {"learning_rate": (0.5, 2.0), "init": ("uniform", "article"), "layers": ((2, 2, 1),)}
        made = make_plan(Configuration(), axes, 10)
        assert [setting.name for setting in made.settings] == [
            "η 0.5, init uniform",
            "η 0.5, init article",
            "η 2, init uniform",
            "η 2, init article",
        ]
        assert {setting.configuration.layers for setting in made.settings} == {(2, 2, 1)}
        assert made.networks == 40

    def test_what_is_left_open_is_as_in_a_run(self):
        chosen = make_plan(Configuration(), {}, 1).settings[0].configuration
        assert (chosen.layers, chosen.learning_rate, chosen.epochs) == ((2, 2, 2, 1), 2.0, 10_000)
        moons = make_plan(Configuration(data="moons"), {"cost": ("mse", "cross-entropy")}, 1)
        assert moons.settings[0].configuration.layers == (2, 8, 1)

    def test_blocks_cut_the_seeds(self, small_blocks):
        made = make_plan(Configuration(seed=7), {"learning_rate": (0.5, 2.0)}, 12)
        cut = [(block.index, block.first_seed, block.seeds) for block in made.blocks]
        assert cut == [(0, 7, 5), (0, 12, 5), (0, 17, 2), (1, 7, 5), (1, 12, 5), (1, 17, 2)]

    def test_curves_are_kept_of_no_more_than_fits(self, small_blocks, monkeypatch):
        monkeypatch.setattr(plan, "CURVES", 14)
        made = make_plan(Configuration(), {"learning_rate": (0.5, 2.0)}, 12)
        assert [block.curves for block in made.blocks] == [5, 2, 0, 5, 2, 0]
        found = sweep(**QUICK).settings[0]
        assert found.typical is not None and found.best is not None

    def test_larger_networks_come_in_narrower_blocks(self):
        sizes = [
            plan.block_size(Configuration(layers=layers), Samples(*np.zeros((2, samples, 1))))
            for layers, samples in [
                ((2, 2, 2, 1), 4),
                ((8, 16, 3), 500),
                ((784, 500, 10), 60_000),
            ]
        ]
        assert sizes[0] == 1000 > sizes[1] > sizes[2] == 2

    def test_a_plan_of_large_networks_takes_none_of_their_memory(self):
        tracemalloc.start()
        axes = {"l2": tuple(range(10)), "layers": ((2, 2000, 2000, 1),)}
        made = make_plan(Configuration(), axes, 1)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert made.networks == 10 and most < 2_000_000

    def test_a_block_is_of_one_size_in_memory_however_much_validates(self):
        choices = {"data": "moons", "samples": 2000, "hidden": (20,), "epochs": 1}
        for validation in (0.0, 0.5, 0.98):
            made = make_plan(Configuration(**choices, validation=validation), {}, 1000)
            tracemalloc.start()
            stopped = run_block(made.blocks[0], made.settings[0].samples, lambda epoch: False)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert stopped.epoch == 0 and most < 5_000_000

    @pytest.mark.parametrize(
        ("choices", "about"),
        [
            ({"seeds": 0}, "seeds: 0"),
            ({"seeds": 10, "seed": 2**32 - 5}, "seeds: 10 from 4294967291"),
            ({"learning_rate": []}, "learning_rate: no value"),
            ({"learning_rate": [0.5, 0.5]}, "learning_rate: a value is given twice"),
            ({"learning_rate": -1.0}, "learning_rate: -1.0 is not"),
            ({"learning_rate": [float(rate) for rate in range(1, 1002)]}, "1,001 settings"),
            ({"layers": (2, 300, 300, 1), "seeds": 2_000_000}, "seeds: 2,000,000 .* 1,000,000 bl"),
            ({"layers": [(2, 2, 1), (3, 1)]}, "layers: 3,1 does not fit xor"),
            ({"layers": (2, 1), "hidden": (2,)}, "say the same thing twice"),
            ({"optimizer": ["sgd", "adm"]}, "optimizer: unknown name 'adm'"),
            ({"batch_size": 0}, "batch_size: 0 is not a whole number from 1"),
            ({"fault": "clipped"}, "fault: a sweep trains"),
            ({"patience": 5, "validation": 0.5}, "patience: a sweep trains"),
            ({"clip_norm": 0.0}, "clip_norm: 0.0 is not"),
            ({"schedule": "cosin"}, "did you mean 'cosine'"),
            ({"data": "sine"}, "until-cost: sine is a regression"),
            ({"output": ["sigmoid", "linear"], "cost": "cross-entropy"}, "needs an output of"),
            ({"epochs": 0}, "epochs: 0"),
            ({"lerning_rate": 1.0}, "did you mean 'learning_rate'"),
        ],
    )
    def test_what_is_impossible_is_said_before_anything_is_trained(self, choices, about):
        with pytest.raises(InputError, match=about):
            sweep(**choices)

    @pytest.mark.parametrize("wrong", [b"x", [[]], {}, object(), 1 + 2j, 10**400, [[1, "a"]]])
    def test_what_is_of_a_wrong_kind_is_one_sentence_for_any_choice(self, wrong):
        names = [field.name for field in fields(Configuration)]
        for name in (*names, "seeds", "folder", "workers", "scheduler", "progress"):
            if name == "hidden" and wrong == [[]]:  # no hidden layer at all
                continue
            with pytest.raises(InputError) as caught:
                sweep(**(QUICK | {name: wrong}))
            said = str(caught.value)
            assert name.replace("_", "-") in said.replace("_", "-") and "\n" not in said

    @pytest.mark.parametrize(
        ("choices", "about"),
        [
            ({"layers": "2,2,1"}, "layers: '2,2,1' is not a list of sizes such as (2, 2, 1)"),
            ({"layers": ()}, "layers: at least two sizes are needed"),
            ({"learning_rate": "0.5"}, "learning_rate: '0.5' is not a finite number"),
            ({"learning_rate": [0.5, float("nan")]}, "learning_rate: 'nan' is not a finite number"),
            ({"epochs": 2.5}, "epochs: '2.5' is not a whole number"),
            ({"epochs": True}, "epochs: 'True' is not a whole number"),
            ({"until_cost": -1.0}, "until_cost: -1.0 is not a number above 0"),
            ({"standardize": 1}, "standardize: '1' is not True or False"),
            ({"activation": 3}, "activation: '3' is not a name"),
            ({"seeds": "many"}, "seeds: 'many' is not a whole number"),
            ({"workers": "two"}, "workers: 'two' is not a whole number"),
            ({"workers": 2, "scheduler": "tcp://x:1"}, "workers: the scheduler has workers of its"),
            ({"folder": 3}, "folder: '3' is not the path of a folder"),
            ({"folder": "\0"}, "no folder can have this name"),
            ({"progress": 3}, "progress: '3' is not a function"),
        ],
        ids=str,
    )
    def test_the_sentence_says_what_would_be_right(self, choices, about):
        with pytest.raises(InputError) as caught:
            sweep(**(QUICK | choices))
        assert about in str(caught.value)

    def test_numbers_of_numpy_are_numbers(self, tmp_path):
        found = sweep(
            seeds=np.int64(12),
            epochs=np.float64(40),
            learning_rate=np.array([0.5, 2.0]),
            layers=np.array([2, 3, 1]),
            l2=np.float32(0.5),
            folder=tmp_path,
            workers=np.float64(1),
        )
        plain = sweep(**QUICK, learning_rate=[0.5, 2.0], layers=(2, 3, 1), l2=0.5)
        assert arrays_of(found) == arrays_of(plain)
        assert open_sweep(tmp_path)[0].base == plain.plan.base

    def test_regression_with_a_cost_to_reach(self):
        found = sweep(data="sine", until_cost=0.3, **QUICK).settings[0]
        assert found.networks == 12 and "J not above 0.3" in str(
            sweep(data="sine", until_cost=0.3, **QUICK)
        )


class TestResult:
    def test_the_summary_is_of_the_networks(self):
        found = sweep(seeds=60, epochs=2000, learning_rate=[1.0, 2.0])
        for each in found.settings:
            solved = each.solved_at >= 0
            assert each.networks == 60 and each.solved == solved.sum() > 0
            assert each.share == each.solved / 60
            assert each.epochs_quantiles[1] in each.solved_at[solved]
            assert each.best.cost == each.final_cost.min()
            assert each.final_cost[each.typical.seed] == each.typical.cost
            assert (each.final_cost <= each.typical.cost).mean() == 0.5
            for pick in (each.best, each.typical):
                assert pick.curve[-1] == pick.cost and len(pick.curve) == len(each.epochs)
            assert (np.diff(each.cost_quantiles, axis=0) >= 0).all()
            last = each.share_solved_by(np.array([0.0, 2000.0]))
            assert last.tolist() == [0.0, each.share]
            assert sum(cluster.networks for cluster in each.stuck) <= each.unsolved
        as_dict = found.to_dict()
        assert as_dict["complete"] and as_dict["networks"] == 120
        assert as_dict["settings"][1]["setting"]["learning_rate"] == 2.0

    def test_one_of_each_is_said_as_one(self):
        assert str(sweep(seeds=1, epochs=1)).startswith("xor · 2-2-2-1 · 1 seed · 1 epoch\n")

    def test_all_that_diverged_is_told(self):
        found = sweep(output="linear", learning_rate=50.0, seeds=12, epochs=400)
        one = found.settings[0]
        assert one.diverged.all() and one.best is None and one.typical is None
        assert "diverged" in str(found) and "100.0 %" in str(found)


class TestValidation:
    CHOICES: ClassVar = {"data": "moons", "samples": 40, "validation": 0.3}

    def test_it_is_told_of_the_networks_that_did_not_diverge(self):
        found = sweep(**self.CHOICES, **QUICK)
        one = found.settings[0]
        assert "validation J: 10 %" in str(found) and "accuracy: 10 %" in str(found)
        assert set(one.validation.cost_quantiles) <= set(one.validation.cost.tolist())
        assert found.to_dict()["settings"][0]["validation"] == {
            "name": "accuracy",
            "cost": dict(zip(("0.1", "0.5", "0.9"), one.validation.cost_quantiles, strict=True)),
            "score": dict(zip(("0.1", "0.5", "0.9"), one.validation.score_quantiles, strict=True)),
        }
        lost = sweep(**self.CHOICES, output="linear", learning_rate=50.0, seeds=3, epochs=400)
        assert lost.settings[0].diverged.all() and "validation J" in str(lost)
        assert lost.settings[0].validation.cost_quantiles is None
        assert sweep(**QUICK).to_dict()["settings"][0]["validation"] is None

    def test_it_is_kept_with_the_rest(self, small_blocks, tmp_path):
        sweep(folder=tmp_path, **self.CHOICES, **QUICK)
        trained = []
        again = sweep(folder=tmp_path, progress=trained.append, **self.CHOICES, **QUICK)
        alone = sweep(**self.CHOICES, **QUICK)
        assert not trained
        for name in ("cost", "score"):
            kept, made = (getattr(each.settings[0].validation, name) for each in (again, alone))
            assert len(kept) == 12 and kept.tobytes() == made.tobytes()


class TestFolder:
    def test_an_interrupted_sweep_goes_on_to_the_same_bits(self, small_blocks, tmp_path):
        whole = sweep(**QUICK)
        made = make_plan(Configuration(epochs=40), {}, 12)
        work = Sweep(made, SweepFolder.create(tmp_path / "kept", made))
        work.run(lambda unfinished: work.networks < 5)
        assert work.networks == 5 and not work.summary().complete
        work.close()
        again = Sweep(*open_sweep(tmp_path / "kept"))
        assert again.networks == 5
        again.run(lambda unfinished: True)
        again.close()
        assert arrays_of(again.summary()) == arrays_of(whole)
        assert arrays_of(Sweep(*open_sweep(tmp_path / "kept")).summary()) == arrays_of(whole)

    @pytest.mark.parametrize("workers", [None, 2])
    def test_blocks_under_way_go_on_where_they_were(
        self, workers, small_blocks, monkeypatch, tmp_path
    ):
        # With slices this short, a worker tells of every epoch.
        monkeypatch.setattr(processes, "SLICE_SECONDS", 0.0)
        made = make_plan(Configuration(**MOONS, epochs=60), {}, 12)
        work = Sweep(made, SweepFolder.create(tmp_path, made))
        work.run(lambda unfinished: unfinished < 2.0, workers=workers)
        work.close()
        begun = sum(block.seeds * state.epoch / 60 for block, state in work.states.items())
        assert begun >= 2.0 and work.networks < 12
        assert len(list(tmp_path.glob("*-begun.npz"))) == len(work.states)
        again = Sweep(*open_sweep(tmp_path))
        assert again.states.keys() == work.states.keys()
        heard = []
        again.run(lambda unfinished: not heard.append(again.networks + unfinished))
        again.close()
        assert heard[0] > 0.0 and not list(tmp_path.glob("*-begun.npz"))
        assert arrays_of(again.summary()) == arrays_of(sweep(**MOONS, **QUICK | {"epochs": 60}))

    def test_each_block_under_way_is_kept_as_soon_as_it_tells(
        self, small_blocks, monkeypatch, tmp_path
    ):
        made = make_plan(Configuration(epochs=40), {}, 12)
        work = Sweep(made, SweepFolder.create(tmp_path, made))
        kept = []

        def trained(*how):
            for block in made.blocks:
                samples = made.settings[block.index].samples
                yield block, run_block(block, samples, lambda epoch: epoch < 20)
            kept.extend(tmp_path.glob("*-begun.npz"))

        monkeypatch.setattr(work, "_trained", trained)
        work.run(lambda unfinished: True)
        work.close()
        assert len(kept) == len(made.blocks) == 3

    def test_what_was_under_way_is_kept_in_a_folder_that_is_named_late(self, tmp_path):
        work = Sweep(make_plan(Configuration(epochs=40), {}, 12))
        work.run(lambda unfinished: unfinished < 2.0)
        work.keep_in(tmp_path / "late")
        work.close()
        (state,) = Sweep(*open_sweep(tmp_path / "late")).states.values()
        assert 40 > state.epoch > 0

    def test_what_was_under_way_goes_once_its_block_has_ended(self, small_blocks, tmp_path):
        made = make_plan(Configuration(epochs=40), {}, 12)
        work = Sweep(made, SweepFolder.create(tmp_path, made))
        work.run(lambda unfinished: work.networks + unfinished < 7.0)
        work.close()
        (state,) = tmp_path.glob("*-begun.npz")
        # As a kill between the two leaves them, or a sweep that is given more seeds.
        ended = tmp_path / "setting-1-seeds-0-5-begun.npz"
        outgrown = tmp_path / "setting-1-seeds-10-2-begun.npz"
        for path in (ended, outgrown):
            path.write_bytes(state.read_bytes())
        (tmp_path / "mine-begun.npz").write_bytes(b"not of bptui")
        again = Sweep(*open_sweep(tmp_path, 20))
        assert len(again.states) == 1 and state.is_file()
        assert not ended.exists() and not outgrown.exists()
        again.run(lambda unfinished: True)
        again.close()
        assert [path.name for path in tmp_path.glob("*-begun.npz")] == ["mine-begun.npz"]
        assert arrays_of(again.summary()) == arrays_of(sweep(seeds=20, epochs=40))

    @pytest.mark.parametrize(
        "damage", ["cut", "foreign", "another", "epoch", "generators", "steps"]
    )
    def test_a_state_that_does_not_fit_is_left_aside(self, damage, tmp_path):
        choices = {"epochs": 40, "batch_size": 3, "optimizer": "adam"}
        made = make_plan(Configuration(**choices), {}, 12)
        work = Sweep(made, SweepFolder.create(tmp_path, made))
        work.run(lambda unfinished: unfinished < 2.0)
        work.close()
        (path,) = tmp_path.glob("*-begun.npz")
        (state,) = work.states.values()
        arrays = {"epoch": np.array(state.epoch), **state.arrays}
        if damage == "cut":
            path.write_bytes(path.read_bytes()[:1000])
        elif damage == "foreign":
            path.write_bytes(b"no zip at all")
        elif damage == "another":
            np.savez(path, **arrays | {"theta": state.arrays["theta"][:, :1]})
        elif damage == "epoch":
            np.savez(path, **arrays | {"epoch": np.array(40)})
        elif damage == "steps":
            np.savez(path, **arrays | {"optimizer.steps": np.array([-1e9])})
        else:
            worst = np.full_like(state.arrays["generators"], -1)
            np.savez(path, **arrays | {"generators": worst})
        again = Sweep(*open_sweep(tmp_path))
        assert not again.states
        again.run(lambda unfinished: True)
        again.close()
        assert arrays_of(again.summary()) == arrays_of(sweep(seeds=12, **choices))

    def test_a_state_that_is_far_too_large_takes_no_memory(self, tmp_path):
        made = make_plan(Configuration(epochs=40), {}, 12)
        work = Sweep(made, SweepFolder.create(tmp_path, made))
        work.run(lambda unfinished: unfinished < 2.0)
        work.close()
        (path,) = tmp_path.glob("*-begun.npz")
        (state,) = work.states.values()
        np.savez(path, epoch=np.array(5), **state.arrays | {"theta": np.zeros(5_000_000)})
        tracemalloc.start()
        again = Sweep(*open_sweep(tmp_path))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        again.close()
        assert not again.states and most < 20_000_000

    def test_what_was_being_written_at_a_kill_is_removed(self, tmp_path):
        sweep(folder=tmp_path, **QUICK)
        there = {path.name for path in tmp_path.iterdir()}
        for name in (".sweep.json.12", ".setting-1-seeds-0-12.npz.3", ".sweep.json.mine", ".7"):
            (tmp_path / name).write_bytes(b"half")
        open_sweep(tmp_path)[1].close()
        assert {path.name for path in tmp_path.iterdir()} == there | {".sweep.json.mine", ".7"}

    @pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
    def test_two_never_train_in_one_folder(self, tmp_path):
        made = make_plan(Configuration(epochs=40), {}, 12)
        first = Sweep(made, SweepFolder.create(tmp_path, made))
        described = (tmp_path / "sweep.json").read_bytes()
        taken = f"process {os.getpid()} is training there"
        for again in (
            lambda: SweepFolder.create(tmp_path, made),
            lambda: open_sweep(tmp_path, 13),
            lambda: sweep(folder=tmp_path, **QUICK),
        ):
            with pytest.raises(InputError, match=taken):
                again()
        assert (tmp_path / "sweep.json").read_bytes() == described
        first.run(lambda unfinished: True)
        first.close()
        assert sweep(folder=tmp_path, **QUICK).complete

    def test_a_folder_that_cannot_be_written_still_shows_what_is_finished(
        self, tmp_path, monkeypatch
    ):
        whole = sweep(folder=tmp_path, **QUICK)

        def refuse(folder):
            raise PermissionError(errno.EACCES, "Permission denied")

        monkeypatch.setattr(folder, "RunLock", refuse)
        assert arrays_of(Sweep(*open_sweep(tmp_path)).summary()) == arrays_of(whole)
        with pytest.raises(InputError, match="cannot keep the sweep there: Permission denied"):
            sweep(folder=tmp_path / "new", **QUICK)

    def test_blocks_of_nobody_knows_which_sweep_are_never_taken_up(self, tmp_path):
        kept = tmp_path / "kept"
        sweep(folder=kept, **QUICK)
        (kept / "sweep.json").unlink()
        with pytest.raises(InputError, match="holds blocks of a sweep without its"):
            sweep(folder=kept, learning_rate=0.3, **QUICK)
        assert free_folder(kept) == tmp_path / "kept-2"

    def test_more_seeds_keep_what_there_is(self, small_blocks, tmp_path):
        sweep(folder=tmp_path, **QUICK)
        trained = []
        more = sweep(folder=tmp_path, seeds=20, epochs=40, progress=lambda x: not trained.append(x))
        assert trained[0] >= 0.5
        assert arrays_of(more) == arrays_of(sweep(seeds=20, epochs=40))

    def test_a_damaged_block_is_trained_again(self, small_blocks, tmp_path):
        whole = sweep(folder=tmp_path, **QUICK)
        first, second, _ = sorted(tmp_path.glob("*.npz"))
        first.write_bytes(first.read_bytes()[:100])
        second.write_bytes(b"no zip at all")
        assert arrays_of(sweep(folder=tmp_path, **QUICK)) == arrays_of(whole)

    @pytest.mark.parametrize(
        "changed",
        [
            {"learning_rate": 0.3},
            {"epochs": 50, "seeds": 13},
            {"learning_rate": [0.5, 1.0]},
            {"seed": 1},
        ],
    )
    def test_another_sweep_is_refused_and_nothing_changed(self, changed, tmp_path):
        sweep(folder=tmp_path, **QUICK)
        before = (tmp_path / "sweep.json").read_bytes()
        with pytest.raises(InputError, match="holds another sweep"):
            sweep(folder=tmp_path, **(QUICK | changed))
        assert (tmp_path / "sweep.json").read_bytes() == before

    def test_a_file_of_data_is_the_same_from_any_folder(self, tmp_path, monkeypatch):
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path)
        Path("some.csv").write_text("a,b,y\n1,2,0\n2,1,1\n3,3,0\n")
        sweep(data="some.csv", folder="kept", **QUICK)
        monkeypatch.chdir("elsewhere")
        trained = []
        name = tmp_path / "some.csv"
        again = sweep(data=str(name), folder=tmp_path / "kept", progress=trained.append, **QUICK)
        assert again.complete and not trained

    def test_changed_data_is_refused(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("some.csv").write_text("a,b,y\n1,2,0\n2,1,1\n3,3,0\n")
        sweep(data="some.csv", folder="kept", **QUICK)
        open_sweep(Path("kept"))[1].close()
        Path("some.csv").write_text("a,b,y\n1,2,0\n2,1,1\n3,4,0\n")
        with pytest.raises(InputError, match="has changed since it began"):
            open_sweep(Path("kept"))

    @pytest.mark.parametrize(
        ("key", "value", "about"),
        [("numpy", "1.0", "NumPy 1.0 there"), ("arithmetic", "0", "rounds differently there")],
    )
    def test_other_arithmetic_is_refused(self, key, value, about, tmp_path):
        sweep(folder=tmp_path, **QUICK)
        path = tmp_path / "sweep.json"
        path.write_text(path.read_text().replace(fingerprint()[key], value))
        with pytest.raises(InputError, match=about):
            open_sweep(tmp_path)

    @pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 9}', "\x00", '{"format": 1}'])
    def test_a_foreign_description_is_one_sentence(self, text, tmp_path):
        (tmp_path / "sweep.json").write_text(text)
        with pytest.raises(InputError, match=r"sweep\.json: this is no sweep's"):
            open_sweep(tmp_path)

    @pytest.mark.parametrize(
        "axes",
        [
            [["l2", ["a lot"]]],
            [["layers", [{}]]],
            [["hidden", [[[2]]]]],
            [["cost", [[]]]],
            [["learning_rate", [None, 1e999]]],
            [["speed", [1]]],
            [[["l2"], [0.0]]],
        ],
        ids=str,
    )
    def test_foreign_values_to_try_are_one_sentence(self, axes, tmp_path):
        sweep(folder=tmp_path, **QUICK)
        facts = json.loads((tmp_path / "sweep.json").read_text())
        (tmp_path / "sweep.json").write_text(json.dumps(facts | {"axes": axes}))
        with pytest.raises(InputError, match=r"sweep\.json: this is no sweep's"):
            open_sweep(tmp_path)

    def test_settings_without_number_are_refused_unread(self, monkeypatch, tmp_path):
        sweep(folder=tmp_path, **QUICK)
        facts = json.loads((tmp_path / "sweep.json").read_text())
        facts["axes"] = [["l2", [0.0] * 1000], ["init_scale", [None, 1.0]]]
        (tmp_path / "sweep.json").write_text(json.dumps(facts))
        monkeypatch.setattr(folder, "checked_choice", None)
        with pytest.raises(InputError, match="this is no sweep's: 2,000 settings are too many"):
            open_sweep(tmp_path)

    def test_no_sweep_at_all(self, tmp_path):
        with pytest.raises(InputError, match="no sweep can be resumed"):
            open_sweep(tmp_path)


def test_versions_that_differ_are_named():
    mine = {"bptui": "1", "numpy": "2", "arithmetic": "3"}
    assert difference(mine, dict(mine)) == ""
    assert difference(mine, mine | {"bptui": "0"}) == "bptui 0 there and 1 here"
    assert difference(mine, {}) == "bptui unknown there and 1 here"
    foreign = difference(mine, mine | {"numpy": "\x1b[2J" + 999 * "9"})
    assert foreign.isprintable() and len(foreign) < 100


def die(*work):
    os._exit(1)


class TestProcesses:
    def test_the_results_are_the_same(self, small_blocks):
        assert arrays_of(sweep(workers=2, **QUICK)) == arrays_of(sweep(**QUICK))

    def test_a_worker_that_dies_costs_only_its_block(self, small_blocks):
        killed = []

        def progress(share):
            if not killed and share > 0.0:
                child = multiprocessing.active_children()[0]
                os.kill(child.pid, signal.SIGKILL)
                killed.append(child.pid)
            return True

        choices = {"seeds": 20, "epochs": 2000, "layers": (2, 2, 1)}
        found = sweep(workers=1, progress=progress, **choices)
        assert killed and found.complete
        assert arrays_of(found) == arrays_of(sweep(**choices))

    def test_workers_end_with_the_process_that_is_killed(self):
        script = (
            "import sys\nfrom bptui.core import sweep\n"
            "if __name__ == '__main__':\n"
            "    progress = lambda share: print(share, flush=True) or True\n"
            "    sweep(workers=1, seeds=10_000, epochs=100, progress=progress)\n"
        )
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while process.stdout.readline() == "0.0\n":
            pass
        process.kill()
        # Workers have the same streams, which are closed once all are gone.
        process.communicate(timeout=30.0)

    def test_no_workers_at_all(self):
        with pytest.raises(InputError, match="workers: 0 is not a whole number from 1 to 256"):
            sweep(workers=0, **QUICK)

    def test_workers_that_die_again_and_again_are_told(self, small_blocks, monkeypatch):
        monkeypatch.setattr(processes, "_work", die)
        monkeypatch.setattr(processes, "MOST_DEATHS", 2)
        made = make_plan(Configuration(epochs=40), {}, 12)
        work = Sweep(made)
        with pytest.raises(InputError, match="a worker process died 2 times"):
            work.run(lambda unfinished: True, workers=1)
