"""Following a file that somebody else writes: half lines, rewriting, rotation, other hands."""

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bptui.core.errors import InputError
from bptui.core.history import Columns
from bptui.core.watching import follower
from bptui.core.watching.cost_rows import RowReader
from bptui.core.watching.curve import WatchedCurve
from bptui.core.watching.follower import FileFollower
from bptui.core.watching.sparse_history import SparseHistory

HEADER = "epoch,cost\n"


def rows(epochs, cost=lambda epoch: 1.0 / (1 + epoch)) -> str:
    return "".join(f"{epoch},{cost(epoch)!r}\n" for epoch in epochs)


def add(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


def watch(path: Path) -> WatchedCurve:
    curve = WatchedCurve(path)
    curve.begin()
    curve.read(1.0)
    return curve


def drawn(curve: WatchedCurve) -> dict[float, float]:
    columns = curve.picture().columns
    return dict(zip(columns.epoch.tolist(), columns.last.tolist(), strict=True))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "costs.csv"


class TestFollowing:
    def all_of(self, file: FileFollower) -> bytes:
        found = file.look().lines
        while file.behind:
            found += file.look().lines
        return found

    def test_lines_come_once_and_whole(self, path):
        path.write_text("a\nb\nhal")
        file = FileFollower(path)
        assert self.all_of(file) == b"a\nb\n"
        assert self.all_of(file) == b""
        add(path, "f\nc")
        assert self.all_of(file) == b"half\n"
        add(path, "\n")
        assert self.all_of(file) == b"c\n"

    @settings(max_examples=40)
    @given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 9))
    def test_however_it_is_written_and_read(self, tmp_path_factory, cuts, size):
        text = "".join(f"line {number}\n" for number in range(12))
        path = tmp_path_factory.mktemp("file") / "text"
        path.write_text("")
        file, found = FileFollower(path), b""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(follower, "SLICE", size)
            for first, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(text)], strict=True):
                add(path, text[first:end])
                found += self.all_of(file)
        assert found == text.encode()

    def test_a_file_that_was_cut_short_is_read_from_the_start(self, path):
        path.write_text("a\nb\nc\n")
        file = FileFollower(path)
        self.all_of(file)
        path.write_text("x\n")
        first, second = file.look(), file.look()
        assert (first.lines, first.again) == (b"", False)
        assert (second.lines, second.again) == (b"x\n", True)

    def test_so_is_one_that_was_rewritten_longer_than_before(self, path):
        path.write_text("a\nb\n")
        file = FileFollower(path)
        self.all_of(file)
        path.write_text("x\ny\nz\n")
        file.look()
        piece = file.look()
        assert piece.again and piece.lines == b"x\ny\nz\n"

    def test_and_one_that_was_put_in_its_place(self, path):
        path.write_text("a\nb\n")
        file = FileFollower(path)
        self.all_of(file)
        path.rename(path.with_suffix(".1"))
        with pytest.raises(InputError, match="no such file"):
            file.look()
        path.write_text("c\nd\ne\n")
        file.look()
        assert file.look().lines == b"c\nd\ne\n"

    def test_a_file_that_is_always_written_anew_is_read_on(self, path):
        path.write_text("a\nb\n")
        file = FileFollower(path)
        self.all_of(file)
        path.write_text("")  # as a program does that writes all its rows after every epoch
        assert file.look().lines == b""
        path.write_text("a\nb\nc\n")
        piece = file.look()
        assert (piece.lines, piece.again) == (b"c\n", False)

    def test_a_line_without_end_takes_no_memory(self, path, monkeypatch):
        monkeypatch.setattr(follower, "LONGEST_LINE", 100)
        monkeypatch.setattr(follower, "SLICE", 64)
        path.write_text("x" * 1000 + "\nb\n")
        file = FileFollower(path)
        assert self.all_of(file) == b"b\n"

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
    def test_a_pipe_is_refused_at_once(self, path):
        os.mkfifo(path)
        with pytest.raises(InputError, match="not a regular file"):
            FileFollower(path).look()


