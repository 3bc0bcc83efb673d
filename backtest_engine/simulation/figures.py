"""Which statistics belong to which fills."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from backtest_engine.simulation.house import BACKTESTING
from backtest_engine.simulation.library_statistics import library_statistics
from backtest_engine.simulation.orders import Trade
from backtest_engine.simulation.statistics import Statistics, statistics


def statistics_by(fills: str, trades: Sequence[Trade], equity: Any, bars: pd.DataFrame) -> Statistics:
    """Return the figures of trades and equity by the rules of `fills`, on OHLCV bars with a `DatetimeIndex`."""
    if fills == BACKTESTING:
        return library_statistics(trades, equity, bars)
    return statistics(trades, equity, close=bars["Close"].to_numpy(dtype=float), index=pd.DatetimeIndex(bars.index))
