"""Reading what is said of a value: `is above 30`, `crosses below the 50 SMA`, `is back at zero`."""

from collections.abc import Callable

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.changes import changing, percent_beside
from backtest_engine.language.crosses import signal_of
from backtest_engine.language.explain import operand as written
from backtest_engine.language.extremes import extreme
from backtest_engine.language.indicators import AVERAGES
from backtest_engine.language.nodes import Joined, Moves, Node, Returns, SidesDiffer, Wrapped
from backtest_engine.language.phrases import Match
from backtest_engine.language.prices import RANGE
from backtest_engine.language.reader import Reader
from backtest_engine.language.relations import (
    ask_about_own_end,
    ask_price_or_length,
    at_its_bar,
    both_hold,
    cross,
    each,
    enters_beyond,
    meant,
    note,
)
from backtest_engine.language.targets import cloud, cloud_of, compared, ends_here, listing, targets
from backtest_engine.language.values import SPREADS, operand
from backtest_engine.spec import (
    Arithmetic,
    Comparison,
    Cross,
    Indicator,
    Number,
    Operand,
    Price,
)


def said_of(r: Reader, subject: Operand) -> Node | None:
    """Read a predicate: `is above 30`, `crosses below the 50 SMA`, `is rising`."""
    denied = _is(r)
    readers: tuple[Callable[[Reader, Operand], Node | None], ...] = (
        _vaguely,
        _crossing,
        _breaking,
        _moving,
        percent_beside,
        _related,
        _between,
        _signed,
        _in_part_of_range,
        changing,
        _returning,
        _at_extreme,
        _inclusive_number,
    )
    mark = r.mark()
    for read in readers:
        node = read(r, subject)
        if node is not None:
            if read in (_related, _crossing):
                node = _chain(r, node)
            return Wrapped("not", node) if denied else node
        r.reset(mark)
    return None


PREDICATES = ("RELATION", "CROSS", "MOVE", "BACK", "NEW")


def _is(r: Reader) -> bool:
    """Read `is`, as far as it is not part of the predicate itself; say whether it is denied."""
    if any(r.peek(kind) for kind in PREDICATES) and not r.peek("NOT"):
        return False
    here = r.found[r.place] if not r.done else []
    ends = [match.end for match in here if match.kind == "IS"]
    if ends and r.words[ends[0] - 1].text.startswith("becom"):
        r.assume(f"'{r.words[ends[0] - 1].text}' means every bar on which it is so")
    for end in ends:
        r.go(end)
        if any(r.peek(kind) for kind in PREDICATES):
            return False
    if ends:
        r.place = ends[0]
    if r.peek("CROSS") or not r.take("NOT"):
        return False
    r.take("IS")
    return True


def _same_word(r: Reader, match: Match) -> bool:
    """Whether a chain goes on with its own word: `above A and above B`, but not `more than A above B`."""
    place = next(place for place in range(match.end) if match in r.found[place])
    before = [m for at in range(max(0, place - 8), place) for m in r.found[at] if m.kind == "RELATION"]
    last = before[-1] if before else None
    return last is None or r.words[last.end - 1].text == r.words[match.end - 1].text


def same_way(relation: str) -> tuple[str, ...]:
    """Return the relations that go on a chain: `A > B > C`, but never `A > B < C`; a cross may happen anywhere."""
    up, down = (">", ">="), ("<", "<=")
    return {">": up, "<": down, "=": ("==",)}.get(relation[0], (*up, *down))


def _chain(r: Reader, node: Node) -> Node:
    """Read the rest of `A > B > C`, and of `A above B, both above 70`."""
    while True:
        mark = r.mark()
        last = r.context.comparisons[-1] if r.context.comparisons else None
        if last is None:
            return node
        left, _, right = last
        subject = r.context.subject
        if not isinstance(right, Number) and (match := r.take("RELATION", *same_way(last[1]))):
            symbols = r.words[match.end - 1].text in ("<", ">", "<=", ">=")
            further = operand(r) if symbols or isinstance(node, Cross) or _same_word(r, match) else None
            if isinstance(node, Cross) and isinstance(further, Number):
                r.assume(f"what lies beyond {further.value:g} is {written(right)}")
            if further is not None:
                node = both_hold(node, each(r, right, match.value, (further,)))
                r.context.subject = subject
                continue
        r.reset(mark)
        if r.sign(",") and r.take("BOTH") and not isinstance(right, Number):
            first = said_of_both(r, (left, right))
            if first is not None:
                node = both_hold(node, first)
                continue
        r.reset(mark)
        return node


