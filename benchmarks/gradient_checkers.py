"""Gradient checkers beside each other: how long a check takes, and how often it is wrong.

    python benchmarks/gradient_checkers.py --networks 2000 --seed 7

Every checker judges the same gradient, the one that bptui's backpropagation gives, of the same
function: J of the flat Θ in float64, computed by bptui's own forward propagation in NumPy. So no
peer is charged for its own network code, or credited with it. What each is handed:

- torch.autograd.gradcheck: an `autograd.Function` whose `forward` is J and whose `backward` is
  that gradient; all options as they come, but for `fast_mode`.
- jax.test_util.check_grads, order 1, reverse mode: such a call is one call of
  `jax.test_util.check_vjp`, which takes the function and its gradient. It is called directly,
  without JAX's tracing, which a NumPy function would not survive. So JAX runs no compiled code.
- scipy.optimize.check_grad: J and the gradient. It returns a distance and no verdict; above
  1e-6 it is taken for a failure here.

In the part on speed a check is everything from Θ to the verdict: backpropagation and all of J.
In the part on verdicts J is looked up where a peer asks for it again at the same Θ, which changes
no number, and the slow mode of torch sees one network in `--slow-every`. Peers that are not
installed are left out. The medians of bptui do not include printing the report.
"""

# ruff: noqa: E402 - the number of threads is read when NumPy is first imported
import argparse
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import importlib
import platform
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from bptui.core.activations import HIDDEN_ACTIVATIONS
from bptui.core.backpropagation import Backpropagation
from bptui.core.check import check_backpropagation
from bptui.core.costs import COSTS
from bptui.core.faults import FAULTS
from bptui.core.network import Network

Array = np.ndarray[Any, Any]
Cost = Callable[[Array], float]
Gradient = Callable[[Array], Array]
Peer = Callable[[Cost, Gradient, Array], bool]
"""Whether a gradient of a function of Θ is accepted at one Θ."""

OURS = "bptui check_backpropagation"
TORCH_SLOW = "torch gradcheck, slow"
TORCH_FAST = "torch gradcheck, fast"
JAX = "jax check_grads"
SCIPY = "scipy check_grad > 1e-6"
SIZES = (((2, 2, 2, 1), 4, 0.4), ((64, 32, 10), 64, 1.5), ((784, 128, 10), 32, 10.0))
"""Layers, samples and the milliseconds that a check of ours may take."""
MOST_MISSED = 0.3
"""Per cent of the planted faults."""
SAME = 1e-8
"""A fault that moves no entry by more of the largest one is none in that network."""
LONGEST_RUN = 60.0
"""Seconds; a peer that takes longer at a size is left out there."""
PAIRS = [(cost, output) for cost, outputs in COSTS.items() for output in outputs]


def torch_peer(fast: bool) -> Peer:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)

    def accepts(cost: Cost, gradient: Gradient, theta: Array) -> bool:
        class Given(torch.autograd.Function):  # type: ignore[misc]
            """J with a gradient that was written by hand."""

            @staticmethod
            def forward(context: Any, x: Any) -> Any:
                context.save_for_backward(x)
                return torch.tensor(cost(x.detach().numpy()), dtype=torch.float64)

            @staticmethod
            def backward(context: Any, *outer: Any) -> Any:
                (x,) = context.saved_tensors
                return outer[0] * torch.from_numpy(gradient(x.detach().numpy()))

        x = torch.tensor(theta, requires_grad=True)
        return bool(
            torch.autograd.gradcheck(Given.apply, (x,), fast_mode=fast, raise_exception=False)
        )

    return accepts


def jax_peer() -> Peer:
    jax: Any = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    test_util: Any = importlib.import_module("jax.test_util")

    def accepts(cost: Cost, gradient: Gradient, theta: Array) -> bool:
        def function(x: Array) -> Any:
            return np.float64(cost(x))

        def with_gradient(x: Array) -> tuple[Any, Callable[[Any], tuple[Array]]]:
            return function(x), lambda outer: (outer * gradient(x),)

        try:
            test_util.check_vjp(function, with_gradient, (theta,))
        except AssertionError:
            return False
        return True

    return accepts


