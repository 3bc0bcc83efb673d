"""Reading conditions, and how they are joined, denied and repeated."""

import re
from itertools import pairwise
from typing import Any

from backtest_engine.english import calendar, candles
from backtest_engine.english.crosses import cross_event
from backtest_engine.english.events import (
    at_level,
    at_reading,
    both_of_them,
    break_event,
    coloured,
    new_extreme,
    open_profit,
    ordered,
)
from backtest_engine.english.explain import operand as written
from backtest_engine.english.indicators import Call, complete
from backtest_engine.english.nodes import Joined, Moves, Node, Wrapped
from backtest_engine.english.phrases import Match
from backtest_engine.english.predicates import said_of
from backtest_engine.english.prices import BEFORE_THIS
from backtest_engine.english.pronouns import spoken_of
from backtest_engine.english.reader import Reader
from backtest_engine.english.sequences import contradict, is_shape, sequence
from backtest_engine.english.values import operand
from backtest_engine.indicators import REGISTRY
from backtest_engine.spec import (
    Always,
    Comparison,
    Cross,
    Indicator,
    Number,
    Operand,
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
        goes_on = word == "or" and r.peek("RELATION") is not None and DENIED.search(r.span(start, mark[0])) is not None
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


DENIED = re.compile(r"\b(?:not|never|isn't|wasn't|hasn't|doesn't)\b", re.IGNORECASE)

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
    if (match := r.take("AND")) is not None:
        return _and(r, match, start)
    if r.take("WITH"):
        return "and"
    return "comma" if comma else None


def _and(r: Reader, match: Match, start: int) -> str:
    """Say what `and`, `and only if`, `and when`, which has just been read, joins with."""
    if r.words[match.end - 1].text == "both" and (r.peek("RELATION") or r.peek("IS")):
        r.place = match.end - 1  # `with both above 20` speaks of two values
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
        else _tail(r, node, bracketed=r.words[start].text == "(" and r.words[r.place - 1].text == ")")
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
    return None if node is None else _not(r, node, start)


def _not(r: Reader, node: Node, start: int) -> Node:
    """Deny a condition: `no red candle for 3 days` was so on none of them, `not three in a row` denies the row."""
    if r.words[start].text == "(" or not isinstance(node, Wrapped):
        return Wrapped("not", node)
    if node.kind == "ago" and isinstance(node.inner, Wrapped) and node.inner.kind == "streak":
        return Wrapped("ago", _not(r, node.inner, start), node.bars)
    row = any(match.kind == "ROW" for place in range(start, r.place) for match in r.found[place])
    counted = r.words[start].number is not None or any(match.kind == "NUMBER" for match in r.found[start])
    if node.kind == "streak" and not row and not counted:
        return Wrapped("streak", Wrapped("not", node.inner), node.bars)
    return Wrapped("not", node)


def _tail(r: Reader, node: Node, *, bracketed: bool) -> Node:
    """Read `for 3 bars in a row`, `in the last 5 bars` or `2 bars ago` after a condition."""
    r.sign("again")
    for read in (_streak, _within, _ago):
        mark = r.mark()
        wrapped = _whole(r, node) if bracketed and read is _streak else read(r, node)
        if wrapped is not None:
            return wrapped
        r.reset(mark)
    return node


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


def _whole(r: Reader, node: Node) -> Node | None:
    """Read how long what stands in brackets has been so: a `not` in them stays in them."""
    row = _streak(r, Always())
    if isinstance(row, Wrapped) and row.kind == "ago" and isinstance(row.inner, Wrapped):
        return Wrapped("ago", Wrapped("streak", node, row.inner.bars), row.bars)
    return Wrapped("streak", node, row.bars) if isinstance(row, Wrapped) else None


def _streak(r: Reader, node: Node) -> Node | None:
    linked = r.sign("for") or r.sign("on", "over")
    r.sign("at") and r.sign("least")
    before = r.skip("PREVIOUS") and r.words[r.place - 1].text in BEFORE_THIS
    row = r.take("ROW")
    number = r.whole()
    row = r.take("ROW") or row
    unit = r.take("UNIT", "bar", "day")
    closes = unit or r.take("PRICE", "close")
    row = r.take("ROW") or row
    if number is None or closes is None or not (row or (linked and unit)):
        return None
    if number < 2:
        return None
    if row and isinstance(node, Wrapped) and node.kind == "not":
        # `has not risen 3 days in a row` denies the row, `has not been above for 3 days` is so on each of them.
        return Wrapped("not", Wrapped("streak", node.inner, number))
    streak = Wrapped("streak", node, number)
    return Wrapped("ago", streak, 1) if before else streak


def _within(r: Reader, node: Node) -> Node | None:
    r.sign("at") and r.sign("least") and r.number() and r.sign("time", "times")
    r.sign("sometime")
    r.sign("any", "some") and r.sign("time", "point")
    if not (r.sign("in", "within", "during", "over", "at", "any")):
        return None
    r.sign("some") and r.sign("point")
    r.sign("in", "during", "within")
    said = r.skip("PREVIOUS")
    before = said and r.words[r.place - 1].text in BEFORE_THIS
    number = r.whole()
    if number is None or not r.take("UNIT", "bar", "day") or not said:
        return None
    if isinstance(node, Wrapped) and node.kind == "streak":
        r.ask(
            f"{node.bars} in a row within {number} bars, or any {node.bars} of them? Say '{node.bars} in a row'.",
            "bars in a row",
            r.place - 1,
        )
    # What has not been within so many bars, was on none of them.
    inner = _affirmed(r, node)
    denied = inner is not None
    looked: Node = Wrapped("within", node if inner is None else inner, number)
    looked = Wrapped("ago", looked, 1) if before else looked
    return Wrapped("not", looked) if denied else looked


DENIALS = ("not", "never", "isn't", "wasn't", "hasn't", "doesn't", "n't", "no")


def _affirmed(r: Reader, node: Node) -> Node | None:
    """Return what a condition denies; None when it denies nothing."""
    if isinstance(node, Wrapped) and node.kind == "not":
        return node.inner
    if isinstance(node, Wrapped) and node.kind == "streak":
        inner = _affirmed(r, node.inner)
        return None if inner is None else Wrapped("streak", inner, node.bars)
    said = [word.text for word in r.words[max(0, r.place - 12) : r.place]]
    if isinstance(node, Comparison) and node.relation in ("<=", ">=") and any(word in said for word in DENIALS):
        # `was not above 70` is read as `at most 70`.
        return node.model_copy(update={"relation": {"<=": ">", ">=": "<"}[node.relation]})
    return None


def _ago(r: Reader, node: Node) -> Node | None:
    if r.take("YESTERDAY"):
        return Wrapped("ago", node, 1)
    number = r.whole()
    if number is None or not r.take("UNIT", "bar", "day") or not r.take("AGO"):
        return None
    return Wrapped("ago", node, number)


def comparison(r: Reader) -> Node | None:
    """Read a value and what is said of it."""
    if r.at("first") and any(match.kind == "PRICE" for match in r.next_found()):
        r.go(r.place + 1)
        return _the_first(r, comparison(r))
    if r.at("its") and any(match.kind == "RELATION" for match in r.next_found()):
        r.go(r.place + 1)  # `sell when its above 70`
    mark = r.mark()
    named = r.peek("IT") is not None
    subject = operand(r)
    implied = named
    if subject is None or (isinstance(subject, Number) and not r.peek("RELATION")):
        r.reset(mark)
        if not _may_be_left_out(r):
            return None
        subject = _left_out(r)
        implied = subject is not None
    unknown = subject is None and named
    if subject is None:
        subject = Price()
        if not r.take("IT"):
            r.assume("what is not named is the closing price")
    before = list(r.context.comparisons)
    here = r.mark()
    r.context.subject = subject
    node = said_of(r, subject)
    if node is None:
        return None
    if unknown:
        _ask_about_an_unknown(r, before, mark[0])
    return _of_whom(r, node, subject, before, here, named=named, start=mark[0]) if implied else node


def _the_first(r: Reader, node: Node | None) -> Node | None:
    """`the first close above the SMA` opens a position where that begins; to close one, any is the first."""
    if node is None or r.context.role not in ("buy", "short"):
        return node
    r.assume("the first bar of its kind is one after a bar that was not")
    direction = {">": "above", "<": "below"}.get(node.relation) if isinstance(node, Comparison) else None
    if isinstance(node, Comparison) and direction is not None:
        return Cross(left=node.left, direction="above" if direction == "above" else "below", right=node.right)
    return Joined("and", (node, Wrapped("not", Wrapped("ago", node, 1))))


def _of_whom(
    r: Reader,
    node: Node,
    subject: Operand,
    before: list[tuple[Operand, str, Operand]],
    here: tuple[Any, ...],
    *,
    named: bool,
    start: int,
) -> Node | None:
    """Return what was read, said of the value that `it`, or nothing at all, stands for; ask where several could be."""
    several = len({left.model_dump_json() for left, _, _ in before}) > 1
    if several and _several(r, start):
        r.ask("Which of the values is meant, or all of them? Name them.", "which values", start)
    spoken = spoken_of(subject, before, r.context.comparisons[len(before) :], named=named, joint=r.context.joined)
    if _closes(r, start) and not isinstance(r.context.object, Number) and not isinstance(spoken, Price):
        spoken = Price()
    if spoken is None:
        r.ask("What does 'it' stand for? Name the value.", "what 'it' is", start)
        return node
    said: Node | None = node
    if spoken != subject:
        r.reset(here)
        r.context.subject = spoken
        said = said_of(r, spoken)
    if spoken != subject or (several and not r.context.joined):
        what = "'it'" if named else "what is not named"
        r.assume(f"{what} is {written(spoken)}")
    return said


def _closes(r: Reader, place: int) -> bool:
    """Whether it is said that `it closes` somewhere, as only a price does."""
    match = next((match for match in r.found[place] if match.kind == "IT"), None)
    return match is not None and match.end < len(r.words) and r.words[match.end].text in ("closes", "closed", "close")


SEVERAL = re.compile(r"\b(?:either|both|they|them|these|those)\b", re.IGNORECASE)


def _several(r: Reader, place: int) -> bool:
    """Whether the words speak of several values, where one is being read."""
    first = r.words[max(0, place - 1)].start
    last = r.words[min(place, len(r.words) - 1)].end
    return SEVERAL.search(r.text[first:last]) is not None


def _ask_about_an_unknown(r: Reader, before: list[tuple[Operand, str, Operand]], place: int) -> None:
    """`Sell when it is above 70` before anything was named: a number may be that of any reading."""
    said = r.context.comparisons[len(before) :]
    if said and isinstance(said[0][2], Number):
        r.ask("What does 'it' stand for? Name the value.", "what 'it' is", place)
    else:
        r.assume("'it' is the close")


def _may_be_left_out(r: Reader) -> bool:
    """Whether something may be said of no value in particular: `rising` alone says nothing."""
    moved = r.peek("RISING") or r.peek("FALLING")
    return moved is None or bool(r.context.joined or _changed_before(r) or _by_a_number(r, moved.end))


def _left_out(r: Reader) -> Operand | None:
    """Return the value that was spoken of last; a move by so much is one of the price."""
    moved = r.peek("RISING") or r.peek("FALLING")
    subject = r.context.subject
    known = REGISTRY.get(r.context.titled[0]) if len(r.context.titled) == 1 else None
    if subject is None and known is not None and not known.overlay:
        # `RSI: buy below 30`
        subject = complete(r, Call(name=r.context.titled[0]), r.place)
    return None if moved and _by_a_number(r, moved.end) and not isinstance(subject, Price) else subject


def _by_a_number(r: Reader, place: int) -> bool:
    """Whether it is said by how much, as in `down 5 %`."""
    return (
        place + 1 < len(r.words) and r.words[place].number is not None and r.words[place + 1].text in ("%", "percent")
    )


def _changed_before(r: Reader) -> bool:
    """Whether the last comparison was of a value with itself a bar before, so that `falling` follows `rising`."""
    if not r.context.comparisons:
        return False
    left, _, right = r.context.comparisons[-1]
    return getattr(right, "shift", 0) > 0 and right.model_copy(update={"shift": 0}) == left
