"""Reads of strategies and backtests."""

import json
import uuid
from collections import Counter
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.shortcuts import get_object_or_404

from strategy_api.common.selectors import filtered, visible_to
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Execution, Strategy

# What a list never needs, and what makes a row heavy.
HEAVY = ("trades", "equity", "log", "version__code", "version__spec")


def strategies_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Strategy]:
    """Strategies that a user may see: their own; staff see all."""
    return visible_to(user, Strategy.objects.select_related("current_version"))


def strategy_of(user: AbstractBaseUser | AnonymousUser, pk: uuid.UUID) -> Strategy:
    """Return a strategy that a user may see; raise `Http404`."""
    return get_object_or_404(strategies_of(user), pk=pk)


def own_strategy(owner: User, pk: str | None) -> Strategy | None:
    """Return a strategy of a user, None where there is none."""
    return Strategy.objects.filter(owner=owner, pk=pk).first() if pk else None


def with_strategy_names(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Return runs with `subject_name`, the name of the strategy that each is about, or None."""
    named = Strategy.objects.filter(pk=OuterRef("subject_id")).values("name")[:1]
    annotated: QuerySet[Run] = runs.annotate(subject_name=Subquery(named))
    return annotated


def tags_of(user: User) -> list[dict[str, object]]:
    """Return the tags of a user's own strategies with how many carry each, the most used first."""
    counts: Counter[str] = Counter()
    for tags in Strategy.objects.filter(owner=user).values_list("tags", flat=True):
        counts.update(set(tags))
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"tag": tag, "strategy_count": count} for tag, count in ranked]


def executions_of(user: AbstractBaseUser | AnonymousUser) -> QuerySet[Execution]:
    """Executions that a user may see, without their heavy columns."""
    return visible_to(user, Execution.objects.select_related("version").defer(*HEAVY))


def strategies_matching(
    rows: QuerySet[Strategy],
    *,
    status: str | None = None,
    tag: str = "",
    search: str = "",
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> QuerySet[Strategy]:
    """Narrow strategies down."""
    rows = filtered(rows, status=status, created_at__gte=created_after, created_at__lt=created_before)
    if tag:
        # Tags are JSON text, which one database stores escaped and another does not.
        rows = rows.filter(Q(tags__icontains=json.dumps(tag)) | Q(tags__icontains=json.dumps(tag, ensure_ascii=False)))
    for word in search.split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows


def executions_matching(
    rows: QuerySet[Execution],
    *,
    status: str | None = None,
    symbol: str | None = None,
    interval: str | None = None,
    verified: bool | None = None,
    strategy: uuid.UUID | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> QuerySet[Execution]:
    """Narrow executions down."""
    found: QuerySet[Execution] = filtered(
        rows,
        status=status,
        symbol__iexact=symbol or None,
        interval=interval or None,
        verified=verified,
        strategy=strategy,
        created_at__gte=created_after,
        created_at__lt=created_before,
    )
    return found
