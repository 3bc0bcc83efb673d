"""Reading crosses that are named as events: `20/50 SMA cross`, `golden cross`, `MACD crossover`."""

from backtest_engine.language.indicators import AVERAGES, Call, complete, indicator
from backtest_engine.language.nodes import Node, SidesDiffer
from backtest_engine.language.reader import Reader
from backtest_engine.language.relations import cross
from backtest_engine.language.targets import ends_here
from backtest_engine.language.values import operand
from backtest_engine.spec import (
    Indicator,
    Number,
    Operand,
)


def pair(r: Reader) -> tuple[Operand, Operand] | None:
    """Read two averages: `20/50 SMA`, `EMA 12 and EMA 26`, `SMA 20 / SMA 50`."""
    found: tuple[Operand, Operand] | None = r.first(_pair_by_numbers, _pair_by_names)
    return found


def _pair_by_numbers(r: Reader) -> tuple[Operand, Operand] | None:
    """`20/50 sma`, `sma 20/50`, `20 and 50 day moving average`; with no name, simple averages of the 50/200 kind."""
    start = r.place
    before = r.take("IND")
    if before and before.value[0] not in AVERAGES:
        return None
    opened = r.sign("(")
    first = r.number()
    r.take("UNIT", "bar", "day")
    joined = r.sign("/", "-", ",", "and", "&", "x", "over", "vs", "versus")
    second = r.number()
    if first is None or second is None or not joined:
        return None
    r.take("UNIT", "bar", "day")
    closed = opened and r.sign(")")
    match = before or r.take("IND")
    if opened and not closed and not r.sign(")"):
        return None
    if match is None:
        known = [value for value in r.context.indicators if value.name in AVERAGES]
        if not known and not r.peek("CROSS"):
            return None
        name = known[-1].name if known else "sma"
        if not known:
            r.assume("averages are simple moving averages")
    elif match.value[0] not in AVERAGES:
        return None
    else:
        name = match.value[0]
    made = [complete(r, Call(name=name, numbers=[number]), start) for number in (first, second)]
    if made[0] is None or made[1] is None:
        return None
    r.context.indicators += [value for value in made if value is not None and value not in r.context.indicators]
    return made[0], made[1]


def _pair_by_names(r: Reader) -> tuple[Operand, Operand] | None:
    left = indicator(r)
    if left is None or not (r.sign("/", "and", "&", "x", ",", "vs", "versus", "with") or r.take("AND")):
        return None
    right = indicator(r)
    if right is None:
        return None
    return left, right


def cross_event(r: Reader) -> Node | None:
    """Read a cross that is named: `20/50 SMA bullish cross`, `golden cross`, `MACD crossover`."""
    if (named := _cross_of(r)) is not None:
        return named
    found = _one_over_the_other(r) or _lines_around_an_x(r) or _lines_then_cross(r) or _cross_then_lines(r)
    if found is None:
        return None
    direction, (left, right) = found
    if direction == "any":
        aimed = r.take("UPWARD") or r.take("DOWNWARD")
        if aimed is None:
            return SidesDiffer(cross(r, left, "above", right), cross(r, left, "below", right))
        direction = "above" if aimed.kind == "UPWARD" else "below"
    return None if r.peek("CROSS") else cross(r, left, direction, right)


def _cross_of(r: Reader) -> Node | None:
    """Read `a cross of the close above the SMA 50`."""
    mark = r.mark()
    left = operand(r) if r.take("CROSS", "any") and r.take("OF") else None
    side = r.take("RELATION", ">", "<") if left is not None else None
    right = operand(r) if side is not None else None
    if left is None or side is None or right is None or isinstance(left, Number) or isinstance(right, Number):
        r.reset(mark)
        return None
    return cross(r, left, "above" if side.value == ">" else "below", right)


CROSSING = ("cross", "crossover", "crossing")


def _one_over_the_other(r: Reader) -> tuple[str, tuple[Operand, Operand]] | None:
    """Read `EMA 10 over EMA 30 cross`."""
    if not r.says(*CROSSING):
        return None
    mark = r.mark()
    left = indicator(r)
    side = r.take("RELATION", ">", "<") if left is not None else None
    right = indicator(r) if side is not None else None
    if left is None or side is None or right is None or not r.sign(*CROSSING):
        r.reset(mark)
        return None
    return "above" if side.value == ">" else "below", (left, right)


def _lines_around_an_x(r: Reader) -> tuple[str, tuple[Operand, Operand]] | None:
    """Read `ema8 x ema34`: a cross either way."""
    if not r.says("x"):
        return None
    mark = r.mark()
    left = indicator(r)
    right = indicator(r) if left is not None and r.sign("x") else None
    if left is None or right is None or {left.name, right.name} - {*AVERAGES} or r.peek("CROSS"):
        r.reset(mark)
        return None
    return "any", (left, right)


