"""Training and checking without a screen."""

import json
import os
import pty
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from command import BPTUI, run

from bptui.core.configuration import Configuration
from bptui.core.training import build_trainer, resume_trainer
from bptui.tui.cli import main


def without_time(text):
    return [line for line in text.splitlines() if not line.startswith("epochs")]


class TestTrain:
    def test_the_summary(self, capsys):
        assert main(["train", "--seed", "1", "--epochs", "300"]) == 0
        out, err = capsys.readouterr()
        assert not err
        assert "xor, 4 samples" in out and "2-2-2-1, 15 parameters" in out
        assert "seed 1" in out and "300 in" in out and "PASS" in out
        assert "x1  x2  y" in out
        assert out.endswith("again       bptui train --seed 1 --epochs 300\n")

    @pytest.mark.parametrize("command", ["train", "sweep --seeds 3"])
    @pytest.mark.parametrize("folder", ["--run kept", "--run=kept"])
    def test_the_command_that_repeats_it_works(
        self, command, folder, tmp_path, monkeypatch, capsys
    ):
        monkeypatch.chdir(tmp_path)
        words = f"bptui {command} --epochs 20"
        assert main([*words.split()[1:], *folder.split()]) == 0
        assert capsys.readouterr().out.endswith(f"again       {words}\n")

    def test_the_same_seed_is_the_same_summary(self, capsys):
        texts = []
        for _ in range(2):
            main(["train", "--epochs", "50", "--data", "moons", "--validation", ".2"])
            texts.append(without_time(capsys.readouterr().out))
        assert texts[0] == texts[1]
        assert any(line.startswith("validation  J") for line in texts[0])

    def test_the_confusion_matrix_is_of_the_validation_set_if_there_is_one(self, capsys):
        words = ["train", "--data", "gaussians", "--epochs", "200"]
        assert main(words) == 0
        assert "\n  training: the true class in rows" in capsys.readouterr().out
        words += ["--validation", "0.3"]
        assert main(words) == 0
        assert "\n  validation: the true class in rows" in capsys.readouterr().out
        assert main([*words, "--json"]) == 0
        scores = json.loads(capsys.readouterr().out.splitlines()[-1])["scores"]
        assert sum(map(sum, scores["confusion"])) == 60
        assert sum(scores["confusion"][place][place] for place in (0, 1)) == round(
            60 * scores["validation"]
        )

    @pytest.mark.parametrize(
        ("kinds", "head", "first"),
        [
            (("yes", "no"), "a    y   ŷ yes", "1  yes  0."),
            (("[b]\x1b", "no"), r"a        y    ŷ no", r"1  [b]\x1b  0."),
            (("red", "green", "blue"), "a      y  ŷ blue  ŷ green   ŷ red", "1    red  0."),
            ((1, 0), "a  y       ŷ", "1  1  0."),
        ],
    )
    def test_samples_have_the_names_of_their_classes(self, kinds, head, first, tmp_path, capsys):
        rows = "".join(f"{place},{kind}\n" for place, kind in enumerate(kinds, start=1))
        (tmp_path / "few.csv").write_text(f"a,kind\n{rows}{9},{kinds[0]}\n")
        assert main(["train", "--data", str(tmp_path / "few.csv"), "--epochs", "20"]) == 0
        out = capsys.readouterr().out
        assert f"\n  {head}\n  {first}" in out

    def test_a_diverged_output_is_short(self, capsys):
        assert main(["train", "--output", "linear", "--eta", "3"]) == 3
        table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  ")]
        assert len(table) == 5 and max(map(len, table)) < 30
        assert "e+" in table[1]

    def test_regression_is_scored_by_r_squared(self, capsys):
        main(["train", "--data", "sine", "--epochs", "5"])
        assert "\nR²  " in capsys.readouterr().out

    def test_the_error_of_a_regression_is_in_the_units_of_the_file(self, tmp_path, capsys):
        rows = [f"{x},{y}\n" for x, y in zip(range(8), [1, 9, 2, 8, 3, 7, 4, 6], strict=True)]
        (tmp_path / "houses.csv").write_text("rooms,price\n" + "".join(rows))
        words = ["train", "--data", str(tmp_path / "houses.csv"), "--epochs", "3"]
        words += ["--run", str(tmp_path / "run")]
        assert main(words) == 0
        out = capsys.readouterr().out
        trainer = resume_trainer(tmp_path / "run")
        prepared = trainer.preparation
        found = prepared.target_standardizer.undo(trainer.network.predict(trainer.training.X))
        error = np.sqrt(np.mean((found - prepared.unscaled_y) ** 2))
        assert f"\nerror       price {error:.4g} (root mean square)\n" in out
        assert main([*words[:-2], "--validation", "0.3"]) == 0
        assert "; in validation price " in capsys.readouterr().out

    @pytest.mark.parametrize("validation", [[], ["--validation", "0.3"]])
    def test_json_has_the_errors_of_the_summary(self, validation, tmp_path, capsys):
        rows = [f"{x},{x * x},{100 - x}\n" for x in range(10)]
        (tmp_path / "two.csv").write_text("x,up,down\n" + "".join(rows))
        words = ["train", "--data", str(tmp_path / "two.csv"), "--epochs", "3", *validation]
        words += ["--target", "up", "--target", "down"]
        assert main([*words, "--json"]) == 0
        scores = json.loads(capsys.readouterr().out.splitlines()[-1])["scores"]
        up, down = scores["root_mean_squared_errors"]
        assert (up["target"], down["target"]) == ("up", "down")
        said = f"error       up {up['training']:.4g}, down {down['training']:.4g}"
        if validation:
            said += f"; in validation up {up['validation']:.4g}, down {down['validation']:.4g}"
        else:
            assert up["validation"] is None
        assert main(words) == 0
        assert f"\n{said} (root mean square)\n" in capsys.readouterr().out

    def test_json(self, capsys):
        assert main(["train", "--json", "--epochs", "40"]) == 0
        out, err = capsys.readouterr()
        assert not err
        events = [json.loads(line) for line in out.splitlines()]
        assert [event["event"] for event in events] == ["start", "progress", "finished"]
        assert all(set(event) == {"event", "epoch", "cost"} for event in events[:-1])
        assert set(events[-1]) == {
            *("event", "epoch", "cost", "seconds", "epochs_per_second", "seed", "verdict", "scores")
        }
        scores = events[-1]["scores"]
        assert scores.keys() == {
            *("name", "training", "validation", "confusion", "root_mean_squared_errors")
        }
        assert scores["root_mean_squared_errors"] is None
        assert (events[0]["epoch"], events[-1]["epoch"]) == (0, 40)
        assert events[-1]["verdict"] == "pass"

    def test_divergence(self, capsys):
        assert main(["train", "--output", "linear", "--eta", "1e10"]) == 3
        out, err = capsys.readouterr()
        assert "; diverged" in out
        assert err.startswith("bptui: J stopped") and err.count("\n") == 1

    def test_divergence_in_json(self, capsys):
        assert main(["train", "--json", "--output", "linear", "--eta", "1e10"]) == 3
        last = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert last["event"] == "diverged"

    @pytest.mark.parametrize(
        ("words", "epochs"),
        [("", "10,000"), ("--data moons --batch-size 50", "100")],
    )
    def test_it_ends_without_being_told_when(self, words, epochs, capsys):
        assert main(["train", *words.split()]) == 0
        assert f"reached {epochs} epochs" in capsys.readouterr().out

    def test_until_cost(self, capsys):
        assert main(["train", "--until-cost", "0.2"]) == 0
        assert "not above 0.2" in capsys.readouterr().out

    def test_nothing_but_plain_text_on_a_pipe(self):
        done = run("train", "--epochs", "20000")
        assert done.returncode == 0 and not done.stderr
        assert all(character.isprintable() or character == "\n" for character in done.stdout)

    def test_saving_and_resuming(self, tmp_path, capsys):
        folder = tmp_path / "new" / "run"
        main(["train", "--epochs", "200", "--json"])
        whole = json.loads(capsys.readouterr().out.splitlines()[-1])
        main(["train", "--epochs", "80", "--run", str(folder)])
        assert f"saved in    {folder}" in capsys.readouterr().out
        main(["train", "--resume", str(folder), "--epochs", "200", "--json"])
        resumed = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert resumed["cost"] == whole["cost"]
        main(["train", "--resume", str(folder)])
        assert "epochs      200; reached 200 epochs\n" in capsys.readouterr().out

    def test_a_run_at_its_end_says_how_it_goes_on(self, tmp_path, capsys):
        folder = str(tmp_path / "run")
        main(["train", "--epochs", "80", "--run", folder])
        assert "go on" not in capsys.readouterr().out
        assert main(["train", "--resume", folder]) == 0
        out = capsys.readouterr().out
        assert f"go on       bptui train --resume {folder} --epochs 160\n" in out
        assert main(["train", "--resume", folder, "--epochs", "80"]) == 0
        capsys.readouterr()
        assert main(["train", "--resume", folder, "--epochs", "50"]) == 2
        assert capsys.readouterr().err == (
            f"bptui: {folder}: this run stands at epoch 80 already, and --epochs counts from its "
            "beginning: to go on, give more than that\n"
        )

    @pytest.mark.parametrize("asking", [["--keep-training"], ["--checkpoint-every", "5"]])
    def test_what_is_to_be_saved_has_a_folder_though_none_is_named(
        self, asking, state_directory, capsys
    ):
        assert main(["train", "--epochs", "80", *asking]) == 0
        folder = state_directory / "bptui" / "runs" / "xor-1"
        assert f"saved in    {folder}" in capsys.readouterr().out
        assert (folder / "log.csv").read_text().splitlines()[-1].startswith("80,")
        assert main(["train", "--resume", "--epochs", "90"]) == 0
        assert "epochs      90 in" in capsys.readouterr().out

    def test_nothing_is_saved_that_nobody_asked_for(self, state_directory, capsys):
        assert main(["train", "--epochs", "80"]) == 0
        assert "saved" not in capsys.readouterr().out
        assert not list(state_directory.iterdir())

    def test_a_run_that_ended_early_says_what_lets_it_go_on(self, tmp_path, capsys):
        folder = str(tmp_path)
        words = "--data moons --noise 0.4 --hidden 16 --optimizer adam --validation 0.3"
        words += f" --patience 30 --epochs 5000 --run {folder}"
        assert main(["train", *words.split()]) == 0
        capsys.readouterr()
        assert main(["train", "--resume", folder, "--epochs", "6000"]) == 2
        assert capsys.readouterr().err.endswith("with a longer patience, such as --patience 60\n")
        assert main(["train", "--resume", folder]) == 0
        assert "go on" not in capsys.readouterr().out
        assert main(["train", "--resume", folder, "--patience", "60"]) == 0
        assert "not fallen for 60 epochs" in capsys.readouterr().out

    def test_a_quick_training_has_a_log_too(self, tmp_path):
        assert main(["train", "--epochs", "30000", "--run", str(tmp_path)]) == 0
        rows = (tmp_path / "log.csv").read_text().splitlines()
        assert len(rows) > 3 and rows[-1].startswith("30000,")

    def test_another_run_is_never_overwritten(self, tmp_path, capsys):
        folder, other = tmp_path / "run", tmp_path / "other"
        for each in (folder, other):
            assert main(["train", "--epochs", "80", "--run", str(each)]) == 0
        before = (folder / "checkpoint.npz").read_bytes()
        capsys.readouterr()
        for words in (["--seed", "3"], ["--resume", str(other)]):
            assert main(["train", "--run", str(folder), *words]) == 2
            assert capsys.readouterr().err == (
                f"bptui: {folder}: holds a run at epoch 80 of xor; --resume {folder} continues it, "
                "or name another folder\n"
            )
        assert (folder / "checkpoint.npz").read_bytes() == before
        words = ["--run", str(folder), "--resume", str(folder), "--epochs", "90"]
        assert main(["train", *words]) == 0

    @pytest.mark.parametrize("extra", [[], ["--json"]])
    def test_results_are_told_before_a_failed_save(self, extra, tmp_path, capsys, monkeypatch):
        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        words = ["train", "--epochs", "50", "--run", str(tmp_path / "run"), *extra]
        assert main(words) == 2
        out, err = capsys.readouterr()
        if extra:
            assert json.loads(out.splitlines()[-1])["event"] == "finished"
        else:
            assert "epochs      50 in" in out and "saved in" not in out
        assert err == f"bptui: {tmp_path / 'run'}: cannot save the run there: {os.strerror(28)}\n"

    def test_a_diverged_run_is_resumed_with_another_learning_rate(self, tmp_path, capsys):
        folder = str(tmp_path / "run")
        words = ["--data", "sine", "--activation", "relu"]
        assert main(["train", *words, "--epochs", "50", "--run", folder]) == 0
        again = ["train", "--resume", folder, "--epochs", "80"]
        assert main([*again, "--eta", "1e300"]) == 3
        assert main(again) == 3
        assert "smaller learning rate than 1e+300 may help" in capsys.readouterr().err
        assert main([*again, "--eta", "0.01"]) == 0
        assert "η 0.01" in capsys.readouterr().out

    def test_one_that_is_worse_than_at_its_start_is_not(self, tmp_path, capsys):
        folder = str(tmp_path / "run")
        words = ["--data", "sine", "--eta", "3", "--run", folder]
        assert main(["train", *words]) == 3
        assert "is worse than at the start" in capsys.readouterr().err
        before = (tmp_path / "run" / "checkpoint.npz").read_bytes()
        assert main(["train", "--resume", folder, "--eta", "0.01"]) == 2
        out, err = capsys.readouterr()
        assert not out and err.count("\n") == 1
        assert err.startswith(f"bptui: {folder}: this run diverged, and Θ of epoch ")
        assert (tmp_path / "run" / "checkpoint.npz").read_bytes() == before

    @pytest.mark.parametrize("extra", [[], ["--json"]])
    def test_an_interrupt_saves_and_sums_up(self, extra, tmp_path):
        words = ["train", "--epochs", "1000000000000", "--run", str(tmp_path / "run"), *extra]
        process = subprocess.Popen(
            [*BPTUI, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        assert process.stdout is not None
        started = process.stdout.readline() if extra else self.wait_for(tmp_path / "run")
        assert started
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert not err
        assert (tmp_path / "run" / "checkpoint.npz").exists()
        if extra:
            assert json.loads(out.splitlines()[-1])["event"] == "interrupted"
        else:
            assert "; interrupted" in out and "go on       bptui train --resume" in out

    def test_a_run_that_nobody_reads_is_saved(self, tmp_path):
        words = ["train", "--epochs", "1000000000", "--json", "--run", "run"]
        process = subprocess.Popen(
            [*BPTUI, *words], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 141
        assert not process.stderr.read()
        process.stderr.close()
        assert resume_trainer(tmp_path / "run").epoch > 0

    def test_a_run_is_kept_by_one_process_and_outlives_a_hang_up_and_a_kill(self, tmp_path, capsys):
        folder = tmp_path / "run"
        words = ["train", "--epochs", "1000000000", "--checkpoint-every", "0.01", "--keep-training"]
        process = subprocess.Popen(
            [*BPTUI, *words, "--run", str(folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        before = self.saved_beyond(folder, -1)
        busy = f"bptui: {folder}: process {process.pid} is training there right now; "
        busy += f"bptui watch {folder} shows it"
        assert main(["train", "--resume", str(folder)]) == 2
        assert capsys.readouterr().err == f"{busy}\n"
        assert main(["train", "--run", str(folder)]) == 2
        assert capsys.readouterr().err == f"{busy}, or name another folder\n"
        process.send_signal(signal.SIGHUP)
        self.saved_beyond(folder, before)
        process.kill()
        process.wait(30)
        resumed = resume_trainer(folder)
        straight = build_trainer(Configuration())
        straight.advance(float("inf"), resumed.epoch)
        assert np.array_equal(resumed.network.theta, straight.network.theta)

    @staticmethod
    def saved_beyond(folder, epoch):
        """Return the epoch of the first checkpoint beyond an epoch."""
        while True:
            time.sleep(0.02)
            if (folder / "checkpoint.npz").exists():
                saved = resume_trainer(folder).epoch
                if saved > epoch:
                    return saved

    @staticmethod
    def wait_for(folder):
        # The folder is made just before the signal is caught.
        while not folder.exists():
            time.sleep(0.01)
        time.sleep(0.3)
        return True

    def test_a_bar_on_a_terminal(self):
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [*BPTUI, "train", "--epochs", "60000"],
            stdout=subprocess.PIPE,
            stderr=slave,
            encoding="utf-8",
            env=os.environ | {"TERM": "xterm"},
        )
        os.close(slave)
        out, _ = process.communicate(timeout=60)
        drawn = os.read(master, 100_000).decode()
        os.close(master)
        assert "\r[" in drawn and " of 60,000  J " in drawn and "\n" not in drawn
        assert "\x1b" not in drawn and "\r" not in out


class TestCheck:
    def test_the_table(self, capsys):
        assert main(["check"]) == 0
        out, err = capsys.readouterr()
        assert not err
        assert out.startswith("xor · 2-2-2-1 · mse · seed 0 · epoch 0 · J ")
        assert "PASS  15 of 15 agree" in out

    @pytest.mark.parametrize("command", ["check", "train --epochs 50"])
    def test_a_terminal_of_80_columns_breaks_no_line(self, command, monkeypatch, capsys):
        words = [*command.split(), "--fault", "theta-transposed"]
        main(words)
        whole = capsys.readouterr().out.splitlines()
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setenv("COLUMNS", "80")
        monkeypatch.setenv("TERM", "xterm")
        main(words)
        broken = capsys.readouterr().out.splitlines()
        if command == "check":
            assert any(len(line) == 80 for line in whole)
        assert max(map(len, broken)) <= 80 < max(map(len, whole))
        said = [" ".join(" ".join(lines).split()) for lines in (whole, broken)]
        (diagnosis,) = [line.strip() for line in whole if "the step that takes" in line]
        assert all(diagnosis in text for text in said)

    def test_json_is_what_the_design_says(self, capsys):
        assert main(["check", "--json"]) == 0
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        report = json.loads(out)
        assert list(report) == [
            *("verdict", "method", "epsilon", "cost", "parameters", "worst", "arrays"),
            *("diagnosis", "entries", "tie"),
        ]
        assert set(report["worst"]) == {
            *("parameter", "index", "backprop", "numerical", "relative_error")
        }
        assert set(report["arrays"][0]) == {
            *("name", "shape", "verdict", "worst_index", "max_relative_error")
        }

    def test_values(self, capsys):
        main(["check", "--json", "--values"])
        array = json.loads(capsys.readouterr().out)["arrays"][0]
        assert len(array["backprop"]) == len(array["numerical"]) == 2
        main(["check", "--values"])
        out = capsys.readouterr().out
        assert "Θ³ from backprop" in out and "Θ³ from grad check" in out

    def test_after_some_epochs(self, capsys):
        main(["check", "--after", "123"])
        assert " epoch 123 " in capsys.readouterr().out

    def test_a_step_that_is_too_small_to_tell_is_not_a_pass(self, capsys):
        assert main(["check", "--method", "forward", "--epsilon", "1e-14"]) == 4
        assert "UNRESOLVED" in capsys.readouterr().out

    def test_a_failure(self, monkeypatch, capsys):
        from bptui.core.backpropagation import Backpropagation

        evaluate = Backpropagation.evaluate

        def wrong(self):
            cost = evaluate(self)
            self.gradient *= 2.0
            return cost

        monkeypatch.setattr(Backpropagation, "evaluate", wrong)
        assert main(["check"]) == 1
        assert "FAIL" in capsys.readouterr().out

    def test_numbers_that_are_not_finite_are_null(self):
        from bptui.tui.commands.json_lines import to_json

        text = to_json({"cost": float("nan"), "rows": [(float("inf"), 1.0)]})
        assert json.loads(text) == {"cost": None, "rows": [[None, 1.0]]}


def test_the_score_of_a_diverged_regression_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--data", "sine", "--eta", "1000"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) < 100
