"""Dates as people write them, turned into the instants they mean."""

from datetime import UTC, date, datetime, time

from backtest_engine.errors import InvalidDates

Moment = datetime | date | str | None

# Nanosecond stamps in 64 bits reach from 1677 to 2262; beyond, a date is a slip.
EARLIEST = datetime(1700, 1, 1, tzinfo=UTC)
LATEST = datetime(2262, 1, 1, tzinfo=UTC)


def requested_range(start: Moment, end: Moment) -> tuple[datetime | None, datetime | None]:
    """Return both instants, aware and UTC, inclusive: an end date without a time means the whole of that day.

    Times without a zone are UTC. Raises `InvalidDates` when one is no date or the start is after the end.
    """
    first = _instant(start, role="start date", whole_day=False)
    last = _instant(end, role="end date", whole_day=True)
    if first is not None and last is not None and first > last:
        raise InvalidDates(
            f"The start date {_shown(start)} is after the end date {_shown(end)}.",
            hint="Exchange the two dates.",
            details={"start": first.isoformat(), "end": last.isoformat()},
        )
    return first, last


def _instant(value: Moment, *, role: str, whole_day: bool) -> datetime | None:
    if value is None:
        return None
    moment = _parsed(value, role) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        if not isinstance(moment, date):
            raise InvalidDates(f"The {role} must be a date, not {type(value).__name__}.")
        clock = time.max if whole_day else time.min
        moment = datetime.combine(moment, clock)
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise InvalidDates(f"The {role} {_shown(value)} is out of range.") from None
    if not EARLIEST <= moment < LATEST:
        raise InvalidDates(
            f"The {role} {_shown(value)} is out of range.",
            hint=f"Use a date from {EARLIEST.year} to {LATEST.year - 1}.",
        )
    return moment


def _parsed(text: str, role: str) -> datetime | date:
    cleaned = text.strip()
    try:
        if len(cleaned) == len("2020-01-31") or (cleaned.isdigit() and len(cleaned) == len("20200131")):
            return date.fromisoformat(cleaned)
        return datetime.fromisoformat(cleaned)
    except ValueError:
        raise InvalidDates(
            f"The {role} {_shown(text)} is no date.", hint="Write dates as YYYY-MM-DD.", details={"value": cleaned[:40]}
        ) from None


def _shown(value: Moment) -> str:
    return repr(value[:40]) if isinstance(value, str) else str(value)
