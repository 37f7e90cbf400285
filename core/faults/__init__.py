"""Planted faults: mistakes that people make in backpropagation, each as a few lines of code."""

from bptui.core.faults.catalogue import FAULTS, check_fault
from bptui.core.faults.fault import Fault, Setting

__all__ = ["FAULTS", "Fault", "Setting", "check_fault"]
