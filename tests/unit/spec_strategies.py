"""Specifications that hypothesis draws."""

from hypothesis import reject
from hypothesis import strategies as st
from pydantic import ValidationError

from backtest_engine.indicators import REGISTRY
from backtest_engine.spec import (
    WEEKDAYS,
    Ago,
    All,
    AnyOf,
    Arithmetic,
    AtrDistance,
    BreakEven,
    CashSize,
    Comparison,
    CoolDown,
    Cross,
    FractionSize,
    Indicator,
    InMonth,
    Level,
    LimitOrder,
    MarketOrder,
    MonthDay,
    Not,
    Number,
    OnWeekday,
    PercentDistance,
    PositionValue,
    Price,
    PriceDistance,
    RiskDistance,
    RiskSize,
    Side,
    StopOrder,
    StrategySpec,
    Streak,
    TimeOfDay,
    TradingDay,
    TrailingStop,
    UnitSize,
    Within,
)

# The typical price and its like are read as prices, and math functions are not spoken of.
UNSPOKEN = ("average_price", "median_price", "typical_price")
INDICATORS = sorted(name for name, known in REGISTRY.items() if known.group != "math" and name not in UNSPOKEN)
COLUMNS = ("open", "high", "low", "close", "volume")

decimals = st.integers(1, 9_999).map(lambda n: n / 100)
shifts = st.sampled_from([0, 0, 0, 1, 2, 5])
timeframes = st.sampled_from([None, None, None, "week", "month"])
numbers = st.one_of(st.integers(-200, 200).map(float), decimals).map(lambda n: Number(value=n))
prices = st.builds(Price, field=st.sampled_from([*COLUMNS, "hl2", "hlc3"]), shift=shifts)
longer_prices = st.builds(
    Price, field=st.sampled_from(COLUMNS), shift=shifts, timeframe=st.sampled_from(["week", "month"])
)


@st.composite
def indicators(draw: st.DrawFn, *, nested: bool = True) -> Indicator:
    """Draw a call of any registered indicator with parameters inside their ranges."""
    known = REGISTRY[draw(st.sampled_from(INDICATORS))]
    parameters: dict[str, float] = {}
    for parameter in known.parameters:
        if parameter.integer:
            low = int(parameter.minimum)
            parameters[parameter.name] = draw(st.integers(low, min(low + 40, int(parameter.maximum))))
        else:
            span = min(parameter.maximum, parameter.minimum + 5) - parameter.minimum
            parameters[parameter.name] = round(parameter.minimum + span * draw(st.integers(1, 20)) / 20, 4)
    output = draw(st.sampled_from(known.outputs)) if len(known.outputs) > 1 else None
    source = None
    if len(known.inputs) == 1 and nested and draw(st.booleans()):
        inner = indicators(nested=False).map(lambda value: value.model_copy(update={"shift": 0, "timeframe": None}))
        source = draw(st.one_of(st.sampled_from(COLUMNS[:3]).map(lambda name: Price(field=name)), inner))
    timeframe = draw(timeframes) if source is None else None
    return Indicator(
        name=known.name, parameters=parameters, output=output, source=source, shift=draw(shifts), timeframe=timeframe
    )


