"""A specification on given bars as the arrays that the kernel plays (`kernel.plan`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from backtest_engine.compiler.parameters import ParameterNames
from backtest_engine.registry import Array
from backtest_engine.simulation.indicator_cache import IndicatorCache, Rows, described
from backtest_engine.simulation.kernel import layout, plan
from backtest_engine.simulation.kernel.layout import Floats, Ints
from backtest_engine.simulation.programs import Program, of_position
from backtest_engine.simulation.signals import Figure, Node, Signals, Values
from backtest_engine.spec import (
    AtrDistance,
    CashSize,
    Condition,
    FractionSize,
    Indicator,
    KellySize,
    Level,
    LimitOrder,
    MarketOrder,
    PercentDistance,
    PriceDistance,
    RiskDistance,
    RiskSize,
    Side,
    UnitSize,
    VolatilitySize,
)
from backtest_engine.spec.warm_up import (
    Declared,
    average_true_range,
    bars_needed,
    constant_shifts,
    declared,
    identity,
    volatility,
)

Held = np.ndarray[Any, np.dtype[np.bool_]]
_DISTANCES: Mapping[type, int] = {
    PercentDistance: plan.PERCENT,
    PriceDistance: plan.AMOUNT,
    AtrDistance: plan.RANGE,
    RiskDistance: plan.RISK,
    Level: plan.LEVEL,
}


class NoValue(Exception):
    """An indicator has no value on any bar."""


class TooDeep(Exception):
    """A condition on the open position is nested more deeply than the kernel's stack."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """What the kernel takes after the state of the account, and `known`, the bars before all indicators are."""

    r: Ints
    f: Floats
    rule_series: Floats
    rule_held: Held
    series: Floats
    held: Held
    ops: Ints
    constants: Floats
    known: int


class _Rows:
    """Nodes, each with its row of one array; only what changed is written again."""

    def __init__(self, kind: type) -> None:
        self._kind = kind
        self._nodes: list[Node] = []
        self._given: list[Any] = []
        self._array: Any = None

    def place(self, node: Node) -> int:
        """Return the row of a node."""
        self._nodes.append(node)
        self._given.append(None)
        return len(self._nodes) - 1

    def __len__(self) -> int:
        return len(self._nodes)

    def allocate(self, bars: int) -> None:
        """Make the array for all rows."""
        self._array = np.zeros((len(self._nodes), bars), dtype=self._kind)

    def filled(self, values: Values) -> Any:
        """Return the array with what the nodes give for these values of the parameters."""
        for row, node in enumerate(self._nodes):
            given = node(values)
            if given is not self._given[row]:
                self._array[row] = given
                self._given[row] = given
        return self._array


