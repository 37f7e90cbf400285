"""What the dashboard costs: bytes, seconds and CPU, on the real command in a pseudo-terminal.

    python benchmarks/dashboard.py --seconds 5 --repeats 3

Every figure is a median of interleaved repeats and is printed beside its limit. CPU time
and memory are read from /proc, so elsewhere than on Linux they are missing.

What the screen alone takes of a core is the CPU time of the dashboard less that of the same
session in a process without a screen, measured right after it: the same training at the same
pace, as many gradient checks, and as many snapshots with predictions and boundaries of the
same size.
"""

import argparse
import json
import math
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic, sleep
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from terminal import COMMAND, Terminal, environment

from bptui.tui.cadence import LOCAL as LOCAL_CADENCE
from bptui.tui.cadence import OVER_SSH as SSH_CADENCE
from bptui.tui.commands.run import DEFAULT_SPEED

PANES = ("─ Cost", "─ Θ", "─ Gradient check", "─ Predictions", "─ Gradient norms", "q quit")
SIZES = {(120, 40): (36, 17), (80, 24): (0, 0)}
"""Terminals, and how many cells the boundary has there."""
_INSTALLED: dict[str, str | None] = {"PYTHONDONTWRITEBYTECODE": None}
"""A bptui that was installed has its bytecode; from a checkout the first start writes it."""
OVER_SSH = environment(SSH_CONNECTION="192.0.2.1 50000 192.0.2.2 22", **_INSTALLED)
LOCAL = environment(**_INSTALLED)
WITHOUT_SCREEN = """
import sys
from bptui.core.configuration import Configuration
from bptui.core.training import Session, build_trainer
from bptui.core.training.commands import ShowBoundary
speed, interval, columns, rows = map(float, sys.argv[1:])
session = Session(build_trainer(Configuration()), speed=speed, interval=interval)
session.send(ShowBoundary(int(columns), int(rows)))
session.run(lambda snapshot, answer: None)
"""
_START_SECONDS = 20.0
"""What a poor line shows so soon after it showed anything is reported by itself."""
POOR_LINES: dict[str, dict[str, Any]] = {
    "2 kB/s": {"bytes_per_second": 2000.0, "repeats": True},
    "2 kB/s, cannot repeat": {"bytes_per_second": 2000.0},
    "2 kB/s, no answers": {"bytes_per_second": 2000.0, "answers": False},
    "300 ms": {"delay": 0.3, "repeats": True},
}
"""By whether the terminal can repeat a character, and says where its cursor is."""
FOREVER = ("--epochs", "1000000000")

Samples = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Limit:
    """What a figure should not exceed, or should reach."""

    value: float
    at_least: bool = False

    def judge(self, figure: float) -> str:
        """Return a word on how a figure stands to it."""
        worse = self.value / figure if self.at_least else figure / self.value
        return "ok" if worse <= 1.0 else "over" if worse <= 2.0 else "MORE THAN TWICE"


LIMITS = (
    (r"first frame, s", Limit(0.5)),
    (r"first frame, CPU s", Limit(0.5)),
    (r"paused .*kB/s", Limit(1.0)),
    (r"SSH, .*120x40.*kB/s", Limit(5.0)),
    (r"local, .*120x40.*kB/s", Limit(20.0)),
    (r"local, .*120x40, the screen alone, %", Limit(5.0)),
    (r"age of the picture", Limit(2.0)),
    (r"key to screen .*median", Limit(30.0)),
    (r"key to screen .*99 %", Limit(70.0)),
    (r"against headless", Limit(0.9, at_least=True)),
    (r"against a good line", Limit(0.9, at_least=True)),
    (r"checked against unchecked", Limit(0.95, at_least=True)),
    (r"resident", Limit(100.0)),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=5.0, help="of every measurement")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--only", default="", help="start, bytes, lines, lines-training, keys, speed or checks"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        networks = {"xor": FOREVER, "64-32-10": (*digits(Path(folder)), *FOREVER)}
        measurements: dict[str, Callable[[Samples], None]] = {
            "start": measure_start,
            "bytes": lambda samples: measure_bytes(samples, options.seconds),
            "lines": lambda samples: measure_lines(samples, options.seconds),
            "lines-training": lambda samples: measure_lines_training(samples, options.seconds),
            "keys": lambda samples: measure_keys(samples, networks, options.seconds),
            "speed": lambda samples: measure_speed(samples, networks, options.seconds),
            "checks": lambda samples: measure_checks(samples, options.seconds),
        }
        samples: Samples = defaultdict(list)
        for _ in range(options.repeats):
            for name, measure in measurements.items():
                if name.startswith(options.only):
                    measure(samples)
    print_table(summarized(samples))


