"""The run folder: resumed training is the same training, and nothing foreign is trusted."""

import io
import json
import os
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.history import Mark
from bptui.core.network import Network
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.runs.checkpoint import FORMAT
from bptui.core.runs.files import CHECKPOINT, CONFIGURATION
from bptui.core.runs.folder import check_free, check_writable, free_folder
from bptui.core.runs.saving import Saved, load_configuration, save_run
from bptui.core.training import Trainer, build_trainer, resume_trainer

MOONS = Configuration(data="moons", samples=23, hidden=(3,), validation=0.2, l2=0.1)
XOR = Configuration(hidden=(2,), optimizer="adam", batch_size=3)


def options(**changes: Any) -> Configuration:
    return Configuration(**({name: getattr(MOONS, name) for name in MOONS.__slots__} | changes))


def everything(trainer: Trainer) -> tuple[Any, ...]:
    columns = trainer.history.columns()
    return (
        trainer.epoch,
        trainer.steps,
        trainer.seed,
        trainer.learning_rate,
        trainer.cost,
        trainer.network.theta.tobytes(),
        tuple(trainer.marks),
        trainer.history.epochs,
        [getattr(columns, name).tobytes() for name in ("epoch", "low", "high", "last")],
        trainer.validation_history().tobytes(),
    )


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("batch_size", [None, 5])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_resumed_run_ends_in_the_same_bits_as_an_uninterrupted_one(
    dtype: str, batch_size: int | None, optimizer: str, tmp_path: Path
) -> None:
    configuration = options(optimizer=optimizer, batch_size=batch_size, dtype=dtype)
    trainer = build_trainer(configuration)
    trainer.advance(float("inf"), 17)
    trainer.learning_rate /= 2
    for _ in range(2 if batch_size else 6):  # in the middle of an epoch of minibatches
        trainer.advance(0.0)
    assert trainer.save(tmp_path / "run") == tmp_path / "run"
    resumed = resume_trainer(tmp_path / "run")
    assert everything(resumed) == everything(trainer)
    assert resumed.configuration == configuration
    for each in (trainer, resumed):
        each.advance(float("inf"), 40)
    assert everything(resumed) == everything(trainer)
    # The run folder knows the seed that the trainer was started again with.
    for each in (trainer, resumed):
        each.reinitialize(each.seed)
        each.advance(float("inf"), 5)
    assert everything(resumed) == everything(trainer)


def test_a_run_started_again_with_another_seed_resumes_with_that(tmp_path: Path) -> None:
    trainer = build_trainer(options(batch_size=4))
    trainer.reinitialize(99)
    trainer.advance(float("inf"), 8)
    trainer.save(tmp_path)
    resumed = resume_trainer(tmp_path)
    assert resumed.seed == 99
    for each in (trainer, resumed):
        each.advance(float("inf"), 8)
    assert everything(resumed) == everything(trainer)


