"""A second set of planted faults, written after the detectors and judged once: made otherwise, said otherwise."""

import numpy as np
import pandas as pd

from backtest_engine.domain import BrokerSettings
from tests.score.planted import Floats, Planted


def _bars(close: Floats, *, seed: int, spread: float = 0.004, index: pd.DatetimeIndex | None = None) -> pd.DataFrame:
    """Return bars around these closes, with gaps at the open and ranges of about so much."""
    random = np.random.default_rng(seed)
    opened = np.concatenate([close[:1], close[:-1]]) * np.exp(random.normal(0, spread / 4, len(close)))
    reach = np.abs(random.normal(0, spread, (2, len(close))))
    high, low = np.maximum(opened, close) * (1 + reach[0]), np.minimum(opened, close) * (1 - reach[1])
    times = pd.date_range("2012-03-01", periods=len(close), freq="D") if index is None else index
    columns = {"Open": opened, "High": high, "Low": low, "Close": close, "Volume": random.uniform(1e5, 2e5, len(close))}
    return pd.DataFrame(columns, index=times)


def _trending(seed: int, *, count: int = 1800, drift: float = 0.003, length: int = 90, noise: float = 0.009) -> Floats:
    random = np.random.default_rng(seed)
    signs = np.resize(np.repeat([1.0, -1.0], length), count)
    found: Floats = 50 * np.exp(np.cumsum(signs * drift + random.normal(0, noise, count)))
    return found


def _waves(seed: int, *, count: int = 1800, height: float = 0.06, length: float = 24.0, noise: float = 0.004) -> Floats:
    random = np.random.default_rng(seed)
    found: Floats = 80 * np.exp(
        height * np.sin(2 * np.pi * np.arange(count) / length) + np.cumsum(random.normal(0, noise, count))
    )
    return found


def _trailing() -> pd.DataFrame:
    return _bars(_trending(31, drift=0.005, noise=0.012), seed=31, spread=0.015)


def _pops() -> pd.DataFrame:
    random = np.random.default_rng(32)
    returns = random.normal(0, 0.004, 2200)
    for start in range(80, 2100, 70):
        returns[start] = 0.05
        returns[start + 1 : start + 5] += 0.015
        returns[start + 5 : start + 45] -= 0.0028
    return _bars(60 * np.exp(np.cumsum(returns)), seed=32)


def _short_targets() -> pd.DataFrame:
    random = np.random.default_rng(33)
    returns = random.normal(0, 0.004, 2200)
    for start in range(80, 2100, 70):
        returns[start] = -0.05
        returns[start + 1 : start + 31] += 0.004
    return _bars(60 * np.exp(np.cumsum(returns)), seed=33)


def _monday(day: int) -> pd.DataFrame:
    random = np.random.default_rng(34)
    index = pd.date_range("2012-03-01", periods=1800, freq="D")
    returns = random.normal(0, 0.006, 1800) + np.where(index.dayofweek == day, -0.012, 0.0035)
    return _bars(40 * np.exp(np.cumsum(returns)), seed=34, index=index, spread=0.002)


def _evenings() -> pd.DataFrame:
    random = np.random.default_rng(35)
    index = pd.date_range("2020-01-01", periods=4000, freq="h")
    returns = random.normal(0, 0.002, 4000) + np.where(index.hour == 20, -0.008, 0.0006)
    return _bars(1.2 * np.exp(np.cumsum(returns)), seed=35, index=index, spread=0.0008)


def _gaps() -> pd.DataFrame:
    close = _waves(36)
    for start in (400, 790, 1130, 1500):
        close[start:] *= 0.62
    return _bars(close, seed=36)


def _falling() -> pd.DataFrame:
    return _bars(_waves(37, height=0.04) * np.exp(-0.002 * np.arange(1800)), seed=37)


