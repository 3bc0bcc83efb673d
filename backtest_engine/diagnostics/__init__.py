"""What goes wrong with strategies: recognised, explained in words, and mended where a rule can mend it."""

from backtest_engine.diagnostics.base import Diagnosis, Failure, Finding, Severity
from backtest_engine.diagnostics.diagnosis import diagnose, inspect
from backtest_engine.diagnostics.kinds import FAILURES
from backtest_engine.diagnostics.mended import Mended, mend

__all__ = ["FAILURES", "Diagnosis", "Failure", "Finding", "Mended", "Severity", "diagnose", "inspect", "mend"]
