"""What one run is made of: a frozen record of every choice, before any data is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every choice that defines a run; `None` means "taken from the data".

    The command line, a `--config` file and a run folder all make one of these,
    and `bptui.core.training.build_trainer` turns it into a `Trainer`.
    """

    data: str = "xor"
    """Name of a built-in data set, or the path of a CSV or NPZ file."""
    target: tuple[str, ...] = ()
    """Target columns of a file; empty means its last column."""
    samples: int | None = None
    """How many samples a generated data set has."""
    noise: float | None = None
    """Standard deviation of the noise of a generated data set."""
    validation: float = 0.0
    """Fraction of the samples held back for validation."""
    standardize: bool | None = None
    """Scale features to mean 0 and deviation 1; `None` does so for files alone."""
    layers: tuple[int, ...] | None = None
    """All layer sizes, input and output included."""
    hidden: tuple[int, ...] | None = None
    """Hidden layer sizes; both ends come from the data."""
    activation: str = "sigmoid"
    output: str | None = None
    cost: str | None = None
    l2: float = 0.0
    optimizer: str = "sgd"
    learning_rate: float | None = None
    schedule: str = "constant"
    """How the learning rate changes with the epochs."""
    schedule_epochs: int | None = None
    """Epochs between two steps of the schedule, or of its cosine."""
    warm_up: int = 0
    """Epochs over which the learning rate first rises."""
    clip_norm: float | None = None
    """Length that gradients are shortened to."""
    weight_decay: float = 0.0
    """Share of η by which every step shrinks the weights."""
    batch_size: int | None = None
    """Samples a step; `None` is the whole training set (full batch)."""
    epochs: int | None = None
    until_cost: float | None = None
    patience: int | None = None
    """Epochs to wait for a lower validation cost."""
    init: str = "uniform"
    init_scale: float | None = None
    seed: int = 0
    """Of Θ and of the order of minibatches."""
    data_seed: int = 0
    """Of generated samples and of the validation split."""
    dtype: str = "float64"
    fault: str | None = None
    """Name of a mistake planted in backpropagation."""
    method: str = "auto"
    epsilon: float | None = None
