"""pandas_ta's definitions that are more than an average, over pandas Series."""

from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.indicators import REGISTRY
from backtest_engine.stand_ins.averages import average, ema, rma, sma, stdev, true_range

Series = pd.Series


def zero_lag(close: Series, length: int, mamode: str) -> Series:
    """Average of values from which the lag is taken out."""
    return average(mamode, 2 * close - close.shift(int(0.5 * (length - 1))), length)


def vwma(close: Series, volume: Series, length: int) -> Series:
    """Average weighted by volume."""
    return sma(close * volume, length) / sma(volume, length)


def rsi(close: Series, length: int, scalar: float) -> Series:
    """Wilder's relative strength."""
    change = close.diff()
    gain, loss = rma(change.clip(lower=0), length), rma((-change).clip(lower=0), length)
    return scalar * gain / (gain + loss)


def macd(close: Series, fast: int, slow: int, signal: int) -> tuple[Series, ...]:
    """Line, histogram and signal."""
    line = ema(close, fast) - ema(close, slow)
    trigger = ema(line, signal)
    return line, line - trigger, trigger


def bbands(close: Series, length: int, std: float, ddof: int, mamode: str) -> tuple[Series, ...]:
    """Lower, middle and upper band, width and place."""
    middle, reach = average(mamode, close, length), std * stdev(close, length, ddof)
    low, high = middle - reach, middle + reach
    return low, middle, high, 100 * (high - low) / middle, (close - low) / (high - low)


def atr(high: Series, low: Series, close: Series, length: int, mamode: str) -> Series:
    """Average true range."""
    return average(mamode, true_range(high, low, close), length)


def adx(
    high: Series, low: Series, close: Series, length: int, lensig: int | None, scalar: float, mamode: str
) -> tuple[Series, ...]:
    """Strength of the trend, and both directions."""
    up, down = high.diff().fillna(0), -low.diff().fillna(0)
    reach = rma(true_range(high, low, close), length)
    plus = scalar * average(mamode, up.where((up > down) & (up > 0), 0.0), length) / reach
    minus = scalar * average(mamode, down.where((down > up) & (down > 0), 0.0), length) / reach
    return average(mamode, scalar * (plus - minus).abs() / (plus + minus), lensig or length), plus, minus


def within(close: Series, high: Series, low: Series, length: int) -> Series:
    """Where the close lies in the range of the window, from 0 to 100."""
    bottom = low.rolling(length).min()
    return 100 * (close - bottom) / (high.rolling(length).max() - bottom)


def stoch(high: Series, low: Series, close: Series, k: int, d: int, smooth_k: int, mamode: str) -> tuple[Series, ...]:
    """Smoothed place in the range, and its average."""
    smooth = average(mamode, within(close, high, low, k), smooth_k)
    return smooth, average(mamode, smooth, d)


def stochrsi(close: Series, length: int, rsi_length: int, k: int, d: int, mamode: str) -> tuple[Series, ...]:
    """The same of the relative strength."""
    strength = rsi(close, rsi_length, 100)
    smooth = average(mamode, within(strength, strength, strength, length), k)
    return smooth, average(mamode, smooth, d)


def cci(high: Series, low: Series, close: Series, length: int, c: float) -> Series:
    """Distance from the mean in mean deviations."""
    typical = (high + low + close) / 3
    spread = typical.rolling(length).apply(lambda window: np.abs(window - window.mean()).mean(), raw=True)
    return (typical - sma(typical, length)) / (c * spread)


def obv(close: Series, volume: Series) -> Series:
    """Volume summed by the sign of the change."""
    sign: Series = close.diff().apply(np.sign)
    sign.iloc[:1] = 1
    return (sign * volume).cumsum()


def mfi(high: Series, low: Series, close: Series, volume: Series, length: int) -> Series:
    """Relative strength of the money flow."""
    typical = (high + low + close) / 3
    flow, change = typical * volume, typical.diff()
    gain = flow.where(change > 0, 0.0).rolling(length).sum()
    loss = flow.where(change < 0, 0.0).rolling(length).sum()
    return 100 * gain / (gain + loss)


def ad(high: Series, low: Series, close: Series, volume: Series, open_: Series | None = None) -> Series:
    """Accumulation from where the close lies in the bar, or, with opens, from the body."""
    inner = 2 * close - (high + low) if open_ is None else close - open_
    return (inner / (high - low) * volume).cumsum()


def cmf(high: Series, low: Series, close: Series, volume: Series, open_: Series | None, length: int) -> Series:
    """Money flow of the window by its volume."""
    inner = 2 * close - (high + low) if open_ is None else close - open_
    return (inner / (high - low) * volume).rolling(length).sum() / volume.rolling(length).sum()


