"""The letters and signs of the field in ASCII, for terminals that have nothing else."""

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


def spelled(text: str) -> str:
    """Return `text` in ASCII: `Θ¹` becomes `Theta1`, and what has no spelling an escape."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_IN_ASCII))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return plain.encode("ascii", "backslashreplace").decode("ascii")
