"""Data and errors while running."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.runtime import (
    column_case,
    index_before_start,
    missing_column,
    missing_key,
    no_open_trade,
    raised_by_strategy,
    undefined_attribute,
    undefined_name,
    wrong_type,
    zero_division,
)

RULES: tuple[Rule, ...] = (
    column_case.RULE,
    missing_column.RULE,
    index_before_start.RULE,
    missing_key.RULE,
    no_open_trade.RULE,
    raised_by_strategy.RULE,
    undefined_attribute.RULE,
    undefined_name.RULE,
    wrong_type.RULE,
    zero_division.RULE,
)
