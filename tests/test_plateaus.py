"""What counts as a plateau of a cost curve."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bptui.core.configuration import Configuration
from bptui.core.history import Columns, CostHistory
from bptui.core.plateaus import plateaus
from bptui.core.training import build_trainer

Array = np.ndarray[Any, Any]

EPOCHS = np.arange(6000.0)
cost = st.floats(0, 1e6, allow_subnormal=False)


def columns_of(values: list[float] | Array) -> Columns:
    history = CostHistory()
    history.extend(np.asarray(values, np.float64))
    return history.columns()


def noisy(values: Array, share: float) -> Array:
    return values * np.exp(share * np.random.default_rng(0).standard_normal(len(values)))


def step(height: float, floor: float, middle: float, width: float) -> Array:
    """Return a plateau that is left within about four times `width`."""
    return floor + height / (1.0 + np.exp((EPOCHS - middle) / width))


DECLINES = {
    "a fast exponential": np.exp(-EPOCHS / 300),
    "an exponential": np.exp(-EPOCHS / 3000),
    "a slow exponential": np.exp(-EPOCHS / 40_000),
    "1/t": 1 / (1 + EPOCHS / 500),
    "a slow 1/t": 1 / (1 + EPOCHS / 20_000),
    "1/sqrt t": 1 / np.sqrt(1 + EPOCHS / 50),
    "1/log t": 1 / np.log(EPOCHS + 3),
    "a straight line": 1 - EPOCHS / 20_000,
    "a minimum": 0.2 + 0.1 * np.exp(-EPOCHS / 200),
    "a minimum that is near at the start": 0.2 + 0.01 * np.exp(-EPOCHS / 2000),
    "a fast and a slow part": 0.5 * np.exp(-EPOCHS / 200) + 0.5 * np.exp(-EPOCHS / 20_000),
}


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.3])
@pytest.mark.parametrize("values", DECLINES.values(), ids=DECLINES)
def test_a_decline_that_only_grows_slower_is_no_plateau(values: Array, noise: float) -> None:
    assert plateaus(columns_of(noisy(values, noise))) == []
    assert plateaus(columns_of(noisy(values[::60], noise / 3))) == []


@pytest.mark.parametrize("noise", [0.0, 0.05, 0.2])
def test_a_plateau_is_found_whatever_the_noise(noise: float) -> None:
    ((first, last),) = plateaus(columns_of(noisy(step(0.24, 0.01, 3000, 100), noise)))
    assert first < 200
    assert 2500 < last < 3100


@pytest.mark.parametrize(("seed", "first", "last"), [(0, 0, 450), (2, 0, 2200), (3, 0, 1600)])
def test_the_plateau_of_exclusive_or_is_found(seed: int, first: int, last: int) -> None:
    trainer = build_trainer(Configuration(seed=seed))
    trainer.advance(1e9, 3000)
    ((found, end),) = plateaus(trainer.curve().columns)
    assert found <= first + 60
    assert abs(end - last) < 150


def test_a_plateau_between_two_falls_is_found() -> None:
    values = np.concatenate(
        [np.linspace(0.4, 0.25, 1000), np.full(4000, 0.25), np.geomspace(0.25, 1e-3, 3000)]
    )
    ((first, last),) = plateaus(columns_of(values))
    assert abs(first - 1000) < 300
    assert abs(last - 5000) < 300


def test_two_plateaus_are_two() -> None:
    values = [0.5] * 30 + [0.25] * 40 + list(np.geomspace(0.2, 1e-3, 20))
    (first, middle), (again, last) = plateaus(columns_of(values))
    assert first == 0
    assert abs(middle - 30) < 3 and abs(again - 30) < 3
    assert abs(last - 70) < 4


def test_one_that_sinks_slowly_is_one() -> None:
    values = [*np.linspace(0.25, 0.235, 90), *np.linspace(0.235, 0.01, 30)]
    assert len(plateaus(columns_of(values))) == 1


def test_rows_of_a_log_may_lie_apart() -> None:
    epochs = np.unique(np.geomspace(1, 6000, 400).astype(int)) - 1
    for values, count in ((step(0.24, 0.01, 3000, 100), 1), (np.exp(-EPOCHS / 40_000), 0)):
        few = values[epochs]
        assert len(plateaus(Columns(epochs.astype(float), few, few, few))) == count


@pytest.mark.parametrize(
    "values",
    [
        [1.0] * 10 + [0.9 - 0.008 * k for k in range(100)],  # stands still too shortly
        [1.0] + [0.01] * 99,  # stands still, but nothing is left to learn
        [0.25] * 3,  # too few epochs to say
        [],
        np.tile([1.0, 0.5], 50),  # oscillates
        [0.0] * 50,
        [0.5] + [0.25] * 60,  # has not fallen again
        [0.5] * 60 + [0.9] * 20,  # has risen
        [0.5] * 60 + [0.48] * 20,  # has fallen by next to nothing
        [-0.5] * 60 + [-0.9] * 20,  # no share of a negative cost means anything
        [1e308, -1e308, 1e-308, np.inf, np.nan] * 20,
    ],
)
def test_what_is_no_plateau_is_not_found(values: Any) -> None:
    assert plateaus(columns_of(values)) == []


@given(values=st.lists(cost, max_size=200))
def test_plateaus_are_in_order_apart_and_long_enough(values: list[float]) -> None:
    end = 0.0
    for first, last in plateaus(columns_of(values)):
        assert end <= first < last <= len(values) - 1
        assert last - first >= 0.14 * (len(values) - 1)
        end = last


@pytest.mark.parametrize("nothing", [np.nan, np.inf])
def test_nothing_stands_still_where_there_are_no_costs(nothing: float) -> None:
    values = np.interp(EPOCHS, [0, 2000, 4000, 6000], [1.0, 0.5, 0.5, 0.1])
    assert len(plateaus(columns_of(values))) == 1
    values[2000:4000] = nothing
    assert plateaus(columns_of(values)) == []
    assert plateaus(columns_of(values[::300])) == []


def test_a_plateau_before_a_gap_ends_there() -> None:
    values = np.interp(EPOCHS, [0, 2500, 4000, 6000], [0.5, 0.5, 0.5, 0.1])
    values[2500:3500] = np.nan
    ((first, last),) = plateaus(columns_of(values))
    assert first == 0 and 2300 <= last <= 2600
