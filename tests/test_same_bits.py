"""5,000 epochs are the same bits wherever, however fast and with whatever breaks."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command import run
from terminal import Terminal

from bptui.core.configuration import Configuration
from bptui.core.sweeping import block as blocks
from bptui.core.sweeping.block import Block, Samples, run_block
from bptui.core.sweeping.stacked import StackedBackpropagation
from bptui.core.training import Trainer, build_trainer, resume_trainer

EPOCHS = 5000


def trained(**choices: Any) -> Trainer:
    trainer = build_trainer(Configuration(**choices))
    trainer.advance(float("inf"), EPOCHS)
    return trainer


@pytest.fixture(scope="module")
def bits() -> bytes:
    """Θ of `bptui` alone after all epochs."""
    return trained().network.theta.tobytes()


def bits_in(folder: Path) -> bytes:
    trainer = resume_trainer(folder)
    assert trainer.epoch == EPOCHS
    return trainer.network.theta.tobytes()


def test_headless(bits: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert run("train", "--epochs", f"{EPOCHS}", "--run", str(folder)).returncode == 0
    assert bits_in(folder) == bits


@pytest.mark.parametrize("speed", ["1500", "4000"])
def test_on_the_dashboard_with_breaks_and_resizes(bits: bytes, speed: str, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    words = ("--speed", speed, "--epochs", f"{EPOCHS}", "--run", str(folder))
    with Terminal(*words, cwd=tmp_path) as terminal:
        terminal.wait_for("running")
        for size in ((120, 40), (61, 17), (100, 30)):
            terminal.send(" ")
            terminal.wait_for("paused")
            terminal.send("s")
            terminal.resize(*size)
            terminal.send(" ")
            terminal.wait_for("running")
        terminal.wait_for("finished")
        terminal.send("q")
        assert terminal.wait() == 0
    assert bits_in(folder) == bits


def test_through_a_checkpoint(bits: bytes, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    assert run("train", "--epochs", "2345", "--run", str(first)).returncode == 0
    words = ("--resume", str(first), "--epochs", f"{EPOCHS}", "--run", str(second))
    assert run("train", *words).returncode == 0
    assert bits_in(second) == bits


@pytest.mark.parametrize(
    ("choices", "most"),
    [
        ({"data": "moons", "samples": 20, "layers": (2, 8, 1)}, 0.0),
        # The smallest networks lie side by side in memory, and sums are taken in another order.
        ({"data": "xor", "layers": (2, 2, 2, 1)}, 1e-12),
    ],
    ids=["apart", "side by side"],
)
def test_in_a_sweep_of_a_hundred(
    choices: dict[str, Any], most: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[StackedBackpropagation] = []

    class Kept(StackedBackpropagation):
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            made.append(self)

    monkeypatch.setattr(blocks, "StackedBackpropagation", Kept)
    alone = [trained(**choices, seed=seed) for seed in (0, 41, 99)]
    one = alone[0]
    setting = Configuration(
        **choices,
        output=one.network.output,
        cost=one.network.cost_name,
        learning_rate=one.learning_rate,
        epochs=EPOCHS,
    )
    run_block(Block(setting, 0, 0, 100, 100), Samples(one.training.X, one.training.y))
    (work,) = made
    for trainer in alone:
        together = work.theta[:, trainer.seed]
        np.testing.assert_allclose(together, trainer.network.theta, rtol=most, atol=most)
