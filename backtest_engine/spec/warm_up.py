"""When a strategy may decide for the first time: once its indicators are known and the bars that it names exist."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from backtest_engine.spec.base import Part
from backtest_engine.spec.conditions import (
    Ago,
    All,
    AnyOf,
    Comparison,
    Condition,
    Cross,
    MonthDay,
    Not,
    Often,
    Streak,
    Then,
    Within,
)
from backtest_engine.spec.operands import Arithmetic, Indicator, Operand, Price, SessionValue
from backtest_engine.spec.orders import AtrDistance, Level, MarketOrder, VolatilitySize
from backtest_engine.spec.walk import parts_outside

if TYPE_CHECKING:
    from backtest_engine.spec.strategy import Side, StrategySpec


Declared = Indicator | Price | SessionValue


def constant_shifts(spec: "StrategySpec") -> dict[str, int]:
    """Return the shift of each indicator that is only ever looked at so many bars back."""
    shifts: dict[str, set[int]] = {}
    for call, is_source in declared(spec):
        if isinstance(call, Indicator) and call.timeframe is None:
            shifts.setdefault(identity(call), set()).add(0 if is_source else call.shift)
    return {key: seen.pop() for key, seen in shifts.items() if len(seen) == 1 and 0 not in seen}


def declared(root: Part) -> Iterator[tuple[Declared, bool]]:
    """Yield what a module must declare, and whether it is the source of something else.

    The average true range of a distance counts as read on the bar itself. What is inside a call on longer bars is
    worked out with it.
    """
    for part in parts_outside(root, Indicator):
        if isinstance(part, AtrDistance):
            yield average_true_range(part), False
        elif isinstance(part, VolatilitySize):
            yield volatility(part), False
        elif isinstance(part, SessionValue) or (isinstance(part, Price) and part.timeframe is not None):
            yield part, False
        elif isinstance(part, Indicator):
            yield part, False
            if part.source is not None and part.timeframe is None:
                yield from ((inner, True) for inner, _ in declared(part.source))


def average_true_range(distance: AtrDistance) -> Indicator:
    """Return the indicator that a distance is a multiple of."""
    return Indicator(name="atr", parameters={"period": distance.period}, unit=distance.unit)


def volatility(sizing: VolatilitySize) -> Indicator:
    """Return the yearly volatility that a size is held against."""
    parameters = {"period": sizing.period, "bars_per_year": sizing.bars_a_year}
    return Indicator(name="volatility", parameters=parameters, unit=sizing.unit)


def identity(value: Declared) -> str:
    """Return what calls share when one attribute serves them: everything but the output, and the bar where it can be
    looked up."""
    if isinstance(value, SessionValue):
        return value.model_dump_json()
    return value.model_dump_json(exclude={"output"} if value.timeframe else {"shift", "output"})


def bars_needed(spec: "StrategySpec") -> int:
    """Return how many bars there must be for every bar that the rules look back on to exist."""
    shifts = constant_shifts(spec)
    reached = [_reach(condition, shifts) for side in spec.sides.values() for condition in _conditions(side)]
    reached += [_reach_of(level, shifts) for side in spec.sides.values() for level in _levels(side)]
    return 1 + max(reached, default=0)


def _conditions(side: "Side") -> Iterator[Condition]:
    yield side.entry
    if side.exit is not None:
        yield side.exit


def _levels(side: "Side") -> Iterator[Operand]:
    if not isinstance(side.order, MarketOrder):
        yield side.order.at
    for level in (side.stop_loss, side.take_profit):
        if isinstance(level, Level):
            yield level.at


def _reach(condition: Condition, shifts: dict[str, int]) -> int:
    """Return how many bars before its own a condition looks at."""
    match condition:
        case Comparison():
            return max(_reach_of(condition.left, shifts), _reach_of(condition.right, shifts))
        case Cross():
            return 1 + max(_reach_of(condition.left, shifts), _reach_of(condition.right, shifts))
        case All() | AnyOf():
            return max(_reach(part, shifts) for part in condition.conditions)
        case Not():
            return _reach(condition.condition, shifts)
        case Ago():
            return condition.bars + _reach(condition.condition, shifts)
        case Streak() | Within() | Often():
            return condition.bars - 1 + _reach(condition.condition, shifts)
        case Then():
            return max(_reach(condition.then, shifts), condition.bars + _reach(condition.first, shifts))
        case MonthDay():
            return 1
    return 0


def _reach_of(value: Operand, shifts: dict[str, int]) -> int:
    match value:
        case Price():
            return 0 if value.timeframe else value.shift
        case Indicator():
            return 0 if value.timeframe or identity(value) in shifts else value.shift
        case Arithmetic():
            return max(_reach_of(value.left, shifts), _reach_of(value.right, shifts))
    return 0
