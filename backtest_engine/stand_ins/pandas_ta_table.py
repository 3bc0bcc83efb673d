"""What pandas_ta's functions take, compute and call their columns: a row for each.

A row names the price series in the order of the library's arguments, its other arguments with their defaults, and the
columns, whose names hold those arguments. Arguments that a row does not name are ignored, as by the library.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.indicators import REGISTRY
from backtest_engine.stand_ins.averages import (
    BY_NAME,
    average,
    ema,
    rma,
    sma,
    stdev,
    true_range,
    weighted,
)

Series = pd.Series


@dataclass(frozen=True)
class Row:
    """One function: its price inputs, its arguments in order, its columns, and how they are computed."""

    inputs: tuple[str, ...]
    arguments: dict[str, Any]
    columns: tuple[str, ...]
    compute: Callable[..., Any]


ROWS: dict[str, Row] = {}

HLC, HLCV = ("high", "low", "close"), ("high", "low", "close", "volume")


def _row(
    name: str, inputs: tuple[str, ...] | str, columns: str, compute: Callable[..., Any], /, **arguments: Any
) -> None:
    taken = (inputs,) if isinstance(inputs, str) else inputs
    ROWS[name] = Row(taken, arguments, tuple(columns.split()), compute)


for _name in ("sma", "ema", "wma", "dema", "tema", "trima"):
    _row(_name, "close", _name.upper() + "_{length}", BY_NAME[_name], length=10, talib=None)
for _name in ("hma", "rma"):
    _row(_name, "close", _name.upper() + "_{length}", BY_NAME[_name], length=10)


def _zlma(close: Series, length: int, mamode: str) -> Series:
    return average(mamode, 2 * close - close.shift(int(0.5 * (length - 1))), length)


def _vwma(close: Series, volume: Series, length: int) -> Series:
    return sma(close * volume, length) / sma(volume, length)


def _rsi(close: Series, length: int, scalar: float) -> Series:
    change = close.diff()
    gain, loss = rma(change.clip(lower=0), length), rma((-change).clip(lower=0), length)
    return scalar * gain / (gain + loss)


def _macd(close: Series, fast: int, slow: int, signal: int) -> tuple[Series, ...]:
    line = ema(close, fast) - ema(close, slow)
    trigger = ema(line, signal)
    return line, line - trigger, trigger


def _bbands(close: Series, length: int, std: float, ddof: int, mamode: str) -> tuple[Series, ...]:
    middle, reach = average(mamode, close, length), std * stdev(close, length, ddof)
    low, high = middle - reach, middle + reach
    return low, middle, high, 100 * (high - low) / middle, (close - low) / (high - low)


def _atr(high: Series, low: Series, close: Series, length: int, mamode: str) -> Series:
    return average(mamode, true_range(high, low, close), length)


def _adx(
    high: Series, low: Series, close: Series, length: int, lensig: int | None, scalar: float, mamode: str
) -> tuple[Series, ...]:
    up, down = high.diff().fillna(0), -low.diff().fillna(0)
    reach = rma(true_range(high, low, close), length)
    plus = scalar * average(mamode, up.where((up > down) & (up > 0), 0.0), length) / reach
    minus = scalar * average(mamode, down.where((down > up) & (down > 0), 0.0), length) / reach
    return average(mamode, scalar * (plus - minus).abs() / (plus + minus), lensig or length), plus, minus


def _within(close: Series, high: Series, low: Series, length: int) -> Series:
    """Where the close lies in the range of the window, from 0 to 100."""
    bottom = low.rolling(length).min()
    return 100 * (close - bottom) / (high.rolling(length).max() - bottom)


def _stoch(high: Series, low: Series, close: Series, k: int, d: int, smooth_k: int, mamode: str) -> tuple[Series, ...]:
    smooth = average(mamode, _within(close, high, low, k), smooth_k)
    return smooth, average(mamode, smooth, d)


def _stochrsi(close: Series, length: int, rsi_length: int, k: int, d: int, mamode: str) -> tuple[Series, ...]:
    strength = _rsi(close, rsi_length, 100)
    smooth = average(mamode, _within(strength, strength, strength, length), k)
    return smooth, average(mamode, smooth, d)


def _cci(high: Series, low: Series, close: Series, length: int, c: float) -> Series:
    typical = (high + low + close) / 3
    spread = typical.rolling(length).apply(lambda window: np.abs(window - window.mean()).mean(), raw=True)
    return (typical - sma(typical, length)) / (c * spread)


def _obv(close: Series, volume: Series) -> Series:
    sign = np.sign(close.diff())
    sign.iloc[:1] = 1
    return (sign * volume).cumsum()


def _mfi(high: Series, low: Series, close: Series, volume: Series, length: int) -> Series:
    typical = (high + low + close) / 3
    flow, change = typical * volume, typical.diff()
    gain = flow.where(change > 0, 0.0).rolling(length).sum()
    loss = flow.where(change < 0, 0.0).rolling(length).sum()
    return 100 * gain / (gain + loss)


def _ad(high: Series, low: Series, close: Series, volume: Series, open_: Series | None = None) -> Series:
    """Accumulation from where the close lies in the bar, or, with opens, from the body."""
    inner = 2 * close - (high + low) if open_ is None else close - open_
    return (inner / (high - low) * volume).cumsum()


def _cmf(high: Series, low: Series, close: Series, volume: Series, open_: Series | None, length: int) -> Series:
    inner = 2 * close - (high + low) if open_ is None else close - open_
    return (inner / (high - low) * volume).rolling(length).sum() / volume.rolling(length).sum()


def _adosc(
    high: Series, low: Series, close: Series, volume: Series, open_: Series | None, fast: int, slow: int
) -> Series:
    line = _ad(high, low, close, volume, open_)
    return line.ewm(span=fast, adjust=False).mean() - line.ewm(span=slow, adjust=False).mean()


def _vwap(high: Series, low: Series, close: Series, volume: Series, anchor: str) -> Series:
    if not isinstance(close.index, pd.DatetimeIndex):
        raise TypeError("vwap needs series that are indexed by time, such as self.data.Close.s")
    spans = close.index.to_period(anchor)
    money = (high + low + close) / 3 * volume
    return money.groupby(spans).cumsum() / volume.groupby(spans).cumsum()


def _supertrend(high: Series, low: Series, close: Series, length: int, multiplier: float) -> tuple[Series, ...]:
    middle, reach = (high + low) / 2, multiplier * _atr(high, low, close, length, "rma")
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


def _kc(high: Series, low: Series, close: Series, length: int, scalar: float, mamode: str) -> tuple[Series, ...]:
    middle = average(mamode, close, length)
    reach = scalar * average(mamode, true_range(high, low, close), length)
    return middle - reach, middle, middle + reach


def _donchian(high: Series, low: Series, lower_length: int, upper_length: int) -> tuple[Series, ...]:
    bottom, top = low.rolling(lower_length).min(), high.rolling(upper_length).max()
    return bottom, (bottom + top) / 2, top


def ichimoku_lines(high: Series, low: Series, tenkan: int, kijun: int, senkou: int) -> tuple[Series, ...]:
    """Return both leading spans, moved to the bar where they are drawn, the conversion and the base line."""

    def middle(length: int) -> Series:
        return (high.rolling(length).max() + low.rolling(length).min()) / 2

    quick, slow = middle(tenkan), middle(kijun)
    return ((quick + slow) / 2).shift(kijun), middle(senkou).shift(kijun), quick, slow


def _aroon(high: Series, low: Series, length: int, scalar: float) -> tuple[Series, ...]:
    def since(window: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> float:
        return float(len(window) - 1 - np.argmax(window[::-1]))

    up = scalar * high.rolling(length + 1).apply(since, raw=True) / length
    down = scalar * (-low).rolling(length + 1).apply(since, raw=True) / length
    return down, up, up - down


def _chop(high: Series, low: Series, close: Series, length: int, atr_length: int, ln: bool, scalar: float) -> Series:
    log = np.log if ln else np.log10
    total = _atr(high, low, close, atr_length, "rma").rolling(length).sum()
    return scalar * (log(total) - log(high.rolling(length).max() - low.rolling(length).min())) / log(length)


def _linreg(close: Series, length: int) -> Series:
    x = np.arange(1, length + 1, dtype=float)
    off = x - x.mean()
    return close.rolling(length).apply(
        lambda y: y.mean() + np.dot(off, y) / np.dot(off, off) * (x[-1] - x.mean()), raw=True
    )


def _ppo(close: Series, fast: int, slow: int, signal: int, scalar: float, mamode: str) -> tuple[Series, ...]:
    quick, calm = average(mamode, close, fast), average(mamode, close, slow)
    line = scalar * (quick - calm) / calm
    trigger = ema(line, signal)
    return line, line - trigger, trigger


def _tsi(close: Series, fast: int, slow: int, signal: int, scalar: float, mamode: str) -> tuple[Series, ...]:
    change = close.diff()
    line = scalar * ema(ema(change, slow), fast) / ema(ema(change.abs(), slow), fast)
    return line, average(mamode, line, signal)


def _trix(close: Series, length: int, signal: int, scalar: float) -> tuple[Series, ...]:
    line = scalar * ema(ema(ema(close, length), length), length).pct_change()
    return line, line.rolling(signal).mean()


def _cmo(close: Series, length: int, scalar: float) -> Series:
    change = close.diff()
    gain, loss = (x.clip(lower=0).rolling(length).sum() for x in (change, -change))
    return scalar * (gain - loss) / (gain + loss)


def _ha(open_: Series, high: Series, low: Series, close: Series) -> tuple[Series, ...]:
    body = (open_ + high + low + close) / 4
    start = np.empty(len(body))
    if len(start):
        start[0] = (open_.iloc[0] + close.iloc[0]) / 2
    for bar in range(1, len(body)):
        start[bar] = (start[bar - 1] + body.iloc[bar - 1]) / 2
    first = Series(start, index=body.index)
    together = pd.concat([first, high, low, body], axis=1)
    return first, together.max(axis=1), together.min(axis=1), body


def _vortex(high: Series, low: Series, close: Series, length: int) -> tuple[Series, ...]:
    reach = true_range(high, low, close).rolling(length).sum()
    plus, minus = (high - low.shift(1)).abs(), (low - high.shift(1)).abs()
    return plus.rolling(length).sum() / reach, minus.rolling(length).sum() / reach


def _kst(close: Series, **given: Any) -> tuple[Series, Series]:
    def part(place: int) -> Series:
        length = given[f"roc{place}"]
        return (close / close.shift(length) - 1).rolling(given[f"sma{place}"]).mean()

    line = 10_000 * (part(1) + 2 * part(2) + 3 * part(3) + 4 * part(4))
    return line, line.rolling(given["signal"]).mean()


def _psar(high: Series, low: Series, af0: float, af: float | None, max_af: float) -> tuple[Series, ...]:
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


def _pvo(volume: Series, fast: int, slow: int, signal: int, scalar: float) -> tuple[Series, ...]:
    return _ppo(volume, fast, slow, signal, scalar, "ema")


def _fisher(high: Series, low: Series, length: int, signal: int) -> tuple[Series, Series]:
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


def _squeeze(
    high: Series, low: Series, close: Series, bb_length: int, bb_std: float, kc_length: int, kc_scalar: float,
    mom_length: int, mom_smooth: int, use_tr: bool, mamode: str,
) -> tuple[Series, ...]:  # fmt: skip
    below, _, above, *_rest = _bbands(close, bb_length, bb_std, 0, mamode)
    reach = true_range(high, low, close) if use_tr else high - low
    middle, width = average(mamode, close, kc_length), kc_scalar * average(mamode, reach, kc_length)
    on = (below > middle - width) & (above < middle + width)
    off = (below < middle - width) & (above > middle + width)
    line = average(mamode, close.diff(mom_length), mom_smooth)
    return line, on.astype(int), off.astype(int), (~on & ~off).astype(int)


_row("zlma", "close", "ZL_EMA_{length}", _zlma, length=10, mamode="ema")
_row("vwma", ("close", "volume"), "VWMA_{length}", _vwma, length=10)
_row("rsi", "close", "RSI_{length}", _rsi, length=14, scalar=100, talib=None)
_row(
    "macd",
    "close",
    "MACD_{fast}_{slow}_{signal} MACDh_{fast}_{slow}_{signal} MACDs_{fast}_{slow}_{signal}",
    _macd,
    fast=12,
    slow=26,
    signal=9,
    talib=None,
)
_row(
    "bbands",
    "close",
    "BBL_{length}_{std} BBM_{length}_{std} BBU_{length}_{std} BBB_{length}_{std} BBP_{length}_{std}",
    _bbands,
    length=5,
    std=2.0,
    ddof=0,
    mamode="sma",
    talib=None,
)
_row("atr", HLC, "ATR{mamode[0]}_{length}", _atr, length=14, mamode="rma", talib=None)
_row(
    "natr",
    HLC,
    "NATR_{length}",
    lambda high, low, c, length, scalar, mamode: scalar * _atr(high, low, c, length, mamode) / c,
    length=14,
    scalar=100,
    mamode="rma",
    talib=None,
)
_row("true_range", HLC, "TRUERANGE_1", true_range, talib=None)
_row("adx", HLC, "ADX_{lensig} DMP_{length} DMN_{length}", _adx, length=14, lensig=None, scalar=100, mamode="rma")
_row("stoch", HLC, "STOCHk_{k}_{d}_{smooth_k} STOCHd_{k}_{d}_{smooth_k}", _stoch, k=14, d=3, smooth_k=3, mamode="sma")
_row(
    "stochrsi",
    "close",
    "STOCHRSIk_{length}_{rsi_length}_{k}_{d} STOCHRSId_{length}_{rsi_length}_{k}_{d}",
    _stochrsi,
    length=14,
    rsi_length=14,
    k=3,
    d=3,
    mamode="sma",
)
_row("cci", HLC, "CCI_{length}_{c}", _cci, length=14, c=0.015, talib=None)
_row(
    "willr",
    HLC,
    "WILLR_{length}",
    lambda high, low, c, length: _within(c, high, low, length) - 100,
    length=14,
    talib=None,
)
_row(
    "roc", "close", "ROC_{length}", lambda x, length, scalar: scalar * (x / x.shift(length) - 1), length=10, scalar=100
)
_row("mom", "close", "MOM_{length}", lambda x, length: x.diff(length), length=10, talib=None)
_row("obv", ("close", "volume"), "OBV", _obv, talib=None)
_row("mfi", HLCV, "MFI_{length}", _mfi, length=14, talib=None)
_row("cmf", HLCV, "CMF_{length}", _cmf, open_=None, length=20)
_row("ad", HLCV, "AD", _ad, open_=None, talib=None)
_row("adosc", HLCV, "ADOSC_{fast}_{slow}", _adosc, open_=None, fast=3, slow=10, talib=None)
_row("vwap", HLCV, "VWAP_{anchor}", _vwap, anchor="D")
_row(
    "supertrend",
    HLC,
    "SUPERT_{length}_{multiplier} SUPERTd_{length}_{multiplier} SUPERTl_{length}_{multiplier} SUPERTs_{length}_{multiplier}",
    _supertrend,
    length=7,
    multiplier=3.0,
)
_row(
    "kc",
    HLC,
    "KCL{mamode[0]}_{length}_{scalar} KCB{mamode[0]}_{length}_{scalar} KCU{mamode[0]}_{length}_{scalar}",
    _kc,
    length=20,
    scalar=2,
    mamode="ema",
)
_row(
    "donchian",
    ("high", "low"),
    "DCL_{lower_length}_{upper_length} DCM_{lower_length}_{upper_length} DCU_{lower_length}_{upper_length}",
    _donchian,
    lower_length=20,
    upper_length=20,
)
_row(
    "psar",
    ("high", "low"),
    "PSARl_{af0}_{max_af} PSARs_{af0}_{max_af} PSARr_{af0}_{max_af}",
    _psar,
    af0=0.02,
    af=None,
    max_af=0.2,
)
_row("aroon", ("high", "low"), "AROOND_{length} AROONU_{length} AROONOSC_{length}", _aroon, length=14, scalar=100)
_row("chop", HLC, "CHOP_{length}_{atr_length}_{scalar}", _chop, length=14, atr_length=1, ln=False, scalar=100)
_row("stdev", "close", "STDEV_{length}", stdev, length=30, ddof=0)
_row("variance", "close", "VAR_{length}", lambda x, length, ddof: x.rolling(length).var(ddof=ddof), length=30, ddof=0)
_row(
    "zscore",
    "close",
    "ZS_{length}",
    lambda x, length, std: (x - sma(x, length)) / (std * stdev(x, length)),
    length=30,
    std=1,
)
_row("linreg", "close", "LR_{length}", _linreg, length=14)
_row("slope", "close", "SLOPE_{length}", lambda x, length: x.diff(length) / length, length=1)
_row(
    "ao",
    ("high", "low"),
    "AO_{fast}_{slow}",
    lambda high, low, fast, slow: sma((high + low) / 2, fast) - sma((high + low) / 2, slow),
    fast=5,
    slow=34,
)
_row(
    "ppo",
    "close",
    "PPO_{fast}_{slow}_{signal} PPOh_{fast}_{slow}_{signal} PPOs_{fast}_{slow}_{signal}",
    _ppo,
    fast=12,
    slow=26,
    signal=9,
    scalar=100,
    mamode="sma",
)
_row(
    "apo",
    "close",
    "APO_{fast}_{slow}",
    lambda x, fast, slow, mamode: average(mamode, x, fast) - average(mamode, x, slow),
    fast=12,
    slow=26,
    mamode="sma",
)
_row(
    "tsi",
    "close",
    "TSI_{fast}_{slow}_{signal} TSIs_{fast}_{slow}_{signal}",
    _tsi,
    fast=13,
    slow=25,
    signal=13,
    scalar=100,
    mamode="ema",
)
_row("trix", "close", "TRIX_{length}_{signal} TRIXs_{length}_{signal}", _trix, length=30, signal=9, scalar=100)
_row("cmo", "close", "CMO_{length}", _cmo, length=14, scalar=100)
_row("ha", ("open_", "high", "low", "close"), "HA_open HA_high HA_low HA_close", _ha)
_row("hl2", ("high", "low"), "HL2", lambda high, low: (high + low) / 2)
_row("hlc3", HLC, "HLC3", lambda high, low, c: (high + low + c) / 3)
_row("ohlc4", ("open_", "high", "low", "close"), "OHLC4", lambda o, high, low, c: (o + high + low + c) / 4)
_row("log_return", "close", "LOGRET_{length}", lambda x, length: np.log(x).diff(length), length=1)
_row("percent_return", "close", "PCTRET_{length}", lambda x, length: x.pct_change(length), length=1)
_row(
    "efi",
    ("close", "volume"),
    "EFI_{length}",
    lambda c, v, length, mamode: average(mamode, c.diff() * v, length),
    length=13,
    mamode="ema",
)
_row("vortex", HLC, "VTXP_{length} VTXM_{length}", _vortex, length=14)
_row(
    "kst",
    "close",
    "KST_{roc1}_{roc2}_{roc3}_{roc4}_{sma1}_{sma2}_{sma3}_{sma4} KSTs_{signal}",
    _kst,
    roc1=10,
    roc2=15,
    roc3=20,
    roc4=30,
    sma1=10,
    sma2=10,
    sma3=10,
    sma4=15,
    signal=9,
)
_row(
    "bop",
    ("open_", "high", "low", "close"),
    "BOP",
    lambda o, high, low, c, scalar: scalar * (c - o) / (high - low),
    scalar=1,
)
_row("qstick", ("open_", "close"), "QS_{length}", lambda o, c, length: sma(c - o, length), length=10)
_row("median", "close", "MEDIAN_{length}", lambda x, length: x.rolling(length).median(), length=30)
_row("quantile", "close", "QTL_{length}_{q}", lambda x, length, q: x.rolling(length).quantile(q), length=30, q=0.5)
_row("skew", "close", "SKEW_{length}", lambda x, length: x.rolling(length).skew(), length=30)
_row("kurtosis", "close", "KURT_{length}", lambda x, length: x.rolling(length).kurt(), length=30)
_row(
    "midpoint",
    "close",
    "MIDPOINT_{length}",
    lambda x, length: (x.rolling(length).min() + x.rolling(length).max()) / 2,
    length=2,
)
_row(
    "midprice",
    ("high", "low"),
    "MIDPRICE_{length}",
    lambda high, low, length: (low.rolling(length).min() + high.rolling(length).max()) / 2,
    length=2,
)
_row(
    "swma",
    "close",
    "SWMA_{length}",
    lambda x, length: weighted(x, np.minimum(np.arange(1, length + 1), np.arange(length, 0, -1)).astype(float)),
    length=10,
)
_row("pvol", ("close", "volume"), "PVOL", lambda c, v: c * v)
_row("wcp", HLC, "WCP", lambda high, low, c: (high + low + 2 * c) / 4)
_row(
    "uo",
    HLC,
    "UO_{fast}_{medium}_{slow}",
    lambda high, low, c, fast, medium, slow: registered(
        "ultimate_oscillator", high, low, c, short=fast, medium=medium, long=slow
    ),
    fast=7,
    medium=14,
    slow=28,
)
_row(
    "coppock",
    "close",
    "COPC_{fast}_{slow}_{length}",
    lambda x, length, fast, slow: registered("coppock", x, period=length, roc_short=fast, roc_long=slow),
    length=10,
    fast=11,
    slow=14,
)
_row(
    "er",
    "close",
    "ER_{length}",
    lambda x, length: x.diff(length).abs() / x.diff().abs().rolling(length).sum(),
    length=10,
)
_row(
    "vhf",
    "close",
    "VHF_{length}",
    lambda x, length: (x.rolling(length).max() - x.rolling(length).min()).abs() / x.diff().abs().rolling(length).sum(),
    length=28,
)
_row(
    "kama",
    "close",
    "KAMA_{length}_{fast}_{slow}",
    lambda x, length, fast, slow: registered("kama", x, period=length),
    length=10,
    fast=2,
    slow=30,
)
_row(
    "pvo",
    "volume",
    "PVO_{fast}_{slow}_{signal} PVOh_{fast}_{slow}_{signal} PVOs_{fast}_{slow}_{signal}",
    _pvo,
    fast=12,
    slow=26,
    signal=9,
    scalar=100,
)
_row("pvt", ("close", "volume"), "PVT", lambda c, v: (100 * c.pct_change() * v).cumsum())
_row(
    "massi",
    ("high", "low"),
    "MASSI_{fast}_{slow}",
    lambda high, low, fast, slow: (ema(high - low, fast) / ema(ema(high - low, fast), fast)).rolling(slow).sum(),
    fast=9,
    slow=25,
)
_row(
    "bias",
    "close",
    "BIAS_{mamode}_{length}",
    lambda x, length, mamode: x / average(mamode, x, length) - 1,
    length=26,
    mamode="sma",
)
_row("fisher", ("high", "low"), "FISHERT_{length}_{signal} FISHERTs_{length}_{signal}", _fisher, length=9, signal=1)
_row(
    "squeeze",
    HLC,
    "SQZ_{bb_length}_{bb_std}_{kc_length}_{kc_scalar} SQZ_ON SQZ_OFF SQZ_NO",
    _squeeze,
    bb_length=20,
    bb_std=2.0,
    kc_length=20,
    kc_scalar=1.5,
    mom_length=12,
    mom_smooth=6,
    use_tr=True,
    mamode="sma",
)
_row(
    "mad",
    "close",
    "MAD_{length}",
    lambda x, length: x.rolling(length).apply(lambda y: np.abs(y - y.mean()).mean(), raw=True),
    length=30,
)
_row(
    "ui",
    "close",
    "UI_{length}",
    lambda x, length, scalar: (
        (((scalar * (x / x.rolling(length).max() - 1)) ** 2).rolling(length).sum() / length) ** 0.5
    ),
    length=14,
    scalar=100,
)
