"""Figures about runs: how many, how old, how long they waited and worked."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric

from strategy_api.common.metrics import counted, register
from strategy_api.runs.models import Run

LATELY, MOST = timedelta(minutes=15), 2_000


@register
def run_metrics() -> Iterator[Metric]:
    """Yield counts by kind and state, failures by code, the age of the queue and latencies."""
    yield counted("algoagent_runs", "Runs by kind and state.", Run.objects.all(), "kind", "state")
    failed = Run.objects.filter(state=Run.State.FAILED)
    yield counted("algoagent_run_failures", "Failed runs by error code.", failed, "error_code")
    oldest = Run.objects.filter(state=Run.State.QUEUED).aggregate(at=Min("created_at"))["at"]
    age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
    yield GaugeMetricFamily("algoagent_queue_age_seconds", "Age of the oldest queued run.", value=age)
    yield from _latencies()


def _latencies() -> Iterator[Metric]:
    """Quantiles over what ended lately: how long runs waited for a worker, and how long they were worked on."""
    waited = GaugeMetricFamily("algoagent_run_wait_seconds", "From accepted to started.", labels=["kind", "quantile"])
    worked = GaugeMetricFamily("algoagent_run_work_seconds", "From started to ended.", labels=["kind", "quantile"])
    lately = Run.objects.filter(finished_at__gte=timezone.now() - LATELY, started_at__isnull=False)
    rows: list[Any] = list(
        lately.order_by("-finished_at").values_list("kind", "created_at", "started_at", "finished_at")[:MOST]
    )
    for kind in sorted({row[0] for row in rows}):
        of_kind = [row for row in rows if row[0] == kind]
        for family, first, second in ((waited, 1, 2), (worked, 2, 3)):
            seconds = sorted((row[second] - row[first]).total_seconds() for row in of_kind)
            for quantile in (0.5, 0.95, 0.99):
                value = seconds[min(len(seconds) - 1, int(quantile * len(seconds)))]
                family.add_metric([kind, str(quantile)], value)
    yield waited
    yield worked
