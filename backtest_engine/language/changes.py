"""Reading how far a value moved: `is rising`, `falls 3 % in a day`, `is 2 % below the SMA`."""

from backtest_engine.language.extremes import extreme, window
from backtest_engine.language.nodes import Node
from backtest_engine.language.reader import Reader
from backtest_engine.language.relations import INCLUSIVE, each
from backtest_engine.language.targets import compared
from backtest_engine.language.values import operand, scaled
from backtest_engine.spec import (
    Arithmetic,
    Indicator,
    Number,
    Operand,
    Price,
)


def percent_beside(r: Reader, subject: Operand) -> Node | None:
    """`is at least 3 % above the previous close`, `closes two ATRs below the 20 EMA`."""
    r.sign("close", "closes", "closed", "trade", "trades", "sits", "stands")
    limit = r.take("RELATION")
    mark = r.mark()
    far = scaled(r)
    if isinstance(far, Arithmetic) and far.operator in "+-":
        symbol = ">" if far.operator == "+" else "<"
        outward = limit is None or limit.value[0] == ">"
        if not outward:
            return None
        return each(r, subject, symbol if limit is None or limit.value == ">" else INCLUSIVE[symbol], (far,))
    r.reset(mark)
    amount = r.number()
    if amount is None or not r.take("PCT"):
        return None
    after = r.or_more()
    relation = r.take("RELATION", ">", "<") or r.take("MOVE")
    if relation is None:
        return None
    base = compared(r)
    if base is None or isinstance(base, Number):
        return None
    if subject == Price() and base in (Price(field="high"), Price(field="low")):
        r.ask(f"The {base.field} of which bars is meant in '{r.span(mark[0])}'?", "which bars", mark[0])
    above = relation.value in (">", "up")
    strict = not (after or (limit and limit.value in (">=", "<=")))
    inner = (after.value if after else limit.value if limit else ">")[0]
    outward = inner == ">"
    # 'at most 3 % above' bounds from the other side.
    symbol = (">" if above else "<") if outward else ("<" if above else ">")
    share = amount / 100 if above else -amount / 100
    right = Arithmetic(operator="*", left=Number(value=round(1 + share, 12)), right=base)
    return each(r, subject, symbol if strict else INCLUSIVE[symbol], (right,))


def changing(r: Reader, subject: Operand) -> Node | None:
    """`is rising`, `falls 3 % in a day`, `rises for 3 bars in a row`."""
    start = r.place
    match = r.take("RISING") or r.take("FALLING")
    if match is None or not isinstance(subject, Price | Indicator) or r.peek("CROSS") or r.at("to"):
        return None
    if r.peek("RELATION", "<", ">") and r.words[r.place].text not in ("more", "less"):
        return None
    up = match.kind == "RISING"
    mark = r.mark()
    far = scaled(r)
    if isinstance(far, Arithmetic) and far.operator == ("+" if up else "-"):
        return each(r, subject, ">" if up else "<", (far,))
    r.reset(mark)
    r.sign("by")
    limit = r.take("RELATION")
    amount = r.number()
    if amount is not None and r.take("PCT"):
        after = r.or_more()
        if r.peek("RELATION", "<", ">") and not _over_a_time(r):
            r.reset(mark)
            return percent_beside(r, subject)
        return _changed_by(r, subject, up, amount, limit.value if limit else after.value if after else "")
    r.reset(mark)
    if r.sign("from", "than", "over", "vs", "versus", "compared"):
        r.sign("to")
        back = _back(r)
        if back is None:
            return None
    else:
        back = 1
        turned = any(word.text.startswith("turn") for word in r.words[max(0, start - 1) : start + 1])
        turning = "every bar on which it is " if turned else ""
        r.assume(f"'{r.span(start)}' means {turning}{'higher' if up else 'lower'} than on the bar before")
    earlier = subject.model_copy(update={"shift": subject.shift + back})
    line = r.context.object
    node = each(r, subject, ">" if up else "<", (earlier,))
    if isinstance(subject, Price) and isinstance(line, Indicator):
        r.context.object = line  # nobody speaks of the close before as `it`
    return node


def _over_a_time(r: Reader) -> bool:
    """Whether `over` is followed by how long, as in `dropped 5 % over the last 3 days`."""
    mark = r.mark()
    timed = r.sign("over") and window(r) is not None
    r.reset(mark)
    return timed


def _changed_by(r: Reader, subject: Price | Indicator, up: bool, amount: float, limit: str) -> Node | None:
    mark = r.mark()
    back, referred = 1, True
    if r.sign("in", "over", "within", "from", "since", "vs", "on", "during", "across", "against") or r.or_more():
        place = r.place
        high = extreme(r) is not None
        r.place = place
        found = None if high else _back(r)
        if found is None:
            r.place = place
            base = operand(r)
            if base is not None and not isinstance(base, Number):
                return _moved_from(r, subject, base, up, amount, limit)
            r.reset(mark)
        else:
            back = found
    else:
        r.reset(mark)
        referred = r.take("TODAY") is not None
    if not referred and limit not in ("<", "<="):
        _without_reference(r, up, amount)
    return _moved(r, subject, subject.model_copy(update={"shift": subject.shift + back}), up, amount, limit)


def _moved(r: Reader, subject: Operand, base: Operand, up: bool, amount: float, limit: str) -> Node | None:
    """Return the condition that a value is so many percent from another."""
    if limit in ("<", "<="):
        # Less than one percent down is also every rise: it would have to be said from both sides.
        return None
    if not limit:
        r.assume(f"a move of {amount:g} % means {amount:g} % or more")
    level = Arithmetic(operator="*", left=Number(value=round(1 + (amount if up else -amount) / 100, 12)), right=base)
    symbol = ">" if up else "<"
    return each(r, subject, symbol if limit == ">" else INCLUSIVE[symbol], (level,))


def _without_reference(r: Reader, up: bool, amount: float) -> None:
    """A move that is measured from nothing: on an entry the bar before is meant, on an exit it may be the entry too."""
    words = f"{'rises' if up else 'falls'} {amount:g} %"
    if r.context.closing:
        r.ask(
            f"'{words}' from where: the entry, the best price since then, or the close before?",
            "reference of a move",
            r.place - 1,
        )
    else:
        r.assume(f"'{words}' is measured from the bar before")


def _moved_from(r: Reader, subject: Operand, base: Operand, up: bool, amount: float, limit: str) -> Node | None:
    """`falls 10 % from the highest close since entry`."""
    if base in (Price(field="high"), Price(field="low")) and limit not in ("<", "<="):
        r.ask("The high or low of which bars is meant?", "which bars", r.place - 1)
    return _moved(r, subject, base, up, amount, limit)


def _back(r: Reader) -> int | None:
    """Read how many bars back a change is measured."""
    if r.take("YESTERDAY") or r.take("TODAY"):
        r.take("PRICE", "close")
        return 1
    span = window(r)
    if span is not None:
        r.take("AGO")
        return span.bars
    if r.take("UNIT", "bar", "day"):
        return 1
    if r.take("PREVIOUS") and r.take("PRICE", "close"):
        return 1
    return None
