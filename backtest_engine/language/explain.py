"""A specification told back in English that reads as the same specification."""

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.prices import IBS, RANGE
from backtest_engine.registry import Indicator as Known
from backtest_engine.registry import Parameter
from backtest_engine.spec import (
    MONTHS,
    Ago,
    All,
    Always,
    AnyOf,
    Arithmetic,
    AtrDistance,
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
    PercentDistance,
    PositionValue,
    Price,
    PriceDistance,
    RiskDistance,
    RiskSize,
    Session,
    SessionTime,
    SessionValue,
    Side,
    Sizing,
    StrategySpec,
    Streak,
    Then,
    TimeOfDay,
    TradingDay,
    TrailingStop,
    Unit,
    UnitSize,
    VolatilitySize,
    Within,
)

RELATIONS = {">": "is above", "<": "is below", ">=": "is at least", "<=": "is at most", "==": "is equal to"}
FIELDS = {"hl2": "median price", "hlc3": "typical price", "ohlc4": "ohlc4"}
TIMEFRAMES = {"hour": "hourly", "4hour": "4h", "day": "daily", "week": "weekly", "month": "monthly"}
MEASURES = {
    "entry_price": "the entry price",
    "bars_held": "the number of bars held",
    "profit_percent": "the open profit percent",
    "highest_close": "the highest close since entry",
    "lowest_close": "the lowest close since entry",
    "highest_high": "the highest high since entry",
    "lowest_low": "the lowest low since entry",
}


def explain(spec: StrategySpec) -> str:
    """Return two sentences: what opens and closes positions; how they are protected and sized."""
    return f"{_capital('; '.join(_rules(spec)))}. {_capital('; '.join(_terms(spec)))}."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _rules(spec: StrategySpec) -> list[str]:
    rules = []
    for name, side in spec.sides.items():
        if isinstance(side.entry, Always) and isinstance(side.order, MarketOrder) and name == "long":
            rules.append("buy and hold")
        else:
            opening = "buy" if name == "long" else "go short"
            rules.append(f"{opening}{_order(side)} when {condition(side.entry)}")
        if side.exit is not None:
            rules.append(f"{'close long' if name == 'long' else 'cover short'} when {condition(side.exit)}")
    return rules


def _order(side: Side) -> str:
    if isinstance(side.order, MarketOrder):
        return ""
    kind = "a limit order" if isinstance(side.order, LimitOrder) else "a stop order"
    return f" with {kind} at {operand(side.order.at)} valid for {_bars(side.order.bars, side.order.unit)}"


def _terms(spec: StrategySpec) -> list[str]:
    terms = []
    sides = spec.sides
    trails = [side.trailing_stop for side in sides.values()]
    both = len(sides) == 2 and trails[0] == trails[1]
    best = {"long": "best" if both else "highest", "short": "best" if both else "lowest"}
    ends = {name: _protection(side, reverse=spec.reverse, best=best[name]) for name, side in sides.items()}
    same = len(sides) == 2 and len({tuple(lines) for lines in ends.values()}) == 1
    for name, lines in ends.items():
        if same and name == "short":
            continue
        terms += lines if same or len(sides) == 1 else [f"{line} for {name}s" for line in lines]
    terms += _account(spec)
    return terms


def _protection(side: Side, *, reverse: bool, best: str) -> list[str]:
    lines = []
    if side.stop_loss is not None:
        lines.append(f"stop loss {distance(side.stop_loss)}")
    if side.take_profit is not None:
        lines.append(f"take profit {distance(side.take_profit)}")
    if side.trailing_stop is not None:
        lines.append(_trailing(side.trailing_stop, best))
    if side.break_even is not None:
        lines.append(f"move the stop to break even at {distance(side.break_even.after)} profit")
    lines += [f"close {number(round(100 * p.portion, 10))} % at {distance(p.after)} profit" for p in side.partial_exits]
    if side.max_bars is not None:
        lines.append(f"hold for {_bars(side.max_bars, side.max_bars_unit)}")
    if _only_stopped(side) and not reverse:
        lines.append("no other exit")
    return lines


def _only_stopped(side: Side) -> bool:
    others = (side.exit, side.take_profit, side.trailing_stop, side.max_bars)
    return side.stop_loss is not None and all(other is None for other in others)


def _trailing(trailing: TrailingStop, best: str) -> str:
    extremes = {"highest": "high", "lowest": "low", "best": "price"}
    anchor = "close" if trailing.anchor == "close" else extremes[best]
    return (
        f"trailing stop {distance(trailing.distance)} from the {best} {anchor}"
        + (" at the close" if trailing.trigger == "close" else "")
        + (f" once {distance(trailing.begins)} ahead" if trailing.begins else "")
    )


