"""The first turn: a description, unless a strategy is there already or something else is said."""

from backtest_engine.agents.conversation import intents
from backtest_engine.agents.conversation.state import Plan
from backtest_engine.agents.conversation.turn import Turn

# What can be said before there is a strategy.
_AT_ONCE = frozenset(["end", "explain", "paper"])


def run(turn: Turn) -> str | None:
    """Route a first turn."""
    if turn.state.strategy is not None:
        return "said"
    turn.consumed = True
    turn.state.goal = turn.state.goal or turn.text.strip()[:2_000]
    found = next(iter(intents.intents_in(turn.said.plain)), None)
    if found is not None and found[0] in _AT_ONCE:
        turn.state.intent = found[0]
        turn.state.plan = Plan(intent=found[0], said=turn.text)
        return "answer"
    turn.state.intent = "new_strategy"
    turn.state.plan = Plan(intent="new_strategy", said=turn.text, settings=dict(turn.state.settings))
    return "new_strategy"
