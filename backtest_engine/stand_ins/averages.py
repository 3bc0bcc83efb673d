"""Averages and other building blocks in pandas_ta's definitions, over pandas Series."""

from collections.abc import Callable

import numpy as np
import pandas as pd


def sma(x: pd.Series, length: int) -> pd.Series:
    """Mean of the last values."""
    return x.rolling(length, min_periods=length).mean()


def _seeded(x: pd.Series, length: int, alpha: float) -> pd.Series:
    known = x.dropna()
    seeded = known.iloc[length - 1 :].copy()
    if len(seeded):
        seeded.iloc[0] = known.iloc[:length].mean()
    return seeded.ewm(alpha=alpha, adjust=False).mean().reindex(x.index)


def ema(x: pd.Series, length: int) -> pd.Series:
    """Exponential average that starts from the simple one of its first window."""
    return _seeded(x, length, 2 / (length + 1))


def rma(x: pd.Series, length: int) -> pd.Series:
    """Wilder's average, which starts from the simple one of its first window."""
    return _seeded(x, length, 1 / length)


def weighted(x: pd.Series, weights: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> pd.Series:
    """Mean of the last values under these weights, the last weight for the newest."""
    share = weights / weights.sum()
    return x.rolling(len(share), min_periods=len(share)).apply(lambda window: float(np.dot(window, share)), raw=True)


def wma(x: pd.Series, length: int) -> pd.Series:
    """Linearly weighted average."""
    return weighted(x, np.arange(1, length + 1, dtype=float))


def hma(x: pd.Series, length: int) -> pd.Series:
    """Hull's average."""
    return wma(2 * wma(x, int(length / 2)) - wma(x, length), int(np.sqrt(length)))


def dema(x: pd.Series, length: int) -> pd.Series:
    """Double exponential average."""
    once = ema(x, length)
    return 2 * once - ema(once, length)


def tema(x: pd.Series, length: int) -> pd.Series:
    """Triple exponential average."""
    once = ema(x, length)
    twice = ema(once, length)
    return 3 * (once - twice) + ema(twice, length)


def trima(x: pd.Series, length: int) -> pd.Series:
    """Average that weights the middle of the window most."""
    half = round(0.5 * (length + 1))
    return sma(sma(x, half), half)


def zlma(x: pd.Series, length: int) -> pd.Series:
    """Exponential average of values from which the lag is taken out."""
    return ema(2 * x - x.shift(int(0.5 * (length - 1))), length)


BY_NAME: dict[str, Callable[[pd.Series, int], pd.Series]] = {
    "sma": sma, "ema": ema, "rma": rma, "wma": wma, "hma": hma, "dema": dema, "tema": tema, "trima": trima,
    "zlma": zlma,
}  # fmt: skip


def average(mode: str | None, x: pd.Series, length: int) -> pd.Series:
    """Return the average that pandas_ta calls `mode`; raises `ValueError` for one that is not known here."""
    try:
        return BY_NAME[str(mode or "ema").lower()](x, length)
    except KeyError:
        raise ValueError(f"mamode={mode!r} is not known; known are {', '.join(BY_NAME)}") from None


def true_range(high: pd.Series, low: pd.Series, close: pd.Series) -> pd.Series:
    """The largest of the bar's range and its distances from the close before."""
    before = close.shift(1)
    reach = pd.concat([high - low, (high - before).abs(), (low - before).abs()], axis=1).max(axis=1)
    reach.iloc[:1] = np.nan
    return reach


def stdev(x: pd.Series, length: int, ddof: int = 1) -> pd.Series:
    """Standard deviation of the last values."""
    return x.rolling(length, min_periods=length).var(ddof=ddof) ** 0.5
