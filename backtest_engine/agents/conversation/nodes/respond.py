"""Saying what came of a turn."""

from backtest_engine.agents.conversation.answers import ANSWERS
from backtest_engine.agents.conversation.turn import Turn


def run(turn: Turn) -> str | None:
    """Add the messages that answer the turn; ask for what they need where it has to be looked up."""
    if turn.state.plan is None or turn.state.question is not None or (turn.messages and turn.plan.intent != "end"):
        return _over(turn)
    intent = turn.plan.intent
    if turn.plan.note != "silent":
        ANSWERS[intent](turn)
    if turn.commands:
        return None
    return _over(turn)


def _over(turn: Turn) -> str:
    ended = turn.state.intent == "end"
    turn.state.plan = None
    return "ended" if ended else "answered"
