"""What the patterns of `grammar.toml` build. A builder returns None where the words cannot be such a piece."""

from typing import Any

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.candles import BEARISH, BULLISH, UNDECIDED
from backtest_engine.language.indicators import AVERAGES, BARS_IN
from backtest_engine.language.pieces.nodes import (
    Action,
    Away,
    Call,
    Compared,
    Extreme,
    Group,
    It,
    Its,
    Known,
    Percent,
    Sloping,
    Span,
    Sum,
    Term,
)
from backtest_engine.language.prices import IBS, RANGE
from backtest_engine.spec import (
    AtrDistance,
    BreakEven,
    CashSize,
    Comparison,
    CoolDown,
    FractionSize,
    Indicator,
    InMonth,
    Number,
    OnWeekday,
    PercentDistance,
    PositionValue,
    Price,
    PriceDistance,
    RiskDistance,
    RiskSize,
    TrailingStop,
    UnitSize,
)

SOME_ATR = 5
MOST_PERCENT = 50


def same(**given: Any) -> Any:
    """Return the one piece as it is."""
    (value,) = given.values()
    return value


plain = same


def nothing() -> Term:
    """Words that say what happens anyway."""
    return Term("nothing", None)


def fromword() -> str:
    """`from entry` behind a distance."""
    return "from"


def negative(n: float) -> float:
    return -n


def _whole(n: float) -> int | None:
    return int(n) if n == int(n) and 1 <= n <= 10_000 else None


