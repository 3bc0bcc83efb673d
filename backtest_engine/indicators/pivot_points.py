"""Floor traders' pivot points."""

from backtest_engine.indicators.definition import define
from backtest_engine.indicators.numerics import later
from backtest_engine.registry import Array


def _pivot_points(high: Array, low: Array, close: Array) -> tuple[Array, ...]:
    high, low, close = later(high, 1), later(low, 1), later(close, 1)
    pivot = (high + low + close) / 3.0
    reach = high - low
    return (
        pivot,
        2.0 * pivot - low,
        2.0 * pivot - high,
        pivot + reach,
        pivot - reach,
        high + 2.0 * (pivot - low),
        low - 2.0 * (high - pivot),
    )


PIVOT_POINTS = define(
    _pivot_points,
    name="pivot_points",
    title="Pivot points of the bar before",
    inputs=("High", "Low", "Close"),
    outputs=("pivot", "r1", "s1", "r2", "s2", "r3", "s3"),
    aliases=("floor pivots", "pivot point", "classic pivot points"),
    group="price",
    overlay=True,
    source="Typical price of the last bar, with three resistances and supports around it; daily levels on daily bars.",
    lookback=lambda: 1,
)
