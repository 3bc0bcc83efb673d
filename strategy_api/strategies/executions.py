"""Writing executions: a result or a failure, with all that is needed to run it again."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset
from backtest_engine.errors import AlgoAgentError
from backtest_engine.research.evidence import of_failure
from strategy_api.common import storable as storing
from strategy_api.runs.models import Run
from strategy_api.strategies import equity_curves
from strategy_api.strategies.models import Execution, StrategyVersion


def record_success(
    run: Run, version: StrategyVersion, result: BacktestResult, *, evidence: Mapping[str, Any] | None
) -> Execution:
    """Store a finished backtest with its evidence."""
    metrics = storing.storable(dict(result.metrics))
    return Execution.objects.create(
        **_common(run, version, result.dataset, result.broker, result.parameters),
        status=Execution.Status.SUCCEEDED,
        metrics=metrics,
        metrics_notes=dict(result.metrics_notes),
        orders=storing.storable(result.orders.as_dict()),
        return_pct=metrics["return_pct"],
        sharpe_ratio=metrics["sharpe_ratio"],
        max_drawdown_pct=metrics["max_drawdown_pct"],
        trade_count=metrics["trades"],
        trades=[_trade(asdict(trade)) for trade in result.trades],
        equity=equity_curves.pack(result.equity),
        warnings=storing.storable([notice.as_dict() for notice in result.notices]),
        checks=storing.storable({check.name: check.as_dict() for check in result.checks}),
        verified=result.verified,
        evidence=storing.storable(evidence),
        log=storing.text(result.log),
        path=result.path,
        path_reason=result.path_reason or "",
        path_differences=list(result.path_differences),
        timings=storing.storable(dict(result.timings)),
        versions=dict(result.versions),
    )


def record_failure(
    run: Run,
    version: StrategyVersion,
    error: AlgoAgentError,
    *,
    dataset: Dataset,
    broker: BrokerSettings,
    parameters: Mapping[str, Any],
) -> Execution:
    """Store a backtest that the strategy did not survive."""
    return Execution.objects.create(
        **_common(run, version, dataset, broker, parameters),
        status=Execution.Status.FAILED,
        evidence=of_failure(error.code).as_dict(),
        error_code=error.code,
        error=storing.storable(error.as_dict()),
        log=storing.text(str(error.details.get("log", ""))),
        path_reason=str(error.details.get("path_reason", "")),
        path_differences=list(error.details.get("path_differences", ())),
    )


def summary(execution: Execution) -> dict[str, Any]:
    """Return what a run's result and its events say of an execution."""
    return {
        "id": str(execution.pk),
        "status": execution.status,
        "symbol": execution.symbol,
        "interval": execution.interval,
        "source": execution.source,
        "bars": execution.bars,
        "first_bar_at": execution.first_bar_at.isoformat().replace("+00:00", "Z"),
        "last_bar_at": execution.last_bar_at.isoformat().replace("+00:00", "Z"),
        "broker": execution.broker,
        "parameters": execution.parameters,
        "metrics": execution.metrics,
        "metrics_notes": execution.metrics_notes,
        "orders": execution.orders,
        "warnings": execution.warnings,
        "checks": execution.checks,
        "verified": execution.verified,
        "evidence": execution.evidence,
        "path": execution.path,
        "path_reason": execution.path_reason or None,
    }


def _common(
    run: Run, version: StrategyVersion, dataset: Dataset, broker: BrokerSettings, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "run": run,
        "owner_id": version.strategy.owner_id,
        "strategy_id": version.strategy_id,
        "version": version,
        "symbol": dataset.symbol,
        "interval": dataset.interval,
        "source": dataset.source,
        "dataset_fingerprint": dataset.fingerprint,
        "bars": len(dataset) - dataset.warm_up,
        "first_bar_at": dataset.first_traded,
        "last_bar_at": dataset.end,
        "broker": broker.as_dict(),
        "parameters": storing.storable(dict(parameters)),
    }


def _trade(trade: dict[str, Any]) -> dict[str, Any]:
    for name in ("entry_time", "exit_time"):
        trade[name] = trade[name].isoformat().replace("+00:00", "Z")
    shown: dict[str, Any] = storing.storable(trade)
    return shown
