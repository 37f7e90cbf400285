"""The article's two columns, what makes them, and what is wrong with them now."""

from collections.abc import Sequence

import numpy as np

from bptui.core.article import LEARNING_RATE, STEPS, Columns, Procedure
from bptui.core.check import entry_name, theta_name
from bptui.tui.drawing.lines import Line, TextLines, wrapped
from bptui.tui.drawing.numbers import axis_number
from bptui.tui.drawing.symbols import Symbols
from bptui.tui.panes.line_pane import LinePane

_QUESTION = (
    "The article's gradient of its first matrix, from backpropagation and from differences of "
    "J. Backpropagation gives Σ δ a: why divide by 2?"
)
_TOO_SHORT = 1e-5
"""A shorter ε is worse here by rounding, a longer one by truncation."""
_MOST_ERRORS = 4
_WIDE = len("The article's question  step 1 of 5  its own XOR network; yours trains on")
"""Cells of a title for all of that."""


class ArticlePane(LinePane):
    """Draws columns that somebody else has computed."""

    def __init__(self, columns: Columns, errors: Sequence[float], *, training: bool) -> None:
        """Begin with these.

        Args:
            columns: to be shown.
            errors: the largest so far, the newest last.
            training: whether training goes on behind this.
        """
        super().__init__()
        self._training = training
        self.columns, self.errors = columns, errors

    def show(self, columns: Columns, errors: Sequence[float]) -> None:
        """Show other columns."""
        self.columns, self.errors = columns, errors
        self.redraw()

    def redraw(self) -> None:
        """Lay out for the present size."""
        symbols, step = self.symbols, self.columns.step
        self.set_title(
            ("The article's question  ", ""),
            (f"step {step} of {STEPS}", "accent"),
            (f"  {self._whose()}", "dim"),
        )
        lines = article_lines(self.columns, self.errors, self.room().width, symbols)
        if len(lines) > self.room().height:
            lines = article_lines(
                self.columns, self.errors, self.room(len(lines)).width, symbols, blanks=False
            )
        more = "Down: more" if self.goes_on_below(len(lines)) else "a starts over"
        keys = ("1 2 n [ ] change it", more, "Esc closes")
        self.set_subtitle((symbols.separator.join(keys), "dim"))
        self.show_lines(TextLines(tuple(lines)))

    def _whose(self) -> str:
        """Return whose network this is, for another one is trained on the dashboard."""
        wide = self.title_width >= _WIDE
        if self._training:
            return "its own XOR network; yours trains on" if wide else "yours trains on"
        return "its own XOR network, not yours" if wide else "not your network"

    def on_mount(self) -> None:
        """Say anew, whenever the pane is scrolled, whether there is more."""
        self.watch(self, "scroll_y", self.redraw, init=False)

    def on_resize(self) -> None:
        """Lay out anew."""
        self.redraw()


def article_lines(
    columns: Columns, errors: Sequence[float], width: int, symbols: Symbols, *, blanks: bool = True
) -> list[Line]:
    """Return the question, the switches, the columns, and what to make of them."""
    blank: list[Line] = [()] if blanks else []
    question = _paragraph(_QUESTION, "dim", width, symbols) if blanks else []
    happened, key = now(columns)
    return [
        *question,
        *blank,
        *_switches(columns, symbols),
        *blank,
        *_table(columns, width, symbols),
        *_paragraph(_trail(errors), "strong", width, symbols),
        *_paragraph(_ratio(columns), "", width, symbols),
        *blank,
        *_paragraph(happened, "good" if columns.step == STEPS else "warning", width, symbols),
        *_paragraph(key, "accent", width, symbols),
    ]


def _paragraph(text: str, style: str, width: int, symbols: Symbols) -> list[Line]:
    return [((line, style),) for line in wrapped(symbols.text(text), width)]


def _switches(columns: Columns, symbols: Symbols) -> list[Line]:
    procedure = columns.procedure
    rows = (
        ("1", "update before the check", "yes" if procedure.update_first else "no"),
        ("2", "divide Σ δ a by", "2" if procedure.halved else f"N·K/2 = {columns.factor:g}"),
        ("n", "samples and outputs", f"N = {columns.samples}, K = {columns.outputs}"),
        ("[ ]", "step of the differences", f"ε = {axis_number(procedure.epsilon)}"),
    )
    return [
        ((f"{keys:>4}", "accent"), (f"  {symbols.text(what):<25}", ""), (symbols.text(how), ""))
        for keys, what, how in rows
    ]


