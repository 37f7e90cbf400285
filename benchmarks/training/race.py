"""Contestants in turn, round after round, so that a noisy moment meets all of them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isclose
from statistics import median

from benchmarks.training.contestants import CONTESTANTS, NOT_SUITED
from benchmarks.training.workloads import Workload

LEAST_SECONDS = 0.3
"""For which everybody trains in a turn, so that the caches are its own."""
WARM_UP = 2
"""Rounds that do not count: imports, compilation, caches."""


@dataclass(frozen=True)
class Result:
    """What a contestant needed for a step of a workload."""

    microseconds: float
    """The median over the rounds."""
    cost: float
    """After the first round."""
    megabytes: float
    """The process at its largest."""


class Runner:
    """A worker process that trains when it is told to."""

    def __init__(self, module: str, workload: Workload, threads: int) -> None:
        """Start it, with so many threads for its matrix products."""
        count = str(threads)
        environment = os.environ | {
            "OMP_NUM_THREADS": count,
            "OPENBLAS_NUM_THREADS": count,
            "MKL_NUM_THREADS": count,
            "JAX_PLATFORMS": "cpu",
        }
        if threads == 1:
            environment["XLA_FLAGS"] = (
                "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
            )
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "benchmarks.training.worker"),
                *(module, json.dumps(asdict(workload))),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment,
        )
        self.missing: str | None = self._answer().get("missing")
        """Why it cannot take part."""

    def train(self, epochs: int, least_seconds: float) -> dict[str, float]:
        """Return what the worker says of training so many epochs, again and again."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{epochs} {least_seconds}\n")
        self._process.stdin.flush()
        return self._answer()

    def stop(self) -> None:
        """End it."""
        self._process.communicate("\n")

    def _answer(self) -> dict:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line else {"missing": "broke off"}


def race(
    workload: Workload,
    rounds: int,
    threads: int = 1,
    names: Iterable[str] = CONTESTANTS,
    clock: str = "seconds",
) -> dict[str, Result]:
    """Return the result of every contestant that can take part, by `seconds` or `cpu`."""
    runners: dict[str, Runner] = {}
    results: dict[str, Result] = {}
    seconds: dict[str, list[float]] = {}
    costs: dict[str, float] = {}
    peaks: dict[str, float] = {}
    try:
        for name in names:
            runners[name] = Runner(CONTESTANTS[name], workload, threads)
        taking_part = [name for name in runners if runners[name].missing is None]
        for name in runners.keys() - taking_part:
            if runners[name].missing != NOT_SUITED:
                print(f"{name} left out: {runners[name].missing}", file=sys.stderr)
        for turn in range(WARM_UP + rounds):
            for name in taking_part:
                # The costs are compared after the same number of epochs.
                answer = runners[name].train(workload.epochs, LEAST_SECONDS if turn else 0.0)
                if turn == 0:
                    costs[name] = answer["cost"]
                if turn >= WARM_UP:
                    seconds.setdefault(name, []).append(answer[clock])
                peaks[name] = answer["megabytes"]
    finally:
        for runner in runners.values():
            runner.stop()
    if workload.full_batch and "clean NumPy" in costs:
        for name in costs.keys() - {"scikit-learn"}:
            if not isclose(costs[name], costs["clean NumPy"], rel_tol=0.01):
                raise SystemExit(f"{workload.name}: {name} comes to a cost of its own: {costs}")
    for name in taking_part:
        step = median(seconds[name]) / (workload.epochs * workload.steps)
        results[name] = Result(step * 1e6, costs[name], peaks[name])
    return results