class TestRows:
    def read(self, text: str) -> tuple[RowReader, list[tuple[float, float]]]:
        reader = RowReader(Path("x.csv"))
        found = reader.rows(text.encode())
        return reader, list(zip(found.epoch.tolist(), found.cost.tolist(), strict=True))

    @pytest.mark.parametrize(
        "text",
        [
            "epoch,cost\n1,0.5\n2,0.25\n",
            "Cost;lr;EPOCH\n0.5;1;1\n0.25;1;2\n",
            '"epoch"\t"cost"\n"1"\t0.5\n2\t0.25\n',
            "\ufeffepoch, cost\r\n1, 0.5\r\n2, 0.25\r\n",
            "# epoch,cost\n1e0,5e-1\n2.0,2.5e-1\n",
        ],
    )
    def test_however_they_are_spelled(self, text):
        assert self.read(text)[1] == [(1.0, 0.5), (2.0, 0.25)]

    def test_what_is_no_row_is_counted(self):
        reader, found = self.read('epoch,cost\n1,0.5\nwarning!\n2,x\n-1,3\nnan,1\n"a\n3,0.1\n\n')
        assert found == [(1.0, 0.5), (3.0, 0.1)]
        assert reader.refused == 5

    def test_a_header_that_comes_again_is_no_error(self):
        assert self.read("epoch,cost\n1,0.5\nepoch,cost\n1,0.4\n")[0].refused == 0

    @pytest.mark.parametrize("cost", ["nan", "inf", "-inf", "1e999"])
    def test_a_cost_that_is_no_number_is_infinite(self, cost):
        assert self.read(f"epoch,cost\n1,{cost}\n")[1] == [(1.0, np.inf)]

    def test_an_empty_cell_is_not(self):
        assert np.isnan(self.read("epoch,cost\n1,\n")[1][0][1])

    def test_costs_that_are_no_numbers_are_counted(self):
        text = "epoch,cost,validation_cost\n1,0.5,nan\n2,nan,\n3,-inf,1\n4,,1\n"
        assert self.read(text)[0].not_finite == 2

    @pytest.mark.parametrize(
        ("header", "telling"),
        [
            ("step,loss", "no column is called epoch or cost.*has step, loss$"),
            ("epoch,loss", "no column is called cost;.*has epoch, loss$"),
            ("\x1b[2Jepoch,b", r"called epoch or cost.*has \\x1b\[2Jepoch, b$"),
            (",".join("abcdefghijk"), "has a, b, c, d, e, f, g, h and 3 more$"),
        ],
    )
    def test_missing_columns_are_named_with_those_that_are_there(self, header, telling):
        with pytest.raises(InputError, match=telling):
            self.read(f"{header}\n1,2\n")


class TestSparseHistory:
    def test_few_epochs_are_kept_one_by_one(self):
        history = SparseHistory()
        history.extend(np.array([0.0, 5.0, 7.0]), np.array([3.0, 2.0, 1.0]))
        columns = history.columns()
        assert columns.epoch.tolist() == [0.0, 5.0, 7.0]
        assert columns.last.tolist() == [3.0, 2.0, 1.0]

    @given(
        st.lists(st.tuples(st.integers(0, 900), st.floats(-9, 9)), min_size=1, max_size=60),
        st.integers(1, 60),
    )
    def test_no_spike_is_lost_in_few_buckets(self, steps, pieces):
        epochs = np.cumsum([step for step, _ in steps]).astype(float)
        costs = np.array([cost for _, cost in steps])
        history = SparseHistory(buckets=8)
        for part in np.array_split(np.arange(len(epochs)), pieces):
            history.extend(epochs[part], costs[part])
        columns: Columns = history.columns()
        assert len(columns) <= 8
        assert columns.low.min() == costs.min() and columns.high.max() == costs.max()
        assert columns.last[-1] == costs[-1]
        place = np.searchsorted(columns.epoch, epochs, side="right") - 1
        for column in range(len(columns)):
            here = costs[place == column]
            assert (columns.low[column], columns.high[column]) == (here.min(), here.max())
            assert columns.last[column] == here[-1]

    def test_a_cost_that_is_not_finite_hides_no_other(self):
        history = SparseHistory(buckets=2)
        history.extend(np.array([0.0, 1.0, 2.0]), np.array([1.0, np.inf, 2.0]))
        columns = history.columns()
        assert (columns.low.min(), columns.high.max()) == (1.0, 2.0)


