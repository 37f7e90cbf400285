"""`bptui sweep` as its users meet it."""

import csv
import errno
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from command import run
from terminal import Terminal

from bptui.core import sweep
from bptui.core.runs.folder import free_folder
from bptui.core.runs.lock import RunLock
from bptui.tui.cli import main
from bptui.tui.command_line import invocation
from bptui.tui.command_line.parser import parse_arguments

QUICK = ("sweep", "--seeds", "12", "--epochs", "40")


@contextmanager
def locked(folder):
    lock = RunLock(folder)
    try:
        yield
    finally:
        lock.release()


def parsed(*words):
    return invocation.sweep_of(invocation.gather(parse_arguments(["sweep", *words])))


class TestOptions:
    def test_values_stand_with_commas_or_given_again(self):
        base, axes = parsed(
            *("--eta", "0.1,0.5", "--learning-rate=2", "--init", "uniform,article"),
            *("--layers", "2,2,1", "--layers", "2-2-2-1", "--seed", "3"),
        )
        assert axes == {
            "layers": ((2, 2, 1), (2, 2, 2, 1)),
            "init": ("uniform", "article"),
            "learning_rate": (0.1, 0.5, 2.0),
        }
        assert base.seed == 3 and base.layers is None and base.learning_rate is None

    def test_the_preset_is_one_setting_of_which_a_value_may_be_swept(self):
        base, axes = parsed("--preset", "article", "--eta", "0.2,2")
        assert axes["learning_rate"] == (0.2, 2.0) and axes["init"] == ("article",)
        assert base.epochs == 10_000

    def test_a_file_holds_lists(self, tmp_path):
        path = tmp_path / "sweep.toml"
        path.write_text(
            'learning_rate = [0.5, 2]\nlayers = [[2, 2, 1], "2-2-2-1"]\noptimizer = "adam"\n'
        )
        _, axes = parsed("--config", str(path))
        assert axes == {
            "layers": ((2, 2, 1), (2, 2, 2, 1)),
            "optimizer": ("adam",),
            "learning_rate": (0.5, 2.0),
        }
        path.write_text("layers = [2, 3, 1]\n")
        assert parsed("--config", str(path))[1] == {"layers": ((2, 3, 1),)}

    @pytest.mark.parametrize(
        ("words", "about"),
        [
            ("--eta 0.1,,2", "--learning-rate: '' is not a number above 0"),
            ("--eta 0.1,-2", "--learning-rate: -2 is not a number above 0"),
            ("--init uniform,artcle", "--init: unknown name 'artcle' (did you mean 'article'?)"),
            ("--seeds 0", "--seeds: 0 is not a whole number from 1"),
            ("--layers 2,2,1 --hidden 3", "--layers and --hidden say the same twice"),
            ("--batch-size 0", "--batch-size: 0 is not a whole number from 1"),
            ("--fault clipped", "--fault: an option of bptui run, train, check and serve"),
            ("--keep-training", "--keep-training: an option of bptui run and train, not of"),
            ("--checkpoint-every 3", "--checkpoint-every: an option of bptui run and train, not"),
            ("--schedule-epochs 9", "--schedule-epochs: η stays as it is"),
            ("--data sine", "until-cost: sine is a regression"),
            ("mine.py", "a sweep is of bptui's own networks"),
            ("--csv /nowhere/at/all.csv", "--csv: /nowhere/at/all.csv: there is no folder"),
            ("--csv /", "--csv: /: this is a directory"),
            ("--csv - --json", "--csv: it would be mixed with the JSON on standard output"),
            ("--resume nowhere", "no sweep can be resumed"),
            ("--resume nowhere --eta 2", "--learning-rate: a resumed run keeps the settings"),
            ("--screen", "--screen: there is no terminal"),
            ("--screen --json", "--screen: charts and JSON do not go together"),
            ("--workers 0", "--workers: 0 is not a whole number"),
        ],
    )
    def test_bad_input_is_one_sentence(self, words, about, capsys):
        assert main(["sweep", *words.split()]) == 2
        out, err = capsys.readouterr()
        assert not out and about in err and err.count("\n") == 1

    def test_a_file_cannot_smuggle_in_what_is_not_swept(self, tmp_path, capsys):
        path = tmp_path / "sweep.toml"
        path.write_text("patience = 2\n")
        assert main([*QUICK, "--config", str(path)]) == 2
        assert "patience: a sweep trains" in capsys.readouterr().err

    def test_one_value_is_still_one_elsewhere(self, capsys):
        assert main(["train", "--eta", "0.1,0.5"]) == 2
        assert "is not a number above 0" in capsys.readouterr().err


