"""Thinning what is bulky and old; what happened, and what came out, stays."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from strategy_api import curves, ticks
from strategy_api.models import Execution, Run, RunEvent

logger = logging.getLogger(__name__)

BATCH = 200
KEPT_POINTS = 500
KEEP_TICKS = timedelta(days=1)


def thin() -> dict[str, int]:
    """Remove old events of finished runs, and reduce old curves to a picture's worth of points; return the counts."""
    now = timezone.now()
    old_runs = Run.objects.filter(state__in=Run.FINAL, finished_at__lt=now - settings.KEEP_EVENTS)
    old_executions = Execution.objects.filter(created_at__lt=now - settings.KEEP_CURVES, thinned_at=None)
    counts = {
        "events": _remove_events(old_runs),
        "executions": _thin_executions(old_executions),
        "ticks": ticks.forget(now - KEEP_TICKS),
    }
    logger.info("Thinned %s", counts)
    return counts


def _remove_events(runs: QuerySet[Run]) -> int:
    """Remove all but the last event of each run, a batch at a time, so that no lock is held for long."""
    removed = 0
    while True:
        stale = RunEvent.objects.filter(run__in=runs).exclude(seq=F("run__last_seq"))
        keys = list(stale.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return removed
        removed += RunEvent.objects.filter(pk__in=keys).delete()[0]


def _thin_executions(executions: QuerySet[Execution]) -> int:
    thinned = 0
    while batch := list(executions[:BATCH]):
        for execution in batch:
            execution.equity = curves.thin(execution.equity, KEPT_POINTS)
            execution.trades = execution.trades[:KEPT_POINTS]
            execution.log = ""
            execution.thinned_at = timezone.now()
            execution.save(update_fields=["equity", "trades", "log", "thinned_at"])
        thinned += len(batch)
    return thinned
