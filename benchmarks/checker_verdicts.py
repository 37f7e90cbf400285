"""How often gradient checkers are wrong: false alarms, and faults that they miss."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from peers import OURS, TORCH_SLOW, Cost, Peer
from random_networks import planted, random_problem
from right_function import Function, right_function
from tables import share

from bptui.core.check import VERDICTS, Report
from bptui.core.network import Network

Array = np.ndarray[Any, Any]

MOST_MISSED = 0.3
"""Per cent of the planted faults."""
LOST = "the whole gradient is lost in rounding"
LAYER_LOST = "a layer's gradient is lost in rounding"
ENTRIES_LOST = "a few entries are lost in rounding"
KINK = "a unit stands at a kink, z = 0 exactly"
BELOW_ROUNDING = "the fault moves no entry by more than rounding moved the right gradient"
BELOW_BOUND = "the fault moves no entry by more than rounding might have"


@dataclass
class Verdicts:
    """What became of the gradients that one checker saw."""

    right: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    undecided: Counter[str] = field(default_factory=Counter)
    """Right gradients that are neither confirmed nor refused, by why."""
    not_failed: Counter[str] = field(default_factory=Counter)
    """Wrong gradients, by fault and verdict."""
    why_passed: Counter[str] = field(default_factory=Counter)


def measure_verdicts(
    peers: dict[str, Peer], networks: int, seed: int, slow_every: int, faults: int
) -> dict[str, Verdicts]:
    """Return what each checker says of right gradients and of planted faults.

    Args:
        peers: the other checkers.
        networks: how many.
        seed: of the first; each adds one.
        slow_every: torch's slow mode sees one network in so many.
        faults: of each network that the peers see, drawn with its seed; ours are all.
    """
    found = {name: Verdicts() for name in (OURS, *peers)}
    for number in range(networks):
        network, X, y = random_problem(seed + number)
        cost = remembered(right_function(network, X, y))
        theta = network.theta.copy()
        awake = {n: p for n, p in peers.items() if n != TORCH_SLOW or number % slow_every == 0}

        def ask(seen: str, given: Array, cost: Cost = cost, theta: Array = theta) -> None:
            for name, peer in awake.items():  # noqa: B023 - asked before the next network
                accepted = peer(cost, partial(copy_of, given), theta)
                getattr(found[name], seen)["pass" if accepted else "fail"] += 1

        right = network.check(X, y)
        found[OURS].right[right.verdict] += 1
        if right.verdict in ("unresolved", "at-kink"):
            found[OURS].undecided[why_undecided(right)] += 1
        ask("right", flat(right, "backprop"))
        shown = drawn_faults(network, X, y, seed + number, faults) if peers else []
        for fault in planted(network, X, y):
            report = network.check(X, y)
            found[OURS].wrong[report.verdict] += 1
            if report.verdict != "fail":
                found[OURS].not_failed[f"{fault} ({report.verdict})"] += 1
            if report.verdict == "pass":
                found[OURS].why_passed[why_passed(right, report)] += 1
            if fault in shown:
                ask("wrong", flat(report, "backprop"))
    return found


def drawn_faults(network: Network, X: Array, y: Array, seed: int, faults: int) -> list[str]:
    shown = list(planted(network, X, y))
    return np.random.default_rng(seed).permutation(shown)[:faults].tolist()


def why_undecided(report: Report) -> str:
    """Return why a right gradient is not confirmed."""
    if report.verdict == "at-kink":
        return KINK
    vague = VERDICTS.index("unresolved")
    arrays = [array.verdicts == vague for array in report.arrays]
    if all(array.all() for array in arrays):
        return LOST
    return LAYER_LOST if any(array.all() for array in arrays) else ENTRIES_LOST


def why_passed(right: Report, wrong: Report) -> str:
    """Return why a fault is taken for rounding."""
    moved = np.abs(flat(wrong, "backprop") - flat(right, "backprop"))
    rounding = np.abs(flat(right, "backprop") - flat(right, "numerical"))
    return BELOW_ROUNDING if moved.max() <= rounding.max() else BELOW_BOUND


def flat(report: Report, name: str) -> Array:
    return np.concatenate([getattr(array, name).ravel() for array in report.arrays])


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


def verdict_cells(name: str, verdicts: Verdicts) -> list[str]:
    right, wrong = verdicts.right, verdicts.wrong
    alarms, missed = right["fail"], wrong["pass"]
    cells = [
        f"{right.total():,}",
        f"{alarms} ({share(alarms, right.total())})",
        f"{wrong.total():,}",
        f"{missed:,} ({share(missed, wrong.total())})",
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


def said_of_ours(verdicts: Verdicts) -> Iterator[str]:
    """Yield a line for each kind of answer of ours that is neither right nor wrong."""
    for what, counts in (
        ("right gradients that are undecided", verdicts.undecided),
        ("wrong gradients not found", verdicts.not_failed),
        ("wrong gradients that pass", verdicts.why_passed),
    ):
        parts = ", ".join(f"{count} {name}" for name, count in counts.most_common())
        yield f"{what}: {parts or 'none'}"
