"""Reading indicators with their numbers, in the many orders that people write them."""

from dataclasses import dataclass, field

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.prices import BEFORE_THIS, IBS, RANGE
from backtest_engine.language.reader import Reader
from backtest_engine.registry import Indicator as Known
from backtest_engine.registry import Parameter
from backtest_engine.spec import Indicator, Operand, Price, Timeframe

MAX_PARAMETERS = 8
BARS_IN = {"bar": 1, "day": 1, "week": 5, "month": 21, "year": 252}
AVERAGES = frozenset(["sma", "ema", "wma", "hma", "rma", "dema", "tema", "kama", "vwma", "zlema", "trima", "t3"])
# What people call a parameter, when they say its name.
PARAMETER_WORDS = {
    "period": ("period", "length", "lookback", "window", "n"),
    "fast": ("fast", "short"),
    "slow": ("slow", "long"),
    "signal": ("signal",),
    "deviations": (
        "deviation",
        "deviations",
        "sd",
        "stdev",
        "std",
        "standard",
        "stddev",
        "sigma",
        "mult",
        "multiplier",
    ),
    "multiple": ("multiplier", "multiple", "mult", "factor"),
    "multiplier": ("multiplier", "multiple", "mult", "factor"),
}


@dataclass
class Call:
    """An indicator while it is being read."""

    name: str = ""
    output: str | None = None
    numbers: list[float] = field(default_factory=list)
    named: dict[str, float] = field(default_factory=dict)
    timeframe: Timeframe | None = None
    unit: str | None = None
    source: Operand | None = None
    shift: int = 0


def indicator(r: Reader) -> Indicator | None:
    """Read an indicator, or an output of one that was named before."""
    value: Indicator | None = r.first(_called, _output_of_the_last)
    if value is not None:
        _remember(r, value)
    return value


def is_average(value: Operand) -> bool:
    """Whether a value is a moving average."""
    return isinstance(value, Indicator) and value.name in AVERAGES


def _remember(r: Reader, value: Indicator) -> None:
    plain = value.model_copy(update={"shift": 0})
    if plain not in r.context.indicators:
        r.context.indicators.append(plain)


def _called(r: Reader) -> Indicator | None:
    call = Call()
    start = r.place
    named = r.peek("IND")  # as in `slow stochastic`
    pace = "" if named else next((word for word in ("fast", "slow", "faster", "slower") if r.sign(word)), "")
    while not r.peek("IND") and r.first(lambda r: _prefix(r, call)):
        pass
    match = r.take("IND")
    if match is None:
        return None
    call.name, output = match.value
    if call.name == "returns" and r.at("to"):
        return None  # `the price returns to the middle band`
    if call.name in ("highest", "lowest") and not r.at("("):
        return None
    call.output = output or call.output
    if pace and call.name not in AVERAGES:
        return None
    while r.first(lambda r: _suffix(r, call)):
        pass
    if pace and not call.numbers and not call.named:
        return _by_pace(r, call, pace, start)
    return complete(r, call, start)


def _by_pace(r: Reader, call: Call, pace: str, start: int) -> Indicator | None:
    """Read `the fast MA` as the shorter of the two averages that were named before."""
    known = sorted((v for v in r.context.indicators if v.name in AVERAGES), key=lambda v: v.parameters["period"])
    if len(known) == 2:
        return known[0] if pace.startswith("fast") else known[1]
    r.ask(f"How many bars is the {pace} average?", f"period of the {pace} average", start)
    return Indicator(name=call.name, parameters={"period": 2 if pace.startswith("fast") else 3})


def _prefix(r: Reader, call: Call) -> bool | None:
    frame = r.take("TIMEFRAME")
    if frame and call.timeframe is None:
        call.timeframe = frame.value
        return True
    if not call.numbers:
        numbers = _numbers(r)
        if numbers:
            call.numbers = numbers
            if not r.take("UNIT", "bar", "day"):
                _longer_unit(r, call)
            return True
    if call.output is None and (match := r.take("OUTPUT")):
        call.output = match.value
        r.sign("of")
        return True
    volume = r.take("PRICE", "volume")
    if volume and call.source is None:
        call.source = Price(field="volume")
        return True
    return None


def _longer_unit(r: Reader, call: Call) -> None:
    """Read `three-year (756 bars)`; without the bars a year is 252 of them."""
    mark = r.mark()
    unit = r.take("UNIT", "week", "month", "year")
    if unit is None:
        return
    if r.sign("("):
        number = r.number()
        if number is not None and r.take("UNIT", "bar", "day") and r.sign(")"):
            call.numbers = [number]
            return
        r.reset(mark)
        return
    call.unit = unit.value


