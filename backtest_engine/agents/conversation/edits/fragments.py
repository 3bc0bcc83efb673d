"""Pieces of English read by the reader of descriptions, in the light of the strategy they are to change."""

from functools import lru_cache
from typing import Any

from backtest_engine.errors import DescriptionRefused, NeedsClarification
from backtest_engine.indicators import REGISTRY
from backtest_engine.language import understand
from backtest_engine.language.explain import condition as told
from backtest_engine.spec import Condition, Indicator, Side, StrategySpec, parts_of
from backtest_engine.spec.base import Part

BARE = "Buy when the close is above 1. Sell when the close is below 0.5. "
STOPPED = BARE + "Stop loss 7.77 %. "
SIDE_FIELDS = tuple(name for name in Side.model_fields if name not in ("entry", "exit"))
SPEC_FIELDS = ("sizing", "max_entries", "scale_in", "cool_down")


def understood(text: str) -> StrategySpec | None:
    """Return what a description says, None where it is not understood."""
    found = _understood(text)
    return found if isinstance(found, StrategySpec) else None


def refusal(text: str) -> DescriptionRefused | NeedsClarification | None:
    """Return why a description is not understood."""
    found = _understood(text)
    return None if isinstance(found, StrategySpec) else found


@lru_cache(maxsize=2_048)
def _understood(text: str) -> StrategySpec | DescriptionRefused | NeedsClarification:
    try:
        return understand(text).spec
    except (DescriptionRefused, NeedsClarification) as error:
        return error


def terms(words: str) -> dict[str, Any] | None:
    """Return what words say of stops, targets, holding times and sizes, by field; None where they say other things."""
    bare, stopped = understood(BARE), understood(STOPPED)
    for base, start in ((bare, BARE), (stopped, STOPPED)):
        spec = understood(f"{start}{words}.")
        if spec is None or base is None or spec.long is None or base.long is None or spec.short is not None:
            continue
        changed = {
            name: getattr(spec.long, name)
            for name in SIDE_FIELDS
            if getattr(spec.long, name) != getattr(base.long, name)
        }
        changed |= {name: getattr(spec, name) for name in SPEC_FIELDS if getattr(spec, name) != getattr(base, name)}
        if changed and (spec.long.entry, spec.long.exit) == (base.long.entry, base.long.exit):
            return changed
    return None


def filtered(words: str) -> Condition | None:
    """Return the condition that words such as `only on mondays` lay on entries."""
    base, spec = understood(BARE), understood(f"{BARE}{words}.")
    if spec is None or base is None or spec.long is None or base.long is None or spec.short is not None:
        return None
    entry = spec.long.entry
    if entry.kind != "all" or base.long.entry not in entry.conditions:
        return None
    if spec.model_copy(update={"long": spec.long.model_copy(update={"entry": base.long.entry})}) != base:
        return None
    rest = tuple(part for part in entry.conditions if part != base.long.entry)
    return rest[0] if len(rest) == 1 else entry.model_copy(update={"conditions": rest})


def condition(words: str, spec: StrategySpec, role: str) -> Condition | None:
    """Return the condition that words say as a rule of the strategy: `k is under 20`, `above 80`, `the upper band`."""
    side_name, _, rule = role.partition(".")
    for sentence in _sentences(words, spec, side_name, rule):
        found = understood(sentence)
        side = found.long if found is not None else None
        if side is None or (found is not None and found.short is not None):
            continue
        read = side.exit if rule == "exit" else side.entry
        if read is not None and _is_plain(side, rule):
            return _in_tune(read, spec, words)
    return None


def _sentences(words: str, spec: StrategySpec, side_name: str, rule: str) -> list[str]:
    side = spec.sides.get(side_name) or next(iter(spec.sides.values()))  # type: ignore[call-overload]
    contexts = [f"Buy when {told(side.entry)}. "]
    if side.exit is not None and rule == "exit":
        contexts.insert(0, f"Buy when {told(side.exit)}. ")
    if rule == "exit":
        return [f"{context}Sell {words}." for context in (*contexts, "Buy when the close is above 1. ")]
    plain = words.removeprefix("when ").removeprefix("if ")
    # What begins with a relation has its subject in the rule that stands there.
    tries = (
        []
        if words.startswith(("above", "below", "over", "under", "less", "more", "greater"))
        else [f"Buy when {plain}. Hold for 9 bars."]
    )
    # What is left unsaid is taken from the rule that stands there: its exit lends the words their subject.
    about = side.exit if side.exit is not None else side.entry
    tries += [f"Sell when {told(one)}. Buy {words}." for one in (side.entry, about)]
    return tries


def _is_plain(side: Side, rule: str) -> bool:
    """Whether nothing but a condition was said."""
    others = {name: getattr(side, name) for name in SIDE_FIELDS}
    usual = Side(entry=side.entry)
    return all(
        value == getattr(usual, name) or (rule == "entry" and name == "max_bars" and value == 9)
        for name, value in others.items()
    )


def _in_tune(read: Condition, spec: StrategySpec, words: str) -> Condition:
    """Give indicators whose numbers were not said those that the strategy uses: `k` is that of its stochastic."""
    known: dict[str, list[Indicator]] = {}
    for part in parts_of(spec, Indicator):
        listed = known.setdefault(part.name, [])
        if part.parameters not in [one.parameters for one in listed]:
            listed.append(part)

    def tuned(part: Part) -> Part:
        if isinstance(part, Indicator):
            mine = known.get(part.name, [])
            usual = {one.name: one.default for one in REGISTRY[part.name].parameters}
            if len(mine) == 1 and part.parameters == usual and mine[0].parameters != usual and not _says(part, words):
                return part.model_copy(update={"parameters": mine[0].parameters})
            return part
        changes: dict[str, Any] = {}
        for name in type(part).model_fields:
            value = getattr(part, name)
            if isinstance(value, Part):
                changes[name] = tuned(value)
            elif isinstance(value, tuple):
                changes[name] = tuple(tuned(item) if isinstance(item, Part) else item for item in value)
        return part.model_copy(update=changes)

    return tuned(read)  # type: ignore[return-value]


def _says(part: Indicator, words: str) -> bool:
    return any(f"{value:g}" in words.split() for value in part.parameters.values())
