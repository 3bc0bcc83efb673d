"""What the times of bars show: gaps, holes in a day's trading, days cut short, markets with little trade."""

import numpy as np

from backtest_engine.data.findings import DAY_NS, DOUBT, Numbers, bars_text, finding, time_text
from backtest_engine.data.interval import Interval
from backtest_engine.domain import Notice

_HOUR_NS = 3_600 * 1_000_000_000
# A time of day at which this share of days has a bar is one at which the market trades.
_REGULAR = 0.7
# Exchanges that never close halt for up to five hours on holidays.
_HOLE_HOURS = 6
_ROUND_THE_CLOCK_HOURS = 20
_HOLE_SHARE = 0.4
_MIN_DAYS = 5
_THIN_GAP = 30
_THIN_SHARE = 0.7


def gaps(stamps: Numbers, interval: Interval) -> Notice | None:
    if len(stamps) < 3:
        return None
    steps = np.diff(stamps)
    step = interval.seconds * 1_000_000_000
    if interval.seconds >= 28 * 86_400:
        allowed = 1.6 * step
    elif _trades_at_weekends(stamps):
        # In a thin market the usual bar is missing; what is far from usual even there is a gap.
        allowed = _THIN_GAP * float(np.median(steps)) if _is_thin(steps, interval) else 1.5 * step
    else:
        # A weekend with a holiday on both sides is four days for a market that closes.
        allowed = step + (4 * DAY_NS if interval.seconds <= 86_400 else 3 * DAY_NS)
    holes = np.flatnonzero(steps > allowed)
    if not len(holes):
        return None
    widest = holes[np.argmax(steps[holes])]
    message = (
        f"{len(holes)} gap{'s' * (len(holes) > 1)} in the bars; the widest is from {time_text(stamps[widest])} "
        f"to {time_text(stamps[widest + 1])}."
    )
    return finding("gaps", message, count=len(holes), times=stamps[holes].view("M8[ns]"))


