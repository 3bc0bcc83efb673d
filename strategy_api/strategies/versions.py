"""Writing versions: numbered without gaps, under the strategy's row lock."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max

from backtest_engine.domain import code_sha256
from strategy_api.common.exceptions import Conflict
from strategy_api.runs.kinds import Subject
from strategy_api.strategies.models import Strategy, StrategyVersion


@transaction.atomic
def add_version(
    strategy: Strategy,
    *,
    code: str,
    origin: str,
    parent: StrategyVersion | None = None,
    spec: Mapping[str, Any] | None = None,
    explanation: str = "",
    assumptions: Sequence[str] = (),
    prompt_version: str | None = None,
    settings: Mapping[str, Any] | None = None,
    current: bool = True,
) -> StrategyVersion:
    """Append a version and, unless told otherwise, make it the current one."""
    strategy = Strategy.objects.select_for_update().get(pk=strategy.pk)
    last = strategy.versions.aggregate(last=Max("number"))["last"] or 0
    version = StrategyVersion.objects.create(
        strategy=strategy,
        number=last + 1,
        parent=parent,
        code=code,
        sha256=code_sha256(code),
        origin=origin,
        spec=spec,
        explanation=explanation,
        assumptions=list(assumptions),
        prompt_version=prompt_version or "",
        settings=dict(settings or (parent.settings if parent else {})),
    )
    if current:
        strategy.current_version = version
        strategy.save(update_fields=["current_version", "updated_at"])
    return version


def subject_of(strategy: Strategy, number: int | None) -> Subject:
    """Return a version as the subject of a run: the current one, or the one with this number; raise `Conflict`."""
    version = strategy.current_version if number is None else strategy.versions.filter(number=number).first()
    if version is None:
        raise Conflict("The strategy has no such version.", code="no_such_version")
    return Subject(type="strategy", id=strategy.pk, version=version.number)
