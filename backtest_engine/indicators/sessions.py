"""Trading sessions: where a bar lies in one, the range that one opens with, and its volume-weighted average price.

Bars are labelled by the time at which they begin, in UTC. Sessions are said in the local time of an exchange.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from backtest_engine.registry import Array

# Read at import: where strategies run there is no file system.
ZONES: Final = {
    name: ZoneInfo(name)
    for name in (
        *("America/New_York", "America/Chicago", "America/Toronto", "America/Sao_Paulo", "Europe/London"),
        *("Europe/Berlin", "Europe/Paris", "Europe/Zurich", "Asia/Tokyo", "Asia/Hong_Kong", "Asia/Shanghai"),
        *("Asia/Singapore", "Asia/Seoul", "Asia/Kolkata", "Australia/Sydney", "UTC"),
    )
}
DAY: Final = 1_440
# 1970 to 2050, in seconds.
FIRST, LAST = 0, 2_524_608_000


def local_time(index: Any, zone: str) -> pd.DatetimeIndex:
    """Return the local times of UTC ones, without their zone."""
    stamps = pd.DatetimeIndex(index).values.astype("datetime64[s]")
    if not len(stamps):
        return pd.DatetimeIndex(stamps)
    # Whole years: looking zones up day by day costs, and a run sees few of all years.
    first, last = (stamps[[0, -1]].astype("datetime64[Y]") + np.arange(2)).astype("datetime64[s]").astype(np.int64)
    changes, offsets = _offsets(zone, max(FIRST, int(first)), min(LAST, int(last)))
    return pd.DatetimeIndex(stamps + offsets[np.searchsorted(changes, stamps, side="right")])


def local_clock(index: Any, zone: str) -> Array:
    """Return the minutes since midnight in a zone."""
    local = local_time(index, zone)
    return np.asarray(local.hour * 60.0 + local.minute)


@lru_cache(maxsize=len(ZONES))
def _offsets(zone: str, first: int, last: int) -> tuple[Any, Any]:
    """Return when a zone's distance from UTC changes between two seconds since 1970, and the distances.

    The distances are the one before the first change and those after each.
    """
    changes, offsets = [], [_offset(zone, first)]
    for day in range(first, last, 86_400):
        if _offset(zone, day + 86_400) != offsets[-1]:
            early, late = day, day + 86_400
            while late - early > 1:
                middle = (early + late) // 2
                early, late = (middle, late) if _offset(zone, middle) == offsets[-1] else (early, middle)
            changes.append(late)
            offsets.append(_offset(zone, late))
    return np.array(changes, dtype="datetime64[s]"), np.array(offsets, dtype="timedelta64[s]")


def _offset(zone: str, second: int) -> int:
    distance = datetime.fromtimestamp(second, tz=ZONES[zone]).utcoffset()
    return int(distance.total_seconds()) if distance is not None else 0


def session_minutes(index: Any, opens: str, closes: str, zone: str) -> tuple[Array, Array, Array]:
    """Return the minutes since the open, the minutes to the close, both -1 outside a session, and those of a bar.

    A session may span midnight. The minutes of a bar are the least that lay between two bars so far, 0 on the first.
    """
    since = _since(local_time(index, zone), opens)
    length = _length(opens, closes)
    inside = since < length
    stamps = pd.DatetimeIndex(index).values.astype("datetime64[s]").astype(np.int64) / 60
    gaps = np.minimum.accumulate(np.r_[np.inf, np.diff(stamps)])
    return np.where(inside, since, -1.0), np.where(inside, length - since, -1.0), np.where(np.isinf(gaps), 0.0, gaps)


def opening_range(
    high: Any, low: Any, index: Any, opens: str, closes: str, zone: str, minutes: int
) -> tuple[Array, Array]:
    """Return the high and the low of a session's first minutes, from the first bar that begins after them on.

    NaN before, and outside of sessions.
    """
    since, _, _ = session_minutes(index, opens, closes, zone)
    number = _session_number(index, zone, opens)
    first = (since >= 0) & (since < minutes)
    known = since >= minutes
    highs, lows = (
        pd.Series(np.where(first, np.asarray(prices, dtype=float), np.nan)).groupby(number) for prices in (high, low)
    )
    highest, lowest = highs.transform("max").to_numpy(), lows.transform("min").to_numpy()
    return np.where(known, highest, np.nan), np.where(known, lowest, np.nan)


def session_vwap(high: Any, low: Any, close: Any, volume: Any, index: Any, opens: str, closes: str, zone: str) -> Array:
    """Return the average of the typical price since the session's open, weighted by volume; NaN without any."""
    since, _, _ = session_minutes(index, opens, closes, zone)
    number = _session_number(index, zone, opens)
    inside = since >= 0
    high, low, close, volume = (np.asarray(values, dtype=float) for values in (high, low, close, volume))
    weights = pd.Series(np.where(inside, volume, 0.0))
    traded = (weights * (high + low + close) / 3.0).groupby(number).cumsum().to_numpy()
    total = weights.groupby(number).cumsum().to_numpy()
    known = inside & (total > 0)
    return np.where(known, traded / np.where(known, total, 1.0), np.nan)


def _since(local: pd.DatetimeIndex, opens: str) -> Array:
    clock = local.hour * 60.0 + local.minute + local.second / 60.0
    return np.asarray((clock - _minute(opens)) % DAY)


def _length(opens: str, closes: str) -> int:
    return (_minute(closes) - _minute(opens)) % DAY or DAY


def _minute(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return 60 * int(hours) + int(minutes)


def _session_number(index: Any, zone: str, opens: str) -> Array:
    """Return a number that the bars of one session share: the day on which it opened."""
    local = local_time(index, zone)
    opened = (local - pd.to_timedelta(_minute(opens), unit="min")).floor("D")
    return np.asarray(opened.values.astype("datetime64[D]").astype(np.int64))
