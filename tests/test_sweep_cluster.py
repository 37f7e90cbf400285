"""A sweep on a Dask cluster: the same bits, and a sentence for whatever fails."""

import builtins
import signal
import threading

import pytest
from dask_processes import Cluster

from bptui.core import sweep
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.sweeping import Sweep, cluster, make_plan, plan
from bptui.tui.cli import main

QUICK = {"seeds": 12, "epochs": 40}
NOWHERE = "tcp://127.0.0.1:9"


def arrays_of(found):
    return [
        array.tobytes()
        for each in found.settings
        for array in (each.seeds, each.solved_at, each.final_cost, each.cost_quantiles)
    ]


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr(plan, "WIDEST_BLOCK", 5)


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with Cluster(2, tmp_path_factory.mktemp("dask")) as running:
        yield running


def test_without_dask_it_says_what_to_install(monkeypatch):
    original = builtins.__import__

    def without(name, *rest):
        if name == "distributed":
            raise ImportError
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install 'bptui\[cluster\]'"):
        sweep(scheduler=NOWHERE, **QUICK)


def test_workers_and_a_scheduler_are_one_too_many(capsys):
    assert main(["sweep", "--workers", "2", "--scheduler", NOWHERE]) == 2
    assert "--workers: the scheduler has workers of its own" in capsys.readouterr().err


@pytest.mark.parametrize("address", [NOWHERE, "no address at all", "proto://x:1"])
def test_no_scheduler_is_one_sentence(address, monkeypatch, capsys):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
    assert main(["sweep", "--seeds", "12", "--epochs", "40", "--scheduler", address]) == 2
    out, err = capsys.readouterr()
    assert not out
    assert "scheduler: nothing answers at" in err and err.count("\n") == 1


def test_no_thread_outlives_a_sweep_that_finds_no_scheduler(monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.1)
    before = set()
    for address in (NOWHERE, "proto://x:1", NOWHERE):
        with pytest.raises(InputError):
            sweep(scheduler=address, **QUICK)
        # Dask keeps some for ever from the first time on.
        before = before or set(threading.enumerate())
    assert set(threading.enumerate()) <= before


class TestTwoWorkers:
    def test_the_results_are_the_same(self, running, small_blocks):
        there = sweep(scheduler=running.address, **QUICK)
        assert there.complete and arrays_of(there) == arrays_of(sweep(**QUICK))

    def test_it_stops_where_it_is_told_to(self, running, small_blocks):
        work = Sweep(make_plan(Configuration(epochs=2000), {}, 100))
        work.run(lambda unfinished: work.networks < 10, scheduler=running.address)
        assert 10 <= work.networks < 100

    def test_blocks_that_come_back_in_slices_give_the_same_bits(
        self, running, small_blocks, monkeypatch
    ):
        monkeypatch.setattr(cluster, "_SLICE_SECONDS", 0.0)
        choices = {"seeds": 12, "epochs": 10}
        work = Sweep(make_plan(Configuration(epochs=10), {}, 12))
        work.run(lambda unfinished: unfinished < 1.0, scheduler=running.address)
        assert 0 < max(state.epoch for state in work.states.values()) < 10
        work.run(lambda unfinished: True, scheduler=running.address)
        assert arrays_of(work.summary()) == arrays_of(sweep(**choices))

    @pytest.mark.parametrize(
        ("name", "value", "about"),
        [("VERSION", "0.0.1", "bptui 0.0.1 there"), ("_TRIALS", (), "rounds differently there")],
    )
    def test_a_worker_that_would_give_other_bits_is_named(self, running, name, value, about):
        import distributed

        other = running.workers[1].address

        def change(value):
            from bptui.core.sweeping import fingerprint as module

            before = getattr(module, name)
            setattr(module, name, value)
            module.fingerprint.cache_clear()
            return before

        with distributed.Client(running.address, set_as_default=False) as client:
            before = client.run(change, value, workers=[other])[other]
            try:
                with pytest.raises(InputError) as caught:
                    sweep(scheduler=running.address, **QUICK)
            finally:
                client.run(change, before, workers=[other])
        assert f"the worker at {other} would not give the same bits: it has " in str(caught.value)
        assert about in str(caught.value)

    def test_a_worker_that_is_killed_half_way_costs_nothing(self, running, small_blocks):
        choices = {"seeds": 100, "epochs": 400}
        victim = running.workers[0]
        passed = []

        def progress(share):
            # Stopped first, it is sure to have work in hand when it is killed.
            if share >= 0.2 and not passed:
                victim.signal(signal.SIGSTOP)
                passed.append(share)
            if share >= 0.5 and len(passed) == 1:
                victim.signal(signal.SIGKILL)
                passed.append(share)
            return True

        found = sweep(scheduler=running.address, progress=progress, **choices)
        assert passed[1] < 1.0
        assert found.complete and arrays_of(found) == arrays_of(sweep(**choices))


def test_a_scheduler_that_goes_away_is_one_sentence_and_loses_nothing(small_blocks, tmp_path):
    with Cluster(1, tmp_path) as running:
        work = Sweep(make_plan(Configuration(epochs=400), {}, 100))

        def go_on(unfinished):
            if work.networks >= 20:
                running.scheduler.signal(signal.SIGKILL)
            return True

        with pytest.raises(InputError, match="went away before the sweep was done"):
            work.run(go_on, scheduler=running.address)
    assert 20 <= work.networks < 100
    work.run(lambda unfinished: True)
    assert arrays_of(work.summary()) == arrays_of(sweep(seeds=100, epochs=400))


def test_a_scheduler_without_workers(tmp_path):
    with (
        Cluster(0, tmp_path) as idle,
        pytest.raises(InputError, match="has no workers"),
    ):
        sweep(scheduler=idle.address, **QUICK)