def _numbers(r: Reader) -> list[float]:
    """Read `20`, `12/26/9`, `12-26-9` or `9, 26, 52`."""
    numbers: list[float] = []
    while len(numbers) < MAX_PARAMETERS:
        mark = r.mark()
        if numbers and not r.sign("/", "-", ","):
            break
        number = r.number()
        if number is None or r.peek("PCT"):
            r.reset(mark)
            break
        numbers.append(number)
    return numbers


def _suffix(r: Reader, call: Call) -> bool | None:
    found: bool | None = r.first(
        lambda r: _bracketed(r, call),
        lambda r: _bare(r, call),
        lambda r: _named(r, call),
        lambda r: _output(r, call),
        lambda r: _of_its_bands(r, call),
        lambda r: _of_series(r, call),
        lambda r: _of_bars(r, call),
        lambda r: _in_the_middle(r, call),
        lambda r: _ichimoku_shift(r, call),
        lambda r: _keltner_parts(r, call),
    )
    return found


def _bracketed(r: Reader, call: Call) -> bool | None:
    """Read what stands in brackets after the name: numbers, a series, names of parameters."""
    if call.numbers or call.named or not r.sign("("):
        return None
    while not r.sign(")"):
        if not (_in_brackets(r, call) or r.sign(",", "/", "=") or r.take("UNIT") or r.take("AND")):
            return None
    return bool(call.numbers or call.named or call.source) or None


def _in_brackets(r: Reader, call: Call) -> bool | None:
    found: bool | None = r.first(
        lambda r: _keltner_parts(r, call),
        lambda r: _named(r, call),
        lambda r: _number_in_brackets(r, call),
        lambda r: _series_in_brackets(r, call),
        lambda r: _default_words(r),
    )
    return found


def _number_in_brackets(r: Reader, call: Call) -> bool | None:
    negative = r.sign("-", "minus")
    number = r.number()
    if number is None:
        return None
    call.numbers.append(-number if negative else number)
    r.take("UNIT")
    return True


def _series_in_brackets(r: Reader, call: Call) -> bool | None:
    r.take("OF")
    match = r.take("PRICE")
    if match is None:
        return None
    call.source = Price(field=match.value)
    return True


def _default_words(r: Reader) -> bool | None:
    """Read words that say the numbers are the usual ones."""
    return (
        True
        if r.sign("default", "standard", "normal", "usual", "one", "settings", "smoothed", "wilder", "wilder's")
        else None
    )


def _bare(r: Reader, call: Call) -> bool | None:
    """Read numbers that follow the name without brackets, as in `EMA 12` or `MACD 12 26 9`."""
    if call.numbers or call.named or call.name not in REGISTRY:
        return None
    limit = len(REGISTRY[call.name].parameters)
    while len(call.numbers) < limit:
        mark = r.mark()
        if call.numbers:
            r.sign("/", "-", ",")
        number = r.number()
        unit = r.peek("UNIT")
        loose = r.peek("PCT") or r.peek("QUANTITY") or (unit and len(call.numbers) > 0) or r.peek("MONEY")
        if number is None or loose or r.at("*", "x", "times") or r.peek("IND"):
            r.reset(mark)
            break
        call.numbers.append(number)
    if call.numbers:
        r.take("UNIT", "bar", "day")
    return bool(call.numbers) or None


def _named(r: Reader, call: Call) -> bool | None:
    """Read `period 14`, `with a multiplier of 3` or `2 standard deviations`."""
    if call.name not in REGISTRY or len(call.numbers) == len(REGISTRY[call.name].parameters):
        return None
    r.take("WITH")
    r.sign("and")
    parameters = REGISTRY[call.name].parameters
    mark = r.mark()
    number = r.number()
    if number is None:
        parameter = _parameter(r, parameters)
        if parameter is None:
            return None
        if not r.sign("="):
            r.take("OF") or r.take("IS")
        number = r.number()
        if number is None:
            return None
    else:
        parameter = _parameter(r, parameters)
        if parameter is None:
            r.reset(mark)
            return None
    if parameter.name in call.named:
        return None
    call.named[parameter.name] = number
    return True


def _parameter(r: Reader, parameters: tuple[Parameter, ...]) -> Parameter | None:
    for parameter in sorted(parameters, key=lambda parameter: -len(parameter.name)):
        words = parameter.name.split("_")
        mark = r.mark()
        if all(r.sign(word) for word in words):
            return parameter
        r.reset(mark)
        if r.sign(*PARAMETER_WORDS.get(parameter.name, ())):
            r.sign("deviation", "deviations", "dev", "devs")
            return parameter
    return None


