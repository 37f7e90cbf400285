"""What load_npz makes of a file, and the sentence it refuses one with."""

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bptui.core.data import npz_file
from bptui.core.data.dataset import Dataset
from bptui.core.data.npz_file import load_npz
from bptui.core.errors import InputError


def load(folder: Path, **arrays: Any) -> Dataset:
    path = folder / "data.npz"
    np.savez(path, **arrays)
    return load_npz(path)


def refusal(folder: Path, **arrays: Any) -> str:
    with pytest.raises(InputError) as caught:
        load(folder, **arrays)
    assert str(caught.value).isprintable()
    return str(caught.value)


def write_zip(folder: Path, members: dict[str, bytes]) -> Path:
    path = folder / "data.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def test_x_and_y(tmp_path: Path) -> None:
    data = load(tmp_path, X=np.arange(6.0).reshape(3, 2), y=[0.5, 1.5, 2.5])
    assert data.name == "data.npz"
    assert data.X.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert data.y.tolist() == [[0.5], [1.5], [2.5]]
    assert data.feature_names == ("x1", "x2")
    assert data.target_names == ("y",)
    assert data.task == "regression"


def test_names_in_either_case_and_other_arrays_beside_them(tmp_path: Path) -> None:
    data = load(tmp_path, x=[1, 2, 3], Y=[0.5, 1, 2], ids=np.array(["a", "b", "c"]))
    assert data.X.tolist() == [[1], [2], [3]]
    assert data.feature_names == ("x",)


def test_compressed_and_in_fortran_order(tmp_path: Path) -> None:
    X = np.asfortranarray(np.arange(6, dtype=np.uint8).reshape(3, 2))
    np.savez_compressed(tmp_path / "c.npz", X=X, y=[0.5, 1, 2])
    data = load_npz(tmp_path / "c.npz")
    assert data.X.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert data.X.flags.c_contiguous
    assert data.X.dtype == np.float64


@pytest.mark.parametrize(
    ("y", "task", "target_names", "class_names"),
    [
        ([0, 1, 1], "binary", ("y",), ("0", "1")),
        ([False, True, True], "binary", ("y",), ("0", "1")),
        ([[0], [1], [1]], "binary", ("y",), ("0", "1")),
        ([1, 2, 3, 3], "classes", ("1", "2", "3"), ()),
        (["yes", "no", "no"], "binary", ("y",), ("no", "yes")),
        ([b"c", b"b", b"a"], "classes", ("a", "b", "c"), ()),
        ([[1, 0], [0, 1], [0, 1]], "classes", ("0", "1"), ()),
        ([[0.5, 2], [3, 4]], "regression", ("y1", "y2"), ()),
    ],
)
def test_what_the_targets_mean(
    tmp_path: Path,
    y: list[Any],
    task: str,
    target_names: tuple[str, ...],
    class_names: tuple[str, ...],
) -> None:
    data = load(tmp_path, X=np.arange(len(y)), y=y)
    assert (data.task, data.target_names, data.class_names) == (task, target_names, class_names)
    assert data.y.shape == (len(y), len(target_names))


@pytest.mark.parametrize(
    ("X", "y", "reason"),
    [
        (np.ones((2, 2)), [1, 2, 3.5], "X and y have 2 and 3 rows"),
        (np.ones((2, 2, 2)), [1, 2], r"array X: its shape is (2, 2, 2)"),
        (np.float64(3), [1, 2], "array X: its shape is ()"),
        (np.ones((0, 2)), [1, 2], "array X: its shape is (0, 2)"),
        (np.ones((2, 0)), [1, 2], "array X: its shape is (2, 0)"),
        (np.array([1, "a"], object), [1, 2], "array X: it holds Python objects"),
        ([1, 2], np.array([1, None], object), "array y: it holds Python objects"),
        ([1j, 2], [1, 2], "array X: it holds complex numbers"),
        (np.array([1, 2], "M8[D]"), [1, 2], "array X: it holds other things"),
        (np.zeros(2, [("a", float)]), [1, 2], "array X: it holds other things"),
        (["a", "b"], [1, 2], "array X: it holds texts"),
        ([[1, 2], [3, np.nan]], [1, 2], "array X: the value at [1, 1] is nan"),
        ([1, 2], [1, -np.inf], "array y: the value at [1] is -inf"),
        ([1, 2], ["a", ""], "array y: the text at [1] is empty"),
        ([1, 2], [["a", "b"], ["c", "d"]], "array y: texts in 2 columns"),
        ([1, 2], [3, 3], "array y: every value is 3"),
        ([1, 2], ["a", "a"], "array y: every sample is of class 'a'"),
        (np.zeros(1001), list(map(str, range(1001))), "array y: 1,001 different classes"),
    ],
)
def test_arrays_that_cannot_be_used(tmp_path: Path, X: Any, y: Any, reason: str) -> None:
    assert reason in refusal(tmp_path, X=X, y=y)


