"""Optimizers against the recurrences of their papers, written for one number at a time."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bptui.core.optimizers import OPTIMIZERS

STEPS = 50
RATES = [0.1 if step < 30 else 0.03 for step in range(STEPS)]
START = [0.5, -2.0, 0.0, 1e-3]


def gradients() -> list[np.ndarray[tuple[int], np.dtype[np.float64]]]:
    rng = np.random.default_rng(5)
    return [rng.normal(size=len(START)) * [1.0, 10.0, 1e-6, 0.0] for _ in range(STEPS)]


def sgd(theta: float, slopes: list[float]) -> Iterator[float]:
    for rate, g in zip(RATES, slopes, strict=True):
        theta = theta - rate * g
        yield theta


def momentum(theta: float, slopes: list[float]) -> Iterator[float]:
    v = 0.0
    for rate, g in zip(RATES, slopes, strict=True):
        v = 0.9 * v + g
        theta = theta - rate * v
        yield theta


def nesterov(theta: float, slopes: list[float]) -> Iterator[float]:
    v = 0.0
    for rate, g in zip(RATES, slopes, strict=True):
        v = 0.9 * v + g
        theta = theta - rate * (g + 0.9 * v)
        yield theta


def rmsprop(theta: float, slopes: list[float]) -> Iterator[float]:
    s = 0.0
    for rate, g in zip(RATES, slopes, strict=True):
        s = 0.9 * s + 0.1 * g**2
        theta = theta - rate * g / (math.sqrt(s) + 1e-8)
        yield theta


def adam(theta: float, slopes: list[float]) -> Iterator[float]:
    m = v = 0.0
    for t, (rate, g) in enumerate(zip(RATES, slopes, strict=True), 1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g**2
        m_hat = m / (1 - 0.9**t)
        v_hat = v / (1 - 0.999**t)
        theta = theta - rate * m_hat / (math.sqrt(v_hat) + 1e-8)
        yield theta


TEXTBOOK: dict[str, Callable[[float, list[float]], Iterator[float]]] = {
    "sgd": sgd,
    "momentum": momentum,
    "nesterov": nesterov,
    "rmsprop": rmsprop,
    "adam": adam,
}

every_optimizer = pytest.mark.parametrize("name", OPTIMIZERS)


def test_there_is_a_textbook_for_every_optimizer() -> None:
    assert set(TEXTBOOK) == set(OPTIMIZERS)


@every_optimizer
def test_fifty_steps_follow_the_textbook(name: str) -> None:
    theta = np.array(START)
    optimizer = OPTIMIZERS[name](theta)
    expected = [
        list(TEXTBOOK[name](value, [float(g[entry]) for g in gradients()]))
        for entry, value in enumerate(START)
    ]
    for step, gradient in enumerate(gradients()):
        optimizer.step(gradient, RATES[step])
        np.testing.assert_allclose(theta, [row[step] for row in expected], rtol=1e-11, atol=1e-15)


@every_optimizer
def test_a_step_leaves_the_gradient_as_it_is(name: str) -> None:
    optimizer = OPTIMIZERS[name](np.array(START))
    for gradient in gradients()[:3]:
        before = gradient.copy()
        optimizer.step(gradient, 0.1)
        assert np.array_equal(gradient, before)


@every_optimizer
def test_a_float32_theta_stays_float32(name: str) -> None:
    theta = np.array(START, np.float32)
    double = np.array(START)
    one, other = OPTIMIZERS[name](theta), OPTIMIZERS[name](double)
    for gradient in gradients():
        one.step(gradient.astype(np.float32), 0.1)
        other.step(gradient, 0.1)
    assert theta.dtype == np.float32
    np.testing.assert_allclose(theta, double, rtol=1e-3, atol=1e-4)


@every_optimizer
def test_reset_forgets_every_earlier_step(name: str) -> None:
    theta = np.array(START)
    optimizer = OPTIMIZERS[name](theta)
    first = []
    for gradient in gradients():
        optimizer.step(gradient, 0.1)
        first.append(theta.copy())
    theta[:] = START
    optimizer.reset()
    for gradient, expected in zip(gradients(), first, strict=True):
        optimizer.step(gradient, 0.1)
        assert np.array_equal(theta, expected)


@every_optimizer
def test_the_state_is_everything_that_is_remembered(name: str) -> None:
    theta = np.array(START)
    optimizer = OPTIMIZERS[name](theta)
    assert all(not values.any() for values in optimizer.state.values())
    for gradient in gradients()[:20]:
        optimizer.step(gradient, 0.1)
    other_theta = theta.copy()
    other = OPTIMIZERS[name](other_theta)
    assert other.state.keys() == optimizer.state.keys()
    for key, values in optimizer.state.items():
        other.state[key][:] = values
    for gradient in gradients()[20:]:
        optimizer.step(gradient, 0.1)
        other.step(gradient, 0.1)
        assert np.array_equal(theta, other_theta)


@every_optimizer
def test_every_optimizer_has_a_learning_rate_that_descends_a_parabola(name: str) -> None:
    theta = np.array([1.0, -1.0])
    optimizer = OPTIMIZERS[name](theta)
    for _ in range(500):
        optimizer.step(theta.copy(), optimizer.learning_rate)
    assert np.abs(theta).max() < 0.05
