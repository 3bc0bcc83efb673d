"""Edits of which line is looked at: `EMA instead of SMA`, `use the weighted one`."""

import re
from typing import Any

from backtest_engine.agents.conversation.edits.base import Choice, Impossible, Reading, Situation
from backtest_engine.agents.conversation.edits.clauses import bare
from backtest_engine.agents.conversation.edits.slots import AVERAGES
from backtest_engine.agents.conversation.words import fillers
from backtest_engine.indicators import REGISTRY
from backtest_engine.spec import Indicator, StrategySpec, parts_of

SPOKEN = {
    "exponential": "ema",
    "simple": "sma",
    "weighted": "wma",
    "hull": "hma",
    "emas": "ema",
    "smas": "sma",
    "wmas": "wma",
}
_FREE = frozenset(
    [
        "instead",
        "of",
        "in",
        "place",
        "for",
        "with",
        "by",
        "to",
        "use",
        "swap",
        "replace",
        "switch",
        "make",
        "it",
        "them",
        "all",
        "both",
        "the",
        "average",
        "averages",
        "moving",
        "ma",
        "mas",
        "lines",
        "line",
        "rather",
        "than",
        "everywhere",
        "change",
        "from",
        "into",
        "be",
        "exponential",
        "simple",
        "weighted",
        "hull",
        "ones",
        "one",
        "i",
        "want",
        "not",
        "a",
        "an",
    ]
)


def read(clause: str, now: Situation) -> Reading | None:
    """Read which kind of average, or which indicator, takes another's place."""
    tokens = re.findall(r"[a-z]+|\d+", clause)
    if any(token.isdigit() for token in tokens):
        return None
    named = [(SPOKEN.get(token, token), place) for place, token in enumerate(tokens)]
    names = [name for name, _ in named if name in AVERAGES and name in REGISTRY]
    others = [name for name, _ in named if name in REGISTRY and name not in AVERAGES and name not in _FREE]
    if set(tokens) - _FREE - fillers() - set(SPOKEN) - set(names) - set(others):
        return None
    if others and re.search(r"\b(?:instead|swap|replace|switch|change)\b", clause):
        return _other_scale(clause, others, now)
    if not names or len(set(names)) > 2 or not bare(clause):
        return None
    new, old = _which(clause, names)
    return _swapped(now, new, old)


def _which(clause: str, names: list[str]) -> tuple[str, str | None]:
    if len(names) == 1:
        return names[0], None
    first, second = names[0], names[1]
    if re.search(r"\b(?:swap|replace|change|switch|from)\b", clause) and not re.search(
        r"\b(?:instead|rather)\b", clause
    ):
        return second, first
    return first, second


def _swapped(now: Situation, new: str, old: str | None) -> Reading | None:
    here = {part.name for part in parts_of(now.spec, Indicator) if part.name in AVERAGES}
    wanted = {old} if old else here - {new}
    if not here or (old and old not in here):
        raise Impossible(f"there is no {(old or 'moving average').upper()} in the strategy")
    if not wanted:
        return Reading(choices=(Choice(spec=now.spec, label=f"{new.upper()} is used already"),))
    if len(wanted) > 1:
        choices = tuple(
            Choice(spec=_replaced(now.spec, one, new), label=f"{one.upper()} becomes {new.upper()}")
            for one in sorted(wanted)
        )
        return Reading(choices=choices, question="Which average should change?")
    spec = _replaced(now.spec, next(iter(wanted)), new)
    return Reading(choices=(Choice(spec=spec, label=f"{new.upper()} instead of {next(iter(wanted)).upper()}"),))


def _replaced(spec: StrategySpec, old: str, new: str) -> StrategySpec:
    def turned(data: Any) -> Any:
        if isinstance(data, dict):
            data = {name: turned(value) for name, value in data.items()}
            if data.get("kind") == "indicator" and data.get("name") == old:
                length = next(iter(data["parameters"].values()))
                names = [one.name for one in REGISTRY[new].parameters]
                usual = {one.name: one.default for one in REGISTRY[new].parameters}
                data = {**data, "name": new, "parameters": {**usual, names[0]: length}}
            return data
        return [turned(item) for item in data] if isinstance(data, list) else data

    return StrategySpec.model_validate(turned(spec.model_dump(mode="json", exclude_none=True)))


def _other_scale(clause: str, names: list[str], now: Situation) -> Reading:
    new, _ = _which(clause, list(dict.fromkeys(names)))
    known = REGISTRY[new]
    raise Impossible(
        f"{known.title} has a scale of its own: say the new rules with its levels, as in 'buy when {new.upper()} …'"
    )
