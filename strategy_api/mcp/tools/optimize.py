"""`optimize`."""

from typing import Annotated, Any, Literal

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Day, Grid, Strategy, Tool, Wait, ended, searched


async def optimize(
    api: Api,
    strategy: Strategy,
    parameters: Grid,
    objective: Annotated[str, Field(description="Any metric")] = "sharpe_ratio",
    method: Literal["grid", "random", "latin", "tpe"] = "grid",
    constraint: Annotated[str | None, Field(description="As in trade_count >= 20")] = None,
    max_trials: int | None = None,
    symbol: str | None = None,
    start: Day = None,
    end: Day = None,
    wait_s: Wait = 20,
) -> Answer:
    """Try combinations of parameters on the bars before the sealed segment. Each is a counted try."""
    body: dict[str, Any] = searched(locals())
    return await ended(api, await api.post(f"/api/strategies/{strategy}/optimize/", body, wait_s=wait_s))


TOOL = Tool(name="optimize", call=optimize, read_only=False)
