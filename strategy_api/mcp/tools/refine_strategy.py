"""`refine_strategy`."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Strategy, Tool, Wait, picked, shortened

MOST_MESSAGES = 12


async def refine_strategy(
    api: Api,
    strategy: Strategy,
    change: Annotated[str, Field(description="As a person says it: 'RSI 10 instead', 'add a 5 % stop', 'undo'")],
    conversation: Annotated[UUID | None, Field(description="Go on with this one, so that 'undo' and 'it' work")] = None,
    answers: Annotated[dict[str, str] | None, Field(description="Question id to option id or words")] = None,
    wait_s: Wait = 20,
) -> Answer:
    """Change a strategy in words and test the new version. Says what changed, what stayed, and which try it is."""
    begun = conversation or (await api.post("/api/conversations/", {"strategy": str(strategy)}))["id"]
    said = {"content": change, "answers": answers}
    answer = await api.post(f"/api/conversations/{begun}/messages/", said, wait_s=wait_s)
    summary: dict[str, Any] = {"conversation": str(begun)}
    if "results" in answer:
        summary["messages"] = [_message(row) for row in answer["results"][:MOST_MESSAGES]]
    else:
        summary |= {"run": answer["id"], "state": answer["state"], "next": "It goes on: call read_run with this run."}
    shown = await api.get(f"/api/conversations/{begun}/")
    summary |= picked(shown, ("strategy", "version", "node", "awaiting_feedback"))
    return Answer(summary=summary, links={"page": f"/api/conversations/{begun}/"})


def _message(row: Mapping[str, Any]) -> dict[str, Any]:
    told = {"type": row["message_type"], "content": shortened(row["content"], 600)}
    options = (row.get("metadata") or {}).get("options")
    return told | ({"options": options} if options else {})


TOOL = Tool(name="refine_strategy", call=refine_strategy, read_only=False)