def _account(spec: StrategySpec) -> list[str]:
    terms = [size(spec.sizing)]
    if spec.max_entries > 1:
        terms.append(f"up to {spec.max_entries} open entries")
    if spec.scale_in is not None:
        terms.append(f"add every {distance(spec.scale_in.distance)} {spec.scale_in.direction} the position")
    if spec.cool_down is not None:
        terms.append(_pause(spec.cool_down))
    if spec.reverse:
        terms.append("stop and reverse")
    elif "short" not in spec.sides:
        terms.append("long only")
    elif "long" not in spec.sides:
        terms.append("short only")
    return terms


def _pause(pause: CoolDown) -> str:
    return f"wait {_bars(pause.bars, pause.unit)} after {'a loss' if pause.after == 'loss' else 'an exit'}"


def size(value: Sizing) -> str:
    """Return how much each position takes."""
    match value:
        case FractionSize(fraction=1):
            return "all in"
        case FractionSize(fraction=fraction, of=of):
            whole = "equity" if of == "equity" else "available cash"
            return f"{number(round(100 * fraction, 10))} % of {whole} per trade"
        case UnitSize(units=units):
            return f"{units} unit{'s' if units > 1 else ''} per trade"
        case CashSize(amount=amount):
            return f"${number(amount)} per trade"
        case VolatilitySize() as size:
            most = f" at most {number(round(100 * size.cap, 10))} % of equity" if size.cap < 1 else ""
            year = f"{size.period} {size.unit or 'bar'}s, {size.bars_a_year} bars a year"
            return f"volatility target {number(round(100 * size.target, 10))} % a year over {year}{most}"
        case KellySize() as size:
            least = f"{number(round(100 * size.start, 10))} % for the first {size.trades} trades"
            most = f"at most {number(round(100 * size.cap, 10))} % of equity"
            return f"{number(size.multiple)} times Kelly, {most}, {least}"
        case RiskSize(fraction=fraction):
            return f"risk {number(round(100 * fraction, 10))} % of equity per trade"


def distance(value: PercentDistance | PriceDistance | AtrDistance | RiskDistance | Level) -> str:
    """Return how far a stop or target is away."""
    match value:
        case PercentDistance():
            return f"{number(value.percent)} %"
        case PriceDistance():
            return f"{number(value.amount)} points"
        case AtrDistance():
            return f"{number(value.multiple)} ATR({value.period}{_spoken(value.unit)})"
        case RiskDistance():
            return f"{number(value.multiple)} times risk"
        case Level():
            return f"at {operand(value.at)}"


def condition(value: Condition) -> str:
    """Return a condition in words."""
    match value:
        case Comparison(left=Indicator(name="heikin_ashi") as candle) if _colour(value):
            return f"the Heikin Ashi candle{_ago(candle)} is {_colour(value)}"
        case Comparison():
            return f"{operand(value.left)} {RELATIONS[value.relation]} {operand(value.right)}"
        case Cross():
            return f"{operand(value.left)} crosses {value.direction} {operand(value.right)}"
        case All():
            return " and ".join(_grouped(part) for part in value.conditions)
        case AnyOf():
            return " or ".join(_grouped(part) for part in value.conditions)
        case Not():
            return f"not ({condition(value.condition)})"
        case Streak() | Within() | Often() | Then() | Ago():
            return _over_bars(value)
        case Always():
            return "on every bar"
    return _date(value)


def _over_bars(value: Streak | Within | Often | Then | Ago) -> str:
    match value:
        case Streak():
            return f"({condition(value.condition)}) for {_bars(value.bars, value.unit)} in a row"
        case Within():
            return f"({condition(value.condition)}) within the last {_bars(value.bars, value.unit)}"
        case Often():
            return f"({condition(value.condition)}) on {value.times} of the last {_bars(value.bars, value.unit)}"
        case Then():
            then = f"then within {_bars(value.bars, value.unit)} ({condition(value.then)})"
            return f"first ({condition(value.first)}), {then}"
        case Ago():
            return f"({condition(value.condition)}) {_bars(value.bars, value.unit)} ago"


def _colour(value: Comparison) -> str:
    """Return the colour of the Heikin Ashi candle that a comparison of its close and open asks for, or nothing."""
    close, opened = value.left, value.right
    if not isinstance(close, Indicator) or not isinstance(opened, Indicator):
        return ""
    if (close.output, opened.output) != ("close", "open") or opened.model_copy(update={"output": "close"}) != close:
        return ""
    return {">": "green", "<": "red"}.get(value.relation, "") if close.timeframe is None else ""


