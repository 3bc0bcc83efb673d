"""Old events."""

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from strategy_api.common import retention
from strategy_api.runs.models import Run, RunEvent, TopicEvent

BATCH = 200


@retention.register("events")
def remove_events() -> int:
    """Remove all but the last event of each old run."""
    old = Run.objects.filter(state__in=Run.FINAL, finished_at__lt=timezone.now() - settings.KEEP_EVENTS)
    return _remove(RunEvent.objects.filter(run__in=old).exclude(seq=F("run__last_seq")))


@retention.register("topic_events")
def remove_topic_events() -> int:
    """Remove the old events of other topics, but the last of each."""
    old = TopicEvent.objects.filter(created_at__lt=timezone.now() - settings.KEEP_EVENTS)
    return _remove(old.exclude(seq=F("topic__last_seq")))


def _remove(stale: QuerySet) -> int:
    """Remove rows a batch at a time, so that no lock is held for long."""
    removed = 0
    while keys := list(stale.values_list("pk", flat=True)[:BATCH]):
        removed += stale.model._default_manager.filter(pk__in=keys).delete()[0]
    return removed
