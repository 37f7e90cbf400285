"""The results as Markdown tables, as docs/performance.md shows them."""

from collections.abc import Iterable

from benchmarks.training.growth import Growth
from benchmarks.training.race import Result
from benchmarks.training.workloads import Workload

Results = dict[Workload, dict[str, Result]]

AIMS = {
    ("xor", "the article's loop"): 8,
    ("xor", "clean NumPy"): 5,
    ("xor", "scikit-learn"): 10,
    ("xor", "PyTorch eager"): 20,
    ("digits", "PyTorch eager"): 8,
    ("digits", "scikit-learn"): 6,
    ("digits-32", "PyTorch eager"): 8,
    ("digits-32", "scikit-learn"): 6,
    ("seeds", "the article's loop"): 400,
    ("seeds-32", "the article's loop"): 800,
}
"""How many times faster bptui is meant to be."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), ["---"] * len(list(head)), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def steps(results: Results, threads: int) -> str:
    """Return what a step takes."""
    names = list(dict.fromkeys(name for found in results.values() for name in found))
    return f"Microseconds a step, {threads} thread{'s' * (threads > 1)}:\n\n" + table(
        ["workload", *names],
        (
            [_described(workload), *(_number(found.get(name)) for name in names)]
            for workload, found in results.items()
        ),
    )


def ratios(results: Results) -> str:
    """Return how many times faster bptui is."""
    names = list(dict.fromkeys(n for found in results.values() for n in found if n != "bptui"))
    return "How many times faster bptui is (below 1: slower), and the aim:\n\n" + table(
        ["workload", *names],
        (
            [workload.name, *(_ratio(workload, found, name) for name in names)]
            for workload, found in results.items()
        ),
    )


def memory(results: Results) -> str:
    """Return the highest memory of each process."""
    names = list(dict.fromkeys(name for found in results.values() for name in found))
    return "Memory of the process at its largest, MB:\n\n" + table(
        ["workload", *names],
        (
            [
                workload.name,
                *(f"{found[name].megabytes:.0f}" if name in found else "" for name in names),
            ]
            for workload, found in results.items()
        ),
    )


def growth(grown: Growth) -> str:
    """Return how the time of an epoch grows."""
    parts = []
    for axis, rows in grown.items():
        names = list(dict.fromkeys(name for found in rows.values() for name in found))
        parts.append(
            f"Microseconds an epoch by the number of {axis}:\n\n"
            + table(
                ["", *names],
                (
                    [f"{size:,}", *(_number(found.get(name)) for name in names)]
                    for size, found in rows.items()
                ),
            )
        )
    return "\n\n".join(parts)


def _described(workload: Workload) -> str:
    batch = "full batch" if workload.full_batch else f"batch {workload.batch_size}"
    layers = ", ".join(map(str, workload.layers))
    networks = f"{workload.networks:,} x " if workload.networks > 1 else ""
    name = f"{workload.name}: {networks}[{layers}]"
    return f"{name}, N {workload.samples:,}, {batch}, {workload.dtype}"


def _number(result: Result | None) -> str:
    if result is None:
        return ""
    value = result.microseconds
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _ratio(workload: Workload, found: dict[str, Result], name: str) -> str:
    if name not in found or "bptui" not in found:
        return ""
    aim = AIMS.get((workload.name, name))
    ratio = found[name].microseconds / found["bptui"].microseconds
    shown = f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.2g}"
    return shown + (f" (aim {aim})" if aim else "")
