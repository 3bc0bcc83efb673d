"""One value against another: what is noted of it for the words that follow, and what it must mean."""

from itertools import pairwise

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.indicators import AVERAGES
from backtest_engine.language.nodes import Joined, Node, Wrapped, begun
from backtest_engine.language.reader import Reader
from backtest_engine.spec import (
    Arithmetic,
    Comparison,
    Cross,
    Indicator,
    Number,
    Operand,
    Price,
)
from backtest_engine.spec.rules import scale_of

INCLUSIVE = {">": ">=", "<": "<="}


def cross(r: Reader, left: Operand, direction: str, right: Operand) -> Node:
    right = at_its_bar(r, left, meant(r, left, ">" if direction == "above" else "<", right))
    left = same_lengths(r, left, right)
    ask_about_own_end(r, left, ">" if direction == "above" else "<", right)
    note(r, left, direction, right)
    return Cross(left=left, direction="above" if direction == "above" else "below", right=right)


def meant(r: Reader, left: Operand, relation: str, right: Operand) -> Operand:
    """Return what the right side must mean beside such a left one."""
    return leave_out_this_bar(r, left, relation, _sensible_source(left, right))


def at_its_bar(r: Reader, left: Operand, right: Operand) -> Operand:
    """`yesterday's close was above the SMA`: the SMA of yesterday."""
    if not isinstance(left, Price) or not left.shift or left.timeframe is not None:
        return right
    if not isinstance(right, Indicator) or right.shift or right.timeframe is not None:
        return right
    r.assume(f"what is said of the {left.field} {left.shift} bar{'s' if left.shift > 1 else ''} ago holds of that bar")
    return right.model_copy(update={"shift": left.shift})


def same_lengths(r: Reader, left: Operand, right: Operand) -> Operand:
    """`Aroon up crosses Aroon down (25)`: the length that is said for one line is that of both."""
    if not isinstance(left, Indicator) or not isinstance(right, Indicator) or left.name != right.name:
        return left
    known = REGISTRY[left.name]
    assumed = any(text.startswith(f"{known.title}: ") for text in r.assumptions)
    if left.output == right.output or left.parameters == right.parameters or not assumed:
        return left
    if dict(left.parameters) != dict(known.defaults()):
        return left
    r.assumptions[:] = [text for text in r.assumptions if not text.startswith(f"{known.title}: ")]
    r.context.indicators[:] = [value for value in r.context.indicators if value != left]
    return left.model_copy(update={"parameters": right.parameters})


def note(r: Reader, left: Operand, relation: str, right: Operand) -> None:
    percent = isinstance(left, Indicator) and REGISTRY[left.name].value_range == (0, 100)
    if percent and isinstance(left, Indicator) and isinstance(right, Number) and 0 < right.value < 1:
        r.ask(
            f"{REGISTRY[left.name].title} lies between 0 and 100: is {right.value:g} meant, or {right.value * 100:g}?",
            "level",
            r.place - 1,
        )
    _ask_about_percent(r, left, right)
    _ask_about_a_price(r, left, right)
    _ask_about_a_length(r, left, right)
    r.context.comparisons.append((left, relation, right))
    r.context.subject, r.context.object = left, left if _is_itself_earlier(left, right) else _base(right)
    if isinstance(left, Price) and left.shift and isinstance(right, Indicator) and right.shift == left.shift:
        # `yesterday below the VWAP and today above it`: the VWAP of the day that is spoken of.
        r.context.object = right.model_copy(update={"shift": 0})


def _is_itself_earlier(left: Operand, right: Operand) -> bool:
    """`the SMA is higher than 5 bars ago`: what is spoken of is the SMA, as it is now."""
    return (
        isinstance(left, Indicator)
        and isinstance(right, Indicator)
        and right.shift > left.shift
        and right.model_copy(update={"shift": left.shift}) == left
    )


def _ask_about_percent(r: Reader, left: Operand, right: Operand) -> None:
    """`ROC above 0.05`: it counts in percent, and returns count in shares."""
    if (
        not isinstance(left, Indicator)
        or not isinstance(right, Number)
        or r.words[r.place - 1].text in ("%", "percent")
    ):
        return
    size = abs(right.value)
    odd = (left.name == "roc" and 0 < size < SMALL) or (left.name == "returns" and size >= 1)
    if odd:
        shown = REGISTRY[left.name].title.lower()
        r.ask(f"Is the {right.value:g} of the {shown} meant in percent? Say it with '%'.", "level", r.place - 1)


def _ask_about_a_price(r: Reader, left: Operand, right: Operand) -> None:
    """`EMA 9 above EMA 20 and price above 200`: the price is rather held against the average of so many bars."""
    averages = any(value.name in AVERAGES for value in r.context.indicators)
    plain = isinstance(left, Price) and left.field != "volume" and isinstance(right, Number)
    if averages and plain and isinstance(right, Number) and right.value in USUAL_LENGTHS:
        ask_price_or_length(r, right)


USUAL_LENGTHS = (5, 8, 9, 10, 12, 13, 20, 21, 26, 30, 34, 50, 55, 100, 150, 200)


# Percent that are too few to trade on are shares.
SMALL = 0.3
LONGEST = 400


def ask_price_or_length(r: Reader, number: Number) -> None:
    r.ask(f"Is {number.value:g} a price here, or the average of so many bars?", "level", r.place - 1)