def scipy_peer() -> Peer:
    optimize: Any = importlib.import_module("scipy.optimize")

    def accepts(cost: Cost, gradient: Gradient, theta: Array) -> bool:
        return bool(optimize.check_grad(cost, gradient, theta) <= 1e-6)

    return accepts


MAKERS: dict[str, Callable[[], Peer]] = {
    TORCH_SLOW: lambda: torch_peer(fast=False),
    TORCH_FAST: lambda: torch_peer(fast=True),
    JAX: jax_peer,
    SCIPY: scipy_peer,
}


def installed_peers() -> dict[str, Peer]:
    peers = {}
    for name, make in MAKERS.items():
        try:
            peers[name] = make()
        except ImportError:
            print(f"{name}: not installed, left out")
    return peers


class Function:
    """J and its backpropagated gradient as functions of a flat Θ."""

    def __init__(self, work: Backpropagation) -> None:
        """Use `work`, whose Θ is overwritten with every call."""
        self.work = work

    def cost(self, theta: Array) -> float:
        """Return J."""
        np.copyto(self.work.theta, theta)
        self.work.forward()
        return float(self.work.cost())

    def gradient(self, theta: Array) -> Array:
        """Return ∂J/∂Θ, flat."""
        np.copyto(self.work.theta, theta)
        self.work.evaluate()
        return self.work.gradient.copy()


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
        function = separate(network, X, y)
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
        times: dict[str, list[float]] = {name: [] for name in runs}
        spent = dict.fromkeys(runs, 0.0)
        for name, run in runs.items():  # warm up, and see who is slow
            first = seconds_of(run)
            spent[name] = first
            if first > 2.0:
                times[name].append(first)
        for _ in range(200):
            for name, run in runs.items():
                if spent[name] + spent[name] / (len(times[name]) + 1) > budget and times[name]:
                    continue
                taken = seconds_of(run)
                times[name].append(taken)
                spent[name] += taken
        for name, taken_each in times.items():
            cell = milliseconds(1e3 * median(taken_each))
            if name == OURS:
                good = 1e3 * median(taken_each) <= limit
                cell += f" (limit {limit:g}: {'ok' if good else 'over'})"
            cells[name].append(cell + (" (one run)" if len(taken_each) == 1 else ""))
    return cells


def separate(network: Network, X: Array, y: Array) -> Function:
    """Return J with a Θ of its own, without any planted fault."""
    twin = Network(
        network.layers,
        activation=network.activation,
        output=network.output,
        cost=network.cost_name,
        l2=network.l2,
    )
    return Function(twin.loaded(X, y))


def milliseconds(value: float) -> str:
    return f"{value / 1e3:.1f} s" if value >= 2e3 else f"{value:.3g} ms"


def random_problem(rng: np.random.Generator) -> tuple[Network, Array, Array]:
    """Return a network of any kind and samples; some saturate, some have tiny gradients."""
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
    network.theta *= 10.0 ** rng.uniform(-1.0, 1.5)
    samples, outputs = int(rng.integers(1, 65)), network.layers[-1]
    X = rng.normal(size=(samples, network.layers[0]))
    if output == "softmax":
        y = np.eye(outputs)[rng.integers(0, outputs, samples)]
    else:
        y = rng.integers(0, 2, (samples, outputs)).astype(float)
    if rng.random() < 0.2:  # nearly learned, so that the gradient is tiny
        share = 10.0 ** rng.uniform(-8.0, -1.0)
        y = share * y + (1.0 - share) * network.predict(X)
    return network, X, y


def copy_of(gradient: Array, theta: Array) -> Array:
    return gradient.copy()


def remembered(function: Function) -> Cost:
    known: dict[bytes, float] = {}

    def cost(theta: Array) -> float:
        key = theta.tobytes()
        if key not in known:
            known[key] = function.cost(theta)
        return known[key]

    return cost


@dataclass
class Verdicts:
    """What became of the gradients that one checker saw."""

    right: Counter[str]
    wrong: Counter[str]
    not_failed: Counter[str]
    """By fault and verdict."""


