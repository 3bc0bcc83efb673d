"""What is wrong with a strategy: recognised by rules, explained in words, and rewritten where a rule can."""

from backtest_engine.diagnostics.base import Diagnosis, Finding, Rule, Severity
from backtest_engine.diagnostics.facts import Facts
from backtest_engine.diagnostics.front import (
    OPEN,
    apply_rewrites,
    attacks,
    diagnose,
    facts_of,
    guarded,
    inspect,
    module_in,
    prepare,
)
from backtest_engine.diagnostics.rewrites import Rewritten
from backtest_engine.diagnostics.rules import RULES

__all__ = [
    "OPEN",
    "RULES",
    "Diagnosis",
    "Facts",
    "Finding",
    "Rewritten",
    "Rule",
    "Severity",
    "apply_rewrites",
    "attacks",
    "diagnose",
    "facts_of",
    "guarded",
    "inspect",
    "module_in",
    "prepare",
]