@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_step_that_is_broken_off_is_not_saved(
    batch_size: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As by a second Ctrl+C."""
    trainer = build_trainer(options(batch_size=batch_size, optimizer="momentum"))
    trainer.advance(float("inf"), 8)
    take = trainer._stepper.take

    def broken_off(*arguments: Any) -> None:
        take(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(trainer._stepper, "take", broken_off)
        with pytest.raises(KeyboardInterrupt):
            trainer.advance(0.01)
    trainer.save(tmp_path)
    resumed = resume_trainer(tmp_path)
    straight = build_trainer(options(batch_size=batch_size, optimizer="momentum"))
    for each in (resumed, straight):
        each.advance(float("inf"), 20 - each.epoch)
    assert everything(resumed) == everything(straight)


def test_a_long_history_and_its_marks_come_back(tmp_path: Path) -> None:
    trainer = build_trainer(Configuration(hidden=(2,)))
    trainer.advance(float("inf"), 9000)
    trainer.learning_rate = 0.125
    trainer.advance(float("inf"), 1)
    trainer.save(tmp_path)
    resumed = resume_trainer(tmp_path)
    assert resumed.marks == [Mark(9000, "learning-rate", "η 0.125")]
    assert everything(resumed) == everything(trainer)


def test_a_finished_run_resumes_as_finished_at_the_same_epoch(tmp_path: Path) -> None:
    trainer = build_trainer(options(epochs=12))
    trainer.advance(float("inf"))
    trainer.save(tmp_path)
    resumed = resume_trainer(tmp_path)
    resumed.advance(float("inf"))
    assert (resumed.epoch, resumed.state) == (12, "finished")
    assert everything(resumed) == everything(trainer)


def test_a_run_is_saved_at_epoch_0_too(tmp_path: Path) -> None:
    trainer = build_trainer(options(batch_size=4))
    trainer.save(tmp_path)
    resumed = resume_trainer(tmp_path)
    for each in (trainer, resumed):
        each.advance(float("inf"), 3)
    assert everything(resumed) == everything(trainer)


@pytest.mark.parametrize(
    "configuration",
    [
        Configuration(),
        MOONS,
        Configuration(data="a.csv", target=("y", "z"), standardize=False, layers=(2, 4, 2)),
        Configuration(learning_rate=2, until_cost=1e-3, init_scale=0.5, method="central"),
        Configuration(epsilon=1e-5, epochs=10, noise=0.1, output="tanh", cost="mse"),
    ],
)
def test_a_configuration_comes_back_as_it_was(configuration: Configuration, tmp_path: Path) -> None:
    trainer = build_trainer(XOR)
    trainer.configuration = configuration
    trainer.save(tmp_path)
    assert load_configuration(tmp_path) == configuration


def saved(folder: Path) -> Path:
    trainer = build_trainer(XOR)
    trainer.advance(float("inf"), 7)
    trainer.advance(0.0)
    return trainer.save(folder)


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(InputError) as caught:
        act()
    message = str(caught.value)
    assert message
    assert message.isprintable()
    assert len(message) < 600
    return message


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path / "nowhere", tmp_path):
        message = refusal(lambda at=folder: resume_trainer(at))
        assert message == f"no run can be resumed: {folder / CHECKPOINT}: no such file"
    (tmp_path / CHECKPOINT).mkdir()
    assert "this is a directory" in refusal(lambda: resume_trainer(tmp_path))


def test_the_checkpoint_alone_is_resumed(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    copy = json.loads((folder / CONFIGURATION).read_text())
    assert copy["optimizer"] == "adam"
    (folder / CONFIGURATION).write_text("{}")
    assert resume_trainer(folder).optimizer_name == "adam"
    (folder / CONFIGURATION).unlink()
    assert load_configuration(folder) == XOR


def test_a_damaged_checkpoint_never_ends_in_a_traceback(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    whole = (folder / CHECKPOINT).read_bytes()
    chance = random.Random(1)
    refused = 0
    for attempt in range(400):
        damaged = bytearray(whole)
        if attempt % 4 == 0:
            del damaged[chance.randrange(len(whole)) :]
        else:
            for _ in range(chance.choice([1, 3, 20])):
                damaged[chance.randrange(len(whole))] = chance.randrange(256)
        (folder / CHECKPOINT).write_bytes(damaged)
        try:
            resume_trainer(folder).advance(float("inf"), 2)
        except InputError as error:
            refused += 1
            assert str(error).isprintable()
    assert refused > 300


@pytest.mark.parametrize(
    "content",
    [b"", b"PK", b"hello\x1b[2J", b"\x93NUMPY\x01\x00", b"\x80\x04N.", b"\x00" * 1000],
    ids=repr,
)
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    folder = saved(tmp_path)
    (folder / CHECKPOINT).write_bytes(content)
    assert "this checkpoint does not fit" in refusal(lambda: resume_trainer(folder))


def test_a_single_array_is_no_checkpoint(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    with (folder / CHECKPOINT).open("wb") as file:
        np.save(file, np.zeros(3))
    assert "this checkpoint does not fit" in refusal(lambda: resume_trainer(folder))


def parts(folder: Path) -> dict[str, Any]:
    with np.load(folder / CHECKPOINT) as archive:
        return {name: archive[name] for name in archive.files}


def write(folder: Path, arrays: dict[str, Any]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    (folder / CHECKPOINT).write_bytes(buffer.getvalue())


class Trap:
    """Unpickling this would leave a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["theta", "facts", "optimizer.mean", "history.low", "validation"])
def test_nothing_in_a_checkpoint_is_unpickled(name: str, tmp_path: Path) -> None:
    folder = saved(tmp_path / "run")
    trap = np.empty(1, object)
    trap[0] = Trap(tmp_path / "sprung")
    write(folder, parts(folder) | {name: trap})
    assert "Object arrays cannot be loaded" in refusal(lambda: resume_trainer(folder))
    assert not (tmp_path / "sprung").exists()


