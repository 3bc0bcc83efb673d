"""Figures about backtests."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, Metric

from strategy_api.common.metrics import counted, register
from strategy_api.strategies.models import Execution


@register
def execution_metrics() -> Iterator[Metric]:
    """Yield counts by outcome."""
    documentation = "Backtests by outcome, by what the sandbox said, and by whether they can be believed."
    yield counted("algoagent_executions", documentation, Execution.objects.all(), "status", "error_code", "verified")
    paths = "Backtests by the path that they took, and why a specification ran in the sandbox."
    yield counted("algoagent_execution_paths", paths, Execution.objects.all(), "path", "path_reason")
    documentation = "Backtests in which the fast path and the sandbox differed: each is to be looked at."
    differences = CounterMetricFamily("algoagent_path_differences", documentation)
    differences.add_metric([], Execution.objects.filter(path_reason="fast_path_differs").count())
    yield differences