def duration(n: float, u: str) -> tuple[int, str] | None:
    count = _whole(n)
    if count is None or u not in BARS_IN:
        return None
    # A year of 52 weeks has 252 days, a quarter of 13 has 63.
    return (count // 13 * 63, "year") if u == "week" and count % 13 == 0 else (count * BARS_IN[u], u)


def one_number(a: float) -> tuple[float, ...]:
    return (a,)


def more_numbers(a: tuple[float, ...], n: float) -> tuple[float, ...] | None:
    return (*a, n) if len(a) < 5 else None


def source_numbers(a: tuple[float, ...], p: str) -> tuple[Any, ...]:
    return (p, *a)


def _is_candle(name: str) -> bool:
    return name in REGISTRY and REGISTRY[name].group == "candles"


def call(i: tuple[str, str | None], a: tuple[Any, ...] = ()) -> Call | None:
    name, output = i
    source = Price(field=a[0]) if a and isinstance(a[0], str) else None
    numbers = a[1:] if source is not None else a
    if _is_candle(name) or (name in REGISTRY and len(numbers) > len(REGISTRY[name].parameters)):
        return None
    return Call(name, tuple(numbers), output, source)


def some_atr(n: float, i: tuple[str, str | None]) -> Sum | None:
    """`2 ATR` is twice as much; how many bars it spans is said in another way."""
    return Sum("*", Number(value=n), Call("atr")) if i[0] == "atr" and n < SOME_ATR else None


def call_before(n: float, i: tuple[str, str | None]) -> Call | None:
    if i[0] == "atr" and n < SOME_ATR:
        return None
    return call(i, (n,)) if _whole(n) else None


def call_long(d: tuple[int, str], i: tuple[str, str | None]) -> Call | None:
    return call(i, (d[0],)) if d[1] in ("bar", "day") else None


def call_two(n: float, m: float, i: tuple[str, str | None]) -> Call | None:
    return None if i[0] in AVERAGES else call(i, (n, m))


def call_of(i: tuple[str, str | None], v: Any, n: float) -> Call | None:
    made = call(i, (n,))
    return None if made is None else applied(made, v)


def _line(c: Call, o: str) -> Call | None:
    if c.output is not None or (c.name in REGISTRY and o not in REGISTRY[c.name].outputs):
        return None
    return Call(c.name, c.numbers, o, c.source, c.shift, c.timeframe)


def line_of(o: str, c: Call) -> Call | None:
    return _line(c, o) if c.name and len(REGISTRY[c.name].outputs if c.name in REGISTRY else ()) > 1 else None


def call_line(o: str, i: tuple[str, str | None], a: tuple[Any, ...]) -> Call | None:
    made = call(i, a)
    return None if made is None else line_of(o, made)


def line_alone(o: str, a: tuple[float, ...] = ()) -> Call:
    return Call("", a, o)


def applied(c: Call, v: Any) -> Call | None:
    """An average of something else than the close."""
    if not c.name or c.source is not None or c.shift or isinstance(v, It | Extreme) or v == Price():
        return None
    known = REGISTRY.get(c.name)
    if known is None or len(known.inputs) != 1 or (isinstance(v, Call) and v.name in ("", c.name)):
        return None
    if isinstance(v, Price) and v.field == "volume" and c.name not in AVERAGES | {"zscore", "stddev", "percentile"}:
        return None
    return Call(c.name, c.numbers, c.output, v, 0, c.timeframe)


def highest(h: Any, f: str = "high") -> tuple[str, str]:
    return ("highest", f)


def lowest(l: Any, f: str = "low") -> tuple[str, str]:  # noqa: E741
    return ("lowest", f)


def highest_high() -> tuple[str, str]:
    return ("highest", "high")


def lowest_low() -> tuple[str, str]:
    return ("lowest", "low")


def extreme(h: tuple[str, str], d: tuple[int, str]) -> Extreme:
    return Extreme(h[0], h[1], d[0])


def extreme_before(h: tuple[str, str], d: tuple[int, str]) -> Extreme:
    return Extreme(h[0], h[1], d[0], excluding=True)


def extreme_of(h: tuple[str, str], a: tuple[Any, ...]) -> Extreme | None:
    field = a[0] if isinstance(a[0], str) else h[1]
    count = _whole(a[-1]) if len(a) == (2 if isinstance(a[0], str) else 1) else None
    return None if count is None else Extreme(h[0], field, count, excluding=False)


def extreme_number(h: tuple[str, str], n: float) -> Extreme | None:
    count = _whole(n)
    return None if count is None else Extreme(h[0], h[1], count, excluding=True)


def period_extreme(d: tuple[int, str], f: str) -> Extreme | None:
    """`20 day high`."""
    return Extreme("highest" if f == "high" else "lowest", f, d[0]) if f in ("high", "low") and d[0] > 1 else None


def period_extreme_before(d: tuple[int, str], f: str) -> Extreme | None:
    found = period_extreme(d, f)
    return None if found is None else Extreme(found.which, f, d[0], excluding=True)


def number_extreme(n: float, f: str) -> Extreme | None:
    count = _whole(n)
    return None if count is None else period_extreme((count, "bar"), f)


def price(p: str) -> Price:
    return Price(field=p)


def price_before(p: str) -> Price:
    return Price(field=p, shift=1)


def bar_range() -> Any:
    return RANGE


def bar_strength() -> Any:
    return IBS


def entry_price() -> PositionValue:
    return PositionValue(measure="entry_price")


def shifted(v: Any, n: float) -> Any:
    bars = int(n)
    if bars != n or bars < 0 or bars > 500:
        return None
    match v:
        case Price():
            return v.model_copy(update={"shift": v.shift + bars})
        case Call():
            return Call(v.name, v.numbers, v.output, v.source, v.shift + bars, v.timeframe)
        case Extreme():
            return Extreme(v.which, v.field, v.bars, v.excluding or False, v.shift + bars)
    return None


def shifted_long(v: Any, d: tuple[int, str]) -> Any:
    return shifted(v, d[0])


def shifted_one(v: Any) -> Any:
    return shifted(v, 1)


def framed(t: str, v: Any) -> Any:
    match v:
        case Price() if v.timeframe is None and v.field != "volume":
            return None if t == "day" else v.model_copy(update={"timeframe": t})
        case Call() if v.timeframe is None and v.source is None:
            return v if t == "day" else Call(v.name, v.numbers, v.output, v.source, v.shift, t)
    return None


def _constant(value: Any) -> Any:
    return Number(value=value) if isinstance(value, int | float) else value


def times(l: Any, r: Any) -> Sum:  # noqa: E741
    one, other = _constant(l), _constant(r)
    return Sum("*", one, other) if isinstance(one, Number) else Sum("*", other, one)


def twice(r: Any) -> Sum:
    return times(2.0, r)


def half_of(r: Any) -> Sum:
    return times(0.5, r)


def plus(l: Any, r: Any) -> Sum:  # noqa: E741
    return Sum("+", l, r)


def minus(l: Any, r: Any) -> Sum:  # noqa: E741
    return Sum("-", l, r)


def divided(l: Any, r: Any) -> Sum:  # noqa: E741
    return Sum("/", l, r)


def percent_from(p: float, r: str, v: Any) -> Sum | None:
    """`3 % below X`."""
    if r not in ("<", ">") or isinstance(v, Away):
        return None
    return Away("*", Number(value=round(1 + (p if r == ">" else -p) / 100, 10)), v)


def number(n: float) -> Number:
    return Number(value=n)


def number_percent(p: float) -> Percent:
    return Percent(p)


def zero() -> Number:
    return Number(value=0)


def it() -> It:
    return It()


def relation(r: str) -> tuple[str, str]:
    return ("is", r)


def crossing(c: str) -> tuple[str, str] | None:
    return {"above": ("cross", ">"), "below": ("cross", "<")}.get(c)


def broken(c: str) -> tuple[str, str]:
    return ("break", ">" if c in ("above", "up") else "<")


def passing(m: str) -> tuple[str, str]:
    return ("cross", ">" if m in ("above", "up") else "<")


def moving(m: str) -> tuple[str, str]:
    return ("move", ">" if m == "up" else "<")


def breaking(r: str) -> tuple[str, str] | None:
    return ("break", r) if r in ("<", ">") else None


crossed_relation = breaking


def cross_up() -> tuple[str, str]:
    return ("cross", ">")


def cross_down() -> tuple[str, str]:
    return ("cross", "<")


def its(v: Any) -> Its:
    return Its(v)


def its_twice(v: Any) -> Its:
    """`double its 20 day average`."""
    return its_times(2.0, v)


def its_times(n: Any, v: Any) -> Its:
    return Its(Sum("*", Number(value=float(n)), v))


def _owned(owner: Any, value: Any) -> Any:
    """Return the value that belongs to another: `its average` is the average of that."""
    if owner == Price():
        return value
    if isinstance(value, Sum):
        inner = _owned(owner, value.right)
        return None if inner is None else Sum(value.operator, value.left, inner)
    if isinstance(value, Price):
        return value if isinstance(owner, Price) and not owner.shift and not owner.timeframe else None
    if not isinstance(value, Call) or getattr(owner, "timeframe", None) or getattr(owner, "shift", 0):
        return None
    return applied(value, owner)


def compare(l: Any, v: tuple[str, str], r: Any) -> Compared | None:  # noqa: E741
    if isinstance(r, Its):
        r = _owned(l, r.value)
        if r is None:
            return None
    # `more than 3 % below X` is a comparison of its own.
    if isinstance(l, Number | It | Away) or isinstance(r, Away):
        return None
    return Compared(l, v[1], r, v[0])


def chain(l: Any, v: tuple[str, str], m: Any, w: tuple[str, str], r: Any) -> Group | None:  # noqa: E741
    if v[0] != "is" or w[0] != "is" or v[1][0] != w[1][0] or isinstance(m, It | Its) or isinstance(r, Its):
        return None
    return Group("and", (Compared(l, v[1], m), Compared(m, w[1], r)))


def long_chain(l: Any, v: tuple[str, str], m: Any, w: str, n: Any, x: str, r: Any) -> Group | None:  # noqa: E741
    if v[0] != "is" or v[1] != w or w != x or any(isinstance(part, It | Its) for part in (m, n, r)):
        return None
    return Group("and", (Compared(l, w, m), Compared(m, w, n), Compared(n, w, r)))


def rising(l: Any, d: tuple[int, str] = (1, "bar")) -> Sloping | None:  # noqa: E741
    return None if isinstance(l, It) else Sloping(l, ">", d[0])


def falling(l: Any, d: tuple[int, str] = (1, "bar")) -> Sloping | None:  # noqa: E741
    return None if isinstance(l, It) else Sloping(l, "<", d[0])


def positive(l: Any) -> Compared:  # noqa: E741
    return Compared(l, ">", Number(value=0))


def negative_value(l: Any) -> Compared:  # noqa: E741
    return Compared(l, "<", Number(value=0))


def turns_positive(l: Any) -> Compared:  # noqa: E741
    return Compared(l, ">", Number(value=0), "cross")


def turns_negative(l: Any) -> Compared:  # noqa: E741
    return Compared(l, "<", Number(value=0), "cross")


def pair(a: float, b: float, i: tuple[str, str | None]) -> tuple[Call, Call] | None:
    if i[0] not in AVERAGES or a == b or not (_whole(a) and _whole(b)):
        return None
    return Call(i[0], (a,)), Call(i[0], (b,))


def two(l: Call, r: Call) -> tuple[Call, Call] | None:  # noqa: E741
    return (l, r) if l != r else None


def pair_cross(p: tuple[Call, Call], c: str) -> Compared | None:
    """A cross of two averages is one of the shorter over the longer."""
    one, other = p
    if one.name in AVERAGES and one.numbers and other.numbers and one.numbers > other.numbers:
        one, other = other, one
    return None if c == "any" else Compared(one, ">" if c == "above" else "<", other, "cross")


def crosses_up(l: Any, c: str, r: Any) -> Compared | None:  # noqa: E741
    """`EMA 9 crosses EMA 21 from below`."""
    return compare(l, ("cross", ">"), r) if c == "any" else None


def crosses_down(l: Any, c: str, r: Any) -> Compared | None:  # noqa: E741
    return compare(l, ("cross", "<"), r) if c == "any" else None


def compare_cross(l: Any, c: str, r: Any) -> Compared | None:  # noqa: E741
    return None


def golden() -> Compared:
    return Compared(Call("sma", (50,)), ">", Call("sma", (200,)), "cross")


def death() -> Compared:
    return Compared(Call("sma", (50,)), "<", Call("sma", (200,)), "cross")


def cross_over(l: Any, r: Any) -> Compared | None:  # noqa: E741
    return compare(l, ("cross", ">"), r)


def cross_under(l: Any, r: Any) -> Compared | None:  # noqa: E741
    return compare(l, ("cross", "<"), r)


def _bars(left: str, relation_: str, right: str, shift: int = 0) -> Known:
    return Known(Comparison(left=Price(field=left), relation=relation_, right=Price(field=right, shift=shift)))


def higher_close() -> Known:
    return _bars("close", ">", "close", 1)


def lower_close() -> Known:
    return _bars("close", "<", "close", 1)


def up_bar() -> Known:
    return _bars("close", ">", "open")


def down_bar() -> Known:
    return _bars("close", "<", "open")


def higher_high() -> Known:
    return _bars("high", ">", "high", 1)


def lower_low() -> Known:
    return _bars("low", "<", "low", 1)


def higher_low() -> Known:
    return _bars("low", ">", "low", 1)


def lower_high() -> Known:
    return _bars("high", "<", "high", 1)


def inside_bar() -> Group:
    return Group("and", (_bars("high", "<", "high", 1), _bars("low", ">", "low", 1)))


def outside_bar() -> Group:
    return Group("and", (_bars("high", ">", "high", 1), _bars("low", "<", "low", 1)))


def _in_a_row(condition: Any, n: float) -> Span | None:
    count = _whole(n)
    return None if count is None else Span("streak", condition, count)


def up_bars(n: float) -> Span | None:
    """Days up are days that close above the one before, as nobody looks at their open."""
    return None


def down_bars(n: float) -> Span | None:
    return None


def higher_closes(n: float) -> Span | None:
    return _in_a_row(higher_close(), n)


def lower_closes(n: float) -> Span | None:
    return _in_a_row(lower_close(), n)


def higher_closes_long(d: tuple[int, str]) -> Span | None:
    return _in_a_row(higher_close(), d[0])


def lower_closes_long(d: tuple[int, str]) -> Span | None:
    return _in_a_row(lower_close(), d[0])


def candle(i: tuple[str, str | None]) -> Known | None:
    name = i[0]
    if name in UNDECIDED:
        return _pattern(name, "==")
    if name in BULLISH:
        return _pattern(name, ">")
    return _pattern(name, "<") if name in BEARISH else None


def bullish_candle(i: tuple[str, str | None]) -> Known | None:
    return _pattern(i[0], ">") if _is_candle(i[0]) and i[0] not in BEARISH else None


def bearish_candle(i: tuple[str, str | None]) -> Known | None:
    return _pattern(i[0], "<") if _is_candle(i[0]) and i[0] not in BULLISH else None


def _pattern(name: str, relation_: str) -> Known:
    value = Indicator(name=name, parameters=dict(REGISTRY[name].defaults()))
    if relation_ == "==":
        return Known(Comparison(left=value, relation=">", right=Number(value=0)))
    return Known(Comparison(left=value, relation=relation_, right=Number(value=0)))


def percent_beyond(l: Any, p: float, r: str, v: Any, q: str = "") -> Compared | None:  # noqa: E741
    """`the close is more than 3 % below X`: a comparison of its own, never `more than (3 % below X)`."""
    if isinstance(v, Its):
        v = _owned(l, v.value)
    if v is None or r not in ("<", ">") or isinstance(v, Number) or q in ("<", "<="):
        return None
    edge = Sum("*", Number(value=round(1 + (p if r == ">" else -p) / 100, 10)), v)
    return Compared(l, f"{r}=" if q != ">" and q else r, edge)


def new_extreme(e: Extreme, l: Any = None) -> Compared:  # noqa: E741
    above = e.which == "highest"
    left = l if l is not None else Price()
    return Compared(left, ">" if above else "<", Extreme(e.which, e.field, e.bars, True, e.shift))


def is_extreme(l: Any, e: Extreme) -> Compared | None:  # noqa: E741
    """`the close is the lowest close of 10 days`: this one counts."""
    if l != Price(field=e.field) or e.shift:
        return None
    return Compared(l, ">=" if e.which == "highest" else "<=", Extreme(e.which, e.field, e.bars, excluding=False))


def extreme_alone(e: Extreme) -> Compared | None:
    """`lowest close in 10 days`: this close is it."""
    return is_extreme(Price(), e) if e.field == "close" and not e.excluding else None


def breakout(e: Extreme) -> Compared:
    return new_extreme(e)


def breakout_long(d: tuple[int, str]) -> Compared:
    return new_extreme(Extreme("highest", "high", d[0]))


def weekday(d: Any) -> Known:
    return Known(OnWeekday(days=(d,)))


def month(m: int) -> Known:
    return Known(InMonth(months=(m,)))


def streak(c: Any, d: tuple[int, str]) -> Span | None:
    return None if isinstance(c, Span) or _crosses(c) else Span("streak", c, d[0])


def streak_number(c: Any, n: float) -> Span | None:
    count = _whole(n)
    return None if count is None or isinstance(c, Span) or _crosses(c) else Span("streak", c, count)


def _crosses(c: Any) -> bool:
    return isinstance(c, Compared) and c.verb != "is"


def within_long(c: Any, d: tuple[int, str]) -> Span | None:
    return Span("within", c, d[0]) if _crosses(c) else None


def ago_long(c: Any, d: tuple[int, str]) -> Span | None:
    return None if isinstance(c, Compared) else Span("ago", c, d[0])


def ago_one(c: Any) -> Span | None:
    return None if isinstance(c, Compared) else Span("ago", c, 1)


def negated(c: Any) -> Span | None:
    return None if isinstance(c, Span | Group) else Span("not", c)


def _joined(word: str, a: Any, b: Any) -> Group:
    parts = a.parts if isinstance(a, Group) and a.word == word else (a,)
    return Group(word, (*parts, b))


def both(a: Any, b: Any) -> Group | None:
    return None if isinstance(a, Group) and a.word == "or" else _joined("and", a, b)


def either(a: Any, b: Any) -> Group | None:
    return None if isinstance(a, Group) and a.word == "and" else _joined("or", a, b)


def half(v: tuple[str, str], r: Any) -> Compared | None:
    if isinstance(r, Its):
        r = r.value if isinstance(r.value, Call) and r.value.name in AVERAGES else None
    if r is None:
        return None
    return Compared(None, v[1], r, v[0])


def half_open(v: tuple[str, str]) -> Compared:
    return Compared(None, v[1], None, v[0])


def half_cross(c: str) -> Compared | None:
    return None if c == "any" else Compared(None, ">" if c == "above" else "<", None, "cross")


def half_rising() -> Sloping:
    return Sloping(None, ">")


def half_falling() -> Sloping:
    return Sloping(None, "<")


def atr(i: tuple[str, str | None], a: tuple[float, ...] = (), n: float | None = None) -> int | None:
    if i[0] != "atr":
        return None
    return _whole(a[0] if a else n if n is not None else 14)


def percent(p: float) -> PercentDistance | None:
    return None if p >= MOST_PERCENT else PercentDistance(percent=p)


def atr_distance(a: int, n: float = 1) -> AtrDistance:
    return AtrDistance(multiple=n, period=a)


def pips(n: float) -> PriceDistance | None:
    return None  # What a pip is depends on the market; it is asked about.


def points(n: float) -> PriceDistance:
    return PriceDistance(amount=n)


def risk_distance(n: float) -> RiskDistance:
    return RiskDistance(multiple=n)


def stop(d: Any) -> Term | None:
    return None if isinstance(d, RiskDistance) else Term("stop_loss", d)


def stop_at(v: Any) -> Term:
    return Term("stop_loss", v)


def target(d: Any) -> Term:
    return Term("take_profit", d)


def target_at(v: Any) -> Term:
    return Term("take_profit", v)


def ratio(a: float, b: float) -> Term | None:
    return None


def stop_and_target(d: Any) -> Term | None:
    return None


def trail(d: Any) -> Term | None:
    return None if isinstance(d, RiskDistance) else Term("trailing_stop", TrailingStop(distance=d))


def break_even(d: Any) -> Term:
    return Term("break_even", BreakEven(after=d))


def hold(d: tuple[int, str]) -> Term:
    return Term("max_bars", d[0])


def risk_size(p: float) -> Term:
    return Term("sizing", RiskSize(fraction=round(p / 100, 10)))


def share_size(p: float) -> Term:
    return Term("sizing", FractionSize(fraction=round(p / 100, 10)))


def cash_size(n: float) -> Term:
    return Term("sizing", CashSize(amount=n))


def unit_size(n: float) -> Term | None:
    count = int(n)
    return Term("sizing", UnitSize(units=count)) if count == n else None


def all_in() -> Term:
    return Term("sizing", FractionSize(fraction=1.0))


def restrict(r: str) -> Term | None:
    return Term("restrict", r)


def entries(n: float) -> Term | None:
    count = _whole(n)
    return None if count is None else Term("max_entries", count)


def pause_loss(d: tuple[int, str]) -> Term:
    return Term("cool_down", CoolDown(bars=d[0], after="loss"))


def pause_exit(d: tuple[int, str]) -> Term:
    return Term("cool_down", CoolDown(bars=d[0], after="exit"))


def action(a: str) -> Action:
    return Action(a)


def side_action(s: str) -> Action:
    return Action("buy" if s == "long" else "short")


def close_side(s: str) -> Action:
    return Action("sell" if s == "long" else "cover")


def close_action(a: str) -> Action | None:
    """`close this buy`."""
    return {"buy": Action("sell"), "short": Action("cover"), "sell": Action("cover")}.get(a)


def entry() -> Action:
    return Action("buy")


def exit_action() -> Action:
    return Action("exit")
