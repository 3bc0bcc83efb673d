"""Connors RSI."""

import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.indicators.numerics import streaks
from backtest_engine.registry import Array


def _connors_rsi(close: Array, *, rsi_period: int, streak_period: int, rank_period: int) -> Array:
    momentum = talib.RSI(close, rsi_period)
    persistence = talib.RSI(streaks(close), streak_period)
    rank = talib.PERCENTRANK(talib.ROC(close, 1), rank_period)
    return (momentum + persistence + rank) / 3.0


CONNORS_RSI = define(
    _connors_rsi,
    name="connors_rsi",
    title="Connors RSI",
    inputs=("Close",),
    outputs=("connors_rsi",),
    parameters=(
        period(3, name="rsi_period", description="bars of the RSI of the price"),
        period(2, name="streak_period", description="bars of the RSI of the streak"),
        period(100, name="rank_period", description="returns that today's is ranked among"),
    ),
    aliases=("crsi", "connors relative strength index"),
    group="momentum",
    value_range=(0.0, 100.0),
    source="Connors (2012): mean of RSI(close, 3), RSI(streak, 2) and the percent rank of today's return among 100.",
    lookback=lambda rsi_period, streak_period, rank_period: max(rsi_period, streak_period + 1, rank_period + 1),
)
