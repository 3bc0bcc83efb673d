"""The nodes: each a function from a turn to a signal, None where it waits for runs."""

from collections.abc import Callable, Mapping

from backtest_engine.agents.conversation.nodes import (
    await_feedback,
    clarify,
    compile,  # the node's name in every document
    design,
    entry,
    respond,
)
from backtest_engine.agents.conversation.state import NodeName
from backtest_engine.agents.conversation.turn import Turn

Node = Callable[[Turn], str | None]


def _reopen(turn: Turn) -> str | None:
    """Go on where somebody says more after the end."""
    return "said"


NODES: Mapping[NodeName, Node] = {
    "entry": entry.run,
    "clarify": clarify.run,
    "design": design.run,
    "compile": compile.run,
    "respond": respond.run,
    "await_feedback": await_feedback.run,
    "end": _reopen,
}

__all__ = ["NODES"]
