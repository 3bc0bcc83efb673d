"""The ledger of quotas: reserve before a request, settle after it. Nothing waits in here.

A reservation of a worker that died counts until its window has passed and is then forgotten: there is nothing to
clean up. Three ledgers keep the same promises: one in memory, one in SQLite, and one in Redis (`strategy_api`).
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from backtest_engine.key_rotation.quota import (
    Book,
    Limits,
    Window,
    days,
    forget,
    next_pacific_midnight,
    opening,
    openings,
    others_due,
    pacific_day,
    take_turn,
)

# The vendor's own trouble with a model is booked under this name instead of a project's.
EVERY_PROJECT = "*"
LEARNED_SECONDS = 86_400.0
LONGEST_STUMBLE = 60.0
MIDNIGHT_MARGIN = 60.0

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A key that could serve a request, and what its project may ask."""

    fingerprint: str
    project: str
    limits: Limits


@dataclass(frozen=True, kw_only=True)
class Reservation:
    """A booked request. It must be on its way before `send_by` (UNIX seconds), or be given back."""

    fingerprint: str
    project: str
    model: str
    tokens: int
    slot: int
    days: tuple[str, ...]
    reserved_at: float
    send_by: float
    stumbles: int = 0


class Busy(Exception):
    """No key can serve now; `retry_at` (UNIX seconds, maybe infinite) is the earliest that one can."""

    def __init__(self, reason: str = "", retry_at: float = math.inf) -> None:
        super().__init__(reason, retry_at)
        self.reason = reason
        self.retry_at = retry_at


class Ledger(Protocol):
    """Keeps count for all workers at once; every method is one atomic step."""

    window: Window

    def reserve(self, candidates: Sequence[Candidate], *, model: str, tokens: int, ticket: str = "") -> Reservation:
        """Book a request of so many input tokens with the key that has most room; raise `Busy`.

        A refused request that comes back with the same ticket keeps its place in the line.
        """

    def settle(self, reservation: Reservation, *, tokens: int) -> None:
        """Put the true number of input tokens in the place of the estimate."""

    def give_back(self, reservation: Reservation) -> None:
        """Forget a request that the vendor never saw."""

    def rest(self, project: str, model: str, *, seconds: float | None, reason: str) -> None:
        """Leave the project's quota for a model alone for a while; None means until the vendor's day ends."""

    def quarantine(self, fingerprint: str, *, seconds: float, reason: str) -> None:
        """Leave a key alone."""

    def learn(self, project: str, model: str, limits: Mapping[str, int]) -> None:
        """Remember for a day that these fields of `Limits` are lower than configured."""

    def stumble(self, reservation: Reservation) -> float:
        """Rest a model that failed, longer each time in a row; return for how many seconds."""

    def recovered(self, model: str) -> None:
        """Forget that a model stumbled."""

    def states(self, candidates: Sequence[Candidate], *, models: Sequence[str]) -> list[dict[str, Any]]:
        """Return the health of each key and model, JSON-able."""


