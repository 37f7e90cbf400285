"""What load_csv makes of a file, and the sentence it refuses one with."""

import csv
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bptui.core.data import csv_rows
from bptui.core.data.csv_file import load_csv
from bptui.core.data.dataset import Dataset
from bptui.core.errors import InputError

per_function = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
finite = st.floats(allow_nan=False, allow_infinity=False)


def load(folder: Path, content: str | bytes, *target: str, name: str = "iris.csv") -> Dataset:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_csv(path, target)


def refusal(folder: Path, content: str | bytes, *target: str) -> str:
    with pytest.raises(InputError) as caught:
        load(folder, content, *target)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith("iris.csv")
    return message


class TestShape:
    def test_last_column_is_the_target(self, tmp_path: Path) -> None:
        data = load(tmp_path, "a,b,c\n1,2,0.5\n3,4,1.5\n")
        assert data.name == "iris.csv"
        assert data.X.tolist() == [[1, 2], [3, 4]]
        assert data.y.tolist() == [[0.5], [1.5]]
        assert data.feature_names == ("a", "b")
        assert data.target_names == ("c",)
        assert data.task == "regression"
        assert data.X.flags.c_contiguous

    def test_without_a_header_columns_are_numbered(self, tmp_path: Path) -> None:
        data = load(tmp_path, "1,2,0.5\n3,4,1.5\n")
        assert data.feature_names == ("column 1", "column 2")
        assert data.target_names == ("column 3",)

    def test_target_by_name(self, tmp_path: Path) -> None:
        data = load(tmp_path, "a,b,c\n1,2,3\n4.5,5,6\n", "a")
        assert data.y.tolist() == [[1], [4.5]]
        assert data.feature_names == ("b", "c")

    def test_target_by_number(self, tmp_path: Path) -> None:
        data = load(tmp_path, "1,2,3\n4.5,5,6\n", "1")
        assert data.y.tolist() == [[1], [4.5]]
        assert data.X.tolist() == [[2, 3], [5, 6]]

    def test_several_targets_keep_the_order_asked_for(self, tmp_path: Path) -> None:
        data = load(tmp_path, "a,b,c\n1,2,3\n4,5,6\n", "c", "a")
        assert data.y.tolist() == [[3, 1], [6, 4]]
        assert data.target_names == ("c", "a")
        assert data.task == "regression"

    @pytest.mark.parametrize("delimiter", [",", ";", "\t"])
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_delimiters_and_line_ends(self, tmp_path: Path, delimiter: str, end: str) -> None:
        text = end.join(["a,b,c", "1,2,3", "", "4,5,6.5", ""]).replace(",", delimiter)
        data = load(tmp_path, text)
        assert data.X.tolist() == [[1, 2], [4, 5]]

    def test_a_byte_order_mark_is_no_part_of_the_first_name(self, tmp_path: Path) -> None:
        assert load(tmp_path, b"\xef\xbb\xbfa,b\n1,2\n3,4.5\n").feature_names == ("a",)

    def test_quoted_cells(self, tmp_path: Path) -> None:
        data = load(tmp_path, '"a, or ""b""","two\nlines",c\n"1","2",3\n4,5,6.5\n')
        assert data.feature_names == ('a, or "b"', "two\\nlines")
        assert data.X.tolist() == [[1, 2], [4, 5]]

    def test_an_unnamed_index_column_gets_a_number(self, tmp_path: Path) -> None:
        assert load(tmp_path, ",a,b\n0,1,2\n1,1,3\n").feature_names == ("column 1", "a")

    def test_what_savetxt_writes(self, tmp_path: Path) -> None:
        path = tmp_path / "saved.csv"
        values = np.random.default_rng(0).normal(size=(5, 3))
        np.savetxt(path, values, delimiter=",", header="a,b,c")
        data = load_csv(path)
        assert data.feature_names == ("a", "b")
        assert np.array_equal(data.X, values[:, :2])

    def test_a_file_longer_than_a_chunk(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(csv_rows, "CHUNK_CELLS", 30)
        rows = [f"{i},{'red' if i % 3 else 'blue'},{i / 2}" for i in range(100)]
        data = load(tmp_path, "\n".join(["n,colour,half", *rows]))
        assert data.X[:, 0].tolist() == list(range(100))
        assert data.X[:, 1].tolist() == [float(i % 3 == 0) for i in range(100)]
        rows[80] = "x,red,1"
        assert "line 82, column 'n'" in refusal(tmp_path, "\n".join(["n,colour,half", *rows]))


class TestText:
    def test_a_text_feature_is_one_hot(self, tmp_path: Path) -> None:
        data = load(tmp_path, "colour,size,y\nred,1,0.5\nblue,2,1.5\nred,3,2.5\n")
        assert data.feature_names == ("colour=blue", "colour=red", "size")
        assert data.X.tolist() == [[0, 1, 1], [1, 0, 2], [0, 1, 3]]

    def test_two_texts_are_a_binary_target(self, tmp_path: Path) -> None:
        data = load(tmp_path, "a,ill\n1,yes\n2,no\n3,yes\n")
        assert data.task == "binary"
        assert data.class_names == ("no", "yes")
        assert data.y.tolist() == [[1], [0], [1]]
        assert data.target_names == ("ill",)

    def test_more_texts_are_one_hot_classes(self, tmp_path: Path) -> None:
        data = load(tmp_path, "a,species\n1,setosa\n2,virginica\n3,versicolor\n4,setosa\n")
        assert data.task == "classes"
        assert data.target_names == ("setosa", "versicolor", "virginica")
        assert data.y.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0], [1, 0, 0]]

    def test_all_text_with_a_header(self, tmp_path: Path) -> None:
        data = load(tmp_path, "sky,wind,play\nsunny,weak,no\nrain,weak,yes\nrain,strong,no\n")
        assert len(data) == 3
        assert data.target_names == ("play",)

    def test_all_text_without_a_header(self, tmp_path: Path) -> None:
        data = load(tmp_path, "sunny,weak,no\nrain,weak,yes\nrain,strong,no\n")
        assert len(data) == 3
        assert data.target_names == ("column 3",)

    def test_too_many_categories(self, tmp_path: Path) -> None:
        rows = "".join(f"name{i},{i}\n" for i in range(101))
        assert "column 'who': 101 different texts" in refusal(tmp_path, "who,y\n" + rows)

    def test_far_too_many_categories(self, tmp_path: Path) -> None:
        rows = "".join(f"name{i},{i}\n" for i in range(1001))
        assert "column 'who': more than 1,000" in refusal(tmp_path, "who,y\n" + rows)


