"""The series and conditions of a specification on given bars: an array for each that does not need the account.

What is built once is a tree of functions of the parameters, so that a sweep works out only what changes. Each step is
that of the compiled module, in the same order of float operations.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.compiler.parameters import ParameterNames
from backtest_engine.indicators import REGISTRY, opening_range, session_vwap
from backtest_engine.registry import Array
from backtest_engine.simulation.indicator_cache import Held, IndicatorCache, LongerBars
from backtest_engine.spec import (
    Ago,
    All,
    Always,
    AnyOf,
    Arithmetic,
    Comparison,
    Condition,
    Cross,
    Indicator,
    Not,
    Number,
    Often,
    Operand,
    PositionValue,
    Price,
    SessionValue,
    Streak,
    Then,
    Within,
)
from backtest_engine.spec.evaluate import BLENDS, COLUMNS, on_date

Values = Mapping[str, float]
COMPARE: Mapping[str, Callable[..., Any]] = {
    ">": np.greater,
    "<": np.less,
    ">=": np.greater_equal,
    "<=": np.less_equal,
    "==": np.equal,
}


@dataclass(frozen=True)
class Figure:
    """A number: a parameter of that name, or always the same."""

    default: float
    name: str | None = None

    def __call__(self, values: Values) -> float:
        """Return the number for these values of the parameters."""
        return self.default if self.name is None else values.get(self.name, self.default)


class Node:
    """Something that is worked out from the parameters; `names` are those that it depends on.

    What it gave last is kept, and given again as long as they stay the same.
    """

    def __init__(
        self, names: frozenset[str], work: Callable[[Values], Any], key: Callable[[Values], Hashable], title: str = ""
    ) -> None:
        self.names, self._work, self.key, self.title = names, work, key, title
        self._watched = tuple(sorted(names))
        self._last: tuple[Any, Any] | None = None

    def __call__(self, values: Values) -> Any:
        """Return an array of all bars, or one number for all of them."""
        at = [values.get(name) for name in self._watched]
        if self._last is None or self._last[0] != at:
            self._last = at, self._work(values)
        return self._last[1]


class Signals:
    """Builds the nodes of a specification's parts on given bars."""

    def __init__(self, names: ParameterNames, bars: pd.DataFrame, cache: IndicatorCache) -> None:
        cache.begin(bars)
        self._names, self._bars, self._cache = names, bars, cache
        self._columns = {name: bars[name].to_numpy(dtype=float) for name in COLUMNS.values()}
        self._index = pd.DatetimeIndex(bars.index)

    def figure(self, number: float) -> Figure:
        """Return a number of the specification."""
        return Figure(_plain(number), self._names.of(number))

    # Series

    def operand(self, value: Operand) -> Node:
        """Return the value of an operand on every bar. Raises `ValueError` for one on the open position."""
        match value:
            case Number():
                return self._number(Figure(0) if value.value == 0 else self.figure(value.value))
            case Arithmetic():
                left, right = (
                    self._number(self.figure(part.value)) if isinstance(part, Number) else self.operand(part)
                    for part in (value.left, value.right)
                )
                return self._combined(value.operator, left, right)
            case PositionValue():
                raise ValueError(f"{value.measure} is known only while a position is open")
            case SessionValue():
                return self._session(value)
            case Price() | Indicator() if value.timeframe is not None:
                return self._on_longer_bars(value)
            case Price():
                return _moved(self._price(value, self._columns), value.shift)
            case Indicator():
                return _moved(self.indicator(value), value.shift)

    def indicator(self, call: Indicator) -> Node:
        """Return one output of an indicator, without its shift, on the bars or those of its timeframe."""
        row = REGISTRY[call.name].outputs.index(call.output or REGISTRY[call.name].outputs[0])
        rows = self.rows(call)
        return Node(rows.names, lambda values: rows(values).values[row], lambda values: (row, rows.key(values)))

    def rows(self, value: Indicator | Price | SessionValue) -> Node:
        """Return all outputs of what a compiled module declares, as `Rows`; the shift counts on longer bars only."""
        if isinstance(value, SessionValue):
            return self._session_rows(value)
        if value.timeframe is not None:
            return self._longer_rows(value)
        if isinstance(value, Price):
            raise TypeError("only the prices of a longer timeframe are declared")
        return self._cached(self._call(value, self._columns, None))

    def _cached(self, made: Node) -> Node:
        cache = self._cache
        return Node(made.names, lambda values: cache.rows(made.key(values), lambda: made(values)), made.key)

    def _call(self, call: Indicator, columns: Mapping[str, Array], owner: Indicator | None) -> Node:
        """Return the outputs of an indicator on columns, as a tuple; `owner` is on longer bars and has it as source."""
        known = REGISTRY[call.name]
        names = self._names.of_indicator(call, owner)
        numbers = {name: Figure(_plain(value), names.get(name)) for name, value in call.parameters.items()}
        inputs = [columns[column] for column in known.inputs]
        source = None if call.source is None else self._source(call.source, columns, owner)

        def work(values: Values) -> tuple[Array, ...]:
            given = {name: number(values) for name, number in numbers.items()}
            found = known.function(*(inputs if source is None else [source(values)]), **given)
            return tuple(np.asarray(row, dtype=float) for row in (found if len(known.outputs) > 1 else (found,)))

        def key(values: Values) -> Hashable:
            given = tuple(number(values) for number in numbers.values())
            return known.name, given, None if source is None else source.key(values)

        own = frozenset(number.name for number in numbers.values() if number.name)
        return Node(own if source is None else own | source.names, work, key)

    def _source(self, source: Operand, columns: Mapping[str, Array], owner: Indicator | None) -> Node:
        """Return the series that an indicator is worked out from; its plain numbers are no parameters."""
        match source:
            case Number():
                return self._number(Figure(_plain(source.value)))
            case Arithmetic():
                left, right = (self._source(part, columns, owner) for part in (source.left, source.right))
                return self._combined(source.operator, left, right)
            case Price() if source.timeframe is None:
                return _moved(self._price(source, columns), source.shift)
            case Indicator() if owner is not None:
                inner = self._call(source, columns, owner)
                row = REGISTRY[source.name].outputs.index(source.output or REGISTRY[source.name].outputs[0])
                picked = Node(inner.names, lambda values: inner(values)[row], lambda values: (row, inner.key(values)))
                return _moved(picked, source.shift)
        return self.operand(source)

    def _on_longer_bars(self, value: Price | Indicator) -> Node:
        rows = self._longer_rows(value)
        row = 0
        if isinstance(value, Indicator):
            row = REGISTRY[value.name].outputs.index(value.output or REGISTRY[value.name].outputs[0])
        return Node(rows.names, lambda values: rows(values).values[row], lambda values: (row, rows.key(values)))

    def _longer_rows(self, value: Price | Indicator) -> Node:
        """Return what the longer bars that had ended before each bar give."""
        timeframe, shift = str(value.timeframe), value.shift
        longer: LongerBars = self._cache.longer(timeframe)
        if isinstance(value, Price):
            price = self._price(value, longer.columns)
            made = Node(frozenset(), lambda values: (price(values),), price.key)
        else:
            made = self._call(value, longer.columns, value)
        ended = longer.ended - shift

        def work(values: Values) -> tuple[Array, ...]:
            return tuple(np.where(ended >= 0, row[np.maximum(ended, 0)], np.nan) for row in made(values))

        return self._cached(Node(made.names, work, lambda values: (timeframe, shift, made.key(values))))

    def _session(self, value: SessionValue) -> Node:
        rows, row = self._session_rows(value), int(value.measure == "range_low")
        return Node(frozenset(), lambda values: rows(values).values[row], lambda values: (row, rows.key(values)))

    def _session_rows(self, value: SessionValue) -> Node:
        hours = self._index, value.session.opens, value.session.closes, value.session.zone
        high, low = self._columns["High"], self._columns["Low"]

        def work(_: Values) -> tuple[Array, ...]:
            if value.measure == "vwap":
                return (session_vwap(high, low, self._columns["Close"], self._columns["Volume"], *hours),)
            return opening_range(high, low, *hours, value.minutes)

        # Both ends of a range are rows of one call.
        key = "session", value.measure == "vwap", value.minutes, value.session
        return self._cached(Node(frozenset(), work, lambda _: key))

    def _price(self, price: Price, columns: Mapping[str, Array]) -> Node:
        names = BLENDS.get(price.field) or (COLUMNS[price.field],)

        def work(_: Values) -> Array:
            total = columns[names[0]]
            for name in names[1:]:
                total = total + columns[name]
            return total if len(names) == 1 else total / len(names)

        return Node(frozenset(), work, lambda _: price.field)

    def _number(self, number: Figure) -> Node:
        names = frozenset([number.name]) if number.name else frozenset[str]()
        return Node(names, lambda values: np.float64(number(values)), number.__call__)

    def _combined(self, operator: str, left: Node, right: Node) -> Node:
        def work(values: Values) -> Any:
            return combined(operator, left(values), right(values))

        return Node(left.names | right.names, work, lambda values: (operator, left.key(values), right.key(values)))

    # Conditions

    def condition(self, condition: Condition) -> Node:
        """Return on which bars a condition holds. Raises `ValueError` for one on the open position."""
        match condition:
            case Comparison() | Cross():
                return self._compared(condition)
            case All() | AnyOf():
                return self._joined(condition)
            case Not():
                inner = self.condition(condition.condition)
                return _held(inner.names, lambda values: ~inner(values))
            case Streak() | Within() | Often() | Then() | Ago():
                return self._over_bars(condition)
            case Always():
                count = len(self._bars)
                return _held(frozenset(), lambda _: np.ones(count, dtype=bool))
        key = condition.model_dump_json()
        return _held(frozenset(), lambda _: self._cache.held(key, lambda: on_date(condition, self._index)))

    def _compared(self, condition: Comparison | Cross) -> Node:
        left, right, count = self.operand(condition.left), self.operand(condition.right), len(self._bars)
        if isinstance(condition, Comparison):
            now, before = COMPARE[condition.relation], None
        else:
            above = condition.direction == "above"
            now, before = COMPARE[">" if above else "<"], COMPARE["<=" if above else ">="]

        def work(values: Values) -> Held:
            one, other = left(values), right(values)
            held = _on_all(now(one, other), count)
            if before is None:
                return held
            crossed: Held = np.zeros(count, dtype=bool)
            np.logical_and(held[1:], _on_all(before(one, other), count)[:-1], out=crossed[1:])
            return crossed

        return _held(left.names | right.names, work)

    def _joined(self, condition: All | AnyOf) -> Node:
        inner = [self.condition(part) for part in condition.conditions]
        join = np.logical_and if isinstance(condition, All) else np.logical_or

        def work(values: Values) -> Held:
            held: Held = join.reduce([part(values) for part in inner])
            return held

        return _held(frozenset().union(*(part.names for part in inner)), work)

    def _over_bars(self, condition: Streak | Within | Often | Then | Ago) -> Node:
        bars = condition.bars
        if isinstance(condition, Then):
            first, then = self.condition(condition.first), self.condition(condition.then)
            return _held(
                first.names | then.names,
                lambda values: then(values) & _earlier(_at_least(first(values), 1, bars), 1),
            )
        inner = self.condition(condition.condition)
        if isinstance(condition, Ago):
            return _held(inner.names, lambda values: _earlier(inner(values), bars))
        times = condition.times if isinstance(condition, Often) else bars if isinstance(condition, Streak) else 1
        return _held(inner.names, lambda values: _at_least(inner(values), times, bars))


