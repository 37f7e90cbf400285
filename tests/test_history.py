"""The cost of every epoch in bounded memory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core.history import Columns, CostCurve, CostHistory

cost = st.floats(0, 1e6, allow_subnormal=False)
pieces = st.lists(st.lists(cost, max_size=40), max_size=12)
bucket_counts = st.sampled_from([2, 4, 8, 16])


def record(slices: list[list[float]], buckets: int) -> CostHistory:
    history = CostHistory(buckets)
    for costs in slices:
        history.extend(costs)
    return history


def same(one: Columns, other: Columns) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("epoch", "low", "high", "last")
    )


@given(slices=pieces, buckets=bucket_counts)
def test_every_column_holds_the_extremes_and_the_last_of_its_epochs(
    slices: list[list[float]], buckets: int
) -> None:
    history = record(slices, buckets)
    costs = np.array([value for costs in slices for value in costs])
    columns = history.columns()
    assert history.epochs == len(costs)
    assert len(columns) <= buckets
    starts = columns.epoch.astype(int)
    assert starts.tolist() == list(range(0, len(costs), history.stride))
    for column, start in enumerate(starts):
        block = costs[start : start + history.stride]
        assert columns.low[column] == block.min()
        assert columns.high[column] == block.max()
        assert columns.last[column] == block[-1]


@given(slices=pieces, buckets=bucket_counts)
def test_the_slices_do_not_matter(slices: list[list[float]], buckets: int) -> None:
    whole = CostHistory(buckets)
    whole.extend([value for costs in slices for value in costs])
    assert same(record(slices, buckets).columns(), whole.columns())


@settings(max_examples=25, deadline=None)
@given(
    epochs=st.integers(1, 300_000),
    place=st.floats(0, 1, exclude_max=True),
    most=st.integers(1, 200),
    up=st.booleans(),
)
def test_a_spike_survives_any_number_of_epochs(
    epochs: int, place: float, most: int, up: bool
) -> None:
    costs = np.full(epochs, 0.25)
    spike = int(place * epochs)
    costs[spike] = 7.0 if up else 1e-7
    history = CostHistory(64)
    for start in range(0, epochs, 9973):
        history.extend(costs[start : start + 9973])
    for columns in (history.columns(), history.columns().reduced(most)):
        assert (columns.high.max() if up else columns.low.min()) == costs[spike]
        column = int(columns.high.argmax() if up else columns.low.argmin())
        if epochs > 1:
            assert columns.epoch[column] <= spike
            assert column + 1 == len(columns) or spike < columns.epoch[column + 1]


def test_memory_is_bounded_whatever_the_number_of_epochs() -> None:
    history = CostHistory(16)
    for _ in range(60):
        history.extend(np.full(50_000, 0.5))
        history.extend([0.5])
        assert sum(values.nbytes for values in history.arrays().values()) < 1000
    assert history.epochs == 60 * 50_001
    assert 8 <= len(history.columns()) <= 16


@given(first=pieces, then=pieces, buckets=bucket_counts)
def test_a_restored_history_goes_on_as_if_nothing_had_happened(
    first: list[list[float]], then: list[list[float]], buckets: int
) -> None:
    history = record(first, buckets)
    restored = CostHistory.restore(history.arrays(), buckets)
    assert restored.epochs == history.epochs
    assert same(restored.columns(), history.columns())
    for costs in then:
        history.extend(costs)
        restored.extend(costs)
    assert restored.epochs == history.epochs
    assert same(restored.columns(), history.columns())


def test_columns_and_arrays_are_copies() -> None:
    history = record([[3.0, 2.0, 1.0]], 4)
    columns, arrays = history.columns(), history.arrays()
    history.extend([0.5] * 50)
    assert columns.last.tolist() == [3.0, 2.0, 1.0]
    restored = CostHistory.restore(arrays, 4)
    restored.extend([0.25] * 50)
    assert CostHistory.restore(arrays, 4).columns().last.tolist() == [3.0, 2.0, 1.0]


def test_an_empty_history_has_no_columns() -> None:
    history = CostHistory()
    assert len(history.columns()) == 0
    assert len(history.columns().reduced(10)) == 0
    history.extend([])
    assert history.epochs == 0


@given(
    costs=st.lists(cost, min_size=1, max_size=300),
    most=st.integers(1, 120),
)
def test_reduced_columns_keep_the_extremes(costs: list[float], most: int) -> None:
    history = CostHistory(512)
    history.extend(costs)
    reduced = history.columns().reduced(most)
    assert len(reduced) == min(most, len(costs))
    assert reduced.low.min() == min(costs)
    assert reduced.high.max() == max(costs)
    assert reduced.last[-1] == costs[-1]
    starts = [*reduced.epoch.astype(int), len(costs)]
    assert starts[0] == 0
    for column in range(len(reduced)):
        block = costs[starts[column] : starts[column + 1]]
        assert (reduced.low[column], reduced.high[column]) == (min(block), max(block))


def test_a_curve_is_immutable() -> None:
    columns = CostHistory().columns()
    curve = CostCurve(columns, np.empty(0), np.empty(0), (), 0)
    with pytest.raises(AttributeError):
        curve.epochs = 1  # type: ignore[misc]