def digits(folder: Path) -> tuple[str, ...]:
    """Write 1,797 samples with the shape of the digits, and return the words that load them."""
    generator = np.random.default_rng(0)
    path = folder / "digits-like.npz"
    np.savez(
        path,
        X=generator.integers(0, 17, (1797, 64)).astype(np.float64),
        y=generator.integers(0, 10, 1797),
    )
    return "--data", str(path), "--hidden", "32", "--batch-size", "32"


def is_complete(terminal: Terminal) -> bool:
    text = terminal.text()
    return all(pane in text for pane in PANES)


def measure_start(samples: Samples) -> None:
    for _ in range(3):
        with Terminal(columns=120, rows=40, env=LOCAL) as terminal:
            seen = terminal.wait_for(is_complete)
            samples["first frame, CPU s"].append(cpu_seconds(terminal.process.pid))
            samples["first frame, s"].append(seen - terminal.started)


def measure_bytes(samples: Samples, seconds: float) -> None:
    places = (("local", LOCAL, LOCAL_CADENCE), ("SSH", OVER_SSH, SSH_CADENCE))
    for (columns, rows), boundary in SIZES.items():
        for place, variables, cadence in places:
            for pace, words in (("default pace", ()), ("speed max", ("--speed", "max"))):
                name = f"{place}, {pace}, {columns}x{rows}"
                with Terminal(*words, columns=columns, rows=rows, env=variables) as terminal:
                    terminal.wait_for("PASS")
                    sleep(1.0)
                    share = measure_stretch(samples, name, terminal, seconds)
                    samples["resident, MB"].append(resident_megabytes(terminal.process.pid))
                    terminal.send(" ")
                    terminal.wait_for(lambda here: "paused" in here.row(0))
                    sleep(0.7)
                    measure_stretch(samples, f"paused {columns}x{rows}", terminal, seconds / 2)
                if not words:
                    alone = share - share_without_screen(cadence.status, boundary, seconds)
                    samples[f"{name}, the screen alone, % of a core"].append(alone)


