"""All faults that can be planted, by name."""

from bptui.core.errors import InputError, check_choice
from bptui.core.faults.averages import AVERAGES
from bptui.core.faults.derivatives import DERIVATIVES
from bptui.core.faults.earlier import EARLIER
from bptui.core.faults.fault import Fault, Setting
from bptui.core.faults.penalties import PENALTIES
from bptui.core.faults.propagation import PROPAGATION
from bptui.core.faults.small import SMALL

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (*DERIVATIVES, *PROPAGATION, *AVERAGES, *PENALTIES, *EARLIER, *SMALL)
}


def check_fault(name: str, setting: Setting) -> Fault:
    """Return the fault of that name.

    Raises:
        InputError: there is none, or it cannot be planted there; the message says why.
    """
    fault = FAULTS[check_choice("fault", name, FAULTS)]
    why = fault.needs(setting)
    if why is not None:
        raise InputError(f"fault: {name} cannot be planted here; it {why}")
    return fault
