"""Draw the dashboard as it is into an SVG: python docs/screenshot.py docs/dashboard.svg

The picture in the README is made by this, from the real app with a real run.
"""

import asyncio
import sys
from pathlib import Path

from bptui.core import Configuration, build_trainer
from bptui.core.training import Session
from bptui.core.training.commands import Step
from bptui.tui.app import Dashboard
from bptui.tui.picture.frame import capture
from bptui.tui.picture.svg import svg
from bptui.tui.worker import TrainingWorker

EPOCHS = 900
SIZE = (120, 36)


async def draw(path: Path) -> None:
    """Train a while, and save the screen."""
    trainer = build_trainer(Configuration())
    session = Session(trainer)
    session.send(Step(EPOCHS))
    app = Dashboard(TrainingWorker(session))
    async with app.run_test(size=SIZE) as pilot:
        while app.worker.latest is None or app.worker.latest.epoch < EPOCHS:
            await pilot.pause(0.05)
        await pilot.pause(0.5)
        path.write_bytes(svg([(0.0, capture(app))], 1.0, f"bptui at epoch {EPOCHS}"))


if __name__ == "__main__":
    asyncio.run(draw(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/dashboard.svg")))
