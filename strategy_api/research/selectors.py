"""Reads of goals and studies."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from strategy_api.common.selectors import filtered, visible_to
from strategy_api.research.ledger import NOT_COUNTED
from strategy_api.research.models import Goal, Look, Study, StudyTrial, Trial
from strategy_api.strategies.models import Strategy


def goals_of(user: Any) -> QuerySet[Goal]:
    """Goals that a user may see, with their tries, looks and openings."""
    tries = Trial.objects.filter(goal=OuterRef("pk")).exclude(origin__in=NOT_COUNTED)
    looks = Look.objects.filter(goal=OuterRef("pk"), kind=Look.Kind.LOOK)
    counted = Goal.objects.annotate(tries=_count(tries), look_count=_count(looks))
    return visible_to(user, counted.prefetch_related("looks__by"))


def with_strategies(goals: Iterable[Goal]) -> list[Goal]:
    """Return goals with `strategy_ids`, those that share each."""
    found = list(goals)
    shared: dict[Any, list[Any]] = {goal.pk: [] for goal in found}
    rows = Strategy.objects.filter(goal__in=shared).order_by("created_at")
    for goal, strategy in rows.values_list("goal", "pk"):
        shared[goal].append(strategy)
    for one in found:
        one.strategy_ids = shared[one.pk]  # type: ignore[attr-defined]
    return found


def studies_of(user: Any) -> QuerySet[Study]:
    """Studies that a user may see."""
    return visible_to(user, Study.objects.select_related("run"))


def studies_matching(rows: QuerySet[Study], **wanted: Any) -> QuerySet[Study]:
    """Narrow studies down."""
    state = wanted.pop("state", None)
    found: QuerySet[Study] = filtered(rows, run__state=state, **wanted)
    return found


def table_of(study: Study, columns: list[str]) -> Iterator[dict[str, Any]]:
    """Yield the trials as flat rows for a table, each parameter in a column of its own."""
    rows = StudyTrial.objects.filter(study=study).order_by("position").values(*columns)
    for row in rows.iterator(chunk_size=2_000):
        parameters = row.pop("parameters")
        yield {"position": row.pop("position"), **parameters, **row}


def _count(rows: QuerySet) -> Coalesce:
    counted = rows.order_by().values("goal").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
