"""Reads of runs and their events."""

import uuid
from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import QuerySet

from strategy_api.common.selectors import filtered, visible_to
from strategy_api.runs.event_rows import rows_after_each, smallest_numbers
from strategy_api.runs.models import Run, RunEvent
from strategy_api.runs.topic_types import Events


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


def events_after_each(
    wanted: Collection[tuple[uuid.UUID, int]], *, limit: int = 500
) -> dict[tuple[uuid.UUID, int], Events]:
    """Return the events of runs after a number each, oldest first, and whether nothing can follow them.

    The state is read before the events: a run that was finished then has all its events written.
    """
    first = smallest_numbers(wanted)
    finished = set(Run.objects.filter(pk__in=first, state__in=Run.FINAL).values_list("pk", flat=True))
    events = rows_after_each(RunEvent.objects.all(), "run_id", first, limit=limit)
    found = {}
    for run_id, seq in wanted:
        mine = [event for event in events[run_id] if event["seq"] > seq][:limit]
        found[run_id, seq] = mine, run_id in finished and len(mine) < limit
    return found
