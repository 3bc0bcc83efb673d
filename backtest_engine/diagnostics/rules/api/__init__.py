"""API that does not exist."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.api import (
    backtrader_idioms,
    crossover_in_init,
    other_framework,
    pine_idioms,
    position_compared,
    property_called,
    unknown_function,
    unknown_order_argument,
    unknown_position_attribute,
    unknown_strategy_attribute,
    unknown_trade_attribute,
)

RULES: tuple[Rule, ...] = (
    backtrader_idioms.RULE,
    crossover_in_init.RULE,
    other_framework.RULE,
    pine_idioms.RULE,
    position_compared.RULE,
    property_called.RULE,
    unknown_function.RULE,
    unknown_order_argument.RULE,
    unknown_position_attribute.RULE,
    unknown_strategy_attribute.RULE,
    unknown_trade_attribute.RULE,
)