def _ask_about_a_length(r: Reader, left: Operand, right: Operand) -> None:
    """`the 9 is above the 21 EMA`: a small number beside an average is rather the length of another."""
    for number, other in ((left, right), (right, left)):
        if not isinstance(number, Number) or not isinstance(other, Indicator):
            continue
        priced = other.name in AVERAGES and (other.source is None or _is_price(other.source))
        if priced and number.value == int(number.value) and 2 <= number.value <= LONGEST:
            ask_price_or_length(r, number)


def _base(value: Operand) -> Operand:
    """Return what `it` is after `3 % below the SMA`: the SMA."""
    if isinstance(value, Arithmetic):
        return _base(value.right if value.operator == "*" and isinstance(value.left, Number) else value.left)
    return value


def each(r: Reader, left: Operand, relation: str, rights: tuple[Operand, ...]) -> Node:
    if relation in INSIDE and len(rights) == 2 and all(is_cloud(right) for right in rights):
        # `not above the cloud` is inside of it or below.
        return Wrapped("not", each(r, left, INSIDE[relation], rights))
    nodes = []
    for right in rights:
        right = at_its_bar(r, left, meant(r, left, relation, right))
        left = same_lengths(r, left, right)
        ask_about_own_end(r, left, relation, right)
        note(r, left, relation, right)
        nodes.append(Comparison(left=left, relation=relation, right=right))
    node: Node = nodes[0] if len(nodes) == 1 else Joined("and", tuple(nodes))
    if len(rights) > 1 and r.take("IN_ORDER"):
        above = relation in (">", ">=")
        pairs = pairwise(rights)
        node = Joined("and", (*nodes, *(Comparison(left=a, relation=">" if above else "<", right=b) for a, b in pairs)))
    return node


INSIDE = {"<=": ">", ">=": "<"}


def is_cloud(value: Operand) -> bool:
    return isinstance(value, Indicator) and value.name == "ichimoku" and value.output in ("senkou_a", "senkou_b")


def enters_beyond(r: Reader, left: Operand, direction: str, rights: tuple[Operand, ...]) -> Node:
    """A cross of the cloud: beyond both of its lines, and not on the bar before."""
    beyond = each(r, left, ">" if direction == "above" else "<", rights)
    return begun(beyond)


def _sensible_source(left: Operand, right: Operand) -> Operand:
    """An average that volume is compared with is one of volume, a high that the RSI is compared with one of the RSI."""
    if isinstance(right, Indicator) and right.name in ("highest", "lowest") and not _is_price(left):
        own = left.model_copy(update={"shift": 0}) if isinstance(left, Price | Indicator) else left
        return right.model_copy(update={"source": own})
    if isinstance(left, Price) and left.field == "volume":
        if isinstance(right, Indicator) and right.name in AVERAGES and right.source is None:
            return right.model_copy(update={"source": Price(field="volume")})
        if isinstance(right, Arithmetic):
            return right.model_copy(
                update={"left": _sensible_source(left, right.left), "right": _sensible_source(left, right.right)}
            )
    return right


def _is_price(value: Operand) -> bool:
    """Whether a value is drawn over the prices."""
    if isinstance(value, Indicator):
        return REGISTRY[value.name].overlay
    if isinstance(value, Arithmetic):
        return scale_of(value) == "price"
    return not isinstance(value, Price) or value.field != "volume"


def leave_out_this_bar(r: Reader, left: Operand, relation: str, right: Operand) -> Operand:
    """A close can't be above the highest high of bars that include its own, so those before it are meant."""
    wrong_end = {">": "highest", "<": "lowest"}.get(relation)
    if (
        (isinstance(left, Arithmetic) or (isinstance(left, Price | Indicator) and left.shift == 0))
        and (isinstance(left, Price) or (isinstance(right, Indicator) and right.source == left))
        and isinstance(right, Indicator)
        and right.shift == 0
        and right.timeframe is None
        and (
            right.name == wrong_end
            or (right.name == "donchian" and right.output == {">": "upper", "<": "lower"}.get(relation))
        )
    ):
        r.assume(f"the {right.parameters['period']} bars of the {right.name} are those before the current one")
        return right.model_copy(update={"shift": 1})
    return right


OWN_END = "end of the same bar"


def ask_about_own_end(r: Reader, left: Operand, relation: str, right: Operand) -> None:
    """No bar closes above its own high: another bar's was meant."""
    if not isinstance(left, Price) or not isinstance(right, Price) or relation not in "<>":
        return
    if (left.shift, left.timeframe) != (right.shift, right.timeframe) or r.at("of"):
        return
    lower, upper = (left, right) if relation == "<" else (right, left)
    inner = ("open", "close")
    if (
        left == right
        or (lower.field == "high" and upper.field in (*inner, "low"))
        or (upper.field == "low" and lower.field in (*inner, "high"))
    ):
        r.ask(
            f"The {left.field} of a bar is never {'below' if relation == '<' else 'above'} its own {right.field}: "
            "of which bar is it meant? For example: yesterday's.",
            OWN_END,
            r.place - 1,
        )


def both_hold(left: Node, right: Node) -> Node:
    parts = (*left.parts,) if isinstance(left, Joined) and left.word == "and" else (left,)
    more = (*right.parts,) if isinstance(right, Joined) and right.word == "and" else (right,)
    return Joined("and", (*parts, *more))
