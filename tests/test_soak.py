"""Short forms of what `tests/soak/` does at length."""

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).with_name("soak")


def soak(name: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(SOAK / name), *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such kill")
@pytest.mark.parametrize("words", [(), ("--model",)], ids=["network", "model"])
def test_a_run_survives_being_killed_while_it_saves(words: tuple[str, ...]) -> None:
    assert soak("kill_while_saving.py", "--kills", "5", *words).startswith("5 kills, ")


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured otherwise there")
def test_damaged_files_are_read_or_refused_in_a_sentence() -> None:
    assert "memory" in soak("fuzz_files.py", "--files", "200", "--seed", "2", "--mutated-only")
