"""What is wrong with a strategy: recognised by rules, explained in words, and rewritten where a rule can."""

from backtest_engine.diagnostics.base import Diagnosis, Finding, Rule, Severity
from backtest_engine.diagnostics.diagnosis import diagnose, inspect
from backtest_engine.diagnostics.rewrites import Rewritten, apply_rewrites
from backtest_engine.diagnostics.rules import RULES

__all__ = ["RULES", "Diagnosis", "Finding", "Rewritten", "Rule", "Severity", "apply_rewrites", "diagnose", "inspect"]
