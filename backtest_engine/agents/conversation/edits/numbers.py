# ruff: noqa: E501  # a pattern is read as one line
"""Edits of numbers: `entry at 25 instead`, `make it RSI 10`, `20/100`, `20 instead of 21`, `the longer one 150`."""

import re
from dataclasses import dataclass, field

from pydantic import ValidationError

from backtest_engine.agents.conversation.edits.base import Asked, Choice, Reading, Situation
from backtest_engine.agents.conversation.edits.clauses import bare, counted
from backtest_engine.agents.conversation.edits.slots import AVERAGES, Path, Slot, slots_of, with_values
from backtest_engine.language.explain import number
from backtest_engine.spec import StrategySpec

_N = r"\d+(?:\.\d+)?"
_UNIT = r"(?:\s*(?:%|atrs?\b|r\b|x\b|days?\b|bars?\b|weeks?\b|hours?\b|periods?\b|(?:standard )?deviations?\b|devs?\b|std\b|sd\b|sigmas?\b))?"
_SWAPS = (
    re.compile(
        rf"^(?P<pre>[^\d]*?)\b(?P<new>{_N})(?P<unit>{_UNIT})(?P<mid> [a-z ]*?)?\s*(?:instead of|rather than|in place of|not|and not)\s+(?:the |a |at )?(?P<old>{_N}){_UNIT}(?P<post>[^\d]*)$"
    ),
    re.compile(
        rf"^(?P<pre>[^\d]*?)\b(?P<old>{_N}){_UNIT}(?P<mid> [a-z ]*?)?\s*(?:to|into|becomes|become|should be|should become|->|=>|for|with)\s+(?:a |an |the )?(?P<new>{_N})(?P<unit>{_UNIT})(?P<post>[^\d]*)$"
    ),
)
_PAIR = re.compile(rf"^(?P<pre>[a-z ]*?)\s*(?P<a>{_N})\s*(?:/|,|&|and|-|x|to|:|vs)\s*(?P<b>{_N})(?P<post>[a-z ]*)$")
_TRIPLE = re.compile(
    rf"^(?P<pre>[a-z ]*?)\s*(?P<a>{_N})[\s/,-]+(?P<b>{_N})[\s/,-]+(?:and )?(?P<c>{_N})(?P<post>[a-z ]*)$"
)
_ONE = re.compile(rf"^(?P<pre>[^\d]*?)(?P<new>{_N})(?P<unit>{_UNIT})(?P<post>[^\d]*)$")
_SLOW = frozenset(["longer", "slow", "slower", "bigger", "larger", "long", "longest", "slowest", "second"])
_FAST = frozenset(["shorter", "fast", "faster", "smaller", "short", "shortest", "fastest", "first", "quick", "quicker"])
_LINES = frozenset(["one", "average", "ma", "ema", "sma", "wma", "line", "period", "length", "averages"])
_BELOW = frozenset(["oversold", "below", "under", "less", "beneath", "<"])
_ABOVE = frozenset(["overbought", "above", "over", "greater", "more", ">"])
_ROLE = {
    "buy": ("long", "entry"),
    "buying": ("long", "entry"),
    "buys": ("long", "entry"),
    "enter": ("", "entry"),
    "entry": ("", "entry"),
    "entries": ("", "entry"),
    "entering": ("", "entry"),
    "in": ("", "entry"),
    "exit": ("", "exit"),
    "exits": ("", "exit"),
    "exiting": ("", "exit"),
    "out": ("", "exit"),
    "leave": ("", "exit"),
    "close": ("", "exit"),
    "cover": ("short", "exit"),
    "covering": ("short", "exit"),
    "covers": ("short", "exit"),
    "short": ("short", ""),
    "shorts": ("short", ""),
    "shorting": ("short", ""),
    "long": ("long", ""),
    "longs": ("long", ""),
}
_EMPTY = frozenset(
    [
        "at",
        "to",
        "the",
        "a",
        "an",
        "get",
        "go",
        "it",
        "is",
        "be",
        "by",
        "of",
        "on",
        "with",
        "for",
        "when",
        "if",
        "only",
        "value",
        "number",
        "from",
        "raise",
        "lower",
        "increase",
        "decrease",
        "reduce",
        "move",
        "up",
        "down",
        "drop",
        "bring",
        "back",
        "instead",
        "and",
        "as",
        "its",
        "now",
        "set",
        "level",
        "levels",
        "threshold",
        "thresholds",
        "that",
        "other",
        "mark",
        "then",
        "just",
        "again",
        "s",
        "closer",
        "there",
        "take",
        "up",
        "until",
        "till",
        "point",
        "points",
        "only",
        "first",
    ]
)
_PLAIN_LEVEL = frozenset(
    ["at", "level", "levels", "threshold", "thresholds", "hits", "reaches", "reach", "crosses", "mark"]
)


@dataclass
class _Asked:
    """What the words around a number say about the slot that is meant."""

    side: str = ""
    rule: str = ""
    relation: str = ""
    speed: str = ""
    levels: bool = False
    words: set[str] = field(default_factory=set)


