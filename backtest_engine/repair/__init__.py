"""Diagnoses a strategy and repairs it: rewrites first, the description itself second, a model last."""

from backtest_engine.repair.attempts import repair
from backtest_engine.repair.intent import Intent, intent_of
from backtest_engine.repair.records import Attempt, Repair
from backtest_engine.repair.trial import Trial, try_out

__all__ = ["Attempt", "Intent", "Repair", "Trial", "intent_of", "repair", "try_out"]
