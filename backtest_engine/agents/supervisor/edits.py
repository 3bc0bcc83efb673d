"""Edits of a specification that proposals are made of. Each returns the new one, or None where it makes no sense."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import ValidationError

from backtest_engine.spec import (
    Ago,
    All,
    AnyOf,
    Condition,
    Indicator,
    Not,
    Often,
    Part,
    PositionValue,
    Side,
    StrategySpec,
    Streak,
    Then,
    Within,
    parts_of,
)
from backtest_engine.spec.lengths import parameter_counts

SideName = Literal["long", "short"]
OTHER: Mapping[SideName, SideName] = {"long": "short", "short": "long"}


def changed(spec: StrategySpec, **fields: Any) -> StrategySpec | None:
    """Return the specification with other fields; None where that contradicts itself."""
    values = {name: getattr(spec, name) for name in type(spec).model_fields}
    try:
        return StrategySpec(**{**values, **fields})
    except ValidationError:
        return None


def side_changed(spec: StrategySpec, name: SideName, **fields: Any) -> StrategySpec | None:
    """Return the specification with other fields of one side."""
    return changed(spec, **{name: _side(spec.sides[name], fields)})


def sides_changed(spec: StrategySpec, change: Callable[[SideName, Side], Mapping[str, Any]]) -> StrategySpec | None:
    """Return the specification with both sides changed."""
    return changed(spec, **{name: _side(side, change(name, side)) for name, side in spec.sides.items()})


def with_filter(
    spec: StrategySpec, filters: Mapping[SideName, Condition] | Condition, *, only: SideName | None = None
) -> StrategySpec | None:
    """Return the specification whose entries also ask for a condition, one for each side or the same for all."""

    def change(name: SideName, side: Side) -> Mapping[str, Any]:
        added = filters.get(name) if isinstance(filters, Mapping) else filters
        if added is None or (only is not None and name != only):
            return {}
        asked = side.entry.conditions if isinstance(side.entry, All) else (side.entry,)
        return {} if added in asked else {"entry": All(conditions=(*asked, added))}

    found = sides_changed(spec, change)
    return None if found == spec else found


def without_side(spec: StrategySpec, name: SideName) -> StrategySpec | None:
    """Return the specification with one side alone; what ended its trades by turning them round closes them now."""
    other = OTHER[name]
    if other not in spec.sides or name not in spec.sides:
        return None
    kept = spec.sides[other]
    if kept.exit is None and spec.reverse:
        kept = _side(kept, {"exit": spec.sides[name].entry})
    return changed(spec, **{name: None, other: kept, "reverse": False})


def swapped(spec: StrategySpec) -> StrategySpec | None:
    """Return the specification that sells where it bought; None where its levels are those of one side."""
    if any(part.kind == "level" for part in _levels(spec)) or any(
        side.order.kind != "market" for side in spec.sides.values()
    ):
        return None
    return changed(spec, long=spec.short, short=spec.long)


def longer(spec: StrategySpec, factor: float) -> StrategySpec | None:
    """Return the specification with all lengths of its indicators times a factor."""
    if not any(True for _ in parts_of(spec, Indicator)):
        return None

    def stretch(value: Any) -> Any:
        if isinstance(value, list):
            return [stretch(item) for item in value]
        if not isinstance(value, dict):
            return value
        found = {name: stretch(inner) for name, inner in value.items()}
        if value.get("kind") == "indicator":
            call = Indicator.model_validate(value)
            found["parameters"] = {
                name: max(2, round(number * factor)) if parameter_counts(call, name) else number
                for name, number in call.parameters.items()
            }
        return found

    try:
        return StrategySpec.model_validate(stretch(spec.as_json()))
    except ValidationError:
        return None


def simple_changed(
    spec: StrategySpec, rule: str, place: int, change: Callable[[Condition], Condition | None]
) -> StrategySpec | None:
    """Return the specification with the simple condition number `place` of a rule such as `long.entry` changed.

    The order is that of `spec.evaluate.readings`. `change` returns None to leave the condition out, which is possible
    among several alone.
    """
    name, role = rule.split(".")
    side = spec.sides[name]  # type: ignore[index]  # readings name sides
    whole = getattr(side, role)
    found = _Mapped(place, change)(whole)
    return None if found is None else side_changed(spec, name, **{role: found})  # type: ignore[arg-type]


class _Mapped:
    """Walks a condition in reading order and changes the simple one whose turn it is."""

    def __init__(self, place: int, change: Callable[[Condition], Condition | None]) -> None:
        self._left = place
        self._change = change

    def __call__(self, condition: Condition) -> Condition | None:
        match condition:
            case All() | AnyOf():
                return self._several(condition)
            case Then():
                first, then = self(condition.first), self(condition.then)
                return condition.model_copy(update={"first": first, "then": then}) if first and then else None
            case Not() | Streak() | Within() | Often() | Ago():
                inner = self(condition.condition)
                return condition.model_copy(update={"condition": inner}) if inner else None
            case _:
                return self._simple(condition)

    def _several(self, condition: All | AnyOf) -> Condition | None:
        kept = tuple(part for part in map(self, condition.conditions) if part is not None)
        if len(kept) < 2:
            return kept[0] if kept else None
        return condition.model_copy(update={"conditions": kept})

    def _simple(self, condition: Condition) -> Condition | None:
        if any(True for _ in parts_of(condition, PositionValue)):
            return condition
        self._left -= 1
        return self._change(condition) if self._left == -1 else condition


def _side(side: Side, fields: Mapping[str, Any]) -> Side:
    values = {name: getattr(side, name) for name in Side.model_fields}
    return Side.model_construct(**{**values, **fields})


def _levels(spec: StrategySpec) -> list[Any]:
    found: list[Part | None] = []
    for side in spec.sides.values():
        found += [side.stop_loss, side.take_profit]
    return [level for level in found if level is not None]
