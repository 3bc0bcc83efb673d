"""Reading values: numbers, prices, indicators, and arithmetic between them."""

from collections.abc import Mapping

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.explain import operand as written
from backtest_engine.language.extremes import extreme, highest_so_far
from backtest_engine.language.indicators import AVERAGES, indicator
from backtest_engine.language.prices import IBS, RANGE, bars_back, price
from backtest_engine.language.reader import Reader
from backtest_engine.spec import MAX_BARS, Arithmetic, Indicator, Number, Operand, PositionValue, Price
from backtest_engine.spec.operands import PositionMeasure


def operand(r: Reader) -> Operand | None:
    """Read a value, with any sums around it."""
    own = r.sign("its")
    left = product(r)
    if own and left is not None:
        left = of_itself(r, left)
    while left is not None:
        mark = r.mark()
        r.sign(",")
        if r.sign("divided") and r.sign("by") and (below := product(r)) is not None:
            left = Arithmetic(operator="/", left=left, right=below)
            continue
        r.reset(mark)
        sign = "+" if r.sign("+", "plus") else "-" if r.sign("-", "minus") else ""
        r.sign("its")
        right = (r.first(so_many, product)) if sign else None
        if right is None or isinstance(left, Number):
            r.reset(mark)
            break
        if isinstance(right, Arithmetic) and isinstance(right.right, Indicator):
            right = right.model_copy(update={"right": _as_long_as(r, right.right, left)})
        left = Arithmetic(operator="+" if sign == "+" else "-", left=left, right=right)
    return left


def _as_long_as(r: Reader, spread: Indicator, base: Operand) -> Indicator:
    """`two standard deviations above the 30-bar mean`: those of the same 30 bars, unless their length is said."""
    assumed = f"{REGISTRY[spread.name].title}: period"
    if spread.name != "stddev" or not isinstance(base, Indicator) or base.name not in AVERAGES:
        return spread
    if not any(text.startswith(assumed) for text in r.assumptions):
        return spread
    r.assumptions[:] = [text for text in r.assumptions if not text.startswith(assumed)]
    return spread.model_copy(update={"parameters": {**spread.parameters, "period": base.parameters["period"]}})


def of_itself(r: Reader, value: Operand) -> Operand | None:
    """Read `RSI above its 9-bar average` as the average of the RSI."""
    subject = r.context.subject
    if isinstance(value, Price) and isinstance(subject, Price) and not value.shift:
        # `yesterday's close was below its open`: the open of yesterday.
        other = r.context.object
        if not subject.shift and isinstance(other, Price) and other.shift:
            r.ask(
                f"Of which bar is 'its {value.field}' meant, of this one or the one before?", "which bar", r.place - 1
            )
        return value.model_copy(update={"shift": subject.shift, "timeframe": subject.timeframe})
    if not isinstance(value, Indicator) or value.name not in AVERAGES or value.source is not None:
        return value
    if isinstance(subject, Arithmetic):
        return _remembered(r, value, value.model_copy(update={"source": subject}))
    if subject in (None, Price()) or not isinstance(subject, Price | Indicator):
        return value
    if isinstance(subject, Indicator) and subject.name in AVERAGES:
        return value
    if subject.timeframe is not None:
        return _of_longer_bars(r, value, subject)
    return _remembered(r, value, value.model_copy(update={"source": subject.model_copy(update={"shift": 0})}))


def _of_longer_bars(r: Reader, value: Indicator, subject: Price | Indicator) -> Operand | None:
    """`the weekly close is above its 10 period average`: ten weeks, not ten bars of what the week has come to."""
    if isinstance(subject, Indicator) or value.timeframe not in (None, subject.timeframe):
        return None
    source = Price(field=subject.field) if subject.field != "close" else None
    return _remembered(r, value, value.model_copy(update={"source": source, "timeframe": subject.timeframe}))


def _remembered(r: Reader, value: Indicator, made: Indicator) -> Indicator:
    if value in r.context.indicators:
        r.context.indicators.remove(value)
    r.context.indicators.append(made)
    return made


SPREADS = ("atr", "stddev", "average_range", "true_range")


def so_many(r: Reader) -> Operand | None:
    """Read `2 ATR` after a plus or minus: two of them, not one of two bars."""
    number = r.number()
    match = r.peek("IND")
    if number is None or match is None or match.value[0] not in SPREADS:
        return None
    value = indicator(r)
    return None if value is None else Arithmetic(operator="*", left=Number(value=number), right=value)


