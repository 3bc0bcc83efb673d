"""`read_strategy`."""

from typing import Annotated

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Strategy, Tool, picked, shortened


async def read_strategy(
    api: Api,
    strategy: Strategy,
    version: Annotated[int | None, Field(description="Default: the current one")] = None,
    with_spec: Annotated[bool, Field(description="Show the typed rules")] = False,
) -> Answer:
    """Show what a strategy does, what was assumed, and its latest backtests."""
    about = await api.get(f"/api/strategies/{strategy}/")
    number = version or about["version"]
    shown = await api.get(f"/api/strategies/{strategy}/versions/{number}/") if number else {}
    history = await api.get(f"/api/strategies/{strategy}/execution_history/", page_size=3)
    summary = picked(about, ("id", "name", "description", "status", "tags", "goal"))
    summary |= {"version": number, **picked(shown, ("explanation", "assumptions", "settings", "origin"))}
    if with_spec:
        summary["spec"] = shown.get("spec")
    summary["latest_backtests"] = [
        picked(row, ("id", "status", "symbol", "interval", "verified", "created_at"))
        | {"return_pct": (row.get("metrics") or {}).get("return_pct")}
        for row in history["results"]
    ]
    summary["description"] = shortened(summary.get("description", ""))
    links = {"code": f"algoagent://strategies/{strategy}/code"} if number else {}
    return Answer(summary=summary, links={"page": f"/api/strategies/{strategy}/", **links})


TOOL = Tool(name="read_strategy", call=read_strategy, read_only=True)