def _lines_then_cross(r: Reader) -> tuple[str, tuple[Operand, Operand]] | None:
    """Read `20/50 SMA cross`, where the two lines are named first."""
    mark = r.mark()
    lines = r.first(pair, _own_lines)
    match = r.take("CROSS") if lines is not None else None
    if match is None or r.at("its", "zero") or r.peek("OUTPUT") or r.peek("IND"):
        # What is crossed follows: it is no event of its own.
        r.reset(mark)
        return None
    return match.value, lines


def _cross_then_lines(r: Reader) -> tuple[str, tuple[Operand, Operand]] | None:
    """Read `golden cross 50/200`, or `bearish crossover` of what was spoken of before."""
    start = r.place
    match = r.take("CROSS", "above", "below")
    if match is None or r.at("it") or r.words[start].text.startswith("cross"):
        return None
    if not r.words[match.end - 1].text.startswith(("cross", "over")):
        return None
    if not r.take("OF"):
        r.sign("between")
    golden = r.words[start].text in ("golden", "death")
    lines = pair(r) or (_golden_lengths(r) if golden else None)
    named = lines is not None
    lines = lines or _crossed_before(r)
    if golden and lines is not None:
        lines = _shorter_first(r, lines, start, named=named)
    if lines is None and golden:
        r.assume("a golden or death cross is that of the 50- and 200-bar simple moving averages")
        fast, slow = (Indicator(name="sma", parameters={"period": bars}) for bars in (50, 200))
        r.context.indicators += [fast, slow]
        lines = fast, slow
    return None if lines is None else (match.value, lines)


def _shorter_first(r: Reader, lines: tuple[Operand, Operand], start: int, *, named: bool) -> tuple[Operand, Operand]:
    """In a golden or death cross it is the shorter average that crosses; ask where the words before say otherwise."""
    periods = [value.parameters.get("period", 0) if isinstance(value, Indicator) else 0 for value in lines]
    if periods[0] <= periods[1]:
        return lines
    if not named:
        r.ask(
            f"In a '{r.span(start)}' the shorter average crosses the longer one; which cross is meant?", "cross", start
        )
    return lines[1], lines[0]


def _golden_lengths(r: Reader) -> tuple[Operand, Operand] | None:
    """Read `golden cross 50/200` or `golden cross (50/200 SMA)`."""
    mark = r.mark()
    opened = r.sign("(")
    two = pair(r)
    if two is None:
        first = r.whole()
        second = r.whole() if r.sign("/", "-", "and", ",") else None
        if first is not None and second is not None and not r.peek("PCT"):
            fast, slow = (Indicator(name="sma", parameters={"period": n}) for n in (first, second))
            r.context.indicators += [fast, slow]
            two = fast, slow
    if two is None or (opened and not r.sign(")")):
        r.reset(mark)
        return None
    return two


OWN_LINES = {
    "macd": ("macd", "signal"),
    "stochastic": ("k", "d"),
    "stochastic_fast": ("k", "d"),
    "stochastic_rsi": ("k", "d"),
}


def signal_of(r: Reader, subject: Operand) -> tuple[Operand, ...] | None:
    """`the stochastic crosses up`: its signal line, when nothing else is named."""
    mark = r.mark()
    if isinstance(subject, Indicator) and subject.name in OWN_LINES and (ends_here(r) or r.peek("RELATION")):
        fast, slow = OWN_LINES[subject.name]
        said_before = bool(r.context.comparisons) and r.context.comparisons[-1][0] == subject
        if subject.output == fast and not said_before:
            return (subject.model_copy(update={"output": slow}),)
    r.reset(mark)
    return None


def _own_lines(r: Reader) -> tuple[Operand, Operand] | None:
    """`MACD crossover`: the line and its signal line."""
    value = indicator(r)
    if value is None or value.name not in OWN_LINES or not r.peek("CROSS"):
        return None
    match = r.peek("CROSS")
    if match is None or not r.words[match.end - 1].text.startswith(("cross", "over")):
        return None
    fast, slow = (value.model_copy(update={"output": output, "shift": 0}) for output in OWN_LINES[value.name])
    return fast, slow


def _crossed_before(r: Reader) -> tuple[Operand, Operand] | None:
    for left, relation, right in reversed(r.context.comparisons):
        if relation in ("above", "below"):
            return left, right
    averages = [value for value in r.context.indicators if value.name in AVERAGES]
    if len(averages) == 2:
        return averages[0], averages[1]
    return None
