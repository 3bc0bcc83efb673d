"""A backtest to step through: bars, indicators, orders, fills and reasons by bar index, a page at a time."""

import uuid
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from threading import Lock
from typing import Any

from django.contrib.auth.models import User

from backtest_engine.agents.conversation.facts import facts_of
from backtest_engine.domain import Dataset
from backtest_engine.errors import AlgoAgentError, RequestError
from backtest_engine.replaying import Replay, replay_of
from strategy_api.common.exceptions import Conflict
from strategy_api.market.catalog import catalog
from strategy_api.strategies.models import Execution

# Whoever plays a backtest asks for page after page: what was worked out is kept for the next ones.
_MOST_KEPT = 4
_kept: OrderedDict[uuid.UUID, Replay] = OrderedDict()
_mutex = Lock()


def dataset_of(execution: Execution) -> Dataset:
    """Return exactly the bars of an execution; raises what the store raises."""
    return catalog(execution.owner_id).dataset(execution.dataset_fingerprint)


def page(execution: Execution, *, after: int, size: int) -> dict[str, Any]:
    """Return the bars from an index on with what happened on them; `next` is the index to go on from.

    Raises `Conflict` where the bars are not kept.
    """
    return _replay(execution).page(after, size)


def _replay(execution: Execution) -> Replay:
    with _mutex:
        found = _kept.get(execution.pk)
        if found is not None:
            _kept.move_to_end(execution.pk)
            return found
    try:
        dataset = dataset_of(execution)
    except AlgoAgentError as error:
        raise Conflict("The bars of this backtest are not at hand any more.", code="bars_not_at_hand") from error
    replay = replay_of(dataset, execution.trades, first_bar_at=execution.first_bar_at, spec=execution.version.spec)
    with _mutex:
        _kept[execution.pk] = replay
        while len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return replay


def facts(
    *,
    owner: User,
    execution_id: str,
    spec: Mapping[str, Any] | None,
    start: datetime | None,
    end: datetime | None,
    month: int | None,
) -> dict[str, Any]:
    """Return what happened in a span of a backtest, and what its conditions saw; raise `RequestError`."""
    execution = Execution.objects.filter(pk=execution_id, owner=owner).select_related("version").first()
    if execution is None:
        raise RequestError("That backtest has been deleted.", code="execution_deleted")
    return facts_of(
        dataset_of(execution),
        execution.trades,
        first_bar_at=execution.first_bar_at,
        spec=spec,
        start=start,
        end=end,
        month=month,
        lost=(execution.orders or {}).get("lost") or {},
    )
