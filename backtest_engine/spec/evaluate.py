"""A specification's conditions on given bars: where each held, and the values that it compared.

This is how a strategy that never traded is explained; the compiled code decides the same on the same bars.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.indicators import (
    REGISTRY,
    local_time,
    opening_range,
    session_minutes,
    session_vwap,
    trading_days_left,
)
from backtest_engine.registry import Array
from backtest_engine.spec.base import Part, Timeframe
from backtest_engine.spec.conditions import (
    Ago,
    All,
    Always,
    AnyOf,
    Comparison,
    Condition,
    Cross,
    InMonth,
    MonthDay,
    Not,
    Often,
    OnWeekday,
    SessionTime,
    Streak,
    Then,
    TimeOfDay,
    TradingDay,
    Within,
)
from backtest_engine.spec.operands import Arithmetic, Indicator, Number, Operand, PositionValue, Price, SessionValue
from backtest_engine.spec.strategy import StrategySpec
from backtest_engine.spec.walk import parts_of

Held = np.ndarray[Any, np.dtype[np.bool_]]
# What a `PositionValue` of each measure is today.
Position = Mapping[str, float]

COLUMNS = {"open": "Open", "high": "High", "low": "Low", "close": "Close", "volume": "Volume"}
BLENDS = {"hl2": ("High", "Low"), "hlc3": ("High", "Low", "Close"), "ohlc4": ("Open", "High", "Low", "Close")}
RULES = {"hour": "1h", "4hour": "4h", "day": "1D", "week": "W", "month": "M"}
PERIODS = {"week": "W", "month": "M", "quarter": "Q", "year": "Y"}
AGGREGATES = {"Open": "first", "High": "max", "Low": "min", "Close": "last", "Volume": "sum"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """One simple condition of a rule such as `long.entry`, on every bar.

    `held` is False where a value is not known yet. `left` and `right` are the values that a comparison or cross
    looked at, None for conditions on the date.
    """

    rule: str
    condition: Condition
    held: Held
    left: Array | None = None
    right: Array | None = None


def readings(spec: StrategySpec, bars: pd.DataFrame, known: "Evaluation | None" = None) -> tuple[Reading, ...]:
    """Return every simple condition of the entries and exits; those on an open position's state are left out.

    What is `known` of the bars already is not worked out again.
    """
    known = known or Evaluation(bars)
    found = []
    for name, side in spec.sides.items():
        for role, condition in (("entry", side.entry), ("exit", side.exit)):
            if condition is not None:
                found += [_reading(f"{name}.{role}", part, known) for part in _simple(condition)]
    return tuple(found)


def _simple(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All() | AnyOf():
            for part in condition.conditions:
                yield from _simple(part)
        case Then():
            yield from _simple(condition.first)
            yield from _simple(condition.then)
        case Not() | Streak() | Within() | Often() | Ago():
            yield from _simple(condition.condition)
        case _:
            if not _of_position(condition):
                yield condition


def _reading(rule: str, condition: Condition, known: "Evaluation") -> Reading:
    held = known.holds(condition)
    if isinstance(condition, Comparison | Cross):
        left, right = known.series(condition.left), known.series(condition.right)
        return Reading(rule=rule, condition=condition, held=held, left=left, right=right)
    return Reading(rule=rule, condition=condition, held=held)


def holds(condition: Condition, bars: pd.DataFrame) -> Held:
    """Return on which bars a condition holds; raise `ValueError` when it speaks of an open position."""
    return Evaluation(bars).holds(condition)


def series(operand: Operand, bars: pd.DataFrame) -> Array:
    """Return the value of an operand on every bar, NaN where it is not known."""
    return Evaluation(bars).series(operand)


class Evaluation:
    """The values of a specification's parts on given bars, each worked out once.

    `position` gives what is known of the open position today; it is the same whichever bar a condition looks back on.
    """

    def __init__(self, bars: pd.DataFrame) -> None:
        self.bars = bars
        self.index = pd.DatetimeIndex(bars.index)
        # A part is kept beside what it gave, so that its id is not given to another.
        self._held: dict[int, tuple[Condition, Held]] = {}
        self._series: dict[int, tuple[Operand, Array]] = {}
        self._of_position: dict[int, tuple[Part, bool]] = {}

    def holds(self, condition: Condition, position: Position | None = None) -> Held:
        """Return on which bars a condition holds; raise `ValueError` when a position is spoken of and none is given."""
        if id(condition) in self._held:
            return self._held[id(condition)][1]
        held = self._worked_out(condition, position)
        if not self._today_only(condition):
            self._held[id(condition)] = condition, held
        return held

    def _today_only(self, part: Part) -> bool:
        """Whether a part speaks of the open position, so that what it gives is of no use on another day."""
        if id(part) not in self._of_position:
            self._of_position[id(part)] = part, _of_position(part)
        return self._of_position[id(part)][1]

    def _worked_out(self, condition: Condition, position: Position | None) -> Held:
        match condition:
            case Comparison():
                left, right = self.series(condition.left, position), self.series(condition.right, position)
                return _compared(left, condition.relation, right)
            case Cross():
                left, right = self.series(condition.left, position), self.series(condition.right, position)
                now, before = (">", "<=") if condition.direction == "above" else ("<", ">=")
                return _compared(left, now, right) & _earlier(_compared(left, before, right), 1)
            case All():
                return _all(self.holds(part, position) for part in condition.conditions)
            case AnyOf():
                return ~_all(~self.holds(part, position) for part in condition.conditions)
            case Not():
                return ~self.holds(condition.condition, position)
            case Streak() | Within() | Often() | Then() | Ago():
                return self._over_bars(condition, position)
            case Always():
                return np.ones(len(self.bars), dtype=bool)
        return _on_date(condition, self.index)

    def _over_bars(self, condition: Streak | Within | Often | Then | Ago, position: Position | None) -> Held:
        if isinstance(condition, Then):
            first, then = self.holds(condition.first, position), self.holds(condition.then, position)
            return then & ~_all(~_earlier(first, back) for back in range(1, condition.bars + 1))
        inner = self.holds(condition.condition, position)
        if isinstance(condition, Ago):
            return _earlier(inner, condition.bars)
        held = np.array([_earlier(inner, back) for back in range(condition.bars)])
        times = {"streak": condition.bars, "within": 1}.get(condition.kind) or getattr(condition, "times", 1)
        return np.asarray(held.sum(axis=0) >= times)

    def series(self, operand: Operand, position: Position | None = None) -> Array:
        """Return the value of an operand on every bar, NaN where it is not known."""
        if id(operand) in self._series:
            return self._series[id(operand)][1]
        values = self._values(operand, position)
        if not self._today_only(operand):
            self._series[id(operand)] = operand, values
        return values

    def _values(self, operand: Operand, position: Position | None) -> Array:
        match operand:
            case Number():
                return np.full(len(self.bars), operand.value)
            case Price():
                if operand.timeframe is not None:
                    return self._on_longer_bars(operand, operand.timeframe)
                return _back(_price(operand, self.bars), operand.shift)
            case Indicator():
                if operand.timeframe is not None:
                    return self._on_longer_bars(operand, operand.timeframe)
                return _back(outputs(operand, self.bars)[_row(operand)], operand.shift)
            case SessionValue():
                return _of_session(operand, self.bars)
            case Arithmetic():
                left, right = self.series(operand.left, position), self.series(operand.right, position)
                return _combined(operand.operator, left, right)
            case PositionValue():
                if position is None:
                    raise ValueError(f"{operand.measure} is known only while a position is open")
                return np.full(len(self.bars), position[operand.measure])

    def _on_longer_bars(self, operand: Price | Indicator, timeframe: Timeframe) -> Array:
        """Values of the longer bars that had ended before each bar."""
        longer, number = longer_bars(self.bars, timeframe)
        known = _price(operand, longer) if isinstance(operand, Price) else outputs(operand, longer)[_row(operand)]
        ended = number - 1 - operand.shift
        return np.where(ended >= 0, known[np.maximum(ended, 0)], np.nan)


def _of_position(part: Part) -> bool:
    return any(True for _ in parts_of(part, PositionValue))


def _price(price: Price, bars: pd.DataFrame) -> Array:
    columns = BLENDS.get(price.field) or (COLUMNS[price.field],)
    return np.asarray(np.mean([bars[column].to_numpy(dtype=float) for column in columns], axis=0))


def outputs(call: Indicator, bars: pd.DataFrame) -> tuple[Array, ...]:
    """Return every output of an indicator on the bars as they are, without its shift and its timeframe."""
    known = REGISTRY[call.name]
    inputs = [bars[column].to_numpy(dtype=float) for column in known.inputs]
    if call.source is not None:
        inputs = [series(call.source, bars)]
    values = known.function(*inputs, **call.parameters)
    return tuple(np.asarray(row, dtype=float) for row in (values if len(known.outputs) > 1 else (values,)))


def _of_session(value: SessionValue, bars: pd.DataFrame) -> Array:
    session = value.session
    hours = bars.index, session.opens, session.closes, session.zone
    if value.measure == "vwap":
        return session_vwap(bars["High"], bars["Low"], bars["Close"], bars["Volume"], *hours)
    high, low = opening_range(bars["High"], bars["Low"], *hours, value.minutes)
    return high if value.measure == "range_high" else low


def _row(call: Indicator) -> int:
    names = REGISTRY[call.name].outputs
    return names.index(call.output or names[0])


def _combined(operator: str, left: Array, right: Array) -> Array:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / np.where(right == 0, np.nan, right)


def longer_bars(bars: pd.DataFrame, timeframe: Timeframe) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the bars of a longer timeframe, and for each bar the number of the one that it is part of."""
    index = pd.DatetimeIndex(bars.index)
    rule = RULES[timeframe]
    labels = np.asarray(index.to_period(rule).start_time if rule in ("W", "M") else index.floor(rule))
    new = np.r_[True, labels[1:] != labels[:-1]]
    number = np.cumsum(new) - 1
    longer = bars.groupby(number).agg({name: how for name, how in AGGREGATES.items() if name in bars})
    return longer.set_axis(index[new]), number


