"""Time, memory and output."""

from backtest_engine.diagnostics.base import Rule
from backtest_engine.diagnostics.rules.resources import (
    endless_loop,
    endless_recursion,
    out_of_memory,
    out_of_time,
    too_much_output,
)

RULES: tuple[Rule, ...] = (
    endless_loop.RULE,
    endless_recursion.RULE,
    out_of_memory.RULE,
    out_of_time.RULE,
    too_much_output.RULE,
)