def adosc(
    high: Series, low: Series, close: Series, volume: Series, open_: Series | None, fast: int, slow: int
) -> Series:
    """Two averages of accumulation apart."""
    line = ad(high, low, close, volume, open_)
    return line.ewm(span=fast, adjust=False).mean() - line.ewm(span=slow, adjust=False).mean()


def vwap(high: Series, low: Series, close: Series, volume: Series, anchor: str) -> Series:
    """Volume weighted price since the anchor began."""
    if not isinstance(close.index, pd.DatetimeIndex):
        raise TypeError("vwap needs series that are indexed by time, such as self.data.Close.s")
    spans = close.index.to_period(anchor)
    money = (high + low + close) / 3 * volume
    return money.groupby(spans).cumsum() / volume.groupby(spans).cumsum()


def supertrend(high: Series, low: Series, close: Series, length: int, multiplier: float) -> tuple[Series, ...]:
    """Trend, direction, and the stop of either side."""
    middle, reach = (high + low) / 2, multiplier * atr(high, low, close, length, "rma")
    upper, lower = (middle + reach).to_numpy(copy=True), (middle - reach).to_numpy(copy=True)
    price, count = close.to_numpy(), len(close)
    side = np.ones(count)
    trend, long, short = (np.full(count, np.nan) for _ in range(3))
    trend[:1] = 0.0
    for bar in range(1, count):
        side[bar] = 1 if price[bar] > upper[bar - 1] else -1 if price[bar] < lower[bar - 1] else side[bar - 1]
        if side[bar] == side[bar - 1]:
            if side[bar] > 0 and lower[bar] < lower[bar - 1]:
                lower[bar] = lower[bar - 1]
            if side[bar] < 0 and upper[bar] > upper[bar - 1]:
                upper[bar] = upper[bar - 1]
        band, held = (lower, long) if side[bar] > 0 else (upper, short)
        trend[bar] = held[bar] = band[bar]
    return tuple(Series(item, index=close.index) for item in (trend, side, long, short))


def kc(high: Series, low: Series, close: Series, length: int, scalar: float, mamode: str) -> tuple[Series, ...]:
    """Lower, middle and upper channel."""
    middle = average(mamode, close, length)
    reach = scalar * average(mamode, true_range(high, low, close), length)
    return middle - reach, middle, middle + reach


def donchian(high: Series, low: Series, lower_length: int, upper_length: int) -> tuple[Series, ...]:
    """Lowest, middle and highest of the window."""
    bottom, top = low.rolling(lower_length).min(), high.rolling(upper_length).max()
    return bottom, (bottom + top) / 2, top


def ichimoku_lines(high: Series, low: Series, tenkan: int, kijun: int, senkou: int) -> tuple[Series, ...]:
    """Return both leading spans, moved to the bar where they are drawn, the conversion and the base line."""

    def middle(length: int) -> Series:
        return (high.rolling(length).max() + low.rolling(length).min()) / 2

    quick, slow = middle(tenkan), middle(kijun)
    return ((quick + slow) / 2).shift(kijun), middle(senkou).shift(kijun), quick, slow


