"""`generate_strategy`."""

from typing import Annotated

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Day, Tool, Wait, ended


async def generate_strategy(
    api: Api,
    description: Annotated[str, Field(description="Rules in plain English: when to buy, when to sell, stops, size")],
    symbol: Annotated[str | None, Field(description="Market to test on, as in GOOG")] = None,
    interval: Annotated[str | None, Field(description="As in 1d, 1h")] = None,
    start: Day = None,
    end: Day = None,
    answers: Annotated[dict[str, str] | None, Field(description="Question id to option id or words")] = None,
    run: Annotated[bool, Field(description="Backtest it at once")] = True,
    wait_s: Wait = 20,
) -> Answer:
    """Write a strategy from a description and backtest it. Where words are unclear, questions come back."""
    body = {
        "description": description,
        "test_symbol": symbol,
        "interval": interval,
        "start_date": start,
        "end_date": end,
        "answers": answers,
        "execute_after_generation": run,
    }
    return await ended(api, await api.post("/api/strategies/generate_with_ai/", body, wait_s=wait_s))


TOOL = Tool(name="generate_strategy", call=generate_strategy, read_only=False)
