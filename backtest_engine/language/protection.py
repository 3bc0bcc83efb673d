"""Reading how a trade ends when its rules do not end it: stops, targets, trailing stops, holding times."""

from typing import Any

from backtest_engine.language.distances import beside_price, distance, distance_or_level, link
from backtest_engine.language.indicators import BARS_IN
from backtest_engine.language.outline import Outline, Protection
from backtest_engine.language.reader import CLOSING, Reader
from backtest_engine.spec import (
    AtrDistance,
    BreakEven,
    RiskDistance,
    TrailingStop,
)


def protection(r: Reader, outline: Outline) -> bool | None:
    """Read one statement about how a trade ends."""
    found: bool | None = r.first(
        lambda r: _time(r, outline),
        lambda r: _break_even(r, outline),
        lambda r: _trailing(r, outline),
        lambda r: _stop(r, outline),
        lambda r: _target(r, outline),
    )
    return found


def _keep(r: Reader, outline: Outline, rule: str, value: Any, start: int, side: str | None) -> bool:
    beside, r.context.beside = r.context.beside, ""
    outline.protections.append(Protection(rule, value, side, (start, r.place), beside))
    return True


def _for_side(r: Reader) -> str | None:
    """Read `for longs`."""
    mark = r.mark()
    if r.sign("for", "on"):
        match = r.take("SIDE")
        if match is not None:
            return str(match.value)
    r.reset(mark)
    return None


def _and_sides(r: Reader) -> str | None:
    mark = r.mark()
    if r.sign("on", "for") and r.sign("both", "either", "each"):
        r.sign("side", "sides", "direction", "directions", "trade", "trades")
        return None
    r.reset(mark)
    return _for_side(r)


def _stop(r: Reader, outline: Outline) -> bool | None:
    start = r.place
    r.context.beside = ""
    side = _leading_side(r)
    if r.take("STOP"):
        link(r)
        if r.sign("none", "no"):
            outline.restrictions.add("no_stop")
            return True
        value = distance_or_level(r, what="stop", risk=False)
        if value is None:
            return None
        side = _and_sides(r) or side
        return _keep(r, outline, "stop_loss", value, start, side)
    r.sign("at", "with", "use", "using", "set", "put", "place", "have", "add")
    r.sign("a")
    value = distance(r, what="stop", risk=False, certain=False)
    if value is None:
        return None
    r.sign("hard", "fixed", "initial", "protective", "simple")
    if not r.take("STOP"):
        return None
    beside_price(r)
    side = _and_sides(r) or side
    return _keep(r, outline, "stop_loss", value, start, side)


def _leading_side(r: Reader) -> str | None:
    mark = r.mark()
    r.sign("for", "on")
    match = r.take("SIDE")
    if match is not None:
        while r.sign(",", ":", "use", "with", "have", "has", "get", "set", "trades", "positions"):
            pass
        if r.peek("STOP") or r.peek("TARGET") or r.peek("TRAIL") or (r.word is not None and r.word.number is not None):
            return str(match.value)
    r.reset(mark)
    return None


def _target(r: Reader, outline: Outline) -> bool | None:
    start = r.place
    r.context.beside = ""
    side = _leading_side(r)
    if r.take("TARGET"):
        link(r)
        if r.sign("none", "no"):
            outline.restrictions.add("no_target")
            return True
        value = distance_or_level(r, what="target", risk=True)
        if value is None:
            word = r.take("FACTOR")
            if word is None or not r.sign("risk"):
                return None
            value = RiskDistance(multiple=float(word.value))
        side = _and_sides(r) or side
        return _keep(r, outline, "take_profit", value, start, side)
    r.sign("take", "book", "lock", "use", "using", "set", "put", "place", "have", "add", "with")
    value = distance(r, what="target", risk=True, certain=False)
    if value is None:
        return None
    if not r.take("TARGET"):
        return None
    beside_price(r)
    return _keep(r, outline, "take_profit", value, start, _and_sides(r) or side)


