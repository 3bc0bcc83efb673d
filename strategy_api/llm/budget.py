"""What language models were asked and what it cost: by model, by user, by day, and what is left."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from strategy_api.llm import language_models
from strategy_api.llm.call_log import calls_of_day, resets_at, spent
from strategy_api.llm.models import LLMCall

DAYS = 14


def summary() -> dict[str, Any]:
    """Return the budget of the UTC day, and where its money went."""
    budget, today = language_models.budget(), calls_of_day()
    total = spent(today)
    return {
        "daily_usd": float(budget.daily_usd),
        "user_daily_usd": None if budget.user_daily_usd is None else float(budget.user_daily_usd),
        "spent_usd": float(total),
        "remaining_usd": float(max(budget.daily_usd - total, Decimal(0))),
        "threshold": budget.threshold,
        "cheapest_only": float(total) >= float(budget.daily_usd) * budget.threshold,
        "resets_at": resets_at(),
        "models": [f"{entry.provider}:{entry.name}" for entry in language_models.configured()],
        "by_model": list(by_model(today)),
        "by_user": list(_totals(today, user=Coalesce(F("owner__username"), Value("")))),
        "by_day": list(by_day()),
    }


def by_model(calls: "QuerySet[LLMCall]") -> Any:
    """Return totals for each model that was asked."""
    return _totals(calls.exclude(outcome=LLMCall.Outcome.REUSED), name=F("model"), vendor=F("provider"))


def by_day() -> Any:
    """Return totals for each of the last days, newest first."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = _totals(LLMCall.objects.filter(created_at__gte=since), day=TruncDate("created_at"))
    return sorted(rows, key=lambda row: row["day"], reverse=True)


def _totals(calls: "QuerySet[LLMCall]", **by: Any) -> Any:
    named = calls.annotate(**by).values(*by).order_by(*by)
    rows = named.annotate(
        calls=Count("pk"),
        failed=Count("pk", filter=Q(outcome__in=(LLMCall.Outcome.FAILED, LLMCall.Outcome.INVALID))),
        tokens_in=Coalesce(Sum("input_tokens"), 0),
        tokens_out=Coalesce(Sum("output_tokens"), 0),
        cost=Sum("cost_usd"),
    )
    return [{**row, "cost": float(row["cost"] or 0)} for row in rows]
