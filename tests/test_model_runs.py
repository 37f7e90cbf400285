"""Run folders of somebody's own model: nothing is lost, and no checkpoint names code to run."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from watching import keep, watched

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.history import Mark
from bptui.core.model_file import load_model_file
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.runs import checkpoint
from bptui.core.runs.files import CHECKPOINT, CONFIGURATION, LOG
from bptui.core.runs.folder import RunFolder, check_free
from bptui.core.runs.kept import read_run
from bptui.core.runs.saving import ModelNeededError
from bptui.core.training import build_trainer, resume_trainer
from bptui.core.training.model_runs import model_trainer_of, resume_model_trainer
from bptui.core.training.model_trainer import ModelTrainer
from bptui.tui.cli import main

ARRAY = """
import numpy as np
learning_rate = 0.01
def parameters(seed):
    return np.random.default_rng(seed).normal(size=(3, 2))
def cost(w):
    return np.log(np.cosh(w)).sum() + (w[0] * w[2]).sum() ** 2
def gradients(w):
    product = 2 * (w[0] * w[2]).sum() * w[[2, 1, 0]]
    product[1] = 0
    return np.tanh(w) + product
"""
MANY = """
import numpy as np
learning_rate = 0.01
def parameters(seed):
    rng = np.random.default_rng(seed)
    return START
def leaves(p):
    values = p.values() if isinstance(p, dict) else p
    for value in values:
        yield from leaves(value) if isinstance(value, (dict, list, tuple)) else [value]
def cost(p):
    return sum(float(np.log(np.cosh(x)).sum()) for x in leaves(p))
def slope(p):
    if isinstance(p, dict):
        return {name: slope(value) for name, value in p.items()}
    return type(p)(map(slope, p)) if isinstance(p, (list, tuple)) else np.tanh(p)
