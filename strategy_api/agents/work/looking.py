"""Looking at a backtest: its trades, and what its conditions saw on the bars of a span."""

from datetime import UTC, datetime
from typing import Any

from backtest_engine.errors import AlgoAgentError
from strategy_api.runs.worker import Job
from strategy_api.strategies import replays


def look(job: Job, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the facts of a span of an execution, as the outcome of a run would have them."""
    try:
        result = replays.facts(
            owner=job.run.owner,
            execution_id=asked["execution"],
            spec=asked.get("spec"),
            start=_day(asked.get("start")),
            end=_day(asked.get("end")),
            month=asked.get("month"),
        )
    except AlgoAgentError as error:
        return {"state": "failed", "error": error.as_dict()}
    return {"state": "succeeded", "result": result}


def _day(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
