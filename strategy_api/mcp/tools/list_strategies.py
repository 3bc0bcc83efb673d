"""`list_strategies`."""

from typing import Annotated

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Tool, picked, shortened


async def list_strategies(
    api: Api,
    search: Annotated[str, Field(description="Words in name or description")] = "",
    tag: str = "",
    limit: Annotated[int, Field(ge=1, le=50)] = 10,
) -> Answer:
    """List your strategies, newest first."""
    page = await api.get("/api/strategies/", search=search, tag=tag, page_size=limit)
    rows = [
        picked(row, ("id", "name", "version", "status", "tags", "updated_at"))
        | {"description": shortened(row["description"], 120)}
        for row in page["results"]
    ]
    return Answer(summary={"strategies": rows, "more": page["next"] is not None})


TOOL = Tool(name="list_strategies", call=list_strategies, read_only=True)
