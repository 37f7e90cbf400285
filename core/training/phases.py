"""One step of training taken apart: what each of its phases computes, in numbers.

They are read from the buffers of the code that trains, after it has done its work on the very
samples of the next step; a mistake that is planted in it is therefore seen where it is made.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from bptui.core.backpropagation import Backpropagation
from bptui.core.layers import layer_views
from bptui.core.training.steppers import Stepper
from bptui.core.training.trainer import Trainer

Array = NDArray[Any]
Floats = NDArray[np.float64]

MOST_ROWS = 100
"""Of a matrix, as of the columns of a Θ, so many are kept at most."""
MOST_SAMPLES = 64
"""Of the samples, a column each, so many."""

Kind = Literal["forward", "cost", "output_delta", "hidden_delta", "layer_gradient", "update"]


@dataclass(frozen=True, slots=True)
class Phase:
    """Where a step is."""

    kind: Kind
    layer: int
    """The Θ that it goes through, from 0; 0 where it is about all of them."""


def phases_of(thetas: int) -> tuple[Phase, ...]:
    """Return the phases of one step of a network of so many Θ, in their order."""
    last = thetas - 1
    return (
        *(Phase("forward", layer) for layer in range(thetas)),
        Phase("cost", 0),
        Phase("output_delta", last),
        *(Phase("hidden_delta", layer) for layer in range(last, 0, -1)),
        *(Phase("layer_gradient", layer) for layer in range(thetas)),
        Phase("update", 0),
    )


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The first rows and columns of a matrix."""

    values: Floats
    shape: tuple[int, int]
    """Of the whole matrix."""

    @property
    def whole(self) -> bool:
        """Whether nothing is left out."""
        return self.values.shape == self.shape


@dataclass(frozen=True, slots=True)
class StepPhases:
    """All numbers of one step; layers are counted from 0, the input."""

    epoch: int
    """Epochs trained before it."""
    batch: int
    """Steps taken before it within its epoch."""
    batches: int
    """Steps of an epoch."""
    samples: int
    """N, of this step."""
    thetas: tuple[Excerpt, ...]
    activations: tuple[Excerpt, ...]
    """By layer, (s_l + 1, N) with a row of ones first; ŷ, (K, N), has none."""
    targets: Excerpt
    """(K, N)."""
    errors: Excerpt
    """ŷ − y, (K, N)."""
    cost: float
    """J, penalty included."""
    penalty_cost: float
    """λ/(2N) Σ Θ²."""
    penalty: float
    """λ/N, N of the whole training set."""
    slopes: tuple[Excerpt | None, ...]
    """φ′(z) of each layer but the input, (s_l, N); `None` where the output's cancels."""
    deltas: tuple[Excerpt, ...]
    """Of each layer but the input, (s_l, N)."""
    products: tuple[Excerpt, ...]
    """δ aᵀ of each Θ, where a penalty is added to it; else empty."""
    penalties: tuple[Excerpt, ...]
    """What the penalty adds to each, or empty."""
    gradients: tuple[Excerpt, ...]
    """∂J/∂Θ of each Θ."""
    gradient_norm: float
    """Length of the gradient of all Θ."""
    changes: tuple[Excerpt, ...]
    """What the optimizer adds to each Θ."""
    updated: tuple[Excerpt, ...]
    """Each Θ after the step."""
    optimizer: str
    learning_rate: float
    """η, of which a schedule has taken its share."""
    clip_norm: float | None
    weight_decay: float
    faulty: frozenset[Kind]
    """Kinds of phases in which a mistake is planted, where that is no secret."""


def take_apart(trainer: Trainer, stepper: Stepper) -> StepPhases:
    """Return what the next step of `trainer` does; no bit of its training is changed.

    Args:
        trainer: is left as it is.
        stepper: takes its steps.
    """
    with np.errstate(all="ignore"):
        work = stepper.next_work()
        cost = work.evaluate()
        updated = layer_views(stepper.rehearsed(work, trainer.learning_rate), work.layers)
        thetas = _excerpts(work.thetas)
        gradients = _excerpts(work.gradients)
        after = _excerpts(updated)
        norm = float(np.linalg.norm(work.gradient.astype(np.float64)))
        activations = _excerpts(work.activations, MOST_SAMPLES)
        slopes = tuple(
            each if each is None else _excerpt(each, MOST_SAMPLES) for each in work.slopes
        )
        deltas = _excerpts(work.deltas, MOST_SAMPLES)
        errors = _excerpt(work.errors, MOST_SAMPLES)
        # The parts of the gradient are no longer apart; their own steps make them again.
        products, penalties = _parts(work) if work.penalty else ((), ())
    return StepPhases(
        epoch=trainer.epoch,
        batch=stepper.batch,
        batches=stepper.steps_an_epoch,
        samples=work.samples,
        thetas=thetas,
        activations=activations,
        targets=_excerpt(work.targets, MOST_SAMPLES),
        errors=errors,
        cost=cost,
        penalty_cost=work.penalty_cost,
        penalty=work.penalty,
        slopes=slopes,
        deltas=deltas,
        products=products,
        penalties=penalties,
        gradients=gradients,
        gradient_norm=norm,
        changes=tuple(
            Excerpt(new.values - old.values, old.shape)
            for old, new in zip(thetas, after, strict=True)
        ),
        updated=after,
        optimizer=trainer.optimizer_name,
        learning_rate=trainer.scheduled_learning_rate,
        clip_norm=trainer.clip_norm,
        weight_decay=trainer.weight_decay,
        faulty=frozenset() if trainer.fault_hidden else _faulty(work),
    )


def _parts(work: Backpropagation) -> tuple[tuple[Excerpt, ...], tuple[Excerpt, ...]]:
    """Return δ aᵀ and what the penalty adds, of each Θ."""
    for layer in range(len(work.thetas)):
        work.layer_gradient(layer)
    products = _excerpts(work.gradients)
    work.gradient.fill(0.0)
    work.add_penalty()
    return products, _excerpts(work.gradients)


def _faulty(work: Backpropagation) -> frozenset[Kind]:
    """Return the kinds of phases whose step is overridden."""
    steps: dict[str, Kind] = {
        "output_delta": "output_delta",
        "hidden_delta": "hidden_delta",
        "layer_gradient": "layer_gradient",
        "add_penalty": "layer_gradient",
        "backward": "layer_gradient",
    }
    return frozenset(
        kind
        for step, kind in steps.items()
        if getattr(type(work), step) is not getattr(Backpropagation, step)
    )


def _excerpts(matrices: list[Array], most_columns: int = MOST_ROWS) -> tuple[Excerpt, ...]:
    return tuple(_excerpt(matrix, most_columns) for matrix in matrices)


def _excerpt(matrix: Array, most_columns: int) -> Excerpt:
    return Excerpt(np.array(matrix[:MOST_ROWS, :most_columns], np.float64), matrix.shape)
