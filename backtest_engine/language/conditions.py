"""Reading conditions, and how they are joined, denied and repeated."""

import re
from itertools import pairwise

from backtest_engine.language import calendar, candles
from backtest_engine.language.comparisons import comparison
from backtest_engine.language.crosses import cross_event
from backtest_engine.language.events import (
    at_level,
    at_reading,
    both_of_them,
    break_event,
    channel_inside_another,
    coloured,
    new_extreme,
    open_profit,
    ordered,
)
from backtest_engine.language.nodes import Joined, Moves, Node, Wrapped
from backtest_engine.language.phrases import Match
from backtest_engine.language.predicates import said_of
from backtest_engine.language.reader import Reader
from backtest_engine.language.repeats import DENIALS, denied, repeated
from backtest_engine.language.sequences import contradict, is_shape, sequence
from backtest_engine.language.values import operand
from backtest_engine.spec import (
    Comparison,
    Cross,
    Indicator,
    Number,
    Price,
)


def condition(r: Reader) -> Node | None:
    """Read conditions joined by `and` and `or`; ask when it is not clear which binds tighter."""
    start = r.place
    either = r.take("EITHER") is not None
    first = atom(r)
    if first is None:
        return None
    if either and (some := _on_one_of_them(first)) is not None:
        first, either = some, False
    parts: list[Node] = [first]
    words: list[str] = []
    while True:
        mark = r.mark()
        word = _joint(r)
        joined, r.context.joined = r.context.joined, word or ""
        goes_on = (
            word == "or"
            and r.peek("RELATION") is not None
            and any(said.text in DENIALS for said in r.words[start : mark[0]])
        )
        part = atom(r) if word else None
        r.context.joined = joined
        if part is None or word is None or (calendar.has_date(part) and (r.peek("ACT") or r.peek("SIDE"))):
            r.reset(mark)  # `…, on Fridays sell if …` begins another rule
            break
        if goes_on:
            r.ask(
                f"Does the 'not' in '{r.span(start)}' hold for both, or for the first only?",
                "operator precedence",
                start,
            )
        parts.append(part)
        words.append(word)
    return _joined(r, parts, words, either, start)


def _on_one_of_them(node: Node) -> Node | None:
    """Return `any of the last 3 candles was green`, which has been read as all of them."""
    if isinstance(node, Wrapped) and node.kind == "ago" and (some := _on_one_of_them(node.inner)) is not None:
        return Wrapped("ago", some, node.bars)
    return Wrapped("within", node.inner, node.bars) if isinstance(node, Wrapped) and node.kind == "streak" else None


# `stay out on Mondays and when …`, `sell on Fridays and when …`: both together, or each of them?
WHEN_AGAIN = re.compile(r"\band\s+(?:also\s+)?(?:when|if|once|on|in)\b", re.IGNORECASE)
ALSO_WHEN = re.compile(r"\balso\s+(?:when|if|once)\b", re.IGNORECASE)


def _joint(r: Reader) -> str | None:
    """Read what joins two conditions."""
    start = r.place
    comma = r.sign(",")
    if r.take("UNLESS"):
        return "unless"
    if not comma and (limited := _when(r)):
        return limited
    if r.take("NEXT_BAR"):
        return "next"
    if r.take("AFTERWARDS"):
        r.take("WHEN")
        return "then"
    if r.take("OR"):
        r.take("WHEN")
        return "or"
    named = r.peek("IND")
    if (match := r.peek("AND")) is not None and (named is None or named.end <= match.end):
        r.go(match.end)
        return _and(r, match, start)
    if r.take("WITH"):
        return "and"
    return "comma" if comma else None


def _and(r: Reader, match: Match, start: int) -> str:
    """Say what `and`, `and only if`, `and when`, which has just been read, joins with."""
    if r.words[match.end - 1].text in ("both", "that") and (r.peek("RELATION") or r.peek("IS")):
        r.place = match.end - 1  # `with both above 20` and `and that is rising` speak of values
    only = any(word.text == "only" for word in r.words[max(0, match.end - 3) : match.end])
    r.sign(",")
    r.take("WHEN")
    between = "" if r.done else r.text[r.words[start].start : r.words[r.place].end]
    closing = r.context.closing or r.context.role == "excluded"
    if ALSO_WHEN.search(between) or (closing and WHEN_AGAIN.search(between)):
        return "either"
    if WHEN_AGAIN.search(between):
        return "only" if only else "again"
    return "only" if only else "and"


