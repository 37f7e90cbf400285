"""`bptui check --sweep-epsilon`: the error of every difference against its step."""

from bptui.core.check import EpsilonSweep, MethodSweep
from bptui.tui.drawing.epsilon_plot import epsilon_plot, kind_of_difference, slope_text
from bptui.tui.drawing.lettered_chart import chart_width
from bptui.tui.drawing.lines import plain
from bptui.tui.drawing.numbers import two_digits
from bptui.tui.drawing.symbols import Symbols, output_symbols
from bptui.tui.terminal import say

_HEIGHT = 20


def say_sweep(sweep: EpsilonSweep, about: str) -> None:
    """Print a sweep as a plot and a table, below a line `about` the network."""
    say(f"{about}\n")
    say("relative error of each difference, against the complex step")
    for line in plot(sweep, chart_width(), _HEIGHT, output_symbols()):
        say(line)
    say("")
    say(table(sweep))
    if sweep.kinks:
        say("\nThis network has kinks; steps that cross one follow no power of ε.")
    if sweep.entries < sweep.parameters:
        say(f"\n{sweep.entries:,} entries, drawn from {sweep.parameters:,} with seed {sweep.seed}")


def plot(sweep: EpsilonSweep, width: int, height: int, symbols: Symbols) -> list[str]:
    """Return the V of each method on logarithmic axes, with the name of the horizontal one."""
    lines = epsilon_plot(sweep, width, height, symbols)
    return [*(plain(line).rstrip() for line in lines), "ε".rjust(width)]


def table(sweep: EpsilonSweep) -> str:
    """Return what was measured of each method, a row each."""
    header = (
        f"  {'method':<11}{'order':>6}{'slope':>7}"
        f"{'best ε':>10}{'error':>12}{'default ε':>12}{'error':>12}"
    )
    return "\n".join([header, *map(_row, sweep.methods)])


def _row(found: MethodSweep) -> str:
    name = kind_of_difference(found)
    return (
        f"{found.order} {name:<11}{found.order:>6}{slope_text(found):>7}"
        f"{two_digits(found.best_epsilon):>10}{two_digits(found.best_error):>12}"
        f"{two_digits(found.default_epsilon):>12}{two_digits(found.default_error):>12}"
    )
