"""What a reviewer or operator wants to know first; a fixed number of queries, however long the history."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, QuerySet
from django.utils import timezone

from strategy_api.llm import language_models
from strategy_api.llm.call_log import calls_of_day, spent
from strategy_api.runs import kinds
from strategy_api.runs.choices import RunState
from strategy_api.runs.models import Run
from strategy_api.strategies.choices import StrategyStatus
from strategy_api.strategies.models import Strategy
from strategy_api.strategies.selectors import with_strategy_names

logger = logging.getLogger(__name__)

SHOWN = 10


def summary() -> dict[str, Any]:
    """Return today's runs, failures by kind, what waits for whom, key health and budget."""
    now = timezone.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    failed = Run.objects.filter(state=RunState.FAILED)
    return {
        "today": _by_kind(Run.objects.filter(created_at__gte=midnight)),
        "states": RunState.values,
        "failures": _by_code(failed, since=midnight, before=now - timedelta(days=7)),
        "latest_failures": with_strategy_names(failed).select_related("owner").order_by("-created_at")[:SHOWN],
        "waiting_seconds": _waiting(now),
        "in_review": Strategy.objects.filter(status=StrategyStatus.IN_REVIEW)
        .select_related("owner")
        .order_by("updated_at")[:SHOWN],
        **_models(),
    }


def _by_kind(runs: QuerySet[Run]) -> list[dict[str, Any]]:
    counts = {
        (row["kind"], row["state"]): row["count"]
        for row in runs.values("kind", "state").annotate(count=Count("pk")).order_by("kind", "state")
    }
    return [
        {"kind": kind, "counts": [(state, counts.get((kind, state), 0)) for state in RunState.values]}
        for kind in kinds.names()
    ]


def _by_code(failed: QuerySet[Run], *, since: datetime, before: datetime) -> list[dict[str, Any]]:
    week = failed.filter(created_at__gte=before)
    rows = week.values("error_code").annotate(count=Count("pk")).order_by("-count", "error_code")[:SHOWN]
    today = dict(
        week.filter(created_at__gte=since).values_list("error_code").annotate(count=Count("pk")).order_by("error_code")
    )
    return [{"code": row["error_code"], "week": row["count"], "today": today.get(row["error_code"], 0)} for row in rows]


def _waiting(now: datetime) -> float | None:
    oldest = Run.objects.filter(state=RunState.QUEUED).aggregate(at=Min("created_at"))["at"]
    return (now - oldest).total_seconds() if oldest else None


def _models() -> dict[str, Any]:
    """Return key health and budget; where the ledger does not answer, the rest of the page still does."""
    try:
        keys = language_models.key_states()
        budget = {"daily_usd": language_models.budget().daily_usd, "spent_usd": spent(calls_of_day())}
        return {"keys": _key_health(keys), "budget": budget}
    except Exception as error:
        logger.warning("The health of keys is not known: %s", type(error).__name__)
        return {"keys": None, "budget": None}


def _key_health(keys: list[dict[str, Any]]) -> list[tuple[str, int]]:
    states = ["ready", "resting", "quarantined"]
    return [(state, sum(row["state"] == state for row in keys)) for state in states]
