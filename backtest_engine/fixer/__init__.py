"""Diagnoses a strategy and mends it: rewrites first, the description itself second, a model last."""

from backtest_engine.fixer.intent import Intent, intent_of
from backtest_engine.fixer.records import Attempt, Repair
from backtest_engine.fixer.repairing import repair
from backtest_engine.fixer.trial import Trial, try_out

__all__ = ["Attempt", "Intent", "Repair", "Trial", "intent_of", "repair", "try_out"]
