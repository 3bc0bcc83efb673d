"""Makes futures that look like data and disagree with each other about what a strategy could want to know of one.

A future that looked made up could be recognised, and the strategy could behave while it is examined. So the bars of a
future have the shapes of real bars of the same data: how they open against the close before, how far they reach and
close, how much is traded. Only their order is drawn, with a seed that the strategy cannot know.
"""

from enum import Enum
from typing import Any

import numpy as np

from backtest_engine.sandbox.wire import Bars

# Bars that stay together when they are drawn, so that runs and quiet spells look as they do in the data.
_BLOCK = 5
_SMALLEST_MOVE = 1e-3
# Bars after which the direction of the moves turns.
_STRETCH = 250
_SMALLEST_PRICE, _LARGEST_PRICE = 1e-8, 1e12

Array = np.ndarray[Any, Any]


class Future(Enum):
    """Wide, busy bars; the same turned upside down; narrow, quiet bars."""

    WIDE = "wide"
    MIRRORED = "mirrored"
    NARROW = "narrow"


def with_future(bars: Bars, *, after: int, future: Future, seed: int = 0) -> Bars:
    """Return the same bars with everything after bar `after` replaced by the given future, as long as the real one.

    `WIDE` and `MIRRORED` disagree about the direction of every bar, `WIDE` and `NARROW` about range and volume: the one
    draws from the wider half of the bars, the other from the narrower half.
    """
    row = {name: place for place, name in enumerate(bars.columns)}
    values = bars.values.copy()
    count = len(bars) - after - 1
    if count < 1:
        return bars
    shapes = _shapes(values, row)
    narrow = future is Future.NARROW
    drawn = _drawn(_half(shapes, narrow=narrow), count, np.random.default_rng([seed, after, int(narrow)]))
    gap, body, above, below, volume = drawn
    if future is Future.MIRRORED:
        gap, body, above, below = -gap, -body, below, above
    turns = _turns(count)
    gap, body = gap * turns, body * turns
    closes = np.log(values[row["Close"], after]) + np.cumsum(gap + body)
    opens = closes - body
    highs, lows = np.maximum(opens, closes) + above, np.minimum(opens, closes) - below
    later = slice(after + 1, None)
    for name, logs in (("Open", opens), ("High", highs), ("Low", lows), ("Close", closes)):
        values[row[name], later] = np.clip(np.exp(logs), _SMALLEST_PRICE, _LARGEST_PRICE)
    values[row["Volume"], later] = volume
    return Bars(index=bars.index, unit=bars.unit, values=values, columns=bars.columns)


def _shapes(values: Array, row: dict[str, int]) -> Array:
    """Return gap, body, reach above, reach below (as logarithms) and volume of every bar but the first: (5, n - 1)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        opens, highs, lows, closes = (np.log(values[row[name]]) for name in ("Open", "High", "Low", "Close"))
    shapes = np.array(
        [
            opens[1:] - closes[:-1],
            closes[1:] - opens[1:],
            highs[1:] - np.maximum(opens, closes)[1:],
            np.minimum(opens, closes)[1:] - lows[1:],
            values[row["Volume"], 1:],
        ]
    )
    shapes = np.where(np.isfinite(shapes), shapes, 0.0)
    # Where a price stands still, its mirror image would be the same: let it move by as little as it does elsewhere.
    still = shapes[0] + shapes[1] == 0
    moves = np.abs(shapes[1][shapes[1] != 0])
    shapes[1, still] += np.median(moves) if len(moves) else _SMALLEST_MOVE
    return shapes


def _half(shapes: Array, *, narrow: bool) -> Array:
    """Return the narrower or the wider half of the bars, in their order."""
    reach = np.abs(shapes[1]) + shapes[2] + shapes[3]
    middle = np.median(reach)
    chosen = reach <= middle if narrow else reach >= middle
    return shapes[:, chosen] if chosen.any() else shapes


def _turns(count: int) -> Array:
    """Return the direction of each bar's move: it turns now and then, so that a long future stays finite."""
    turns = np.repeat(np.resize((1.0, -1.0), count // _STRETCH + 1), _STRETCH)
    return turns[:count]


def _drawn(shapes: Array, count: int, random: np.random.Generator) -> Array:
    """Return shapes of `count` bars, drawn in blocks."""
    available = shapes.shape[1]
    starts = random.integers(0, available, size=count // _BLOCK + 1)
    places = (starts[:, None] + np.arange(_BLOCK)).ravel()[:count] % available
    return shapes[:, places]