def test_a_checkpoint_holds_plain_arrays_alone(tmp_path: Path) -> None:
    assert all(array.dtype.kind in "fiU" for array in parts(saved(tmp_path)).values())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("theta", np.zeros(5)),
        ("theta", np.array(["x"] * 9)),
        ("theta", np.zeros(9, np.float32)),
        ("theta", np.zeros(100_000)),
        ("facts", np.zeros(3_000_000)),
        ("optimizer.mean", np.zeros(4)),
        ("optimizer.mean", np.zeros(1)),
        ("optimizer.mean", np.zeros(9, np.int64)),
        ("optimizer.wing", np.zeros(9)),
        ("optimizer.steps", np.array([-1.0])),
        ("optimizer.steps", np.array([-1e9])),
        ("optimizer.steps", np.array([np.nan])),
        ("history.low", np.zeros(10_000)),
        ("history.high", np.zeros(3)),
        ("history.high", np.zeros(7, complex)),
        ("validation", np.zeros((1, 2), complex)),
        ("history.stride", np.zeros(0)),
        ("history.stride", np.array([0])),
        ("history.filled", np.array([1j])),
        ("history.filled", np.array([-1])),
        ("history.filled", np.array([10**6])),
        ("validation", np.zeros(3)),
        ("validation", np.zeros((2, 3))),
        ("facts", np.array("[]")),
        ("facts", np.frombuffer(b'"\0\0\0abcd"\0\0\0', "<U3").reshape(())),
        ("facts", np.array(["{}"])),
        ("facts", np.array("no json")),
        ("facts", np.array("[" * 100_000)),
        ("facts", np.zeros(0)),
    ],
)
def test_arrays_of_another_network_are_refused(name: str, value: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path)
    write(folder, parts(folder) | {name: value})
    assert "this checkpoint does not fit" in refusal(lambda: resume_trainer(folder))


@pytest.mark.parametrize("name", ["theta", "facts", "optimizer.mean", "history.low", "validation"])
def test_a_checkpoint_that_lacks_a_part_is_refused(name: str, tmp_path: Path) -> None:
    folder = saved(tmp_path)
    arrays = parts(folder)
    del arrays[name]
    write(folder, arrays)
    assert "this checkpoint does not fit" in refusal(lambda: resume_trainer(folder))


@pytest.mark.parametrize(
    ("fact", "value"),
    [
        ("format", 1),
        ("epoch", None),
        ("epoch", float("inf")),
        ("epoch", -3),
        ("batch", "second"),
        ("batch", 99),
        ("seed", -1),
        ("learning_rate", "fast"),
        ("learning_rate", float("nan")),
        ("epoch", 5),
        ("epoch", 8),
        ("drawn_from", None),
        ("drawn_from", {}),
        ("drawn_from", "nowhere"),
        ("drawn_from", {"bit_generator": "MT19937"}),
        ("marks", 3),
        ("marks", [[1]]),
    ],
)
def test_facts_that_cannot_be_are_refused(fact: str, value: Any, tmp_path: Path) -> None:
    folder = saved(tmp_path)
    arrays = parts(folder)
    facts = json.loads(str(arrays["facts"])) | {fact: value}
    write(folder, arrays | {"facts": np.array(json.dumps(facts))})
    assert "this checkpoint does not fit" in refusal(lambda: resume_trainer(folder))


