"""Goals: made with their first strategy, sealed with their first bars, opened by people."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from backtest_engine.domain import Dataset
from backtest_engine.ports import DataCatalog
from backtest_engine.research import sealing
from strategy_api.common.exceptions import Conflict
from strategy_api.research.models import Goal, Look
from strategy_api.runs.models import Run
from strategy_api.strategies.models import Strategy


@receiver(post_save, sender=Strategy, dispatch_uid="goal_of_strategy")
def make_goal(sender: Any, instance: Strategy, created: bool, raw: bool = False, **_: Any) -> None:
    """Make the goal of a new strategy, unless it shares one."""
    if created and not raw:
        goal_of(instance)


def goal_of(strategy: Strategy) -> Goal:
    """Return the goal of a strategy."""
    made = {"owner_id": strategy.owner_id, "title": strategy.name[:200]}
    return Goal.objects.get_or_create(pk=strategy.goal, defaults=made)[0]


def sealed_from(goal: Goal, data: DataCatalog, *, symbol: str, interval: str | None) -> datetime:
    """Return where the goal is sealed; the first that asks seals the last fifth of these bars."""
    if goal.sealed_from is None:
        return seal(goal, data.bars(symbol, start=None, end=None, interval=interval))
    return goal.sealed_from


@transaction.atomic
def seal(goal: Goal, dataset: Dataset) -> datetime:
    """Seal the last fifth of a dataset unless the goal is sealed already; return from when on."""
    locked = Goal.objects.select_for_update().get(pk=goal.pk)
    if locked.sealed_from is None:
        locked.sealed_from = sealing.seal_of(sealing.traded(dataset))
        locked.symbol, locked.interval = dataset.symbol, dataset.interval
        locked.save(update_fields=["sealed_from", "symbol", "interval"])
    goal.sealed_from, goal.symbol, goal.interval = locked.sealed_from, locked.symbol, locked.interval
    return locked.sealed_from


@transaction.atomic
def open_seal(*, goal: Goal, by: User, reason: str = "") -> Goal:
    """Write down that a person opens the seal; raise `Conflict` for a second time without a reason."""
    locked = Goal.objects.select_for_update().get(pk=goal.pk)
    if locked.sealed_from is None:
        raise Conflict("Nothing is sealed yet: no bars were used for this goal.", code="nothing_sealed")
    if not reason.strip() and locked.looks.filter(kind=Look.Kind.OPENING).exists():
        raise Conflict("The seal was opened before: say why it is opened again.", code="reason_required")
    Look.objects.create(goal=locked, kind=Look.Kind.OPENING, by=by, reason=reason.strip())
    return locked


def record_look(goal: Goal, run: Run) -> None:
    """Write down that a backtest reached into the sealed bars."""
    Look.objects.create(goal=goal, kind=Look.Kind.LOOK, by_id=run.owner_id, run=run)


def seen(goal: Goal) -> tuple[int, int]:
    """Return how often the seal was opened, and how often a backtest looked behind it."""
    kinds = list(Look.objects.filter(goal=goal).values_list("kind", flat=True))
    return kinds.count(Look.Kind.OPENING), kinds.count(Look.Kind.LOOK)
