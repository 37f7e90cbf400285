"""How long a gradient check takes, beside other checkers, at three sizes of network."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
from peers import OURS, SCIPY, TORCH_SLOW, Peer
from right_function import right_function

from bptui.core.check import check_backpropagation
from bptui.core.network import Network

Array = np.ndarray[Any, Any]

SIZES = (((2, 2, 2, 1), 4, 0.4), ((64, 32, 10), 64, 1.5), ((784, 128, 10), 32, 10.0))
"""Layers, samples and the milliseconds that a check of ours may take."""
TURN = 5e-3
"""Seconds that a checker runs before it is the next one's turn."""
LONGEST_RUN = 60.0
"""Seconds; a peer that takes longer at a size is left out there."""


def fixed_problem(layers: tuple[int, ...], samples: int) -> tuple[Network, Array, Array]:
    rng = np.random.default_rng(1)
    if samples == 4:
        X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        return Network(layers, seed=1), X, np.array([[0.0], [1.0], [1.0], [0.0]])
    network = Network(layers, output="softmax", cost="cross-entropy", init="xavier", seed=1)
    return network, rng.normal(size=(samples, layers[0])), np.eye(10)[rng.integers(0, 10, samples)]


def seconds_of(run: Callable[[], object]) -> float:
    started = perf_counter()
    run()
    return perf_counter() - started


def measure_speed(peers: dict[str, Peer], budget: float) -> dict[str, list[str]]:
    """Return the milliseconds of each checker at every size, as they are to be printed."""
    cells: dict[str, list[str]] = defaultdict(list)
    for layers, samples, limit in SIZES:
        network, X, y = fixed_problem(layers, samples)
        ours = network.loaded(X, y)
        function = right_function(network, X, y)
        theta = network.theta.copy()
        function.cost(theta)
        evaluation = median(seconds_of(partial(function.cost, theta)) for _ in range(9))
        runs: dict[str, Callable[[], object]] = {OURS: partial(check_backpropagation, ours)}
        for name, peer in peers.items():
            evaluations = {TORCH_SLOW: 2, SCIPY: 1}.get(name, 0) * theta.size
            if evaluations * evaluation > LONGEST_RUN:
                cells[name].append(f"over {LONGEST_RUN:.0f} s, left out")
                continue
            runs[name] = partial(peer, function.cost, function.gradient, theta)
        for name, taken in interleaved(runs, budget).items():
            cell = milliseconds(1e3 * median(taken))
            if name == OURS:
                good = 1e3 * median(taken) <= limit
                cell += f" (limit {limit:g}: {'ok' if good else 'over'})"
            cells[name].append(cell + (" (one run)" if len(taken) == 1 else ""))
    return cells


def interleaved(runs: dict[str, Callable[[], object]], budget: float) -> dict[str, list[float]]:
    """Return the seconds of a run of each, many times, in turns until it has spent its budget.

    A turn is a few runs in a row, for as somebody's tests or a live dashboard would, they find
    their own code in the caches of the processor, and not that of another checker.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    spent = dict.fromkeys(runs, 0.0)
    typical = dict.fromkeys(runs, 0.0)
    for name, run in runs.items():  # warm up, and see who is slow
        first = seconds_of(run)
        spent[name] = first
        typical[name] = min(first, seconds_of(run)) if first < TURN else first
        if first > 2.0:
            times[name].append(first)
    for _ in range(200):
        for name, run in runs.items():
            if spent[name] + spent[name] / (len(times[name]) + 1) > budget and times[name]:
                continue
            runs_a_turn = max(1, int(TURN / max(typical[name], 1e-9)))
            taken = seconds_of(lambda run=run, count=runs_a_turn: repeat(run, count))
            times[name].append(taken / runs_a_turn)
            spent[name] += taken
    return times


def repeat(run: Callable[[], object], count: int) -> None:
    for _ in range(count):
        run()


def milliseconds(value: float) -> str:
    return f"{value / 1e3:.1f} s" if value >= 2e3 else f"{value:.3g} ms"
