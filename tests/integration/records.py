"""Rows as a worker would have written them, for tests that look at many and need no sandbox."""

from datetime import UTC, datetime
from typing import Any

import pandas as pd
from django.contrib.auth.models import User

from strategy_api.agents.models import Supervision
from strategy_api.research.models import Goal, Study
from strategy_api.runs.models import Run
from strategy_api.strategies import equity_curves
from strategy_api.strategies.models import Execution, Strategy
from strategy_api.strategies.versions import add_version

CODE = "x = 1\n"
METRICS = {"return_pct": 12.5, "sharpe_ratio": 0.5, "max_drawdown_pct": 20.0, "trades": 1, "equity_final": 11_250.0}
TRADE = {
    "size": 10.0,
    "entry_bar": 1,
    "exit_bar": 2,
    "entry_time": "2020-01-02T00:00:00Z",
    "exit_time": "2020-01-03T00:00:00Z",
    "entry_price": 100.0,
    "exit_price": 125.0,
    "stop_loss": None,
    "take_profit": None,
    "pnl": 250.0,
    "commission": 0.0,
    "return_pct": 25.0,
    "tag": None,
    "exit_reason": "closed",
    "same_bar": False,
}


def strategy_of(owner: User, **values: Any) -> Strategy:
    """Store a strategy with two versions."""
    strategy = Strategy.objects.create(owner=owner, **{"name": "One", **values})
    first = add_version(strategy, code=CODE, origin="manual")
    add_version(strategy, code="x = 2\n", origin="manual", parent=first)
    strategy.refresh_from_db()
    return strategy


def run_of(strategy: Strategy, **values: Any) -> Run:
    """Store a run that waits."""
    return Run.objects.create(
        **{
            "owner": strategy.owner,
            "kind": "execute",
            "subject_type": "strategy",
            "subject_id": strategy.pk,
            "subject_version": strategy.current_version and strategy.current_version.number,
            **values,
        }
    )


def study_of(strategy: Strategy, **values: Any) -> Study:
    """Store a study whose run has ended, of a goal with a seal."""
    run = run_of(strategy, kind="optimize", state="succeeded", finished_at=datetime(2020, 1, 2, tzinfo=UTC))
    goal = Goal.objects.get(pk=strategy.goal)
    goal.sealed_from = datetime(2020, 1, 1, tzinfo=UTC)
    goal.save()
    return Study.objects.create(
        **{
            "id": run.pk,
            "run": run,
            "owner": strategy.owner,
            "goal": goal,
            "strategy": strategy,
            "version": 1,
            "kind": "optimize",
            **values,
        }
    )


def execution_of(strategy: Strategy, **values: Any) -> Execution:
    """Store a backtest that went well."""
    execution = Execution(**execution_values(strategy, **values))
    execution.save()
    return execution


def execution_values(strategy: Strategy, **values: Any) -> dict[str, Any]:
    """Return what a backtest that went well looks like."""
    days = pd.date_range("2020-01-01", periods=3)
    equity = pd.DataFrame({"equity": [10_000.0, 10_500.0, 11_250.0], "drawdown_pct": [0.0, 2.0, 0.0]}, index=days)
    return {
        "owner": strategy.owner,
        "strategy": strategy,
        "version": strategy.current_version,
        "status": "succeeded",
        "symbol": "GOOG",
        "interval": "1d",
        "source": "samples",
        "dataset_fingerprint": "0" * 64,
        "bars": 3,
        "first_bar_at": datetime(2020, 1, 1, tzinfo=UTC),
        "last_bar_at": datetime(2020, 1, 3, tzinfo=UTC),
        "broker": {"cash": 10_000.0, "commission": 0.002, "spread": 0.0},
        "metrics": METRICS,
        "orders": {"placed": 1, "filled": 1, "unit": 1.0, "lost": {}},
        "return_pct": METRICS["return_pct"],
        "sharpe_ratio": METRICS["sharpe_ratio"],
        "max_drawdown_pct": METRICS["max_drawdown_pct"],
        "trade_count": 1,
        "trades": [TRADE],
        "equity": equity_curves.pack(equity),
        "warnings": [{"code": "sample_data", "message": "Sample data."}],
        **values,
    }


def supervision_of(strategy: Strategy, **values: Any) -> Supervision:
    """Store a supervision that has ended, with one picture."""
    run = run_of(strategy, kind="supervise", state="succeeded", finished_at=datetime(2020, 1, 2, tzinfo=UTC))
    picture = {"name": "equity", "title": "Equity", "why": "It.", "spec": {"mark": "line"}, "rows": [{"equity": 1}]}
    told = {"owner": strategy.owner, "strategy": strategy, "version": 1, "run": run, "insights": [picture]}
    return Supervision.objects.create(**{"id": run.pk, "ending": "nothing_better", **told, **values})