def aroon(high: Series, low: Series, length: int, scalar: float) -> tuple[Series, ...]:
    """How long ago the extremes were, and their difference."""

    def since(window: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        return float(len(window) - 1 - np.argmax(window[::-1]))

    up = scalar * high.rolling(length + 1).apply(since, raw=True) / length
    down = scalar * (-low).rolling(length + 1).apply(since, raw=True) / length
    return down, up, up - down


def chop(high: Series, low: Series, close: Series, length: int, atr_length: int, ln: bool, scalar: float) -> Series:
    """How much of the way of a window went sideways."""
    log = np.log if ln else np.log10
    total = atr(high, low, close, atr_length, "rma").rolling(length).sum()
    reach = high.rolling(length).max() - low.rolling(length).min()
    share: Series = (total / reach).apply(log)
    return share * (scalar / float(log(length)))


def linreg(close: Series, length: int) -> Series:
    """End of the line through the window."""
    x = np.arange(1, length + 1, dtype=float)
    off = x - x.mean()
    return close.rolling(length).apply(
        lambda y: y.mean() + np.dot(off, y) / np.dot(off, off) * (x[-1] - x.mean()), raw=True
    )


def ppo(close: Series, fast: int, slow: int, signal: int, scalar: float, mamode: str) -> tuple[Series, ...]:
    """Line, histogram and signal in percent."""
    quick, calm = average(mamode, close, fast), average(mamode, close, slow)
    line = scalar * (quick - calm) / calm
    trigger = ema(line, signal)
    return line, line - trigger, trigger


def tsi(close: Series, fast: int, slow: int, signal: int, scalar: float, mamode: str) -> tuple[Series, ...]:
    """Double smoothed change, and its average."""
    change = close.diff()
    line = scalar * ema(ema(change, slow), fast) / ema(ema(change.abs(), slow), fast)
    return line, average(mamode, line, signal)


def trix(close: Series, length: int, signal: int, scalar: float) -> tuple[Series, ...]:
    """Change of the triple average, and its mean."""
    line = scalar * ema(ema(ema(close, length), length), length).pct_change()
    return line, line.rolling(signal).mean()


def cmo(close: Series, length: int, scalar: float) -> Series:
    """Gains less losses by their sum."""
    change = close.diff()
    gain, loss = (x.clip(lower=0).rolling(length).sum() for x in (change, -change))
    return scalar * (gain - loss) / (gain + loss)


def ha(open_: Series, high: Series, low: Series, close: Series) -> tuple[Series, ...]:
    """Heikin-Ashi candles."""
    body = (open_ + high + low + close) / 4
    start = np.empty(len(body))
    if len(start):
        start[0] = (open_.iloc[0] + close.iloc[0]) / 2
    for bar in range(1, len(body)):
        start[bar] = (start[bar - 1] + body.iloc[bar - 1]) / 2
    first = Series(start, index=body.index)
    together = pd.concat([first, high, low, body], axis=1)
    return first, together.max(axis=1), together.min(axis=1), body


def vortex(high: Series, low: Series, close: Series, length: int) -> tuple[Series, ...]:
    """Movements up and down by the true range."""
    reach = true_range(high, low, close).rolling(length).sum()
    plus, minus = (high - low.shift(1)).abs(), (low - high.shift(1)).abs()
    return plus.rolling(length).sum() / reach, minus.rolling(length).sum() / reach


def kst(close: Series, **given: Any) -> tuple[Series, Series]:
    """Weighted sum of smoothed rates of change, and its mean."""

    def part(place: int) -> Series:
        length = given[f"roc{place}"]
        return (close / close.shift(length) - 1).rolling(given[f"sma{place}"]).mean()

    line = 10_000 * (part(1) + 2 * part(2) + 3 * part(3) + 4 * part(4))
    return line, line.rolling(given["signal"]).mean()


def psar(high: Series, low: Series, af0: float, af: float | None, max_af: float) -> tuple[Series, ...]:
    """Stops below and above the price, and where they turn."""
    if af not in (None, af0):
        raise ValueError("psar with another step than its start is not offered here")
    stop = registered("psar", high, low, acceleration=af0, maximum=max_af)
    below = stop < low
    turned = (below != below.shift(1)) & stop.shift(1).notna()
    return stop.where(below), stop.where(~below), turned.astype(float)


def registered(name: str, *inputs: Series, **parameters: Any) -> Any:
    """Compute with this package's own indicator where its definition is the same."""
    values = REGISTRY[name].function(*(item.to_numpy(dtype=float) for item in inputs), **parameters)
    parts = values if isinstance(values, tuple) else (values,)
    found = tuple(Series(item, index=inputs[0].index) for item in parts)
    return found if isinstance(values, tuple) else found[0]


def pvo(volume: Series, fast: int, slow: int, signal: int, scalar: float) -> tuple[Series, ...]:
    """The same as ppo, of volume."""
    return ppo(volume, fast, slow, signal, scalar, "ema")


def fisher(high: Series, low: Series, length: int, signal: int) -> tuple[Series, Series]:
    """Fisher transform of the place in the range, and the bar before."""
    middle = (high + low) / 2
    bottom, top = middle.rolling(length).min(), middle.rolling(length).max()
    place = ((middle - bottom) / (top - bottom).clip(lower=0.001) - 0.5).to_numpy()
    value, found = 0.0, np.full(len(place), np.nan)
    if len(found) >= length:
        found[length - 1] = 0.0
    for bar in range(length, len(place)):
        value = 0.66 * place[bar] + 0.67 * value
        value = 0.999 if value > 0.99 else -0.999 if value < -0.99 else value
        found[bar] = 0.5 * (np.log((1 + value) / (1 - value)) + found[bar - 1])
    line = Series(found, index=high.index)
    return line, line.shift(signal)


def squeeze(
    high: Series, low: Series, close: Series, bb_length: int, bb_std: float, kc_length: int, kc_scalar: float,
    mom_length: int, mom_smooth: int, use_tr: bool, mamode: str,
) -> tuple[Series, ...]:  # fmt: skip
    """Momentum, and whether bands lie inside the channel."""
    below, _, above, *_rest = bbands(close, bb_length, bb_std, 0, mamode)
    reach = true_range(high, low, close) if use_tr else high - low
    middle, width = average(mamode, close, kc_length), kc_scalar * average(mamode, reach, kc_length)
    on = (below > middle - width) & (above < middle + width)
    off = (below < middle - width) & (above > middle + width)
    line = average(mamode, close.diff(mom_length), mom_smooth)
    return line, on.astype(int), off.astype(int), (~on & ~off).astype(int)
