"""A gradient check as a table for people."""

from bptui.core.check.methods import METHODS
from bptui.core.check.report import VERDICTS, ArrayReport, Report
from bptui.core.errors import printable
from bptui.core.wording import in_lines

_SIGNS = {"pass": " ", "unresolved": "?", "at-kink": "^", "fail": "x"}
_MOST_ROWS = 20


def entry_name(array: str, index: tuple[int, ...]) -> str:
    """Return `Θ¹[0,1]`."""
    return f"{array}[{','.join(map(str, index))}]" if index else array


def headline(report: Report) -> str:
    """Return the verdict, how many entries agree and by which method, on one line."""
    agree = _agreeing(report)
    how = METHODS[report.method].title
    step = "" if report.epsilon is None else f", ε = {report.epsilon:g}"
    drawn = "" if report.entries == report.parameters else f" (drawn from {report.parameters:,})"
    return f"{report.verdict.upper()}  {agree:,} of {report.entries:,} agree{drawn} · {how}{step}"


def format_report(report: Report, *, columns: int | None = None) -> str:
    """Return the headline, the entries that agree least, and what that may mean.

    Args:
        report: of a check.
        columns: how long a line of a sentence may be; `None` is without end. Rows of the
            table have 80 unless names are long.
    """
    rows = [
        (float(badness.flat[flat]), array, flat)
        for array, badness in ((array, array.badness) for array in report.arrays)
        for flat in badness.argsort(axis=None)[::-1][:_MOST_ROWS]
    ]
    rows.sort(key=lambda row: -row[0])
    lines = [headline(report), ""]
    lines.append(f"  {'entry':<14}{'backprop':>24}{'numerical':>24}{'relative error':>16}")
    lines += [_row(array, int(flat)) for _, array, flat in rows[:_MOST_ROWS]]
    if report.entries > _MOST_ROWS:
        lines.append(f"  … {_others(report, rows[:_MOST_ROWS])}")
    if report.entries > 1:
        lines.append("  worst first: by the error against what rounding explains")
    sentences: list[str] = []
    tie = report.tie
    if tie is not None and tie.holds:
        sentences.append(
            "Tied to the cost: along a random direction both have slope "
            f"{tie.gradient:+.6e}, to {abs(tie.gradient - tie.cost):.1e}"
        )
    sentences += [printable(explanation) for explanation in report.explanations]
    for sentence in sentences:
        lines += ["", *in_lines(sentence, columns)]
    return "\n".join(lines)


def _agreeing(report: Report) -> int:
    return sum(int((array.verdicts == 0).sum()) for array in report.arrays)


def _others(report: Report, shown: list[tuple[float, ArrayReport, int]]) -> str:
    """Return how many entries there are beside those shown, and how many of them agree."""
    count = report.entries - len(shown)
    agree = _agreeing(report) - sum(int(array.verdicts.flat[flat] == 0) for _, array, flat in shown)
    if agree == count:
        return f"{count:,} more, and all of them agree"
    if not agree:
        return f"{count:,} more, and none of them agrees"
    return f"{count:,} more, of which {agree:,} agree{'s' if agree == 1 else ''}"


def _row(array: ArrayReport, place: int) -> str:
    sign = _SIGNS[VERDICTS[int(array.verdicts.flat[place])]]
    return (
        f"{sign} {printable(entry_name(array.name, array.index_of(place))):<14}"
        f"{array.backprop.flat[place]:>+24.15e}{array.numerical.flat[place]:>+24.15e}"
        f"{array.relative_error.flat[place]:>16.1e}"
    )
