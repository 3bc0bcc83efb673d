"""`list_indicators`."""

from typing import Annotated

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Tool


async def list_indicators(
    api: Api, search: Annotated[str, Field(description="Part of a name; empty lists all")] = ""
) -> Answer:
    """List the indicators that descriptions can use, with their parameters."""
    known = await api.get("/api/strategies/available_indicators/")
    wanted = search.casefold()
    rows = {
        row["name"]: [
            f"{parameter['name']}={parameter['default']}" if parameter["default"] is not None else parameter["name"]
            for parameter in row["parameters"]
        ]
        for row in known
        if any(wanted in text.casefold() for text in (row["name"], row["title"], *row["aliases"]))
    }
    return Answer(summary={"indicators": {name: ", ".join(parts) for name, parts in rows.items()}})


TOOL = Tool(name="list_indicators", call=list_indicators, read_only=True)
