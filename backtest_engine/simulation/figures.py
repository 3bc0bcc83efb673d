"""Which statistics belong to which fills."""

import copy
from collections.abc import Sequence
from typing import Any

import pandas as pd

from backtest_engine.simulation.house import BACKTESTING
from backtest_engine.simulation.library_statistics import library_statistics
from backtest_engine.simulation.orders import Trade
from backtest_engine.simulation.statistics import Statistics, statistics


def statistics_by(
    fills: str, trades: Sequence[Trade], equity: Any, bars: pd.DataFrame, *, first: int = 0
) -> Statistics:
    """Return the figures of trades and equity by the rules of `fills`, on OHLCV bars with a `DatetimeIndex`.

    They begin with bar `first`: what is before only warmed indicators up.
    """
    if first:
        bars, equity = bars.iloc[first:], equity[first:]
        trades = [_moved(trade, first, bars.index) for trade in trades]
    if fills == BACKTESTING:
        return library_statistics(trades, equity, bars)
    return statistics(trades, equity, close=bars["Close"].to_numpy(dtype=float), index=pd.DatetimeIndex(bars.index))


def _moved(trade: Trade, bars: int, times: Any) -> Trade:
    """Return a closed trade as it is on bars that begin so many later."""
    moved = copy.copy(trade)
    broker = copy.copy(trade._broker)
    broker.times = times
    moved._broker, moved._entry_bar = broker, trade._entry_bar - bars
    moved._exit_bar = int(trade._exit_bar or 0) - bars
    return moved
