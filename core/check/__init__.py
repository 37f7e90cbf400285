"""Gradient checking: is a gradient right, and where is it wrong?"""

from bptui.core.check.report import ArrayReport, Diagnosis, Report, Verdict, Worst

__all__ = ["ArrayReport", "Diagnosis", "Report", "Verdict", "Worst"]
