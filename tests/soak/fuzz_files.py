"""Read many damaged files: each loads or gets one sentence, soon, and in little memory.

    python tests/soak/fuzz_files.py --files 10000

The files are some that are made to do harm (bombs, endless lines and rows, deep nesting), and then
CSV, NPZ, TOML, checkpoints of networks and of model files, and what is in the folder of a sweep,
all mutated at random from a fixed seed. It prints how many were read or refused, the longest time
and the most memory; the exit status is 1, and the file is left in place, where one does worse than
it may.
"""

import argparse
import io
import json
import os
import random
import resource
import shutil
import signal
import struct
import sys
import tempfile
import traceback
import warnings
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import process_time
from types import FrameType
from typing import Any

for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = "1"

import numpy as np

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.model_file import ModelFile, load_model_file
from bptui.core.runs.files import CHECKPOINT
from bptui.core.runs.kept import read_run
from bptui.core.sweeping import Sweep, SweepFolder, make_plan, open_sweep
from bptui.core.training import build_trainer, resume_trainer
from bptui.core.training.model_runs import model_trainer_of, resume_model_trainer
from bptui.tui.command_line import invocation
from bptui.tui.command_line.config_file import read_config_file
from bptui.tui.commands.json_lines import to_json
from bptui.tui.commands.sweep_csv import csv_text

MOST_SECONDS = 2.0
"""Of processor time, for a file."""
MOST_MEMORY = 500_000_000
LONGEST_SENTENCE = 1000
HANGS_AFTER = 30
MODEL = Path(__file__).parents[2] / "examples" / "circles_course.py"
OF_MODEL = f"model/{CHECKPOINT}"
STRANGE = [
    b"\x00", b"\xff", b"\x1b[2J", b"\r", b"\n", b'"', b",", b";", b"\t", b"nan", b"inf", b"-1",
    b"1e999", b"99999999999999999999", b"4294967295", b"\xef\xbb\xbf", b"PK\x03\x04", b"[", b"]",
    b"{", b"}", b"=", b".", b"'''", b"\xe2\x80\xae", b"[red]", b"(1000000000, 1000000000)", b"|O",
    b"<U9999999", b"null", b"true", b"0", b"#", b"\\u0000", b"__class__", b"1,2,3\n" * 300,
]  # fmt: skip
STRANGE_VALUES = [
    None, True, -1, 0, 1e300, 10**30, "", "\x1b[2J", "moons", [], [2, 2, 1], {"a": [1]},
    *({"sha256": "", "takes_seed": 1, "arrays": [["", [size]]]} for size in (0, 1, 10**12, -3)),
    [2, 40_000, 1_000], [10**6] * 1000, 900_000, float("nan"), "../" * 50, "x" * 99_999,
    0.5, 2, 3, "relu", "adam",
]  # fmt: skip


def csv_seeds() -> list[bytes]:
    """Return sound CSV files."""
    chance = random.Random(0)
    rows = "".join(
        f"{chance.random():.4f},{chance.random():.4f},{chance.choice('abc')}\n" for _ in range(40)
    )
    return [
        f"x,y,kind\n{rows}".encode(),
        rows.encode(),
        b'"a";"b";"y"\n1,5;2;0\n3;4,25;1\n5;6;0\n7;8;1\n',
        b'a\tb\tc\n1\t"two, or\nthree"\t0\n2\tfour\t1\n3\tfour\t1\n',
        "\ufeffhöhe,größe\r\n1,2\r\n2,4\r\n3,6\r\n".encode(),
    ]


def npz_seeds() -> list[bytes]:
    """Return sound NPZ files."""
    chance = np.random.default_rng(0)
    X, y = chance.normal(size=(30, 3)), chance.integers(0, 3, 30)
    found = []
    for save in (np.savez, np.savez_compressed):
        for targets in (y, y.astype(str), X[:, :2], y > 0):
            stream = io.BytesIO()
            save(stream, X=X.astype(np.float32), y=targets)
            found.append(stream.getvalue())
    return found