class TestNumericTargets:
    @pytest.mark.parametrize(
        ("values", "task", "names"),
        [
            ("0 1 1 0", "binary", ("0", "1")),
            ("0 1", "binary", ("0", "1")),
            ("-1 1 1 -1", "binary", ("-1", "1")),
            ("1 2 2 1", "binary", ("1", "2")),
            ("0.0 1.0 1 0", "binary", ("0", "1")),
            ("0 1 2 2", "classes", ()),
            ("1 2 3 3", "classes", ()),
            ("0 1 2 3", "regression", ()),
            ("0 2 4 4", "regression", ()),
            ("3 4 5 5", "regression", ()),
            ("0 1 2 0.5", "regression", ()),
            ("0 1e300 2 2", "regression", ()),
        ],
    )
    def test_labels_are_told_from_quantities(
        self, tmp_path: Path, values: str, task: str, names: tuple[str, ...]
    ) -> None:
        data = load(tmp_path, "".join(f"5,{value}\n" for value in values.split()))
        assert data.task == task
        assert data.class_names == names

    def test_labels_are_named_by_their_numbers(self, tmp_path: Path) -> None:
        data = load(tmp_path, "7,1\n7,3\n7,2\n7,3\n")
        assert data.target_names == ("1", "2", "3")
        assert data.y.tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]]

    def test_many_integers_are_quantities(self, tmp_path: Path) -> None:
        rows = [f"1,{i % 21}\n" for i in range(63)]
        assert load(tmp_path, "".join(rows)).task == "regression"
        rows = [f"1,{i % 20}\n" for i in range(60)]
        assert load(tmp_path, "".join(rows)).y.shape == (60, 20)

    def test_a_one_hot_block_is_classes(self, tmp_path: Path) -> None:
        data = load(tmp_path, "x,cat,dog\n5,1,0\n6,0,1\n", "cat", "dog")
        assert data.task == "classes"
        assert data.target_names == ("cat", "dog")

    @pytest.mark.parametrize("value", ["1", "0", "2.5", "yes"])
    def test_one_class_is_refused(self, tmp_path: Path, value: str) -> None:
        message = refusal(tmp_path, f"x,answer\n1,{value}\n2,{value}\n")
        assert "column 'answer': every" in message
        assert value in message

    def test_a_one_hot_block_of_one_class_is_refused(self, tmp_path: Path) -> None:
        assert "one class" in refusal(tmp_path, "x,cat,dog\n5,1,0\n6,1,0\n", "cat", "dog")


