"""Reading conditions of their own shape: breakouts, profits, colours, averages in order."""

from itertools import pairwise

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.extremes import extreme, window
from backtest_engine.language.indicators import Call, complete, indicator
from backtest_engine.language.nodes import Joined, Node, Returns
from backtest_engine.language.predicates import said_of_both
from backtest_engine.language.reader import Reader
from backtest_engine.language.relations import each
from backtest_engine.language.targets import ends_here, listing
from backtest_engine.language.values import operand
from backtest_engine.spec import (
    FLIPPED,
    Comparison,
    Indicator,
    Number,
    PositionValue,
    Price,
)


def open_profit(r: Reader) -> Node | None:
    """`the position is in profit by at least 2 %`, `up 5 %`."""
    if r.context.closing:
        r.sign("at")
    named = r.take("IT") or r.sign("position", "trade")
    r.take("IS")
    gain = r.take("OPEN_PROFIT")
    loss = None if gain else r.take("OPEN_LOSS")
    bare = not (gain or loss) and r.context.closing
    if bare and r.at("+", "-") and (node := _signed_profit(r)) is not None:
        return node
    if bare and (not named or r.at("up", "down")):
        gain = r.take("RISING")
        loss = None if gain else r.take("FALLING")
    if not (gain or loss):
        return None
    r.sign("by", "of")
    limit = r.take("RELATION")
    number = r.number()
    if number is None or not r.take("PCT"):
        return None
    after = r.or_more()
    if bare and (r.at("in", "on") or not (_stands_alone(r) or r.peek("OR"))):
        return None
    if bare:
        r.assume(f"{'up' if gain else 'down'} {number:g} % is the open {'profit' if gain else 'loss'} of the position")
    relation = ">" if limit and limit.value == ">" and not after else ">="
    if loss:
        number, relation = -number, FLIPPED[relation]
    return Comparison(left=PositionValue(measure="profit_percent"), relation=relation, right=Number(value=number))


def _signed_profit(r: Reader) -> Node | None:
    """`sell at +6 % or -3 %`."""
    mark = r.mark()
    up = r.sign("+")
    if not up and not r.sign("-"):
        return None
    number = r.number()
    if number is None or not r.take("PCT"):
        r.reset(mark)
        return None
    r.assume(f"{'+' if up else '-'}{number:g} % is the open profit of the position")
    limit = Number(value=number if up else -number)
    return Comparison(left=PositionValue(measure="profit_percent"), relation=">=" if up else "<=", right=limit)


def _stands_alone(r: Reader) -> bool:
    """Whether a high is the whole condition, as in `sell on a 10-day low`."""
    ends = r.done or r.words[r.place].kind == "end" or r.at(",", "and", "or", ")", "->", ":")
    return bool(ends or r.peek("ACT") or r.peek("AND"))


def new_extreme(r: Reader) -> Node | None:
    """`a 20-day high breakout`, `a new 52-week low`: the close beyond the bars before it."""
    new = r.take("NEW")
    mark = r.mark()
    value = extreme(r)
    if value is None:
        r.reset(mark)
        span = window(r)
        if span is None or not r.sign("breakout", "breakouts", "breakdown"):
            return None
        down = r.words[r.place - 1].text == "breakdown"
        r.assume(f"a {span.bars}-bar {'breakdown' if down else 'breakout'} is one of the {'lows' if down else 'highs'}")
        source = Price(field="low" if down else "high")
        value = Indicator(name="lowest" if down else "highest", parameters={"period": span.bars}, source=source)
    elif not new and not r.sign("breakout", "breakouts", "breakdown", "break") and not _stands_alone(r):
        return None
    if not isinstance(value, Indicator):
        return None
    r.assume("a new high or low is a close beyond the bars before it")
    value = value.model_copy(update={"shift": 1})
    return each(r, Price(), ">" if value.name == "highest" else "<", (value,))


def _priced(value: Indicator) -> bool:
    """Whether an indicator is drawn over the prices, so that a price can reach it."""
    return REGISTRY[value.name].overlay or value.name in ("highest", "lowest", "running_high")


def at_level(r: Reader) -> Node | None:
    """`at the upper band`: when the price gets there."""
    if not r.sign("at") or r.at("its"):
        return None  # `at its 12-bar maximum` is said of a value
    value = operand(r)
    if not isinstance(value, Indicator) or not _priced(value) or not ends_here(r):
        return None
    return Returns(Price(), value)


