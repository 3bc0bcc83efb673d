# ruff: noqa: E501  # a pattern is read as one line
"""Edits that take something away: `no stop`, `drop the 20 rule`, `remove the weekday filter`."""

import re

from backtest_engine.agents.conversation.edits.base import Asked, Choice, Impossible, Reading, Situation
from backtest_engine.agents.conversation.edits.changing import checked, rule_of, with_rule, with_side
from backtest_engine.language.explain import condition as told
from backtest_engine.spec import (
    Comparison,
    Condition,
    Cross,
    FractionSize,
    Indicator,
    InMonth,
    Number,
    OnWeekday,
    StrategySpec,
)
from backtest_engine.spec.walk import parts

_TAKE = re.compile(
    r"(?:(?:ok|please|and|then|also|now|just|but|can you|could you|let us|actually|i (?:do not )?want(?: to)?)\s+)*"
    r"(?:no|no more|remove|drop|delete|without|lose|get rid of|forget|forget about|kill|take out|take away|cancel|ditch|scrap|skip|do not use|leave out|turn off|disable|cut)\s+"
    r"(?:the |a |an |any |that |my |this |our )*(?P<what>.+?)(?:\s+(?:again|please|now|altogether|completely|too|anymore|any more|instead|as well|entirely|then|for now))*"
)
FIELDS = {
    "stop_loss": frozenset(
        ["stop", "stops", "stop loss", "stop-loss", "stop losses", "stop loss order", "fixed stop", "protective stop"]
    ),
    "trailing_stop": frozenset(["trailing stop", "trailing", "trail", "trailing stop loss"]),
    "take_profit": frozenset(
        ["target", "targets", "take profit", "profit target", "profit taking", "take-profit", "take profits"]
    ),
    "max_bars": frozenset(
        [
            "holding time",
            "time limit",
            "time exit",
            "time stop",
            "max hold",
            "maximum hold",
            "hold limit",
            "max holding time",
            "holding limit",
            "maximum holding time",
            "time based exit",
            "holding period",
        ]
    ),
    "break_even": frozenset(["break even", "breakeven", "break even stop", "breakeven stop", "break-even"]),
}
ACCOUNT = {
    "cool_down": frozenset(["cool down", "cooldown", "pause", "wait", "waiting time"]),
    "scale_in": frozenset(["scaling", "scale in", "pyramiding", "adding"]),
}
_SIZE = frozenset(["sizing", "size", "position size", "position sizing", "size limit", "risk limit"])
_RULE = re.compile(r"\b(?:rules?|filters?|conditions?|requirements?|parts?|bit|thing|one|check)\b")
_WORDS = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_EMPTY = frozenset(
    [
        "the",
        "a",
        "an",
        "rule",
        "rules",
        "filter",
        "filters",
        "condition",
        "conditions",
        "requirement",
        "part",
        "bit",
        "thing",
        "one",
        "check",
        "on",
        "in",
        "of",
        "for",
        "about",
        "at",
        "with",
        "is",
        "day",
        "days",
        "average",
        "it",
        "we",
        "that",
    ]
)


def read(clause: str, now: Situation) -> Reading | None:
    """Read what is to go."""
    match = _TAKE.fullmatch(clause.strip(" ,.!"))
    if match is None:
        return None
    what = match["what"].strip()
    sides: list[str] = list(now.spec.sides)
    for side in ("long", "short"):
        if re.search(rf"\b(?:for|on) (?:the )?{side}s?\b", what) and side in now.spec.sides:
            sides, what = [side], re.sub(rf"\s*\b(?:for|on) (?:the )?{side}s?\b", "", what)
    fields = _fields(what)
    if fields:
        return _without(now.spec, fields, sides)
    if what in _SIZE:
        return Reading(
            choices=(Choice(spec=checked(now.spec, sizing=FractionSize(fraction=1.0)), label="all of the equity"),)
        )
    if what in ("exit", "exit rule", "exits", "exit condition", "sell rule"):
        spec = now.spec
        for side in sides:
            spec = with_side(spec, side, exit=None)
        _check_way_out(spec)
        return Reading(choices=(Choice(spec=spec, label="no exit rule"),))
    return _condition(what, now)