class BookedLedger(ABC):
    """The promises of a `Ledger` over books that a subclass fetches and stores in one atomic step."""

    def __init__(self, *, window: Window, clock: Clock) -> None:
        self.window = window
        self._clock = clock

    @abstractmethod
    def _open(self, pages: Sequence[tuple[str, str]]) -> Any:
        """Return a context in which the books of these projects and models are ours: `(books, quarantined)`."""

    def reserve(self, candidates: Sequence[Candidate], *, model: str, tokens: int, ticket: str = "") -> Reservation:
        """Book a request of so many input tokens with the key that has most room; raise `Busy`.

        A refused request that comes back with the same ticket keeps its place in the line.
        """
        projects = {candidate.project for candidate in candidates}
        with self._open([(EVERY_PROJECT, model), *((project, model) for project in projects)]) as (books, quarantined):
            now = self._clock()
            vendor = books[EVERY_PROJECT, model]
            due = others_due(vendor, ticket, now)
            waited = ticket in vendor.line
            free = [row for row in candidates if quarantined.get(row.fingerprint, (0.0, ""))[0] <= now]
            try:
                chosen = _choose(candidates, books, quarantined, model, tokens, now, self.window)
                ahead = due and not waited and _moments(free, books, model, tokens, now, self.window, rounds=1)
                refusal = Busy("minute_quota", now) if ahead and ahead.count(now) <= due else None
            except Busy as busy:
                refusal = busy
            if refusal is None:
                vendor.line.pop(ticket, None)
                return self._booked(chosen, books[chosen.project, model], vendor, model, tokens, now)
            if refusal.reason == "minute_quota":
                rounds = 2 + len(vendor.line) // max(sum(row.limits.requests_per_minute for row in free), 1)
                moments = _moments(free, books, model, tokens, now, self.window, rounds=rounds)
                soonest = max(refusal.retry_at, now + self.window.slot)
                refusal = Busy(refusal.reason, take_turn(vendor, ticket, moments, soonest=soonest))
        # Raised out here, so that the place in the line is written.
        raise refusal

    def _booked(self, chosen: Candidate, book: Book, vendor: Book, model: str, tokens: int, now: float) -> Reservation:
        slot, on = self.window.slot_at(now), days(now, self.window)
        booked = book.slots.setdefault(slot, [0, 0])
        booked[0] += 1
        booked[1] += tokens
        for day in on:
            book.days[day] = book.days.get(day, 0) + 1
        book.used_at = now
        return Reservation(
            fingerprint=chosen.fingerprint,
            project=chosen.project,
            model=model,
            tokens=tokens,
            slot=slot,
            days=on,
            reserved_at=now,
            send_by=now + self.window.margin / 2,
            stumbles=vendor.stumbles,
        )

    def settle(self, reservation: Reservation, *, tokens: int) -> None:
        """Put the true number of input tokens in the place of the estimate."""
        with self._page(reservation.project, reservation.model) as book:
            if reservation.slot in book.slots:
                book.slots[reservation.slot][1] += tokens - reservation.tokens

    def give_back(self, reservation: Reservation) -> None:
        """Forget a request that the vendor never saw."""
        with self._page(reservation.project, reservation.model) as book:
            if reservation.slot in book.slots:
                book.slots[reservation.slot][0] -= 1
                book.slots[reservation.slot][1] -= reservation.tokens
            for day in reservation.days:
                if day in book.days:
                    book.days[day] -= 1

    def rest(self, project: str, model: str, *, seconds: float | None, reason: str) -> None:
        """Leave the project's quota for a model alone for a while; None means until the vendor's day ends."""
        with self._page(project, model) as book:
            now = self._clock()
            until = next_pacific_midnight(now) + MIDNIGHT_MARGIN if seconds is None else now + seconds
            if until > book.rest_until:
                book.rest_until, book.rest_reason = until, reason

    def learn(self, project: str, model: str, limits: Mapping[str, int]) -> None:
        """Remember for a day that these fields of `Limits` are lower than configured."""
        with self._page(project, model) as book:
            now = self._clock()
            book.learned = {**(book.learned if book.learned_until > now else {}), **limits}
            book.learned_until = now + LEARNED_SECONDS

    def stumble(self, reservation: Reservation) -> float:
        """Rest a model that failed, longer each time in a row; return for how many seconds."""
        with self._page(EVERY_PROJECT, reservation.model) as book:
            now = self._clock()
            # Requests that were under way together fail together: that is one stumble.
            if reservation.reserved_at >= book.stumbled_at:
                book.stumbles += 1
                book.stumbled_at = now
                book.rest_until = now + stumble_seconds(book.stumbles)
                book.rest_reason = "model_resting"
            return max(book.rest_until - now, 0.0)

    def recovered(self, model: str) -> None:
        """Forget that a model stumbled."""
        with self._page(EVERY_PROJECT, model) as book:
            book.stumbles, book.rest_until = 0, 0.0

    def states(self, candidates: Sequence[Candidate], *, models: Sequence[str]) -> list[dict[str, Any]]:
        """Return the health of each key and model, JSON-able."""
        rows = []
        for model in models:
            projects = {candidate.project for candidate in candidates}
            with self._open([(project, model) for project in projects]) as (books, quarantined):
                now = self._clock()
                for candidate in candidates:
                    book = books[candidate.project, model]
                    forget(book, now, self.window)
                    held = quarantined.get(candidate.fingerprint, (0.0, ""))
                    rows.append(state(candidate, model, book, held, now))
        return rows

    @abstractmethod
    def quarantine(self, fingerprint: str, *, seconds: float, reason: str) -> None:
        """Leave a key alone."""

    @contextmanager
    def _page(self, project: str, model: str) -> Iterator[Book]:
        with self._open([(project, model)]) as (books, _):
            yield books[project, model]