gradients = slope
"""
STARTS = {
    "list": "[rng.normal(size=(2, 3)), rng.normal(size=3)]",
    "tuple": "(rng.normal(size=4), 0.5)",
    "dict": "{'W1': rng.normal(size=(2, 2)), '[red]b\\x1b': rng.normal(size=(1, 2))}",
    "nested": "[{'W': rng.normal(size=(2, 1, 2)), 'b': 1.5}, (rng.normal(size=2),)]",
    "single precision": "[rng.normal(size=3).astype('f4'), np.zeros((2, 0)), rng.normal(size=2)]",
}
TEXTS = {"array": ARRAY} | {name: MANY.replace("START", start) for name, start in STARTS.items()}
DICT = TEXTS["dict"]

Made = Callable[..., ModelTrainer]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def model(text: str = DICT, name: str = "mine.py") -> Any:
    Path(name).write_text(text, "utf-8")
    return load_model_file(Path(name), captured=True)


def saved(
    text: str = DICT, epochs: int = 7, *, limit: int | None = None, **choices: Any
) -> ModelTrainer:
    """Return a trainer that is saved in the folder `run`."""
    trainer = model_trainer_of(model(text), Configuration(epochs=limit, **choices))
    trainer.advance(float("inf"), epochs)
    trainer.save(Path("run"))
    return trainer


def everything(trainer: ModelTrainer) -> tuple[Any, ...]:
    point = trainer.point()
    return (
        (point.epoch, point.seed, point.learning_rate, point.last_cost, trainer.cost),
        point.theta.tobytes(),
        sorted((name, values.tobytes()) for name, values in point.optimizer.items()),
        sorted((name, values.tobytes()) for name, values in trainer.history.arrays().items()),
        tuple(trainer.marks),
        [(array.dtype, array.tobytes()) for array in trainer.gradients()],
    )


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(InputError) as caught:
        act()
    message = str(caught.value)
    assert message.isprintable() and 10 < len(message) < 600
    return message


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


class TestTheSameBits:
    @pytest.mark.parametrize("optimizer", OPTIMIZERS)
    @pytest.mark.parametrize("kind", TEXTS)
    def test_a_resumed_run_ends_as_an_uninterrupted_one(self, kind: str, optimizer: str) -> None:
        straight = saved(TEXTS[kind], 17, optimizer=optimizer, seed=3)
        straight.learning_rate /= 2
        straight.advance(float("inf"), 5)
        straight.save(Path("run"))
        resumed = resume_model_trainer(Path("run"), straight.model)
        assert everything(resumed) == everything(straight)
        assert resumed.marks[0] == Mark(17, "learning-rate", "η 0.005")
        for each in (straight, resumed):
            each.advance(float("inf"), 40)
        assert everything(resumed) == everything(straight)
        for each in (straight, resumed):
            each.reinitialize(each.seed)
            each.advance(float("inf"), 5)
        assert everything(resumed) == everything(straight)

    def test_another_seed_and_a_long_history_come_back(self) -> None:
        straight = model_trainer_of(model(), Configuration())
        straight.reinitialize(99)
        straight.advance(float("inf"), 5000)
        straight.save(Path("run"))
        resumed = resume_model_trainer(Path("run"), straight.model)
        assert resumed.seed == 99
        assert everything(resumed) == everything(straight)

    @pytest.mark.parametrize("name", ["cost", "gradients"])
    def test_a_step_that_is_broken_off_is_not_saved(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As by a second Ctrl+C."""
        trainer = model_trainer_of(model(), Configuration(optimizer="momentum"))
        before = getattr(trainer._functions, name)
        calls: list[int] = []

        def broken_off(*arguments: Any) -> Any:
            calls.append(1)
            if len(calls) > 9:
                raise KeyboardInterrupt
            return before(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(trainer._functions, name, broken_off)
            with pytest.raises(KeyboardInterrupt):
                trainer.advance(60.0)
        trainer.save(Path("run"))
        resumed = resume_model_trainer(Path("run"), trainer.model)
        straight = model_trainer_of(trainer.model, Configuration(optimizer="momentum"))
        assert 0 < resumed.epoch == trainer.epoch
        for each in (resumed, straight):
            each.advance(float("inf"), 20 - each.epoch)
        assert everything(resumed) == everything(straight)

    def test_what_stops_it_is_kept_and_may_be_moved(self) -> None:
        straight = saved(limit=20, epochs=20)
        resumed = resume_model_trainer(Path("run"), straight.model)
        assert resumed.advance(float("inf")) == 0
        assert (resumed.state, resumed.message) == ("finished", "reached 20 epochs")
        more = resume_model_trainer(Path("run"), straight.model, epochs=30, learning_rate=0.5)
        more.advance(float("inf"))
        assert (more.state, more.epoch, more.learning_rate) == ("finished", 30, 0.5)
        more.save(Path("run"))
        again = resume_model_trainer(Path("run"), straight.model)
        assert (again.epoch_limit, again.learning_rate) == (30, 0.5)


class TestTheFile:
    def test_nothing_in_the_folder_says_where_it_is(self, here: Path) -> None:
        saved()
        for path in Path("run").iterdir():
            assert str(here).encode() not in path.read_bytes()
        assert json.loads(Path("run", CONFIGURATION).read_text())["data"] == "mine.py"

    def test_it_may_change_and_training_goes_on_with_what_it_is_now(self) -> None:
        before = saved()
        changed = model(DICT + "# better\n")
        resumed = resume_model_trainer(Path("run"), changed)
        assert resumed.notice == (
            "mine.py has changed since this run was saved; it goes on with the new text"
        )
        assert everything(resumed) == everything(before)
        twice = DICT.replace("return sum(", "return 2 * sum(").replace("np.tanh(p)", "2*np.tanh(p)")
        resumed = resume_model_trainer(Path("run"), model(twice))
        assert resumed.cost == 2 * before.cost
        assert np.array_equal(resumed.gradients()[0], 2 * before.gradients()[0])
        resumed.save(Path("run"))
        assert resume_model_trainer(Path("run"), resumed.model).notice == ""

    def test_it_may_have_another_name(self) -> None:
        saved()
        assert resume_model_trainer(Path("run"), model(name="other.py")).notice == ""
        other = model(DICT + "\n", name="[b]other\x1b.py")
        assert resume_model_trainer(Path("run"), other).notice == (
            r"this run was saved with mine.py; it goes on with [b]other\x1b.py"
        )

    @pytest.mark.parametrize(
        ("old", "new", "sentence"),
        [
            ("(2, 2)", "(2, 3)", "W1 of shape (2, 2) was saved, and in mine.py W1 of shape (2, 3)"),
            ("'W1'", "'V1'", "W1 of shape (2, 2) was saved, and in mine.py V1 of shape (2, 2)"),
            ("{'W1'", "{'b': 1.0, 'W1'", "and in mine.py b of shape () stands in its place"),
            ("(1, 2))}", "(1, 2)), 'c': 0.5}", "2 arrays of parameters were saved, and mine.py ha"),
        ],
    )
    def test_other_parameters_are_refused(self, old: str, new: str, sentence: str) -> None:
        saved()
        assert old in DICT
        other = model(DICT.replace(old, new))
        message = refusal(lambda: resume_model_trainer(Path("run"), other))
        assert message.startswith("run: this run cannot go on: ")
        assert sentence in message

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("    1 / 0", "cost raised ZeroDivisionError at mine.py, line "),
            ("    return np.nan", "cost: it is nan at the parameters to "),
        ],
    )
    def test_code_that_fails_there_is_told(self, line: str, sentence: str) -> None:
        started = "def cost(p):\n    started.append(1)\n    if len(started) > 1:\n    "
        saved()
        broken = model("started = []\n" + DICT.replace("def cost(p):\n", f"{started}{line}\n"))
        message = refusal(lambda: resume_model_trainer(Path("run"), broken))
        assert message.startswith("run: this run cannot go on: mine.py: ")
        assert sentence in message


