"""From a configuration to a trainer: the data decides what was left open."""

from dataclasses import replace
from pathlib import Path

from bptui.core.configuration import Configuration
from bptui.core.data.dataset import Dataset
from bptui.core.data.datasets import GENERATORS, load_dataset
from bptui.core.data.input_file import display_name
from bptui.core.data.preparation import Prepared, prepare
from bptui.core.errors import InputError, printable
from bptui.core.network import Network
from bptui.core.runs.saving import resume_run
from bptui.core.training.resumable import check_limit
from bptui.core.training.schedules import Schedule
from bptui.core.training.trainer import Trainer
from bptui.core.wording import counted

FULL_BATCH_EPOCHS, MINIBATCH_EPOCHS = 10_000, 100
_STEPS = 5
"""Of a schedule, in a run whose length is known."""
_SQUARED_ERROR_LEARNING_RATES = {"sgd": 2.0, "momentum": 0.5, "nesterov": 0.5}
"""Squared errors through a sigmoid leave small gradients; XOR is then solved most often."""


def build_trainer(configuration: Configuration) -> Trainer:
    """Load the data and make a network and a trainer for it.

    Raises:
        InputError: anything in the configuration is impossible or does not fit the data.
    """
    dataset = dataset_of(configuration)
    chosen = completed(configuration, dataset)
    prepared = prepared_as(chosen, dataset)
    return Trainer(
        network_of(chosen),
        prepared.training,
        prepared.validation,
        optimizer=chosen.optimizer,
        learning_rate=chosen.learning_rate,
        schedule=schedule_of(chosen, len(prepared.training)),
        clip_norm=chosen.clip_norm,
        weight_decay=chosen.weight_decay,
        batch_size=chosen.batch_size,
        epoch_limit=chosen.epochs,
        until_cost=chosen.until_cost,
        patience=chosen.patience,
        method=chosen.method,
        epsilon=chosen.epsilon,
        configuration=findable(configuration),
        preparation=prepared,
    )


def dataset_of(configuration: Configuration) -> Dataset:
    """Load, or generate, the data of a configuration.

    Raises:
        InputError: there is no such data, or it cannot be read.
    """
    return load_dataset(
        configuration.data,
        target=configuration.target,
        samples=configuration.samples,
        noise=configuration.noise,
        seed=configuration.data_seed,
    )


def prepared_as(chosen: Configuration, dataset: Dataset) -> Prepared:
    """Split and scale the data as a `completed` configuration says.

    Raises:
        InputError: as `prepare` does.
    """
    return prepare(
        dataset,
        validation=chosen.validation,
        standardize=bool(chosen.standardize),
        seed=chosen.data_seed,
        standardize_targets=targets_are_scaled(chosen, dataset),
    )


def network_of(chosen: Configuration) -> Network:
    """Return the network of a `completed` configuration, with its initial Θ.

    Raises:
        InputError: as `Network` does.
    """
    assert chosen.layers is not None and chosen.output is not None and chosen.cost is not None
    return Network(
        chosen.layers,
        activation=chosen.activation,
        output=chosen.output,
        cost=chosen.cost,
        l2=chosen.l2,
        init=chosen.init,
        init_scale=chosen.init_scale,
        seed=chosen.seed,
        dtype=chosen.dtype,
        fault=chosen.fault,
    )


