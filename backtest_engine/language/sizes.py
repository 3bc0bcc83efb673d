"""Reading how much is bought: shares of the account, units, money, risk; and how often."""

from typing import Any

from backtest_engine.language.outline import Outline
from backtest_engine.language.reader import Reader
from backtest_engine.language.values import operand
from backtest_engine.spec import (
    CashSize,
    CoolDown,
    FractionSize,
    Indicator,
    LimitOrder,
    Number,
    Price,
    RiskSize,
    StopOrder,
    UnitSize,
    parts,
)


def size(r: Reader) -> Any:
    """Read one amount, as in `20 units`, `half of the equity`, `$5,000` or `risk 1 %`."""
    return r.first(_risk, _percent, _units, _cash, _words)


def sizing(r: Reader, outline: Outline) -> bool | None:
    """Read a statement about the size of positions."""
    start = r.place
    if r.take("SIZE"):
        r.skip("SIZE")
        while r.sign(":", "=", "-", "of", "is", "at", "to", "with"):
            pass
    value = size(r)
    if value is None and r.place > start:
        # `size: 25 %`: of the equity.
        number = r.number()
        if number is not None and r.take("PCT") and (r.done or r.words[r.place].kind == "end" or r.at(",")):
            value = _fraction(r, number, "equity")
            r.assume("the position size is a share of the equity")
    if value is None:
        return None
    _each_time(r)
    outline.sizes.append((value, (start, r.place)))
    return True


def _each_time(r: Reader) -> None:
    while r.take("SIZE") or r.sign("on", "for", "in", "to", "every", "each", "per", "at", "a"):
        pass


def _percent(r: Reader) -> Any:
    r.sign("with", "using", "use", "invest", "put", "of")
    number = r.number()
    if number is None or not r.take("PCT"):
        return None
    r.sign("of")
    if r.take("AVAILABLE"):
        return _fraction(r, number, "available")
    if r.take("EQUITY"):
        return _fraction(r, number, "equity")
    if r.take("ALL_IN"):
        return _fraction(r, number, "equity")
    return None


def _fraction(r: Reader, percent: float, of: str) -> Any:
    if not 0 < percent <= 100:
        r.ask(
            f"{percent:g} % of the account cannot be invested; a share from 0 to 100 % is meant?",
            "position size",
            r.place - 1,
        )
        return FractionSize(fraction=1.0)
    r.sign("to") and r.sign("work")
    return FractionSize(fraction=round(percent / 100, 12), of=of)


def _units(r: Reader) -> Any:
    start = r.place
    r.sign("with", "fixed")
    number = r.number()
    if number is None:
        return None
    if not r.take("QUANTITY"):
        return None
    if number != int(number) or not 1 <= number <= 1_000_000_000:
        r.ask(f"{number:g} units cannot be bought; how many whole units are meant?", "position size", start)
        return UnitSize(units=1)
    return UnitSize(units=int(number))


def _cash(r: Reader) -> Any:
    r.sign("with", "of", "for")
    before = r.take("MONEY")
    number = r.number()
    if number is None or not (before or r.take("MONEY")):
        return None
    r.sign("worth")
    if r.sign("of"):
        r.sign("stock", "shares", "it")
    return CashSize(amount=number)


def _risk(r: Reader) -> Any:
    first = r.take("RISK")
    r.sign("of", ":", "=", "-", "at", "most", "only")
    number = r.number()
    if number is None or not r.take("PCT"):
        return None
    r.sign("of")
    r.take("EQUITY")
    if first is None and not r.take("RISK"):
        return None
    r.sign("per", "each", "on", "a", "every")
    r.sign("each", "every")
    r.sign("trade", "position")
    if not 0 < number <= 100:
        r.ask(f"{number:g} % of the equity cannot be risked; which share is meant?", "risk per trade", r.place - 1)
        number = 1
    return RiskSize(fraction=round(number / 100, 12))


def _words(r: Reader) -> Any:
    r.sign("with", "use", "using", "go", "invest")
    if r.take("HALF_IN"):
        return FractionSize(fraction=0.5)
    mark = r.mark()
    share = 0.25 if r.take("QUARTER") else 1 / 3 if r.take("THIRD") else None
    if share is not None and r.sign("of"):
        if r.take("AVAILABLE"):
            return FractionSize(fraction=round(share, 12), of="available")
        if r.take("EQUITY"):
            return FractionSize(fraction=round(share, 12))
    r.reset(mark)
    if r.take("ALL_IN"):
        r.sign("each", "per") and r.sign("time", "trade")
        return FractionSize(fraction=1.0)
    return None


