"""What makes a well-formed specification impossible or contradictory, said in a trader's words."""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from backtest_engine.indicators import REGISTRY
from backtest_engine.registry import Indicator as Known
from backtest_engine.registry import Parameter
from backtest_engine.spec.base import Part
from backtest_engine.spec.conditions import FLIPPED, All, Always, Comparison, Cross, Streak
from backtest_engine.spec.operands import Arithmetic, Indicator, Number, Operand, PositionValue, Price, SessionValue
from backtest_engine.spec.orders import Level, PercentDistance, RiskDistance, RiskSize
from backtest_engine.spec.walk import parts, parts_of

if TYPE_CHECKING:
    from backtest_engine.spec.strategy import Side, StrategySpec

MAX_PARTS: Final = 1_000


def contradictions(spec: "StrategySpec") -> list[str]:
    """Return what is wrong with the specification, one sentence each; nothing when it can be traded."""
    if not spec.sides:
        return ["there is no entry: say when to buy or when to sell short"]
    if sum(1 for _ in parts(spec)) > MAX_PARTS:
        return [f"the strategy has more than {MAX_PARTS} parts"]
    found = [problem for name, side in spec.sides.items() for problem in _side_problems(spec, name, side)]
    found += [problem for call in parts_of(spec, Indicator) for problem in indicator_problems(call)]
    if spec.long and spec.short and spec.long.entry == spec.short.entry:
        found.append("the long and the short side open on the same condition; when is which meant?")
    if spec.reverse and len(spec.sides) < 2:
        found.append("a strategy that reverses needs an entry for both sides")
    if spec.scale_in and spec.max_entries < 2:
        found.append("adding to a position needs more than one open entry: how many at most?")
    if spec.scale_in and spec.reverse:
        found.append("a strategy that reverses turns its position round; it cannot also add to it by distance")
    return list(dict.fromkeys(found))


def indicator_problems(call: Indicator) -> Iterator[str]:
    """Yield what the registry says against an indicator call."""
    known = REGISTRY.get(call.name)
    if known is None:
        yield f"there is no indicator called {call.name!r}"
        return
    expected = {parameter.name: parameter for parameter in known.parameters}
    for name in sorted(call.parameters.keys() - expected.keys()):
        yield f"{known.title} has no parameter {name!r}"
    wrong = [
        problem
        for name, parameter in expected.items()
        for problem in _parameter_problems(known.title, parameter, call.parameters.get(name))
    ]
    yield from wrong
    if not wrong and call.parameters.keys() == expected.keys():
        yield from _combination_problems(known, call)
    outputs = known.outputs if len(known.outputs) > 1 else (None,)
    if call.output not in outputs:
        yield f"{known.title} has no output {call.output!r}; it has {', '.join(known.outputs)}"
    if call.source is not None and len(known.inputs) != 1:
        yield f"{known.title} is worked out from {', '.join(known.inputs)} and takes no other source"
    if call.unit and call.timeframe:
        yield f"{known.title} counts either {call.unit}s or the bars of a longer timeframe, not both"
    if call.source is not None:
        yield from _source_problems(known, call, list(parts(call.source)))


def _source_problems(known: Known, call: Indicator, inside: list[Part]) -> Iterator[str]:
    if any(isinstance(part, PositionValue) for part in inside):
        yield f"{known.title} of an open position's state is not a series"
    elif not any(isinstance(part, Price | Indicator | SessionValue) for part in inside):
        yield f"{known.title} of a number is not a series: of which price or indicator?"
    if call.timeframe and any(isinstance(part, SessionValue) for part in inside):
        yield f"{known.title} is worked out on longer bars, which do not tell what a session does"
    if call.timeframe and any(isinstance(part, Price | Indicator) and part.timeframe for part in inside):
        yield f"{known.title} is worked out on longer bars already, so its source takes no timeframe of its own"


def _combination_problems(known: Known, call: Indicator) -> Iterator[str]:
    """What the indicator itself says against its numbers together, as in a fast length beyond the slow one."""
    try:
        known.function(*[np.ones(1)] * len(known.inputs), **call.parameters)
    except ValueError as error:
        yield f"{known.title}: {str(error).partition(': ')[2]}"