def product(r: Reader) -> Operand | None:
    """Read a value with factors."""
    left: Operand | None = r.first(scaled, multiple, factor)
    while left is not None:
        mark = r.mark()
        sign = "*" if r.sign("*", "x", "times") else "/" if r.sign("/") else ""
        right = factor(r) if sign else None
        # `tenkan/kijun cross` names two lines, and is no ratio.
        if right is None or (isinstance(left, Number) and isinstance(right, Number)) or r.peek("CROSS"):
            r.reset(mark)
            break
        left = Arithmetic(operator="*" if sign == "*" else "/", left=left, right=right)
    return left


def scaled(r: Reader) -> Operand | None:
    """Read `2 % below the 20-bar SMA`, or `2 ATR above the close`."""
    word = r.take("FACTOR")
    amount = float(word.value) if word else r.number()
    if amount is None and r.place and r.peek("IND") and any(m.kind == "RELATION" for m in r.found[r.place - 1]):
        amount = 1.0  # `more than the ATR below the average`
    if amount is None:
        return None
    if word is None and r.take("PCT"):
        if r.sign("of"):
            whole = factor(r)
            if whole is None or isinstance(whole, Number):
                return None
            return Arithmetic(operator="*", left=Number(value=round(amount / 100, 12)), right=whole)
        direction = beside(r)
        base = operand(r) if direction else None
        if base is None or isinstance(base, Number):
            return None
        share = amount / 100 if direction == "above" else -amount / 100
        return Arithmetic(operator="*", left=Number(value=round(1 + share, 12)), right=base)
    r.sign("*", "x", "times")
    distance = indicator(r)
    direction = beside(r) if distance is not None else None
    base = operand(r) if direction else None
    if distance is None or distance.name not in ("atr", "stddev") or base is None:
        return None
    away = Arithmetic(operator="*", left=Number(value=amount), right=_as_long_as(r, distance, base))
    return Arithmetic(operator="+" if direction == "above" else "-", left=base, right=away)


def beside(r: Reader) -> str | None:
    """Read which side of a value is meant."""
    match = r.take("RELATION", ">", "<")
    return None if match is None else "above" if match.value == ">" else "below"


def multiple(r: Reader) -> Operand | None:
    """Read `twice the …` or `1.5 times the …`."""
    word = r.take("FACTOR")
    number = float(word.value) if word else r.number()
    if number is None:
        return None
    if word is None and not r.sign("*", "x", "times") and not (number < SHORTEST and _spread_follows(r)):
        return None
    r.take("OF")
    own = r.sign("its")
    value = factor(r)
    if value is None or isinstance(value, Number):
        return None
    its = of_itself(r, value) if own else value
    return None if its is None else Arithmetic(operator="*", left=Number(value=number), right=its)


# Nobody averages ranges over fewer bars, so that `2 ATR` are two of them and `10 ATR` is one of ten bars.
SHORTEST = 5


def _spread_follows(r: Reader) -> bool:
    match = r.peek("IND")
    return match is not None and match.value[0] in SPREADS


def factor(r: Reader) -> Operand | None:
    """Read one value."""
    found: Operand | None = r.first(
        bracketed,
        position_value,
        same_kind,
        highest_so_far,
        extreme,
        indicator_value,
        price,
        spread,
        reference,
        plain_number,
        pronoun,
    )
    return found


def bracketed(r: Reader) -> Operand | None:
    if not r.sign("("):
        return None
    value: Operand | None = r.inside(operand)
    return value if value is not None and r.sign(")") else None


def plain_number(r: Reader) -> Operand | None:
    """Read a level; a percentage or a number of bars is none."""
    start = r.place
    negative = r.sign("-", "minus")
    if not negative and r.context.compared:
        r.sign("+", "plus")
    number = r.number()
    if number is None or r.peek("PCT") or r.peek("UNIT", "bar", "day") or r.peek("PIPS") or r.peek("IND"):
        return None
    if r.words[r.place - 1].text == "one" or r.at("position", "positions", "trade", "trades", "entry", "entries"):
        return None
    if (
        not negative
        and _the(r, start)
        and isinstance(r.context.subject, Price | Indicator)
        and _named_by_length(r, number)
    ):
        value = Indicator(name="sma", parameters={"period": int(number)})
        r.assume(f"'the {number:g}' is the simple moving average of {number:g} bars")
        r.context.indicators.append(value)
        return value
    return Number(value=-number if negative else number)


def _the(r: Reader, place: int) -> bool:
    """Whether an article stands before a word: `above the 200` names something, `above 200` is a price."""
    return r.text[: r.words[place].start].lower().endswith("the ")


def _named_by_length(r: Reader, number: float) -> bool:
    subject = r.context.subject
    averaged = isinstance(subject, Price) and subject.field != "volume"
    averaged = averaged or (isinstance(subject, Indicator) and subject.name in AVERAGES)
    return averaged and number == int(number) and 2 <= number <= MAX_BARS


