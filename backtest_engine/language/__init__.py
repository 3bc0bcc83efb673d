"""English and specifications: reading one from the other, and telling it back."""

from backtest_engine.language.explain import explain
from backtest_engine.language.parsing import Parsed, parse

__all__ = ["Parsed", "explain", "parse"]
