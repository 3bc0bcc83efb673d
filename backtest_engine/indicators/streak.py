"""Length of the run of rises or falls."""

from backtest_engine.indicators.definition import define
from backtest_engine.indicators.numerics import streaks
from backtest_engine.registry import Array


def _streak(close: Array) -> Array:
    return streaks(close)


STREAK = define(
    _streak,
    name="streak",
    title="Consecutive rises or falls",
    inputs=("Close",),
    outputs=("streak",),
    aliases=("consecutive closes", "up down streak", "winning streak", "losing streak"),
    group="momentum",
    source="Connors: 3 after three rises in a row, -2 after two falls, 0 on an unchanged bar.",
    lookback=lambda: 1,
)
