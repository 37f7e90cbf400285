"""The dashboard in a real pseudo-terminal, as its users meet it."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest
from terminal import COMMAND, ENTER_ALTERNATE, LEAVE_ALTERNATE, Terminal, environment

from bptui.core.configuration import Configuration
from bptui.core.runs.state_directory import latest_run
from bptui.core.snapshot import Snapshot
from bptui.core.training import Session, build_trainer, resume_trainer
from bptui.core.training import commands as ask
from bptui.tui.actions import ACTIONS
from bptui.tui.cli import main
from bptui.tui.commands.run import closing_lines
from bptui.tui.key_bar import fitting

PANES = ("Cost", "Θ", "Gradient check")
WIDE_PANES = (*PANES, "Predictions", "Gradient norms")


def epoch(terminal: Terminal) -> int:
    found = re.search(r"epoch ([\d,]+)", terminal.row(0))
    return int(found[1].replace(",", "")) if found else -1


def seed(terminal: Terminal) -> int:
    found = re.search(r"seed (\d+)", terminal.row(0))
    return int(found[1]) if found else -1


def status_cost(terminal: Terminal) -> str:
    found = re.search(r"J (\S+)", terminal.row(0))
    return found[1] if found else ""


def theta(terminal: Terminal) -> list[str]:
    """Return the numbers in the Θ pane."""
    return re.findall(r"[+-]\d+\.\d{3}(?!\d)", terminal.text())


def eta(terminal: Terminal) -> str:
    found = re.search(r"η (\S+)", terminal.text())
    return found[1] if found else ""


def verdict(terminal: Terminal) -> str:
    found = re.search(r"Gradient check  (\S+)", terminal.text())
    return found[1] if found else ""


def trained(epochs: int) -> Callable[[Terminal], bool]:
    return lambda terminal: epoch(terminal) >= epochs


def in_status(word: str) -> Callable[[Terminal], bool]:
    return lambda terminal: word in terminal.row(0)


def pause(terminal: Terminal) -> None:
    terminal.send(" ")
    terminal.wait_for(in_status("paused"))
    terminal.settle()


def press(terminal: Terminal, keys: str) -> None:
    """Press keys, and wait until the paused dashboard has drawn all that comes of them."""
    terminal.send(keys)
    terminal.settle()


def key_bar_is_whole(terminal: Terminal) -> bool:
    words = [f"{action.shown} {action.title}" for action in fitting(ACTIONS, terminal.columns)]
    return words[-2:] == ["? help", "q quit"] and terminal.row(-1).strip() == "  ".join(words)


def frames_are_whole(terminal: Terminal) -> bool:
    """Return whether every frame has four corners and nothing is left beside the panes."""
    corners = [terminal.text().count(corner) for corner in "╭╮╰╯"]
    bodies = [terminal.row(number) for number in range(1, terminal.rows - 1)]
    edges = all(line[0] in "╭│╰" and line[-1] in "╮│╯" for line in bodies)
    return edges and len(set(corners)) == 1


def is_whole(terminal: Terminal) -> bool:
    panes = WIDE_PANES if terminal.columns >= 120 and terminal.rows >= 36 else PANES
    text = terminal.text()
    return (
        key_bar_is_whole(terminal)
        and frames_are_whole(terminal)
        and all(f"╭─ {pane}" in text for pane in panes)
    )


def test_alone_it_trains_xor_and_proves_the_gradient(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        for columns, rows in ((80, 24), (120, 40)):
            terminal.resize(columns, rows)
            terminal.wait_for(lambda here: verdict(here) == "PASS" and epoch(here) > 20)
            terminal.wait_for(is_whole)
            assert terminal.row(0).startswith(" xor · 2-2-2-1")
            assert len(theta(terminal)) == 15


def test_keys_typed_while_it_starts_are_obeyed_and_not_echoed(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        while terminal.attributes[3] & termios.ECHO:
            assert terminal.process.poll() is None
            sleep(0.001)
        assert ENTER_ALTERNATE not in terminal.raw
        terminal.send("Z")
        terminal.wait_for(trained(20))
        assert b"Z" not in terminal.raw.split(ENTER_ALTERNATE)[0]
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.attributes == terminal.attributes_before


def test_space_pauses_and_s_trains_exactly_one_epoch(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        pause(terminal)
        before = epoch(terminal)
        numbers = theta(terminal)
        sleep(0.5)
        assert epoch(terminal) == before
        assert theta(terminal) == numbers
        terminal.send("s")
        terminal.wait_for(trained(before + 1))
        terminal.settle()
        assert epoch(terminal) == before + 1
        terminal.send(" ")
        terminal.wait_for(in_status("running"))
        terminal.wait_for(trained(before + 20))


def test_the_same_seed_again_is_the_same_training(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(1))
        press(terminal, " R")
        assert (epoch(terminal), seed(terminal)) == (0, 0)
        start = theta(terminal), status_cost(terminal)
        press(terminal, "s" * 12)
        assert epoch(terminal) == 12
        after = theta(terminal), status_cost(terminal)
        assert after != start

        press(terminal, "R")
        assert epoch(terminal) == 0
        assert (theta(terminal), status_cost(terminal)) == start
        press(terminal, "s" * 12)
        assert (theta(terminal), status_cost(terminal)) == after

        press(terminal, "r")
        assert (epoch(terminal), seed(terminal)) == (0, 1)
        assert theta(terminal) != start[0]


def test_keys_steer_the_check_the_curve_and_the_learning_rate(tmp_path):
    with Terminal("--speed", "500", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(50))
        pause(terminal)
        press(terminal, "g")
        assert verdict(terminal) == "off"
        press(terminal, "g")
        assert verdict(terminal) == "PASS"
        assert "complex step" in terminal.text()
        press(terminal, "m")
        assert "complex step" not in terminal.text()
        press(terminal, "l")
        assert "log axis" in terminal.text()

        assert eta(terminal) == "2"
        press(terminal, "-")
        assert eta(terminal) == "1"
        terminal.send(" ")
        terminal.wait_for(trained(300))
        pause(terminal)
        marks = [line[: line.index("│", 1)] for line in curve_rows(terminal)]
        assert any("η 1" in line for line in marks), terminal.text()
        press(terminal, "+")
        assert eta(terminal) == "2"


def curve_rows(terminal: Terminal) -> list[str]:
    return [line for line in terminal.text().split("\n") if re.match(r"│.*[│└┤]", line)][:12]


def test_help_and_palette_open_over_the_dashboard(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(1))
        terminal.send("?")
        terminal.wait_for("Esc closes")
        terminal.wait_for("Pause training, or go on")
        terminal.send("\x1b")
        terminal.wait_for(lambda here: "Esc closes" not in here.text() and frames_are_whole(here))
        terminal.send("\x10")
        terminal.wait_for("Search for commands")
        terminal.send("pause")
        terminal.wait_for("Pause (space)")
        sleep(0.5)
        terminal.send("\r")
        terminal.wait_for(in_status("paused"))


def test_a_light_theme_is_in_the_palette(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(1))
        pause(terminal)
        dark = terminal.backgrounds()
        terminal.send("\x10")
        terminal.wait_for("Search for commands")
        terminal.send("theme")
        terminal.wait_for(lambda here: "Change the current theme" in here.text())
        terminal.settle()
        terminal.send("\r")
        terminal.wait_for("Search for themes")
        terminal.send("textual-light")
        terminal.settle()
        terminal.send("\r")
        terminal.wait_for(lambda here: frames_are_whole(here) and here.backgrounds() != dark)
        terminal.settle()
        assert not terminal.backgrounds() & dark


def test_a_new_size_leaves_nothing_of_the_old_screen(tmp_path):
    with Terminal(columns=120, rows=40, cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        for columns, rows in ((80, 24), (100, 30), (60, 15), (160, 45)):
            terminal.resize(columns, rows)
            terminal.wait_for(is_whole)
        terminal.resize(59, 20)
        terminal.wait_for("bptui needs 60x15; this terminal is 59x20")
        terminal.settle()
        assert len([line for line in terminal.text().split("\n") if line.strip()]) == 1
        terminal.resize(80, 14)
        terminal.wait_for("this terminal is 80x14")
        terminal.resize(80, 24)
        terminal.wait_for(is_whole)
        before = epoch(terminal)
        terminal.wait_for(trained(before + 20))


def check_terminal_is_restored(terminal: Terminal) -> None:
    raw = bytes(terminal.raw)
    assert raw.rfind(LEAVE_ALTERNATE) > raw.rfind(ENTER_ALTERNATE) >= 0
    assert not terminal.cursor_hidden
    assert terminal.modes_left_on() == {}
    assert raw.rfind(b"\x1b[<u") > raw.rfind(b"\x1b[>")
    assert terminal.attributes == terminal.attributes_before
    # The emulator has no alternate screen, so this is what that was left with.
    assert not {"╭", "╰", "│"} & set(terminal.text())


def test_q_restores_the_terminal_and_says_how_to_repeat_it(tmp_path):
    with Terminal("--hidden", "3", "--seed", "5", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        pause(terminal)
        press(terminal, "rs")
        number, cost = epoch(terminal), status_cost(terminal)
        terminal.send("q")
        assert terminal.wait() == 0
        check_terminal_is_restored(terminal)
        what, how = terminal.scrollback()[-2:]
        for word in ("xor", "2-3-1", f"epoch {number:,}", f"J {cost}", "check pass", "seed 6"):
            assert word in what
        assert how == "repeat: bptui --hidden 3 --seed 6"
        words = shlex.split(how.removeprefix("repeat: "))
        assert words[0] == "bptui"
        assert main(["train", *words[1:], "--epochs", "1"]) == 0


def test_a_signal_saves_the_run_and_restores_the_terminal(tmp_path):
    with Terminal("--run", "saved", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        terminal.signal(signal.SIGHUP)
        assert terminal.wait() == 128 + signal.SIGHUP
        check_terminal_is_restored(terminal)
        assert terminal.scrollback()[-1] == "resume: bptui --resume saved"
        assert (tmp_path / "saved" / "checkpoint.npz").is_file()


def test_a_signal_saves_the_run_in_the_state_directory_without_being_told(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        terminal.signal(signal.SIGTERM)
        assert terminal.wait() == 128 + signal.SIGTERM
        check_terminal_is_restored(terminal)
        run = latest_run()
        assert terminal.scrollback()[-1] == f"resume: bptui --resume {run}"
    assert run is not None
    assert resume_trainer(run).epoch >= 20
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_a_run_is_refused(tmp_path):
    assert main(["train", "--epochs", "9", "--run", str(tmp_path / "saved")]) == 0
    with Terminal("--run", "saved", cwd=tmp_path) as terminal:
        assert terminal.wait() == 2
        assert " ".join(bytes(terminal.raw).decode().split()) == (
            "bptui: saved: holds a run at epoch 9 of xor; --resume saved continues it, "
            "or name another folder"
        )
    assert resume_trainer(tmp_path / "saved").epoch == 9


def test_a_resumed_run_that_starts_again_keeps_the_older_checkpoint(tmp_path):
    assert main(["train", "--epochs", "900", "--run", str(tmp_path / "saved")]) == 0
    with Terminal("--resume", "saved", "--epochs", "9000", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(900))
        pause(terminal)
        press(terminal, "rs")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.scrollback()[-1] == "resume: bptui --resume saved-2"
    assert resume_trainer(tmp_path / "saved").epoch == 900
    started = resume_trainer(tmp_path / "saved-2")
    assert (started.epoch, started.seed) == (1, 1)


def test_the_last_line_names_the_epoch_that_was_saved(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        pause(terminal)
        press(terminal, "c")
        saved = epoch(terminal)
        press(terminal, "s")
        terminal.send("q")
        assert terminal.wait() == 0
        how = terminal.scrollback()[-1]
        run = latest_run()
        assert how == f"resume from epoch {saved}, seed 0: bptui --resume {run}"
    assert run is not None
    assert resume_trainer(run).epoch == saved


def test_starting_again_does_not_hide_that_the_learning_rate_changed(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        pause(terminal)
        press(terminal, "-rs")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.scrollback()[-1] == "start again: bptui --eta 1 --seed 1"


@pytest.mark.parametrize("again", [(), (ask.Reinitialize(new_seed=False), ask.Step())])
def test_after_a_change_of_the_learning_rate_the_last_line_has_it(again):
    session = Session(build_trainer(Configuration()))
    seen: list[Snapshot] = []
    for command in (ask.Step(20), ask.ChangeLearningRate(-1), ask.Step(), *again):
        session.send(command)
        session.turn(lambda snapshot, _: seen.append(snapshot))
    assert seen[-1].epoch == (1 if again else 21)
    lines = closing_lines(seen[-1], ("bptui",), None, first_learning_rate=2.0)
    assert lines[-1] == "start again: bptui --eta 1 --seed 0"


def test_what_is_said_is_broken_between_words_and_the_command_not_at_all(tmp_path):
    name = "measurements_of_the_greenhouse_in_the_summer_of_2026.csv"
    (tmp_path / name).write_text("a,y\n0,0\n1,1\n")
    with Terminal("--data", name, "--fault", "sum-not-mean", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        terminal.send("q")
        assert terminal.wait() == 0
        *what, how = terminal.scrollback()
    assert len(what) == 2 and max(map(len, what)) <= 80
    assert re.fullmatch(
        rf"{name} · 1-8-1: epoch \d+, J \S+, gradient check fail, seed 0, fault sum-not-mean",
        " ".join(what),
    )
    assert how == f"repeat: bptui --data {name} --fault sum-not-mean --seed 0"


def test_a_checkpoint_that_fails_at_the_end_is_told(tmp_path):
    with Terminal("--run", "saved", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        pause(terminal)
        shutil.rmtree(tmp_path / "saved")
        (tmp_path / "saved").write_text("in the way")
        terminal.send("q")
        assert terminal.wait() == 2
        assert "bptui: saved: cannot save the run there" in terminal.scrollback()[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of files are text")
def test_a_folder_whose_name_is_no_text_is_written_out(tmp_path):
    with Terminal("--run", os.fsdecode(b"caf\xe9"), cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.scrollback()[-1] == r"resume: bptui --resume 'caf\udce9'"


def test_ctrl_c_leaves_and_keeps_the_run(tmp_path):
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(1))
        terminal.send("f")
        terminal.wait_for(lambda _: "Plant a fault" in terminal.text())
        terminal.send("\x03")
        terminal.wait_for(lambda _: "Plant a fault" not in terminal.text())
        terminal.send("\x03")
        assert terminal.wait() == 0
        check_terminal_is_restored(terminal)
        folder = latest_run()
        assert folder is not None
        assert terminal.scrollback()[-1] == f"resume: bptui --resume {folder}"


def test_a_checkpoint_is_resumed_where_it_was_saved(tmp_path):
    with Terminal("--run", "saved", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        pause(terminal)
        press(terminal, "c")
        assert "saved" in terminal.row(0)
        saved, numbers, cost = epoch(terminal), theta(terminal), status_cost(terminal)
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.scrollback()[-1] == "resume: bptui --resume saved"
    with Terminal("--resume", "saved", "--speed", "0.1", cwd=tmp_path) as terminal:
        terminal.wait_for(trained(saved))
        pause(terminal)
        assert saved <= epoch(terminal) <= saved + 1
        if epoch(terminal) == saved:
            assert (theta(terminal), status_cost(terminal)) == (numbers, cost)
        press(terminal, "s")
        assert saved < epoch(terminal) <= saved + 2


def test_a_run_that_is_resumed_at_its_end_says_what_goes_on(tmp_path):
    assert main(["train", "--epochs", "20", "--run", str(tmp_path / "saved")]) == 0
    with Terminal("--resume", "saved", cwd=tmp_path) as terminal:
        terminal.wait_for("resumed with more --epochs, such as 40, it goes on")
        terminal.wait_for("reached 20 epochs")
        terminal.send("q")
        assert terminal.wait() == 0


def test_without_colours_and_unicode_the_screen_is_ascii(tmp_path):
    plain = environment(
        NO_COLOR="1", LC_ALL="C", LANG=None, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0"
    )
    with Terminal(columns=120, rows=40, env=plain, cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        terminal.wait_for(trained(50))
        press(terminal, "l m-")
        assert "+- Theta  eta 1 -" in terminal.text()
        terminal.send("q")
        assert terminal.wait() == 0
        raw = bytes(terminal.raw)
        assert raw.isascii()
        assert rb"\u" not in raw and rb"\x" not in raw
        assert colours(raw) <= {16, *range(231, 256)}


def colours(raw: bytes) -> set[int]:
    return {int(number) for number in re.findall(rb"[34]8;5;(\d+)", raw)}


@pytest.mark.parametrize("output", ["stdin", "stdout"])
def test_without_a_terminal_it_trains_as_train_does(output, tmp_path):
    with Terminal(command=["sleep", "60"]) as terminal:
        other = {"stdin": subprocess.DEVNULL} if output == "stdin" else {}
        with open_slave(terminal) as slave:
            streams = {"stdin": slave, "stdout": slave} | other
            if output == "stdout":
                streams["stdout"] = subprocess.PIPE
            ended = subprocess.run(
                [*COMMAND, "run", "--epochs", "50", "--speed", "5"],
                **streams,
                stderr=subprocess.PIPE,
                cwd=tmp_path,
                env=environment(),
                timeout=30,
            )
            if output == "stdin":
                terminal.wait_for("reached 50 epochs")
    sentence_naming_train(ended.stderr.decode())
    assert ended.returncode == 0
    assert ended.stdout is None or "reached 50 epochs" in ended.stdout.decode()


def open_slave(terminal: Terminal):
    return Path(terminal.device).open("r+b", buffering=0)


def test_a_dumb_terminal_trains_as_train_does(tmp_path):
    words = ("run", "--epochs", "50", "--fps", "5")
    with Terminal(*words, env=environment(TERM="dumb"), cwd=tmp_path) as terminal:
        assert terminal.wait() == 0
        raw = bytes(terminal.raw)
        sentence_naming_train(raw.decode().partition("\n")[0] + "\n")
        assert b"\x1b" not in raw
        assert "reached 50 epochs" in terminal.text()


def sentence_naming_train(text: str) -> None:
    assert text.startswith("bptui: ") and text.count("\n") == 1
    assert "bptui train" in text


def test_a_larger_window_fills_new_panes_while_paused(tmp_path: Path) -> None:
    with Terminal(cwd=tmp_path) as terminal:
        terminal.wait_for(trained(20))
        pause(terminal)
        terminal.resize(120, 40)
        terminal.wait_for(is_whole)
        terminal.wait_for("x₁ across, x₂ up")


def test_lc_all_c_is_ascii_in_help_and_palette_too(tmp_path: Path) -> None:
    plain = environment(LC_ALL="C", LANG=None, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    with Terminal(columns=120, rows=40, env=plain, cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        terminal.send("?")
        terminal.wait_for("Esc closes")
        terminal.send("\x1b")
        terminal.wait_for(lambda screen: "Esc closes" not in screen.text())
        terminal.send("\x10")
        terminal.wait_for("Start again from the same weights")
        assert bytes(terminal.raw).isascii()
        assert rb"\u" not in bytes(terminal.raw)


def test_no_screen_is_drawn_that_nobody_would_see(tmp_path: Path) -> None:
    command = ["sh", "-c", f'exec {sys.executable} -m bptui.tui "$@" 2>/dev/null', "sh"]
    with Terminal("--epochs", "50", command=command, cwd=tmp_path) as terminal:
        assert terminal.wait() == 0
        assert ENTER_ALTERNATE not in terminal.raw


def test_without_colours_there_is_none(tmp_path: Path) -> None:
    with Terminal(env=environment(NO_COLOR="1"), cwd=tmp_path) as terminal:
        terminal.wait_for("PASS")
        terminal.send("?")
        terminal.wait_for("Esc closes")
        codes = re.findall(rb"\x1b\[([0-9;]*)m", bytes(terminal.raw))
        numbers = {int(number) for code in codes for number in code.split(b";") if number}
        colours = {*range(30, 39), *range(40, 49), *range(90, 108)}
        assert not numbers & colours