def share_without_screen(interval: float, boundary: tuple[int, int], seconds: float) -> float:
    """Return what the same session takes of a core without a screen, in per cent."""
    numbers = map(str, (DEFAULT_SPEED, interval, *boundary))
    one_thread = {**LOCAL, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(
        [sys.executable, "-c", WITHOUT_SCREEN, *numbers], env=one_thread
    ) as process:
        sleep(2.0)
        start, cpu = monotonic(), cpu_seconds(process.pid)
        sleep(seconds)
        end = monotonic()
        spent = cpu_seconds(process.pid) - cpu
        process.terminate()
    return 100 * spent / (end - start)


def measure_stretch(samples: Samples, name: str, terminal: Terminal, seconds: float) -> float:
    """Watch for some seconds what is written; return what it takes of a core, in per cent."""
    start, cpu = monotonic(), cpu_seconds(terminal.process.pid)
    sleep(seconds)
    end = monotonic()
    spent = cpu_seconds(terminal.process.pid) - cpu
    written = terminal.bytes_between(start, end)
    samples[f"{name}, kB/s"].append(written / 1000 / (end - start))
    share = 100 * spent / (end - start)
    if "max" not in name:
        samples[f"{name}, % of a core"].append(share)
    return share


def measure_lines(samples: Samples, seconds: float) -> None:
    """Compare the epochs shown on a poor line with those trained, 200 of them a second."""
    for line, properties in POOR_LINES.items():
        name = f"{line} over SSH"
        with over_a_line("--speed", "200", **properties) as terminal:
            opened = terminal.wait_for(lambda here: shown_epoch(here) >= 0, timeout=60.0)
            samples[f"{name}, first epoch shown, s"].append(opened - terminal.started)
            seen, whole = [], math.nan
            while (now := monotonic()) < opened + _START_SECONDS + seconds:
                seen.append((now, shown_epoch(terminal)))
                if math.isnan(whole) and is_complete(terminal):
                    whole = now
                sleep(0.05)
            samples[f"{name}, whole picture, s"].append(whole - terminal.started)
            pressed = monotonic()
            seconds_to_screen = time_until(terminal, " ", "paused")
            samples[f"{name}, key to screen, s"].append(seconds_to_screen)
            sleep(1.5)
            stopped, last = pressed + properties.get("delay", 0.0), shown_epoch(terminal)
        # Half a number is on the screen while a slow line writes it.
        best = np.maximum.accumulate([epoch for _, epoch in seen])
        ages = {
            at - opened: (last - epoch) / 200 - (stopped - at)
            for (at, epoch), newest in zip(seen, best, strict=True)
            if epoch == newest
        }
        start = [age for since, age in ages.items() if since < _START_SECONDS]
        later = [age for since, age in ages.items() if since >= _START_SECONDS]
        samples[f"{name}, age of the picture in the first 20 s, at most, s"].append(max(start))
        samples[f"{name}, age of the picture, s"].append(median(later))
        samples[f"{name}, age of the picture at most, s"].append(max(later))


def measure_lines_training(samples: Samples, seconds: float) -> None:
    """Train flat out over a poor line and a good one at the same time."""
    for line, properties in POOR_LINES.items():
        with (
            over_a_line("--speed", "max", **properties) as poor,
            over_a_line("--speed", "max") as good,
        ):
            both = (poor, good)
            for terminal in both:
                terminal.wait_for(is_complete, timeout=60.0)
            pause(both)
            before = [shown_epoch(terminal) for terminal in both]
            spent = [-cpu_seconds(terminal.process.pid) for terminal in both]
            for terminal in both:
                terminal.send(" ")
            sleep(seconds)
            # A delay is the same for the key that starts and for the one that ends.
            pause(both)
            trained = [shown_epoch(terminal) for terminal in both]
            for index, terminal in enumerate(both):
                trained[index] -= before[index]
                spent[index] += cpu_seconds(terminal.process.pid)
        name = f"{line} over SSH, epochs a"
        samples[f"{name} second against a good line"].append(trained[0] / trained[1])
        rates = [epochs / cpu for epochs, cpu in zip(trained, spent, strict=True)]
        samples[f"{name} CPU second against a good line"].append(rates[0] / rates[1])


def over_a_line(*words: str, **properties: Any) -> Terminal:
    return Terminal(*words, *FOREVER, columns=120, rows=40, env=OVER_SSH, **properties)


def pause(terminals: tuple[Terminal, ...]) -> None:
    """Pause, and wait until the epochs that are shown are the last."""
    for terminal in terminals:
        terminal.send(" ")
    for terminal in terminals:
        terminal.wait_for(lambda here: "paused" in here.row(0), timeout=60.0)
    sleep(2.0)


def measure_keys(samples: Samples, networks: dict[str, tuple[str, ...]], seconds: float) -> None:
    """Press keys while training flat out, at no fixed beat."""
    for name, words in networks.items():
        with Terminal(*words, "--speed", "max", columns=120, rows=40, env=LOCAL) as terminal:
            terminal.wait_for(is_complete)
            sleep(1.0)
            end = monotonic() + 2 * seconds
            while monotonic() < end:
                for key in " s":
                    milliseconds = 1000 * time_until(terminal, key, "paused")
                    samples[f"key to screen, {name}, ms"].append(milliseconds)
                    time_until(terminal, " ", "running")
                    sleep(random.uniform(0.1, 0.3))


def time_until(terminal: Terminal, key: str, word: str) -> float:
    pressed = monotonic()
    terminal.send(key)
    return terminal.wait_for(lambda here: word in here.row(0), timeout=60.0) - pressed


def measure_speed(samples: Samples, networks: dict[str, tuple[str, ...]], seconds: float) -> None:
    for name, words in networks.items():
        headless = headless_speed(words, seconds)
        shown = dashboard_speed((*words, "--speed", "max"), seconds)
        samples[f"{name}, headless epochs/s"].append(headless)
        samples[f"{name}, dashboard epochs/s"].append(shown)
        samples[f"{name}, dashboard against headless"].append(shown / headless)


def measure_checks(samples: Samples, seconds: float) -> None:
    """Compare the pace of XOR with live gradient checks and without."""
    for pace, words in (("default pace", ()), ("speed max", ("--speed", "max"))):
        checked = dashboard_speed(words, seconds)
        unchecked = dashboard_speed((*words, "--no-check"), seconds)
        samples[f"{pace}, checked against unchecked"].append(checked / unchecked)


def dashboard_speed(words: tuple[str, ...], seconds: float) -> float:
    with Terminal(*words, columns=120, rows=40, env=LOCAL) as terminal:
        terminal.wait_for(is_complete)
        sleep(1.0)
        first, before = next_epoch(terminal)
        sleep(seconds)
        last, after = next_epoch(terminal)
        return (after - before) / (last - first)


def next_epoch(terminal: Terminal) -> tuple[float, int]:
    """Wait for the status line to change; return when, and the epoch."""
    old = shown_epoch(terminal)
    at = terminal.wait_for(lambda here: shown_epoch(here) not in (old, -1))
    return at, shown_epoch(terminal)


def shown_epoch(terminal: Terminal) -> int:
    found = re.search(r"epoch ([\d,]+)", terminal.row(0))
    return int(found[1].replace(",", "")) if found else -1


def headless_speed(words: tuple[str, ...], seconds: float) -> float:
    """Return what `bptui train` itself counts, start-up left out."""
    with subprocess.Popen(
        [*COMMAND, "train", "--json", *words], stdout=subprocess.PIPE, text=True, env=LOCAL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        sleep(seconds + 1.0)
        process.terminate()  # a job of a shell script ignores SIGINT, and so would this
        last = process.stdout.read().splitlines()[-1]
    return float(json.loads(last)["epochs_per_second"])


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used, in all its threads."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return math.nan
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid: int) -> float:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return math.nan
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def summarized(samples: Samples) -> dict[str, float]:
    """Return medians, and for keys the 99th percentile too."""
    figures: dict[str, float] = {}
    for name, values in samples.items():
        if name.startswith("key"):
            figures[f"{name}, median of {len(values)}"] = median(values)
            figures[f"{name}, 99 %"] = float(np.percentile(values, 99))
        else:
            figures[name] = median(values)
    return figures


def print_table(figures: dict[str, float]) -> None:
    width = max(map(len, figures))
    for name, figure in figures.items():
        limit = next((limit for pattern, limit in LIMITS if re.search(pattern, name)), None)
        text = f"{name:<{width}}  {figure:>10,.2f}"
        if limit is not None:
            sign = "≥" if limit.at_least else "≤"
            text += f"   {sign} {limit.value:<5g}  {limit.judge(figure)}"
        print(text)


if __name__ == "__main__":
    main()
