"""At which times of day bars begin, and what a strategy that names clock times must be told about that."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pandas as pd

from backtest_engine.data.bars import disassemble
from backtest_engine.data.interval import Interval
from backtest_engine.domain import Notice

_DAY_NS = 86_400 * 10**9
_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class Session:
    """The times of day, in UTC, at which bars begin; `share` is the part of all days on which each one does."""

    times: tuple[time, ...]
    share: tuple[float, ...]

    @property
    def first(self) -> time:
        """The earliest time of day of a bar."""
        return self.times[0]

    @property
    def last(self) -> time:
        """The latest time of day of a bar."""
        return self.times[-1]


def session_times(bars: pd.DataFrame) -> Session:
    """Return the times of day at which bars begin, in order, and on which part of the days."""
    stamps, _ = disassemble(bars)
    days = len(np.unique(stamps // _DAY_NS))
    clocks, counts = np.unique(stamps % _DAY_NS, return_counts=True)
    midnight = datetime(2000, 1, 1, tzinfo=UTC)
    times = [(midnight + timedelta(microseconds=int(clock) // 1_000)).time() for clock in clocks]
    return Session(times=tuple(times), share=tuple(float(count) / days for count in counts))


def clock_notices(bars: pd.DataFrame, interval: Interval, asked: Collection[time]) -> tuple[Notice, ...]:
    """Return what must be said where a strategy acts at clock times: their zone, and each at which no bar begins.

    The codes are `clock_zone` and `clock_time_without_bar`.
    """
    if not asked:
        return ()
    wanted = sorted(set(asked))
    names = ", ".join(_text(clock) for clock in wanted)
    if not interval.intraday:
        message = f"Bars of {interval.name} have no clock times: nothing happens at {names}."
        return (_notice("clock_time_without_bar", message, times=[_text(clock) for clock in wanted]),)
    session = session_times(bars)
    known = set(session.times)
    notices = [_notice("clock_zone", f"Clock times are UTC, as those of the bars are: {names}.", zone="UTC")]
    absent = [clock for clock in wanted if clock not in known]
    if absent:
        notices.append(_without_bar(absent, session))
    return tuple(notices)


def _without_bar(absent: Collection[time], session: Session) -> Notice:
    names = ", ".join(_text(clock) for clock in absent)
    verb = "begin" if len(session.times) != 1 else "begins"
    message = f"No bar begins at {names} UTC, so nothing happens then; bars {verb} at {_listed(session.times)}."
    return _notice("clock_time_without_bar", message, times=[_text(clock) for clock in absent])


def _listed(times: tuple[time, ...]) -> str:
    if len(times) <= _SHOWN:
        return ", ".join(_text(clock) for clock in times)
    return f"{', '.join(_text(clock) for clock in times[:3])} … {_text(times[-1])}"


def _text(clock: time) -> str:
    return clock.isoformat("seconds" if clock.second else "minutes")


def _notice(code: str, message: str, **details: object) -> Notice:
    return Notice(code=code, message=message, details=details)
