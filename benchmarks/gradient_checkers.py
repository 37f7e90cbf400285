"""Gradient checkers beside each other: how long a check takes, and how often it is wrong.

    python benchmarks/gradient_checkers.py --networks 2000 --seed 1000000

Every checker judges the same gradient, the one that bptui's backpropagation gives, of the same
function: J of the flat Θ in float64, computed by bptui's own forward propagation in NumPy. So no
peer is charged for its own network code, or credited with it. `peers.py` says what each is handed.

In the part on speed a check is everything from Θ to the verdict: backpropagation and all of J.
The medians of bptui do not include printing the report.

In the part on verdicts J is looked up where a peer asks for it again at the same Θ, which changes
no number. The peers see all right gradients and, of the faults, `--faults` of each network, drawn
with its seed; torch's slow mode one network in `--slow-every`. bptui sees all of them. Without
peers, as `--alone` asks for, that takes a minute or two. Peers that are not installed are left out.
"""

# ruff: noqa: E402 - the number of threads is read when NumPy is first imported
import argparse
import os

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import warnings

import numpy as np
from checker_speed import SIZES, measure_speed
from checker_verdicts import measure_verdicts, said_of_ours, verdict_cells
from peers import OURS, installed_peers
from tables import machine, print_table


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--networks", type=int, default=2000, help="random networks to judge")
    parser.add_argument("--seed", type=int, default=0, help="of the first; each adds one")
    parser.add_argument("--only", choices=("speed", "verdicts"), help="one part of the two")
    parser.add_argument("--alone", action="store_true", help="bptui without its peers")
    parser.add_argument("--faults", type=int, default=6, help="of each network, that the peers see")
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
    peers = {} if options.alone else installed_peers()
    print(machine(), flush=True)
    with np.errstate(all="ignore"):
        if options.only != "verdicts":
            head = ["checker", *(f"{list(layers)}, N = {n}" for layers, n, _ in SIZES)]
            print_table(head, measure_speed(peers, options.budget))
        if options.only != "speed":
            found = measure_verdicts(
                peers, options.networks, options.seed, options.slow_every, options.faults
            )
            head = ["checker", "right gradients", "false alarms", "wrong gradients", "missed"]
            print_table(
                [*head, "undecided, right / wrong"],
                {name: verdict_cells(name, verdicts) for name, verdicts in found.items()},
            )
            print("\nof ours:")
            for line in said_of_ours(found[OURS]):
                print(f"- {line}")


if __name__ == "__main__":
    main()