def _parameter_problems(title: str, parameter: Parameter, value: float | None) -> Iterator[str]:
    if value is None:
        yield f"{title} needs a {parameter.name}"
    elif parameter.integer and value != int(value):
        yield f"the {parameter.name} of {title} counts bars, so it cannot be {value:g}"
    elif not parameter.minimum <= value <= parameter.maximum:
        yield (
            f"the {parameter.name} of {title} must be between {parameter.minimum:g} and {parameter.maximum:g}, "
            f"not {value:g}"
        )


def _side_problems(spec: "StrategySpec", name: str, side: "Side") -> Iterator[str]:
    if any(isinstance(part, PositionValue) for part in parts(side.entry)):
        yield f"the {name} entry speaks of an open position, but there is none before the entry"
    if side.exit is not None and side.exit == side.entry:
        yield f"the {name} side is opened and closed on the same condition"
    if not _ends(spec, side):
        yield f"the {name} side has no exit: say when to close it, or give it a stop, a target or a holding time"
    if isinstance(spec.sizing, RiskSize) and not side.stopped:
        yield f"risking a share of the equity needs a stop loss on the {name} side, to know how much a unit can lose"
    if not side.stopped and _measures_risk(side):
        yield f"a {name} target in multiples of the risk needs a stop loss"
    yield from _partial_problems(name, side)
    if any(isinstance(part, PositionValue) for level in _levels(side) for part in parts(level)):
        yield f"a {name} stop, target or order is set before the entry is known: say how far it is from the close"
    yield from _level_problems(name, side)
    for condition in (side.entry, side.exit):
        if condition is not None:
            for part in parts(condition):
                yield from _condition_problems(part)


def _partial_problems(name: str, side: "Side") -> Iterator[str]:
    """Parts are taken one after the other, so one that lies nearer than the one before it comes too late."""
    for one, other in pairwise(side.partial_exits):
        if type(one.after) is not type(other.after):
            continue
        near, far = (_reach_of(part.after) for part in (one, other))
        if near >= far:
            yield f"the partial exits of a {name} position must be further away one after the other"


def _reach_of(gain: Part) -> float:
    reach = getattr(gain, "percent", None) or getattr(gain, "amount", None) or getattr(gain, "multiple", None)
    return float(reach or 0.0)


def _ends(spec: "StrategySpec", side: "Side") -> bool:
    ways_out = (side.exit, side.stop_loss, side.take_profit, side.trailing_stop, side.max_bars)
    return spec.reverse or isinstance(side.entry, Always) or any(way is not None for way in ways_out)


def _levels(side: "Side") -> list[Part]:
    """Return what is worked out on the signal bar."""
    return [level for level in (side.stop_loss, side.take_profit, side.order) if level is not None]


def _measures_risk(side: "Side") -> bool:
    return isinstance(side.take_profit, RiskDistance) or side.remembers_risk


def _level_problems(name: str, side: "Side") -> Iterator[str]:
    losing, winning = ("below", "above") if name == "long" else ("above", "below")
    for what, level, right in (("stop loss", side.stop_loss, losing), ("target", side.take_profit, winning)):
        if isinstance(level, PercentDistance) and right == "below" and level.percent >= 100:
            yield f"a {name} {what} {level.percent:g} % below the price is never reached: prices do not go below zero"
        if isinstance(level, Level) and scale_of(level.at) not in (None, "price"):
            yield f"the {what} of a {name} position is put at {_called(level.at)}, which is not a price; how far is it?"
        elif isinstance(level, Level) and _beside_close(level.at) not in (None, right):
            yield f"the {what} of a {name} position must be {right} the price, not {_beside_close(level.at)} it"
    trailing = side.trailing_stop.distance if side.trailing_stop else None
    if name == "long" and isinstance(trailing, PercentDistance) and trailing.percent >= 100:
        yield f"a trailing stop {trailing.percent:g} % below the price is never reached"