def toml_seeds() -> list[bytes]:
    """Return sound files of options."""
    return [
        b'data = "moons"\nhidden = [8, 8]\nlearning_rate = 1.0\nepochs = 5000\nseed = 7\n',
        b"# a comment\nstandardize = true\nlayers = '2,2,1'\nvalidation = 0.25\nl2 = 1e-3\n",
        b'target = ["a", "b"]\noptimizer = "adam"\nspeed = "max"\nfault = "l2-forgotten"\n',
    ]


def checkpoint_seeds(folder: Path) -> list[bytes]:
    """Return sound checkpoints."""
    found = []
    for configuration in (
        Configuration(hidden=(2,), optimizer="adam", batch_size=3),
        Configuration(data="moons", samples=40, hidden=(4,), validation=0.2, dtype="float32"),
        Configuration(data="sine", samples=20, optimizer="rmsprop", fault="not-zeroed"),
    ):
        trainer = build_trainer(configuration)
        trainer.advance(float("inf"), 7)
        trainer.advance(0.0)
        trainer.save(folder)
        found.append((folder / CHECKPOINT).read_bytes())
    return found


def model_seeds(folder: Path, model: ModelFile) -> list[bytes]:
    """Return sound checkpoints of a model file."""
    found = []
    for optimizer in ("sgd", "adam"):
        trainer = model_trainer_of(model, Configuration(optimizer=optimizer, learning_rate=0.01))
        trainer.advance(float("inf"), 7)
        trainer.save(folder)
        found.append((folder / CHECKPOINT).read_bytes())
    return found


