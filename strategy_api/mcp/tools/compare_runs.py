"""`compare_runs`."""

import asyncio
from typing import Annotated
from uuid import UUID

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Tool, backtest


async def compare_runs(
    api: Api, executions: Annotated[list[UUID], Field(description="Execution ids", min_length=2, max_length=6)]
) -> Answer:
    """Put backtests side by side: verdicts, figures, and whether they ran on the same bars."""
    shown = await asyncio.gather(*(api.get(f"/api/executions/{execution}/") for execution in executions))
    prints = {execution["dataset_fingerprint"] for execution in shown}
    spans = {(execution["first_bar_at"], execution["last_bar_at"]) for execution in shown}
    summary = {
        "backtests": [backtest(execution).summary for execution in shown],
        "same_bars": len(prints) == 1 and len(spans) == 1,
    }
    if not summary["same_bars"]:
        summary["note"] = "They ran on different bars: a difference may be the market's, not the strategy's."
    links = {f"page {row['id']}": f"/api/executions/{row['id']}/report/" for row in shown}
    return Answer(summary=summary, links=links)


TOOL = Tool(name="compare_runs", call=compare_runs, read_only=True)
