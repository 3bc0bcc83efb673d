"""Reading prices of this or an earlier bar, and how far back something is looked at."""

import re

from backtest_engine.language.reader import Reader
from backtest_engine.spec import Arithmetic, Operand, Price, Timeframe

RANGE = Arithmetic(operator="-", left=Price(field="high"), right=Price(field="low"))
# Internal bar strength: where in the bar's range it closes, from 0 at its low to 1 at its high.
IBS = Arithmetic(operator="/", left=Arithmetic(operator="-", left=Price(), right=Price(field="low")), right=RANGE)


def price(r: Reader) -> Operand | None:
    """Read a price of this or an earlier bar."""
    longer = _longer_price(r)
    if longer is not None:
        return longer
    frame = r.take("TIMEFRAME")
    shift = 0
    if r.take("YESTERDAY") or r.take("PREVIOUS"):
        shift = 1
    else:
        r.take("TODAY")
    match = r.take("PRICE")
    if match is None:
        return None
    r.take("PRICE", match.value) if match.value in ("hlc3", "hl2", "ohlc4") else None
    later = bars_back(r)
    if later is not None:
        shift = later
    return Price(field=match.value, shift=shift, timeframe=timeframe_of(r, frame.value if frame else None))


def _longer_price(r: Reader) -> Price | None:
    """Read `last week's high`, `the close of the week before`: of completed weeks or months."""
    mark = r.mark()
    if r.take("LAST") or r.take("PREVIOUS"):
        unit = r.take("UNIT", "week", "month")
        match = r.take("PRICE") if unit else None
        if unit and match and match.value in ("open", "high", "low", "close", "volume"):
            return Price(field=match.value, timeframe=unit.value)
    r.reset(mark)
    match = r.take("PRICE", "open", "high", "low", "close", "volume")
    if match and r.sign("of"):
        previous = r.take("LAST") or r.take("PREVIOUS")
        unit = r.take("UNIT", "week", "month")
        before = r.take("PREVIOUS") if unit else None
        if unit and (previous or before):
            return Price(field=match.value, timeframe=unit.value, shift=1 if before else 0)
    r.reset(mark)
    return None


def timeframe_of(r: Reader, frame: Timeframe | None) -> Timeframe | None:
    """Return the timeframe that a word names; daily is that of the data."""
    if frame == "day":
        r.assume("'daily' means the bars that the strategy runs on")
        return None
    return frame


# `the previous 20 bars` end before this one, `the last 20` with it.
BEFORE_THIS = ("previous", "prior", "preceding")
PAST = re.compile(r"\b(?:was|were|been|crossed|closed|touched|fell|rose|broke)\b", re.IGNORECASE)


def _told_in_the_past(r: Reader) -> bool:
    far = not r.done and (r.words[r.place].number is not None or r.peek("NUMBER") or r.peek("YESTERDAY"))
    if not far or r.words[r.place - 1].text == "was":
        return False
    first = max(0, r.place - 10)
    ends = [place for place in range(first, r.place) if r.words[place].kind == "end" or r.words[place].text == ","]
    since = r.words[ends[-1] + 1 if ends else first]
    return PAST.search(r.text[since.start : r.words[r.place].start]) is not None


def bars_back(r: Reader) -> int | None:
    """Read `3 bars ago`, `[1]` or `of the previous bar`; None when this bar is meant."""
    mark = r.mark()
    if r.context.compared and _told_in_the_past(r):
        # `was above the SMA yesterday` is about both: it is read once the condition is.
        return None
    if r.sign("["):
        r.sign("-")
        number = r.whole()
        if number is not None and r.sign("]"):
            return number
        r.reset(mark)
        return None
    r.sign("of")
    number = r.whole()
    r.take("TIMEFRAME")
    if number is not None and r.take("UNIT", "bar", "day") and r.take("AGO"):
        return number
    r.reset(mark)
    if r.take("OF") and (r.take("YESTERDAY") or (r.take("PREVIOUS") and r.take("UNIT", "bar", "day"))):
        return 1
    r.reset(mark)
    if r.take("YESTERDAY"):
        return 1
    r.reset(mark)
    if r.sign("(") and (r.sign("average", "taken") or True) and r.take("PREVIOUS") and r.sign(")"):
        return 1
    r.reset(mark)
    if r.take("TODAY"):
        return 0
    if r.take("OF") and r.take("TODAY"):
        return 0
    r.reset(mark)
    return None
