"""Figures about language models: calls, tokens, money and keys."""

from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, Sum
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from strategy_api.common.metrics import register
from strategy_api.llm import language_models
from strategy_api.llm.call_log import calls_of_day, spent
from strategy_api.llm.models import LLMCall


@register
def model_metrics() -> Iterator[Metric]:
    """Yield calls, tokens, money and the health of keys."""
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
