"""Events of runs: rows, numbered without gaps, and a notification for those who watch."""

import uuid
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F

from strategy_api.runs import notifications
from strategy_api.runs.event_data import kept
from strategy_api.runs.models import Run, RunEvent
from strategy_api.runs.topic_types import topic_name

# The type of the topics that runs are.
RUN = "run"


class LeaseLost(Exception):
    """Another worker has the run now: whatever is still in hand here must not be written."""


def topic_of(run_id: uuid.UUID) -> str:
    """Return the name of a run's topic."""
    return topic_name(RUN, run_id)


def first_event(run_id: uuid.UUID, kind: str, /, **data: Any) -> None:
    """Write the event of a run that is being made, with `last_seq` 1: nobody else can know of it yet."""
    RunEvent.objects.create(run_id=run_id, seq=1, type=kind, data=kept(data))


@transaction.atomic
def append_event(run_id: uuid.UUID, kind: str, /, *, lease_token: uuid.UUID | None = None, **data: Any) -> int:
    """Write one event and return its number; with a lease token, raise `LeaseLost` unless it still holds the run.

    The number is taken by an update of the run's row in the same transaction. The row lock makes numbers appear in
    the order of their commits, so that a reader who has seen n never meets a late n − 1.
    """
    run = Run.objects.filter(pk=run_id)
    if lease_token is not None:
        run = run.held_by(lease_token)
    if not run.update(last_seq=F("last_seq") + 1):
        raise LeaseLost
    seq: int = Run.objects.values_list("last_seq", flat=True).get(pk=run_id)
    RunEvent.objects.create(run_id=run_id, seq=seq, type=kind, data=kept(data))
    transaction.on_commit(partial(notifications.notify, topic_of(run_id)))
    return seq
