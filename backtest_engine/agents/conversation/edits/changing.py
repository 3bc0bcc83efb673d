"""Small changes of a specification that every reader of edits needs."""

from typing import Any, Literal

from pydantic import ValidationError

from backtest_engine.agents.conversation.edits.base import Impossible
from backtest_engine.language.mirror import mirrored
from backtest_engine.language.nodes import Joined
from backtest_engine.spec import All, AnyOf, Condition, Side, StrategySpec

SideName = Literal["long", "short"]


def checked(spec: StrategySpec, **changes: Any) -> StrategySpec:
    """Return the strategy with other fields; raise `Impossible` in a trader's words where that makes no sense."""
    try:
        return StrategySpec.model_validate(spec.model_copy(update=changes).model_dump())
    except ValidationError as error:
        raise Impossible(
            "; ".join(str(one.get("ctx", {}).get("error") or one["msg"]) for one in error.errors())
        ) from None


def with_side(spec: StrategySpec, name: str, **changes: Any) -> StrategySpec:
    """Return the strategy with other fields of one side."""
    side: Side = spec.sides[name]  # type: ignore[index]
    return checked(spec, **{name: side.model_copy(update=changes)})


def with_rule(spec: StrategySpec, role: str, condition: Condition | None) -> StrategySpec:
    """Return the strategy with another entry or exit."""
    side, _, rule = role.partition(".")
    return with_side(spec, side, **{rule: condition})


def rule_of(spec: StrategySpec, role: str) -> Condition | None:
    """Return the entry or exit of a side, None where it has none."""
    name, _, rule = role.partition(".")
    side = spec.sides.get(name)  # type: ignore[call-overload]
    found: Condition | None = getattr(side, rule) if side is not None else None
    return found


def both(first: Condition | None, second: Condition) -> Condition:
    """Return that both conditions hold."""
    return _joined(All, "all", first, second)


def either(first: Condition | None, second: Condition) -> Condition:
    """Return that one of the conditions holds."""
    return _joined(AnyOf, "any", first, second)


def _joined(kind: Any, name: str, first: Condition | None, second: Condition) -> Condition:
    if first is None or first == second:
        return second
    before = first.conditions if first.kind == name else (first,)  # type: ignore[union-attr]
    after = second.conditions if second.kind == name else (second,)  # type: ignore[union-attr]
    wanted = tuple(dict.fromkeys([*(one.model_dump_json() for one in (*before, *after))]))
    by_text = {one.model_dump_json(): one for one in (*before, *after)}
    if len(wanted) == 1:
        return second
    joined: Condition = kind(conditions=tuple(by_text[text] for text in wanted))
    return joined


def mirror_of(condition: Condition) -> Condition | None:
    """Return the condition of the other side, None where there is no telling."""
    if isinstance(condition, All | AnyOf):
        parts = [mirror_of(one) for one in condition.conditions]
        if any(part is None for part in parts):
            return None
        return condition.model_copy(update={"conditions": tuple(parts)})
    inner = getattr(condition, "condition", None)
    if inner is not None:
        turned = mirror_of(inner)
        return None if turned is None else condition.model_copy(update={"condition": turned})
    found = mirrored(condition)
    return None if found is None or isinstance(found, Joined) else found  # type: ignore[return-value]


def mirrored_side(side: Side) -> Side | None:
    """Return the other side that is the mirror image of one, protected alike."""
    entry = mirror_of(side.entry)
    leave = mirror_of(side.exit) if side.exit is not None else None
    levels = any(getattr(getattr(side, name), "kind", "") == "level" for name in ("stop_loss", "take_profit"))
    if entry is None or (side.exit is not None and leave is None) or side.order.kind != "market" or levels:
        return None
    return side.model_copy(update={"entry": entry, "exit": leave})
