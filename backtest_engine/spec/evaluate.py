"""A specification's conditions on given bars: where each held, and the values that it compared.

This is how a strategy that never traded is explained; the compiled code decides the same on the same bars.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.indicators import REGISTRY
from backtest_engine.registry import Array
from backtest_engine.spec.base import Timeframe
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
    OnWeekday,
    Streak,
    TimeOfDay,
    TradingDay,
    Within,
)
from backtest_engine.spec.operands import Arithmetic, Indicator, Number, Operand, PositionValue, Price
from backtest_engine.spec.strategy import StrategySpec
from backtest_engine.spec.walk import parts_of

Held = np.ndarray[Any, np.dtype[np.bool_]]

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


def readings(spec: StrategySpec, bars: pd.DataFrame) -> tuple[Reading, ...]:
    """Return every simple condition of the entries and exits; those on an open position's state are left out."""
    found = []
    for name, side in spec.sides.items():
        for role, condition in (("entry", side.entry), ("exit", side.exit)):
            if condition is not None:
                found += [_reading(f"{name}.{role}", part, bars) for part in _simple(condition)]
    return tuple(found)


def _simple(condition: Condition) -> Iterator[Condition]:
    match condition:
        case All() | AnyOf():
            for part in condition.conditions:
                yield from _simple(part)
        case Not() | Streak() | Within() | Ago():
            yield from _simple(condition.condition)
        case _:
            if not any(True for _ in parts_of(condition, PositionValue)):
                yield condition


def _reading(rule: str, condition: Condition, bars: pd.DataFrame) -> Reading:
    held = holds(condition, bars)
    if isinstance(condition, Comparison | Cross):
        left, right = series(condition.left, bars), series(condition.right, bars)
        return Reading(rule=rule, condition=condition, held=held, left=left, right=right)
    return Reading(rule=rule, condition=condition, held=held)


def holds(condition: Condition, bars: pd.DataFrame) -> Held:
    """Return on which bars a condition holds; raise `ValueError` when it speaks of an open position."""
    match condition:
        case Comparison():
            return _compared(series(condition.left, bars), condition.relation, series(condition.right, bars))
        case Cross():
            left, right = series(condition.left, bars), series(condition.right, bars)
            now, before = (">", "<=") if condition.direction == "above" else ("<", ">=")
            return _compared(left, now, right) & _earlier(_compared(left, before, right), 1)
        case All():
            return _all(holds(part, bars) for part in condition.conditions)
        case AnyOf():
            return ~_all(~holds(part, bars) for part in condition.conditions)
        case Not():
            return ~holds(condition.condition, bars)
        case Streak():
            inner = holds(condition.condition, bars)
            return np.asarray(
                np.logical_and.reduce([_earlier(inner, back) for back in range(condition.bars)]), dtype=bool
            )
        case Within():
            inner = holds(condition.condition, bars)
            return np.asarray(
                np.logical_or.reduce([_earlier(inner, back) for back in range(condition.bars)]), dtype=bool
            )
        case Ago():
            return _earlier(holds(condition.condition, bars), condition.bars)
        case Always():
            return np.ones(len(bars), dtype=bool)
    return _on_date(condition, pd.DatetimeIndex(bars.index))


def series(operand: Operand, bars: pd.DataFrame) -> Array:
    """Return the value of an operand on every bar, NaN where it is not known."""
    match operand:
        case Number():
            return np.full(len(bars), operand.value)
        case Price():
            if operand.timeframe is not None:
                return _on_longer_bars(operand, bars, operand.timeframe, lambda longer: _price(operand, longer))
            return _back(_price(operand, bars), operand.shift)
        case Indicator():
            if operand.timeframe is not None:
                return _on_longer_bars(operand, bars, operand.timeframe, lambda longer: _indicator(operand, longer))
            return _back(_indicator(operand, bars), operand.shift)
        case Arithmetic():
            return _worked_out(operand, bars)
        case PositionValue():
            raise ValueError(f"{operand.measure} is known only while a position is open")


def _price(price: Price, bars: pd.DataFrame) -> Array:
    columns = BLENDS.get(price.field) or (COLUMNS[price.field],)
    return np.asarray(np.mean([bars[column].to_numpy(dtype=float) for column in columns], axis=0))


def _indicator(call: Indicator, bars: pd.DataFrame) -> Array:
    known = REGISTRY[call.name]
    inputs = [bars[column].to_numpy(dtype=float) for column in known.inputs]
    if call.source is not None:
        inputs = [series(call.source, bars)]
    values = known.function(*inputs, **call.parameters)
    if len(known.outputs) > 1:
        values = values[known.outputs.index(call.output or known.outputs[0])]
    return np.asarray(values, dtype=float)


def _worked_out(value: Arithmetic, bars: pd.DataFrame) -> Array:
    left, right = series(value.left, bars), series(value.right, bars)
    with np.errstate(divide="ignore", invalid="ignore"):
        match value.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "/":
                return np.where(right == 0, np.nan, left / np.where(right == 0, np.nan, right))


def _on_longer_bars(operand: Price | Indicator, bars: pd.DataFrame, timeframe: Timeframe, values: Any) -> Array:
    """Values of the longer bars that had ended before each bar."""
    index = pd.DatetimeIndex(bars.index)
    rule = RULES[timeframe]
    labels = np.asarray(index.to_period(rule).start_time if rule in ("W", "M") else index.floor(rule))
    new = np.r_[True, labels[1:] != labels[:-1]]
    number = np.cumsum(new) - 1
    longer = bars.groupby(number).agg({name: how for name, how in AGGREGATES.items() if name in bars})
    known = values(longer.set_axis(index[new]))
    ended = number - 1 - operand.shift
    return np.where(ended >= 0, known[np.maximum(ended, 0)], np.nan)


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
            clock = np.asarray(index.strftime("%H:%M"), dtype=str)
            after, before = clock >= condition.start, clock <= condition.end
            return np.asarray(after & before if condition.start <= condition.end else after | before)
        case MonthDay():
            late = np.asarray(index.day) >= condition.day
            months = np.asarray(index.month)
            return np.asarray(late & ~(_earlier(late, 1) & np.r_[False, months[1:] == months[:-1]]))
        case TradingDay():
            return _trading_day(condition, index)
        case _:
            raise TypeError(f"no values are known for {type(condition).__name__}")


def _trading_day(condition: TradingDay, index: pd.DatetimeIndex) -> Held:
    spans = index.to_period(PERIODS[condition.period])
    if condition.ordinal < 0:
        days = index.values.astype("datetime64[D]")
        following = (spans + 1).start_time.values.astype("datetime64[D]")
        return np.asarray(np.busday_count(days, following) == -condition.ordinal)
    frame = pd.DataFrame({"span": np.asarray(spans.start_time), "day": np.asarray(index.normalize())})
    number = frame.groupby("span")["day"].rank(method="dense").to_numpy(copy=True)
    first_weekday = np.busday_offset(spans[0].start_time.date(), 0, roll="forward")
    if index[0].date() > first_weekday.astype(object):
        number[np.asarray(spans == spans[0])] = 0
    return np.asarray(number == condition.ordinal)