def test_a_later_format_is_named(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    arrays = parts(folder)
    facts = json.loads(str(arrays["facts"])) | {"format": 7}
    write(folder, arrays | {"facts": np.array(json.dumps(facts))})
    assert f"it has format 7, this bptui reads {FORMAT}" in refusal(lambda: resume_trainer(folder))


def test_a_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    write(folder, parts(folder) | {"theta": np.zeros(13)})
    message = refusal(lambda: resume_trainer(folder))
    assert "it holds 13 parameters, and 9 are needed" in message


def test_an_array_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    arrays = parts(folder)
    for name in ("theta", "facts", "configuration", "history.low"):
        with (folder / CHECKPOINT).open("wb") as file:
            np.savez(file, **(arrays | {name: np.zeros(3_000_000)}))
        message = refusal(lambda: resume_trainer(folder))
        assert f"its part '{name}' is too large" in message


def test_a_compressed_checkpoint_is_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    arrays = parts(folder)
    with (folder / CHECKPOINT).open("wb") as file:
        np.savez_compressed(file, **arrays)
    assert "it is compressed, as bptui never does" in refusal(lambda: resume_trainer(folder))


def test_no_memory_is_taken_for_a_network_that_the_file_cannot_hold(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    arrays = parts(folder)
    choices = json.loads(str(arrays["configuration"])) | {"hidden": None, "layers": [2, 6000, 6000]}
    write(folder, arrays | {"configuration": np.array(json.dumps(choices))})
    message = refusal(lambda: resume_trainer(folder))
    assert "it holds less than the 36,024,000 parameters of its network" in message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        "\x00",
        "[" * 100_000,
        '{"colour": "red"}',
        '{"\\u001b[2J": 1}',
        '{"data": 5}',
        '{"data": null}',
        '{"layers": 5}',
        '{"layers": ["a", "b"]}',
        '{"layers": [2, 2.5, 1]}',
        '{"hidden": {"a": 1}}',
        '{"target": "y"}',
        '{"l2": "much"}',
        '{"l2": 1' + 400 * "0" + "}",
        '{"learning_rate": [1]}',
        '{"learning_rate": true}',
        '{"seed": 1.5}',
        '{"seed": "1"}',
        '{"standardize": 1}',
        '{"epochs": "\\u001b[31m"}',
        '{"activation": ["sigmoid"]}',
    ],
    ids=lambda text: text[:30],
)
def test_a_configuration_of_another_kind_is_refused(text: str, tmp_path: Path) -> None:
    folder = saved(tmp_path)
    write(folder, parts(folder) | {"configuration": np.array(text)})
    assert "this checkpoint does not fit" in refusal(lambda: resume_trainer(folder))


@pytest.mark.parametrize(
    "choice", [{"seed": -1}, {"activation": "sigmoidal"}, {"data": "nowhere.csv"}, {"l2": -1.0}]
)
def test_an_impossible_choice_is_refused_like_on_the_command_line(
    choice: dict[str, Any], tmp_path: Path
) -> None:
    folder = saved(tmp_path)
    arrays = parts(folder)
    choices = json.loads(str(arrays["configuration"])) | choice
    write(folder, arrays | {"configuration": np.array(json.dumps(choices))})
    assert f"{folder}: this run cannot go on: " in refusal(lambda: resume_trainer(folder))


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_the_old_checkpoint_survives_a_failed_write(
    broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    trainer = resume_trainer(folder)
    state = everything(trainer)
    trainer.advance(float("inf"), 5)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        if broken == "fsync":
            patched.setattr(os, "fsync", full)
        else:
            patched.setattr(Path, "replace", full)
        message = refusal(lambda: trainer.save(folder))
    assert "cannot save the run there: No space left on device" in message
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert everything(resume_trainer(folder)) == state


def test_saving_again_replaces_the_files_and_leaves_no_others(tmp_path: Path) -> None:
    folder = saved(tmp_path)
    trainer = resume_trainer(folder)
    trainer.advance(float("inf"), 5)
    trainer.save(folder)
    assert sorted(path.name for path in folder.iterdir()) == sorted([CHECKPOINT, CONFIGURATION])
    assert everything(resume_trainer(folder)) == everything(trainer)
    assert zipfile.is_zipfile(folder / CHECKPOINT)


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    trainer = build_trainer(XOR)
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        assert "cannot save the run there" in refusal(lambda at=folder: trainer.save(at))
        assert "cannot save a run there" in refusal(lambda at=folder: check_writable(at))
    check_writable(tmp_path / "new" / "run")
    assert list((tmp_path / "new" / "run").iterdir()) == []


def test_a_trainer_of_unknown_origin_cannot_be_saved(tmp_path: Path) -> None:
    source = build_trainer(XOR)
    trainer = Trainer(Network([2, 2, 1]), source.training)
    assert "built from a configuration" in refusal(lambda: save_run(trainer, tmp_path))


def test_trying_a_folder_leaves_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / ".writable").write_text("mine")
    check_writable(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".writable"]
    assert (tmp_path / ".writable").read_text() == "mine"