def said_of_both(r: Reader, subjects: tuple[Operand, ...]) -> Node | None:
    """Read one predicate that holds for several values."""
    r.take("IS")
    place = r.place
    nodes = []
    for subject in subjects:
        r.place = place
        node = said_of(r, subject)
        if node is None:
            return None
        nodes.append(node)
    return Joined("and", tuple(nodes))


DEFINABLE = ("oversold", "overbought", "cheap", "strength")


def _vaguely(r: Reader, subject: Operand) -> Node | None:
    """`is oversold (below 30)`, `drops into oversold territory, below 30`: the number says what is meant."""
    r.sign("drops", "falls", "goes", "gets", "moves", "rises", "enters", "in", "into", "enter")
    r.sign("in", "into", "to")
    if not r.take("VAGUE", *DEFINABLE):
        return None
    r.sign("territory", "zone", "area", "level", "levels", "region")
    opened = r.sign("(")
    r.sign(",", ":", "-")
    r.take("I_E")
    node = said_of(r, subject) if r.peek("RELATION") or r.peek("IS") else None
    if node is None or (opened and not r.sign(")")):
        return None
    return node


def _breaking(r: Reader, subject: Operand) -> Node | None:
    """`breaks the 20-bar high`: beyond it, on the side that it is an end of."""
    if not r.take("BREAK"):
        return None
    value = extreme(r)
    if not isinstance(value, Indicator):
        return None
    r.assume("a break is a close beyond the level")
    value = value.model_copy(update={"shift": max(1, value.shift)})
    return each(r, subject, ">" if value.name == "highest" else "<", (value,))


def _crossing(r: Reader, subject: Operand) -> Node | None:
    match = r.take("CROSS")
    if match is None:
        return None
    rights = signal_of(r, subject) or targets(r)
    if rights is None:
        return None
    if r.words[match.end - 1].text and _breaks_a_channel(r, match, rights):
        return each(r, subject, ">" if match.value == "above" else "<", rights)
    aimed = r.take("UPWARD") or r.take("DOWNWARD") if match.value == "any" else None
    if match.value == "any" and aimed is None:
        if len(rights) != 1:
            return None
        right = rights[0]
        return SidesDiffer(cross(r, subject, "above", right), cross(r, subject, "below", right))
    direction = match.value if aimed is None else "above" if aimed.kind == "UPWARD" else "below"
    if len(rights) == 2 and cloud_of(rights[0]) == rights:
        return enters_beyond(r, subject, direction, rights)
    if len(rights) > 1:
        r.assume("all of the lines are crossed on the same bar")
    nodes = tuple(cross(r, subject, direction, right) for right in rights)
    return nodes[0] if len(nodes) == 1 else Joined("and", nodes)


def _breaks_a_channel(r: Reader, match: Match, rights: tuple[Operand, ...]) -> bool:
    """A break of a channel is told by the close beyond it, whatever the close before was."""
    start = next(place for place in range(match.end) if match in r.found[place])
    broken = any(form.startswith("br") for form in (r.words[start].text,))
    channels = ("highest", "lowest", "donchian", "bollinger", "keltner")
    return broken and all(
        right.shift > 0 if isinstance(right, Price) else isinstance(right, Indicator) and right.name in channels
        for right in rights
    )


def _moving(r: Reader, subject: Operand) -> Node | None:
    start = r.place
    match = r.take("MOVE")
    if match is None:
        return None
    words = r.span(start)
    rights = targets(r)
    if rights is None:
        return None
    direction = "above" if match.value == "up" else "below"
    passing = {"through", "past"} & set(words.lower().split())
    if passing and len(rights) == 2 and cloud_of(rights[0]) == rights and r.context.role in ("buy", "short"):
        return enters_beyond(r, subject, direction, rights)
    nodes: list[Node] = []
    for right in rights:
        relation = ">" if direction == "above" else "<"
        right = at_its_bar(r, subject, meant(r, subject, relation, right))
        ask_about_own_end(r, subject, relation, right)
        note(r, subject, direction, right)
        if (passing or "back" in words.lower().split()) and r.context.role in ("buy", "short"):
            nodes.append(Cross(left=subject, direction="above" if direction == "above" else "below", right=right))
            continue
        nodes.append(Moves(subject, direction, right, words))  # type: ignore[arg-type]
    return nodes[0] if len(nodes) == 1 else Joined("and", tuple(nodes))


