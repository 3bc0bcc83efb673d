"""English and specifications: reading one from the other, and telling it back."""

from backtest_engine.english.explain import explain
from backtest_engine.english.parsing import Parsed, parse

__all__ = ["Parsed", "explain", "parse"]
