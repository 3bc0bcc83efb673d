"""Reading a description statement by statement."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from backtest_engine.language.beginnings import read_title, small_talk, style
from backtest_engine.language.conditions import condition
from backtest_engine.language.dated import dated_rule, held_between
from backtest_engine.language.leftovers import give_up
from backtest_engine.language.mentions import aim, market, mention, usual
from backtest_engine.language.outline import Outline, Rule
from backtest_engine.language.protection import protection, time_alone
from backtest_engine.language.reader import CLOSING, Reader
from backtest_engine.language.regimes import (
    entry_filter,
    exclusion,
    flat_when,
    held_until,
    limited_rules,
    while_true,
)
from backtest_engine.language.rules import (
    added,
    heading,
    hold_all,
    listed_rules,
    mirror_rule,
    protected,
    restriction,
    reversal,
    rule_of,
    rule_reversed,
    system,
)
from backtest_engine.language.sizes import cool_down, pyramiding, sizing, validity
from backtest_engine.spec import CoolDown

Statement = Callable[[Reader, Outline], bool | None]


def outline(r: Reader) -> Outline:
    """Read the whole description; what cannot be read becomes a problem."""
    result = Outline()
    read_title(r, result)
    while True:
        between(r)
        if _more_exits(r, result) or r.take("FIRST_OF"):
            continue
        if r.done:
            return result
        start = r.place
        r.furthest = start
        if not _statement(r, result):
            give_up(r, start)


SEPARATORS = frozenset([",", "and", "then", "but", ":", "-", "->", "plus", "with", "&", "/", "|"])


def between(r: Reader) -> None:
    """Skip what may stand between statements."""
    while not r.done:
        word = r.words[r.place]
        if (word.kind == "end" or word.text in SEPARATORS) and not r.peek("IND"):
            r.go(r.place + 1)
        else:
            return


def _more_exits(r: Reader, result: Outline) -> bool:
    """Read `or at a 4 % loss` after an exit: ends of a trade are alternatives anyway."""
    mark = r.mark()
    if not r.take("OR") or not (result.protections or result.rules):
        r.reset(mark)
        return False
    short = r.mark()
    ends = [rule.places[1] for rule in result.rules[-1:] if rule.action in CLOSING]
    ends += [one.places[1] for one in result.protections[-1:]]
    behind_comma = mark[0] > 0 and r.words[mark[0] - 1].text == ","
    ending = mark[0] in ends or (behind_comma and mark[0] - 1 in ends)
    r.sign("at", "on", "after", "by") if not r.peek("HOLD") and r.at("at", "on", "by") else None
    before = len(result.protections)
    if ending and (protection(r, result) or time_alone(r, result)) and _complete(r):
        _of_the_same_exit(result, before)
        return True
    r.reset(short)
    r.place = mark[0] + 1
    if ending and protection(r, result) and _complete(r):
        _of_the_same_exit(result, before)
        return True
    r.reset(mark)
    return ending and _or_when(r, result)


def _of_the_same_exit(result: Outline, before: int) -> None:
    """`sell when … or at a 10 % gain`: the gain closes what the rule before it closes."""
    said = result.protections[before - 1] if before else None
    rule = result.rules[-1] if result.rules and result.rules[-1].action in CLOSING else None
    closing = rule.action if rule and (said is None or said.places < rule.places) else said.closing if said else ""
    result.protections[before:] = [replace(one, closing=closing) for one in result.protections[before:]]


def _or_when(r: Reader, result: Outline) -> bool:
    """Read `or when RSI is above 70` after a stop, a target or a holding time: one more exit."""
    mark = r.mark()
    r.take("OR")
    closing = next((one.action for one in reversed(result.rules) if one.action in CLOSING), "exit")
    sides = {rule.action for rule in result.rules} & {"buy", "short"}
    r.context.role = closing
    start = r.place
    if not (r.take("WHEN") or r.peek("IND") or r.peek("IT") or r.peek("PRICE")):
        r.reset(mark)
        return False
    node = condition(r)
    if node is None or not _complete(r) or len(sides) > 1:
        r.reset(mark)
        return False
    result.rules.append(Rule(closing, node, (start, r.place)))
    return True


def _statement(r: Reader, result: Outline) -> bool:
    mark = r.mark()
    for read in STATEMENTS:
        kept = _counts(result)
        if read(r, result) and r.place > mark[0] and _complete(r):
            if read is protection and len(result.protections) > kept.protections:
                _ask_about_both(r, result, mark[0])
            return True
        _restore(result, kept)
        r.reset(mark)
    if small_talk(r):
        return True
    r.reset(mark)
    return False


def _ask_about_both(r: Reader, result: Outline, start: int) -> None:
    """`sell when RSI is above 70 and after 10 days`: both, or whichever comes first?"""
    last = result.rules[-1] if result.rules else None
    joint = r.words[start - 1].text if start else ""
    if last is None or last.action not in CLOSING or last.places[1] != start - 1:
        return
    timed = result.protections[-1].rule == "max_bars" and r.words[start].text == "after" and joint == "and"
    gained = result.protections[-1].rule == "take_profit" and joint == "with"
    if timed or gained:
        r.ask(
            f"'{r.span(last.places[0])}': must both hold before the position is closed, or is either enough?",
            "exit",
            last.places[0],
        )


@dataclass(frozen=True)
class _Kept:
    """How far an outline had come, so that a failed attempt leaves nothing behind."""

    lengths: tuple[int, ...]
    protections: int
    max_entries: int | None
    cool_down: CoolDown | None
    restrictions: frozenset[str]
    system: Rule | None


def _lists(result: Outline) -> tuple[list[Any], ...]:
    return (
        result.rules,
        result.filters,
        result.protections,
        result.sizes,
        result.orders,
        result.mentions,
        result.whiles,
        result.otherwise,
    )


def _counts(result: Outline) -> _Kept:
    return _Kept(
        tuple(map(len, _lists(result))),
        len(result.protections),
        result.max_entries,
        result.cool_down,
        frozenset(result.restrictions),
        result.system,
    )


def _restore(result: Outline, kept: _Kept) -> None:
    for items, length in zip(_lists(result), kept.lengths, strict=True):
        del items[length:]
    result.max_entries, result.cool_down, result.system = kept.max_entries, kept.cool_down, kept.system
    result.restrictions = set(kept.restrictions)


def _complete(r: Reader) -> bool:
    """Whether a statement ends where the next one, or the text's end, begins: nothing is left hanging."""
    if r.done:
        return True
    word = r.words[r.place]
    if any(match.kind == "ACT" and match.end == r.place for match in r.found[r.place - 1]):
        return True
    return not (r.peek("RELATION") or r.peek("CROSS") or r.peek("AFTER")) or word.kind == "end"


STATEMENTS: tuple[Statement, ...] = (
    hold_all,
    restriction,
    protection,
    pyramiding,
    cool_down,
    listed_rules,
    heading,
    added,
    held_until,
    exclusion,
    held_between,
    while_true,
    flat_when,
    rule_of,
    protected,
    mirror_rule,
    limited_rules,
    dated_rule,
    rule_reversed,
    sizing,
    validity,
    entry_filter,
    system,
    reversal,
    style,
    mention,
    usual,
    market,
    aim,
)
