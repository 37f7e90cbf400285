"""How often the diagnosis behind a failing check is right, and how often wrong with confidence.

    python benchmarks/diagnoses.py --networks 2000 --seed 1000000

Every fault of the catalogue is planted in random networks and checked twice: as a network of
bptui, where the diagnosis is to name the fault, and as anybody's code, a cost and gradients over
`W1`, `b1` …, where `check_gradients` knows nothing of the catalogue and can say only what the
numbers have in common. What that should be stands beside each fault, in `Fault.codes`. As
anybody's code each network shows `--faults` of its faults, drawn with its seed.

- right: the expected code, said of one explanation alone;
- also true: another code that is declared as true of that fault in some networks;
- among others: the expected code is one of several that are said to fit, or said with a perhaps;
- none: no diagnosis; for a fault about which nothing can be said that is right;
- perhaps wrong: something else, but with a perhaps;
- wrong: something else, with confidence.

Seeds below 1,000,000 are for development, those from there on for figures that are published.
"""

# ruff: noqa: E402 - the number of threads is read when NumPy is first imported
import argparse
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

from collections import Counter, defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter

import numpy as np
from anybodys_code import as_anybodys_code
from random_networks import planted, random_problem
from tables import machine, print_table, share

from bptui.core.check import Diagnosis, check_gradients
from bptui.core.faults import FAULTS

OUTCOMES = ("right", "also true", "among others", "none", "perhaps wrong", "wrong")
LEAST_RIGHT, MOST_WRONG = 95.0, 1.0
"""Per cent of the failing checks: the expected code, alone or among others; confidently wrong."""

Outcomes = dict[str, Counter[str]]
"""By fault, how often each outcome was."""


def judged_name(found: Sequence[Diagnosis], fault: str) -> str:
    """Return the outcome where the diagnosis of a network of bptui has to name its fault."""
    names = [diagnosis.fault for diagnosis in found if diagnosis.code == "fault"]
    if names:
        return ("right" if len(names) == 1 else "among others") if fault in names else "wrong"
    return judged_codes(found, FAULTS[fault].codes) if found else "none"


def judged_codes(found: Sequence[Diagnosis], codes: Sequence[str | None]) -> str:
    """Return the outcome where the diagnosis is to give one of `codes`, the first best."""
    if not found:
        return "right" if codes[0] is None else "none"
    said = [diagnosis.code for diagnosis in found]
    if len(found) > 1 or not found[0].sure:
        return "among others" if set(said) & set(codes) else "perhaps wrong"
    if said[0] == codes[0]:
        return "right"
    return "also true" if said[0] in codes else "wrong"


