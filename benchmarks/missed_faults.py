"""How many planted faults does the verdict miss? python benchmarks/missed_faults.py [NETWORKS]."""

import sys
from collections import Counter
from typing import Any

import numpy as np

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.costs import COSTS
from bptui.core.faults import FAULTS
from bptui.core.network import Network

SAME = 1e-8
"""A fault that moves no entry by more of the largest one is none in that network."""
PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]

Array = np.ndarray[Any, Any]


def random_problem(rng: np.random.Generator) -> tuple[Network, Array, Array]:
    """Return a network of any kind with weights from tiny to saturating, and samples."""
    cost, output = PAIRS[rng.integers(len(PAIRS))]
    layers = rng.integers(1, 9, rng.integers(2, 6))
    if rng.random() < 0.4:
        layers[:-1] = layers[0]
    if output == "softmax":
        layers[-1] = max(2, layers[-1])
    network = Network(
        layers.tolist(),
        activation=str(rng.choice(HIDDEN_ACTIVATIONS)),
        output=output,
        cost=cost,
        l2=float(rng.choice([0.0, 0.0, 0.01, 0.3])),
        init=str(rng.choice(["uniform", "xavier", "he", "article"])),
        seed=int(rng.integers(1_000_000)),
    )
    network.theta *= 10.0 ** rng.uniform(-1.0, 1.0)
    samples, outputs = int(rng.integers(1, 33)), network.layers[-1]
    X = rng.normal(size=(samples, network.layers[0]))
    if output == "softmax":
        return network, X, np.eye(outputs)[rng.integers(0, outputs, samples)]
    return network, X, rng.integers(0, 2, (samples, outputs)).astype(float)


def gradient(network: Network, X: Array, y: Array) -> Array:
    return np.concatenate([part.ravel() for part in network.backprop(X, y)[1]])


def main() -> None:
    networks = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    rng = np.random.default_rng(7)
    false_alarms = tried = unnamed = 0
    missed: Counter[tuple[str, str]] = Counter()
    for _ in range(networks):
        network, X, y = random_problem(rng)
        false_alarms += network.check(X, y).verdict == "fail"
        right = gradient(network, X, y)
        for name, fault in FAULTS.items():
            if fault.needs(network.setting(len(X))):
                continue
            network.plant(name)
            if np.abs(gradient(network, X, y) - right).max() <= SAME * np.abs(right).max():
                continue
            report = network.check(X, y)
            tried += 1
            if report.verdict != "fail":
                missed[name, report.verdict] += 1
            unnamed += report.verdict == "fail" and all(
                found.fault != name for found in report.diagnosis
            )
        network.plant(None)
    print(f"{networks:,} right gradients: {false_alarms} false alarms")
    print(
        f"{tried:,} wrong ones: {missed.total()} missed "
        f"({100 * missed.total() / tried:.2f} %), {unnamed} found and not named"
    )
    for verdict in ("pass", "unresolved"):
        names = {name: count for (name, said), count in missed.items() if said == verdict}
        print(f"  {verdict}: {sum(names.values())} {names}")


if __name__ == "__main__":
    main()
