"""What a sweep found: one summary for each setting."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.sweeping.block import Block, BlockResult, curve_epochs
from bptui.core.sweeping.plan import SWEPT, Plan, Setting
from bptui.core.sweeping.statistics import Cluster, cost_clusters, wilson_interval
from bptui.core.training.scores import score_name

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True)
class Pick:
    """One network, by its seed."""

    seed: int
    cost: float
    """J in the end."""
    curve: NDArray[np.float64]
    """J at `SettingResult.epochs`."""


@dataclass(frozen=True, slots=True)
class Validation:
    """How good networks were on the samples held back, where their training ended."""

    name: str
    """Of the score: `accuracy` or `R²`."""
    cost: NDArray[np.float64]
    """J of each, without a penalty: ∞ where it is no number, NaN where the network diverged."""
    score: NDArray[np.float64]
    """Of each; of R², −∞ where it is no number. NaN where the network diverged."""

    @property
    def cost_quantiles(self) -> tuple[float, ...] | None:
        """`QUANTILES` of the costs, each that of a network; `None` if all diverged."""
        return _quantiles(self.cost)

    @property
    def score_quantiles(self) -> tuple[float, ...] | None:
        """The same of the scores."""
        return _quantiles(self.score)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "name": self.name,
            "cost": _by_quantile(self.cost_quantiles),
            "score": _by_quantile(self.score_quantiles),
        }


def _quantiles(values: NDArray[Any]) -> tuple[Any, ...] | None:
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    return tuple(np.quantile(known, QUANTILES, method="inverted_cdf").tolist())


def _by_quantile(values: tuple[Any, ...] | None) -> dict[str, Any]:
    return dict(zip(map(str, QUANTILES), values or (None,) * len(QUANTILES), strict=True))


@dataclass(frozen=True, slots=True)
class SettingResult:
    """What became of the networks of one setting."""

    setting: Setting
    seeds: NDArray[np.int64]
    """Of the networks that were trained to the end, rising; the rest is in the same order."""
    solved_at: NDArray[np.int64]
    """The epoch from which on each was solved; -1 if it was not."""
    final_cost: NDArray[np.float64]
    diverged: NDArray[np.bool_]
    epochs: NDArray[np.int64]
    """Of the points of all curves."""
    best: Pick | None
    """The network that ended lowest; `None` where none was trained, or all diverged."""
    typical: Pick | None
    """The network that ended in the middle."""
    cost_quantiles: NDArray[np.float64]
    """`QUANTILES` of the costs at `epochs`, (quantiles, points)."""
    stuck: tuple[Cluster, ...]
    """Where costs of networks gather that are neither solved nor diverged."""
    validation: Validation | None
    """`None` where no samples were held back."""

    @property
    def networks(self) -> int:
        """How many were trained to the end."""
        return len(self.seeds)

    @property
    def solved(self) -> int:
        """How many are solved."""
        return int((self.solved_at >= 0).sum())

    @property
    def share(self) -> float:
        """The share that is solved; NaN of none."""
        return self.solved / self.networks if self.networks else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 % confidence interval of `share`."""
        return wilson_interval(self.solved, self.networks)

    @property
    def epochs_to_solve(self) -> NDArray[np.int64]:
        """Of those that are solved, rising."""
        return np.sort(self.solved_at[self.solved_at >= 0])

    @property
    def epochs_quantiles(self) -> tuple[int, ...] | None:
        """`QUANTILES` of the epochs to solve, each that of a network; `None` if none is solved."""
        return _quantiles(self.epochs_to_solve)

    def share_solved_by(self, epochs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the share that is solved from each of `epochs` on, or from earlier."""
        found = np.searchsorted(self.epochs_to_solve, epochs, "right")
        return found / max(1, self.networks)

    @property
    def unsolved(self) -> int:
        """How many ended neither solved nor diverged."""
        return int(((self.solved_at < 0) & ~self.diverged).sum())

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        low, high = self.interval
        configuration = asdict(self.setting.configuration)
        return {
            "name": self.setting.name,
            "setting": {name: configuration[name] for name in SWEPT if name != "hidden"},
            "networks": self.networks,
            "solved": self.solved,
            "share": self.share,
            "low": low,
            "high": high,
            "diverged": int(self.diverged.sum()),
            "epochs_to_solve": _by_quantile(self.epochs_quantiles),
            "stuck": [
                asdict(cluster) | {"share": cluster.networks / self.networks}
                for cluster in self.stuck
            ],
            "best": _as_dict(self.best),
            "typical": _as_dict(self.typical),
            "validation": None if self.validation is None else self.validation.to_dict(),
            "curves": {
                "epochs": self.epochs.tolist(),
                "best": self.best.curve.tolist() if self.best else None,
                "typical": self.typical.curve.tolist() if self.typical else None,
                **{
                    str(quantile): costs.tolist()
                    for quantile, costs in zip(QUANTILES, self.cost_quantiles, strict=True)
                },
            },
        }


def _as_dict(pick: Pick | None) -> dict[str, Any] | None:
    return None if pick is None else {"seed": pick.seed, "cost": pick.cost}


@dataclass(frozen=True, slots=True)
class SweepResult:
    """What a sweep found; `str()` of it is a table."""

    plan: Plan
    settings: tuple[SettingResult, ...]
    seconds: float
    """How long this run of it took."""

    @property
    def networks(self) -> int:
        """How many were trained to the end."""
        return sum(setting.networks for setting in self.settings)

    @property
    def complete(self) -> bool:
        """Whether all were."""
        return self.networks == self.plan.networks

    def __str__(self) -> str:
        """Return the tables that a person can read."""
        from bptui.core.sweeping.table import format_sweep

        return format_sweep(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        base = self.plan.base
        return {
            "data": self.plan.dataset.name,
            "epochs": base.epochs,
            "until_cost": base.until_cost,
            "seeds": self.plan.seeds,
            "first_seed": base.seed,
            "networks": self.networks,
            "complete": self.complete,
            "seconds": self.seconds,
            "settings": [setting.to_dict() for setting in self.settings],
        }


def summarize(
    plan: Plan, results: Mapping[Block, BlockResult], seconds: float = 0.0
) -> SweepResult:
    """Return what the finished blocks of a sweep say."""
    done: list[list[tuple[Block, BlockResult]]] = [[] for _ in plan.settings]
    for block in plan.blocks:
        if block in results:
            done[block.index].append((block, results[block]))
    settings = (
        _summary(setting, blocks) for setting, blocks in zip(plan.settings, done, strict=True)
    )
    return SweepResult(plan, tuple(settings), seconds)


def _summary(setting: Setting, done: Sequence[tuple[Block, BlockResult]]) -> SettingResult:
    assert setting.configuration.epochs is not None
    epochs = curve_epochs(setting.configuration.epochs)
    seeds = _joined((_seeds(block) for block, _ in done), np.int64)
    solved_at = _joined((result.solved_at for _, result in done), np.int64)
    final_cost = _joined((result.final_cost for _, result in done), np.float64)
    diverged = _joined((result.diverged for _, result in done), np.bool_)
    curves = np.concatenate([np.empty((0, len(epochs))), *(result.curves for _, result in done)])
    curved = _joined((_seeds(block)[: block.curves] for block, _ in done), np.int64)
    known = np.isfinite(curves).all(axis=1)
    quantiles = np.full((len(QUANTILES), len(epochs)), np.nan)
    if known.any():
        quantiles = np.quantile(curves[known], QUANTILES, axis=0)
    return SettingResult(
        setting,
        seeds,
        solved_at,
        final_cost,
        diverged,
        epochs,
        _best(done),
        _typical(seeds, final_cost, diverged, curved, curves),
        quantiles,
        cost_clusters(final_cost[(solved_at < 0) & ~diverged]),
        _validation(setting, [result for _, result in done]),
    )


def _validation(setting: Setting, done: Sequence[BlockResult]) -> Validation | None:
    if setting.samples.validation is None:
        return None
    costs = (each.validation_cost for each in done if each.validation_cost is not None)
    scores = (each.validation_score for each in done if each.validation_score is not None)
    return Validation(
        score_name(setting.samples.validation.task),
        _joined(costs, np.float64),
        _joined(scores, np.float64),
    )


def _seeds(block: Block) -> NDArray[np.int64]:
    return np.arange(block.first_seed, block.first_seed + block.seeds)


def _joined(arrays: Iterator[NDArray[Any]], dtype: Any) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *arrays])


def _best(done: Sequence[tuple[Block, BlockResult]]) -> Pick | None:
    picks = [
        Pick(block.first_seed + place, float(result.final_cost[place]), result.best_curve)
        for block, result in done
        for place in (result.best,)
        if not result.diverged[place]
    ]
    return min(picks, key=lambda pick: pick.cost, default=None)


def _typical(
    seeds: NDArray[np.int64],
    costs: NDArray[np.float64],
    diverged: NDArray[np.bool_],
    curved: NDArray[np.int64],
    curves: NDArray[np.float64],
) -> Pick | None:
    """Return the network in the middle of those whose curves are kept."""
    places = np.flatnonzero(~diverged & np.isin(seeds, curved))
    if not len(places):
        return None
    middle = places[np.argsort(costs[places], kind="stable")[(len(places) - 1) // 2]]
    seed = int(seeds[middle])
    curve = curves[int(np.searchsorted(curved, seed))]
    return Pick(seed, float(costs[middle]), curve)
