"""`scan_market`."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from strategy_api.mcp.api import Api
from strategy_api.mcp.tools.base import Answer, Tool, picked

MOST_ROWS = 20
SHOWN = ("symbol", "interval", "score", "label", "bar_at", "age_seconds", "price", "missing")


async def scan_market(
    api: Api,
    symbol: Annotated[str | None, Field(description="Default: all markets of your agent")] = None,
    interval: str | None = None,
    as_of: Annotated[str | None, Field(description="A past day or moment, as in 2010-05-28")] = None,
) -> Answer:
    """Score markets on closed bars, from -1 to 1, with reasons. A score is an opinion of factors, not a forecast."""
    if symbol is not None:
        asked = {"symbol": symbol, "interval": interval, "as_of": as_of}
        return Answer(summary={"rows": [_row(await api.post("/api/signals/score/", asked))]})
    run = await api.post("/api/scanner/run/", {"as_of": as_of}, wait_s=20)
    result = run.get("result") or {}
    rows = sorted(result.get("rows", ()), key=lambda row: -abs(row["score"]))
    summary = {"run": run["id"], "state": run["state"], "rows": [_row(row) for row in rows[:MOST_ROWS]]}
    return Answer(summary=summary | picked(result, ("symbols", "missing", "clock", "feed", "preset")))


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    strongest = max(row["contributions"], key=lambda part: abs(part["points"]))
    return picked(row, SHOWN) | {"because": strongest["reason"], "flips": row["flips"][:1]}


TOOL = Tool(name="scan_market", call=scan_market, read_only=False)
