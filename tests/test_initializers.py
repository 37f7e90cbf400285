"""The first Θ: its distribution, its seed, its layout."""

from typing import Any

import numpy as np
import pytest

from bptui.core.errors import InputError
from bptui.core.initializers import INITIALIZERS, LARGEST_SEED, initial_theta

LAYERS = (60, 80, 40)
every_init = pytest.mark.parametrize("init", INITIALIZERS)


def matrices(init: str, seed: int = 1, scale: float | None = None) -> list[np.ndarray[Any, Any]]:
    flat = initial_theta(LAYERS, init, seed, scale)
    split = 80 * 61
    return [flat[:split].reshape(80, 61), flat[split:].reshape(40, 81)]


@every_init
def test_the_same_seed_draws_the_same_theta_and_another_one_another(init: str) -> None:
    assert np.array_equal(initial_theta(LAYERS, init, 7), initial_theta(LAYERS, init, 7))
    same = np.array_equal(initial_theta(LAYERS, init, 7), initial_theta(LAYERS, init, 8))
    assert same == (init == "constant")


@every_init
def test_the_vector_holds_every_layer_with_its_biases(init: str) -> None:
    assert initial_theta((3, 5, 2), init, 0).shape == (5 * 4 + 2 * 6,)
    assert initial_theta((1, 1), init, LARGEST_SEED).shape == (2,)


@every_init
def test_the_scale_multiplies_what_is_drawn(init: str) -> None:
    width = INITIALIZERS[init].scale
    one, three = initial_theta(LAYERS, init, 3, width), initial_theta(LAYERS, init, 3, 3 * width)
    np.testing.assert_allclose(three, 3 * one, rtol=1e-12)
    assert np.array_equal(one, initial_theta(LAYERS, init, 3))


def test_uniform_fills_the_range_from_minus_to_plus_scale() -> None:
    flat = initial_theta(LAYERS, "uniform", 1, 0.5)
    assert -0.5 <= flat.min() < -0.499
    assert 0.499 < flat.max() <= 0.5
    assert abs(flat.mean()) < 4 * 0.5 / np.sqrt(3 * flat.size)


def test_article_draws_from_0_to_1_by_the_legacy_generator() -> None:
    # The first numbers of NumPy's legacy generator with seed 0, as published everywhere.
    expected = [0.5488135039, 0.7151893664, 0.6027633761, 0.5448831830, 0.4236547993, 0.6458941131]
    np.testing.assert_allclose(initial_theta((2, 2, 1), "article", 0)[:6], expected, atol=1e-10)
    flat = initial_theta(LAYERS, "article", 0)
    assert 0.0 <= flat.min() < 0.001
    assert 0.999 < flat.max() < 1.0


def test_xavier_is_uniform_with_the_width_of_glorot_and_bengio() -> None:
    for theta, inputs, outputs in zip(matrices("xavier"), (60, 80), (80, 40), strict=True):
        limit = np.sqrt(6.0 / (inputs + outputs))
        assert not theta[:, 0].any()
        assert 0.99 * limit < np.abs(theta).max() <= limit
        assert theta[:, 1:].var() == pytest.approx(2.0 / (inputs + outputs), rel=0.1)


def test_he_is_normal_with_variance_two_over_the_inputs() -> None:
    for theta, inputs in zip(matrices("he"), (60, 80), strict=True):
        assert not theta[:, 0].any()
        weights = theta[:, 1:] / np.sqrt(2.0 / inputs)
        assert weights.var() == pytest.approx(1.0, rel=0.1)
        assert np.mean(np.abs(weights) < 1.0) == pytest.approx(0.6827, abs=0.03)


def test_constant_fills_everything_with_its_scale() -> None:
    assert set(initial_theta(LAYERS, "constant", 5).tolist()) == {0.5}
    assert set(initial_theta(LAYERS, "constant", 5, -0.25).tolist()) == {-0.25}


def test_the_two_hidden_units_of_the_article_start_alike_and_uniform_ones_do_not() -> None:
    def alignment(init: str) -> float:
        cosines = []
        for seed in range(300):
            a, b = initial_theta((2, 2, 1), init, seed)[:6].reshape(2, 3)
            cosines.append(a @ b / np.sqrt((a @ a) * (b @ b)))
        return float(np.median(cosines))

    assert alignment("article") > 0.7
    assert abs(alignment("uniform")) < 0.2


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1, 1.5, "seven", None])
def test_an_impossible_seed_is_refused(seed: Any) -> None:
    with pytest.raises(InputError, match="whole number from 0 to 4294967295"):
        initial_theta(LAYERS, "uniform", seed)


@every_init
@pytest.mark.parametrize("scale", [np.nan, np.inf, -np.inf, 1.7e308, -1.7e308])
def test_a_scale_that_cannot_be_drawn_with_is_refused(init: str, scale: float) -> None:
    with pytest.raises(InputError, match="init-scale"):
        initial_theta(LAYERS, init, 0, scale)


@every_init
def test_a_negative_scale_turns_the_signs_round(init: str) -> None:
    one, other = initial_theta(LAYERS, init, 3, 0.5), initial_theta(LAYERS, init, 3, -0.5)
    np.testing.assert_allclose(other, -one)


def test_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(InputError, match="did you mean 'xavier'"):
        initial_theta(LAYERS, "xavir", 0)
