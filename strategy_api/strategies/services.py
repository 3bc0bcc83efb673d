"""Creating, changing, cloning and deleting strategies and their backtests."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from strategy_api.common.exceptions import Conflict
from strategy_api.runs.models import Run
from strategy_api.runs.services import submit_run
from strategy_api.strategies.kinds import EXECUTE
from strategy_api.strategies.models import Execution, Strategy, StrategyVersion
from strategy_api.strategies.versions import add_version


@transaction.atomic
def create_strategy(
    *, owner: User, name: str, code: str, description: str = "", tags: list[str] | None = None
) -> Strategy:
    """Store a strategy written by hand, as its first version."""
    strategy = Strategy.objects.create(owner=owner, name=name, description=description, tags=tags or [])
    add_version(strategy, code=code, origin=StrategyVersion.Origin.MANUAL)
    strategy.refresh_from_db()
    return strategy


@transaction.atomic
def clone_strategy(*, owner: User, strategy: Strategy, name: str | None = None) -> Strategy:
    """Make a strategy of one's own out of the current version of another; raise `Conflict` where it has none."""
    version = strategy.current_version
    if version is None:
        raise Conflict("The strategy has no version to clone.", code="no_such_version")
    clone = Strategy.objects.create(
        owner=owner,
        name=name or f"{strategy.name[:192]} (copy)",
        description=strategy.description,
        tags=strategy.tags,
        # The same tries count for both, unless it is somebody else's from now on.
        **({"goal": strategy.goal} if owner == strategy.owner else {}),
    )
    add_version(
        clone,
        code=version.code,
        origin=version.origin,
        spec=version.spec,
        explanation=version.explanation,
        assumptions=version.assumptions,
        prompt_version=version.prompt_version,
        settings=version.settings,
    )
    clone.refresh_from_db()
    return clone


@transaction.atomic
def update_strategy(*, strategy: Strategy, code: str | None = None, **changes: Any) -> Strategy:
    """Change what a strategy is called; new code becomes a new version."""
    strategy = Strategy.objects.select_for_update().get(pk=strategy.pk)
    for name, value in changes.items():
        setattr(strategy, name, value)
    strategy.save()
    current = strategy.current_version
    if code is not None and (current is None or code != current.code):
        add_version(strategy, code=code, origin=StrategyVersion.Origin.MANUAL, parent=current)
        strategy.refresh_from_db()
    return strategy


@transaction.atomic
def delete_strategy(*, strategy: Strategy) -> None:
    """Remove a strategy with its history; refuse while a run works on it."""
    runs = Run.objects.about(strategy)
    if runs.unfinished().exists():
        raise Conflict("A run is still working on this strategy: cancel it or wait for it.", code="run_unfinished")
    runs.delete()
    strategy.delete()


@transaction.atomic
def delete_execution(*, execution: Execution) -> None:
    """Remove a backtest; the run that made it stays."""
    execution.delete()


def execute_again(*, strategy: Strategy) -> Run:
    """Queue a backtest of the current version for its owner, with what the latest execution was asked for."""
    latest = strategy.executions.order_by("-created_at").first()
    asked: dict[str, Any] = {}
    if latest is not None:
        asked = {
            "dataset_fingerprint": latest.dataset_fingerprint,
            **latest.broker,
            "parameters": latest.parameters,
        }
    submission = EXECUTE.prepare(owner=strategy.owner, subject=strategy, asked=asked)
    return submit_run(owner=strategy.owner, kind=EXECUTE, submission=submission)
