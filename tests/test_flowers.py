"""The data file of the README: 150 rows, 4 numbers, and a text column with 3 classes."""

import json
import re
import sys
from pathlib import Path

import pytest

from bptui.tui.cli import main

OPTIONS = ("--hidden", "8", "--cost", "cross-entropy", "--validation", "0.2")


FLOWERS = Path(__file__).parent.parent / "examples" / "flowers.csv"


def test_they_are_learned_headless(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", str(FLOWERS), *OPTIONS, "--epochs", "3000"]) == 0
    said = capsys.readouterr().out
    found = re.search(r"accuracy +(\d+(?:\.\d+)?) %, in validation (\d+(?:\.\d+)?) %", said)
    assert found is not None, said
    assert float(found.group(2)) > 95.0
    assert "4-8-3" in said and "PASS" in said


def test_they_pass_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--data", str(FLOWERS), *OPTIONS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 8 * 5 + 3 * 9


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_they_are_learned_on_screen() -> None:
    from terminal import Terminal

    def learned(screen: Terminal) -> bool:
        found = re.search(r"(\d+) of (\d+) right", screen.text())
        return found is not None and int(found.group(1)) > 0.95 * int(found.group(2))

    arguments = ("--data", FLOWERS.name, *OPTIONS, "--speed", "1000")
    with Terminal(*arguments, columns=120, rows=40, cwd=FLOWERS.parent) as terminal:
        terminal.wait_for(learned)
        terminal.wait_for("PASS")
        assert "virginica" in terminal.text()
        terminal.send("q")
        assert terminal.wait() == 0
