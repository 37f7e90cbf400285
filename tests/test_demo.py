"""Scripted sessions: what a script may say, and what is recorded of it."""

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import sleep
from xml.etree import ElementTree

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terminal import COMMAND, Terminal, environment

from bptui.core.errors import InputError
from bptui.tui.cli import main
from bptui.tui.commands.interruption import Interruption
from bptui.tui.demo.caption import LINES
from bptui.tui.demo.cast import Cast
from bptui.tui.demo.play import Recording, record
from bptui.tui.demo.script import Script, read_script, shipped_scripts
from bptui.tui.drawing.lines import wrapped
from bptui.tui.picture.frame import PLAIN, Frame, Look
from bptui.tui.picture.svg import svg

SHORT = """
title = "Short"
size = "80x24"
paused = true

[settings]
seed = 4
speed = 300

[[step]]
caption = "Before."
wait_seconds = 1

[[step]]
caption = "Trained."
keys = "space"
wait_epochs = 200

[[step]]
caption = "Wrong."
keys = "f"
type = "not-z"

[[step]]
keys = "enter space"
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "script.toml"
        path.write_text(text, "utf-8")
        return path

    return written


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> tuple[Script, Recording]:
    path = tmp_path_factory.mktemp("short") / "short.toml"
    path.write_text(SHORT, "utf-8")
    script = read_script(path)
    return script, record(script)


def cast_of(script: Script, recording: Recording) -> bytes:
    cast = Cast(script.size, script.title)
    for at, frame in recording.frames:
        cast.add(at, frame)
    return cast.end(recording.seconds)


def replayed(cast: bytes, until: float = float("inf")) -> pyte.Screen:
    """Return the terminal on which a recording was played."""
    header, *events = map(json.loads, cast.decode().splitlines())
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    for at, kind, output in events:
        assert kind == "o"
        if at <= until:
            stream.feed(output)
    return screen


def text_of(frame: Frame) -> str:
    return "\n".join("".join(text for text, _ in row) for row in frame)


def text_on(screen: pyte.Screen) -> str:
    # pyte puts nothing into the second cell of a wide character, and its `display` trips on that.
    return "\n".join(
        "".join(screen.buffer[y][x].data for x in range(screen.columns))
        for y in range(screen.lines)
    )


@pytest.mark.parametrize(
    ("name", "ends_with"),
    [
        ("story", ("seed 14", "running", "4/4 right", "PASS  15 of 15", "bptui --preset article")),
        ("fault", ("seed 4", "running", "4/4 right", "PASS  15 of 15", "bptui check mine.py")),
        ("stuck", ("seed 41", "paused", "4/4 right", "PASS  15 of 15", "then at the start.")),
    ],
)
def test_a_shipped_script_is_played_through_a_terminal(
    name: str, ends_with: tuple[str, ...]
) -> None:
    script = read_script(shipped_scripts()[name])
    recording = record(script)
    shown = text_on(replayed(cast_of(script, recording)))
    assert shown == text_of(recording.frames[-1][1])
    assert all(part in shown for part in ends_with), shown
    assert 40 < recording.seconds < 65
    assert len(svg(recording.every(3.0), recording.seconds, script.title)) < 300_000


def test_all_shipped_scripts_are_tested_and_the_article_comes_first() -> None:
    assert list(shipped_scripts()) == ["story", "fault", "stuck"]


@pytest.mark.parametrize("name", shipped_scripts())
def test_captions_are_whole_on_80_columns(name: str) -> None:
    for step in read_script(shipped_scripts()[name]).steps:
        assert len(wrapped(step.caption or "", 80 - len("  space  "))) <= LINES, step.caption


def test_a_recording_is_the_same_every_time(
    short: tuple[Script, Recording], monkeypatch: pytest.MonkeyPatch
) -> None:
    script, recording = short
    first = cast_of(script, recording)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "61")
    assert cast_of(script, record(script)) == first
    assert os.environ["NO_COLOR"] == "1"
    assert json.loads(first.splitlines()[0]) == {
        "version": 2,
        "width": 80,
        "height": 24,
        "title": "Short",
    }


def test_steps_say_press_type_and_wait(short: tuple[Script, Recording]) -> None:
    script, recording = short
    cast = cast_of(script, recording)
    before = text_on(replayed(cast, until=0.9))
    assert "paused" in before
    assert "epoch 0" in before
    assert "Before." in before
    pressed = text_on(replayed(cast, until=1.3))
    assert pressed.endswith(" space  \n" + 80 * " ")
    typed = text_on(replayed(cast, until=recording.seconds - 1.15))
    assert "not-z" in typed
    assert "Wrong." in typed
    end = text_on(replayed(cast))
    assert "fault: not-zeroed" in end
    assert "FAIL" in end
    # A key is shown for half a second, a typed letter for a fifth; an epoch is 1/300 s.
    assert recording.seconds == pytest.approx(
        1 + 0.5 + 0.7 + 0.5 + 5 * 0.2 + 2 * 0.5 + 0.1, abs=0.11
    )


def test_the_pace_and_its_measure_are_those_of_the_fixed_clock(write: Write) -> None:
    path = write("[settings]\nspeed = 100\n[[step]]\nwait_seconds = 1")
    shown = text_of(record(read_script(path)).frames[-1][1])
    assert "epoch 100 " in shown
    assert " 100/s " in shown


LOOKS = st.builds(
    Look,
    st.sampled_from([None, "#ff0000", "#0a0b0c"]),
    st.sampled_from([None, "#00ff00"]),
    st.booleans(),
)
WORDS = st.text("ab ⠋Θ漢é", min_size=0, max_size=12)


def a_row(stretches: list[tuple[str, Look]]) -> tuple[tuple[str, Look], ...]:
    """Return a row of 20 cells; characters of two cells have to fit."""
    left, row = 20, []
    for text, look in stretches:
        kept = ""
        for character in text:
            width = 2 if character == "漢" else 1
            if width <= left:
                kept += character
                left -= width
        row.append((kept, look))
    return (*row, (" " * left, PLAIN))


FRAMES = st.lists(
    st.lists(st.lists(st.tuples(WORDS, LOOKS), max_size=4).map(a_row), min_size=3, max_size=3).map(
        tuple
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60)
@given(FRAMES)
def test_what_is_sent_of_a_frame_makes_that_frame(frames: list[Frame]) -> None:
    cast = Cast((20, 3), "any")
    for number, frame in enumerate(frames):
        cast.add(float(number), frame)
    recorded = cast.end(len(frames))
    for number, frame in enumerate(frames):
        screen = replayed(recorded, until=float(number))
        assert text_on(screen) == text_of(frame)
        for y, row in enumerate(frame):
            x = 0
            for text, look in row:
                for character in text:
                    cell = screen.buffer[y][x]
                    assert cell.fg == (look.foreground or "#default")[1:]
                    assert cell.bg == (look.background or "#default")[1:]
                    assert cell.bold == look.bold
                    x += 2 if character == "漢" else 1


def test_a_still_and_a_moving_picture_are_svg(short: tuple[Script, Recording]) -> None:
    _, recording = short
    still = svg(recording.frames[-1:], recording.seconds, "<Short & sweet>")
    moving = svg(recording.every(1.0), recording.seconds, "Short")
    for picture in (still, moving):
        tree = ElementTree.fromstring(picture)
        assert "not-zeroed" in "".join(tree.itertext())
        assert b"http" not in picture.replace(b"http://www.w3.org/2000/svg", b"")
    assert b"@keyframes" not in still
    assert b"@keyframes" in moving
    assert "Before." in "".join(ElementTree.fromstring(moving).itertext())
    assert len(recording.every(1.0)) == 5


STEP = '[[step]]\ncaption = "x"\n'


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("", "there are no steps; begin each with [[step]]"),
        ("step = 3", "step is no list of tables"),
        ("step = []", "there are no steps"),
        ("[step]\nkeys = 'q'", "step is no list of tables"),
        ("[[step]]", "step 1: it is empty"),
        ("sise = '80x24'\n" + STEP, "unknown key 'sise' (did you mean 'size'?)"),
        ("seed = 3\n" + STEP, "seed is an option of the run; put it under [settings]"),
        ("size = '80'\n" + STEP, "size: 80 is not columns and rows such as 100x30"),
        ("size = '80x1000'\n" + STEP, "from 60x16 to 400x120"),
        ("size = 80\n" + STEP, "size: 80 is not columns and rows"),
        ("paused = 1\n" + STEP, "paused: 1 is not true or false"),
        ("settings = 1\n" + STEP, "settings is not a table"),
        ("[settings]\nsed = 1\n" + STEP, "settings: unknown option 'sed' (did you mean 'seed'?)"),
        ("[settings]\nseed = -1\n" + STEP, "settings, seed: -1 is not a whole number"),
        ("[settings]\nrun = 'x'\n" + STEP, "settings: unknown option 'run'"),
        ("[settings]\nblas-threads = 2\n" + STEP, "settings: unknown option 'blas-threads'"),
        ("[settings]\nkeep-training = true\n" + STEP, "unknown option 'keep-training'"),
        ("[settings]\ncheckpoint-every = 9\n" + STEP, "unknown option 'checkpoint-every'"),
        ("[settings]\nspeed = 'max'\n" + STEP, "settings, speed: a demo goes at a pace"),
        ("[settings]\nhidden=[2]\nlayers=[2,1]\n" + STEP, "settings: --layers and --hidden"),
        (STEP + "[[step]]\nwait = 3", "step 2: unknown key 'wait'"),
        (STEP + "[[step]]\nwait_epoch = 3", "(did you mean 'wait_epochs'?)"),
        (STEP + "[[step]]\nwait_epochs = 0", "step 2, wait_epochs: 0 is not a whole number"),
        (STEP + "[[step]]\nwait_seconds = -1", "step 2, wait_seconds: -1 is not a number of"),
        (STEP + "[[step]]\nwait_seconds = 1\nwait_epochs = 1", "step 2: wait_seconds and wait_"),
        (STEP + "[[step]]\nkeys = 'spce'", "step 2, keys: unknown key 'spce' (did you mean 'space"),
        (STEP + "[[step]]\nkeys = ''", "step 2, keys: '' is not a text"),
        (STEP + "[[step]]\ntype = 'Θ'", "step 2, type: 'Θ' cannot be typed"),
        ("[[step]]\ncaption = 3", "step 1, caption: not a text of at most 200 characters"),
        (
            "size = '60x16'\n[[step]]\ncaption = '" + "words " * 20 + "'",
            "step 1, caption: longer than the 2 lines of 51 cells that a screen 60 columns wide",
        ),
        ("[[step]\n", "line 1, column"),
    ],
)
def test_errors_in_a_script_are_one_sentence(
    write: Write, text: str, telling: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = write(text)
    assert main(["demo", str(path), "--svg", str(tmp_path / "x.svg")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"bptui: {path}")
    assert telling in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "x.svg").exists()


@pytest.mark.parametrize(
    ("step", "telling"),
    [
        ("keys = 'q'", "step 1: the key q leaves"),
        ("keys = 'c'", "step 1: the key c saves"),
        ("keys = 'e'", "step 1: the key e writes files"),
        ("keys = 'f'\ntype = 'zzz'\n[[step]]\nkeys = 'enter'", "step 2: no fault is found"),
        ("wait_epochs = 10", "step 1: training is finished at epoch 5, so epoch 11 never comes"),
        ("keys = 's'\nwait_epochs = 2", "step 1: training is paused at epoch 2, so epoch 4"),
    ],
)
def test_a_step_that_cannot_be_done_leaves_nothing_behind(
    write: Write, step: str, telling: str, tmp_path: Path
) -> None:
    script = read_script(write(f"[settings]\nepochs = 5\n[[step]]\n{step}"))
    with pytest.raises(InputError, match=telling):
        record(script)
    assert [file.name for file in tmp_path.iterdir()] == ["script.toml"]


def test_the_shortest_script_shows_its_caption(write: Write) -> None:
    recording = record(read_script(write(STEP.replace('"x"', '"All."'))))
    assert "All." in text_of(recording.frames[-1][1])


def test_text_in_a_script_is_data(write: Write) -> None:
    script = read_script(
        write('title = "a\\u001b[31m"\n[[step]]\ncaption = "[b]x[/b] \\u001b[2J"\nwait_seconds = 1')
    )
    recording = record(script)
    assert r"[b]x[/b] \x1b[2J" in text_of(recording.frames[-1][1])
    assert r"a\\x1b[31m" in cast_of(script, recording).decode().splitlines()[0]


def test_files_are_written_whole_or_not_at_all(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write('size = "60x16"\n[[step]]\ncaption = "x"\nwait_seconds = 0.2')
    cast, picture = tmp_path / "a.cast", tmp_path / "a.svg"
    assert main(["demo", str(path), "--record", str(cast), "--svg", str(picture)]) == 0
    assert capsys.readouterr().out == f"script: 0 s at 60x16 in {cast} and {picture}\n"
    assert main(["demo", str(path), "--record", str(cast), "--size", "99x20", "--seed", "5"]) == 0
    assert json.loads(cast.read_bytes().splitlines()[0])["width"] == 99
    assert "seed 5" in text_on(replayed(cast.read_bytes()))
    before = cast.read_bytes()
    write('[[step]]\nkeys = "q"')
    assert main(["demo", str(path), "--record", str(cast)]) == 2
    assert cast.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.cast", "a.svg", "script.toml"]


def test_a_recording_on_standard_output_is_all_there_is(
    write: Write,
    tmp_path: Path,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = write('size = "60x16"\n[[step]]\ncaption = "x"\nwait_seconds = 0.2')
    monkeypatch.chdir(tmp_path)
    assert main(["demo", str(path), "--record", "a.cast", "--svg", "a.svg"]) == 0
    capfdbinary.readouterr()
    for option, file, other in (("--record", "a.cast", "--svg"), ("--svg", "a.svg", "--record")):
        assert main(["demo", str(path), option, "-", other, "b"]) == 0
        assert capfdbinary.readouterr() == (Path(file).read_bytes(), b"")
    assert not Path("-").exists()
    monkeypatch.setattr("sys.stdout", None)
    assert main(["demo", str(path), "--record", "-"]) == 2
    assert b"--record: there is no standard output" in capfdbinary.readouterr().err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_leaves_no_half_recording(tmp_path: Path, number: int, status: int) -> None:
    with subprocess.Popen(
        [*COMMAND, "demo", "--record", str(tmp_path / "x.cast")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as process:
        while not any(tmp_path.iterdir()):
            assert process.poll() is None
            sleep(0.01)
        process.send_signal(number)
        printed = process.communicate(timeout=15.0)
    assert process.returncode == status
    assert not any(printed)
    assert not any(tmp_path.iterdir())


def test_a_signal_that_came_before_it_began_is_heard(write: Write) -> None:
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(SystemExit) as ending:
            record(read_script(write(SHORT)), interruption)
    assert ending.value.code == 143


@pytest.mark.parametrize(
    ("words", "telling"),
    [
        (["stroy"], "demo: unknown script 'stroy' (did you mean 'story'?); give one of story, f"),
        (["gone.toml"], "gone.toml: no such file"),
        (["--record", "{}/no/x"], "/no/x: there is no folder"),
        (["--record", "{}"], "this is a directory"),
        (["--record", os.devnull], "this is not a regular file"),
        (["--record", "{}/x", "--svg", "{}/x"], "is the file of --record already"),
        (["--record", "-", "--svg", "-"], "--svg: - is the file of --record already"),
        (["{}/script.toml", "--svg", "{}/script.toml"], "is the script already"),
        (["--animate"], "--animate: it makes the picture of --svg move"),
        (["--size", "9x9", "--svg", "x"], "--size: '9x9' is not columns and rows"),
        (["--data", "xor"], "--data: an option of bptui"),
        ([], "demo needs a terminal; --record FILE.cast"),
    ],
)
def test_bad_input_is_told_before_anything_is_played(
    write: Write,
    words: list[str],
    telling: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(STEP)
    monkeypatch.setattr("bptui.tui.demo.play.record", pytest.fail)
    assert main(["demo", *(word.format(tmp_path) for word in words)]) == 2
    assert telling in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["script.toml"]


def test_a_demo_on_a_terminal_keeps_other_keys_away_until_it_is_over(write: Write) -> None:
    path = write(
        'paused = true\n[[step]]\ncaption = "Look."\nwait_seconds = 1\n'
        '[[step]]\ncaption = "Soon over."\n'
    )
    with Terminal("demo", str(path)) as terminal:
        terminal.wait_for("Look.")
        assert "paused at epoch 0; the demo" in terminal.text()
        assert "goes on by itself" in terminal.text()
        terminal.send("f ")
        terminal.wait_for("the dashboard is yours")
        assert "paused at epoch 0; space goes" in terminal.text()
        assert "Plant a fault" not in terminal.text()
        terminal.send(" ")
        terminal.wait_for("running")
        terminal.send("q")
        assert terminal.wait() == 0
        assert terminal.scrollback()[-1] == f"again: bptui demo {path}"


def test_q_leaves_a_demo_while_it_is_played(write: Write) -> None:
    with Terminal("demo") as terminal:
        terminal.wait_for("Nothing is trained yet")
        terminal.send("q")
        assert terminal.wait() == 0
