"""The command line as its users meet it."""

import dataclasses
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bptui.core import activations, costs, initializers, network, optimizers
from bptui.core.check import METHOD_NAMES
from bptui.core.configuration import Configuration
from bptui.core.datasets import GENERATORS
from bptui.core.training import build_trainer
from bptui.tui import invocation, names
from bptui.tui.choices import DEFAULT_RUN_FOLDER
from bptui.tui.cli import main
from bptui.tui.options import BY_KEY, COMMANDS, OPTIONS
from bptui.tui.parser import SHELLS, parse_arguments

BPTUI = [sys.executable, "-m", "bptui.tui"]


def run(*words, **options):
    return subprocess.run(
        [*BPTUI, *words],
        capture_output=True,
        timeout=60,
        check=False,
        **({"text": True, "encoding": "utf-8"} | options),
    )


def configured(*words):
    return invocation.configuration_of(invocation.gather(parse_arguments(words)))


def without_time(text):
    return [line for line in text.splitlines() if not line.startswith("epochs")]


class TestHelp:
    def test_the_overview_names_every_command_and_gives_examples(self, capsys):
        assert main(["--help"]) == 0
        out, err = capsys.readouterr()
        assert not err
        assert all(f"\n  {command} " in out for command in COMMANDS)
        assert "--print-completion" in out and "Examples" in out

    @pytest.mark.parametrize("command", COMMANDS)
    def test_the_help_of_a_command_shows_its_options_and_no_other(self, command, capsys):
        assert main([command, "-h"]) == 0
        out = capsys.readouterr().out
        shown = {word.strip(",") for word in out.split()}
        for option in OPTIONS:
            flag = f"--[no-]{option.name}" if option.negatable else f"--{option.name}"
            assert (flag in shown) == (command in option.commands) or flag == "--config"

    @pytest.mark.parametrize("words", [["--help"], ["train", "--help"]])
    @pytest.mark.parametrize("columns", ["40", "80", "200"])
    def test_no_line_is_wider_than_the_terminal(self, words, columns, monkeypatch, capsys):
        monkeypatch.setenv("COLUMNS", columns)
        main(words)
        longest = max(map(len, capsys.readouterr().out.splitlines()))
        assert longest <= max(80, int(columns))

    def test_the_defaults_in_it_are_those_that_count(self, capsys):
        for name, rate in names.LEARNING_RATES.items():
            assert build_trainer(Configuration(optimizer=name)).learning_rate == rate
        assert build_trainer(Configuration()).network.layers == (2, 2, 2, 1)
        assert build_trainer(Configuration(data="moons")).network.layers == (2, 8, 1)

    @pytest.mark.parametrize("flag", ["--version", "-V"])
    def test_version(self, flag, capsys):
        assert main([flag]) == 0
        assert capsys.readouterr().out == "bptui 0.1.0\n"

    def test_help_wins_over_a_wrong_option(self, capsys):
        assert main(["--wrong", "--help"]) == 0
        assert capsys.readouterr().out.startswith("bptui")


class TestStart:
    def test_importing_the_command_line_imports_nothing_heavy(self):
        script = (
            "import sys, bptui.tui.cli\n"
            "print([name for name in ('numpy', 'textual', 'rich', 'plotext', 'shtab')"
            " if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert done.stdout == "[]\n", done.stderr

    @pytest.mark.parametrize("words", [["--help"], ["--version"], ["train", "--help"]])
    def test_help_waits_for_neither_numpy_nor_textual(self, words):
        script = (
            "import sys\nfrom bptui.tui.cli import main\n"
            f"main({words!r})\n"
            "print([name for name in ('numpy', 'textual', 'plotext', 'shtab')"
            " if name in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8"
        )
        assert done.stdout.endswith("\n[]\n"), done.stdout[-80:] + done.stderr

    def test_training_without_a_screen_needs_no_textual(self):
        script = (
            "import os, sys\nfrom bptui.tui.cli import main\n"
            "main(['train', '--epochs', '1'])\n"
            "print([name for name in ('textual', 'rich', 'plotext') if name in sys.modules])\n"
            "print(os.environ['OPENBLAS_NUM_THREADS'])"
        )
        environment = {
            name: value for name, value in os.environ.items() if not name.endswith("_THREADS")
        }
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment,
        )
        assert done.stdout.endswith("\n[]\n1\n"), done.stderr


