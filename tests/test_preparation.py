"""Setting validation samples apart, and scaling features."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import ArrayLike

from bptui.core.data.dataset import Dataset
from bptui.core.data.datasets import load_dataset
from bptui.core.data.preparation import fit_standardizer, prepare, split
from bptui.core.errors import InputError


def numbered(samples: int) -> Dataset:
    rows = np.arange(float(samples))[:, np.newaxis]
    return Dataset("rows", rows, -rows, ("x",), ("y",), "regression")


class TestStandardizer:
    def test_mean_0_and_deviation_1(self) -> None:
        X = np.random.default_rng(0).normal(5, 3, (100, 4)) * [1, 1e-200, 1e200, 1e-9]
        scaled = fit_standardizer(X).apply(X)
        assert np.allclose(scaled.mean(axis=0), 0, atol=1e-12)
        assert np.allclose(scaled.std(axis=0), 1)

    @pytest.mark.parametrize("value", [0.0, 0.1, -1e300, 5e-324])
    def test_a_constant_feature_becomes_0(self, value: float) -> None:
        X = np.full((7, 1), value)
        standardizer = fit_standardizer(X)
        assert standardizer.deviation.tolist() == [1]
        assert standardizer.apply(X).tolist() == [[0]] * 7

    @given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
    def test_any_finite_numbers_can_be_fitted(self, values: list[float]) -> None:
        standardizer = fit_standardizer(np.array(values)[:, np.newaxis])
        assert np.isfinite(standardizer.mean).all()
        assert np.isfinite(standardizer.deviation).all()
        assert (standardizer.deviation > 0).all()


class TestSplit:
    @settings(max_examples=50)
    @given(st.integers(2, 60), st.floats(1e-9, 1, exclude_max=True), st.integers(0, 2**32))
    def test_every_sample_is_in_one_part(self, samples: int, fraction: float, seed: int) -> None:
        training, validation = split(numbered(samples), fraction, seed)
        assert validation is not None
        assert len(training) >= 1
        assert len(validation) >= 1
        rows = np.concatenate([training.X, validation.X])
        assert sorted(rows.ravel()) == list(range(samples))
        assert np.array_equal(training.y, -training.X)
        assert abs(len(validation) - fraction * samples) <= 1

    def test_the_seed_decides(self) -> None:
        parts = [split(numbered(50), 0.2, seed)[0].X.ravel().tolist() for seed in (1, 1, 2)]
        assert parts[0] == parts[1] != parts[2]

    def test_nothing_held_back(self) -> None:
        data = numbered(3)
        assert split(data, 0.0, 0) == (data, None)

    @pytest.mark.parametrize("fraction", [-0.1, 1.0, 2.0, float("nan"), float("inf")])
    def test_fractions_that_cannot_be(self, fraction: float) -> None:
        with pytest.raises(InputError, match="validation: "):
            split(numbered(5), fraction, 0)

    def test_one_sample_cannot_be_split(self) -> None:
        with pytest.raises(InputError, match="rows has one sample"):
            split(numbered(1), 0.5, 0)


class TestPrepare:
    def test_the_scale_is_that_of_the_training_part(self) -> None:
        data = load_dataset("moons", seed=1)
        prepared = prepare(data, validation=0.25, standardize=True, seed=4)
        training, validation = split(data, 0.25, 4)
        assert validation is not None
        assert prepared.validation is not None
        assert prepared.standardizer is not None
        assert np.array_equal(prepared.unscaled_X, training.X)
        assert np.array_equal(prepared.standardizer.mean, training.X.mean(axis=0))
        assert np.array_equal(prepared.training.X, prepared.standardizer.apply(training.X))
        assert np.array_equal(prepared.validation.X, prepared.standardizer.apply(validation.X))

    def test_targets_are_never_scaled(self) -> None:
        data = load_dataset("sine")
        assert np.array_equal(
            prepare(data, validation=0, standardize=True, seed=0).training.y, data.y
        )

    def test_as_given(self) -> None:
        data = load_dataset("xor")
        prepared = prepare(data, validation=0, standardize=False, seed=0)
        assert prepared.training is data
        assert prepared.unscaled_X is data.X
        assert prepared.standardizer is None
        assert prepared.validation is None

    @pytest.mark.parametrize("column", [[1.7e308, -1.7e308, -1.7e308], [0.0, 5e-324, 1e-323]])
    def test_extreme_values_are_scaled_or_refused(self, column: ArrayLike) -> None:
        X = np.reshape(column, (3, 1)).astype(float)
        data = Dataset("wild", X, X, ("x",), ("y",), "regression")
        try:
            prepared = prepare(data, validation=0, standardize=True, seed=0)
        except InputError as error:
            assert "'x' are too far apart" in str(error)
        else:
            assert np.isfinite(prepared.training.X).all()


def test_targets_are_scaled_where_that_is_asked_for_and_come_back() -> None:
    generator = np.random.default_rng(0)
    y = generator.normal(3e5, 2e4, (40, 1))
    data = Dataset("prices", generator.normal(size=(40, 2)), y, ("a", "b"), ("y",), "regression")
    prepared = prepare(data, validation=0.25, standardize=True, seed=0, standardize_targets=True)
    assert np.allclose([prepared.training.y.mean(), prepared.training.y.std()], [0.0, 1.0])
    assert prepared.target_standardizer is not None and prepared.validation is not None
    back = prepared.target_standardizer.undo(prepared.training.y)
    assert np.allclose(back, prepared.unscaled_y, rtol=1e-12)
    assert abs(float(prepared.validation.y.mean())) < 2.0