def _related(r: Reader, subject: Operand) -> Node | None:
    match = r.take("RELATION")
    if match is None:
        return None
    relation = match.value
    rights = _percentage(r, subject) or _counterpart(r, subject) or targets(r)
    if rights is None:
        return None
    if isinstance(rights[0], Number):
        r.sign("level", "mark", "threshold")
    after = r.or_more()
    if after is not None:
        if relation != "==":
            return None
        relation = after.value
    return each(r, _length_afterwards(r, subject), relation, rights)


# A share is written 0.05 by some indicators and 5 by others.
FRACTIONS = frozenset(["cagr", "returns", "volatility", "bollinger_bandwidth"])


def _percentage(r: Reader, subject: Operand) -> tuple[Operand, ...] | None:
    """Read `5 %` in the scale of what it is compared with."""
    mark = r.mark()
    negative = r.sign("-", "minus")
    r.sign("+", "plus")
    number = r.number()
    if number is None or not r.take("PCT") or not isinstance(subject, Indicator) or r.peek("RELATION"):
        r.reset(mark)
        return None
    if subject.name not in FRACTIONS and subject.name not in PERCENTAGES and REGISTRY[subject.name].value_range is None:
        r.reset(mark)
        return None
    number = -number if negative else number
    return (Number(value=round(number / 100, 12) if subject.name in FRACTIONS else number),)


PERCENTAGES = frozenset(["roc", "drawdown", "natr", "percent_rank", "ppo", "pvo", "trix"])


def _counterpart(r: Reader, subject: Operand) -> tuple[Operand, ...] | None:
    """`the plus line is on top`: of the minus line."""
    if not isinstance(subject, Indicator) or subject.name not in ("plus_di", "minus_di") or not ends_here(r):
        return None
    other = "minus_di" if subject.name == "plus_di" else "plus_di"
    return (subject.model_copy(update={"name": other}),)


def _length_afterwards(r: Reader, subject: Operand) -> Operand:
    """Read `ADX over 25 (14 periods)`."""
    mark = r.mark()
    if isinstance(subject, Indicator) and "period" in subject.parameters and r.sign("("):
        number = r.whole()
        if number is not None and r.take("UNIT", "bar", "day"):
            while not r.sign(")"):
                if not r.sign(",", "normal", "usual", "standard", "default", "one"):
                    r.reset(mark)
                    return subject
            new = subject.model_copy(update={"parameters": {**subject.parameters, "period": number}})
            r.context.indicators[:] = [new if v == subject else v for v in r.context.indicators]
            stale = f"{REGISTRY[subject.name].title}: period"
            r.assumptions[:] = [text for text in r.assumptions if not text.startswith(stale)]
            return new
    r.reset(mark)
    return subject


def _between(r: Reader, subject: Operand) -> Node | None:
    mark = r.mark()
    if r.sign("within") and (amount := r.number()) is not None and r.take("PCT") and r.take("OF"):
        base = operand(r)
        if base is None or isinstance(base, Number):
            return None
        note(r, subject, "between", base)
        if isinstance(base, Indicator) and base.name in ("highest", "running_high"):
            # Nothing is above the highest, so that only one side is left to say.
            base_level = Arithmetic(operator="*", left=Number(value=round(1 - amount / 100, 12)), right=base)
            return Comparison(left=subject, relation=">=", right=base_level)
        floor, ceiling = (
            Arithmetic(operator="*", left=Number(value=round(1 + sign * amount / 100, 12)), right=base)
            for sign in (-1, 1)
        )
        return Joined(
            "and",
            (
                Comparison(left=subject, relation=">=", right=floor),
                Comparison(left=subject, relation="<=", right=ceiling),
            ),
        )
    r.reset(mark)
    outside = r.sign("outside")
    if not (r.sign("between") or outside or r.sign("inside", "within")):
        return None
    ends = _ends(r)
    if ends is None:
        return None
    low, high = (at_its_bar(r, subject, end) for end in ends)
    if isinstance(low, Indicator) and low.name in AVERAGES and isinstance(high, Number):
        ask_price_or_length(r, high)
    note(r, subject, "between", low)
    inside: Node = _within_ends(subject, low, high)
    if not _ordered(low, high):
        # Of two lines now the one is higher, now the other.
        inside = Joined("or", (inside, _within_ends(subject, high, low)))
    return Wrapped("not", inside) if outside else inside


def _ends(r: Reader) -> tuple[Operand, Operand] | None:
    """Read `30 and 50`, `the 20 and 50 EMA`, `the lower band and the middle`."""
    listed = r.first(cloud, listing)
    if listed is not None and len(listed) == 2:
        return listed[0], listed[1]
    low = operand(r)
    if low is None or not r.sign("and", "to", "-", "&"):
        return None
    high = operand(r)
    if high is None:
        return None
    if isinstance(low, Number) and isinstance(high, Number) and low.value > high.value:
        low, high = high, low
    return low, high


