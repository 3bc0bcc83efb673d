"""Finding runs that nobody works on although somebody should, and settling those that lost their last worker."""

import logging
import uuid
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from backtest_engine.errors import EngineError
from strategy_api.runs import outcomes
from strategy_api.runs.dispatch import dispatch
from strategy_api.runs.events import LeaseLost
from strategy_api.runs.models import Run

logger = logging.getLogger(__name__)

FORGOTTEN_AFTER = timedelta(seconds=2)
SENT_AGAIN_AFTER = timedelta(seconds=60)
SWEEP_SIZE = 500


def sweep() -> None:
    """Dispatch again what was accepted and never started or lost its worker; settle what lost its last worker."""
    exhausted = Run.objects.filter(_silent(timezone.now()), attempt__gte=F("max_attempts"))
    for run_id in list(exhausted.values_list("pk", flat=True)[:SWEEP_SIZE]):
        _give_up(run_id)
    unfinished_child = Run.objects.filter(parent=OuterRef("pk")).unfinished()
    left_alone = Run.objects.filter(~Exists(unfinished_child), waits_for_children=True)
    for run_id in list(left_alone.values_list("pk", flat=True)[:SWEEP_SIZE]):
        outcomes.wake_parent(run_id)
    for run_id, kind in undispatched():
        dispatch(run_id, kind)


def undispatched() -> list[tuple[uuid.UUID, str]]:
    """Return the runs that no message announces any more, with their kind, oldest first."""
    now = timezone.now()
    forgotten = Q(state=Run.State.QUEUED, dispatched_at=None, created_at__lt=now - FORGOTTEN_AFTER)
    unfetched = Q(state=Run.State.QUEUED, dispatched_at__lt=now - SENT_AGAIN_AFTER)
    waiting = Run.objects.claimable(now).filter(_silent(now) | forgotten | unfetched).order_by("created_at")
    return list(waiting.values_list("pk", "kind")[:SWEEP_SIZE])


def _silent(now: datetime) -> Q:
    return Q(state=Run.State.RUNNING, lease_until__lt=now)


def _give_up(run_id: uuid.UUID) -> None:
    error = EngineError("Every worker that took this run died before it ended.", code="worker_lost")
    try:
        outcomes.finish(run_id, Run.State.FAILED, lease_token=None, error=error.as_dict())
    except LeaseLost:
        logger.info("Run %s ended after all", run_id)
