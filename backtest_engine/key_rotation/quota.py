"""What a vendor grants a project for a model, and the arithmetic of a sliding window over it.

Requests are booked in slots of half a second. A slot counts until every request in it is surely older than the
vendor's window: the window, plus the time a request may take to arrive, plus the width of a slot. So no window at the
vendor ever holds more than the limit, however the requests fall; a token bucket lets nearly twice the limit through.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# Google counts days in California, whatever the season.
PACIFIC = ZoneInfo("America/Los_Angeles")
# How long an opening is kept for a request whose turn it is.
GRACE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one project may ask of one model."""

    requests_per_minute: int = 15
    tokens_per_minute: int = 250_000
    requests_per_day: int = 1_000

    def capped(self, learned: Mapping[str, int]) -> "Limits":
        """Return the limits with those lowered that the vendor has said are lower."""
        return replace(self, **{name: min(getattr(self, name), value) for name, value in learned.items()})


@dataclass(frozen=True, kw_only=True)
class Window:
    """The vendor's window, all in seconds; `margin` is how late a booked request may reach the vendor."""

    seconds: float = 60.0
    slot: float = 0.5
    margin: float = 1.0

    @property
    def hold(self) -> int:
        """For how many slots a booking counts."""
        return math.ceil((self.seconds + self.margin) / self.slot) + 1

    def slot_at(self, now: float) -> int:
        """Return the number of the slot that holds a time (UNIX seconds)."""
        return math.floor(now / self.slot)


@dataclass(kw_only=True)
class Book:
    """What is known about one project and model: bookings by slot and day, rests, and limits learned from refusals."""

    slots: dict[int, list[int]] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    rest_until: float = 0.0
    rest_reason: str = ""
    learned: dict[str, int] = field(default_factory=dict)
    learned_until: float = 0.0
    used_at: float = 0.0
    stumbles: int = 0
    stumbled_at: float = 0.0
    line: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the book as JSON-able data."""
        return {**vars(self), "slots": {str(slot): booked for slot, booked in self.slots.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Book":
        """Return the book that `as_json` described."""
        return cls(**{**data, "slots": {int(slot): list(booked) for slot, booked in data["slots"].items()}})


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Whether a request fits now: `room` is the share left afterwards; else when it may fit, and what is in the way."""

    free: bool
    room: float = 0.0
    retry_at: float = math.inf
    reason: str = ""


def opening(book: Book, limits: Limits, *, tokens: int, now: float, window: Window) -> Opening:
    """Return whether one more request of so many input tokens fits into the book's quotas."""
    if book.rest_until > now:
        return Opening(free=False, retry_at=book.rest_until, reason=book.rest_reason)
    if book.learned_until > now:
        limits = limits.capped(book.learned)
    if tokens > limits.tokens_per_minute:
        return Opening(free=False, reason="request_too_large")
    today = max((book.days.get(day, 0) for day in days(now, window)), default=0)
    if today + 1 > limits.requests_per_day:
        return Opening(free=False, retry_at=next_pacific_midnight(now), reason="day_quota")
    if limits.requests_per_minute < 1:
        return Opening(free=False, retry_at=book.learned_until, reason="no_quota")
    forget(book, now, window)
    requests = sum(booked[0] for booked in book.slots.values())
    spent = sum(booked[1] for booked in book.slots.values())
    if requests + 1 <= limits.requests_per_minute and spent + tokens <= limits.tokens_per_minute:
        shares = (
            (requests + 1) / limits.requests_per_minute,
            (spent + tokens) / limits.tokens_per_minute,
            (today + 1) / limits.requests_per_day,
        )
        return Opening(free=True, room=1 - max(shares))
    for slot in sorted(book.slots):
        requests -= book.slots[slot][0]
        spent -= book.slots[slot][1]
        if requests + 1 <= limits.requests_per_minute and spent + tokens <= limits.tokens_per_minute:
            return Opening(free=False, retry_at=(slot + window.hold) * window.slot, reason="minute_quota")
    raise AssertionError("an empty window has room for a request below the limits")


def others_due(vendor: Book, ticket: str, now: float) -> int:
    """Return for how many others an opening is kept, since their turn has come; forget who did not come for theirs."""
    vendor.line = {other: turn for other, turn in vendor.line.items() if turn + GRACE_SECONDS > now}
    return sum(1 for other, turn in vendor.line.items() if turn <= now and other != ticket)


def take_turn(vendor: Book, ticket: str, moments: Sequence[float], *, soonest: float) -> float:
    """Return when a refused request should come back: each to an opening of its own, in the order of their first try.

    Without it all come back to the first opening, and whoever is fastest is served again and again. `moments` are the
    openings ahead, one for each request.
    """
    turn = vendor.line.get(ticket)
    if turn is None:
        turn = sorted(moments)[min(len(vendor.line), len(moments) - 1)] if moments else soonest
    vendor.line[ticket] = max(turn, soonest)
    return vendor.line[ticket]


def openings(book: Book, limits: Limits, *, now: float, window: Window, rounds: int) -> list[float]:
    """Return when requests fit: now for those that are free, and when each booked one stops counting, over so many
    rounds of the window.
    """
    used = [(slot + window.hold) * window.slot for slot, booked in book.slots.items() for _ in range(booked[0])]
    if book.learned_until > now:
        limits = limits.capped(book.learned)
    free = [now] * max(limits.requests_per_minute - len(used), 0)
    return [moment + turn * window.hold * window.slot for turn in range(rounds) for moment in (*free, *used)]


def forget(book: Book, now: float, window: Window) -> None:
    """Drop what no longer counts."""
    oldest = window.slot_at(now) - window.hold
    for slot in [slot for slot in book.slots if slot <= oldest]:
        del book.slots[slot]
    current = days(now - 86_400, window)[0]
    for day in [day for day in book.days if day < current]:
        del book.days[day]


def days(now: float, window: Window) -> tuple[str, ...]:
    """Return the vendor's day of a request sent now, and the next too when it may only arrive after midnight."""
    return tuple(dict.fromkeys((pacific_day(now), pacific_day(now + window.margin))))


def pacific_day(now: float) -> str:
    """Return the vendor's calendar day (ISO) of a UNIX time."""
    return datetime.fromtimestamp(now, PACIFIC).date().isoformat()


def next_pacific_midnight(now: float) -> float:
    """Return when the day's quotas start afresh, as UNIX seconds."""
    tomorrow = datetime.fromtimestamp(now, PACIFIC).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, PACIFIC).timestamp()
