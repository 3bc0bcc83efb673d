"""The interactive report of a stored execution."""

import logging

import pandas as pd

from backtest_engine.errors import AlgoAgentError
from backtest_engine.report import render_report
from backtest_engine.research import pictures
from strategy_api.market.catalog import catalog
from strategy_api.strategies import equity_curves
from strategy_api.strategies.models import Execution

logger = logging.getLogger(__name__)


def report_page(execution: Execution) -> str:
    """Return the page; prices are shown where exactly the bars that were used are still at hand."""
    version = execution.version
    notices = [notice["message"] for notice in execution.warnings]
    if execution.error:
        notices.append(execution.error.get("message", execution.error_code))
    return render_report(
        title=version.strategy.name,
        subtitle=(
            f"version {version.number} on {execution.symbol} {execution.interval}, {execution.bars:,} bars, "
            f"{execution.first_bar_at:%Y-%m-%d} to {execution.last_bar_at:%Y-%m-%d}, source: {execution.source}"
        ),
        metrics=execution.metrics or {},
        equity=equity_curves.unpack(execution.equity),
        trades=execution.trades,
        notices=notices,
        bars=_bars(execution),
        evidence=f"<style>{pictures.STYLE}</style>{pictures.evidence(execution.evidence)}",
    )


def _bars(execution: Execution) -> pd.DataFrame | None:
    try:
        return catalog(execution.owner_id).dataset(execution.dataset_fingerprint).bars
    except AlgoAgentError:
        logger.info("Execution %s: its bars are not at hand any more", execution.pk)
        return None
