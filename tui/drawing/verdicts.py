"""How the verdict on an entry is shown: a sign, and a style beside it."""

from bptui.core.check import Verdict
from bptui.tui.drawing.symbols import Symbols

VERDICT_STYLES: dict[Verdict, str] = {
    "pass": "good",
    "fail": "bad",
    "unresolved": "warning",
    "at-kink": "warning",
}


def verdict_sign(verdict: Verdict, symbols: Symbols) -> str:
    """Return one character; a blank for a pass."""
    return {
        "pass": " ",
        "fail": symbols.fail,
        "unresolved": symbols.unresolved,
        "at-kink": symbols.at_kink,
    }[verdict]
