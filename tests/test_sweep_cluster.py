"""A sweep on a Dask cluster: the same bits, and a sentence for whatever fails."""

import builtins

import pytest

from bptui.core import sweep
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.sweeping import Sweep, cluster, make_plan, plan
from bptui.tui.cli import main

QUICK = {"seeds": 12, "epochs": 40}
NOWHERE = "tcp://127.0.0.1:9"


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


@pytest.mark.filterwarnings("ignore")
class TestCluster:
    @pytest.fixture(scope="class")
    def address(self):
        distributed = pytest.importorskip("distributed")
        with distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as running:
            yield running.scheduler_address

    def test_the_results_are_the_same(self, address, monkeypatch):
        monkeypatch.setattr(plan, "WIDEST_BLOCK", 5)
        there, here = sweep(scheduler=address, **QUICK), sweep(**QUICK)
        assert there.complete
        for one, other in zip(there.settings, here.settings, strict=True):
            assert one.final_cost.tobytes() == other.final_cost.tobytes()
            assert one.solved_at.tobytes() == other.solved_at.tobytes()

    def test_it_stops_where_it_is_told_to(self, address, monkeypatch):
        monkeypatch.setattr(plan, "WIDEST_BLOCK", 5)
        work = Sweep(make_plan(Configuration(epochs=2000), {}, 100))
        work.run(lambda unfinished: work.networks < 10, scheduler=address)
        assert 10 <= work.networks < 100

    def test_a_worker_with_other_versions_is_named(self, address, monkeypatch):
        mine = cluster.fingerprint()
        monkeypatch.setattr(cluster, "difference", lambda a, b: "NumPy 1.0 there and 2.4 here")
        with pytest.raises(InputError, match=r"would not give the same bits: it has NumPy 1\.0"):
            sweep(scheduler=address, **QUICK)
        assert mine["numpy"]

    def test_a_scheduler_without_workers(self):
        distributed = pytest.importorskip("distributed")
        with (
            distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as idle,
            pytest.raises(InputError, match="has no workers"),
        ):
            sweep(scheduler=idle.scheduler_address, **QUICK)

    @pytest.mark.parametrize("address", [NOWHERE, "no address at all", "proto://x:1"])
    def test_no_scheduler_is_one_sentence(self, address, monkeypatch, capsys):
        pytest.importorskip("distributed")
        monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.3)
        assert main(["sweep", "--seeds", "12", "--epochs", "40", "--scheduler", address]) == 2
        out, err = capsys.readouterr()
        assert not out
        assert "scheduler: nothing answers at" in err and err.count("\n") == 1
