"""The order journal: the only thing that a child can say, and the check of each word of it.

The child writes lines of JSON: one that says how many events follow and where its own account ended, then lists of
events.
Everything in it is a claim of untrusted code.
"""

import base64
import binascii
import json
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from backtest_engine.errors import InvalidJournal, LimitExceeded

NEW, CLOSE, STOP_LOSS, TAKE_PROFIT, CANCEL, REFUSED = range(6)
TAG_CHARACTERS = 200
EVENTS_A_LINE = 512
EVENT_BYTES = 2_000
# A trailing stop is moved on every bar: there may be so many events for each order that the limit allows.
EVENTS_PER_ORDER = 4
INIT = -1
# What a child says of the indicators that it declares: so many of them, and so many values in all.
MOST_INDICATORS = 64
MOST_VALUES = 1_000_000
_NAME_CHARACTERS = 100

# What backtesting's own default size is, for "as much as there is".
_ALL = 1 - sys.float_info.epsilon
_NAMES = {NEW: "order", CLOSE: "close", STOP_LOSS: "stop-loss", TAKE_PROFIT: "take-profit", CANCEL: "cancel an order"}

# (bar, kind, …): NEW and REFUSED size limit stop sl tp tag; CLOSE trade portion; STOP_LOSS and TAKE_PROFIT trade price;
# CANCEL order. A refused order is one that the broker did not take.
Event = tuple[Any, ...]


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where the child's own, untrusted account ended before open trades were closed."""

    cash: float
    position: float
    closed_trades: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Indicator:
    """Values of an indicator as they were before the first bar was played: (bars,), single precision.

    `held` tells that it is not declared: an attribute of the strategy that has a value for each bar.
    """

    name: str
    values: np.ndarray[Any, Any]
    held: bool = False


@dataclass(frozen=True, kw_only=True)
class Journal:
    """A well-formed journal: `warmup` bars before the first decision, events in bar order, and the child's account.

    `known` is the number of bars before the one on which all of its indicators have a value.
    `strategies` are the names of the strategies that the code defines, the one that was run last. `indicators` are
    those that it declared, as far as there was room for them.
    """

    warmup: int
    events: tuple[Event, ...]
    account: Account | None
    strategies: tuple[str, ...] = ()
    known: int = 0
    indicators: tuple[Indicator, ...] = ()


def parse(header: Any, lines: list[bytes], *, bars: int, orders: int, first: int = 0) -> Journal:
    """Return the journal that a child's header and event lines spell. Raises `InvalidJournal` or `LimitExceeded`."""
    if type(header) is not dict:
        _refuse("its first line is not an object")
    warmup = header.get("warmup")
    if type(warmup) is not int or not max(0, first - 1) <= warmup < bars:
        _refuse("the warm-up is not a number of bars")
    known = header.get("known", warmup)
    if type(known) is not int or not 0 <= known <= warmup:
        _refuse("the bars until its indicators are known are not as many as its warm-up at most")
    told = header.get("indicators", 0)
    if type(told) is not int or not 0 <= told <= min(MOST_INDICATORS, len(lines)):
        _refuse("the number of its indicators is none")
    indicators = tuple(_indicator(line, bars) for line in lines[:told])
    events: list[Event] = []
    for line in lines[told:]:
        events += map(_event, _decode(line))
        if len(events) > orders * EVENTS_PER_ORDER:
            break
    if sum(event[1] in (NEW, REFUSED) for event in events) > orders or len(events) > orders * EVENTS_PER_ORDER:
        raise LimitExceeded(f"The strategy gave more than {orders} orders.", code="order_limit")
    if header.get("events") != len(events):
        _refuse("it holds another number of events than it says")
    _check_order(events, warmup=warmup, bars=bars)
    return Journal(
        warmup=warmup,
        events=tuple(events),
        account=_account(header.get("account")),
        strategies=_names(header.get("strategies")),
        known=known,
        indicators=indicators,
    )


def indicator_line(name: str, values: Any, *, held: bool) -> dict[str, Any]:
    """Return what a child writes of an indicator: its name, and its values as base64 of little-endian floats."""
    coded = base64.b64encode(values.astype("<f4").tobytes()).decode()
    return {"name": name[:_NAME_CHARACTERS], "held": held, "values": coded}


def decode_line(line: bytes) -> Any:
    """Return the strict JSON value of a line. Raises `InvalidJournal`."""
    try:
        return json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        _refuse("it is not JSON")


