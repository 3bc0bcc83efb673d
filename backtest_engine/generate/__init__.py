"""From a description to a strategy: by rules, or by a language model whose answer is checked."""

from backtest_engine.generate.model import ModelGenerator
from backtest_engine.generate.offline import OfflineGenerator

__all__ = ["ModelGenerator", "OfflineGenerator"]