def holes(stamps: Numbers, interval: Interval) -> Notice | None:
    """Find stretches without bars in which the market trades on other days."""
    days = np.unique(stamps // DAY_NS)
    if not interval.intraday or len(days) < _MIN_DAYS:
        return None
    every_day = _trades_at_weekends(stamps)
    if not every_day:
        days = days[_is_weekday(days)]
    clocks, counts = np.unique(stamps[np.isin(stamps // DAY_NS, days)] % DAY_NS, return_counts=True)
    regular = clocks[counts >= _REGULAR * len(days)]
    if len(regular) < 4:
        return None
    before = np.flatnonzero(np.diff(stamps) > 1.5 * interval.seconds * 1_000_000_000)
    begin, end = stamps[before], stamps[before + 1]
    missing = _expected(end, regular, every_day) - _expected(begin + 1, regular, every_day)
    hours = missing * interval.seconds / 3_600
    day_hours = len(regular) * interval.seconds / 3_600
    if day_hours >= _ROUND_THE_CLOCK_HOURS:
        # Where weekends rest, a whole day without bars is a holiday.
        found = (hours >= _HOLE_HOURS) & (every_day | (hours < _ROUND_THE_CLOCK_HOURS))
    else:
        found = (begin // DAY_NS == end // DAY_NS) & (hours >= _HOLE_SHARE * day_hours)
    if not every_day:
        found &= ~_year_end(begin // DAY_NS) & ~_year_end(end // DAY_NS)
    where = np.flatnonzero(found)
    if not len(where):
        return None
    widest = where[np.argmax(hours[where])]
    message = (
        f"From {time_text(begin[widest])} to {time_text(end[widest])} there are no bars, although the market trades at "
        f"these hours on other days ({len(where)} such hole{'s' * (len(where) > 1)})."
    )
    return finding("hole", message, count=len(where), times=begin[where].view("M8[ns]"), severity=DOUBT)


def _expected(stamps: Numbers, regular: Numbers, every_day: bool) -> Numbers:
    """Return how many bars there should have been before each time, counted from 1970."""
    days = stamps // DAY_NS
    today = np.searchsorted(regular, stamps % DAY_NS, side="left")
    if not every_day:
        # 1970-01-01 was a Thursday: weeks counted from the Monday before it.
        weeks, weekday = (days + 3) // 7, (days + 3) % 7
        days = weeks * 5 + np.minimum(weekday, 5)
        today = np.where(weekday < 5, today, 0)
    expected: Numbers = days * len(regular) + today
    return expected


def thin(stamps: Numbers, interval: Interval) -> Notice | None:
    """Say that most bars of a thin market are missing since nothing was traded in them."""
    steps = np.diff(stamps)
    if not interval.intraday or not _is_thin(steps, interval):
        return None
    step = interval.seconds * 1_000_000_000
    inside = steps[steps <= _HOLE_HOURS * _HOUR_NS]
    share = 100 * len(inside) * step / float(inside.sum())
    message = f"Only {share:.0f} % of the {interval.name} bars are there: the others had no trade, or are missing."
    return finding("thin", message, count=int(np.count_nonzero(steps > step)))


def _is_thin(steps: Numbers, interval: Interval) -> bool:
    step = interval.seconds * 1_000_000_000
    inside = steps[steps <= max(_HOLE_HOURS * _HOUR_NS, 4 * step)]
    if len(inside) < 10 or not interval.intraday:
        return False
    return len(np.unique(inside)) >= 4 and int(np.count_nonzero(inside == step)) < _THIN_SHARE * len(inside)


def crowded(stamps: Numbers, interval: Interval) -> Notice | None:
    # Months differ in length, and an exchange's first bar of a day may be cut short.
    close = np.flatnonzero(np.diff(stamps) < 0.4 * interval.seconds * 1_000_000_000) + 1
    if not len(close):
        return None
    first = time_text(stamps[close[0]])
    message = f"{bars_text(len(close))} closer to the one before than {interval.name}, first at {first}."
    return finding("irregular", message, count=len(close), times=stamps[close].view("M8[ns]"))


def _trades_at_weekends(stamps: Numbers) -> bool:
    days = np.unique(stamps // DAY_NS)
    # 1970-01-01 was a Thursday: remainders 2 and 3 are Saturday and Sunday.
    saturdays = np.count_nonzero(days % 7 == 2)
    return bool(saturdays > 0.5 * len(days) / 7)


def partial_days(stamps: Numbers, interval: Interval) -> Notice | None:
    if not interval.intraday:
        return None
    days, counts = np.unique(stamps // DAY_NS, return_counts=True)
    if len(days) < 5:
        return None
    usual = int(np.median(counts))
    # Sunday evening and Friday night are short in markets that trade around the clock; holidays are known to be.
    weekday = _is_weekday(days)
    partial = np.flatnonzero(weekday & (counts < 0.4 * usual))
    partial = partial[(partial > 0) & (partial < len(days) - 1) & ~_year_end(days[partial])]
    if usual < 4 or not len(partial):
        return None
    times = (days[partial] * DAY_NS).view("M8[ns]")
    verb = "days have" if len(partial) > 1 else "day has"
    return finding(
        "partial_days",
        f"{len(partial)} {verb} less than half of the usual {usual} bars.",
        count=len(partial),
        times=times,
    )


def _is_weekday(days: Numbers) -> Numbers:
    # 1970-01-01 was a Thursday.
    weekday: Numbers = (days + 3) % 7 < 5
    return weekday


def _year_end(days: Numbers) -> Numbers:
    """Say which days are in the week from Christmas to New Year, when every market is short."""
    dates = (days * DAY_NS).view("M8[ns]").astype("M8[D]")
    of_month = (dates - dates.astype("M8[M]")).astype(np.int64) + 1
    month = dates.astype("M8[M]").astype(np.int64) % 12 + 1
    quiet: Numbers = ((month == 12) & (of_month >= 24)) | ((month == 1) & (of_month <= 2))
    return quiet


TIME_FINDINGS = (gaps, holes, thin, crowded, partial_days)
