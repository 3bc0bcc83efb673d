"""TA-Lib's momentum indicators, beyond the core ones."""

from typing import Any

import numpy as np

from backtest_engine.indicators.talib_abstract import bare, declare
from backtest_engine.registry import Array

_fractal = bare("FRACTAL")


def _confirmed_fractals(high: Array, low: Array, *, left: int, right: int) -> tuple[Array, ...]:
    return tuple(_confirmed(marks, left + right) for marks in _fractal(high, low, left, right))


def _confirmed(marks: Any, warm_up: int) -> Array:
    # TA-Lib marks a swing with 100 on the bar that completes it.
    result: Array = (marks != 0).astype(np.float64)
    result[:warm_up] = np.nan
    return result


MOMENTUM = (
    declare(
        "MOM",
        name="momentum",
        group="momentum",
        aliases=("mom",),
        source="x[t] - x[t - period].",
    ),
    declare(
        "ROC",
        name="roc",
        group="momentum",
        title="Rate of change, percent",
        aliases=("rate of change", "price rate of change"),
        source="100 * (x[t] / x[t - period] - 1).",
    ),
    declare("ROCP", name="rocp", group="momentum", title="Rate of change, fraction", source="x[t]/x[t - period] - 1."),
    declare("ROCR", name="rocr", group="momentum", title="Rate of change, ratio", source="x[t] / x[t - period]."),
    declare(
        "ROCR100",
        name="rocr100",
        group="momentum",
        title="Rate of change, ratio of 100",
        source="100 * x[t] / x[t - period].",
    ),
    declare(
        "CCI",
        name="cci",
        group="momentum",
        aliases=("commodity channel index",),
        defaults={"period": 20},
        source="Lambert (1980): (typical price - its mean) / (0.015 * mean deviation).",
    ),
    declare(
        "CMO",
        name="cmo",
        group="momentum",
        aliases=("chande momentum oscillator",),
        value_range=(-100.0, 100.0),
        source="Chande (1994): 100 * (gains - losses) / (gains + losses), with Wilder averages as TA-Lib does.",
    ),
    declare(
        "CMOU",
        name="cmo_unsmoothed",
        group="momentum",
        aliases=("unsmoothed chande momentum oscillator",),
        value_range=(-100.0, 100.0),
        source="Chande (1994): with plain sums, as published.",
    ),
    declare(
        "WILLR",
        name="williams_r",
        group="momentum",
        aliases=("williams %r", "%r", "willr", "williams percent r", "williams percent range"),
        value_range=(-100.0, 0.0),
        source="Williams (1973): -100 * (highest high - close) / (highest high - lowest low).",
    ),
    declare(
        "STOCHF",
        name="stochastic_fast",
        group="momentum",
        aliases=("fast stochastic", "stochf"),
        outputs=("k", "d"),
        defaults={"k_period": 14},
        value_range=(0.0, 100.0),
        source="Lane: raw %K and its mean.",
    ),
    declare(
        "STOCHRSI",
        name="stochastic_rsi",
        group="momentum",
        aliases=("stoch rsi", "stochrsi", "stochastic relative strength index"),
        outputs=("k", "d"),
        defaults={"k_period": 14},
        value_range=(0.0, 100.0),
        source="Chande and Kroll (1994): the fast stochastic of RSI(period).",
    ),
    declare(
        "KDJ",
        name="kdj",
        group="momentum",
        outputs=("k", "d", "j"),
        source="Stochastic with smoothing 1/3, and J = 3 K - 2 D.",
    ),
    declare(
        "SMI",
        name="smi",
        group="momentum",
        aliases=("stochastic momentum index",),
        outputs=("smi", "signal"),
        value_range=(-100.0, 100.0),
        source="Blau (1993): distance from the middle of the range, smoothed twice.",
    ),
    declare(
        "MFI",
        name="mfi",
        group="momentum",
        aliases=("money flow index",),
        value_range=(0.0, 100.0),
        source="Quong and Soudack (1989): the RSI of typical price * volume, with plain sums.",
    ),
    declare(
        "ULTOSC",
        name="ultimate_oscillator",
        group="momentum",
        aliases=("ultosc",),
        renamed={"timeperiod1": "short", "timeperiod2": "medium", "timeperiod3": "long"},
        value_range=(0.0, 100.0),
        source="Williams (1985): buying pressure over the true range, three periods weighted 4, 2, 1.",
    ),
    declare(
        "PPO",
        name="ppo",
        group="momentum",
        aliases=("percentage price oscillator",),
        source="100 * (fast average / slow average - 1), EMA by default.",
    ),
    declare(
        "APO",
        name="apo",
        group="momentum",
        aliases=("absolute price oscillator",),
        source="Fast average - slow average, EMA by default.",
    ),
    declare(
        "MACDEXT",
        name="macd_extended",
        group="momentum",
        title="MACD with chosen averages",
        outputs=("macd", "signal", "histogram"),
        source="MACD with an ma_type for each average.",
    ),
    declare(
        "MACDFIX",
        name="macd_fixed",
        group="momentum",
        title="MACD with fixed smoothing 0.15 and 0.075",
        outputs=("macd", "signal", "histogram"),
        source="Appel's original: smoothing 0.15 and 0.075 in place of 12 and 26 bars.",
    ),
    declare(
        "TRIX",
        name="trix",
        group="momentum",
        aliases=("triple exponential average",),
        defaults={"period": 15},
        source="Hutson (1983): one-bar rate of change, percent, of EMA(EMA(EMA)).",
    ),
    declare(
        "TSI",
        name="tsi",
        group="momentum",
        aliases=("true strength index",),
        renamed={"firstperiod": "slow", "secondperiod": "fast"},
        value_range=(-100.0, 100.0),
        source="Blau (1991): one-bar moves smoothed twice over their sizes smoothed twice.",
    ),
    declare(
        "AO",
        name="awesome_oscillator",
        group="momentum",
        aliases=("ao",),
        source="Williams: SMA(5) - SMA(34) of the median price.",
    ),
    declare(
        "AC",
        name="accelerator_oscillator",
        group="momentum",
        aliases=("accelerator/decelerator oscillator",),
        source="Williams: awesome oscillator - its SMA.",
    ),
    declare(
        "BOP",
        name="balance_of_power",
        group="momentum",
        aliases=("bop",),
        value_range=(-1.0, 1.0),
        source="Livshin (2001): (close - open) / (high - low).",
    ),
    declare(
        "COPPOCK",
        name="coppock",
        group="momentum",
        aliases=("coppock curve",),
        renamed={"wmaperiod": "period", "roc1period": "roc_short", "roc2period": "roc_long"},
        source="Coppock (1962): WMA of the sum of two rates of change.",
    ),
    declare(
        "DPO",
        name="dpo",
        group="momentum",
        aliases=("detrended price oscillator",),
        source="x[t - (period / 2 + 1)] - SMA(period)[t]: the price of the past, so that nothing looks ahead.",
    ),
    declare(
        "ERI",
        name="elder_ray",
        group="momentum",
        aliases=("elder ray index", "bull power", "bear power"),
        outputs=("bull_power", "bear_power"),
        source="Elder (1993): high - EMA and low - EMA.",
    ),
    declare(
        "FOSC",
        name="forecast_oscillator",
        group="momentum",
        aliases=("chande forecast oscillator",),
        source="Chande: percent distance of the price from yesterday's linear forecast.",
    ),
    declare(
        "FRACTAL",
        name="fractals",
        group="momentum",
        title="Williams fractals, confirmed",
        aliases=("williams fractal", "williams fractals"),
        outputs=("top", "bottom"),
        renamed={"leftbars": "left", "rightbars": "right"},
        value_range=(0.0, 1.0),
        source="Williams (1995): 1 on the bar that confirms a fractal, `right` bars after it, 0 otherwise.",
        kernel=_confirmed_fractals,
    ),
    declare(
        "IMI",
        name="imi",
        group="momentum",
        aliases=("intraday momentum index",),
        value_range=(0.0, 100.0),
        source="Chande and Kroll (1994): the RSI of close - open, with plain sums.",
    ),
    declare("QSTICK", name="qstick", group="momentum", source="Chande and Kroll (1994): SMA of close - open."),
)