def sweep_seeds(folder: Path) -> dict[str, bytes]:
    """Return the files of a sound sweep by name: a setting that has ended, and one under way."""
    plan = make_plan(
        Configuration(
            data="moons", samples=20, validation=0.3, batch_size=8, optimizer="adam", epochs=30
        ),
        {"learning_rate": (0.01, 0.1), "layers": ((2, 3, 1),)},
        6,
    )
    with closing(Sweep(plan, SweepFolder.create(folder, plan))) as work:
        work.run(lambda unfinished: work.networks + unfinished < 8.0)
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix}


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """Return a copy with something wrong in it, most often little."""
    content = bytearray(seed)
    for _ in range(chance.choice([1, 1, 1, 2, 3, 8, 30])):
        place = chance.randrange(len(content) + 1)
        length = chance.choice([1, 2, 4, 8, 60, 1000])
        match chance.randrange(7):
            case 0:
                content[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del content[place : place + length]
            case 2:
                content[place:place] = chance.choice(STRANGE)
            case 3:
                content[place : place + length] = chance.choice(STRANGE)
            case 4:
                content[place:place] = content[place : place + length] * chance.choice([1, 2, 200])
            case 5:
                number = chance.choice([0, 1, 2**31 - 1, 2**32 - 1, 2**63, 2**64 - 1])
                content[place : place + 4] = struct.pack("<Q", number)[: chance.choice([2, 4, 8])]
            case 6:
                if not chance.randrange(4):
                    del content[place:]
    return bytes(content)


def repacked(seed: bytes, chance: random.Random) -> bytes:
    """Return an archive whose sums are right and whose contents are not."""
    try:
        with zipfile.ZipFile(io.BytesIO(seed)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, ValueError):
        return seed
    name = chance.choice(sorted(members))
    match chance.randrange(6):
        case 0:
            del members[name]
        case 1:
            members[name] = members[chance.choice(sorted(members))]
        case 2:
            members[name] = _array(chance)
        case 3 if "facts.npy" in members:
            text = chance.choice(["facts.npy", "configuration.npy"])
            members[text] = _changed_json(members[text], chance)
        case _:
            members[name] = mutated(members[name], chance)
    stream = io.BytesIO()
    method = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    with zipfile.ZipFile(stream, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of two members of one name
        for each, content in members.items():
            archive.writestr(each, content)
    return stream.getvalue()


def _array(chance: random.Random) -> bytes:
    shape = chance.choice([(), (0,), (1,), (30,), (30, 3), (3, 30, 1), (10**9, 1), (2, 10**9)])
    kind = chance.choice(["<f8", "<f4", "|b1", "<i8", "<c16", "<U3", "|S0", "<M8[s]", "|O", "|V8"])
    start = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    values = chance.randbytes(chance.choice([0, 8, 240, 720]))
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(start)) + start.encode() + values


def _changed_json(member: bytes, chance: random.Random) -> bytes:
    values = _changed_values(json.loads(str(np.load(io.BytesIO(member))[()])), chance)
    stream = io.BytesIO()
    np.save(stream, np.array(json.dumps(values)))
    return stream.getvalue()


def _changed_values(values: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    for _ in range(chance.choice([1, 1, 2])):
        values[chance.choice([*values, "new"])] = chance.choice(STRANGE_VALUES)
    return values


def changed_plan(seed: bytes, chance: random.Random) -> bytes:
    """Return the description of a sweep with other values in it."""
    facts = json.loads(seed)
    match chance.randrange(3):
        case 0:
            _changed_values(facts, chance)
        case 1:
            _changed_values(facts["configuration"], chance)
        case 2:
            axes = dict(facts["axes"])
            name = chance.choice([*axes, *facts["configuration"]])
            axes[name] = [chance.choice(STRANGE_VALUES) for _ in range(chance.choice([1, 2]))]
            facts["axes"] = list(axes.items())
    return json.dumps(facts).encode()


HARMS = {".npz": repacked, ".json": changed_plan}


def write_hostile(folder: Path) -> list[Path]:
    """Write files that would take all memory, or for ever, and return them."""
    gigabyte = 10**9
    with (folder / "line.csv").open("wb") as file:
        file.write(b"1," * 2_000_000)
        file.truncate(gigabyte)
    with (folder / "row.csv").open("wb") as file:
        for _ in range(50):
            file.write(b'"x\n",' * 1_000_000)
    with (folder / "columns.csv").open("wb") as file:
        file.write(b"1," * 100_000 + b"1\n")
    start = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1000000000), }"
    header = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + start.ljust(117).encode() + b"\n"
    zeros = b"\0" * 10**6
    for name, count, method in (
        ("columns.npz", 1, zipfile.ZIP_STORED),
        ("bomb.npz", 1_000, zipfile.ZIP_DEFLATED),
    ):
        with zipfile.ZipFile(folder / name, "w", method) as archive:
            with archive.open("X.npy", "w", force_zip64=True) as member:
                shape = b"(2, 1000000000)" if count == 1 else b"(2, 62500000)  "
                member.write(header.replace(b"(2, 1000000000)", shape))
                for _ in range(count):
                    member.write(zeros)
            with archive.open("y.npy", "w") as member:
                np.save(member, [0, 1])
    (folder / "deep.toml").write_text("seed = " + "[" * 90_000)
    (folder / "tables.toml").write_text("seed = " + "{a=" * 30_000)
    (folder / "dotted.toml").write_text(".".join("a" * 45_000) + " = 1")
    return [path for path in folder.iterdir() if path.name != CHECKPOINT]


def read_data(path: Path) -> None:
    """Train on a data file."""
    build_trainer(Configuration(data=str(path), hidden=(4,))).advance(0.0)


def read_options(path: Path) -> None:
    """Take options from a file."""
    invocation.configuration_of(read_config_file(path))


def read_checkpoint(path: Path) -> None:
    """Go on from a checkpoint."""
    resume_trainer(path.parent).advance(0.0)


def model_reader(model: ModelFile) -> Callable[[Path], None]:
    """Return what goes on from a checkpoint of a model file, and looks at it without its code."""

    def read(path: Path) -> None:
        try:
            resume_model_trainer(path.parent, model).advance(0.0)
        finally:
            read_run(path.parent)

    return read