def _fields(what: str) -> list[str]:
    named = re.split(r"\s*(?:\band\b|\bor\b|,|&)\s*(?:the |no )?", what)
    found = []
    for name in named:
        field = next((one for one, names in (FIELDS | ACCOUNT).items() if name in names), None)
        if field is None:
            return []
        found.append(field)
    return found


def _without(spec: StrategySpec, fields: list[str], sides: list[str]) -> Reading:
    changed = spec
    for field in fields:
        if field == "stop_loss" and not any(side.stop_loss for side in spec.sides.values()):
            field = "trailing_stop"
        if field in ACCOUNT:
            if getattr(spec, field) is None:
                raise Impossible(f"there is no {field.replace('_', ' ')} in the strategy")
            changed = checked(changed, **{field: None})
            continue
        if not any(getattr(spec.sides[side], field) is not None for side in sides):  # type: ignore[index]
            label = {"max_bars": "holding time", "trailing_stop": "stop"}.get(field, field.replace("_", " "))
            raise Impossible(f"there is no {label} in the strategy")
        for side in sides:
            more = {"max_bars_unit": None} if field == "max_bars" else {}
            changed = with_side(changed, side, **{field: None, **more})
    _check_way_out(changed)
    return Reading(choices=(Choice(spec=changed, label=f"without {' and '.join(fields)}"),))


def _check_way_out(spec: StrategySpec) -> None:
    for name, side in spec.sides.items():
        ends = (side.exit, side.take_profit, side.trailing_stop, side.max_bars, side.stop_loss)
        if all(end is None for end in ends) and not spec.reverse and side.entry.kind != "always":
            raise Impossible(f"nothing would close a {name} position then: say a new exit first")


def _condition(what: str, now: Situation) -> Reading | None:
    words = {word for word in _WORDS.findall(what) if word not in _EMPTY}
    asked = Asked()
    added = _added(now)
    for role, index, part in _members(now.spec):
        if words:
            if not all(_speaks(part, word) for word in words):
                continue
        elif not (_RULE.search(what) and part.model_dump_json() in added):
            continue
        spec = _removed(now.spec, role, index)
        asked.add(Choice(spec=spec, label=f"remove '{told(part)}' from the {role.partition('.')[2]}"))
    if asked.choices:
        return asked.reading(question="Which condition should go?")
    if _RULE.search(what):
        return Reading(question="Which condition should go? Say it with its number or its name.")
    return None


def _members(spec: StrategySpec) -> list[tuple[str, int, Condition]]:
    found = []
    for side in spec.sides:
        for rule in ("entry", "exit"):
            role = f"{side}.{rule}"
            condition = rule_of(spec, role)
            if condition is not None and condition.kind in ("all", "any"):
                found += [(role, place, part) for place, part in enumerate(condition.conditions)]
    return found


def _added(now: Situation) -> set[str]:
    """Return the conditions that came in by an edit."""
    if not now.earlier:
        return {part.model_dump_json() for _, _, part in _members(now.spec)}
    first = {part.model_dump_json() for part in parts(now.earlier[-1])}
    return {part.model_dump_json() for _, _, part in _members(now.spec)} - first


def _removed(spec: StrategySpec, role: str, index: int) -> StrategySpec:
    whole = rule_of(spec, role)
    assert whole is not None  # noqa: S101  # one of its members is to go
    rest = tuple(part for place, part in enumerate(whole.conditions) if place != index)  # type: ignore[union-attr]
    return with_rule(spec, role, rest[0] if len(rest) == 1 else whole.model_copy(update={"conditions": rest}))


def _speaks(part: Condition, word: str) -> bool:
    text = set(_WORDS.findall(told(part).lower()))
    if word in text or word.rstrip("s") in {one.rstrip("s") for one in text}:
        return True
    if word in ("weekday", "weekdays", "day", "days"):
        return any(isinstance(one, OnWeekday) for one in parts(part))
    if word in ("month", "months", "season", "seasonal"):
        return any(isinstance(one, InMonth) for one in parts(part))
    if word in ("level",):
        return any(isinstance(one, Comparison | Cross) and isinstance(one.right, Number) for one in parts(part))
    if word in ("trend", "ma", "moving"):
        return any(isinstance(one, Indicator) and "ma" in one.name for one in parts(part))
    return False
