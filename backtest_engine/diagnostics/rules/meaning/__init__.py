"""No trades, and other than described."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.meaning import (
    differences,
    differs_from_intent,
    impossible_condition,
    no_trades,
    unused_indicator,
)

RULES: tuple[Rule, ...] = (
    impossible_condition.RULE,
    no_trades.RULE,
    differs_from_intent.RULE,
    *differences.RULES,
    unused_indicator.RULE,
)
