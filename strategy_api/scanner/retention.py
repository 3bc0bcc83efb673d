"""Old scans and signals."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from strategy_api.common import retention
from strategy_api.runs.models import Run
from strategy_api.scanner.kinds import ALERT, SCAN
from strategy_api.scanner.models import Signal

# A scan each half minute is three thousand runs a day; what they found stands in the signals.
KEEP_SCANS = timedelta(days=1)
BATCH = 500


@retention.register("scans")
def remove_scans() -> int:
    """Remove finished scans and deliveries."""
    old = Run.objects.filter(
        kind__in=[SCAN.name, ALERT.name], state__in=Run.FINAL, finished_at__lt=timezone.now() - KEEP_SCANS
    )
    removed = 0
    while keys := list(old.values_list("pk", flat=True)[:BATCH]):
        removed += len(keys)
        Run.objects.filter(pk__in=keys).delete()
    return removed


@retention.register("signals")
def remove_signals() -> int:
    """Remove signals that are older than curves are kept."""
    return Signal.objects.filter(created_at__lt=timezone.now() - settings.KEEP_CURVES).delete()[0]
