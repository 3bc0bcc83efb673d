"""Ending runs: the outcome with its event, what becomes of the children, and the parent that waited for them."""

import uuid
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from strategy_api.runs import events
from strategy_api.runs.dispatch import dispatch
from strategy_api.runs.events import LeaseLost
from strategy_api.runs.models import Run


def finish(
    run_id: uuid.UUID,
    state: str,
    /,
    *,
    lease_token: uuid.UUID | None,
    result: dict[str, Any] | None = None,
    error: dict[str, Any] | None = None,
    made: Model | None = None,
) -> None:
    """Write the outcome and its event together; raise `LeaseLost` unless the lease still holds the run.

    Without a lease only a run that no worker has is finished: queued, waiting for children, or past its lease. What its
    children still do is not wanted any more; a parent that waited for this run alone goes on.
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
            waits_for_children=False,
            **({"made_type": made._meta.model_name, "made_id": made.pk} if made is not None else {}),
        )
        if not changed:
            raise LeaseLost
        events.append_event(run_id, f"run.{state}", **({"code": code, "message": error["message"]} if error else {}))
        cancel_children(run_id)
        parent_id = Run.objects.values_list("parent_id", flat=True).get(pk=run_id)
        if parent_id is not None:
            _tell_parent(parent_id)


def request_cancellation(run: Run) -> None:
    """Ask for a run to stop: at once where no worker has it, as soon as its worker hears of it elsewhere."""
    if run.cancel_requested_at is None:
        Run.objects.filter(pk=run.pk).update(cancel_requested_at=timezone.now())
        events.append_event(run.pk, "run.cancel_requested")
    if run.state == Run.State.QUEUED or run.waits_for_children:
        try:
            # A savepoint: a worker that claimed it in between hears of the request instead.
            with transaction.atomic():
                finish(run.pk, Run.State.CANCELLED, lease_token=None)
        except LeaseLost:
            pass
    else:
        cancel_children(run.pk)


def cancel_children(run_id: uuid.UUID) -> None:
    """Cancel what a run's children have not finished, and theirs."""
    for child in Run.objects.select_for_update().filter(parent_id=run_id).unfinished():
        request_cancellation(child)


def wake_parent(parent_id: uuid.UUID) -> bool:
    """Queue a parent again that waits for children of which none is left; return whether it was."""
    with transaction.atomic():
        # Locked: of the last two children that end at the same time, one sees that nobody is left.
        parent = Run.objects.select_for_update().filter(pk=parent_id, waits_for_children=True).first()
        if parent is None or parent.children.unfinished().exists():
            return False
        Run.objects.filter(pk=parent_id).update(
            state=Run.State.QUEUED, waits_for_children=False, dispatched_at=None, not_before=None
        )
        transaction.on_commit(partial(dispatch, parent_id, parent.kind))
        return True


def _tell_parent(parent_id: uuid.UUID) -> None:
    parent = Run.objects.select_for_update().filter(pk=parent_id).unfinished().first()
    if parent is None:
        return
    total = parent.children.count()
    left = parent.children.unfinished().count()
    events.append_event(parent_id, "children.progress", done=total - left, total=total)
    if not left:
        wake_parent(parent_id)