def _all(conditions: Iterable[Held]) -> Held:
    return np.asarray(np.logical_and.reduce(list(conditions)), dtype=bool)


def _compared(left: Array, relation: str, right: Array) -> Held:
    with np.errstate(invalid="ignore"):
        compare = {">": np.greater, "<": np.less, ">=": np.greater_equal, "<=": np.less_equal, "==": np.equal}
        return np.asarray(compare[relation](left, right), dtype=bool)


def _back(values: Array, bars: int) -> Array:
    if not bars:
        return values
    earlier = np.full(len(values), np.nan)
    earlier[bars:] = values[:-bars]
    return earlier


def _earlier(held: Held, bars: int) -> Held:
    if not bars:
        return held
    earlier = np.zeros(len(held), dtype=bool)
    earlier[bars:] = held[:-bars]
    return earlier


def _on_date(condition: Condition, index: pd.DatetimeIndex) -> Held:
    match condition:
        case OnWeekday():
            return np.asarray(np.isin(index.day_name().str.lower(), condition.days))
        case InMonth():
            return np.asarray(np.isin(index.month, condition.months))
        case TimeOfDay():
            index = local_time(index, condition.zone) if condition.zone else index
            clock = np.asarray(index.strftime("%H:%M"), dtype=str)
            after, before = clock >= condition.start, clock <= condition.end
            return np.asarray(after & before if condition.start <= condition.end else after | before)
        case SessionTime():
            return _in_session(condition, index)
        case MonthDay():
            late = np.asarray(index.day) >= condition.day
            months = np.asarray(12 * index.year + index.month)
            return np.asarray(late & ~(_earlier(late, 1) & np.r_[False, months[1:] == months[:-1]]))
        case TradingDay():
            return _trading_day(condition, index)
        case _:
            raise TypeError(f"no values are known for {type(condition).__name__}")


def _in_session(condition: SessionTime, index: pd.DatetimeIndex) -> Held:
    session = condition.session
    since, left, step = session_minutes(index, session.opens, session.closes, session.zone)
    inside = since >= 0
    match condition.part:
        case "first":
            return inside & (since < condition.minutes)
        case "after":
            return inside & (since >= condition.minutes)
        case "last":
            return inside & (left <= condition.minutes)
    return inside & (left <= 2 * step)


def _trading_day(condition: TradingDay, index: pd.DatetimeIndex) -> Held:
    spans = index.to_period(PERIODS[condition.period])
    if condition.ordinal < 0:
        return np.asarray(trading_days_left(index, PERIODS[condition.period]) == -condition.ordinal)
    frame = pd.DataFrame({"span": np.asarray(spans.start_time), "day": np.asarray(index.normalize())})
    number = frame.groupby("span")["day"].rank(method="dense").to_numpy(copy=True)
    first_weekday = np.busday_offset(spans[0].start_time.date(), 0, roll="forward")
    if index[0].date() > first_weekday.astype(object):
        number[np.asarray(spans == spans[0])] = 0
    return np.asarray(number == condition.ordinal)
