"""Which days of a period are still to trade, by what is known on the day itself."""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries import holiday

from backtest_engine.registry import Array

Days = np.ndarray[Any, np.dtype[np.datetime64]]

# The full-day holidays of the New York Stock Exchange, by its published rules.
_RULES = (
    holiday.Holiday("New Year's Day", month=1, day=1, observance=holiday.sunday_to_monday),
    holiday.Holiday(
        "Martin Luther King Jr. Day",
        month=1,
        day=1,
        start_date="1998-01-01",
        offset=holiday.USMartinLutherKingJr.offset,
    ),
    holiday.USPresidentsDay,
    holiday.GoodFriday,
    holiday.USMemorialDay,
    holiday.Holiday("Juneteenth", month=6, day=19, start_date="2022-01-01", observance=holiday.nearest_workday),
    holiday.Holiday("Independence Day", month=7, day=4, observance=holiday.nearest_workday),
    holiday.USLaborDay,
    holiday.USThanksgivingDay,
    holiday.Holiday("Christmas", month=12, day=25, observance=holiday.nearest_workday),
)
_WEEKDAYS = np.array([True] * 5 + [False] * 2)


def trading_days_left(index: Any, period: str) -> Array:
    """Count the trading days from each bar's own to the last of its week, month, quarter or year (W, M, Q, Y).

    Weekdays trade, and Saturdays or Sundays from the first on that has a bar. The holidays of the New York Stock
    Exchange do not, until a bar falls on one: then the market is another one. Nothing later than the bar is looked at.
    """
    index = pd.DatetimeIndex(index)
    if not len(index):
        return np.empty(0)
    days = index.values.astype("datetime64[D]")
    following = (index.to_period(period) + 1).start_time.values.astype("datetime64[D]")
    closed = _holidays(index[0].year, index[-1].year + 1)
    weekday = (days.astype(np.int64) + 3) % 7
    # On each bar: does it trade on a Saturday, on a Sunday, on a holiday?
    seen = [np.maximum.accumulate(what) for what in (weekday == 5, weekday == 6, np.isin(days, closed))]
    state = seen[0] + 2 * seen[1] + 4 * seen[2]
    left = np.empty(len(days))
    for value in np.unique(state):
        here = state == value
        mask = _WEEKDAYS.copy()
        mask[5:] = bool(value & 1), bool(value & 2)
        left[here] = np.busday_count(days[here], following[here], weekmask=mask, holidays=[] if value & 4 else closed)
    return left


@lru_cache(maxsize=16)
def _holidays(first: int, last: int) -> Days:
    start, end = pd.Timestamp(first, 1, 1), pd.Timestamp(last, 12, 31)
    dates = [date for rule in _RULES for date in rule.dates(start, end)]
    return np.unique(np.array(dates, dtype="datetime64[D]"))
