"""Events of runs: rows, numbered without gaps, and a notification for those who watch."""

import json
import uuid
from functools import partial
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import F

from strategy_api.common.storable import storable, text
from strategy_api.runs import notifications
from strategy_api.runs.models import Run, RunEvent

# Every reader of a run gets every event.
MOST_CHARACTERS = 64 << 10


class LeaseLost(Exception):
    """Another worker has the run now: whatever is still in hand here must not be written."""


def first_event(run_id: uuid.UUID, kind: str, /, **data: Any) -> None:
    """Write the event of a run that is being made, with `last_seq` 1: nobody else can know of it yet."""
    RunEvent.objects.create(run_id=run_id, seq=1, type=kind, data=_kept(data))


def _kept(data: dict[str, Any]) -> dict[str, Any]:
    """Return what an event keeps; progress that cannot be stored must not end the run that makes it."""
    try:
        kept: dict[str, Any] = storable(data)
        if len(json.dumps(kept, cls=DjangoJSONEncoder)) <= MOST_CHARACTERS:
            return kept
    except (ValueError, TypeError, RecursionError):
        pass
    return {"not_storable": sorted(text(str(name))[:100] for name in data)[:50]}


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
    RunEvent.objects.create(run_id=run_id, seq=seq, type=kind, data=_kept(data))
    transaction.on_commit(partial(notifications.notify, run_id))
    return seq