def combined(operator: str, left: Any, right: Any) -> Any:
    """Return two values in an arithmetic; a quotient by zero is not known."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / np.where(np.equal(right, 0), np.nan, right)


def _on_all(held: Any, count: int) -> Held:
    """Return a condition on every bar: one of two numbers is the same on all."""
    return held if np.ndim(held) else np.full(count, bool(held))


def _held(names: frozenset[str], work: Callable[[Values], Held]) -> Node:
    return Node(names, work, lambda values: None)


def _moved(node: Node, bars: int) -> Node:
    """Return a series as it stood so many bars before."""
    if not bars:
        return node

    def work(values: Values) -> Any:
        series = node(values)
        if np.ndim(series) == 0:
            return series
        moved = np.full(len(series), np.nan)
        moved[bars:] = series[:-bars]
        return moved

    return Node(node.names, work, lambda values: ("earlier", bars, node.key(values)))


def _earlier(held: Held, bars: int) -> Held:
    earlier = np.zeros(len(held), dtype=bool)
    earlier[bars:] = held[: len(held) - bars]
    return earlier


def _at_least(held: Held, times: int, bars: int) -> Held:
    """Return where a condition held on so many of the last bars, this one included."""
    count = np.cumsum(held, dtype=np.int64)
    window = count.copy()
    window[bars:] -= count[:-bars]
    return np.asarray(window >= times)


def _plain(number: float) -> float:
    """Return the number alone, without its place."""
    return int(number) if isinstance(number, int) else float(number)
