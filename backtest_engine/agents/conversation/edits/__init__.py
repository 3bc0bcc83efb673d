"""Edits of a strategy: a reader a kind. Adding one is one file and one line here."""

from backtest_engine.agents.conversation.edits import conditions, lines, numbers, removal, sides, terms
from backtest_engine.agents.conversation.edits.base import Reader

# In the order in which they are asked; the first that understands a clause has it.
READERS: tuple[Reader, ...] = (sides.read, removal.read, terms.read, lines.read, numbers.read, conditions.read)

__all__ = ["READERS"]
