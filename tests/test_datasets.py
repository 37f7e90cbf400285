"""The built-in data sets, and how a name leads to a data set."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bptui.core.data.datasets import GENERATORS, load_dataset
from bptui.core.errors import InputError

every_generator = pytest.mark.parametrize("name", GENERATORS)


@pytest.mark.parametrize(
    ("name", "outputs"), [("xor", [0, 1, 1, 0]), ("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1])]
)
def test_truth_tables(name: str, outputs: list[int]) -> None:
    data = load_dataset(name)
    assert data.X.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.y[:, 0].tolist() == outputs
    assert data.class_names == ("0", "1")


def test_a_truth_table_is_repeated_and_jittered() -> None:
    data = load_dataset("xor", samples=10, noise=0.1)
    assert np.rint(data.X[4:8]).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert data.y[:, 0].tolist() == [0, 1, 1, 0, 0, 1, 1, 0, 0, 1]
    assert len(np.unique(data.X)) == 20


@every_generator
@pytest.mark.parametrize("samples", [None, 4, 7, 50])
def test_every_set_is_sound(name: str, samples: int | None) -> None:
    data = load_dataset(name, samples=samples, seed=3)
    assert len(data) == (samples or GENERATORS[name].samples)
    assert data.name == name
    assert data.X.shape == (len(data), len(data.feature_names))
    assert data.y.shape == (len(data), 1)
    assert data.X.dtype == data.y.dtype == np.float64
    assert np.isfinite(data.X).all()
    if data.task == "binary":
        assert set(data.y.ravel()) == {0, 1}
        assert len(data.class_names) == 2
    else:
        assert data.class_names == ()


@every_generator
def test_the_same_seed_gives_the_same_data(name: str) -> None:
    first, same, other = (load_dataset(name, noise=0.1, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.X, same.X)
    assert np.array_equal(first.y, same.y)
    assert not np.array_equal(first.X, other.X)


@every_generator
def test_noise_moves_the_same_samples(name: str) -> None:
    calm, noisy = (load_dataset(name, noise=noise, seed=5) for noise in (0.0, 1e-9))
    assert np.allclose(calm.X, noisy.X, atol=1e-7)
    assert np.allclose(calm.y, noisy.y, atol=1e-7)
    assert not (np.array_equal(calm.X, noisy.X) and np.array_equal(calm.y, noisy.y))


def test_shapes_without_noise() -> None:
    circles = load_dataset("circles", noise=0)
    assert np.allclose(np.hypot(*circles.X.T), np.where(circles.y[:, 0] == 0, 1, 0.5))
    sine = load_dataset("sine", noise=0)
    assert np.array_equal(sine.y, np.sin(sine.X))
    board = load_dataset("checkerboard", noise=0)
    assert np.array_equal(np.floor(board.X).sum(axis=1) % 2, board.y[:, 0])


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("mooons", {}, "unknown name 'mooons' .did you mean 'moons'.*choose one of xor, and"),
        ("", {}, "unknown name ''"),
        ("\x1b[2J", {}, r"unknown name '\\x1b\[2J'"),
        ("xor", {"target": ("y",)}, "target: 'xor' is built in"),
        ("xor", {"samples": 3}, "samples: 3 .* from 4"),
        ("moons", {"samples": 1}, "samples: 1 .* from 2"),
        ("moons", {"samples": -5}, "samples: -5"),
        ("moons", {"samples": 1_000_001}, "to 1,000,000"),
        ("moons", {"samples": 2.5}, "samples: '2.5' is not a whole number"),
        ("moons", {"samples": True}, "samples: 'True' is not a whole number"),
        ("moons", {"noise": -0.1}, "noise: -0.1"),
        ("moons", {"noise": float("nan")}, "noise: nan"),
        ("moons", {"noise": float("inf")}, "noise: inf"),
        ("moons", {"noise": 10**400}, "noise: inf"),
        ("moons", {"noise": "much"}, "noise: 'much' is not a number"),
        ("moons", {"seed": -1}, "seed: -1 is negative"),
        ("none.csv", {}, "none.csv: no such file"),
        ("folder/none.npz", {}, "no such file"),
        ("none.xlsx", {}, "no such file"),
        (".", {}, "directory"),
        ("some.csv", {"samples": 10}, "samples: 'some.csv' is a file"),
        ("some.npz", {"noise": 0.0}, "noise: 'some.npz' is a file"),
        ("some.npz", {"target": ("y",)}, "target: 'some.npz' is an NPZ file"),
    ],
)
def test_refusals(name: str, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        load_dataset(name, **options)
    assert str(caught.value).isprintable()


def test_files_by_path(tmp_path: Path) -> None:
    table = tmp_path / "table.CSV"
    table.write_text("a,b\n1,2\n3.5,4\n", encoding="utf-8")
    assert load_dataset(str(table)).target_names == ("b",)
    assert load_dataset(table, target="a").target_names == ("a",)
    arrays = tmp_path / "arrays.npz"
    np.savez(arrays, X=[1, 2], y=[0, 1])
    assert load_dataset(arrays).task == "binary"


def test_another_kind_of_file(tmp_path: Path) -> None:
    path = tmp_path / "table.xlsx"
    path.write_bytes(b"PK")
    with pytest.raises(InputError, match="not a kind of file that can be read"):
        load_dataset(path)
