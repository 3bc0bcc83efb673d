"""Reads with a shape."""

import json
import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from strategy_api.models import Execution, Run, RunEvent, Strategy, Token

# What a list never needs, and what makes a row heavy.
HEAVY = ("trades", "equity", "log")


def strategies_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Strategy]:
    """Strategies that a user may see: their own; staff see all."""
    return _visible(Strategy.objects.select_related("current_version"), user, "owner")


def runs_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Run]:
    """Runs that a user may see."""
    return _visible(Run.objects.select_related("version"), user, "owner")


def executions_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Execution]:
    """Executions that a user may see, without their heavy columns."""
    return _visible(Execution.objects.select_related("version").defer(*HEAVY), user, "owner")


def tokens_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Token]:
    """Tokens of a user; nobody else's, not even for staff, who find them in the admin."""
    rows: QuerySet[Token] = Token.objects.filter(user=user)
    return rows


def strategies_matching(
    rows: QuerySet[Strategy],
    *,
    status: str | None = None,
    tag: str = "",
    search: str = "",
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> QuerySet[Strategy]:
    """Narrow strategies down."""
    rows = _equal(rows, status=status, created_at__gte=created_after, created_at__lt=created_before)
    if tag:
        # Tags are JSON text, which one database stores escaped and another does not.
        rows = rows.filter(Q(tags__icontains=json.dumps(tag)) | Q(tags__icontains=json.dumps(tag, ensure_ascii=False)))
    for word in search.split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows


def runs_matching(
    rows: QuerySet[Run], *, state: str | None = None, kind: str | None = None, strategy: uuid.UUID | None = None
) -> QuerySet[Run]:
    """Narrow runs down."""
    found: QuerySet[Run] = _equal(rows, state=state, kind=kind, strategy=strategy)
    return found


def executions_matching(
    rows: QuerySet[Execution],
    *,
    status: str | None = None,
    symbol: str | None = None,
    interval: str | None = None,
    verified: bool | None = None,
) -> QuerySet[Execution]:
    """Narrow executions down."""
    found: QuerySet[Execution] = _equal(
        rows, status=status, symbol__iexact=symbol or None, interval=interval or None, verified=verified
    )
    return found


def _equal(rows: Any, **wanted: Any) -> Any:
    return rows.filter(**{name: value for name, value in wanted.items() if value is not None})


def _visible(rows: QuerySet, user: Any, owner: str) -> QuerySet:
    return rows if user.is_staff else rows.filter(**{owner: user})


def events_after(run_id: uuid.UUID, seq: int, *, limit: int = 500) -> tuple[list[dict[str, Any]], bool]:
    """Return a run's events after a number, oldest first, and whether nothing can follow them."""
    return events_after_each([(run_id, seq)], limit=limit)[run_id, seq]


def events_after_each(
    wanted: Collection[tuple[uuid.UUID, int]], *, limit: int = 500
) -> dict[tuple[uuid.UUID, int], tuple[list[dict[str, Any]], bool]]:
    """Return the same for many runs and numbers at once, in a few queries.

    The state is read before the events: a run that was finished then has all its events written.
    """
    first: dict[uuid.UUID, int] = {}
    for run_id, seq in wanted:
        first[run_id] = min(seq, first.get(run_id, seq))
    finished = set(Run.objects.filter(pk__in=first, state__in=Run.FINAL).values_list("pk", flat=True))
    events: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
    runs = list(first.items())
    for start in range(0, len(runs), RUNS_A_QUERY):
        some = runs[start : start + RUNS_A_QUERY]
        after = reduce(or_, (Q(run_id=run_id, seq__gt=seq) for run_id, seq in some))
        most = limit * len(some)
        rows = list(RunEvent.objects.filter(after).order_by("run_id", "seq")[:most].values(*EVENT, "run_id"))
        if len(rows) == most:
            # Some were cut off: nobody's are known to be all.
            finished -= {run_id for run_id, _ in some}
        for row in rows:
            events[row.pop("run_id")].append(row)
    found = {}
    for run_id, seq in wanted:
        mine = [event for event in events[run_id] if event["seq"] > seq][:limit]
        found[run_id, seq] = mine, run_id in finished and len(mine) < limit
    return found


EVENT = ("seq", "type", "data", "created_at")
RUNS_A_QUERY = 100
