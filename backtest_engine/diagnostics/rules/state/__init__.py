"""State and chance."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.state import (
    not_repeatable,
    random_or_clock,
    state_in_class,
)

RULES: tuple[Rule, ...] = (
    not_repeatable.RULE,
    random_or_clock.RULE,
    state_in_class.RULE,
)