class TestRefusals:
    @pytest.mark.parametrize(
        ("cell", "reason"),
        [
            ("", "missing value; fill it in with a number, or take the row out"),
            ("NA", "missing value ('NA'); fill it in with a number, or take the row out"),
            ("?", "missing value ('?')"),
            ("nan", "'nan' is not a finite number"),
            ("-Infinity", "'-Infinity' is not a finite number"),
            ("1e999", "'1e999' is not a finite number"),
            ("1_000", "'1_000' is not a plain number"),
            ('"1,5"', "'1,5' is not a plain number"),
            ("１２", "'１２' is not a plain number"),
            ("oops", "'oops' is not a number"),
            ("0x10", "'0x10' is not a number"),
            ("\x1b[31mred", "'\\x1b[31mred' is not a number"),
        ],
    )
    def test_a_bad_cell_is_named(self, tmp_path: Path, cell: str, reason: str) -> None:
        text = f"sepal,petal,y\n1,2,3\n\n4,{cell},6\n7,8,9\n"
        assert f"iris.csv, line 4, column 'petal': {reason}" in refusal(tmp_path, text)

    def test_a_bad_cell_without_a_header(self, tmp_path: Path) -> None:
        assert "iris.csv, line 2, column 3: missing" in refusal(tmp_path, "1,2,3\n4,5,\n7,8,9\n")

    def test_a_column_of_odd_numbers_is_not_categories(self, tmp_path: Path) -> None:
        assert "line 1, column 1: '1,5'" in refusal(tmp_path, "1,5;2\n2,5;3\n")
        assert "line 1, column 1: '1_000'" in refusal(tmp_path, "1_000,2\n2_000,3\n")

    def test_a_column_mostly_missing_is_still_numbers(self, tmp_path: Path) -> None:
        assert "line 2, column 'a': missing" in refusal(tmp_path, "a,b\nNA,1\nNA,2\n5,3\n")

    def test_a_missing_text(self, tmp_path: Path) -> None:
        message = refusal(tmp_path, "a,b\nred,1\n ,2\nblue,3\n")
        assert "line 3, column 'a': missing value" in message

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "empty file"),
            (b"\n \n\n", "empty file"),
            (b"a,b\n", "no data rows"),
            (b"a\n1\n2\n", "line 1: only one column"),
            (b"1 2\n3 4\n", "line 1: only one column"),
            (b"a,b,c\n1,2,3\n1,2\n", "line 3: 2 cells, but the first row has 3"),
            (b"a,b\n1,2\n1\n", "line 3: 1 cell, but the first row has 2"),
            (b"a,b,a\n1,2,3\n", "columns 1 and 3 are both called 'a'"),
            (b"a,b\n1,\x00\n", "line 2, byte 3: a NUL byte"),
            (b"a,b\n1,caf\xe9\n", "line 2, byte 6: not UTF-8 text (found byte 0xe9)"),
            ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
            (b'a,b\n1,"2\n3,4\n', "broken quoting"),
            (b'a,b\n1,"2"x\n3,4\n', "line 2: broken quoting"),
            (b'a,b\n1,"' + b"2\n" * 200_000, "a cell is too long"),
            (b"1," + b"2" * 1_000_000, "line 1: longer than 1,000,000 bytes"),
            (b"1," * 10_000 + b"1\n", "line 1: 10,001 columns"),
        ],
    )
    def test_a_file_that_is_no_table(self, tmp_path: Path, content: bytes, reason: str) -> None:
        assert reason in refusal(tmp_path, content)

    def test_too_many_rows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(csv_rows, "MOST_ROWS", 5)
        assert "line 6: too large" in refusal(tmp_path, "1,2\n" * 6)

    def test_an_unknown_target_gets_a_hint(self, tmp_path: Path) -> None:
        message = refusal(tmp_path, "sepal,petal\n1,2\n3,4.5\n", "pedal")
        assert "'pedal' (did you mean 'petal'?); the columns are sepal, petal" in message

    @pytest.mark.parametrize("target", ["0", "3", "-1", "1.0", "petal", "", "9" * 5000])
    def test_an_unknown_target_number(self, tmp_path: Path, target: str) -> None:
        assert "a column from 1 to 2" in refusal(tmp_path, "1,2\n3,4.5\n", target)

    def test_targets_that_cannot_be(self, tmp_path: Path) -> None:
        text = "a,b,c\n1,2,red\n3,4,blue\n"
        assert "given twice" in refusal(tmp_path, text, "a", "a")
        assert "every column is a target" in refusal(tmp_path, text, "a", "b", "c")
        assert "column 'c': text; several" in refusal(tmp_path, text, "a", "c")

    def test_files_that_cannot_be_read(self, tmp_path: Path) -> None:
        pipe = tmp_path / "pipe.csv"
        os.mkfifo(pipe)
        for path, reason in [
            (tmp_path / "none.csv", "no such file"),
            (tmp_path, "directory"),
            (pipe, "not a regular file"),
            (tmp_path / "a\0b.csv", "no file can have this name"),
            (tmp_path / ("a" * 300), "cannot be read"),
        ]:
            with pytest.raises(InputError, match=reason) as caught:
                load_csv(path)
            assert str(caught.value).isprintable()