def sweep_reader(sound: dict[str, bytes]) -> Callable[[Path], None]:
    """Return what goes on with a sweep of which one file is another than the sound one."""

    def read(path: Path) -> None:
        for other in path.parent.iterdir():
            if other != path:
                other.unlink()
        for name, content in sound.items():
            if name != path.name:
                (path.parent / name).write_bytes(content)
        heard: list[float] = []
        with closing(Sweep(*open_sweep(path.parent))) as work:
            work.run(lambda unfinished: not heard and not heard.append(unfinished))
            found = work.summary()
        str(found)
        csv_text(found)
        to_json(found.to_dict())

    return read


class Hanging(BaseException):
    """It takes too long."""


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Hanging


def peak() -> int:
    """Return the most memory that this process has had, in bytes."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def complaint(read: Callable[[Path], None], path: Path) -> tuple[bool, str, float]:
    """Return whether a file is read, what is wrong with how, and the seconds it took."""
    signal.alarm(HANGS_AFTER)
    started = process_time()
    found, wrong = True, ""
    try:
        read(path)
    except InputError as error:
        found = False
        sentence = str(error)
        if not sentence.isprintable() or not 10 < len(sentence) < LONGEST_SENTENCE:
            wrong = f"no sentence: {sentence[:300]!r}"
    except Hanging:
        wrong = "it hangs"
    except BaseException:
        wrong = traceback.format_exc()
    finally:
        signal.alarm(0)
    seconds = process_time() - started
    if seconds > MOST_SECONDS:
        wrong = wrong or f"it takes {seconds:.1f} s"
    if peak() > MOST_MEMORY:
        wrong = wrong or f"it takes {peak():,} bytes of memory"
    return found, wrong, seconds


def main() -> int:
    """Return 0 if every file was read, or refused, as it should be."""
    parser = argparse.ArgumentParser(description="Read damaged files.")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", default="", help="only files whose names hold this")
    parser.add_argument("--mutated-only", action="store_true", help="leave out the large ones")
    asked = parser.parse_args()
    signal.signal(signal.SIGALRM, _interrupt)
    warnings.simplefilter("error")
    chance = random.Random(asked.seed)
    folder = Path(tempfile.mkdtemp(prefix="bptui-fuzz-"))
    model = load_model_file(MODEL)
    kinds: list[tuple[str, Callable[[Path], None], list[bytes]]] = [
        ("data.csv", read_data, csv_seeds()),
        ("data.npz", read_data, npz_seeds()),
        ("options.toml", read_options, toml_seeds()),
        (CHECKPOINT, read_checkpoint, checkpoint_seeds(folder)),
        (OF_MODEL, model_reader(model), model_seeds(folder / "model", model)),
    ]
    sound = sweep_seeds(folder / "sweep")
    kinds += [(f"sweep/{name}", sweep_reader(sound), [sound[name]]) for name in sorted(sound)]
    kinds = [kind for kind in kinds if asked.kind in kind[0]]
    hostile = folder / "hostile"
    hostile.mkdir()
    for path in [] if asked.mutated_only else write_hostile(hostile):
        found, wrong, _ = complaint(read_options if path.suffix == ".toml" else read_data, path)
        if found or wrong:
            print(f"{path}: {wrong or 'it is read'}")
            return 1
        path.unlink()
    hostile.rmdir()
    taken = {name: [0, 0] for name, _, _ in kinds}
    slowest = 0.0
    before = peak()
    for number in range(asked.files):
        name, read, seeds = kinds[number % len(kinds)]
        harm = mutated
        if chance.random() < 0.6:
            harm = HARMS.get(Path(name).suffix, mutated)
        path = folder / name
        path.write_bytes(harm(chance.choice(seeds), chance))
        found, wrong, seconds = complaint(read, path)
        taken[name][not found] += 1
        slowest = max(slowest, seconds)
        if wrong:
            print(f"file {number}, {path}: {wrong}")
            return 1
    for name, (read_well, refused) in taken.items():
        print(f"{name:<22}{read_well:>7,} read {refused:>7,} refused")
    print(
        f"the slowest {slowest:.2f} s, memory {peak() / 1e6:,.0f} MB at most "
        f"({before / 1e6:,.0f} MB before the first)"
    )
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
