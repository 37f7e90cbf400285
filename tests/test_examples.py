"""The example models do what they say."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from bptui.core.model_file import load_model_file
from bptui.core.training.model_trainer import built_model_trainer
from bptui.tui.cli import main

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
MISTAKE = FOLDER / "mistake.py"


def test_there_are_six() -> None:
    assert len(EXAMPLES) == 6


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_check(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", str(path), "--json"])
    report = json.loads(capsys.readouterr().out)
    if path == MISTAKE:
        assert (status, report["verdict"]) == (1, "fail")
        assert [found["code"] for found in report["diagnosis"]] == ["regularization"]
        assert report["diagnosis"][0]["ratio"] == pytest.approx(-0.5 / 40)
    else:
        assert (status, report["verdict"], report["diagnosis"]) == (0, "pass", [])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_train(path: Path) -> None:
    trainer = built_model_trainer(load_model_file(path), epoch_limit=200)
    before = trainer.cost
    trainer.advance(60.0)
    assert trainer.epoch == 200 and trainer.cost < before
    if path != MISTAKE:
        assert trainer.check().verdict in ("pass", "at-kink")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_predict(path: Path) -> None:
    names = runpy.run_path(str(path))
    given = names["parameters"]
    found = names["predict"](given(0) if callable(given) else given, names["X"])
    assert np.shape(found) == np.shape(names["y"])
