"""TA-Lib's statistics, rolling extremes, price transforms and plain arithmetic."""

from typing import Any

import numpy as np

from backtest_engine.indicators.talib_abstract import bare, declare, family
from backtest_engine.registry import Array

_place_of_highest, _place_of_lowest, _places_of_both = bare("MAXINDEX"), bare("MININDEX"), bare("MINMAXINDEX")


def _since(places: Any, period: int) -> Array:
    # TA-Lib gives the bar's number; the distance does not depend on where the data begin.
    distance: Array = (np.arange(len(places), dtype=places.dtype) - places).astype(np.float64)
    distance[: period - 1] = np.nan
    return distance


def _since_highest(close: Array, *, period: int) -> Array:
    return _since(_place_of_highest(close, period), period)


def _since_lowest(close: Array, *, period: int) -> Array:
    return _since(_place_of_lowest(close, period), period)


def _since_both(close: Array, *, period: int) -> tuple[Array, ...]:
    return tuple(_since(places, period) for places in _places_of_both(close, period))


STATISTICS = (
    declare(
        "STDDEV",
        name="stddev",
        group="statistics",
        aliases=("standard deviation",),
        defaults={"period": 20},
        overlay=False,
        source="Population standard deviation of the last `period` values, times `deviations`.",
    ),
    declare(
        "VAR",
        name="variance",
        group="statistics",
        defaults={"period": 20},
        without=frozenset({"nbdev"}),
        source="Population variance of the last `period` values.",
    ),
    declare(
        "AVGDEV",
        name="mean_deviation",
        group="statistics",
        aliases=("mean absolute deviation", "average deviation"),
        overlay=False,
        source="Mean distance from the mean of the last `period` values.",
    ),
    declare(
        "LINEARREG",
        name="linear_regression",
        group="statistics",
        aliases=("linreg", "linear regression line", "least squares moving average"),
        source="End point of the least-squares line through the last `period` values.",
    ),
    declare(
        "LINEARREG_SLOPE",
        name="linear_regression_slope",
        group="statistics",
        aliases=("linreg slope", "regression slope"),
        source="Slope per bar of the least-squares line.",
    ),
    declare(
        "LINEARREG_ANGLE",
        name="linear_regression_angle",
        group="statistics",
        aliases=("linreg angle", "regression angle"),
        value_range=(-90.0, 90.0),
        source="Arctangent of the slope, in degrees; depends on the unit of price.",
    ),
    declare(
        "LINEARREG_INTERCEPT",
        name="linear_regression_intercept",
        group="statistics",
        aliases=("linreg intercept",),
        source="Starting point of the least-squares line.",
    ),
    declare(
        "TSF",
        name="time_series_forecast",
        group="statistics",
        aliases=("tsf",),
        source="The least-squares line continued by one bar.",
    ),
    declare(
        "PERCENTILE",
        name="percentile",
        group="statistics",
        title="Rolling percentile",
        aliases=("rolling percentile", "rolling quantile"),
        renamed={"percentile": "percent"},
        source="Value below which `percent` of the last `period` values lie, nearest rank.",
    ),
    declare(
        "PERCENTRANK",
        name="percent_rank",
        group="statistics",
        aliases=("percentile rank", "percentrank", "rolling percentile rank"),
        value_range=(0.0, 100.0),
        source="Percent of the `period` values before this one that are below it.",
    ),
    declare(
        "CORREL",
        name="correlation",
        group="statistics",
        aliases=("pearson correlation", "correlation coefficient"),
        value_range=(-1.0, 1.0),
        source="Pearson's correlation of two series over `period` bars.",
    ),
    declare("BETA", name="beta", group="statistics", source="Slope of the first series' returns on the second's."),
    declare(
        "MAX",
        name="highest",
        group="statistics",
        title="Highest value",
        aliases=("rolling max", "rolling maximum", "highest value", "period high"),
        defaults={"period": None},
        source="Highest of the last `period` values, this one included.",
    ),
    declare(
        "MIN",
        name="lowest",
        group="statistics",
        title="Lowest value",
        aliases=("rolling min", "rolling minimum", "lowest value", "period low"),
        defaults={"period": None},
        source="Lowest of the last `period` values, this one included.",
    ),
    declare(
        "MINMAX", name="lowest_highest", group="statistics", outputs=("lowest", "highest"), source="Both extremes."
    ),
    declare(
        "MAXINDEX",
        name="bars_since_highest",
        group="statistics",
        title="Bars since the highest value",
        source="Age in bars of the highest of the last `period` values.",
        kernel=_since_highest,
    ),
    declare(
        "MININDEX",
        name="bars_since_lowest",
        group="statistics",
        title="Bars since the lowest value",
        source="Age in bars of the lowest of the last `period` values.",
        kernel=_since_lowest,
    ),
    declare(
        "MINMAXINDEX",
        name="bars_since_lowest_highest",
        group="statistics",
        title="Bars since the lowest and the highest value",
        outputs=("since_lowest", "since_highest"),
        source="Ages in bars of both extremes.",
        kernel=_since_both,
    ),
    declare(
        "SUM",
        name="rolling_sum",
        group="statistics",
        title="Rolling sum",
        defaults={"period": None},
        source="Sum of the last `period` values.",
    ),
    declare("CUMSUM", name="cumulative_sum", group="statistics", source="Sum since the first bar."),
)

PRICE = (
    declare("AVGPRICE", name="average_price", group="price", aliases=("ohlc4",), source="(O + H + L + C) / 4."),
    declare("MEDPRICE", name="median_price", group="price", aliases=("hl2",), source="(H + L) / 2."),
    declare("TYPPRICE", name="typical_price", group="price", aliases=("hlc3",), source="(H + L + C) / 3."),
    declare("WCLPRICE", name="weighted_close", group="price", aliases=("hlcc4",), source="(H + L + 2 C) / 4."),
    declare(
        "HA",
        name="heikin_ashi",
        group="price",
        title="Heikin-Ashi candles",
        aliases=("heikin ashi", "heikin-ashi", "heiken ashi", "heikin ashi candles"),
        outputs=("open", "high", "low", "close"),
        source="Valcu (2004): close = mean of the bar, open = middle of the last candle. Not prices one can trade at.",
    ),
)

# Arithmetic is prefixed: a word such as "add" or "floor" in a sentence is no indicator.
_ARITHMETIC_CODES = (*family("Math Transform"), "ADD", "SUB", "MULT", "DIV")

ARITHMETIC = tuple(
    declare(code, name=f"math_{code.lower()}", group="math", overlay=False, source="Each bar on its own.")
    for code in _ARITHMETIC_CODES
)
