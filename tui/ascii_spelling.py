"""The letters and signs of the field in ASCII, for terminals that have nothing else."""

import re
import unicodedata

_IN_ASCII = str.maketrans(
    {
        "Θ": "Theta",
        "θ": "theta",
        "η": "eta",
        "ε": "epsilon",
        "λ": "lambda",
        "δ": "delta",
        "σ": "sigma",
        "φ": "phi",
        "Σ": "sum",
        "′": "'",
        "μ": "mu",
        "ρ": "rho",
        "∂": "d",
        "√": "sqrt",
        "∘": "*",
        "ŷ": "y^",
        "·": "-",
        "×": "x",
        "−": "-",
        "±": "+-",
        "≤": "<=",
        "≥": ">=",
        "≈": "~",
        "→": "->",
        "←": "<-",
        "✓": "ok",
        "✗": "x",
        "‖": "||",
        "…": "...",
        "½": "1/2",
        "│": "|",
        "█": "#",
        "░": ".",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "—": "-",
        "–": "-",
    }
)
_SQUARE = re.compile(r"(?<=\))²")
"""Of a bracket; a letter with a number is a name, as `a²` is."""
_TIMES = re.compile(r"(?<=\w)·(?=\w)")
"""The dot of a product, as in N·K; the one between words has blanks beside it."""


def spelled(text: str) -> str:
    """Return `text` in ASCII: `Θ¹` becomes `Theta1`, and what has no spelling an escape."""
    text = _TIMES.sub("*", _SQUARE.sub("^2", text)).translate(_IN_ASCII)
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return plain.encode("ascii", "backslashreplace").decode("ascii")
