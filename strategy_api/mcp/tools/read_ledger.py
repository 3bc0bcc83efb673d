"""`read_ledger`."""

from typing import Annotated

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Strategy, Tool, picked, rounded

OF_A_TRIAL = ("origin", "parameters", "symbol", "sharpe_per_bar", "return_pct", "trade_count", "created_at")


async def read_ledger(
    api: Api, strategy: Strategy, limit: Annotated[int, Field(description="Latest tries to show", ge=0, le=50)] = 5
) -> Answer:
    """Count the tries of a strategy's goal: each makes a good result by luck likelier. Shows what is sealed."""
    about = await api.get(f"/api/strategies/{strategy}/")
    goal = await api.get(f"/api/goals/{about['goal']}/")
    trials = await api.get(f"/api/goals/{about['goal']}/trials/", page_size=limit) if limit else {"results": []}
    rows = [{name: rounded(value) for name, value in picked(row, OF_A_TRIAL).items()} for row in trials["results"]]
    summary = {"goal": about["goal"], **picked(goal, ("tries", "looks", "sealed_from", "openings")), "latest": rows}
    return Answer(summary=summary, links={"page": f"/api/goals/{about['goal']}/"})


TOOL = Tool(name="read_ledger", call=read_ledger, read_only=True)