def read(clause: str, now: Situation) -> Reading | None:
    """Read a number that takes another's place."""
    words = counted(bare(clause)) or counted(clause)
    words = re.sub(r"(?<=[a-z])\((?=\d)|(?<=\d)\)", " ", words).replace("=", " ").replace("  ", " ").strip()
    words = re.sub(r"\b([a-z]{2,})(\d+)\b", r"\1 \2", words)
    words = re.sub(r"(?<=\d)[ -](?=(?:day|bar|period|week)s?\b)", " ", words)
    if not re.search(r"\d", words):
        return None
    for reader in (_swap, _triple, _pair, _single):
        found = reader(words, now)
        if found is not None:
            return found
    return None


def _about(words: str, spec: StrategySpec) -> _Asked:
    about = _Asked()
    tokens = re.findall(r"[a-z%<>]+", words)
    lines = bool(set(tokens) & _LINES)
    sold = "short" if "long" not in spec.sides else "long"
    for token in tokens:
        if lines and token in _SLOW | _FAST:
            about.speed = "slow" if token in _SLOW else "fast"
        elif token in ("sell", "sells", "selling"):
            about.side, about.rule = sold, "exit" if sold == "long" else "entry"
        elif token in _ROLE:
            side, rule = _ROLE[token]
            about.side, about.rule = side or about.side, rule or about.rule
        elif token in _SLOW - {"second", "long"} or token in _FAST - {"first", "short"}:
            about.speed = "slow" if token in _SLOW else "fast"
        elif token in _BELOW | _ABOVE | _PLAIN_LEVEL:
            _to_level(about, token)
        elif token not in _EMPTY and token != "one":  # noqa: S105  # a word
            about.words.add(token)
    if about.side == "short" and not about.rule:
        about.rule = "entry"
    return about


def _to_level(about: _Asked, word: str) -> None:
    about.levels = True
    if word not in _PLAIN_LEVEL:
        about.relation = "<" if word in _BELOW else ">"


def _fits_words(slot: Slot, about: _Asked) -> bool:
    if about.side and not any(role.startswith(about.side) for role in slot.roles):
        return False
    if about.rule and not any(role.endswith(f".{about.rule}") for role in slot.roles):
        return False
    if about.relation and (slot.kind != "level" or slot.relation != about.relation):
        return False
    return all(word in slot.words or word.rstrip("s") in slot.words for word in about.words)


def _fits_unit(slot: Slot, unit: str) -> bool:
    unit = unit.strip()
    if unit == "%":
        return slot.kind in ("percent", "share")
    if unit.startswith("atr"):
        return slot.kind == "atr"
    if unit in ("r", "x"):
        return slot.kind in ("risk", "factor", "atr")
    if unit.startswith(("dev", "std", "sd", "sigma", "standard")):
        return slot.kind == "factor"
    if unit:
        return slot.kind in ("length", "count", "bars")
    return True


def _candidates(about: _Asked, unit: str, value: float, now: Situation) -> list[Slot]:
    found = [
        slot
        for slot in slots_of(now.spec)
        if _fits_words(slot, about)
        and _fits_unit(slot, unit)
        and slot.fits(value / 100 if slot.kind == "share" else value)
    ]
    return _of_speed(found, about.speed)


def _of_speed(found: list[Slot], speed: str) -> list[Slot]:
    if not speed:
        return found
    lengths = sorted((slot for slot in found if slot.kind == "length"), key=lambda slot: slot.value)
    averages = [slot for slot in lengths if slot.name in AVERAGES] or lengths
    return averages[-1:] if speed == "slow" else averages[:1]


def _single(words: str, now: Situation) -> Reading | None:
    match = _ONE.fullmatch(words)
    if match is None:
        return None
    about = _about(f"{match['pre']} {match['post']}", now.spec)
    value, unit = float(match["new"]), match["unit"]
    every = bool(about.words & {"both", "all", "each"})
    about.words -= {"both", "all", "each"}
    found = _candidates(about, unit, value, now)
    if every:
        return _all_of(found, value, now)
    if about == _Asked() and (touched := [slot for slot in found if set(slot.paths) & now.touched]):
        # `Actually 6`: what was set last is what is corrected.
        return _set(touched, value, now, about, sure=now.correcting)
    narrowed, sure = _preferred(found, about, unit, value)
    if about.rule and not about.words and not unit and not any(slot.kind == "level" for slot in narrowed):
        sure = False
    return _set(narrowed, value, now, about, sure=sure)


def _all_of(found: list[Slot], value: float, now: Situation) -> Reading | None:
    if len({slot.kind for slot in found}) != 1:
        return None
    asked = Asked()
    _add_all(asked, dict.fromkeys(found, value), now)
    return asked.reading()


def _preferred(found: list[Slot], about: _Asked, unit: str, value: float) -> tuple[list[Slot], bool]:
    """Narrow down by what is usually meant: levels for rules, lengths for indicators. Say whether that is sure."""
    levels = [slot for slot in found if slot.kind == "level"]
    lengths = [slot for slot in found if slot.kind in ("length", "factor") and slot.first]
    if about.levels or (about.rule and not unit):
        return (levels or found), True
    if about.words and lengths and not unit:
        if levels and value >= 45 and any(slot.bounds for slot in levels):
            return [*lengths, *levels], True
        return lengths, True
    # A number that cannot be the length of what was named is asked about.
    return found, not (about.words and levels and not about.levels and not unit)


