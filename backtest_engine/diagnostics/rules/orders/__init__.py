"""Orders."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.orders import (
    insufficient_cash,
    invalid_size,
    no_position_check,
    sell_to_exit,
    size_percent_confusion,
    stop_not_a_price,
    stop_wrong_side,
    stop_wrong_side_short,
)

RULES: tuple[Rule, ...] = (
    insufficient_cash.RULE,
    invalid_size.RULE,
    no_position_check.RULE,
    sell_to_exit.RULE,
    size_percent_confusion.RULE,
    stop_not_a_price.RULE,
    stop_wrong_side.RULE,
    stop_wrong_side_short.RULE,
)