def _when(r: Reader) -> str | None:
    """Read `RSI below 10 between 9:30 and 15:00`, `a green candle after a red one`: a date or another bar."""
    if not (r.peek("WHEN") or r.at("between", "during", "on", "in", "at", "after", "before")):
        return None
    mark = r.mark()
    dated = calendar.when(r) is not None
    r.reset(mark)
    if dated:
        return "and"
    after = r.at("after")
    return ("after" if after else "when") if r.take("WHEN") else None


def _joined(r: Reader, parts: list[Node], words: list[str], either: bool, start: int) -> Node:
    if not words:
        return parts[0]
    words = _settled_joints(r, parts, words, start)
    limited = {"unless", "only"} & set(words)
    if limited and r.context.role in ("buy", "short") and r.context.opened - {r.context.role}:
        r.ask(f"Does the limit in '{r.span(start)}' hold for both sides, or for this one only?", "exception", start)
    if limited and r.context.closing:
        r.ask(f"Does the limit in '{r.span(start)}' hold for the entries, the exits, or both?", "exception", start)
    kept, joints = _in_order(r, parts, words, start)
    if not joints:
        return kept[0]
    followed = words[0] == "when" and start and r.words[start - 1].text == "after"
    if followed and not all(_is_a_filter(part) for part in kept[1:]):
        # `after an inside bar, when the close is above its high`: first the one, then the other. A filter moves none.
        r.assume("what comes after a bar is looked at one bar later")
        kept[0] = Wrapped("ago", kept[0], 1)
    if len(set(joints)) == 1:
        return Joined("or" if joints[0] == "or" else "and", tuple(kept))
    if either and joints[0] == "or" and joints.index("and") == len(joints) - joints[::-1].index("or"):
        cut = joints.index("and") + 1
        return Joined("and", (Joined("or", tuple(kept[:cut])), *kept[cut:]))
    _ask_for_brackets(r, start)
    return Joined("and", tuple(kept))


def _is_a_filter(node: Node) -> bool:
    """Whether a condition is a state that says nothing of the bars before: a price or a reading against a level."""
    if not isinstance(node, Comparison) or (isinstance(node.left, Price | Indicator) and node.left.shift):
        return False
    return isinstance(node.right, Number) or (isinstance(node.right, Indicator) and not node.right.shift)


def _settled_joints(r: Reader, parts: list[Node], words: list[str], start: int) -> list[str]:
    """Ask where `and when`, or a comma between exits, may mean all of them or any."""
    exits = r.context.closing
    listed = exits and set(words) == {"comma"}
    dated = [calendar.is_dated(one) and calendar.is_dated(other) for one, other in pairwise(parts)]
    open_joints = [
        word == "either" or (word == "comma" and listed) or (word == "again" and both)
        for word, both in zip(words, dated, strict=True)
    ]
    together = [calendar.either_of(one, other) is not None for one, other in pairwise(parts)]
    if any(unclear and not joined for unclear, joined in zip(open_joints, together, strict=True)):
        r.ask(f"Must all of '{r.span(start)}' hold, or is one of them enough?", "and or or", start)
    return ["and" if word in ("either", "comma", "again") else word for word in words]


