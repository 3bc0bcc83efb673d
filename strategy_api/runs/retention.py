"""Old events of finished runs."""

from django.conf import settings
from django.db.models import F
from django.utils import timezone

from strategy_api.common import retention
from strategy_api.runs.models import Run, RunEvent

BATCH = 200


@retention.register("events")
def remove_events() -> int:
    """Remove all but the last event of each old run, a batch at a time, so that no lock is held for long."""
    old = Run.objects.filter(state__in=Run.FINAL, finished_at__lt=timezone.now() - settings.KEEP_EVENTS)
    removed = 0
    while True:
        stale = RunEvent.objects.filter(run__in=old).exclude(seq=F("run__last_seq"))
        keys = list(stale.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return removed
        removed += RunEvent.objects.filter(pk__in=keys).delete()[0]
