"""Are planted faults missed, or not named? python benchmarks/missed_faults.py [NETWORKS]."""

import sys
from collections import Counter
from typing import Any

import numpy as np
from gradient_checkers import random_problem

from bptui.core.faults import FAULTS
from bptui.core.network import Network

SAME = 1e-8
"""A fault that moves no entry by more of the largest one is none in that network."""

Array = np.ndarray[Any, Any]


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
