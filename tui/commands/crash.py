"""What is said, and written down, when bptui itself fails."""

import traceback
from pathlib import Path

from bptui.core.errors import printable
from bptui.core.runs.files import ERROR

CRASHED = 1
"""Exit status of a bug."""


def crash_sentence(error: BaseException, folder: Path | None) -> str:
    """Return what to say of an exception that nothing foresaw; its traceback goes to a file.

    Without a folder that can be written, the sentence is followed by the traceback.
    """
    what = printable(f"{type(error).__name__}: {error}")[:200]
    said = f"failed by a bug of its own ({what})"
    lines = [
        printable(line)
        for part in traceback.format_exception(error)
        for line in part.rstrip("\n").split("\n")
    ]
    text = "\n".join(lines)
    if folder is not None:
        try:
            path = folder / ERROR
            path.write_text(text + "\n", encoding="utf-8")
        except OSError:
            pass
        else:
            return f"{said}; the traceback is in {printable(path)}"
    return f"{said}:\n{text}"
