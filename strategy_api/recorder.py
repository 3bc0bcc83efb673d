"""Engine events → `RunEvent` rows, numbered without gaps, and a bell for those who watch."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from strategy_api.adapters import doorbell
from strategy_api.models import Run, RunEvent


class LeaseLost(Exception):
    """Another worker has the run now: whatever is still in hand here must not be written."""


def first_event(run_id: uuid.UUID, kind: str, /, **data: Any) -> None:
    """Write the event of a run that is being made, with `last_seq` 1: nobody else can know of it yet."""
    RunEvent.objects.create(run_id=run_id, seq=1, type=kind, data=data)


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
    RunEvent.objects.create(run_id=run_id, seq=seq, type=kind, data=data)
    transaction.on_commit(partial(doorbell.ring, run_id))
    return seq


def finish(
    run_id: uuid.UUID,
    state: str,
    /,
    *,
    lease_token: uuid.UUID | None,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
) -> None:
    """Write the outcome and its event together; raise `LeaseLost` unless the lease still holds the run.

    Without a lease only a run that no worker has is finished: queued, or past its lease.
    """
    with transaction.atomic():
        now = timezone.now()
        run = Run.objects.filter(pk=run_id)
        run = run.held_by(lease_token) if lease_token else run.unfinished().exclude(lease_until__gte=now)
        code = (error or {}).get("code", "")
        changed = run.update(
            state=state,
            result=result,
            error=error,
            error_code=code,
            finished_at=now,
            lease_token=None,
            lease_until=None,
        )
        if not changed:
            raise LeaseLost
        append_event(run_id, f"run.{state}", **({"code": code, "message": error["message"]} if error else {}))


def renew(run_id: uuid.UUID, lease_token: uuid.UUID, lease: timedelta) -> bool:
    """Extend the lease; return False when it no longer holds the run."""
    return bool(Run.objects.filter(pk=run_id).held_by(lease_token).update(lease_until=timezone.now() + lease))
