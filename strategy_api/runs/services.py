"""Submitting and cancelling runs."""

from functools import partial

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum

from strategy_api.common.exceptions import Conflict, TooManyRuns
from strategy_api.runs import events, outcomes
from strategy_api.runs.dispatch import dispatch
from strategy_api.runs.kinds import RunKind, Submission
from strategy_api.runs.models import Run


@transaction.atomic
def submit_run(
    *, owner: User, kind: RunKind, submission: Submission, parent: Run | None = None, position: int | None = None
) -> Run:
    """Queue a run; a worker may pick it up as soon as the transaction commits.

    Raises `TooManyRuns` where the unfinished runs of the owner weigh too much already. Children weigh nothing beside
    their parent.
    """
    if parent is None:
        _check_weight(owner, kind.weight)
    subject = submission.subject
    run = Run.objects.create(
        owner=owner,
        kind=kind.name,
        parent=parent,
        position=position,
        weight=0 if parent else kind.weight,
        subject_type=subject.type if subject else "",
        subject_id=subject.id if subject else None,
        subject_version=subject.version if subject else None,
        parameters=dict(submission.parameters),
        max_attempts=kind.max_attempts or settings.RUN_MAX_ATTEMPTS,
        last_seq=1,
    )
    events.first_event(run.pk, "run.queued", run_kind=kind.name)
    if kind.submitted is not None:
        kind.submitted(run)
    transaction.on_commit(partial(dispatch, run.pk, kind.name))
    return run


@transaction.atomic
def cancel_run(*, run: Run) -> Run:
    """Cancel a run with its children: at once while it is queued, as soon as its worker hears of it otherwise."""
    run = Run.objects.select_for_update().get(pk=run.pk)
    if run.finished:
        raise Conflict(f"The run has already {run.state}.", code="run_finished")
    outcomes.request_cancellation(run)
    run.refresh_from_db()
    return run


@transaction.atomic
def delete_run(*, run: Run) -> None:
    """Remove a finished run with its events; what it made stays. Raises `Conflict` while it is unfinished."""
    locked = Run.objects.select_for_update().get(pk=run.pk)
    if not locked.finished:
        raise Conflict("The run has not ended: cancel it first.", code="run_unfinished")
    locked.delete()


def _check_weight(owner: User, weight: int) -> None:
    unfinished = Run.objects.filter(owner=owner).unfinished().aggregate(total=Sum("weight"))["total"] or 0
    if unfinished + weight > settings.QUEUED_RUNS_LIMIT:
        raise TooManyRuns