def _within_ends(subject: Operand, low: Operand, high: Operand) -> Joined:
    return Joined(
        "and",
        (Comparison(left=subject, relation=">=", right=low), Comparison(left=subject, relation="<=", right=high)),
    )


def _ordered(low: Operand, high: Operand) -> bool:
    """Whether it is known which of two values is the higher."""
    if isinstance(low, Number) and isinstance(high, Number):
        return True
    lines = ("lowest", "lower", "middle", "upper", "highest")
    ends = [(value.output or value.name) if isinstance(value, Indicator) else "" for value in (low, high)]
    return all(end in lines for end in ends) and lines.index(ends[0]) < lines.index(ends[1])


def _signed(r: Reader, subject: Operand) -> Node | None:
    """`is positive`, `turns negative`."""
    turning = r.take("TURN") is not None or r.words[r.place - 1].text.startswith(("turn", "flip", "becom", "switch"))
    mark = r.mark()
    changed = turning and r.sign("from") and (r.take("POSITIVE") or r.take("NEGATIVE")) and r.sign("to")
    if not changed:
        r.reset(mark)
    match = r.take("POSITIVE") or r.take("NEGATIVE")
    if match is None:
        return None
    zero = Number(value=0)
    up = match.kind == "POSITIVE"
    if changed:
        return cross(r, subject, "above" if up else "below", zero)
    if turning:
        note(r, subject, "above" if up else "below", zero)
        return Moves(subject, "above" if up else "below", zero, "turns")
    return each(r, subject, ">" if up else "<", (zero,))


def _in_part_of_range(r: Reader, subject: Operand) -> Node | None:
    """`in the top quarter of the day's range`."""
    if not r.sign("in"):
        return None
    top = r.take("TOP_PART")
    if top is None and not r.take("BOTTOM_PART") and not r.sign("lower"):
        return None
    shares = {"QUARTER": 0.25, "THIRD": 1 / 3, "HALF": 0.5}
    share = next((value for kind, value in shares.items() if r.take(kind)), None)
    if share is None:
        number = r.number()
        if number is None or not r.take("PCT"):
            return None
        share = number / 100
    r.take("OF")
    r.sign("its")
    if not (r.take("RANGE") or r.sign("bar", "candle", "day", "session")):
        return None
    above_low = Arithmetic(operator="-", left=subject, right=Price(field="low"))
    position = Arithmetic(operator="/", left=above_low, right=RANGE)
    level = round(1 - share, 6) if top else round(share, 6)
    return Comparison(left=position, relation=">=" if top else "<=", right=Number(value=level))


def _returning(r: Reader, subject: Operand) -> Node | None:
    """`is back to zero or beyond`, `recrosses the SMA`."""
    if not r.take("BACK"):
        return None
    value = compared(r)
    if value is None:
        return None
    r.or_more()
    note(r, subject, "reached", value)
    return Returns(subject, value)


def _at_extreme(r: Reader, subject: Operand) -> Node | None:
    """`is at its 12 bar maximum`, `makes a new 20-day high`."""
    new = r.take("NEW") is not None
    r.sign("at", "equals")
    r.sign("its")
    value = extreme(r)
    if not isinstance(value, Indicator):
        return None
    top = value.name == "highest"
    if new:
        r.assume("a new high or low is a close beyond the bars before it")
    if new or value.shift:
        value = value.model_copy(update={"shift": 1})
        return each(r, subject, ">" if top else "<", (value,))
    if isinstance(subject, Price) and not subject.shift and value.source != (subject if subject != Price() else None):
        value = value.model_copy(update={"source": subject if subject != Price() else None})
    return each(r, subject, ">=" if top else "<=", (value,))


def _inclusive_number(r: Reader, subject: Operand) -> Node | None:
    """`is 30 or lower`."""
    start = r.place
    number = compared(r)
    spread = isinstance(number, Arithmetic) and isinstance(number.right, Indicator) and number.right.name in SPREADS
    if isinstance(number, Arithmetic) and isinstance(number.left, Number) and number.operator == "*" and not spread:
        # `volume is twice its average`
        more = number.left.value > 1
        r.assume(f"'{r.span(start)}' means at {'least' if more else 'most'} that")
        return each(r, subject, ">=" if more else "<=", (number,))
    after = r.or_more() if isinstance(number, Number) else None
    if number is None or after is None:
        return None
    return each(r, subject, after.value, (number,))
