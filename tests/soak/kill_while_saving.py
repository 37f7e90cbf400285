"""Kill a training again and again while it saves, and go on each time from what it left.

    python tests/soak/kill_while_saving.py --kills 50
    python tests/soak/kill_while_saving.py --kills 50 --model

After every kill the checkpoint has to load, and to be bit for bit what a training that nobody
interrupted has at that epoch.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
from pathlib import Path
from time import sleep

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"  # fork wants one thread

from bptui.core.configuration import Configuration
from bptui.core.model_file import load_model_file
from bptui.core.runs.files import CHECKPOINT, LOG
from bptui.core.runs.folder import RunFolder
from bptui.core.training import build_trainer, resume_trainer
from bptui.core.training.keeper import RunKeeper
from bptui.core.training.model_runs import model_trainer_of, resume_model_trainer
from bptui.core.training.resumable import Resumable

CONFIGURATION = Configuration(
    data="moons", hidden=(16, 16), optimizer="adam", batch_size=16, validation=0.2
)
MODEL = Path(__file__).parents[2] / "examples" / "blobs_softmax.py"
LONGEST_WAIT = 0.1


class Network:
    """Trains a network of bptui's own."""

    def begun(self) -> Resumable:
        """Return a trainer before its first epoch."""
        return build_trainer(CONFIGURATION)

    def resumed(self, folder: Path) -> Resumable:
        """Return the trainer of a run."""
        return resume_trainer(folder)


class Model:
    """Trains somebody's own model file."""

    def __init__(self) -> None:
        """Read the file."""
        self._file = load_model_file(MODEL)

    def begun(self) -> Resumable:
        """Return a trainer before its first epoch."""
        return model_trainer_of(self._file, Configuration(optimizer="adam", learning_rate=0.001))

    def resumed(self, folder: Path) -> Resumable:
        """Return the trainer of a run."""
        return resume_model_trainer(folder, self._file)


def save_for_ever(folder: Path, what: Network | Model) -> None:
    """Train a step or two at a time, saving after each."""
    exists = (folder / CHECKPOINT).exists()
    where = RunFolder(folder, resumed=folder if exists else None)
    where.take()
    trainer = what.resumed(folder) if exists else what.begun()
    keeper = RunKeeper(trainer, where)
    keeper.begin()
    while True:
        trainer.advance(0.0)
        keeper.look(ended=True)
        keeper.save()


def killed(folder: Path, wait: float, what: Network | Model) -> None:
    """Have a process save, and kill it a while after its first checkpoint."""
    checkpoint = folder / CHECKPOINT
    before = checkpoint.stat().st_mtime_ns if checkpoint.exists() else 0
    process = os.fork()
    if not process:
        try:
            save_for_ever(folder, what)
        finally:
            os._exit(1)
    while not checkpoint.exists() or checkpoint.stat().st_mtime_ns == before:
        if os.waitpid(process, os.WNOHANG)[0]:
            raise SystemExit("it ended by itself")
        sleep(0.001)
    sleep(wait)
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def everything(trainer: Resumable) -> tuple[object, ...]:
    """Return all that decides how training goes on, and its curve."""
    point = trainer.point()
    return (
        # The cost of an epoch that has not ended is no number, which equals nothing.
        repr((point.epoch, point.batch, point.partial_cost, point.last_cost, point.learning_rate)),
        point.theta.tobytes(),
        repr(point.drawn_from),
        sorted((name, values.tobytes()) for name, values in point.optimizer.items()),
        sorted((name, values.tobytes()) for name, values in trainer.history.arrays().items()),
        trainer.validation_history().tobytes(),
    )


def main() -> int:
    """Return 0 if every checkpoint was right."""
    parser = argparse.ArgumentParser(description="Kill a training while it saves.")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", action="store_true", help="train a model file, no network")
    asked = parser.parse_args()
    chance = random.Random(asked.seed)
    what = Model() if asked.model else Network()
    straight = what.begun()
    left = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "run"
        for number in range(asked.kills):
            killed(folder, chance.uniform(0.0, LONGEST_WAIT), what)
            left += any(folder.glob(f".{CHECKPOINT}.*"))
            resumed = what.resumed(folder)
            while straight.steps < resumed.steps:
                straight.advance(0.0)
            if everything(resumed) != everything(straight):
                print(f"kill {number + 1}: epoch {resumed.epoch} is not the same")
                return 1
        rows = (folder / LOG).read_text().splitlines()
        epochs = [int(row.split(",")[0]) for row in rows[1:]]
        if epochs != sorted(epochs):
            print("the log goes back")
            return 1
    print(
        f"{asked.kills} kills, {left} in the middle of a file; {straight.steps:,} steps, "
        f"{straight.epoch:,} epochs, the same bits each time"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
