"""The conversation: somebody says what he wants, sees what was understood, and makes it better turn by turn."""

from backtest_engine.agents.conversation.machine import ALL_COMMANDS, TRANSITIONS, drawn, step
from backtest_engine.agents.conversation.state import Command, Event, Message, RunEnded, State, UserSaid

__all__ = [
    "ALL_COMMANDS",
    "TRANSITIONS",
    "Command",
    "Event",
    "Message",
    "RunEnded",
    "State",
    "UserSaid",
    "drawn",
    "step",
]
