"""Bar intervals: one spelling inside, the spellings people and vendors use outside."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.data.bars import disassemble
from backtest_engine.errors import InvalidData, UnsupportedInterval

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR
# What the steps between bars of a thin market look like, in multiples of its interval.
_THIN_MULTIPLES = 20
_THIN_DIFFERENT = 4
_THIN_ODD = 0.2
_THIN_SINGLE = 0.05


@dataclass(frozen=True, kw_only=True)
class Interval:
    """The time that one bar covers; `seconds` is nominal for months."""

    name: str
    seconds: int

    @property
    def intraday(self) -> bool:
        """Whether several bars fit into a day."""
        return self.seconds < _DAY


_SECONDS = {
    **{f"{count}m": count * _MINUTE for count in (1, 2, 3, 5, 10, 15, 30, 45, 90)},
    **{f"{count}h": count * _HOUR for count in (1, 2, 3, 4, 6, 8, 12)},
    "1d": _DAY,
    "3d": 3 * _DAY,
    "5d": 5 * _DAY,
    "1w": 7 * _DAY,
    "1mo": 30 * _DAY,
    "3mo": 91 * _DAY,
}
INTERVALS = {name: Interval(name=name, seconds=seconds) for name, seconds in _SECONDS.items()}

_WORDS = {
    "minute": "1m",
    "minutely": "1m",
    "hour": "1h",
    "hourly": "1h",
    "day": "1d",
    "daily": "1d",
    "week": "1w",
    "weekly": "1w",
    "month": "1mo",
    "monthly": "1mo",
    "quarterly": "3mo",
    "h": "1h",
    "d": "1d",
    "w": "1w",
}
_UNITS = {
    "m": "m",
    "min": "m",
    "mins": "m",
    "minute": "m",
    "minutes": "m",
    "t": "m",
    "h": "h",
    "hr": "h",
    "hrs": "h",
    "hour": "h",
    "hours": "h",
    "d": "d",
    "day": "d",
    "days": "d",
    "w": "w",
    "wk": "w",
    "week": "w",
    "weeks": "w",
    "mo": "mo",
    "mon": "mo",
    "month": "mo",
    "months": "mo",
}
_MINUTES_TO_HOURS = {"60m": "1h", "120m": "2h", "180m": "3h", "240m": "4h", "360m": "6h", "480m": "8h", "720m": "12h"}
_SAME = _MINUTES_TO_HOURS | {"1440m": "1d", "24h": "1d", "7d": "1w"}


def parse_interval(text: str) -> Interval:
    """Return the interval that a text such as `1d`, `60min`, `hourly` or `1wk` names; raise `UnsupportedInterval`.

    A capital `M` alone is a month, as vendors write it: `1M` is one month, `1m` one minute.
    """
    cleaned = text.strip().replace(" ", "").replace("-", "").replace("_", "")
    if cleaned in {"M", "1M", "3M"}:
        return INTERVALS["3mo" if cleaned == "3M" else "1mo"]
    lowered = cleaned.lower()
    name = _WORDS.get(lowered)
    if name is None:
        digits = lowered[: len(lowered) - len(lowered.lstrip("0123456789"))]
        unit = _UNITS.get(lowered[len(digits) :])
        name = f"{int(digits)}{unit}" if digits.isascii() and 0 < len(digits) < 6 and unit else ""
        name = _SAME.get(name, name)
    if name not in INTERVALS:
        raise UnsupportedInterval(
            f"{text[:40]!r} is no bar interval.",
            hint=f"Use one of {', '.join(INTERVALS)}.",
            details={"interval": text[:40]},
        )
    return INTERVALS[name]


def infer_interval(bars: pd.DataFrame) -> Interval:
    """Return the interval that bars have; raise `UnsupportedInterval`.

    It is what they are apart most often, or less where a thin market leaves out bars in which nothing was traded.
    """
    steps = _steps(bars)
    values, counts = np.unique(steps, return_counts=True)
    usual = int(values[np.argmax(counts)])
    thin = _thin(steps, usual)
    if thin is not None:
        return thin
    found = _named(usual)
    if found is None:
        raise UnsupportedInterval(
            f"The bars are {usual} seconds apart, which is no interval in use.",
            hint=f"Use one of {', '.join(INTERVALS)}.",
            details={"seconds": usual},
        )
    return found


def claimed_interval(bars: pd.DataFrame, claimed: Interval, *, what: str = "") -> Interval:
    """Return the claimed interval when the bars may have it; raise `InvalidData` otherwise.

    A market in which little is traded may leave out so many bars that most are farther apart than their interval.
    `what` names the file.
    """
    steps = _steps(bars)
    if claimed.intraday and int(np.gcd.reduce(steps)) == claimed.seconds:
        return claimed
    found = infer_interval(bars)
    if found != claimed:
        apart = f"they are {found.name} apart" if what else f"The bars are {found.name} apart, not {claimed.name}"
        raise InvalidData(
            f"{what} claims {claimed.name} bars, but {apart}." if what else f"{apart}.",
            hint=f"Import them with interval {found.name}." if not what else None,
            details={"kind": "interval", "found": found.name, "claimed": claimed.name},
        )
    return claimed


def _steps(bars: pd.DataFrame) -> np.ndarray[Any, Any]:
    stamps, _ = disassemble(bars)
    if len(stamps) < 2:
        raise UnsupportedInterval(
            "A single bar does not show its interval.", hint="Say the interval, for example 1d or 1h."
        )
    return np.diff(stamps) // 1_000_000_000


def _named(seconds: int) -> Interval | None:
    for interval in INTERVALS.values():
        if interval.seconds == seconds:
            return interval
    days = seconds / _DAY
    for name, low, high in (("1w", 6.0, 8.0), ("1mo", 27.5, 31.5), ("3mo", 89.0, 93.0)):
        if low <= days <= high:
            return INTERVALS[name]
    return None


def _thin(steps: np.ndarray[Any, Any], usual: int) -> Interval | None:
    """Return the interval of which all steps are multiples, where many different ones occur."""
    shared = int(np.gcd.reduce(steps))
    found = _named(shared)
    if shared >= usual or usual >= _DAY or found is None:
        return None
    multiples = steps[steps <= _THIN_MULTIPLES * shared] // shared
    # An exchange's first bar of a day may be cut short: that makes one other step, not many.
    different = len(np.unique(multiples)) >= _THIN_DIFFERENT
    odd = np.count_nonzero(multiples % 2 == 1) >= _THIN_ODD * len(steps)
    single = np.count_nonzero(multiples == 1) >= _THIN_SINGLE * len(steps)
    return found if different and odd and single else None