def stumble_seconds(times: int) -> float:
    """Return how long a model rests after failing so many times in a row."""
    return min(2.0 ** min(times, 10), LONGEST_STUMBLE)


def state(candidate: Candidate, model: str, book: Book, held: tuple[float, str], now: float) -> dict[str, Any]:
    """Return one key's health for one model, JSON-able."""
    until, reason = max(held, (book.rest_until, book.rest_reason))
    limits = candidate.limits.capped(book.learned) if book.learned_until > now else candidate.limits
    resting = until > now
    return {
        "fingerprint": candidate.fingerprint,
        "project": candidate.project,
        "model": model,
        "state": "quarantined" if held[0] > now else "resting" if resting else "ready",
        "reason": reason if resting else "",
        "until": until if resting else None,
        "requests_this_minute": sum(booked[0] for booked in book.slots.values()),
        "tokens_this_minute": sum(booked[1] for booked in book.slots.values()),
        "requests_today": book.days.get(pacific_day(now), 0),
        "limits": vars(limits),
    }


def _choose(
    candidates: Sequence[Candidate],
    books: Mapping[tuple[str, str], Book],
    quarantined: Mapping[str, tuple[float, str]],
    model: str,
    tokens: int,
    now: float,
    window: Window,
) -> Candidate:
    vendor = books[EVERY_PROJECT, model]
    if vendor.rest_until > now:
        raise Busy(vendor.rest_reason, vendor.rest_until)
    best: tuple[float, float, Candidate] | None = None
    waits, held = [Busy("no_key")], []
    for candidate in candidates:
        until, reason = quarantined.get(candidate.fingerprint, (0.0, ""))
        book = books[candidate.project, model]
        if until > now:
            held.append(Busy(reason, until))
            continue
        found = opening(book, candidate.limits, tokens=tokens, now=now, window=window)
        if not found.free:
            waits.append(Busy(found.reason, found.retry_at))
        elif best is None or (-found.room, book.used_at) < best[:2]:
            best = (-found.room, book.used_at, candidate)
    if best is None:
        # A full quota is the better reason: it passes by itself, a refused key needs its owner.
        raise min(waits[1:] or held or waits, key=lambda busy: busy.retry_at)
    return best[2]


def _moments(
    candidates: Sequence[Candidate],
    books: Mapping[tuple[str, str], Book],
    model: str,
    tokens: int,
    now: float,
    window: Window,
    *,
    rounds: int,
) -> list[float]:
    """When requests fit, over the projects that lack nothing but, at most, room in the minute."""
    limits = {row.project: row.limits for row in candidates}
    moments: list[float] = []
    for project, granted in limits.items():
        book = books[project, model]
        found = opening(book, granted, tokens=tokens, now=now, window=window)
        if found.free or (found.reason == "minute_quota" and book.rest_until <= now):
            moments += openings(book, granted, now=now, window=window, rounds=rounds)
    return moments
