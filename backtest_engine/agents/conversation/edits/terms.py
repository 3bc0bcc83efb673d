# ruff: noqa: E501  # a pattern is read as one line
"""Edits of stops, targets, holding times and sizes: `add a 5% stop`, `3 ATR trailing`, `half size`, `risk 1%`."""

import re
from typing import Any

from backtest_engine.agents.conversation.edits import fragments
from backtest_engine.agents.conversation.edits.base import Asked, Choice, Impossible, Reading, Situation
from backtest_engine.agents.conversation.edits.changing import checked, with_side
from backtest_engine.agents.conversation.edits.clauses import bare, counted
from backtest_engine.agents.conversation.edits.slots import slots_of, with_values
from backtest_engine.spec import FractionSize, StrategySpec

_ABOUT = re.compile(
    r"\b(?:tighten|widen|loosen|stops?|stop-loss|targets?|take profits?|take-profit|profit|trail(?:ing)?|breakeven|break even|risk|size|sized|shares|units|lots?|contracts|equity|account|"
    r"position|all in|half|quarter|third|hold(?:ing)?|exit after|out after|close after|sell after|max(?:imum)?|at most|kelly|cool|wait|pyramid|entries|positions|scale|per trade|days? later|bars later)\b"
)
_VAGUE = re.compile(r"\b(tighter|wider|looser|closer|bigger|smaller|further|tighten|widen|loosen|larger|safer)\b")
_FACTOR = re.compile(r"\b(double|halve|triple|twice|half(?= the (?:stop|target|trail|hold)))\b")
_SIDES = {"long": r"\b(?:for|on|of) (?:the )?longs?\b", "short": r"\b(?:for|on|of) (?:the )?shorts?\b"}
LABELS = {
    "stop_loss": "the stop loss",
    "take_profit": "the take profit",
    "trailing_stop": "the trailing stop",
    "max_bars": "the holding time",
    "sizing": "the position size",
}


def read(clause: str, now: Situation) -> Reading | None:
    """Read what is said of stops, targets, holding times and sizes."""
    if not _ABOUT.search(clause):
        return None
    words = counted_terms(clause)
    if _FACTOR.search(words):
        return _scaled(words, now)
    if re.fullmatch(
        r"(?:all in|full size|full position|100\s?%(?: of (?:the )?(?:equity|account))?|everything|(?:the )?(?:whole|full|entire) (?:account|equity))",
        words,
    ):
        return Reading(
            choices=(Choice(spec=checked(now.spec, sizing=FractionSize(fraction=1.0)), label="all of the equity"),)
        )
    sides, words = _sides(words, now.spec)
    found = fragments.terms(_spoken(words))
    if found is None:
        return _vague(clause, now)
    found.pop("max_bars_unit", None) if "max_bars" not in found else None
    if "stop_loss" in found and "add" not in clause.split() and _only_trails(now.spec):
        return _either_stop(found, now)
    changed = _applied(now.spec, found, sides)
    choices = [Choice(spec=changed, label=f"set {_names(found)}")]
    if "max_bars" in found and "instead" in clause and any(side.exit is not None for side in now.spec.sides.values()):
        freed = changed
        for name in sides:
            freed = with_side(freed, name, exit=None)
        choices = [
            Choice(spec=freed, label="the holding time alone closes the position"),
            Choice(spec=changed, label="the exit rule stays beside it"),
        ]
    return Reading(choices=tuple(choices))


def counted_terms(clause: str) -> str:
    """Return a clause as descriptions would say it."""
    words = counted(bare(clause))
    words = re.sub(r"\b(?:to|of|at)\s+(?=\d)", "", words)
    words = re.sub(
        r"^(?:tighten|widen|loosen|raise|lower|increase|reduce|decrease|cut|limit)\s+(?:the\s+)?(?=.*\d)", "", words
    )
    words = re.sub(r"\b(?:to|only|from)\b\s*$", "", words)
    words = re.sub(r"\b(?:tighter|wider|closer|bigger|smaller|further)\b,?\s*(?=.*\d)", "", words)
    return re.sub(r"\s+", " ", words).strip(" ,")


def _spoken(words: str) -> str:
    """Return what the reader of descriptions knows: `max 5 days` is a holding time."""
    days = re.fullmatch(
        r"(?:(?:hold|holding|time|it|for|max(?:imum)?|at most|no (?:longer|more) than|up to|limit|exit after|out after|sell after|close after|get out after)\s*)*(\d+)\s*(bars?|days?|weeks?|hours?)(?:\s*(?:max(?:imum)?|at most|later|hold|holding|stop|limit|time))*",
        words,
    )
    if days:
        return f"hold for {days[1]} {days[2]}"
    return re.sub(r"\bpercent\b", "%", words)


def _sides(words: str, spec: StrategySpec) -> tuple[list[str], str]:
    for name, pattern in _SIDES.items():
        if re.search(pattern, words):
            if name not in spec.sides:
                raise Impossible(f"nothing opens a {name} position")
            return [name], re.sub(pattern, "", words).strip()
    return list(spec.sides), words


def _applied(spec: StrategySpec, found: dict[str, Any], sides: list[str]) -> StrategySpec:
    side_changes = {name: value for name, value in found.items() if name in fragments.SIDE_FIELDS}
    changes: dict[str, Any] = {name: value for name, value in found.items() if name not in side_changes}
    for name in sides:
        changes[name] = spec.sides[name].model_copy(update=side_changes)  # type: ignore[index]
    return checked(spec, **changes)


def _names(found: dict[str, Any]) -> str:
    return ", ".join(LABELS.get(name, name.replace("_", " ")) for name in found)


def _only_trails(spec: StrategySpec) -> bool:
    return any(side.trailing_stop is not None and side.stop_loss is None for side in spec.sides.values())


def _either_stop(found: dict[str, Any], now: Situation) -> Reading | None:
    asked = Asked()
    if hasattr(found["stop_loss"], "percent") or hasattr(found["stop_loss"], "multiple"):
        changed = now.spec
        for name, side in now.spec.sides.items():
            if side.trailing_stop is not None:
                trailing = side.trailing_stop.model_copy(update={"distance": found["stop_loss"]})
                changed = with_side(changed, name, trailing_stop=trailing)
        asked.add(Choice(spec=changed, label="change the trailing stop"))
    asked.add(Choice(spec=_applied(now.spec, found, list(now.spec.sides)), label="add a fixed stop loss beside it"))
    return asked.reading(question="Is that the trailing stop, or a fixed stop loss?")


def _scaled(words: str, now: Situation) -> Reading | None:
    factor = {"double": 2.0, "twice": 2.0, "triple": 3.0, "halve": 0.5, "half": 0.5}[_FACTOR.search(words)[1]]  # type: ignore[index]
    asked = Asked()
    for slot in slots_of(now.spec):
        if slot.name and slot.words & set(words.split()) and slot.kind in ("percent", "atr", "risk", "points", "bars"):
            changed = with_values(now.spec, dict.fromkeys(slot.paths, slot.value * factor))
            asked.add(Choice(spec=changed, label=slot.label))
    return asked.reading()


def _vague(clause: str, now: Situation) -> Reading | None:
    if not _VAGUE.search(clause) or re.search(r"\d", clause):
        return None
    return Reading(question="By how much? Say the number, as in 'stop 3 %' or 'risk 1 %'.")
