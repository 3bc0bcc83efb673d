"""Figures about runs, computed from the rows at each scrape."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet, Sum
from django.utils import timezone
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from strategy_api import language_models
from strategy_api.adapters.llm_calls import calls_of_day, spent
from strategy_api.models import Execution, LLMCall, Run

LATELY, MOST = timedelta(minutes=15), 2_000


class RunCollector(Collector):
    """Counts rows; holds nothing in memory."""

    def describe(self) -> list[Metric]:
        """Name nothing in advance, so that registering asks the database nothing."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield the figures of this moment."""
        yield _counted("algoagent_runs", "Runs by kind and state.", Run.objects.all(), "kind", "state")
        failed = Run.objects.filter(state=Run.State.FAILED)
        yield _counted("algoagent_run_failures", "Failed runs by error code.", failed, "error_code")
        oldest = Run.objects.filter(state=Run.State.QUEUED).aggregate(at=Min("created_at"))["at"]
        age = (timezone.now() - oldest).total_seconds() if oldest else 0.0
        yield GaugeMetricFamily("algoagent_queue_age_seconds", "Age of the oldest queued run.", value=age)
        verdicts = "Backtests by outcome, by what the sandbox said, and by whether they can be believed."
        yield _counted("algoagent_executions", verdicts, Execution.objects.all(), "status", "error_code", "verified")
        yield from _latencies()
        yield from _language_models()


def _counted(name: str, says: str, rows: QuerySet[Any], *labels: str) -> Metric:
    family = GaugeMetricFamily(name, says, labels=labels)
    for *values, count in rows.order_by(*labels).values_list(*labels).annotate(count=Count("pk")):
        family.add_metric(["" if value is None else str(value).lower() for value in values], count)
    return family


def _latencies() -> Iterator[Metric]:
    """Quantiles over what ended lately: how long runs waited for a worker, and how long they were worked on."""
    waited = GaugeMetricFamily("algoagent_run_wait_seconds", "From accepted to started.", labels=["kind", "quantile"])
    worked = GaugeMetricFamily("algoagent_run_work_seconds", "From started to ended.", labels=["kind", "quantile"])
    lately = Run.objects.filter(finished_at__gte=timezone.now() - LATELY, started_at__isnull=False)
    rows: list[Any] = list(
        lately.order_by("-finished_at").values_list("kind", "created_at", "started_at", "finished_at")[:MOST]
    )
    for kind in sorted({row[0] for row in rows}):
        mine = [row for row in rows if row[0] == kind]
        for family, first, second in ((waited, 1, 2), (worked, 2, 3)):
            seconds = sorted((row[second] - row[first]).total_seconds() for row in mine)
            for quantile in (0.5, 0.95, 0.99):
                value = seconds[min(len(seconds) - 1, int(quantile * len(seconds)))]
                family.add_metric([kind, str(quantile)], value)
    yield waited
    yield worked


def _language_models() -> Iterator[Metric]:
    calls = CounterMetricFamily("algoagent_llm_calls", "Calls to models.", labels=["provider", "model", "outcome"])
    tokens = CounterMetricFamily("algoagent_llm_tokens", "Tokens used.", labels=["provider", "model", "direction"])
    cost = CounterMetricFamily("algoagent_llm_cost_usd", "What calls cost.", labels=["provider", "model"])
    rows = LLMCall.objects.values("provider", "model", "outcome").order_by("provider", "model", "outcome")
    totals: dict[tuple[str, str], list[float]] = {}
    for row in rows.annotate(n=Count("pk"), i=Sum("input_tokens"), o=Sum("output_tokens"), usd=Sum("cost_usd")):
        name = row["provider"], row["model"]
        calls.add_metric([*name, row["outcome"]], row["n"])
        sums = totals.setdefault(name, [0.0, 0.0, 0.0])
        for place, value in enumerate((row["i"], row["o"], row["usd"])):
            sums[place] += float(value)
    for name, (put_in, put_out, usd) in totals.items():
        tokens.add_metric([*name, "input"], put_in)
        tokens.add_metric([*name, "output"], put_out)
        cost.add_metric(name, usd)
    yield from (calls, tokens, cost)
    budget = language_models.budget()
    yield GaugeMetricFamily("algoagent_llm_budget_usd", "What a UTC day may cost.", value=float(budget.daily_usd))
    yield GaugeMetricFamily("algoagent_llm_spent_usd", "What today cost so far.", value=float(spent(calls_of_day())))
    keys = GaugeMetricFamily("algoagent_llm_keys", "Keys by model and state.", labels=["model", "state"])
    states = Counter((row["model"], row["state"]) for row in language_models.key_states())
    for labels, count in sorted(states.items()):
        keys.add_metric(labels, count)
    yield keys