def _in_order(r: Reader, parts: list[Node], words: list[str], start: int) -> tuple[list[Node], list[str]]:
    """Put what follows each other into one; return what is left to join, and how it is joined."""
    kept: list[Node] = [parts[0]]
    joints: list[str] = []
    if "unless" in words[:-1]:
        r.ask(
            f"What does the exception in '{r.span(start)}' cover, the first condition behind it or all of them? "
            "Put them in brackets.",
            "operator precedence",
            start,
        )
    for word, part in zip(words, parts[1:], strict=True):
        if word == "after":
            kept = [sequence(r, part, _all_of(r, kept, joints, start), at_once=is_shape(part), start=start)]
            joints = []
        elif word in ("next", "then") or (word == "and" and contradict(kept[-1], part)):
            # `three red candles and a green one` cannot be the same bar either.
            kept = [sequence(r, _all_of(r, kept, joints, start), part, at_once=word == "next", start=start)]
            joints = []
        elif word == "and" and (both := calendar.either_of(kept[-1], part)) is not None:
            kept[-1] = both
        else:
            kept.append(Wrapped("not", part) if word == "unless" else part)
            joints.append(word if word == "or" else "and")
    return kept, joints


def _all_of(r: Reader, parts: list[Node], joints: list[str], start: int) -> Node:
    if len(set(joints)) > 1:
        _ask_for_brackets(r, start)
    return parts[0] if len(parts) == 1 else Joined("or" if "or" in joints else "and", tuple(parts))


def _ask_for_brackets(r: Reader, start: int) -> None:
    r.ask(
        f"'{r.span(start)}' mixes 'and' with 'or': which conditions belong together? Put them in brackets.",
        "operator precedence",
        start,
    )


def atom(r: Reader) -> Node | None:
    """Read one condition, with what is said about how often or how long ago."""
    start = r.place
    node: Node | None = r.first(
        _bracketed,
        _denied,
        _defined,
        candles.candle,
        new_extreme,
        calendar.when,
        open_profit,
        coloured,
        channel_inside_another,
        cross_event,
        break_event,
        ordered,
        at_level,
        both_of_them,
        _closes_in_a_row,
        _bars_after,
        comparison,
        at_reading,
    )
    return (
        None
        if node is None
        else repeated(r, node, bracketed=r.words[start].text == "(" and r.words[r.place - 1].text == ")")
    )


def _bracketed(r: Reader) -> Node | None:
    if not r.sign("("):
        return None
    r.take("WHEN")
    node: Node | None = r.inside(condition)
    return node if node is not None and r.sign(")") else None


def _defined(r: Reader) -> Node | None:
    """Read a vague word that is defined at once: `a real trend: ADX over 25`, `oversold (RSI below 30)`."""
    r.take("IS")
    r.sign("of", "when")
    if not r.take("VAGUE"):
        return None
    r.sign(",")
    if r.sign("("):
        r.take("I_E")
        node: Node | None = r.inside(condition)
        return node if node is not None and r.sign(")") else None
    if r.sign(":") or r.take("I_E"):
        r.sign(",")
        defined: Node | None = r.inside(condition)
        return defined
    # `an oversold RSI (below 30)`
    subject = operand(r)
    if subject is None or not r.sign("("):
        return None
    node = said_of(r, subject)
    return node if node is not None and r.sign(")") else None


def _denied(r: Reader) -> Node | None:
    if not r.take("NOT"):
        return None
    start = r.place
    node: Node | None = r.inside(atom)
    return None if node is None else denied(r, node, start)


def _closes_in_a_row(r: Reader) -> Node | None:
    """`two consecutive closes above the SMA`."""
    r.sign("been", "be", "are", "have")
    number = r.whole()
    if number is None or number < 2 or not r.take("ROW") or not r.take("PRICE", "close"):
        return None
    node = said_of(r, Price())
    if node is None or (r.peek("AND") and any(m.kind == "RELATION" for m in r.next_found())):
        return None  # `two closes above 100 and below 120`: both belong to the row
    return Wrapped("streak", node, number)


def _bars_after(r: Reader) -> Node | None:
    """`two days after RSI drops below 30`: what was so many bars ago."""
    bars = r.whole()
    if bars is None or not r.take("UNIT", "bar", "day") or not r.sign("after"):
        return None
    node: Node | None = r.inside(atom)
    if isinstance(node, Moves):
        r.assume(f"'{node.words}' means the bar on which it crosses")
        node = Cross(left=node.left, direction=node.direction, right=node.right)
    return None if node is None else Wrapped("ago", node, bars)