def describe(event: Event) -> str:
    """Return an event in a trader's words."""
    _, kind, *rest = event
    if kind not in (NEW, REFUSED):
        return _NAMES[kind] if kind == CANCEL else f"{_NAMES[kind]} {rest[-1]}"
    size, *prices, _ = rest
    terms = [f"{name}={price:g}" for name, price in zip(("limit", "stop", "sl", "tp"), prices, strict=True) if price]
    amount = "all" if _ALL <= abs(size) < 1 else f"{abs(size):g}"
    refused = ["refused:"] if kind == REFUSED else []
    return " ".join([*refused, "buy" if size > 0 else "sell", amount, *terms])


def clean_text(text: Any, characters: int) -> str:
    """Return untrusted text that every database and terminal can take: no surrogates, no controls, cut to length."""
    if type(text) is not str:
        return ""
    cut = text[:characters].encode("utf-8", "replace").decode()
    return "".join(c if c in "\n\t" or c.isprintable() else "�" for c in cut)


def _indicator(line: bytes, bars: int) -> Indicator:
    raw = decode_line(line) if len(line) <= bars * 6 + 12 * _NAME_CHARACTERS + 100 else None
    if type(raw) is not dict or type(raw.get("values")) is not str:
        _refuse("an indicator has no values")
    try:
        found = base64.b64decode(raw["values"], validate=True)
    except (binascii.Error, ValueError):
        _refuse("the values of an indicator are no base64")
    if len(found) != 4 * bars:
        _refuse("an indicator has not one value a bar")
    name = clean_text(raw.get("name"), _NAME_CHARACTERS)
    return Indicator(name=name, values=np.frombuffer(found, dtype="<f4"), held=raw.get("held") is True)


def _decode(line: bytes) -> list[Any]:
    if len(line) > EVENTS_A_LINE * EVENT_BYTES:
        _refuse("a line is too long")
    values = decode_line(line)
    if type(values) is not list or not 0 < len(values) <= EVENTS_A_LINE:
        _refuse("a line is not a list of events")
    return values


def _event(raw: Any) -> Event:
    if type(raw) is not list or len(raw) < 3 or type(raw[0]) is not int or type(raw[1]) is not int:
        _refuse("an event is not a list that starts with a bar and a kind")
    fields = _FIELDS.get(raw[1])
    if fields is None or len(raw) != 2 + len(fields):
        _refuse("an event has an unknown kind or length")
    return raw[0], raw[1], *(check(value) for check, value in zip(fields, raw[2:], strict=True))


def _check_order(events: list[Event], *, warmup: int, bars: int) -> None:
    last = INIT
    for event in events:
        bar = event[0]
        if not last <= bar < bars or INIT < bar <= warmup:
            _refuse("its events are not in the order of the bars that the strategy saw")
        last = bar


def _number(value: Any) -> float:
    try:
        number = float(value) if type(value) in (int, float) else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number) or not number:
        _refuse("a size or price is no finite number, or zero")
    return number


def _price(value: Any) -> float | None:
    return None if value is None else _number(value)


def _size(value: Any) -> float:
    size = _number(value)
    if abs(size) >= 1 and size != round(size):
        _refuse("a size is neither a fraction nor a whole number")
    return size


def _portion(value: Any) -> float:
    portion = _number(value)
    if not 0 < portion <= 1:
        _refuse("a portion is not between 0 and 1")
    return portion


def _name(value: Any) -> int:
    if type(value) is not int:
        _refuse("an order or trade has no number")
    return value


def _tag(value: Any) -> str | None:
    if value is None:
        return None
    if type(value) is not str or len(value) > TAG_CHARACTERS:
        _refuse("a tag is no short text")
    return clean_text(value, TAG_CHARACTERS)


_FIELDS: dict[int, tuple[Callable[[Any], Any], ...]] = {
    NEW: (_size, _price, _price, _price, _price, _tag),
    REFUSED: (_size, _price, _price, _price, _price, _tag),
    CLOSE: (_name, _portion),
    STOP_LOSS: (_name, _price),
    TAKE_PROFIT: (_name, _price),
    CANCEL: (_name,),
}


def _account(raw: Any) -> Account | None:
    if type(raw) is not dict:
        return None
    cash, position, closed = raw.get("cash"), raw.get("position"), raw.get("closed_trades")
    if type(cash) is not float or type(position) is not float or type(closed) is not int:
        return None
    return Account(cash=cash, position=position, closed_trades=closed)


def _names(raw: Any) -> tuple[str, ...]:
    if type(raw) is not list:
        return ()
    return tuple(clean_text(name, 100) for name in raw[-10:])


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _refuse(why: str) -> NoReturn:
    raise InvalidJournal(f"The strategy's process did not return a valid list of orders: {why}.")
