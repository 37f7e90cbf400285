"""Measurements with a text class column, like a flower data set: 150 rows, 4 numbers, 3 classes."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from bptui.tui.cli import main

OPTIONS = ("--hidden", "8", "--cost", "cross-entropy", "--validation", "0.2")


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    generator = np.random.default_rng(7)
    kinds = {
        "setosa": (5.0, 3.4, 1.5, 0.3),
        "versicolor": (5.9, 2.8, 4.3, 1.3),
        "virginica": (6.6, 3.0, 5.6, 2.0),
    }
    rows = [
        ",".join([*(f"{value:.1f}" for value in row), name])
        for name, middle in kinds.items()
        for row in generator.normal(middle, (0.35, 0.3, 0.3, 0.15), (50, 4))
    ]
    generator.shuffle(rows)
    path = tmp_path / "flowers.csv"
    path.write_text("\n".join(["sepal length,sepal width,petal length,petal width,kind", *rows]))
    return path


def test_they_are_learned_headless(flowers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", str(flowers), *OPTIONS, "--epochs", "3000"]) == 0
    said = capsys.readouterr().out
    found = re.search(r"accuracy +(\d+(?:\.\d+)?) %, in validation (\d+(?:\.\d+)?) %", said)
    assert found is not None, said
    assert float(found.group(2)) > 95.0
    assert "4-8-3" in said and "PASS" in said


def test_they_pass_the_check(flowers: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--data", str(flowers), *OPTIONS, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] == 8 * 5 + 3 * 9


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_they_are_learned_on_screen(flowers: Path) -> None:
    from terminal import Terminal

    def learned(screen: Terminal) -> bool:
        found = re.search(r"(\d+) of (\d+) right", screen.text())
        return found is not None and int(found.group(1)) > 0.95 * int(found.group(2))

    arguments = ("--data", flowers.name, *OPTIONS, "--speed", "1000")
    with Terminal(*arguments, columns=120, rows=40, cwd=flowers.parent) as terminal:
        terminal.wait_for(learned)
        terminal.wait_for("PASS")
        assert "virginica" in terminal.text()
        terminal.send("q")
        assert terminal.wait() == 0