def same_kind(r: Reader) -> Operand | None:
    """Read `the 20-day one`: the indicator spoken of, with another number."""
    start = r.place
    number = r.whole()
    if number is None:
        return None
    long = r.take("UNIT", "bar", "day")
    subject = r.context.subject
    averaged = isinstance(subject, Indicator) and subject.name in AVERAGES
    bare = long and averaged and _the(r, start) and not (r.peek("IND") or r.peek("HIGHEST") or r.peek("PRICE"))
    if (
        not (r.sign("one", "ones", "line") or bare)
        or not isinstance(subject, Indicator)
        or len(subject.parameters) != 1
    ):
        return None
    (name,) = subject.parameters
    value = subject.model_copy(update={"parameters": {name: number}, "shift": 0})
    r.context.indicators.append(value)
    return value


def reference(r: Reader) -> Operand | None:
    """Read a bare number as the average of that length which was named before, as in `the 12 crosses the 26`."""
    number = r.number()
    if number is None or r.peek("PCT") or r.peek("UNIT") or r.peek("IND"):
        return None
    if (kind := _kind_left_out(r, number)) is not None:
        return kind
    named = [
        v
        for v in r.context.indicators
        if v.name in AVERAGES and v.parameters.get("period") == number and v.source is None
    ]
    if len(named) != 1:
        return None
    subject = r.context.subject
    opening = r.peek("MOVE") or r.peek("CROSS") or r.peek("RELATION") or r.peek("IS")
    if opening or (isinstance(subject, Indicator) and subject.name in AVERAGES):
        return named[0]
    if r.context.compared and isinstance(subject, Price) and subject.field != "volume":
        r.assume(f"{number:g} is {written(named[0])}, not a price")
        return named[0]
    return None


def _kind_left_out(r: Reader, number: float) -> Indicator | None:
    """Read `the 9 EMA crosses above the 21`: an average of the same kind."""
    subject = r.context.subject
    if not r.context.compared or not isinstance(subject, Indicator) or subject.name not in AVERAGES:
        return None
    if number != int(number) or not 2 <= number <= LONGEST_AVERAGE or subject.source is not None:
        return None
    value = subject.model_copy(update={"parameters": {**subject.parameters, "period": int(number)}, "shift": 0})
    if value not in r.context.indicators:
        r.assume(f"{number:g} is {written(value)}, not a price")
        r.context.indicators.append(value)
    return value


LONGEST_AVERAGE = 400


def spread(r: Reader) -> Operand | None:
    """Read `the day's range` or `the body`."""
    if r.take("RANGE"):
        return RANGE
    if r.take("IBS"):
        return IBS
    return None


def pronoun(r: Reader) -> Operand | None:
    """Read a word that stands for the value spoken of last, or for what that was held against."""
    if r.context.subject is None or not r.take("IT"):
        return None
    other = r.context.object
    if r.context.compared and other is not None and not isinstance(other, Number):
        return other  # nothing is held against itself
    return r.context.subject


def indicator_value(r: Reader) -> Operand | None:
    """Read an indicator of this or an earlier bar."""
    if r.peek("TODAY") and any(match.kind == "IND" for match in r.next_found()):
        r.go(r.place + 1)
    value = indicator(r)
    if value is None:
        return None
    shift = bars_back(r)
    return value.model_copy(update={"shift": shift}) if shift else value


BEST_OF: Mapping[tuple[str, str], PositionMeasure] = {
    ("highest", "close"): "highest_close",
    ("highest", "high"): "highest_high",
    ("lowest", "close"): "lowest_close",
    ("lowest", "low"): "lowest_low",
}


def position_value(r: Reader) -> Operand | None:
    """Read a fact about the open position."""
    mark = r.mark()
    if r.take("ENTRY_PRICE"):
        return PositionValue(measure="entry_price")
    if r.take("PROFIT_PERCENT"):
        return PositionValue(measure="profit_percent")
    if r.take("BARS_HELD"):
        return PositionValue(measure="bars_held")
    for kind, best in (("HIGHEST", "highest"), ("LOWEST", "lowest")):
        match = r.take(kind)
        if match is None:
            continue
        said = r.words[match.end - 1].text
        named = r.take("PRICE", "close", "high", "low")
        field = (
            named.value if named else ("high" if best == "highest" else "low") if said in ("high", "low") else "close"
        )
        if r.take("SINCE_ENTRY"):
            measure = BEST_OF.get((best, field))
            return PositionValue(measure=measure) if measure else None
    r.reset(mark)
    return None
