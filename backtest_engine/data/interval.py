"""Bar intervals: one spelling inside, the spellings people and vendors use outside."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from backtest_engine.data.bars import disassemble
from backtest_engine.errors import UnsupportedInterval

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


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
    """Return the interval that at least two bars are apart most often; raise `UnsupportedInterval`."""
    stamps, _ = disassemble(bars)
    if len(stamps) < 2:
        raise UnsupportedInterval(
            "A single bar does not show its interval.", hint="Say the interval, for example 1d or 1h."
        )
    steps = np.diff(stamps) // 1_000_000_000
    values, counts = np.unique(steps, return_counts=True)
    usual = int(values[np.argmax(counts)])
    for name, seconds in _SECONDS.items():
        if seconds == usual:
            return INTERVALS[name]
    days = usual / _DAY
    for name, low, high in (("1w", 6.0, 8.0), ("1mo", 27.5, 31.5), ("3mo", 89.0, 93.0)):
        if low <= days <= high:
            return INTERVALS[name]
    raise UnsupportedInterval(
        f"The bars are {usual} seconds apart, which is no interval in use.",
        hint=f"Use one of {', '.join(INTERVALS)}.",
        details={"seconds": usual},
    )
