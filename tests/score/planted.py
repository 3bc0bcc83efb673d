"""Strategies with one fault each, on bars made so that the fault is plain, and strategies without one.

`codes` are the findings that name the fault, `kinds` the changes that would put it right.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import fingerprint
from backtest_engine.domain import BrokerSettings, Dataset

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Planted:
    """A strategy in words, the bars it runs on, and what is wrong with it."""

    name: str
    words: str
    bars: Callable[[], pd.DataFrame]
    codes: frozenset[str]
    kinds: frozenset[str]
    broker: BrokerSettings = field(default_factory=lambda: BrokerSettings(commission=0.0005))
    interval: str = "1d"

    def dataset(self) -> Dataset:
        """Return the bars as the engine takes them."""
        bars = self.bars()
        return Dataset(symbol="MADE", interval=self.interval, source="made", bars=bars, fingerprint=fingerprint(bars))


def from_returns(returns: Floats, *, seed: int, wick: float = 0.002, freq: str = "B") -> pd.DataFrame:
    """Return bars whose closes have these returns; each opens at the close before it, with wicks of about so much."""
    random = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(returns))
    opened = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(opened, close) * (1 + wick * random.random(len(close)))
    low = np.minimum(opened, close) * (1 - wick * random.random(len(close)))
    index = pd.date_range("2010-01-04", periods=len(close), freq=freq)
    columns = {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": np.full(len(close), 1e6)}
    return pd.DataFrame(columns, index=index)


def swinging(*, count: int = 1500, seed: int = 1, pull: float = 0.12, noise: float = 0.012) -> Floats:
    """Return returns of a price that is pulled back to its level: dips are bought back within days."""
    random = np.random.default_rng(seed)
    level, found = 0.0, np.empty(count)
    for bar in range(count):
        step = -pull * level + noise * random.standard_normal()
        level += step
        found[bar] = step
    return found


def with_events(after: Floats, *, count: int = 2000, seed: int = 2, every: int = 60, drop: float = 0.06) -> Floats:
    """Return quiet returns in which a price falls now and then, and then moves on as `after` says."""
    found = np.random.default_rng(seed).normal(0, 0.003, count)
    for start in range(every, count - len(after) - 1, every):
        found[start] = -drop
        found[start + 1 : start + 1 + len(after)] += after
    return found


def regimes(up: Floats, down: Floats, *, length: int = 250) -> Floats:
    """Return two kinds of returns in turn, so many bars each."""
    parts = [part[start : start + length] for start in range(0, len(up), length) for part in (up, down)]
    return np.concatenate(parts)


def _stop_too_near() -> pd.DataFrame:
    return from_returns(swinging(noise=0.012), seed=11, wick=0.012)


def _late() -> pd.DataFrame:
    return from_returns(with_events(np.concatenate([np.full(7, 0.012), np.full(35, -0.003)])), seed=12)


def _early() -> pd.DataFrame:
    return from_returns(with_events(np.full(22, 0.005), seed=3), seed=13)


def _against_trend() -> pd.DataFrame:
    rising, falling = swinging(count=1500, seed=4, pull=0.2) + 0.002, swinging(count=1500, seed=5, pull=0.02) - 0.0025
    return from_returns(regimes(rising, falling), seed=14)


def _storms() -> pd.DataFrame:
    calm, storm = (
        swinging(count=1200, seed=6, pull=0.2, noise=0.008),
        swinging(count=1200, seed=7, pull=0.0, noise=0.03),
    )
    momentum = storm + 0.25 * np.concatenate([[0.0], storm[:-1]]) - 0.002
    return from_returns(regimes(calm, momentum, length=200), seed=15)


def _rising() -> pd.DataFrame:
    return from_returns(swinging(seed=8, pull=0.08) + 0.0016, seed=16)


def _days(
    losing: Callable[[pd.DatetimeIndex], Any], *, freq: str = "B", count: int = 1500, seed: int = 9
) -> pd.DataFrame:
    index = pd.date_range("2010-01-04", periods=count, freq=freq)
    returns = np.random.default_rng(seed).normal(0.0, 0.004, count)
    returns += np.where(np.asarray(losing(index)), -0.009, 0.0028)
    return from_returns(returns, seed=17, freq=freq)


def _crashes() -> pd.DataFrame:
    returns = swinging(seed=10, pull=0.15, noise=0.008)
    for start in (300, 620, 910, 1130):
        returns[start : start + 12] = -0.035
    return from_returns(returns, seed=18)


def _momentum() -> pd.DataFrame:
    random = np.random.default_rng(19)
    drift = np.repeat(np.where(np.arange(40) % 2 == 0, 0.004, -0.004), 50)
    return from_returns(drift + random.normal(0, 0.006, len(drift)), seed=19)


def _drifting_noise() -> pd.DataFrame:
    return from_returns(np.random.default_rng(20).normal(0.0003, 0.01, 1500), seed=20)


PLANTED = (
    Planted(
        name="stop nearer than the noise",
        words="Buy when RSI(5) is below 35. Sell when RSI(5) is above 60. Stop loss 0.5%.",
        bars=_stop_too_near,
        codes=frozenset({"stop_too_near"}),
        kinds=frozenset({"stops"}),
    ),
    Planted(
        name="entry threshold that is never reached",
        words="Buy when RSI(14) is below 3. Sell when RSI(14) is above 60.",
        bars=lambda: from_returns(swinging(), seed=21),
        codes=frozenset({"no_trades", "dead_threshold"}),
        kinds=frozenset({"parameters"}),
    ),
    Planted(
        name="churn that costs eat",
        words="Buy when close crosses above SMA(3). Sell when close crosses below SMA(3).",
        bars=lambda: from_returns(np.random.default_rng(22).normal(0.0004, 0.01, 1500), seed=22),
        codes=frozenset({"costs_eat_it"}),
        kinds=frozenset({"parameters", "filters"}),
        broker=BrokerSettings(commission=0.002),
    ),
    Planted(
        name="exits too late",
        words="Buy when ROC(1) is below -4. Sell after 40 bars.",
        bars=_late,
        codes=frozenset({"exits_too_late"}),
        kinds=frozenset({"exits", "stops"}),
    ),
    Planted(
        name="exits too early",
        words="Buy when RSI(3) is below 8. Sell when RSI(14) is above 80. Take profit 1%.",
        bars=_early,
        codes=frozenset({"exits_too_early"}),
        kinds=frozenset({"exits"}),
    ),
    Planted(
        name="dips bought against the trend",
        words="Buy when RSI(5) is below 30. Sell when RSI(5) is above 60.",
        bars=_against_trend,
        codes=frozenset({"loses_in_one_trend"}),
        kinds=frozenset({"filters"}),
    ),
    Planted(
        name="loses in storms",
        words="Buy when RSI(3) is below 25. Sell when RSI(3) is above 60.",
        bars=_storms,
        codes=frozenset({"loses_in_one_volatility"}),
        kinds=frozenset({"filters"}),
    ),
    Planted(
        name="the short side loses",
        words="Buy when RSI(5) is below 30, sell when RSI(5) is above 60. Short when RSI(5) is above 70, cover when "
        "RSI(5) is below 25.",
        bars=_rising,
        codes=frozenset({"one_side_loses"}),
        kinds=frozenset({"sides", "filters"}),
    ),
    Planted(
        name="one weekday loses",
        words="Buy when close is above 1. Sell after 1 bar.",
        bars=lambda: _days(lambda index: index.dayofweek == 4),
        codes=frozenset({"one_weekday_loses"}),
        kinds=frozenset({"filters"}),
    ),
    Planted(
        name="one month loses",
        words="Buy when close is above 1. Sell after 3 bars.",
        bars=lambda: _days(lambda index: index.month == 9, count=2200),
        codes=frozenset({"one_month_loses"}),
        kinds=frozenset({"filters"}),
    ),
    Planted(
        name="one hour loses",
        words="Buy when close is above 1. Sell after 1 bar.",
        bars=lambda: _days(lambda index: index.hour == 14, freq="h", count=4000),
        codes=frozenset({"one_hour_loses"}),
        kinds=frozenset({"filters"}),
        broker=BrokerSettings(commission=0.0002),
        interval="1h",
    ),
    Planted(
        name="a few losses without a stop take all",
        words="Buy when RSI(3) is below 20. Sell when RSI(3) is above 60.",
        bars=_crashes,
        codes=frozenset({"few_losses_take_all"}),
        kinds=frozenset({"stops"}),
    ),
    Planted(
        name="far too large",
        words="Buy when RSI(5) is below 35. Sell when RSI(5) is above 60.",
        bars=lambda: from_returns(swinging(seed=23, pull=0.04, noise=0.014), seed=23),
        codes=frozenset({"drawdown"}),
        kinds=frozenset({"sizing", "stops"}),
        broker=BrokerSettings(commission=0.0005, margin=0.2),
    ),
    Planted(
        name="on the wrong side of the trend",
        words="Short when close crosses above SMA(20). Cover when close crosses below SMA(20).",
        bars=_momentum,
        codes=frozenset({"worse_than_random_entries", "loses_in_one_trend"}),
        kinds=frozenset({"sides", "filters"}),
    ),
    Planted(
        name="exit threshold that is never reached",
        words="Buy when RSI(14) is below 40. Sell when RSI(14) is above 98.",
        bars=lambda: from_returns(swinging(seed=24), seed=24),
        codes=frozenset({"dead_threshold", "few_trades"}),
        kinds=frozenset({"parameters", "exits"}),
    ),
)

# Nothing is wrong with these: nothing grave may be said of them.
HONEST = (
    Planted(
        name="buys dips that are bought back",
        words="Buy when RSI(5) is below 35. Sell when RSI(5) is above 60.",
        bars=lambda: from_returns(swinging(seed=25), seed=25),
        codes=frozenset(),
        kinds=frozenset(),
    ),
    Planted(
        name="follows a trend that lasts",
        words="Buy when close crosses above SMA(20). Sell when close crosses below SMA(20).",
        bars=_momentum,
        codes=frozenset(),
        kinds=frozenset(),
    ),
)


def noise(number: int) -> pd.DataFrame:
    """Return bars of pure noise: independent returns, with a drift as markets have."""
    random = np.random.default_rng(10_000 + number)
    return from_returns(random.normal(0.0002, 0.012, 1000), seed=number)


NOISE_WORDS = (
    "Buy when RSI(14) is below 30. Sell when RSI(14) is above 60.",
    "Buy when EMA(10) crosses above EMA(30). Sell when EMA(10) crosses below EMA(30).",
    "Buy when close crosses above SMA(20). Sell when close crosses below SMA(20). Stop loss 3%.",
    "Buy when close is below the lower Bollinger band(20, 2). Sell after 10 bars.",
    "Buy when RSI(5) is below 30, sell when RSI(5) is above 60. Short when RSI(5) is above 70, cover when RSI(5) is "
    "below 40.",
)
