"""The command line as its users meet it."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command import BPTUI, run
from textual.theme import BUILTIN_THEMES

from bptui.core import activations, costs, initializers, network, optimizers
from bptui.core.check import METHOD_NAMES
from bptui.core.configuration import Configuration
from bptui.core.data import datasets
from bptui.core.data.datasets import GENERATORS
from bptui.core.errors import InputError
from bptui.core.sweeping import plan, runner
from bptui.core.training import build_trainer, keeper, schedules, session
from bptui.tui.cli import main
from bptui.tui.command_line import invocation, names
from bptui.tui.command_line.option import COMMANDS
from bptui.tui.command_line.options import BY_KEY, OPTIONS
from bptui.tui.command_line.parser import SHELLS, parse_arguments


def configured(*words):
    return invocation.configuration_of(invocation.gather(parse_arguments(words)))


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

    @pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["sweep", "--help"]])
    @pytest.mark.parametrize("columns", ["40", "80", "200"])
    def test_no_line_is_wider_than_the_terminal(self, words, columns, monkeypatch, capsys):
        monkeypatch.setenv("COLUMNS", columns)
        main(words)
        longest = max(map(len, capsys.readouterr().out.splitlines()))
        assert longest <= max(80, int(columns))

    @pytest.mark.parametrize("command", COMMANDS)
    def test_a_model_file_is_shown_where_it_is_taken(self, command, capsys):
        main([command, "--help"])
        shown = "MODEL.py" in capsys.readouterr().out.splitlines()[0]
        assert shown == (command in ("run", "train", "check", "serve"))

    def test_commas_between_layers_make_no_settings(self, capsys):
        main(["sweep", "--help"])
        out = " ".join(capsys.readouterr().out.split())
        assert "--layers and --hidden only given again, for their commas separate layers" in out

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
            "import sys\nfrom bptui.tui.cli import main\n"
            "main(['train', '--epochs', '1'])\n"
            "print([name for name in ('textual', 'rich', 'plotext') if name in sys.modules])"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8"
        )
        assert done.stdout.endswith("\n[]\n"), done.stderr

    @pytest.mark.parametrize(
        ("given", "options", "expected"),
        [
            ({}, [], "1 1"),
            ({"OMP_NUM_THREADS": "3"}, [], "None 3"),
            ({}, ["--blas-threads", "2"], "2 2"),
            ({"OPENBLAS_NUM_THREADS": "3"}, ["--blas-threads", "2"], "2 2"),
        ],
    )
    def test_threads_are_set_before_numpy_is_imported(self, given, options, expected):
        script = (
            "import os, sys\n"
            "class Watch:\n"
            "    def find_spec(self, name, *rest):\n"
            "        if name == 'numpy':\n"
            "            print(os.environ.get('OPENBLAS_NUM_THREADS'),"
            " os.environ.get('OMP_NUM_THREADS'))\n"
            "sys.meta_path.insert(0, Watch())\n"
            "from bptui.tui.cli import main\n"
            f"main(['train', '--epochs', '1', *{options!r}])\n"
        )
        environment = {
            name: value for name, value in os.environ.items() if not name.endswith("_THREADS")
        }
        done = subprocess.run(
            [sys.executable, "-c", script],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=environment | given,
        )
        assert done.stdout.splitlines()[0] == expected, done.stderr


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
        assert tuple(schedules.SCHEDULES) == names.SCHEDULES
        assert session.CHECK_SHARE == names.CHECK_SHARE

    def test_the_themes_are_those_of_textual(self):
        assert tuple(BUILTIN_THEMES) == names.THEMES

    def test_a_theme_is_for_a_screen(self):
        assert "give --screen too" in run("sweep", "--theme", "nord").stderr
        assert "did you mean 'nord'?" in run("watch", "x.csv", "--theme", "norde").stderr

    def test_the_bounds_and_defaults_are_those_of_core(self):
        assert datasets.MOST_SAMPLES == names.MOST_SAMPLES
        assert initializers.LARGEST_SEED == names.LARGEST_SEED
        assert plan.MOST_SEEDS == names.MOST_SEEDS
        assert runner.MOST_WORKERS == names.MOST_WORKERS
        assert keeper.CHECKPOINT_SECONDS == names.CHECKPOINT_SECONDS

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

    def test_a_whole_number_may_have_an_exponent(self):
        assert configured("--epochs", "2e4", "--seed", "1E3") == dataclasses.replace(
            configured(), epochs=20_000, seed=1000
        )

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
            ("--run b --resume", "b", "b"),
            ("--run b --resume a", "a", "b"),
        ],
    )
    def test_which_folder_is_resumed(self, words, resume, folder):
        values = invocation.gather(parse_arguments(words.split()))
        choices = invocation.train_choices(values, [])
        assert (choices.resume, choices.run_folder) == (Path(resume), Path(folder))


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


class TestSpelling:
    def test_underscores_are_dashes(self):
        assert configured("--learning_rate", "0.5").learning_rate == 0.5
        assert configured("--learning_rate=0.5", "--data=a_b.csv").data == "a_b.csv"
        assert configured("--data_seed", "3").data_seed == 3

    @pytest.mark.parametrize("words", [["help"], ["help", "train"]])
    def test_help_without_dashes(self, words, capsys):
        assert main(words) == 0
        asked = capsys.readouterr().out
        assert main([*words[1:], "--help"]) == 0
        assert asked == capsys.readouterr().out

    def test_help_for_no_command(self, capsys):
        assert main(["help", "trian"]) == 2
        assert "'train'" in capsys.readouterr().err

    def test_no_flag_is_given_to_argparse_in_its_negated_form(self):
        negatable = [option for option in OPTIONS if option.negatable]
        assert negatable
        for option in negatable:
            assert option.spelled == (f"--{option.name}",)
            assert option.flags[-1] == f"--no-{option.name}"
            command = option.commands[0]
            parsed = parse_arguments([command, option.flags[-1]])
            assert parsed.values[option.key] is False
            with pytest.raises(InputError, match="unknown option"):
                parse_arguments([command, f"--no-no-{option.name}"])


class TestCompletion:
    @pytest.mark.parametrize("shell", SHELLS)
    def test_a_script_for_every_shell(self, shell, capsys):
        assert main(["--print-completion", shell]) == 0
        out = capsys.readouterr().out
        assert "learning-rate" in out and "train" in out and "softplus" in out

    @pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
    def test_bash_offers_data_sets_and_files(self, capsys, tmp_path):
        main(["--print-completion", "bash"])
        script = capsys.readouterr().out
        (tmp_path / "moonlight.csv").touch()
        probe = (
            f"{script}\nCOMP_WORDS=(bptui train --data moo); COMP_CWORD=3\n"
            '_shtab_bptui 2>/dev/null; echo "found ${COMPREPLY[*]}"'
        )
        done = subprocess.run(["bash", "-c", probe], capture_output=True, text=True, cwd=tmp_path)
        assert done.stdout == "found moons moonlight.csv\n", done.stderr

    def test_no_option_is_negated_twice(self, capsys):
        for shell in SHELLS:
            main(["--print-completion", shell])
            out = capsys.readouterr().out
            assert "no-standardize" in out and "no-no-" not in out

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
