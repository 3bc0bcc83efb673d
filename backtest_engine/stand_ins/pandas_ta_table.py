"""What pandas_ta's functions take, compute and call their columns: a row for each.

A row names the price series in the order of the library's arguments, its other arguments with their defaults, and the
columns, whose names hold those arguments. Arguments that a row does not name are ignored, as by the library.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.stand_ins import pandas_ta_formulas as formulas
from backtest_engine.stand_ins.averages import BY_NAME, average, ema, sma, stdev, true_range, weighted

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


_row("zlma", "close", "ZL_EMA_{length}", formulas.zero_lag, length=10, mamode="ema")
_row("vwma", ("close", "volume"), "VWMA_{length}", formulas.vwma, length=10)
_row("rsi", "close", "RSI_{length}", formulas.rsi, length=14, scalar=100, talib=None)
_row(
    "macd",
    "close",
    "MACD_{fast}_{slow}_{signal} MACDh_{fast}_{slow}_{signal} MACDs_{fast}_{slow}_{signal}",
    formulas.macd,
    fast=12,
    slow=26,
    signal=9,
    talib=None,
)
_row(
    "bbands",
    "close",
    "BBL_{length}_{std} BBM_{length}_{std} BBU_{length}_{std} BBB_{length}_{std} BBP_{length}_{std}",
    formulas.bbands,
    length=5,
    std=2.0,
    ddof=0,
    mamode="sma",
    talib=None,
)
_row("atr", HLC, "ATR{mamode[0]}_{length}", formulas.atr, length=14, mamode="rma", talib=None)
_row(
    "natr",
    HLC,
    "NATR_{length}",
    lambda high, low, c, length, scalar, mamode: scalar * formulas.atr(high, low, c, length, mamode) / c,
    length=14,
    scalar=100,
    mamode="rma",
    talib=None,
)
_row("true_range", HLC, "TRUERANGE_1", true_range, talib=None)
_row(
    "adx", HLC, "ADX_{lensig} DMP_{length} DMN_{length}", formulas.adx, length=14, lensig=None, scalar=100, mamode="rma"
)
_row(
    "stoch",
    HLC,
    "STOCHk_{k}_{d}_{smooth_k} STOCHd_{k}_{d}_{smooth_k}",
    formulas.stoch,
    k=14,
    d=3,
    smooth_k=3,
    mamode="sma",
)
_row(
    "stochrsi",
    "close",
    "STOCHRSIk_{length}_{rsi_length}_{k}_{d} STOCHRSId_{length}_{rsi_length}_{k}_{d}",
    formulas.stochrsi,
    length=14,
    rsi_length=14,
    k=3,
    d=3,
    mamode="sma",
)
_row("cci", HLC, "CCI_{length}_{c}", formulas.cci, length=14, c=0.015, talib=None)
_row(
    "willr",
    HLC,
    "WILLR_{length}",
    lambda high, low, c, length: formulas.within(c, high, low, length) - 100,
    length=14,
    talib=None,
)
_row(
    "roc", "close", "ROC_{length}", lambda x, length, scalar: scalar * (x / x.shift(length) - 1), length=10, scalar=100
)
_row("mom", "close", "MOM_{length}", lambda x, length: x.diff(length), length=10, talib=None)
_row("obv", ("close", "volume"), "OBV", formulas.obv, talib=None)
_row("mfi", HLCV, "MFI_{length}", formulas.mfi, length=14, talib=None)
_row("cmf", HLCV, "CMF_{length}", formulas.cmf, open_=None, length=20)
_row("ad", HLCV, "AD", formulas.ad, open_=None, talib=None)
_row("adosc", HLCV, "ADOSC_{fast}_{slow}", formulas.adosc, open_=None, fast=3, slow=10, talib=None)
_row("vwap", HLCV, "VWAP_{anchor}", formulas.vwap, anchor="D")
_row(
    "supertrend",
    HLC,
    "SUPERT_{length}_{multiplier} SUPERTd_{length}_{multiplier} "
    "SUPERTl_{length}_{multiplier} SUPERTs_{length}_{multiplier}",
    formulas.supertrend,
    length=7,
    multiplier=3.0,
)
_row(
    "kc",
    HLC,
    "KCL{mamode[0]}_{length}_{scalar} KCB{mamode[0]}_{length}_{scalar} KCU{mamode[0]}_{length}_{scalar}",
    formulas.kc,
    length=20,
    scalar=2,
    mamode="ema",
)
_row(
    "donchian",
    ("high", "low"),
    "DCL_{lower_length}_{upper_length} DCM_{lower_length}_{upper_length} DCU_{lower_length}_{upper_length}",
    formulas.donchian,
    lower_length=20,
    upper_length=20,
)
_row(
    "psar",
    ("high", "low"),
    "PSARl_{af0}_{max_af} PSARs_{af0}_{max_af} PSARr_{af0}_{max_af}",
    formulas.psar,
    af0=0.02,
    af=None,
    max_af=0.2,
)
_row(
    "aroon", ("high", "low"), "AROOND_{length} AROONU_{length} AROONOSC_{length}", formulas.aroon, length=14, scalar=100
)
_row("chop", HLC, "CHOP_{length}_{atr_length}_{scalar}", formulas.chop, length=14, atr_length=1, ln=False, scalar=100)
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
_row("linreg", "close", "LR_{length}", formulas.linreg, length=14)
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
    formulas.ppo,
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
    formulas.tsi,
    fast=13,
    slow=25,
    signal=13,
    scalar=100,
    mamode="ema",
)
_row("trix", "close", "TRIX_{length}_{signal} TRIXs_{length}_{signal}", formulas.trix, length=30, signal=9, scalar=100)
_row("cmo", "close", "CMO_{length}", formulas.cmo, length=14, scalar=100)
_row("ha", ("open_", "high", "low", "close"), "HA_open HA_high HA_low HA_close", formulas.ha)
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
_row("vortex", HLC, "VTXP_{length} VTXM_{length}", formulas.vortex, length=14)
_row(
    "kst",
    "close",
    "KST_{roc1}_{roc2}_{roc3}_{roc4}_{sma1}_{sma2}_{sma3}_{sma4} KSTs_{signal}",
    formulas.kst,
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
    lambda high, low, c, fast, medium, slow: formulas.registered(
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
    lambda x, length, fast, slow: formulas.registered("coppock", x, period=length, roc_short=fast, roc_long=slow),
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
    lambda x, length, fast, slow: formulas.registered("kama", x, period=length),
    length=10,
    fast=2,
    slow=30,
)
_row(
    "pvo",
    "volume",
    "PVO_{fast}_{slow}_{signal} PVOh_{fast}_{slow}_{signal} PVOs_{fast}_{slow}_{signal}",
    formulas.pvo,
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
    "BIAS_{mode}_{length}",
    lambda x, length, mamode: x / average(mamode, x, length) - 1,
    length=26,
    mamode="sma",
)
_row(
    "fisher",
    ("high", "low"),
    "FISHERT_{length}_{signal} FISHERTs_{length}_{signal}",
    formulas.fisher,
    length=9,
    signal=1,
)
_row(
    "squeeze",
    HLC,
    "SQZ_{bb_length}_{bb_std}_{kc_length}_{kc_scalar} SQZ_ON SQZ_OFF SQZ_NO",
    formulas.squeeze,
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
