"""`read_run`."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Tool, Wait, ended


async def read_run(api: Api, run: Annotated[UUID, Field(description="Run id")], wait_s: Wait = 0) -> Answer:
    """Show what became of a run, or wait for it."""
    return await ended(api, await api.run(run, wait_s=wait_s))


TOOL = Tool(name="read_run", call=read_run, read_only=True)
