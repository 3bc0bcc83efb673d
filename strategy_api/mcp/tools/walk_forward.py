"""`walk_forward`."""

from typing import Annotated, Any

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Day, Grid, Strategy, Tool, Wait, ended, searched


async def walk_forward(
    api: Api,
    strategy: Strategy,
    parameters: Grid,
    train_bars: Annotated[int, Field(ge=2)],
    test_bars: Annotated[int, Field(ge=1)],
    anchored: Annotated[bool, Field(description="Training always begins at the first bar")] = False,
    objective: str = "sharpe_ratio",
    constraint: str | None = None,
    symbol: str | None = None,
    start: Day = None,
    end: Day = None,
    wait_s: Wait = 20,
) -> Answer:
    """Choose parameters on each training window and test them on the bars after it, before the sealed segment."""
    body: dict[str, Any] = searched(locals())
    return await ended(api, await api.post(f"/api/strategies/{strategy}/walk_forward/", body, wait_s=wait_s))


TOOL = Tool(name="walk_forward", call=walk_forward, read_only=False)