def _grouped(part: Condition) -> str:
    text = condition(part)
    return f"({text})" if isinstance(part, All | AnyOf) else text


def _date(value: OnWeekday | InMonth | MonthDay | TradingDay | TimeOfDay | SessionTime) -> str:
    match value:
        case OnWeekday():
            return f"it is {' or '.join(day.capitalize() for day in value.days)}"
        case InMonth():
            return f"it is in {' or '.join(MONTHS[month - 1].capitalize() for month in value.months)}"
        case MonthDay():
            return f"it is day {value.day} of the month or the next trading day"
        case TradingDay():
            return f"it is trading day {value.ordinal} of the {value.period}"
        case TimeOfDay():
            return f"the time is between {value.start} and {value.end}{f' in {value.zone}' if value.zone else ''}"
        case SessionTime(part="end"):
            return f"{_hours(value.session)} is about to end"
        case SessionTime():
            where = "more than {} minutes into" if value.part == "after" else f"in the {value.part} {{}} minutes of"
            return f"it is {where.format(value.minutes)} {_hours(value.session)}"


def _hours(session: Session) -> str:
    return f"the session from {session.opens} to {session.closes} in {session.zone}"


def _of_session(value: SessionValue) -> str:
    if value.measure == "vwap":
        return f"the VWAP since the open of {_hours(value.session)}"
    end = value.measure.removeprefix("range_")
    return f"the {end} of the first {value.minutes} minutes of {_hours(value.session)}"


def operand(value: Operand) -> str:
    """Return a value in words."""
    match value:
        case Number():
            return number(value.value)
        case Price():
            frame = f"{TIMEFRAMES[value.timeframe]} " if value.timeframe else ""
            return f"the {frame}{FIELDS.get(value.field, value.field)}{_ago(value)}"
        case Indicator():
            return _indicator(value)
        case SessionValue():
            return _of_session(value)
        case Arithmetic() if value == RANGE:
            return "the range"
        case Arithmetic() if value == IBS:
            return "the IBS"
        case Arithmetic():
            return f"({operand(value.left)} {value.operator} {operand(value.right)})"
        case PositionValue():
            return MEASURES[value.measure]


def _indicator(value: Indicator) -> str:
    known = REGISTRY[value.name]
    frame = f"{TIMEFRAMES[value.timeframe]} " if value.timeframe else ""
    numbers = ", ".join(_parameter(parameter, value.parameters[parameter.name]) for parameter in told(known, value))
    name = _name(known)
    call = f"{name}({numbers}{_spoken(value.unit)})" if numbers else name
    output = f" {value.output.replace('_', ' ')}" if value.output else ""
    source = f" of {operand(value.source)}" if value.source is not None else ""
    if value.source is None and value.name in ("highest", "lowest"):
        source = " of the close"
    return f"{frame}{call}{output}{source}{_ago(value)}"


def told(known: Known, value: Indicator) -> list[Parameter]:
    """Return the parameters that are said: all but the kinds of average, which are named when they are unusual."""
    usual = [parameter for parameter in known.parameters if not parameter.name.endswith("ma_type")]
    kinds = [parameter for parameter in known.parameters if parameter.name.endswith("ma_type")]
    return usual + [parameter for parameter in kinds if value.parameters[parameter.name] != parameter.default]


def _parameter(parameter: Parameter, value: float) -> str:
    named = parameter.name.endswith("ma_type")
    return f"{parameter.name.replace('_', ' ')} {number(value)}" if named else number(value)


def _name(known: Known) -> str:
    """Return the name that no other indicator's words begin with."""
    if known.group == "candles":
        return next((alias for alias in known.aliases if alias.endswith("pattern")), known.aliases[0]).upper()
    return known.name.upper().replace("_", " ")


def _ago(value: Price | Indicator) -> str:
    if not value.shift:
        return ""
    frame = f"{TIMEFRAMES[value.timeframe]} " if value.timeframe else ""
    return f" {value.shift} {frame}{value.unit or 'bar'}{'s' if value.shift > 1 else ''} ago"


def _bars(bars: int, unit: Unit | None) -> str:
    return f"{bars} {unit or 'bar'}" + ("s" if bars != 1 else "")


def _spoken(unit: Unit | None) -> str:
    return f" {unit}s" if unit else ""


def number(value: float) -> str:
    """Return a number in digits, without an exponent."""
    if float(value).is_integer():
        return str(int(value))
    text = f"{value:.12f}".rstrip("0")
    return text if float(text) == value else f"{value!r}"
