"""One contestant in a process of its own: python -m benchmarks.training.worker MODULE WORKLOAD.

Reads a number of epochs a line and for how many seconds to train so many again and again. Answers
with a line of JSON: the seconds they took once, those of CPU time, the last cost, and the memory at
its highest. An empty line ends it.
"""

import json
import resource
import sys
from collections.abc import Callable
from dataclasses import fields
from importlib import import_module
from statistics import mean
from time import perf_counter, process_time
from types import ModuleType

from benchmarks.training.contestants import NOT_SUITED
from benchmarks.training.workloads import Workload


def prepared(contestant: ModuleType, workload: Workload) -> Callable[[int], float] | None:
    """Return what trains some epochs and returns the last cost, or the mean of several networks."""
    if workload.networks == 1:
        return contestant.prepare(workload)
    if hasattr(contestant, "prepare_many"):
        return contestant.prepare_many(workload)
    trains = [contestant.prepare(one) for one in workload.alone()]
    if None in trains:
        return None
    return lambda epochs: mean(train(epochs) for train in trains)


def main() -> None:
    module, description = sys.argv[1:]
    values = json.loads(description)
    values["layers"] = tuple(values["layers"])
    workload = Workload(**{field.name: values[field.name] for field in fields(Workload)})
    try:
        train = prepared(import_module(f"benchmarks.training.{module}"), workload)
    except (ImportError, FileNotFoundError) as error:
        print(json.dumps({"missing": str(error)}), flush=True)
        return
    print(json.dumps({"missing": None if train else NOT_SUITED}), flush=True)
    for line in sys.stdin:
        if not line.strip():
            break
        epochs, least = int(line.split()[0]), float(line.split()[1])
        started, used, times = perf_counter(), process_time(), 0
        while not times or perf_counter() - started < least:
            cost, times = train(epochs), times + 1
        seconds, cpu = (perf_counter() - started) / times, (process_time() - used) / times
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        answer = {"seconds": seconds, "cpu": cpu, "cost": cost, "megabytes": peak}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
