"""Swing highs and lows, known only once the bars after them are."""

import numpy as np
import talib

from backtest_engine.indicators.definition import LONGEST, define
from backtest_engine.indicators.numerics import last_known
from backtest_engine.registry import Array, Parameter


def _pivots(high: Array, low: Array, *, left: int, right: int) -> tuple[Array, Array, Array, Array]:
    window = left + right + 1
    tops = _confirmed(high, talib.MAX(high, window), right)
    bottoms = _confirmed(low, talib.MIN(low, window), right)
    known = np.arange(len(high)) >= left + right
    return (
        last_known(tops),
        last_known(bottoms),
        np.where(known, np.isfinite(tops).astype(np.float64), np.nan),
        np.where(known, np.isfinite(bottoms).astype(np.float64), np.nan),
    )


def _confirmed(price: Array, extreme: Array, right: int) -> Array:
    """Return the swing's price on the bar that confirms it, `right` bars after the swing, NaN elsewhere."""
    marks = np.full(len(price), np.nan)
    candidate = price[: len(price) - right] if right < len(price) else price[:0]
    hit = candidate == extreme[right:]
    marks[right:][hit] = candidate[hit]
    return marks


def _side(name: str, description: str) -> Parameter:
    return Parameter(name=name, default=5, minimum=1, maximum=LONGEST // 2 - 1, description=description)


PIVOTS = define(
    _pivots,
    name="pivots",
    title="Swing highs and lows, confirmed",
    inputs=("High", "Low"),
    outputs=("swing_high", "swing_low", "high_confirmed", "low_confirmed"),
    parameters=(
        _side("left", "lower highs (higher lows) before the swing"),
        _side("right", "bars after the swing that confirm it"),
    ),
    aliases=("swing high", "swing low", "swing highs", "swing lows", "pivot high", "pivot low", "swing points"),
    group="trend",
    overlay=True,
    source=(
        "A swing high is no lower than the highs of `left` bars before and `right` bars after it. It counts from the "
        "bar that confirms it; the confirmed outputs are 1 on that bar. Prices are NaN until the first swing."
    ),
    lookback=lambda left, right: left + right,
)