class Tally:
    """What became of the failing checks of one kind."""

    def __init__(self, title: str) -> None:
        """Start with none."""
        self.title = title
        self.outcomes: Outcomes = defaultdict(Counter)
        self.verdicts: Counter[str] = Counter()
        self.of_right: Counter[str] = Counter()
        """Verdicts of right gradients, where a failing one is a false alarm."""
        self.confused: Counter[str] = Counter()
        self.examples: list[str] = []
        """What was said wrongly, in full."""

    def add(self, fault: str, outcome: str, found: Sequence[Diagnosis], seed: int) -> None:
        """Count one failing check."""
        self.outcomes[fault][outcome] += 1
        if "wrong" in outcome:
            said = " and ".join(diagnosis.fault or diagnosis.code for diagnosis in found)
            self.confused[f"{fault}: {said}" + ("" if outcome == "wrong" else " (perhaps)")] += 1
            self.examples.append(f"seed {seed}: {fault}: {[each.message for each in found]}")

    def join(self, other: "Tally") -> None:
        """Count what another has counted."""
        for fault, counts in other.outcomes.items():
            self.outcomes[fault].update(counts)
        self.verdicts.update(other.verdicts)
        self.of_right.update(other.of_right)
        self.confused.update(other.confused)
        self.examples += other.examples

    def print(self) -> None:
        """Print a row a fault, all together, and what was taken for what."""
        print(f"\n## {self.title}")
        if self.of_right:
            print(f"\nright gradients: {dict(self.of_right)}")
        if self.verdicts:
            print(f"\nwrong gradients: {dict(self.verdicts)}")
        named = {f: n for f, n in self.outcomes.items() if FAULTS[f].codes[0] is not None}
        silent = {f: n for f, n in self.outcomes.items() if f not in named}
        rows = {fault: self.outcomes[fault] for fault in FAULTS if fault in self.outcomes}
        sums = {
            "**all**": sum(self.outcomes.values(), Counter()),
            "**that have a code**": sum(named.values(), Counter()),
            "**that have none**": sum(silent.values(), Counter()),
        }
        table = {
            fault: [f"{FAULTS[fault].codes[0] or 'nothing'}", f"{counts.total():,}"]
            + [f"{counts[outcome]:,}" for outcome in OUTCOMES]
            for fault, counts in rows.items()
        } | {
            name: ["", f"{counts.total():,}"]
            + [f"{counts[o]:,} ({share(counts[o], counts.total())})" for o in OUTCOMES]
            for name, counts in sums.items()
        }
        print_table(["fault", "expected", "failing", *OUTCOMES], table)
        coded = sums["**that have a code**"]
        said = 100.0 * (coded["right"] + coded["among others"]) / max(coded.total(), 1)
        wrong = 100.0 * sums["**all**"]["wrong"] / max(sums["**all**"].total(), 1)
        print(
            f"\nthe expected code, where there is one: {said:.2f} % "
            f"(limit {LEAST_RIGHT:g} %: {'ok' if said >= LEAST_RIGHT else 'under'}); "
            f"wrong with confidence: {wrong:.2f} % "
            f"(limit {MOST_WRONG:g} %: {'ok' if wrong < MOST_WRONG else 'over'})"
        )
        what = "; ".join(f"{count} {name}" for name, count in self.confused.most_common())
        print(f"\ntaken for something else: {what or 'none'}")


PART = 50
"""Networks that a process takes at a time."""


def measure_all(options: argparse.Namespace) -> tuple[Tally, ...]:
    """Return the tallies of all networks, in as many processes as asked for."""
    tasks = [
        (start, min(PART, options.seed + options.networks - start), options.faults)
        for start in range(options.seed, options.seed + options.networks, PART)
    ]
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        first, *others = pool.map(measure, *zip(*tasks, strict=True))
    for tallies in others:
        for whole, part in zip(first, tallies, strict=True):
            whole.join(part)
    return first


def measure(first: int, networks: int, faults: int) -> tuple[Tally, ...]:
    np.seterr(all="ignore")
    own = Tally("as a network of bptui, by name")
    numbers = Tally("as a network of bptui, by its numbers alone")
    anybodys = Tally("as anybody's code")
    for seed in range(first, first + networks):
        network, X, y = random_problem(seed)
        shown = []
        for fault in planted(network, X, y):
            shown.append(fault)
            report = network.check(X, y)
            own.verdicts[report.verdict] += 1
            if report.verdict == "fail":
                own.add(fault, judged_name(report.diagnosis, fault), report.diagnosis, seed)
                said = [found for found in report.diagnosis if found.code != "fault"]
                numbers.add(fault, judged_codes(said, FAULTS[fault].codes), said, seed)
        right = check_gradients(*as_anybodys_code(network, X, y, None, turned=bool(seed % 2)))
        anybodys.of_right[right.verdict] += 1
        rng = np.random.default_rng(seed)
        for fault in rng.permutation(shown)[:faults].tolist():
            code = as_anybodys_code(network, X, y, fault, turned=bool(seed % 2))
            report = check_gradients(*code)
            anybodys.verdicts[report.verdict] += 1
            if report.verdict == "fail":
                # A kink is a fact about the parameters and no mistake.
                said = [found for found in report.diagnosis if found.code != "kink"]
                anybodys.add(fault, judged_codes(said, FAULTS[fault].codes), said, seed)
    return own, numbers, anybodys


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--networks", type=int, default=2000, help="random networks")
    parser.add_argument("--seed", type=int, default=0, help="of the first; each adds one")
    parser.add_argument("--faults", type=int, default=6, help="shown of each as anybody's code")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--examples", action="store_true", help="print what is said wrongly")
    return parser.parse_args()


def main() -> None:
    options = parsed()
    started = perf_counter()
    print(machine(), flush=True)
    for tally in measure_all(options):
        tally.print()
        if options.examples:
            print("", *tally.examples, sep="\n")
    print(f"\n{perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
