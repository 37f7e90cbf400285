"""`bptui check --sweep-epsilon`: truncation on one side, rounding on the other."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from bptui.core.check import METHODS, epsilon_sweep, sweep_epsilon
from bptui.core.configuration import Configuration
from bptui.core.errors import InputError
from bptui.core.training import build_trainer
from bptui.tui.cli import main

BPTUI = [sys.executable, "-m", "bptui.tui"]
SWEEP = ["check", "--sweep-epsilon"]


def work_of(**settings):
    return build_trainer(Configuration(**settings)).next_work()


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"seed": 3, "activation": "tanh"},
        {"data": "moons", "hidden": (5,), "cost": "cross-entropy", "l2": 0.1},
        {"data": "sine", "hidden": (6,), "activation": "softplus"},
    ],
)
class TestSweep:
    def test_each_method_has_the_slope_of_its_order(self, settings):
        for found in sweep_epsilon(work_of(**settings)).methods:
            assert found.slope is not None
            assert abs(found.slope - found.order) < 0.15 * found.order
            assert found.order == METHODS[found.method].order

    def test_the_default_steps_are_near_the_best(self, settings):
        for found in sweep_epsilon(work_of(**settings)).methods:
            assert found.best_error is not None
            assert found.default_error < 30.0 * found.best_error

    def test_rounding_rules_at_short_steps(self, settings):
        for found in sweep_epsilon(work_of(**settings)).methods:
            shortest = np.array(found.errors[-6:])
            assert found.best_error is not None
            assert (shortest > 100.0 * found.best_error).all()


def test_the_steps_are_half_decades():
    epsilons = np.array(sweep_epsilon(work_of()).epsilons)
    assert (epsilons[0], epsilons[-1], len(epsilons)) == (0.1, 1e-14, 27)
    assert np.allclose(np.diff(np.log10(epsilons)), -0.5, atol=1e-4)


def test_an_error_is_that_of_a_textbook_difference():
    work = work_of(seed=2)
    sweep = sweep_epsilon(work)
    work.evaluate()
    exact, slopes = work.gradient.copy(), []
    for entry in range(work.theta.size):
        costs = []
        for step in (1e-2, -1e-2):
            value = work.theta[entry]
            work.theta[entry] = value + step
            work.forward()
            costs.append(work.cost())
            work.theta[entry] = value
        slopes.append((costs[0] - costs[1]) / 2e-2)
    expected = np.linalg.norm(slopes - exact) / np.linalg.norm(exact)
    assert sweep.methods[1].errors[sweep.epsilons.index(1e-2)] == pytest.approx(expected, rel=1e-6)


def test_theta_is_left_as_it_was():
    work = work_of(seed=5)
    before = work.theta.tobytes()
    sweep_epsilon(work)
    assert work.theta.tobytes() == before


def test_large_networks_are_sampled_with_a_seed(monkeypatch):
    monkeypatch.setattr(epsilon_sweep, "MOST_SWEPT", 6)
    first, again = sweep_epsilon(work_of(), seed=4), sweep_epsilon(work_of(), seed=4)
    assert (first.parameters, first.entries, first.seed) == (15, 6, 4)
    assert first == again != sweep_epsilon(work_of(), seed=5)


def test_a_power_law_is_fitted_and_too_few_points_are_not():
    epsilons = 10.0 ** -np.arange(1.0, 8.0)
    errors = np.maximum(epsilons**2, 1e-9)
    assert epsilon_sweep.fitted_slope(epsilons, errors, 4) == pytest.approx(2.0)
    assert epsilon_sweep.fitted_slope(epsilons, errors, 1) is None
    assert epsilon_sweep.fitted_slope(epsilons, 0.0 * errors, 4) is None


def test_no_gradient_to_compare_with_is_bad_input():
    work = work_of()
    work.theta[:] = np.nan
    with pytest.raises(InputError, match="not finite"):
        sweep_epsilon(work)


class TestCommand:
    def test_the_plot_and_the_table(self, capsys):
        assert main(SWEEP) == 0
        out, err = capsys.readouterr()
        lines = out.splitlines()
        assert not err
        assert lines[0].startswith("xor · 2-2-2-1 · mse · seed 0")
        rows = [line.split() for line in lines[-3:]]
        assert [row[:3] for row in rows] == [
            ["1", "one-sided", "1"],
            ["2", "central", "2"],
            ["4", "Richardson", "4"],
        ]
        assert all(abs(float(row[3]) / float(row[2]) - 1.0) < 0.15 for row in rows)
        plot = [line.partition("│")[2] for line in lines if "│" in line or "┤" in line]
        assert {"1", "2", "4"} <= set("".join(plot)) <= set("124 ")

    def test_json_is_one_object_that_says_the_same(self, capsys):
        assert main([*SWEEP, "--json"]) == 0
        out = capsys.readouterr().out
        assert out.count("\n") == 1
        found = json.loads(out)
        assert list(found) == ["parameters", "entries", "seed", "kinks", "epsilons", "methods"]
        assert [each["method"] for each in found["methods"]] == ["forward", "central", "richardson"]
        for each in found["methods"]:
            assert len(each["errors"]) == len(found["epsilons"])
            assert each["best_error"] == min(each["errors"])
            assert each["default_epsilon"] == METHODS[each["method"]].epsilon

    def test_float32_has_steps_that_move_nothing(self, capsys):
        assert main([*SWEEP, "--dtype", "float32", "--json"]) == 0
        errors = json.loads(capsys.readouterr().out)["methods"][0]["errors"]
        assert errors[0] is not None and errors[-1] is None
        assert main([*SWEEP, "--dtype", "float32"]) == 0

    def test_kinks_and_draws_are_told(self, capsys, monkeypatch):
        monkeypatch.setattr(epsilon_sweep, "MOST_SWEPT", 6)
        assert main([*SWEEP, "--activation", "relu"]) == 0
        out = capsys.readouterr().out
        assert "has kinks" in out and "6 entries, drawn from 15 with seed 0" in out

    @pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
    def test_a_pipe_gets_72_columns_of_plain_text(self, encoding):
        done = subprocess.run(
            [*BPTUI, *SWEEP],
            capture_output=True,
            timeout=60,
            env=os.environ | {"PYTHONIOENCODING": encoding, "COLUMNS": "200"},
        )
        assert done.returncode == 0 and not done.stderr
        text = done.stdout.decode(encoding)
        assert all(letter.isprintable() or letter == "\n" for letter in text)
        lines = text.splitlines()[2:]
        assert max(map(len, lines)) <= 72 + 6 * (encoding == "ascii")
        assert len(lines[-4]) == len(lines[-1]) == 72

    @pytest.mark.parametrize(
        ("words", "about"),
        [
            (["--values"], "--values: "),
            (["--method", "central"], "--method: "),
            (["--epsilon", "0.1"], "--epsilon: "),
            (["mine.py"], "--sweep-epsilon: "),
        ],
    )
    def test_what_it_does_not_go_with(self, words, about, capsys):
        assert main([*SWEEP, *words]) == 2
        err = capsys.readouterr().err
        assert err.startswith(f"bptui: {about}") and err.count("\n") == 1

    def test_a_preset_with_a_method_is_no_contradiction(self, capsys):
        assert main([*SWEEP, "--preset", "article", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["parameters"] == 15
