"""Which side a stop, a target, a holding time or a size belongs to, when it is said beside one side's rule."""

from dataclasses import replace

from backtest_engine.language.nodes import Opposite
from backtest_engine.language.outline import Outline, Protection, Rule
from backtest_engine.language.reader import Reader

SIDES = {"buy": "long", "short": "short"}


def assigned(r: Reader, outline: Outline) -> list[Protection]:
    """Return the protections with the side that each is for; ask where it could be one or both.

    What is said after both entries is for both. What stands beside the first entry may be for that one alone: it is,
    when the other has its own of the kind, and otherwise the user must say.
    """
    entries = _entries(outline)
    both = {rule.action for rule in outline.rules} >= {*SIDES}
    outline.protections[:] = [_closed(one) if both else one for one in outline.protections]
    outline.protections[:] = _inherited(r, outline.protections)
    if len(entries) < 2:
        return outline.protections
    first, second = (rule.places[0] for rule in entries)
    found = []
    for protection in outline.protections:
        place = protection.places[0]
        if protection.side is not None or not first <= place or _own_sentence(r, outline, protection):
            found.append(protection)
            continue
        beside = entries[0] if place < second else entries[1]
        rival = [
            other
            for other in outline.protections
            if other.rule == protection.rule and other.side is None and (other.places[0] < second) != (place < second)
        ]
        if rival:
            found.append(replace(protection, side=SIDES[beside.action]))
        elif place < second or _within(r, beside, protection):
            what = protection.rule.replace("_", " ").replace("max bars", "holding time")
            r.ask(
                f"Is '{r.span(*protection.places)}' the {what} of {SIDES[beside.action]} positions only, or of both?",
                what,
                *protection.places,
            )
            found.append(protection)
        else:
            found.append(protection)
    _ask_about_sizes(r, outline, entries)
    return found


def _closed(protection: Protection) -> Protection:
    """`sell when … or at a 10 % gain` is about longs, where shorts are covered."""
    side = {"sell": "long", "cover": "short"}.get(protection.closing)
    return replace(protection, side=side) if side and protection.side is None else protection


LINKS = ("and", ",", "a", "an", "with", "plus", "&")


def _inherited(r: Reader, protections: list[Protection]) -> list[Protection]:
    """`For longs use a 3 % stop and a 6 % target`: what is linked to one side's stop is of that side too."""
    found: list[Protection] = []
    for protection in sorted(protections, key=lambda one: one.places):
        last = found[-1] if found else None
        linked = last is not None and all(word.text in LINKS for word in r.words[last.places[1] : protection.places[0]])
        if last is not None and linked and last.side is not None and protection.side is None:
            protection = replace(protection, side=last.side)
        found.append(protection)
    return found


def _entries(outline: Outline) -> list[Rule]:
    """Return the first entry of each side, in the order in which they were said, unless one mirrors the other."""
    rules = [rule for rule in outline.rules if rule.action in SIDES]
    if any(isinstance(rule.node, Opposite) for rule in rules):
        return []
    sides: dict[str, Rule] = {}
    for rule in rules:
        sides.setdefault(rule.action, rule)
    return sorted(sides.values(), key=lambda rule: rule.places) if len({r.places for r in sides.values()}) > 1 else []


def _own_sentence(r: Reader, outline: Outline, protection: Protection) -> bool:
    """Whether it stands in a sentence of its own behind all entries."""
    start = protection.places[0]
    last = max(rule.places[1] for rule in outline.rules if rule.action in SIDES)
    between = r.words[last:start]
    return start >= last and any(word.kind == "end" for word in between)


def _within(r: Reader, rule: Rule, protection: Protection) -> bool:
    """Whether it hangs on the rule itself, as in `short when … using a 3 % stop`."""
    joint = r.words[protection.places[0] - 1].text if protection.places[0] else ""
    return protection.places[0] >= rule.places[1] and joint in ("with", "using", "and")


def _ask_about_sizes(r: Reader, outline: Outline, entries: list[Rule]) -> None:
    if len(outline.sizes) != 1:
        return
    places = outline.sizes[0][1]
    first, second = entries
    beside = first if places[0] < second.places[0] else second
    hangs = r.words[places[0] - 1].text in ("with", "using") or r.words[places[0]].text in ("with", "using")
    behind = second.places[1] + 2 if hangs else second.places[1]
    if beside.places[0] <= places[0] < (second.places[0] if beside is first else behind):
        r.ask(
            f"Is '{r.span(*places)}' the size of {SIDES[beside.action]} positions only, or of both sides?",
            "position size",
            *places,
        )
