"""What the texts of dates and clock times say, each different text looked at once."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

_DAY_SECONDS = 86_400
_FIRST_YEAR, _LAST_YEAR = 1700, 2199
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})", re.ASCII)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_DAY_MONTH = re.compile(_WEEKDAY + r"(\d{1,2})[\s.-]*([a-z]{3,9})\.?,?[\s-]*'?(\d{4}|\d{2})", re.ASCII | re.IGNORECASE)
_MONTH_DAY = re.compile(_WEEKDAY + r"([a-z]{3,9})\.?[\s-]*(\d{1,2}),?[\s-]+(\d{4}|\d{2})", re.ASCII | re.IGNORECASE)
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*([ap]\.?m\.?)?\s*(\S.*)?", re.ASCII | re.IGNORECASE
)
_HOUR_ALONE = re.compile(r"(\d{1,2})[- ]?([ap])\.?m\.?", re.ASCII | re.IGNORECASE)
_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])(\d{1,2}):?(\d{2})?(?::00)?", re.ASCII)


class NoSuchText(ValueError):
    """A text that is no date or clock time; `text` is the one, the message says why where that is known."""

    def __init__(self, text: str, reason: str = "") -> None:
        super().__init__(reason)
        self.text = text
        self.reason = reason


class OrderUnclear(NoSuchText):
    """Dates of which one can't say what is the day and what the month; `reason` is the whole sentence."""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """A time of day in nanoseconds since midnight, and its zone where the text names one."""

    nanoseconds: int
    zone: tzinfo | None = None


# --- dates --------------------------------------------------------------------------------------------------------


def read_dates(texts: Collection[str]) -> tuple[Mapping[str, int], str | None]:
    """Return days since 1970 of each text, and words for an order that had to be decided.

    All texts are of one form. Raises `NoSuchText`, or `OrderUnclear` when the order of day and month is open.
    """
    first = next(iter(texts))
    if _YEAR_LAST.fullmatch(first):
        order = _order(texts)
        words = {"m": "month first", "d": "day first", "y": "year first"}[order[0]]
        short = " and years of two digits" if len(_match(_YEAR_LAST, first)[4]) == 2 else ""
        return {text: _ordered(text, order) for text in texts}, words + short
    for pattern, read in ((_YEAR_FIRST, _year_first), (_COMPACT, _compact), (_DAY_MONTH, _named), (_MONTH_DAY, _named)):
        if pattern.fullmatch(first):
            return {text: _read(text, pattern, read) for text in texts}, None
    raise NoSuchText(first)