def _output(r: Reader, call: Call) -> bool | None:
    if call.output is not None or call.name not in REGISTRY or len(REGISTRY[call.name].outputs) == 1:
        return None
    r.sign(".")
    for kind in ("OUTPUT", "OUTPUT_NAME"):
        match = r.take(kind, *REGISTRY[call.name].outputs)
        if match is not None:
            call.output = match.value
            return True
    return None


def _of_series(r: Reader, call: Call) -> bool | None:
    if call.source is not None or call.name not in REGISTRY:
        return None
    if call.name == "vwap" and (r.take("OF") or r.sign("using") or True) and r.take("PRICE", "hlc3"):
        r.take("PRICE", "hlc3")
        return True
    if len(REGISTRY[call.name].inputs) != 1:
        return None
    linked = r.take("OF") or r.sign("using")
    mark = r.mark()
    if linked and r.words[r.place - 1].text == "of" and (inner := _inner(r)) is not None:
        call.source = inner
        return True
    r.reset(mark)
    if linked and (made := r.take("RANGE") or r.take("IBS")):
        call.source = RANGE if made.kind == "RANGE" else IBS
        return True
    on = linked and r.words[r.place - 1].text == "on"
    match = r.take("PRICE")
    if match is None or (not linked and match.value != "volume"):
        return None
    if on and (r.peek("RELATION") or r.peek("CROSS") or r.peek("MOVE")):
        # `on a close above …` begins another condition.
        return None
    if match.value == "close" and r.at("is", "has") and not (linked and r.words[match.end - 2].text == "of"):
        return None
    r.take("PRICE", match.value) if match.value in ("hlc3", "hl2", "ohlc4") else None
    call.source = Price(field=match.value)
    return True


def _inner(r: Reader) -> Indicator | None:
    """Read the RSI in `the z-score of RSI over 50 days`; the days are those of the z-score."""
    outer, r.context.in_series = r.context.in_series, True
    try:
        found: Indicator | None = r.inside(indicator)
        return found
    finally:
        r.context.in_series = outer


def _of_bars(r: Reader, call: Call) -> bool | None:
    """Read `over the last 20 bars`."""
    if call.numbers or call.named or r.context.in_series:
        return None
    if r.context.compared and r.at("for", "on") and call.name not in AVERAGES:
        # `above the upper band for two days` says how long it has been there.
        return None
    if not (r.take("OF") or r.sign("over") or r.sign("with")):
        return None
    before = r.place
    lasting = r.context.compared and r.words[r.place - 1].text in ("for", "on")
    r.skip("PREVIOUS")
    number = r.number()
    if number is None:
        return None
    if lasting:
        r.assume(f"the {number:g} bars are those of the average")
    if not r.take("UNIT", "bar", "day"):
        # `the average of the last 5 closes`
        match = r.take("PRICE")
        if match is None or call.source is not None:
            return None
        call.source = Price(field=match.value)
    if any(word.text in BEFORE_THIS for word in r.words[before : r.place]):
        call.shift = 1
    call.numbers.append(number)
    return True


def _in_the_middle(r: Reader, call: Call) -> bool | None:
    """Read `the 20 period average in the middle` of the Bollinger bands that were named before."""
    if call.name not in AVERAGES or not (r.sign("in") and r.sign("middle")):
        return None
    bands = [v for v in r.context.indicators if v.name == "bollinger" and v.parameters["period"] in call.numbers]
    return True if bands else None


def _ichimoku_shift(r: Reader, call: Call) -> bool | None:
    """Read `with the cloud shifted forward 26 bars`, and words that say where the cloud is looked at."""
    if call.name != "ichimoku":
        return None
    if r.take("AS_DRAWN"):
        return True
    r.sign("with")
    r.sign("cloud", "displacement", "displaced", "shift")
    if not (r.sign("shifted", "displaced", "plotted", "displacement", "shift") or r.sign("of")):
        return None
    r.sign("forward", "ahead")
    r.sign("by", "of")
    number = r.number()
    if number is None:
        return None
    r.take("UNIT", "bar", "day")
    r.sign("forward", "ahead")
    call.named["displacement"] = number
    return True


