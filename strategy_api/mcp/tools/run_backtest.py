"""`run_backtest`."""

from typing import Annotated, Any

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Day, Strategy, Tool, Wait, ended


async def run_backtest(
    api: Api,
    strategy: Strategy,
    version: int | None = None,
    symbol: str | None = None,
    interval: str | None = None,
    start: Day = None,
    end: Day = None,
    cash: float | None = None,
    commission: Annotated[float | None, Field(description="Share of each fill, as in 0.002")] = None,
    spread: float | None = None,
    parameters: Annotated[dict[str, Any] | None, Field(description="Named numbers of the strategy")] = None,
    wait_s: Wait = 20,
) -> Answer:
    """Backtest a strategy. The answer begins with the verdict of the evidence."""
    body = {
        "version": version,
        "test_symbol": symbol,
        "interval": interval,
        "start_date": start,
        "end_date": end,
        "cash": cash,
        "commission": commission,
        "spread": spread,
        "parameters": parameters,
    }
    return await ended(api, await api.post(f"/api/strategies/{strategy}/execute/", body, wait_s=wait_s))


TOOL = Tool(name="run_backtest", call=run_backtest, read_only=False)
