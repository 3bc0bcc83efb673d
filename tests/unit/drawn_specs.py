"""Specifications with every kind of part, drawn from a seed: what the compiler and the plain reading must agree on.

Not all of them can be said in English, unlike those of `spec_strategies`.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any, get_args

import numpy as np
import pandas as pd
from pydantic import ValidationError

from backtest_engine.indicators import REGISTRY
from backtest_engine.spec import (
    WEEKDAYS,
    Ago,
    All,
    Always,
    AnyOf,
    Arithmetic,
    AtrDistance,
    BreakEven,
    CashSize,
    Comparison,
    Condition,
    CoolDown,
    Cross,
    FractionSize,
    Indicator,
    InMonth,
    KellySize,
    Level,
    LimitOrder,
    MarketOrder,
    MonthDay,
    Not,
    Number,
    Often,
    OnWeekday,
    Operand,
    Part,
    PartialExit,
    PercentDistance,
    PositionValue,
    Price,
    PriceDistance,
    PriceField,
    RiskDistance,
    RiskSize,
    ScaleIn,
    Session,
    SessionTime,
    SessionValue,
    Side,
    StopOrder,
    StrategySpec,
    Streak,
    Then,
    Timeframe,
    TimeOfDay,
    TradingDay,
    TrailingStop,
    Unit,
    UnitSize,
    VolatilitySize,
    Within,
)
from backtest_engine.spec.operands import PositionMeasure

FIELDS: tuple[PriceField, ...] = get_args(PriceField)
TIMEFRAMES: tuple[Timeframe, ...] = get_args(Timeframe)
UNITS: tuple[Unit, ...] = get_args(Unit)
MEASURES: tuple[PositionMeasure, ...] = get_args(PositionMeasure)
INDICATORS = sorted(REGISTRY)
# In units of price, so that what is drawn trades now and then.
PRICES = ("sma", "ema", "highest", "lowest", "bollinger", "keltner")


def outputs_of(name: str) -> tuple[str | None, ...]:
    known = REGISTRY[name]
    return known.outputs if len(known.outputs) > 1 else (None,)


Call = tuple[str, str | None]
CALLS: list[Call] = [(name, output) for name in INDICATORS for output in outputs_of(name)]
PRICE_CALLS = [call for call in CALLS if call[0] in PRICES]
RELATIONS = (">", "<", ">=", "<=", "==")


def some(random: Random, value: Callable[[], Any], chance: float = 0.3) -> Any:
    """Return what is drawn, or None."""
    return value() if random.random() < chance else None


def shift(random: Random) -> int:
    return random.choice((0, 0, 0, 1, 2, 5))


def price(random: Random, *, longer: bool = True) -> Price:
    timeframe = some(random, lambda: random.choice(TIMEFRAMES), 0.25) if longer else None
    return Price(field=random.choice((*FIELDS, "close", "close")), shift=shift(random), timeframe=timeframe)


def indicator(random: Random, *, call: Call | None = None, depth: int = 2, longer: bool = True) -> Indicator:
    """Draw a call with small periods; its source may be anything that is a series."""
    name, output = call or random.choice(CALLS if random.random() < 0.85 else PRICE_CALLS)
    known = REGISTRY[name]
    parameters: dict[str, float] = {}
    for parameter in known.parameters:
        if parameter.integer:
            low = int(parameter.minimum)
            parameters[parameter.name] = random.randint(low, min(low + 9, int(parameter.maximum)))
        else:
            span = min(parameter.maximum, parameter.minimum + 3) - parameter.minimum
            parameters[parameter.name] = round(parameter.minimum + span * random.randint(1, 20) / 20, 4)
    timeframe = some(random, lambda: random.choice(TIMEFRAMES), 0.2 if depth == 2 else 0.5) if longer else None
    source = None
    if len(known.inputs) == 1 and depth and random.random() < 0.5:
        source = series(random, depth=depth - 1, longer=longer and timeframe is None)
    return Indicator(
        name=known.name,
        parameters=parameters,
        output=output,
        source=source,
        shift=shift(random),
        timeframe=timeframe,
        unit=some(random, lambda: random.choice(UNITS), 0.1) if timeframe is None else None,
    )


def series(random: Random, *, depth: int = 2, longer: bool = True) -> Operand:
    kind = random.random()
    if kind < 0.06 and longer:
        return session_value(random)
    if kind < 0.35 or not depth:
        return price(random, longer=longer)
    if kind < 0.75:
        return indicator(random, depth=depth, longer=longer)
    left, right = (series(random, depth=depth - 1, longer=longer) for _ in range(2))
    if random.random() < 0.3:
        right = Number(value=random.choice((0, 2, -1.5)))
    return Arithmetic(operator=random.choice("+-*/"), left=left, right=right)


def operand(random: Random) -> Operand:
    kind = random.random()
    if kind < 0.3:
        return Indicator(name="sma", parameters={"period": random.randint(2, 9)}, shift=shift(random))
    if kind < 0.5:
        return Price(field=random.choice(("open", "high", "low", "close")), shift=shift(random))
    return series(random)


def number(random: Random) -> Number:
    return Number(value=random.choice((0.0, 50.0, 100.0, 20.0, -20.0, round(random.uniform(-5, 120), 2))))


def position(random: Random) -> PositionValue:
    return PositionValue(measure=random.choice(MEASURES))


def compared(random: Random, *, held: bool) -> Condition:
    left, right = operand(random), operand(random) if random.random() < 0.75 else number(random)
    if held and random.random() < 0.5:
        measure = position(random)
        if measure.measure in ("profit_percent", "bars_held"):
            left, right = measure, Number(value=random.choice((-3.0, 0.0, 1.0, 2.0, 5.0)))
        else:
            left, right = (Price(), measure) if random.random() < 0.5 else (measure, Price(shift=shift(random)))
    if random.random() < 0.3:
        return Cross(left=left, direction=random.choice(("above", "below")), right=right)
    return Comparison(left=left, relation=random.choice(RELATIONS), right=right)


def session(random: Random) -> Session:
    hours = random.choice((("09:30", "16:00"), ("18:00", "17:00")))
    return Session(opens=hours[0], closes=hours[1], zone=random.choice(("America/New_York", "UTC")))


def session_time(random: Random) -> SessionTime:
    part: Any = random.choice(("first", "after", "last", "end"))
    return SessionTime(session=session(random), part=part, minutes=0 if part == "end" else random.choice((30, 60, 240)))


def session_value(random: Random) -> SessionValue:
    measure: Any = random.choice(("range_high", "range_low", "vwap"))
    return SessionValue(session=session(random), measure=measure, minutes=0 if measure == "vwap" else 60)


def date(random: Random) -> Condition:
    kinds: tuple[Callable[[], Condition], ...] = (
        lambda: OnWeekday(days=tuple(random.sample(WEEKDAYS[:5], random.randint(1, 3)))),
        lambda: InMonth(months=tuple(random.sample(range(1, 13), random.randint(1, 6)))),
        lambda: MonthDay(day=random.randint(1, 31)),
        lambda: TradingDay(
            period=random.choice(("week", "month", "quarter", "year")),
            ordinal=random.choice((-5, -3, -2, -1, 1, 2, 3, 5)),
        ),
        lambda: TimeOfDay(start=random.choice(("00:00", "09:30", "14:00")), end=random.choice(("11:00", "16:05"))),
        lambda: TimeOfDay(start="09:30", end="15:00", zone="America/New_York"),
        lambda: session_time(random),
        lambda: session_time(random),
        lambda: Always(),
    )
    return random.choice(kinds)()


def condition(random: Random, *, held: bool = False, depth: int = 2) -> Condition:
    kind = random.random()
    if kind < 0.45 or not depth:
        return compared(random, held=held) if random.random() < 0.8 else date(random)
    inner = lambda: condition(random, held=held, depth=depth - 1)  # noqa: E731
    several = lambda: tuple(inner() for _ in range(random.randint(2, 3)))  # noqa: E731
    kinds: tuple[Callable[[], Condition], ...] = (
        lambda: All(conditions=several()),
        lambda: AnyOf(conditions=several()),
        lambda: AnyOf(conditions=several()),
        lambda: Not(condition=inner()),
        lambda: Streak(condition=inner(), bars=random.randint(1, 4), unit=some(random, lambda: random.choice(UNITS))),
        lambda: Within(condition=inner(), bars=random.randint(1, 5)),
        lambda: Often(condition=inner(), times=2, bars=random.randint(2, 5)),
        lambda: Then(first=inner(), then=inner(), bars=random.randint(1, 5)),
        lambda: Ago(condition=inner(), bars=random.randint(1, 4)),
    )
    return random.choice(kinds)()


def distance(random: Random) -> Any:
    kinds: tuple[Callable[[], Any], ...] = (
        lambda: PercentDistance(percent=random.choice((0.5, 1.0, 2.5, 7.0))),
        lambda: PriceDistance(amount=random.choice((0.5, 2.0, 6.0))),
        lambda: AtrDistance(multiple=random.choice((0.5, 1.0, 3.0)), period=random.randint(1, 10)),
    )
    return random.choice(kinds)()


def level(random: Random, *, above: bool) -> Level:
    field: PriceField = "high" if above else "low"
    kinds: tuple[Callable[[], Operand], ...] = (
        lambda: Price(field=field, shift=random.randint(0, 3)),
        lambda: Indicator(name="highest" if above else "lowest", parameters={"period": 5}, shift=random.randint(0, 2)),
        lambda: Arithmetic(
            operator="+" if above else "-",
            left=Price(),
            right=Indicator(name="atr", parameters={"period": 5}, shift=random.randint(0, 2)),
        ),
        lambda: operand(random),
    )
    return Level(at=random.choice(kinds)())


def order(random: Random, *, long: bool) -> Any:
    if random.random() < 0.5:
        return MarketOrder()
    limit = random.random() < 0.5
    at = level(random, above=limit != long).at
    return (LimitOrder if limit else StopOrder)(at=at, bars=random.choice((1, 1, 2, 3, 5)))


def side(random: Random, *, long: bool) -> Side:
    """Draw one side that ends somehow."""
    stop = some(random, lambda: distance(random) if random.random() < 0.7 else level(random, above=not long), 0.5)

    def gain(stopped: bool) -> Any:
        if stopped and random.random() < 0.5:
            return RiskDistance(multiple=random.choice((0.5, 1.0, 2.0)))
        return distance(random)

    trailing = some(
        random,
        lambda: TrailingStop(
            distance=distance(random),
            anchor=random.choice(("close", "high")),
            trigger=random.choice(("touch", "close")),
            begins=some(random, lambda: gain(stop is not None), 0.4),
        ),
    )
    trails = trailing is not None and trailing.trigger == "touch" and not trailing.begins
    stopped = stop is not None or trails
    parts = some(random, lambda: [PartialExit(portion=0.5, after=gain(stopped)) for _ in range(random.randint(1, 2))])
    return Side(
        entry=condition(random),
        exit=some(random, lambda: condition(random, held=True), 0.8),
        order=order(random, long=long),
        stop_loss=stop,
        take_profit=some(random, lambda: gain(stopped) if random.random() < 0.7 else level(random, above=long), 0.4),
        trailing_stop=trailing,
        break_even=some(random, lambda: BreakEven(after=gain(stopped))),
        partial_exits=tuple(parts or ()),
        max_bars=some(random, lambda: random.randint(1, 20)),
    )


def scaling(random: Random) -> ScaleIn:
    how: Any = random.choice(("against", "with"))
    return ScaleIn(distance=distance(random), direction=how)


def sizing(random: Random) -> Any:
    kinds: tuple[Callable[[], Any], ...] = (
        lambda: FractionSize(fraction=1.0),
        lambda: FractionSize(fraction=random.choice((0.1, 0.25, 0.5)), of=random.choice(("equity", "available"))),
        lambda: UnitSize(units=random.randint(1, 50)),
        lambda: CashSize(amount=random.choice((50.0, 2500.5))),
        lambda: VolatilitySize(target=random.choice((0.05, 0.5)), period=random.randint(2, 9), cap=0.6),
        lambda: KellySize(cap=0.4, start=0.2, trades=random.randint(2, 5)),
        lambda: RiskSize(fraction=random.choice((0.01, 0.025))),
    )
    return random.choice(kinds)()


def spec(seed: int) -> StrategySpec:
    """Draw a whole strategy that its own validation accepts; calls of the indicators come in turn, seed by seed."""
    random = Random(seed)
    while True:
        long, short = random.choice(((True, False), (False, True), (True, True), (True, True)))
        try:
            return StrategySpec(
                long=featuring(random, seed, side(random, long=True)) if long else None,
                short=featuring(random, seed, side(random, long=False)) if short else None,
                sizing=sizing(random),
                max_entries=random.choice((1, 1, 1, 2, 4)),
                cool_down=some(
                    random,
                    lambda: CoolDown(bars=random.randint(1, 12), after=random.choice(("exit", "loss"))),
                    0.2,
                ),
                scale_in=some(random, lambda: scaling(random), 0.15),
                reverse=long and short and random.random() < 0.5,
            )
        except ValidationError:
            continue


def featuring(random: Random, seed: int, drawn: Side) -> Side:
    """Add conditions on four indicators, so that each of them has its turn."""
    wanted: list[Condition] = []
    for place in range(4 * seed, 4 * seed + 4):
        call = indicator(random, call=CALLS[place % len(CALLS)])
        before = call.model_copy(update={"shift": call.shift + random.randint(1, 2)})
        wanted.append(Comparison(left=call, relation=random.choice((">=", "<", "<=")), right=before))
    either = AnyOf(conditions=(drawn.entry, *wanted))
    every = All(conditions=(AnyOf(conditions=tuple(wanted)), drawn.entry))
    return drawn.model_copy(update={"entry": either if random.random() < 0.5 else every})


def walk(seed: int, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Return a random walk on a coarse grid, with bars that do not move: ties and zero ranges occur."""
    rng = np.random.default_rng(seed)
    count = len(index)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.015, count))), 1)
    opened = np.round(np.append(close[0], close[:-1]) * (1 + rng.normal(0, 0.003, count)), 1)
    high = np.round(np.maximum(opened, close) + abs(rng.normal(0, 0.6, count)), 1)
    low = np.round(np.minimum(opened, close) - abs(rng.normal(0, 0.6, count)), 1)
    still = rng.random(count) < 0.04
    high, low, opened = (np.where(still, close, values) for values in (high, low, opened))
    volume = np.where(rng.random(count) < 0.05, 0, rng.integers(1_000, 9_000, count)).astype(float)
    return pd.DataFrame({"Open": opened, "High": high, "Low": low, "Close": close, "Volume": volume}, index=index)