def _trailing(r: Reader, outline: Outline) -> bool | None:
    start = r.place
    side = _leading_side(r)
    r.sign("use", "set", "with", "using", "add")
    if (match := r.take("TRAIL")) is not None:
        link(r)
        if r.words[match.end - 1].text.startswith("chandelier") or r.words[match.end - 2].text.startswith("chandelier"):
            return _chandelier(r, outline, start, side)
        value = distance(r, what="trailing stop", risk=False)
    else:
        value = distance(r, what="trailing stop", risk=False, certain=False)
        if value is None or not r.take("TRAIL"):
            return None
    if value is None:
        return None
    anchor = _anchor(r)
    if anchor is None:
        r.assume("the trailing stop follows the best close")
    trigger = "touch"
    r.sign(",")
    if r.take("AT_CLOSE"):
        trigger = "close"
    trailing = TrailingStop(distance=value, anchor=anchor or "close", trigger=trigger)
    return _keep(r, outline, "trailing_stop", trailing, start, _and_sides(r) or side)


def _chandelier(r: Reader, outline: Outline, start: int, side: str | None) -> bool | None:
    """Read `chandelier exit (22, 3)` or `3 ATR(22)`: it hangs from the highest high of a long.

    Source: Le Beau's chandelier exit, as described by Elder, "Come Into My Trading Room" (2002).
    """
    mark = r.mark()
    opened = r.sign("(")
    period = r.whole()
    r.take("UNIT", "bar", "day")
    r.sign(",", "/")
    multiple = r.number() if period is not None else None
    if period is None or multiple is None:
        r.reset(mark)
        value = distance(r, what="trailing stop", risk=False)
    else:
        r.sign("x", "*", "times")
        r.take("IND", ("atr", None))
        if opened and not r.sign(")"):
            return None
        value = AtrDistance(multiple=multiple, period=period)
    if value is None:
        return None
    anchor = _anchor(r)
    if anchor is None:
        r.assume("the chandelier hangs from the best price: the highest high of a long, the lowest low of a short")
    trailing = TrailingStop(distance=value, anchor=anchor or "high", trigger="touch")
    return _keep(r, outline, "trailing_stop", trailing, start, _and_sides(r) or side)


def _anchor(r: Reader) -> str | None:
    mark = r.mark()
    r.sign("measured", "counted", "calculated")
    if r.take("RELATION", "<", ">") or r.sign("from", "off"):
        if r.sign("best"):
            # `best close` of a long is its highest, of a short its lowest; `best price` goes by the highs and lows.
            closes = r.sign("close", "closes")
            return "close" if closes else "high" if r.sign("price", "prices") else None
        match = r.take("HIGHEST") or r.take("LOWEST")
        if match is not None:
            field = r.take("PRICE", "close", "high", "low")
            r.take("SINCE_ENTRY")
            said = field.value if field else r.words[match.end - 1].text
            return "high" if said in ("high", "low") else "close"
    r.reset(mark)
    return None


def _break_even(r: Reader, outline: Outline) -> bool | None:
    """`move the stop to break even after 1R`, `break even at 2 %`."""
    start = r.place
    gain = None
    if r.take("WHEN") or r.sign("at"):
        gain = _gain(r)
        if gain is None:
            return None
        r.sign(",")
    moved = r.take("MOVE_STOP") or r.take("STOP")
    r.sign("to")
    if not (r.take("BREAK_EVEN") or (moved and r.take("ENTRY_PRICE"))):
        return None
    if gain is None:
        if not (r.take("WHEN") or r.sign("at", ":")):
            return None
        gain = _gain(r)
    if gain is None:
        return None
    return _keep(r, outline, "break_even", BreakEven(after=gain), start, _and_sides(r))


def _gain(r: Reader) -> Any:
    r.take("IT") or r.take("PRICE")
    r.take("OPEN_PROFIT") or r.sign("up", "profit", "moves", "gains", "ahead", "reaches", "rises", "gain")
    r.take("IS")
    r.take("OPEN_PROFIT") or r.sign("up", "ahead")
    r.sign("by", "of", "at", "reaches")
    value = distance(r, what="gain", risk=True, certain=False)
    if value is not None:
        r.sign("of", "in")
        r.sign("profit", "gain", "ahead", "up")
    return value