def _table(columns: Columns, width: int, symbols: Symbols) -> list[Line]:
    """Return a row an entry; where there is no room, without the difference of its columns."""
    header = f"{'entry':<12}{'from backprop':>13}  {'from grad check':>15}"
    whole = f"{header}{'difference':>13}{'rel. error':>12}"
    differences = len(whole) <= width
    lines: list[Line] = [((whole if differences else f"{header}{'rel. error':>12}", "dim"),)]
    name = symbols.text(theta_name(0))
    for index, relative in np.ndenumerate(columns.relative_error):
        backprop, numerical = float(columns.backprop[index]), float(columns.numerical[index])
        difference = f"{backprop - numerical:>+13.1e}" if differences else ""
        lines.append(
            (
                (
                    f"{entry_name(name, index):<12}{backprop:>13.8f}  {numerical:>15.8f}"
                    f"{difference}{relative:>12.2e}",
                    "strong" if relative == columns.largest_error else "",
                ),
            )
        )
    return lines


def _trail(errors: Sequence[float]) -> str:
    shown = [f"{error:.2e}" for error in errors[-_MOST_ERRORS:]]
    return "largest relative error  " + " → ".join(shown)


def _ratio(columns: Columns) -> str:
    low, high = (f"{ratio:.4f}" for ratio in columns.ratios)
    found = low if low == high else f"{low} to {high}"
    return f"Σ δ a / grad check = {found};  N·K/2 = {columns.factor:g}"


def now(columns: Columns) -> tuple[str, str]:
    """Return what the columns show, and which key goes on from here."""
    step, factor = columns.step, f"{columns.factor:g}"
    if step == 1:
        return _two_points(columns), "Press 1 for both columns at one and the same Θ."
    if step == 2:
        return _wrong_epsilon(columns.procedure)
    product = columns.samples * columns.outputs
    if step == 3:
        return (
            "They agree, but by what right? J is a mean of N·K squares, whose derivative is "
            f"2/(N·K) Σ δ a. That is Σ δ a / 2 only because N·K is {product}.",
            "Press n to take XOR twice, which leaves J as it is.",
        )
    if step == 4:
        return (
            f"N·K is {product} now: Σ δ a is N·K/2 = {factor} times the gradient, and half of that "
            f"is still {columns.too_long:g} times it. The article's 2 belongs to four samples.",
            "Press 2 to divide by N·K/2 instead.",
        )
    rate = f"one of {LEARNING_RATE * columns.factor:g}"
    if columns.factor != 2.0:
        rate += f" here, {LEARNING_RATE * 2.0:g} for four samples"
    return (
        f"The gradient of a mean of N·K squares is 2/(N·K) Σ δ a, here 1/{factor} of Σ δ a. "
        f"The article steps along Σ δ a itself, {factor} times the gradient: its η of "
        f"{LEARNING_RATE:g} is {rate}.",
        "That is the answer. n tries another N; 1 and 2 bring the mistakes back.",
    )


def _two_points(columns: Columns) -> str:
    said = (
        "The columns belong to two different Θ: backpropagation updates Θ, and only then are the "
        "differences taken. No ε mends that."
    )
    if columns.procedure == Procedure():
        said = f"These are the twelve numbers of the article. {said}"
    if columns.too_long != 1.0:
        said += f" Besides, the left one is {columns.too_long:g} times too large."
    return said


def _wrong_epsilon(procedure: Procedure) -> tuple[str, str]:
    step = f"ε = {axis_number(procedure.epsilon)}"
    if procedure.epsilon > _TOO_SHORT:
        return (
            f"One Θ for both. What is left is truncation: {step} is long, and the error of a "
            "central difference falls as ε².",
            "Press [ for an ε ten times shorter.",
        )
    return (
        f"One Θ for both. What is left is rounding: {step} is short, J hardly differs, and the "
        "error grows as 1/ε.",
        "Press ] for an ε ten times longer.",
    )
