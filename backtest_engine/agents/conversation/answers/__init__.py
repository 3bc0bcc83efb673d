"""What is said for each intent: one function each. Adding an intent is one file and one line here."""

from collections.abc import Callable, Mapping

from backtest_engine.agents.conversation.answers import comparing, explaining, others, research, results, why
from backtest_engine.agents.conversation.state import Intent
from backtest_engine.agents.conversation.turn import Turn

ANSWERS: Mapping[Intent, Callable[[Turn], None]] = {
    "new_strategy": results.answer,
    "modify_spec": results.answer,
    "rerun_backtest": results.answer,
    "undo": results.answer,
    "modify_code": results.answer,
    "compare": comparing.answer,
    "explain": explaining.answer,
    "why": why.answer,
    "why_no_trades": why.answer,
    "optimize": research.answer,
    "spread": research.answer,
    "significance": research.answer,
    "name": others.name,
    "paper": others.paper,
    "end": others.end,
    "unknown": others.unknown,
}