def _time(r: Reader, outline: Outline) -> bool | None:
    """`hold for three bars`, `exit after 10 bars`, `sell 5 days later`, `sell the day after`."""
    start = r.place
    hold = r.take("HOLD")
    act = None if hold else r.take("ACT", *CLOSING)
    if not (hold or act) and not (r.at("after", "or") and _begins(r)):
        return None
    r.sign("exactly", "at", "most")
    r.sign("most")
    linked = r.sign("after", "for", "in", ":", "=", "of")
    r.sign("close", "bar", "after")
    if act and _day_after(r, linked=linked):
        return _bars(r, outline, 1, start, act)
    number = _length(r, said=bool(hold) or linked)
    if number is None or r.peek("PRICE", "high", "low"):
        return None
    later = r.take("LATER") or r.sign("later", "maximum", "max")
    if not (hold or linked or later):
        return None
    if _then_a_rule(r):
        r.ask(
            f"'{r.span(start)}' and then a rule: is the position closed after {number:g} bars at the latest, or not "
            "before them?",
            "holding time",
            start,
        )
    if number != int(number) or number < 1:
        r.ask(f"A trade cannot be held for {number:g} bars; how many are meant?", "holding time", start)
        number = 1
    return _bars(r, outline, int(number), start, act)


def time_alone(r: Reader, outline: Outline) -> bool | None:
    """`sell when RSI is above 70 or 10 days`, `or I have been in for 30 bars`: a holding time, and nothing else."""
    start = r.place
    r.sign("been", "held")
    r.sign("in") and r.sign("trade", "position", "it", "market")
    r.sign("for")
    number = _length(r, said=False)
    r.sign("max", "maximum", "pass", "passed", "passes", "later", "elapsed")
    ended = r.done or r.words[r.place].kind == "end" or r.at(",")
    if number is None or number != int(number) or number < 1 or not ended:
        return None
    return _bars(r, outline, int(number), start, None)


def _day_after(r: Reader, *, linked: bool) -> bool:
    """Read `the day after` or, with nothing else said, `the next day`."""
    mark = r.mark()
    if r.sign("day", "bar", "session", "morning") and r.sign("after", "later"):
        return True
    r.reset(mark)
    if not linked and _next_bar(r):
        return True
    r.reset(mark)
    return False


def _length(r: Reader, *, said: bool) -> float | None:
    """Read `10 bars`, `two weeks`, or `a week` where it is `said` that a time follows; in bars."""
    number = r.number()
    if number is None and not (said and r.peek("UNIT", "week", "month")):
        return None
    number = 1.0 if number is None else number
    unit = r.take("UNIT", "bar", "day", "week", "month")
    if unit is None:
        return None
    mark = r.mark()
    if r.sign("(") and (restated := r.whole()) is not None and r.take("UNIT", "bar", "day") and r.sign(")"):
        return restated
    r.reset(mark)
    bars = number * BARS_IN[unit.value]
    if bars != number:
        r.assume(f"{number:g} {unit.value}{'s' if number > 1 else ''} are taken as {bars:g} bars")
    return bars


def _begins(r: Reader) -> bool:
    """Whether a new statement begins here, rather than more of the last condition."""
    last = r.words[r.place - 1] if r.place else None
    return (
        last is None or last.kind == "end" or last.text in (",", "or", "and", "then", ":", "but", "-", "hold", "exit")
    )


def _then_a_rule(r: Reader) -> bool:
    """Whether what follows the holding time is what happens once it is over."""
    mark = r.mark()
    r.sign(",")
    r.sign("and")
    then = r.take("AFTERWARDS") or r.take("THEN")
    direct = r.place == mark[0] or r.words[r.place - 1].text == ","
    acts = r.peek("ACT", *CLOSING) is not None
    first = mark[0] and any(word.text == "after" for word in r.words[max(0, mark[0] - 3) : mark[0]])
    r.reset(mark)
    return acts and (bool(then) or bool(first and direct))


def _next_bar(r: Reader) -> bool:
    """`sell the next day`: nothing else is said of when."""
    match = r.take("NEXT_OPEN")
    following = match is not None and any(
        word.text in ("day", "bar", "candle") for word in r.words[r.place - 2 : r.place]
    )
    return following and (r.done or r.words[r.place].kind == "end" or r.at(","))


def _bars(r: Reader, outline: Outline, bars: int, start: int, act: Any) -> bool:
    r.assume(
        f"held for {bars} bar{'s' if bars > 1 else ''}: the exit is decided on the close {bars} "
        f"bar{'s' if bars > 1 else ''} after the bar of the entry"
    )
    side = {"sell": "long", "cover": "short"}.get(act.value) if act else _and_sides(r)
    return _keep(r, outline, "max_bars", bars, start, side)