def _beside_close(at: Operand) -> str | None:
    """Where a level plainly lies: an end of the bar itself, or the close plus or minus something."""
    if isinstance(at, Price) and not at.shift and at.timeframe is None:
        return {"high": "above", "low": "below"}.get(at.field)
    if not isinstance(at, Arithmetic) or at.operator not in "+-" or not isinstance(at.left, Price):
        return None
    if at.left.field != "close" or at.left.shift:
        return None
    return "above" if at.operator == "+" else "below"


def _condition_problems(part: Part) -> Iterator[str]:
    if isinstance(part, Comparison | Cross):
        relation = part.relation if isinstance(part, Comparison) else RELATION[part.direction]
        yield from _range_problems(part.left, relation, part.right)
        yield from _range_problems(part.right, FLIPPED[relation], part.left)
        if not isinstance(part.left, Number) and _unscaled(part.left) == _unscaled(part.right):
            yield "a value is compared with itself"
        elif isinstance(part.left, Number) and isinstance(part.right, Number):
            yield f"{part.left.value:g} and {part.right.value:g} are both numbers: nothing is looked at"
        yield from _scales(part.left, part.right)
    if isinstance(part, Streak) and isinstance(part.condition, Cross) and part.bars > 1:
        yield f"a cross is over after one bar, so it cannot last {part.bars} bars"
    if isinstance(part, All):
        yield from _empty_ranges(part)


def _unscaled(value: Operand) -> Operand:
    """The value without the plain numbers it is multiplied by or moved by: against itself it says always or never."""
    while isinstance(value, Arithmetic):
        if isinstance(value.right, Number):
            value = value.left
        elif isinstance(value.left, Number):
            value = value.right
        else:
            return value
    return value


# In units of price, but not at a price: half of one may be held against another, not against a price itself.
DIFFERENCES: Final = frozenset(
    [
        *("accelerator_oscillator", "apo", "atr", "average_range", "awesome_oscillator", "dpo", "elder_ray"),
        *("linear_regression_slope", "macd", "macd_extended", "macd_fixed", "mean_deviation", "minus_dm", "momentum"),
        *("plus_dm", "qstick", "stddev", "true_range"),
    ]
)


def _scales(left: Operand, right: Operand) -> Iterator[str]:
    """Yield what is wrong with holding a price against a reading, or two readings of different kinds."""
    one, other = scale_of(left), scale_of(right)
    if one is None or other is None or one == other:
        return
    if {one, other} == {"price", "difference"} and (isinstance(left, Arithmetic) or isinstance(right, Arithmetic)):
        return
    yield f"{_called(left)} cannot be held against {_called(right)}: they are not measured on the same scale"


def scale_of(value: Operand) -> str | None:
    """On which scale a value lies; None where there is no telling."""
    match value:
        case Price():
            return "volume" if value.field == "volume" else "price"
        case Indicator():
            return _scale_of_indicator(value)
        case SessionValue():
            return "price"
        case Arithmetic():
            return _scale_of_sum(value)
        case PositionValue():
            return None if value.measure in ("profit_percent", "bars_held") else "price"
    return None


def _scale_of_indicator(value: Indicator) -> str | None:
    known = REGISTRY.get(value.name)
    if known is None or known.group == "math" or value.output == "direction":
        return None
    if known.overlay:
        return "price" if value.source is None else scale_of(value.source)
    if value.name in DIFFERENCES:
        return "difference" if value.source is None or scale_of(value.source) in ("price", "difference") else None
    return str(known.value_range) if known.value_range else value.name


def _scale_of_sum(value: Arithmetic) -> str | None:
    one, other = scale_of(value.left), scale_of(value.right)
    if isinstance(value.left, Number) or isinstance(value.right, Number):
        return None if value.operator == "/" and isinstance(value.left, Number) else one or other
    if value.operator in "*/" or one is None or other is None:
        return None
    if one == other:
        return "difference" if one == "price" and value.operator == "-" else one
    return "price" if {one, other} == {"price", "difference"} else None