def sessions(start: str, days: int) -> pd.DatetimeIndex:
    """Return the hours of New York's trading days, in UTC."""
    dates = pd.bdate_range(start, periods=days)
    return pd.DatetimeIndex(
        [day + pd.Timedelta(hours=14, minutes=30) + pd.Timedelta(hours=h) for day in dates for h in range(7)]
    )


BARS = (
    walk(1, pd.bdate_range("2020-11-02", periods=260)),
    walk(2, sessions("2021-01-04", 40)),
    walk(3, pd.date_range("2021-05-03", periods=270, freq="4h")),
)


PLACES = (
    "stop_loss",
    "take_profit",
    "trailing_stop",
    "break_even",
    "partial_exits",
    "begins",
    "order",
    "sizing",
    "cool_down",
    "scale_in",
    "source",
)


def kinds(root: Part, path: str = "") -> Iterator[str]:
    """Yield what kinds of parts a specification is made of, as in `stop_loss atr` or `indicator:macd.signal`."""
    kind = getattr(root, "kind", type(root).__name__)
    yield f"{path}{kind}"
    yield from _features(root, f"{path}{kind}")
    for name in type(root).model_fields:
        value = getattr(root, name)
        if isinstance(value, str) and name not in ("kind", "schema_version", "name", "output"):
            yield f"{path}{kind} {name}:{value}"
        inside = f"{name} " if name in ("source", "begins") else path or (f"{name} " if name in PLACES else "")
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Part):
                yield from kinds(item, inside)


