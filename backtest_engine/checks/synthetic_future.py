"""Makes two futures that disagree with each other about everything a strategy could want to know of one."""

from enum import Enum

import numpy as np

from backtest_engine.sandbox.wire import Bars

_TREND_BARS = 50


class Future(Enum):
    """One future in which prices rise in narrow bars of much volume, one in which they fall in wide bars of little."""

    RISING = (0.04, -0.01, 0.001, 3.0)
    FALLING = (-0.04, 0.01, 0.05, 0.3)


def with_future(bars: Bars, *, after: int, future: Future) -> Bars:
    """Return the same bars with everything after bar `after` replaced by the given future, as long as the real one.

    The direction changes with every bar, so that next bars, pairs of bars and longer stretches all differ between the
    two futures; after a while prices only swing, so that they stay finite however long the data is.
    """
    first, second, margin, volume = future.value
    count = len(bars) - after - 1
    moves = np.resize((first, second), count)
    moves[_TREND_BARS:] = np.resize((first, -first / (1 + first)), max(0, count - _TREND_BARS))
    row = {name: place for place, name in enumerate(bars.columns)}
    values = bars.values.copy()
    closes = values[row["Close"], after] * np.cumprod(1 + moves)
    opens = np.concatenate([values[row["Close"], after : after + 1], closes[:-1]])
    later = slice(after + 1, None)
    values[row["Open"], later] = opens
    values[row["Close"], later] = closes
    values[row["High"], later] = np.maximum(opens, closes) * (1 + margin)
    values[row["Low"], later] = np.minimum(opens, closes) * (1 - margin)
    values[row["Volume"], later] = values[row["Volume"], after] * volume
    return Bars(index=bars.index, unit=bars.unit, values=values, columns=bars.columns)
