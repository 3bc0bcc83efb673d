"""A clock that stands still, and traffic that does its worst within the rules of a ledger."""

import collections
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from backtest_engine.key_rotation import Busy, Candidate, Ledger, pacific_day


@dataclass
class Clock:
    """Tells the time that it is told."""

    now: float

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Sent:
    """A request as the vendor saw it."""

    at: float
    project: str
    tokens: int


def arrivals(
    ledger: Ledger, clock: Clock, candidates: Sequence[Candidate], chance: random.Random, count: int
) -> list[Sent]:
    """Ask at random times; settle, give back or lose each booking at random; return what reached the vendor."""
    sent = []
    pace = chance.choice([0.05, 0.5, 5.0])
    for _ in range(count):
        clock.now += chance.expovariate(1 / pace)
        estimate = chance.randint(1, 60)
        try:
            booked = ledger.reserve(candidates, model="m", tokens=estimate, ticket=str(chance.randint(0, 9)))
        except Busy as busy:
            if busy.retry_at <= clock.now:
                raise AssertionError("A wait lies in the future.") from busy
            if chance.random() < 0.3 and busy.retry_at < clock.now + 300:
                clock.now = busy.retry_at
            continue
        fate = chance.random()
        if fate < 0.1:
            ledger.give_back(booked)
            continue
        used = chance.randint(1, estimate)
        # A worker that dies settles nothing; the request may have gone out before.
        if fate < 0.8:
            ledger.settle(booked, tokens=used)
        sent.append(Sent(booked.reserved_at + chance.uniform(0, ledger.window.margin), booked.project, used))
    return sent


def worst_window(sent: Sequence[Sent], seconds: float | None, what: str) -> int:
    """Return the most that any project got in any window of so many seconds, or in any day."""
    weigh = (lambda row: row.tokens) if what == "tokens" else (lambda row: 1)
    if seconds is None:
        days = collections.Counter[Any]()
        for row in sent:
            days[row.project, pacific_day(row.at)] += weigh(row)
        return max(days.values(), default=0)
    worst = 0
    for project in {row.project for row in sent}:
        inside: collections.deque[Sent] = collections.deque()
        for row in sorted((row for row in sent if row.project == project), key=lambda row: row.at):
            inside.append(row)
            while row.at - inside[0].at >= seconds:
                inside.popleft()
            worst = max(worst, sum(weigh(each) for each in inside))
    return worst