def measure_verdicts(
    peers: dict[str, Peer], networks: int, seed: int, slow_every: int
) -> dict[str, Verdicts]:
    rng = np.random.default_rng(seed)
    found = {name: Verdicts(Counter(), Counter(), Counter()) for name in (OURS, *peers)}
    for number in range(networks):
        network, X, y = random_problem(rng)
        cost = remembered(separate(network, X, y))
        theta = network.theta.copy()
        right = np.empty(0)
        for fault in (None, *FAULTS):
            if fault is not None and FAULTS[fault].needs(network.setting(len(X))):
                continue
            network.plant(fault)
            if fault is not None:
                # A fault that remembers earlier steps shows itself from the second step on.
                gradient = np.concatenate([g.ravel() for g in network.backprop(X, y)[1]])
                if np.abs(gradient - right).max() <= SAME * np.abs(right).max():
                    continue
            report = network.check(X, y)
            given = np.concatenate([array.backprop.ravel() for array in report.arrays])
            if fault is None:
                right = given
            elif np.abs(given - right).max() <= SAME * np.abs(right).max():
                continue
            seen = "right" if fault is None else "wrong"
            getattr(found[OURS], seen)[report.verdict] += 1
            if fault is not None and report.verdict != "fail":
                found[OURS].not_failed[f"{fault} ({report.verdict})"] += 1
            for name, peer in peers.items():
                if name == TORCH_SLOW and number % slow_every:
                    continue
                accepted = peer(cost, partial(copy_of, given), theta)
                getattr(found[name], seen)["pass" if accepted else "fail"] += 1
        network.plant(None)
    return found


def share(part: int, whole: int) -> str:
    return f"{100.0 * part / max(whole, 1):.2f} %"


def verdict_cells(name: str, verdicts: Verdicts) -> list[str]:
    right, wrong = verdicts.right, verdicts.wrong
    alarms, missed = right["fail"], wrong["pass"]
    cells = [
        f"{right.total():,}",
        f"{alarms} ({share(alarms, right.total())})",
        f"{wrong.total():,}",
        f"{missed} ({share(missed, wrong.total())})",
        "–",
    ]
    if name == OURS:
        cells[1] += f" (limit 0: {'over' if alarms else 'ok'})"
        over = 100.0 * missed > MOST_MISSED * wrong.total()
        cells[3] += f" (limit {MOST_MISSED} %: {'over' if over else 'ok'})"
        undecided = [seen["unresolved"] + seen["at-kink"] for seen in (right, wrong)]
        cells[4] = (
            f"{undecided[0]} ({share(undecided[0], right.total())}) / "
            f"{undecided[1]} ({share(undecided[1], wrong.total())})"
        )
    return cells


def print_table(head: list[str], rows: dict[str, list[str]]) -> None:
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def machine() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        model = next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        model = platform.processor() or platform.machine()
    versions = []
    for package in ("numpy", "torch", "jax", "scipy"):
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return f"{model}, one thread; Python {platform.python_version()}, {', '.join(versions)}"


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--networks", type=int, default=2000, help="random networks to judge")
    parser.add_argument("--seed", type=int, default=7, help="what the networks are drawn with")
    parser.add_argument("--only", choices=("speed", "verdicts"), help="one part of the two")
    parser.add_argument(
        "--slow-every", type=int, default=4, help="torch's slow mode sees one network in so many"
    )
    parser.add_argument(
        "--budget", type=float, default=3.0, help="seconds for each checker at each size"
    )
    return parser.parse_args()


def main() -> None:
    options = parsed()
    warnings.simplefilter("ignore")
    peers = installed_peers()
    print(machine(), flush=True)
    with np.errstate(all="ignore"):
        if options.only != "verdicts":
            head = ["checker", *(f"{list(layers)}, N = {n}" for layers, n, _ in SIZES)]
            print_table(head, measure_speed(peers, options.budget))
        if options.only != "speed":
            found = measure_verdicts(peers, options.networks, options.seed, options.slow_every)
            head = ["checker", "right gradients", "false alarms", "wrong gradients", "missed"]
            print_table(
                [*head, "undecided, right / wrong"],
                {name: verdict_cells(name, verdicts) for name, verdicts in found.items()},
            )
            unseen = found[OURS].not_failed.most_common()
            print("\nof ours not found:", ", ".join(f"{n} {what}" for what, n in unseen) or "none")


if __name__ == "__main__":
    main()
