"""Reads of runs and their events."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Q, QuerySet

from strategy_api.common.selectors import filtered, visible_to
from strategy_api.runs.models import Run, RunEvent


def runs_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Run]:
    """Runs that a user may see."""
    return visible_to(user, Run.objects.all())


def runs_matching(
    rows: QuerySet[Run],
    *,
    state: str | None = None,
    kind: str | None = None,
    strategy: uuid.UUID | None = None,
    parent: uuid.UUID | None = None,
) -> QuerySet[Run]:
    """Narrow runs down."""
    found: QuerySet[Run] = filtered(rows, state=state, kind=kind, subject_id=strategy, parent=parent)
    return found


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
