"""Figures about backtests."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from strategy_api.common.metrics import counted, register
from strategy_api.strategies.models import Execution


@register
def execution_metrics() -> Iterator[Metric]:
    """Yield counts by outcome."""
    documentation = "Backtests by outcome, by what the sandbox said, and by whether they can be believed."
    yield counted("algoagent_executions", documentation, Execution.objects.all(), "status", "error_code", "verified")
