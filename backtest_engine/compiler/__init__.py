"""Turns a specification into the source of a backtesting.py strategy."""

from collections.abc import Mapping

from backtest_engine.compiled_code import CompiledCode
from backtest_engine.compiler.module import compile_module
from backtest_engine.compiler.recognition import class_name_in, recognised
from backtest_engine.spec import StrategySpec

__all__ = ["class_name_in", "compile_spec", "recognised"]


def compile_spec(
    spec: StrategySpec,
    *,
    name: str,
    explanation: str = "",
    words: Mapping[str, str] | None = None,
) -> CompiledCode:
    """Return a readable, deterministic module; `words` maps rules as in `long.entry` to the user's own words.

    Rules are `entry`, `exit`, `stop_loss`, `take_profit`, `trailing_stop`, `break_even`, `max_bars` of each side.
    """
    return CompiledCode(compile_module(spec, name=name, explanation=explanation, words=words or {}))