class TestCurve:
    def test_it_grows(self, path):
        path.write_text(HEADER + rows(range(3)))
        curve = watch(path)
        assert (curve.epoch, curve.cost) == (2, 1 / 3)
        add(path, rows(range(3, 5)) + "5,0.0")
        assert curve.read(1.0)
        assert drawn(curve) == {epoch: 1 / (1 + epoch) for epoch in range(5)}
        add(path, "1\n")
        curve.read(1.0)
        assert (curve.epoch, curve.cost) == (5, 0.01)
        assert not curve.read(1.0)

    def test_epochs_that_begin_again_begin_a_curve(self, path):
        path.write_text(HEADER + rows(range(1, 50)) + rows(range(1, 4), lambda _: 9.0))
        curve = watch(path)
        assert curve.began_again == 1
        assert drawn(curve) == {1: 9.0, 2: 9.0, 3: 9.0}

    def test_epochs_that_go_back_take_back_what_was_beyond(self, path):
        path.write_text(HEADER + rows(range(50)) + rows(range(30, 35), lambda _: 9.0))
        curve = watch(path)
        assert curve.began_again == 0
        assert drawn(curve) == {
            epoch: 9.0 if epoch >= 30 else 1 / (1 + epoch) for epoch in range(35)
        }

    def test_rows_of_one_epoch_belong_together(self, path):
        path.write_text(HEADER + "1,5\n1,1\n1,3\n2,2\n")
        columns = watch(path).picture().columns
        assert (columns.low[0], columns.high[0], columns.last[0]) == (1.0, 5.0, 3.0)

    def test_another_seed_is_another_curve(self, path):
        path.write_text("epoch,cost,seed\n1,1,7\n2,1,7\n3,5,8\n")
        curve = watch(path)
        assert (drawn(curve), curve.seed) == ({3: 5.0}, 8)

    def test_a_rotated_file_goes_on(self, path):
        path.write_text(HEADER + rows(range(10)))
        curve = watch(path)
        path.rename(path.with_suffix(".1"))
        curve.read(1.0)
        assert "no such file" in curve.problem
        path.write_text(HEADER + rows(range(10, 20)))
        curve.read(1.0)
        curve.read(1.0)
        assert not curve.problem
        assert drawn(curve) == {epoch: 1 / (1 + epoch) for epoch in range(20)}

    def test_a_file_cut_at_a_checkpoint_is_read_again(self, path):
        path.write_text(HEADER + rows(range(100)))
        curve = watch(path)
        path.write_text(HEADER + rows(range(60)) + rows(range(60, 70), lambda _: 3.0))
        curve.read(1.0)
        curve.read(1.0)
        assert curve.epoch == 69 and drawn(curve)[69] == 3.0 and len(drawn(curve)) == 70
        assert curve.began_again == 0

    def test_changes_of_the_learning_rate_are_marked(self, path):
        path.write_text("epoch,cost,learning_rate\n1,1,2.0\n2,1,2.0\n3,1,0.5\n")
        marks = watch(path).picture().marks
        assert [(mark.epoch, mark.text) for mark in marks] == [(3, "η 0.5")]

    def test_a_schedule_is_not(self, path):
        lines = "".join(f"{epoch},1,{1 / (1 + epoch)}\n" for epoch in range(100))
        path.write_text("epoch,cost,learning_rate\n" + lines)
        assert watch(path).picture().marks == ()

    def test_validation_costs_may_be_few(self, path):
        path.write_text("epoch,cost,validation_cost\n1,1,\n2,1,0.7\n3,1,\n4,,0.6\n")
        curve = watch(path)
        picture = curve.picture()
        assert picture.validation_epoch.tolist() == [2, 4]
        assert curve.validation_cost == 0.6 and curve.cost == 1.0

    def test_a_validation_cost_that_is_no_number_is_a_gap(self, path):
        path.write_text("epoch,cost,validation_cost\n1,1,0.7\n2,1,nan\n3,1,\n4,1,0.6\n")
        curve = watch(path)
        picture = curve.picture()
        assert picture.validation_epoch.tolist() == [1, 2, 4]
        assert not np.isfinite(picture.validation_cost[1])
        assert curve.validation_cost == 0.6

    def test_a_last_line_without_its_end_counts_once_nothing_comes(self, path):
        path.write_text(HEADER + "1,0.5\n2,0.25")
        os.utime(path, (0, 0))
        curve = watch(path)
        curve.read(1.0)
        assert (curve.epoch, curve.cost) == (2, 0.25)
        add(path, "99\n3,0.1\n")
        curve.read(1.0)
        assert drawn(curve) == {1: 0.5, 2: 0.25, 3: 0.1}

    def test_the_rate_is_by_the_clock_of_the_file(self, path):
        path.write_text("epoch,cost,seconds\n0,1,0\n")
        curve = watch(path)
        for second in range(1, 4):
            add(path, f"{second * 500},1,{second}\n")
            curve.read(1.0)
        assert curve.epochs_per_second() == 500.0

    def test_a_large_file_is_read_in_slices(self, path, monkeypatch):
        monkeypatch.setattr(follower, "SLICE", 4096)
        path.write_text(HEADER + rows(range(20_000)))
        curve = WatchedCurve(path)
        curve.begin()
        curve.read(0.0)
        assert 0.0 < curve.read_share < 0.1
        while curve.read_share < 1.0:
            curve.read(0.0)
        assert curve.epoch == 19_999
        assert len(curve.picture().columns) <= 4096

    @settings(max_examples=60)
    @given(
        st.lists(
            st.one_of(
                st.binary(max_size=30),
                st.tuples(st.integers(-5, 10**9), st.floats()).map(
                    lambda pair: f"{pair[0]},{pair[1]}".encode()
                ),
            ),
            max_size=30,
        )
    )
    def test_whatever_is_in_it_is_data(self, tmp_path_factory, lines):
        path = tmp_path_factory.mktemp("file") / "costs.csv"
        path.write_bytes(HEADER.encode() + b"\n".join(lines))
        curve = watch(path)
        picture = curve.picture()
        assert np.all(np.diff(picture.columns.epoch) > 0)
        assert picture.epochs == 0 or curve.epoch >= 0

    @pytest.mark.parametrize("content", [b"\x00" * 300_000, b"x" * 300_000])
    def test_what_is_no_text_is_refused(self, path, content):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"the first line has no end; is this a CSV file\?"):
            watch(path)

    def test_an_empty_file_may_still_become_one(self, path):
        path.write_text("")
        curve = watch(path)
        add(path, HEADER + "1,2\n")
        curve.read(1.0)
        assert drawn(curve) == {1: 2.0}

    def test_other_columns_after_a_rotation_are_said(self, path):
        path.write_text(HEADER + rows(range(3)))
        curve = watch(path)
        path.write_text("a,b\n1,2\n")
        for _ in range(3):
            curve.read(1.0)
        assert "no column is called epoch or cost" in curve.problem
        assert drawn(curve)