def schedule_of(chosen: Configuration, samples: int) -> Schedule:
    """Return the schedule of a configuration, for so many training samples.

    Raises:
        InputError: there is no such schedule.
    """
    length = chosen.schedule_epochs
    if length is None:
        length = chosen.epochs or usual_epochs(samples, chosen.batch_size)
        if chosen.schedule == "step":
            length = max(1, length // _STEPS)
    return Schedule(chosen.schedule, length, chosen.warm_up)


def usual_epochs(samples: int, batch_size: int | None) -> int:
    """Return how many epochs to train where nobody says so."""
    full_batch = batch_size is None or batch_size >= samples
    return FULL_BATCH_EPOCHS if full_batch else MINIBATCH_EPOCHS


def targets_are_scaled(chosen: Configuration, dataset: Dataset) -> bool:
    """Return whether targets are scaled as features are, by a `completed` configuration."""
    return bool(chosen.standardize) and dataset.task == "regression" and chosen.output == "linear"


def findable(configuration: Configuration) -> Configuration:
    """Return the configuration with a data file that is found from any folder."""
    if configuration.data in GENERATORS:
        return configuration
    return replace(configuration, data=str(Path(configuration.data).absolute()))


def resume_trainer(
    folder: Path,
    *,
    epochs: int | None = None,
    learning_rate: float | None = None,
    patience: int | None = None,
) -> Trainer:
    """Return the trainer of a run folder, at its checkpoint.

    Args:
        folder: of the run.
        epochs: another epoch to finish at.
        learning_rate: another η from here on, which a diverged run needs. One whose Θ is worse
            than at its start cannot go on.
        patience: another patience, with which a run that ended early goes on from its best Θ.

    Raises:
        InputError: no run is there, it is damaged, its data cannot be loaded or has changed, or
            what is given cannot make it go on, such as fewer epochs than it has trained.
    """
    trainer = resume_run(folder, build_trainer)
    if trainer.had_diverged and trainer.steps:
        why = trainer.why_start_again()
        if why:
            raise InputError(f"{printable(folder)}: this run diverged, and {why}")
    if patience is not None:
        _give_patience(trainer, patience)
    early = trainer.early_stopping
    anew = epochs is not None or learning_rate is not None or patience is not None
    if anew and early is not None and early.exhausted:
        raise InputError(
            f"{printable(folder)}: this run ended early, for its validation cost had not fallen "
            f"for {early.seen - early.epoch:,} epochs; it goes on with a longer patience, such as "
            f"--patience {2 * (early.seen - early.epoch)}"
        )
    if epochs is not None:
        check_limit(folder, trainer, epochs)
        assert trainer.configuration is not None
        trainer.epoch_limit = epochs
        # The schedule goes on as it was, whatever the new end.
        trainer.configuration = replace(
            trainer.configuration, epochs=epochs, schedule_epochs=trainer.schedule.length
        )
    if learning_rate is not None:
        trainer.learning_rate = learning_rate
    return trainer


def _give_patience(trainer: Trainer, patience: int) -> None:
    early, configuration = trainer.early_stopping, trainer.configuration
    if early is None or configuration is None:
        raise InputError("patience: the run was begun without it and cannot be given it now")
    early.patience = patience
    trainer.configuration = replace(configuration, patience=patience)


def completed(configuration: Configuration, dataset: Dataset) -> Configuration:
    """Return the configuration with all that the data decides filled in.

    Raises:
        InputError: layer sizes, output or target that do not fit the data.
    """
    inputs, outputs = dataset.X.shape[1], dataset.y.shape[1]
    cost = configuration.cost or "mse"
    output = configuration.output or _output_for(dataset, cost)
    if output == "softmax" and outputs == 1:
        raise InputError(
            "output: 'softmax' needs two or more target columns and "
            f"{dataset.name} has one; choose sigmoid"
        )
    standardize = configuration.standardize
    if standardize is None:
        standardize = configuration.data not in GENERATORS
    learning_rate = configuration.learning_rate
    if learning_rate is None and cost == "mse" and output == "sigmoid":
        learning_rate = _SQUARED_ERROR_LEARNING_RATES.get(configuration.optimizer)
    if learning_rate is None and output == "linear" and configuration.optimizer == "sgd":
        learning_rate = 0.05
    return replace(
        configuration,
        layers=_layers_for(configuration, dataset, inputs, outputs),
        output=output,
        cost=cost,
        standardize=standardize,
        learning_rate=learning_rate,
    )


def _output_for(dataset: Dataset, cost: str) -> str:
    if dataset.task == "regression":
        return "linear" if cost == "mse" else "sigmoid"
    return "softmax" if dataset.task == "classes" and cost == "cross-entropy" else "sigmoid"


def _layers_for(
    configuration: Configuration, dataset: Dataset, inputs: int, outputs: int
) -> tuple[int, ...]:
    if configuration.layers is None:
        hidden = configuration.hidden
        if hidden is None:
            hidden = (2, 2) if inputs == 2 and len(dataset) <= 4 else (8,)
        return (inputs, *hidden, outputs)
    if configuration.hidden is not None:
        raise InputError("layers and hidden say the same thing twice; give one of them")
    layers = configuration.layers
    if len(layers) < 2:
        raise InputError("layers: at least two sizes are needed, the input's and the output's")
    if layers[0] != inputs or layers[-1] != outputs:
        shown = display_name(",".join(map(str, layers)))
        raise InputError(
            f"layers: {shown} does not fit {dataset.name}, which has "
            f"{counted(inputs, 'feature')} and {counted(outputs, 'target column')}: "
            f"the first size is {inputs} and the last {outputs}"
        )
    return layers
