"""Reading dates and times: weekdays, months, days of the month and times of day."""

import re

from backtest_engine.language.nodes import Joined, Node, leaves
from backtest_engine.language.reader import Reader
from backtest_engine.spec import WEEKDAYS, Always, InMonth, MonthDay, OnWeekday, TimeOfDay, TradingDay

_CLOCK = re.compile(r"(\d{1,2})(?::(\d{2}))?\s*([ap])?")


def when(r: Reader) -> Node | None:
    """Read a condition on the date or the time of the bar."""
    if r.place and r.words[r.place - 1].text in ("after", "before"):
        # `after the 20th` is not the 20th.
        return _clock_behind(r)
    r.sign("it", "today")
    r.take("IS")
    r.sign("on", "in", "at", "during")
    found: Node | None = r.first(_every_bar, _trading_day, _month_day, _weekday, _month, _clock)
    return found


def _clock_behind(r: Reader) -> Node | None:
    """Read the time in `after 10:00`, whose first word has been read as `when`."""
    behind = r.words[r.place - 1].text
    time = clock(r)
    if time is None:
        return None
    if behind == "before":
        _ask_about_closing(r, time)
    return (
        TimeOfDay(start=time, end="23:59") if behind == "after" else TimeOfDay(start="00:00", end=_minute_before(time))
    )


def either_of(one: Node, other: Node) -> Node | None:
    """Return the days of both: `on Mondays and on Fridays` is on either of them."""
    if isinstance(one, OnWeekday) and isinstance(other, OnWeekday):
        days = {*one.days, *other.days}
        return OnWeekday(days=tuple(day for day in WEEKDAYS if day in days))
    if isinstance(one, InMonth) and isinstance(other, InMonth):
        return InMonth(months=tuple(sorted({*one.months, *other.months})))
    return None


def of_single_days(node: Node) -> bool:
    """Whether a condition can hold on single days of a month only."""
    if isinstance(node, Joined):
        return any(map(of_single_days, node.parts))
    return isinstance(node, MonthDay | TradingDay)


def _ask_about_closing(r: Reader, time: str | None) -> None:
    """`Close before 16:00` is an hour to be out by, not all of the day until then."""
    if time is not None and r.context.closing:
        question = f"On which bar should the position be closed to be out by {time}? Say 'at …'."
        r.ask(question, "time of the exit", r.place - 1)


def has_date(node: Node) -> bool:
    """Whether a date or a time is anywhere in a condition."""
    return any(is_dated(leaf) or isinstance(leaf, TimeOfDay) for leaf in leaves(node))


def is_dated(node: object) -> bool:
    """Whether a condition is on the date alone."""
    return isinstance(node, OnWeekday | InMonth | MonthDay | TradingDay)


def _every_bar(r: Reader) -> Node | None:
    return Always() if r.sign("every") and r.sign("bar") else None


def _weekday(r: Reader) -> Node | None:
    r.sign("on", "from")
    r.sign("every", "each", "a")
    first = r.take("WEEKDAY")
    if first is None:
        return None
    days = [first.value]
    while True:
        mark = r.mark()
        if r.sign("-", "to", "through", "until"):
            last = r.take("WEEKDAY")
            if last is None:
                r.reset(mark)
                break
            a, b = WEEKDAYS.index(days[-1]), WEEKDAYS.index(last.value)
            span = WEEKDAYS[a : b + 1] if a <= b else WEEKDAYS[a:] + WEEKDAYS[: b + 1]
            days += [day for day in span if day not in days]
            continue
        r.sign(",")
        if not (r.sign("or", "and", "&", "/") or r.words[r.place - 1].text == ","):
            r.reset(mark)
            break
        more = r.take("WEEKDAY")
        if more is None:
            r.reset(mark)
            break
        days.append(more.value)
    r.take("TRADING_DAY")
    return OnWeekday(days=tuple(sorted(dict.fromkeys(days), key=WEEKDAYS.index)))


def _month(r: Reader) -> Node | None:
    between = r.sign("between")
    r.sign("in", "during", "from")
    first = r.take("MONTH")
    if first is None:
        return None
    months = [first.value]
    while True:
        mark = r.mark()
        if r.sign("-", "to", "through", "until") or (between and r.sign("and")):
            last = r.take("MONTH")
            if last is None:
                r.reset(mark)
                break
            a, b = months[-1], last.value
            months += [m for m in (range(a, b + 1) if a <= b else [*range(a, 13), *range(1, b + 1)]) if m not in months]
            continue
        r.sign(",")
        r.sign("or", "and", "&")
        more = r.take("MONTH")
        if more is None:
            r.reset(mark)
            break
        months.append(more.value)
    return InMonth(months=tuple(sorted(dict.fromkeys(months))))


def _ordinal(r: Reader) -> int | None:
    if r.take("FIRST"):
        return 1
    if r.take("LAST"):
        return -1
    names = {
        "second": 2,
        "third": 3,
        "fourth": 4,
        "fifth": 5,
        "sixth": 6,
        "seventh": 7,
        "eighth": 8,
        "ninth": 9,
        "tenth": 10,
    }
    word = r.word
    if word is None:
        return None
    if word.kind == "ordinal" and word.number is not None:
        r.go(r.place + 1)
        number = int(word.number)
    elif word.text in names:
        r.go(r.place + 1)
        number = names[word.text]
    else:
        return None
    if r.sign("to") and (r.take("LAST") or r.sign("last")):
        return -number
    return number