def _keltner_parts(r: Reader, call: Call) -> bool | None:
    """Read `20 EMA 2 ATR(10)` or `EMA 20, 1.5 x ATR 10` as the parts of a channel."""
    if call.name != "keltner" or len(call.numbers) > 1:
        return None
    # `above the upper band and EMA 8 …` goes on with another indicator.
    told = bool(call.named) or r.at("with", "(") or r.words[r.place - 1].text == "("
    r.sign("with", "and", ",", "(")
    before = r.number()
    if before is None and (not told or call.numbers):
        return None
    if before is not None:
        r.sign("x", "*", "times") or r.take("UNIT", "bar", "day")
    match = r.take("IND")
    part = match.value[0] if match is not None else ""
    if part == "ema" and "period" not in call.named and not call.numbers:
        length = _own_length(r) if before is None else before
        return _set(call, "period", length)
    if part == "atr" and before is not None and "multiplier" not in call.named:
        _set(call, "atr_period", _own_length(r))
        return _set(call, "multiplier", before)
    return None


def _own_length(r: Reader) -> float | None:
    """Read the number behind a name, with or without brackets."""
    mark = r.mark()
    opened = r.sign("(")
    number = r.number()
    if number is None or r.peek("IND") or r.at("x", "*") or (opened and not r.sign(")")):
        r.reset(mark)
        return None
    return number


def _set(call: Call, parameter: str, value: float | None) -> bool | None:
    if value is None:
        return None
    call.named[parameter] = value
    return True


def complete(r: Reader, call: Call, start: int) -> Indicator | None:
    """Fill in what was not said: from an earlier mention, or from convention; ask where there is neither."""
    known = REGISTRY.get(call.name)
    if known is None:
        return None
    _settle_unit(r, call)
    _ask_about_numbers(r, call, start)
    if call.output is not None and call.output not in known.outputs:
        return None
    if len(known.outputs) > 1 and call.output is None:
        call.output = _main_output(r, call, known, start)
    elif len(known.outputs) == 1:
        call.output = None
    spoken = spoken_parameters(known)
    if len(call.numbers) > len(spoken):
        names = ", ".join(parameter.name.replace("_", " ") for parameter in spoken)
        r.ask(
            f"{known.title} takes {len(spoken)} numbers at most ({names}); which of them are meant?",
            call.name,
            start,
        )
        return None
    parameters = _parameters(r, call, known, start)
    if parameters is None:
        return None
    timeframe = call.timeframe
    if timeframe == "day":
        r.assume("'daily' means the bars that the strategy runs on")
        timeframe = None
    source = call.source if call.source != Price() else None
    if source is not None and len(known.inputs) != 1:
        return None
    if call.shift:
        r.assume(f"the {call.numbers[-1]:g} bars of the {known.title.lower()} are those before the current one")
    return Indicator(
        name=call.name,
        parameters=parameters,
        output=call.output,
        source=source,
        timeframe=timeframe,
        shift=call.shift,
    )


LEVELS = ({20, 80}, {30, 70}, {10, 90}, {25, 75})


def _ask_about_numbers(r: Reader, call: Call, start: int) -> None:
    """Ask where numbers, or none, cannot mean what they stand for."""
    if call.name.startswith("stochastic") and len(call.numbers) == 2 and {*call.numbers} in LEVELS:
        r.ask(f"Are {call.numbers[0]:g} and {call.numbers[1]:g} levels, or lengths? Say 'below …'.", "level", start)
    if call.name == "percentile" and len(call.numbers) + len(call.named) < 2:
        r.ask("Is the value at a percentile meant, or where the value ranks? Say 'percent rank'.", "percentile", start)
    if call.name == "vwap" and call.timeframe == "day":
        r.ask("A VWAP from the day's open cannot be said yet; over how many bars should it roll?", "vwap period", start)


def spoken_parameters(known: Known) -> list[Parameter]:
    """Return the parameters that bare numbers stand for: a kind of average has a name, and no length."""
    return [parameter for parameter in known.parameters if not parameter.name.endswith("ma_type")]


# Measured over a span of time; of the others, a `10-week` one is worked out from weekly bars.
SPANS = frozenset(
    ["returns", "roc", "cagr", "momentum", "volatility", "stddev", "zscore", "highest", "lowest", "percent_rank"]
)


def _settle_unit(r: Reader, call: Call) -> None:
    """A `12-month return` spans 252 daily bars, a `10-week SMA` is made of weekly bars."""
    if call.unit is None or not call.numbers:
        return
    if call.unit == "year" or call.name in SPANS:
        bars = call.numbers[-1] * BARS_IN[call.unit]
        r.assume(f"{call.numbers[-1]:g} {call.unit}s are taken as {bars:g} daily bars")
        call.numbers = [bars]
    else:
        call.timeframe = call.timeframe or ("week" if call.unit == "week" else "month")
    call.unit = None


