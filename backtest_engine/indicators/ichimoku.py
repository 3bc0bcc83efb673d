"""Ichimoku Kinko Hyo."""

import numpy as np
import talib

from backtest_engine.indicators.definition import define, period
from backtest_engine.indicators.numerics import later
from backtest_engine.registry import Array


def _ichimoku(
    high: Array, low: Array, *, tenkan: int, kijun: int, senkou_b: int, displacement: int
) -> tuple[Array, Array, Array, Array]:
    conversion = talib.MIDPRICE(high, low, tenkan)
    base = talib.MIDPRICE(high, low, kijun)
    leading_a = later((conversion + base) / 2.0, displacement)
    leading_b = later(np.asarray(talib.MIDPRICE(high, low, senkou_b)), displacement)
    return conversion, base, leading_a, leading_b


ICHIMOKU = define(
    _ichimoku,
    name="ichimoku",
    title="Ichimoku Kinko Hyo",
    inputs=("High", "Low"),
    outputs=("tenkan", "kijun", "senkou_a", "senkou_b"),
    parameters=(
        period(9, name="tenkan", description="bars of the conversion line"),
        period(26, name="kijun", description="bars of the base line"),
        period(52, name="senkou_b", description="bars of the second cloud line"),
        period(26, name="displacement", minimum=1, description="bars that the cloud is drawn ahead"),
    ),
    aliases=("ichimoku cloud", "ichimoku kinko hyo"),
    group="trend",
    overlay=True,
    source=(
        "Hosoda (1969): each line is the middle of the high-low range; the cloud is the one drawn at this bar, "
        "computed `displacement` bars ago. The lagging line is left out: drawn back, it would show the future."
    ),
    lookback=lambda tenkan, kijun, senkou_b, displacement: max(tenkan, kijun, senkou_b) - 1 + displacement,
)
