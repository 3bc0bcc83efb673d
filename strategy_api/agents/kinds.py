"""The kind of run that a turn of a conversation is."""

from strategy_api.common.lazy import lazily
from strategy_api.runs.kinds import RunKind, register

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
