"""Sweeps against training one network after the other: python benchmarks/sweep.py [ROUNDS].

The article's loop is written here as the article describes it: a fresh column of ones and fresh
arrays in every layer, the sigmoid computed again for its derivative, a new Θ each epoch. It takes
few networks and few epochs, and its time is scaled up: every epoch of every network costs it the
same. Both run on one thread, and seconds are of the processor, because machines are shared.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import statistics
import sys
from time import process_time
from typing import Any

import numpy as np

from bptui.core.configuration import Configuration
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.sweeping import make_plan
from bptui.core.sweeping.block import run_block
from bptui.core.sweeping.layouts import NetworksAdjacent
from bptui.core.sweeping.stacked import StackedBackpropagation
from bptui.core.training import build_trainer

NETWORKS = 1000
EPOCHS = 10_000
LOOPED, LOOPED_EPOCHS = 2, 2000
"""Of the loop."""

Array = np.ndarray[Any, Any]


def sigmoid(z: Array) -> Array:
    return 1 / (1 + np.exp(-z))


def slope(z: Array) -> Array:
    return sigmoid(z) * (1 - sigmoid(z))


def with_bias(values: Array) -> Array:
    return np.hstack((np.ones((values.shape[0], 1)), values))


def article_epoch(thetas: list[Array], X: Array, y: Array, rate: float) -> list[Array]:
    """One full-batch step along Σ δ a, everything made anew."""
    sources, logits = [with_bias(X)], []
    for theta in thetas:
        logits.append(np.matmul(sources[-1], theta.T))
        sources.append(with_bias(sigmoid(logits[-1])))
    deltas = [(sources[-1][:, 1:] - y) * slope(logits[-1])]
    for layer in reversed(range(1, len(thetas))):
        below = np.matmul(deltas[0], thetas[layer]) * with_bias(slope(logits[layer - 1]))
        deltas.insert(0, below[:, 1:])
    steps = [rate * np.matmul(delta.T, a) for delta, a in zip(deltas, sources[:-1], strict=True)]
    return [theta - step for theta, step in zip(thetas, steps, strict=True)]


def seconds_of_the_loop(X: Array, y: Array) -> float:
    """Seconds for all networks and epochs, from a few of both."""
    started = process_time()
    for seed in range(LOOPED):
        generator = np.random.RandomState(seed)
        thetas = [generator.rand(b, a + 1) for a, b in ((2, 2), (2, 2), (2, 1))]
        for _ in range(LOOPED_EPOCHS):
            thetas = article_epoch(thetas, X, y, 0.1)
    return (process_time() - started) * NETWORKS / LOOPED * EPOCHS / LOOPED_EPOCHS


def seconds_of_a_sweep(dtype: str) -> float:
    """Everything: drawing, training, looking at the outcomes now and then."""
    plan = make_plan(
        Configuration(init="article", learning_rate=0.2, epochs=EPOCHS, dtype=dtype), {}, NETWORKS
    )
    started = process_time()
    for block in plan.blocks:
        run_block(block, plan.settings[0].samples)
    return process_time() - started


def furthest_from_alone(
    adjacent: bool, epochs: int = 5000, networks: int = 100
) -> tuple[float, int]:
    """Largest relative difference of Θ from networks trained alone, and how many have none."""
    data = "xor" if adjacent else "moons"
    base = Configuration(data=data, samples=None if adjacent else 40)
    setting = make_plan(base, {}, 1).settings[0]
    chosen, samples = setting.configuration, setting.samples
    assert chosen.layers is not None and chosen.learning_rate is not None
    work = StackedBackpropagation(samples.X, samples.y, chosen.layers, networks=networks)
    assert isinstance(work._layout, NetworksAdjacent) == adjacent
    alone = []
    for seed in range(networks):
        trainer = build_trainer(
            Configuration(data=data, samples=base.samples, seed=seed, learning_rate=2.0)
        )
        work.theta[:, seed] = trainer.network.theta
        trainer.advance(float("inf"), epochs)
        alone.append(trainer.network.theta)
    step = OPTIMIZERS["sgd"](work.theta).step
    for _ in range(epochs):
        work.forward()
        work.backward()
        step(work.gradient, chosen.learning_rate)
    furthest = [
        float(np.abs(work.theta[:, seed] - theta).max() / np.abs(theta).max())
        for seed, theta in enumerate(alone)
    ]
    return max(furthest), furthest.count(0.0)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    samples = make_plan(Configuration(), {}, 1).settings[0].samples
    times: dict[str, list[float]] = {"loop": [], "float64": [], "float32": []}
    for _ in range(rounds):
        times["loop"].append(seconds_of_the_loop(samples.X, samples.y))
        for dtype in ("float64", "float32"):
            times[dtype].append(seconds_of_a_sweep(dtype))
    print(f"{NETWORKS:,} XOR networks, {EPOCHS:,} epochs; medians of {rounds} interleaved rounds")
    print(
        f"the article's loop  {statistics.median(times['loop']):8.0f} s"
        f"    (from {LOOPED} networks, {LOOPED_EPOCHS:,} epochs)"
    )
    for dtype in ("float64", "float32"):
        ratios = [loop / one for loop, one in zip(times["loop"], times[dtype], strict=True)]
        print(
            f"sweep, {dtype}      {statistics.median(times[dtype]):8.3f} s"
            f"   {statistics.median(ratios):,.0f} times faster"
        )
    print("Θ after 5,000 epochs as one of 100, against the same network trained alone:")
    for adjacent, name in ((True, "adjacent (xor)"), (False, "apart (moons, 40 samples)")):
        furthest, same = furthest_from_alone(adjacent)
        print(f"  {name:<26} largest relative difference {furthest:.1e}; {same} of 100 identical")


if __name__ == "__main__":
    main()