def _features(part: Part, path: str) -> Iterator[str]:
    match part:
        case Indicator():
            yield f"indicator:{part.name}.{part.output}"
        case Ago(condition=AnyOf()):
            yield "ago of any"
        case Side() if part.max_bars is not None:
            yield "max_bars"
        case StrategySpec() if part.max_entries > 1:
            yield "reverse with several entries" if part.reverse else "several entries"
        case StrategySpec() if part.reverse:
            yield "reverse"
    if isinstance(part, Price | Indicator):
        yield f"{path} shifted:{part.shift > 0}"
        if part.timeframe is None:
            yield f"{path} timeframe:None"


KINDS = (
    *(f"indicator:{name}.{output}" for name in INDICATORS for output in outputs_of(name)),
    *(
        f"{where}{what} timeframe:{timeframe}"
        for where in ("", "source ")
        for what in ("price", "indicator")
        for timeframe in (None, *TIMEFRAMES)
    ),
    *(f"{where}price field:{field}" for where in ("", "source ") for field in FIELDS),
    *(f"{where}arithmetic operator:{operator}" for where in ("", "source ") for operator in "+-*/"),
    *("indicator shifted:True", "source indicator shifted:True", "source price shifted:True"),
    *(f"position measure:{measure}" for measure in MEASURES),
    *(f"compare relation:{relation}" for relation in RELATIONS),
    *("cross direction:above", "cross direction:below", "all", "any", "not", "streak", "within", "ago", "always"),
    *(f"{what} unit:{unit}" for what in ("indicator", "streak") for unit in UNITS),
    *(f"session_time part:{part}" for part in ("first", "after", "last", "end")),
    *(f"session_value measure:{measure}" for measure in ("range_high", "range_low", "vwap")),
    *("time_of_day zone:America/New_York", "source session_value"),
    *("often", "then", "weekday", "month", "month_day", "time_of_day", "ago of any"),
    *(f"trading_day period:{period}" for period in ("week", "month", "quarter", "year")),
    *(f"stop_loss {kind}" for kind in ("percent", "price", "atr", "level")),
    *(f"take_profit {kind}" for kind in ("percent", "price", "atr", "risk", "level")),
    *(f"trailing_stop {kind}" for kind in ("percent", "price", "atr")),
    *(f"break_even {kind}" for kind in ("percent", "price", "atr", "risk")),
    *(f"partial_exits {kind}" for kind in ("percent", "price", "atr", "risk")),
    *(f"begins {kind}" for kind in ("percent", "price", "atr", "risk")),
    *(f"scale_in {kind}" for kind in ("percent", "price", "atr")),
    *("scale_in ScaleIn direction:against", "scale_in ScaleIn direction:with"),
    *("order market", "order limit", "order stop", "max_bars"),
    *(f"trailing_stop TrailingStop {how}" for how in ("anchor:close", "anchor:high", "trigger:touch", "trigger:close")),
    *(f"sizing {kind}" for kind in ("fraction", "units", "cash", "risk", "volatility", "kelly")),
    *("sizing fraction of:equity", "sizing fraction of:available", "cool_down CoolDown after:exit"),
    *("cool_down CoolDown after:loss", "several entries", "reverse", "reverse with several entries"),
)