def _called(value: Operand) -> str:
    if isinstance(value, Price):
        return f"the {value.field}"
    if isinstance(value, Indicator) and value.name in REGISTRY:
        return f"{REGISTRY[value.name].title}"
    return "such a sum" if isinstance(value, Arithmetic) else "such a value"


PERCENT_B_LIMIT: Final = 3


def _never_beyond(relation: str, top: bool) -> bool:
    return relation == (">" if top else "<")


def _range_problems(value: Operand, relation: str, other: Operand) -> Iterator[str]:
    if not isinstance(value, Indicator) or not isinstance(other, Number):
        return
    if value.name == "bollinger_percent_b" and abs(other.value) >= PERCENT_B_LIMIT:
        yield f"Bollinger %B is 0 at the lower band and 1 at the upper one; did you mean {other.value / 100:g}?"
    known = REGISTRY.get(value.name)
    if known is None or known.value_range is None:
        return
    low, high = known.value_range
    if not low <= other.value <= high:
        yield f"{known.title} lies between {low:g} and {high:g} and never reaches {other.value:g}"
    elif other.value in (low, high) and _never_beyond(relation, other.value == high):
        yield f"{known.title} lies between {low:g} and {high:g} and is never beyond {other.value:g}"
    elif (low, high) == (0, 100) and 0 < other.value < 1:
        yield (
            f"{known.title} lies between 0 and 100, where {other.value:g} is next to nothing; "
            f"did you mean {other.value * 100:g}?"
        )


def _opposites(every: All) -> Iterator[str]:
    """One value both above and below another, on this bar and as a state or a cross."""
    said: dict[str, set[str]] = {}
    for condition in _at_this_bar(every):
        pair = f"{condition.left.model_dump_json()} {condition.right.model_dump_json()}"
        relation = condition.relation if isinstance(condition, Comparison) else RELATION[condition.direction]
        said.setdefault(pair, set()).add(relation[0])
    if any({">", "<"} <= relations for relations in said.values()):
        yield "one value cannot be above and below another on the same bar; did you mean 'or'?"


RELATION: Final = {"above": ">", "below": "<"}


def _lasting_crosses(every: All) -> Iterator[str]:
    """A cross on this bar of what has been so for some bars."""
    crossed = {
        (part.left.model_dump_json(), RELATION[part.direction], part.right.model_dump_json())
        for part in every.conditions
        if isinstance(part, Cross)
    }
    for part in every.conditions:
        if isinstance(part, Streak) and isinstance(part.condition, Comparison) and part.bars > 1:
            held = part.condition
            if (held.left.model_dump_json(), held.relation[0], held.right.model_dump_json()) in crossed:
                yield f"what crosses on this bar cannot have been beyond for {part.bars} bars; which of them is meant?"


def _at_this_bar(every: All) -> Iterator[Comparison | Cross]:
    """Yield what must hold of this very bar."""
    for condition in every.conditions:
        while isinstance(condition, Streak):
            condition = condition.condition
        if isinstance(condition, Comparison | Cross):
            yield condition
        elif isinstance(condition, All):
            yield from _at_this_bar(condition)


def _empty_ranges(every: All) -> Iterator[str]:
    """Two limits that no value can satisfy together, as in above 70 and below 30."""
    floors: dict[str, float] = {}
    ceilings: dict[str, float] = {}
    for condition in every.conditions:
        if not isinstance(condition, Comparison) or not isinstance(condition.right, Number):
            continue
        subject, limit = condition.left.model_dump_json(), condition.right.value
        if condition.relation in (">", ">=", "=="):
            floors[subject] = max(limit, floors.get(subject, limit))
        if condition.relation in ("<", "<=", "=="):
            ceilings[subject] = min(limit, ceilings.get(subject, limit))
    yield from _opposites(every)
    yield from _lasting_crosses(every)
    for subject in floors.keys() & ceilings.keys():
        if floors[subject] > ceilings[subject]:
            yield (
                f"one value cannot be above {floors[subject]:g} and below {ceilings[subject]:g} on the same bar; "
                "did you mean 'or'?"
            )
