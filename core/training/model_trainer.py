"""Training of somebody's own model, by their own functions."""

from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check import Report, check_gradients
from bptui.core.check.parameters import Layout
from bptui.core.check.problem import flattened
from bptui.core.check.user_code import UserFunctions
from bptui.core.errors import InputError, check_choice
from bptui.core.model_file import ModelFile
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.training.trainer import TrainerPhase


class ModelTrainer:
    """A model file, its parameters as one flat vector, and an optimizer, at some epoch."""

    def __init__(
        self,
        model: ModelFile,
        *,
        seed: int = 0,
        optimizer: str = "sgd",
        learning_rate: float | None = None,
        epoch_limit: int | None = None,
        until_cost: float | None = None,
        method: str = "auto",
        epsilon: float | None = None,
    ) -> None:
        """Stand before the first epoch; the arguments are those of `Trainer`.

        Raises:
            InputError: its parameters are none, or its functions do not fit them.
        """
        kind = OPTIMIZERS[check_choice("optimizer", optimizer, OPTIMIZERS)]
        self.model, self.seed, self.optimizer_name = model, seed, optimizer
        self.epoch_limit, self.until_cost = epoch_limit, until_cost
        self.method, self.epsilon = method, epsilon
        self.learning_rate = learning_rate or model.learning_rate or _usual(optimizer)
        self._layout = Layout(model.parameters(seed))
        self._functions = UserFunctions(model.cost, model.gradients, self._layout)
        self.theta = flattened(self._layout.arrays)
        """All parameters, flat (P,)."""
        self._optimizer = kind(self.theta)
        self.state: TrainerPhase = "running"
        """`running`, `finished` or `diverged`."""
        self.message = ""
        """One sentence on why training ended."""
        self.epoch = 0
        self.cost = self._functions.cost(self._arrays())
        self._functions.gradients(self._arrays())
        if not np.isfinite(self.cost):
            raise InputError(f"cost: it is {self.cost} at the parameters to start from")

    @property
    def progress(self) -> float:
        """Epochs so far."""
        return float(self.epoch)

    @property
    def names(self) -> list[str]:
        """Names of the arrays."""
        return self._layout.names

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Shapes of the arrays."""
        return [array.shape for array in self._layout.arrays]

    def advance(self, seconds: float, most_epochs: int | None = None) -> int:
        """Train for about `seconds` or `most_epochs`, and return how many epochs ended.

        Raises:
            InputError: their functions raised, or returned what is no gradient.
        """
        first = self.epoch
        deadline = perf_counter() + seconds
        while self.state == "running" and self.epoch - first != most_epochs:
            if self._ended():
                break
            self._step()
            if perf_counter() >= deadline:
                break
        self._ended()
        return self.epoch - first

    def check(self) -> Report:
        """Check their gradient at the present parameters."""
        return check_gradients(
            self.model.cost,
            self.model.gradients,
            self._layout.built(self._arrays()),
            method=self.method,
            epsilon=self.epsilon,
            seed=self.seed,
        )

    def _step(self) -> None:
        before = self.theta.copy()
        with np.errstate(all="ignore"):
            gradient = flattened(self._functions.gradients(self._arrays())[0])
            self._optimizer.step(gradient, self.learning_rate)
        cost = self._functions.cost(self._arrays())
        if not np.isfinite(cost):
            self.theta[:] = before
            self._diverge(
                f"J stopped being a finite number at epoch {self.epoch + 1:,}; the parameters are "
                f"the last good ones: a smaller learning rate than {self.learning_rate:g} may help"
            )
            return
        self.epoch += 1
        self.cost = cost

    def _ended(self) -> bool:
        """Finish where a limit is reached; return whether training is over."""
        if self.state == "running":
            if self.until_cost is not None and self.cost <= self.until_cost:
                self._finish(f"reached J = {self.cost:.6g}")
            elif self.epoch_limit is not None and self.epoch >= self.epoch_limit:
                self._finish(f"reached {self.epoch_limit:,} epochs")
        return self.state != "running"

    def _finish(self, message: str) -> None:
        self.state, self.message = "finished", message

    def _diverge(self, message: str) -> None:
        self.state, self.message = "diverged", message

    def _arrays(self) -> list[NDArray[Any]]:
        parts, start = [], 0
        for array in self._layout.arrays:
            part = self.theta[start : start + array.size].reshape(array.shape)
            parts.append(part.astype(array.dtype))
            start += array.size
        return parts


def _usual(optimizer: str) -> float:
    # Nothing is known of the scale of somebody's cost; gradient descent starts cautiously.
    return 0.1 if optimizer == "sgd" else OPTIMIZERS[optimizer].learning_rate


def built_model_trainer(model: ModelFile, **choices: Any) -> ModelTrainer:
    """Return a trainer, with errors that name the file.

    Raises:
        InputError: see `ModelTrainer`.
    """
    try:
        return ModelTrainer(model, **choices)
    except InputError as error:
        raise type(error)(f"{model.name}: {error}") from error
