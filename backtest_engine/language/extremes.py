"""Reading the highest and the lowest of some bars, and how many bars those are."""

from dataclasses import dataclass

from backtest_engine.language.indicators import BARS_IN, indicator
from backtest_engine.language.prices import RANGE, bars_back, price
from backtest_engine.language.reader import Reader
from backtest_engine.spec import Arithmetic, Indicator, Operand, Price, PriceField


@dataclass(frozen=True)
class Window:
    """So many bars, of which the current one may be left out."""

    bars: int
    shift: int


def window(r: Reader) -> Window | None:
    """Read `the previous 20 bars`."""
    mark = r.mark()
    previous = False
    while r.peek("PREVIOUS"):
        # `the last 20 bars` ends with this one, `the previous 20` before it.
        previous = previous or r.words[r.place].text not in ("last", "past", "recent", "most", "latest", "trailing")
        r.take("PREVIOUS")
    said = r.place > mark[0]
    number = r.whole()
    if number is not None and not said and r.at("previous", "prior", "preceding") and r.take("PREVIOUS"):
        previous = True  # `the 55 previous days`
    unit = r.take("UNIT")
    if number is not None and unit is None and said and not r.peek("PCT"):
        # `the lowest low of the previous 10`
        return Window(number, 1 if previous else 0)
    if number is None or unit is None or unit.value not in BARS_IN:
        r.reset(mark)
        return None
    bars = number * BARS_IN[unit.value]
    if unit.value == "week" and number % 26 == 0:
        bars = int(number / 52 * BARS_IN["year"])
    if unit.value not in ("bar", "day"):
        r.assume(f"{number:g} {unit.value}{'s' if number > 1 else ''} are taken as {bars} daily bars")
    mark = r.mark()
    r.sign(",")
    if r.take("PREVIOUS"):
        previous = True
        if (earlier := _window_before(r)) is not None:
            return Window(bars, earlier)
    else:
        r.reset(mark)
    return Window(bars, 1 if previous else 0)


def _window_before(r: Reader) -> int | None:
    """Return where the window of the value that this one is compared with begins: `the 10 bars before that`."""
    subject = r.context.subject
    if not r.context.compared or not isinstance(subject, Indicator) or subject.name not in ("highest", "lowest"):
        return None
    return int(subject.parameters["period"]) + subject.shift


def highest_so_far(r: Reader) -> Operand | None:
    """Read `the highest close so far`."""
    match = r.take("HIGHEST")
    if match is None:
        return None
    named = r.take("PRICE", "close", "high")
    if not r.take("SO_FAR"):
        return None
    field: PriceField = named.value if named else "high" if r.words[match.end - 1].text == "high" else "close"
    source = Price(field=field) if field != "close" else None
    value = Indicator(name="running_high", source=source)
    r.context.indicators.append(value)
    return value


def extreme(r: Reader) -> Operand | None:
    """Read the highest or lowest of some bars."""
    found = r.first(_extreme_after_window, _extreme_before_window, _extreme_call)
    if found is None:
        return None
    name, source, span = found
    value = Indicator(
        name=name,
        parameters={"period": span.bars},
        source=source if source != Price() else None,
        shift=span.shift,
    )
    r.context.indicators.append(value)
    return value


def _side(r: Reader) -> tuple[str, PriceField | None] | None:
    """Read which end: the name of the indicator and the price it is of."""
    for kind, name in (("HIGHEST", "highest"), ("LOWEST", "lowest")):
        match = r.take(kind)
        if match:
            said = r.words[match.end - 1].text
            price_word = r.take("PRICE")
            if price_word:
                return name, price_word.value
            known = said.startswith(("high", "low")) and said not in ("highest", "lowest")
            return name, ("high" if name == "highest" else "low") if known else None
    closing = r.sign("closing")
    match = r.take("PRICE", "high", "low")
    if match is None:
        return None
    field: PriceField = "close" if closing else match.value
    return "highest" if match.value == "high" else "lowest", field


def _extreme_after_window(r: Reader) -> tuple[str, Operand | None, Window] | None:
    r.take("NEW")
    span = window(r)
    if span is None:
        return None
    side = _side(r)
    if side is None:
        return None
    return side[0], _source(r, side), _said_again(r, span)


def _said_again(r: Reader, span: Window) -> Window:
    """Read `the 20-day high (previous 20 bars)`: the same bars, without this one."""
    mark = r.mark()
    behind = r.peek("PREVIOUS")
    if behind is not None and behind.end - r.place > 1 and r.take("PREVIOUS"):
        return Window(span.bars, max(span.shift, 1))
    if r.sign("("):
        r.take("OF")
        again = window(r)
        if again is None and r.take("PREVIOUS"):
            again = Window(span.bars, 1)
        said = r.words[max(0, mark[0] - 4) : mark[0]]
        longer = any(word.text in ("week", "weeks", "month", "months", "year", "years") for word in said)
        if again is not None and (again.bars == span.bars or longer) and r.sign(")"):
            return Window(again.bars, max(span.shift, again.shift))
    r.reset(mark)
    return span


def _extreme_before_window(r: Reader) -> tuple[str, Operand | None, Window] | None:
    plain = r.peek("PRICE")
    side = _side(r)
    if side is None:
        return None
    if not (r.take("OF") or r.sign("over")) and plain and not r.words[r.place - 1].text.endswith("est"):
        return None
    span = window(r)
    if r.peek("AGO"):
        return None
    return None if span is None else (side[0], _source(r, side), span)


def _extreme_call(r: Reader) -> tuple[str, Operand | None, Window] | None:
    side = _side(r)
    if side is None or not r.sign("("):
        return None
    named = r.take("PRICE")
    r.sign(",")
    number = r.whole()
    r.take("UNIT")
    if number is None or not r.sign(")"):
        return None
    of = r.take("OF")
    source: Operand | None = (RANGE if r.take("RANGE") else r.first(indicator, price)) if of else None
    if isinstance(source, Price) and source.shift:
        return side[0], source.model_copy(update={"shift": 0}), Window(number, source.shift)
    shift = bars_back(r)
    if source is None:
        source = Price(field=named.value) if named else _source(r, side)
    return side[0], source, Window(number, shift or 0)


def _source(r: Reader, side: tuple[str, PriceField | None]) -> Operand | None:
    name, field = side
    if field is not None:
        return Price(field=field)
    subject = r.context.subject
    if isinstance(subject, Indicator) and subject.name in ("highest", "lowest"):
        return subject.source  # `the highest high of 5 days is the highest of 50`
    if isinstance(subject, Price | Indicator):
        return subject.model_copy(update={"shift": 0})
    if isinstance(subject, Arithmetic):
        return subject
    field = "high" if name == "highest" else "low"
    r.assume(f"the {name} is that of the {field}s")
    return Price(field=field)
