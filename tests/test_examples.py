"""The example models do what they say."""

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from bptui.core.configuration import Configuration
from bptui.core.model_file import load_model_file
from bptui.core.training.model_runs import model_trainer_of
from bptui.tui.cli import main

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
MISTAKE = FOLDER / "mistake.py"
ARTICLE = FOLDER / "article.py"
WRONG = (MISTAKE, ARTICLE)


def test_there_are_seven() -> None:
    assert len(EXAMPLES) == 7


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_check(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", str(path), "--json"])
    report = json.loads(capsys.readouterr().out)
    if path == MISTAKE:
        assert (status, report["verdict"]) == (1, "fail")
        assert [found["code"] for found in report["diagnosis"]] == ["regularization"]
        assert report["diagnosis"][0]["ratio"] == pytest.approx(-0.5 / 40)
    elif path == ARTICLE:
        assert (status, report["verdict"]) == (1, "fail")
        assert [found["code"] for found in report["diagnosis"]] == ["mutation"]
    else:
        assert (status, report["verdict"], report["diagnosis"]) == (0, "pass", [])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_train(path: Path) -> None:
    trainer = model_trainer_of(load_model_file(path), Configuration(epochs=200))
    before = trainer.cost
    trainer.advance(60.0)
    assert trainer.epoch == 200 and trainer.cost < before
    if path not in WRONG:
        assert trainer.check().verdict in ("pass", "at-kink")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_predict(path: Path) -> None:
    names = runpy.run_path(str(path))
    given = names["parameters"]
    found = names["predict"](given(0) if callable(given) else given, names["X"])
    assert np.shape(found) == np.shape(names["y"])


@pytest.mark.parametrize(
    ("update", "sums", "verdict", "codes"),
    [
        (True, False, "fail", ["mutation", "stale-point"]),
        (False, True, "fail", ["scale"]),
        (False, False, "pass", []),
    ],
)
def test_the_mistakes_of_the_article_are_found_one_by_one(
    update: bool,
    sums: bool,
    verdict: str,
    codes: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = ARTICLE.read_text("utf-8")
    for name, value in (("UPDATE_BEFORE_CHECK", update), ("SUM_FOR_GRADIENT", sums)):
        assert f"{name} = True" in text
        text = text.replace(f"{name} = True", f"{name} = {value}")
    switched = tmp_path / "switched.py"
    switched.write_text(text, "utf-8")
    main(["check", str(switched), "--json"])
    report = json.loads(capsys.readouterr().out)
    assert report["verdict"] == verdict
    assert [found["code"] for found in report["diagnosis"]] == codes
    if codes == ["scale"]:
        assert report["diagnosis"][0]["ratio"] == pytest.approx(2.0)
