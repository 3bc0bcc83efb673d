"""Reading one value and what is said of it, and whose value that is where none is named."""

import re
from typing import Any

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.explain import operand as written
from backtest_engine.language.indicators import Call, complete
from backtest_engine.language.nodes import Node, begun
from backtest_engine.language.predicates import said_of
from backtest_engine.language.pronouns import spoken_of
from backtest_engine.language.reader import Reader
from backtest_engine.language.values import operand
from backtest_engine.spec import Comparison, Cross, Indicator, Number, Operand, Price


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
    guessed = False
    if subject is None:
        subject = Price()
        if not r.take("IT"):
            guessed = True
            r.assume("what is not named is the closing price")
    before = list(r.context.comparisons)
    here = r.mark()
    r.context.subject = subject
    node = said_of(r, subject)
    if node is None:
        return None
    said = r.context.comparisons[len(before) :]
    if guessed and r.context.titled and said and isinstance(said[0][2], Number):
        r.ask("What is it that is compared here? Name the value.", "which value", mark[0])
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
    return begun(node)


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
    if named and (line := _line_before(before)) is not None and r.context.joined and line != subject:
        if _word(r, start) in ("that", "this", "which"):
            spoken = line
        elif _is_its_own_change(r.context.comparisons[-1]) and isinstance(subject, Price):
            shown = f"{written(subject)} or {written(line)}"
            r.ask(f"What does 'it' stand for, {shown}? Name the value.", "what 'it' is", start)
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


def _word(r: Reader, place: int) -> str:
    """Return the word that stands for a value."""
    return next((r.words[at].text for at in range(place, r.place) if any(m.kind == "IT" for m in r.found[at])), "")


def _line_before(before: list[tuple[Operand, str, Operand]]) -> Indicator | None:
    """Return what the last value was held against, where that is an indicator."""
    return before[-1][2] if before and isinstance(before[-1][2], Indicator) else None


def _is_its_own_change(said: tuple[Operand, str, Operand]) -> bool:
    left, _, right = said
    shifted = isinstance(right, Price | Indicator) and right.shift > 0
    return shifted and right.model_copy(update={"shift": 0}) == left


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