def _set(found: list[Slot], value: float, now: Situation, about: _Asked, *, sure: bool = True) -> Reading | None:
    asked = Asked()
    for slot in found:
        paths = slot.paths
        if about.rule and slot.kind in ("length", "factor") and len(slot.roles) > 1:
            paths = tuple(path for path in paths if path[1] == about.rule)
            sure = False
        choice = _choice(slot, paths, value, now, sure=sure)
        if choice is not None:
            asked.add(choice)
    role = next(iter(found[0].roles)) if len(found) == 1 else ""
    return asked.reading(role=role if role.endswith((".entry", ".exit")) else "", question="Which number is meant?")


def _choice(slot: Slot, paths: tuple[Path, ...], value: float, now: Situation, *, sure: bool = True) -> Choice | None:
    stored = value / 100 if slot.kind == "share" else value
    try:
        spec = with_values(now.spec, dict.fromkeys(paths, stored))
    except ValidationError:
        return None
    return Choice(spec=spec, label=f"{slot.label}: {number(slot.value)} becomes {number(value)}", sure=sure)


def _swap(words: str, now: Situation) -> Reading | None:
    for pattern in _SWAPS:
        match = pattern.fullmatch(words)
        if match is None:
            continue
        old, new, unit = float(match["old"]), float(match["new"]), match["unit"]
        about = _about(" ".join([match["pre"], match["mid"] or "", match["post"]]), now.spec)
        found = [slot for slot in _candidates(about, unit, new, now) if abs(slot.value - old) < 1e-9]
        if not found:
            continue
        kinds = {slot.kind for slot in found}
        if len(found) > 1 and len(kinds) == 1:
            # The number itself was said: wherever it stands it is meant.
            paths = {path: new for slot in found for path in slot.paths}
            try:
                spec = with_values(now.spec, paths)
            except ValidationError:
                return None
            return Reading(choices=(Choice(spec=spec, label=f"{number(old)} becomes {number(new)}"),))
        return _set(found, new, now, about)
    return None


def _pair(words: str, now: Situation) -> Reading | None:
    match = _PAIR.fullmatch(words)
    if match is None:
        return None
    about = _about(f"{match['pre']} {match['post']}", now.spec)
    if about.rule or about.side or about.speed:
        return None
    values = [float(match["a"]), float(match["b"])]
    asked = Asked()
    for slots in (_two_lines(now, about), _two_levels(now, about)):
        if slots is None or not all(slot.fits(value) for slot, value in zip(slots, values, strict=True)):
            continue
        ordered = sorted(values) if values[0] != values[1] else None
        if ordered is None:
            continue
        placed = dict(zip(sorted(slots, key=lambda slot: slot.value), ordered, strict=True))
        _add_all(asked, placed, now)
    return asked.reading(question="Which two numbers are meant?")


def _add_all(asked: Asked, placed: dict[Slot, float], now: Situation) -> None:
    paths = {path: value for slot, value in placed.items() for path in slot.paths}
    label = ", ".join(f"{slot.label} becomes {number(value)}" for slot, value in placed.items())
    try:
        asked.add(Choice(spec=with_values(now.spec, paths), label=label))
    except ValidationError:
        return


def _two_lines(now: Situation, about: _Asked) -> list[Slot] | None:
    if about.levels:
        return None
    lengths = [slot for slot in slots_of(now.spec) if slot.kind == "length" and slot.first and _fits_words(slot, about)]
    averages = [slot for slot in lengths if slot.name in AVERAGES]
    found = averages if averages and (len(averages) == 2 or not about.words) else lengths
    names = {slot.name for slot in found}
    same = len(names) == 1 or bool(averages) or names == {"highest", "lowest"}
    return found if len(found) == 2 and same else None


def _two_levels(now: Situation, about: _Asked) -> list[Slot] | None:
    levels = [slot for slot in slots_of(now.spec) if slot.kind == "level" and _fits_words(slot, about)]
    if len(levels) != 2 or len({slot.name for slot in levels}) != 1:
        return None
    ends = {role.partition(".")[2] for slot in levels for role in slot.roles}
    return levels if ends == {"entry", "exit"} else None


def _triple(words: str, now: Situation) -> Reading | None:
    match = _TRIPLE.fullmatch(words)
    if match is None:
        return None
    about = _about(f"{match['pre']} {match['post']}", now.spec)
    slots = [slot for slot in slots_of(now.spec) if slot.kind in ("length", "factor") and _fits_words(slot, about)]
    names = {slot.name for slot in slots}
    values = [float(match[name]) for name in "abc"]
    if len(slots) != 3 or len(names) != 1 or not all(map(Slot.fits, slots, values)):
        return None
    asked = Asked()
    _add_all(asked, dict(zip(slots, values, strict=True)), now)
    return asked.reading()