class TestHostileNames:
    def test_escape_sequences_are_written_out(self, tmp_path: Path) -> None:
        text = "\x1b[2Ja,\x9b31mc,y\u202e\n1,\x1b]0;x\x07,no\n2,b,\x1b[1myes\n"
        data = load(tmp_path, text, name="evil\x1b[2J.csv")
        shown = (data.name, *data.feature_names, *data.target_names, *data.class_names)
        assert all(name.isprintable() for name in shown)
        assert data.feature_names[0] == "\\x1b[2Ja"
        assert data.class_names == ("\\x1b[1myes", "no")

    def test_long_names_are_cut(self, tmp_path: Path) -> None:
        long = "n" * 10_000
        data = load(tmp_path, f"{long},{long}2,y\n1,{long},no\n2,b,{long}\n")
        shown = (*data.feature_names, *data.target_names, *data.class_names)
        assert max(map(len, shown)) == 60

    def test_a_target_may_be_given_as_it_is_or_as_it_is_shown(self, tmp_path: Path) -> None:
        for target in ("\x1bx", "\\x1bx"):
            assert load(tmp_path, "\x1bx,b\n1,2\n3.5,4\n", target).feature_names == ("b",)


class TestProperties:
    @per_function
    @given(st.lists(st.tuples(finite, finite, finite), min_size=1, max_size=20))
    def test_finite_floats_are_read_back_bit_for_bit(
        self, tmp_path: Path, rows: list[tuple[float, float, float]]
    ) -> None:
        text = "".join(f"{a!r},{b!r},{c!r}\n" for a, b, c in rows)
        data = load(tmp_path, text + "0.0,0.0,0.5\n0.0,0.0,1.5\n")
        found = struct.pack(f"{2 * len(rows)}d", *data.X[:-2].ravel())
        assert found == struct.pack(f"{2 * len(rows)}d", *(v for row in rows for v in row[:2]))

    @per_function
    @given(
        st.one_of(
            st.binary(max_size=200),
            st.text('ab1,;\t"\r\n .-_\x1b\u202e', max_size=80).map(str.encode),
            st.lists(st.lists(st.sampled_from(["1", "0", "x", "", "nan"]), max_size=3)).map(
                lambda rows: "\n".join(map(",".join, rows)).encode()
            ),
        ),
        st.lists(st.sampled_from(["1", "2", "x", "a", "\x1b"]), max_size=2),
    )
    def test_any_bytes_load_or_are_refused_in_one_printable_line(
        self, tmp_path: Path, content: bytes, target: list[str]
    ) -> None:
        try:
            data = load(tmp_path, content, *target)
        except InputError as error:
            assert str(error).isprintable()
        else:
            assert data.X.ndim == data.y.ndim == 2
            assert len(data.X) == len(data.y) > 0
            assert data.X.shape[1] == len(data.feature_names) > 0
            assert data.y.shape[1] == len(data.target_names) > 0
            assert np.isfinite(data.X).all()
            assert np.isfinite(data.y).all()
            assert all(map(str.isprintable, data.feature_names + data.target_names))

    @per_function
    @given(st.lists(st.text(max_size=5), min_size=1, max_size=6), st.sampled_from(",;\t"))
    def test_quoted_texts_keep_their_classes(
        self, tmp_path: Path, texts: list[str], delimiter: str
    ) -> None:
        usable = [f"t{text}t".replace("\0", "") for text in texts if text.isprintable()]
        with (tmp_path / "iris.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_NONNUMERIC)
            writer.writerows([[1, text] for text in [*usable, "tx", "ty"]])
        data = load_csv(tmp_path / "iris.csv")
        classes = sorted({*usable, "tx", "ty"})
        assert (data.class_names or data.target_names) == tuple(classes)


def test_a_row_of_endlessly_many_lines_is_refused(tmp_path: Path) -> None:
    content = "a,y\n" + '"x\n",' * 1_000_000
    assert "a row of more than 2,000,000 characters" in refusal(tmp_path, content)
