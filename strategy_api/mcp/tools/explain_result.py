"""`explain_result`."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Tool, backtest, picked, rounded, shortened

MOST_REASONS = 6
OF_A_TRADE = ("entry_time", "exit_time", "return_pct", "pnl", "entry_reason", "exit_reason")


async def explain_result(api: Api, execution: Annotated[UUID, Field(description="Execution id")]) -> Answer:
    """Say how far a backtest can be believed, why, where it won and lost, and which orders came to nothing."""
    shown = await api.get(f"/api/executions/{execution}/")
    trades = await api.get(f"/api/executions/{execution}/trades/")
    about = backtest(shown)
    evidence = shown.get("evidence") or {}
    checks = {check["code"]: _said(check) for check in evidence.get("checks", ())}
    checks = checks or {name: f"{check['status']}: {check['scope']}" for name, check in shown["checks"].items()}
    ranked = sorted(trades, key=lambda trade: trade.get("pnl") or 0.0)
    lost = ((shown.get("orders") or {}).get("lost") or {}).values()
    return Answer(
        summary={
            **about.summary,
            "checks": checks,
            "worst_trades": [_trade(trade) for trade in ranked[:2]],
            "best_trades": [_trade(trade) for trade in ranked[-2:][::-1]],
            "orders_that_came_to_nothing": [shortened(order["message"]) for order in lost][:MOST_REASONS],
        },
        links=about.links,
    )


def _said(check: Mapping[str, Any]) -> str:
    return shortened(f"{check['verdict']}: {check.get('sentence', '')}")


def _trade(trade: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rounded(value) for name, value in picked(trade, OF_A_TRADE).items()}


TOOL = Tool(name="explain_result", call=explain_result, read_only=True)