def test_missing_and_ambiguous_arrays(tmp_path: Path) -> None:
    assert "no array is called y; the file has 'X', 'z'" in refusal(tmp_path, X=[1], z=[1])
    assert "more than one array is called X" in refusal(tmp_path, X=[1], x=[1], y=[1])
    with pytest.raises(InputError, match="the file has none at all"):
        load_npz(write_zip(tmp_path, {}))


def test_names_from_the_file_are_made_printable(tmp_path: Path) -> None:
    path = write_zip(tmp_path, {"\x1b[2J.npy": b""})
    with pytest.raises(InputError) as caught:
        load_npz(path)
    assert str(caught.value).isprintable()
    data = load(tmp_path, X=[1, 2, 3], y=["\x1b[2Ja", "b" * 500, "c"])
    assert data.target_names[0] == "\\x1b[2Ja"
    assert max(map(len, data.target_names)) == 60


def test_an_array_that_claims_more_than_the_file_holds(tmp_path: Path) -> None:
    header = npy(np.ones(2)).replace(b"(2,), }" + b" " * 9, b"(100000000,), }" + b" ")
    path = write_zip(tmp_path, {"X.npy": header, "y.npy": npy(np.arange(2.0))})
    with pytest.raises(InputError, match=r"array X: it is cut off; its shape is \(100000000,\)"):
        load_npz(path)


def test_sizes_are_checked_before_anything_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(npz_file, "MOST_BYTES", 1_000_000)
    monkeypatch.setattr(npz_file, "_check_header", None)
    np.savez_compressed(tmp_path / "bomb.npz", X=np.zeros(1_000_000), y=[1, 2])
    with pytest.raises(InputError, match="bytes unpacked; at most 1,000,000"):
        load_npz(tmp_path / "bomb.npz")


@pytest.mark.parametrize("dtype", [np.float64, np.bool_])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: type
) -> None:
    monkeypatch.setattr(npz_file, "BOMB_BYTES", 1_000_000)
    monkeypatch.setattr(npz_file, "_read_array", None)
    np.savez_compressed(tmp_path / "bomb.npz", X=np.zeros(200_000, dtype), y=[1, 2])
    with pytest.raises(
        InputError, match=r"array X: [\d,]+ bytes in the file become 1,600,\d+ in mem"
    ):
        load_npz(tmp_path / "bomb.npz")


@pytest.mark.parametrize("order", "<>")
def test_text_that_is_no_text_is_refused(tmp_path: Path, order: str) -> None:
    y = np.array(["no", "yes", "no"], f"{order}U3")
    y.view(f"{order}u4")[4] = 0x110000
    with pytest.raises(InputError, match=r"array y: the text at \[1\] is damaged"):
        load(tmp_path, X=[1, 2, 3], y=y)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(b"\x80\x04K\x01.")
    with pytest.raises(InputError, match="not a sound NPZ file"):
        load_npz(path)


def test_missing_file_and_directory(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_npz(tmp_path / "none.npz")
    with pytest.raises(InputError, match="directory"):
        load_npz(tmp_path)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 800), st.integers(0, 255)), max_size=4),
    st.integers(0, 900),
)
def test_a_damaged_file_loads_or_is_refused_in_one_printable_line(
    tmp_path: Path, compressed: bool, changes: list[tuple[int, int]], length: int
) -> None:
    stream = io.BytesIO()
    save = np.savez_compressed if compressed else np.savez
    save(stream, X=np.arange(4.0), y=np.array([0, 1, 1, 0]))
    content = bytearray(stream.getvalue())
    for place, value in changes:
        content[place % len(content)] = value
    if length < 200:
        content = content[:length]
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    try:
        data = load_npz(path)
    except InputError as error:
        assert str(error).isprintable()
    else:
        assert len(data.X) == len(data.y)
        assert np.isfinite(data.X).all()