STRANGERS = (
    Planted(
        name="a trailing stop that every bar touches",
        words="Go long when EMA(10) crosses above EMA(40), exit when EMA(10) crosses below EMA(40). Use a 1% "
        "trailing stop.",
        bars=_trailing,
        codes=frozenset({"stop_too_near", "exits_too_early"}),
        kinds=frozenset({"stops"}),
    ),
    Planted(
        name="a stochastic level that does not exist on these bars",
        words="Buy when CCI(20) is below -900. Sell when CCI(20) is above 100.",
        bars=lambda: _bars(_waves(38), seed=38),
        codes=frozenset({"no_trades", "dead_threshold"}),
        kinds=frozenset({"parameters"}),
    ),
    Planted(
        name="a moving average that flips all day",
        words="Buy when EMA(2) crosses above EMA(4), sell when EMA(2) crosses below EMA(4).",
        bars=lambda: _bars(_trending(39, drift=0.0015, noise=0.01), seed=39),
        codes=frozenset({"costs_eat_it"}),
        kinds=frozenset({"parameters", "filters"}),
        broker=BrokerSettings(commission=0.003),
    ),
    Planted(
        name="pops held until they are gone",
        words="Buy when ROC(1) is above 4. Sell after 45 bars.",
        bars=_pops,
        codes=frozenset({"exits_too_late"}),
        kinds=frozenset({"exits", "stops"}),
    ),
    Planted(
        name="a target that is hit at once while the move goes on",
        words="Buy when ROC(1) is below -4. Take profit at 0.8%. Sell after 60 bars.",
        bars=_short_targets,
        codes=frozenset({"exits_too_early"}),
        kinds=frozenset({"exits"}),
    ),
    Planted(
        name="breakouts bought in bear markets",
        words="Buy when close is below the lower Bollinger band(20, 1). Sell when close is above SMA(20).",
        bars=lambda: _bars(_trending(40, drift=0.004, length=220, noise=0.012, count=2200), seed=40),
        codes=frozenset({"loses_in_one_trend", "worse_than_random_entries"}),
        kinds=frozenset({"filters", "sides"}),
    ),
    Planted(
        name="the long side in a falling market",
        words="Buy when RSI(7) is below 35 and sell when RSI(7) is above 60. Short when RSI(7) is above 65, cover "
        "when RSI(7) is below 40.",
        bars=_falling,
        codes=frozenset({"one_side_loses", "loses_in_one_trend"}),
        kinds=frozenset({"sides", "filters"}),
    ),
    Planted(
        name="entries that are filled on Mondays",
        words="Buy when close is above 0.5. Sell after 1 bar.",
        bars=lambda: _monday(0),
        codes=frozenset({"one_weekday_loses"}),
        kinds=frozenset({"filters"}),
        broker=BrokerSettings(commission=0.0003),
    ),
    Planted(
        name="the evening hour",
        words="Buy when close is above 0.1. Sell after 1 bar.",
        bars=_evenings,
        codes=frozenset({"one_hour_loses"}),
        kinds=frozenset({"filters"}),
        broker=BrokerSettings(commission=0.0),
        interval="1h",
    ),
    Planted(
        name="gaps without a stop",
        words="Buy when RSI(5) is below 25. Sell when RSI(5) is above 70.",
        bars=_gaps,
        codes=frozenset({"few_losses_take_all"}),
        kinds=frozenset({"stops"}),
    ),
    Planted(
        name="ten to one",
        words="Buy when RSI(7) is below 35. Sell when RSI(7) is above 60.",
        bars=lambda: _bars(_waves(41, height=0.03, noise=0.01), seed=41),
        codes=frozenset({"drawdown"}),
        kinds=frozenset({"sizing"}),
        broker=BrokerSettings(commission=0.0005, margin=0.1),
    ),
    Planted(
        name="a crossover read backwards",
        words="Buy when SMA(5) crosses below SMA(20). Sell when SMA(5) crosses above SMA(20).",
        bars=lambda: _bars(_trending(42, drift=0.004, length=60, noise=0.008), seed=42),
        codes=frozenset({"worse_than_random_entries"}),
        kinds=frozenset({"sides", "filters"}),
    ),
)