def _period(r: Reader) -> str | None:
    for kind, period in (
        ("EVERY_MONTH", "month"),
        ("EVERY_WEEK", "week"),
        ("EVERY_YEAR", "year"),
        ("EVERY_QUARTER", "quarter"),
    ):
        if r.take(kind):
            return period
    r.take("OF")
    match = r.take("UNIT", "week", "month", "year")
    return match.value if match else None


def _end_of_a_period(r: Reader) -> Node | None:
    """`the start of each month`: its first trading day."""
    mark = r.mark()
    ordinal = 1 if r.sign("start", "beginning") else -1 if r.sign("end") else None
    period = _period(r) if ordinal else None
    if ordinal is None or period is None:
        r.reset(mark)
        return None
    name, day = ("start", "first") if ordinal == 1 else ("end", "last")
    r.assume(f"the {name} of a {period} is its {day} trading day")
    return TradingDay(period=period, ordinal=ordinal)


def _trading_day(r: Reader) -> Node | None:
    """`the first trading day of the month`."""
    r.sign("on", "at")
    if (end := _end_of_a_period(r)) is not None:
        return end
    if r.sign("trading"):
        if not r.sign("day"):
            return None
        last = r.sign("-")
        number = r.whole()
        period = _period(r) if number else None
        if not number or period is None:
            return None
        return TradingDay(period=period, ordinal=-number if last else number)
    ordinal = _ordinal(r)
    if ordinal is None:
        return None
    if not (r.take("TRADING_DAY") or r.take("UNIT", "bar", "day")):
        return None
    mark = r.mark()
    r.sign("of", "in")
    month = r.take("MONTH")
    if month is not None:
        return Joined("and", (InMonth(months=(month.value,)), TradingDay(period="month", ordinal=ordinal)))
    r.reset(mark)
    if r.sign("of") and r.sign("next", "following", "new"):
        pass
    else:
        r.reset(mark)
    period = _period(r)
    return None if period is None else TradingDay(period=period, ordinal=ordinal)


def _month_day(r: Reader) -> Node | None:
    """`the 15th of each month (or the next trading day)`."""
    r.sign("on")
    if r.sign("day"):
        number = r.whole()
        if number is None:
            return None
        day = number
    else:
        word = r.word
        if word is None or word.kind != "ordinal" or word.number is None:
            return None
        r.go(r.place + 1)
        day = int(word.number)
    r.take("UNIT", "day")
    if _period(r) != "month" or not 1 <= day <= 31:
        return None
    mark = r.mark()
    opened = r.sign("(")
    r.sign(",")
    if not (
        r.sign("or")
        and (r.sign("if") or True)
        and r.sign("next", "first", "following")
        and (r.take("TRADING_DAY") or r.sign("one"))
    ):
        r.reset(mark)
        r.assume("when the day has no bar, the first bar after it in that month counts")
    else:
        r.sign("after") and r.take("IT")
        if opened and not r.sign(")"):
            return None
    return MonthDay(day=day)


def clock(r: Reader) -> str | None:
    """Read a time of day as `HH:MM`."""
    word = r.word
    if word is None:
        return None
    if word.kind != "clock":
        return None
    match = _CLOCK.match(word.text)
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3] == "p" and hour < 12:
        hour += 12
    if match[3] == "a" and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        return None
    r.go(r.place + 1)
    r.sign("utc", "gmt", "est", "et") if r.at("utc", "gmt") else None
    return f"{hour:02d}:{minute:02d}"


def _clock(r: Reader) -> Node | None:
    """`between 09:30 and 16:00`, `after 10:00`, `at 15:00`."""
    told = r.take("TIME") is not None
    r.take("IS")
    if r.sign("between", "from"):
        start = clock(r)
        if start is None or not r.sign("and", "to", "-", "until", "till"):
            return None
        end = clock(r)
        return None if end is None else TimeOfDay(start=start, end=end)
    if r.sign("after", "from", "since"):
        start = clock(r)
        return None if start is None else TimeOfDay(start=start, end="23:59")
    if r.sign("before", "until", "by"):
        end = clock(r)
        _ask_about_closing(r, end)
        return None if end is None else TimeOfDay(start="00:00", end=_minute_before(end))
    told = r.sign("at") or told or (r.place > 0 and r.words[r.place - 1].text == "at")
    start = clock(r)
    r.sign("every") and r.sign("day")
    if start is None or not (told or r.at("-", "to", "until")):
        return None
    if r.sign("-", "to", "until"):
        end = clock(r)
        return None if end is None else TimeOfDay(start=start, end=end)
    return TimeOfDay(start=start, end=start)


def _minute_before(time: str) -> str:
    minutes = (int(time[:2]) * 60 + int(time[3:]) - 1) % 1440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
