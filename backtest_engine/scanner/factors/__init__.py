"""The factors. Adding one is one file and its name here; weights for it may then be given."""

from backtest_engine.scanner.factors.base import ClosedBars, Factor, Reading
from backtest_engine.scanner.factors.breakout import BREAKOUT
from backtest_engine.scanner.factors.mean_reversion import MEAN_REVERSION
from backtest_engine.scanner.factors.momentum import MOMENTUM
from backtest_engine.scanner.factors.trend import TREND
from backtest_engine.scanner.factors.volatility import VOLATILITY
from backtest_engine.scanner.factors.volume import VOLUME

FACTORS = {factor.name: factor for factor in (TREND, MOMENTUM, MEAN_REVERSION, BREAKOUT, VOLATILITY, VOLUME)}
# The most bars that a factor needs; a feed that gives so many serves all of them.
MOST_LOOKBACK = max(factor.lookback for factor in FACTORS.values())

__all__ = ["FACTORS", "MOST_LOOKBACK", "ClosedBars", "Factor", "Reading"]
