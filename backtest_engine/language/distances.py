"""Reading how far a stop or a target is away: percent, points, ATR, multiples of the risk, or a level."""

from typing import Any

from backtest_engine.language.reader import Reader
from backtest_engine.language.values import operand
from backtest_engine.spec import (
    Arithmetic,
    AtrDistance,
    Indicator,
    Level,
    Number,
    Operand,
    PercentDistance,
    PositionValue,
    PriceDistance,
    RiskDistance,
)

LINKS = (
    *(":", "=", "-", "of", "at", "is", "by", "to", "loss", "with", "around", "placed"),
    *("set", "goes", "it", "on", "be", "starts", "begins", "lies", "sits"),
)


def link(r: Reader) -> None:
    while r.sign(*LINKS):
        pass


def distance(r: Reader, *, what: str, risk: bool, certain: bool = True) -> Any:
    """Read how far: percent, pips, money, ATR or risk multiples; ask when a number has no unit."""
    start = r.place
    r.sign("$") if r.at("$") else None
    money = r.place > start
    factor = r.take("FACTOR")
    number = float(factor.value) if factor else r.number()
    if number is None or (factor and not r.peek("IND")):
        return None
    if number == 0 and certain:
        r.ask(f"A {what} of 0 closes every trade at once; which distance is meant?", what, start)
        return PercentDistance(percent=1)
    if r.take("PCT"):
        return _percent(r, number, what, start)
    if r.take("PIPS"):
        r.assume("a pip is 0.0001")
        return PriceDistance(amount=round(number * 0.0001, 12))
    mark = r.mark()
    if risk and r.sign(":", "to") and r.number() == 1:
        r.take("RISK_UNIT")
        return RiskDistance(multiple=number)
    r.reset(mark)
    r.sign("*", "x", "times")
    mark = r.mark()
    period = r.whole()
    r.take("UNIT", "bar", "day") if period is not None else None
    match = r.take("IND")
    if match is not None and match.value[0] == "atr":
        return _atr(r, number, period)
    r.reset(mark)
    if risk and r.take("RISK_UNIT"):
        return RiskDistance(multiple=number)
    if r.take("POINTS") or r.take("MONEY") or money:
        r.assume(f"the {what} of {number:g} is a distance in price")
        return PriceDistance(amount=number)
    if not certain:
        return None
    r.ask(f"{what.capitalize()} {number:g} of what: percent, ATR, pips or points?", f"unit of {what}", start)
    return PercentDistance(percent=min(number, 99))


# Nobody stops at a loss of half: `95 % of the entry price` is where, `5 % of the entry price` is how far.
MOST = 50


def _percent(r: Reader, number: float, what: str, start: int) -> PercentDistance:
    mark = r.mark()
    if r.sign("of") and r.take("ENTRY_PRICE") and number >= MOST and number != 100:
        r.assume(FROM_THE_SIGNAL)
        return _share_of_the_entry(r, number / 100)
    r.reset(mark)
    if number >= 100 and what == "target":
        r.ask(f"Is {number:g} % how far the target is, or a share of the entry price?", what, start)
    return PercentDistance(percent=number)


FROM_THE_SIGNAL = "distances from the entry are measured from the close of the signal bar"


def _share_of_the_entry(r: Reader, share: float) -> PercentDistance:
    """Return how far `0.95 times the entry price` is away from it, and note on which side."""
    r.context.beside = "above" if share > 1 else "below"
    return PercentDistance(percent=round(abs(share - 1) * 100, 9))


def _atr(r: Reader, multiple: float, period: int | None) -> AtrDistance:
    if period is None:
        bracket = r.sign("(")
        mark = r.mark()
        r.sign("period") and r.sign("=")
        period = r.whole()
        if period is not None and not bracket and (r.peek("PCT") or r.peek("IND")):
            r.reset(mark)
            period = None
        if bracket:
            r.take("UNIT")
            r.sign(")")
    if period is None:
        named = [*r.context.settings, *r.context.indicators]
        known = [value.parameters["period"] for value in named if value.name == "atr"]
        period = int(known[-1]) if known else None
        if known and known[-1] != 14:
            r.assume(f"the ATR is that of {known[-1]:g} bars, as before")
    if period is None:
        period = 14
        r.assume("Average true range: period 14, the usual value")
    else:
        value = Indicator(name="atr", parameters={"period": period})
        if value not in r.context.indicators:
            r.context.indicators.append(value)
    return AtrDistance(multiple=multiple, period=period)


def beside_price(r: Reader) -> bool:
    """Read what a distance is measured from, as in `below the entry price`."""
    mark = r.mark()
    if r.sign("away") and (r.done or r.words[r.place].kind == "end" or r.at(",", "and")):
        return True
    beside = r.take("RELATION", ">", "<")
    if beside is not None:
        r.context.beside = "above" if beside.value == ">" else "below"
    if not (beside or r.sign("from", "off", "of", "against")):
        r.reset(mark)
        return False
    r.sign("of")
    if r.take("ENTRY_PRICE"):
        r.assume(FROM_THE_SIGNAL)
        return True
    r.take("TODAY")
    match = r.take("PRICE", "close")
    if match is not None:
        r.sign("of") and (r.take("TODAY") or (r.sign("signal") and r.sign("bar", "candle")))
        return True
    if r.take("IT") or (beside is not None and (r.done or r.words[r.place].kind == "end" or r.at(",", "and", "."))):
        return True
    r.reset(mark)
    return False


def distance_or_level(r: Reader, *, what: str, risk: bool) -> Any:
    mark = r.mark()
    r.take("RELATION", "<=", ">=")
    value = None if r.peek("IND") else distance(r, what=what, risk=risk)
    if value is not None and (beside_price(r) or not r.peek("RELATION")):
        return value
    r.reset(mark)
    return _level(r)


def _level(r: Reader) -> Any:
    r.sign("just", "right")
    beside = r.take("RELATION", ">", "<")
    value = operand(r)
    if value is None or isinstance(value, Number):
        return None
    if (far := _from_the_entry(r, value)) is not None:
        return far
    if beside is not None:
        r.assume("a stop just beyond a price is put at that price")
    return Level(at=value)


def _from_the_entry(r: Reader, value: Operand) -> Any:
    """Read `entry price - 2 * ATR` as a distance: the entry is not known when the stop is set."""
    if not isinstance(value, Arithmetic):
        return None
    entry = PositionValue(measure="entry_price")
    far: Any = None
    if value.operator in "+-" and value.left == entry:
        r.context.beside = "above" if value.operator == "+" else "below"
        match value.right:
            case Arithmetic(operator="*", left=Number(value=multiple), right=Indicator(name="atr") as atr):
                far = AtrDistance(multiple=multiple, period=int(atr.parameters["period"]))
            case Indicator(name="atr") as atr:
                far = AtrDistance(multiple=1, period=int(atr.parameters["period"]))
            case Number(value=amount):
                far = PriceDistance(amount=amount)
    elif value.operator == "*" and entry in (value.left, value.right):
        factor = value.left if value.right == entry else value.right
        if isinstance(factor, Number) and factor.value != 1:
            far = _share_of_the_entry(r, factor.value)
    if far is not None:
        r.assume(FROM_THE_SIGNAL)
    return far
