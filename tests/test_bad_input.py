"""Whatever is wrong with what the user gives: one sentence, status 2, nothing else."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest

from bptui.tui.cli import main


def text(name, content):
    return lambda folder: (folder / name).write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )


def arrays(name, **values):
    def write(folder):
        buffer = io.BytesIO()
        np.savez(buffer, **values)
        (folder / name).write_bytes(buffer.getvalue())

    return write


def folder(name):
    return lambda folder: (folder / name).mkdir()


def sealed(name):
    def write(folder):
        (folder / name).mkdir()
        (folder / name).chmod(0o500)

    return write


GOOD = "a,b,y\n1,2,0\n3,4,1\n5,6,0\n7,9,1\n"

FILES = [
    # name, what to write, options, words that the sentence must hold
    ("missing", None, "--data missing.csv", ["missing.csv", "no such file"]),
    ("directory", folder("d.csv"), "--data d.csv", ["d.csv", "directory"]),
    ("empty", text("e.csv", ""), "--data e.csv", ["e.csv", "empty"]),
    ("only a header", text("h.csv", "a,b,y\n"), "--data h.csv", ["h.csv"]),
    ("garbage", text("g.csv", bytes(range(256)) * 8), "--data g.csv", ["g.csv", "line 1"]),
    ("latin-1", text("l.csv", b"a,b\n1,2\n\xe9,3\n"), "--data l.csv", ["line 3", "UTF-8"]),
    ("utf-16", text("u.csv", "a,b\n1,2\n".encode("utf-16")), "--data u.csv", ["UTF-16"]),
    ("one column", text("o.csv", "a\n1\n2\n"), "--data o.csv", ["o.csv", "only one column"]),
    ("ragged", text("r.csv", "a,b,y\n1,2,0\n3,4\n"), "--data r.csv", ["line 3", "2 cells"]),
    ("NaN", text("n.csv", "a,y\n1,0\nnan,1\n"), "--data n.csv", ["line 3"]),
    ("infinity", text("i.csv", "a,y\n1,0\n1e999,1\n"), "--data i.csv", ["line 3"]),
    ("no value", text("v.csv", "a,y\n1,0\n,1\n"), "--data v.csv", ["line 3"]),
    ("text in numbers", text("t.csv", "a,y\n1,0\n2,1\nx,1\n"), "--data t.csv", ["line 4"]),
    ("open quote", text("q.csv", 'a,y\n1,0\n"2,1\n'), "--data q.csv", ["q.csv", "quot"]),
    ("one class", text("c.csv", "a,y\n1,0\n2,0\n"), "--data c.csv", ["c.csv", "at least two"]),
    ("escape", text("x.csv", "\x1b[2Ja,y\n1,2\n"), "--data x.csv --target b", ["\\x1b[2Ja"]),
    ("other kind", text("k.xlsx", "PK"), "--data k.xlsx", ["k.xlsx", ".csv"]),
    ("target", text("a.csv", GOOD), "--data a.csv --target bb", ["'bb'", "'b'"]),
    ("number", text("a.csv", "1,0\n2,1\n"), "--data a.csv --target 9", ["'9'", "from 1 to 2"]),
    ("all targets", text("a.csv", "a,y\n1,2\n"), "--data a.csv --target a --target y", ["a.csv"]),
    ("layers", text("a.csv", GOOD), "--data a.csv --layers 3,2,1", ["3,2,1", "2 features"]),
    ("npz text", text("a.npz", "PK\x03\x04nonsense"), "--data a.npz", ["a.npz"]),
    ("npz lacks y", arrays("a.npz", X=np.eye(3)), "--data a.npz", ["a.npz", "y"]),
    ("npz pickle", arrays("a.npz", X=np.array([{}]), y=np.eye(1)), "--data a.npz", ["a.npz"]),
    ("npz NaN", arrays("a.npz", X=np.full((3, 2), np.nan), y=np.eye(3)), "--data a.npz", ["a.npz"]),
    ("npz target", arrays("a.npz", X=np.eye(3), y=np.eye(3)), "--data a.npz --target y", ["NPZ"]),
    ("samples", text("a.csv", GOOD), "--data a.csv --samples 5", ["samples", "a.csv"]),
    ("bad TOML", text("a.toml", "seed = 3\nnoise =\n"), "--config a.toml", ["a.toml, line 2"]),
    ("unknown key", text("a.toml", "\nsede = 3\n"), "--config a.toml", ["line 2", "'seed'"]),
    ("wrong type", text("a.toml", "seed = 'x'\n"), "--config a.toml", ["line 1, seed: 'x'"]),
    ("no config", None, "--config a.toml", ["a.toml", "no such file"]),
    ("config folder", folder("a.toml"), "--config a.toml", ["a.toml", "directory"]),
    ("binary config", text("a.toml", b"\xff\x00"), "--config a.toml", ["a.toml, line 1"]),
    ("run is a file", text("out", ""), "--run out", ["out", "cannot save"]),
    ("run below a file", text("out", ""), "--run out/in", ["out/in", "cannot save"]),
    ("nothing to resume", None, "--resume out", ["out", "resumed"]),
    ("nothing named", None, "--resume", ["no run can be resumed", "--resume FOLDER"]),
    ("no run there", folder("out"), "--resume out", ["out", "resumed"]),
]  # fmt: skip

VALUES = [
    ("--learning-rate -1", ["--learning-rate: -1 is not a number above 0"]),
    ("--eta -1e-3", ["--learning-rate: -1e-3"]),
    ("--eta 0", ["above 0"]),
    ("--eta nan", ["nan is not"]),
    ("--eta inf", ["inf is not"]),
    ("--eta 1e999", ["1e999 is not"]),
    ("--eta fast", ["'fast' is not a number"]),
    ("--eta=", ["'' is not"]),
    ("--epochs 0", ["from 1"]),
    ("--epochs -5", ["-5 is not a whole number"]),
    ("--epochs 1.5", ["1.5 is not a whole number"]),
    ("--epochs " + "9" * 5000, ["is not a whole number"]),
    ("--epochs 1000000000001", ["1,000,000,000,000"]),
    ("--batch-size 0", ["from 1"]),
    ("--samples 10000000000", ["1,000,000"]),
    ("--noise -0.1", ["0 or more"]),
    ("--validation 1", ["below 1"]),
    ("--validation -0.5", ["from 0"]),
    ("--l2 -1", ["0 or more"]),
    ("--until-cost 0", ["above 0"]),
    ("--init-scale -1", ["from 0"]),
    ("--seed -1", ["4,294,967,295"]),
    ("--seed 4294967296", ["4,294,967,295"]),
    ("--seed x", ["'x' is not a whole number"]),
    ("--epsilon 1", ["between 0 and 1"]),
    ("--epsilon 0", ["between 0 and 1"]),
    ("--layers 2", ["--layers: 2 is not a list of 2 or more layer sizes"]),
    ("--epochs 1e13", ["1e13 is not a whole number"]),
    ("--epochs 1e-3", ["1e-3 is not a whole number"]),
    ("--seed 1e10", ["4,294,967,295"]),
    ("--layers 2,0,1", ["from 1"]),
    ("--layers 2,,1", ["'2,,1'"]),
    ("--layers 2,x,1", ["'2,x,1'"]),
    ("--layers -2,1", ["'-2,1'"]),
    ("--layers 2,1e3,1", ["'2,1e3,1'"]),
    ("--layers 2,99999999,1", ["1,000,000"]),
    ("--layers 2,100000,100000,1", ["parameters"]),
    ("--layers " + "2," * 2000 + "1", ["layer sizes"]),
    ("--hidden 0", ["layer sizes"]),
    ("--layers 3,1", ["3,1", "2 features"]),
    ("--layers 2,2", ["1 target"]),
    ("--layers 2,1 --hidden 2", ["--layers", "--hidden"]),
    ("--data xro", ["'xro'", "xor"]),
    ("--data=", ["--data"]),
    ("--data xor --target y", ["target"]),
    ("--target=", ["''", "column"]),
    ("--activation sigmod", ["'sigmod'", "'sigmoid'"]),
    ("--activation softmax", ["'softmax'"]),
    ("--activation " + "x" * 5000, ["unknown name 'xxx"]),
    ("--output relu", ["'relu'"]),
    ("--output softmax", ["softmax", "sigmoid"]),
    ("--cost cross-entropy --output linear", ["linear", "sigmoid"]),
    ("--cost cross-entropy --output tanh", ["tanh"]),
    ("--cost cross-entropy --data sine --samples 20", ["cross-entropy"]),
    ("--cost crossentropy", ["'cross-entropy'"]),
    ("--optimizer adm", ["'adam'"]),
    ("--init xaver", ["'xavier'"]),
    ("--dtype float16", ["float32"]),
    ("--method complx", ["'complex'"]),
    ("--method complex --epsilon 0.1", ["epsilon"]),
    ("--preset artcle", ["'article'"]),
    ("--sed 3", ["'--sed'", "'--seed'"]),
    ("--learning 3", ["'--learning'"]),
    ("-hidden 3", ["'--hidden'"]),
    ("-x", ["'-x'"]),
    ("--seed", ["--seed", "missing", "whole number"]),
    ("--seed --json", ["missing"]),
    ("--json=yes", ["--json", "no value"]),
    ("--no-standardize=1", ["no value"]),
    ("--speed 3", ["--speed", "bptui run"]),
    ("--after 3", ["--after", "bptui check"]),
    ("more", ["'more'"]),
    ("-- more", ["unexpected"]),
    ("--resume out --seed 3", ["--seed", "resumed"]),
    ("--resume out --preset article", ["--preset", "resumed"]),
    ("--print-completion bash", ["--print-completion"]),
    ("--run=", ["--run"]),
    ("--data \x1b[31mred", ["\\x1b"]),
    ("--data \udcff", ["\\udcff"]),
    ("--se\x1b[2Jed", ["\\x1b"]),
]

COMMANDS = [
    ("trian", ["'trian'", "'train'"]),
    ("frobnicate", ["'frobnicate'", "run, train, check"]),
    ("TRAIN", ["'train'"]),
    ("\x1b]0;title\x07", ["\\x1b"]),
    ("", ["''"]),
    ("--seed 3 train", ["command comes first", "bptui train"]),
    ("--speed 0", ["above 0, or max"]),
    ("--speed fast", ["above 0, or max"]),
    ("--print-completion bsh", ["'bash'"]),
    ("--lr 1", ["did you mean '--learning-rate'"]),
    ("text.csv", ["unknown command", "did you mean --data text.csv?"]),
    ("moons", ["did you mean --data moons?"]),
    ("train moons", ["did you mean --data moons?"]),
    ("train --seed 1 Iris.CSV", ["did you mean --data Iris.CSV?"]),
    ("--print-completion", ["bash"]),
    ("check --after -1", ["from 0"]),
    ("check --epochs 3", ["--epochs", "run, train, sweep and serve"]),
    ("check --after 99 --output linear --eta 1e10", ["--after", "diverged"]),
    ("check --run out", ["--run"]),
]


def assert_one_sentence(status, out, err, words):
    assert status == 2
    assert out == ""
    assert err.startswith("bptui: ") and err.endswith("\n") and err.count("\n") == 1
    sentence = err[:-1]
    assert sentence.isprintable()
    assert "Traceback" not in sentence and "usage:" not in sentence
    assert sentence[-1].isalnum() or sentence[-1] in "')]…?"
    assert 15 < len(sentence) < 400
    for word in words:
        assert word in sentence


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("make", "words", "telling"), [case[1:] for case in FILES], ids=[case[0] for case in FILES]
)
def test_files(make, words, telling, tmp_path, capsys):
    if make is not None:
        make(tmp_path)
    status = main(["train", "--json", *words.split()])
    assert_one_sentence(status, *capsys.readouterr(), telling)


@pytest.mark.parametrize(("words", "telling"), VALUES, ids=[repr(case[0][:40]) for case in VALUES])
def test_values(words, telling, capsys):
    status = main(["train", *words.split(" ")])
    assert_one_sentence(status, *capsys.readouterr(), telling)


@pytest.mark.parametrize(("words", "telling"), COMMANDS, ids=[repr(case[0]) for case in COMMANDS])
def test_commands(words, telling, capsys):
    assert_one_sentence(main(words.split(" ")), *capsys.readouterr(), telling)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(tmp_path, capsys):
    sealed("out")(tmp_path)
    status = main(["train", "--run", "out"])
    assert_one_sentence(status, *capsys.readouterr(), ["out", "ermission"])


def test_nothing_is_trained_or_written_before_the_folder_is_found_bad(tmp_path, capsys):
    text("out", "mine")(tmp_path)
    main(["train", "--json", "--run", "out"])
    assert capsys.readouterr().out == ""
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "telling"),
    [
        (["train", "--data", "r.csv"], ["r.csv, line 3"]),
        (["--config", "a.toml"], ["a.toml, line 1", "'seed'"]),
        (["check", "--output", "softmax"], ["softmax"]),
        ([b"train", b"--data", b"caf\xe9.csv"], ["caf\\udce9.csv"]),
        (["--eta", "-1"], ["-1 is not a number above 0"]),
    ],
)
@pytest.mark.parametrize("locale", ["C.UTF-8", "C"])
def test_the_real_command(words, telling, locale, tmp_path):
    text("r.csv", "a,b,y\n1,2,0\n3,4\n")(tmp_path)
    text("a.toml", "sed = 1")(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "bptui.tui", *words],
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        check=False,
        timeout=60,
    )
    err = done.stderr.decode("ascii" if locale == "C" else "utf-8")
    assert_one_sentence(done.returncode, done.stdout.decode(), err, telling)