def at_reading(r: Reader) -> Node | None:
    """`at RSI 30`, `rsi 70`: where the reading gets to that number."""
    r.sign("at")
    match = r.take("IND")
    if match is None or match.value[0] not in REGISTRY or REGISTRY[match.value[0]].value_range is None:
        return None
    start = r.place
    r.sign("of", "=", "is", "at")
    number = r.number()
    if number is None or not ends_here(r):
        return None
    value = complete(r, Call(name=match.value[0], output=match.value[1]), start)
    return None if value is None else Returns(value, Number(value=number))


def coloured(r: Reader) -> Node | None:
    """`supertrend turns green`: the side of the price that it is on."""
    start = r.place
    value = indicator(r)
    if value is None:
        value = next((v for v in reversed(r.context.indicators) if v.name == "supertrend"), None)
        r.take("IT")
    if value is None or value.name != "supertrend":
        return None
    r.take("IS") if not (r.peek("GREEN") or r.peek("RED")) else None
    green = r.take("GREEN")
    if green is None and not r.take("RED"):
        return None
    said = [word.text for word in r.words[start : r.place]]
    if any(word.startswith(("turn", "flip", "becom", "switch", "go", "chang")) for word in said):
        r.assume(f"'{r.span(start)}' means every bar on which it is {'up' if green else 'down'}")
    direction = value.model_copy(update={"output": "direction"})
    return Comparison(left=direction, relation=">" if green else "<", right=Number(value=0))


def break_event(r: Reader) -> Node | None:
    """`a break of the previous 24 bars high`, `a Donchian 20 breakout`: the close beyond it."""
    if (broken_out := _channel_breakout(r)) is not None:
        return broken_out
    broken = r.take("BREAK")
    r.take("OF") or r.take("RELATION", ">", "<")
    if not broken and not (r.context.comparisons and r.words[r.place - 1].text == "of"):
        return None
    value = extreme(r)
    if value is None:
        last = next((v for v in reversed(r.context.indicators) if v.name in ("highest", "lowest")), None)
        end = r.take("PRICE", "high", "low")
        if last is None or end is None:
            return None
        value = last.model_copy(
            update={"name": "highest" if end.value == "high" else "lowest", "source": Price(field=end.value)}
        )
    if not isinstance(value, Indicator):
        return None
    value = value.model_copy(update={"shift": 1})
    r.assume("a break is a close beyond the level")
    return each(r, Price(), ">" if value.name == "highest" else "<", (value,))


def _channel_breakout(r: Reader) -> Node | None:
    match = r.peek("IND")
    if match is None or match.value[0] != "donchian":
        return None
    mark, asked = r.mark(), len(r.questions)
    value = indicator(r)
    up = r.sign("breakout", "breakouts")
    if not isinstance(value, Indicator) or not (up or r.sign("breakdown", "breakdowns")):
        r.reset(mark)
        return None
    del r.questions[asked:]  # which of its lines is meant, the break says
    r.assume("a break is a close beyond the level")
    line = value.model_copy(update={"output": "upper" if up else "lower", "shift": 1})
    return each(r, Price(), ">" if up else "<", (line,))


CHANNELS = ("bollinger", "keltner", "donchian")


def channel_inside_another(r: Reader) -> Node | None:
    """`the Bollinger bands are inside the Keltner channel`: both of their lines are."""
    if not r.says("inside", "within"):
        return None
    asked = len(r.questions)
    inner = indicator(r)
    if inner is None or inner.name not in CHANNELS:
        return None
    r.take("IS")
    if not r.sign("inside", "within"):
        return None
    r.sign("of")
    outer = indicator(r)
    if outer is None or outer.name not in CHANNELS:
        return None
    del r.questions[asked:]  # which of its lines is meant: both
    nodes = []
    for line, relation in (("upper", "<"), ("lower", ">")):
        left, right = (channel.model_copy(update={"output": line}) for channel in (inner, outer))
        nodes.append(Comparison(left=left, relation=relation, right=right))
    return Joined("and", tuple(nodes))


def both_of_them(r: Reader) -> Node | None:
    """`and both are below 20`: of the two that were compared last."""
    if not r.context.comparisons or not r.take("BOTH"):
        return None
    r.sign("of") and r.take("IT")
    left, _, right = r.context.comparisons[-1]
    if isinstance(right, Number):
        return None
    return said_of_both(r, (left, right))


def ordered(r: Reader) -> Node | None:
    """`10, 20, 50 and 100 day averages in order`."""
    listed = listing(r)
    if listed is None:
        return None
    r.take("IS")
    if r.take("IN_ORDER"):
        pairs = pairwise(listed)
        return Joined("and", tuple(Comparison(left=a, relation=">", right=b) for a, b in pairs))
    return said_of_both(r, listed)
