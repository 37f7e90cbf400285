"""Somebody's own MODEL.py, loaded, checked and trained."""

import json
from pathlib import Path

import numpy as np
import pytest

from bptui.core import InputError
from bptui.core.configuration import Configuration
from bptui.core.model_file import load_model_file
from bptui.core.training.model_runs import model_trainer_of
from bptui.tui.cli import main

GOOD = """
import numpy as np
print("hello from the model")
parameters = {"w": np.array([3.0, -1.0]), "b": 0.5}
learning_rate = 0.1
def cost(p):
    print("in cost")
    return (p["w"] ** 2).sum() + p["b"] ** 2
def gradients(p):
    return {"w": 2 * p["w"], "db": 2 * p["b"]}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.py"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture
def good(tmp_path: Path) -> str:
    return str(written(tmp_path, GOOD))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_check(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = said(capsys, "check", good)
    assert status == 0
    assert out.startswith("mine.py · 3 parameters in 2 arrays · epoch 0 · J 10.25\n\nPASS  3 of 3")
    assert "in cost" in err and "in cost" not in out


def test_json_is_not_broken_by_what_their_code_prints(
    good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = said(capsys, "check", good, "--json", "--values", "--after", "2")
    report = json.loads(out)
    assert (status, report["verdict"]) == (0, "pass")
    assert [array["name"] for array in report["arrays"]] == ["w", "b"]
    assert report["cost"] == pytest.approx(10.25 * 0.8**4)
    assert "hello from the model" in err


def test_a_wrong_gradient_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, GOOD.replace('2 * p["w"], "db": 2', '4 * p["w"], "db": 4'))
    status, out, _ = said(capsys, "check", str(path), "--method", "central")
    assert status == 1
    assert "A constant factor is wrong everywhere: backprop / numerical is exactly 2;" in out


def test_train(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "train", good, "--epochs", "40")
    assert status == 0
    assert "epochs      40 in" in out and "reached 40 epochs" in out
    assert "check       PASS" in out and "from 10.25" in out


def test_train_json(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = said(capsys, "train", good, "--json", "--until-cost", "0.01")
    events = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert events[0]["event"] == "start" and events[0]["cost"] == 10.25
    assert events[-1]["event"] == "finished" and events[-1]["verdict"] == "pass"
    assert events[-1]["cost"] <= 0.01 < events[-1]["cost"] / 0.8**2


CLASSES = """
import numpy as np
X = np.linspace(-1.0, 1.0, 500).reshape(-1, 1)
y = (X[:, 0] > -0.9).astype(int)
parameters = np.zeros(1)
def cost(p): return ((p - 1.0) ** 2).sum()
def gradients(p): return 2 * (p - 1.0)
def predict(p, X): return X[:, 0] > 0.0
"""


def test_train_says_how_many_are_right_of_all_samples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(written(tmp_path, CLASSES))
    status, out, _ = said(capsys, "train", path, "--epochs", "2")
    assert status == 0 and "\naccuracy    55 %\ncheck " in out
    assert "model       mine.py, 1 parameter\n" in out
    status, out, _ = said(capsys, "train", path, "--epochs", "2", "--json")
    scores = json.loads(out.splitlines()[-1])["scores"]
    assert (scores["name"], scores["training"], scores["validation"]) == ("accuracy", 0.55, None)
    assert scores["confusion"] == [[25, 0], [225, 250]]
    assert scores["root_mean_squared_errors"] is None
    _, out, _ = said(capsys, "check", path)
    assert out.startswith("mine.py · 1 parameter in 1 array · epoch 0")


def test_train_says_how_large_the_errors_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = CLASSES.replace("(X[:, 0] > -0.9).astype(int)", "3.0 * X[:, 0]")
    path = str(written(tmp_path, text.replace("X[:, 0] > 0.0", "3.0 * X[:, 0] + 0.5")))
    status, out, _ = said(capsys, "train", path, "--epochs", "2")
    assert status == 0 and "\nR²          0.9" in out
    assert "\nerror       y 0.5 (root mean square)\n" in out
    _, out, _ = said(capsys, "train", path, "--epochs", "2", "--json")
    (error,) = json.loads(out.splitlines()[-1])["scores"]["root_mean_squared_errors"]
    assert error == {"target": "y", "training": pytest.approx(0.5), "validation": None}


def test_outputs_that_cannot_be_told_spoil_nothing(
    good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = said(capsys, "train", good, "--epochs", "2", "--json")
    assert (status, json.loads(out.splitlines()[-1])["scores"]) == (0, None)
    path = str(written(tmp_path, CLASSES.replace("X[:, 0] > 0.0", "X[:7]")))
    status, out, _ = said(capsys, "train", path, "--epochs", "2")
    told = "outputs     predict: it returned an array of shape (7, 1) for 500 samples\ncheck  "
    assert status == 0 and told in out
    status, out, _ = said(capsys, "train", path, "--epochs", "2", "--json")
    assert (status, json.loads(out.splitlines()[-1])["scores"]) == (0, None)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "rmsprop", "adam"])
def test_every_optimizer_lowers_the_cost(good: str, optimizer: str) -> None:
    trainer = model_trainer_of(
        load_model_file(Path(good)), Configuration(optimizer=optimizer, epochs=30)
    )
    trainer.advance(60.0)
    assert trainer.state == "finished" and trainer.cost < 10.25


def test_divergence_keeps_the_last_good_parameters(
    good: str, capsys: pytest.CaptureFixture[str]
) -> None:
    trainer = model_trainer_of(load_model_file(Path(good)), Configuration(learning_rate=1e6))
    trainer.advance(60.0)
    assert trainer.state == "diverged" and np.isfinite(trainer.theta).all()
    assert "smaller learning rate than 1e+06" in trainer.message
    status, _, err = said(capsys, "train", good, "--eta", "1e6")
    assert status == 3 and "smaller learning rate" in err


def test_a_seed_goes_to_parameters_that_take_one(tmp_path: Path) -> None:
    text = GOOD + "\ndef parameters(seed):\n    return {'w': np.full(2, seed), 'b': 0.0}\n"
    model = load_model_file(written(tmp_path, text))
    assert model_trainer_of(model, Configuration(seed=7)).theta.tolist() == [7.0, 7.0, 0.0]


@pytest.mark.parametrize(
    "parameter",
    [
        "seed",
        "seed=3",
        "*seeds",
        "seed, scale=1.0",
        "scale=1.0, seed=3",
        "*, seed",
        "seed, rng=None",
    ],
)
def test_a_function_that_can_take_a_seed_gets_it(parameter: str, tmp_path: Path) -> None:
    seed = "seeds[0]" if "seeds" in parameter else "seed"
    text = GOOD + (
        f"\ndef parameters({parameter}):\n    return {{'w': np.full(2, {seed}), 'b': 0.0}}\n"
    )
    model = load_model_file(written(tmp_path, text))
    assert model.takes_seed
    assert model_trainer_of(model, Configuration(seed=7)).theta.tolist() == [7.0, 7.0, 0.0]


@pytest.mark.parametrize("name", ["rng", "random_state", "which"])
def test_what_is_needed_or_named_as_a_generator_gets_the_seed(name: str, tmp_path: Path) -> None:
    default = "" if name == "which" else "=None"
    text = GOOD + (
        f"\ndef parameters({name}{default}):\n"
        f"    return {{'w': np.random.default_rng({name}).normal(size=2), 'b': 0.0}}\n"
    )
    model = load_model_file(written(tmp_path, text))
    expected = np.random.default_rng(7).normal(size=2)
    assert model_trainer_of(model, Configuration(seed=7)).theta.tolist() == [*expected, 0.0]


def test_a_choice_with_a_default_is_no_seed(tmp_path: Path) -> None:
    text = GOOD + "\ndef parameters(size=2):\n    return {'w': np.ones(size), 'b': 0.0}\n"
    model = load_model_file(written(tmp_path, text))
    assert not model.takes_seed
    assert model_trainer_of(model, Configuration(seed=7)).theta.tolist() == [1.0, 1.0, 0.0]


def test_parameters_may_be_a_function_of_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (
        GOOD
        + "\ndef parameters():\n    print('drawn')\n    return {'w': np.random.rand(2), 'b': 0.0}\n"
    )
    path = written(tmp_path, text)
    model = load_model_file(path)
    assert not model.takes_seed
    trainer = model_trainer_of(model, Configuration(seed=7, epochs=3))
    first = trainer.theta.copy()
    trainer.advance(60.0)
    # The same weights again are the same, although the function would draw others.
    trainer.reinitialize(7)
    assert trainer.theta.tolist() == first.tolist()
    status, out, err = said(capsys, "check", str(path))
    assert status == 0 and "seed" not in out
    assert "drawn" in err and "drawn" not in out


def test_it_may_import_its_neighbour_and_define_data_classes(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_mine.py").write_text("two = 2.0\n")
    text = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from neighbour_of_mine import two\n@dataclass\nclass A:\n    x: float = two\n" + GOOD
    )
    assert load_model_file(written(tmp_path, text)).learning_rate == 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = (1\n", "mine.py, line 1: not Python: '(' was never closed"),
        ("import nothing_like_this\n", "raised ModuleNotFoundError at mine.py, line 1: No module"),
        ("import sys\n\nsys.exit(3)\n", "left the program by sys.exit at mine.py, line 3"),
        ("x = 1 / 0\n", "raised ZeroDivisionError at mine.py, line 1: division"),
        ("\0", "not Python"),
        ("", "it defines no parameters; a model needs"),
        (GOOD.replace("def cost", "def costs"), "it defines no cost (did you mean 'costs'?)"),
        (GOOD + "cost = 3\n", "cost is not a function"),
        (GOOD + "learning_rate = 'fast'\n", "learning_rate is not a number above 0"),
        (GOOD + "def parameters(seed):\n    return seed.x\n", "parameters raised AttributeError"),
        (GOOD + "def parameters():\n    return 1 / 0\n", "mine.py: parameters raised ZeroDivision"),
        (GOOD + "def parameters(a, b):\n    return a\n", "mine.py: parameters raised TypeError"),
        (GOOD + "def cost(p):\n    return p['v']\n", "cost raised KeyError at mine.py, line 12"),
        (GOOD + "def gradients(p):\n    return [1]\n", "mine.py: gradients: a dict is needed"),
        (GOOD + "def gradients(p):\n    exit(0)\n", "left the program by sys.exit"),
        (GOOD + "parameters = None\n", "mine.py: parameters: arrays of real numbers"),
        (GOOD + "def cost(p):\n    return float('nan')\n", "cost: it is nan at the parameters"),
    ],
)
@pytest.mark.parametrize("command", ["check", "train"])
def test_what_is_wrong_with_the_file_is_one_sentence(
    tmp_path: Path, text: str, message: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = said(capsys, command, str(written(tmp_path, text)))
    sentence = err.splitlines()[-1]
    assert sentence.startswith("bptui: ") and message in sentence
    assert (status, out) == (2, "")


def test_a_missing_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "check", "no.py") == (2, "", "bptui: no.py: no such file\n")


@pytest.mark.parametrize(
    "option", [("--layers", "2,1"), ("--data", "xor"), ("--preset", "article")]
)
def test_options_of_networks_are_refused(
    good: str, option: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = said(capsys, "check", good, *option)
    assert status == 2 and f"{option[0]}: a model file has parameters" in err


@pytest.mark.parametrize("words", [("run",), ()])
def test_without_a_terminal_the_dashboard_becomes_training(
    good: str, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = said(capsys, *words, good, "--epochs", "20")
    assert status == 0 and "needs a terminal" in err and "bptui train" in err
    assert "20 in" in out


def test_two_files_are_one_too_many(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = said(capsys, "check", good, good)
    assert status == 2 and "unexpected argument" in err


@pytest.mark.parametrize("words", [("check",), ("train",), ()])
def test_what_is_no_model_file_is_told_how_one_is_named(
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").touch()
    (tmp_path / "mine").mkdir()
    status, _, err = said(capsys, *words, "mine")
    assert status == 2
    assert err.endswith(": a directory is none; the name of a model file ends in .py\n")
    status, _, err = said(capsys, *words, "README.md")
    assert status == 2 and err.endswith("README.md': the name of a model file ends in .py\n")


@pytest.mark.parametrize("words", [("check",), ("train",), ("run",), ()])
@pytest.mark.parametrize("beside", ["nothing", "folder", "file"])
def test_the_name_of_a_model_file_without_its_ending_is_completed(
    words: tuple[str, ...],
    beside: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, GOOD)
    if beside == "folder":
        (tmp_path / "mine").mkdir()
    elif beside == "file":
        (tmp_path / "mine").touch()
    status, _, err = said(capsys, *words, "mine")
    assert status == 2 and "'mine' (did you mean 'mine.py'?)" in err
    assert err.count("\n") == 1


def test_a_command_is_no_model_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faults.py").write_text(GOOD, "utf-8")
    assert said(capsys, "faults")[0] == 0


def test_errors_are_input_errors_for_python_too(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        load_model_file(tmp_path)