values = st.one_of(prices, indicators(), longer_prices)
operands = st.one_of(
    values,
    st.builds(Arithmetic, operator=st.sampled_from("+-*/"), left=values, right=values),
    st.builds(Arithmetic, operator=st.just("*"), left=decimals.map(lambda n: Number(value=n)), right=values),
)
relations = st.sampled_from([">", "<", ">=", "<=", "=="])
dates = st.one_of(
    st.builds(
        OnWeekday,
        days=st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True).map(
            lambda days: tuple(sorted(days, key=WEEKDAYS.index))
        ),
    ),
    st.builds(
        InMonth,
        months=st.lists(st.integers(1, 12), min_size=1, max_size=3, unique=True).map(
            lambda months: tuple(sorted(months))
        ),
    ),
    st.builds(MonthDay, day=st.integers(1, 31)),
    st.builds(
        TradingDay,
        period=st.sampled_from(["week", "month", "quarter", "year"]),
        ordinal=st.integers(-5, 5).filter(bool),
    ),
    st.builds(TimeOfDay, start=st.sampled_from(["00:00", "09:30", "14:00"]), end=st.sampled_from(["11:00", "16:05"])),
)
compared = st.builds(Comparison, left=operands, relation=relations, right=st.one_of(operands, numbers))
simple = st.one_of(
    compared,
    st.builds(Cross, left=values, direction=st.sampled_from(["above", "below"]), right=st.one_of(values, numbers)),
    dates,
)
repeated = st.one_of(
    simple,
    st.builds(Not, condition=simple),
    st.builds(Streak, condition=st.one_of(compared, dates), bars=st.integers(2, 6)),
    st.builds(Within, condition=simple, bars=st.integers(2, 9)),
    st.builds(Ago, condition=simple, bars=st.integers(1, 5)),
)
lists = st.lists(repeated, min_size=2, max_size=3).map(tuple)
conditions = st.one_of(
    repeated,
    st.builds(All, conditions=lists),
    st.builds(AnyOf, conditions=lists),
    st.builds(
        All,
        conditions=st.tuples(
            repeated, st.builds(AnyOf, conditions=st.lists(simple, min_size=2, max_size=2).map(tuple))
        ),
    ),
)
held = st.builds(
    Comparison,
    left=prices,
    relation=st.sampled_from(["<", ">="]),
    right=st.sampled_from(["highest_close", "entry_price", "lowest_low", "profit_percent", "bars_held"]).map(
        lambda name: PositionValue(measure=name)
    ),
)
percents = st.builds(PercentDistance, percent=decimals.filter(lambda n: n < 90))
amounts = st.builds(PriceDistance, amount=decimals)
ranges = st.builds(AtrDistance, multiple=decimals.filter(lambda n: n < 20), period=st.integers(2, 40))
distances = st.one_of(percents, amounts, ranges)
levels = st.builds(Level, at=st.one_of(prices, indicators()))
trails = st.builds(
    TrailingStop,
    distance=distances,
    anchor=st.sampled_from(["close", "high"]),
    trigger=st.sampled_from(["touch", "close"]),
)


def maybe(strategy: st.SearchStrategy) -> st.SearchStrategy:
    return st.one_of(st.none(), strategy)


@st.composite
def sides(draw: st.DrawFn) -> Side:
    """Draw one side that ends somehow."""
    stop = draw(maybe(st.one_of(distances, levels)))
    trailing = draw(maybe(trails))
    stopped = stop is not None or (trailing is not None and trailing.trigger == "touch")
    gains = [distances, *([st.builds(RiskDistance, multiple=decimals)] if stopped else [])]
    target = draw(maybe(st.one_of(*gains, levels)))
    waiting = st.one_of(
        st.just(MarketOrder()),
        st.just(MarketOrder()),
        st.builds(LimitOrder, at=values, bars=st.integers(1, 3)),
        st.builds(StopOrder, at=values, bars=st.integers(1, 3)),
    )
    return Side(
        entry=draw(conditions),
        exit=draw(st.one_of(conditions, held)),
        order=draw(waiting),
        stop_loss=stop,
        take_profit=target,
        trailing_stop=trailing,
        break_even=draw(maybe(st.builds(BreakEven, after=st.one_of(*gains)))),
        max_bars=draw(maybe(st.integers(1, 30))),
    )


@st.composite
def specs(draw: st.DrawFn) -> StrategySpec:
    """Draw a whole strategy that its own validation accepts."""
    for _ in range(60):
        long, short = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
        sizing = draw(
            st.one_of(
                st.just(FractionSize(fraction=1.0)),
                st.builds(
                    FractionSize,
                    fraction=st.sampled_from([0.1, 0.25, 0.5]),
                    of=st.sampled_from(["equity", "available"]),
                ),
                st.builds(UnitSize, units=st.integers(1, 500)),
                st.builds(CashSize, amount=st.sampled_from([500.0, 2500.5])),
                st.builds(RiskSize, fraction=st.sampled_from([0.01, 0.025])),
            )
        )
        try:
            return StrategySpec(
                long=draw(sides()) if long else None,
                short=draw(sides()) if short else None,
                sizing=sizing,
                max_entries=draw(st.sampled_from([1, 1, 3])),
                cool_down=draw(
                    maybe(st.builds(CoolDown, bars=st.integers(1, 20), after=st.sampled_from(["exit", "loss"])))
                ),
                reverse=long and short and draw(st.booleans()),
            )
        except ValidationError:
            continue
    return reject()
