"""Training a network: steps, pace, history and snapshots."""

from bptui.core.training.build import build_trainer, resume_trainer
from bptui.core.training.live import LiveTrainer
from bptui.core.training.scores import Scores
from bptui.core.training.session import Session
from bptui.core.training.trainer import Trainer

__all__ = ["LiveTrainer", "Scores", "Session", "Trainer", "build_trainer", "resume_trainer"]
