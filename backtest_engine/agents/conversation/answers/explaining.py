# ruff: noqa: E501  # a pattern is read as one line
"""The strategy in words, its code, its settings, its figures."""

import re

from backtest_engine.agents.conversation.answers import why
from backtest_engine.agents.conversation.answers.others import CAN_BE_SAID
from backtest_engine.agents.conversation.differences import setting_changes, terms_of
from backtest_engine.agents.conversation.settings import read_run
from backtest_engine.agents.conversation.turn import Turn
from backtest_engine.language import explain
from backtest_engine.spec import StrategySpec

_CODE = re.compile(r"\b(?:code|source|script|python)\b")
_FIGURES = re.compile(
    r"\b(?:results?|metrics|numbers|stats|statistics|performance|sharpe|sortino|drawdown|return|returns|profit|win rate|how (?:many|much|often|good|bad|did)|trades|equity|exposure|doing)\b"
)
_HELP = re.compile(r"^help\b|\bwhat can (?:i|you)\b")


def answer(turn: Turn) -> None:
    """Say what the strategy does, show its code, or its last figures."""
    state, plain = turn.state, turn.said.plain
    about = {"strategy": state.strategy, "version": state.version}
    if state.strategy is None or _HELP.search(plain):
        turn.say("text", CAN_BE_SAID)
        return
    if _CODE.search(plain):
        turn.say("code", state.code, metadata=about | {"language": "python"})
        return
    if _FIGURES.search(plain) and {"start", "end"} & set(read_run(turn.said.text).values):
        why.answer(turn)
        return
    if _FIGURES.search(plain) and (change := state.change) is not None and change.results:
        for result in change.results:
            lines = ", ".join(
                f"{name.replace('_pct', ' %').replace('_', ' ')} {_short(value)}"
                for name, value in result.metrics.items()
            )
            facts = about | {"execution": result.execution, "symbol": result.symbol, "interval": result.interval}
            turn.say(
                "metrics",
                f"{result.symbol} {result.interval}, {result.first[:10]} to {result.last[:10]}: {lines}.",
                metadata=facts,
                metrics=result.metrics,
            )
        return
    turn.say("text", _told(turn), metadata=about | {"settings": state.settings})


def _short(value: object) -> str:
    return "–" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _told(turn: Turn) -> str:
    state = turn.state
    if state.spec is None:
        return "The strategy is free code: ask for the code to see what it does."
    spec = StrategySpec.model_validate(state.spec)
    listed = "\n".join(f"{name}: {words}" for name, words in terms_of(spec).items())
    run = "; ".join(f"{one['what']} {one['after']}" for one in setting_changes({}, state.settings))
    return f"{explain(spec)}\n{listed}\nVersion {state.version}{f', run with {run}' if run else ', run on the sample market'}."