class TestWhoseRunItIs:
    def test_one_of_a_model_needs_the_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        saved()
        with pytest.raises(ModelNeededError) as caught:
            resume_trainer(Path("run"))
        assert caught.value.model == "mine.py"
        for command in ("run", "train"):
            status, out, err = said(capsys, command, "--resume", "run")
            assert (status, out) == (2, "")
            assert err.splitlines()[-1] == (
                "bptui: run: this run trains mine.py, and a checkpoint names no code that is run; "
                "name the file to go on: bptui train mine.py --resume run"
            )

    def test_one_of_a_network_needs_none(self, capsys: pytest.CaptureFixture[str]) -> None:
        build_trainer(Configuration()).save(Path("run"))
        model()
        status, _, err = said(capsys, "train", "mine.py", "--resume", "run")
        assert status == 2
        assert err == (
            "bptui: run: this run cannot go on: it is of a network of bptui's own; leave the "
            "model file out\n"
        )

    def test_a_name_that_would_be_a_command_is_one_word(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        saved()
        arrays = parts()
        choices = json.loads(str(arrays["configuration"])) | {"data": "/tmp/a.py; \x1b[2Jrm x.py"}
        write(arrays | {"configuration": np.array(json.dumps(choices))})
        status, _, err = said(capsys, "train", "--resume", "run")
        assert status == 2
        assert err.endswith(": bptui train 'a.py; \\x1b[2Jrm x.py' --resume run\n")

    def test_a_folder_that_holds_one_is_not_free(self) -> None:
        saved()
        message = refusal(lambda: check_free(Path("run")))
        assert message == (
            "run: holds a run at epoch 7 of mine.py; --resume run continues it, or name another "
            "folder"
        )

    def test_the_last_of_this_file_is_taken(self, capsys: pytest.CaptureFixture[str]) -> None:
        for name in ("mine.py", "other.py", "xor"):
            folder = RunFolder(name="run")
            if name == "xor":
                build_trainer(Configuration()).save(folder.take())
            else:
                trainer = model_trainer_of(model(name=name), Configuration())
                trainer.advance(float("inf"), len(name))
                trainer.save(folder.take())
            folder.close()
        words = ("--resume", "--epochs", "50", "--json")
        for name in ("mine.py", "other.py"):
            status, out, _ = said(capsys, "train", name, *words)
            assert (status, json.loads(out.splitlines()[0])["epoch"]) == (0, len(name))
        model(name="third.py")
        status, _, err = said(capsys, "train", "third.py", *words)
        assert (status, "no run can be resumed" in err) == (2, True)


class TestTrain:
    def test_it_is_kept_and_goes_on(self, capsys: pytest.CaptureFixture[str]) -> None:
        model()
        status, out, _ = said(capsys, "train", "mine.py", "--run", "run", "--epochs", "40")
        assert status == 0
        assert out.endswith("saved in    run\nagain       bptui train mine.py --epochs 40\n")
        status, out, err = said(capsys, "train", "mine.py", "--resume", "run", "--epochs", "60")
        assert (status, err) == (0, "")
        assert "epochs      60 in" in out
        assert out.endswith(
            "saved in    run\ngo on       bptui train mine.py --resume run --epochs 120\n"
        )
        _, out, _ = said(capsys, "train", "mine.py", "--resume", "run", "--epochs", "60")
        assert "\nepochs      60; reached 60 epochs\n" in out
        status, _, err = said(capsys, "train", "mine.py", "--resume", "run", "--epochs", "50")
        assert status == 2 and err.startswith("bptui: run: this run stands at epoch 60 already")
        straight = model_trainer_of(model(), Configuration())
        straight.advance(float("inf"), 60)
        resumed = resume_model_trainer(Path("run"), straight.model)
        assert everything(resumed) == everything(straight)
        rows = [row.split(",") for row in Path("run", LOG).read_text().splitlines()[1:]]
        epochs = [int(row[0]) for row in rows]
        assert epochs == sorted(set(epochs)) and epochs[0] == 0 and epochs[-1] == 60
        assert float(rows[-1][1]) == straight.cost

    @pytest.mark.parametrize(
        ("slope", "why"),
        [
            ("-2 * w", "worse than at the start"),
            ("np.where(w < 1e150, -2 * w, np.nan)", "beyond repair"),
        ],
    )
    def test_parameters_not_worth_going_on_from_are_said_to_be(
        self, slope: str, why: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = "import numpy as np\nparameters = np.ones(2)\ndef cost(w):\n"
        text += "    with np.errstate(all='ignore'):\n        return float(w @ w)\n"
        model(text + f"gradients = lambda w: {slope}\n")
        status, _, err = said(capsys, "train", "mine.py", "--run", "run")
        assert status == 3
        reached = read_run(Path("run"))
        told = f"the parameters of epoch {reached.epoch:,} are {why}, "
        assert told in err and "start again with a smaller learning rate than 0.1\n" in err
        model(text + "gradients = lambda w: 2 * w\n")
        words = ("--resume", "run", "--epochs", str(reached.epoch + 9))
        status, _, err = said(capsys, "train", "mine.py", *words)
        assert status == 0 and "this run diverged, and the parameters of epoch" in err

    def test_a_mistake_is_mended_and_training_goes_on(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        trap = "gradients = lambda p: slope(p) if p['W1'][0, 0] > 0.05 else 1 / 0\n"
        model(DICT.replace("gradients = slope\n", trap))
        status, out, err = said(capsys, "train", "mine.py", "--run", "run")
        assert status == 2
        assert "raised ZeroDivisionError at mine.py" in err
        assert out == "saved in    run\ngo on       bptui train mine.py --resume run\n" + (
            "again       bptui train mine.py\n"
        )
        reached = read_run(Path("run"))
        assert reached.state == "diverged" and reached.epoch > 3
        model()
        words = ("train", "mine.py", "--resume", "run", "--epochs", str(reached.epoch + 9))
        status, out, err = said(capsys, *words)
        assert (status, f"epochs      {reached.epoch + 9} in" in out) == (0, True)
        assert err == (
            "bptui: mine.py has changed since this run was saved; it goes on with the new text\n"
        )

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["--resume", "run", "--optimizer", "adam"], "--optimizer: a resumed run keeps the"),
            (["--resume", "run", "--seed", "1"], "--seed: a resumed run keeps the settings"),
            (["--resume", "nowhere"], "no run can be resumed: nowhere/checkpoint.npz: no such"),
            (["--run", "run"], "run: holds a run at epoch 7 of mine.py"),
            (["--resume", "run", "--patience", "3"], "--patience: it is for bptui's own networks"),
        ],
    )
    def test_what_cannot_be_is_one_sentence(
        self, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        saved()
        before = Path("run", CHECKPOINT).read_bytes()
        status, out, err = said(capsys, "train", "mine.py", *words)
        assert (status, out) == (2, "")
        assert sentence in err and err.count("\n") == 1
        assert Path("run", CHECKPOINT).read_bytes() == before


class TestWatch:
    def test_it_is_shown_and_no_code_is_run(self) -> None:
        trainer = model_trainer_of(model(), Configuration(epochs=300, learning_rate=0.02))
        trainer.advance(float("inf"), 100)
        trainer.learning_rate = 0.01
        keep(trainer, RunFolder(Path("run")))
        Path("mine.py").write_text("raise SystemExit")
        shown = watched(Path("run"))
        assert (shown.state, shown.epoch, shown.checkpoint_epoch) == ("finished", 300, 300)
        assert (shown.cost, shown.message) == (trainer.cost, "reached 300 epochs")
        about = shown.description
        assert (about.data, about.size, about.optimizer) == ("mine.py", "6 parameters", "sgd")
        assert about.array_names == ("W1", r"[red]b\x1b")
        assert about.takes_seed and not about.bias_column
        for mine, theirs in zip(shown.thetas, trainer.parameters(), strict=True):
            np.testing.assert_array_equal(mine, theirs)
        assert [mark.text for mark in shown.curve.marks] == ["η 0.01"]
        np.testing.assert_array_equal(shown.curve.columns.last, trainer.curve().columns.last)
        assert shown.report is None
        assert shown.no_check == "it takes the code in mine.py, and watching runs none"
        assert shown.no_predictions == shown.no_check

    def test_without_a_log_there_is_the_checkpoint(self) -> None:
        trainer = saved()
        shown = watched(Path("run"))
        assert (shown.epoch, shown.cost) == (7, trainer.cost)
        assert shown.curve.epochs == 7


def parts() -> dict[str, Any]:
    with np.load(Path("run", CHECKPOINT)) as archive:
        return {name: archive[name] for name in archive.files}


def write(arrays: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    Path("run", CHECKPOINT).write_bytes(buffer.getvalue())


class TestStrangers:
    def test_a_checkpoint_holds_plain_arrays_alone(self) -> None:
        saved(optimizer="adam")
        assert all(array.dtype.kind in "fiU" for array in parts().values())

    @pytest.mark.parametrize(
        "about",
        [
            7,
            [],
            {},
            {"sha256": "", "takes_seed": True, "arrays": 3},
            {"sha256": "", "takes_seed": True, "arrays": [[1]]},
            {"sha256": "", "takes_seed": True, "arrays": [["W1", 4], ["b", 2]]},
            {"sha256": "", "takes_seed": True, "arrays": [["W1", [2.0, 2]], ["b", [1, 2]]]},
            {"sha256": "", "takes_seed": True, "arrays": [["W1", [-2, -2]], ["b", [1, 2]]]},
            {"sha256": "", "takes_seed": True, "arrays": [["W1", [10**30]], ["b", [1, 2]]]},
            {"sha256": "", "takes_seed": True, "arrays": [["W1", [1] * 99], ["b", [1, 2]]]},
            {"sha256": "", "takes_seed": True, "arrays": [["W1", [6]], ["b", [0, 10**9]]]},
        ],
        ids=str,
    )
    def test_facts_of_a_model_that_cannot_be_are_refused(self, about: Any) -> None:
        mine = saved().model
        arrays = parts()
        facts = json.loads(str(arrays["facts"])) | {"model": about}
        write(arrays | {"facts": np.array(json.dumps(facts))})
        assert "this checkpoint does not fit" in refusal(lambda: read_run(Path("run")))
        message = refusal(lambda: resume_model_trainer(Path("run"), mine))
        assert "this checkpoint does not fit" in message or "stands in its place" in message

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("theta", np.zeros(5)),
            ("theta", np.zeros(6, np.float32)),
            ("theta", np.array([0, 0, np.nan, 0, 0, 0])),
            ("theta", np.zeros(3_000_000)),
            ("optimizer.velocity", np.zeros(5)),
            ("optimizer.mean", np.zeros(6)),
            ("history.low", np.zeros(3)),
            ("validation", np.zeros((3, 1))),
        ],
    )
    def test_arrays_that_do_not_fit_are_refused(self, name: str, value: Any) -> None:
        mine = saved(optimizer="momentum").model
        write(parts() | {name: value})
        message = refusal(lambda: resume_model_trainer(Path("run"), mine))
        assert "this checkpoint does not fit" in message

    @pytest.mark.parametrize(
        "choice",
        [
            {"seed": -1},
            {"optimizer": "fast"},
            {"method": "\x1b"},
            {"epsilon": -1.0},
            {"learning_rate": -1.0},
            {"learning_rate": 0.0},
            {"data": 7},
        ],
        ids=str,
    )
    def test_an_impossible_choice_is_refused(self, choice: dict[str, Any]) -> None:
        mine = saved().model
        arrays = parts()
        choices = json.loads(str(arrays["configuration"])) | choice
        write(arrays | {"configuration": np.array(json.dumps(choices))})
        refusal(lambda: resume_model_trainer(Path("run"), mine))

    def test_one_that_could_not_be_read_again_is_not_written(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checkpoint, "LARGEST_TEXT", 1000)
        trainer = model_trainer_of(model(), Configuration())
        message = refusal(lambda: trainer.save(Path("run")))
        assert message == "a run of so many arrays of parameters cannot be saved"
        assert not Path("run", CHECKPOINT).exists()
