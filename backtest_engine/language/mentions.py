"""Reading sentences that are no rules: indicators that rules use later, the market, a wish."""

from backtest_engine.indicators import REGISTRY
from backtest_engine.language.beginnings import begins_sentence
from backtest_engine.language.crosses import pair
from backtest_engine.language.indicators import indicator
from backtest_engine.language.lexer import Word
from backtest_engine.language.outline import Outline
from backtest_engine.language.reader import Reader
from backtest_engine.language.targets import listing
from backtest_engine.language.values import operand
from backtest_engine.spec import Arithmetic, Indicator, Operand, Price


def mention(r: Reader, result: Outline) -> bool | None:
    """`Rolling VWAP over 20 bars.`: an indicator that later rules use."""
    if not begins_sentence(r):
        return None
    r.sign("follow", "trade", "use", "using")
    if _so_many(r):
        return True
    start = r.place
    read = 0
    while True:
        asked = len(r.questions)
        two = r.first(listing, pair, indicator)
        if two is None:
            break
        # Which of its lines is meant is for the rules to say.
        r.questions[asked:] = [q for q in r.questions[asked:] if not q.question.startswith("Which line")]
        found = two if isinstance(two, tuple) else (two,)
        if any(not isinstance(value, Indicator) for value in found):
            return None
        result.mentions += [(value, (start, r.place)) for value in found if isinstance(value, Indicator)]
        read += 1
        _formula(r, found[-1])
        mark = r.mark()
        if not r.sign(",", "and", "+", "&") or not (
            r.peek("IND") or (r.word is not None and r.word.number is not None)
        ):
            r.reset(mark)
            break
    if read == 1:
        _speak_of(r, found)
    return (
        read > 0
        and (r.done or r.words[r.place].kind == "end" or r.at(",", ":", "-", "and", "->", "strategy", "system", "with"))
    ) or None


def _so_many(r: Reader) -> bool:
    """Read `three moving averages:`, which only says how many follow."""
    mark = r.mark()
    counted = r.take("NUMBER") is not None
    named = r.take("IND") if counted else None
    if named is not None and r.words[named.end - 1].text.endswith("s") and r.sign(":", ","):
        return True
    r.reset(mark)
    return False


def _speak_of(r: Reader, found: tuple[Operand, ...]) -> None:
    """`RSI(14): buy below 30`, `SMA 50: buy above`: a reading is what is spoken of, a line what the price is beside."""
    if len(found) != 1 or not isinstance(found[0], Indicator) or r.context.subject is not None:
        return
    if REGISTRY[found[0].name].overlay:
        r.context.subject, r.context.object = Price(), found[0]
    else:
        r.context.subject = found[0]


def _formula(r: Reader, value: object) -> None:
    """Read an indicator's own formula in brackets, when it is right."""
    mark = r.mark()
    if isinstance(value, Indicator) and value.name == "zscore" and r.sign("("):
        said = operand(r)
        length = value.parameters["period"]
        mean = Indicator(name="sma", parameters={"period": length})
        spread = Indicator(name="stddev", parameters={"period": length, "deviations": 1.0})
        score = Arithmetic(operator="/", left=Arithmetic(operator="-", left=Price(), right=mean), right=spread)
        if said == score and r.sign(")"):
            r.context.indicators[:] = [v for v in r.context.indicators if v not in (mean, spread)]
            return
    r.reset(mark)


def usual(r: Reader, result: Outline) -> bool | None:
    """`Standard settings.`: what is not said is the usual anyway."""
    if not begins_sentence(r) or not r.sign("standard", "default", "usual", "normal", "classic"):
        return None
    return r.sign("settings", "parameters", "values", "lengths", "periods") or None


AIMS = ("want", "wants", "aim", "goal", "purpose", "trying", "hoping", "tries", "objective", "intention")


IDLE = ("VAGUE", "AND", "OF", "AT", "IS", "IT", "OR", "TARGET", "BACK")


def aim(r: Reader, result: Outline) -> bool | None:
    """`I want to avoid pump and dumps.`: a wish with nothing measurable in it."""
    start = r.place
    if not begins_sentence(r):
        return None
    end = start
    while end < len(r.words) and r.words[end].kind != "end":
        end += 1
    words = range(start, end)
    if not any(r.words[at].text in AIMS for at in words) or any(r.words[at].kind != "word" for at in words):
        return None
    if any(_measurable(r, at) for at in words):
        return None
    r.go(end)
    r.assume(f"'{r.span(start, end)}' is an aim, not a rule")
    r.aims.append((r.words[start].start, r.words[end - 1].end))
    return True


def _measurable(r: Reader, place: int) -> bool:
    """Whether a word says more than what is vague: `dumps` may close a position, but is no rule beside `pumps`."""
    kinds = {match.kind for match in r.found[place]}
    return "VAGUE" not in kinds and not kinds <= {*IDLE}


def market(r: Reader, result: Outline) -> bool | None:
    """`EURUSD, H1`: which bars it is run on is chosen when it is run."""
    r.sign("on", "for", "trade", "trading")
    start = r.place
    named = named_at = r.take("MARKET")
    while named or start == r.place:
        r.sign(",", "on")
        if not (r.take("TIMEFRAME") or _minutes(r)):
            break
        named = None
    if r.place == start or (named_at is None and start and r.words[start - 1].text in ("and", "or")):
        return None
    markets = {match.value for matches in r.found for match in matches if match.kind == "MARKET"}
    if len(markets) > 1:
        return None
    _ask_about_days(r, start)
    r.sign("chart", "charts", "bars", "candles", "timeframe")
    r.assume(f"'{r.span(start)}': the market and the length of its bars are chosen when the strategy is run")
    return True


DAYS = ("day", "days", "yesterday", "yesterday's", "daily", "today's", "day's")


def _ask_about_days(r: Reader, start: int) -> None:
    """On bars of hours or weeks a day is not a bar."""
    frames = {match.value for place in range(start, r.place) for match in r.found[place] if match.kind == "TIMEFRAME"}
    minutes = any(match.kind == "UNIT" for place in range(start, r.place) for match in r.found[place])
    if frames - {"day"} or minutes:
        spoken = next((word for word in r.words if word.text in DAYS), None)
        _ask_how_long(r, spoken, f"'{r.span(start)}' and ", start)


def ask_about_days(r: Reader) -> None:
    """Where rules have a time of day, bars are shorter than days: `yesterday's high` is not that of the bar before."""
    spoken = (
        word
        for place, word in enumerate(r.words)
        # `20 day high` counts days, `every day` and `day 26 of the month` do not.
        if word.text in DAYS and (word.text not in ("day", "days") or (place and r.words[place - 1].number is not None))
    )
    _ask_how_long(r, next(spoken, None), "", 0)


def _ask_how_long(r: Reader, spoken: Word | None, said: str, start: int) -> None:
    if spoken is not None:
        question = f"{said}'{spoken.text}': how many bars is a day here? Say it in bars."
        r.ask(question[0].upper() + question[1:], "length of a day", start)


def _minutes(r: Reader) -> bool:
    """Read `15 minute` or `5m`."""
    mark = r.mark()
    timed = r.number() is not None and (r.take("UNIT", "minute", "hour") or r.sign("m", "h"))
    if timed and (
        r.sign("chart", "charts", "bars", "candles", "timeframe", "candle", "bar")
        or r.done
        or r.at(",", ".", ":", "\n")
    ):
        return True
    r.reset(mark)
    return False
