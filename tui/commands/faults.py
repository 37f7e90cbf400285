"""`bptui faults`: the catalogue of mistakes that can be planted."""

import sys
import textwrap

from bptui.core.errors import check_choice
from bptui.core.faults import FAULTS, Fault
from bptui.tui.commands.json_lines import to_json
from bptui.tui.terminal import encoding_is_utf8, say, terminal_columns, to_ascii

_WIDEST = 100
_NARROW = 70
"""Columns below which what a fault teaches stands under its name."""
_INDENT = max(map(len, FAULTS)) + 2


def list_faults(name: str | None = None, *, json: bool) -> int:
    """Print what one fault teaches, or each of them; return the exit status.

    Raises:
        InputError: there is no fault called `name`.
    """
    faults = list(FAULTS.values())
    if name is not None:
        faults = [FAULTS[check_choice("faults", name, FAULTS, "bptui faults lists them")]]
    columns = terminal_columns()
    for fault in faults:
        if json:
            facts = {"name": fault.name, "title": fault.title, "teaches": fault.teaches}
            say(to_json(facts))
        else:
            say(fault_entry(fault, columns))
    return 0


def fault_entry(fault: Fault, columns: int | None) -> str:
    """Return a fault as text, wrapped to `columns`; with `None` on one line."""
    about = f"{fault.title}. {fault.teaches}"
    if sys.stdout is not None and not encoding_is_utf8(sys.stdout):
        about = to_ascii(about)  # before it is wrapped, since it grows
    head = fault.name.ljust(_INDENT)
    if columns is None:
        return head + about
    width = min(columns, _WIDEST) - 1
    if columns < _NARROW:
        return f"{fault.name}\n{textwrap.indent(textwrap.fill(about, width - 2), '  ')}"
    return textwrap.fill(
        about,
        width,
        initial_indent=head,
        subsequent_indent=" " * _INDENT,
        break_on_hyphens=False,
    )
