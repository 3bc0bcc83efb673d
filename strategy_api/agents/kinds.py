"""The kinds of run of the agents: a turn of a conversation, and a supervision."""

import uuid
from typing import Any

from django.contrib.auth.models import User

from backtest_engine.agents.supervisor.objective import aim_of
from strategy_api.agents.requests import SuperviseRequest
from strategy_api.agents.supervisions import make_supervision
from strategy_api.common.lazy import lazily
from strategy_api.runs.kinds import RunKind, Submission, register
from strategy_api.strategies.selectors import strategy_of
from strategy_api.strategies.versions import subject_of


def prepare_supervision(*, owner: User, subject: Any, asked: dict[str, Any]) -> Submission:
    """Take the strategy's version that is asked for; refuse an objective that there is not."""
    aim_of(asked.get("objective"))
    if not asked.get("strategy"):
        return Submission(parameters=asked)
    strategy = strategy_of(owner, uuid.UUID(asked["strategy"]))
    return Submission(parameters=asked, subject=subject_of(strategy, asked.get("version")))


CONVERSE = register(
    RunKind(
        name="converse",
        queue="conversation",
        perform=lazily("strategy_api.agents.work.converse.converse"),
        summary="A turn of a conversation",
        description="What it needs, such as backtests, are its children.",
        max_attempts=10,
    )
)

SUPERVISE = register(
    RunKind(
        name="supervise",
        queue="research",
        path="strategies/supervise/",
        summary="Find what is wrong with a strategy, and what is better",
        description="Queues a loop of backtest, analysis and change on the bars before the seal: at most four "
        "proposals "
        "a round, each counted as a try, and a change is taken only where it is better beyond the noise.",
        request=SuperviseRequest,
        prepare=prepare_supervision,
        perform=lazily("strategy_api.agents.work.supervise.supervise"),
        rate="generate",
        weight=2,
        problems=("no_such_version", "invalid_parameter"),
        submitted=make_supervision,
    )
)