def _read(text: str, pattern: re.Pattern[str], read: Callable[[re.Match[str]], date]) -> int:
    found = pattern.fullmatch(text)
    if not found:
        raise NoSuchText(text)
    try:
        day = read(found)
    except ValueError:
        raise NoSuchText(text) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise NoSuchText(text, "out of range")
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _match(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if not found:
        raise NoSuchText(text)
    return found


def _year_first(found: re.Match[str]) -> date:
    return date(int(found[1]), int(found[3]), int(found[4]))


def _compact(found: re.Match[str]) -> date:
    return date(int(found[1]), int(found[2]), int(found[3]))


def _named(found: re.Match[str]) -> date:
    name, day = (found[2], found[1]) if found[1].isdigit() else (found[1], found[2])
    short = "sept" if name.lower() == "sep" else name.lower()
    months = [number for number, month in enumerate(_MONTHS, 1) if month.startswith(short[:3])]
    if not months or not _MONTHS[months[0] - 1].startswith(short):
        raise ValueError
    return date(_year(found[3]), months[0], int(day))


def _year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    # As strptime and spreadsheets do it.
    return year + (2000 if year < 69 else 1900)


def _ordered(text: str, order: str) -> int:
    def read(found: re.Match[str]) -> date:
        parts = dict(zip(order, (found[1], found[3], found[4]), strict=True))
        return date(_year(parts["y"]), int(parts["m"]), int(parts["d"]))

    return _read(text, _YEAR_LAST, read)


def _order(texts: Collection[str]) -> str:
    """Return the order of day, month and year that all texts allow; raise `OrderUnclear` for several or none."""
    found = [match for text in texts if (match := _YEAR_LAST.fullmatch(text))]
    first, second, third = (max(int(match[place]) for match in found) for place in (1, 3, 4))
    short = any(len(match[4]) == 2 for match in found)
    possible = [
        order
        for order, allowed in (
            ("mdy", first <= 12),
            ("dmy", second <= 12),
            ("ymd", short and second <= 12 and third <= 31),
        )
        if allowed
    ]
    text = next(iter(texts))
    if not possible:
        raise OrderUnclear(text, "Some dates put the day first and some the month.")
    if len(possible) > 1:
        years = ", or its year may stand first" if "ymd" in possible else ""
        which = "day first or month first" if {"mdy", "dmy"} <= set(possible) else "month first or day first"
        raise OrderUnclear(text, f"{text[:30]!r} may be {which}{years}, and no other date decides it.")
    return possible[0]


# --- clock times --------------------------------------------------------------------------------------------------


def read_clocks(texts: Collection[str]) -> Mapping[str, Clock]:
    """Return the time of day of each text: `9:30`, `9:30 PM`, `12-AM`, `93000`, `0930`, seconds since midnight.

    Raises `NoSuchText`.
    """
    if all(text.isascii() and text.isdigit() for text in texts):
        return _numbered(texts)
    return {text: _clock(text) for text in texts}


def _clock(text: str) -> Clock:
    alone = _HOUR_ALONE.fullmatch(text)
    found = _CLOCK.fullmatch(f"{alone[1]}:00 {alone[2]}m" if alone else text)
    if not found:
        raise NoSuchText(text)
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    half = (found[5] or "").replace(".", "").lower()
    if hour > (12 if half else 23) or minute > 59 or second > 59 or (half and hour == 0):
        raise NoSuchText(text)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    fraction = int((found[4] or "").ljust(9, "0"))
    zone = read_zone(found[6]) if found[6] else None
    if found[6] and zone is None:
        raise NoSuchText(text, f"{found[6][:24]!r} names no zone for certain")
    return Clock(nanoseconds=((hour * 60 + minute) * 60 + second) * 10**9 + fraction, zone=zone)


def read_zone(text: str) -> tzinfo | None:
    """Return a zone from `Z`, `UTC`, `+05:30`, `GMT+0100` or `America/New_York`; None for what names none for certain.

    Letters such as `IST` or `CST` are used for several zones, and `EST` by some for summer too.
    """
    cleaned = re.sub(r"\s*\(.*\)$", "", text.strip())
    if cleaned.upper() in ("Z", "UTC", "GMT"):
        return UTC
    found = _OFFSET.fullmatch(cleaned)
    if found:
        span = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-span if found[1] == "-" else span) if span < timedelta(hours=15) else None
    if "/" not in cleaned or not re.fullmatch(r"[A-Za-z]+(/[A-Za-z_+-]+\d{0,2}){1,2}", cleaned, re.ASCII):
        return None
    try:
        return ZoneInfo(cleaned)
    except (OSError, ValueError, LookupError):
        return None


def _numbered(texts: Collection[str]) -> Mapping[str, Clock]:
    """Read numbers: 93000 is half past nine where all texts can be that, else 34200 is as seconds since midnight."""
    numbers = {text: int(text) for text in texts}
    largest = max(numbers.values())
    padded = {len(text) for text in texts} == {4}
    if max(map(len, texts)) > 6:
        raise NoSuchText(max(texts, key=len))
    if largest <= 2359 and (padded or largest > 59) and all(number % 100 < 60 for number in numbers.values()):
        if len({len(text) for text in texts}) == 1 and len(next(iter(texts))) == 6:
            return {text: _of_day(number) for text, number in numbers.items()}
        return {text: _of_day(number * 100) for text, number in numbers.items()}
    if all(number // 10_000 < 24 and number // 100 % 100 < 60 and number % 100 < 60 for number in numbers.values()):
        return {text: _of_day(number) for text, number in numbers.items()}
    if largest < _DAY_SECONDS and max(map(len, texts)) == 5:
        return {text: Clock(nanoseconds=number * 10**9) for text, number in numbers.items()}
    raise NoSuchText(next(text for text, number in numbers.items() if not _may_be_clock(number)))


def _of_day(number: int) -> Clock:
    return Clock(nanoseconds=((number // 10_000 * 60 + number // 100 % 100) * 60 + number % 100) * 10**9)


def _may_be_clock(number: int) -> bool:
    return number // 10_000 < 24 and number // 100 % 100 < 60 and number % 100 < 60