class Plan:
    """A specification on given bars; `prepare` gives the kernel's arrays for some values of its parameters.

    The arrays are the same ones each time.
    """

    def __init__(self, names: ParameterNames, bars: pd.DataFrame, cache: IndicatorCache, *, order_limit: int) -> None:
        self._names, self._spec, self._bars = names, names.spec, len(bars)
        self._signals = Signals(names, bars, cache)
        self._series, self._held = _Rows(float), _Rows(bool)
        # What programs look up on earlier bars stands apart from what rules read on the bar itself.
        self._looked_up, self._looked_up_held = _Rows(float), _Rows(bool)
        self._r: Ints = np.zeros(plan.PLACES, dtype=np.int64)
        self._figures: list[tuple[int, Figure]] = []
        self._program = Program(self._signals, self._looked_up.place, self._looked_up_held.place)
        self._of_account(order_limit)
        for place, side in ((plan.LONG, self._spec.long), (plan.SHORT, self._spec.short)):
            base = plan.SIDE + place * plan.SIDE_PLACES
            if side is None:
                self._r[base + plan.P_ENTRY] = -1
            else:
                self._of_side(base, side)
        self._check_depth()
        self._declared = list(self._declared_rows())
        lines = self._program.lines or [(0, 0, 0)]
        self._ops: Ints = np.array(lines, dtype=np.int64)
        self._f: Floats = np.zeros(plan.PLACES)
        self._constants: Floats = np.zeros(max(1, len(self._program.constants)))
        for rows in (self._series, self._held, self._looked_up, self._looked_up_held):
            rows.allocate(self._bars)

    def prepare(self, values: Values) -> Prepared:
        """Return the arrays for these values. Raises `NoValue`, and what an indicator raises."""
        known = max((self._leading(rows(values), rows) for rows in self._declared), default=0)
        for place, figure in self._figures:
            self._f[place] = figure(values)
        for place, figure in enumerate(self._program.constants):
            self._constants[place] = figure(values)
        return Prepared(
            r=self._r,
            f=self._f,
            rule_series=self._series.filled(values),
            rule_held=self._held.filled(values),
            series=self._looked_up.filled(values),
            held=self._looked_up_held.filled(values),
            ops=self._ops,
            constants=self._constants,
            known=known,
        )

    def _leading(self, rows: Rows, node: Node) -> int:
        if rows.empty:
            raise NoValue(
                f"The indicator {node.title} has no value on any of the {self._bars} bars: are there too few?"
            )
        return rows.leading

    def _declared_rows(self) -> Any:
        """Yield a node for all that a compiled module declares, shifted where that is."""
        shifts = constant_shifts(self._spec)
        seen: set[tuple[str, bool]] = set()
        for value, _ in declared(self._spec):
            key = identity(value)
            if (key, isinstance(value, Indicator)) in seen:
                continue
            seen.add((key, isinstance(value, Indicator)))
            yield self._titled(value, self._shifted(self._signals.rows(value), shifts.get(key, 0)))

    def _titled(self, value: Declared, rows: Node) -> Node:
        return Node(rows.names, rows, rows.key, getattr(value, "name", value.kind))

    def _shifted(self, rows: Node, bars: int) -> Node:
        if not bars:
            return rows

        def work(values: Values) -> Rows:
            moved = []
            for row in rows(values).values:
                earlier: Array = np.full(len(row), np.nan)
                earlier[bars:] = row[:-bars]
                moved.append(earlier)
            return described(tuple(moved))

        return Node(rows.names, work, lambda values: (bars, rows.key(values)))

    def _check_depth(self) -> None:
        fits = self._program.deepest <= layout.STACK and self._program.nested <= layout.LOOPS
        if not fits or max(len(self._series), len(self._held)) > layout.READ - 2:
            raise TooDeep

    def _put(self, place: int, number: float) -> None:
        self._figures.append((place, self._signals.figure(number)))

    def _of_account(self, order_limit: int) -> None:
        spec, r = self._spec, self._r
        r[plan.R_REVERSE] = spec.reverse
        r[plan.R_BOTH_SIDES] = len(spec.sides) > 1
        r[plan.R_ONE_ENTRY] = spec.max_entries == 1
        self._put(plan.R_ENTRIES, spec.max_entries)
        if spec.scale_in is not None:
            self._distance(plan.R_SCALE, spec.scale_in.distance)
            r[plan.R_SCALE_UP] = spec.scale_in.direction == "with"
        if spec.cool_down is not None:
            r[plan.R_REST] = plan.AFTER_LOSS if spec.cool_down.after == "loss" else plan.AFTER_EXIT
            self._put(plan.R_REST, spec.cool_down.bars)
        waits = [0 if isinstance(side.order, MarketOrder) else side.order.bars for side in spec.sides.values()]
        r[plan.R_WAIT] = max(waits)
        r[plan.R_MOVES] = any(_moves(side) for side in spec.sides.values())
        r[plan.R_PARTS] = any(side.partial_exits for side in spec.sides.values())
        needed = bars_needed(spec)
        r[plan.R_FIRST] = needed - 1 if needed > 2 else 0
        r[plan.R_ORDER_LIMIT] = order_limit
        self._of_size()

    def _of_size(self) -> None:
        r, sizing = self._r, self._spec.sizing
        match sizing:
            case FractionSize(fraction=1):
                r[plan.R_SIZING] = plan.EVERYTHING
            case FractionSize():
                plain = sizing.of == "available" or self._spec.max_entries == 1
                r[plan.R_SIZING] = plan.SHARE if plain else plan.SHARE_OF_EQUITY
                self._put(plan.R_SIZING, sizing.fraction)
            case UnitSize():
                r[plan.R_SIZING] = plan.UNITS
                self._put(plan.R_SIZING, sizing.units)
            case CashSize():
                r[plan.R_SIZING] = plan.CASH_AMOUNT
                self._put(plan.R_SIZING, sizing.amount)
            case RiskSize():
                r[plan.R_SIZING] = plan.RISKED
                percent = Figure(round(100 * float(sizing.fraction), 10), self._names.risk_percent)
                self._figures.append((plan.R_SIZING, percent))
            case VolatilitySize():
                r[plan.R_SIZING] = plan.VOLATILITY
                self._put(plan.R_SIZING, sizing.target)
                self._put(plan.R_SIZING_CAP, sizing.cap)
                r[plan.R_SIZING_ROW] = self._series.place(self._signals.operand(volatility(sizing)))
            case KellySize():
                r[plan.R_SIZING] = plan.KELLY
                self._put(plan.R_SIZING, sizing.multiple)
                self._put(plan.R_SIZING_CAP, sizing.cap)
                r[plan.R_SIZING_TRADES] = sizing.trades
                self._put(plan.R_SIZING_TRADES, sizing.start)

    def _of_side(self, base: int, side: Side) -> None:
        r = self._r
        r[base + plan.P_ENTRY] = self._held.place(self._signals.condition(side.entry))
        r[base + plan.P_EXIT] = -1
        if side.exit is not None:
            self._exit(base, side.exit)
        if not isinstance(side.order, MarketOrder):
            r[base + plan.P_ORDER] = plan.LIMIT if isinstance(side.order, LimitOrder) else plan.STOP
            r[base + plan.P_ORDER_ROW] = self._series.place(self._signals.operand(side.order.at))
            r[base + plan.P_BARS] = side.order.bars
        for place, distance in ((plan.P_STOP, side.stop_loss), (plan.P_TARGET, side.take_profit)):
            if distance is not None:
                self._distance(base + place, distance)
        self._of_open_trades(base, side)
        r[base + plan.P_REMEMBERS] = side.remembers_risk
        r[base + plan.P_GUARDED] = _guarded(side)

    def _of_open_trades(self, base: int, side: Side) -> None:
        r, trailing = self._r, side.trailing_stop
        if trailing is not None:
            self._distance(base + plan.P_TRAIL, trailing.distance)
            r[base + plan.P_BY_HIGH] = trailing.anchor == "high"
            r[base + plan.P_TOUCH] = trailing.trigger == "touch"
            r[plan.R_BEST] = r[plan.R_BEST] or trailing.trigger == "close"
            if trailing.begins is not None:
                self._distance(base + plan.P_BEGINS, trailing.begins)
        if side.break_even is not None:
            self._distance(base + plan.P_BREAK_EVEN, side.break_even.after)
        r[base + plan.P_PART_COUNT] = len(side.partial_exits)
        for number, part in enumerate(side.partial_exits):
            self._distance(base + plan.P_PARTS + 2 * number, part.after)
            self._put(base + plan.P_PORTIONS + number, part.portion)
        if side.max_bars is not None:
            r[base + plan.P_MAX_BARS] = 1
            self._put(base + plan.P_MAX_BARS, side.max_bars)

    def _exit(self, base: int, condition: Condition) -> None:
        if of_position(condition):
            start, end = self._program.add(condition)
            self._r[base + plan.P_PROGRAM], self._r[base + plan.P_PROGRAM_END] = start, end
            self._r[base + plan.P_EXIT] = layout.READ - 1 - (base > plan.SIDE)
            self._r[plan.R_PROGRAMS] = self._r[plan.R_BEST] = 1
        else:
            self._r[base + plan.P_EXIT] = self._held.place(self._signals.condition(condition))

    def _distance(self, place: int, distance: Any) -> None:
        self._r[place] = _DISTANCES[type(distance)]
        match distance:
            case PercentDistance():
                self._put(place, distance.percent)
            case PriceDistance():
                self._put(place, distance.amount)
            case AtrDistance():
                self._put(place, distance.multiple)
                self._r[place + 1] = self._series.place(self._signals.operand(average_true_range(distance)))
            case RiskDistance():
                self._put(place, distance.multiple)
            case Level():
                self._r[place + 1] = self._series.place(self._signals.operand(distance.at))


def _moves(side: Side) -> bool:
    trailing = side.trailing_stop
    return side.break_even is not None or (trailing is not None and trailing.trigger == "touch")


def _guarded(side: Side) -> bool:
    """Whether an order's prices are looked at before it is sent: where arithmetic does not promise their order."""
    trailing = side.trailing_stop
    touching = trailing is not None and trailing.trigger == "touch" and not trailing.begins
    distances = [d for d in (side.stop_loss, side.take_profit) if d is not None]
    distances += [trailing.distance] if trailing is not None and touching else []
    return not isinstance(side.order, MarketOrder) or not all(isinstance(d, PercentDistance) for d in distances)
