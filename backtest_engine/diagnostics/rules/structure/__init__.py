"""The shape of the module and of the class."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.structure import (
    ambiguous_class,
    misplaced_method,
    missing_init,
    missing_next,
    missing_self,
    missing_super_call,
    next_is_generator,
    no_orders,
    no_strategy_class,
    overridden_constructor,
    returns_signals,
    runs_itself,
    wrong_base,
)

RULES: tuple[Rule, ...] = (
    ambiguous_class.RULE,
    misplaced_method.RULE,
    missing_init.RULE,
    missing_next.RULE,
    missing_self.RULE,
    missing_super_call.RULE,
    next_is_generator.RULE,
    no_orders.RULE,
    no_strategy_class.RULE,
    overridden_constructor.RULE,
    returns_signals.RULE,
    runs_itself.RULE,
    wrong_base.RULE,
)