class TestOutput:
    def test_one_setting(self, capsys):
        assert main(list(QUICK)) == 0
        out, err = capsys.readouterr()
        assert not err and out.startswith("xor · 2-2-2-1 · 12 seeds · 40 epochs\n")
        assert "0.0 %" in out and "J: below 1, 5 and 9" in out and "└" in out
        assert out.endswith("again       bptui sweep --seeds 12 --epochs 40\n")

    def test_several_settings(self, capsys):
        assert main([*QUICK, "--eta", "0.5,2"]) == 0
        out = capsys.readouterr().out
        assert "xor · 2-2-2-1 · 12 seeds x 2 settings" in out
        assert "1 η 0.5" in out and "2 η 2" in out
        assert "share solved, each setting by its number" in out

    def test_commas_between_sizes_are_layers_of_one_setting(self, capsys):
        assert main([*QUICK, "--hidden", "2,4"]) == 0
        assert capsys.readouterr().out.startswith("xor · 2-2-4-1 · 12 seeds · 40 epochs\n")
        assert main([*QUICK, "--hidden", "2", "--hidden", "4"]) == 0
        out = capsys.readouterr().out
        assert out.startswith("xor · 12 seeds x 2 settings · 40 epochs\n")
        assert "1 hidden 2" in out and "2 hidden 4" in out

    def test_json_is_one_object_that_says_the_same(self, capsys):
        assert main([*QUICK, "--eta", "0.5,2", "--json"]) == 0
        out, err = capsys.readouterr()
        assert out.count("\n") == 1 and not err
        found = json.loads(out)
        assert found["complete"] and found["networks"] == 24
        expected = sweep(seeds=12, epochs=40, learning_rate=[0.5, 2.0])
        for one, other in zip(found["settings"], expected.settings, strict=True):
            assert one["best"] == {"seed": other.best.seed, "cost": other.best.cost}
            assert one["solved"] == other.solved and [one["low"], one["high"]] == list(
                other.interval
            )
            assert len(one["curves"]["0.5"]) == len(one["curves"]["epochs"])

    def test_csv_has_a_row_for_each_network(self, tmp_path, capsys):
        path = tmp_path / "all.csv"
        words = ("sweep", "--seeds", "30", "--epochs", "2000", "--eta", "1,2", "--csv", str(path))
        assert main([*words, "--json"]) == 0
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 60 and [row["seed"] for row in rows] == [str(s) for s in range(30)] * 2
        expected = sweep(seeds=30, epochs=2000, learning_rate=[1.0, 2.0])
        for each in expected.settings:
            mine = [row for row in rows if row["setting"] == each.setting.name]
            assert [float(row["final_cost"]) for row in mine] == each.final_cost.tolist()
            assert [int(row["epochs_to_solve"] or -1) for row in mine] == each.solved_at.tolist()
            assert sum(int(row["solved"]) for row in mine) == each.solved
            assert {row["diverged"] for row in mine} == {"0"}

    def test_csv_has_validation_where_there_is_some(self, capsys):
        assert main([*QUICK, "--data", "moons", "--validation", "0.3", "--csv", "-"]) == 0
        rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
        found = sweep(data="moons", validation=0.3, seeds=12, epochs=40).settings[0].validation
        assert [float(row["validation_cost"]) for row in rows] == found.cost.tolist()
        assert [float(row["validation_score"]) for row in rows] == found.score.tolist()

    def test_csv_on_standard_output_is_all_there_is(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert main([*QUICK, "--eta", "1,2", "--csv", "all.csv", "--json"]) == 0
        capsys.readouterr()
        assert main([*QUICK, "--eta", "1,2", "--csv", "-"]) == 0
        out, err = capsys.readouterr()
        assert out == Path("all.csv").read_text(encoding="utf-8") and not err
        assert out.count("\n") == 25
        assert [path.name for path in tmp_path.iterdir()] == ["all.csv"]

    def test_a_csv_file_is_replaced_whole_or_not_at_all(self, tmp_path, monkeypatch, capsys):
        path = tmp_path / "all.csv"
        path.write_text("of another sweep")
        words = [*QUICK, "--csv", str(path)]

        def full(number):
            raise OSError(errno.ENOSPC, "No space left on device")

        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", full)
            assert main(words) == 2
        assert path.read_text() == "of another sweep" and list(tmp_path.iterdir()) == [path]
        out, err = capsys.readouterr()
        assert "solved" in out
        assert err == f"bptui: --csv: {path}: cannot be written: No space left on device\n"
        assert main(words) == 0
        assert path.read_text().startswith("setting,seed,") and list(tmp_path.iterdir()) == [path]

    @pytest.mark.skipif(sys.platform == "win32", reason="no named pipes there")
    def test_a_pipe_takes_csv_too(self, tmp_path):
        path = tmp_path / "pipe"
        os.mkfifo(path)
        read = []
        reader = Thread(target=lambda: read.append(path.read_text()), daemon=True)
        reader.start()
        assert main([*QUICK, "--json", "--csv", str(path)]) == 0
        reader.join(timeout=30.0)
        assert read[0].count("\n") == 13

    def test_plain_ascii_where_it_must_be(self):
        done = run(*QUICK, "--eta", "0.5,2", env=os.environ | {"PYTHONIOENCODING": "ascii"})
        assert done.returncode == 0 and done.stdout.isascii() and "eta 0.5" in done.stdout

    def test_nothing_is_drawn_without_need(self):
        script = (
            "import sys\nfrom bptui.tui.cli import main\n"
            f"main({[*QUICK, '--json']!r})\n"
            "print([name for name in ('textual', 'rich', 'plotext') if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert done.stdout.endswith("\n[]\n"), done.stderr


class TestKeeping:
    def test_a_folder_keeps_it_and_is_not_taken_twice(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert main([*QUICK, "--run", "kept"]) == 0
        first = capsys.readouterr().out
        assert "kept in     kept\n" in first
        assert main([*QUICK, "--run", "kept"]) == 2
        assert "kept: holds a sweep; --resume kept continues it" in capsys.readouterr().err
        assert main(["train", "--epochs", "1", "--run", "kept/deeper"]) == 0
        capsys.readouterr()
        assert main(["sweep", "--resume", "kept", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["networks"] == 12
        assert main(["sweep", "--resume", "kept", "--seeds", "15", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["networks"] == 15
        assert main([*QUICK, "--run", "kept/deeper"]) == 2
        assert "holds a run at epoch 1" in capsys.readouterr().err

    def test_resume_alone_takes_the_last_that_is_not_finished(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert main(["sweep", "--resume"]) == 2
        assert "no sweep can be resumed: bptui-sweep/sweep.json" in capsys.readouterr().err
        for name in ("-2", "-3", ""):
            assert main([*QUICK, "--run", f"bptui-sweep{name}"]) == 0
        (block,) = (tmp_path / "bptui-sweep-2").glob("*.npz")
        block.unlink()
        capsys.readouterr()
        assert main(["sweep", "--resume"]) == 0
        assert "kept in     bptui-sweep-2\n" in capsys.readouterr().out
        os.utime("bptui-sweep-3")
        assert main(["sweep", "--resume", "--seeds", "13"]) == 0
        assert "kept in     bptui-sweep-3\n" in capsys.readouterr().out

    def test_it_says_what_was_trained_now_and_before(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        said = []
        for words in ((*QUICK, "--run", "kept"), ("sweep", "--resume", "kept")):
            assert main(words) == 0
            said += [line for line in capsys.readouterr().out.splitlines() if "trained  " in line]
        two = ("sweep", "--seeds", "1", "--epochs", "40", "--eta", "1,2", "--run", "two")
        assert main(two) == 0
        (tmp_path / "two" / "setting-2-seeds-0-1.npz").unlink()
        capsys.readouterr()
        assert main(["sweep", "--resume", "two"]) == 0
        said += [line for line in capsys.readouterr().out.splitlines() if "trained  " in line]
        assert [
            re.sub(r"[\d.e-]+ s\b", "T", line).removeprefix("trained     ") for line in said
        ] == [
            "12 networks in T",
            "12 networks before",
            "1 in T, with those of before 2 networks",
        ]

    def test_a_resumed_sweep_loses_no_seeds(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert main([*QUICK, "--run", "kept"]) == 0
        assert main(["sweep", "--resume", "kept", "--seeds", "11"]) == 2
        assert capsys.readouterr().err == (
            "bptui: seeds: the sweep in kept has 12 for each setting, and may be given more but "
            "no fewer\n"
        )
        assert main(["sweep", "--resume", "kept", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["networks"] == 12

    def test_runs_and_sweeps_leave_each_other_alone(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert main([*QUICK, "--run", "many"]) == 0
        assert main(["train", "--epochs", "1", "--run", "one"]) == 0
        before = {path: path.read_bytes() for path in tmp_path.glob("*/*")}
        capsys.readouterr()
        many = "many: holds a sweep; bptui sweep --resume many continues it"
        one = "one: holds a run at epoch 1 of xor; bptui --resume one continues it"
        for words, about in [
            (("train", "--epochs", "1", "--run", "many"), f"{many}, or name another folder"),
            (("run", "--epochs", "1", "--run", "many"), f"{many}, or name another folder"),
            (("train", "--resume", "many"), f"no run can be resumed: {many}"),
            (("run", "--resume", "many"), f"no run can be resumed: {many}"),
            ((*QUICK, "--run", "one"), f"{one}, or name another folder"),
            (("sweep", "--resume", "one"), f"no sweep can be resumed: {one}"),
        ]:
            assert main(list(words)) == 2
            out, err = capsys.readouterr()
            assert not out and err.splitlines()[-1] == f"bptui: {about}"
        assert {path: path.read_bytes() for path in tmp_path.glob("*/*")} == before

    @pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
    def test_a_folder_in_use_is_one_sentence(self, tmp_path, monkeypatch, capsys):
        monkeypatch.chdir(tmp_path)
        assert main([*QUICK, "--run", "bptui-sweep"]) == 0
        capsys.readouterr()
        with locked(tmp_path / "bptui-sweep"):
            busy = f"bptui: bptui-sweep: process {os.getpid()} is training there"
            later = f"{busy} right now; it can be resumed once that has ended\n"
            for words in (("--resume", "bptui-sweep"), ("--resume",)):
                assert main(["sweep", *words]) == 2
                assert capsys.readouterr() == ("", later)
            assert main(["sweep", "--run", "bptui-sweep"]) == 2
            assert capsys.readouterr() == ("", f"{busy}; name another folder\n")
        assert main(["sweep", "--resume"]) == 0

    def test_a_folder_that_another_is_about_to_fill_is_not_free(self, tmp_path):
        with locked(tmp_path):
            assert free_folder(tmp_path) == Path(f"{tmp_path}-2")
        assert free_folder(tmp_path) == tmp_path

    @pytest.mark.parametrize("workers", [(), ("--workers", "2")])
    def test_ctrl_c_keeps_what_is_done(self, workers, tmp_path):
        words = ("sweep", "--seeds", "100000", "--epochs", "300", *workers)
        with Terminal(*words, cwd=tmp_path, columns=100) as terminal:
            terminal.wait_for(lambda screen: ",000 of 100,000 networks" in screen.text())
            terminal.signal(signal.SIGINT)
            assert terminal.wait() == 130
            text = "\n".join(terminal.scrollback())
        assert "of them trained so far" in text
        assert "go on       bptui sweep --resume bptui-sweep" in text
        facts = json.loads((tmp_path / "bptui-sweep" / "sweep.json").read_text())
        assert facts["seeds"] == 100_000
        kept = len(list((tmp_path / "bptui-sweep").glob("*.npz")))
        assert kept >= 1
