"""Somebody's own model in training: its gradient checks, its checkpoints."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from bptui.core.check import (
    METHOD_NAMES,
    EpsilonSweep,
    Report,
    UserCodeError,
    check_gradients,
)
from bptui.core.check.methods import MOST_COMPARED
from bptui.core.configuration import Configuration
from bptui.core.data.input_file import display_name
from bptui.core.errors import InputError, check_choice
from bptui.core.model_file import ModelFile
from bptui.core.runs.model_facts import MODEL, ModelFacts
from bptui.core.runs.saving import Saved, save_run
from bptui.core.training.model_loop import ModelLoop
from bptui.core.training.model_samples import ModelSamples
from bptui.core.training.scores import Scores

if TYPE_CHECKING:
    from bptui.core.training.model_view import ModelView

_SETTINGS = (
    "data",
    "optimizer",
    "learning_rate",
    "epochs",
    "until_cost",
    "seed",
    "method",
    "epsilon",
)
"""Fields of a configuration that mean something here; `data` is the name of the file."""


class ModelTrainer(ModelLoop):
    """A model file and its parameters in training, as a screen and a run folder see it."""

    fault: str | None = None
    """There never is one: faults are planted in bptui's own networks."""
    fault_hidden = False
    validation_cost: float | None = None
    """A model file has no validation set."""
    validation_score: float | None = None
    """Nor has it this, therefore."""
    early_stopping = None
    """There is none without a validation cost."""
    saved: Saved | None = None
    """What `save` wrote last."""
    had_diverged = False
    """Whether the run that goes on here had."""
    notice = ""
    """One sentence on what the user should know of the run that goes on here."""

    def __init__(self, model: ModelFile, configuration: Configuration) -> None:
        """Stand before the first epoch.

        Args:
            model: the file.
            configuration: how to train it; what means nothing here is left aside.

        Raises:
            InputError: a choice is impossible, its parameters are none, or its functions do not
                fit them.
        """
        self.method = check_choice("method", configuration.method, METHOD_NAMES)
        self.epsilon = configuration.epsilon
        self.configuration = replace(configuration, data=model.path.name)
        """What was asked for, as a run folder keeps it."""
        self.methods = tuple(
            # What `auto` finds is the complex step already, wherever that suits.
            name
            for name in METHOD_NAMES
            if name != "complex" or self.method == name
        )
        """Of the gradient check, the usual one first."""
        super().__init__(model, configuration)

    def plant(self, fault: str | None, *, hidden: bool = False) -> None:
        """Refuse to.

        Raises:
            InputError: always.
        """
        raise InputError(
            "faults are planted in bptui's own networks alone, not in code of your own"
        )

    def check(self, method: str | None = None, epsilon: float | None = None) -> Report:
        """Check their gradient at the present parameters.

        Raises:
            InputError: their functions raised, or the method does not suit the cost.
        """
        if method is None:
            method, epsilon = self.method, self.epsilon
        return self._check(method, epsilon, MOST_COMPARED)

    def sweep_epsilon(self, seconds: float) -> EpsilonSweep:
        """Refuse to.

        Raises:
            InputError: always.
        """
        raise InputError(
            "differences are compared on bptui's own networks, not on code of your own"
        )

    def phases(self) -> NoReturn:
        """Refuse to.

        Raises:
            InputError: always.
        """
        raise InputError("phases are shown of bptui's own networks alone, not of code of your own")

    def live_check(self, method: str, epsilon: float | None, seconds: float) -> Report:
        """Check in about so many seconds; if there is no time for all entries, draw some.

        Raises:
            InputError: even a few would take far too long, or see `check`. Training ends
                where their functions raised.
        """
        most = self._check_time.most_entries(
            method, seconds, len(self._layout.arrays), self.theta.size
        )
        try:
            report = self._check(method, epsilon, most)
        except UserCodeError as error:
            self._fail(error)
            raise
        self._check_time.found(report.method)
        return report

    def _check(self, method: str, epsilon: float | None, most_entries: int) -> Report:
        return check_gradients(
            self.model.cost,
            self.model.gradients,
            self.built_parameters(),
            method=method,
            epsilon=epsilon,
            most_entries=most_entries,
            seed=self.seed,
        )

    def scores(self) -> Scores | None:
        """Return accuracy, or R² and errors, on their samples; `None` where the file has none.

        Raises:
            InputError: `X`, `y` and what `predict` returns do not fit each other, or it raised.
        """
        model = self.model
        if model.X is None or model.y is None or model.predict is None:
            return None
        return ModelSamples(model).scores(self.built_parameters())

    def view(self) -> "ModelView":
        """Return what shows their predictions."""
        from bptui.core.training.model_view import ModelView

        return ModelView(self)

    def save(self, folder: Path) -> Path:
        """Write a run folder that `resume_model_trainer` goes on from; see `save_run`."""
        return save_run(self, folder)

    def settings(self) -> dict[str, Any]:
        """Return the fields of the configuration that it was built from."""
        return {name: getattr(self.configuration, name) for name in _SETTINGS}

    def facts(self) -> dict[str, Any]:
        """Return what tells its training from others: the file's text and the parameters."""
        return {MODEL: self._model_facts().encoded()}

    def _model_facts(self) -> ModelFacts:
        shapes = tuple(array.shape for array in self._layout.arrays)
        return ModelFacts(self.model.digest, self.model.takes_seed, tuple(self.names), shapes)

    def recognize(self, facts: dict[str, Any], configuration: Configuration) -> None:
        """Make sure that a checkpoint is of such parameters; other code is a `notice`.

        Raises:
            InputError: they have another structure or other shapes.
        """
        saved = ModelFacts.decoded(facts)
        assert saved is not None
        saved.check_parameters(self._model_facts(), self.model.name)
        if saved.digest != self.model.digest:
            name, was = self.model.name, display_name(configuration.data)
            self.notice = (
                f"{name} has changed since this run was saved; it goes on with the new text"
                if configuration.data == self.configuration.data
                else f"this run was saved with {was}; it goes on with {name}"
            )
