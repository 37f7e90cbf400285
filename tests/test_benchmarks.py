"""The benchmarks of the gradient check run; what they measure is not judged here."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gradient_checkers.py", "--only", "verdicts", "--alone"], "false alarms"),
        (["diagnoses.py", "--faults", "1"], "wrong with confidence"),
    ],
)
def test_a_benchmark_runs(words: list[str], said: str) -> None:
    command = [sys.executable, *words, "--networks", "1", "--seed", "3"]
    done = subprocess.run(command, cwd=BENCHMARKS, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert said in done.stdout