class TestOptions:
    def test_every_field_of_the_configuration_has_its_option(self):
        assert {field.name for field in dataclasses.fields(Configuration)} <= set(BY_KEY)

    def test_the_names_are_those_of_core(self):
        assert tuple(GENERATORS) == names.DATA
        assert names.HIDDEN_ACTIVATIONS == activations.HIDDEN_ACTIVATIONS
        assert names.OUTPUT_ACTIVATIONS == activations.OUTPUT_ACTIVATIONS
        assert tuple(costs.COSTS) == names.COSTS
        assert tuple(initializers.INITIALIZERS) == names.INITIALIZERS
        assert names.DTYPES == network.DTYPES
        assert names.METHODS == METHOD_NAMES
        assert tuple(optimizers.OPTIMIZERS) == names.OPTIMIZERS

    def test_no_option_is_called_twice(self):
        flags = [flag for option in OPTIONS for flag in option.flags]
        assert len(flags) == len(set(flags))

    def test_options_reach_the_configuration(self):
        words = """
            --data moons --samples 50 --noise 0.3 --validation .25 --standardize
            --hidden 8,4 --activation tanh --output linear --cost mse --l2 0.1
            --optimizer adam --eta 1e-3 --batch-size 5 --epochs 7 --until-cost 1e-4
            --init he --init-scale 2 --seed 3 --dtype float32 --method central --epsilon 1e-4
        """
        assert configured(*words.split()) == Configuration(
            data="moons",
            samples=50,
            noise=0.3,
            validation=0.25,
            standardize=True,
            hidden=(8, 4),
            activation="tanh",
            output="linear",
            cost="mse",
            l2=0.1,
            optimizer="adam",
            learning_rate=1e-3,
            batch_size=5,
            epochs=7,
            until_cost=1e-4,
            init="he",
            init_scale=2.0,
            seed=3,
            dtype="float32",
            method="central",
            epsilon=1e-4,
        )

    def test_nothing_given_is_the_default(self):
        assert configured() == configured("run") == Configuration()

    @pytest.mark.parametrize("written", ["2,3,1", "2-3-1", "2, 3, 1"])
    def test_layer_sizes_may_be_written_as_they_are_shown(self, written):
        assert configured("--layers", written).layers == (2, 3, 1)

    def test_a_network_may_have_no_hidden_layer(self):
        configuration = configured("--hidden", "none")
        assert build_trainer(configuration).network.layers == (2, 1)

    def test_targets_add_up_and_the_last_of_other_options_counts(self):
        configuration = configured(*["--target", "a", "--target=b", "--seed", "1", "--seed", "2"])
        assert configuration.target == ("a", "b")
        assert configuration.seed == 2

    def test_the_preset_is_the_article(self):
        configuration = configured("--preset", "article")
        trainer = build_trainer(configuration)
        assert trainer.network.layers == (2, 2, 2, 1)
        assert trainer.learning_rate == 0.2
        assert trainer.epoch_limit == 10_000
        assert (trainer.method, trainer.epsilon) == ("central", 0.01)

    def test_the_command_line_beats_the_preset(self):
        configuration = configured(*["--preset", "article", "--hidden", "2", "--method", "complex"])
        assert (configuration.layers, configuration.hidden) == (None, (2,))
        assert configuration.epsilon is None
        assert configuration.learning_rate == 0.2

    def test_choices_of_a_run(self):
        words = ["--speed", "50", "--no-check", "--run", "there", "--preset", "article"]
        values = invocation.gather(parse_arguments(words))
        choices = invocation.run_choices(values, words)
        assert (choices.speed, choices.speed_given, choices.check) == (50.0, True, False)
        assert (choices.run_folder, choices.resume) == (Path("there"), None)
        assert choices.preset == "article"
        assert choices.command_line == ("bptui", *words)

    def test_a_speed_of_max_is_not_the_same_as_none_given(self):
        given = invocation.run_choices(invocation.gather(parse_arguments(["--speed=max"])), [])
        left_out = invocation.run_choices(invocation.gather(parse_arguments([])), [])
        assert given.speed is left_out.speed is None
        assert (given.speed_given, left_out.speed_given) == (True, False)

    @pytest.mark.parametrize(
        ("words", "resume", "folder"),
        [
            ("--resume a", "a", "a"),
            ("--resume", str(DEFAULT_RUN_FOLDER), str(DEFAULT_RUN_FOLDER)),
            ("--run b --resume", "b", "b"),
            ("--run b --resume a", "a", "b"),
        ],
    )
    def test_which_folder_is_resumed(self, words, resume, folder):
        values = invocation.gather(parse_arguments(words.split()))
        choices = invocation.train_choices(values, [])
        assert (choices.resume, choices.run_folder) == (Path(resume), Path(folder))