# Where people mean the first line when they name no line.
FIRST_LINE = frozenset(["macd", "stochastic", "stochastic_fast", "stochastic_rsi", "kdj", "supertrend", "smi", "mama"])


def _main_output(r: Reader, call: Call, known: Known, start: int) -> str:
    """Return the output that the words name, or the usual one; ask where there is none."""
    said = r.span(start).lower()
    for output in known.outputs:
        if output.replace("_", " ") in said and output != call.name:
            return output
    if call.name not in FIRST_LINE:
        r.ask(
            f"Which line of the {known.title} is meant: {', '.join(known.outputs).replace('_', ' ')}?", call.name, start
        )
    return known.outputs[0]


def _parameters(r: Reader, call: Call, known: Known, start: int) -> dict[str, int | float] | None:
    given = dict(zip((parameter.name for parameter in spoken_parameters(known)), call.numbers, strict=False))
    given.update(call.named)
    if not given and (earlier := _earlier(r, call)):
        if len(earlier) > 1:
            lengths = " or ".join(", ".join(f"{n:g}" for n in one.values()) for one in earlier)
            r.ask(f"Which {known.title.lower()} is meant here, {lengths}?", call.name, start)
        elif dict(earlier[-1]) != dict(known.defaults()):
            lengths = ", ".join(f"{n:g}" for n in earlier[-1].values())
            r.assume(f"{known.title} without a length is that of before: {lengths}")
        return earlier[-1]
    parameters: dict[str, int | float] = {}
    for parameter in known.parameters:
        value = given.get(parameter.name, parameter.default)
        if value is None:
            r.ask(f"Over how many bars should the {known.title.lower()} be taken?", f"{call.name} period", start)
            value = parameter.minimum
        elif parameter.name not in given:
            r.assume(f"{known.title}: {parameter.name.replace('_', ' ')} {value:g}, the usual value")
        parameters[parameter.name] = int(value) if parameter.integer and float(value).is_integer() else value
    return parameters


def _earlier(r: Reader, call: Call) -> list[dict[str, int | float]]:
    source = call.source
    if call.name in AVERAGES and r.context.compared and source is None:
        subject = r.context.subject
        own = isinstance(subject, Indicator) and not REGISTRY[subject.name].overlay
        if subject == Price(field="volume") or own:
            source = subject
    same = [
        value.parameters
        for value in r.context.indicators
        if value.name == call.name
        and (source is None or value.source == source)
        and (call.timeframe is None or value.timeframe == call.timeframe)
    ]
    # `Buy when RSI < 30. RSI period 7.`: what is said of it behind the rules.
    same = same or [value.parameters for value in r.context.settings if value.name == call.name and source is None]
    distinct: list[dict[str, int | float]] = []
    for parameters in same:
        if parameters not in distinct:
            distinct.append(parameters)
    return distinct


# Worked out from the bands, with the same parameters.
OF_BOLLINGER = ("bollinger_bandwidth", "bollinger_percent_b")


def _of_its_bands(r: Reader, call: Call) -> bool | None:
    """Read `%B of Bollinger(20, 2)`."""
    if call.name not in OF_BOLLINGER or call.numbers or not r.take("OF") or not r.take("IND", ("bollinger", None)):
        return None
    return _bracketed(r, call) or _bare(r, call) or True


def _output_of_the_last(r: Reader) -> Indicator | None:
    """Read `upper band` or `signal line` as that of the indicator named last."""
    match = r.take("OUTPUT")
    if match is None:
        return None
    r.sign("one")
    for value in reversed(r.context.indicators):
        if value.name in OF_BOLLINGER and match.value in REGISTRY["bollinger"].outputs:
            value = value.model_copy(update={"name": "bollinger"})
        if match.value in REGISTRY[value.name].outputs and len(REGISTRY[value.name].outputs) > 1:
            return value.model_copy(update={"output": match.value, "shift": 0})
    titled = (name for name in r.context.titled if match.value in REGISTRY[name].outputs)
    usual = {"signal": "macd", "histogram": "macd", "k": "stochastic", "d": "stochastic"}.get(match.value)
    usual = next(titled, usual)
    if usual is None:
        return None
    r.assume(f"'{r.span(match.end - 1)}' is that of the {REGISTRY[usual].title.lower()}")
    return complete(r, Call(name=usual, output=match.value), match.end - 1)
