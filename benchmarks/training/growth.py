"""How the cost of an epoch grows with samples, width, depth and seeds, full batch."""

from collections.abc import Iterable

from benchmarks.training.race import Result, race
from benchmarks.training.workloads import grown, side_by_side

SHOWN = ("bptui", "clean NumPy", "PyTorch eager", "JAX scan", "C loop")
MANY = ("bptui", "JAX scan", "C loop")
"""Those that finish 10,000 networks in a moment."""
SAMPLES = (4, 40, 400, 4_000, 40_000)
WIDTHS = (2, 8, 32, 128, 512)
DEPTHS = (1, 2, 4, 8, 16)
SEEDS = (10, 100, 1_000, 10_000)

Growth = dict[str, dict[int, dict[str, Result]]]
"""By what grows and by its size, the contestants' results."""


def measure(rounds: int, names: Iterable[str], clock: str) -> Growth:
    """Return the results, one of the three sizes growing at a time."""
    names = [name for name in names if name in SHOWN]
    return {
        "N, with 2 layers of 8 units": {
            size: race(grown(size, 8, 2), rounds, names=names, clock=clock) for size in SAMPLES
        },
        "units, with 2 layers and N = 100": {
            size: race(grown(100, size, 2), rounds, names=names, clock=clock) for size in WIDTHS
        },
        "layers, of 8 units and with N = 100": {
            size: race(grown(100, 8, size), rounds, names=names, clock=clock) for size in DEPTHS
        },
        "seeds of XOR side by side": {
            size: race(side_by_side(size), rounds, names=MANY, clock=clock) for size in SEEDS
        },
    }