class TestTrain:
    def test_the_summary(self, capsys):
        assert main(["train", "--seed", "1", "--epochs", "300"]) == 0
        out, err = capsys.readouterr()
        assert not err
        assert "xor, 4 samples" in out and "2-2-2-1, 15 parameters" in out
        assert "seed 1" in out and "300 in" in out and "PASS" in out
        assert "x1  x2  y" in out
        assert out.endswith("again       bptui train --seed 1 --epochs 300\n")

    def test_the_same_seed_is_the_same_summary(self, capsys):
        texts = []
        for _ in range(2):
            main(["train", "--epochs", "50", "--data", "moons", "--validation", ".2"])
            texts.append(without_time(capsys.readouterr().out))
        assert texts[0] == texts[1]
        assert any(line.startswith("validation  J") for line in texts[0])

    def test_regression_is_scored_by_r_squared(self, capsys):
        main(["train", "--data", "sine", "--epochs", "5"])
        assert "\nR²  " in capsys.readouterr().out

    def test_json(self, capsys):
        assert main(["train", "--json", "--epochs", "40"]) == 0
        out, err = capsys.readouterr()
        assert not err
        events = [json.loads(line) for line in out.splitlines()]
        assert [event["event"] for event in events] == ["start", "progress", "finished"]
        assert all(set(event) == {"event", "epoch", "cost"} for event in events[:-1])
        assert set(events[-1]) == {
            *("event", "epoch", "cost", "seconds", "epochs_per_second", "seed", "verdict")
        }
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
        assert "epochs      200 in" in capsys.readouterr().out

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

    def test_json_is_what_the_design_says(self, capsys):
        assert main(["check", "--json"]) == 0
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        report = json.loads(out)
        assert list(report) == [
            *("verdict", "method", "epsilon", "cost", "parameters", "worst", "arrays"),
            "diagnosis",
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
        from bptui.tui.json_lines import to_json

        text = to_json({"cost": float("nan"), "rows": [(float("inf"), 1.0)]})
        assert json.loads(text) == {"cost": None, "rows": [[None, 1.0]]}


class TestOutput:
    def test_a_reader_that_leaves_early_causes_no_traceback(self):
        process = subprocess.Popen(
            [*BPTUI, "check", "--values", "--data", "moons", "--hidden", "200,200"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(timeout=30) == 141

    @pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
    @pytest.mark.parametrize("words", ["train --epochs 9", "check --values", "train --help"])
    def test_an_output_without_utf8_gets_ascii(self, encoding, words, monkeypatch):
        import io

        buffer = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding=encoding))
        assert main(words.split()) == 0
        sys.stdout.flush()
        text = buffer.getvalue().decode("ascii")
        assert "\\u" not in text
        if "check" in words:
            assert "Theta1[0,0]" in text
            header, row = text.splitlines()[4:6]
            assert len(header) == len(row)

    def test_json_is_ascii_where_it_must_be(self):
        done = run("check", "--json", env=os.environ | {"PYTHONIOENCODING": "ascii"})
        assert json.loads(done.stdout)["arrays"][0]["name"] == "Θ¹"
        assert done.stdout.isascii()

    def test_the_end_of_a_closed_output(self):
        done = run("check", preexec_fn=lambda: os.close(1))
        assert done.returncode == 0 and "Traceback" not in done.stderr


class TestCompletion:
    @pytest.mark.parametrize("shell", SHELLS)
    def test_a_script_for_every_shell(self, shell, capsys):
        assert main(["--print-completion", shell]) == 0
        out = capsys.readouterr().out
        assert "learning-rate" in out and "train" in out and "softplus" in out

    @pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
    def test_bash_takes_it_and_completes(self, capsys):
        main(["--print-completion", "bash"])
        script = capsys.readouterr().out
        probe = (
            f"{script}\nCOMP_WORDS=(bptui train --optimizer ad); COMP_CWORD=3\n"
            '_shtab_bptui 2>/dev/null; echo "found ${COMPREPLY[*]}"'
        )
        assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
        done = subprocess.run(["bash", "-c", probe], capture_output=True, text=True)
        assert done.stdout == "found adam\n", done.stderr
