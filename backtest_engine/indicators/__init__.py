"""The indicator registry: what the parser, the compiler, the API and the sandbox know, and what strategies import.

    from backtest_engine.indicators import REGISTRY, rsi

Everything is loaded at import, so that strategy code can call it where there is no file system.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from backtest_engine.indicators.atr import ATR
from backtest_engine.indicators.bollinger import BOLLINGER
from backtest_engine.indicators.bollinger_bandwidth import BOLLINGER_BANDWIDTH
from backtest_engine.indicators.bollinger_percent_b import BOLLINGER_PERCENT_B
from backtest_engine.indicators.cagr import CAGR
from backtest_engine.indicators.chandelier import CHANDELIER
from backtest_engine.indicators.connors_rsi import CONNORS_RSI
from backtest_engine.indicators.cutler_rsi import CUTLER_RSI
from backtest_engine.indicators.drawdown import DRAWDOWN
from backtest_engine.indicators.ema import EMA
from backtest_engine.indicators.ichimoku import ICHIMOKU
from backtest_engine.indicators.keltner import KELTNER
from backtest_engine.indicators.listing import describe, example, matches, normalized
from backtest_engine.indicators.macd import MACD
from backtest_engine.indicators.pivot_points import PIVOT_POINTS
from backtest_engine.indicators.pivots import PIVOTS
from backtest_engine.indicators.returns import RETURNS
from backtest_engine.indicators.rsi import RSI
from backtest_engine.indicators.running_high import RUNNING_HIGH
from backtest_engine.indicators.sessions import (
    ZONES,
    local_clock,
    local_time,
    opening_range,
    session_minutes,
    session_vwap,
)
from backtest_engine.indicators.sma import SMA
from backtest_engine.indicators.stochastic import STOCHASTIC
from backtest_engine.indicators.streak import STREAK
from backtest_engine.indicators.talib_candles import CANDLES
from backtest_engine.indicators.talib_momentum import MOMENTUM
from backtest_engine.indicators.talib_statistics import ARITHMETIC, PRICE, STATISTICS
from backtest_engine.indicators.talib_trend import TREND
from backtest_engine.indicators.talib_volatility import VOLATILITY
from backtest_engine.indicators.talib_volume import VOLUME
from backtest_engine.indicators.trading_calendar import trading_days_left
from backtest_engine.indicators.volatility import VOLATILITY_OF_RETURNS
from backtest_engine.indicators.vwap import VWAP
from backtest_engine.indicators.zscore import ZSCORE
from backtest_engine.registry import Indicator

_INDICATORS: tuple[Indicator, ...] = (
    SMA,
    EMA,
    RSI,
    MACD,
    BOLLINGER,
    ATR,
    STOCHASTIC,
    ICHIMOKU,
    KELTNER,
    VWAP,
    ZSCORE,
    CHANDELIER,
    PIVOTS,
    PIVOT_POINTS,
    CONNORS_RSI,
    CUTLER_RSI,
    STREAK,
    RETURNS,
    VOLATILITY_OF_RETURNS,
    CAGR,
    RUNNING_HIGH,
    DRAWDOWN,
    BOLLINGER_PERCENT_B,
    BOLLINGER_BANDWIDTH,
    *TREND,
    *MOMENTUM,
    *VOLATILITY,
    *VOLUME,
    *STATISTICS,
    *PRICE,
    *CANDLES,
    *ARITHMETIC,
)

REGISTRY: Mapping[str, Indicator] = MappingProxyType({indicator.name: indicator for indicator in _INDICATORS})

_BY_TALIB = {normalized(indicator.talib): indicator for indicator in reversed(_INDICATORS) if indicator.talib}
_BY_ALIAS = {normalized(alias): indicator for indicator in _INDICATORS for alias in indicator.aliases}
_BY_NAME = {normalized(indicator.name): indicator for indicator in _INDICATORS}
_FOUND = {**_BY_TALIB, **_BY_ALIAS, **_BY_NAME}

globals().update({name: indicator.function for name, indicator in REGISTRY.items()})

__all__ = [
    "REGISTRY",
    "available",
    "describe",
    "example",
    "find",
    "trading_days_left",
    "ZONES",
    "local_clock",
    "local_time",
    "opening_range",
    "session_minutes",
    "session_vwap",
    *REGISTRY,
]


def find(text: str) -> Indicator | None:
    """Return the indicator that a name, an alias or a TA-Lib name stands for, in any spelling, or None."""
    return _FOUND.get(normalized(text))


def available(*, search: str = "", group: str | None = None) -> tuple[Indicator, ...]:
    """Return the indicators of a group that all words of a search occur in, the core ones first."""
    return tuple(
        indicator for indicator in _INDICATORS if group in (None, indicator.group) and matches(indicator, search)
    )


def __getattr__(name: str) -> Callable[..., Any]:
    # Strategies written for TA-Lib import `bbands`, `stoch` or `willr`.
    indicator = None if name.startswith("_") else find(name)
    if indicator is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}: there is no such indicator")
    return indicator.function
