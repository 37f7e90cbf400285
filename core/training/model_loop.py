"""The training loop of somebody's own model: steps along the gradients that they return."""

from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.check.parameters import Layout
from bptui.core.check.problem import flattened
from bptui.core.check.user_code import UserFunctions
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, check_choice
from bptui.core.history import CostCurve, CostHistory, Mark, learning_rate_mark, with_mark
from bptui.core.model_file import ModelFile
from bptui.core.optimizers import OPTIMIZERS
from bptui.core.trainer_state import TrainerState, copied
from bptui.core.training.check_time import CheckTime
from bptui.core.training.live import TrainerPhase
from bptui.core.training.loop import checked_learning_rate
from bptui.core.training.ruin import why_start_again

Array = NDArray[Any]


class ModelLoop:
    """A model file, its parameters as one flat vector, and an optimizer, at some epoch."""

    steps_an_epoch = 1

    def __init__(self, model: ModelFile, configuration: Configuration) -> None:
        """Stand before the first epoch.

        Raises:
            InputError: a choice is impossible, its parameters are none, or its functions do not
                fit them.
        """
        self.model = model
        self.optimizer_name = check_choice("optimizer", configuration.optimizer, OPTIMIZERS)
        self.epoch_limit, self.until_cost = configuration.epochs, configuration.until_cost
        learning_rate = configuration.learning_rate
        if learning_rate is None:
            learning_rate = model.learning_rate or _usual(self.optimizer_name)
        self._learning_rate = checked_learning_rate(learning_rate)
        self._shapes: list[tuple[int, ...]] | None = None
        self.seed = configuration.seed
        """Of the initial parameters, where they are a function of one."""
        self._start(self.seed)

    def _start(self, seed: int) -> None:
        layout = Layout(self.model.parameters(seed))
        shapes = [array.shape for array in layout.arrays]
        if self._shapes not in (None, shapes):
            raise InputError(
                f"parameters: of seed {seed} they have other shapes than of seed {self.seed}"
            )
        functions = UserFunctions(self.model.cost, self.model.gradients, layout)
        started = perf_counter()
        cost = functions.cost(layout.arrays)
        cost_seconds = perf_counter() - started
        gradient = flattened(functions.gradients(layout.arrays)[0])
        self._check_time = CheckTime(cost_seconds, perf_counter() - started)
        if not np.isfinite(cost):
            raise InputError(f"cost: it is {cost} at the parameters to start from")
        self.seed, self._shapes = seed, shapes
        self._layout, self._functions = layout, functions
        self.theta = flattened(layout.arrays)
        """All parameters, flat (P,)."""
        self._optimizer = OPTIMIZERS[self.optimizer_name](self.theta)
        self.state: TrainerPhase = "running"
        """`running`, `finished` or `diverged`."""
        self.message = ""
        """One sentence on why training ended."""
        self.failure: InputError | None = None
        """What their functions raised or returned that ended training, if that did."""
        self.epoch = 0
        self.cost = self._first_cost = cost
        self.marks: list[Mark] = []
        self.history = CostHistory()
        self._costs: list[float] = []
        """Of the epochs of this call of `advance`, which are recorded together."""
        self._gradient: Array | None = gradient
        """Of the parameters as they are, flat (P,); `None` before it is asked for."""

    @property
    def steps(self) -> int:
        """Steps of the optimizer so far: one an epoch."""
        return self.epoch

    @property
    def progress(self) -> float:
        """Epochs so far."""
        return float(self.epoch)

    @property
    def names(self) -> list[str]:
        """Names of the arrays."""
        return self._layout.names

    @property
    def learning_rate(self) -> float:
        """η, from the next epoch on."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if value != self._learning_rate:
            self._learning_rate = checked_learning_rate(value)
            self.marks = with_mark(self.marks, learning_rate_mark(self.epoch, value))

    @property
    def scheduled_learning_rate(self) -> float:
        """η: a model file has no schedule."""
        return self._learning_rate

    def advance(self, seconds: float, most_epochs: int | None = None) -> int:
        """Train for about `seconds` or `most_epochs`, and return how many epochs ended.

        Where their functions raise, or return what is no gradient, training ends as
        `diverged`, and `failure` says why.
        """
        first = self.epoch
        deadline = perf_counter() + seconds
        goal = None if most_epochs is None else first + max(0, most_epochs)
        try:
            while self.state == "running" and self.epoch != goal:
                if self._ended():
                    break
                self._step()
                if perf_counter() >= deadline:
                    break
        finally:
            self.history.extend(self._costs)
            self._costs.clear()
        self._ended()
        return self.epoch - first

    def resume(self) -> None:
        """Go on after a divergence, for which η should be smaller by now."""
        if self.state == "diverged":
            self.state, self.message, self.failure = "running", "", None

    def reinitialize(self, seed: int) -> None:
        """Go back to before the first epoch with the parameters of `seed`; η stays.

        Raises:
            InputError: their functions raised, or these parameters have other shapes.
        """
        self._start(seed)

    def parameters(self) -> tuple[Array, ...]:
        """Return copies of all arrays, in double precision."""
        return tuple(array.astype(np.float64) for array in self._arrays())

    def built_parameters(self) -> Any:
        """Return a copy of the parameters in the structure that their functions expect."""
        return self._layout.built(self._arrays())

    def gradients(self) -> tuple[Array, ...]:
        """Return copies of their gradient at the present parameters; NaN where it raises."""
        try:
            flat = self._gradient_here()
        except InputError as error:
            self._fail(error)
            flat = np.full_like(self.theta, np.nan)
        return tuple(part.copy() for part in self._split(flat))

    def curve(self) -> CostCurve:
        """Return an immutable picture of the costs so far."""
        nothing = np.empty(0)
        return CostCurve(
            self.history.columns(), nothing, nothing, tuple(self.marks), self.history.epochs
        )

    def point(self) -> TrainerState:
        """Return a copy of everything that decides how training goes on."""
        return TrainerState(
            theta=self.theta.copy(),
            optimizer=copied(self._optimizer.state),
            epoch=self.epoch,
            batch=0,
            partial_cost=0.0,
            last_cost=self.cost,
            drawn_from=None,
            seed=self.seed,
            learning_rate=self._learning_rate,
        )

    def validation_history(self) -> Array:
        """Return nothing, (0, 2): there is no validation set."""
        return np.empty((0, 2))

    def continue_from(
        self, point: TrainerState, history: CostHistory, validation: Array, marks: list[Mark]
    ) -> None:
        """Take up an earlier run at `point`; `take_cost` has to follow.

        Raises:
            ValueError: a parameter is not finite.
        """
        if not np.isfinite(point.theta).all():
            raise ValueError("a parameter in it is not a finite number")
        self._go_back(point.theta, point.optimizer)
        self.epoch, self.seed, self._learning_rate = point.epoch, point.seed, point.learning_rate
        self.history, self.marks, self._gradient = history, marks, None
        if history.epochs:
            self._first_cost = float(history.columns().high[0])

    def take_cost(self) -> None:
        """Take J anew, of the parameters as they are: their code may be another than before.

        Raises:
            InputError: their function raised, or there is no finite J.
        """
        self.cost = self._functions.cost(self._arrays())
        if not np.isfinite(self.cost):
            raise InputError(f"cost: it is {self.cost} at the parameters to go on from")

    def _step(self) -> None:
        theta, memory = self.theta.copy(), copied(self._optimizer.state)
        started = perf_counter()
        try:
            gradient = self._gradient_here()
            with np.errstate(all="ignore"):
                self._optimizer.step(gradient, self.learning_rate)
            before_cost = perf_counter()
            cost = self._functions.cost(self._arrays())
            ended = perf_counter()
        except InputError as error:
            self._go_back(theta, memory)
            self._fail(error)
            return
        except BaseException:  # a second Ctrl+C; what is saved after it has to be whole
            self._go_back(theta, memory)
            raise
        if not (np.isfinite(cost) and np.isfinite(self.theta).all()):
            self._go_back(theta, memory)
            what = "the gradient" if np.isfinite(cost) else "J"
            told = f"{what} stopped being a finite number at epoch {self.epoch + 1:,}"
            good = (
                "the parameters are the last good ones: a smaller learning rate than "
                f"{self.learning_rate:g} may help"
            )
            self._diverge(f"{told}; {self.why_start_again() or good}")
            return
        self._check_time.took(ended - before_cost, ended - started)
        self._gradient = None
        self._costs.append(self.cost)
        self.epoch += 1
        self.cost = cost

    def why_start_again(self) -> str:
        """Return why nothing is gained by going on from here after a divergence, if so.

        Raises:
            InputError: their function raised.
        """
        return why_start_again(
            f"the parameters of epoch {self.epoch:,} are",
            self.cost,
            self._first_cost,
            self._gradient_here(),
            self.learning_rate,
            seeds=self.model.takes_seed,
        )

    def _go_back(self, theta: Array, memory: dict[str, Array]) -> None:
        self.theta[:] = theta
        for name, values in memory.items():
            self._optimizer.state[name][:] = values

    def _gradient_here(self) -> Array:
        """Return their gradient at the present parameters, asked for once at every point."""
        if self._gradient is None:
            self._gradient = flattened(self._functions.gradients(self._arrays())[0])
        return self._gradient

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

    def _fail(self, failure: InputError) -> None:
        self.failure = failure
        self._diverge(str(failure))

    def _arrays(self) -> list[Array]:
        return [
            part.astype(array.dtype)
            for part, array in zip(self._split(self.theta), self._layout.arrays, strict=True)
        ]

    def _split(self, flat: Array) -> list[Array]:
        """Return views of a flat vector, shaped as the parameters."""
        parts, start = [], 0
        for array in self._layout.arrays:
            parts.append(flat[start : start + array.size].reshape(array.shape))
            start += array.size
        return parts


def _usual(optimizer: str) -> float:
    # Nothing is known of the scale of somebody's cost; gradient descent starts cautiously.
    return 0.1 if optimizer == "sgd" else OPTIMIZERS[optimizer].learning_rate