class TestOtherRuns:
    def test_a_folder_that_holds_one_is_not_free(self, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        check_free(folder)
        saved(folder)
        message = refusal(lambda: check_free(folder))
        assert message == (
            f"{folder}: holds a run at epoch 7 of xor; --resume {folder} continues it, "
            "or name another folder"
        )

    def test_one_that_cannot_be_read_is_kept_too(self, tmp_path: Path) -> None:
        (tmp_path / CHECKPOINT).write_bytes(b"of another version")
        assert "holds a checkpoint; --resume" in refusal(lambda: check_free(tmp_path))

    def test_the_first_free_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        folder = tmp_path / "run"
        assert free_folder(folder) == folder
        saved(folder)
        (tmp_path / "run-2").write_text("a file in the way")
        (tmp_path / "run-3").mkdir()
        assert free_folder(folder) == tmp_path / "run-3"
        monkeypatch.chdir(folder)
        assert free_folder(Path()) == tmp_path / "run-3"

    def test_the_trainer_knows_what_was_saved(self, tmp_path: Path) -> None:
        trainer = build_trainer(XOR)
        assert trainer.saved is None
        trainer.advance(float("inf"), 2)
        trainer.save(tmp_path)
        assert trainer.saved == Saved(tmp_path, 2, 0)


class TestData:
    def write(self, path: Path, last: str = "1") -> None:
        path.write_text(f"a,b,y\n0,1,0\n1,0,1\n0,2,{last}\n")

    def run_of(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        self.write(path / "a.csv")
        monkeypatch.chdir(path)
        trainer = build_trainer(Configuration(data="a.csv"))
        trainer.advance(float("inf"), 3)
        return trainer.save(path / "run")

    def test_a_file_is_found_from_anywhere(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = self.run_of(tmp_path, monkeypatch)
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        assert resume_trainer(folder).epoch == 3
        assert "a run at epoch 3 of a.csv" in refusal(lambda: check_free(folder))

    def test_a_file_that_is_gone_is_named_with_the_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = self.run_of(tmp_path, monkeypatch)
        (tmp_path / "a.csv").unlink()
        message = refusal(lambda: resume_trainer(folder))
        assert message == (f"{folder}: this run cannot go on: {tmp_path / 'a.csv'}: no such file")

    def test_a_file_that_has_changed_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = self.run_of(tmp_path, monkeypatch)
        self.write(tmp_path / "a.csv", last="0")
        message = refusal(lambda: resume_trainer(folder))
        assert f"{tmp_path / 'a.csv'}, has changed since it was saved" in message


def test_a_diverged_run_goes_on_with_another_learning_rate(tmp_path: Path) -> None:
    trainer = build_trainer(Configuration(data="sine", epochs=40, activation="relu"))
    trainer.advance(float("inf"), 30)
    trainer.learning_rate = 1e300
    trainer.advance(float("inf"))
    assert trainer.state == "diverged"
    assert "a smaller learning rate than 1e+300 may help" in trainer.message
    trainer.save(tmp_path)
    resumed = resume_trainer(tmp_path, epochs=50, learning_rate=0.01)
    resumed.advance(float("inf"))
    assert (resumed.state, resumed.epoch, resumed.learning_rate) == ("finished", 50, 0.01)
    assert resumed.cost < trainer.cost
    assert resumed.configuration is not None
    assert resumed.configuration.epochs == 50


@pytest.mark.parametrize(
    "configuration",
    [
        Configuration(data="sine", learning_rate=3.0),
        Configuration(data="sine", learning_rate=3.0, batch_size=20),
        Configuration(data="sine", learning_rate=1e3, activation="relu", dtype="float32"),
        Configuration(data="sine", learning_rate=3.0, seed=5, optimizer="momentum"),
    ],
)
@pytest.mark.parametrize("again", [False, True])
def test_a_run_that_is_worse_than_at_its_start_is_begun_again(
    configuration: Configuration, again: bool, tmp_path: Path
) -> None:
    trainer = build_trainer(configuration)
    if again:
        trainer.reinitialize(9)
    first = trainer.cost
    trainer.advance(float("inf"))
    assert trainer.state == "diverged" and trainer.cost > first
    told = f"Θ of epoch {trainer.epoch:,} is "
    assert told in trainer.message
    assert "start again with a smaller learning rate than" in trainer.message
    if configuration.batch_size is None:
        assert f"worse than at the start, with a J of {trainer.cost:.3g} " in trainer.message
    trainer.save(tmp_path)
    for eta in (None, 0.01, 1e-300):
        message = refusal(lambda eta=eta: resume_trainer(tmp_path, learning_rate=eta))  # type: ignore
        assert message.startswith(f"{tmp_path}: this run diverged, and {told}")
        assert message.endswith("start again with a smaller learning rate, or another seed")


def test_a_run_that_was_broken_off_above_its_start_goes_on(tmp_path: Path) -> None:
    trainer = build_trainer(Configuration(data="sine", learning_rate=3.0))
    first = trainer.cost
    trainer.advance(float("inf"), 50)
    assert trainer.state == "running" and trainer.cost > first
    trainer.save(tmp_path)
    assert resume_trainer(tmp_path, learning_rate=1e-3).epoch == 50
