"""Lengths said in days, weeks or hours, fitted to the bars that a strategy runs on.

A 50-day average stays one of days: on daily bars of 50 bars, on shorter bars of 50 completed days. A length of time
that the bars do not divide evenly is counted as closely as they allow, and an `interval_mismatch` says so.
"""

from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import pandas as pd

from backtest_engine.domain import Notice
from backtest_engine.indicators import REGISTRY
from backtest_engine.spec.base import MAX_BARS, Part, Session, Timeframe, Unit
from backtest_engine.spec.operands import Indicator, Price
from backtest_engine.spec.rules import indicator_problems
from backtest_engine.spec.strategy import Side, StrategySpec
from backtest_engine.spec.walk import parts_of

MINUTES: Final[dict[str, int]] = {"minute": 1, "hour": 60, "4hour": 240, "day": 1_440, "week": 10_080, "month": 43_200}
TIMEFRAME: Final[dict[str, Timeframe]] = {"hour": "hour", "day": "day", "week": "week", "month": "month"}

P = TypeVar("P", bound=Part)


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How bars follow each other: minutes from one to the next, and how many a day, a week and a month have."""

    minutes: int
    a_day: float
    a_week: float
    a_month: float

    @property
    def around_the_clock(self) -> bool:
        """Whether the market never closes, so that every day has as many bars as fit into it."""
        return self.a_week * self.minutes >= MINUTES["week"] * 0.99

    def count(self, length: int, unit: Unit) -> tuple[int, bool]:
        """Return how many bars a length of time has, and whether that is exact."""
        if MINUTES[unit] == self.minutes or (unit == "month" and self.minutes >= 28 * MINUTES["day"]):
            return length, True
        if unit in ("minute", "hour") or (self.around_the_clock and unit != "month"):
            bars, left = divmod(length * MINUTES[unit], self.minutes)
            return max(1, bars + (left * 2 >= self.minutes)), left == 0
        each = {"day": self.a_day, "week": self.a_week, "month": self.a_month}[unit]
        return max(1, round(length * each)), False


def pace(index: pd.DatetimeIndex) -> Pace:
    """Return the pace of given bars, from the gaps and the days that are usual among them."""
    stamps = index.values.astype("datetime64[m]").astype(np.int64)
    gaps = np.diff(stamps)
    minutes = int(np.median(gaps)) if len(gaps) else MINUTES["day"]
    days = np.unique(stamps // MINUTES["day"])
    weeks = max(1.0, (stamps[-1] - stamps[0] + minutes) / MINUTES["week"]) if len(stamps) else 1.0
    a_week = len(index) / weeks
    return Pace(
        minutes=_usual(minutes), a_day=len(index) / max(1, len(days)), a_week=a_week, a_month=a_week * 52.18 / 12
    )


def _usual(minutes: int) -> int:
    """Return the week for the five to seven days of one, and the like for days."""
    for unit in ("day", "week"):
        if MINUTES[unit] <= minutes < MINUTES[unit] * 1.5:
            return MINUTES[unit]
    return max(1, minutes)


def fit(spec: StrategySpec, index: pd.DatetimeIndex) -> tuple[StrategySpec, tuple[Notice, ...]]:
    """Return the specification with every length in the bars of the index, and what could not be kept exactly."""
    fitting = _Fitting(pace(index))
    fitted = fitting.part(spec)
    if fitting.pace.minutes >= MINUTES["day"] and any(True for _ in parts_of(spec, Session)):
        fitting.mismatch("Sessions cannot be seen in bars of a day or more.")
    return fitted, tuple(fitting.notices.values())


class _Fitting:
    def __init__(self, bars: Pace) -> None:
        self.pace = bars
        self.notices: dict[str, Notice] = {}

    def part(self, part: P) -> P:
        """Return a part and everything in it in bars."""
        changes: dict[str, Any] = {}
        for name in type(part).model_fields:
            value = getattr(part, name)
            if isinstance(value, Part):
                changes[name] = self.part(value)
            elif isinstance(value, tuple):
                changes[name] = tuple(self.part(item) if isinstance(item, Part) else item for item in value)
        fitted = part.model_copy(update=changes)
        return fitted.model_copy(update=self._own(fitted))

    def _own(self, part: Part) -> dict[str, Any]:
        """Return what changes in the part itself."""
        if isinstance(part, Price | Indicator):
            return self._of_series(part)
        if isinstance(part, Side):
            bars = part.max_bars and self._bars(part.max_bars, part.max_bars_unit)
            return {"max_bars": bars, "max_bars_unit": None}
        unit: Unit | None = getattr(part, "unit", None)
        if unit is None:
            return {}
        name = "period" if hasattr(part, "period") else "bars"
        return {name: self._bars(getattr(part, name), unit), "unit": None}

    def _of_series(self, part: Price | Indicator) -> dict[str, Any]:
        timeframe, unit = part.timeframe, part.unit
        if timeframe is not None:
            return self._own_bars(timeframe)
        if unit is None or self.pace.count(1, unit) == (1, True):
            return {"unit": None}
        longer = TIMEFRAME.get(unit)
        sourced = isinstance(part, Indicator) and part.source is not None
        if longer is not None and MINUTES[unit] > self.pace.minutes and not sourced:
            if isinstance(part, Indicator):
                return {"timeframe": longer, "unit": None}
            # The close a day ago is that of the last day that has ended.
            return {"timeframe": longer, "shift": part.shift - 1, "unit": None} if part.shift else {"unit": None}
        changes = {"unit": None, "shift": self._bars(part.shift, unit) if part.shift else 0}
        return changes | (self._parameters(part, unit) if isinstance(part, Indicator) else {})

    def _parameters(self, call: Indicator, unit: Unit) -> dict[str, Any]:
        before = dict(self.notices)
        numbers = {
            name: self._bars(int(value), unit) if parameter_counts(call, name) else value
            for name, value in call.parameters.items()
        }
        if any(True for _ in indicator_problems(call.model_copy(update={"parameters": numbers}))):
            self.notices = before
            title = REGISTRY[call.name].title
            self.mismatch(f"{title} over so few {unit}s cannot be worked out on these bars; its numbers count bars.")
            return {}
        return {"parameters": numbers}

    def _own_bars(self, timeframe: Timeframe) -> dict[str, Any]:
        """A timeframe of the bars themselves is no longer one; a shorter one cannot be seen."""
        if MINUTES[timeframe] == self.pace.minutes:
            return {"timeframe": None}
        if MINUTES[timeframe] < self.pace.minutes:
            self.mismatch(f"A value of {timeframe} bars was asked for, which are shorter than the bars of the data.")
            return {"timeframe": None}
        return {}

    def _bars(self, length: int, unit: Unit | None) -> int:
        if unit is None:
            return length
        bars, exact = self.pace.count(length, unit)
        if not exact:
            many = "s" if length != 1 else ""
            self.mismatch(f"{length} {unit}{many} cannot be counted exactly in these bars; {bars} bars are taken.")
        return min(bars, MAX_BARS)

    def mismatch(self, message: str) -> None:
        """Note what cannot be kept exactly."""
        self.notices[message] = Notice(code="interval_mismatch", message=message)


def parameter_counts(call: Indicator, name: str) -> bool:
    """Whether a parameter of an indicator counts bars, rather than being a factor or the kind of an average."""
    known = next(parameter for parameter in REGISTRY[call.name].parameters if parameter.name == name)
    return known.integer and name != "bars_per_year" and not name.endswith("ma_type")
