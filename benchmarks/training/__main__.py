"""Training beside other ways to train the same network.

    python -m benchmarks.training

Run from the root of the repository, with bptui installed. The workloads are in `workloads.py`; the
same Θ to start from, plain gradient descent; every contestant in a process of its own, in turn, and
the medians over the rounds. All of them keep the cost of every epoch, but for the article's loop,
which does not compute it. With all samples at once all have to come to the same cost, scikit-learn
apart. The command `bptui sweep` has a benchmark of its own. What is not installed is left out:
PyTorch, JAX, scikit-learn, a C compiler.
"""

import argparse
import json
import platform
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.training import growth, tables
from benchmarks.training.contestants import CONTESTANTS
from benchmarks.training.race import race
from benchmarks.training.workloads import WORKLOADS


def machine() -> str:
    """Return one sentence on what this was measured on."""
    names = [
        line.split(":")[1].strip()
        for line in _text("/proc/cpuinfo").splitlines()
        if line.startswith("model name")
    ]
    packages = []
    for package in ("numpy", "scikit-learn", "torch", "jax"):
        try:
            packages.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            packages.append(f"no {package}")
    processor = names[0] if names else platform.processor()
    return (
        f"{processor}, {len(names) or '?'} cores, {platform.system()}, "
        f"Python {platform.python_version()}, {', '.join(packages)}"
    )


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Training beside other ways to train.")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument(
        "--workloads", nargs="*", default=None, metavar="NAME", help="leave out for all"
    )
    parser.add_argument("--contestants", nargs="*", default=list(CONTESTANTS), metavar="NAME")
    parser.add_argument("--no-growth", action="store_true", help="leave out how the cost grows")
    parser.add_argument(
        "--cpu",
        dest="clock",
        action="store_const",
        const="cpu",
        default="seconds",
        help="count CPU time: for a machine that is busy with other things, and one thread",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to a file")
    choices = parser.parse_args()
    workloads = [w for w in WORKLOADS if choices.workloads is None or w.name in choices.workloads]

    print(machine(), "\n")
    figures = {"machine": machine(), "workloads": {}}
    for threads in choices.threads:
        results = {
            workload: race(workload, choices.rounds, threads, choices.contestants, choices.clock)
            for workload in workloads
        }
        print(tables.steps(results, threads), "\n")
        if threads == choices.threads[0]:
            print(tables.ratios(results), "\n")
            print(tables.memory(results), "\n")
        for workload, found in results.items():
            figures["workloads"][f"{workload.name}, {threads} threads"] = {
                name: asdict(result) for name, result in found.items()
            }
    if not choices.no_growth:
        grown = growth.measure(max(3, choices.rounds // 2), choices.contestants, choices.clock)
        print(tables.growth(grown))
        figures["growth"] = {
            axis: {str(size): asdict(found[name]) for size, found in row.items() for name in found}
            for axis, row in grown.items()
        }
    if choices.json:
        choices.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