def waiting_order(r: Reader) -> Any:
    """Read `with a limit order 1 % below the close`, `buy stop at the previous high`."""
    r.sign("with", "using", "on", "place", "a", "via")
    sided = r.at("buy", "sell") and r.place > 0 and not any(m.kind == "ACT" for m in r.found[r.place])
    match = r.take("LIMIT") or r.take("STOP_ORDER")
    if match is None or (sided and r.words[match.end - 1].text in ("buy", "sell")):
        return None
    r.sign("order", "orders")
    r.sign("at", "of", ":", "placed", "set")
    value = operand(r)
    if value is None or isinstance(value, Number):
        return None
    if any(isinstance(part, Price | Indicator) and part.shift for part in parts(value)):
        r.assume("the price of the order is that of bars before the signal bar")
    bars = _validity(r)
    r.context.limited = r.context.limited or match.kind == "LIMIT"
    return LimitOrder(at=value, bars=bars) if match.kind == "LIMIT" else StopOrder(at=value, bars=bars)


UNSAID = "an entry order that is not filled on the next bar is cancelled"


def _validity(r: Reader) -> int:
    """Read for how long an order waits; a bar unless it is said."""
    mark = r.mark()
    r.sign(",")
    said = _bars_of_validity(r)
    if said is not None:
        return said
    r.reset(mark)
    r.assume(UNSAID)
    return 1


def _bars_of_validity(r: Reader) -> int | None:
    if not r.take("VALID"):
        return None
    while r.sign("for", "after", "in", "within", "it", "only"):
        pass
    number = r.whole()
    return number if number is not None and r.take("UNIT", "bar", "day") else None


def validity(r: Reader, outline: Outline) -> bool | None:
    """Read `Cancel the order if it is not filled in 3 days.` after the orders."""
    bars = _bars_of_validity(r) if outline.orders else None
    if bars is None:
        return None
    outline.orders[:] = [
        (side, order.model_copy(update={"bars": bars}), places) for side, order, places in outline.orders
    ]
    r.assumptions[:] = [text for text in r.assumptions if text != UNSAID]
    return True


def pyramiding(r: Reader, outline: Outline) -> bool | None:
    """Read `up to four open entries`, `pyramid up to 3 times`."""
    start = r.place
    pyramid = r.take("PYRAMID")
    most = r.take("MAX")
    number = r.number()
    if number is None or not (pyramid or most):
        return None
    counted = r.take("ENTRIES")
    if not counted:
        return None
    if not 1 <= number <= 100 or number != int(number):
        r.ask(f"{number:g} open entries are not possible; how many, from 1 to 100?", "pyramiding", start)
        number = 1
    r.sign("at") and (r.sign("once") or (r.sign("same") and r.sign("time")))
    outline.max_entries = int(number)
    if not pyramid and number > 1:
        r.assume(f"up to {number:g} entries are added to one position, in the one market that is traded")
    return True


def cool_down(r: Reader, outline: Outline) -> bool | None:
    """Read `wait 5 bars after an exit`, `no new trade for 10 bars after a loss`."""
    start = r.place
    before = _after(r)
    if before:
        r.sign(",")
    match = r.take("COOL_DOWN")
    if match is None:
        return None
    named = r.words[match.end - 1].text in ("cooldown", "down", "off", "period", "lockout")
    _link(r)
    after = _after(r) or before
    _link(r)
    number = r.whole()
    if number is None or not r.take("UNIT", "bar", "day"):
        return None
    _link(r)
    after = after or _after(r)
    while r.take("AFTER_EXIT"):
        pass
    if after is None and not named:
        r.ask(f"'{r.span(start)}': after what? Say 'after an exit', or 'hold for {number} bars'.", "pause", start)
    elif after is None:
        r.assume("the pause counts from the last exit")
    outline.cool_down = CoolDown(bars=number, after=after or "exit")
    return True


def _link(r: Reader) -> None:
    while r.sign("for", "of", ":", "=", "at", "least", "is", ","):
        pass


def _after(r: Reader) -> str | None:
    if match := r.take("AFTER_LOSS"):
        if any(word.text.startswith("stop") for word in r.words[max(0, match.end - 4) : match.end]):
            r.assume("a stop-out is taken to be any exit with a loss")
        return "loss"
    return "exit" if r.take("AFTER_EXIT") else None
