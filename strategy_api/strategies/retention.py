"""Old backtests: the curve is thinned to what a picture needs, the log goes."""

from django.conf import settings
from django.utils import timezone

from strategy_api.common import retention
from strategy_api.strategies import equity_curves
from strategy_api.strategies.models import Execution

BATCH = 200
KEPT_POINTS = 500


@retention.register("executions")
def thin_executions() -> int:
    """Reduce old curves and trades, a batch at a time."""
    old = Execution.objects.filter(created_at__lt=timezone.now() - settings.KEEP_CURVES, thinned_at=None)
    thinned = 0
    while batch := list(old[:BATCH]):
        for execution in batch:
            execution.equity = equity_curves.thin(execution.equity, KEPT_POINTS)
            execution.trades = execution.trades[:KEPT_POINTS]
            execution.log = ""
            execution.thinned_at = timezone.now()
            execution.save(update_fields=["equity", "trades", "log", "thinned_at"])
        thinned += len(batch)
    return thinned
