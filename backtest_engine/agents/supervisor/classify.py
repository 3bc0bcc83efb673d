"""What kind of change an edit is, whoever proposes it: read from both specifications, never from what is said of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from backtest_engine.agents.supervisor.records import Kind
from backtest_engine.spec import All, Condition, Indicator, Number, Side, StrategySpec

# A part that was said and is taken out is a change of the meaning; one that is added or moved is not.
_PARTS: Mapping[Kind, tuple[str, ...]] = {
    "stops": ("stop_loss", "trailing_stop", "break_even"),
    "exits": ("exit", "take_profit", "partial_exits", "max_bars"),
}


def kinds_of(before: StrategySpec, after: StrategySpec) -> tuple[set[Kind], bool]:
    """Return every kind of change between two specifications, and whether what was said changes its meaning."""
    kinds: set[Kind] = set()
    meaning = False
    if before.sides.keys() != after.sides.keys() or before.reverse != after.reverse:
        return {"sides"}, True
    if before.sizing != after.sizing or before.max_entries != after.max_entries or before.scale_in != after.scale_in:
        kinds.add("sizing")
    if before.cool_down != after.cool_down:
        kinds.add("filters")
    for name, old in before.sides.items():
        for kind, changes_meaning in _of_side(old, after.sides[name]):
            kinds.add(kind)
            meaning = meaning or changes_meaning
    return kinds, meaning


def _of_side(old: Side, new: Side) -> Iterator[tuple[Kind, bool]]:
    if old.entry != new.entry:
        if _without_numbers(old.entry) == _without_numbers(new.entry):
            yield "parameters", True
        else:
            yield "filters", not _adds(old.entry, new.entry)
    if old.order != new.order:
        yield "parameters", True
    for kind, fields in _PARTS.items():
        changed = [field for field in fields if getattr(old, field) != getattr(new, field)]
        if changed == ["exit"] and _without_numbers(old.exit) == _without_numbers(new.exit):
            yield "parameters", True
        elif changed:
            yield kind, any(getattr(old, field) and not getattr(new, field) for field in changed)


def _adds(old: Condition, new: Condition) -> bool:
    """Return whether an entry asks for what it asked for before, and for more."""
    if not isinstance(new, All):
        return False
    asked = old.conditions if isinstance(old, All) else (old,)
    return all(part in new.conditions for part in asked)


def _without_numbers(condition: Condition | None) -> Any:
    """Return a condition with its thresholds, lengths and parameters taken out."""

    def bare(value: Any) -> Any:
        if isinstance(value, list):
            return [bare(item) for item in value]
        if not isinstance(value, dict):
            return None if isinstance(value, int | float) else value
        if value.get("kind") == Number.model_fields["kind"].default:
            return "number"
        if value.get("kind") == Indicator.model_fields["kind"].default:
            value = {**value, "parameters": sorted(value.get("parameters", {}))}
        return {name: bare(inner) for name, inner in value.items()}

    return None if condition is None else bare(condition.model_dump(mode="json", exclude_none=True))
